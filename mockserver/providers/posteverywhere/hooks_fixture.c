/* Creates the webhooks of a fixture. */
#include "mockserver/providers/posteverywhere/fixture_fields.h"

#include "mockserver/providers/posteverywhere/hooks.h"
#include "mockserver/state/record.h"

static bool wrong(const struct fixture_load *load, const struct fixture_webhook *h, const char *what, const char *text,
                  const char *why)
{
    return error_add(load->err, ERROR_INPUT, h->at, "%s '%s' %s", what, text, why);
}

bool pe_fixture_webhook(struct fixture_load *load, uint32_t organization, const struct fixture_webhook *h)
{
    struct world *w = load->world;
    const char *why;
    bool ok = true;
    if (!h->url || !h->events.count)
        return false;
    const char *const *events = h->events.items;
    for (size_t i = 0; i < h->events.count; i++)
        if (!pe_event_known(events[i]))
            ok = wrong(load, h, "event", events[i], "is not in the event catalogue");
    if (!webhooks_url_valid(load->arena, w, h->url, &why))
        ok = wrong(load, h, "url", h->url, why);
    if (h->id && webhook_find(w, POSTEVERYWHERE, str_from(h->id)))
        ok = wrong(load, h, "id", h->id, "is used by another webhook");
    if (!ok)
        return false;
    const struct webhook_spec spec = {
        .public_id = h->id ? h->id : ids_mint(w, "", ID_UUID),
        .url = h->url,
        .events = webhooks_events_text(load->arena, &h->events),
        .metadata = pe_hook_metadata(load->arena, h->name),
        .secret = h->secret ? h->secret : pe_mint_secret(w),
    };
    webhook_create(w, organization, &spec);
    return true;
}
