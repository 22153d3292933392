/* The health of a PostEverywhere account: healthy, expired or unhealthy. */
#include "base/array.h"
#include "mockserver/admin/simulate.h"

#include "mockserver/admin/consent.h"
#include "mockserver/provider_api/provider.h"

enum health { HEALTHY, EXPIRED, UNHEALTHY };
static const char *const health_texts[] = {"healthy", "expired", "unhealthy"};

struct health_body {
    const char *account;
    int status;
};

static const struct field health_rows[] = {
    FIELD("account", FIELD_TEXT, struct health_body, account, .help = "Account id, or its handle if that is unique.",
          .required = true),
    FIELD("status", FIELD_ENUM, struct health_body, status, .required = true, .texts = health_texts,
          .text_count = COUNT(health_texts),
          .help = "`healthy`: the account has a new token. `expired`: its token expired. "
                  "`unhealthy`: the platform flagged the account."),
};
const struct fields simulate_health_fields = FIELD_TABLE("health", health_rows, struct health_body, FIELDS_NO_PLACE);

static void reconnect(struct call *c, uint32_t row)
{
    const struct account *a = account_read(c->world, row);
    struct connection user;
    if (account_can_publish(a))
        return;
    consent_user(c, a->provider, a->platform, a->handle, &user);
    account_reconnect(c->world, row, user.account.token_expires_at_ms);
}

/* Reconnects the account first, so that it has one reason only not to be healthy. */
static void set_health(struct call *c, uint32_t row, enum health status)
{
    switch (status) {
    case HEALTHY:
        reconnect(c, row);
        break;
    case EXPIRED:
        if (account_read(c->world, row)->token == TOKEN_EXPIRED)
            break;
        reconnect(c, row);
        account_lose_token(c->world, row, TOKEN_EXPIRED);
        break;
    case UNHEALTHY:
        if (account_read(c->world, row)->flagged)
            break;
        reconnect(c, row);
        account_flag(c->world, row);
        break;
    }
}

void simulate_health(struct call *c, const void *fields)
{
    const struct health_body *f = fields;
    uint32_t row = simulation_listed_account(c, f->account);
    if (!row)
        return;
    const struct provider *d = provider_with_id(account_read(c->world, row)->provider);
    if (!str_is(str_from(d->name), "posteverywhere")) {
        call_issue(c, "/account", "is an account of %s; only posteverywhere accounts have a health", d->name);
        return;
    }
    set_health(c, row, (enum health)f->status);
    struct json *w = admin_object(c, 200);
    simulation_put_id(c, "account", RECORD_ACCOUNT, row);
    json_put_text(w, "status", health_texts[f->status]);
    simulation_end(c);
}
