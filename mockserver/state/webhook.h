/* webhook.h - webhook endpoints that partners have registered, and the deliveries of events to them.
 *
 * Shapes:  webhook {organization, space (ROW_NONE: all), url, events, secret}; events are names separated by spaces.
 *          After a rotation the previous secret stays valid for a while.
 *          delivery {webhook, event id (the same for all webhooks and attempts), type, payload (the event's data as
 *          JSON)}: one event to one webhook, with all its attempts. A replay is a separate delivery with a new event
 *          id; `replay_of` is the delivery it repeats. Delivery faults are applied once, right after creation; a copy
 *          (fault `duplicates`) has the same event id and the same faults.
 * States:  webhook: active <-> paused; active -> auto_paused (too many consecutive failures) -> active; any -> deleted
 *          (final). Deliveries are sent only while the webhook is active; pending deliveries resume when it becomes
 *          active again.
 *          delivery: pending -> delivering -> delivered | pending (another attempt) | failed | abandoned, according to
 *          the policy; pending -> held -> pending (fault `reorder`: later events of the webhook are sent first);
 *          pending, held -> abandoned (the webhook was deleted, or fault `drop`). delivered, failed and abandoned are
 *          final. A delivery is `delivering` from the time an attempt is due until the attempt ends; the sender finds
 *          it in the change log.
 * Indexes: WEBHOOK_ORGANIZATION (organization; newest first, without deleted ones); DELIVERY_WEBHOOK (webhook; newest
 *          first); DELIVERY_WEBHOOK_STATE (webhook and state; oldest first); DELIVERY_CHANGE (the change that caused
 *          it; oldest first).
 * Units:   milliseconds.
 */
#pragma once
#include "base/enum.h"
#include "base/str.h"
#include "mockserver/state/world.h"

#define WEBHOOK_STATES(X)                                                                                              \
    X(WEBHOOK_ACTIVE, "active")                                                                                        \
    X(WEBHOOK_PAUSED, "paused")                                                                                        \
    X(WEBHOOK_AUTO_PAUSED, "auto_paused")                                                                              \
    X(WEBHOOK_DELETED, "deleted")
enum webhook_state { WEBHOOK_STATES(ENUM_NAME) WEBHOOK_STATE_COUNT };
extern const char *const webhook_state_texts[];

struct webhook {
    uint32_t organization, space;
    int provider;
    const char *public_id, *url, *description, *events;
    const char *metadata; /* set by the partner, as JSON */
    const char *secret, *previous_secret;
    int64_t previous_until_ms;
    enum webhook_state state;
    int64_t failures; /* consecutive */
    int64_t last_success_at_ms, last_failure_at_ms;
    int64_t created_at_ms, updated_at_ms;
};

uint32_t webhook_create(struct world *w, uint32_t organization, const struct webhook *init); /* a copy, created now */
/* Replaces url, description, events and metadata by those of `to` that are not NULL. */
void webhook_update(struct world *w, uint32_t webhook, const struct webhook *to);
/* WEBHOOK_ACTIVE resets the failure count and resumes pending deliveries. */
void webhook_set_state(struct world *w, uint32_t webhook, enum webhook_state state);
void webhook_rotate(struct world *w, uint32_t webhook, const char *secret, int64_t previous_until_ms);
/* Pending and held deliveries are abandoned. */
void webhook_delete(struct world *w, uint32_t webhook);

uint32_t webhook_find(const struct world *w, int provider, struct str public_id);
const struct webhook *webhook_read(const struct world *w, uint32_t row);
bool webhook_subscribes(const struct webhook *h, uint32_t space, const char *event);
/* The previous secret while it is valid, else NULL. */
const char *webhook_previous_secret(const struct world *w, const struct webhook *h);

#define DELIVERY_STATES(X)                                                                                             \
    X(DELIVERY_PENDING, "pending")                                                                                     \
    X(DELIVERY_HELD, "held")                                                                                           \
    X(DELIVERY_DELIVERING, "delivering")                                                                               \
    X(DELIVERY_DELIVERED, "delivered")                                                                                 \
    X(DELIVERY_FAILED, "failed")                                                                                       \
    X(DELIVERY_ABANDONED, "abandoned")
enum delivery_state { DELIVERY_STATES(ENUM_NAME) DELIVERY_STATE_COUNT };
extern const char *const delivery_state_texts[];

/* Each member: 0 means the fault is off. */
struct delivery_faults {
    bool drop;                /* never send it */
    int64_t duplicates;       /* number of additional deliveries of the same event */
    int64_t delay_ms;         /* of the world's clock, before the first attempt */
    int64_t reorder;          /* number of later events of the webhook to send first */
    int64_t corrupt_attempts; /* flip one bit of the body in this many attempts, from the first */
    int64_t clock_skew_ms;    /* added to the signature's timestamp */
    bool rewrite;             /* other bytes of the same JSON, signed (runtime/rewrite.h) */
    const char *edit;         /* edits of the body (base/edit.h), as JSON, or NULL */
    const char *headers;      /* a list of maps of headers, null to remove one, as JSON; or NULL */
    const char *also_to;      /* id of a webhook that gets the event too, or "*", or NULL */
    const char *rules;        /* names of the rules that set the faults, comma-separated, or NULL */
};

struct delivery {
    uint32_t webhook;
    uint32_t replay_of; /* a delivery, or ROW_NONE */
    uint32_t copy_of;   /* a delivery, or ROW_NONE */
    uint32_t change;    /* seq of the change that caused it; 0: none */
    int provider;
    const char *public_id, *event_id, *type, *payload;
    enum delivery_state state;
    int64_t attempts, last_status; /* last_status 0: no attempt yet, or no response */
    const char *last_error;        /* why there was no response */
    const char *varied;            /* what was varied in the last attempt (runtime/rewrite.h), or NULL */
    int64_t next_attempt_at_ms;    /* 0 while pending: the webhook is paused */
    int64_t created_at_ms, ended_at_ms;
    struct delivery_faults faults;
    int64_t awaits; /* while held: number of later events still to be sent first */
};

/* A provider's documented retry policy. */
struct delivery_policy {
    const char *name;
    const int64_t *waits_ms;     /* the wait before each attempt */
    int64_t attempts;            /* maximum number of attempts */
    bool refusals_end;           /* do not retry after a 4xx other than 429 */
    enum delivery_state gave_up; /* the state after the last attempt failed */
    int64_t pause_after;         /* pause the webhook after this many consecutive failures */
};

/* Adds a copy of `init`, created now. The first attempt is due after `wait_ms`. */
uint32_t delivery_create(struct world *w, uint32_t webhook, const struct delivery *init, int64_t wait_ms);
/* Records the end of an attempt: the HTTP status, or status 0 and the error if there was no response. Schedules the
 * next attempt or ends the delivery, as `policy` says. */
void delivery_attempt_end(struct world *w, uint32_t delivery, int status, const char *error,
                          const struct delivery_policy *policy);
/* Records what was varied in the attempt that has begun; NULL: nothing. */
void delivery_set_varied(struct world *w, uint32_t delivery, const char *varied);
/* The delivery must be pending and have no attempt yet. `reorder` is ignored if the webhook already holds a delivery of
 * another event: otherwise all its deliveries could be held at once. */
void delivery_apply_faults(struct world *w, uint32_t delivery, const struct delivery_faults *faults);
/* Adds another delivery of the same event to a webhook, in the same state and due at the same time. */
uint32_t delivery_copy(struct world *w, uint32_t delivery, uint32_t webhook, const char *public_id);

uint32_t delivery_find(const struct world *w, int provider, struct str public_id);
const struct delivery *delivery_read(const struct world *w, uint32_t row);
