/* webhook.h - a webhook endpoint that a partner has registered, and its status.
 *
 * Shapes:  webhook {organization, space (ROW_NONE: all), url, events, secret}; events are names
 *          separated by spaces. After a rotation the previous secret stays valid for a while.
 * States:  active <-> paused; active -> auto_paused (too many consecutive failures) -> active; any
 *          -> deleted (final). Deliveries are sent only while the webhook is active; pending
 *          deliveries resume when it becomes active again.
 * Indexes: WEBHOOK_ID (provider, public id); WEBHOOK_ORGANIZATION (organization; newest first,
 *          without deleted ones).
 * Units:   milliseconds.
 */
#pragma once
#include "base/enum.h"
#include "base/str.h"
#include "mockserver/state/world.h"

#define WEBHOOK_STATES(X)                                                                                              \
    X(WEBHOOK_ACTIVE, "active")                                                                                        \
    X(WEBHOOK_PAUSED, "paused") X(WEBHOOK_AUTO_PAUSED, "auto_paused") X(WEBHOOK_DELETED, "deleted")
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

struct webhook_spec { /* in an update NULL means: unchanged */
    uint32_t space;   /* space, public_id and secret are used by webhook_create only */
    const char *public_id, *secret;
    const char *url, *description, *events, *metadata;
};

uint32_t webhook_create(struct world *w, uint32_t organization, const struct webhook_spec *spec);
void webhook_update(struct world *w, uint32_t webhook, const struct webhook_spec *spec);
/* WEBHOOK_ACTIVE resets the failure count and resumes pending deliveries. */
void webhook_set_state(struct world *w, uint32_t webhook, enum webhook_state state);
void webhook_rotate(struct world *w, uint32_t webhook, const char *secret, int64_t previous_until_ms);
/* Pending and held deliveries are abandoned. */
void webhook_delete(struct world *w, uint32_t webhook);
/* Counts the result of a delivery attempt. Pauses the webhook after `pause_after` consecutive
 * failures. */
void webhook_count_result(struct world *w, uint32_t webhook, bool delivered, int64_t pause_after);

uint32_t webhook_find(const struct world *w, int provider, struct str public_id);
const struct webhook *webhook_read(const struct world *w, uint32_t row);
bool webhook_subscribes(const struct webhook *h, uint32_t space, const char *event);
/* The previous secret while it is valid, else NULL. */
const char *webhook_previous_secret(const struct world *w, const struct webhook *h);
