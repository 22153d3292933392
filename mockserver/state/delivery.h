/* delivery.h - one event on its way to one webhook, over all its attempts.
 *
 * Shapes:  delivery {webhook, event id (the same for all webhooks and attempts), type, payload (the
 *          event's data as JSON)}; a replay is a delivery of its own, with a new event id, that
 *          names the one it repeats. A delivery fault is what befalls one that was just made; a copy has the
 *          same event id, and shares it.
 * States:  pending -> delivering -> delivered | pending (a later attempt) | failed | abandoned, as
 *          the policy has it; pending -> held -> pending (later events of its webhook went first);
 *          pending, held -> abandoned (its webhook was deleted, or so its faults). delivered, failed
 *          and abandoned are ends. It is delivering from the moment an attempt is due until that
 *          has ended: who sends watches the change log for it.
 * Indexes: DELIVERY_ID (provider, public id); DELIVERY_WEBHOOK (webhook; newest first);
 *          DELIVERY_WEBHOOK_STATE (webhook and state; oldest first); DELIVERY_CHANGE (the change it
 *          tells of; oldest first).
 * Units:   milliseconds.
 */
#pragma once
#include "mockserver/state/webhook.h"

#define DELIVERY_STATES(X)                                                                         \
    X(PENDING, "pending")                                                                          \
    X(HELD, "held")                                                                                \
    X(DELIVERING, "delivering")                                                                    \
    X(DELIVERED, "delivered") X(FAILED, "failed") X(ABANDONED, "abandoned")
enum delivery_state {
#define X(name, text) DELIVERY_##name,
    DELIVERY_STATES(X)
#undef X
        DELIVERY_STATE_COUNT
};
extern const char *const delivery_state_texts[];

/* Members that are zero: nothing of the kind happens. */
struct delivery_faults {
    bool drop;          /* it is never sent */
    int64_t duplicates; /* so many more deliveries of the same event */
    int64_t delay_ms;   /* of the world's time, before it is first tried */
    int64_t reorder;    /* so many later events of the webhook go first */
    int64_t
        corrupt_attempts;  /* in so many attempts, from the first, one bit of the body is wrong */
    int64_t clock_skew_ms; /* by which the signature's time is off */
    const char *rules;     /* the rules that wished it, comma-separated; NULL: none did */
};

struct delivery {
    uint32_t webhook;
    uint32_t replay_of; /* a delivery, or none */
    uint32_t copy_of;   /* likewise */
    uint32_t change;    /* seq of the change it tells of; 0: of none */
    int provider;
    const char *public_id, *event_id, *type, *payload;
    enum delivery_state state;
    int64_t attempts, last_status; /* 0: none, or no response */
    const char *last_error;        /* why there was none */
    int64_t next_attempt_at_ms;    /* 0 while pending: its webhook is paused */
    int64_t created_at_ms, ended_at_ms;
    struct delivery_faults faults;
    int64_t awaits; /* while held: so many events have still to go */
};

struct delivery_spec {
    const char *public_id, *event_id, *type, *payload;
    uint32_t replay_of, change;
};

/* How often, when, and what then: a provider's documented rules. */
struct delivery_policy {
    const char *name;
    const int64_t *waits_ms; /* before each attempt */
    int64_t attempts;
    bool refusals_end; /* 4xx other than 429 is not tried again */
    enum delivery_state gave_up;
    int64_t pause_after; /* failures in a row */
};

uint32_t delivery_create(struct world *w, uint32_t webhook, const struct delivery_spec *spec,
                         int64_t wait_ms);
void delivery_due(struct world *w, uint32_t delivery); /* event */
/* An attempt ended with that HTTP status, or 0 and why there is none. */
void delivery_attempt_end(struct world *w, uint32_t delivery, int status, const char *error,
                          const struct delivery_policy *policy);
/* Of one that was just made and is not tried yet. It is not held where another event's already is:
 * so that of a webhook always something goes. */
void delivery_apply_faults(struct world *w, uint32_t delivery,
                           const struct delivery_faults *faults);
/* One more of the same event, that stands where this one does. */
uint32_t delivery_copy(struct world *w, uint32_t delivery, const char *public_id);
/* Parts of a webhook's transitions. */
void delivery_resume_all(struct world *w, uint32_t webhook);
void delivery_abandon_all(struct world *w, uint32_t webhook);

uint32_t delivery_find(const struct world *w, int provider, struct str public_id);
const struct delivery *delivery_read(const struct world *w, uint32_t row);
