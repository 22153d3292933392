/* secrets.h - finding secrets in text, however they are spelled there.
 *
 * Shapes:  a secret is found as it is, in base64 and base64url (also within a longer text that was
 *          encoded as a whole), and with any of its characters percent-, JSON- or XML-escaped, once
 *          or twice. A secret that was cut short before a … is found as well. Of several, the
 *          longest counts.
 * Units:   bytes.
 * Errors:  none.
 */
#pragma once
#include "conformance/report/report.h"

#define SECRET_MIN_BYTES 8 /* shorter ones are words that stand everywhere */

struct secret_hit {
    size_t at;        /* what stands before it is free of secrets */
    size_t n;         /* how long the secret is there; 0: none, and `at` is the end */
    const char *name; /* of the secret; NULL: none */
};

/* `complete`: nothing follows the text. Otherwise `at` may stand before its end where a secret may
 * have begun. */
struct secret_hit secrets_find(const struct secrets *s, struct str text, bool complete);
