/* Idempotency-Key: the first response again, for as long as it is kept. */
#include "mockserver/tests/layers_test.h"

#include <stdio.h>
#include <string.h>

#include "mockserver/namespaces/namespaces.h"
#include "mockserver/state/events.h"
#include "mockserver/state/post.h"
#include "mockserver/state/replies.h"

#define SCHEDULE "POST /v1/content/cnt_open/schedule"
#define CREATE   "POST /v1/projects"
#define TOKEN    "Idempotency-Key: 7e6b0a4e-6f0b-4b8e-9f55-0d6a3a9c2b11"
#define OTHER    "Idempotency-Key: 01JA2B3C4D5E6F7G8H9JKMNPQR"
#define TEXT                                                                                       \
    "{\"scheduledFor\":\"2026-05-03T17:00:00Z\",\"targets\":[{\"socialAccountId\":"                \
    "\"sa_acme_tiktok\",\"mode\":\"publish\"}]}"
#define BODY (TEXT)
#define LATER                                                                                      \
    ("{\"scheduledFor\":\"2026-05-03T18:00:00Z\",\"targets\":[{\"socialAccountId\":"               \
     "\"sa_acme_tiktok\",\"mode\":\"publish\"}]}")
#define PROJECT "{\"name\":\"Acme Tea\",\"timezone\":\"Europe/Berlin\"}"
#define MINUTE  INT64_C(60000)
#define DAY     (INT64_C(24) * 3600 * 1000)

static void advance(struct mock *m, int64_t ms)
{
    struct world *w = mock_test_world(m);
    events_advance(w, world_now(w) + ms);
}

static uint32_t posts(struct mock *m)
{
    return world_count(mock_test_world(m), RECORD_DESTINATION);
}

static void assert_repeated(struct mock_response again, struct mock_response first)
{
    assert_int_equal(again.status, first.status);
    assert_true(str_eq(again.text, first.text));
    assert_string_equal(header_of(again, "X-Mock-Replayed"), "true");
    assert_string_equal(header_of(again, "Content-Type"), "application/json");
    assert_string_not_equal(header_of(again, "X-Request-Id"), header_of(first, "X-Request-Id"));
}

static void the_same_call_gets_the_first_response_and_happens_once(void **state)
{
    uint32_t before = posts(*state);
    struct mock_response first = mock_call(*state, SCHEDULE, BODY, AS_FULL, TOKEN);
    assert_int_equal(first.status, 202);
    assert_null(header_of(first, "X-Mock-Replayed"));
    advance(*state, DAY - 1);
    assert_repeated(mock_call(*state, SCHEDULE, BODY, AS_FULL, TOKEN), first);
    assert_repeated(mock_call(*state, SCHEDULE, BODY, AS_FULL, TOKEN), first);
    assert_int_equal(posts(*state), before + 1);
}

static void without_a_token_each_call_is_a_call(void **state)
{
    uint32_t before = posts(*state);
    mock_call(*state, SCHEDULE, BODY, AS_FULL);
    mock_call(*state, SCHEDULE, BODY, AS_FULL, "Idempotency-Key: ");
    mock_call(*state, SCHEDULE, BODY, AS_FULL);
    assert_int_equal(posts(*state), before + 3);
}

static void another_call_with_the_same_token_is_a_conflict(void **state)
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
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_refused(mock_call(*state, rows[i].line, rows[i].body, AS_FULL, TOKEN), 409,
                       "IDEMPOTENCY_CONFLICT");
    assert_int_equal(posts(*state), before);
    assert_repeated(mock_call(*state, SCHEDULE, BODY, AS_FULL, TOKEN), first);
}

static void a_token_is_of_its_key_and_its_endpoint(void **state)
{
    uint32_t before = posts(*state);
    struct mock_response first = mock_call(*state, SCHEDULE, BODY, AS_FULL, TOKEN);
    struct mock_response other = mock_call(*state, SCHEDULE, LATER, AS_NARROW, TOKEN);
    assert_int_equal(other.status, 202);
    assert_int_equal(mock_call(*state, SCHEDULE, LATER, AS_FULL, OTHER).status, 202);
    assert_int_equal(mock_call(*state, CREATE, PROJECT, AS_FULL, TOKEN).status, 201);
    assert_int_equal(posts(*state), before + 3);
    assert_repeated(mock_call(*state, SCHEDULE, BODY, AS_FULL, TOKEN), first);
    assert_repeated(mock_call(*state, SCHEDULE, LATER, AS_NARROW, TOKEN), other);
}

static void after_a_day_the_token_is_new(void **state)
{
    struct mock_response first = mock_call(*state, CREATE, PROJECT, AS_FULL, TOKEN);
    advance(*state, DAY);
    struct mock_response second =
        mock_call(*state, CREATE, "{\"name\":\"B\",\"timezone\":\"UTC\"}", AS_FULL, TOKEN);
    assert_int_equal(second.status, 201);
    assert_string_not_equal(at(second, "/id"), at(first, "/id"));
    assert_repeated(
        mock_call(*state, CREATE, "{\"name\":\"B\",\"timezone\":\"UTC\"}", AS_FULL, TOKEN), second);
}

static void a_refusal_by_the_endpoint_is_repeated_too(void **state)
{
    struct mock_response first = mock_call(*state, CREATE, "{\"name\":\"\"}", AS_FULL, TOKEN);
    assert_int_equal(first.status, 422);
    assert_repeated(mock_call(*state, CREATE, "{\"name\":\"\"}", AS_FULL, TOKEN), first);
    assert_refused(mock_call(*state, CREATE, PROJECT, AS_FULL, TOKEN), 409, "IDEMPOTENCY_CONFLICT");
}

static void what_a_gate_refuses_is_not_kept(void **state)
{
    assert_refused(mock_call(*state, CREATE, PROJECT, AS_NARROW, TOKEN), 403, "FORBIDDEN_SCOPE");
    assert_refused(mock_call(*state, CREATE, PROJECT, AS_NARROW, TOKEN), 403, "FORBIDDEN_SCOPE");
    mock_call(*state, "POST /__admin/simulate/rate_limit",
              "{\"key\":\"full\",\"class\":\"write\",\"remaining\":0}");
    assert_refused(mock_call(*state, CREATE, PROJECT, AS_FULL, TOKEN), 429, "RATE_LIMITED");
    advance(*state, MINUTE);
    struct mock_response made = mock_call(*state, CREATE, PROJECT, AS_FULL, TOKEN);
    assert_int_equal(made.status, 201);
    assert_null(header_of(made, "X-Mock-Replayed"));
}

static void what_a_rule_said_instead_is_not_kept(void **state)
{
    static const char *const responses[] = {"\"error\":\"INTERNAL\"", "\"error\":\"RATE_LIMITED\"",
                                            "\"status\":503", "\"status\":418"};
    for (size_t i = 0; i < sizeof responses / sizeof *responses; i++) {
        char body[160];
        snprintf(body, sizeof body, "{\"operation\":\"layers.create_project\",\"times\":1,%s}",
                 responses[i]);
        assert_int_equal(mock_call(*state, "POST /__admin/simulate/fail", body).status, 200);
        assert_true(mock_call(*state, CREATE, PROJECT, AS_FULL, TOKEN).status >= 400);
    }
    struct mock_response made = mock_call(*state, CREATE, PROJECT, AS_FULL, TOKEN);
    assert_int_equal(made.status, 201);
    assert_repeated(mock_call(*state, CREATE, PROJECT, AS_FULL, TOKEN), made);
}

static void the_response_is_repeated_as_a_rule_left_it(void **state)
{
    mock_call(*state, "POST /__admin/rules",
              "{\"on\":\"layers.create_project\",\"when\":{\"nth\":1},\"then\":[{\"patch\":"
              "[{\"op\":\"replace\",\"path\":\"/name\",\"value\":\"Other\"}]}]}");
    struct mock_response first = mock_call(*state, CREATE, PROJECT, AS_FULL, TOKEN);
    assert_string_equal(at(first, "/name"), "Other");
    assert_repeated(mock_call(*state, CREATE, PROJECT, AS_FULL, TOKEN), first);
}

static void routes_without_the_badge_take_no_notice(void **state)
{
    static const struct {
        const char *line, *body;
    } rows[] = {
        {"POST /v1/projects/prj_acme_a/social/oauth-url",
         "{\"platform\":\"tiktok\",\"returnUrl\":\"https://app.your-product.com/done\"}"},
        {"POST /v1/projects/prj_acme_a/social/reauth-url",
         "{\"socialAccountId\":\"sa_acme_expired\",\"returnUrl\":"
         "\"https://app.your-product.com/done\"}"                                       },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mock_response first = mock_call(*state, rows[i].line, rows[i].body, AS_FULL, TOKEN);
        struct mock_response again = mock_call(*state, rows[i].line, rows[i].body, AS_FULL, TOKEN);
        assert_int_equal(again.status, 200);
        assert_string_not_equal(at(again, "/state"), at(first, "/state"));
        assert_null(header_of(again, "X-Mock-Replayed"));
    }
    assert_int_equal(
        mock_call(*state, "DELETE /v1/scheduled-posts/sp_queued", NULL, AS_FULL, TOKEN).status,
        200);
    assert_refused(mock_call(*state, "DELETE /v1/scheduled-posts/sp_queued", NULL, AS_FULL, TOKEN),
                   409, "CONFLICT");
}

static void a_reset_and_another_world_know_nothing_of_it(void **state)
{
    struct mock_response first = mock_call(*state, CREATE, PROJECT, AS_FULL, TOKEN);
    struct mock_response other =
        mock_call(*state, "POST /ns/other/v1/projects", PROJECT, AS_FULL, TOKEN);
    assert_int_equal(other.status, 201);
    assert_null(header_of(other, "X-Mock-Replayed"));
    mock_call(*state, "POST /__admin/snapshots", "{\"name\":\"made\"}");
    mock_call(*state, "POST /__admin/reset", NULL);
    assert_null(header_of(mock_call(*state, CREATE, PROJECT, AS_FULL, TOKEN), "X-Mock-Replayed"));
    mock_call(*state, "POST /__admin/snapshots/made/restore", NULL);
    assert_repeated(mock_call(*state, CREATE, PROJECT, AS_FULL, TOKEN), first);
}

static void a_repeated_call_costs_as_any_other(void **state)
{
    mock_call(*state, CREATE, PROJECT, AS_FULL, TOKEN);
    struct mock_response again = mock_call(*state, CREATE, PROJECT, AS_FULL, TOKEN);
    assert_string_equal(header_of(again, "X-RateLimit-Remaining"), "58");
}

static struct reply reply_of(char token[32], int i, struct str body)
{
    int n = snprintf(token, 32, "token-%d", i);
    return (struct reply){
        .key = 1, .what = "op", .token = str_of(token, (size_t)n), .status = 200, .body = body};
}

static void the_oldest_go_when_there_are_too_many(void **state)
{
    struct world *w = mock_test_world(*state);
    char token[32];
    for (int i = 0; i < REPLIES_MAX + 10; i++) {
        struct reply r = reply_of(token, i, STR("{}"));
        replies_keep(w, &r, 0);
    }
    assert_null(replies_find(w, 1, "op", STR("token-9")));
    assert_non_null(replies_find(w, 1, "op", STR("token-10")));
    assert_null(replies_find(w, 2, "op", STR("token-10")));
    assert_null(replies_find(w, 1, "other", STR("token-10")));
}

static void the_oldest_go_when_they_are_too_large(void **state)
{
    static char large[REPLIES_BYTES / 4];
    struct world *w = mock_test_world(*state);
    char token[32];
    for (int i = 0; i < 5; i++) {
        struct reply r = reply_of(token, i, str_of(large, sizeof large));
        replies_keep(w, &r, 0);
    }
    assert_null(replies_find(w, 1, "op", STR("token-1")));
    assert_non_null(replies_find(w, 1, "op", STR("token-2")));
    assert_true(replies_own_bytes(w->replies) < 2 * REPLIES_BYTES);
}

static void worlds_share_what_was_kept_and_nothing_after(void **state)
{
    struct world *w = mock_test_world(*state);
    char token[32];
    struct reply r = reply_of(token, 1, STR("{}"));
    replies_keep(w, &r, 0);
    struct world *fork = world_fork(w);
    r = reply_of(token, 2, STR("{}"));
    replies_keep(fork, &r, 0);
    assert_non_null(replies_find(fork, 1, "op", STR("token-1")));
    assert_non_null(replies_find(fork, 1, "op", STR("token-2")));
    assert_null(replies_find(w, 1, "op", STR("token-2")));
    r.at_ms = 5;
    r.token = STR("token-3");
    replies_keep(fork, &r, 1); /* what was kept before is forgotten */
    assert_null(replies_find(fork, 1, "op", STR("token-1")));
    assert_non_null(replies_find(w, 1, "op", STR("token-1")));
    world_free(fork);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAYERS_TEST(the_same_call_gets_the_first_response_and_happens_once),
        LAYERS_TEST(without_a_token_each_call_is_a_call),
        LAYERS_TEST(another_call_with_the_same_token_is_a_conflict),
        LAYERS_TEST(a_token_is_of_its_key_and_its_endpoint),
        LAYERS_TEST(after_a_day_the_token_is_new),
        LAYERS_TEST(a_refusal_by_the_endpoint_is_repeated_too),
        LAYERS_TEST(what_a_gate_refuses_is_not_kept),
        LAYERS_TEST(what_a_rule_said_instead_is_not_kept),
        LAYERS_TEST(the_response_is_repeated_as_a_rule_left_it),
        LAYERS_TEST(routes_without_the_badge_take_no_notice),
        LAYERS_TEST(a_reset_and_another_world_know_nothing_of_it),
        LAYERS_TEST(a_repeated_call_costs_as_any_other),
        LAYERS_TEST(the_oldest_go_when_there_are_too_many),
        LAYERS_TEST(the_oldest_go_when_they_are_too_large),
        LAYERS_TEST(worlds_share_what_was_kept_and_nothing_after),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
