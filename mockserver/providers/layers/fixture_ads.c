#include "mockserver/providers/layers/fixture_build.h"

#include "mockserver/state/ad_account.h"
#include "mockserver/state/ids.h"

static bool check(const struct fixture_load *load, const struct fixture_ad_account *a)
{
    bool good = true;
    const char *platform = ad_platform_texts[a->platform];
    if (a->id && ad_account_find(load->world, LAYERS, str_from(a->id)))
        good = error_add(load->err, ERROR_INPUT, a->at,
                         "there is another ad account with the id '%s'", a->id);
    if (a->external_id &&
        !layers_is_external_id((enum ad_platform)a->platform, str_from(a->external_id)))
        good = error_add(load->err, ERROR_INPUT, a->at, "'%s' is no account id of %s, such as %s",
                         a->external_id, platform,
                         layers_external_id_sample((enum ad_platform)a->platform));
    if (a->token == AD_TOKEN_PENDING && !a->disconnected && !load->world->timings.ad_validation_ms)
        good = error_add(load->err, ERROR_INPUT, a->at,
                         "the token is pending, but is validated at once"
                         " (timings: ad_validation)");
    if (a->connected_at.given && fixture_time(load, &a->connected_at) > load->start_ms)
        good = error_add(load->err, ERROR_INPUT, a->at,
                         "the ad account is connected after the clock's start");
    return good;
}

/* From the beginning of its grant to the state it shall be in. */
static void bring_to(struct world *w, uint32_t row, enum ad_token token)
{
    bool pending = ad_account_can(ad_account_read(w, row), AD_VALIDATES);
    switch (token) {
    case AD_TOKEN_VALID:
        if (pending)
            ad_account_validate(w, row);
        break;
    case AD_TOKEN_EXPIRED:
    case AD_TOKEN_REVOKED:
        ad_account_lose(w, row, token);
        break;
    case AD_TOKEN_PENDING:
    case AD_TOKEN_COUNT:
        break;
    }
}

static bool build(struct fixture_load *load, uint32_t project, const struct fixture_ad_account *a)
{
    if (!a->name)
        return false;
    bool good = check(load, a);
    uint32_t other = ad_account_of(load->world, project, (enum ad_platform)a->platform);
    if (other)
        return error_add(load->err, ERROR_INPUT, a->at,
                         "the project has an ad account on %s already",
                         ad_platform_texts[a->platform]);
    struct ad_account_spec spec;
    layers_ad_consented(load->world, (enum ad_platform)a->platform, a->name, &spec);
    if (a->id)
        spec.public_id = a->id;
    if (a->external_id)
        spec.external_id = a->external_id;
    if (a->currency)
        spec.currency = a->currency;
    if (a->connected_at.given)
        spec.connected_at_ms = fixture_time(load, &a->connected_at);
    uint32_t row = ad_account_connect(load->world, project, &spec);
    bring_to(load->world, row, (enum ad_token)a->token);
    if (a->disconnected)
        ad_account_disconnect(load->world, row);
    return good;
}

/* Those that are gone come first, so that they do not stand in the way of those that are there. */
bool fixture_build_ad_accounts(struct fixture_load *load, uint32_t project,
                               const struct fixture_project *p)
{
    bool good = true;
    const struct fixture_ad_account *items = p->ad_accounts.items;
    for (int gone = 1; gone >= 0; gone--)
        for (size_t i = 0; i < p->ad_accounts.count; i++)
            if (items[i].disconnected == gone)
                good = build(load, project, &items[i]) && good;
    return good;
}
