#include "mockserver/state/record.h"

#include <string.h>

#include "base/digest.h"
#include "mockserver/state/account.h"
#include "mockserver/state/lease.h"
#include "mockserver/state/oauth_attempt.h"
#include "mockserver/state/tenant.h"

uint32_t rebuild_row(struct world *w, enum record_kind kind, int provider)
{
    uint32_t row;
    const size_t provider_offset = record_type(kind)->provider_offset;
    char *record = table_add(&w->records[kind], &row);
    if (provider_offset != SIZE_MAX)
        memcpy(record + provider_offset, &provider, sizeof provider);
    return row;
}

const char *rebuild_missing_field(const struct world *w, enum record_kind kind, uint32_t row)
{
    const struct record_type *s = record_type(kind);
    const char *record = world_read(w, kind, row);
    for (size_t i = 0; i < s->field_count; i++) {
        const struct record_field *f = &s->fields[i];
        const char *text;
        uint32_t to;
        if (f->needed && f->type == RECORD_TEXT) {
            memcpy(&text, record + f->offset, sizeof text);
            if (!text)
                return f->name;
        } else if (f->needed) {
            memcpy(&to, record + f->offset, sizeof to);
            if (to == ROW_NONE)
                return f->name;
        }
    }
    return kind == RECORD_OAUTH_ATTEMPT ? oauth_attempt_missing(oauth_attempt_read(w, row)) : NULL;
}

void rebuild_entry(struct world *w, enum record_kind kind, uint32_t row)
{
    if (kind == RECORD_KEY) {
        struct key *k = world_edit(w, kind, row);
        digest_sha256(str_from(k->value), k->digest);
    }
    index_entries_add(w, kind, row);
}

void rebuild_changes(struct world *w)
{
    for (enum record_kind kind = 0; kind < RECORD_KIND_COUNT; kind++)
        for (uint32_t row = 1; row <= world_count(w, kind); row++)
            changes_add(w, kind, row, "record_begin", NULL, record_state(w, kind, row));
}

void rebuild_events(struct world *w)
{
    for (enum record_kind kind = 0; kind < RECORD_KIND_COUNT; kind++)
        for (uint32_t row = 1; row <= world_count(w, kind); row++)
            record_queue_events(w, kind, row);
}

void rebuild_change(struct world *w, const struct change *change)
{
    struct change *c = table_add(&w->changes, NULL);
    *c = *change;
    c->what = world_text(w, change->what);
    c->from = world_text(w, change->from);
    c->to = world_text(w, change->to);
    c->cause = world_text(w, change->cause);
}
