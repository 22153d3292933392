/* Tests of leased accounts, from request to release, with fixtures/layers-acme.yaml. */
#include "base/array.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/layers_test.h"

#include <stdio.h>
#include <string.h>

#include "mockserver/tests/state_test.h"

#define REQUEST  "POST /v1/projects/prj_acme_a/leased-accounts/request"
#define REQUESTS "GET /v1/projects/prj_acme_a/leased-accounts/requests/"
#define LEASES   "GET /v1/projects/prj_acme_a/leased-accounts"

static const char *json(struct mock *m, const char *text)
{
    char *copy = arena_text(&m->arena, text);
    for (char *c = copy; *c; c++)
        if (*c == '\'')
            *c = '"';
    return copy;
}

static struct mock_response request_lease(struct mock *m, const char *body)
{
    return mock_call(m, REQUEST, json(m, body), AS_FULL);
}

static struct mock_response decide(struct mock *m, const char *body)
{
    return mock_call(m, "POST /__admin/simulate/lease_decide", json(m, body));
}

static struct mock_response advance(struct mock *m, const char *body)
{
    return mock_call(m, "POST /__admin/clock/advance", json(m, body));
}

static struct mock_response call_with(struct mock *m, const char *line, const char *rest)
{
    return mock_call(m, arena_printf(&m->arena, "%s%s", line, rest), NULL, AS_FULL);
}

static const char *list_members(struct mock_response a, const char *list, const char *key)
{
    struct buf out = {.arena = a.arena};
    const struct node *items = node_get(a.body, list);
    for (size_t i = 0; i < node_count(items); i++)
        buf_printf(&out, "%s%s", i ? " " : "", node_get_text(node_at(items, i), key));
    return buf_c(&out);
}

/* "Social accounts", Leased accounts: the sample request, with another project. */
static void the_documented_request_is_accepted(void **state)
{
    struct mock_response a = request_lease(*state, "{'projectId':'prj_acme_a','count':3,'niche':{"
                                                   "'vertical':'fitness','audience':'25-40 women',"
                                                   "'language':'en-US','geo':['US','CA']},"
                                                   "'note':'Product launch the first week of May'}");
    assert_int_equal(a.status, 202);
    assert_int_equal(node_count(a.body), 3);
    assert_true(str_starts(str_from(at(a, "/requestId")), STR("lreq_")));
    assert_string_equal(at(a, "/status"), "requested");
    assert_string_equal(at(a, "/submittedAt"), "2026-05-02T09:00:00.000Z");
    struct mock_response r = call_with(*state, REQUESTS, at(a, "/requestId"));
    assert_int_equal(r.status, 200);
    assert_int_equal(node_count(r.body), 7);
    assert_string_equal(at(r, "/requestId"), at(a, "/requestId"));
    assert_string_equal(at(r, "/projectId"), "prj_acme_a");
    assert_string_equal(at(r, "/status"), "requested");
    assert_string_equal(at(r, "/submittedAt"), at(a, "/submittedAt"));
    assert_string_equal(at(r, "/assignedAt"), "null");
    assert_string_equal(at(r, "/assignedSocialAccountIds"), "[]");
    assert_string_equal(at(r, "/note"), "null"); /* the reviewers' note, not the partner's */
    assert_int_equal(world_count(mock_test_world(*state), RECORD_WALLET_ENTRY), 0);
}

static void a_request_id_can_be_used_once(void **state)
{
    static const char body[] = "{'projectId':'prj_acme_a','count':1,'requestId':'mine-1',"
                               "'niche':{'vertical':'fitness'},'target':{'launch':'May'}}";
    assert_string_equal(at(request_lease(*state, body), "/requestId"), "mine-1");
    assert_int_equal(mock_call(*state, (REQUESTS "mine-1"), NULL, AS_FULL).status, 200);
    assert_refused(request_lease(*state, body), 409, "CONFLICT");
    assert_int_equal(world_count(mock_test_world(*state), RECORD_LEASE_REQUEST), 2);
}

static void another_organization_may_have_the_same_id(void **state)
{
    static const char *const keys[] = {AS_FULL, AS_OTHER}, *const projects[] = {"prj_acme_a", "prj_other"};
    for (size_t i = 0; i < 2; i++) {
        const char *line =
            arena_printf(&((struct mock *)*state)->arena, "POST /v1/projects/%s/leased-accounts/request", projects[i]);
        const char *body = arena_printf(&((struct mock *)*state)->arena,
                                        "{'projectId':'%s','count':%d,'requestId':'mine-1','niche':{'vertical':'x'}}",
                                        projects[i], (int)i + 1);
        assert_int_equal(mock_call(*state, line, json(*state, body), keys[i]).status, 202);
        assert_refused(mock_call(*state, line, json(*state, body), keys[i]), 409, "CONFLICT");
    }
    assert_string_equal(at(mock_call(*state, (REQUESTS "mine-1"), NULL, AS_FULL), "/projectId"), "prj_acme_a");
    struct mock_response both = decide(*state, "{'request':'mine-1','outcome':'rejected'}");
    assert_int_equal(both.status, 422);
    assert_string_equal(at(both, "/pointer"), "/request");
    assert_non_null(strstr(at(both, "/detail"), "prj_acme_a, prj_other"));
    assert_int_equal(decide(*state, "{'request':'mine-1','project':'prj_other','outcome':'rejected'}").status, 200);
    assert_string_equal(at(mock_call(*state, (REQUESTS "mine-1"), NULL, AS_FULL), "/status"), "requested");
    assert_int_equal(decide(*state, "{'request':'mine-1','project':'prj_acme_b','outcome':'rejected'}").status, 422);
}

static void an_invalid_request_is_a_validation_error(void **state)
{
#define FITNESS "'niche':{'vertical':'fitness'}"
    static const struct {
        const char *body, *path;
    } rows[] = {
        {"{'count':1," FITNESS "}",                                                             "projectId"     },
        {"{'projectId':'prj_acme_b','count':1," FITNESS "}",                                    "projectId"     },
        {"{'projectId':7,'count':1," FITNESS "}",                                               "projectId"     },
        {"{'projectId':'prj_acme_a'," FITNESS "}",                                              "count"         },
        {"{'projectId':'prj_acme_a','count':0," FITNESS "}",                                    "count"         },
        {"{'projectId':'prj_acme_a','count':51," FITNESS "}",                                   "count"         },
        {"{'projectId':'prj_acme_a','count':1.5," FITNESS "}",                                  "count"         },
        {"{'projectId':'prj_acme_a','count':'3'," FITNESS "}",                                  "count"         },
        {"{'projectId':'prj_acme_a','count':1}",                                                "niche"         },
        {"{'projectId':'prj_acme_a','count':1,'niche':'fitness'}",                              "niche"         },
        {"{'projectId':'prj_acme_a','count':1,'niche':{}}",                                     "niche.vertical"},
        {"{'projectId':'prj_acme_a','count':1,'niche':{'vertical':''}}",                        "niche.vertical"},
        {"{'projectId':'prj_acme_a','count':1,'niche':{'vertical':'x','mood':'y'}}",            "niche.mood"    },
        {"{'projectId':'prj_acme_a','count':1,'niche':{'vertical':'x','language':'english!'}}", "niche.language"},
        {"{'projectId':'prj_acme_a','count':1,'niche':{'vertical':'x','language':'e'}}",        "niche.language"},
        {"{'projectId':'prj_acme_a','count':1,'niche':{'vertical':'x','language':'english'}}",  "niche.language"},
        {"{'projectId':'prj_acme_a','count':1,'niche':{'vertical':'x','language':'en_US'}}",    "niche.language"},
        {"{'projectId':'prj_acme_a','count':1,'niche':{'vertical':'x','language':'en--US'}}",   "niche.language"},
        {"{'projectId':'prj_acme_a','count':1,'niche':{'vertical':'x','language':'en-'}}",      "niche.language"},
        {"{'projectId':'prj_acme_a','count':1,'niche':{'vertical':'x','geo':'US'}}",            "niche.geo"     },
        {"{'projectId':'prj_acme_a','count':1,'niche':{'vertical':'x','geo':['US','usa']}}",    "niche.geo[1]"  },
        {"{'projectId':'prj_acme_a','count':1,'niche':{'vertical':'x','geo':['us']}}",          "niche.geo[0]"  },
        {"{'projectId':'prj_acme_a','count':1,'niche':{'vertical':'x','geo':['GB','UK']}}",     "niche.geo[1]"  },
        {"{'projectId':'prj_acme_a','count':1,'niche':{'vertical':'x','geo':['D ']}}",          "niche.geo[0]"  },
        {"{'projectId':'prj_acme_a','count':1," FITNESS ",'requestId':''}",                     "requestId"     },
        {"{'projectId':'prj_acme_a','count':1," FITNESS ",'budget':1}",                         "budget"        },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = request_lease(*state, rows[i].body);
        assert_refused(a, 422, "VALIDATION");
        assert_string_equal(at(a, "/error/details/issues/0/path"), rows[i].path);
    }
    assert_int_equal(world_count(mock_test_world(*state), RECORD_LEASE_REQUEST), 1);
}

static void a_note_has_at_most_2000_characters(void **state)
{
    for (int n = 2000; n <= 2001; n++) {
        char body[2200];
        snprintf(body, sizeof body, "{'projectId':'prj_acme_a','count':50," FITNESS ",'note':'%0*d'}", n, 1);
        assert_int_equal(request_lease(*state, body).status, n == 2000 ? 202 : 422);
    }
}

static void well_formed_languages_and_countries_are_accepted(void **state)
{
    static const char *const niches[] = {
        "'language':'en'", "'language':'en-US'", "'language':'zh-Hant-TW'", "'language':'de-DE-1996'",
        "'geo':[]",        "'geo':['US']",       "'geo':['AD','GB','ZW']",  "'language':'fil'",
    };
    for (size_t i = 0; i < COUNT(niches); i++) {
        char body[256];
        snprintf(body, sizeof body, "{'projectId':'prj_acme_a','count':1,'niche':{'vertical':'x',%s}}", niches[i]);
        assert_int_equal(request_lease(*state, body).status, 202);
    }
}

static void assigned_accounts_are_in_both_lists(void **state)
{
    struct mock_response simulated =
        decide(*state, "{'request':'lreq_acme_open','outcome':'assigned','remark':'Enjoy.'}");
    assert_int_equal(simulated.status, 200);
    assert_string_equal(at(simulated, "/state"), "assigned");
    const char *first = at(simulated, "/accounts/0"), *second = at(simulated, "/accounts/1");
    assert_true(str_starts(str_from(first), STR("sa_")));

    struct mock_response r = mock_call(*state, (REQUESTS "lreq_acme_open"), NULL, AS_FULL);
    assert_string_equal(at(r, "/status"), "assigned");
    assert_string_equal(at(r, "/submittedAt"), "2026-05-01T09:00:00.000Z");
    assert_string_equal(at(r, "/assignedAt"), "2026-05-02T09:00:00Z");
    assert_string_equal(at(r, "/assignedSocialAccountIds/0"), first);
    assert_string_equal(at(r, "/assignedSocialAccountIds/1"), second);
    assert_null(at(r, "/assignedSocialAccountIds/2"));
    assert_string_equal(at(r, "/note"), "Enjoy.");

    struct mock_response social =
        mock_call(*state, "GET /v1/projects/prj_acme_a/social-accounts?leased=true", NULL, AS_FULL);
    assert_string_equal(list_members(social, "items", "handle"), "fit.daily lift.log coffee.reviews.daily");
    assert_string_equal(at(social, "/items/0/platform"), "tiktok");
    assert_string_equal(at(social, "/items/0/status"), "connected");
    assert_string_equal(at(social, "/items/0/tokenExpiresAt"), "null");

    struct mock_response leases = mock_call(*state, LEASES, NULL, AS_FULL);
    assert_string_equal(list_members(leases, "items", "handle"), "fit.daily lift.log coffee.reviews.daily");
    assert_int_equal(node_count(node_at(node_get(leases.body, "items"), 0)), 9);
    assert_string_equal(at(leases, "/items/0/socialAccountId"), first);
    assert_string_equal(at(leases, "/items/0/projectId"), "prj_acme_a");
    assert_string_equal(at(leases, "/items/0/platform"), "tiktok");
    assert_string_equal(at(leases, "/items/0/followers"), "18200");
    assert_string_equal(at(leases, "/items/0/status"), "assigned");
    assert_string_equal(at(leases, "/items/0/assignedAt"), "2026-05-02T09:00:00Z");
    assert_string_equal(at(leases, "/items/0/nextRenewalAt"), "2026-06-02T09:00:00Z");
    assert_string_equal(at(leases, "/items/0/monthlyPriceCents"), "15000");
    assert_string_equal(at(leases, "/items/2/assignedAt"), "2026-04-12T09:00:00Z");
    assert_string_equal(at(leases, "/items/2/nextRenewalAt"), "2026-05-12T09:00:00Z");
    assert_string_equal(at(leases, "/nextCursor"), "null");
}

static void billing_starts_with_the_assignment_and_stops_with_the_release(void **state)
{
    const struct world *w = mock_test_world(*state);
    struct mock_response simulated = decide(*state, "{'request':'lreq_acme_open','outcome':'assigned'}");
    assert_int_equal(world_count(w, RECORD_WALLET_ENTRY), 2);
    struct mock_response wallet = mock_call(*state, "GET /__admin/state/wallet", NULL);
    assert_string_equal(at(wallet, "/items/0/organization"), "org_acme");
    assert_string_equal(at(wallet, "/items/0/account"), at(simulated, "/accounts/0"));
    assert_string_equal(at(wallet, "/items/0/cents"), "-15000");
    assert_string_equal(at(wallet, "/items/1/cents"), "-12000");
    assert_string_equal(at(wallet, "/items/0/what"), "lease_assignment");

    advance(*state, "{'to':'2026-05-20T00:00:00Z'}"); /* renews the fixture's leased account */
    assert_int_equal(world_count(w, RECORD_WALLET_ENTRY), 3);
    struct mock_response a = call_with(*state, "DELETE /v1/leased-accounts/", at(simulated, "/accounts/0"));
    assert_int_equal(a.status, 200);
    assert_int_equal(node_count(a.body), 4);
    assert_string_equal(at(a, "/socialAccountId"), at(simulated, "/accounts/0"));
    assert_string_equal(at(a, "/status"), "disconnected");
    assert_string_equal(at(a, "/disconnectedReason"), "released_by_partner");
    assert_string_equal(at(a, "/disconnectedAt"), "2026-05-20T00:00:00Z");
    assert_int_equal(world_count(w, RECORD_WALLET_ENTRY), 3); /* no refund */
    advance(*state, "{'to':'2026-06-02T09:00:00Z'}");
    assert_int_equal(world_count(w, RECORD_WALLET_ENTRY), 4);
    wallet = mock_call(*state, "GET /__admin/state/wallet", NULL);
    assert_string_equal(at(wallet, "/items/3/account"), at(simulated, "/accounts/1"));
    assert_string_equal(at(wallet, "/items/3/what"), "lease_renewal");
    assert_string_equal(at(wallet, "/items/3/at"), "2026-06-02T09:00:00.000Z");
}

static void a_release_cancels_queued_posts_and_frees_the_pool_account(void **state)
{
    struct mock_response a =
        mock_call(*state, "DELETE /v1/leased-accounts/sa_acme_leased", "{\"reason\":\"Enough.\"}", AS_FULL);
    assert_int_equal(a.status, 200);
    struct mock_response post = mock_call(*state, "GET /v1/scheduled-posts/sp_queued_leased", NULL, AS_FULL);
    assert_string_equal(at(post, "/status"), "canceled");
    assert_string_equal(at(mock_call(*state, "GET /__admin/state/lease_pool/coffee.reviews.daily", NULL), "/account"),
                        "null");
    assert_string_equal(list_members(mock_call(*state, LEASES, NULL, AS_FULL), "items", "handle"), "");
    struct mock_response gone = mock_call(*state, (LEASES "?status=disconnected"), NULL, AS_FULL);
    assert_string_equal(list_members(gone, "items", "handle"), "coffee.reviews.daily");
    assert_string_equal(at(gone, "/items/0/status"), "disconnected");
    assert_string_equal(at(gone, "/items/0/nextRenewalAt"), "null");
    assert_refused(mock_call(*state, "DELETE /v1/leased-accounts/sa_acme_leased", NULL, AS_FULL), 404, "NOT_FOUND");
}

/* "Social accounts", Revocation: revoking a leased account also releases it. */
static void revoking_a_leased_account_releases_it(void **state)
{
    struct mock_response a = mock_call(*state, "DELETE /v1/social-accounts/sa_acme_leased", NULL, AS_FULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/canceledScheduledPosts"), "1");
    assert_string_equal(at(mock_call(*state, "GET /__admin/state/lease_pool/coffee.reviews.daily", NULL), "/account"),
                        "null");
    advance(*state, "{'by':'40d'}");
    assert_int_equal(world_count(mock_test_world(*state), RECORD_WALLET_ENTRY), 0);
}

static void a_decision_is_final(void **state)
{
    static const char *const outcomes[] = {"assigned", "partial", "rejected"};
    for (size_t i = 0; i < 3; i++)
        for (size_t next = 0; next < 3; next++) {
            assert_int_equal(layers_test_setup(state), 0);
            struct mock *m = *state;
            char body[128];
            snprintf(body, sizeof body, "{'request':'lreq_acme_open','outcome':'%s'}", outcomes[i]);
            struct mock_response a = decide(m, body);
            assert_int_equal(a.status, 200);
            assert_string_equal(at(a, "/state"), outcomes[i]);
            struct mock_response r = mock_call(m, (REQUESTS "lreq_acme_open"), NULL, AS_FULL);
            assert_string_equal(at(r, "/status"), outcomes[i]);
            assert_int_equal(node_count(node_get(r.body, "assignedSocialAccountIds")), 2 - i);
            assert_string_equal(at(r, "/assignedAt"), i == 2 ? "null" : "2026-05-02T09:00:00Z");
            const char *before = dump_world(&m->arena, mock_test_world(m));
            snprintf(body, sizeof body, "{'request':'lreq_acme_open','outcome':'%s'}", outcomes[next]);
            assert_int_equal(decide(m, body).status, 409);
            assert_string_equal(dump_world(&m->arena, mock_test_world(m)), before);
            mock_free(m);
        }
}

static void an_invalid_decision_changes_nothing(void **state)
{
    /* clang-format off */
    static const struct {
        const char *body, *pointer, *words;
    } rows[] = {
        {"{'request':'lreq_acme_opne','outcome':'assigned'}",           "/request", "no lease request"},
        {"{'request':'lreq_acme_open','outcome':'maybe'}",              "/outcome", "assigned"},
        {"{'request':'lreq_acme_open','outcome':'assigned','count':1}", "/count",   "partial"},
        {"{'request':'lreq_acme_open','outcome':'rejected','count':1}", "/count",   "partial"},
        {"{'request':'lreq_acme_open','outcome':'partial','count':2}",  "/count",   "less than 2"},
        {"{'request':'lreq_big','outcome':'assigned'}",                 "/request",
         "10 accounts of 'fitness' in US are requested, but only 2 in the pool match"},
        {"{'request':'lreq_big','outcome':'partial','count':3}", "/request", "free accounts: fit.daily (fitness, US)"},
        {"{'request':'lreq_odd','outcome':'partial'}",                  "/outcome", "no account in"},
        {"{'request':'lreq_one','outcome':'partial'}",                  "/outcome", "assigned in part"},
    };
    /* clang-format on */
    struct mock *m = *state;
    request_lease(m, "{'projectId':'prj_acme_a','count':10,'requestId':'lreq_big',"
                     "'niche':{'vertical':'fitness','geo':['US']}}");
    request_lease(m, "{'projectId':'prj_acme_a','count':2,'requestId':'lreq_odd',"
                     "'niche':{'vertical':'knitting'}}");
    request_lease(m, "{'projectId':'prj_acme_a','count':1,'requestId':'lreq_one'," FITNESS "}");
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *before = dump_world(&m->arena, mock_test_world(m));
        struct mock_response a = decide(m, rows[i].body);
        assert_int_equal(a.status, 422);
        assert_string_equal(at(a, "/pointer"), rows[i].pointer);
        assert_non_null(strstr(at(a, "/detail"), rows[i].words));
        assert_string_equal(dump_world(&m->arena, mock_test_world(m)), before);
    }
    struct mock_response part = decide(m, "{'request':'lreq_big','outcome':'partial'}");
    assert_int_equal(part.status, 200); /* assigns the accounts that the pool has */
    assert_int_equal(node_count(node_get(part.body, "accounts")), 2);
}

static void leases_of_an_organization_are_listed_page_by_page(void **state)
{
    struct mock *m = *state;
    mock_call(m, "POST /v1/projects/prj_acme_b/leased-accounts/request",
              json(m, "{'projectId':'prj_acme_b','count':1,'requestId':'b1',"
                      "'niche':{'vertical':'fitness','geo':['GB']}}"),
              AS_FULL);
    decide(m, "{'request':'b1','outcome':'assigned'}");
    decide(m, "{'request':'lreq_acme_open','outcome':'assigned'}");
    const char *const everyone = "form.check fit.daily lift.log coffee.reviews.daily";
    struct mock_response all = mock_call(m, "GET /v1/leased-accounts", NULL, AS_FULL);
    assert_string_equal(list_members(all, "items", "handle"), everyone);
    assert_string_equal(at(all, "/items/0/projectId"), "prj_acme_b");
    struct mock_response b = mock_call(m, "GET /v1/projects/prj_acme_b/leased-accounts", NULL, AS_FULL);
    assert_string_equal(list_members(b, "items", "handle"), "form.check");
    struct mock_response other = mock_call(m, "GET /v1/leased-accounts", NULL, AS_OTHER);
    assert_string_equal(list_members(other, "items", "handle"), "");

    struct buf seen = {.arena = &m->arena};
    const char *cursor = "";
    while (cursor) {
        struct mock_response page = call_with(m, "GET /v1/leased-accounts?status=assigned&limit=1", cursor);
        buf_printf(&seen, "%s%s", seen.n ? " " : "", list_members(page, "items", "handle"));
        const char *next = node_get_text(page.body, "nextCursor");
        cursor = next ? arena_printf(&m->arena, "&cursor=%s", next) : NULL;
    }
    assert_string_equal(buf_c(&seen), everyone);
    assert_refused(mock_call(m, (LEASES "?status=requested"), NULL, AS_FULL), 422, "VALIDATION");
    assert_refused(mock_call(m, (LEASES "?limit=0"), NULL, AS_FULL), 422, "VALIDATION");
    assert_refused(mock_call(m, (LEASES "?cursor=x"), NULL, AS_FULL), 422, "VALIDATION");
}

static void unknown_ids_and_other_organizations_ids_return_404(void **state)
{
    static const struct {
        const char *line, *body, *as;
        int status;
    } rows[] = {
        {REQUESTS "lreq_acme_open",                                             NULL, AS_OTHER,  404},
        {REQUESTS "lreq_nobody",                                                NULL, AS_FULL,   404},
        {"GET /v1/projects/prj_acme_b/leased-accounts/requests/lreq_acme_open", NULL, AS_FULL,   404},
        {LEASES,                                                                NULL, AS_OTHER,  404},
        {REQUEST,                                                               "{}", AS_OTHER,  404},
        {"DELETE /v1/leased-accounts/sa_acme_leased",                           NULL, AS_OTHER,  404},
        {"DELETE /v1/leased-accounts/sa_acme_tiktok",                           NULL, AS_FULL,   404},
        {"DELETE /v1/leased-accounts/sa_unknown",                               NULL, AS_FULL,   404},
        {REQUESTS "lreq_acme_open",                                             NULL, AS_READER, 403},
        {LEASES,                                                                NULL, AS_NARROW, 403},
        {"GET /v1/leased-accounts",                                             NULL, AS_READER, 403},
        {REQUEST,                                                               "{}", AS_NARROW, 403},
        {"DELETE /v1/leased-accounts/sa_acme_leased",                           NULL, AS_NARROW, 403},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_refused(mock_call(*state, rows[i].line, rows[i].body, rows[i].as), rows[i].status,
                       rows[i].status == 404 ? "NOT_FOUND" : "FORBIDDEN_SCOPE");
    assert_refused(mock_call(*state, "DELETE /v1/leased-accounts/sa_acme_leased", "{\"because\":1}", AS_FULL), 422,
                   "VALIDATION");
}

static void leased_accounts_are_targets_like_any_other(void **state)
{
    struct mock_response simulated = decide(*state, "{'request':'lreq_acme_open','outcome':'assigned'}");
    struct mock *m = *state;
    const char *body = arena_printf(&m->arena,
                                    "{\"scheduledFor\":\"2026-05-03T09:00:00Z\",\"targets\":"
                                    "[{\"socialAccountId\":\"%s\",\"mode\":\"publish\"}]}",
                                    at(simulated, "/accounts/0"));
    struct mock_response a = mock_call(m, "POST /v1/content/cnt_open/schedule", body, AS_FULL);
    assert_int_equal(a.status, 202);
    advance(m, "{'to':'2026-05-03T09:00:00Z'}");
    struct mock_response post = call_with(m, "GET /v1/scheduled-posts/", at(a, "/scheduledPosts/0/scheduledPostId"));
    assert_string_equal(at(post, "/status"), "published");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAYERS_TEST(the_documented_request_is_accepted),
        LAYERS_TEST(a_request_id_can_be_used_once),
        LAYERS_TEST(another_organization_may_have_the_same_id),
        LAYERS_TEST(an_invalid_request_is_a_validation_error),
        LAYERS_TEST(a_note_has_at_most_2000_characters),
        LAYERS_TEST(well_formed_languages_and_countries_are_accepted),
        LAYERS_TEST(assigned_accounts_are_in_both_lists),
        LAYERS_TEST(billing_starts_with_the_assignment_and_stops_with_the_release),
        LAYERS_TEST(a_release_cancels_queued_posts_and_frees_the_pool_account),
        LAYERS_TEST(revoking_a_leased_account_releases_it),
        cmocka_unit_test(a_decision_is_final),
        LAYERS_TEST(an_invalid_decision_changes_nothing),
        LAYERS_TEST(leases_of_an_organization_are_listed_page_by_page),
        LAYERS_TEST(unknown_ids_and_other_organizations_ids_return_404),
        LAYERS_TEST(leased_accounts_are_targets_like_any_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
