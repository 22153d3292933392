/* Creates the webhooks of a fixture. */
#include "mockserver/providers/posteverywhere/fixture_fields.h"

#include "mockserver/providers/posteverywhere/hooks.h"

bool pe_fixture_webhook(struct fixture_load *load, uint32_t organization, const struct fixture_webhook *h)
{
    if (!fixture_hook_valid(load, &h->hook, POSTEVERYWHERE, &pe_catalogue))
        return false;
    const struct webhook spec = {
        .public_id = fixture_id(load, h->hook.id, "", ID_UUID),
        .url = h->hook.url,
        .events = webhooks_events_text(load->arena, &h->hook.events),
        .metadata = pe_hook_metadata(load->arena, h->name),
        .secret = h->hook.secret ? h->hook.secret : pe_mint_secret(load->world),
    };
    webhook_create(load->world, organization, &spec);
    return true;
}
