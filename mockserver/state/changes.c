#include "mockserver/state/changes.h"

void changes_add(struct world *w, enum record_kind kind, uint32_t row, const char *what, const char *from,
                 const char *to)
{
    struct change *c = table_add(&w->changes, NULL);
    *c = (struct change){
        .at_ms = world_now(w),
        .kind = kind,
        .row = row,
        .what = what,
        .from = from,
        .to = to,
        .key = w->in_event ? ROW_NONE : w->caller,
        .cause = w->in_event ? "time" : w->cause,
    };
}

uint32_t changes_last(const struct world *w)
{
    return w->changes.count;
}

const struct change *changes_read(const struct world *w, uint32_t seq)
{
    return table_read(&w->changes, seq);
}
