/* certificate.h - a server's certificate and key: read from files, or made.
 *
 * Shapes:  struct certificate: two PEM texts. What is made is good for itself alone: no authority,
 *          P-256, for the names it was asked for, from a day ago to a year from now.
 * Errors:  certificate_read: a file that cannot be read, that has no certificate or no key, a key
 *          that is encrypted or that is not the certificate's.
 * Source:  RFC 5280.
 */
#pragma once
#include "base/error.h"

struct certificate {
    const char *chain; /* the server's own comes first */
    const char *key;
};

bool certificate_read(struct arena *a, const char *chain_file, const char *key_file,
                      struct certificate *out, struct error *err);
/* Names and numeric addresses, each once. */
void certificate_make(struct arena *a, const char *const *names, size_t count,
                      struct certificate *out);
