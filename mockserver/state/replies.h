/* replies.h - answers once given, to be given again to whoever asks the same with the same token.
 *
 * Shapes:  struct replies: oldest first, counted by reference; worlds share it until one of them
 *          keeps another. At most REPLIES_MAX of at most REPLIES_BYTES together: the oldest go
 *          first. What is asked and what is answered are numbers and texts of the caller's.
 * Units:   bytes; milliseconds of the world's clock.
 * Errors:  none; what is not there, or no longer, is NULL.
 */
#pragma once
#include "base/digest.h"
#include "mockserver/state/world.h"

#define REPLIES_MAX   1000
#define REPLIES_BYTES ((size_t)1 << 20)

struct reply {
    uint32_t key;                     /* who asked: a key's row */
    const char *what;                 /* which operation; a static text */
    struct str token;                 /* the one it was asked with */
    unsigned char asked[DIGEST_SIZE]; /* of all that was asked */
    int64_t at_ms;
    int status;
    struct str body;
};

struct replies *replies_hold(struct replies *r); /* NULL is fine, here and below */
void replies_release(struct replies *r);
size_t replies_own_bytes(const struct replies *r); /* what no other world shares */

const struct reply *replies_find(const struct world *w, uint32_t key, const char *what,
                                 struct str token);
/* Copies it, in the place of an older one with the same token; forgets those from before `from_ms`.
 */
void replies_keep(struct world *w, const struct reply *reply, int64_t from_ms);
size_t replies_count(const struct world *w);
const struct reply *replies_at(const struct world *w, size_t i); /* oldest first */
