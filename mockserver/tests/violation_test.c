/* A state that cannot be: what transitions, calls and events do with it. No build may end, and the other namespaces and
 * calls go on. */
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/mock_test.h"
#include "mockserver/tests/state_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "mockserver/state/ad_account.h"
#include "mockserver/state/campaign.h"
#include "mockserver/state/lease.h"
#include "mockserver/state/library.h"
#include "mockserver/state/media.h"
#include "mockserver/state/webhook.h"

#define KEY "Authorization: Bearer lp_live_one"

static const char fixture[] = "clock: { start: 2026-05-02T09:00:00Z, mode: frozen }\n"
                              "layers:\n"
                              "  organizations:\n"
                              "    - name: One\n"
                              "      keys: [ { name: one, key: lp_live_one, scopes: ['*'] } ]\n"
                              "      projects:\n"
                              "        - id: prj\n"
                              "          social_accounts: [ { id: sa, platform: tiktok, handle: one } ]\n"
                              "          content: [ { id: cnt } ]\n"
                              "          scheduled_posts: [ { id: sp, content: cnt, account: sa, at: +1d } ]\n";

/* --- transitions whose condition does not hold ------------------------------------------------ */

static void retry(struct world *w)
{
    destination_retry(w, 1);
}

static void reschedule_canceled(struct world *w)
{
    destination_reschedule(w, 2, SCENE_START);
}

static void cancel_again(struct world *w)
{
    destination_cancel(w, 2);
}

static void release_again(struct world *w)
{
    assert_int_equal(post_release(w, 1, "sp_"), 0);
}

static void leave_no_campaign(struct world *w)
{
    post_leave_campaign(w, 1);
}

static void lose_no_token(struct world *w)
{
    account_lose_token(w, 1, TOKEN_LIVE);
}

static void disconnect_for_nothing(struct world *w)
{
    assert_int_equal(account_disconnect(w, 1, DISCONNECT_NONE), 0);
}

static void connect_nobody(struct world *w)
{
    assert_int_equal(account_connect(w, 1, &(struct account){0}), ROW_NONE);
}

static void request_nothing(struct world *w)
{
    assert_int_equal(lease_request_create(w, 1, &(struct lease_request){0}), ROW_NONE);
}

static void connect_no_ads(struct world *w)
{
    assert_int_equal(ad_account_connect(w, 1, &(struct ad_account){0}), ROW_NONE);
}

/* Of records that do not exist. */
static void change_missing_records(struct world *w)
{
    account_set_outcome(w, 99, OUTCOME_ERROR, "code");
    key_set_status(w, 99, KEY_ACTIVE);
    organization_set_credits(w, ROW_NONE, 5);
    destination_due(w, 99);
    destination_publish_ends(w, 99);
    media_complete(w, 99);
    campaign_update(w, 99, &(struct campaign){.state = CAMPAIGN_REMOVED});
    oauth_attempt_expire(w, 99);
    ad_account_validate(w, 99);
    delivery_due(w, 99);
    webhook_set_state(w, 99, WEBHOOK_DELETED);
    delivery_attempt_end(w, 99, 200, NULL, &(struct delivery_policy){0});
}

static void use_a_wrong_window(struct world *w)
{
    assert_int_equal(quota_last_used(w, 1, QUOTA_WINDOWS), 0);
}

static void log_a_wrong_change(struct world *w)
{
    changes_add(w, RECORD_POST, 1, TRANSITION_KEY_CREATE, 0, 0);
}

static void run_events_in_an_event(struct world *w)
{
    w->in_event = true;
    assert_int_equal(events_run(w, 1), 0);
    w->in_event = false;
}

/* Destination 1 is queued, 2 is canceled. */
static struct scene scene_with_posts(void)
{
    struct scene s = scene_new();
    uint32_t account = scene_account(&s, "one");
    for (int i = 0; i < 2; i++) {
        const struct post post = {.public_id = ids_mint(s.w, "p_", ID_ULID), .due_at_ms = SCENE_START + DAY_MS};
        const struct destination to = {.public_id = ids_mint(s.w, "sp_", ID_ULID), .account = account};
        destination_schedule(s.w, post_schedule(s.w, s.space, &post), &to);
    }
    destination_cancel(s.w, 2);
    return s;
}

static void a_refused_transition_changes_nothing(void **state)
{
    (void)state;
    static void (*const rows[])(struct world * w) = {
        retry,
        reschedule_canceled,
        cancel_again,
        release_again,
        leave_no_campaign,
        lose_no_token,
        disconnect_for_nothing,
        connect_nobody,
        request_nothing,
        connect_no_ads,
        change_missing_records,
        use_a_wrong_window,
        log_a_wrong_change,
        run_events_in_an_event,
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene s = scene_with_posts();
        struct arena a = {0};
        struct buf why = {.arena = &a};
        uint32_t changes = changes_last(s.w);
        s.w->checks = false;
        assert_null(world_take_violation(s.w).condition);
        rows[i](s.w);
        struct world_violation v = world_take_violation(s.w);
        if (!v.condition || !v.function)
            fail_msg("row %zu notes no violation", i);
        assert_null(world_take_violation(s.w).condition);
        assert_int_equal(changes_last(s.w), changes);
        if (world_check(s.w, &why))
            fail_msg("row %zu: %s", i, buf_c(&why));
        arena_end(&a);
        world_free(s.w);
    }
}

static void a_missing_record_has_zeros(void **state)
{
    (void)state;
    struct scene s = scene_new();
    s.w->checks = false;
    assert_null(account_read(s.w, 7)->handle);
    ((struct account *)world_edit(s.w, RECORD_ACCOUNT, 7))->handle = "lost";
    assert_null(((struct account *)world_edit(s.w, RECORD_ACCOUNT, 7))->handle);
    assert_int_equal(changes_read(s.w, 9999)->row, ROW_NONE);
    assert_int_equal(event_read(s.w, 9999)->row, ROW_NONE);
    assert_non_null(world_take_violation(s.w).condition);
    world_free(s.w);
}

/* --- calls and events ------------------------------------------------------------------------- */

/* The post refers to an account that does not exist. */
static struct mock *broken_mock(void)
{
    struct mock *m = mock_test_new(fixture);
    struct world *w = mock_test_world(m);
    assert_int_equal(mock_call(m, "POST /__admin/namespaces", "{\"name\":\"other\"}").status, 201);
    w->checks = false;
    table_remove(&w->records[RECORD_ACCOUNT], destination_read(w, 1)->account);
    log_set_level(LOG_QUIET);
    return m;
}

static void a_call_that_meets_it_gets_a_500_with_a_reference(void **state)
{
    (void)state;
    struct mock *m = broken_mock();
    struct mock_response a = mock_call(m, "GET /v1/scheduled-posts/sp", NULL, KEY);
    assert_int_equal(a.status, 500);
    assert_string_equal(header_of(a, "X-Mock-Error"), "internal");
    assert_string_equal(at(a, "/error/code"), "INTERNAL");
    assert_non_null(strstr(at(a, "/error/message"), "reference: violation-1"));

    struct mock_response journal = mock_call(m, "GET /__admin/requests", NULL);
    assert_string_equal(at(journal, "/items/0/fault"), "internal");
    assert_string_equal(at(journal, "/items/0/violation/reference"), "violation-1");
    assert_non_null(at(journal, "/items/0/violation/condition"));
    mock_free(m);
}

static void other_calls_and_namespaces_go_on(void **state)
{
    (void)state;
    struct mock *m = broken_mock();
    for (int i = 0; i < 3; i++) {
        assert_int_equal(mock_call(m, "GET /v1/scheduled-posts/sp", NULL, KEY).status, 500);
        assert_int_equal(mock_call(m, "GET /v1/whoami", NULL, KEY).status, 200);
        assert_int_equal(mock_call(m, "GET /ns/other/v1/scheduled-posts/sp", NULL, KEY).status, 200);
    }
    assert_int_equal(m->violation.number, 3);
    assert_int_equal(mock_call(m, "POST /__admin/reset", NULL).status, 200);
    assert_int_equal(mock_call(m, "GET /v1/scheduled-posts/sp", NULL, KEY).status, 200);
    mock_free(m);
}

static void an_advance_that_meets_it_gets_a_500(void **state)
{
    (void)state;
    struct mock *m = broken_mock();
    struct mock_response a = mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"2d\"}");
    assert_int_equal(a.status, 500);
    assert_non_null(strstr(at(a, "/detail"), "violation-1"));
    a = mock_call(m, "GET /__admin/clock", NULL); /* all other events of the time have happened */
    assert_string_equal(at(a, "/now"), "2026-05-04T09:00:00.000Z");
    assert_int_equal(mock_call(m, "GET /v1/whoami", NULL, KEY).status, 200);
    assert_int_equal(mock_call(m, "POST /ns/other/__admin/clock/advance", "{\"by\":\"2d\"}").status, 200);
    mock_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_transition_changes_nothing),
        cmocka_unit_test(a_missing_record_has_zeros),
        cmocka_unit_test(a_call_that_meets_it_gets_a_500_with_a_reference),
        cmocka_unit_test(other_calls_and_namespaces_go_on),
        cmocka_unit_test(an_advance_that_meets_it_gets_a_500),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
