/* coding.h - decodes the body of a request that has a Content-Encoding.
 *
 * Shapes:  gzip and its old name x-gzip, in any letter case, with any number of members; identity, and an empty body,
 *          are left as they are. Several codings are undone from the last to the first.
 * Units:   bytes.
 * Errors:  the result names what is wrong. The output never exceeds the limit: a decoder stops there.
 * Source:  RFC 9110 8.4, RFC 1952.
 */
#pragma once
#include "base/http/message.h"

#define CODING_RATIO_MAX 200 /* a body that grows more is meant to cost memory and time */

#define CODINGS_READ "gzip, identity" /* as a value of Accept-Encoding */

enum coding_result {
    CODING_OK,
    CODING_UNKNOWN,   /* or too many of them: `what` is the coding */
    CODING_DAMAGED,   /* the bytes are not of that coding, or are incomplete */
    CODING_TOO_LARGE, /* larger than the limit; or than 1 MiB and CODING_RATIO_MAX times the body */
};

/* Replaces *body by the decoded one, in `a`. On failure *body stays, and *what names the coding. */
enum coding_result coding_decode(struct arena *a, const struct headers *h, size_t max, struct str *body,
                                 struct str *what);
