/* What holds of every world, whatever has happened to it. */
#include "mockserver/state/check_record.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "mockserver/state/changes.h"
#include "mockserver/state/events.h"
#include "mockserver/state/index_entries.h"
#include "mockserver/state/post.h"
#include "mockserver/state/records.h"

struct check {
    const struct world *w;
    world_fault_fn *tell; /* NULL: the first fault is enough, and stands in `words` */
    void *ctx;
    struct buf *words;
    struct arena arena;
    struct index waiting; /* see check_record.h */
    uint32_t placed[WORLD_INDEX_COUNT];
    const char **words_of[RECORD_KIND_COUNT]; /* each record's state word by the change log */
};

static bool broken(struct check *c, enum record_kind kind, uint32_t row, const char *why)
{
    if (c->tell)
        c->tell(c->ctx, kind, row, why);
    else
        buf_printf(c->words, "%s %" PRIu32 ": %s", record_kind_texts[kind], row, why);
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
        const struct event *e = table_read(events, at.row);
        if (e->done || e->at_ms != at.key || at.order != at.row) {
            buf_printf(c->words, "event %" PRIu32 " is queued wrongly", at.row);
            return false;
        }
        index_add(&c->waiting,
                  (struct index_entry){index_pair_key(e->row, e->kind), e->at_ms, at.row});
    }
    uint32_t to_come = 0;
    for (uint32_t row = 1; row <= events->count; row++)
        to_come += !((const struct event *)table_read(events, row))->done;
    if (to_come == queue->count)
        return true;
    buf_printf(c->words, "%" PRIu32 " events are to come, %" PRIu32 " are queued", to_come,
               queue->count);
    return false;
}

/* States that nothing leaves. */
static bool is_end(enum record_kind kind, const char *word)
{
    static const struct {
        enum record_kind kind;
        const char *word;
    } ends[] = {
        {RECORD_ACCOUNT,       "disconnected"},
        {RECORD_OAUTH_ATTEMPT, "completed"   },
        {RECORD_OAUTH_ATTEMPT, "failed"      },
        {RECORD_OAUTH_ATTEMPT, "expired"     },
        {RECORD_DESTINATION,   "draft"       },
        {RECORD_DESTINATION,   "published"   },
        {RECORD_DESTINATION,   "canceled"    },
        {RECORD_WEBHOOK,       "deleted"     },
        {RECORD_DELIVERY,      "delivered"   },
        {RECORD_DELIVERY,      "failed"      },
        {RECORD_DELIVERY,      "abandoned"   },
        {RECORD_MEDIA,         "removed"     },
        {RECORD_LEASE_REQUEST, "assigned"    },
        {RECORD_LEASE_REQUEST, "partial"     },
        {RECORD_LEASE_REQUEST, "rejected"    },
        {RECORD_AD_ACCOUNT,    "disconnected"},
    };
    for (size_t i = 0; word && i < sizeof ends / sizeof *ends; i++)
        if (ends[i].kind == kind && strcmp(ends[i].word, word) == 0)
            return true;
    return false;
}

static bool same_word(const char *x, const char *y)
{
    return x == y || (x && y && strcmp(x, y) == 0);
}

/* Published through a transition (a fixture's destination_place has another name) on a token that
 * was live at that moment, by the account's word in the log so far. */
static bool published_on_dead_token(const struct check *c, const struct change *change)
{
    if (change->kind != RECORD_DESTINATION || strcmp(change->what, "destination_publish") != 0 ||
        !same_word(change->to, "published"))
        return false;
    uint32_t account = destination_read(c->w, change->row)->account;
    return !same_word(c->words_of[RECORD_ACCOUNT][account], "live");
}

static bool check_change(struct check *c, const struct change *change)
{
    if (!change->row || change->row > world_count(c->w, change->kind) || !change->what ||
        !change->to || !change->cause)
        return broken(c, change->kind, change->row, "a change is of a record, and complete");
    const char **word = &c->words_of[change->kind][change->row];
    if (!same_word(*word, change->from))
        return broken(c, change->kind, change->row, "a change begins where the one before ended");
    if (is_end(change->kind, change->from) && !same_word(change->from, change->to))
        return broken(c, change->kind, change->row, "an end state was left");
    if (published_on_dead_token(c, change))
        return broken(c, change->kind, change->row, "published without a live token");
    *word = change->to;
    return true;
}

static bool check_log(struct check *c)
{
    for (size_t kind = 0; kind < RECORD_KIND_COUNT; kind++)
        c->words_of[kind] =
            arena_array(&c->arena, const char *, (size_t)c->w->records[kind].count + 1);
    bool good = true;
    for (uint32_t seq = 1; seq <= changes_last(c->w) && (good || c->tell); seq++)
        good = check_change(c, changes_read(c->w, seq)) && good;
    return good;
}

static bool check_references(struct check *c, enum record_kind kind, uint32_t row)
{
    const struct record_type *shape = record_type(kind);
    const char *record = world_read(c->w, kind, row);
    for (size_t i = 0; i < shape->field_count; i++) {
        const struct record_field *f = &shape->fields[i];
        uint32_t to;
        if (f->type != RECORD_REF)
            continue;
        memcpy(&to, record + f->offset, sizeof to);
        if (to > world_count(c->w, f->refers))
            return broken(c, kind, row, "it points to a record that does not exist");
    }
    return true;
}

static bool check_index_entries(struct check *c, enum record_kind kind, uint32_t row)
{
    struct index_entries entries;
    index_entries_of(c->w, kind, row, &entries);
    for (size_t i = 0; i < entries.count; i++) {
        const struct place *p = &entries.items[i];
        c->placed[p->index]++;
        if (!index_has(&c->w->indexes[p->index], p->entry))
            return broken(c, kind, row, "an index lacks it");
    }
    const char *id = record_id(c->w, kind, row);
    if (id &&
        index_entries_find(c->w, kind, index_entries_scope(c->w, kind, row), str_from(id)) != row)
        return broken(c, kind, row, "another record has the same id");
    return true;
}

static bool check_providers(struct check *c, enum record_kind kind, uint32_t row)
{
    const struct record_type *shape = record_type(kind);
    for (size_t i = 0; i < shape->field_count; i++) {
        struct record_value v;
        if (shape->fields[i].type != RECORD_REF)
            continue;
        record_get(c->w, kind, row, &shape->fields[i], &v);
        if (!v.none && record_provider(c->w, shape->fields[i].refers, (uint32_t)v.number) !=
                           record_provider(c->w, kind, row))
            return broken(c, kind, row, "it points to a record of another provider");
    }
    return true;
}

static bool check_one(struct check *c, enum record_kind kind, uint32_t row)
{
    const char *why = check_record(c->w, &c->waiting, kind, row);
    if (why)
        return broken(c, kind, row, why);
    if (!same_word(c->words_of[kind][row], record_state(c->w, kind, row)))
        return broken(c, kind, row, "the change log does not end in its state");
    return check_providers(c, kind, row) && check_index_entries(c, kind, row);
}

typedef bool record_holds(struct check *c, enum record_kind kind, uint32_t row);

static bool check_each(struct check *c, record_holds *holds)
{
    bool good = true;
    for (enum record_kind kind = 0; kind < RECORD_KIND_COUNT; kind++)
        for (uint32_t row = 1; row <= world_count(c->w, kind) && (good || c->tell); row++)
            good = holds(c, kind, row) && good;
    return good;
}

static bool check_counts(struct check *c)
{
    for (size_t i = 0; i < WORLD_INDEX_COUNT; i++) {
        if (i == INDEX_DUE || c->placed[i] == c->w->indexes[i].count)
            continue;
        buf_printf(c->words, "index %zu has entries of no record", i);
        return false;
    }
    return true;
}

static bool check_all(struct check *c)
{
    bool good = check_queue(c) && check_each(c, check_references) && check_log(c) &&
                check_each(c, check_one) && check_counts(c);
    index_end(&c->waiting);
    arena_end(&c->arena);
    return good;
}

const char *world_check(const struct world *w, struct buf *into)
{
    struct check c = {.w = w, .words = into};
    return check_all(&c) ? NULL : buf_c(into);
}

bool world_check_each(const struct world *w, world_fault_fn *tell, void *ctx)
{
    struct buf words = {0};
    struct check c = {.w = w, .words = &words, .tell = tell, .ctx = ctx};
    words.arena = &c.arena;
    return check_all(&c);
}
