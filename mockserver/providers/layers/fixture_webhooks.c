/* Webhook endpoints of a fixture. */
#include "mockserver/providers/layers/fixture_build.h"
#include "mockserver/providers/layers/layers.h"

#include "mockserver/providers/layers/webhooks.h"
#include "mockserver/state/record.h"

static bool add_problem(const struct fixture_load *load, const struct fixture_webhook *h, const char *what,
                        const char *text, const char *why)
{
    return error_add(load->err, ERROR_INPUT, h->at, "%s '%s' %s", what, text, why);
}

static bool events_valid(const struct fixture_load *load, const struct fixture_webhook *h)
{
    const char *const *events = h->events.items;
    bool ok = true;
    for (size_t i = 0; i < h->events.count; i++)
        if (!layers_event_known(events[i]))
            ok = add_problem(load, h, "event", events[i], "is not in the event catalogue");
    return ok;
}

/* Must be called after all projects of the organization are created, as it looks one up. */
static bool build_webhook(struct fixture_load *load, uint32_t organization, const struct fixture_webhook *h)
{
    struct world *w = load->world;
    const char *why;
    if (!h->url || !h->events.count)
        return false;
    bool ok = events_valid(load, h);
    if (!webhooks_url_valid(load->arena, w, h->url, &why))
        ok = add_problem(load, h, "url", h->url, why);
    if (h->id && webhook_find(w, LAYERS, str_from(h->id)))
        ok = add_problem(load, h, "id", h->id, "is used by another webhook");
    uint32_t space = h->project ? space_find(w, LAYERS, str_from(h->project)) : ROW_NONE;
    if (h->project && (!space || space_read(w, space)->organization != organization))
        ok = add_problem(load, h, "project", h->project, "does not exist in this organization");
    if (!ok)
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

bool fixture_build_webhooks(struct fixture_load *load, uint32_t organization, const struct fixture_organization *o)
{
    const struct fixture_webhook *items = o->webhooks.items;
    bool ok = true;
    for (size_t i = 0; i < o->webhooks.count; i++)
        ok = build_webhook(load, organization, &items[i]) && ok;
    return ok;
}
