/* replies.h - stored responses, replayed when a request repeats an idempotency token.
 *
 * Shapes:  struct replies: oldest first, reference-counted; worlds share it until one of them stores another reply.
 *          Holds at most REPLIES_MAX replies and REPLIES_BYTES bytes; the oldest are dropped first.
 * Units:   bytes; milliseconds of the world's clock.
 * Errors:  none; replies_find returns NULL if there is no such reply.
 */
#pragma once
#include "base/digest.h"
#include "base/str.h"
#include <stddef.h>
#include <stdint.h>

#define REPLIES_MAX   1000
#define REPLIES_BYTES ((size_t)1 << 20)

struct reply {
    uint32_t key;                     /* row of the calling key */
    const char *what;                 /* the operation */
    struct str token;                 /* the request's idempotency token */
    unsigned char asked[DIGEST_SIZE]; /* digest of the whole request */
    int64_t at_ms;
    int status;
    struct str body;
};

struct replies *replies_hold(struct replies *r); /* r may be NULL, also below */
void replies_release(struct replies *r);
size_t replies_own_bytes(const struct replies *r); /* shared with no other world */

const struct reply *replies_find(const struct replies *r, uint32_t key, const char *what, struct str token);
/* Stores a copy in a world's list; replaces an older reply with the same key, operation and token. Drops replies from
 * before `from_ms`. */
void replies_keep(struct replies **list, const struct reply *reply, int64_t from_ms);
size_t replies_count(const struct replies *r);
const struct reply *replies_at(const struct replies *r, size_t i); /* oldest first */
