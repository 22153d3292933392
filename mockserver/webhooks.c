#include "mockserver/webhooks.h"

#include <string.h>

#include "base/url.h"

const char *const webhook_policy_texts[] = {
#define X(name, text) text,
    WEBHOOK_POLICIES(X)
#undef X
};

bool webhooks_url_fine(struct arena *a, const char *url, const char **why)
{
    struct url u;
    if (!url_parse(a, url, &u, why))
        return false;
    struct str host = str_from(u.host);
    bool local = str_is(host, "localhost") || str_is(host, "127.0.0.1") || str_is(host, "[::1]");
    *why = "must be https (or http to localhost)";
    return strcmp(u.scheme, "https") == 0 || local;
}

const char *webhooks_events_text(struct arena *a, const struct field_list *names)
{
    struct buf text = {.arena = a};
    const char *const *items = names->items;
    for (size_t i = 0; i < names->count; i++)
        buf_printf(&text, "%s%s", i ? " " : "", items[i]);
    return names->count ? buf_c(&text) : NULL;
}
