#include "mockserver/state/webhook.h"

#include <string.h>

#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"

const char *const webhook_state_texts[] = {WEBHOOK_STATES(ENUM_TEXT)};
const char *const delivery_state_texts[] = {DELIVERY_STATES(ENUM_TEXT)};

static const struct record_field webhook_fields[] = {
    MEMBER_ID(webhook, public_id),
    MEMBER_REF(webhook, organization, FIXED_NEEDED, RECORD_ORGANIZATION),
    MEMBER_REF(webhook, space, FREE, RECORD_SPACE),
    MEMBER_TEXT(webhook, url, NEEDED),
    MEMBER_TEXT(webhook, description, FREE),
    MEMBER_TEXT(webhook, events, NEEDED),
    MEMBER_TEXT(webhook, metadata, FREE),
    MEMBER_TEXT(webhook, secret, NEEDED),
    MEMBER_TEXT(webhook, previous_secret, FREE),
    MEMBER_TIME(webhook, previous_until),
    MEMBER_ENUM(webhook, state, webhook_state_texts, WEBHOOK_STATE_COUNT),
    MEMBER_INT(webhook, failures),
    MEMBER_TIME(webhook, last_success_at),
    MEMBER_TIME(webhook, last_failure_at),
    MEMBER_TIME(webhook, created_at),
    MEMBER_TIME(webhook, updated_at),
};

static void add_webhook_entries(const struct world *w, const void *record, uint32_t row, struct index_entries *to)
{
    (void)w;
    const struct webhook *h = record;
    if (h->state != WEBHOOK_DELETED)
        index_entries_put(to, INDEX_WEBHOOK_ORGANIZATION, h->organization, -(int64_t)row, row);
}

static const char *check_webhook(const struct world *w, const struct index *waiting, uint32_t row)
{
    (void)waiting;
    const struct webhook *h = webhook_read(w, row);
    if (!h->organization || !h->url || !h->events || !h->secret)
        return "a webhook must have an organization, a URL, events and a secret";
    if (h->space && space_read(w, h->space)->organization != h->organization)
        return "a webhook's space must belong to the webhook's organization";
    return NULL;
}

const struct record_type webhook_record_type = {
    RECORD_TYPE(RECORD_WEBHOOK, webhook, public_id),
    .help = "a webhook endpoint of an organization",
    RECORD_PROVIDER(webhook),
    RECORD_STATE(webhook, state, webhook_state_texts, WEBHOOK_STATE_COUNT),
    .final_states = STATE_BIT(WEBHOOK_DELETED),
    .add_entries = add_webhook_entries,
    .check = check_webhook,
};

/* The faults of a delivery are read-only: they are applied when it is created. */
#define MEMBER_FAULT(member, type) RECORD_MEMBER(delivery, "fault_" #member, type, faults.member, MEMBER_FIXED)

static const struct record_field delivery_fields[] = {
    MEMBER_ID(delivery, public_id),
    MEMBER_REF(delivery, webhook, FIXED_NEEDED, RECORD_WEBHOOK),
    MEMBER_REF(delivery, replay_of, FIXED, RECORD_DELIVERY),
    MEMBER_CHANGE(delivery, change),
    MEMBER_TEXT(delivery, event_id, FIXED_NEEDED),
    MEMBER_TEXT(delivery, type, NEEDED),
    MEMBER_TEXT(delivery, payload, NEEDED),
    MEMBER_ENUM(delivery, state, delivery_state_texts, DELIVERY_STATE_COUNT),
    MEMBER_INT(delivery, attempts),
    MEMBER_INT(delivery, last_status),
    MEMBER_TEXT(delivery, last_error, FREE),
    MEMBER_TEXT(delivery, varied, FIXED),
    MEMBER_TIME(delivery, next_attempt_at),
    MEMBER_TIME(delivery, created_at),
    MEMBER_TIME(delivery, ended_at),
    MEMBER_REF(delivery, copy_of, FIXED, RECORD_DELIVERY),
    MEMBER_FAULT(rules, RECORD_TEXT),
    MEMBER_FAULT(drop, RECORD_BOOL),
    MEMBER_FAULT(duplicates, RECORD_INT),
    MEMBER_FAULT(delay_ms, RECORD_INT),
    MEMBER_FAULT(reorder, RECORD_INT),
    MEMBER_FAULT(corrupt_attempts, RECORD_INT),
    MEMBER_FAULT(clock_skew_ms, RECORD_INT),
    MEMBER_FAULT(rewrite, RECORD_BOOL),
    MEMBER_FAULT(edit, RECORD_TEXT),
    MEMBER_FAULT(headers, RECORD_TEXT),
    MEMBER_FAULT(also_to, RECORD_TEXT),
    MEMBER_INT(delivery, awaits),
};

static void add_delivery_entries(const struct world *w, const void *record, uint32_t row, struct index_entries *to)
{
    (void)w;
    const struct delivery *d = record;
    index_entries_put(to, INDEX_DELIVERY_WEBHOOK, d->webhook, -(int64_t)row, row);
    index_entries_put(to, INDEX_DELIVERY_WEBHOOK_STATE, index_pair_key(d->webhook, d->state), row, row);
    if (d->change)
        index_entries_put(to, INDEX_DELIVERY_CHANGE, d->change, row, row);
}

static void queue_delivery_events(struct world *w, const void *record, uint32_t row)
{
    const struct delivery *d = record;
    if (d->state == DELIVERY_PENDING && d->next_attempt_at_ms)
        events_add(w, d->next_attempt_at_ms, EVENT_DELIVERY_DUE, row);
}

static const char *check_delivery(const struct world *w, const struct index *waiting, uint32_t row)
{
    const struct delivery *d = delivery_read(w, row);
    bool unsent = d->state == DELIVERY_PENDING || d->state == DELIVERY_HELD;
    bool is_open = unsent || d->state == DELIVERY_DELIVERING;
    if (!d->webhook || !d->event_id || !d->type || !d->payload)
        return "a delivery must have a webhook, an event id, a type and a payload";
    if (d->change > changes_last(w))
        return "a delivery's 'change' must be in the change log";
    if (is_open != (d->ended_at_ms == 0))
        return "'ended_at' must be set if and only if the delivery is delivered, failed or abandoned";
    if (d->next_attempt_at_ms && d->state != DELIVERY_PENDING)
        return "'next_attempt_at' must be null unless the delivery is pending";
    if ((d->state == DELIVERY_HELD) != (d->awaits > 0))
        return "'awaits' must be above 0 if and only if the delivery is held";
    if (unsent && webhook_read(w, d->webhook)->state == WEBHOOK_DELETED)
        return "a pending or held delivery must not belong to a deleted webhook";
    if (d->next_attempt_at_ms && !event_is_queued(waiting, EVENT_DELIVERY_DUE, row, d->next_attempt_at_ms))
        return "the event queue has no attempt at 'next_attempt_at'";
    return NULL;
}

const struct record_type delivery_record_type = {
    RECORD_TYPE(RECORD_DELIVERY, delivery, public_id),
    .help = "the delivery of one event to one webhook, with all its attempts",
    RECORD_PROVIDER(delivery),
    RECORD_STATE(delivery, state, delivery_state_texts, DELIVERY_STATE_COUNT),
    .final_states = STATE_BIT(DELIVERY_DELIVERED) | STATE_BIT(DELIVERY_FAILED) | STATE_BIT(DELIVERY_ABANDONED),
    .add_entries = add_delivery_entries,
    .queue_events = queue_delivery_events,
    .check = check_delivery,
};

uint32_t webhook_create(struct world *w, uint32_t organization, const struct webhook *init)
{
    struct webhook h = *init;
    h.organization = organization;
    h.provider = organization_read(w, organization)->provider;
    h.created_at_ms = h.updated_at_ms = world_now(w);
    return record_create(w, RECORD_WEBHOOK, &h, TRANSITION_WEBHOOK_CREATE);
}

/* NULL: the webhook is deleted. */
static struct webhook *begin_webhook(struct transition *t, struct world *w, uint32_t webhook)
{
    if (!world_require(w, webhook_read(w, webhook)->state != WEBHOOK_DELETED))
        return NULL;
    struct webhook *h = transition_begin(t, w, RECORD_WEBHOOK, webhook);
    h->updated_at_ms = world_now(w);
    return h;
}

void webhook_update(struct world *w, uint32_t webhook, const struct webhook *to)
{
    struct transition t;
    struct webhook *h = begin_webhook(&t, w, webhook);
    if (!h)
        return;
    h->url = to->url ? world_text(w, to->url) : h->url;
    h->description = to->description ? world_text(w, to->description) : h->description;
    h->events = to->events ? world_text(w, to->events) : h->events;
    h->metadata = to->metadata ? world_text(w, to->metadata) : h->metadata;
    transition_end(&t, TRANSITION_WEBHOOK_UPDATE);
}

static void delivery_resume_all(struct world *w, uint32_t webhook);
static void delivery_abandon_all(struct world *w, uint32_t webhook);

void webhook_set_state(struct world *w, uint32_t webhook, enum webhook_state state)
{
    if (!world_require(w, state != WEBHOOK_DELETED))
        return;
    struct transition t;
    int64_t updated_at_ms = webhook_read(w, webhook)->updated_at_ms;
    struct webhook *h = begin_webhook(&t, w, webhook);
    if (!h)
        return;
    h->state = state;
    if (state == WEBHOOK_AUTO_PAUSED) /* by the mock, not by the partner */
        h->updated_at_ms = updated_at_ms;
    if (state == WEBHOOK_ACTIVE)
        h->failures = 0;
    transition_end(&t, state == WEBHOOK_ACTIVE ? TRANSITION_WEBHOOK_RESUME : TRANSITION_WEBHOOK_PAUSE);
    if (state == WEBHOOK_ACTIVE)
        delivery_resume_all(w, webhook);
}

void webhook_rotate(struct world *w, uint32_t webhook, const char *secret, int64_t previous_until_ms)
{
    struct transition t;
    struct webhook *h = begin_webhook(&t, w, webhook);
    if (!h)
        return;
    h->previous_secret = h->secret;
    h->previous_until_ms = previous_until_ms;
    h->secret = world_text(w, secret);
    transition_end(&t, TRANSITION_WEBHOOK_ROTATE);
}

void webhook_delete(struct world *w, uint32_t webhook)
{
    struct transition t;
    delivery_abandon_all(w, webhook);
    struct webhook *h = begin_webhook(&t, w, webhook);
    if (!h)
        return;
    h->state = WEBHOOK_DELETED;
    transition_end(&t, TRANSITION_WEBHOOK_DELETE);
}

/* Counts the result of a delivery attempt. Pauses the webhook after `pause_after` consecutive failures. */
static void webhook_count_result(struct world *w, uint32_t webhook, bool delivered, int64_t pause_after)
{
    struct webhook *h = world_edit(w, RECORD_WEBHOOK, webhook);
    *(delivered ? &h->last_success_at_ms : &h->last_failure_at_ms) = world_now(w);
    h->failures = delivered ? 0 : h->failures + 1;
    if (h->state == WEBHOOK_ACTIVE && h->failures >= pause_after)
        webhook_set_state(w, webhook, WEBHOOK_AUTO_PAUSED);
}

uint32_t webhook_find(const struct world *w, int provider, struct str public_id)
{
    return record_find_in(w, RECORD_WEBHOOK, provider, public_id);
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

static void schedule_attempt(struct world *w, uint32_t row, struct delivery *d, int64_t at_ms)
{
    d->next_attempt_at_ms = at_ms;
    events_add(w, at_ms, EVENT_DELIVERY_DUE, row);
}

uint32_t delivery_create(struct world *w, uint32_t webhook, const struct delivery *init, int64_t wait_ms)
{
    struct delivery d = *init;
    d.webhook = webhook;
    d.provider = webhook_read(w, webhook)->provider;
    d.created_at_ms = world_now(w);
    d.next_attempt_at_ms = world_now(w) + wait_ms;
    return record_create(w, RECORD_DELIVERY, &d, TRANSITION_DELIVERY_CREATE);
}

uint32_t delivery_copy(struct world *w, uint32_t delivery, uint32_t webhook, const char *public_id)
{
    struct delivery copy = *delivery_read(w, delivery);
    copy.webhook = webhook;
    copy.public_id = world_text(w, public_id);
    copy.copy_of = delivery;
    uint32_t row = record_add(w, RECORD_DELIVERY, &copy, TRANSITION_DELIVERY_CREATE);
    world_transition_done(w);
    return row;
}

static struct delivery *begin_delivery(struct transition *t, struct world *w, uint32_t delivery)
{
    return transition_begin(t, w, RECORD_DELIVERY, delivery);
}

void delivery_due(struct world *w, uint32_t delivery)
{
    const struct delivery *before = delivery_read(w, delivery);
    if (before->state != DELIVERY_PENDING || !before->next_attempt_at_ms || before->next_attempt_at_ms > world_now(w))
        return;
    struct transition t;
    struct delivery *d = begin_delivery(&t, w, delivery);
    d->next_attempt_at_ms = 0;
    if (webhook_read(w, d->webhook)->state != WEBHOOK_ACTIVE) {
        transition_end(&t, TRANSITION_DELIVERY_HOLD);
        return;
    }
    d->state = DELIVERY_DELIVERING;
    d->attempts++;
    transition_end(&t, TRANSITION_DELIVERY_ATTEMPT);
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
    struct transition t;
    struct delivery *d = begin_delivery(&t, w, held);
    int64_t from_ms = d->created_at_ms + d->faults.delay_ms;
    d->awaits = 0;
    d->state = DELIVERY_PENDING;
    schedule_attempt(w, held, d, from_ms);
    transition_end(&t, TRANSITION_DELIVERY_RELEASE);
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
    struct transition t;
    if (!world_require(w, delivery_read(w, delivery)->state == DELIVERY_DELIVERING))
        return;
    struct delivery *d = begin_delivery(&t, w, delivery);
    d->last_status = status;
    d->last_error = world_text(w, error);
    d->state = delivered ? DELIVERY_DELIVERED : after_failure(d, webhook_read(w, d->webhook)->state, status, policy);
    if (d->state == DELIVERY_PENDING)
        schedule_attempt(w, delivery, d, world_now(w) + wait_before(d->attempts, policy));
    else
        d->ended_at_ms = world_now(w);
    uint32_t webhook = d->webhook;
    bool first = d->attempts == 1;
    transition_end(&t, delivered ? TRANSITION_DELIVERY_DONE : TRANSITION_DELIVERY_FAIL);
    if (first)
        count_sent_event(w, delivery);
    webhook_count_result(w, webhook, delivered, policy->pause_after);
}

void delivery_set_varied(struct world *w, uint32_t delivery, const char *varied)
{
    const char *before = delivery_read(w, delivery)->varied;
    if (varied ? !before || strcmp(before, varied) != 0 : before != NULL)
        ((struct delivery *)world_edit(w, RECORD_DELIVERY, delivery))->varied = world_text(w, varied);
}

static void delivery_resume_all(struct world *w, uint32_t webhook)
{
    struct index_walk walk;
    int64_t key = index_pair_key(webhook, DELIVERY_PENDING);
    index_from(&w->indexes[INDEX_DELIVERY_WEBHOOK_STATE], &walk, (struct index_entry){key, INT64_MIN, 0});
    while (index_next_of(&walk, key)) { /* the walk stays valid: the state does not change */
        uint32_t row = walk.entry.row;
        if (delivery_read(w, row)->next_attempt_at_ms)
            continue;
        struct transition t;
        struct delivery *d = begin_delivery(&t, w, row);
        schedule_attempt(w, row, d, world_now(w));
        transition_end(&t, TRANSITION_DELIVERY_RESUME);
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
    struct transition t;
    const struct delivery *before = delivery_read(w, delivery);
    if (!world_require(w, before->state == DELIVERY_PENDING && !before->attempts))
        return;
    struct delivery *d = begin_delivery(&t, w, delivery);
    int64_t at_ms = d->next_attempt_at_ms + faults->delay_ms;
    d->faults = *faults;
    d->faults.edit = world_text(w, faults->edit);
    d->faults.headers = world_text(w, faults->headers);
    d->faults.also_to = world_text(w, faults->also_to);
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
    transition_end(&t, TRANSITION_DELIVERY_APPLY_FAULTS);
}

static void abandon(struct world *w, uint32_t delivery)
{
    struct transition t;
    struct delivery *d = begin_delivery(&t, w, delivery);
    d->state = DELIVERY_ABANDONED;
    d->next_attempt_at_ms = d->awaits = 0;
    d->ended_at_ms = world_now(w);
    transition_end(&t, TRANSITION_DELIVERY_ABANDON);
}

static void delivery_abandon_all(struct world *w, uint32_t webhook)
{
    for (uint32_t row; (row = oldest_in(w, webhook, DELIVERY_PENDING)) || (row = oldest_in(w, webhook, DELIVERY_HELD));)
        abandon(w, row);
}

uint32_t delivery_find(const struct world *w, int provider, struct str public_id)
{
    return record_find_in(w, RECORD_DELIVERY, provider, public_id);
}

const struct delivery *delivery_read(const struct world *w, uint32_t row)
{
    return world_read(w, RECORD_DELIVERY, row);
}
