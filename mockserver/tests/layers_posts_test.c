/* Tests of scheduled posts: schedule, publish, list, cancel, reschedule, with
 * fixtures/layers-acme.yaml. */
#include "base/array.h"
#include "base/units.h"
#include "mockserver/tests/layers_test.h"

#include <stdio.h>
#include <string.h>

#include "mockserver/state/post.h"
#include "mockserver/state/world.h"

#define SCHEDULE "POST /v1/content/cnt_open/schedule"
#define POSTS    "GET /v1/projects/prj_acme_a/scheduled-posts"
#define DUE      "\"scheduledFor\":\"2026-05-03T17:00:00Z\""
#define TARGET   "{\"socialAccountId\":\"sa_acme_tiktok\",\"mode\":\"publish\"}"
#define PUBLISH  "POST /v1/content/cnt_open/publish"
#define NOW      ("{\"targets\":[" TARGET "]}")
#define ONE      ("{" DUE ",\"targets\":[" TARGET "]}")

static void advance(struct mock *m, int64_t ms)
{
    struct world *w = mock_test_world(m);
    events_advance(w, world_now(w) + ms);
}

static struct mock_response read_post(struct mock *m, const char *id)
{
    char line[128];
    snprintf(line, sizeof line, "GET /v1/scheduled-posts/%s", id);
    return mock_call(m, line, NULL, AS_FULL);
}

static const char *list_ids(struct mock_response a)
{
    struct buf out = {.arena = a.arena};
    const struct node *items = node_get(a.body, "items");
    for (size_t i = 0; i < node_count(items); i++)
        buf_printf(&out, "%s%s", i ? " " : "", node_get_text(node_at(items, i), "id") + strlen("sp_"));
    return buf_c(&out);
}

static void each_target_gets_a_post_of_its_own(void **state)
{
    struct mock_response a =
        mock_call(*state, SCHEDULE,
                  ("{" DUE ",\"targets\":[" TARGET ",{\"socialAccountId\":\"sa_acme_instagram\",\"mode\":\"draft\","
                   "\"captionOverride\":\"At six.\",\"firstCommentOverride\":\"x\",\"shareReelToFeed\":true},"
                   "{\"socialAccountId\":\"sa_acme_leased\",\"mode\":\"managed\",\"tiktokPostSettings\":{}}]"
                   "}"),
                  AS_FULL);
    assert_int_equal(a.status, 202);
    static const char *const accounts[] = {"sa_acme_tiktok", "sa_acme_instagram", "sa_acme_leased"};
    static const char *const modes[] = {"publish", "draft", "managed"};
    for (size_t i = 0; i < 3; i++) {
        const struct node *p = node_at(node_get(a.body, "scheduledPosts"), i);
        assert_true(str_starts(str_from(node_get_text(p, "scheduledPostId")), STR("sp_")));
        assert_string_equal(node_get_text(p, "socialAccountId"), accounts[i]);
        assert_string_equal(node_get_text(p, "mode"), modes[i]);
        assert_string_equal(node_get_text(p, "status"), "queued");
        assert_string_equal(node_get_text(p, "scheduledFor"), "2026-05-03T17:00:00Z");
        assert_string_equal(at(read_post(*state, node_get_text(p, "scheduledPostId")), "/mode"), modes[i]);
    }
    assert_int_equal(node_count(node_get(a.body, "scheduledPosts")), 3);
    struct world *w = mock_test_world(*state);
    uint32_t row = destination_find(w, 1, str_from(at(a, "/scheduledPosts/1/scheduledPostId")));
    assert_string_equal(destination_read(w, row)->caption, "At six.");
    assert_int_equal(destination_read(w, row)->mode, MODE_DRAFT);
}

static void a_due_post_is_published_or_becomes_a_draft(void **state)
{
    advance(*state, 4 * DAY_MS);
    struct mock_response a = read_post(*state, "sp_queued");
    assert_string_equal(at(a, "/status"), "published");
    assert_string_equal(at(a, "/publishedAt"), "2026-05-04T09:00:00Z");
    assert_string_equal(at(a, "/attemptedAt"), "2026-05-04T09:00:00Z");
    assert_true(str_starts(str_from(at(a, "/externalUrl")), STR("https://www.tiktok.com/@acmecoffee/video/")));
    assert_true(str_ends(str_from(at(a, "/externalUrl")), str_from(at(a, "/externalId"))));
    assert_string_equal(at(a, "/lastError"), "null");
    a = read_post(*state, "sp_queued_draft");
    assert_string_equal(at(a, "/status"), "draft");
    assert_string_equal(at(a, "/publishedAt"), "null");
}

static void a_lost_token_fails_a_post_when_it_is_due_and_not_before(void **state)
{
    assert_string_equal(at(read_post(*state, "sp_queued_expired"), "/status"), "queued");
    advance(*state, DAY_MS);
    struct mock_response a = read_post(*state, "sp_queued_expired");
    assert_string_equal(at(a, "/status"), "failed");
    assert_string_equal(at(a, "/lastError/code"), "CREDENTIAL_INVALID");
    assert_non_null(at(a, "/lastError/message"));
    assert_string_equal(at(a, "/externalUrl"), "null");
}

static void a_post_is_published_if_its_account_reconnects_in_time(void **state)
{
    struct world *w = mock_test_world(*state);
    account_reconnect(w, account_find(w, 1, STR("sa_acme_expired")), world_now(w) + 30 * DAY_MS);
    advance(*state, DAY_MS);
    assert_string_equal(at(read_post(*state, "sp_queued_expired"), "/status"), "published");
}

static void a_post_can_be_scheduled_for_an_account_that_needs_reauth(void **state)
{
    struct mock_response a = mock_call(
        *state, SCHEDULE, ("{" DUE ",\"targets\":[{\"socialAccountId\":\"sa_acme_withdrawn\",\"mode\":\"publish\"}]}"),
        AS_FULL);
    assert_int_equal(a.status, 202);
}

static void an_invalid_body_is_a_validation_error_with_its_path(void **state)
{
    /* clang-format off */
    static const struct {
        const char *body, *path;
    } rows[] = {
        {("{\"targets\":[" TARGET "]}"),                                                "scheduledFor"},
        {("{\"scheduledFor\":1,\"targets\":[" TARGET "]}"),                             "scheduledFor"},
        {("{\"scheduledFor\":\"tomorrow\",\"targets\":[" TARGET "]}"),                  "scheduledFor"},
        {("{\"scheduledFor\":\"+1d\",\"targets\":[" TARGET "]}"),                       "scheduledFor"},
        {("{\"scheduledFor\":\"2026-05-03\",\"targets\":[" TARGET "]}"),                "scheduledFor"},
        {("{\"scheduledFor\":\"2026-05-03T17:00:00\",\"targets\":[" TARGET "]}"),       "scheduledFor"},
        {("{\"scheduledFor\":\"2026-05-03T17:00:00+02:00\",\"targets\":[" TARGET "]}"), "scheduledFor"},
        {("{\"scheduledFor\":\"2026-02-30T17:00:00Z\",\"targets\":[" TARGET "]}"),      "scheduledFor"},
        {("{\"scheduledFor\":\"2026-05-02T08:59:29Z\",\"targets\":[" TARGET "]}"),      "scheduledFor"},
        {("{" DUE "}"),                                                                 "targets"},
        {("{" DUE ",\"targets\":[]}"),                                                  "targets"},
        {("{" DUE ",\"targets\":{}}"),                                                  "targets"},
        {("{" DUE ",\"targets\":[\"sa_acme_tiktok\"]}"),                                "targets[0]"},
        {("{" DUE ",\"targets\":[{\"mode\":\"publish\"}]}"),                            "targets[0].socialAccountId"},
        {("{" DUE ",\"targets\":[{\"socialAccountId\":\"sa_acme_tiktok\"}]}"),          "targets[0].mode"},
        {("{" DUE ",\"targets\":[" TARGET ",{\"socialAccountId\":\"sa_acme_tiktok\",\"mode\":\"reels\"}]}"),
         "targets[1].mode"},
        {("{" DUE ",\"targets\":[{\"socialAccountId\":\"sa_acme_tiktok\",\"mode\":\"feed\"}]}"), "targets[0].mode"},
        {("{" DUE ",\"targets\":"
          "[{\"socialAccountId\":\"sa_acme_tiktok\",\"mode\":\"publish\",\"placement\":\"reels\"}]}"),
         "targets[0].placement"},
        {("{" DUE ",\"targets\":[" TARGET ",{\"socialAccountId\":\"sa_unknown\",\"mode\":\"publish\"}]}"),
         "targets[1].socialAccountId"},
        {("{" DUE ",\"targets\":[{\"socialAccountId\":\"sa_acme_b_tiktok\",\"mode\":\"publish\"}]}"),
         "targets[0].socialAccountId"},
        {("{" DUE ",\"targets\":[{\"socialAccountId\":\"sa_other_tiktok\",\"mode\":\"publish\"}]}"),
         "targets[0].socialAccountId"},
        {("{" DUE ",\"targets\":[{\"socialAccountId\":\"sa_acme_revoked\",\"mode\":\"publish\"}]}"),
         "targets[0].socialAccountId"},
        {("{" DUE ",\"extra\":1,\"targets\":[" TARGET "]}"),                            "extra"},
    };
    /* clang-format on */
    struct world *w = mock_test_world(*state);
    uint32_t before = world_count(w, RECORD_DESTINATION);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = mock_call(*state, SCHEDULE, rows[i].body, AS_FULL);
        assert_refused(a, 422, "VALIDATION");
        assert_string_equal(at(a, "/error/details/issues/0/path"), rows[i].path);
    }
    assert_int_equal(world_count(w, RECORD_DESTINATION), before); /* one invalid target refuses all */
}

static void a_request_has_at_most_fifty_targets(void **state)
{
    char body[8192] = "{" DUE ",\"targets\":[" TARGET;
    for (int i = 1; i < 50; i++)
        strcat(body, ("," TARGET));
    char more[8192];
    snprintf(more, sizeof more, ("%.8000s," TARGET "]}"), body);
    struct mock_response a = mock_call(*state, SCHEDULE, strcat(body, "]}"), AS_FULL);
    assert_int_equal(a.status, 202);
    assert_int_equal(node_count(node_get(a.body, "scheduledPosts")), 50);
    assert_refused(mock_call(*state, SCHEDULE, more, AS_FULL), 422, "VALIDATION");
}

static void a_due_time_may_be_thirty_seconds_in_the_past(void **state)
{
    struct mock_response a =
        mock_call(*state, SCHEDULE, ("{\"scheduledFor\":\"2026-05-02T08:59:30Z\",\"targets\":[" TARGET "]}"), AS_FULL);
    assert_int_equal(a.status, 202);
    const char *id = at(a, "/scheduledPosts/0/scheduledPostId");
    assert_string_equal(at(read_post(*state, id), "/status"), "published");
}

static void scheduling_depends_on_the_contents_state_and_approval(void **state)
{
    static const struct {
        const char *content, *as;
        int status;
        const char *code;
    } rows[] = {
        {"cnt_nobody",     AS_FULL,   404, "NOT_FOUND"       },
        {"cnt_other",      AS_FULL,   404, "NOT_FOUND"       },
        {"cnt_open",       AS_OTHER,  404, "NOT_FOUND"       },
        {"cnt_open",       AS_READER, 403, "FORBIDDEN_SCOPE" },
        {"cnt_generating", AS_FULL,   409, "CONFLICT"        },
        {"cnt_rejected",   AS_FULL,   409, "CONTENT_REJECTED"},
        {"cnt_approved",   AS_FULL,   202, NULL              },
        {"cnt_open",       AS_NARROW, 202, NULL              },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char line[128];
        snprintf(line, sizeof line, "POST /v1/content/%s/schedule", rows[i].content);
        struct mock_response a = mock_call(*state, line, ONE, rows[i].as);
        if (rows[i].code)
            assert_refused(a, rows[i].status, rows[i].code);
        else
            assert_int_equal(a.status, rows[i].status);
    }
}

static void scheduling_content_pending_approval_is_blocked_and_lists_no_post(void **state)
{
    const char *before = list_ids(mock_call(*state, POSTS "?limit=100", NULL, AS_FULL));
    struct mock_response a = mock_call(*state, "POST /v1/content/cnt_pending/schedule", ONE, AS_FULL);
    assert_int_equal(a.status, 202);
    assert_string_equal(at(a, "/gateStatus"), "blocked_on_approval");
    assert_null(at(a, "/scheduledPosts"));
    assert_string_equal(list_ids(mock_call(*state, POSTS "?limit=100", NULL, AS_FULL)), before);
}

static void publishing_posts_to_each_target_immediately(void **state)
{
    struct mock_response a = mock_call(*state, PUBLISH,
                                       ("{\"targets\":[" TARGET ",{\"socialAccountId\":"
                                        "\"sa_acme_expired\",\"mode\":\"publish\"},{\"socialAccountId\":"
                                        "\"sa_acme_instagram\",\"mode\":\"draft\"}]}"),
                                       AS_FULL);
    assert_int_equal(a.status, 202);
    assert_string_equal(header_of(a, "X-RateLimit-Endpoint-Class"), "long-running");
    static const char *const states[] = {"published", "failed", "draft"};
    assert_int_equal(node_count(node_get(a.body, "scheduledPosts")), 3);
    for (size_t i = 0; i < 3; i++) {
        const struct node *p = node_at(node_get(a.body, "scheduledPosts"), i);
        assert_string_equal(node_get_text(p, "scheduledFor"), "2026-05-02T09:00:00Z");
        struct mock_response post = read_post(*state, node_get_text(p, "scheduledPostId"));
        assert_string_equal(at(post, "/status"), states[i]);
        assert_string_equal(at(post, "/attemptedAt"), "2026-05-02T09:00:00Z");
    }
}

static void publishing_depends_on_the_contents_state_and_approval(void **state)
{
    static const struct {
        const char *content, *body, *as;
        int status;
        const char *code;
    } rows[] = {
        {"cnt_nobody",     NOW,                AS_FULL,   404, "NOT_FOUND"        },
        {"cnt_other",      NOW,                AS_FULL,   404, "NOT_FOUND"        },
        {"cnt_open",       NOW,                AS_READER, 403, "FORBIDDEN_SCOPE"  },
        {"cnt_generating", NOW,                AS_FULL,   409, "CONFLICT"         },
        {"cnt_rejected",   NOW,                AS_FULL,   409, "CONTENT_REJECTED" },
        {"cnt_pending",    NOW,                AS_FULL,   403, "APPROVAL_REQUIRED"},
        {"cnt_open",       ONE,                AS_FULL,   422, "VALIDATION"       },
        {"cnt_open",       "{\"targets\":[]}", AS_FULL,   422, "VALIDATION"       },
        {"cnt_open",       NULL,               AS_FULL,   422, "VALIDATION"       },
    };
    uint32_t before = world_count(mock_test_world(*state), RECORD_DESTINATION);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char line[128];
        snprintf(line, sizeof line, "POST /v1/content/%s/publish", rows[i].content);
        assert_refused(mock_call(*state, line, rows[i].body, rows[i].as), rows[i].status, rows[i].code);
    }
    struct mock_response a = mock_call(*state, "POST /v1/content/cnt_pending/publish", NOW, AS_FULL);
    assert_string_equal(at(a, "/error/details/containerId"), "cnt_pending");
    assert_string_equal(at(a, "/error/details/approvalStatus"), "pending");
    assert_int_equal(world_count(mock_test_world(*state), RECORD_DESTINATION), before);
    a = mock_call(*state, "POST /v1/content/cnt_approved/publish", NOW, AS_FULL);
    assert_int_equal(a.status, 202);
}

static void each_filter_selects_posts_latest_first(void **state)
{
    /* clang-format off */
    static const struct {
        const char *query, *ids;
    } rows[] = {
        {"",
         "popup_two queued_leased queued_draft queued queued_expired popup_one published popup_done drafted failed "
         "canceled published_old"},
        {"?status=queued", "popup_two queued_leased queued_draft queued queued_expired popup_one"},
        {"?status=failed&status=draft",                            "drafted failed"},
        {"?status=publishing",                                     ""},
        {"?socialAccountId=sa_acme_revoked",                       "canceled published_old"},
        {"?socialAccountId=sa_acme_b_tiktok",                      ""},
        {"?socialAccountId=sa_unknown",                            ""},
        {"?status=published&socialAccountId=sa_acme_revoked",      "published_old"},
        {"?since=2026-05-05T09:00:00Z",                            "popup_two queued_leased queued_draft"},
        {"?until=2026-04-27T09:00:00Z",                            "failed canceled published_old"},
        {"?since=2026-05-01T09:00:00Z&until=2026-05-03T09:00:00Z", "queued_expired popup_one published"},
        {"?since=2026-05-06T00:00:00Z&until=2026-05-01T00:00:00Z", ""},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        char line[256];
        snprintf(line, sizeof line, (POSTS "%s"), rows[i].query);
        struct mock_response a = mock_call(*state, line, NULL, AS_FULL);
        assert_int_equal(a.status, 200);
        assert_string_equal(list_ids(a), rows[i].ids);
    }
}

static void posts_are_paged(void **state)
{
    char line[256], seen[512] = "";
    const char *cursor = NULL;
    const char *whole = list_ids(mock_call(*state, (POSTS "?until=2026-05-06T09:00:00Z"), NULL, AS_FULL));
    do {
        snprintf(line, sizeof line, (POSTS "?limit=3&until=2026-05-06T09:00:00Z%s%s"), cursor ? "&cursor=" : "",
                 cursor ? cursor : "");
        struct mock_response a = mock_call(*state, line, NULL, AS_FULL);
        assert_int_equal(a.status, 200);
        strcat(strcat(seen, *seen ? " " : ""), list_ids(a));
        cursor = node_get_text(a.body, "nextCursor");
    } while (cursor);
    assert_string_equal(seen, whole);
}

static void an_invalid_query_is_a_validation_error(void **state)
{
    static const char *const rows[] = {
        "status=ready", "status=queued&status=", "since=soon", "until=2026-13-01T00:00:00Z", "limit=101",
        "limit=0",      "cursor=nowhere"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char line[256];
        snprintf(line, sizeof line, (POSTS "?%s"), rows[i]);
        assert_refused(mock_call(*state, line, NULL, AS_FULL), 422, "VALIDATION");
    }
}

static void an_unknown_status_is_refused_with_the_accepted_ones(void **state)
{
    struct mock_response a = mock_call(*state, POSTS "?status=ready", NULL, AS_FULL);
    assert_string_equal(at(a, "/error/details/issues/0/message"),
                        "must be one of queued, publishing, draft, published, failed, canceled");
}

static void a_post_has_the_documented_members(void **state)
{
    static const struct {
        const char *pointer, *value;
    } rows[] = {
        {"/id",              "sp_failed"           },
        {"/containerId",     "cnt_open"            },
        {"/socialAccountId", "sa_acme_expired"     },
        {"/platform",        "tiktok"              },
        {"/mode",            "publish"             },
        {"/status",          "failed"              },
        {"/externalId",      "null"                },
        {"/externalUrl",     "null"                },
        {"/scheduledFor",    "2026-04-27T09:00:00Z"},
        {"/attemptedAt",     "2026-04-27T09:00:00Z"},
        {"/publishedAt",     "null"                },
        {"/canceledAt",      "null"                },
        {"/lastError/code",  "CREDENTIAL_INVALID"  },
        {"/createdAt",       "2026-04-26T09:00:00Z"},
        {"/updatedAt",       "2026-04-27T09:00:00Z"},
    };
    struct mock_response a = read_post(*state, "sp_failed");
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(at(a, rows[i].pointer), rows[i].value);
    assert_int_equal(node_count(a.body), COUNT(rows));
}

static void a_published_post_remains_after_its_account_is_revoked(void **state)
{
    const char *before = at(read_post(*state, "sp_published"), "/externalUrl");
    assert_string_equal(before, "https://www.tiktok.com/@acmecoffee/video/7389201554012345678");
    mock_call(*state, "DELETE /v1/social-accounts/sa_acme_tiktok", NULL, AS_FULL);
    struct mock_response after = read_post(*state, "sp_published");
    assert_string_equal(at(after, "/externalUrl"), before);
    assert_string_equal(at(after, "/socialAccountId"), "sa_acme_tiktok");
    assert_true(str_has(str_from(list_ids(mock_call(*state, POSTS, NULL, AS_FULL))), STR("published")));
}

static void a_queued_post_can_be_canceled_once(void **state)
{
    struct mock_response a =
        mock_call(*state, "DELETE /v1/scheduled-posts/sp_queued", "{\"reason\":\"changed our mind\"}", AS_FULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/id"), "sp_queued");
    assert_string_equal(at(a, "/status"), "canceled");
    assert_string_equal(at(a, "/canceledAt"), "2026-05-02T09:00:00Z");
    advance(*state, 3 * DAY_MS);
    assert_string_equal(at(read_post(*state, "sp_queued"), "/status"), "canceled");
    assert_refused(mock_call(*state, "DELETE /v1/scheduled-posts/sp_queued", NULL, AS_FULL), 409, "CONFLICT");
}

static void a_queued_post_can_be_rescheduled(void **state)
{
    struct mock_response a = mock_call(*state, "POST /v1/scheduled-posts/sp_queued_expired/reschedule",
                                       "{\"scheduledFor\":\"2026-05-09T12:00:00Z\"}", AS_FULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/status"), "queued");
    assert_string_equal(at(a, "/scheduledFor"), "2026-05-09T12:00:00Z");
    assert_string_equal(at(a, "/updatedAt"), "2026-05-02T09:00:00Z");
    advance(*state, 2 * DAY_MS);
    assert_string_equal(at(read_post(*state, "sp_queued_expired"), "/status"), "queued");
    advance(*state, 6 * DAY_MS);
    assert_string_equal(at(read_post(*state, "sp_queued_expired"), "/status"), "failed");
}

static void a_post_that_is_not_queued_cannot_be_changed(void **state)
{
    static const char *const names[] = {"sp_published", "sp_failed", "sp_canceled", "sp_drafted"};
    char line[128];
    for (size_t i = 0; i < COUNT(names); i++) {
        snprintf(line, sizeof line, "DELETE /v1/scheduled-posts/%s", names[i]);
        assert_refused(mock_call(*state, line, NULL, AS_FULL), 409, "CONFLICT");
        snprintf(line, sizeof line, "POST /v1/scheduled-posts/%s/reschedule", names[i]);
        assert_refused(mock_call(*state, line, "{\"scheduledFor\":\"2026-05-09T12:00:00Z\"}", AS_FULL), 409,
                       "CONFLICT");
    }
    assert_refused(mock_call(*state, "POST /v1/scheduled-posts/sp_queued/reschedule",
                             "{\"scheduledFor\":\"2026-05-01T12:00:00Z\"}", AS_FULL),
                   422, "VALIDATION");
}

static void another_organizations_posts_return_404(void **state)
{
    static const char *const lines[] = {"GET /v1/scheduled-posts/sp_queued", "DELETE /v1/scheduled-posts/sp_queued",
                                        POSTS};
    for (size_t i = 0; i < COUNT(lines); i++)
        assert_refused(mock_call(*state, lines[i], NULL, AS_OTHER), 404, "NOT_FOUND");
    assert_refused(mock_call(*state, "POST /v1/scheduled-posts/sp_queued/reschedule",
                             "{\"scheduledFor\":\"2026-05-09T12:00:00Z\"}", AS_OTHER),
                   404, "NOT_FOUND");
    assert_string_equal(at(read_post(*state, "sp_queued"), "/status"), "queued");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAYERS_TEST(each_target_gets_a_post_of_its_own),
        LAYERS_TEST(a_due_post_is_published_or_becomes_a_draft),
        LAYERS_TEST(a_lost_token_fails_a_post_when_it_is_due_and_not_before),
        LAYERS_TEST(a_post_is_published_if_its_account_reconnects_in_time),
        LAYERS_TEST(a_post_can_be_scheduled_for_an_account_that_needs_reauth),
        LAYERS_TEST(an_invalid_body_is_a_validation_error_with_its_path),
        LAYERS_TEST(a_request_has_at_most_fifty_targets),
        LAYERS_TEST(a_due_time_may_be_thirty_seconds_in_the_past),
        LAYERS_TEST(scheduling_depends_on_the_contents_state_and_approval),
        LAYERS_TEST(scheduling_content_pending_approval_is_blocked_and_lists_no_post),
        LAYERS_TEST(publishing_posts_to_each_target_immediately),
        LAYERS_TEST(publishing_depends_on_the_contents_state_and_approval),
        LAYERS_TEST(each_filter_selects_posts_latest_first),
        LAYERS_TEST(posts_are_paged),
        LAYERS_TEST(an_invalid_query_is_a_validation_error),
        LAYERS_TEST(an_unknown_status_is_refused_with_the_accepted_ones),
        LAYERS_TEST(a_post_has_the_documented_members),
        LAYERS_TEST(a_published_post_remains_after_its_account_is_revoked),
        LAYERS_TEST(a_queued_post_can_be_canceled_once),
        LAYERS_TEST(a_queued_post_can_be_rescheduled),
        LAYERS_TEST(a_post_that_is_not_queued_cannot_be_changed),
        LAYERS_TEST(another_organizations_posts_return_404),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
