/* The effect respond and the simulation fail: statuses, errors, bytes, headers, and a response after the effect. */
#include "base/array.h"
#include "mockserver/tests/mock_test.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/time.h"

#define LIST     "GET /layers/v1/projects/prj_one/social-accounts"
#define SCHEDULE "POST /layers/v1/content/cnt_one/schedule"
#define POSTS    "GET /layers/v1/projects/prj_one/scheduled-posts"
#define KEY      "Authorization: Bearer lp_live_full"
#define PE_LIST  "GET /posteverywhere/api/v1/accounts"
#define PE_KEY   "Authorization: Bearer pe_live_one"
#define PN_LIST  "GET /postnitro/social-account"
#define PN_READ  "GET /postnitro/social-account/acc_1"
#define PN_KEY   "embed-api-key: pn-one"
#define TOKEN    "Idempotency-Key: 7e6b0a4e-6f0b-4b8e-9f55-0d6a3a9c2b11"
#define ONE                                                                                                            \
    "{\"scheduledFor\":\"2026-05-03T17:00:00Z\",\"targets\":[{\"socialAccountId\":\"sa_one\",\"mode\":\"publish\"}]}"

static const char fixture[] =
    "name: respond\n"
    "clock: { start: 2026-05-02T09:00:00Z, mode: frozen }\n"
    "layers:\n"
    "  organizations:\n"
    "    - name: Acme\n"
    "      keys: [ { name: full, key: lp_live_full, scopes: ['*'] } ]\n"
    "      projects:\n"
    "        - id: prj_one\n"
    "          social_accounts: [ { id: sa_one, platform: tiktok, handle: one } ]\n"
    "          content: [ { id: cnt_one, media_type: video } ]\n"
    "      webhooks:\n"
    "        - { url: 'http://127.0.0.1:9/hook', events: [post.scheduled, post.canceled, social_account.revoked] }\n"
    "posteverywhere:\n"
    "  organizations:\n"
    "    - name: Brand\n"
    "      keys: [ { name: brand, key: pe_live_one, scopes: [read, write] } ]\n"
    "      accounts: [ { account_id: 1, platform: x, account_name: '@brand' } ]\n"
    "postnitro:\n"
    "  workspaces:\n"
    "    - id: ws_1\n"
    "      keys: [ { name: main, key: pn-one } ]\n"
    "      social_accounts: [ { id: acc_1, platform: linkedin, handle: brand } ]\n";

static int setup(void **state)
{
    *state = mock_test_new(fixture);
    return 0;
}

/* Replaces all rules by one with these effects. */
static void use_rule(struct mock *m, const char *effects)
{
    mock_call(m, "DELETE /__admin/rules", NULL);
    struct mock_response a =
        mock_call(m, "POST /__admin/rules", arena_printf(&m->arena, "{\"name\":\"r\",\"then\":[%s]}", effects));
    if (a.status != 201)
        fail_msg("%s: %s", effects, a.text.s);
}

static struct mock_response respond(struct mock *m, const char *response, const char *target, const char *key)
{
    use_rule(m, arena_printf(&m->arena, "{\"respond\":%s}", response));
    return mock_call(m, target, NULL, key);
}

static const char *text_at(struct mock_response a, const char *pointer)
{
    const char *text = a.body ? at(a, pointer) : NULL;
    return text ? text : "(none)";
}

/* --- statuses and errors ---------------------------------------------------------------------- */

static void a_status_is_an_error_of_the_provider(void **state)
{
    /* clang-format off */
    static const struct {
        const char *target, *key;
        int status;
        const char *code, *message;
    } rows[] = {
        {LIST, KEY, 400, "/error/code=VALIDATION",      "/error/message=Bad Request"},
        {LIST, KEY, 401, "/error/code=UNAUTHENTICATED", "/error/message=The API key is missing or invalid."},
        {LIST, KEY, 402, "/error/code=PAYMENT_REQUIRED", "/error/message=The organization has no credits left."},
        {LIST, KEY, 403, "/error/code=FORBIDDEN_SCOPE", "/error/message=The API key does not have the required scope."},
        {LIST, KEY, 404, "/error/code=NOT_FOUND",       "/error/message=There is no such resource in your organization."},
        {LIST, KEY, 409, "/error/code=CONFLICT",        "/error/message=The resource's current state does not allow this."},
        {LIST, KEY, 418, "/error/code=VALIDATION",      "/error/message=The request is invalid."},
        {LIST, KEY, 422, "/error/code=VALIDATION",      "/error/message=The id is invalid."},
        {LIST, KEY, 429, "/error/code=RATE_LIMITED",    "/error/message=The rate limit of this key is exhausted."},
        {LIST, KEY, 500, "/error/code=INTERNAL",        "/error/message=An internal error occurred."},
        {LIST, KEY, 502, "/error/code=INTERNAL",        "/error/message=Bad Gateway"},
        {LIST, KEY, 503, "/error/code=UNAVAILABLE",     "/error/message=The service is unavailable; try again later."},
        {LIST, KEY, 504, "/error/code=INTERNAL",        "/error/message=Gateway Timeout"},
        {PE_LIST, PE_KEY, 400, "/error/code=validation_error", "/error/retryable=false"},
        {PE_LIST, PE_KEY, 401, "/error/code=unauthorized", "/error/retryable=false"},
        {PE_LIST, PE_KEY, 402, "/error/code=payment_required", "/error/retryable=false"},
        {PE_LIST, PE_KEY, 403, "/error/code=insufficient_scope", "/error/retryable=false"},
        {PE_LIST, PE_KEY, 410, "/error/code=bad_request",  "/error/message=Gone"},
        {PE_LIST, PE_KEY, 415, "/error/code=unsupported_media_type", "/error/retryable=false"},
        {PE_LIST, PE_KEY, 422, "/error/code=permanent_failure_circuit_breaker", "/error/retryable=false"},
        {PE_LIST, PE_KEY, 429, "/error/code=rate_limit_exceeded", "/error/retryable=true"},
        {PE_LIST, PE_KEY, 500, "/error/code=internal_error", "/error/retryable=true"},
        {PE_LIST, PE_KEY, 503, "/error/code=service_unavailable", "/error/retryable=true"},
        {PE_LIST, PE_KEY, 504, "/error/code=internal_error", "/error/retryable=true"},
        {PN_LIST, PN_KEY, 401, "/status=false",         "/message=Unauthorized"},
        {PN_READ, PN_KEY, 404, "/success=false",        "/message=Social account not found"},
        {PN_READ, PN_KEY, 422, "/status=false",         "/message=Social account id is required"},
        {PN_READ, PN_KEY, 429, "/status=false",         "/message=Too many requests."},
        {PN_LIST, PN_KEY, 500, "/success=false",        "/message=Error fetching Social Accounts"},
        {PN_READ, PN_KEY, 504, "/error=Gateway Timeout", "/message=Error fetching Social Account"},
        {"DELETE /postnitro/social-account/acc_1", PN_KEY, 400, "/success=false", "/message=Failed to delete social account"},
        {"GET /nowhere", KEY, 500, "/error/code=internal", "/error/message=Internal error."},
        {"GET /nowhere", KEY, 503, "/error/code=internal", "/error/message=Service Unavailable"},
    };
    /* clang-format on */
    struct mock *m = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *response = arena_printf(&m->arena, "{\"status\":%d}", rows[i].status);
        struct mock_response a = respond(m, response, rows[i].target, rows[i].key);
        const char *const expected[] = {rows[i].code, rows[i].message};
        assert_int_equal(a.status, rows[i].status);
        assert_string_equal(header_of(a, "Content-Type"), "application/json");
        assert_string_equal(header_of(a, "X-Mock-Error"), "rule:r");
        for (size_t k = 0; k < COUNT(expected); k++) {
            struct str value = str_from(expected[k]), pointer = str_cut(&value, '=');
            const char *actual = text_at(a, str_dup(&m->arena, pointer));
            if (!str_is(value, actual))
                fail_msg("%s %d: %s is %s", rows[i].target, rows[i].status, expected[k], actual);
        }
    }
}

static void an_error_has_the_ids_and_times_of_its_provider(void **state)
{
    struct mock_response layers = respond(*state, "{\"status\":504}", LIST, KEY);
    assert_string_equal(at(layers, "/error/requestId"), header_of(layers, "X-Request-Id"));
    assert_string_equal(header_of(layers, "X-RateLimit-Endpoint-Class"), "read-light");
    struct mock_response pe = respond(*state, "{\"status\":500}", PE_LIST, PE_KEY);
    assert_string_equal(at(pe, "/data"), "null");
    assert_string_equal(at(pe, "/meta/timestamp"), "2026-05-02T09:00:00.000Z");
    assert_int_equal(strlen(at(pe, "/meta/request_id")), 8);
}

static void a_body_is_empty_only_on_request(void **state)
{
    static const char *const empty[] = {
        "{\"status\":500,\"body\":\"\"}",       "{\"status\":500,\"raw\":\"\"}",
        "{\"status\":503,\"raw_base64\":\"\"}", "{\"status\":204}",
        "{\"status\":200,\"body\":\"\"}",
    };
    for (size_t i = 0; i < COUNT(empty); i++)
        assert_int_equal(respond(*state, empty[i], LIST, KEY).text.n, 0);
    struct mock_response moved =
        respond(*state, "{\"status\":307,\"headers\":{\"Location\":\"/elsewhere\"}}", LIST, KEY);
    assert_string_equal(header_of(moved, "Location"), "/elsewhere");
    assert_int_equal(moved.text.n, 0);
}

/* The statuses that the documents give to each code. */
static void each_error_code_has_its_documented_status(void **state)
{
    static const struct {
        const char *target, *key, *pointer, *codes;
    } rows[] = {
        {LIST,    KEY,    "/error/code",
         "UNAUTHENTICATED=401 FORBIDDEN_SCOPE=403 RETURN_URL_NOT_ALLOWED=403 APPROVAL_REQUIRED=403 NOT_FOUND=404 "
         "CONFLICT=409 CONTENT_REJECTED=409 IDEMPOTENCY_CONFLICT=409 VALIDATION=422 RATE_LIMITED=429 KILL_SWITCH=503"},
        {PE_LIST, PE_KEY, "/error/code",
         "validation_error=400 invalid_json=400 content_too_long=400 too_many_accounts=400 invalid_timezone=400 "
         "invalid_accounts=400 invalid_datetime=400 past_schedule_time=400 invalid_post_status=400 "
         "no_failed_destinations=400 unsupported_media_type=400 file_too_large=400 upload_failed=400 "
         "file_not_uploaded=400 file_type_mismatch=400 invalid_field_name=400 bulk_limit_exceeded=400 bad_request=400 "
         "post_creation_failed=400 unauthorized=401 invalid_api_key=401 insufficient_credits=402 not_found=404 "
         "post_already_published=409 permanent_failure_circuit_breaker=422 rate_limited=429 rate_limit_exceeded=429 "
         "internal_error=500"                                                                                        },
        {PN_READ, PN_KEY, NULL,
         "UNAUTHORIZED=401 UNKNOWN_KEY=401 NO_WORKSPACE=401 PAYMENT_REQUIRED=402 NOT_FOUND=404 FAILED=400 "
         "ID_REQUIRED=422 INTERNAL=500"                                                                              },
    };
    struct mock *m = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct str list = str_from(rows[i].codes);
        while (list.n) {
            struct str status = str_cut(&list, ' '), code = str_cut(&status, '=');
            const char *name = str_dup(&m->arena, code);
            struct mock_response a =
                respond(m, arena_printf(&m->arena, "{\"error\":\"%s\"}", name), rows[i].target, rows[i].key);
            if (!str_is(status, arena_printf(&m->arena, "%d", a.status)))
                fail_msg("%s: %d", name, a.status);
            if (rows[i].pointer)
                assert_string_equal(at(a, rows[i].pointer), name);
        }
    }
}

static void a_missing_resource_is_not_a_missing_route(void **state)
{
    respond(*state, "{\"error\":\"NOT_FOUND\"}", LIST, KEY);
    struct mock_response log = mock_call(*state, "GET /__admin/requests", NULL);
    assert_string_equal(at(log, "/items/0/fault"), "not_found");
}

static void a_code_of_another_provider_means_the_same_error(void **state)
{
    static const struct {
        const char *error, *target, *key;
        int status;
        const char *code;
    } rows[] = {
        {"RATE_LIMITED", PE_LIST, PE_KEY, 429, "rate_limit_exceeded"},
        {"rate_limited", LIST,    KEY,    429, "RATE_LIMITED"       },
        {"not_found",    LIST,    KEY,    404, "NOT_FOUND"          },
        {"VALIDATION",   PE_LIST, PE_KEY, 400, "validation_error"   },
    };
    struct mock *m = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *response = arena_printf(&m->arena, "{\"error\":\"%s\"}", rows[i].error);
        struct mock_response a = respond(m, response, rows[i].target, rows[i].key);
        assert_int_equal(a.status, rows[i].status);
        assert_string_equal(at(a, "/error/code"), rows[i].code);
    }
}

/* --- rate limits ------------------------------------------------------------------------------ */

static int64_t number_of(struct mock_response a, const char *name)
{
    int64_t n = -1;
    const char *text = header_of(a, name);
    if (text)
        str_to_int(str_from(text), &n);
    return n;
}

static void a_429_of_a_rule_has_the_headers_of_an_exhausted_limit(void **state)
{
    static const struct {
        const char *response, *target, *key;
        int64_t limit, wait;
    } rows[] = {
        {"{\"error\":\"RATE_LIMITED\"}",                                        LIST,    KEY,       120, 1 },
        {"{\"status\":429}",                                                    LIST,    KEY,       120, 1 },
        {"{\"status\":429,\"body\":{\"a\":1}}",                                 LIST,    KEY,       120, 1 },
        {"{\"status\":429,\"raw\":\"{\"}",                                      LIST,    KEY,       120, 1 },
        {"{\"status\":429,\"after\":true}",                                     LIST,    KEY,       120, 1 },
        {"{\"status\":429}",                                                    LIST,    "X: none", 120, 1 },
        {"{\"error\":\"rate_limit_exceeded\"}",                                 PE_LIST, PE_KEY,    60,  1 },
        {"{\"error\":\"rate_limited\",\"headers\":{\"Retry-After\":\"7\"}}",    PE_LIST, PE_KEY,    60,  7 },
        {"{\"status\":429,\"headers\":{\"retry-after\":\"30\"}}",               LIST,    KEY,       120, 30},
        {"{\"status\":429,\"headers\":{\"X-RateLimit-Reset\":\"1777712445\"}}", LIST,    KEY,       120, 45},
    };
    const int64_t now = INT64_C(1777712400); /* 2026-05-02T09:00:00Z */
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = respond(*state, rows[i].response, rows[i].target, rows[i].key);
        assert_int_equal(a.status, 429);
        assert_int_equal(number_of(a, "X-RateLimit-Limit"), rows[i].limit);
        assert_int_equal(number_of(a, "X-RateLimit-Remaining"), 0);
        assert_int_equal(number_of(a, "Retry-After"), rows[i].wait);
        assert_int_equal(number_of(a, "X-RateLimit-Reset"), now + rows[i].wait);
    }
}

static void the_headers_of_a_429_agree_within_a_second(void **state)
{
    static const char *const responses[] = {"{\"status\":429}", "{\"status\":429,\"headers\":{\"Retry-After\":\"7\"}}"};
    mock_call(*state, "POST /__admin/clock/advance", "{\"by\":\"400ms\"}");
    for (size_t i = 0; i < COUNT(responses); i++) {
        struct mock_response a = respond(*state, responses[i], LIST, KEY);
        int64_t date_ms = 0;
        assert_true(time_parse_http(str_from(header_of(a, "Date")), &date_ms));
        assert_int_equal(number_of(a, "Retry-After"), i ? 7 : 1);
        assert_int_equal(number_of(a, "X-RateLimit-Reset") - date_ms / 1000, i ? 7 : 1);
    }
}

static void stated_headers_of_a_429_win(void **state)
{
    struct mock_response a = respond(*state,
                                     "{\"status\":429,\"headers\":{\"Retry-After\":\"3\",\"X-RateLimit-Reset\":\"9\","
                                     "\"X-RateLimit-Remaining\":\"5\",\"X-RateLimit-Limit\":null}}",
                                     LIST, KEY);
    assert_string_equal(header_of(a, "Retry-After"), "3");
    assert_string_equal(header_of(a, "X-RateLimit-Reset"), "9");
    assert_string_equal(header_of(a, "X-RateLimit-Remaining"), "5");
    assert_null(header_of(a, "X-RateLimit-Limit"));
    a = respond(*state, "{\"status\":429,\"headers\":{\"Retry-After\":\"Sat, 02 May 2026 09:00:20 GMT\"}}", LIST, KEY);
    assert_int_equal(number_of(a, "X-RateLimit-Reset"), 1777712420);
}

static void a_limit_that_is_exhausted_keeps_its_reset(void **state)
{
    mock_call(*state, "POST /__admin/simulate/rate_limit", "{\"key\":\"full\",\"class\":\"read\",\"remaining\":0}");
    struct mock_response a = respond(*state, "{\"error\":\"RATE_LIMITED\"}", LIST, KEY);
    assert_int_equal(number_of(a, "Retry-After"), 60);
}

static void a_429_of_postnitro_has_no_such_headers(void **state)
{
    struct mock_response a = respond(*state, "{\"status\":429}", PN_LIST, PN_KEY);
    assert_null(header_of(a, "Retry-After"));
    assert_null(header_of(a, "X-RateLimit-Limit"));
}

static void another_status_of_a_rule_leaves_the_limit_alone(void **state)
{
    struct mock_response a = respond(*state, "{\"status\":503}", LIST, KEY);
    assert_int_equal(number_of(a, "X-RateLimit-Remaining"), 119);
    assert_null(header_of(a, "Retry-After"));
}

/* --- after the effect ------------------------------------------------------------------------- */

static size_t post_count(struct mock *m)
{
    mock_call(m, "DELETE /__admin/rules", NULL);
    return node_count(node_get(mock_call(m, POSTS, NULL, KEY).body, "items"));
}

static void a_response_after_the_effect_loses_only_the_response(void **state)
{
    struct mock *m = *state;
    use_rule(m, "{\"respond\":{\"status\":504,\"after\":true}}");
    struct mock_response lost = mock_call(m, SCHEDULE, ONE, KEY, TOKEN);
    assert_int_equal(lost.status, 504);
    assert_string_equal(at(lost, "/error/code"), "INTERNAL");
    assert_string_equal(header_of(lost, "X-Mock-Error"), "rule:r");
    assert_int_equal(post_count(m), 1);
    struct mock_response again = mock_call(m, SCHEDULE, ONE, KEY, TOKEN);
    assert_int_equal(again.status, 202);
    assert_string_equal(header_of(again, "X-Mock-Replayed"), "true");
    assert_non_null(at(again, "/scheduledPosts/0/scheduledPostId"));
    assert_int_equal(post_count(m), 1);
    assert_int_equal(mock_call(m, SCHEDULE, ONE, KEY).status, 202); /* without the key: a second post */
    assert_int_equal(post_count(m), 2);
}

static void nothing_of_the_replaced_response_is_left(void **state)
{
    struct mock *m = *state;
    assert_int_equal(mock_call(m, SCHEDULE, ONE, KEY, TOKEN).status, 202);
    use_rule(m, "{\"respond\":{\"status\":504,\"body\":\"\",\"after\":true}}");
    struct mock_response a = mock_call(m, SCHEDULE, ONE, KEY, TOKEN);
    assert_int_equal(a.status, 504);
    assert_int_equal(a.text.n, 0);
    assert_null(header_of(a, "X-Mock-Replayed"));
    struct mock_response why = mock_call(m, "GET /__admin/explain/2", NULL);
    assert_string_equal(at(why, "/served/replayed"), "true");
    assert_string_equal(at(why, "/response/replayed"), "false");
    use_rule(m, "{\"respond\":{\"status\":204,\"after\":true}}");
    assert_null(header_of(mock_call(m, LIST, NULL, KEY), "Content-Type"));
}

static void without_after_nothing_has_happened(void **state)
{
    struct mock *m = *state;
    use_rule(m, "{\"respond\":{\"status\":504}}");
    mock_call(m, SCHEDULE, ONE, KEY, TOKEN);
    assert_int_equal(post_count(m), 0);
    assert_null(header_of(mock_call(m, SCHEDULE, ONE, KEY, TOKEN), "X-Mock-Replayed"));
}

static void a_refusal_is_replaced_too_and_stored_as_it_was(void **state)
{
    struct mock *m = *state;
    use_rule(m, "{\"respond\":{\"status\":502,\"after\":true}}");
    assert_int_equal(mock_call(m, SCHEDULE, "{\"targets\":[]}", KEY, TOKEN).status, 502);
    assert_int_equal(mock_call(m, "GET /layers/v1/nowhere", NULL, KEY).status, 502);
    assert_int_equal(mock_call(m, LIST, NULL).status, 502);
    mock_call(m, "DELETE /__admin/rules", NULL);
    assert_int_equal(mock_call(m, SCHEDULE, "{\"targets\":[]}", KEY, TOKEN).status, 422);
    struct mock_response log = mock_call(m, "GET /__admin/requests", NULL);
    assert_string_equal(at(log, "/items/0/served/fault"), "invalid");
    assert_string_equal(at(log, "/items/1/served/fault"), "no_route");
    assert_string_equal(at(log, "/items/2/served/status"), "401");
}

static void the_journal_has_both_responses(void **state)
{
    struct mock *m = *state;
    use_rule(m, "{\"respond\":{\"status\":504,\"raw\":\"late\",\"after\":true}}");
    mock_call(m, SCHEDULE, ONE, KEY);
    static const char *const where[] = {"GET /__admin/requests", "GET /__admin/explain/1"};
    for (size_t i = 0; i < COUNT(where); i++) {
        struct mock_response a = mock_call(m, where[i], NULL);
        const char *entry = i ? "" : "/items/0";
        assert_string_equal(at(a, arena_printf(&m->arena, "%s/served/status", entry)), "202");
        assert_string_equal(at(a, arena_printf(&m->arena, "%s/served/fault", entry)), "null");
        assert_non_null(at(a, arena_printf(&m->arena, "%s/served/json/scheduledPosts/0", entry)));
        assert_string_equal(at(a, arena_printf(&m->arena, "%s/response/status", entry)), "504");
        assert_non_null(at(a, arena_printf(&m->arena, "%s/changes/0", entry)));
    }
    assert_string_equal(at(mock_call(m, where[0], NULL), "/items/0/response/text"), "late");
    mock_call(m, "DELETE /__admin/rules", NULL);
    mock_call(m, LIST, NULL, KEY);
    assert_null(at(mock_call(m, where[0], NULL), "/items/1/served"));
}

static void the_effect_sends_its_webhooks(void **state)
{
    struct mock *m = *state;
    use_rule(m, "{\"respond\":{\"status\":504,\"after\":true}}");
    assert_int_equal(mock_call(m, "DELETE /layers/v1/social-accounts/sa_one", NULL, KEY).status, 504);
    struct mock_response log = mock_call(m, "GET /__admin/requests", NULL);
    assert_int_equal(node_count(node_pointer(log.body, "/items/0/deliveries")), 1);
    struct mock_response sent = mock_call(m, "GET /__admin/state/deliveries", NULL);
    assert_string_equal(at(sent, "/items/0/type"), "social_account.revoked");
}

static const char *verdict_of(struct mock *m, const char *check)
{
    const struct node *checks = node_get(mock_call(m, "GET /__admin/client-checks", NULL).body, "checks");
    for (size_t i = 0; i < node_count(checks); i++)
        if (strcmp(node_get_text(node_at(checks, i), "id"), check) == 0)
            return node_get_text(node_at(checks, i), "verdict");
    return "(none)";
}

static void client_checks_judge_what_the_client_got(void **state)
{
    struct mock *m = *state;
    for (int key = 0; key < 2; key++) {
        mock_call(m, "POST /__admin/reset", NULL);
        use_rule(m, "{\"respond\":{\"status\":503,\"after\":true}}");
        mock_call(m, SCHEDULE, ONE, KEY, key ? TOKEN : "X: y");
        mock_call(m, "DELETE /__admin/rules", NULL);
        mock_call(m, SCHEDULE, ONE, KEY, key ? TOKEN : "X: y");
        assert_string_equal(verdict_of(m, "idempotency_kept"), key ? "passed" : "failed");
    }
    mock_call(m, "POST /__admin/reset", NULL); /* a 501 of a rule is a failure, although one of the mock is not */
    use_rule(m, "{\"respond\":{\"error\":\"NOT_IMPLEMENTED\"}}");
    for (int i = 0; i < 2; i++)
        mock_call(m, SCHEDULE, ONE, KEY, "X: y");
    assert_string_equal(verdict_of(m, "idempotency_kept"), "failed");
    use_rule(m, "{\"respond\":{\"status\":503}}"); /* the mock's own 503 does not count as a failing call */
    for (int i = 0; i < 6; i++)
        mock_call(m, LIST, NULL, KEY);
    assert_string_equal(verdict_of(m, "backoff"), "failed");
}

static void other_effects_act_on_the_replacing_response(void **state)
{
    struct mock *m = *state;
    use_rule(m, "{\"respond\":{\"status\":200,\"body\":{\"a\":1},\"after\":true}},"
                "{\"patch\":[{\"op\":\"add\",\"path\":\"/b\",\"value\":2}]},{\"headers\":{\"X-C\":\"3\"}}");
    struct mock_response a = mock_call(m, SCHEDULE, ONE, KEY, TOKEN);
    assert_true(str_is(a.text, "{\"a\":1,\"b\":2}"));
    assert_string_equal(header_of(a, "X-C"), "3");
    assert_null(header_of(a, "X-Mock-Rule-Missed"));
    mock_call(m, "DELETE /__admin/rules", NULL);
    assert_non_null(at(mock_call(m, SCHEDULE, ONE, KEY, TOKEN), "/scheduledPosts/0"));
}

static void a_request_is_changed_before_it_takes_effect(void **state)
{
    struct mock *m = *state;
    use_rule(m, "{\"request\":{\"key\":\"full\"}},{\"respond\":{\"status\":504,\"after\":true}}");
    assert_int_equal(mock_call(m, SCHEDULE, ONE).status, 504);
    assert_int_equal(post_count(m), 1);
}

/* --- bytes and headers ------------------------------------------------------------------------ */

static void a_body_can_have_any_bytes(void **state)
{
    struct mock_response a = respond(*state, "{\"status\":200,\"raw\":\"{\\\"items\\\": [\"}", LIST, KEY);
    assert_true(str_is(a.text, "{\"items\": ["));
    assert_string_equal(header_of(a, "Content-Type"), "application/json");
    a = respond(*state, "{\"status\":200,\"raw_base64\":\"AP8KewA=\",\"headers\":{\"content-type\":\"image/png\"}}",
                LIST, KEY);
    assert_true(str_eq(a.text, str_of("\0\377\n{\0", 5)));
    assert_string_equal(header_of(a, "Content-Type"), "image/png");
    a = respond(*state, "{\"status\":500,\"raw_base64\":\"+/+/\"}", LIST, KEY);
    assert_true(str_eq(a.text, str_of("\373\377\277", 3)));
}

static void null_removes_a_header(void **state)
{
    static const char *const names[] = {"Content-Type", "Date", "X-Request-Id", "Retry-After", "X-RateLimit-Limit"};
    struct mock *m = *state;
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_non_null(header_of(respond(m, "{\"status\":429}", LIST, KEY), names[i]));
        const char *response = arena_printf(&m->arena, "{\"status\":429,\"headers\":{\"%s\":null}}", names[i]);
        assert_null(header_of(respond(m, response, LIST, KEY), names[i]));
        use_rule(m, arena_printf(&m->arena, "{\"headers\":{\"%s\":null}}", names[i]));
        assert_null(header_of(mock_call(m, LIST, NULL, KEY), names[i]));
    }
}

/* --- what is refused -------------------------------------------------------------------------- */

static void effects_that_cannot_act_are_refused(void **state)
{
    /* clang-format off */
    static const struct {
        const char *then, *pointer, *words;
    } rows[] = {
        {"{\"respond\":{\"status\":101}}",                                "/then/0/respond/status", "200 to 599"},
        {"{\"respond\":{\"status\":600}}",                                "/then/0/respond/status", "200 to 599"},
        {"{\"respond\":{\"status\":200}}",                                "/then/0/respond/status", "needs a 'body'"},
        {"{\"respond\":{\"status\":204,\"body\":{}}}",                    "/then/0/respond/body", "204 has no body"},
        {"{\"respond\":{\"status\":304,\"raw\":\"x\"}}",                  "/then/0/respond/raw", "304 has no body"},
        {"{\"respond\":{\"status\":205,\"raw_base64\":\"AAAA\"}}",        "/then/0/respond/raw_base64", "205 has no body"},
        {"{\"respond\":{\"after\":true}}",                                "/then/0/respond", "either 'error' or 'status'"},
        {"{\"respond\":{\"status\":500,\"error\":\"INTERNAL\"}}",         "/then/0/respond", "either 'error' or 'status'"},
        {"{\"respond\":{\"error\":\"INTERNAL\",\"raw\":\"x\"}}",          "/then/0/respond/raw", "need a 'status'"},
        {"{\"respond\":{\"error\":\"INTERNAL\",\"body\":\"x\"}}",         "/then/0/respond/body", "need a 'status'"},
        {"{\"respond\":{\"status\":500,\"body\":\"x\",\"raw\":\"x\"}}",   "/then/0/respond/raw", "only one of"},
        {"{\"respond\":{\"status\":500,\"raw\":\"x\",\"raw_base64\":\"\"}}", "/then/0/respond/raw_base64", "only one of"},
        {"{\"respond\":{\"status\":500,\"raw\":5}}",                      "/then/0/respond/raw", "expected a string"},
        {"{\"respond\":{\"status\":500,\"raw_base64\":\"A\"}}",           "/then/0/respond/raw_base64", "not base64"},
        {"{\"respond\":{\"status\":500,\"raw_base64\":\"A-_=\"}}",        "/then/0/respond/raw_base64", "not base64"},
        {"{\"respond\":{\"status\":500,\"raw_base64\":\"AA\"}}",          "/then/0/respond/raw_base64", "not base64"},
        {"{\"respond\":{\"status\":500,\"after\":1}}",                    "/then/0/respond/after", "after"},
        {"{\"respond\":{\"status\":500,\"headers\":{\"Content-Length\":null}}}", "/then/0/respond/headers/Content-Length",
         "find the end of the response"},
        {"{\"headers\":{\"Content-Length\":\"5\"}}", "/then/0/headers/Content-Length", "the server sets it"},
        {"{\"headers\":{\"connection\":\"upgrade\"}}", "/then/0/headers/connection", "only 'close'"},
        {"{\"edit\":[{\"header\":\"content-length\",\"set\":5}]}", "/then/0/edit/0/header", "cannot be changed"},
        {"{\"headers\":{\"transfer-encoding\":null}}",                    "/then/0/headers/transfer-encoding", "cannot be changed"},
        {"{\"headers\":{\"Connection\":null}}",                           "/then/0/headers/Connection", "cannot be changed"},
        {"{\"headers\":{\"X-A\":\"\"}}",                                  "/then/0/headers/X-A", "write null"},
        {"{\"headers\":{\"X A\":null}}",                                  "/then/0/headers/X A", "header name"},
        {"{\"headers\":[]}",                                              "/then/0/headers", "object"},
        {"{\"respond\":{\"status\":500}},{\"respond\":{\"status\":502}}", "/then/1/respond", "twice"},
        {"{\"close_connection\":\"reset\"},{\"close_connection\":\"mid_body\"}", "/then/1/close_connection", "twice"},
        {"{\"throttle\":\"1B/s\"},{\"throttle\":\"2B/s\"}",               "/then/1/throttle", "twice"},
        {"{\"respond\":{\"status\":500}},{\"request\":{\"key\":null}}",   "/then/1/request", "add 'after: true'"},
        {"{\"respond\":{\"status\":500}},{\"skip\":[\"scope\"]}",         "/then/1/skip", "add 'after: true'"},
        {"{\"clock\":\"1h\"},{\"respond\":{\"status\":500,\"after\":false}}", "/then/0/clock", "add 'after: true'"},
        {"{\"respond\":{\"status\":500,\"raw\":\"{\"}},{\"patch\":[{\"op\":\"remove\",\"path\":\"/a\"}]}", "/then/1/patch",
         "JSON body"},
        {"{\"respond\":{\"status\":204}},{\"edit\":[{\"at\":\"/a\",\"set\":1}]}", "/then/1/edit", "JSON body"},
        {"{\"respond\":{\"status\":204}},{\"throttle\":\"1B/s\"}",        "/then/1/throttle", "sends none"},
        {"{\"respond\":{\"status\":500,\"body\":\"\"}},{\"close_connection\":\"mid_body\"}", "/then/1/close_connection",
         "sends none"},
        {"{\"respond\":{\"status\":500,\"after\":true}},{\"close_connection\":\"reset\"}", "/then/0/respond/after",
         "sends no response"},
        {"{\"close_connection\":\"before_headers\"},{\"headers\":{\"X-A\":\"1\"}}", "/then/1/headers", "sends no response"},
        {"{\"close_connection\":\"reset\"},{\"throttle\":\"1B/s\"}",      "/then/1/throttle", "sends no response"},
    };
    /* clang-format on */
    struct mock *m = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a =
            mock_call(m, "POST /__admin/rules", arena_printf(&m->arena, "{\"then\":[%s]}", rows[i].then));
        const char *pointer = at(a, "/pointer");
        if (a.status != 422 || !pointer || strcmp(pointer, rows[i].pointer) != 0 ||
            !strstr(at(a, "/detail"), rows[i].words))
            fail_msg("%s: %d %s", rows[i].then, a.status, a.text.s);
    }
}

static void effects_that_can_act_together_are_accepted(void **state)
{
    static const char *const then[] = {
        "{\"respond\":{\"status\":500}},{\"patch\":[{\"op\":\"remove\",\"path\":\"/a\"}]}",
        "{\"respond\":{\"status\":500,\"body\":\"[1]\"}},{\"patch\":[{\"op\":\"remove\",\"path\":\"/0\"}]}",
        "{\"respond\":{\"status\":204}},{\"edit\":[{\"header\":\"X-A\",\"set\":\"1\"}]}",
        "{\"respond\":{\"status\":500}},{\"close_connection\":\"reset\"}",
        "{\"respond\":{\"status\":500,\"after\":true}},{\"skip\":[\"scope\"]},{\"clock\":\"1h\"}",
        "{\"respond\":{\"status\":500}},{\"delay_before\":\"1s\"},{\"delay_after\":\"1s\"},{\"throttle\":\"1B/s\"}",
        "{\"headers\":{\"X-A\":\"1\"}},{\"headers\":{\"X-B\":\"1\"}}",
        "{\"headers\":{\"Connection\":\"close\"}}",
    };
    for (size_t i = 0; i < COUNT(then); i++)
        use_rule(*state, then[i]);
}

/* --- the simulation --------------------------------------------------------------------------- */

static void a_simulated_failure_is_an_error_of_the_provider(void **state)
{
    struct mock *m = *state;
    mock_call(m, "POST /__admin/simulate/fail",
              "{\"operation\":\"layers.list_social_accounts\",\"times\":1,\"status\":500}");
    struct mock_response a = mock_call(m, LIST, NULL, KEY);
    assert_string_equal(at(a, "/error/code"), "INTERNAL");
    mock_call(m, "POST /__admin/simulate/fail",
              "{\"operation\":\"layers.list_social_accounts\",\"times\":1,\"status\":429,\"headers\":{\"Retry-After\":"
              "\"9\",\"Date\":null}}");
    a = mock_call(m, LIST, NULL, KEY);
    assert_int_equal(number_of(a, "X-RateLimit-Reset"), 1777712409);
    assert_null(header_of(a, "Date"));
    mock_call(m, "POST /__admin/simulate/fail",
              "{\"operation\":\"layers.schedule_content\",\"times\":1,\"error\":\"INTERNAL\",\"after\":true}");
    assert_int_equal(mock_call(m, SCHEDULE, ONE, KEY).status, 500);
    assert_int_equal(post_count(m), 1);
    mock_call(m, "POST /__admin/simulate/fail",
              "{\"operation\":\"layers.list_social_accounts\",\"times\":1,\"status\":502,\"raw\":\"\"}");
    assert_int_equal(mock_call(m, LIST, NULL, KEY).text.n, 0);
}

static void a_failure_that_is_none_is_refused(void **state)
{
    static const struct {
        const char *more, *pointer;
    } rows[] = {
        {"\"status\":200,\"body\":{}",                       "/status"            },
        {"\"status\":304",                                   "/status"            },
        {"\"status\":99",                                    "/status"            },
        {"\"error\":\"INTERNAL\",\"raw\":\"x\"",             "/raw"               },
        {"\"status\":500,\"raw_base64\":\"x\"",              "/raw_base64"        },
        {"\"status\":500,\"after\":\"yes\"",                 "/after"             },
        {"\"status\":500,\"headers\":{\"Connection\":null}", "/headers/Connection"},
    };
    struct mock *m = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *body = arena_printf(&m->arena, "{\"operation\":\"layers.whoami\",\"times\":1,%s}", rows[i].more);
        struct mock_response a = mock_call(m, "POST /__admin/simulate/fail", body);
        if (a.status != 422 || strcmp(text_at(a, "/pointer"), rows[i].pointer) != 0)
            fail_msg("%s: %d %s", body, a.status, a.text.s);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, mock_test_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_status_is_an_error_of_the_provider),
        TEST(an_error_has_the_ids_and_times_of_its_provider),
        TEST(a_body_is_empty_only_on_request),
        TEST(each_error_code_has_its_documented_status),
        TEST(a_missing_resource_is_not_a_missing_route),
        TEST(a_code_of_another_provider_means_the_same_error),
        TEST(a_429_of_a_rule_has_the_headers_of_an_exhausted_limit),
        TEST(the_headers_of_a_429_agree_within_a_second),
        TEST(stated_headers_of_a_429_win),
        TEST(a_limit_that_is_exhausted_keeps_its_reset),
        TEST(a_429_of_postnitro_has_no_such_headers),
        TEST(another_status_of_a_rule_leaves_the_limit_alone),
        TEST(a_response_after_the_effect_loses_only_the_response),
        TEST(nothing_of_the_replaced_response_is_left),
        TEST(without_after_nothing_has_happened),
        TEST(a_refusal_is_replaced_too_and_stored_as_it_was),
        TEST(the_journal_has_both_responses),
        TEST(the_effect_sends_its_webhooks),
        TEST(client_checks_judge_what_the_client_got),
        TEST(other_effects_act_on_the_replacing_response),
        TEST(a_request_is_changed_before_it_takes_effect),
        TEST(a_body_can_have_any_bytes),
        TEST(null_removes_a_header),
        TEST(effects_that_cannot_act_are_refused),
        TEST(effects_that_can_act_together_are_accepted),
        TEST(a_simulated_failure_is_an_error_of_the_provider),
        TEST(a_failure_that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
