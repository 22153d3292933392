/* Tests of ad accounts: list, consent and simulations, with fixtures/layers-acme.yaml. */
#include "base/array.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/layers_test.h"

#include <stdio.h>
#include <string.h>

#include "base/url.h"
#include "mockserver/tests/state_test.h"

#define ADS "GET /v1/projects/prj_acme_a/ads/ad-accounts"
#define URL "POST /v1/projects/prj_acme_a/ads/ad-accounts/oauth-url"

static const char *json(struct mock *m, const char *text)
{
    char *copy = arena_text(&m->arena, text);
    for (char *c = copy; *c; c++)
        if (*c == '\'')
            *c = '"';
    return copy;
}

static struct mock_response simulate_ad_account(struct mock *m, const char *body)
{
    return mock_call(m, "POST /__admin/simulate/ad_account", json(m, body));
}

static struct mock_response get_url(struct mock *m, const char *body)
{
    return mock_call(m, URL, json(m, body), AS_FULL);
}

/* "meta_ads valid, apple_ads expired" */
static const char *list_tokens(struct mock_response a)
{
    struct buf out = {.arena = a.arena};
    const struct node *items = node_get(a.body, "items");
    for (size_t i = 0; i < node_count(items); i++)
        buf_printf(&out, "%s%s %s", i ? ", " : "", node_get_text(node_at(items, i), "platform"),
                   node_get_text(node_at(items, i), "tokenStatus"));
    return buf_c(&out);
}

static void each_filter_selects_ad_accounts(void **state)
{
    static const char all[] = "meta_ads valid, tiktok_ads revoked, apple_ads expired";
    static const struct {
        const char *query, *tokens;
    } rows[] = {
        {"",                                        all                                },
        {"?platforms=meta_ads",                     "meta_ads valid"                   },
        {"?platforms=apple_ads&platforms=meta_ads", "meta_ads valid, apple_ads expired"},
        {"?platforms=tiktok_ads&healthy=true",      ""                                 },
        {"?healthy=true",                           "meta_ads valid"                   },
        {"?healthy=false",                          all                                },
        {"?credentialMode=byo",                     all                                },
        {"?credentialMode=agency",                  ""                                 },
        {"?credentialMode=byo&platforms=apple_ads", "apple_ads expired"                },
        {"?includeDisconnected=true",               all                                },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char line[256];
        snprintf(line, sizeof line, ADS "%s", rows[i].query);
        struct mock_response a = mock_call(*state, line, NULL, AS_FULL);
        assert_int_equal(a.status, 200);
        assert_string_equal(list_tokens(a), rows[i].tokens);
        assert_int_equal(node_count(a.body), 1);
    }
    struct mock_response none = mock_call(*state, "GET /v1/projects/prj_acme_empty/ads/ad-accounts", NULL, AS_FULL);
    assert_string_equal(at(none, "/items"), "[]");
}

static void an_invalid_query_is_a_validation_error(void **state)
{
    static const struct {
        const char *line, *path;
    } rows[] = {
        {ADS "?platforms=google_ads",                                       "platforms"     },
        {ADS "?platforms=",                                                 "platforms"     },
        {ADS "?platforms=meta_ads&platforms=meta",                          "platforms"     },
        {ADS "?credentialMode=own",                                         "credentialMode"},
        {ADS "?healthy=1",                                                  "healthy"       },
        {"GET /v1/projects/prj_acme_a/ads/campaigns?status=running",        "status"        },
        {"GET /v1/projects/prj_acme_a/ads/campaigns?limit=201",             "limit"         },
        {"GET /v1/projects/prj_acme_a/ads/campaigns?limit=0",               "limit"         },
        {"GET /v1/projects/prj_acme_a/ads/campaigns?since=may",             "since"         },
        {"GET /v1/projects/prj_acme_a/ads/capi-status?platforms=apple_ads", "platforms"     },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = mock_call(*state, rows[i].line, NULL, AS_FULL);
        assert_refused(a, 422, "VALIDATION");
        assert_string_equal(at(a, "/error/details/issues/0/path"), rows[i].path);
    }
}

/* Returns the value of a query parameter; NULL: the URL has no such parameter. */
static const char *query_parameter(struct mock *m, const char *url, const char *name)
{
    struct str query = str_from(url);
    struct url_pair *pairs;
    size_t count;
    str_cut(&query, '?');
    assert_true(url_query(&m->arena, query, &pairs, &count));
    for (size_t i = 0; i < count; i++)
        if (str_is(pairs[i].name, name))
            return str_dup(&m->arena, pairs[i].value);
    return NULL;
}

static struct mock_response consent(struct mock *m, const char *url, const char *outcome)
{
    return mock_call(
        m, "POST /__admin/simulate/consent",
        arena_printf(&m->arena, "{\"state\":\"%s\",\"outcome\":\"%s\"}", query_parameter(m, url, "state"), outcome));
}

static void a_url_leads_to_the_platform_and_expires_after_ten_minutes(void **state)
{
    static const struct {
        const char *platform, *host;
    } rows[] = {
        {"meta_ads",   "https://www.facebook.com/"       },
        {"tiktok_ads", "https://business-api.tiktok.com/"},
        {"apple_ads",  "https://appleid.apple.com/"      },
    };
    for (size_t i = 0; i < 3; i++) {
        char body[256];
        snprintf(body, sizeof body, "{'platform':'%s','%s':'https://app.your-product.com/ads'}", rows[i].platform,
                 i ? "returnUrl" : "redirectUrl");
        struct mock_response a = get_url(*state, body);
        assert_int_equal(a.status, 200);
        assert_int_equal(node_count(a.body), 2);
        assert_true(str_starts(str_from(at(a, "/url")), str_from(rows[i].host)));
        assert_string_equal(at(a, "/expiresAt"), "2026-05-02T09:10:00Z");
    }
}

static void consent_reconnects_the_ad_account_and_redirects_with_its_id(void **state)
{
    struct mock_response a = get_url(*state, "{'platform':'tiktok_ads','state':'corr-77',"
                                             "'returnUrl':'https://app.your-product.com/ads?tab=1'}");
    struct mock_response done = consent(*state, at(a, "/url"), "approve");
    assert_int_equal(done.status, 200);
    assert_string_equal(at(done, "/redirect"), "https://app.your-product.com/ads?tab=1&status=connected"
                                               "&accountId=ad_acme_tiktok&state=corr-77");
    struct mock_response list = mock_call(*state, (ADS "?platforms=tiktok_ads"), NULL, AS_FULL);
    assert_string_equal(at(list, "/items/0/adAccountId"), "ad_acme_tiktok");
    assert_string_equal(at(list, "/items/0/tokenStatus"), "valid");
    assert_string_equal(at(list, "/items/0/connectedAt"), "2026-03-18T09:00:00Z");
    assert_int_equal(consent(*state, at(a, "/url"), "approve").status, 409); /* works once */
}

static void consent_connects_a_new_ad_account(void **state)
{
    struct mock_response a =
        mock_call(*state, "POST /v1/projects/prj_acme_empty/ads/ad-accounts/oauth-url",
                  json(*state, "{'platform':'meta_ads','returnUrl':'https://app.your-product.com'}"), AS_FULL);
    struct mock_response done = consent(*state, at(a, "/url"), "approve");
    struct mock_response list = mock_call(*state, "GET /v1/projects/prj_acme_empty/ads/ad-accounts", NULL, AS_FULL);
    const char *id = at(list, "/items/0/adAccountId");
    assert_int_equal(str_from(id).n, 26);
    assert_string_equal(query_parameter(*state, at(done, "/redirect"), "accountId"), id);
    assert_true(str_starts(str_from(at(list, "/items/0/externalId")), STR("act_")));
    assert_string_equal(list_tokens(list), "meta_ads valid");
    assert_string_equal(at(done, "/adAccount"), id);
    assert_string_equal(at(done, "/account"), "null");
    struct mock_response social = mock_call(*state, "GET /v1/projects/prj_acme_empty/social-accounts", NULL, AS_FULL);
    assert_int_equal(node_count(node_get(social.body, "items")), 0);
}

static void denied_consent_changes_nothing_and_redirects_with_an_error(void **state)
{
    struct mock_response a = get_url(*state, "{'platform':'tiktok_ads','state':'x y',"
                                             "'returnUrl':'https://app.your-product.com/ads'}");
    struct mock_response done = consent(*state, at(a, "/url"), "deny");
    assert_string_equal(query_parameter(*state, at(done, "/redirect"), "layers_oauth_error"), "access_denied");
    assert_string_equal(query_parameter(*state, at(done, "/redirect"), "state"), "x y");
    assert_null(query_parameter(*state, at(done, "/redirect"), "status"));
    assert_string_equal(list_tokens(mock_call(*state, ADS, NULL, AS_FULL)),
                        "meta_ads valid, tiktok_ads revoked, apple_ads expired");
}

static void an_attempt_with_a_test_key_completes_immediately(void **state)
{
    struct mock_response a = mock_call(
        *state, URL, json(*state, "{'platform':'apple_ads','returnUrl':'https://app.your-product.com/ads'}"), AS_TEST);
    assert_int_equal(a.status, 200);
    assert_string_equal(list_tokens(mock_call(*state, (ADS "?platforms=apple_ads"), NULL, AS_FULL)), "apple_ads valid");
}

static void an_attempt_for_ads_has_no_oauth_status(void **state)
{
    struct mock *m = *state;
    struct mock_response a = get_url(m, "{'platform':'meta_ads',"
                                        "'returnUrl':'https://app.your-product.com/ads'}");
    const char *line =
        arena_printf(&m->arena, "GET /v1/social/oauth-status/%s", query_parameter(m, at(a, "/url"), "state"));
    assert_refused(mock_call(m, line, NULL, AS_FULL), 404, "NOT_FOUND");
    consent(m, at(a, "/url"), "approve");
    assert_refused(mock_call(m, line, NULL, AS_FULL), 404, "NOT_FOUND");
}

static void the_local_consent_page_also_connects_ad_accounts(void **state)
{
    struct mock *m = *state;
    mock_test_world(m)->local_consent = true;
    struct mock_response a = get_url(m, "{'platform':'tiktok_ads',"
                                        "'returnUrl':'https://app.your-product.com/ads'}");
    struct str path = str_from(at(a, "/url"));
    assert_true(str_starts(path, STR("http://mock.test/__consent/layers/st_")));
    path = str_skip(path, strlen("http://mock.test"));
    struct mock_response page = mock_call(m, arena_printf(&m->arena, "GET " STR_FMT, STR_ARG(path)), NULL);
    assert_int_equal(page.status, 200);
    assert_non_null(strstr(str_dup(&m->arena, page.text), "tiktok_ads"));
    struct mock_response sent =
        mock_call(m, arena_printf(&m->arena, "POST " STR_FMT, STR_ARG(path)), "decision=approve&handle=acme",
                  "Content-Type: application/x-www-form-urlencoded");
    assert_int_equal(sent.status, 303);
    assert_string_equal(header_of(sent, "Location"), "https://app.your-product.com/ads?status=connected"
                                                     "&accountId=ad_acme_tiktok");
}

static void an_invalid_request_for_a_url_is_refused(void **state)
{
    /* clang-format off */
    static const struct {
        const char *body;
        int status;
        const char *code, *path;
    } rows[] = {
        {"{'returnUrl':'https://app.your-product.com'}",               422, "VALIDATION",             "platform"},
        {"{'platform':'google_ads','returnUrl':'https://app.your-product.com'}", 422, "VALIDATION", "platform"},
        {"{'platform':'meta_ads'}",                                    422, "VALIDATION",             "returnUrl"},
        {"{'platform':'meta_ads','returnUrl':'ads'}",                  422, "VALIDATION",             "returnUrl"},
        {"{'platform':'meta_ads','redirectUrl':'ads'}",                422, "VALIDATION",             "redirectUrl"},
        {"{'platform':'meta_ads','returnUrl':'https://app.your-product.com',"
         "'redirectUrl':'https://app.your-product.com'}", 422, "VALIDATION",             "redirectUrl"},
        {"{'platform':'meta_ads','returnUrl':'https://app.your-product.com','x':1}", 422, "VALIDATION", "x"},
        {"{'platform':'meta_ads','returnUrl':'https://evil.example'}", 403, "RETURN_URL_NOT_ALLOWED", NULL},
        {"{'platform':'meta_ads','returnUrl':'http://app.your-product.com'}", 403, "RETURN_URL_NOT_ALLOWED", NULL},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = get_url(*state, rows[i].body);
        assert_refused(a, rows[i].status, rows[i].code);
        if (rows[i].path)
            assert_string_equal(at(a, "/error/details/issues/0/path"), rows[i].path);
    }
    assert_int_equal(world_count(mock_test_world(*state), RECORD_OAUTH_ATTEMPT), 0);
}

static void campaigns_and_capi_status_have_the_documented_members(void **state)
{
    struct mock_response a = mock_call(*state,
                                       ("GET /v1/projects/prj_acme_a/ads/campaigns?cursor=nonsense&status=active"
                                        "&status=paused&platforms=meta_ads&limit=200&since=2026-05-01T00:00:00Z"),
                                       NULL, AS_FULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(str_dup(a.arena, a.text), "{\"items\":[],\"nextCursor\":null}");

    a = mock_call(*state, "GET /v1/projects/prj_acme_a/ads/capi-status", NULL, AS_FULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/projectId"), "prj_acme_a");
    assert_int_equal(node_count(node_get(a.body, "platforms")), 2); /* Apple relays nothing */
    assert_int_equal(node_count(node_at(node_get(a.body, "platforms"), 0)), 10);
    assert_string_equal(at(a, "/platforms/0/platform"), "meta_ads");
    assert_string_equal(at(a, "/platforms/0/status"), "healthy");
    assert_string_equal(at(a, "/platforms/0/accessTokenValid"), "true");
    assert_string_equal(at(a, "/platforms/0/eventsLast1h"), "null");
    assert_string_equal(at(a, "/platforms/1/platform"), "tiktok_ads");
    assert_string_equal(at(a, "/platforms/1/status"), "degraded");
    a = mock_call(*state, "GET /v1/projects/prj_acme_a/ads/capi-status?platforms=tiktok_ads", NULL, AS_FULL);
    assert_string_equal(at(a, "/platforms/0/platform"), "tiktok_ads");
    a = mock_call(*state, "GET /v1/projects/prj_acme_empty/ads/capi-status", NULL, AS_FULL);
    assert_string_equal(at(a, "/platforms"), "[]");
}

/* Applies every simulation to an account in every token state. */
static void a_simulation_succeeds_only_in_the_states_that_allow_it(void **state)
{
    enum { VALID, EXPIRED, REVOKED, CONNECT, DISCONNECT, WAYS };
    static const char *const ways[WAYS] = {
        [VALID] = "'status':'valid'", [EXPIRED] = "'status':'expired'",   [REVOKED] = "'status':'revoked'",
        [CONNECT] = "'connect':true", [DISCONNECT] = "'disconnect':true",
    };
    static const struct {
        const char *platform; /* prj_acme_a has an account in each state except pending */
        const char *to[WAYS]; /* the new state; NULL: refused with 409 */
    } rows[] = {
        {"meta_ads",   {NULL, "expired", "revoked", NULL, "disconnected"}},
        {"apple_ads",  {"valid", NULL, NULL, NULL, "disconnected"}       },
        {"tiktok_ads", {"valid", NULL, NULL, NULL, "disconnected"}       },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        for (int way = 0; way < WAYS; way++) {
            assert_int_equal(layers_test_setup(state), 0);
            struct mock *m = *state;
            mock_call(m, ADS, NULL, AS_FULL); /* runs the events due at the start */
            const char *before = dump_world(&m->arena, mock_test_world(m));
            struct mock_response a = simulate_ad_account(
                m, arena_printf(&m->arena, "{'project':'prj_acme_a','platform':'%s',%s}", rows[i].platform, ways[way]));
            if (rows[i].to[way]) {
                assert_int_equal(a.status, 200);
                assert_string_equal(at(a, "/state"), rows[i].to[way]);
                assert_non_null(at(a, "/changes/0"));
            } else {
                assert_int_equal(a.status, 409);
                assert_string_equal(dump_world(&m->arena, mock_test_world(m)), before);
            }
            mock_free(m);
        }
}

static void a_simulated_change_is_visible_in_the_list(void **state)
{
    simulate_ad_account(*state, "{'project':'Acme Coffee','platform':'meta_ads','disconnect':true}");
    assert_string_equal(list_tokens(mock_call(*state, ADS, NULL, AS_FULL)), "tiktok_ads revoked, apple_ads expired");
    struct mock_response again =
        simulate_ad_account(*state, "{'project':'prj_acme_a','platform':'meta_ads','connect':true}");
    assert_string_equal(at(again, "/state"), "valid");
    struct mock_response list = mock_call(*state, (ADS "?healthy=true"), NULL, AS_FULL);
    assert_string_equal(at(list, "/items/0/adAccountId"), at(again, "/adAccount"));
    assert_string_equal(at(list, "/items/0/connectedAt"), "2026-05-02T09:00:00Z");
    assert_string_not_equal(at(again, "/adAccount"), "ad_acme_meta");
}

static void an_invalid_simulation_changes_nothing(void **state)
{
    static const struct {
        const char *body;
        int status;
        const char *pointer;
    } rows[] = {
        {"{'project':'prj_acme_a','platform':'meta_ads'}",                                 422, ""         },
        {"{'project':'prj_acme_a','platform':'meta_ads','status':'valid','connect':true}", 422, ""         },
        {"{'project':'prj_acme_a','platform':'meta_ads','status':'pending'}",              422, "/status"  },
        {"{'project':'prj_acme_a','platform':'meta','connect':true}",                      422, "/platform"},
        {"{'project':'prj_acme_x','platform':'meta_ads','connect':true}",                  422, "/project" },
        {"{'project':'prj_acme_empty','platform':'meta_ads','status':'expired'}",          409, NULL       },
        {"{'project':'prj_acme_empty','platform':'meta_ads','disconnect':true}",           409, NULL       },
    };
    struct mock *m = *state;
    mock_call(m, ADS, NULL, AS_FULL); /* runs the events due at the start */
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *before = dump_world(&m->arena, mock_test_world(m));
        struct mock_response a = simulate_ad_account(m, rows[i].body);
        assert_int_equal(a.status, rows[i].status);
        if (rows[i].pointer)
            assert_string_equal(at(a, "/pointer"), rows[i].pointer);
        assert_string_equal(dump_world(&m->arena, mock_test_world(m)), before);
    }
}

static void a_pending_token_becomes_valid_after_the_validation_time(void **state)
{
    (void)state;
    struct mock *m =
        mock_test_new("clock: {start: 2026-05-02T09:00:00Z}\n"
                      "timings: {ad_validation: 10m}\n"
                      "layers: {organizations: [{name: A, keys: [{name: k, key: lp_live_k, scopes: ['*']}],\n"
                      "  projects: [{id: p, ad_accounts: [{platform: meta_ads, name: M, token_status: pending},\n"
                      "    {platform: apple_ads, name: I}]}]}]}\n");
    const char *key = "Authorization: Bearer lp_live_k", *list = "GET /v1/projects/p/ads/ad-accounts";
    assert_string_equal(list_tokens(mock_call(m, list, NULL, key)), "meta_ads pending, apple_ads valid");
    simulate_ad_account(m, "{'project':'p','platform':'tiktok_ads','connect':true}");
    mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"9m\"}");
    assert_string_equal(list_tokens(mock_call(m, list, NULL, key)),
                        "meta_ads pending, tiktok_ads pending, apple_ads valid");
    simulate_ad_account(m, "{'project':'p','platform':'meta_ads','status':'revoked'}");
    mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"1m\"}");
    assert_string_equal(list_tokens(mock_call(m, list, NULL, key)),
                        "meta_ads revoked, tiktok_ads valid, apple_ads valid");
    mock_free(m);
}

static void another_organizations_project_returns_404_and_a_missing_scope_403(void **state)
{
    static const struct {
        const char *line, *body, *as;
        int status;
    } rows[] = {
        {ADS,                                            NULL, AS_OTHER,  404},
        {URL,                                            "{}", AS_OTHER,  404},
        {"GET /v1/projects/prj_acme_a/ads/campaigns",    NULL, AS_OTHER,  404},
        {"GET /v1/projects/prj_acme_a/ads/capi-status",  NULL, AS_OTHER,  404},
        {"GET /v1/projects/prj_unknown/ads/ad-accounts", NULL, AS_FULL,   404},
        {ADS,                                            NULL, AS_READER, 403},
        {URL,                                            "{}", AS_NARROW, 403},
        {"GET /v1/projects/prj_acme_a/ads/campaigns",    NULL, AS_READER, 403},
        {"GET /v1/projects/prj_acme_a/ads/capi-status",  NULL, AS_NARROW, 403},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_refused(mock_call(*state, rows[i].line, rows[i].body, rows[i].as), rows[i].status,
                       rows[i].status == 404 ? "NOT_FOUND" : "FORBIDDEN_SCOPE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAYERS_TEST(each_filter_selects_ad_accounts),
        LAYERS_TEST(an_invalid_query_is_a_validation_error),
        LAYERS_TEST(a_url_leads_to_the_platform_and_expires_after_ten_minutes),
        LAYERS_TEST(consent_reconnects_the_ad_account_and_redirects_with_its_id),
        LAYERS_TEST(consent_connects_a_new_ad_account),
        LAYERS_TEST(denied_consent_changes_nothing_and_redirects_with_an_error),
        LAYERS_TEST(an_attempt_with_a_test_key_completes_immediately),
        LAYERS_TEST(an_attempt_for_ads_has_no_oauth_status),
        LAYERS_TEST(the_local_consent_page_also_connects_ad_accounts),
        LAYERS_TEST(an_invalid_request_for_a_url_is_refused),
        LAYERS_TEST(campaigns_and_capi_status_have_the_documented_members),
        cmocka_unit_test(a_simulation_succeeds_only_in_the_states_that_allow_it),
        LAYERS_TEST(a_simulated_change_is_visible_in_the_list),
        LAYERS_TEST(an_invalid_simulation_changes_nothing),
        cmocka_unit_test(a_pending_token_becomes_valid_after_the_validation_time),
        LAYERS_TEST(another_organizations_project_returns_404_and_a_missing_scope_403),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
