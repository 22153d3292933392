/* The invariants of a whole world. */
#include "mockserver/state/record.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "mockserver/state/history.h"
#include "mockserver/state/post.h"
#include "mockserver/state/world.h"

struct check {
    const struct world *w;
    world_fault_fn *report; /* NULL: stop at the first violation and write it to `message` */
    void *ctx;
    struct buf *message;
    struct arena arena;
    struct index waiting;                    /* see event_is_queued */
    uint32_t expected[WORLD_INDEX_COUNT];    /* number of entries */
    uint32_t first[RECORD_KIND_COUNT];       /* row of the first item of each of these lists */
    int *states[RECORD_KIND_COUNT];          /* each record's state according to the change log; STATE_ANY: unknown */
    uint32_t *references[RECORD_KIND_COUNT]; /* the number of references to each record */
};

static bool report_violation(struct check *c, enum record_kind kind, uint32_t row, const char *why)
{
    if (c->report)
        c->report(c->ctx, kind, row, why);
    else
        buf_printf(c->message, "%s %" PRIu32 ": %s", record_kind_texts[kind], row, why);
    return false;
}

static bool check_queue(struct check *c)
{
    const struct table *events = &c->w->events;
    const struct index *queue = &c->w->indexes[INDEX_DUE];
    struct index_walk walk;
    index_from(queue, &walk, (struct index_entry){INT64_MIN, INT64_MIN, 0});
    while (index_next(&walk)) {
        struct index_entry at = walk.entry;
        const struct world_event *e = table_read(events, at.row);
        if (!e || e->done || e->at_ms != at.key || at.order != at.row) {
            buf_printf(c->message, "event %" PRIu32 " has a wrong entry in the event queue", at.row);
            return false;
        }
        index_add(&c->waiting, (struct index_entry){index_pair_key(e->row, e->kind), e->at_ms, at.row});
    }
    uint32_t not_run = 0;
    for (uint32_t row = 0; table_next(events, &row);)
        not_run += !((const struct world_event *)table_read(events, row))->done;
    if (not_run == queue->count)
        return true;
    buf_printf(c->message, "%" PRIu32 " events have not run, but %" PRIu32 " are queued", not_run, queue->count);
    return false;
}

static int *state_at(const struct check *c, enum record_kind kind, uint32_t row)
{
    return &c->states[kind][row - c->first[kind]];
}

static uint32_t *references_at(const struct check *c, enum record_kind kind, uint32_t row)
{
    return &c->references[kind][row - c->first[kind]];
}

/* A final state has no transition to another state. */
static bool is_final(enum record_kind kind, int state)
{
    return state != STATE_NONE && (record_types[kind]->final_states & STATE_BIT(state));
}

/* True if the change published a destination while its account's token was not live, according to the log up to this
 * change. destination_place, for fixtures, logs another transition. While a destination is publishing, a test may
 * decide that the platform has taken it. */
static bool published_on_dead_token(const struct check *c, const struct change *change)
{
    if (change->kind != RECORD_DESTINATION || change->what != TRANSITION_DESTINATION_PUBLISH ||
        change->to != DESTINATION_PUBLISHED)
        return false;
    const struct destination *d = destination_read(c->w, change->row);
    if (change->from == DESTINATION_PUBLISHING && d->outcome == OUTCOME_SUCCESS)
        return false;
    int account = *state_at(c, RECORD_ACCOUNT, d->account); /* STATE_ANY: its last change has been forgotten */
    return account != ACCOUNT_LIVE && account != STATE_ANY;
}

static bool check_change(struct check *c, const struct change *change)
{
    if (!world_has(c->w, change->kind, change->row))
        return report_violation(c, change->kind, change->row, "a change must refer to an existing record");
    int *state = state_at(c, change->kind, change->row);
    if (*state != STATE_ANY && *state != change->from)
        return report_violation(c, change->kind, change->row,
                                "a change's 'from' must be the 'to' of the record's previous change");
    if (is_final(change->kind, change->from) && change->from != change->to)
        return report_violation(c, change->kind, change->row, "a change must not leave a final state");
    if (published_on_dead_token(c, change))
        return report_violation(c, change->kind, change->row, "published without a live token");
    *state = change->to;
    return true;
}

static void begin_lists(struct check *c)
{
    for (enum record_kind kind = 0; kind < RECORD_KIND_COUNT; kind++) {
        world_next(c->w, kind, &c->first[kind]);
        const size_t count = (size_t)world_last(c->w, kind) - c->first[kind] + 1;
        c->references[kind] = arena_array(&c->arena, uint32_t, count);
        c->states[kind] = arena_array(&c->arena, int, count);
        for (size_t i = 0; i < count; i++)
            c->states[kind][i] = c->w->changes_gone ? STATE_ANY : STATE_NONE;
    }
}

static bool check_log(struct check *c)
{
    bool ok = true;
    for (uint32_t seq = changes_first(c->w); seq <= changes_last(c->w) && (ok || c->report); seq++)
        ok = check_change(c, changes_read(c->w, seq)) && ok;
    return ok;
}

static bool check_references(struct check *c, enum record_kind kind, uint32_t row)
{
    const struct record_type *type = record_types[kind];
    const char *record = world_read(c->w, kind, row);
    for (size_t i = 0; i < type->field_count; i++) {
        const struct record_field *f = &type->fields[i];
        uint32_t to;
        if (f->type != RECORD_REF)
            continue;
        memcpy(&to, record + f->offset, sizeof to);
        if (to && !world_has(c->w, f->refers, to))
            return report_violation(c, kind, row, "it refers to a record that does not exist");
        if (to && !f->owner && c->references[f->refers]) /* else only this record is checked */
            ++*references_at(c, f->refers, to);
    }
    return true;
}

static bool check_index_entries(struct check *c, enum record_kind kind, uint32_t row)
{
    struct index_entries entries;
    index_entries_of(c->w, kind, row, &entries);
    for (size_t i = 0; i < entries.count; i++) {
        enum world_index index = entries.items[i].index;
        c->expected[index]++;
        if (!index_has(&c->w->indexes[index], entries.items[i].entry))
            return report_violation(c, kind, row, "one of its index entries is missing");
    }
    const char *id = record_id(c->w, kind, row);
    if (id && record_find_in(c->w, kind, record_scope(c->w, kind, row, kind), str_from(id)) != row)
        return report_violation(c, kind, row, "another record has the same id");
    return true;
}

static bool check_providers(struct check *c, enum record_kind kind, uint32_t row)
{
    const struct record_type *type = record_types[kind];
    for (size_t i = 0; i < type->field_count; i++) {
        struct record_value v;
        if (type->fields[i].type != RECORD_REF)
            continue;
        record_get(c->w, kind, row, &type->fields[i], &v);
        if (!v.none &&
            record_provider(c->w, type->fields[i].refers, (uint32_t)v.number) != record_provider(c->w, kind, row))
            return report_violation(c, kind, row, "it refers to a record of another provider");
    }
    return true;
}

/* The record_tail must agree with the records that refer to this one, and with the log. */
static bool check_tail(struct check *c, enum record_kind kind, uint32_t row)
{
    const struct record_tail *tail = record_tail_read(c->w, kind, row);
    if (tail->refs != *references_at(c, kind, row))
        return report_violation(c, kind, row, "the number of references to it is wrong");
    if (tail->list && !index_has(&c->w->indexes[INDEX_ENDED], (struct index_entry){tail->list, tail->last_ms, row}))
        return report_violation(c, kind, row, "its entry among the ended records is missing");
    c->expected[INDEX_ENDED] += tail->list != 0;
    if (*state_at(c, kind, row) != STATE_ANY && tail->last_change < changes_first(c->w))
        return report_violation(c, kind, row, "its last change is in the log");
    return true;
}

static bool check_one(struct check *c, enum record_kind kind, uint32_t row)
{
    const struct record_type *type = record_types[kind];
    const char *why = type->check ? type->check(c->w, &c->waiting, row) : NULL;
    if (why)
        return report_violation(c, kind, row, why);
    if (*state_at(c, kind, row) != STATE_ANY && *state_at(c, kind, row) != record_state(c->w, kind, row))
        return report_violation(c, kind, row, "the record's state must be the 'to' of its last change");
    return check_providers(c, kind, row) && check_index_entries(c, kind, row);
}

typedef bool record_check_fn(struct check *c, enum record_kind kind, uint32_t row);

static bool check_each(struct check *c, record_check_fn *check_one_record)
{
    bool ok = true;
    for (enum record_kind kind = 0; kind < RECORD_KIND_COUNT; kind++)
        for (uint32_t row = 0; (ok || c->report) && world_next(c->w, kind, &row);)
            ok = check_one_record(c, kind, row) && ok;
    return ok;
}

static bool check_counts(struct check *c)
{
    for (size_t i = 0; i < WORLD_INDEX_COUNT; i++) {
        if (i == INDEX_DUE || c->expected[i] == c->w->indexes[i].count)
            continue;
        buf_printf(c->message, "index %zu has entries that belong to no record", i);
        return false;
    }
    return true;
}

static bool check_all(struct check *c)
{
    begin_lists(c);
    bool ok = check_queue(c) && check_each(c, check_references) && check_log(c) && check_each(c, check_one) &&
              check_each(c, check_tail) && check_counts(c);
    index_end(&c->waiting);
    arena_end(&c->arena);
    return ok;
}

const char *world_check(const struct world *w, struct buf *into)
{
    struct check c = {.w = w, .message = into};
    return check_all(&c) ? NULL : buf_c(into);
}

bool world_check_each(const struct world *w, world_fault_fn *report, void *ctx)
{
    struct buf message = {0};
    struct check c = {.w = w, .message = &message, .report = report, .ctx = ctx};
    message.arena = &c.arena;
    return check_all(&c);
}

/* The events of this record only. */
static void index_waiting(struct check *c, enum record_kind kind, uint32_t row)
{
    const struct world_event *e;
    struct index_walk walk;
    events_walk(c->w, &walk);
    while ((e = events_next(c->w, &walk)))
        if (e->row == row && event_record(e->kind) == kind)
            index_add(&c->waiting, (struct index_entry){index_pair_key(row, e->kind), e->at_ms, walk.entry.row});
}

bool world_check_record(const struct world *w, enum record_kind kind, uint32_t row, world_fault_fn *report, void *ctx)
{
    struct check c = {.w = w, .report = report, .ctx = ctx};
    const struct record_type *type = record_types[kind];
    index_waiting(&c, kind, row);
    bool ok = check_references(&c, kind, row);
    const char *why = ok && type->check ? type->check(w, &c.waiting, row) : NULL;
    if (why)
        ok = report_violation(&c, kind, row, why);
    ok = ok && check_providers(&c, kind, row) && check_index_entries(&c, kind, row);
    index_end(&c.waiting);
    return ok;
}
