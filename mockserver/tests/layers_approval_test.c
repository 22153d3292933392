/* Tests of approving and rejecting content, and of the posts scheduled before, with
 * fixtures/layers-acme.yaml. */
#include "base/array.h"
#include "base/units.h"
#include "mockserver/tests/layers_test.h"

#include <stdio.h>
#include <string.h>

#include "mockserver/state/world.h"

#define APPROVE  "POST /v1/content/cnt_pending/approve"
#define REJECT   "POST /v1/content/cnt_pending/reject"
#define SCHEDULE "POST /v1/content/cnt_pending/schedule"
#define POSTS    "GET /v1/projects/prj_acme_a/scheduled-posts"
#define WHY      "{\"reason\":\"x\"}"
#define TARGETS(a, b)                                                                                                  \
    "{\"scheduledFor\":\"2026-05-03T17:00:00Z\",\"targets\":[{\"socialAccountId\":\"" a                                \
    "\",\"mode\":\"publish\"},{\"socialAccountId\":\"" b "\",\"mode\":\"draft\"}]}"
#define BOTH TARGETS("sa_acme_tiktok", "sa_acme_disposable")

static struct mock_response call(struct mock *m, const char *line, const char *body)
{
    return mock_call(m, line, body, AS_FULL);
}

static struct mock_response read_post(struct mock *m, const char *id)
{
    char line[128];
    snprintf(line, sizeof line, "GET /v1/scheduled-posts/%s", id);
    return call(m, line, NULL);
}

static size_t count_posts(struct mock *m)
{
    return node_count(node_get(call(m, POSTS "?limit=100", NULL).body, "items"));
}

static void approval_queues_the_posts_scheduled_before(void **state)
{
    struct mock *m = *state;
    struct world *w = mock_test_world(m);
    size_t before = count_posts(m);
    assert_string_equal(at(call(m, SCHEDULE, BOTH), "/gateStatus"), "blocked_on_approval");
    assert_int_equal(count_posts(m), before);
    struct mock_response a = call(m, APPROVE, "{\"note\":\"Go.\"}");
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/id"), "cnt_pending");
    assert_string_equal(at(a, "/approvalStatus"), "approved");
    assert_string_equal(at(a, "/approvedAt"), "2026-05-02T09:00:00Z");
    assert_string_equal(at(a, "/approvedBy"), at(call(m, "GET /v1/whoami", NULL), "/apiKeyId"));
    assert_string_equal(at(a, "/pendingSchedulePromotion/status"), "ok");
    const struct node *ids = node_pointer(a.body, "/pendingSchedulePromotion/scheduledPostIds");
    assert_int_equal(node_count(ids), 2);
    const char *first = at(a, "/pendingSchedulePromotion/scheduledPostIds/0");
    const char *second = at(a, "/pendingSchedulePromotion/scheduledPostIds/1");
    assert_string_equal(at(read_post(m, first), "/status"), "queued");
    assert_string_equal(at(read_post(m, first), "/scheduledFor"), "2026-05-03T17:00:00Z");
    assert_int_equal(count_posts(m), before + 2);
    events_advance(w, world_now(w) + 2 * DAY_MS);
    assert_string_equal(at(read_post(m, first), "/status"), "published");
    assert_string_equal(at(read_post(m, second), "/status"), "draft");
}

static void approval_after_the_due_time_publishes_immediately(void **state)
{
    struct mock *m = *state;
    struct world *w = mock_test_world(m);
    call(m, SCHEDULE, BOTH);
    events_advance(w, world_now(w) + 3 * DAY_MS);
    struct mock_response a = call(m, APPROVE, NULL);
    const char *id = at(a, "/pendingSchedulePromotion/scheduledPostIds/0");
    assert_string_equal(at(read_post(m, id), "/status"), "published");
}

static void approval_reports_posts_that_cannot_be_queued(void **state)
{
    struct mock *m = *state;
    size_t before = count_posts(m);
    call(m, SCHEDULE, TARGETS("sa_acme_disposable", "sa_acme_disposable"));
    struct mock_response revoked = call(m, "DELETE /v1/social-accounts/sa_acme_disposable", NULL);
    assert_string_equal(at(revoked, "/canceledScheduledPosts"), "2"); /* the blocked posts are not counted */
    assert_int_equal(count_posts(m), before);
    struct mock_response a = call(m, APPROVE, NULL);
    assert_string_equal(at(a, "/approvalStatus"), "approved");
    assert_string_equal(at(a, "/pendingSchedulePromotion/status"), "failed");
    assert_string_equal(at(a, "/pendingSchedulePromotion/scheduledPostIds"), "[]");
    assert_int_equal(count_posts(m), before);
}

static void approval_without_scheduled_posts_reports_no_promotion(void **state)
{
    struct mock_response a = call(*state, APPROVE, NULL);
    assert_int_equal(a.status, 200);
    assert_null(at(a, "/pendingSchedulePromotion"));
    assert_int_equal(call(*state, SCHEDULE, BOTH).status, 202);
    assert_int_equal(call(*state, "POST /v1/content/cnt_approved/schedule", BOTH).status, 202);
}

static void rejection_removes_the_posts_scheduled_before(void **state)
{
    struct mock *m = *state;
    struct world *w = mock_test_world(m);
    size_t before = count_posts(m);
    call(m, SCHEDULE, BOTH);
    struct mock_response a = call(m, REJECT, "{\"reason\":\"Too loud.\"}");
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/approvalStatus"), "rejected");
    assert_string_equal(at(a, "/rejectedAt"), "2026-05-02T09:00:00Z");
    assert_string_equal(at(a, "/rejectedBy"), at(call(m, "GET /v1/whoami", NULL), "/apiKeyId"));
    assert_string_equal(at(a, "/reason"), "Too loud.");
    events_advance(w, world_now(w) + 3 * DAY_MS);
    assert_int_equal(count_posts(m), before);
    assert_refused(call(m, SCHEDULE, TARGETS("sa_acme_tiktok", "sa_acme_tiktok")), 422,
                   "VALIDATION"); /* the due time is in the past */
}

static void each_decision_is_in_the_audit_log(void **state)
{
    struct mock *m = *state;
    call(m, SCHEDULE, BOTH);
    assert_string_equal(at(call(m, "GET /v1/audit-log", NULL), "/items"), "[]");
    call(m, APPROVE, NULL);
    struct mock_response log = call(m, "GET /v1/audit-log", NULL);
    assert_string_equal(at(log, "/items/0/eventType"), "scheduled_post.created");
    assert_string_equal(at(log, "/items/1/eventType"), "scheduled_post.created");
    assert_string_equal(at(log, "/items/2/eventType"), "content.approved");
    assert_null(at(log, "/items/3"));
}

static void only_content_pending_approval_can_be_decided_on(void **state)
{
    static const struct {
        const char *line, *body, *status;
    } rows[] = {
        {"POST /v1/content/cnt_open/approve",     NULL, "none"    },
        {"POST /v1/content/cnt_approved/approve", NULL, "approved"},
        {"POST /v1/content/cnt_rejected/approve", NULL, "rejected"},
        {"POST /v1/content/cnt_open/reject",      WHY,  "none"    },
        {"POST /v1/content/cnt_approved/reject",  WHY,  "approved"},
        {"POST /v1/content/cnt_rejected/reject",  WHY,  "rejected"},
    };
    struct world *w = mock_test_world(*state);
    uint32_t changes = changes_last(w);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = call(*state, rows[i].line, rows[i].body);
        assert_refused(a, 409, "CONFLICT");
        assert_string_equal(at(a, "/error/details/approvalStatus"), rows[i].status);
    }
    assert_int_equal(changes_last(w), changes);
}

static void invalid_bodies_and_other_callers_are_refused(void **state)
{
    char body[1200], line[1100];
    memset(line, 'x', 1025);
    line[1025] = '\0';
    snprintf(body, sizeof body, "{\"reason\":\"%s\"}", line);
    assert_refused(call(*state, REJECT, body), 422, "VALIDATION");
    snprintf(body, sizeof body, "{\"note\":\"%s\"}", line);
    assert_refused(call(*state, APPROVE, body), 422, "VALIDATION");
    assert_refused(call(*state, REJECT, "{\"reason\":\"\"}"), 422, "VALIDATION");
    assert_refused(call(*state, REJECT, NULL), 422, "VALIDATION");
    assert_refused(mock_call(*state, APPROVE, NULL, AS_OTHER), 404, "NOT_FOUND");
    assert_refused(call(*state, "POST /v1/content/none/approve", NULL), 404, "NOT_FOUND");
    assert_refused(mock_call(*state, APPROVE, NULL, AS_NARROW), 403, "FORBIDDEN_SCOPE");
    assert_int_equal(call(*state, APPROVE, NULL).status, 200); /* the refused calls changed nothing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAYERS_TEST(approval_queues_the_posts_scheduled_before),
        LAYERS_TEST(approval_after_the_due_time_publishes_immediately),
        LAYERS_TEST(approval_reports_posts_that_cannot_be_queued),
        LAYERS_TEST(approval_without_scheduled_posts_reports_no_promotion),
        LAYERS_TEST(rejection_removes_the_posts_scheduled_before),
        LAYERS_TEST(each_decision_is_in_the_audit_log),
        LAYERS_TEST(only_content_pending_approval_can_be_decided_on),
        LAYERS_TEST(invalid_bodies_and_other_callers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
