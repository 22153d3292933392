#include "mockserver/state/webhook.h"

#include <assert.h>
#include <string.h>

#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"

const char *const webhook_state_texts[] = {WEBHOOK_STATES(ENUM_TEXT)};

uint32_t webhook_create(struct world *w, uint32_t organization, const struct webhook_spec *spec)
{
    uint32_t row;
    struct webhook *h = table_add(&w->records[RECORD_WEBHOOK], &row);
    *h = (struct webhook){
        .organization = organization,
        .space = spec->space,
        .provider = organization_read(w, organization)->provider,
        .public_id = world_text(w, spec->public_id),
        .url = world_text(w, spec->url),
        .description = world_text(w, spec->description),
        .events = world_text(w, spec->events),
        .metadata = world_text(w, spec->metadata),
        .secret = world_text(w, spec->secret),
        .created_at_ms = world_now(w),
        .updated_at_ms = world_now(w),
    };
    index_entries_add(w, RECORD_WEBHOOK, row);
    changes_add(w, RECORD_WEBHOOK, row, "webhook_create", NULL, webhook_state_texts[h->state]);
    world_transition_done(w);
    return row;
}

/* The webhook must not be deleted. `touch` sets updated_at: the partner makes the edit. */
static struct webhook *edit_begin(struct world *w, uint32_t row, bool touch)
{
    assert(webhook_read(w, row)->state != WEBHOOK_DELETED);
    struct webhook *h = world_edit(w, RECORD_WEBHOOK, row);
    if (touch)
        h->updated_at_ms = world_now(w);
    return h;
}

static void edit_end(struct world *w, uint32_t row, const char *what, enum webhook_state from)
{
    changes_add(w, RECORD_WEBHOOK, row, what, webhook_state_texts[from],
                webhook_state_texts[webhook_read(w, row)->state]);
    world_transition_done(w);
}

void webhook_update(struct world *w, uint32_t webhook, const struct webhook_spec *spec)
{
    struct webhook *h = edit_begin(w, webhook, true);
    h->url = spec->url ? world_text(w, spec->url) : h->url;
    h->description = spec->description ? world_text(w, spec->description) : h->description;
    h->events = spec->events ? world_text(w, spec->events) : h->events;
    h->metadata = spec->metadata ? world_text(w, spec->metadata) : h->metadata;
    edit_end(w, webhook, "webhook_update", h->state);
}

void webhook_set_state(struct world *w, uint32_t webhook, enum webhook_state state)
{
    assert(state != WEBHOOK_DELETED);
    enum webhook_state from = webhook_read(w, webhook)->state;
    struct webhook *h = edit_begin(w, webhook, state != WEBHOOK_AUTO_PAUSED);
    h->state = state;
    if (state == WEBHOOK_ACTIVE)
        h->failures = 0;
    edit_end(w, webhook, state == WEBHOOK_ACTIVE ? "webhook_resume" : "webhook_pause", from);
    if (state == WEBHOOK_ACTIVE)
        delivery_resume_all(w, webhook);
}

void webhook_rotate(struct world *w, uint32_t webhook, const char *secret, int64_t previous_until_ms)
{
    struct webhook *h = edit_begin(w, webhook, true);
    h->previous_secret = h->secret;
    h->previous_until_ms = previous_until_ms;
    h->secret = world_text(w, secret);
    edit_end(w, webhook, "webhook_rotate", h->state);
}

void webhook_delete(struct world *w, uint32_t webhook)
{
    enum webhook_state from = webhook_read(w, webhook)->state;
    struct index_entries before;
    delivery_abandon_all(w, webhook);
    index_entries_of(w, RECORD_WEBHOOK, webhook, &before);
    edit_begin(w, webhook, true)->state = WEBHOOK_DELETED;
    index_entries_move(w, RECORD_WEBHOOK, webhook, &before);
    edit_end(w, webhook, "webhook_delete", from);
}

void webhook_count_result(struct world *w, uint32_t webhook, bool delivered, int64_t pause_after)
{
    struct webhook *h = world_edit(w, RECORD_WEBHOOK, webhook);
    *(delivered ? &h->last_success_at_ms : &h->last_failure_at_ms) = world_now(w);
    h->failures = delivered ? 0 : h->failures + 1;
    if (h->state == WEBHOOK_ACTIVE && h->failures >= pause_after)
        webhook_set_state(w, webhook, WEBHOOK_AUTO_PAUSED);
}

uint32_t webhook_find(const struct world *w, int provider, struct str public_id)
{
    return index_entries_find(w, RECORD_WEBHOOK, provider, public_id);
}

const struct webhook *webhook_read(const struct world *w, uint32_t row)
{
    return world_read(w, RECORD_WEBHOOK, row);
}

bool webhook_subscribes(const struct webhook *h, uint32_t space, const char *event)
{
    if (h->state != WEBHOOK_ACTIVE || (h->space && h->space != space))
        return false;
    struct str rest = str_from(h->events);
    while (rest.n)
        if (str_is(str_cut(&rest, ' '), event))
            return true;
    return false;
}

const char *webhook_previous_secret(const struct world *w, const struct webhook *h)
{
    return h->previous_until_ms > world_now(w) ? h->previous_secret : NULL;
}

const char *const delivery_state_texts[] = {DELIVERY_STATES(ENUM_TEXT)};

static void schedule_attempt(struct world *w, uint32_t row, struct delivery *d, int64_t at_ms)
{
    d->next_attempt_at_ms = at_ms;
    events_add(w, at_ms, EVENT_DELIVERY_DUE, row);
}

/* at_ms 0: schedules no attempt. */
static uint32_t add_delivery(struct world *w, const struct delivery *made, int64_t at_ms)
{
    uint32_t row;
    struct delivery *d = table_add(&w->records[RECORD_DELIVERY], &row);
    *d = *made;
    if (at_ms)
        schedule_attempt(w, row, d, at_ms);
    index_entries_add(w, RECORD_DELIVERY, row);
    changes_add(w, RECORD_DELIVERY, row, "delivery_create", NULL, delivery_state_texts[d->state]);
    world_transition_done(w);
    return row;
}

uint32_t delivery_create(struct world *w, uint32_t webhook, const struct delivery_spec *spec, int64_t wait_ms)
{
    const struct delivery made = {
        .webhook = webhook,
        .replay_of = spec->replay_of,
        .change = spec->change,
        .provider = webhook_read(w, webhook)->provider,
        .public_id = world_text(w, spec->public_id),
        .event_id = world_text(w, spec->event_id),
        .type = world_text(w, spec->type),
        .payload = world_text(w, spec->payload),
        .created_at_ms = world_now(w),
    };
    return add_delivery(w, &made, world_now(w) + wait_ms);
}

uint32_t delivery_copy(struct world *w, uint32_t delivery, const char *public_id)
{
    struct delivery copy = *delivery_read(w, delivery);
    copy.public_id = world_text(w, public_id);
    copy.copy_of = delivery;
    return add_delivery(w, &copy, copy.next_attempt_at_ms);
}

/* A state change in progress; `d` may be edited until delivery_end. */
struct delivery_edit {
    struct world *w;
    uint32_t row;
    struct index_entries before;
    enum delivery_state from;
    struct delivery *d;
};

static struct delivery_edit delivery_begin(struct world *w, uint32_t row)
{
    struct delivery_edit e = {.w = w, .row = row, .from = delivery_read(w, row)->state};
    index_entries_of(w, RECORD_DELIVERY, row, &e.before);
    e.d = world_edit(w, RECORD_DELIVERY, row);
    return e;
}

static void delivery_end(const struct delivery_edit *e, const char *what)
{
    index_entries_move(e->w, RECORD_DELIVERY, e->row, &e->before);
    changes_add(e->w, RECORD_DELIVERY, e->row, what, delivery_state_texts[e->from], delivery_state_texts[e->d->state]);
    world_transition_done(e->w);
}

void delivery_due(struct world *w, uint32_t delivery)
{
    const struct delivery *d = delivery_read(w, delivery);
    if (d->state != DELIVERY_PENDING || !d->next_attempt_at_ms || d->next_attempt_at_ms > world_now(w))
        return;
    struct delivery_edit e = delivery_begin(w, delivery);
    e.d->next_attempt_at_ms = 0;
    if (webhook_read(w, e.d->webhook)->state != WEBHOOK_ACTIVE) {
        delivery_end(&e, "delivery_hold");
        return;
    }
    e.d->state = DELIVERY_DELIVERING;
    e.d->attempts++;
    delivery_end(&e, "delivery_attempt");
}

static enum delivery_state after_failure(const struct delivery *d, enum webhook_state webhook, int status,
                                         const struct delivery_policy *p)
{
    if (webhook == WEBHOOK_DELETED)
        return DELIVERY_ABANDONED;
    bool refused = status >= 400 && status < 500 && status != 429;
    return d->attempts >= p->attempts || (refused && p->refusals_end) ? p->gave_up : DELIVERY_PENDING;
}

/* `attempts` may be any number: an edit can set it. */
static int64_t wait_before(int64_t attempts, const struct delivery_policy *p)
{
    return p->waits_ms[attempts > 0 ? attempts : 0];
}

/* The webhook's oldest delivery in that state, or ROW_NONE. */
static uint32_t oldest_in(const struct world *w, uint32_t webhook, enum delivery_state state)
{
    struct index_walk walk;
    int64_t key = index_pair_key(webhook, state);
    index_from(&w->indexes[INDEX_DELIVERY_WEBHOOK_STATE], &walk, (struct index_entry){key, INT64_MIN, 0});
    return index_next_of(&walk, key) ? walk.entry.row : ROW_NONE;
}

static void release_held(struct world *w, uint32_t held)
{
    struct delivery_edit e = delivery_begin(w, held);
    int64_t from_ms = e.d->created_at_ms + e.d->faults.delay_ms;
    e.d->awaits = 0;
    e.d->state = DELIVERY_PENDING;
    schedule_attempt(w, held, e.d, from_ms);
    delivery_end(&e, "delivery_release");
}

static bool has_same_event(const struct world *w, uint32_t delivery, const struct delivery *other)
{
    return strcmp(delivery_read(w, delivery)->event_id, other->event_id) == 0;
}

/* An event was sent for the first time: older held deliveries wait for one event less. */
static void count_sent_event(struct world *w, uint32_t gone)
{
    const struct delivery d = *delivery_read(w, gone);
    struct index_walk walk;
    int64_t key = index_pair_key(d.webhook, DELIVERY_HELD);
    struct index_entry from = {key, INT64_MIN, 0};
    for (;;) { /* start over: a release changes the index */
        index_from(&w->indexes[INDEX_DELIVERY_WEBHOOK_STATE], &walk, from);
        if (!index_next_of(&walk, key))
            return;
        uint32_t row = walk.entry.row;
        from.order = walk.entry.order + 1;
        if (row > gone || has_same_event(w, row, &d))
            continue;
        struct delivery *held = world_edit(w, RECORD_DELIVERY, row);
        if (--held->awaits <= 0)
            release_held(w, row);
    }
}

void delivery_attempt_end(struct world *w, uint32_t delivery, int status, const char *error,
                          const struct delivery_policy *policy)
{
    bool delivered = status >= 200 && status < 300;
    struct delivery_edit e = delivery_begin(w, delivery);
    struct delivery *d = e.d;
    assert(d->state == DELIVERY_DELIVERING);
    d->last_status = status;
    d->last_error = world_text(w, error);
    d->state = delivered ? DELIVERY_DELIVERED : after_failure(d, webhook_read(w, d->webhook)->state, status, policy);
    if (d->state == DELIVERY_PENDING)
        schedule_attempt(w, delivery, d, world_now(w) + wait_before(d->attempts, policy));
    else
        d->ended_at_ms = world_now(w);
    uint32_t webhook = d->webhook;
    bool first = d->attempts == 1;
    delivery_end(&e, delivered ? "delivery_done" : "delivery_fail");
    if (first)
        count_sent_event(w, delivery);
    webhook_count_result(w, webhook, delivered, policy->pause_after);
}

void delivery_resume_all(struct world *w, uint32_t webhook)
{
    struct index_walk walk;
    int64_t key = index_pair_key(webhook, DELIVERY_PENDING);
    index_from(&w->indexes[INDEX_DELIVERY_WEBHOOK_STATE], &walk, (struct index_entry){key, INT64_MIN, 0});
    while (index_next_of(&walk, key)) { /* the walk stays valid: the state does not change */
        uint32_t row = walk.entry.row;
        if (delivery_read(w, row)->next_attempt_at_ms)
            continue;
        struct delivery_edit e = delivery_begin(w, row);
        schedule_attempt(w, row, e.d, world_now(w));
        delivery_end(&e, "delivery_resume");
    }
}

/* True if the webhook holds a delivery of another event. */
static bool is_another_held(const struct world *w, const struct delivery *d)
{
    uint32_t first = oldest_in(w, d->webhook, DELIVERY_HELD);
    return first && !has_same_event(w, first, d);
}

void delivery_apply_faults(struct world *w, uint32_t delivery, const struct delivery_faults *faults)
{
    struct delivery_edit e = delivery_begin(w, delivery);
    struct delivery *d = e.d;
    int64_t at_ms = d->next_attempt_at_ms + faults->delay_ms;
    assert(e.from == DELIVERY_PENDING && !d->attempts);
    d->faults = *faults;
    d->faults.rules = world_text(w, faults->rules);
    d->next_attempt_at_ms = 0;
    if (faults->drop) {
        d->state = DELIVERY_ABANDONED;
        d->ended_at_ms = world_now(w);
    } else if (faults->reorder && !is_another_held(w, d)) {
        d->state = DELIVERY_HELD;
        d->awaits = faults->reorder;
    } else {
        schedule_attempt(w, delivery, d, at_ms);
    }
    delivery_end(&e, "delivery_apply_faults");
}

static void abandon(struct world *w, uint32_t delivery)
{
    struct delivery_edit e = delivery_begin(w, delivery);
    e.d->state = DELIVERY_ABANDONED;
    e.d->next_attempt_at_ms = e.d->awaits = 0;
    e.d->ended_at_ms = world_now(w);
    delivery_end(&e, "delivery_abandon");
}

void delivery_abandon_all(struct world *w, uint32_t webhook)
{
    for (uint32_t row; (row = oldest_in(w, webhook, DELIVERY_PENDING)) || (row = oldest_in(w, webhook, DELIVERY_HELD));)
        abandon(w, row);
}

uint32_t delivery_find(const struct world *w, int provider, struct str public_id)
{
    return index_entries_find(w, RECORD_DELIVERY, provider, public_id);
}

const struct delivery *delivery_read(const struct world *w, uint32_t row)
{
    return world_read(w, RECORD_DELIVERY, row);
}
