/* A replay equals the recorded run, for every kind of input. */
#include "base/array.h"
#include "base/units.h"
#include "mockserver/recording/lines.h"
#include "mockserver/tests/folder.h"
#include "mockserver/tests/members.h"
#include "mockserver/tests/replay_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define STREAMS 200 /* maximum number of open event streams */

#define LAYERS "Authorization: Bearer lp_live_01HX9Y6K7EJ4T2_full"
#define ACME   "Authorization: Bearer pe_live_0c5e8d9a0c5e8d9a0c5e8d9a0c5e8d9a"
#define NITRO  "embed-api-key: pn-acme00000000000000000001"
#define LIST   "GET /v1/projects/prj_acme_a/social-accounts"
#define HOOK                                                                                                           \
    "{\"url\":\"http://127.0.0.1:9/hook\",\"events\":[\"post.published\",\"post.failed\","                             \
    "\"social_account.needs_reauth\"]}"

static struct replay replay_equals(struct run *r)
{
    struct replay out;
    run_end(r);
    assert_true(run_replays_equally(r, &out));
    assert_true(out.whole);
    assert_int_equal(out.responses, out.calls);
    return out;
}

static void calls_and_simulations_of_every_provider_replay(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        const char *fixture, *line, *body, *header;
        int status;
    } rows[] = {
        {"layers-acme.yaml",         LIST "?limit=2",                             NULL,            LAYERS, 200},
        {"layers-acme.yaml",         "GET /v1/whoami",                            NULL,            LAYERS, 200},
        {"layers-acme.yaml",         "GET /v1/nowhere",                           NULL,            LAYERS, 404},
        {"layers-acme.yaml",         "DELETE /v1/social-accounts/sa_acme_tiktok", NULL,            LAYERS, 200},
        {"layers-acme.yaml",         "POST /v1/content/cnt_open/publish",         "{\"targets\":", LAYERS, 422},
        {"layers-acme.yaml",         "GET /v1/whoami",                            NULL,            ACME,   401},
        {"layers-acme.yaml",         "POST /__admin/simulate/token_lost",
         "{\"account\":\"sa_acme_tiktok\",\"why\":\"expired\"}", LAYERS, 200},
        {"layers-acme.yaml",         "POST /__admin/simulate/nonsense",           "{}",            LAYERS, 404},
        {"layers-acme.yaml",         "GET /__admin/state",                        NULL,            LAYERS, 200},
        {"layers-acme.yaml",         "GET /__admin/health",                       NULL,            LAYERS, 200},
        {"posteverywhere-acme.yaml", "GET /api/v1/accounts",                      NULL,            ACME,   200},
        {"posteverywhere-acme.yaml", "POST /api/v1/posts", "{\"content\":\"hi\",\"account_ids\":[3001]}", ACME, 201},
        {"posteverywhere-acme.yaml", "GET /api/v1/posts",                         NULL,            ACME,   200},
        {"postnitro-acme.yaml",      "GET /social-account",                       NULL,            NITRO,  200},
        {"postnitro-acme.yaml",      "GET /schedule",                             NULL,            NITRO,  422},
        {NULL,                       "GET /",                                     NULL,            NITRO,  404},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct run *r = run_new(rows[i].fixture);
        struct rig_call *first = run_call(r, rows[i].line, rows[i].body, rows[i].header);
        if (first->status != rows[i].status)
            fail_msg("%s: %d " STR_FMT, rows[i].line, first->status, STR_ARG(first->body));
        run_pass(r, 1500);
        run_call(r, rows[i].line, rows[i].body, rows[i].header);
        run_call(r, "GET /__admin/requests", NULL);
        assert_int_equal(replay_equals(r).calls, 3);
        run_free(r);
    }
}

static void urls_that_follow_the_host_of_a_request_replay(void **state)
{
    (void)state;
    static const char *const hosts[] = {"Host: localhost:49153", "Host: [::1]:8080", "Host: a/b", "Host:"};
    struct run *r = run_new_at("layers-acme.yaml", NULL);
    for (size_t i = 0; i < COUNT(hosts); i++) {
        struct rig_call *a = run_call(r, "POST /ns/t/v1/projects/prj_acme_a/social/oauth-url",
                                      "{\"platform\":\"tiktok\",\"returnUrl\":\"https://app.your-product.com/back\"}",
                                      LAYERS, hosts[i], "X-Forwarded-Proto: https");
        assert_int_equal(a->status, 200);
        struct str host = str_from(i < 2 ? hosts[i] + strlen("Host: ") : "127.0.0.1:8080");
        const char *url = arena_printf(&r->arena, "\"%s://" STR_FMT "/ns/t/__consent/layers/", i < 2 ? "https" : "http",
                                       STR_ARG(host));
        if (!str_has(a->body, str_from(url)))
            fail_msg(STR_FMT " has no %s", STR_ARG(a->body), url);
    }
    replay_equals(r);
    run_free(r);
}

static void timers_and_clock_changes_replay(void **state)
{
    (void)state;
    struct run *r = run_new("layers-acme.yaml");
    run_pass(r, DAY_MS + HOUR_MS); /* posts come due without a call */
    run_call(r, "GET /v1/scheduled-posts/sp_popup_one", NULL, LAYERS);
    run_pass(r, 37);
    run_call(r, "GET /__admin/clock", NULL);
    run_call(r, "PUT /__admin/clock", "{\"mode\":\"frozen\"}");
    run_pass(r, DAY_MS);
    run_call(r, "GET /__admin/clock", NULL);
    run_call(r, "POST /__admin/clock/advance", "{\"by\":\"3d\"}");
    run_call(r, "PUT /__admin/clock", "{\"mode\":\"runs\"}");
    run_pass(r, DAY_MS);
    struct rig_call *last = run_call(r, "GET /__admin/health", NULL);
    assert_true(str_has(last->body, STR("\"uptime_seconds\":262800")));
    assert_true(replay_equals(r).timers > 0);
    run_free(r);
}

static void webhook_deliveries_and_their_retries_replay(void **state)
{
    (void)state;
    struct run *r = run_new("layers-acme.yaml");
    assert_int_equal(run_call(r, "POST /v1/webhook-endpoints", HOOK, LAYERS)->status, 201);
    run_call(r, "POST /__admin/simulate/token_lost", "{\"account\":\"sa_acme_tiktok\",\"why\":\"revoked_upstream\"}");
    assert_true(run_complete_delivery(r, 500));
    run_pass(r, HOUR_MS);
    assert_true(run_complete_delivery(r, 0));
    run_pass(r, DAY_MS);
    assert_true(run_complete_delivery(r, 200));
    run_call(r, "GET /__admin/state/deliveries", NULL);
    assert_true(replay_equals(r).deliveries >= 3);
    run_free(r);
}

static void a_clock_advance_that_waits_for_a_delivery_replays(void **state)
{
    (void)state;
    struct run *r = run_new("layers-acme.yaml");
    run_call(r, "POST /v1/webhook-endpoints", HOOK, LAYERS);
    struct rig_call *far = run_call(r, "POST /__admin/clock/advance", "{\"by\":\"3d\"}");
    assert_false(far->responded);
    assert_int_equal(run_call(r, "POST /__admin/clock/advance", "{\"by\":\"1s\"}")->status, 409);
    while (!far->responded) {
        assert_true(run_complete_delivery(r, 200));
        run_pass(r, 3);
    }
    assert_int_equal(far->status, 200);
    replay_equals(r);
    run_free(r);
}

static void a_second_clock_advance_is_rejected_until_the_first_has_ended(void **state)
{
    (void)state;
    struct run *r = run_new("layers-acme.yaml");
    run_call(r, "POST /v1/webhook-endpoints", HOOK, LAYERS);
    struct rig_call *far = run_call(r, "POST /__admin/clock/advance", "{\"by\":\"3d\"}");
    while (run_complete_delivery(r, 200)) /* the last one wakes the call, which has not continued */
        ;
    assert_false(far->responded);
    assert_int_equal(run_call(r, "POST /__admin/clock/advance", "{\"by\":\"3d\"}")->status, 409);
    while (!far->responded) {
        run_pass(r, 1);
        run_complete_delivery(r, 200);
    }
    assert_int_equal(far->status, 200);
    replay_equals(r);
    run_free(r);
}

/* The turns of many events are counted, not timed, so a replay takes the same ones. */
static void an_advance_over_many_events_replays(void **state)
{
    (void)state;
    enum { MANY = 240 };
    struct folder folder;
    folder_begin(&folder);
    struct buf b = {.arena = &folder.arena};
    buf_text(&b,
             "clock: { start: 2026-05-02T09:00:00Z, mode: frozen }\n"
             "layers:\n  organizations:\n    - name: A\n"
             "      keys: [ { name: full, key: lp_live_many, scopes: ['*'], tier: internal } ]\n"
             "      webhooks: [ { id: 11111111-1111-4111-8111-111111111111, url: 'http://127.0.0.1:9/a', secret: s,\n"
             "                    events: [post.published] } ]\n"
             "      projects:\n        - id: prj_a\n"
             "          social_accounts: [ { id: sa_a, platform: tiktok, handle: a } ]\n"
             "          content: [ { id: cnt_a } ]\n          scheduled_posts:\n");
    for (int i = 0; i < MANY; i++)
        buf_printf(&b, "            - { content: cnt_a, account: sa_a, at: +%dms }\n", 3600000 + i / 80);
    folder_put(&folder, "many.yaml", buf_c(&b));
    struct run *r = run_new(folder_file(&folder, "many.yaml"));
    struct namespace *ns = namespaces_at(r->mock->namespaces, 0);
    ns->world->checks = ns->start->checks = false;
    struct rig_call *far = run_call(r, "POST /__admin/clock/advance", "{\"by\":\"2h\",\"wait\":\"0s\"}");
    struct rig_call *list =
        run_call(r, "GET /v1/projects/prj_a/scheduled-posts", NULL, "Authorization: Bearer lp_live_many");
    assert_false(far->responded);
    assert_false(list->responded);
    for (int i = 0; i < 100; i++)
        loop_step(r->loop, 0);
    for (int i = 0; i < 40; i++)
        run_complete_delivery(r, i % 2 ? 200 : 0);
    while (!far->responded || !list->responded)
        run_pass(r, 1);
    assert_int_equal(far->status, 200);
    assert_int_equal(list->status, 200);
    const struct replay replay = replay_equals(r);
    assert_true(replay.timers > 5);
    assert_true(replay.deliveries > 40);
    run_free(r);
    folder_end(&folder);
}

#define SLOW                                                                                                           \
    "{\"name\":\"slow\",\"on\":\"layers.list_social_accounts\","                                                       \
    "\"then\":[{\"delay_before\":\"2s\"},{\"delay_after\":{\"lognormal\":{\"median\":\"80ms\","                        \
    "\"sigma\":0."                                                                                                     \
    "4}}},"                                                                                                            \
    "{\"throttle\":\"2KiB/s\"}]}"

static void delayed_calls_replay_in_the_same_order(void **state)
{
    (void)state;
    struct run *r = run_new("layers-acme.yaml");
    run_call(r, "POST /__admin/rules", SLOW);
    struct rig_call *first = run_call(r, LIST, NULL, LAYERS);
    run_pass(r, 700);
    struct rig_call *second = run_call(r, LIST "?limit=1", NULL, LAYERS);
    run_call(r, "DELETE /v1/social-accounts/sa_acme_tiktok", NULL, LAYERS);
    run_pass(r, 1400);
    assert_true(first->responded && !second->responded);
    run_call(r, "DELETE /v1/social-accounts/sa_acme_instagram", NULL, LAYERS);
    run_pass(r, 700);
    assert_true(second->responded);
    replay_equals(r);
    assert_non_null(strstr(run_line(r, 3), "{\"response\":1,\"status\":201"));
    run_free(r);
}

static void waits_that_end_time_out_or_are_closed_replay(void **state)
{
    (void)state;
    static const char twice[] = "{\"count\":2,\"timeout\":\"5s\"}";
    struct run *r = run_new("layers-acme.yaml");
    struct rig_call *met = run_call(r, "POST /__admin/requests/wait", twice);
    struct rig_call *left = run_call(r, "POST /__admin/requests/wait", twice);
    struct rig_call *never = run_call(r, "POST /__admin/requests/wait", "{\"count\":9,\"timeout\":\"1s\"}");
    run_close_call(left);
    run_call(r, LIST, NULL, LAYERS);
    run_pass(r, 1);
    run_call(r, "GET /v1/whoami", NULL, LAYERS);
    run_pass(r, 1);
    assert_int_equal(met->status, 200);
    assert_false(never->responded);
    run_pass(r, 1000);
    assert_int_equal(never->status, 409);
    struct replay out;
    run_end(r);
    assert_true(run_replays_equally(r, &out));
    assert_int_equal(out.responses + 1, out.calls);
    run_free(r);
}

/* The client repeats the call without an Idempotency-Key. Both runs must report the replay_equals
 * client checks. */
static void a_client_that_closes_before_its_response_replays(void **state)
{
    (void)state;
    struct run *r = run_new("layers-acme.yaml");
    static const char project[] = "{\"name\":\"New\",\"timezone\":\"UTC\"}";
    r->unsent = true;
    run_call(r, "POST /v1/projects", project, LAYERS);
    r->unsent = false;
    run_pass(r, 1000);
    run_call(r, "POST /v1/projects", project, LAYERS);
    struct rig_call *checks = run_call(r, "GET /__admin/client-checks", NULL);
    assert_true(str_has(checks->body, STR("did not wait for")));
    replay_equals(r);
    run_free(r);
}

static void created_restored_and_deleted_namespaces_replay(void **state)
{
    (void)state;
    struct run *r = run_new("layers-acme.yaml");
    /* clang-format off */
    static const char *const calls[][2] = {
        {"GET /ns/a/v1/projects/prj_acme_a/social-accounts", NULL},
        {"DELETE /ns/a/v1/social-accounts/sa_acme_tiktok",   NULL},
        {"POST /ns/a/__admin/snapshots",                     "{\"name\":\"s\"}"},
        {"POST /ns/a/__admin/clock/advance",                 "{\"by\":\"10d\"}"},
        {"POST /__admin/namespaces",                         "{\"name\":\"b\",\"from\":\"s\"}"},
        {"GET /ns/b/v1/projects/prj_acme_a/scheduled-posts", NULL},
        {"POST /ns/a/__admin/snapshots/s/restore",           NULL},
        {"GET /ns/a/v1/projects/prj_acme_a/scheduled-posts", NULL},
        {"POST /__admin/namespaces", "{\"name\":\"c\",\"seed\":7,\"fixture\":{\"clock\":{\"start\":\"-1d\"}}}"},
        {"GET /ns/c/__admin/clock",                          NULL},
        {"POST /__admin/reset",                              NULL},
        {"DELETE /__admin/namespaces/a",                     NULL},
        {"GET /__admin/namespaces",                          NULL},
        {"GET /ns/a/v1/projects/prj_acme_a/social-accounts", NULL},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(calls); i++) {
        struct rig_call *a = run_call(r, calls[i][0], calls[i][1], LAYERS);
        if (a->status / 100 != 2)
            fail_msg("%s: %d " STR_FMT, calls[i][0], a->status, STR_ARG(a->body));
        run_pass(r, 11 * MINUTE_MS);
    }
    replay_equals(r);
    run_free(r);
}

static void rules_with_probability_replay(void **state)
{
    (void)state;
    struct run *r = run_new("layers-acme.yaml");
    run_call(r, "POST /__admin/rules",
             "{\"name\":\"now-and-then\",\"on\":\"layers.list_social_accounts\",\"when\":{"
             "\"probability\":0.4},"
             "\"then\":[{\"respond\":{\"error\":\"RATE_LIMITED\"}}]}");
    run_call(r, "POST /__admin/rules",
             "{\"name\":\"cut\",\"on\":\"layers.list_social_accounts\",\"when\":{\"every\":3},"
             "\"then\":[{\"close_connection\":\"mid_body\"}]}");
    size_t limited = 0;
    for (int i = 0; i < 30; i++)
        limited += run_call(r, LIST, NULL, LAYERS)->status == 429;
    assert_true(limited > 5 && limited < 25);
    run_call(r, "GET /__admin/rules", NULL);
    replay_equals(r);
    run_free(r);
}

static void replaced_responses_replay(void **state)
{
    (void)state;
    struct run *r = run_new("layers-acme.yaml");
    run_call(r, "POST /__admin/rules",
             "{\"on\":\"layers.revoke_social_account\",\"then\":[{\"respond\":{\"status\":429,\"after\":true,"
             "\"raw_base64\":\"AP8=\",\"headers\":{\"Date\":null}}}]}");
    assert_int_equal(run_call(r, "DELETE /v1/social-accounts/sa_acme_tiktok", NULL, LAYERS)->status, 429);
    run_call(r, LIST, NULL, LAYERS);
    run_call(r, "GET /__admin/requests?stable=1", NULL);
    run_call(r, "GET /__admin/explain/1", NULL);
    replay_equals(r);
    run_free(r);
}

static void bytes_that_are_not_text_replay(void **state)
{
    (void)state;
    struct run *r = run_new(NULL);
    run_call(r, "POST /v1/content/x/schedule", "\xff\xfe{\x01}", LAYERS, "X-Odd: caf\xe9");
    run_call(r, "POST /v1/content/\xe9/schedule?a=\xff", "caf\xc3\xa9 \"and\" \\", LAYERS);
    run_call(r, "GET /__admin/requests", NULL);
    replay_equals(r);
    assert_non_null(strstr(run_line(r, 2), "\"body\":{\"base64url\":\"__57AX0\"}"));
    assert_non_null(strstr(run_line(r, 4), "caf\xc3\xa9 \\\"and\\\""));
    run_free(r);
}

static void rejected_invalid_http_replays(void **state)
{
    (void)state;
    struct run *r = run_new(NULL);
    const struct str path = STR("/v1/whoami");
    struct exchange x = {.response.status = 400};
    x.request = (struct request){.method = STR("GET"), .target = path, .path = path, .query = STR("")};
    recorder_refuse(r->recorder, &x, 400, "two hosts");
    recorder_done(r->recorder, &x, true);
    arena_end(&x.arena);
    assert_int_equal(replay_equals(r).responses, 1);
    run_free(r);
}

/* The number of open streams is limited, so the response depends on when one ends. */
static void event_streams_replay(void **state)
{
    (void)state;
    struct run *r = run_new(NULL);
    struct rig_call *streams[STREAMS + 1];
    for (size_t i = 0; i <= STREAMS; i++)
        streams[i] = run_call(r, "GET /__admin/events", NULL);
    assert_int_equal(streams[STREAMS - 1]->status, 200);
    assert_int_equal(streams[STREAMS]->status, 503);
    run_close_call(streams[7]);
    assert_int_equal(run_call(r, "GET /__admin/events", NULL)->status, 200);
    run_call(r, "GET /v1/whoami", NULL, LAYERS);
    run_call(r, "POST /__admin/reset", NULL);
    replay_equals(r);
    run_free(r);
}

#define O struct mock_options
static const struct member_row option_rows[] = {
    MEMBER_ROW(O, fixtures, NOT_KEPT), /* compared below */
    MEMBER_ROW(O, fixture_count, KEPT),
    MEMBER_ROW(O, public_url, KEPT_TEXT),
    MEMBER_ROW(O, admin_token, KEPT_TEXT),
    MEMBER_ROW(O, cors, NOT_KEPT), /* compared below */
    MEMBER_ROW(O, cors_count, KEPT),
    MEMBER_ROW(O, admin, KEPT),
    MEMBER_ROW(O, explicit_namespaces, KEPT),
    MEMBER_ROW(O, local_consent, KEPT),
    MEMBER_ROW(O, limits.count, KEPT),
    MEMBER_ROW(O, limits.journal_bytes, KEPT),
    MEMBER_ROW(O, history, KEPT),
    MEMBER_ROW(O, history_age_ms, KEPT),
    MEMBER_ROW(O, namespace_idle_ms, KEPT),
    MEMBER_ROW(O, trust_forwarded, KEPT),
    MEMBER_ROW(O, watch, NOT_KEPT), /* recorded is whether files are watched, which begins with the loop */
};

static void every_option_is_recorded(void **state)
{
    (void)state;
    static const char *const cors[] = {"https://app.test"};
    struct run *r = run_new("layers-acme.yaml");
    struct mock_options *o = &r->mock->options;
    o->public_url = "http://mock.test";
    o->admin_token = "secret";
    o->cors = cors;
    o->cors_count = COUNT(cors);
    o->admin = o->explicit_namespaces = o->local_consent = o->trust_forwarded = true;
    o->limits = (struct namespaces_limits){.count = 7, .journal_bytes = 123456};
    o->namespace_idle_ms = HOUR_MS;
    o->history = 7;
    o->history_age_ms = -1;
    struct buf line = {.arena = &r->arena};
    recording_header_write(&line, r->mock, (struct timestamp){.wall_ms = r->wall_ms, .monotonic_us = r->monotonic_us});
    const struct node *n = json_parse(&r->arena, str_trim(buf_str(&line)), "header", NULL);
    struct recording_header h;
    assert_non_null(n);
    assert_true(recording_header_read(&r->arena, n, &h, NULL));
    bool set[COUNT(option_rows)] = {0};
    members_compare(option_rows, COUNT(option_rows), o, &h.options, set);
    members_are_set(option_rows, COUNT(option_rows), set);
    MEMBERS_COMPLETE(struct mock_options, option_rows);
    assert_string_equal(h.options.fixtures[0], o->fixtures[0]);
    assert_string_equal(h.options.cors[0], cors[0]);
    for (size_t i = 0; i < h.fixture_count; i++)
        fixture_free(h.fixtures[i]);
    run_end(r);
    run_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_and_simulations_of_every_provider_replay),
        cmocka_unit_test(urls_that_follow_the_host_of_a_request_replay),
        cmocka_unit_test(timers_and_clock_changes_replay),
        cmocka_unit_test(webhook_deliveries_and_their_retries_replay),
        cmocka_unit_test(a_clock_advance_that_waits_for_a_delivery_replays),
        cmocka_unit_test(a_second_clock_advance_is_rejected_until_the_first_has_ended),
        cmocka_unit_test(an_advance_over_many_events_replays),
        cmocka_unit_test(delayed_calls_replay_in_the_same_order),
        cmocka_unit_test(waits_that_end_time_out_or_are_closed_replay),
        cmocka_unit_test(a_client_that_closes_before_its_response_replays),
        cmocka_unit_test(created_restored_and_deleted_namespaces_replay),
        cmocka_unit_test(rules_with_probability_replay),
        cmocka_unit_test(event_streams_replay),
        cmocka_unit_test(replaced_responses_replay),
        cmocka_unit_test(bytes_that_are_not_text_replay),
        cmocka_unit_test(rejected_invalid_http_replays),
        cmocka_unit_test(every_option_is_recorded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
