/* secrets.h - finds secrets in text, plain or encoded.
 *
 * Shapes:  a secret is found as it is, in base64 and base64url (also inside a longer encoded text),
 *          and with any character percent-, JSON- or XML-escaped, also more than once. A secret
 *          that was truncated before a … is found too. If several match, the longest counts.
 * Units:   bytes.
 * Errors:  none.
 */
#pragma once
#include "conformance/report/report.h"

#define SECRET_MIN_BYTES 8 /* shorter values are ignored: they may be common words */

struct secret_hit {
    size_t at;        /* the text before this position has no secret */
    size_t n;         /* length of the match in the text; 0: no match */
    const char *name; /* name of the secret; NULL: no match */
};

/* Returns the first match. Without a match `at` is the end of the text; or, if more text may follow
 * (complete is false), the position where a secret may have started. */
struct secret_hit secrets_find(const struct secrets *s, struct str text, bool complete);
