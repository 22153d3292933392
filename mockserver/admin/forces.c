#include "mockserver/admin/force.h"

#include "mockserver/state/records.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

struct json *force_begin(struct call *c)
{
    struct json *w = call_json(c, 200);
    json_open_map(w);
    return w;
}

void force_end(struct call *c)
{
    admin_put_new_changes(c);
    json_close_map(&c->out);
}

void force_put_id(struct call *c, const char *key, enum record_kind kind, uint32_t row)
{
    json_put_text(&c->out, key, row ? record_id(c->world, kind, row) : NULL);
}

#define FORCE(name, providers, help)                                                               \
    {                                                                                              \
#name, &force_##name##_fields, force_##name, help, providers                               \
    }

const struct force forces[] = {
    FORCE(consent, NULL, "The end-customer's part of OAuth."),
    FORCE(token_lost, NULL, "An account's token dies; its posts stay queued."),
    FORCE(account_connected, NULL,
          "The end-customer connects an account in the provider's own app."),
    FORCE(account_removed, NULL, "The end-customer disconnects an account themselves."),
    FORCE(publish_outcome, NULL, "What the platform will answer when a post is due."),
    FORCE(fail, NULL,
          "The next calls of an operation fail. It is a rule, and is answered by its name."),
    FORCE(side_effect, "layers",
          "One of the steps that follow a new connection fails; the connection stands."),
    FORCE(lease_decide, "layers", "The review of a request for leased accounts ends."),
    FORCE(ad_account, "layers", "What becomes of an ad account outside the API."),
    FORCE(health, "posteverywhere", "An account's health is another from now on."),
    FORCE(plan, NULL, "A key's plan ends or is paid for again, or the key is switched off."),
    FORCE(budget, NULL, "A rate budget is used up, or filled again, without a flood of calls."),
    FORCE(webhook, "layers, posteverywhere",
          "What a network does with a delivery: one out of nothing, twice, late, or never."),
};
const size_t force_count = COUNT(forces);

static const struct force *find(struct call *c, struct str name)
{
    const char *names[COUNT(forces)];
    for (size_t i = 0; i < COUNT(forces); i++) {
        names[i] = forces[i].name;
        if (str_is(name, names[i]))
            return &forces[i];
    }
    const char *near = str_nearest(name, names, COUNT(forces));
    call_refuse(c, FAULT_NOT_FOUND, "There is no force '" STR_FMT "'%s%s%s", STR_ARG(name),
                near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return NULL;
}

void admin_force(struct call *c)
{
    const struct force *force = find(c, c->params[0]);
    if (!force)
        return;
    if (!force->apply) {
        call_refuse(c, FAULT_UNIMPLEMENTED, NULL);
        return;
    }
    void *fields = arena_alloc(c->arena, force->body->size);
    if (!admin_body(c, force->body, fields))
        return;
    c->world->cause = "force";
    force->apply(c, fields);
}
