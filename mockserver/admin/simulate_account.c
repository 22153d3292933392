/* Account simulations: end-user actions, loss of a token, side effects of a connection. */
#include "base/array.h"
#include "mockserver/admin/simulate.h"

#include "mockserver/admin/consent.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/state/connection.h"
#include "mockserver/state/post.h"
#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"

struct consent {
    const char *state, *handle;
    int outcome;
};

static const struct field consent_rows[] = {
    FIELD("state", FIELD_TEXT, struct consent, state, .help = "State token of the OAuth attempt.", .required = true),
    FIELD("outcome", FIELD_ENUM, struct consent, outcome, .help = "What the end user does.", .required = true,
          .texts = consent_outcome_texts, .text_count = CONSENT_OUTCOME_COUNT),
    FIELD("handle", FIELD_TEXT, struct consent, handle,
          .help = "Handle of the consenting user; to sign in a program, the name of a key. Default: "
                  "generated, or the account's own handle if it is reconnected."),
};
const struct fields simulate_consent_fields = FIELD_TABLE("consent", consent_rows, struct consent, FIELDS_NO_PLACE);

void simulate_consent(struct call *c, const void *fields)
{
    const struct consent *f = fields;
    uint32_t row = select_attempt(c, "/state", f->state);
    if (!row || !consent_give(c, row, (enum consent_outcome)f->outcome, f->handle))
        return;
    const struct oauth_attempt *a = oauth_attempt_read(c->world, row);
    const char *redirect = consent_redirect(c, row);
    struct json *w = admin_object(c, 200);
    json_put_text(w, "redirect", redirect);
    json_put_text(w, "state", a->token);
    json_put_text(w, "status", oauth_attempt_state_texts[a->state]);
    simulation_put_id(c, "account", RECORD_ACCOUNT, a->account);
    if (a->kind == OAUTH_ATTEMPT_FOR_ADS)
        simulation_put_id(c, "adAccount", RECORD_AD_ACCOUNT, a->ad_account);
    simulation_end(c);
}

static const char *const why_texts[] = {"expired", "revoked_upstream"};

struct token_lost {
    const char *account;
    int why;
};

static const struct field token_lost_rows[] = {
    FIELD("account", FIELD_TEXT, struct token_lost, account, .help = "Account id, or its handle if that is unique.",
          .required = true),
    FIELD("why", FIELD_ENUM, struct token_lost, why, .help = "The token expired, or the platform revoked it.",
          .required = true, .texts = why_texts, .text_count = COUNT(why_texts)),
};
const struct fields simulate_token_lost_fields =
    FIELD_TABLE("token_lost", token_lost_rows, struct token_lost, FIELDS_NO_PLACE);

uint32_t simulation_listed_account(struct call *c, const char *who)
{
    uint32_t row = select_account(c, "/account", who);
    if (!row || account_is_listed(account_read(c->world, row)))
        return row;
    call_refuse(c, FAULT_CONFLICT, "the account is already disconnected");
    return ROW_NONE;
}

void simulation_respond_account(struct call *c, uint32_t row)
{
    struct json *w = admin_object(c, 200);
    simulation_put_id(c, "account", RECORD_ACCOUNT, row);
    json_put_text(w, "state", record_state(c->world, RECORD_ACCOUNT, row));
    simulation_end(c);
}

void simulate_token_lost(struct call *c, const void *fields)
{
    const struct token_lost *f = fields;
    uint32_t row = simulation_listed_account(c, f->account);
    if (!row)
        return;
    const struct account *a = account_read(c->world, row);
    if (a->token != TOKEN_LIVE) {
        call_refuse(c, FAULT_CONFLICT, "the account's token is already lost: %s", token_texts[a->token]);
        return;
    }
    account_lose_token(c->world, row, f->why ? TOKEN_WITHDRAWN : TOKEN_EXPIRED);
    simulation_respond_account(c, row);
}

struct account_connected {
    const char *space, *handle;
    int platform;
};

static const struct field account_connected_rows[] = {
    FIELD("space", FIELD_TEXT, struct account_connected, space, .help = "Project or workspace, by id or name.",
          .required = true),
    FIELD("platform", FIELD_ENUM, struct account_connected, platform, .help = "Platform of the account.",
          .required = true, .texts = platform_texts, .text_count = PLATFORM_COUNT),
    FIELD("handle", FIELD_TEXT, struct account_connected, handle, .help = "Handle of the account, with or without @.",
          .required = true),
};
const struct fields simulate_account_connected_fields =
    FIELD_TABLE("account_connected", account_connected_rows, struct account_connected, FIELDS_NO_PLACE);

void simulate_account_connected(struct call *c, const void *fields)
{
    const struct account_connected *f = fields;
    uint32_t space = select_space(c, "/space", f->space);
    const char *handle = consent_read_handle(c, f->handle);
    if (!handle)
        call_issue(c, "/handle", "invalid handle '%s'; expected 1 to %d bytes without blanks", f->handle,
                   CONSENT_HANDLE_MAX);
    if (!space || !handle)
        return;
    const struct provider *d = provider_with_id(space_provider(c->world, space));
    if (!(d->platforms >> f->platform & 1)) {
        call_issue(c, "/platform", "%s does not support the platform '%s'", d->name, platform_texts[f->platform]);
        return;
    }
    struct connection user;
    consent_user(c, d->id, (enum platform)f->platform, handle, &user);
    simulation_respond_account(c, connection_open(c->world, space, &user));
}

struct account_removed {
    const char *account;
};

static const struct field account_removed_rows[] = {
    FIELD("account", FIELD_TEXT, struct account_removed, account,
          .help = "Account id, or its handle if that is unique.", .required = true),
};
const struct fields simulate_account_removed_fields =
    FIELD_TABLE("account_removed", account_removed_rows, struct account_removed, FIELDS_NO_PLACE);

void simulate_account_removed(struct call *c, const void *fields)
{
    const struct account_removed *f = fields;
    uint32_t row = simulation_listed_account(c, f->account);
    if (!row)
        return;
    if (provider_with_id(account_read(c->world, row)->provider)->leaves_posts)
        account_leave_posts(c->world, row);
    account_disconnect(c->world, row, DISCONNECT_REMOVED_BY_USER);
    simulation_respond_account(c, row);
}

static const char *const step_outcome_texts[] = {"fail", "ok"};

struct side_effect {
    int step, outcome;
};

static const struct field side_effect_rows[] = {
    FIELD("step", FIELD_ENUM, struct side_effect, step, .required = true, .texts = connect_step_texts,
          .text_count = CONNECT_STEP_COUNT, .help = "Step that follows a new connection."),
    FIELD("outcome", FIELD_ENUM, struct side_effect, outcome, .required = true, .texts = step_outcome_texts,
          .text_count = COUNT(step_outcome_texts),
          .help = "Outcome of the step's next run. The account is connected either way."),
};
const struct fields simulate_side_effect_fields =
    FIELD_TABLE("side_effect", side_effect_rows, struct side_effect, FIELDS_NO_PLACE);

void simulate_side_effect(struct call *c, const void *fields)
{
    const struct side_effect *f = fields;
    connect_step_set_fails(c->world, (enum connect_step)f->step, f->outcome == 0);
    struct json *w = admin_object(c, 200);
    json_put_text(w, "step", connect_step_texts[f->step]);
    json_put_text(w, "outcome", step_outcome_texts[f->outcome]);
    simulation_end(c);
}
