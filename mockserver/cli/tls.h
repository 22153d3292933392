/* tls.h - the certificate that the mock shows: the tester's, or one that it makes.
 *
 * Shapes:  what is made names localhost, the loopback addresses, --listen and the host of
 *          --public-url. Clients find it in a private file under $TMPDIR until tls_end; its key is
 *          nowhere but in memory.
 * Errors:  as certificate_read; a file that cannot be written.
 */
#pragma once
#include "base/http/certificate.h"
#include "mockserver/cli/options.h"

struct tls {
    bool on;
    struct certificate certificate;
    char *file; /* of what was made; NULL: the tester has it */
};

bool tls_begin(const struct options *o, struct tls *t, struct error *err);
void tls_end(const struct tls *t);
