/* tls.h - the certificate of a mock that serves HTTPS: that of --tls-cert, or a generated one.
 *
 * Shapes:  a generated certificate is valid for localhost, the loopback addresses, --listen and the host of
 *          --public-url. It is written to a file under $TMPDIR (default /tmp), which every user can read, so that their
 *          clients can trust it; its key stays in memory. The file is locked while the mock runs, and removed at its
 *          end. If the mock was killed, the next one that generates a certificate removes the file.
 * Errors:  the given files are invalid, or the file of the generated certificate cannot be written.
 */
#pragma once
#include "base/http/certificate.h"
#include "mockserver/cli/options.h"

struct tls {
    bool on;
    struct certificate certificate;
    char *file; /* of a generated certificate; NULL: not generated */
    int locked; /* the open descriptor of `file` */
};

bool tls_begin(const struct options *o, struct tls *t, struct error *err);
void tls_end(struct tls *t);
