#include "mockserver/providers/layers/fixture_build.h"

#include "mockserver/state/ad_account.h"
#include "mockserver/state/record.h"

static bool check_ad_account(const struct fixture_load *load, const struct fixture_ad_account *a)
{
    bool ok = true;
    const char *platform = enum_word_of(&layers_ad_platforms, a->platform);
    if (a->id && ad_account_find(load->world, LAYERS, str_from(a->id)))
        ok = error_add(load->err, ERROR_INPUT, a->at, "duplicate ad account id '%s'", a->id);
    if (a->external_id && !layers_is_external_id((enum ad_platform)a->platform, str_from(a->external_id)))
        ok = error_add(load->err, ERROR_INPUT, a->at, "invalid external_id '%s' for %s; expected, for example, %s",
                       a->external_id, platform, layers_external_id_sample((enum ad_platform)a->platform));
    if (a->token == AD_TOKEN_PENDING && !a->disconnected && !load->world->timings.ad_validation_ms)
        ok = error_add(load->err, ERROR_INPUT, a->at, "the token is pending, but timings.ad_validation is 0");
    if (a->connected_at.given && fixture_time(load, &a->connected_at) > load->start_ms)
        ok = error_add(load->err, ERROR_INPUT, a->at, "'connected_at' of the ad account is after the clock's start");
    return ok;
}

/* Moves the token of a new ad account to the state that the fixture requires. */
static void set_token(struct world *w, uint32_t row, enum ad_token token)
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

static bool build_ad_account(struct fixture_load *load, uint32_t project, const struct fixture_ad_account *a)
{
    if (!a->name)
        return false;
    bool ok = check_ad_account(load, a);
    uint32_t other = ad_account_of(load->world, project, (enum ad_platform)a->platform);
    if (other)
        return error_add(load->err, ERROR_INPUT, a->at, "the project already has an ad account on %s",
                         enum_word_of(&layers_ad_platforms, a->platform));
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
    set_token(load->world, row, (enum ad_token)a->token);
    if (a->disconnected)
        ad_account_disconnect(load->world, row);
    return ok;
}

/* Builds the disconnected ad accounts first: a project can have only one connected ad account per
 * platform, but any number of disconnected ones. */
bool fixture_build_ad_accounts(struct fixture_load *load, uint32_t project, const struct fixture_project *p)
{
    bool ok = true;
    const struct fixture_ad_account *items = p->ad_accounts.items;
    for (int gone = 1; gone >= 0; gone--)
        for (size_t i = 0; i < p->ad_accounts.count; i++)
            if (items[i].disconnected == gone)
                ok = build_ad_account(load, project, &items[i]) && ok;
    return ok;
}
