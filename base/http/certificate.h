/* certificate.h - a server's certificate and key, read from files or generated.
 *
 * Shapes:  struct certificate: two PEM texts. A generated certificate is self-signed, has a P-256 key and the requested
 *          names, and is valid from one day ago for 397 days.
 * Errors:  certificate_read: a file cannot be read or contains no certificate or key, the key is encrypted, or the key
 *          does not match the certificate.
 * Source:  RFC 5280.
 */
#pragma once
#include "base/error.h"
#include "base/str.h"

struct certificate {
    const char *chain; /* the server's own certificate first */
    const char *key;
};

bool certificate_read(struct arena *a, const char *chain_file, const char *key_file, struct certificate *out,
                      struct error *err);
/* Generates a self-signed certificate. `names` are host names and numeric addresses, each once. */
void certificate_make(struct arena *a, const char *const *names, size_t count, struct certificate *out);
bool certificate_is_made(struct str chain); /* true if certificate_make made the PEM text */
