/* Webhook endpoints that an organization starts with. */
#include "mockserver/providers/layers/fixture_build.h"
#include "mockserver/providers/layers/layers.h"

#include "mockserver/providers/layers/webhooks.h"
#include "mockserver/state/ids.h"

static bool wrong(const struct fixture_load *load, const struct fixture_webhook *h,
                  const char *what, const char *text, const char *why)
{
    return error_add(load->err, ERROR_INPUT, h->at, "%s '%s' %s", what, text, why);
}

static bool events_valid(const struct fixture_load *load, const struct fixture_webhook *h)
{
    const char *const *events = h->events.items;
    bool good = true;
    for (size_t i = 0; i < h->events.count; i++)
        if (!layers_event_known(events[i]))
            good = wrong(load, h, "event", events[i], "is not in the catalogue");
    return good;
}

/* Its project may stand anywhere in the organization: all of them are there by now. */
static bool build(struct fixture_load *load, uint32_t organization, const struct fixture_webhook *h)
{
    struct world *w = load->world;
    const char *why;
    if (!h->url || !h->events.count)
        return false;
    bool good = events_valid(load, h);
    if (!webhooks_url_valid(load->arena, w, h->url, &why))
        good = wrong(load, h, "url", h->url, why);
    if (h->id && webhook_find(w, LAYERS, str_from(h->id)))
        good = wrong(load, h, "id", h->id, "is another webhook's");
    uint32_t space = h->project ? space_find(w, LAYERS, str_from(h->project)) : ROW_NONE;
    if (h->project && (!space || space_read(w, space)->organization != organization))
        good = wrong(load, h, "project", h->project, "is none of this organization's");
    if (!good)
        return false;
    const struct webhook_spec spec = {
        .space = space,
        .public_id = h->id ? h->id : ids_mint(w, "", ID_UUID),
        .url = h->url,
        .description = h->description,
        .events = webhooks_events_text(load->arena, &h->events),
        .secret = h->secret ? h->secret : layers_mint_secret(w),
    };
    webhook_create(w, organization, &spec);
    return true;
}

bool fixture_build_webhooks(struct fixture_load *load, uint32_t organization,
                            const struct fixture_organization *o)
{
    const struct fixture_webhook *items = o->webhooks.items;
    bool good = true;
    for (size_t i = 0; i < o->webhooks.count; i++)
        good = build(load, organization, &items[i]) && good;
    return good;
}
