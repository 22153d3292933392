/* Calls for many posts: bulk create, retry by filter. */
#include "base/array.h"
#include "mockserver/tests/posteverywhere_test.h"

#include <stdlib.h>

#define BULK  POST("/posts/bulk")
#define RETRY POST("/posts/retry-failed")
#define P(n)  "7b0c2f58-1d1e-4a52-8f0b-00000000000" #n

#define GOOD "{\"content\":\"hi\",\"account_ids\":[3001],\"scheduled_for\":\"2026-05-01T09:00:00Z\"}"
#define LATE "{\"content\":\"hi\",\"account_ids\":[3001],\"scheduled_for\":\"2020-05-01T09:00:00Z\"}"

static void each_post_of_a_bulk_call_succeeds_or_fails_alone(void **state)
{
    struct mock_response a =
        mock_call(*state, BULK, "{\"posts\":[" GOOD "," LATE ",{\"account_ids\":[3001]},7]}", AS_ACME);
    assert_int_equal(a.status, 207);
    assert_string_equal(at(a, "/error"), "null");
    assert_string_equal(at(a, "/data/summary"), "{\"total\":4,\"succeeded\":1,\"failed\":3}");
    assert_string_equal(at(a, "/data/results/0/index"), "0");
    assert_string_equal(at(a, "/data/results/0/ok"), "true");
    assert_string_equal(at(a, "/data/results/0/post/status"), "scheduled");
    assert_null(at(a, "/data/results/0/error"));
    assert_string_equal(at(a, "/data/results/1/ok"), "false");
    assert_string_equal(at(a, "/data/results/1/error/code"), "past_schedule_time");
    assert_string_equal(at(a, "/data/results/1/error/status"), "400");
    assert_null(at(a, "/data/results/1/post"));
    assert_null(at(a, "/data/results/1/error/details"));
    assert_string_equal(at(a, "/data/results/2/error/code"), "validation_error");
    assert_string_equal(at(a, "/data/results/2/error/details/validation_errors/0/field"), "content");
    assert_null(at(a, "/data/results/2/error/details/validation_errors/1"));
    assert_string_equal(at(a, "/data/results/3/error/message"), "must be an object");
    assert_int_equal(
        mock_call(*state, line_of(a, GET("/posts/"), "/data/results/0/post/post_id", ""), NULL, AS_ACME).status, 200);
}

static void the_status_of_a_bulk_call_tells_whether_all_some_or_no_posts_were_created(void **state)
{
    assert_int_equal(mock_call(*state, BULK, "{\"posts\":[" GOOD "," GOOD "]}", AS_ACME).status, 201);
    struct mock_response none = mock_call(*state, BULK, "{\"posts\":[" LATE "," LATE "]}", AS_ACME);
    assert_int_equal(none.status, 422);
    assert_string_equal(at(none, "/error"), "null");
    assert_string_equal(at(none, "/data/summary/succeeded"), "0");
}

static void a_bulk_call_has_1_to_50_posts(void **state)
{
    char body[8000] = "{\"posts\":[" GOOD;
    for (int i = 1; i < 50; i++)
        strcat(body, "," GOOD);
    struct mock *m = *state;
    struct world *w = mock_test_world(m);
    uint32_t before = world_count(w, RECORD_POST);
    char more[8200];
    (void)snprintf(more, sizeof more, "%s," GOOD "]}", body);
    assert_refused(mock_call(m, BULK, more, AS_ACME), 400, "bulk_limit_exceeded");
    assert_int_equal(world_count(w, RECORD_POST), before);
    strcat(body, "]}");
    assert_int_equal(mock_call(m, BULK, body, AS_ACME).status, 201);
    assert_int_equal(world_count(w, RECORD_POST), before + 50);
    assert_refused(mock_call(m, BULK, "{\"posts\":[]}", AS_ACME), 400, "validation_error");
    assert_refused(mock_call(m, BULK, "{}", AS_ACME), 400, "validation_error");
    assert_refused(mock_call(m, BULK, "{\"posts\":{}}", AS_ACME), 400, "validation_error");
}

static void a_bulk_call_counts_once_for_the_rate_limit(void **state)
{
    struct mock_response before = mock_call(*state, GET("/accounts"), NULL, AS_ACME);
    struct mock_response a = mock_call(*state, BULK, "{\"posts\":[" GOOD "," GOOD "," LATE "]}", AS_ACME);
    assert_int_equal(atoi(header_of(a, "X-RateLimit-Remaining")), atoi(header_of(before, "X-RateLimit-Remaining")) - 1);
}

static void a_bulk_call_needs_the_write_scope_and_the_organizations_own_accounts(void **state)
{
    assert_refused(mock_call(*state, BULK, "{\"posts\":[" GOOD "]}", AS_READER), 403, "insufficient_scope");
    assert_refused(mock_call(*state, RETRY, "{\"platform\":\"x\"}", AS_READER), 403, "insufficient_scope");
    struct mock_response a = mock_call(*state, BULK, "{\"posts\":[" GOOD "]}", AS_OTHER);
    assert_int_equal(a.status, 422);
    assert_string_equal(at(a, "/data/results/0/error/code"), "invalid_accounts");
}

static void a_retry_by_filter_needs_a_filter(void **state)
{
    assert_refused(mock_call(*state, RETRY, "{}", AS_ACME), 400, "validation_error");
    assert_refused(mock_call(*state, RETRY, "{\"post_ids\":null}", AS_ACME), 400, "validation_error");
    assert_refused(mock_call(*state, RETRY, "{\"max_attempts\":0}", AS_ACME), 400, "validation_error");
    assert_refused(mock_call(*state, RETRY, "{\"failed_after\":\"soon\"}", AS_ACME), 400, "validation_error");
    assert_refused(mock_call(*state, RETRY, "{\"platform\":\"myspace\"}", AS_ACME), 400, "validation_error");
    char body[16000] = "{\"post_ids\":[\"" P(3) "\"";
    for (int i = 1; i <= 200; i++)
        strcat(body, ",\"" P(3) "\"");
    strcat(body, "]}");
    assert_refused(mock_call(*state, RETRY, body, AS_ACME), 400, "validation_error");
}

/* Sends the filter in a fork of the fixture, and returns how many destinations it retried. */
static int retried(struct mock *m, const char *name, const char *filter)
{
    char line[200];
    (void)snprintf(line, sizeof line, "POST /ns/%s/posteverywhere" V "/posts/retry-failed", name);
    struct mock_response a = mock_call(m, line, filter, AS_ACME);
    assert_int_equal(a.status, 200);
    return atoi(at(a, "/data/retried_count"));
}

static void each_filter_of_a_retry_selects_failed_destinations(void **state)
{
    struct mock *m = *state;
    /* two posts have failed at account 3004, a LinkedIn account: 12 hours ago and one day ago */
    assert_int_equal(retried(m, "a", "{\"failed_after\":\"2020-01-01\"}"), 2);
    assert_int_equal(retried(m, "b", "{\"failed_after\":\"2026-04-10\"}"), 1);
    assert_int_equal(retried(m, "c", "{\"failed_before\":\"2026-04-09T12:00:00Z\"}"), 1);
    assert_int_equal(retried(m, "d", "{\"max_attempts\":1}"), 0);
    assert_int_equal(retried(m, "e", "{\"max_attempts\":2}"), 2);
    assert_int_equal(retried(m, "f", "{\"post_ids\":[\"" P(1) "\",\"none\"]}"), 0);
    assert_int_equal(retried(m, "g", "{\"post_ids\":[\"" P(3) "\",\"" P(1) "\"]}"), 1);
    assert_int_equal(retried(m, "h", "{\"account_id\":3001}"), 0);
    assert_int_equal(retried(m, "i", "{\"account_id\":3004}"), 2);
    assert_int_equal(retried(m, "j", "{\"account_id\":3004,\"platform\":\"twitter\"}"), 0);
    assert_int_equal(retried(m, "k", "{\"platform\":\"linkedin\"}"), 2);
}

static void a_retry_by_filter_publishes_each_destination_once(void **state)
{
    struct mock *m = *state;
    static const char filter[] = "{\"post_ids\":[\"" P(3) "\"]}";
    simulate(m, "health", "{\"account\":\"3004\",\"status\":\"healthy\"}");
    simulate(m, "health", "{\"account\":\"3006\",\"status\":\"healthy\"}");
    struct mock_response a = mock_call(m, RETRY, filter, AS_ACME);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/data/destinations/0/new_status"), "queued");
    assert_string_equal(at(a, "/data/destinations/0/post_id"), P(3));
    assert_string_equal(at(a, "/data/destinations/0/id"), at(a, "/data/destinations/0/destination_id"));
    assert_non_null(at(a, "/data/destinations/0/platform"));
    struct mock_response again = mock_call(m, RETRY, filter, AS_ACME);
    assert_int_equal(again.status, 200);
    assert_string_equal(at(again, "/data/retried_count"), "0");
    assert_string_equal(at(again, "/data/destinations"), "[]");
    struct mock_response post = mock_call(m, GET("/posts/" P(3)), NULL, AS_ACME);
    assert_string_equal(at(post, "/data/status"), "published");
    assert_string_equal(at(post, "/data/destinations/0/attempts"), "2");
}

static void a_retry_by_filter_does_not_reach_another_organization(void **state)
{
    struct mock_response a = mock_call(*state, RETRY, "{\"post_ids\":[\"" P(3) "\"]}", AS_OTHER);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/data/retried_count"), "0");
    struct mock_response post = mock_call(*state, GET("/posts/" P(3)), NULL, AS_ACME);
    assert_string_equal(at(post, "/data/status"), "failed");
    assert_string_equal(at(post, "/data/destinations/0/attempts"), "1");
}

#define SCHEDULE     POST("/posts/bulk-schedule")
#define TABLE(rows)  "{\"timezone\":\"America/New_York\",\"posts\":[" rows "]}"
#define ROW(rest)    "{\"date\":\"2026-05-01\",\"time\":\"09:00\",\"content\":\"hi\"," rest "}"
#define TWO_ACCOUNTS ROW("\"platforms\":\"facebook+3007\"")

static void rows_are_scheduled_at_local_times(void **state)
{
    struct mock_response a = mock_call(*state, SCHEDULE, TABLE(TWO_ACCOUNTS), AS_ACME);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/data/dryRun"), "false");
    assert_string_equal(at(a, "/data/results/0/error"), "null");
    assert_string_equal(at(a, "/data/scheduled"), "1");
    assert_string_equal(at(a, "/data/failed"), "0");
    assert_string_equal(at(a, "/data/results/0/row"), "0");
    assert_string_equal(at(a, "/data/results/0/status"), "scheduled");
    assert_string_equal(at(a, "/data/results/0/error"), "null");
    assert_string_equal(at(a, "/data/batchErrors"), "[]");
    assert_string_equal(at(a, "/data/summary"),
                        "{\"totalRows\":1,\"validRows\":1,\"errorRows\":0,\"totalDestinations\":2,"
                        "\"platformBreakdown\":{\"facebook\":1,\"threads\":1}}");
    struct mock_response post =
        mock_call(*state, line_of(a, GET("/posts/"), "/data/results/0/postId", ""), NULL, AS_ACME);
    assert_string_equal(at(post, "/data/status"), "scheduled");
    assert_string_equal(at(post, "/data/scheduled_for"), "2026-05-01T13:00:00.000Z");
    assert_string_equal(at(post, "/data/timezone"), "America/New_York");
    assert_string_equal(at(post, "/data/account_ids"), "[3003,3007]");
}

static void a_dry_run_creates_nothing(void **state)
{
    struct world *w = mock_test_world(*state);
    uint32_t before = world_count(w, RECORD_POST), changes = changes_last(w);
    struct mock_response a =
        mock_call(*state, SCHEDULE, "{\"dryRun\":true,\"timezone\":\"UTC\",\"posts\":[" TWO_ACCOUNTS ",{}]}", AS_ACME);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/data/dryRun"), "true");
    assert_string_equal(at(a, "/data/scheduled"), "0");
    assert_string_equal(at(a, "/data/failed"), "1");
    assert_string_equal(at(a, "/data/results/0/postId"), "null");
    assert_string_equal(at(a, "/data/summary/validRows"), "1");
    assert_int_equal(world_count(w, RECORD_POST), before);
    assert_int_equal(changes_last(w), changes);
}

static void each_row_that_is_invalid_fails_alone(void **state)
{
    static const struct {
        const char *row, *error;
    } rows[] = {
        {"7",                                                                                  "object"     },
        {ROW("\"platforms\":\"\""),                                                            "platforms"  },
        {ROW("\"platforms\":\"myspace\""),                                                     "myspace"    },
        {ROW("\"platforms\":\"4001\""),                                                        "4001"       }, /* of another organization */
        {ROW("\"platforms\":\"x\",\"media\":\"none.png\""),                                    "media"      },
        {"{\"date\":\"2026-05-01\",\"time\":\"09:00\",\"platforms\":\"x\"}",                   "content"    },
        {"{\"date\":\"2026-02-30\",\"time\":\"09:00\",\"content\":\"a\",\"platforms\":\"x\"}", "2026-02-30" },
        {"{\"date\":\"2026-05-01\",\"time\":\"9am\",\"content\":\"a\",\"platforms\":\"x\"}",   "9am"        },
        {"{\"date\":\"2020-05-01\",\"time\":\"09:00\",\"content\":\"a\",\"platforms\":\"x\"}", "in the past"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char body[1000];
        (void)snprintf(body, sizeof body, TABLE("%s," TWO_ACCOUNTS), rows[i].row);
        struct mock_response a = mock_call(*state, SCHEDULE, body, AS_ACME);
        assert_int_equal(a.status, 200);
        assert_string_equal(at(a, "/data/results/0/status"), "failed");
        assert_string_equal(at(a, "/data/results/0/postId"), "null");
        assert_string_equal(at(a, "/data/scheduled"), "1");
        if (!str_has(str_from(at(a, "/data/results/0/error")), str_from(rows[i].error)))
            fail_msg("%s: %s", rows[i].row, at(a, "/data/results/0/error"));
    }
}

/* Acme has two accounts on X: 3001 is the older one. */
static void a_platform_means_its_first_account_unless_the_mapping_names_another(void **state)
{
    static const struct {
        const char *body, *accounts;
    } rows[] = {
        {TABLE(ROW("\"platforms\":\"x\"")),                                                                   "[3001]"     },
        {TABLE(ROW("\"platforms\":\"twitter+x\"")),                                                           "[3001]"     },
        {"{\"timezone\":\"UTC\",\"accountMapping\":{\"x\":3009},\"posts\":[" ROW("\"platforms\":\"x\"") "]}", "[3009]"     },
        {TABLE(ROW("\"platforms\":\"x + 3009\",\"media\":\"cup.jpg\"")),                                      "[3001,3009]"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = mock_call(*state, SCHEDULE, rows[i].body, AS_ACME);
        assert_string_equal(at(a, "/data/scheduled"), "1");
        a = mock_call(*state, line_of(a, GET("/posts/"), "/data/results/0/postId", ""), NULL, AS_ACME);
        assert_string_equal(at(a, "/data/account_ids"), rows[i].accounts);
        assert_string_equal(at(a, "/data/media_ids/0") ? "media" : "none", i == 3 ? "media" : "none");
    }
}

static void a_table_has_a_time_zone_and_1_to_100_rows(void **state)
{
    assert_refused(mock_call(*state, SCHEDULE, "{\"posts\":[" TWO_ACCOUNTS "]}", AS_ACME), 400, "validation_error");
    assert_refused(mock_call(*state, SCHEDULE, "{\"timezone\":\"Mars/Phobos\",\"posts\":[" TWO_ACCOUNTS "]}", AS_ACME),
                   400, "invalid_timezone");
    assert_refused(mock_call(*state, SCHEDULE, TABLE(""), AS_ACME), 400, "validation_error");
    assert_refused(mock_call(*state, SCHEDULE, TABLE(TWO_ACCOUNTS), AS_READER), 403, "insufficient_scope");
    char body[1000] = TABLE("1");
    body[strlen(body) - 2] = '\0';
    for (int i = 1; i <= 100; i++)
        strcat(body, ",1");
    strcat(body, "]}");
    assert_refused(mock_call(*state, SCHEDULE, body, AS_ACME), 400, "bulk_limit_exceeded");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PE_TEST(each_post_of_a_bulk_call_succeeds_or_fails_alone),
        PE_TEST(the_status_of_a_bulk_call_tells_whether_all_some_or_no_posts_were_created),
        PE_TEST(a_bulk_call_has_1_to_50_posts),
        PE_TEST(a_bulk_call_counts_once_for_the_rate_limit),
        PE_TEST(a_bulk_call_needs_the_write_scope_and_the_organizations_own_accounts),
        PE_TEST(rows_are_scheduled_at_local_times),
        PE_TEST(a_dry_run_creates_nothing),
        PE_TEST(each_row_that_is_invalid_fails_alone),
        PE_TEST(a_platform_means_its_first_account_unless_the_mapping_names_another),
        PE_TEST(a_table_has_a_time_zone_and_1_to_100_rows),
        PE_TEST(a_retry_by_filter_needs_a_filter),
        PE_TEST(each_filter_of_a_retry_selects_failed_destinations),
        PE_TEST(a_retry_by_filter_publishes_each_destination_once),
        PE_TEST(a_retry_by_filter_does_not_reach_another_organization),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
