/* webhooks.h - what a provider's webhooks are: which changes they tell of, in whose words, signed
 * how, tried how often.
 *
 * Shapes:  a provider fills struct webhooks; deliver/ and scheduler.c do the rest, alike for all.
 * Units:   a signature's time is in seconds, as the provider has it.
 * Errors:  none.
 */
#pragma once
#include "base/fields.h"
#include "base/http/message.h"
#include "mockserver/state/changes.h"
#include "mockserver/state/delivery.h"

struct webhook_event { /* something that has happened, to be told */
    uint32_t organization, space;
    const char *type;
    const char *payload; /* JSON */
    uint32_t change;     /* seq of the change it tells of; 0: of none */
};

#define WEBHOOK_POLICIES(X) X(PATIENT, "patient") X(BRIEF, "brief")
enum webhook_policy {
#define X(name, text) WEBHOOK_POLICY_##name,
    WEBHOOK_POLICIES(X)
#undef X
        WEBHOOK_POLICY_COUNT
};
extern const char *const webhook_policy_texts[];

struct webhooks {
    const char *event_prefix;  /* of event ids: "evt_" */
    const char *const *events; /* all it can tell ... */
    size_t event_count;
    const char *test_event; /* ... and what it tells on trial */
    struct delivery_policy policies[WEBHOOK_POLICY_COUNT];
    /* False: subscribers are told nothing of this change. What it fills is on the arena. */
    bool (*tells)(struct arena *a, const struct world *w, const struct change *change,
                  struct webhook_event *event);
    /* The request that tells it: the same body at every attempt. */
    void (*write)(struct arena *a, const struct world *w, uint32_t delivery, int64_t time_s,
                  struct headers *headers, struct buf *body);
};

/* A new delivery to that webhook, due at once; several of one event share its id. */
uint32_t webhooks_deliver(struct world *w, const struct webhooks *of, uint32_t webhook,
                          const struct webhook_event *event, const char *event_id,
                          uint32_t replay_of);

/* Whether webhooks may be sent to that host: a loopback host, or one of `allowed` (as struct
 * world_webhooks keeps them), in any letter case. */
bool webhooks_host_allowed(struct str host, const char *allowed);
/* Whether a webhook may have that URL: https to any host, or http to an allowed one. `why` gets
 * words that last. */
bool webhooks_url_valid(struct arena *a, const struct world *w, const char *url, const char **why);
/* As a webhook's record keeps them: a blank between; NULL: none. */
const char *webhooks_events_text(struct arena *a, const struct field_list *names);
