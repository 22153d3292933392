#include "mockserver/provider_api/webhooks.h"

#include <string.h>

#include "base/enum.h"
#include "base/host.h"
#include "base/url.h"
#include "mockserver/state/record.h"

const char *const webhook_policy_texts[] = {WEBHOOK_POLICIES(ENUM_TEXT)};

uint32_t webhooks_deliver(struct world *w, const struct webhooks *of, uint32_t webhook,
                          const struct webhook_event *event, const char *event_id, uint32_t replay_of)
{
    const struct delivery spec = {
        .public_id = ids_mint(w, "", ID_UUID),
        .event_id = event_id ? event_id : ids_mint(w, of->event_prefix, ID_ULID),
        .type = event->type,
        .payload = event->payload,
        .replay_of = replay_of,
        .change = event->change,
    };
    return delivery_create(w, webhook, &spec, of->policies[w->webhooks.policy].waits_ms[0]);
}

bool webhooks_host_allowed(struct str host, const char *allowed)
{
    struct str rest = str_from(allowed);
    while (rest.n)
        if (str_eq_nocase(str_cut(&rest, ' '), host))
            return true;
    return host_is_loopback(host);
}

bool webhooks_url_valid(struct arena *a, const struct world *w, const char *url, const char **why)
{
    struct url u;
    if (!url_parse(a, url, &u, why))
        return false;
    *why = "must be https; http is accepted for loopback hosts and for the hosts of webhooks.allow";
    return strcmp(u.scheme, "https") == 0 || webhooks_host_allowed(str_from(u.host), w->webhooks.allowed);
}

const char *webhooks_events_text(struct arena *a, const struct field_list *names)
{
    struct buf text = {.arena = a};
    const char *const *items = names->items;
    for (size_t i = 0; i < names->count; i++)
        buf_printf(&text, "%s%s", i ? " " : "", items[i]);
    return names->count ? buf_c(&text) : NULL;
}
