/* webhooks.h - a provider's webhooks: its events, their payload and signature, its retry policy.
 *
 * Shapes:  a provider fills struct webhooks; runtime/scheduler.c uses it.
 * Units:   seconds for the time in a signature; milliseconds elsewhere.
 * Errors:  none.
 */
#pragma once
#include "base/enum.h"
#include "base/fields.h"
#include "base/http/message.h"
#include "mockserver/state/webhook.h"
#include "mockserver/state/world.h"

struct webhook_event {
    uint32_t organization, space; /* rows; a space is a Layers project or a PostNitro workspace */
    const char *type;
    const char *payload; /* JSON */
    uint32_t change;     /* seq of the change that caused it; 0: no change */
};

/* Retry schedules; a fixture selects one with webhooks.retries. */
#define WEBHOOK_POLICIES(X) X(WEBHOOK_POLICY_PATIENT, "patient") X(WEBHOOK_POLICY_BRIEF, "brief")
enum webhook_policy { WEBHOOK_POLICIES(ENUM_NAME) WEBHOOK_POLICY_COUNT };
extern const char *const webhook_policy_texts[];

struct webhooks {
    const char *event_prefix;  /* of event ids: "evt_" */
    const char *const *events; /* names of all event types, without test_event */
    size_t event_count;
    const char *test_event; /* the type of a test delivery */
    /* The header whose value is a comma-separated list. After its first entry the order is not documented: a receiver
     * must accept any entry. NULL: none is. */
    const char *signature_list;
    struct delivery_policy policies[WEBHOOK_POLICY_COUNT];
    /* Maps a change to an event. Returns false if the change causes no event. Texts live in `a`. */
    bool (*map_event)(struct arena *a, const struct world *w, const struct change *change, struct webhook_event *event);
    /* Writes the body of an attempt, the same for all attempts; then the headers of the request, with the signature of
     * the body. */
    void (*write_body)(struct buf *body, const struct world *w, uint32_t delivery);
    void (*add_headers)(struct arena *a, const struct world *w, uint32_t delivery, int64_t time_s, struct str body,
                        struct headers *headers);
};

/* Creates a delivery that is due at once and returns its row. Deliveries of one event share its event_id; NULL mints a
 * new one. */
uint32_t webhooks_deliver(struct world *w, const struct webhooks *of, uint32_t webhook,
                          const struct webhook_event *event, const char *event_id, uint32_t replay_of);

/* Returns true for a loopback host and for the hosts in `allowed` (separated by spaces; may be NULL), in any letter
 * case. */
bool webhooks_host_allowed(struct str host, const char *allowed);
/* Returns true for https to any host and for http to an allowed host. Else `why` is the reason; it lives as long as
 * `a`. */
bool webhooks_url_valid(struct arena *a, const struct world *w, const char *url, const char **why);
/* Joins names with spaces, as a webhook's record stores them; NULL if there are none. */
const char *webhooks_events_text(struct arena *a, const struct field_list *names);
