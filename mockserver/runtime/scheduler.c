#include "mockserver/runtime/scheduler.h"

#include <string.h>

#include "base/arena.h"
#include "base/time.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/provider_api/webhooks.h"
#include "mockserver/rules/rules.h"
#include "mockserver/runtime/deliver.h"
#include "mockserver/runtime/mock.h"
#include "mockserver/runtime/rewrite.h"
#include "mockserver/runtime/send_queue.h"
#include "mockserver/runtime/suspend.h"
#include "mockserver/runtime/turns.h"
#include "mockserver/runtime/violation.h"
#include "mockserver/state/compaction.h"
#include "mockserver/state/record.h"
#include "mockserver/state/world.h"

#define BATCH        64  /* events that run before their changes are read; the same with and without an event loop */
#define TICK_WORK    100 /* units of turns.h that a tick does at once; the rest is done in turns */
#define ATTEMPT_WORK 16

/* An advance of the clock in progress. */
struct advance {
    bool active;
    int64_t until_ms;
    int64_t wait_us; /* how long it may still wait for deliveries */
    size_t events;
    size_t *result;      /* of the call that waits for its end */
    int64_t waits_since; /* 0: it does not wait now */
    uint64_t timer;      /* ends the wait */
};

struct in_flight { /* a delivery attempt */
    struct scheduler *scheduler;
    struct arena arena;
    uint32_t delivery;
    struct deliver_attempt *attempt; /* NULL: it waits in the queue, or it has ended */
    struct send_place place;
    struct in_flight *next, *previous;
};

struct scheduler {
    struct mock *mock;
    struct namespace *ns; /* may have a new state already; `world` is this scheduler's */
    struct world *world;
    struct in_flight *in_flight;
    size_t in_flight_count;
    struct send_owner owner;
    struct call_slot waiter;        /* the call that advances the clock */
    struct call_line late, unended; /* calls that wait for due events, or for deliveries in flight */
    struct advance advance;
    struct turn turn;   /* queued: it has more to do */
    struct arena arena; /* valid while the change log is read */
    uint32_t changes_before;
    uint64_t timer;
    int64_t timer_us; /* when the timer fires: monotonic clock */
    bool ticking;
    bool behind; /* events may be due that did not run, or changes are not read */
};

static const struct webhooks *webhooks_of(int provider)
{
    const struct provider *d = provider_with_id(provider);
    return d ? d->webhooks : NULL;
}

static void end_in_flight(struct in_flight *f)
{
    if (f->place.receiver)
        send_queue_leave(f->scheduler->mock->send_queue, &f->place);
    *(f->previous ? &f->previous->next : &f->scheduler->in_flight) = f->next;
    if (f->next)
        f->next->previous = f->previous;
    f->scheduler->in_flight_count--;
    arena_end(&f->arena);
    heap_free(f);
}

static bool is_delivering(const struct world *w, uint32_t delivery)
{
    return world_has(w, RECORD_DELIVERY, delivery) && delivery_read(w, delivery)->state == DELIVERY_DELIVERING;
}

/* The result is ignored if a tester has changed the delivery's state during the attempt. */
static void complete(void *ctx, int status, const char *error)
{
    struct in_flight *f = ctx;
    struct scheduler *p = f->scheduler;
    struct world *w = p->world;
    if (is_delivering(w, f->delivery)) {
        const struct delivery *d = delivery_read(w, f->delivery);
        enum cause cause = w->cause;
        w->cause = CAUSE_DELIVERY;
        delivery_attempt_end(w, f->delivery, status, error, &webhooks_of(d->provider)->policies[w->webhooks.policy]);
        w->cause = cause;
    }
    end_in_flight(f);
    scheduler_tick(p);
    send_queue_start(p->mock->send_queue);
}

/* Flips one bit after the body was signed; the seed and the delivery's id decide which. */
static void flip_bit(struct buf *body, const struct world *w, const struct delivery *d)
{
    struct buf words = {.arena = body->arena};
    buf_printf(&words, "%llu %s %lld", (unsigned long long)w->seed, d->public_id, (long long)d->attempts);
    uint64_t bit = str_hash(buf_str(&words)) % (8 * body->n);
    body->data[bit / 8] = (char)(body->data[bit / 8] ^ (1 << (bit % 8)));
}

static const char *join(struct arena *a, const struct texts *list)
{
    struct buf out = {.arena = a};
    for (size_t i = 0; i < list->count; i++)
        buf_printf(&out, "%s%s", i ? ", " : "", list->items[i]);
    return list->count ? buf_c(&out) : NULL;
}

/* The request takes a while, and the state's texts may be gone by then (compaction.h). */
static void keep_texts(struct arena *a, struct deliver_request *r)
{
    r->url = arena_text(a, r->url);
    r->allowed = r->allowed ? arena_text(a, r->allowed) : NULL;
    for (size_t i = 0; i < r->headers.count; i++) {
        struct header *h = &r->headers.items[i];
        *h = (struct header){arena_text(a, h->name), str_from(str_dup(a, h->value))};
    }
}

static void write_request(struct in_flight *f, struct deliver_request *r)
{
    struct world *w = f->scheduler->world;
    const struct delivery *d = delivery_read(w, f->delivery);
    struct buf body = {.arena = &f->arena};
    struct texts varied = {0};
    int64_t now_ms = w->webhooks.virtual_time ? world_now(w) : time_wall_ms();
    const struct webhooks *webhooks = webhooks_of(d->provider);
    *r = (struct deliver_request){.url = webhook_read(w, d->webhook)->url, .allowed = w->webhooks.allowed};
    webhooks->write_body(&body, w, f->delivery);
    rules_change_delivery(&f->arena, w, &d->faults, &body);
    rewrite_body(w, f->delivery, &body, &varied);
    webhooks->add_headers(&f->arena, w, f->delivery, (now_ms + d->faults.clock_skew_ms) / 1000, buf_str(&body),
                          &r->headers);
    rewrite_headers(&f->arena, w, f->delivery, &r->headers, &varied);
    rules_change_delivery_headers(&f->arena, &d->faults, &r->headers);
    if (d->attempts <= d->faults.corrupt_attempts)
        flip_bit(&body, w, d);
    r->body = buf_str(&body);
    delivery_set_varied(w, f->delivery, join(&f->arena, &varied)); /* d is invalid from here on */
    keep_texts(&f->arena, r);
}

/* It is the attempt's turn. */
static void send_attempt(void *ctx)
{
    struct in_flight *f = ctx;
    struct deliver_request r;
    if (!is_delivering(f->scheduler->world, f->delivery)) { /* a tester has changed its state since */
        complete(f, 0, NULL);
        return;
    }
    write_request(f, &r);
    struct deliver_attempt *attempt = deliver_send(f->scheduler->mock->deliver, &f->arena, &r, complete, f);
    if (attempt) /* else the attempt has ended and f is freed */
        f->attempt = attempt;
}

static void start_attempt(struct scheduler *p, uint32_t delivery)
{
    struct in_flight *f = heap_new(sizeof *f);
    *f = (struct in_flight){.scheduler = p, .delivery = delivery, .next = p->in_flight};
    f->place = (struct send_place){.start = send_attempt, .ctx = f, .owner = &p->owner};
    if (p->in_flight)
        p->in_flight->previous = f;
    p->in_flight = f;
    p->in_flight_count++;
    const char *url = webhook_read(p->world, delivery_read(p->world, delivery)->webhook)->url;
    if (send_queue_enter(p->mock->send_queue, &f->place, url)) {
        send_queue_start(p->mock->send_queue);
        return;
    }
    f->place.receiver = NULL;
    complete(f, 0, "too many attempts wait for this receiver");
}

static void on_timer(void *ctx)
{
    struct scheduler *p = ctx;
    p->timer = 0;
    turns_add(p->mock->turns, &p->turn); /* many clocks may have something to do at once */
}

/* Arms the timer for the next event if the clock runs, so that events run without a call. */
static void arm_timer(struct scheduler *p)
{
    const struct clock *clock = &p->world->clock;
    int64_t at_ms = 0, at_us = 0;
    bool needed = p->mock->loop && clock->mode == CLOCK_RUNS && events_next_at(p->world, &at_ms);
    if (needed)
        at_us = clock->base_wall_us + (at_ms - clock->base_ms) * 1000;
    if (p->timer && needed && at_us == p->timer_us)
        return;
    if (p->timer)
        mock_timer_cancel(p->mock, p->timer);
    p->timer = needed ? mock_timer(p->mock, at_us, on_timer, p) : 0;
    p->timer_us = at_us;
}

static void create_deliveries(struct world *w, const struct webhooks *of, const struct webhook_event *event)
{
    struct index_walk walk;
    const char *event_id = NULL; /* minted with the first delivery */
    index_from(&w->indexes[INDEX_WEBHOOK_ORGANIZATION], &walk, (struct index_entry){event->organization, INT64_MIN, 0});
    while (index_next_of(&walk, event->organization))
        if (webhook_subscribes(webhook_read(w, walk.entry.row), event->space, event->type)) {
            uint32_t row = webhooks_deliver(w, of, walk.entry.row, event, event_id, ROW_NONE);
            event_id = delivery_read(w, row)->event_id;
        }
}

static void report_change(struct world *w, const struct change *change)
{
    const struct webhooks *webhooks = webhooks_of(record_provider(w, change->kind, change->row));
    struct arena a = {0};
    struct webhook_event event = {0};
    if (webhooks && webhooks->map_event(&a, w, change, &event)) {
        event.change = w->webhook_cursor;
        create_deliveries(w, webhooks, &event);
    }
    arena_end(&a);
}

static bool starts_attempt(const struct change *change)
{
    return change->kind == RECORD_DELIVERY && change->to == DELIVERY_DELIVERING && change->from != DELIVERY_DELIVERING;
}

/* The deliveries of one event are consecutive and share its faults. */
struct last_event {
    const char *id; /* NULL: no event yet */
    struct delivery_faults faults;
};

/* True if the event of the delivery `first`, the first of its event, is also delivered to the webhook. */
static bool gets_event(const struct world *w, uint32_t first, uint32_t webhook)
{
    const char *event_id = delivery_read(w, first)->event_id;
    for (uint32_t row = first - 1; world_next(w, RECORD_DELIVERY, &row);)
        if (delivery_read(w, row)->webhook == webhook && strcmp(delivery_read(w, row)->event_id, event_id) == 0)
            return true;
    return false;
}

/* Delivers the event also to the webhook `to`, or with "*" to all other webhooks of the provider. */
static void copy_to_others(struct world *w, uint32_t first, const char *to)
{
    int provider = delivery_read(w, first)->provider;
    for (uint32_t row = 0; to && world_next(w, RECORD_WEBHOOK, &row);) {
        const struct webhook *h = webhook_read(w, row);
        if (h->provider == provider && h->state != WEBHOOK_DELETED && !gets_event(w, first, row) &&
            (strcmp(to, "*") == 0 || strcmp(to, h->public_id) == 0))
            delivery_copy(w, first, row, ids_mint(w, "", ID_UUID));
    }
}

static bool is_unsent(const struct delivery *d)
{
    return d->state == DELIVERY_PENDING && !d->attempts;
}

static void apply_faults(struct scheduler *p, uint32_t row, struct last_event *last)
{
    struct world *w = p->world;
    const struct delivery *d = delivery_read(w, row);
    if (d->copy_of || !is_unsent(d))
        return;
    if (!last->id || strcmp(last->id, d->event_id) != 0) {
        *last = (struct last_event){.id = d->event_id};
        rules_event(p->ns->rules, &p->arena, w, row, &last->faults);
        copy_to_others(w, row, last->faults.also_to);
    }
    if (!last->faults.rules || !is_unsent(delivery_read(w, row))) /* set_state of a rule may have changed it */
        return;
    delivery_apply_faults(w, row, &last->faults);
    for (int64_t i = 0; !last->faults.drop && i < last->faults.duplicates; i++)
        delivery_copy(w, row, delivery_read(w, row)->webhook, ids_mint(w, "", ID_UUID));
}

static bool creates_delivery(const struct change *change)
{
    return change->kind == RECORD_DELIVERY && change->from == STATE_NONE;
}

static void spend(size_t *work, size_t units)
{
    *work -= units < *work ? units : *work;
}

/* Turns the entries of the change log into webhook deliveries and attempts. It runs before the next event, so that a
 * delivery has its faults before it is due. world.webhook_cursor is the last change that was read; a fork continues
 * from there, so that no event is delivered again. Returns false if it stopped because no work is left, which is never
 * between the deliveries of one event. */
static bool read_change_log(struct scheduler *p, size_t *work)
{
    struct world *w = p->world;
    struct last_event last = {0};
    enum cause cause = w->cause;
    w->cause = CAUSE_DELIVERY;
    if (!world_count(w, RECORD_WEBHOOK))
        w->webhook_cursor = changes_last(w);
    while (w->webhook_cursor < changes_last(w)) { /* a delivery adds changes */
        const struct change change = *changes_read(w, w->webhook_cursor + 1);
        if (!*work && !creates_delivery(&change))
            break;
        w->webhook_cursor++;
        spend(work, starts_attempt(&change) ? ATTEMPT_WORK : 1);
        if (change.kind == RECORD_DELIVERY) {
            if (change.from == STATE_NONE)
                apply_faults(p, change.row, &last);
            else if (starts_attempt(&change))
                start_attempt(p, change.row);
        } else if (change.kind != RECORD_WEBHOOK) {
            report_change(w, &change);
        }
    }
    w->cause = cause;
    arena_end(&p->arena);
    return w->webhook_cursor >= changes_last(w);
}

/* Re-sends deliveries marked in flight that have no request (after a fork or an import). */
static void resume_attempts(struct scheduler *p)
{
    const struct world *w = p->world;
    for (uint32_t webhook = 0; world_next(w, RECORD_WEBHOOK, &webhook);) {
        const struct index *x = &w->indexes[INDEX_DELIVERY_WEBHOOK_STATE];
        struct index_entry from = {index_pair_key(webhook, DELIVERY_DELIVERING), INT64_MIN, 0};
        for (;;) { /* start_attempt may change the index: look up again after each row */
            struct index_walk walk;
            index_from(x, &walk, from);
            if (!index_next_of(&walk, from.key))
                break;
            from.order = walk.entry.order + 1;
            start_attempt(p, walk.entry.row);
        }
    }
}

/* The call that advances the clock is refused, once the advance has ended. */
static void report_violation(struct scheduler *p)
{
    struct violation v = violation_report(p->mock, p->ns, p->world, "an event or a delivery");
    if (v.number && p->waiter.call && !p->waiter.call->trace.violation.number)
        p->waiter.call->trace.violation = v;
}

/* Runs the events that are due, and reads their changes. Returns false if no work was left. */
static bool run_due(struct scheduler *p, size_t *work)
{
    uint32_t before;
    size_t ran;
    bool all;
    p->behind = true;
    do { /* a change may make another event due at once */
        all = read_change_log(p, work);
        report_violation(p);
        if (!all)
            return false;
        before = changes_last(p->world);
        ran = events_run(p->world, BATCH);
        report_violation(p);
        p->advance.events += ran;
        spend(work, ran);
        if (ran == BATCH && !*work)
            return false;
    } while (ran == BATCH || changes_last(p->world) != before);
    p->behind = false;
    return true;
}

/* the advance of the clock */

static void end_wait(struct advance *a, struct mock *m)
{
    if (!a->waits_since)
        return;
    a->wait_us -= time_monotonic_us() - a->waits_since;
    a->waits_since = 0;
    mock_timer_cancel(m, a->timer);
    a->timer = 0;
}

static void stop_waiting(void *ctx)
{
    struct scheduler *p = ctx;
    end_wait(&p->advance, p->mock);
    p->advance.wait_us = 0;
    turns_add(p->mock->turns, &p->turn);
}

/* Returns true while the advance waits for deliveries in flight. */
static bool waits(struct scheduler *p)
{
    struct advance *a = &p->advance;
    if (!p->in_flight || a->wait_us <= 0) {
        end_wait(a, p->mock);
        return false;
    }
    if (!a->waits_since) {
        a->waits_since = time_monotonic_us();
        a->timer = mock_timer(p->mock, a->waits_since + a->wait_us, stop_waiting, p);
    }
    return true;
}

static void end_advance(struct scheduler *p)
{
    clock_move_to(&p->world->clock, p->advance.until_ms);
    p->advance.active = false;
    if (!p->waiter.call) /* it has not been suspended, or its client has gone */
        return;
    *p->advance.result = p->advance.events;
    call_wake(p->waiter.call); /* the slot stays taken: no other call may advance the clock first */
}

/* Moves the clock to the next event, or to the end of the advance. Returns false if it waits or has ended. */
static bool step_clock(struct scheduler *p)
{
    int64_t at_ms;
    if (!p->advance.active || waits(p))
        return false;
    if (events_next_at(p->world, &at_ms) && at_ms <= p->advance.until_ms) {
        clock_move_to(&p->world->clock, at_ms);
        return true;
    }
    end_advance(p);
    return false;
}

/* Runs due events, and the advance if there is one. Returns true if there is nothing more to do now. The clock is moved
 * only if the events that are due then can begin at once: a call must not see a time without its events. */
static bool run(struct scheduler *p, size_t *work)
{
    bool done;
    p->ticking = true; /* an attempt that ends inside deliver_send must not tick */
    do
        done = run_due(p, work);
    while (done && *work && step_clock(p));
    p->ticking = false;
    return done && (!p->advance.active || p->advance.waits_since);
}

/* Wakes the calls that waited. They run before the next turn, because their timers are set first. */
static void finish_run(struct scheduler *p, bool done)
{
    if (!p->behind)
        call_wake_line(&p->late);
    if (!p->in_flight)
        call_wake_line(&p->unended);
    if (done)
        arm_timer(p);
    else
        turns_add(p->mock->turns, &p->turn);
    scheduler_notify(p);
}

static void take_turn(void *ctx, size_t *work)
{
    struct scheduler *p = ctx;
    world_compact(p->world);
    finish_run(p, run(p, work));
}

static size_t work_at_once(const struct scheduler *p)
{
    return p->mock->loop ? TICK_WORK : SIZE_MAX;
}

void scheduler_tick(struct scheduler *p)
{
    size_t work = work_at_once(p);
    if (!p->ticking && !p->turn.queued)
        finish_run(p, run(p, &work));
}

bool scheduler_is_behind(const struct scheduler *p)
{
    return p->behind;
}

bool scheduler_wait_for_events(struct scheduler *p, struct call *c, void (*then)(struct call *c))
{
    return call_suspend_in(c, &p->late, then);
}

bool scheduler_wait_for_deliveries(struct scheduler *p, struct call *c, void (*then)(struct call *c))
{
    return call_suspend_in(c, &p->unended, then);
}

/* The first steps are made at once, so that a short advance suspends nothing. */
bool scheduler_advance(struct scheduler *p, struct call *c, const struct advance_to *to, size_t *events,
                       void (*then)(struct call *c))
{
    size_t work = work_at_once(p);
    p->advance = (struct advance){.active = true, .until_ms = to->until_ms, .result = events};
    p->advance.wait_us = p->mock->loop ? to->wait_ms * 1000 : 0;
    finish_run(p, run(p, &work));
    if (p->advance.active && !call_suspend(c, &p->waiter, then)) { /* no event loop runs: a test */
        p->advance.wait_us = 0;
        for (work = SIZE_MAX; p->advance.active; work = SIZE_MAX)
            finish_run(p, run(p, &work));
    }
    *events = p->advance.events;
    return p->advance.active;
}

bool scheduler_is_advancing(const struct scheduler *p)
{
    return p->advance.active || p->waiter.call;
}

size_t scheduler_in_flight(const struct scheduler *p, uint32_t *deliveries, size_t most)
{
    size_t at = p->in_flight_count;
    for (const struct in_flight *f = p->in_flight; f; f = f->next) /* the newest is the first */
        if (at-- <= most)
            deliveries[at] = f->delivery;
    return p->in_flight_count;
}

void scheduler_listen(struct scheduler *p, struct listener *l)
{
    l->place = &p->ns->listeners;
    l->next = p->ns->listeners;
    if (l->next)
        l->next->place = &l->next;
    p->ns->listeners = l;
}

void scheduler_unlisten(struct listener *l)
{
    if (!l->place)
        return;
    *l->place = l->next;
    if (l->next)
        l->next->place = l->place;
    l->place = NULL;
}

void scheduler_notify(const struct scheduler *p)
{
    for (struct listener *l = p->ns->listeners; l; l = l->next)
        l->changed(l);
}

uint32_t scheduler_changes_before(const struct scheduler *p)
{
    return p->changes_before;
}

struct scheduler *scheduler_new(struct mock *m, struct namespace *ns)
{
    struct scheduler *p = heap_new(sizeof *p);
    *p = (struct scheduler){.mock = m, .ns = ns, .world = ns->world, .changes_before = changes_last(ns->world)};
    p->turn = (struct turn){.run = take_turn, .ctx = p};
    p->ticking = true; /* no ticks for attempts that end inside resume_attempts */
    resume_attempts(p);
    p->ticking = false;
    return p;
}

void scheduler_free(struct scheduler *p)
{
    if (!p)
        return;
    while (p->in_flight) {
        if (p->in_flight->attempt)
            deliver_drop(p->in_flight->attempt);
        end_in_flight(p->in_flight);
    }
    send_queue_start(p->mock->send_queue); /* others may send now */
    if (p->timer)
        mock_timer_cancel(p->mock, p->timer);
    turns_remove(p->mock->turns, &p->turn);
    end_wait(&p->advance, p->mock);
    call_wake_line(&p->late);
    call_wake_line(&p->unended);
    if (p->waiter.call)
        call_wake_now(p->waiter.call);
    for (struct listener *l; (l = p->ns->listeners);) {
        scheduler_unlisten(l);
        l->closed(l);
    }
    heap_free(p);
}
