#include "mockserver/admin/simulate.h"

#include "mockserver/state/records.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

struct json *simulation_begin(struct call *c)
{
    struct json *w = call_json(c, 200);
    json_open_map(w);
    return w;
}

void simulation_end(struct call *c)
{
    admin_put_new_changes(c);
    json_close_map(&c->out);
}

void simulation_put_id(struct call *c, const char *key, enum record_kind kind, uint32_t row)
{
    json_put_text(&c->out, key, row ? record_id(c->world, kind, row) : NULL);
}

#define SIMULATE(name, providers, help)                                                            \
    {                                                                                              \
#name, &simulate_##name##_fields, simulate_##name, help, providers                         \
    }

const struct simulation simulations[] = {
    SIMULATE(consent, NULL, "The end-customer's part of OAuth."),
    SIMULATE(token_lost, NULL, "An account's token dies; its posts stay queued."),
    SIMULATE(account_connected, NULL,
             "The end-customer connects an account in the provider's own app."),
    SIMULATE(account_removed, NULL, "The end-customer disconnects an account themselves."),
    SIMULATE(publish_outcome, NULL, "What the platform will answer when a post is due."),
    SIMULATE(fail, NULL,
             "The next calls of an operation fail. It is a rule, and is answered by its name."),
    SIMULATE(side_effect, "layers",
             "One of the steps that follow a new connection fails; the connection stands."),
    SIMULATE(lease_decide, "layers", "The review of a request for leased accounts ends."),
    SIMULATE(ad_account, "layers", "What becomes of an ad account outside the API."),
    SIMULATE(health, "posteverywhere", "An account's health is another from now on."),
    SIMULATE(plan, NULL, "A key's plan ends or is paid for again, or the key is switched off."),
    SIMULATE(rate_limit, NULL,
             "A rate limit is used up, or filled again, without a flood of calls."),
    SIMULATE(webhook, "layers, posteverywhere",
             "What a network does with a delivery: one out of nothing, twice, late, or never."),
};
const size_t simulation_count = COUNT(simulations);

static const struct simulation *find(struct call *c, struct str name)
{
    const char *names[COUNT(simulations)];
    for (size_t i = 0; i < COUNT(simulations); i++) {
        names[i] = simulations[i].name;
        if (str_is(name, names[i]))
            return &simulations[i];
    }
    const char *near = str_nearest(name, names, COUNT(simulations));
    call_refuse(c, FAULT_NOT_FOUND, "There is no simulation '" STR_FMT "'%s%s%s", STR_ARG(name),
                near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return NULL;
}

void admin_simulate(struct call *c)
{
    const struct simulation *simulation = find(c, c->params[0]);
    if (!simulation)
        return;
    if (!simulation->apply) {
        call_refuse(c, FAULT_UNIMPLEMENTED, NULL);
        return;
    }
    void *fields = arena_alloc(c->arena, simulation->body->size);
    if (!admin_body(c, simulation->body, fields))
        return;
    c->world->cause = "simulation";
    simulation->apply(c, fields);
}
