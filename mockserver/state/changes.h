/* changes.h - the log of every transition of a world; journal, webhooks and `advance` read it.
 *
 * Shapes:  struct change; its texts are static. Entries are numbered by `seq`, from 1 without gaps.
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
    const char *from, *to; /* record_state before and after; from NULL: the record is new */
    uint32_t key;          /* of the call that caused it, or ROW_NONE */
    const char *cause;     /* "call", "simulation", "time", "delivery", "fixture" */
};

void changes_add(struct world *w, enum record_kind kind, uint32_t row, const char *what, const char *from,
                 const char *to);
uint32_t changes_last(const struct world *w); /* seq of the newest entry; 0: the log is empty */
const struct change *changes_read(const struct world *w, uint32_t seq);
