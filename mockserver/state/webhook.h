/* webhook.h - where a partner wants to be told of what happens: an endpoint and its status.
 *
 * Shapes:  webhook {organization, space (none: all of them), url, events, secret}; events are names
 *          with a blank between. A rotated secret stays good for a while beside the new one.
 * States:  active <-> paused; active -> auto_paused (too many failures in a row) -> active; any ->
 *          deleted, for good. Only an active one is told; what waits while it is paused goes on
 *          when it is active again.
 * Indexes: WEBHOOK_ID (provider, public id); WEBHOOK_ORGANIZATION (organization; newest first; not
 *          the deleted ones).
 * Units:   milliseconds.
 */
#pragma once
#include "base/str.h"
#include "mockserver/state/world.h"

#define WEBHOOK_STATES(X)                                                                          \
    X(ACTIVE, "active")                                                                            \
    X(PAUSED, "paused") X(AUTO_PAUSED, "auto_paused") X(DELETED, "deleted")
enum webhook_state {
#define X(name, text) WEBHOOK_##name,
    WEBHOOK_STATES(X)
#undef X
        WEBHOOK_STATE_COUNT
};
extern const char *const webhook_state_texts[];

struct webhook {
    uint32_t organization, space;
    int provider;
    const char *public_id, *url, *description, *events;
    const char *metadata; /* JSON, the partner's own */
    const char *secret, *previous_secret;
    int64_t previous_until_ms;
    enum webhook_state state;
    int64_t failures; /* in a row */
    int64_t last_success_at_ms, last_failure_at_ms;
    int64_t created_at_ms, updated_at_ms;
};

struct webhook_spec { /* NULL, where it changes one: as it was */
    uint32_t space;   /* when created only */
    const char *public_id, *secret;
    const char *url, *description, *events, *metadata;
};

uint32_t webhook_create(struct world *w, uint32_t organization, const struct webhook_spec *spec);
void webhook_update(struct world *w, uint32_t webhook, const struct webhook_spec *spec);
/* Active again, it has no failures and goes on with what waited. */
void webhook_set_state(struct world *w, uint32_t webhook, enum webhook_state state);
void webhook_rotate(struct world *w, uint32_t webhook, const char *secret,
                    int64_t previous_until_ms);
/* What it has not been told is abandoned. */
void webhook_delete(struct world *w, uint32_t webhook);
/* It was told, or could not be: after `pause_after` failures in a row it is paused. */
void webhook_note(struct world *w, uint32_t webhook, bool told, int64_t pause_after);

uint32_t webhook_find(const struct world *w, int provider, struct str public_id);
const struct webhook *webhook_read(const struct world *w, uint32_t row);
bool webhook_wants(const struct webhook *h, uint32_t space, const char *event);
/* NULL, or the one before that is still good. */
const char *webhook_previous_secret(const struct world *w, const struct webhook *h);
