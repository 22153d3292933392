/* The same fixture, seed, frozen clock and calls give the same bytes. */
#include "base/array.h"
#include "mockserver/tests/layers_test.h"

#include <string.h>

#include "mockserver/state/world.h"

#define P     "/v1/projects/prj_acme_a"
#define DUE   "\"scheduledFor\":\"2026-05-03T17:00:00Z\""
#define TOKEN "Idempotency-Key: 7e6b0a4e-6f0b-4b8e-9f55-0d6a3a9c2b11"

/* clang-format off */
static const struct {
    const char *line, *body, *as, *header;
} calls[] = {
    {"GET /v1/whoami",                                NULL,                                      AS_FULL,   NULL},
    {"GET " P "/social-accounts?limit=3",             NULL,                                      AS_FULL,   NULL},
    {"POST " P "/social/oauth-url",
     "{\"platform\":\"tiktok\",\"returnUrl\":\"https://app.your-product.com/done\"}", AS_TEST, NULL},
    {"POST " P "/social/oauth-url",                   "{}",                                      AS_FULL,   NULL},
    {"POST /v1/content/cnt_open/schedule",
     ("{" DUE ",\"targets\":[{\"socialAccountId\":\"sa_acme_tiktok\",\"mode\":\"publish\"}]}"), AS_FULL, TOKEN},
    {"POST /v1/content/cnt_open/schedule",
     ("{" DUE ",\"targets\":[{\"socialAccountId\":\"sa_acme_tiktok\",\"mode\":\"publish\"}]}"), AS_FULL, TOKEN},
    {"POST /v1/content/cnt_image/publish",
     "{\"targets\":[{\"socialAccountId\":\"sa_acme_leased\",\"mode\":\"publish\"}]}", AS_FULL, NULL},
    {"POST /v1/projects",                             "{\"name\":\"New\",\"timezone\":\"UTC\"}", AS_FULL,   NULL},
    {"POST /__admin/clock/advance",                   "{\"by\":\"3d\"}",                         "X-A: b",  NULL},
    {"GET " P "/scheduled-posts",                     NULL,                                      AS_NARROW, NULL},
    {"GET " P "/social-accounts",                     NULL,                                      AS_NARROW, NULL},
    {"DELETE /v1/social-accounts/sa_acme_disposable", NULL,                                      AS_FULL,   NULL},
    {"GET /v1/nowhere",                               NULL,                                      AS_FULL,   NULL},
    {"GET " P "/scheduled-posts?limit=2",             NULL,                                      AS_READER, NULL},
};
/* clang-format on */

/* Makes the calls and returns the journal, without what differs between runs. */
static struct mock_response make_calls(struct mock *m)
{
    for (size_t i = 0; i < COUNT(calls); i++)
        mock_call(m, calls[i].line, calls[i].body, calls[i].as, calls[i].header);
    return mock_call(m, "GET /__admin/requests?stable=1&limit=1000", NULL);
}

static void the_same_calls_give_the_same_journal(void **state)
{
    void *other;
    layers_test_setup(&other);
    struct mock_response first = make_calls(*state), second = make_calls(other);
    assert_int_equal(first.status, 200);
    assert_int_equal(node_count(node_get(first.body, "items")),
                     COUNT(calls) - 1); /* without the call to the admin API */
    assert_true(str_eq(first.text, second.text));
    mock_test_teardown(&other);
}

static void the_same_calls_after_a_reset_give_the_same_journal(void **state)
{
    struct mock_response first = make_calls(*state);
    mock_call(*state, "POST /__admin/reset", NULL);
    assert_true(str_eq(make_calls(*state).text, first.text));
}

static void other_calls_give_another_journal(void **state)
{
    void *other;
    layers_test_setup(&other);
    mock_call(other, "POST /v1/projects", "{\"name\":\"More\",\"timezone\":\"UTC\"}", AS_FULL);
    assert_false(str_eq(make_calls(*state).text, make_calls(other).text));
    mock_test_teardown(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAYERS_TEST(the_same_calls_give_the_same_journal),
        LAYERS_TEST(the_same_calls_after_a_reset_give_the_same_journal),
        LAYERS_TEST(other_calls_give_another_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
