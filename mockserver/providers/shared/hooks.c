#include "mockserver/providers/shared/hooks.h"

#include "base/digest.h"
#include "mockserver/state/lease.h"
#include "mockserver/state/media.h"
#include "mockserver/state/post.h"
#include "mockserver/state/tenant.h"

bool hooks_event_known(const struct hook_catalogue *known, const char *name)
{
    return text_index(known->names, known->count, str_from(name)) < known->count;
}

uint32_t hooks_own(struct call *c, const char *refusal)
{
    uint32_t row = webhook_find(c->world, c->provider->id, c->params[0]);
    const struct webhook *h = row ? webhook_read(c->world, row) : NULL;
    if (h && h->state != WEBHOOK_DELETED && h->organization == caller_organization(c))
        return row;
    call_refuse(c, FAULT_NOT_FOUND, "%s", refusal);
    return ROW_NONE;
}

bool hooks_check_body(struct call *c, const char *url, const struct field_list *events,
                      const struct hook_catalogue *known, enum path_notation notation)
{
    const char *why;
    const char *const *names = events->items;
    if (url && !webhooks_url_valid(c->arena, c->world, url, &why))
        call_issue(c, "url", "%s", why);
    for (size_t i = 0; i < events->count; i++)
        if (!hooks_event_known(known, names[i]))
            call_issue(c, issue_path_item(c->arena, notation, "events", i), "%s", HOOKS_NOT_AN_EVENT);
    return !c->fault;
}

const char *hooks_mint_secret(struct world *w, enum id_form first, enum id_form second)
{
    struct arena a = {0};
    char head[64], tail[64];
    ids_write(w, "whsec_", first, head);
    ids_write(w, "", second, tail);
    const char *secret = world_text(w, arena_printf(&a, "%s%s", head, tail));
    arena_end(&a);
    return secret;
}

const char *hooks_hmac(struct arena *a, const char *secret, struct str text)
{
    unsigned char mac[DIGEST_SIZE];
    digest_hmac_sha256(str_from(secret), text, mac);
    return digest_hex(a, mac, sizeof mac);
}

/* The space of an event's record: the kinds that events are about. */
static uint32_t space_of(const struct world *w, enum record_kind kind, uint32_t row)
{
    if (kind == RECORD_ACCOUNT)
        return account_read(w, row)->space;
    if (kind == RECORD_MEDIA)
        return media_read(w, row)->space;
    if (kind == RECORD_POST)
        return post_read(w, row)->space;
    if (kind == RECORD_DESTINATION)
        return destination_read(w, row)->space;
    return kind == RECORD_LEASE_REQUEST ? lease_request_read(w, row)->space : ROW_NONE;
}

void hooks_fill_event(struct arena *a, const struct world *w, const struct change *change, const char *type,
                      hooks_put_fn *put, struct webhook_event *event)
{
    struct buf payload = {.arena = a};
    struct json out = json_begin(&payload, 0);
    json_open_map(&out);
    put(&out, w, change->row);
    json_close_map(&out);
    event->space = space_of(w, change->kind, change->row);
    event->organization = space_read(w, event->space)->organization;
    event->type = type;
    event->payload = buf_c(&payload);
}
