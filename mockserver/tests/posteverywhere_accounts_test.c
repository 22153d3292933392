/* The list of accounts as documented, and the rules for every call: authentication, rate limits and
 * API versions. */
#include "base/array.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/posteverywhere_test.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/tests/tree.h"
#include "base/time.h"
#include "base/units.h"

#define LIST GET("/accounts")

/* "List accounts", Response Example; %s is the request id. */
static const char list_sample[] =
    "{'data':{'accounts':[{"
    " 'account_id':2280,'platform':'instagram','account_name':'@mybrand',"
    " 'avatar_url':'https://example.com/avatar.jpg','is_active':true,"
    " 'created_at':'2026-01-15T10:00:00.000Z','health':{'status':'healthy','can_post':true}},{"
    " 'account_id':2282,'platform':'x','account_name':'@mybrand',"
    " 'avatar_url':'https://pbs.twimg.com/profile_images/abc/photo.jpg','is_active':true,"
    " 'created_at':'2026-01-15T10:05:00.000Z','health':{'status':'healthy','can_post':true}},{"
    " 'account_id':2285,'platform':'linkedin','account_name':'My Brand Inc.','avatar_url':null,"
    " 'is_active':true,"
    " 'created_at':'2026-02-01T08:00:00.000Z','health':{'status':'expired','can_post':false}}],"
    "'account_ids':[2280,2282,2285]},"
    "'error':null,"
    "'meta':{'request_id':'%s','timestamp':'2026-04-10T12:00:00.000Z'}}";

static const struct node *sample(struct mock_response got)
{
    char *text = arena_printf(got.arena, list_sample, at(got, "/meta/request_id"));
    for (char *c = text; *c; c++)
        if (*c == '\'')
            *c = '"';
    return json_parse(got.arena, str_from(text), "sample", NULL);
}

static void the_list_equals_the_documented_sample(void **state)
{
    struct mock_response got = mock_call(*state, LIST, NULL, AS_BRAND);
    struct diff diff = {0};
    assert_int_equal(got.status, 200);
    assert_int_equal(strlen(at(got, "/meta/request_id")), 8);
    diff_nodes(got.arena, sample(got), got.body, &diff);
    if (diff.count)
        fail_msg("%s", tree_diff_text(got.arena, &diff));
    assert_true(node_equal(sample(got), got.body)); /* no extra member, none missing */
    assert_string_equal(header_of(got, "Content-Type"), "application/json");
}

static void members_are_in_the_documented_order(void **state)
{
    static const char *const members[] = {"account_id", "platform",   "account_name", "avatar_url",
                                          "is_active",  "created_at", "health"};
    struct mock_response got = mock_call(*state, LIST, NULL, AS_BRAND);
    const struct node *first = node_pointer(got.body, "/data/accounts/0");
    assert_int_equal(node_count(first), COUNT(members));
    for (size_t i = 0; i < COUNT(members); i++)
        assert_string_equal(first->map.members[i].key, members[i]);
}

static void account_ids_are_integers_in_the_order_of_the_accounts(void **state)
{
    static const char *const keys[] = {AS_BRAND, AS_ACME, AS_OTHER};
    for (size_t k = 0; k < COUNT(keys); k++) {
        struct mock_response got = mock_call(*state, LIST, NULL, keys[k]);
        const struct node *accounts = node_pointer(got.body, "/data/accounts");
        const struct node *ids = node_pointer(got.body, "/data/account_ids");
        assert_int_equal(node_count(accounts), node_count(ids));
        assert_true(node_count(ids) > 0);
        for (size_t i = 0; i < node_count(ids); i++) {
            const struct node *id = node_get(node_at(accounts, i), "account_id");
            assert_int_equal(id->kind, NODE_INT);
            assert_true(node_equal(id, node_at(ids, i)));
        }
    }
}

static void an_organization_without_accounts_has_two_empty_lists(void **state)
{
    struct mock_response got = mock_call(*state, LIST, NULL, AS_EMPTY);
    assert_int_equal(got.status, 200);
    assert_string_equal(at(got, "/data/accounts"), "[]");
    assert_string_equal(at(got, "/data/account_ids"), "[]");
}

static void the_list_shows_every_platform_health_and_avatar(void **state)
{
    static const struct {
        const char *id, *platform, *health, *can_post, *active;
        bool avatar;
    } rows[] = {
        {"3001", "x",         "healthy",   "true",  "true",  true },
        {"3002", "instagram", "healthy",   "true",  "true",  true },
        {"3003", "facebook",  "healthy",   "true",  "true",  false},
        {"3004", "linkedin",  "expired",   "false", "true",  false},
        {"3005", "youtube",   "healthy",   "true",  "true",  true },
        {"3006", "tiktok",    "unhealthy", "false", "true",  false},
        {"3007", "threads",   "healthy",   "true",  "true",  false},
        {"3008", "pinterest", "healthy",   "true",  "false", false},
    };
    struct mock_response got = mock_call(*state, LIST, NULL, AS_ACME);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct node *a = node_at(node_pointer(got.body, "/data/accounts"), i);
        assert_string_equal(json_print(got.arena, node_get(a, "account_id")), rows[i].id);
        assert_string_equal(node_get_text(a, "platform"), rows[i].platform);
        assert_string_equal(node_get_text(node_get(a, "health"), "status"), rows[i].health);
        assert_string_equal(json_print(got.arena, node_pointer(a, "/health/can_post")), rows[i].can_post);
        assert_string_equal(json_print(got.arena, node_get(a, "is_active")), rows[i].active);
        assert_int_equal(node_get(a, "avatar_url")->kind, rows[i].avatar ? NODE_TEXT : NODE_NULL);
    }
}

static void a_simulated_health_changes_only_that_account(void **state)
{
    static const struct {
        const char *simulation, *status, *can_post;
    } rows[] = {
        {"{\"account\":\"3001\",\"status\":\"expired\"}",   "expired",   "false"},
        {"{\"account\":\"3001\",\"status\":\"unhealthy\"}", "unhealthy", "false"},
        {"{\"account\":\"3001\",\"status\":\"expired\"}",   "expired",   "false"},
        {"{\"account\":\"3001\",\"status\":\"healthy\"}",   "healthy",   "true" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        simulate(*state, "health", rows[i].simulation);
        struct mock_response got = mock_call(*state, LIST, NULL, AS_ACME);
        assert_string_equal(at(got, "/data/accounts/0/health/status"), rows[i].status);
        assert_string_equal(at(got, "/data/accounts/0/health/can_post"), rows[i].can_post);
        assert_string_equal(at(got, "/data/accounts/0/is_active"), "true");
        assert_string_equal(at(got, "/data/accounts/1/health/status"), "healthy");
        assert_string_equal(at(got, "/data/account_ids/0"), "3001");
    }
}

static void the_health_simulation_rejects_accounts_of_other_providers(void **state)
{
    struct mock_response a =
        mock_call(*state, "POST /__admin/simulate/health", "{\"account\":\"sa_acme\",\"status\":\"expired\"}");
    assert_int_equal(a.status, 422);
    assert_true(str_has(a.text, STR("an account of layers")));
}

static void an_account_expires_with_its_token(void **state)
{
    advance(*state, 46 * DAY_MS);
    struct mock_response got = mock_call(*state, GET("/accounts/3001"), NULL, AS_ACME);
    assert_string_equal(at(got, "/data/health/status"), "expired");
    assert_string_equal(at(got, "/data/health/can_post"), "false");
}

static void a_single_account_equals_its_item_in_the_list(void **state)
{
    struct mock_response list = mock_call(*state, LIST, NULL, AS_BRAND);
    struct mock_response one = mock_call(*state, GET("/accounts/2282"), NULL, AS_BRAND);
    assert_int_equal(one.status, 200);
    assert_true(node_equal(node_pointer(list.body, "/data/accounts/1"), node_pointer(one.body, "/data")));
}

static void the_health_endpoint_lists_the_reasons(void **state)
{
    static const struct {
        const char *line, *status, *reasons, *can_post;
    } rows[] = {
        {GET("/accounts/3001/health"), "healthy", "[]",                                         "true" },
        {GET("/accounts/3002/health"), "warning", "[\"token_expiring_soon\"]",                  "true" },
        {GET("/accounts/3004/health"), "broken",  "[\"needs_reconnection\",\"token_expired\"]", "false"},
        {GET("/accounts/3006/health"), "broken",  "[\"needs_reconnection\"]",                   "false"},
        {GET("/accounts/3008/health"), "broken",  "[\"account_inactive\"]",                     "false"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response got = mock_call(*state, rows[i].line, NULL, AS_ACME);
        assert_int_equal(got.status, 200);
        assert_string_equal(at(got, "/data/status"), rows[i].status);
        assert_string_equal(at(got, "/data/reasons"), rows[i].reasons);
        assert_string_equal(at(got, "/data/can_post"), rows[i].can_post);
    }
    struct mock_response got = mock_call(*state, GET("/accounts/3001/health"), NULL, AS_ACME);
    assert_string_equal(at(got, "/data/activity/queued_count"), "1");
    assert_string_equal(at(got, "/data/activity/last_published_at"), "2026-04-09T12:00:00.000Z");
    assert_string_equal(at(got, "/data/needs_reconnection_since"), "null");
}

static void a_call_without_a_valid_key_returns_401(void **state)
{
    static const char *const rows[] = {
        "X-Nothing: 1",
        "Authorization: Bearer pe_live_00000000000000000000000000000000",
        "Authorization: Bearer sk_live_a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4",
        "Authorization: Basic pe_live_a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4",
        "Authorization: pe_live_a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4",
        AS_LAYERS,
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = mock_call(*state, LIST, NULL, rows[i]);
        assert_refused(a, 401, "unauthorized");
        assert_string_equal(at(a, "/error/retryable"), "false");
        assert_null(header_of(a, "X-RateLimit-Limit"));
    }
}

static void layers_rejects_a_posteverywhere_key(void **state)
{
    struct mock_response a = mock_call(*state, "GET /v1/projects/prj_acme/social-accounts", NULL, AS_ACME);
    assert_int_equal(a.status, 401);
    assert_string_equal(at(a, "/error/code"), "UNAUTHENTICATED");
    a = mock_call(*state, "GET /v1/projects/prj_acme/social-accounts", NULL, AS_LAYERS);
    assert_int_equal(a.status, 200);
}

static void the_provider_is_selected_by_mount_host_or_route(void **state)
{
    struct mock_response rows[] = {
        mock_call(*state, "GET /posteverywhere/api/v1/accounts", NULL, AS_BRAND),
        mock_call(*state, "GET /ns/mine/posteverywhere/api/v1/accounts", NULL, AS_BRAND),
        mock_call(*state, LIST, NULL, AS_BRAND),
        mock_call(*state, LIST, NULL, AS_BRAND, "Host: app.posteverywhere.ai"),
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(rows[i].status, 200);
        assert_string_equal(at(rows[i], "/data/account_ids"), "[2280,2282,2285]");
    }
    assert_refused(mock_call(*state, GET("/nothing-here"), NULL, AS_BRAND), 404, "not_found");
}

static void data_of_another_organization_is_not_found(void **state)
{
    static const char *const lines[] = {
        GET("/accounts/4001"),
        GET("/accounts/4001/health"),
        POST("/accounts/4001/reconnect"),
        GET("/posts/7b0c2f58-1d1e-4a52-8f0b-000000000009"),
        GET("/posts/7b0c2f58-1d1e-4a52-8f0b-000000000009/results"),
        DELETE("/posts/7b0c2f58-1d1e-4a52-8f0b-000000000009"),
        POST("/posts/7b0c2f58-1d1e-4a52-8f0b-000000000009/retry"),
    };
    for (size_t i = 0; i < COUNT(lines); i++)
        assert_refused(mock_call(*state, lines[i], NULL, AS_ACME), 404, "not_found");
    struct mock_response a = mock_call(*state, POST("/posts"), "{\"content\":\"hi\",\"account_ids\":[4001]}", AS_ACME);
    assert_refused(a, 400, "invalid_accounts");
    a = mock_call(*state, GET("/media/5d1f0f6e-7f0b-4c55-9a0e-3f1f3a1b0001"), NULL, AS_OTHER);
    assert_refused(a, 404, "not_found");
    a = mock_call(*state, LIST, NULL, AS_OTHER);
    assert_string_equal(at(a, "/data/account_ids"), "[4001]");
}

static void a_missing_scope_returns_403(void **state)
{
    assert_int_equal(mock_call(*state, LIST, NULL, AS_READER).status, 200);
    struct mock_response a =
        mock_call(*state, POST("/posts"), "{\"content\":\"hi\",\"account_ids\":[3001]}", AS_READER);
    assert_refused(a, 403, "insufficient_scope");
}

static void an_exhausted_minute_returns_429_with_four_headers(void **state)
{
    struct mock_response a;
    for (int left = 2; left >= 0; left--) {
        a = mock_call(*state, LIST, NULL, AS_TIGHT);
        assert_int_equal(a.status, 200);
        assert_string_equal(header_of(a, "X-RateLimit-Limit"), "3");
        assert_int_equal(*header_of(a, "X-RateLimit-Remaining"), '0' + left);
        assert_null(header_of(a, "Retry-After"));
    }
    advance(*state, 20000);
    a = mock_call(*state, LIST, NULL, AS_TIGHT);
    assert_refused(a, 429, "rate_limit_exceeded");
    assert_string_equal(at(a, "/error/retryable"), "true");
    assert_string_equal(header_of(a, "X-RateLimit-Limit"), "3");
    assert_string_equal(header_of(a, "X-RateLimit-Remaining"), "0");
    assert_string_equal(header_of(a, "X-RateLimit-Reset"), "1775822460"); /* 12:01:00 */
    assert_string_equal(header_of(a, "Retry-After"), "40");
    assert_int_equal(mock_call(*state, LIST, NULL, AS_ACME).status, 200); /* each key has its own limits */
    advance(*state, 40000);
    a = mock_call(*state, LIST, NULL, AS_TIGHT);
    assert_int_equal(a.status, 200);
    assert_string_equal(header_of(a, "X-RateLimit-Remaining"), "2");
}

static void the_default_limits_are_60_a_minute_and_1000_an_hour(void **state)
{
    struct mock_response a = mock_call(*state, GET("/me"), NULL, AS_ACME);
    assert_int_equal(a.status, 200);
    assert_string_equal(header_of(a, "X-RateLimit-Limit"), "60");
    assert_string_equal(header_of(a, "X-RateLimit-Remaining"), "59");
    for (int i = 0; i < 16; i++) { /* 960 calls in 16 minutes */
        for (int j = 0; j < 59; j++)
            mock_call(*state, GET("/me"), NULL, AS_ACME);
        a = mock_call(*state, GET("/me"), NULL, AS_ACME);
        advance(*state, 61 * SECOND_MS);
    }
    for (int j = 0; j < 38; j++)
        a = mock_call(*state, GET("/me"), NULL, AS_ACME);
    assert_int_equal(a.status, 200);
    assert_string_equal(header_of(a, "X-RateLimit-Limit"), "1000");
}

static void me_has_the_members_of_its_page(void **state)
{
    struct mock_response a = mock_call(*state, GET("/me"), NULL, AS_ACME);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/data/api_key/scopes"), at(a, "/data/scopes"));
    assert_string_equal(at(a, "/data/api_key/last_used_at"), "2026-04-10T12:00:00.000Z");
    assert_string_equal(at(a, "/data/api_key/expires_at"), "null");
    assert_true(atoi(at(a, "/data/user/id")) > 0);
    assert_string_equal(at(a, "/data/organization/entitled"), "true");
    assert_string_equal(at(a, "/data/organization/subscription_status"), "active");
    assert_string_equal(at(a, "/data/quota/accounts"), "{\"used\":9,\"limit\":25}");
    assert_string_equal(at(a, "/data/quota/ai_credits/bonus"), "0");
    assert_string_equal(at(a, "/data/quota/storage_bytes/used"), "182044");
    assert_string_equal(at(a, "/data/quota/team_seats/limit"), "3");
    assert_string_equal(at(a, "/data/stats"), "{\"posts_last_30d\":5,\"total_posts\":5}");
    assert_string_equal(at(a, "/data/api_key/key_prefix"), "pe_live_0c5e");
    assert_false(str_has(a.text, STR("pe_live_0c5e8")));
    assert_string_equal(at(a, "/data/scopes"), "[\"read\",\"write\",\"ai\"]");
    assert_string_equal(at(a, "/data/organization/name"), "Acme Everywhere");
}

static void id_alias_adds_an_id_to_each_account(void **state)
{
    struct mock_response a = mock_call(*state, LIST, NULL, AS_ALIAS);
    assert_string_equal(at(a, "/data/accounts/0/account_id"), "3001");
    assert_int_equal(node_pointer(a.body, "/data/accounts/0/id")->kind, NODE_INT);
    assert_string_equal(at(a, "/data/accounts/0/id"), "3001");
    assert_non_null(at(a, "/data/account_ids"));
    assert_string_equal(at(a, "/data/accounts/0/display_name"), at(a, "/data/accounts/0/account_name"));
    assert_string_equal(at(a, "/data/accounts/0/platform_username"), "acme");
    assert_string_equal(at(a, "/data/accounts/0/health/message"), "null");
    assert_string_equal(at(a, "/data/total"), "9");
    a = mock_call(*state, LIST, NULL, AS_ACME);
    assert_null(at(a, "/data/accounts/0/id"));
    assert_null(at(a, "/data/accounts/0/display_name"));
    assert_null(at(a, "/data/total"));
}

static void the_older_api_version_has_text_ids_and_its_own_envelope(void **state)
{
    struct mock_response a = mock_call(*state, LIST, NULL, AS_OLDER);
    assert_int_equal(node_pointer(a.body, "/data/accounts/0/id")->kind, NODE_TEXT);
    assert_string_equal(at(a, "/data/accounts/0/id"), "3001");
    assert_null(at(a, "/data/accounts/0/account_id"));
    assert_null(at(a, "/data/account_ids"));
    assert_null(at(a, "/error"));
    assert_string_equal(at(a, "/meta/timestamp"), "2026-04-10T12:00:00Z");
    assert_true(str_starts(str_from(at(a, "/meta/request_id")), STR("req_")));
    struct mock_response posted = mock_call(*state, POST("/posts"),
                                            ("{\"content\":\"hi\",\"account_ids\":[\"3001\"],"
                                             "\"scheduled_at\":\"2026-04-11T12:00:00Z\"}"),
                                            AS_OLDER);
    assert_int_equal(posted.status, 201);
    assert_string_equal(at(posted, "/data/scheduled_for"), "2026-04-11T12:00:00Z");
}

static void error_codes_depend_on_the_api_version(void **state)
{
    (void)state;
    static const struct {
        const char *api_version, *unknown_key, *limited;
    } rows[] = {
        {"default", "unauthorized",    "rate_limit_exceeded"},
        {"current", "unauthorized",    "rate_limit_exceeded"},
        {"older",   "invalid_api_key", "rate_limited"       },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char yaml[512];
        (void)snprintf(yaml, sizeof yaml,
                       "posteverywhere:\n"
                       "  api_version: %s\n"
                       "  organizations:\n"
                       "    - { name: A, keys: [ { name: k, key: pe_live_k, limits: { minute: 1 } "
                       "} ] }\n",
                       rows[i].api_version);
        struct mock *m = mock_test_new(yaml);
        assert_refused(mock_call(m, LIST, NULL), 401, rows[i].unknown_key);
        assert_int_equal(mock_call(m, LIST, NULL, "Authorization: Bearer pe_live_k").status, 200);
        assert_refused(mock_call(m, LIST, NULL, "Authorization: Bearer pe_live_k"), 429, rows[i].limited);
        mock_free(m);
    }
}

static void every_refusal_has_the_error_envelope(void **state)
{
    static const struct {
        const char *line, *body;
        int status;
        const char *code;
    } rows[] = {
        {GET("/accounts/9999"),         NULL, 404, "not_found"         },
        {GET("/accounts/abc"),          NULL, 404, "not_found"         },
        {GET("/nowhere/at/all"),        NULL, 404, "not_found"         },
        {DELETE("/accounts"),           NULL, 405, "method_not_allowed"},
        {POST("/posts"),                "{",  400, "invalid_json"      },
        {POST("/posts"),                "[]", 400, "validation_error"  },
        {POST("/posts"),                NULL, 400, "validation_error"  },
        {GET("/posts?limit=0"),         NULL, 400, "validation_error"  },
        {GET("/posts?status=nonsense"), NULL, 400, "validation_error"  },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_refused(mock_call(*state, rows[i].line, rows[i].body, AS_ACME), rows[i].status, rows[i].code);
}

static void a_simulated_failure_has_the_error_envelope(void **state)
{
    simulate(*state, "fail",
             "{\"operation\":\"posteverywhere.list_accounts\",\"times\":1,\"error\":\"internal_"
             "error\"}");
    struct mock_response a = mock_call(*state, LIST, NULL, AS_ACME);
    assert_refused(a, 500, "internal_error");
    assert_string_equal(at(a, "/error/retryable"), "true");
    assert_int_equal(mock_call(*state, LIST, NULL, AS_ACME).status, 200);
}

static void request_ids_differ(void **state)
{
    struct mock_response a = mock_call(*state, LIST, NULL, AS_ACME);
    struct mock_response b = mock_call(*state, LIST, NULL, AS_ACME);
    assert_string_not_equal(at(a, "/meta/request_id"), at(b, "/meta/request_id"));
}

static void platform_rules_cover_every_platform(void **state)
{
    struct mock_response a = mock_call(*state, GET("/platform-rules"), NULL, AS_ACME);
    assert_int_equal(a.status, 200);
    assert_int_equal(node_count(node_pointer(a.body, "/data/platforms")), 11);
    assert_string_equal(at(a, "/data/platforms/x/max_content_length"), "280");
    assert_string_equal(at(a, "/data/platforms/bluesky/characterLimit"), "300");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PE_TEST(the_list_equals_the_documented_sample),
        PE_TEST(members_are_in_the_documented_order),
        PE_TEST(account_ids_are_integers_in_the_order_of_the_accounts),
        PE_TEST(an_organization_without_accounts_has_two_empty_lists),
        PE_TEST(the_list_shows_every_platform_health_and_avatar),
        PE_TEST(a_simulated_health_changes_only_that_account),
        PE_TEST(the_health_simulation_rejects_accounts_of_other_providers),
        PE_TEST(an_account_expires_with_its_token),
        PE_TEST(a_single_account_equals_its_item_in_the_list),
        PE_TEST(the_health_endpoint_lists_the_reasons),
        PE_TEST(a_call_without_a_valid_key_returns_401),
        PE_TEST(layers_rejects_a_posteverywhere_key),
        PE_TEST(the_provider_is_selected_by_mount_host_or_route),
        PE_TEST(data_of_another_organization_is_not_found),
        PE_TEST(a_missing_scope_returns_403),
        PE_TEST(an_exhausted_minute_returns_429_with_four_headers),
        PE_TEST(the_default_limits_are_60_a_minute_and_1000_an_hour),
        PE_TEST(me_has_the_members_of_its_page),
        PE_TEST(id_alias_adds_an_id_to_each_account),
        PE_TEST(the_older_api_version_has_text_ids_and_its_own_envelope),
        cmocka_unit_test(error_codes_depend_on_the_api_version),
        PE_TEST(every_refusal_has_the_error_envelope),
        PE_TEST(a_simulated_failure_has_the_error_envelope),
        PE_TEST(request_ids_differ),
        PE_TEST(platform_rules_cover_every_platform),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
