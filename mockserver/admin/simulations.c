#include "base/array.h"
#include "mockserver/admin/api.h"
#include "mockserver/admin/simulate.h"

#include "mockserver/state/record.h"

void simulation_end(struct call *c)
{
    admin_put_new_changes(c);
    json_close_map(&c->out);
}

void simulation_put_id(struct call *c, const char *key, enum record_kind kind, uint32_t row)
{
    json_put_text(&c->out, key, row ? record_id(c->world, kind, row) : NULL);
}

#define SIMULATE(name, providers, help)                                                                                \
    {                                                                                                                  \
#name, &simulate_##name##_fields, simulate_##name, help, providers                                             \
    }

const struct simulation simulations[] = {
    SIMULATE(consent, NULL,
             "Simulates the end user's decision on a pending OAuth attempt. `approve` connects or "
             "reconnects the account; `deny` and `exchange_error` fail the attempt; `abandon` leaves it "
             "pending. Fails with 409 if the attempt has already ended."),
    SIMULATE(token_lost, NULL,
             "Simulates the loss of an account's token. The account must be reconnected; in Layers "
             "its status becomes `reauth_required`. Its queued posts stay queued and fail when they "
             "are due, unless it has been reconnected by then. Fails with 409 if the token is "
             "already lost."),
    SIMULATE(account_connected, NULL, "Simulates that the end user connects an account in the provider's own app."),
    SIMULATE(account_removed, NULL,
             "Simulates that the end user disconnects an account. Fails with 409 if it is already "
             "disconnected."),
    SIMULATE(publish_outcome, NULL,
             "Sets, in advance, the result of publishing a post. Fails with 409 if the post is no "
             "longer queued or publishing."),
    SIMULATE(fail, NULL, "Makes the next calls of an operation fail. Adds a rule and returns its name."),
    SIMULATE(side_effect, "layers",
             "Makes one of the steps that follow a new connection fail. The account is still "
             "connected."),
    SIMULATE(lease_decide, "layers",
             "Simulates the provider's decision on a lease request. Fails with 409 if it is already "
             "decided."),
    SIMULATE(ad_account, "layers",
             "Simulates that an ad account is connected or disconnected, or that its token changes, "
             "outside the API."),
    SIMULATE(health, "posteverywhere", "Sets the health of an account."),
    SIMULATE(plan, NULL, "Sets the status of an API key: active, unpaid or disabled."),
    SIMULATE(rate_limit, NULL,
             "Sets how many calls an API key has left, so that a test need not exhaust the rate limit."),
    SIMULATE(webhook, "layers, posteverywhere",
             "Delivers a webhook event now, or makes the next delivery of an event repeated, late "
             "or lost."),
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
    call_refuse(c, FAULT_NOT_FOUND, "unknown simulation '" STR_FMT "'%s", STR_ARG(name),
                admin_hint(c, name, names, COUNT(names)));
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
