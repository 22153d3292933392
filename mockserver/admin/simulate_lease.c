/* Decides a lease request, as the provider's reviewers do. */
#include "base/array.h"
#include "mockserver/admin/simulate.h"

#include <inttypes.h>

#include "mockserver/provider_api/provider.h"
#include "mockserver/state/lease.h"

static const char *const decision_texts[] = {"assigned", "partial", "rejected"};
static const enum lease_state decisions[] = {LEASE_ASSIGNED, LEASE_PARTIAL, LEASE_REJECTED};

struct lease_decide {
    const char *request, *project, *remark;
    int outcome;
    int64_t count; /* 0: not given */
};

static const struct field lease_decide_rows[] = {
    FIELD("request", FIELD_TEXT, struct lease_decide, request, .help = "Id of the lease request.", .required = true),
    FIELD("project", FIELD_TEXT, struct lease_decide, project,
          .help = "Project of the request, by id or name, if two organizations have a request of that "
                  "id."),
    FIELD("outcome", FIELD_ENUM, struct lease_decide, outcome, .help = "The decision.", .required = true,
          .texts = decision_texts, .text_count = COUNT(decisions)),
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
    for (uint32_t row = 1; row <= world_count(c->world, RECORD_POOL_ACCOUNT); row++) {
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
        .id_prefix = provider_with_id(provider)->account_prefix(),
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
