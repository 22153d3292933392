/* tls.h - the mock's certificate: the one of --tls-cert, or a generated self-signed one.
 *
 * Shapes:  a generated certificate is valid for localhost, the loopback addresses, --listen and the
 *          host of --public-url. It is written to a file under $TMPDIR (default /tmp), which only
 *          its owner can read and which tls_end removes. Its key stays in memory.
 * Errors:  those of certificate_read; a file that cannot be written.
 */
#pragma once
#include "base/http/certificate.h"
#include "mockserver/cli/options.h"

struct tls {
    bool on;
    struct certificate certificate;
    char *file; /* of a generated certificate; NULL: not generated */
};

/* Reads or generates the certificate, as the options say. */
bool tls_begin(const struct options *o, struct tls *t, struct error *err);
void tls_end(const struct tls *t);
