/* Simulations of accounts: what end users, platforms and the provider's reviewers do with social and ad accounts. */
#include "mockserver/admin/simulate.h"

#include <inttypes.h>
#include <string.h>

#include "base/array.h"
#include "base/enum.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/state/ad_account.h"
#include "mockserver/state/connection.h"
#include "mockserver/state/lease.h"
#include "mockserver/state/post.h"
#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"

#define ACCOUNT_FIELD(of)                                                                                              \
    FIELD("account", FIELD_TEXT, of, account, .required = true, .help = "Account id, or its handle if that is unique.")

/* social accounts */

#define LOSSES(X) X(LOSS_EXPIRED, "expired") X(LOSS_REVOKED, "revoked_upstream")
enum loss { LOSSES(ENUM_NAME) };
static const char *const loss_texts[] = {LOSSES(ENUM_TEXT)};

struct token_lost {
    const char *account;
    int why; /* enum loss */
};

static const struct field token_lost_rows[] = {
    ACCOUNT_FIELD(struct token_lost),
    FIELD("why", FIELD_ENUM, struct token_lost, why, .help = "The token expired, or the platform revoked it.",
          .required = true, .texts = loss_texts, .text_count = COUNT(loss_texts)),
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
    json_put_text(w, "state", record_state_text(RECORD_ACCOUNT, record_state(c->world, RECORD_ACCOUNT, row)));
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
    account_lose_token(c->world, row, f->why == LOSS_REVOKED ? TOKEN_WITHDRAWN : TOKEN_EXPIRED);
    simulation_respond_account(c, row);
}

struct account_connected {
    const char *space, *handle;
    int platform;
    struct field_list scopes;
};

static const struct field account_connected_rows[] = {
    FIELD("space", FIELD_TEXT, struct account_connected, space, .help = "Project or workspace, by id or name.",
          .required = true),
    FIELD("platform", FIELD_ENUM, struct account_connected, platform, .help = "Platform of the account.",
          .required = true, .texts = platform_texts, .text_count = PLATFORM_COUNT),
    FIELD("handle", FIELD_TEXT, struct account_connected, handle, .help = "Handle of the account, with or without @.",
          .required = true),
    FIELD("scopes", FIELD_TEXTS, struct account_connected, scopes, .min = 1,
          .help = "Scopes that the user grants, of those that the platform has by default. Default: all. Without the "
                  "scope that publishing requires, the account is connected, but its posts fail."),
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
    bool limited;
    if (!consent_limited(c, (enum platform)f->platform, NULL, &f->scopes, &limited))
        return;
    consent_user(c, d->id, (enum platform)f->platform, handle, &user);
    user.account.limited = limited;
    simulation_respond_account(c, connection_open(c->world, space, &user));
}

struct account_removed {
    const char *account;
};

static const struct field account_removed_rows[] = {
    ACCOUNT_FIELD(struct account_removed),
};
const struct fields simulate_account_removed_fields =
    FIELD_TABLE("account_removed", account_removed_rows, struct account_removed, FIELDS_NO_PLACE);

void simulate_account_removed(struct call *c, const void *fields)
{
    const struct account_removed *f = fields;
    uint32_t row = simulation_listed_account(c, f->account);
    if (!row)
        return;
    if (provider_with_id(account_read(c->world, row)->provider)->disconnect_removes_from_posts)
        account_leave_posts(c->world, row);
    account_disconnect(c->world, row, DISCONNECT_REMOVED_BY_USER);
    simulation_respond_account(c, row);
}

#define STEP_OUTCOMES(X) X(STEP_FAILS, "fail") X(STEP_SUCCEEDS, "ok")
enum step_outcome { STEP_OUTCOMES(ENUM_NAME) };
static const char *const step_outcome_texts[] = {STEP_OUTCOMES(ENUM_TEXT)};

struct side_effect {
    int step, outcome; /* enum connect_step, enum step_outcome */
};

static const struct field side_effect_rows[] = {
    FIELD("step", FIELD_ENUM, struct side_effect, step, .required = true, .texts = connect_step_texts,
          .text_count = CONNECT_STEP_COUNT,
          .help = "Step that follows a new connection. Only account_layers is a condition of publishing."),
    FIELD("outcome", FIELD_ENUM, struct side_effect, outcome, .required = true, .texts = step_outcome_texts,
          .text_count = COUNT(step_outcome_texts),
          .help = "Outcome of the step's next run. The account is connected either way."),
};
const struct fields simulate_side_effect_fields =
    FIELD_TABLE("side_effect", side_effect_rows, struct side_effect, FIELDS_NO_PLACE);

void simulate_side_effect(struct call *c, const void *fields)
{
    const struct side_effect *f = fields;
    bool fails = f->outcome == STEP_FAILS;
    if (((c->world->connect_steps_fail >> f->step & 1) != 0) == fails) {
        call_refuse(c, FAULT_CONFLICT, "the next run of the step %s already %s", connect_step_texts[f->step],
                    fails ? "fails" : "succeeds");
        return;
    }
    connect_step_set_fails(c->world, (enum connect_step)f->step, fails);
    struct json *w = admin_object(c, 200);
    json_put_text(w, "step", connect_step_texts[f->step]);
    json_put_text(w, "outcome", step_outcome_texts[f->outcome]);
    simulation_end(c);
}

#define HEALTHS(X) X(HEALTHY, "healthy") X(EXPIRED, "expired") X(UNHEALTHY, "unhealthy")
enum health { HEALTHS(ENUM_NAME) };
static const char *const health_texts[] = {HEALTHS(ENUM_TEXT)};

struct health_body {
    const char *account;
    int status; /* enum health */
};

static const struct field health_rows[] = {
    ACCOUNT_FIELD(struct health_body),
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

/* The flag matters only while the token is valid, as in the health that the provider reports. */
static bool has_health(const struct account *a, enum health status)
{
    switch (status) {
    case HEALTHY:
        return account_can_publish(a);
    case EXPIRED:
        return a->token == TOKEN_EXPIRED;
    case UNHEALTHY:
        return a->token == TOKEN_LIVE && a->flagged;
    }
    return false;
}

/* Reconnects the account first, so that it has one reason only not to be healthy. */
static void set_health(struct call *c, uint32_t row, enum health status)
{
    switch (status) {
    case HEALTHY:
        reconnect(c, row);
        break;
    case EXPIRED:
        reconnect(c, row);
        account_lose_token(c->world, row, TOKEN_EXPIRED);
        break;
    case UNHEALTHY:
        reconnect(c, row);
        account_flag(c->world, row);
        break;
    }
}

static const char *with_health(const struct call *c)
{
    struct buf names = {.arena = c->arena};
    for (size_t i = 0; i < provider_count; i++)
        if (providers[i]->has_health)
            buf_printf(&names, "%s%s", names.n ? " and " : "", providers[i]->name);
    return buf_c(&names);
}

void simulate_health(struct call *c, const void *fields)
{
    const struct health_body *f = fields;
    uint32_t row = simulation_listed_account(c, f->account);
    if (!row)
        return;
    const struct provider *d = provider_with_id(account_read(c->world, row)->provider);
    if (!d->has_health) {
        call_issue(c, "/account", "is an account of %s; only %s accounts have a health", d->name, with_health(c));
        return;
    }
    if (has_health(account_read(c->world, row), (enum health)f->status)) {
        call_refuse(c, FAULT_CONFLICT, "the account is already %s", health_texts[f->status]);
        return;
    }
    set_health(c, row, (enum health)f->status);
    struct json *w = admin_object(c, 200);
    simulation_put_id(c, "account", RECORD_ACCOUNT, row);
    json_put_text(w, "status", health_texts[f->status]);
    simulation_end(c);
}

/* leased accounts */

#define DECISIONS(X) X(DECISION_ASSIGNED, "assigned") X(DECISION_PARTIAL, "partial") X(DECISION_REJECTED, "rejected")
enum decision { DECISIONS(ENUM_NAME) };
static const char *const decision_texts[] = {DECISIONS(ENUM_TEXT)};
static const enum lease_state decisions[] = {
    [DECISION_ASSIGNED] = LEASE_ASSIGNED,
    [DECISION_PARTIAL] = LEASE_PARTIAL,
    [DECISION_REJECTED] = LEASE_REJECTED,
};

struct lease_decide {
    const char *request, *project, *remark;
    int outcome;   /* enum decision */
    int64_t count; /* 0: not given */
};

static const struct field lease_decide_rows[] = {
    FIELD("request", FIELD_TEXT, struct lease_decide, request, .help = "Id of the lease request.", .required = true),
    FIELD("project", FIELD_TEXT, struct lease_decide, project,
          .help = "Project of the request, by id or name, if two organizations have a request of that id."),
    FIELD("outcome", FIELD_ENUM, struct lease_decide, outcome, .help = "The decision.", .required = true,
          .texts = decision_texts, .text_count = COUNT(decision_texts)),
    FIELD("count", FIELD_INT, struct lease_decide, count, .min = 1, .max = UINT32_MAX,
          .help = "Number of accounts to assign with `partial`. Default: all that match in the pool, "
                  "at most one less than requested."),
    FIELD("remark", FIELD_TEXT, struct lease_decide, remark, .help = "Remark to the partner."),
};
const struct fields simulate_lease_decide_fields =
    FIELD_TABLE("lease_decide", lease_decide_rows, struct lease_decide, FIELDS_NO_PLACE);

static int64_t count_of(const struct call *c, uint32_t request, enum lease_state outcome, int64_t given)
{
    int64_t requested = lease_request_read(c->world, request)->count;
    if (given)
        return given;
    if (outcome != LEASE_PARTIAL)
        return outcome == LEASE_ASSIGNED ? requested : 0;
    int64_t available = lease_request_matches(c->world, request);
    return available < requested ? available : requested - 1;
}

static void refuse_count(struct call *c, const struct lease_request *r, int64_t count, enum lease_state outcome)
{
    if (outcome != LEASE_PARTIAL)
        call_issue(c, "/count", "'count' is accepted only with the outcome 'partial'");
    else if (count)
        call_issue(c, "/count",
                   "'count' is %" PRId64 "; expected less than %" PRId64 ", the number of accounts requested", count,
                   r->count);
    else
        call_issue(c, "/outcome",
                   r->count > 1 ? "no account in the pool matches the request"
                                : "a request for one account cannot be assigned in part");
}

/* Reports what is requested and which pool accounts are still free. */
static void refuse_pool(struct call *c, uint32_t request, int64_t count)
{
    const struct lease_request *r = lease_request_read(c->world, request);
    struct buf others = {.arena = c->arena};
    for (uint32_t row = 0; world_next(c->world, RECORD_POOL_ACCOUNT, &row);) {
        const struct pool_account *p = pool_account_read(c->world, row);
        if (p->provider == r->provider && !p->account)
            buf_printf(&others, "%s%s (%s, %s)", others.n ? ", " : "", p->handle, p->vertical,
                       p->geo ? p->geo : "anywhere");
    }
    call_issue(c, "/request",
               "%" PRId64 " accounts of '%s' in %s are requested, but only %" PRId64
               " in the pool match; free accounts: %s",
               count, r->vertical, r->geo ? r->geo : "any country", lease_request_matches(c->world, request),
               others.n ? buf_c(&others) : "none");
}

static bool check_decision(struct call *c, uint32_t request, const struct lease_decision *d)
{
    const struct lease_request *r = lease_request_read(c->world, request);
    switch (lease_request_judge(c->world, request, d)) {
    case LEASE_POSSIBLE:
        return true;
    case LEASE_DECIDED_ALREADY:
        return call_refuse(c, FAULT_CONFLICT, "the request is already decided: %s", lease_state_texts[r->state]);
    case LEASE_WRONG_COUNT:
        refuse_count(c, r, d->count, d->outcome);
        break;
    case LEASE_POOL_TOO_SMALL:
        refuse_pool(c, request, d->count);
        break;
    }
    return false;
}

void simulate_lease_decide(struct call *c, const void *fields)
{
    const struct lease_decide *f = fields;
    uint32_t project = f->project ? select_space(c, "/project", f->project) : ROW_NONE;
    uint32_t row = c->fault ? ROW_NONE : select_lease_request(c, "/request", f->request, project);
    if (!row)
        return;
    enum lease_state outcome = decisions[f->outcome];
    int provider = lease_request_read(c->world, row)->provider;
    const struct lease_decision decision = {
        .outcome = outcome,
        .count = count_of(c, row, outcome, f->count),
        .remark = f->remark,
        .id_prefix = provider_with_id(provider)->account_prefix,
    };
    if (!check_decision(c, row, &decision))
        return;
    lease_request_decide(c->world, row, &decision);
    struct json *w = admin_object(c, 200);
    simulation_put_id(c, "request", RECORD_LEASE_REQUEST, row);
    json_put_text(w, "state", lease_state_texts[outcome]);
    struct index_walk walk;
    index_from(&c->world->indexes[INDEX_ACCOUNT_REQUEST], &walk, (struct index_entry){row, INT64_MIN, 0});
    json_key_list(w, "accounts");
    while (index_next_of(&walk, row))
        json_text(w, account_read(c->world, walk.entry.row)->public_id);
    json_close_list(w);
    simulation_end(c);
}

/* ad accounts */

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

static void respond_ad_account(struct call *c, uint32_t row)
{
    const struct ad_account *a = ad_account_read(c->world, row);
    struct json *w = admin_object(c, 200);
    simulation_put_id(c, "adAccount", RECORD_AD_ACCOUNT, row);
    json_put_text(w, "externalId", a->external_id);
    json_put_text(w, "state", record_state_text(RECORD_AD_ACCOUNT, record_state(c->world, RECORD_AD_ACCOUNT, row)));
    simulation_end(c);
}

static void connect_ad_account(struct call *c, uint32_t space, enum ad_platform platform)
{
    const struct provider *d = provider_with_id(record_provider(c->world, RECORD_SPACE, space));
    struct ad_account spec;
    if (ad_account_of(c->world, space, platform)) {
        call_refuse(c, FAULT_CONFLICT, "the project already has an ad account on %s", ad_platform_texts[platform]);
        return;
    }
    d->ad_consented(c->world, platform, space_read(c->world, space)->name, &spec);
    respond_ad_account(c, ad_account_connect(c->world, space, &spec));
}

/* Sets the token's status. A renewed token becomes valid at once, without the pending state. */
static bool set_token_status(struct call *c, uint32_t row, const char *status)
{
    const struct ad_account *a = ad_account_read(c->world, row);
    static const enum ad_token settable[] = {AD_TOKEN_VALID, AD_TOKEN_EXPIRED, AD_TOKEN_REVOKED};
    enum ad_token wanted = AD_TOKEN_COUNT;
    for (size_t i = 0; i < COUNT(settable); i++)
        if (strcmp(status, ad_token_texts[settable[i]]) == 0)
            wanted = settable[i];
    bool valid = wanted == AD_TOKEN_VALID;
    if (wanted == AD_TOKEN_COUNT)
        return call_issue(c, "/status", "unknown status '%s'; expected one of: valid, expired, revoked", status);
    if (wanted == a->token || (!valid && !ad_account_can(a, AD_LOSES)))
        return call_refuse(c, FAULT_CONFLICT, "the ad account's token is already %s", ad_token_texts[a->token]);
    if (!valid)
        ad_account_lose(c->world, row, wanted);
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
    const struct provider *d = provider_with_id(record_provider(c->world, RECORD_SPACE, space));
    if (!d->ad_consented) {
        call_issue(c, "/project", "is of %s; the provider has no ad accounts", d->title);
        return;
    }
    if (f->connect) {
        connect_ad_account(c, space, platform);
        return;
    }
    uint32_t row = ad_account_of(c->world, space, platform);
    if (!row) {
        call_refuse(c, FAULT_CONFLICT, "the project has no ad account on %s", ad_platform_texts[platform]);
        return;
    }
    if (f->disconnect)
        ad_account_disconnect(c->world, row);
    else if (!set_token_status(c, row, f->status))
        return;
    respond_ad_account(c, row);
}
