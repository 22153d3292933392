#include "mockserver/provider_api/webhooks.h"

#include <string.h>

#include "base/enum.h"
#include "base/host.h"
#include "base/url.h"
#include "mockserver/state/world.h"

const char *const webhook_policy_texts[] = {WEBHOOK_POLICIES(ENUM_TEXT)};

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
