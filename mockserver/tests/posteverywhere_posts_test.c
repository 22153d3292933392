/* Posts: create, schedule, publish, fail at an unhealthy account, retry. */
#include "base/array.h"
#include "base/units.h"
#include "mockserver/tests/posteverywhere_test.h"

#include "base/json.h"

#define PLATFORM_CONTENT(text) "{\"content\":\"x\",\"account_ids\":[3001],\"platform_content\":" text "}"

#define POSTS     POST("/posts")
#define P(n)      "/posts/7b0c2f58-1d1e-4a52-8f0b-00000000000" #n
#define PUBLISHED P(1)
#define PARTLY    P(2)
#define FAILED    P(3)
#define SCHEDULED P(4)
#define DRAFT     P(5)

static struct mock_response read_post(struct mock *m, struct mock_response created)
{
    return mock_call(m, line_of(created, GET("/posts/"), "/data/post_id", ""), NULL, AS_ACME);
}

static struct mock_response results_of(struct mock *m, struct mock_response created)
{
    return mock_call(m, line_of(created, GET("/posts/"), "/data/post_id", "/results"), NULL, AS_ACME);
}

static void an_immediate_post_is_published_by_the_next_read(void **state)
{
    struct mock_response created =
        mock_call(*state, POSTS, "{\"content\":\"hi\",\"account_ids\":[3001,3003]}", AS_ACME);
    assert_int_equal(created.status, 201);
    assert_string_equal(at(created, "/data/status"), "publishing");
    assert_string_equal(at(created, "/data/id"), at(created, "/data/post_id"));
    assert_string_equal(at(created, "/data/accounts_count"), "2");
    assert_string_equal(at(created, "/data/account_ids"), "[3001,3003]");
    assert_string_equal(at(created, "/data/timezone"), "UTC");
    assert_string_equal(at(created, "/data/results/1/status"), "queued");
    assert_non_null(at(created, "/data/message"));

    struct mock_response post = read_post(*state, created);
    assert_string_equal(at(post, "/data/status"), "published");
    assert_string_equal(at(post, "/data/destinations/0/status"), "published");
    assert_string_equal(at(post, "/data/destinations/0/account_id"), "3001");
    assert_string_equal(at(post, "/data/destinations/0/error"), "null");
    assert_string_equal(at(post, "/data/destinations/0/attempts"), "1");
    assert_true(
        str_starts(str_from(at(post, "/data/destinations/0/platform_post_url")), STR("https://x.com/acme/status/")));
}

/* The central promise of "List accounts". */
static void a_post_to_an_unhealthy_account_is_accepted_and_fails_at_once(void **state)
{
    static const char *const bodies[] = {
        "{\"content\":\"hi\",\"account_ids\":[3001,3004]}", /* expired */
        "{\"content\":\"hi\",\"account_ids\":[3001,3006]}", /* unhealthy */
    };
    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct mock_response created = mock_call(*state, POSTS, bodies[i], AS_ACME);
        assert_int_equal(created.status, 201);
        struct mock_response results = results_of(*state, created);
        assert_string_equal(at(results, "/data/post_status"), "partially_failed");
        assert_string_equal(at(results, "/data/results/0/status"), "published");
        assert_string_equal(at(results, "/data/results/0/error"), "null");
        assert_string_equal(at(results, "/data/results/1/status"), "failed");
        assert_true(str_starts(str_from(at(results, "/data/results/1/error")), STR("Token expired")));
        assert_string_equal(at(results, "/data/results/1/published_at"), "null");
        assert_string_equal(at(results, "/data/results/1/next_retry_at"), "null");
    }
}

static void a_sixth_retry_of_the_same_content_is_refused(void **state)
{
    static const char by_filter[] = "{\"account_id\":3004,\"post_ids\":[\"7b0c2f58-1d1e-4a52-8f0b-000000000003\"]}";
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(mock_call(*state, POST(FAILED "/retry"), NULL, AS_ACME).status, 200);
    struct mock_response post = mock_call(*state, GET(FAILED), NULL, AS_ACME);
    assert_string_equal(at(post, "/data/destinations/0/attempts"), "6");
    struct mock_response a = mock_call(*state, POST(FAILED "/retry"), NULL, AS_ACME);
    assert_refused(a, 422, "permanent_failure_circuit_breaker");
    assert_string_equal(at(a, "/error/retryable"), "false");
    a = mock_call(*state, POST("/posts/retry-failed"), by_filter, AS_ACME);
    assert_string_equal(at(a, "/data/retried_count"), "0");
    assert_int_equal(mock_call(*state, POST(PARTLY "/retry"), NULL, AS_ACME).status, 200);
    post = mock_call(*state, GET(FAILED), NULL, AS_ACME);
    assert_string_equal(at(post, "/data/destinations/0/attempts"), "6");
}

static void a_retry_succeeds_after_reconnecting(void **state)
{
    struct mock_response created =
        mock_call(*state, POSTS, "{\"content\":\"hi\",\"account_ids\":[3001,3004]}", AS_ACME);
    const char *retry = line_of(created, POST("/posts/"), "/data/post_id", "/retry");

    struct mock_response again = mock_call(*state, retry, NULL, AS_ACME);
    assert_int_equal(again.status, 200);
    assert_string_equal(at(again, "/data/retried_count"), "1");
    assert_string_equal(at(again, "/data/destinations/0/status"), "queued");
    assert_string_equal(at(again, "/data/destinations/0/attempts"), "1");
    struct mock_response results = results_of(*state, created);
    assert_string_equal(at(results, "/data/results/1/status"), "failed"); /* its token is still expired */
    assert_string_equal(at(results, "/data/results/1/attempts"), "2");

    struct mock_response link = mock_call(*state, POST("/accounts/3004/reconnect"), NULL, AS_ACME);
    simulate(*state, "consent", line_of(link, "{\"outcome\":\"approve\",\"state\":\"", "/data/session_id", "\"}"));
    again = mock_call(*state, retry, "{\"account_ids\":[3004]}", AS_ACME);
    assert_int_equal(again.status, 200);
    results = results_of(*state, created);
    assert_string_equal(at(results, "/data/post_status"), "published");
    assert_string_equal(at(results, "/data/results/1/status"), "published");
    assert_string_equal(at(results, "/data/results/1/attempts"), "3");
    assert_refused(mock_call(*state, retry, NULL, AS_ACME), 400, "no_failed_destinations");
}

static void a_scheduled_post_is_published_at_its_due_time(void **state)
{
    struct mock_response created = mock_call(*state, POSTS,
                                             ("{\"content\":\"later\",\"account_ids\":[3001],"
                                              "\"scheduled_for\":\"2026-04-10T15:00:00Z\","
                                              "\"timezone\":\"America/New_York\"}"),
                                             AS_ACME);
    assert_int_equal(created.status, 201);
    assert_string_equal(at(created, "/data/status"), "scheduled");
    assert_string_equal(at(created, "/data/scheduled_for"), "2026-04-10T15:00:00.000Z");
    assert_string_equal(at(created, "/data/timezone"), "America/New_York");
    assert_null(at(created, "/data/results"));
    advance(*state, 3 * HOUR_MS - 1000);
    assert_string_equal(at(read_post(*state, created), "/data/status"), "scheduled");
    advance(*state, 1000);
    struct mock_response post = read_post(*state, created);
    assert_string_equal(at(post, "/data/status"), "published");
    assert_string_equal(at(post, "/data/destinations/0/published_at"), "2026-04-10T15:00:00.000Z");
}

static void a_post_fails_only_at_accounts_that_are_expired_when_it_is_due(void **state)
{
    simulate(*state, "health", "{\"account\":\"3001\",\"status\":\"expired\"}");
    simulate(*state, "health", "{\"account\":\"3003\",\"status\":\"expired\"}");
    simulate(*state, "health", "{\"account\":\"3003\",\"status\":\"healthy\"}");
    advance(*state, 25 * HOUR_MS);
    struct mock_response post = mock_call(*state, GET(SCHEDULED "/results"), NULL, AS_ACME);
    assert_string_equal(at(post, "/data/post_status"), "partially_failed");
    assert_string_equal(at(post, "/data/results/0/status"), "failed");
    assert_string_equal(at(post, "/data/results/1/status"), "published");
    assert_string_equal(at(post, "/data/results/2/status"), "published");
}

/* A post that is not due yet is scheduled as long as one account is left to publish it. */
static void a_scheduled_post_of_a_removed_account_stays_scheduled(void **state)
{
    simulate(*state, "account_removed", "{\"account\":\"3001\"}");
    struct mock_response post = mock_call(*state, GET(SCHEDULED), NULL, AS_ACME);
    assert_string_equal(at(post, "/data/status"), "scheduled");
    assert_string_equal(at(post, "/data/destinations/0/status"), "failed");
    assert_int_equal(mock_call(*state, PATCH(SCHEDULED), "{\"content\":\"x\"}", AS_ACME).status, 200);
    simulate(*state, "account_removed", "{\"account\":\"3003\"}");
    advance(*state, 25 * HOUR_MS);
    post = mock_call(*state, GET(SCHEDULED), NULL, AS_ACME);
    assert_string_equal(at(post, "/data/status"), "partially_failed");
    simulate(*state, "account_removed", "{\"account\":\"3007\"}");
    post = mock_call(*state, GET(SCHEDULED), NULL, AS_ACME);
    assert_string_equal(at(post, "/data/status"), "partially_failed"); /* what it came to stays */
}

static void a_draft_stays_a_draft_until_it_is_scheduled(void **state)
{
    struct mock_response created = mock_call(*state, POSTS, "{\"content\":\"maybe\",\"draft\":true}", AS_ACME);
    assert_int_equal(created.status, 201);
    assert_string_equal(at(created, "/data/status"), "draft");
    assert_string_equal(at(created, "/data/scheduled_for"), "null");
    assert_string_equal(at(created, "/data/destinations"), "0");
    advance(*state, 24 * HOUR_MS);
    assert_string_equal(at(read_post(*state, created), "/data/status"), "draft");

    const char *line = line_of(created, POST("/posts/"), "/data/post_id", "/schedule");
    assert_refused(mock_call(*state, line, "{\"publish_now\":true}", AS_ACME), 400,
                   "validation_error"); /* no account */
    assert_refused(mock_call(*state, line, "{\"account_ids\":[3001]}", AS_ACME), 400, "validation_error"); /* no time */
    struct mock_response set = mock_call(*state, line, "{\"publish_now\":true,\"account_ids\":[3001]}", AS_ACME);
    assert_int_equal(set.status, 200);
    assert_string_equal(at(set, "/data/status"), "publishing");
    assert_string_equal(at(read_post(*state, created), "/data/status"), "published");
    assert_refused(mock_call(*state, line, "{\"publish_now\":true}", AS_ACME), 409, "invalid_post_status");
}

static void a_draft_of_the_fixture_keeps_its_accounts(void **state)
{
    struct mock_response draft = mock_call(*state, GET(DRAFT), NULL, AS_ACME);
    assert_string_equal(at(draft, "/data/account_ids"), "[3007]");
    assert_string_equal(at(draft, "/data/destinations/0/status"), "draft");
    struct mock_response set =
        mock_call(*state, POST(DRAFT "/schedule"), "{\"scheduled_for\":\"2026-04-12T08:00:00Z\"}", AS_ACME);
    assert_int_equal(set.status, 200);
    assert_string_equal(at(set, "/data/status"), "scheduled");
    assert_string_equal(at(set, "/data/account_ids"), "[3007]");
}

static void a_scheduled_post_can_be_changed(void **state)
{
    struct mock_response a = mock_call(*state, PATCH(SCHEDULED),
                                       ("{\"content\":\"At nine.\",\"scheduled_for\":\"2026-04-12T09:00:00Z\","
                                        "\"account_ids\":[3007]}"),
                                       AS_ACME);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/data/content"), "At nine.");
    assert_string_equal(at(a, "/data/account_ids"), "[3007]");
    assert_string_equal(at(a, "/data/timezone"), "Europe/Berlin"); /* unchanged */
    advance(*state, 30 * HOUR_MS);
    a = mock_call(*state, GET(SCHEDULED), NULL, AS_ACME);
    assert_string_equal(at(a, "/data/status"), "scheduled");
    advance(*state, 30 * HOUR_MS);
    a = mock_call(*state, GET(SCHEDULED), NULL, AS_ACME);
    assert_string_equal(at(a, "/data/status"), "published");
    assert_int_equal(node_count(node_pointer(a.body, "/data/destinations")), 1);
    assert_refused(mock_call(*state, PATCH(SCHEDULED), "{\"content\":\"x\"}", AS_ACME), 400, "invalid_post_status");
}

static void a_published_post_cannot_be_deleted(void **state)
{
    static const char *const deletable[] = {FAILED, SCHEDULED, DRAFT};
    assert_refused(mock_call(*state, DELETE(PUBLISHED), NULL, AS_ACME), 409, "post_already_published");
    assert_refused(mock_call(*state, DELETE(PARTLY), NULL, AS_ACME), 409, "post_already_published");
    for (size_t i = 0; i < COUNT(deletable); i++) {
        char line[128];
        (void)snprintf(line, sizeof line, DELETE("%s"), deletable[i]);
        struct mock_response a = mock_call(*state, line, NULL, AS_ACME);
        assert_int_equal(a.status, 200);
        assert_string_equal(at(a, "/data/deleted"), "true");
        assert_refused(mock_call(*state, line, NULL, AS_ACME), 404, "not_found");
    }
    advance(*state, 48 * HOUR_MS); /* a deleted post is not published */
    struct mock_response list = mock_call(*state, GET("/posts"), NULL, AS_ACME);
    assert_string_equal(at(list, "/data/pagination/total"), "2");
}

static void an_invalid_post_is_refused_with_its_error_code(void **state)
{
    static const struct {
        const char *body, *code;
    } rows[] = {
        {"{\"account_ids\":[3001]}",                                              "validation_error"  },
        {"{\"content\":\"\",\"account_ids\":[3001]}",                             "validation_error"  },
        {"{\"content\":\"x\"}",                                                   "validation_error"  },
        {"{\"content\":\"x\",\"account_ids\":[]}",                                "validation_error"  },
        {"{\"content\":\"x\",\"account_ids\":3001}",                              "validation_error"  },
        {"{\"content\":7,\"account_ids\":[3001]}",                                "validation_error"  },
        {"{\"content\":\"x\",\"account_ids\":[3001,77]}",                         "invalid_accounts"  },
        {"{\"content\":\"x\",\"account_ids\":[\"3001\"]}",                        "invalid_accounts"  },
        {"{\"content\":\"x\",\"account_ids\":[3001],\"media\":[]}",               "invalid_field_name"},
        {"{\"content\":\"x\",\"account_ids\":[3001],\"mediaId\":\"1\"}",          "invalid_field_name"},
        {"{\"content\":\"x\",\"account_ids\":[3001],\"media_ids\":[\"no\"]}",     "validation_error"  },
        {PLATFORM_CONTENT("[]"),                                                  "validation_error"  },
        {PLATFORM_CONTENT("{\"twitter\":{\"content\":\"y\"}}"),                   "validation_error"  },
        {PLATFORM_CONTENT("{\"x\":\"y\"}"),                                       "validation_error"  },
        {PLATFORM_CONTENT("{\"x\":{\"content\":7}}"),                             "validation_error"  },
        {PLATFORM_CONTENT("{\"x\":{\"contentType\":{}}}"),                        "validation_error"  },
        {PLATFORM_CONTENT("{\"x\":{\"settings\":\"y\"}}"),                        "validation_error"  },
        {"{\"content\":\"x\",\"account_ids\":[3001],\"timezone\":\"Mars/Base\"}", "invalid_timezone"  },
        {"{\"content\":\"x\",\"account_ids\":[3001],\"scheduled_for\":\"soon\"}", "invalid_datetime"  },
        {"{\"content\":\"x\",\"account_ids\":[3001],"
         "\"scheduled_for\":\"2026-04-09T12:00:00Z\"}",                  "past_schedule_time"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_refused(mock_call(*state, POSTS, rows[i].body, AS_ACME), 400, rows[i].code);
    struct mock_response list = mock_call(*state, GET("/posts"), NULL, AS_ACME);
    assert_string_equal(at(list, "/data/pagination/total"), "5");
}

static void the_length_limit_depends_on_the_platform(void **state)
{
    struct arena a = {0};
    char *text = arena_alloc(&a, 402);
    memset(text, 'x', 400);
    const char *body = arena_printf(&a, "{\"content\":\"%s\",\"account_ids\":[3003]}", text);
    assert_int_equal(mock_call(*state, POSTS, body, AS_ACME).status, 201);
    body = arena_printf(&a, "{\"content\":\"%s\",\"account_ids\":[3003,3001]}", text);
    assert_refused(mock_call(*state, POSTS, body, AS_ACME), 400, "content_too_long");
    body = arena_printf(&a,
                        "{\"content\":\"%s\",\"account_ids\":[3003,3001],"
                        "\"platform_content\":{\"x\":{\"content\":\"short\"}}}",
                        text);
    struct mock_response created = mock_call(*state, POSTS, body, AS_ACME);
    assert_int_equal(created.status, 201);
    assert_string_equal(at(created, "/data/platform_content/x/content"), "short");
    arena_end(&a);
}

static void the_list_is_filtered_and_sorted(void **state)
{
    static const struct {
        const char *query, *total, *first;
    } rows[] = {
        {"",                                      "5", NULL                        },
        {"?status=draft",                         "1", "Not quite ready."          },
        {"?status=published,failed",              "2", NULL                        },
        {"?platform=linkedin&status=failed",      "1", "Office hours."             },
        {"?account_id=3002",                      "1", "Tomorrow we open at eight."},
        {"?search=hiring",                        "1", "We are hiring."            },
        {"?sort=scheduled_for&order=desc",        "5", "Tomorrow we open at eight."},
        {"?created_before=2026-04-08T00:00:00Z",  "1", "A new roast is here."      },
        {"?published_after=2026-04-08T00:00:00Z", "1", "We are hiring."            },
        {"?scheduled_after=2026-04-10T12:00:00Z", "1", "Tomorrow we open at eight."},
        {"?sort=created_at&order=asc",            "5", "A new roast is here."      },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char line[128];
        (void)snprintf(line, sizeof line, GET("/posts%s"), rows[i].query);
        struct mock_response a = mock_call(*state, line, NULL, AS_ACME);
        assert_int_equal(a.status, 200);
        assert_string_equal(at(a, "/data/pagination/total"), rows[i].total);
        if (rows[i].first)
            assert_string_equal(at(a, "/data/posts/0/content"), rows[i].first);
    }
}

static void pages_contain_every_post_once(void **state)
{
    struct mock_response all = mock_call(*state, GET("/posts"), NULL, AS_ACME);
    assert_string_equal(at(all, "/data/pagination/limit"), "20");
    assert_string_equal(at(all, "/data/pagination/has_more"), "false");
    for (int i = 0; i < 5; i += 2) {
        char line[64], pointer[64];
        (void)snprintf(line, sizeof line, GET("/posts?limit=2&offset=%d"), i);
        struct mock_response page = mock_call(*state, line, NULL, AS_ACME);
        size_t count = node_count(node_pointer(page.body, "/data/posts"));
        assert_int_equal(count, i < 4 ? 2 : 1);
        assert_string_equal(at(page, "/data/pagination/has_more"), i < 4 ? "true" : "false");
        (void)snprintf(pointer, sizeof pointer, "/data/posts/%d/id", i);
        assert_string_equal(at(page, "/data/posts/0/id"), at(all, pointer));
    }
}

static void a_post_fails_at_a_removed_account(void **state)
{
    simulate(*state, "account_removed", "{\"account\":\"3002\"}");
    struct mock_response a = mock_call(*state, GET(SCHEDULED), NULL, AS_ACME);
    assert_string_equal(at(a, "/data/destinations/1/status"), "failed");
    assert_string_equal(at(a, "/data/destinations/1/account_id"), "null");
    assert_string_equal(at(a, "/data/destinations/1/account_name"), "null");
    assert_refused(mock_call(*state, GET("/accounts/3002"), NULL, AS_ACME), 404, "not_found");
}

/* The provider's SDK has names of its own for what the pages name otherwise. */
static void posts_have_the_members_that_the_sdk_reads(void **state)
{
    struct mock_response created =
        mock_call(*state, POSTS, "{\"content\":\"hi\",\"account_ids\":[3001,3004]}", AS_ACME);
    assert_string_equal(at(created, "/data/destinations"), "2");
    assert_string_equal(at(created, "/data/post_group_id"), at(created, "/data/post_id"));
    struct mock_response post = read_post(*state, created);
    assert_string_equal(at(post, "/data/post_status"), at(post, "/data/status"));
    assert_string_equal(at(post, "/data/destinations/1/social_account_id"), "3004");
    assert_string_equal(at(post, "/data/destinations/1/last_error"), at(post, "/data/destinations/1/error"));
    struct mock_response results = results_of(*state, created);
    assert_string_equal(at(results, "/data/content"), "hi");
    assert_string_equal(at(results, "/data/scheduled_for"), at(post, "/data/scheduled_for"));
    assert_string_equal(at(results, "/data/results/0/last_error"), "null");
    struct mock_response list = mock_call(*state, GET("/posts?limit=1&offset=2"), NULL, AS_ACME);
    assert_string_equal(at(list, "/data/total"), at(list, "/data/pagination/total"));
    assert_string_equal(at(list, "/data/limit"), "1");
    assert_string_equal(at(list, "/data/offset"), "2");
}

static void the_list_accepts_the_sdks_statuses_and_plain_dates(void **state)
{
    static const struct {
        const char *query, *total;
    } rows[] = {
        {"status=queued",                                          "1"}, /* scheduled or publishing */
        {"status=done",                                            "1"},
        {"status=published",                                       "1"},
        {"status=done,queued",                                     "2"},
        {"status=queued,draft",                                    "2"},
        {"created_after=2026-04-10",                               "2"}, /* two posts, at the clock's start */
        {"created_after=2026-04-10T00:00:00Z",                     "2"},
        {"created_before=2026-04-09",                              "3"},
        {"scheduled_after=2026-04-11&scheduled_before=2026-04-12", "1"},
        {"published_after=2026-04-11",                             "0"},
        {"updated_after=2026-04-07&updated_before=2026-04-08",     "1"},
        {"platform=twitter",                                       "3"},
        {"platform=x",                                             "3"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char line[200];
        (void)snprintf(line, sizeof line, "GET " V "/posts?%s", rows[i].query);
        struct mock_response a = mock_call(*state, line, NULL, AS_ACME);
        assert_int_equal(a.status, 200);
        if (strcmp(at(a, "/data/pagination/total"), rows[i].total) != 0)
            fail_msg("%s: %s posts", rows[i].query, at(a, "/data/pagination/total"));
    }
    static const char *const wrong[] = {"status=sent",
                                        "created_after=2026-04",
                                        "created_after=2026-02-30",
                                        "created_after=10.4.2026",
                                        "published_before=today",
                                        "account_id=acme",
                                        "account_id=3001,3002",
                                        "campaign_id=launch"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        char line[200];
        (void)snprintf(line, sizeof line, "GET " V "/posts?%s", wrong[i]);
        assert_refused(mock_call(*state, line, NULL, AS_ACME), 400, "validation_error");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PE_TEST(posts_have_the_members_that_the_sdk_reads),
        PE_TEST(the_list_accepts_the_sdks_statuses_and_plain_dates),
        PE_TEST(an_immediate_post_is_published_by_the_next_read),
        PE_TEST(a_post_to_an_unhealthy_account_is_accepted_and_fails_at_once),
        PE_TEST(a_retry_succeeds_after_reconnecting),
        PE_TEST(a_sixth_retry_of_the_same_content_is_refused),
        PE_TEST(a_scheduled_post_is_published_at_its_due_time),
        PE_TEST(a_post_fails_only_at_accounts_that_are_expired_when_it_is_due),
        PE_TEST(a_scheduled_post_of_a_removed_account_stays_scheduled),
        PE_TEST(a_draft_stays_a_draft_until_it_is_scheduled),
        PE_TEST(a_draft_of_the_fixture_keeps_its_accounts),
        PE_TEST(a_scheduled_post_can_be_changed),
        PE_TEST(a_published_post_cannot_be_deleted),
        PE_TEST(an_invalid_post_is_refused_with_its_error_code),
        PE_TEST(the_length_limit_depends_on_the_platform),
        PE_TEST(the_list_is_filtered_and_sorted),
        PE_TEST(pages_contain_every_post_once),
        PE_TEST(a_post_fails_at_a_removed_account),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
