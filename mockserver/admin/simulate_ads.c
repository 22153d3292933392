/* Ad account simulations: connection, disconnection, and the status of its token. */
#include "mockserver/admin/simulate.h"

#include <string.h>

#include "mockserver/provider_api/provider.h"
#include "mockserver/state/ad_account.h"
#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"

struct ad_simulation {
    const char *project, *status;
    int platform;
    bool connect, disconnect;
};

static const struct field ad_rows[] = {
    FIELD("project", FIELD_TEXT, struct ad_simulation, project, .help = "Project, by id or name.", .required = true),
    FIELD("platform", FIELD_ENUM, struct ad_simulation, platform, .help = "Ad platform.", .required = true,
          .texts = ad_platform_texts, .text_count = AD_PLATFORM_COUNT),
    FIELD("status", FIELD_TEXT, struct ad_simulation, status,
          .help = "`valid`: the token is validated, or renewed if it was lost. `expired`, `revoked`: the "
                  "token is lost."),
    FIELD("connect", FIELD_BOOL, struct ad_simulation, connect,
          .help = "Instead of status: true connects an ad account; there must be none yet."),
    FIELD("disconnect", FIELD_BOOL, struct ad_simulation, disconnect,
          .help = "Instead of status: true disconnects the ad account."),
};
const struct fields simulate_ad_account_fields =
    FIELD_TABLE("ad_account", ad_rows, struct ad_simulation, FIELDS_NO_PLACE);

static void respond(struct call *c, uint32_t row)
{
    const struct ad_account *a = ad_account_read(c->world, row);
    struct json *w = admin_object(c, 200);
    simulation_put_id(c, "adAccount", RECORD_AD_ACCOUNT, row);
    json_put_text(w, "externalId", a->external_id);
    json_put_text(w, "state", record_state(c->world, RECORD_AD_ACCOUNT, row));
    simulation_end(c);
}

static void connect(struct call *c, uint32_t space, enum ad_platform platform)
{
    const struct provider *d = provider_with_id(record_provider(c->world, RECORD_SPACE, space));
    struct ad_account spec;
    if (!d->ad_consented) {
        call_issue(c, "/project", "the project's provider has no ad accounts");
        return;
    }
    if (ad_account_of(c->world, space, platform)) {
        call_refuse(c, FAULT_CONFLICT, "the project already has an ad account on %s", ad_platform_texts[platform]);
        return;
    }
    d->ad_consented(c->world, platform, space_read(c->world, space)->name, &spec);
    respond(c, ad_account_connect(c->world, space, &spec));
}

/* Sets the token's status. A renewed token becomes valid at once, without the pending state. */
static bool set_status(struct call *c, uint32_t row, const char *status)
{
    const struct ad_account *a = ad_account_read(c->world, row);
    bool valid = strcmp(status, "valid") == 0, expired = strcmp(status, "expired") == 0;
    if (!valid && !expired && strcmp(status, "revoked") != 0)
        return call_issue(c, "/status", "unknown status '%s'; expected one of: valid, expired, revoked", status);
    if (strcmp(status, ad_token_texts[a->token]) == 0 || (!valid && !ad_account_can(a, AD_LOSES)))
        return call_refuse(c, FAULT_CONFLICT, "the ad account's token is already %s", ad_token_texts[a->token]);
    if (!valid)
        ad_account_lose(c->world, row, expired ? AD_TOKEN_EXPIRED : AD_TOKEN_REVOKED);
    else if (!ad_account_can(a, AD_VALIDATES))
        ad_account_reconnect(c->world, row);
    if (valid && ad_account_can(ad_account_read(c->world, row), AD_VALIDATES))
        ad_account_validate(c->world, row);
    return true;
}

void simulate_ad_account(struct call *c, const void *fields)
{
    const struct ad_simulation *f = fields;
    enum ad_platform platform = (enum ad_platform)f->platform;
    if ((f->status != NULL) + f->connect + f->disconnect != 1) {
        call_issue(c, "", "expected exactly one of 'status', 'connect' and 'disconnect'");
        return;
    }
    uint32_t space = select_space(c, "/project", f->project);
    if (!space)
        return;
    if (f->connect) {
        connect(c, space, platform);
        return;
    }
    uint32_t row = ad_account_of(c->world, space, platform);
    if (!row) {
        call_refuse(c, FAULT_CONFLICT, "the project has no ad account on %s", ad_platform_texts[platform]);
        return;
    }
    if (f->disconnect)
        ad_account_disconnect(c->world, row);
    else if (!set_status(c, row, f->status))
        return;
    respond(c, row);
}
