/* changes.h - the log of every transition of a world. Journal, webhooks and `advance` only read it.
 *
 * Shapes:  struct change {seq, at, kind, row, what, from, to, key, cause}; texts are static. seq counts
 *          from 1 without gaps.
 * Units:   milliseconds of the world's clock.
 * Errors:  none.
 */
#pragma once
#include "mockserver/state/world.h"

struct change {
    int64_t at_ms;
    enum record_kind kind;
    uint32_t row;
    const char *what;      /* the transition: "account_connect", "destination_publish" */
    const char *from, *to; /* the state word of records.h before and after; NULL: did not exist */
    uint32_t key;          /* whose call caused it, or ROW_NONE */
    const char *cause;     /* "call", "simulation", "time", "delivery", "fixture" */
};

void changes_add(struct world *w, enum record_kind kind, uint32_t row, const char *what,
                 const char *from, const char *to);
uint32_t changes_last(const struct world *w); /* seq of the newest; 0 = none */
const struct change *changes_read(const struct world *w, uint32_t seq);
