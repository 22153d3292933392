#include "mockserver/runtime/namespaces.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/enum.h"
#include "base/log.h"
#include "base/time.h"
#include "base/units.h"
#include "mockserver/fixture/fixture.h"
#include "mockserver/rules/rules.h"
#include "mockserver/runtime/journal.h"
#include "mockserver/state/history.h"

#define START_MAX_MS (3660 * DAY_MS)
#define START_EVENTS 1000 /* that run in the initial state; the scheduler runs the others, so that no client waits */

#define uthash_malloc(size)            heap_new(size)
#define uthash_free(block, size)       heap_free(block)
#define HASH_FUNCTION(key, size, hash) ((hash) = (unsigned)str_hash(str_of((key), (size))))
#include <uthash.h>

struct binding;

struct entry {
    struct namespace ns; /* first: a namespace is its entry */
    struct namespaces *all;
    struct binding *bindings;
    UT_hash_handle hh;
};

const char *const reload_outcome_texts[] = {RELOAD_OUTCOMES(ENUM_TEXT)};

struct binding {
    char *credential;
    struct entry *to;
    struct binding *next, *previous; /* of the same namespace */
    UT_hash_handle hh;
};

struct snapshot {
    char *name;
    struct world *world;
    uint64_t number;
    UT_hash_handle hh;
};

struct namespaces {
    struct fixture *first; /* a reference */
    struct namespaces_limits limits;
    uint64_t generations; /* the last generation, of any namespace */
    uint64_t epochs;      /* the last epoch, of any journal */
    struct entry *by_name;
    struct entry **order;
    size_t count, room;
    struct binding *bindings;
    struct snapshot *snapshots;
    uint64_t snapshot_numbers; /* the last one */
    struct namespaces_watcher watcher;
};

bool namespaces_name_valid(struct str name)
{
    if (!name.n || name.n > NAMESPACE_NAME_MAX || name.s[0] == '.')
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.s[i];
        bool ok = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
                  c == '-';
        if (!ok)
            return false;
    }
    return true;
}

/* A running clock that showed the machine's time when `from` was made shows it in the copy, too. Any other running
 * clock restarts at its start. */
/* True if a copy's clock runs from its start; a clock that started now has the machine's time. */
static bool clock_restarts(const struct clock *clock)
{
    int64_t age_ms = (time_monotonic_us() - clock->base_wall_us) / 1000;
    int64_t behind_ms = time_wall_ms() - age_ms - clock->base_ms;
    return clock->mode == CLOCK_RUNS && (behind_ms < -1000 || behind_ms > 1000);
}

struct world *initial_state_of(struct world *from)
{
    struct world *w = world_fork(from);
    if (clock_restarts(&w->clock))
        clock_start(&w->clock, w->clock.base_ms, CLOCK_RUNS);
    return w;
}

static int64_t instant(const struct world *w, const struct field_time *t)
{
    int64_t sum;
    if (!t->relative)
        return t->ms;
    return __builtin_add_overflow(world_now(w), t->ms, &sum) ? INT64_MAX : sum;
}

static void advance_start(struct world *w, int64_t to_ms)
{
    int64_t at_ms;
    for (size_t ran = 0; ran < START_EVENTS && events_next_at(w, &at_ms) && at_ms <= to_ms;) {
        if (at_ms > world_now(w))
            clock_move_to(&w->clock, at_ms);
        ran += events_run(w, START_EVENTS - ran);
    }
    if (to_ms > world_now(w))
        clock_move_to(&w->clock, to_ms);
}

const char *initial_state_grant(struct world *w, const struct overrides *overrides)
{
    const struct field_time *start = &overrides->clock_start;
    if (overrides->seed >= 0)
        w->seed = (uint64_t)overrides->seed;
    if (overrides->hostile)
        w->hostile = HOSTILE_ALL;
    if (overrides->clock_mode >= 0)
        clock_set_mode(&w->clock, (enum clock_mode)overrides->clock_mode);
    if (!start->given)
        return NULL;
    int64_t to_ms = instant(w, start);
    if (to_ms < world_now(w))
        return "is before the clock of the initial state; the clock cannot go back";
    if (to_ms > world_now(w) + START_MAX_MS)
        return "is too far ahead; at most 3660 days after the clock of the initial state";
    advance_start(w, to_ms);
    return NULL;
}

/* Compares tables by their roots: pages are shared until one of them is written. An event without an effect only sets
 * `done` in its own row, so events are compared by number. */
static bool same_pages(const struct world *w, const struct world *start)
{
    bool same = w->changes.root == start->changes.root && w->events.last == start->events.last &&
                w->quotas.root == start->quotas.root && w->replies == start->replies;
    for (size_t i = 0; i < RECORD_KIND_COUNT; i++)
        same = same && w->records[i].root == start->records[i].root;
    return same;
}

static bool is_initial_state(const struct world *w, const struct world *start)
{
    return same_pages(w, start) && w->clock.mode == start->clock.mode && w->clock.base_ms == start->clock.base_ms &&
           w->minted == start->minted && w->calls == start->calls && w->connect_steps_fail == start->connect_steps_fail;
}

static void notify_begun(struct namespaces *all, struct namespace *ns)
{
    if (all->watcher.begun)
        all->watcher.begun(all->watcher.ctx, ns);
}

static void notify_ended(const struct namespaces *all, struct namespace *ns)
{
    if (all->watcher.ended)
        all->watcher.ended(all->watcher.ctx, ns);
}

static void discard(const struct namespaces *all, struct world *w)
{
    if (all->watcher.discard)
        all->watcher.discard(all->watcher.ctx, w);
    else
        world_free(w);
}

void namespaces_watch(struct namespaces *all, const struct namespaces_watcher *watcher)
{
    all->watcher = *watcher;
    for (size_t i = 0; i < all->count; i++)
        notify_begun(all, &all->order[i]->ns);
}

static struct rules *initial_rules(const struct namespace *ns)
{
    const struct clock *clock = &ns->start->clock;
    int64_t start_ms = clock_restarts(clock) ? clock->base_ms : clock_now(clock);
    return ns->start_rules ? rules_copy(ns->start_rules, start_ms) : rules_new(ns->fixture->rules, start_ms);
}

/* Other namespaces share the texts of an initial state, so no compaction copies them. */
static struct world *initial_state_fork(struct world *from)
{
    string_pool_set_base(from->strings);
    return world_fork(from);
}

static struct entry *add_entry(struct namespaces *all, struct str name, struct fixture *fixture, struct world *from,
                               const struct rules *rules)
{
    struct entry *e = heap_new(sizeof *e + name.n + 1);
    char *kept = (char *)(e + 1);
    memcpy(kept, name.s, name.n);
    e->all = all;
    e->ns = (struct namespace){
        .name = kept,
        .generation = ++all->generations,
        .start = initial_state_fork(from),
        .journal = journal_new(all->limits.journal_bytes, &all->epochs),
        .start_rules = rules ? rules_copy(rules, 0) : NULL,
        .fixture = fixture_hold(fixture),
        .is_copy = from != fixture->world,
        .overrides = OVERRIDES_NONE,
        .born = all->generations,
        .last_us = time_monotonic_us(),
    };
    e->ns.rules = initial_rules(&e->ns);
    world_set_name(e->ns.start, name);
    e->ns.world = initial_state_of(e->ns.start);
    HASH_ADD_KEYPTR(hh, all->by_name, e->ns.name, name.n, e);
    if (all->count == all->room) {
        all->room = 2 * all->room + 8;
        all->order = heap_grow(all->order, all->room * sizeof(struct entry *));
    }
    all->order[all->count++] = e;
    notify_begun(all, &e->ns);
    return e;
}

struct namespaces *namespaces_new(struct fixture *first, const struct namespaces_limits *limits)
{
    struct namespaces *all = heap_new(sizeof *all);
    all->first = fixture_hold(first);
    all->limits = *limits;
    if (!all->limits.count)
        all->limits.count = NAMESPACES_DEFAULT;
    if (!all->limits.journal_bytes)
        all->limits.journal_bytes = JOURNAL_DEFAULT_BYTES;
    add_entry(all, STR("default"), first, first->world, NULL);
    return all;
}

static void link_binding(struct binding *b, struct entry *to)
{
    b->to = to;
    b->previous = NULL;
    b->next = to->bindings;
    if (b->next)
        b->next->previous = b;
    to->bindings = b;
}

static void unlink_binding(struct binding *b)
{
    *(b->previous ? &b->previous->next : &b->to->bindings) = b->next;
    if (b->next)
        b->next->previous = b->previous;
}

static void unbind(struct namespaces *all, struct binding *b)
{
    unlink_binding(b);
    assert(all->bindings); /* it contains b */
    HASH_DEL(all->bindings, b);
    heap_free(b->credential);
    heap_free(b);
}

static void drop_snapshot(struct namespaces *all, struct snapshot *s)
{
    HASH_DEL(all->snapshots, s);
    discard(all, s->world);
    heap_free(s->name);
    heap_free(s);
}

static void free_entry(struct namespaces *all, struct entry *e)
{
    while (e->bindings)
        unbind(all, e->bindings);
    HASH_DEL(all->by_name, e);
    notify_ended(all, &e->ns);
    rules_free(e->ns.rules);
    rules_free(e->ns.start_rules);
    journal_free(e->ns.journal);
    discard(all, e->ns.world);
    discard(all, e->ns.start);
    fixture_free(e->ns.fixture);
    fixture_free(e->ns.newer);
    heap_free(e);
}

void namespaces_free(struct namespaces *all)
{
    if (!all)
        return;
    for (size_t i = 0; i < all->count; i++)
        free_entry(all, all->order[i]);
    struct snapshot *s, *next;
    HASH_ITER(hh, all->snapshots, s, next)
    drop_snapshot(all, s);
    fixture_free(all->first);
    heap_free(all->order);
    heap_free(all);
}

static struct entry *find(const struct namespaces *all, struct str name)
{
    struct entry *e = NULL;
    HASH_FIND(hh, all->by_name, name.s, name.n, e);
    return e;
}

struct namespace *namespaces_find(const struct namespaces *all, struct str name)
{
    struct entry *e = find(all, name);
    return e ? &e->ns : NULL;
}

bool namespaces_full(const struct namespaces *all)
{
    return all->count >= all->limits.count;
}

size_t namespaces_most(const struct namespaces *all)
{
    return all->limits.count;
}

struct namespace *namespaces_create(struct namespaces *all, struct str name, struct fixture *fixture,
                                    struct world *from, const struct rules *rules, struct error *err)
{
    struct where nowhere = {0};
    if (!namespaces_name_valid(name))
        error_add(err, ERROR_INPUT, nowhere,
                  "invalid namespace name; expected 1 to %d of A-Z a-z 0-9 . _ - and no leading "
                  "dot",
                  NAMESPACE_NAME_MAX);
    else if (find(all, name))
        error_add(err, ERROR_INPUT, nowhere, "namespace '" STR_FMT "' already exists", STR_ARG(name));
    else if (namespaces_full(all))
        error_add(err, ERROR_INPUT, nowhere, "namespace limit reached: %zu; delete one or raise --namespaces",
                  all->limits.count);
    else {
        struct fixture *source = fixture ? fixture : all->first;
        return &add_entry(all, name, source, from ? from : source->world, rules)->ns;
    }
    return NULL;
}

bool namespaces_delete(struct namespaces *all, struct str name)
{
    struct entry *e = find(all, name);
    if (!e || e == all->order[0])
        return false;
    size_t at = 0;
    while (all->order[at] != e)
        at++;
    memmove(&all->order[at], &all->order[at + 1], (all->count - at - 1) * sizeof(struct entry *));
    all->count--;
    free_entry(all, e);
    return true;
}

/* Returns when the namespace expires. Suspended calls and open event streams count as calls. */
static int64_t expiry_us(struct namespace *ns, int64_t now_us)
{
    if (ns->waiting || ns->listeners)
        ns->last_us = now_us;
    return ns->idle_us ? ns->last_us + ns->idle_us : INT64_MAX;
}

int64_t namespaces_expire(struct namespaces *all, int64_t now_us)
{
    size_t kept = 0;
    int64_t next_us = INT64_MAX;
    for (size_t i = 0; i < all->count; i++) {
        struct entry *e = all->order[i];
        int64_t at_us = expiry_us(&e->ns, now_us);
        if (at_us <= now_us) {
            char text[TIME_TEXT_MAX];
            log_line(LOG_DEBUG, "namespace %s deleted after %s without a call", e->ns.name,
                     duration_text(e->ns.idle_us / 1000, text));
            free_entry(all, e);
            continue;
        }
        next_us = at_us < next_us ? at_us : next_us;
        all->order[kept++] = e;
    }
    all->count = kept;
    return next_us < INT64_MAX ? next_us : 0;
}

bool namespaces_drop_unused(struct namespaces *all, int64_t now_us)
{
    struct namespace *oldest = NULL;
    for (size_t i = 0; i < all->count; i++) {
        struct namespace *ns = &all->order[i]->ns;
        bool unused = ns->is_implicit && !ns->waiting && !ns->listeners && now_us - ns->last_us >= NAMESPACE_UNUSED_US;
        if (unused && (!oldest || ns->last_us < oldest->last_us))
            oldest = ns;
    }
    if (oldest)
        log_line(LOG_WARN,
                 "namespace '%s' deleted: it was unused for the longest time, and there are %zu (--namespaces)",
                 oldest->name, all->count);
    return oldest && namespaces_delete(all, str_from(oldest->name));
}

static void replace_world(struct namespace *ns, struct world *from)
{
    struct entry *e = (struct entry *)ns;
    struct world *old = ns->world;
    notify_ended(e->all, ns);
    ns->world = initial_state_of(from);
    world_set_name(ns->world, str_from(ns->name)); /* a snapshot may be of another namespace */
    ns->generation = ++e->all->generations;
    ns->called = false;
    journal_clear(ns->journal);
    discard(e->all, old);
    notify_begun(e->all, ns);
}

/* A requested clock start that is before the newer fixture's clock is ignored. */
static void take_newer(struct namespace *ns)
{
    struct world *old = ns->start;
    ns->start = initial_state_of(ns->newer->world);
    world_set_name(ns->start, str_from(ns->name));
    initial_state_grant(ns->start, &ns->overrides);
    discard(((struct entry *)ns)->all, old);
    fixture_free(ns->fixture);
    ns->fixture = ns->newer;
    ns->newer = NULL;
}

void namespace_forget(struct namespace *ns)
{
    history_step(ns->world);
    if (ns->world->forgets && !ns->forgets) {
        ns->forgets = true;
        log_line(LOG_INFO,
                 "namespace '%s': its history has reached --history or --history-age; the oldest is forgotten",
                 ns->name);
    }
}

void namespace_reset(struct namespace *ns)
{
    if (ns->newer)
        take_newer(ns);
    /* The rules come first: an event of the new state may use them immediately. */
    rules_free(ns->rules);
    ns->rules = initial_rules(ns);
    string_pool_set_base(ns->start->strings);
    replace_world(ns, ns->start);
}

void namespace_restore(struct namespace *ns, struct world *snapshot)
{
    replace_world(ns, snapshot);
    ns->called = true;
}

bool namespace_in_use(const struct namespace *ns)
{
    return ns->called || journal_is_awaited(ns->journal) || rules_touched(ns->rules) ||
           !is_initial_state(ns->world, ns->start);
}

bool namespace_is_fresh(const struct namespace *ns)
{
    const struct world *w = ns->world, *start = ns->start;
    if (changes_first(w) > changes_last(start) + 1)
        return false; /* a change after the start has been forgotten */
    for (uint32_t seq = changes_last(start) + 1; seq <= changes_last(w); seq++)
        if (changes_read(w, seq)->cause != CAUSE_TIME && changes_read(w, seq)->cause != CAUSE_DELIVERY)
            return false;
    return !ns->called && w->clock.mode == start->clock.mode && w->clock.base_ms == start->clock.base_ms &&
           w->connect_steps_fail == start->connect_steps_fail;
}

static enum reload_outcome refix(struct namespace *ns, struct fixture *fixture, bool reset)
{
    bool in_use = namespace_in_use(ns);
    if (fixture != ns->fixture) {
        fixture_free(ns->newer);
        ns->newer = fixture_hold(fixture);
    }
    if (in_use && !reset)
        return RELOAD_KEPT;
    namespace_reset(ns);
    return in_use ? RELOAD_RESET : RELOAD_RESTARTED;
}

void namespaces_refix(struct namespaces *all, const struct fixture *old, struct fixture *fixture, bool reset,
                      namespace_reloaded *reloaded, void *ctx)
{
    if (all->first == old) {
        fixture_hold(fixture);
        fixture_free(all->first);
        all->first = fixture;
    }
    for (size_t i = 0; i < all->count; i++) {
        struct namespace *ns = &all->order[i]->ns;
        const struct fixture *current = ns->newer ? ns->newer : ns->fixture;
        if (!ns->is_copy && current == old)
            reloaded(ctx, ns, refix(ns, fixture, reset));
    }
}

struct namespace *namespaces_at(const struct namespaces *all, size_t i)
{
    return i < all->count ? &all->order[i]->ns : NULL;
}

size_t namespaces_count(const struct namespaces *all)
{
    return all->count;
}

static struct binding *find_binding(const struct namespaces *all, struct str credential)
{
    struct binding *b = NULL;
    HASH_FIND(hh, all->bindings, credential.s, credential.n, b);
    return b;
}

void namespaces_bind(struct namespaces *all, struct str credential, struct namespace *ns)
{
    struct binding *b = find_binding(all, credential);
    if (b) {
        unlink_binding(b);
    } else {
        b = heap_new(sizeof *b);
        b->credential = heap_new(credential.n + 1);
        memcpy(b->credential, credential.s, credential.n);
        HASH_ADD_KEYPTR(hh, all->bindings, b->credential, credential.n, b);
    }
    link_binding(b, (struct entry *)ns);
}

struct namespace *namespaces_of_credential(const struct namespaces *all, struct str credential)
{
    const struct binding *b = all->bindings ? find_binding(all, credential) : NULL;
    return b ? &b->to->ns : NULL;
}

static struct snapshot *find_snapshot(const struct namespaces *all, struct str name)
{
    struct snapshot *s = NULL;
    HASH_FIND(hh, all->snapshots, name.s, name.n, s);
    return s;
}

/* Copies `from`. A running clock will restart at the time of the snapshot. */
static struct world *copy_for_snapshot(struct world *from)
{
    struct world *w = world_fork(from);
    clock_start(&w->clock, world_now(from), from->clock.mode);
    return w;
}

bool snapshots_save(struct namespaces *all, const char *name, struct namespace *ns)
{
    if (!namespaces_name_valid(str_from(name)))
        return false;
    struct snapshot *s = find_snapshot(all, str_from(name));
    if (s) {
        discard(all, s->world);
    } else {
        s = heap_new(sizeof *s);
        s->name = heap_text(name);
        s->number = ++all->snapshot_numbers;
        HASH_ADD_KEYPTR(hh, all->snapshots, s->name, strlen(s->name), s);
    }
    s->world = copy_for_snapshot(ns->world);
    return true;
}

struct world *snapshots_find(const struct namespaces *all, struct str name)
{
    const struct snapshot *s = find_snapshot(all, name);
    return s ? s->world : NULL;
}

bool snapshots_drop(struct namespaces *all, struct str name)
{
    struct snapshot *s = find_snapshot(all, name);
    if (s)
        drop_snapshot(all, s);
    return s != NULL;
}

bool snapshots_next(const struct namespaces *all, struct snapshot_info *info)
{
    const struct snapshot *s = info->at ? ((const struct snapshot *)info->at)->hh.next : all->snapshots;
    info->count = HASH_COUNT(all->snapshots);
    if (s)
        *info = (struct snapshot_info){s->name, s->world, s->number, info->count, s};
    return s;
}
