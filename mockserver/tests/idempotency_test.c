/* Idempotency-Key: a repeated call returns the stored response. */
#include "base/array.h"
#include "mockserver/tests/layers_test.h"

#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "mockserver/runtime/namespaces.h"
#include "mockserver/state/post.h"
#include "mockserver/state/replies.h"
#include "mockserver/state/world.h"

#define SCHEDULE "POST /v1/content/cnt_open/schedule"
#define CREATE   "POST /v1/projects"
#define TOKEN    "Idempotency-Key: 7e6b0a4e-6f0b-4b8e-9f55-0d6a3a9c2b11"
#define OTHER    "Idempotency-Key: 01JA2B3C4D5E6F7G8H9JKMNPQR"
#define TEXT                                                                                                           \
    "{\"scheduledFor\":\"2026-05-03T17:00:00Z\",\"targets\":[{\"socialAccountId\":"                                    \
    "\"sa_acme_tiktok\",\"mode\":\"publish\"}]}"
#define BODY (TEXT)
#define LATER                                                                                                          \
    ("{\"scheduledFor\":\"2026-05-03T18:00:00Z\",\"targets\":[{\"socialAccountId\":"                                   \
     "\"sa_acme_tiktok\",\"mode\":\"publish\"}]}")
#define PROJECT "{\"name\":\"Acme Tea\",\"timezone\":\"Europe/Berlin\"}"

static void advance(struct mock *m, int64_t ms)
{
    struct world *w = mock_test_world(m);
    events_advance(w, world_now(w) + ms);
}

static uint32_t posts(struct mock *m)
{
    return world_count(mock_test_world(m), RECORD_DESTINATION);
}

static void assert_stored_response(struct mock_response again, struct mock_response first)
{
    assert_int_equal(again.status, first.status);
    assert_true(str_eq(again.text, first.text));
    assert_string_equal(header_of(again, "X-Mock-Replayed"), "true");
    assert_string_equal(header_of(again, "Content-Type"), "application/json");
    assert_string_not_equal(header_of(again, "X-Request-Id"), header_of(first, "X-Request-Id"));
}

static void a_repeated_call_returns_the_stored_response_and_acts_once(void **state)
{
    uint32_t before = posts(*state);
    struct mock_response first = mock_call(*state, SCHEDULE, BODY, AS_FULL, TOKEN);
    assert_int_equal(first.status, 202);
    assert_null(header_of(first, "X-Mock-Replayed"));
    advance(*state, DAY_MS - 1);
    assert_stored_response(mock_call(*state, SCHEDULE, BODY, AS_FULL, TOKEN), first);
    assert_stored_response(mock_call(*state, SCHEDULE, BODY, AS_FULL, TOKEN), first);
    assert_int_equal(posts(*state), before + 1);
}

static void a_rules_response_is_not_marked_as_a_stored_one(void **state)
{
    static const char *const responses[] = {"{\"status\":504}", "{\"status\":204}", "{\"status\":200,\"raw\":\"\"}"};
    struct mock *m = *state;
    struct mock_response first = mock_call(m, SCHEDULE, BODY, AS_FULL, TOKEN);
    for (size_t i = 0; i < COUNT(responses); i++) {
        const char *rule = arena_printf(&m->arena,
                                        "{\"on\":\"layers.schedule_content\",\"when\":{\"times\":1},"
                                        "\"then\":[{\"respond\":%s}]}",
                                        responses[i]);
        assert_int_equal(mock_call(m, "POST /__admin/rules", rule).status, 201);
        struct mock_response a = mock_call(m, SCHEDULE, BODY, AS_FULL, TOKEN);
        assert_int_not_equal(a.status, 202);
        assert_null(header_of(a, "X-Mock-Replayed"));
        assert_false(str_has(a.text, STR("scheduledPosts")));
    }
    assert_true(str_has(mock_call(m, "GET /__admin/explain/2", NULL).text, STR("\"replayed\":false")));
    assert_stored_response(mock_call(m, SCHEDULE, BODY, AS_FULL, TOKEN), first);
}

static void without_a_token_every_call_acts(void **state)
{
    uint32_t before = posts(*state);
    mock_call(*state, SCHEDULE, BODY, AS_FULL);
    mock_call(*state, SCHEDULE, BODY, AS_FULL, "Idempotency-Key: ");
    mock_call(*state, SCHEDULE, BODY, AS_FULL);
    assert_int_equal(posts(*state), before + 3);
}

static void a_different_call_with_the_same_token_is_a_conflict(void **state)
{
    static const struct {
        const char *line, *body;
    } rows[] = {
        {SCHEDULE,                                LATER     },
        {SCHEDULE,                                (TEXT " ")},
        {SCHEDULE,                                "{"       },
        {SCHEDULE,                                NULL      },
        {"POST /v1/content/cnt_image/schedule",   BODY      },
        {"POST /v1/content/cnt_pending/schedule", BODY      },
    };
    struct mock_response first = mock_call(*state, SCHEDULE, BODY, AS_FULL, TOKEN);
    uint32_t before = posts(*state);
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_refused(mock_call(*state, rows[i].line, rows[i].body, AS_FULL, TOKEN), 409, "IDEMPOTENCY_CONFLICT");
    assert_int_equal(posts(*state), before);
    assert_stored_response(mock_call(*state, SCHEDULE, BODY, AS_FULL, TOKEN), first);
}

static void a_token_belongs_to_one_key_and_one_endpoint(void **state)
{
    uint32_t before = posts(*state);
    struct mock_response first = mock_call(*state, SCHEDULE, BODY, AS_FULL, TOKEN);
    struct mock_response other = mock_call(*state, SCHEDULE, LATER, AS_NARROW, TOKEN);
    assert_int_equal(other.status, 202);
    assert_int_equal(mock_call(*state, SCHEDULE, LATER, AS_FULL, OTHER).status, 202);
    assert_int_equal(mock_call(*state, CREATE, PROJECT, AS_FULL, TOKEN).status, 201);
    assert_int_equal(posts(*state), before + 3);
    assert_stored_response(mock_call(*state, SCHEDULE, BODY, AS_FULL, TOKEN), first);
    assert_stored_response(mock_call(*state, SCHEDULE, LATER, AS_NARROW, TOKEN), other);
}

static void a_token_expires_after_a_day(void **state)
{
    struct mock_response first = mock_call(*state, CREATE, PROJECT, AS_FULL, TOKEN);
    advance(*state, DAY_MS);
    struct mock_response second = mock_call(*state, CREATE, "{\"name\":\"B\",\"timezone\":\"UTC\"}", AS_FULL, TOKEN);
    assert_int_equal(second.status, 201);
    assert_string_not_equal(at(second, "/id"), at(first, "/id"));
    assert_stored_response(mock_call(*state, CREATE, "{\"name\":\"B\",\"timezone\":\"UTC\"}", AS_FULL, TOKEN), second);
}

static void a_refusal_by_the_endpoint_is_stored_too(void **state)
{
    struct mock_response first = mock_call(*state, CREATE, "{\"name\":\"\"}", AS_FULL, TOKEN);
    assert_int_equal(first.status, 422);
    assert_stored_response(mock_call(*state, CREATE, "{\"name\":\"\"}", AS_FULL, TOKEN), first);
    assert_refused(mock_call(*state, CREATE, PROJECT, AS_FULL, TOKEN), 409, "IDEMPOTENCY_CONFLICT");
}

static void a_refusal_by_a_gate_is_not_stored(void **state)
{
    assert_refused(mock_call(*state, CREATE, PROJECT, AS_NARROW, TOKEN), 403, "FORBIDDEN_SCOPE");
    assert_refused(mock_call(*state, CREATE, PROJECT, AS_NARROW, TOKEN), 403, "FORBIDDEN_SCOPE");
    mock_call(*state, "POST /__admin/simulate/rate_limit", "{\"key\":\"full\",\"class\":\"write\",\"remaining\":0}");
    assert_refused(mock_call(*state, CREATE, PROJECT, AS_FULL, TOKEN), 429, "RATE_LIMITED");
    advance(*state, MINUTE_MS);
    struct mock_response made = mock_call(*state, CREATE, PROJECT, AS_FULL, TOKEN);
    assert_int_equal(made.status, 201);
    assert_null(header_of(made, "X-Mock-Replayed"));
}

static void the_response_of_a_rule_is_not_stored(void **state)
{
    static const char *const responses[] = {"\"error\":\"INTERNAL\"", "\"error\":\"RATE_LIMITED\"", "\"status\":503",
                                            "\"status\":418"};
    for (size_t i = 0; i < COUNT(responses); i++) {
        char body[160];
        snprintf(body, sizeof body, "{\"operation\":\"layers.create_project\",\"times\":1,%s}", responses[i]);
        assert_int_equal(mock_call(*state, "POST /__admin/simulate/fail", body).status, 200);
        assert_true(mock_call(*state, CREATE, PROJECT, AS_FULL, TOKEN).status >= 400);
    }
    struct mock_response made = mock_call(*state, CREATE, PROJECT, AS_FULL, TOKEN);
    assert_int_equal(made.status, 201);
    assert_stored_response(mock_call(*state, CREATE, PROJECT, AS_FULL, TOKEN), made);
}

static void a_response_patched_by_a_rule_is_stored_patched(void **state)
{
    mock_call(*state, "POST /__admin/rules",
              "{\"on\":\"layers.create_project\",\"when\":{\"nth\":1},\"then\":[{\"patch\":"
              "[{\"op\":\"replace\",\"path\":\"/name\",\"value\":\"Other\"}]}]}");
    struct mock_response first = mock_call(*state, CREATE, PROJECT, AS_FULL, TOKEN);
    assert_string_equal(at(first, "/name"), "Other");
    assert_stored_response(mock_call(*state, CREATE, PROJECT, AS_FULL, TOKEN), first);
}

static void other_routes_ignore_the_token(void **state)
{
    /* clang-format off */
    static const struct {
        const char *line, *body;
    } rows[] = {
        {"POST /v1/projects/prj_acme_a/social/oauth-url",
         "{\"platform\":\"tiktok\",\"returnUrl\":\"https://app.your-product.com/done\"}"},
        {"POST /v1/projects/prj_acme_a/social/reauth-url",
         "{\"socialAccountId\":\"sa_acme_expired\",\"returnUrl\":\"https://app.your-product.com/done\"}"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response first = mock_call(*state, rows[i].line, rows[i].body, AS_FULL, TOKEN);
        struct mock_response again = mock_call(*state, rows[i].line, rows[i].body, AS_FULL, TOKEN);
        assert_int_equal(again.status, 200);
        assert_string_not_equal(at(again, "/state"), at(first, "/state"));
        assert_null(header_of(again, "X-Mock-Replayed"));
    }
    assert_int_equal(mock_call(*state, "DELETE /v1/scheduled-posts/sp_queued", NULL, AS_FULL, TOKEN).status, 200);
    assert_refused(mock_call(*state, "DELETE /v1/scheduled-posts/sp_queued", NULL, AS_FULL, TOKEN), 409, "CONFLICT");
}

static void a_reset_and_another_namespace_do_not_have_the_stored_response(void **state)
{
    struct mock_response first = mock_call(*state, CREATE, PROJECT, AS_FULL, TOKEN);
    struct mock_response other = mock_call(*state, "POST /ns/other/v1/projects", PROJECT, AS_FULL, TOKEN);
    assert_int_equal(other.status, 201);
    assert_null(header_of(other, "X-Mock-Replayed"));
    mock_call(*state, "POST /__admin/snapshots", "{\"name\":\"made\"}");
    mock_call(*state, "POST /__admin/reset", NULL);
    assert_null(header_of(mock_call(*state, CREATE, PROJECT, AS_FULL, TOKEN), "X-Mock-Replayed"));
    mock_call(*state, "POST /__admin/snapshots/made/restore", NULL);
    assert_stored_response(mock_call(*state, CREATE, PROJECT, AS_FULL, TOKEN), first);
}

static void a_repeated_call_counts_against_the_rate_limit(void **state)
{
    mock_call(*state, CREATE, PROJECT, AS_FULL, TOKEN);
    struct mock_response again = mock_call(*state, CREATE, PROJECT, AS_FULL, TOKEN);
    assert_string_equal(header_of(again, "X-RateLimit-Remaining"), "58");
}

static struct reply make_reply(char token[32], int i, struct str body)
{
    int n = snprintf(token, 32, "token-%d", i);
    return (struct reply){.key = 1, .what = "op", .token = str_of(token, (size_t)n), .status = 200, .body = body};
}

static void the_oldest_responses_are_evicted_above_the_count_limit(void **state)
{
    struct world *w = mock_test_world(*state);
    char token[32];
    for (int i = 0; i < REPLIES_MAX + 10; i++) {
        struct reply r = make_reply(token, i, STR("{}"));
        replies_keep(&w->replies, &r, 0);
    }
    assert_null(replies_find(w->replies, 1, "op", STR("token-9")));
    assert_non_null(replies_find(w->replies, 1, "op", STR("token-10")));
    assert_null(replies_find(w->replies, 2, "op", STR("token-10")));
    assert_null(replies_find(w->replies, 1, "other", STR("token-10")));
}

static void the_oldest_responses_are_evicted_above_the_size_limit(void **state)
{
    static char large[REPLIES_BYTES / 4];
    struct world *w = mock_test_world(*state);
    char token[32];
    for (int i = 0; i < 5; i++) {
        struct reply r = make_reply(token, i, str_of(large, sizeof large));
        replies_keep(&w->replies, &r, 0);
    }
    assert_null(replies_find(w->replies, 1, "op", STR("token-1")));
    assert_non_null(replies_find(w->replies, 1, "op", STR("token-2")));
    assert_true(replies_own_bytes(w->replies) < 2 * REPLIES_BYTES);
}

static void a_fork_shares_the_responses_stored_before_it(void **state)
{
    struct world *w = mock_test_world(*state);
    char token[32];
    struct reply r = make_reply(token, 1, STR("{}"));
    replies_keep(&w->replies, &r, 0);
    struct world *fork = world_fork(w);
    r = make_reply(token, 2, STR("{}"));
    replies_keep(&fork->replies, &r, 0);
    assert_non_null(replies_find(fork->replies, 1, "op", STR("token-1")));
    assert_non_null(replies_find(fork->replies, 1, "op", STR("token-2")));
    assert_null(replies_find(w->replies, 1, "op", STR("token-2")));
    r.at_ms = 5;
    r.token = STR("token-3");
    replies_keep(&fork->replies, &r, 1); /* evicts responses from before */
    assert_null(replies_find(fork->replies, 1, "op", STR("token-1")));
    assert_non_null(replies_find(w->replies, 1, "op", STR("token-1")));
    world_free(fork);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAYERS_TEST(a_repeated_call_returns_the_stored_response_and_acts_once),
        LAYERS_TEST(a_rules_response_is_not_marked_as_a_stored_one),
        LAYERS_TEST(without_a_token_every_call_acts),
        LAYERS_TEST(a_different_call_with_the_same_token_is_a_conflict),
        LAYERS_TEST(a_token_belongs_to_one_key_and_one_endpoint),
        LAYERS_TEST(a_token_expires_after_a_day),
        LAYERS_TEST(a_refusal_by_the_endpoint_is_stored_too),
        LAYERS_TEST(a_refusal_by_a_gate_is_not_stored),
        LAYERS_TEST(the_response_of_a_rule_is_not_stored),
        LAYERS_TEST(a_response_patched_by_a_rule_is_stored_patched),
        LAYERS_TEST(other_routes_ignore_the_token),
        LAYERS_TEST(a_reset_and_another_namespace_do_not_have_the_stored_response),
        LAYERS_TEST(a_repeated_call_counts_against_the_rate_limit),
        LAYERS_TEST(the_oldest_responses_are_evicted_above_the_count_limit),
        LAYERS_TEST(the_oldest_responses_are_evicted_above_the_size_limit),
        LAYERS_TEST(a_fork_shares_the_responses_stored_before_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
