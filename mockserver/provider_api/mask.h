/* mask.h - replaces secrets by short forms in what the admin API shows of requests and responses.
 *
 *   lp_live_01HX9Y6K7EJ4T2_full   ->  lp_live_...full            the key named full
 *   lp_live_01HX9Y6K7EJ4T2_fulk   ->  lp_live_...(unknown key)
 *   whsec_2JMZVQMMG5X1QDTS        ->  whsec_...whe_spring        the secret of that webhook
 *   "app_password":"abcd-efgh"    ->  "app_password":"..."
 *
 * Shapes:  secrets are the values of keys and the secrets of webhooks of one world, the admin token, words that begin
 *          like a key, what follows Bearer or Basic, and the values of headers, members and parameters whose names say
 *          so (secret_names in mask.c). A secret is found as it is and with characters percent- or \u-escaped. Values
 *          of fewer than MASK_MIN_BYTES are only found after Bearer or such a name. State tokens of OAuth attempts are
 *          the ids of their records, and stay.
 * Errors:  none.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"

#define MASK_MIN_BYTES 8

struct world;
struct mask_entry;

struct mask {                 /* zero: no secrets are known yet */
    struct arena arena;       /* has copies, so that the world may change */
    struct mask_entry *table; /* by hash; size is a power of two */
    size_t size, used;
    const struct mask_entry **items; /* secrets of several words */
    size_t count, room;
    size_t longest; /* bytes of a secret */
};

/* Returns how much of the text is a beginning such as lp_live_, that keys and secrets have; 0: none. */
size_t mask_beginning(struct str text);

/* Learns the secrets of the world, and the admin token (NULL: none), instead of those learned before. */
void mask_learn(struct mask *m, const struct world *w, const char *admin_token);
void mask_end(struct mask *m);
/* Replaces the secrets in the strings of the JSON text that begins at `from`. It stays valid JSON. */
void mask_json(const struct mask *m, struct buf *out, size_t from);
