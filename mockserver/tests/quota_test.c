/* Rate limits: the counters, the gate, and the simulation that sets what is left. */
#include "base/array.h"
#include "mockserver/tests/layers_test.h"

#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "mockserver/runtime/namespaces.h"
#include "mockserver/state/tenant.h"
#include "mockserver/state/world.h"

#define KEY(x)  ("Authorization: Bearer lp_live_" x)
#define LIST    "GET /v1/projects/prj_one/social-accounts"
#define REVOKE  "DELETE /v1/social-accounts/sa_nobody"
#define PUBLISH "POST /v1/content/cnt_nobody/publish"
#define START_S INT64_C(1777712400) /* 2026-05-02T09:00:00Z */

static const char fixture[] =
    "clock: { start: 2026-05-02T09:00:00Z, mode: frozen }\n"
    "layers:\n"
    "  organizations:\n"
    "    - name: Acme\n"
    "      keys:\n"
    "        - { name: few, key: lp_live_few, scopes: ['*'], limits: { read: 3, write: 2, long: 1, "
    "write_day: 3 } }\n"
    "        - { name: standard, key: lp_live_standard, scopes: ['*'] }\n"
    "        - { name: pilot, key: lp_live_pilot, scopes: ['*'], tier: pilot }\n"
    "        - { name: partner, key: lp_live_partner, scopes: ['*'], tier: partner }\n"
    "        - { name: mixed, key: lp_live_mixed, scopes: ['*'], tier: pilot, limits: { read: 7 } "
    "}\n"
    "        - { name: internal, key: lp_live_internal, scopes: ['*'], tier: internal }\n"
    "        - { name: test, key: lp_test_one, scopes: ['*'] }\n"
    "        - { name: nothing, key: lp_live_nothing }\n"
    "        - { name: poor, key: lp_live_poor, limits: { read: 1 } }\n"
    "      projects: [ { id: prj_one, name: One } ]\n";

static int setup(void **state)
{
    *state = mock_test_new(fixture);
    return 0;
}

static void advance(struct mock *m, int64_t ms)
{
    struct world *w = mock_test_world(m);
    events_advance(w, world_now(w) + ms);
}

static void assert_left(struct mock_response a, const char *limit, const char *left, int64_t reset_s)
{
    char reset[32];
    snprintf(reset, sizeof reset, "%lld", (long long)reset_s);
    assert_string_equal(header_of(a, "X-RateLimit-Limit"), limit);
    assert_string_equal(header_of(a, "X-RateLimit-Remaining"), left);
    assert_string_equal(header_of(a, "X-RateLimit-Reset"), reset);
}

static void assert_exhausted(struct mock_response a, const char *retry_after)
{
    assert_refused(a, 429, "RATE_LIMITED");
    assert_string_equal(header_of(a, "Retry-After"), retry_after);
    assert_string_equal(header_of(a, "X-RateLimit-Remaining"), "0");
}

static void a_window_begins_with_its_first_call(void **state)
{
    struct world *w = mock_test_world(*state);
    assert_int_equal(quota_read(w, 2, 1, MINUTE_MS).used, 0);
    quota_count(w, 2, 1, MINUTE_MS);
    int64_t ends = world_now(w) + MINUTE_MS;
    advance(*state, MINUTE_MS - 1);
    quota_count(w, 2, 1, MINUTE_MS);
    assert_int_equal(quota_read(w, 2, 1, MINUTE_MS).used, 2);
    assert_int_equal(quota_read(w, 2, 1, MINUTE_MS).ends_at_ms, ends);
    advance(*state, 1);
    assert_int_equal(quota_read(w, 2, 1, MINUTE_MS).used, 0);
    assert_int_equal(quota_read(w, 2, 1, MINUTE_MS).ends_at_ms, ends + MINUTE_MS);
}

static void each_key_and_window_has_its_own_counter(void **state)
{
    struct world *w = mock_test_world(*state);
    quota_set(w, 3, 0, MINUTE_MS, 40);
    quota_count(w, 1, 0, MINUTE_MS);
    quota_count(w, 3, 2, DAY_MS);
    static const int64_t used[4][QUOTA_WINDOWS] = {
        {1,  0, 0, 0},
        {0},
        {40,  0, 1, 0},
        {0 }
    };
    for (uint32_t key = 1; key <= 4; key++)
        for (size_t window = 0; window < QUOTA_WINDOWS; window++)
            assert_int_equal(quota_read(w, key, window, MINUTE_MS).used, used[key - 1][window]);
}

static void a_fork_has_its_own_counters(void **state)
{
    struct world *w = mock_test_world(*state);
    quota_count(w, 1, 0, MINUTE_MS);
    struct world *fork = world_fork(w);
    quota_count(fork, 1, 0, MINUTE_MS);
    assert_int_equal(quota_read(w, 1, 0, MINUTE_MS).used, 1);
    assert_int_equal(quota_read(fork, 1, 0, MINUTE_MS).used, 2);
    world_free(fork);
}

static void every_response_reports_the_rate_limit(void **state)
{
    assert_left(mock_call(*state, LIST, NULL, KEY("few")), "3", "2", START_S + 60);
    advance(*state, 1500);
    assert_left(mock_call(*state, LIST, NULL, KEY("few")), "3", "1", START_S + 60);
    struct mock_response lost = mock_call(*state, "GET /v1/projects/prj_lost", NULL, KEY("few"));
    assert_int_equal(lost.status, 404);
    assert_left(lost, "3", "0", START_S + 60);
    assert_exhausted(mock_call(*state, LIST, NULL, KEY("few")), "59");
    struct mock_response unknown = mock_call(*state, LIST, NULL, KEY("unknown"));
    assert_int_equal(unknown.status, 401);
    assert_null(header_of(unknown, "X-RateLimit-Limit"));
    assert_string_equal(header_of(unknown, "X-RateLimit-Endpoint-Class"), "read-light");
}

static void an_exhausted_rate_limit_is_full_again_after_its_window(void **state)
{
    for (int i = 0; i < 3; i++)
        assert_int_equal(mock_call(*state, LIST, NULL, KEY("few")).status, 200);
    for (int i = 0; i < 5; i++) /* refused calls are not counted and do not extend the window */
        assert_exhausted(mock_call(*state, LIST, NULL, KEY("few")), "60");
    advance(*state, MINUTE_MS - 1);
    assert_exhausted(mock_call(*state, LIST, NULL, KEY("few")), "1");
    advance(*state, 1);
    struct mock_response a = mock_call(*state, LIST, NULL, KEY("few"));
    assert_int_equal(a.status, 200);
    assert_left(a, "3", "2", START_S + 120);
}

static void each_rate_class_has_its_own_rate_limit(void **state)
{
    static const struct {
        const char *line, *class;
        int calls;
    } rows[] = {
        {LIST,    "read-light",   3},
        {REVOKE,  "write-light",  2},
        {PUBLISH, "long-running", 1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a;
        for (int call = 0; call < rows[i].calls; call++)
            assert_int_not_equal(mock_call(*state, rows[i].line, NULL, KEY("few")).status, 429);
        a = mock_call(*state, rows[i].line, NULL, KEY("few"));
        assert_exhausted(a, "60");
        assert_string_equal(header_of(a, "X-RateLimit-Endpoint-Class"), rows[i].class);
    }
    assert_int_equal(mock_call(*state, LIST, NULL, KEY("standard")).status, 200);
}

static void writes_also_have_a_daily_rate_limit(void **state)
{
    mock_call(*state, REVOKE, NULL, KEY("few"));
    struct mock_response second = mock_call(*state, REVOKE, NULL, KEY("few"));
    assert_left(second, "2", "0", START_S + 60); /* the window of a minute is tighter */
    advance(*state, MINUTE_MS);
    struct mock_response third = mock_call(*state, REVOKE, NULL, KEY("few"));
    assert_int_equal(third.status, 404);
    assert_left(third, "3", "0", START_S + 86400); /* now the window of a day is tighter */
    assert_exhausted(mock_call(*state, REVOKE, NULL, KEY("few")), "86340");
    advance(*state, DAY_MS - MINUTE_MS);
    assert_int_equal(mock_call(*state, REVOKE, NULL, KEY("few")).status, 404);
}

static void tiers_are_as_documented(void **state)
{
    static const struct {
        const char *as, *name;
        const char *read, *write, *longer, *day;
    } rows[] = {
        {KEY("standard"),                     "standard", "120",  "60",   "20",  "10000" },
        {KEY("pilot"),                        "pilot",    "1200", "600",  "60",  "100000"},
        {KEY("partner"),                      "partner",  "6000", "3000", "300", "500000"},
        {KEY("mixed"),                        "mixed",    "7",    "600",  "60",  "100000"},
        {"Authorization: Bearer lp_test_one", "test",     "120",  "60",   "20",  "10000" },
        {KEY("internal"),                     "internal", NULL,   NULL,   NULL,  NULL    }, /* no limit */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *lines[] = {LIST, REVOKE, PUBLISH};
        const char *limits[] = {rows[i].read, rows[i].write, rows[i].longer};
        for (size_t j = 0; j < 3; j++) {
            struct mock_response a = mock_call(*state, lines[j], NULL, rows[i].as);
            const char *limit = header_of(a, "X-RateLimit-Limit");
            assert_true(limits[j] ? limit && strcmp(limit, limits[j]) == 0 : !limit);
        }
        char body[128];
        snprintf(body, sizeof body, "{\"key\":\"%s\",\"remaining\":9999999}", rows[i].name);
        struct mock_response all = mock_call(*state, "POST /__admin/simulate/rate_limit", body);
        assert_int_equal(all.status, rows[i].day ? 200 : 409);
        if (rows[i].day)
            assert_string_equal(at(all, "/remaining/write_day"), rows[i].day);
    }
}

static void an_internal_key_is_never_limited(void **state)
{
    for (int i = 0; i < 300; i++)
        assert_int_equal(mock_call(*state, LIST, NULL, KEY("internal")).status, 200);
}

static void a_call_refused_for_its_scope_is_counted(void **state)
{
    assert_refused(mock_call(*state, LIST, NULL, KEY("poor")), 403, "FORBIDDEN_SCOPE");
    assert_exhausted(mock_call(*state, LIST, NULL, KEY("poor")), "60");
}

static void a_key_without_scopes_is_refused_everywhere(void **state)
{
    static const char *const lines[] = {"GET /v1/projects", "DELETE /v1/social-accounts/sa_one",
                                        "POST /v1/content/cnt_one/publish", "GET /v1/scheduled-posts/sp_one",
                                        "POST /v1/projects/prj_one/social/oauth-url"};
    for (size_t i = 0; i < COUNT(lines); i++)
        assert_refused(mock_call(*state, lines[i], NULL, KEY("nothing")), 403, "FORBIDDEN_SCOPE");
}

static void a_simulation_sets_what_is_left_of_a_rate_limit(void **state)
{
    struct mock_response a = mock_call(*state, "POST /__admin/simulate/rate_limit",
                                       "{\"key\":\"standard\",\"class\":\"read\",\"remaining\":1}");
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/remaining"), "{\"read\":1}");
    assert_int_equal(mock_call(*state, LIST, NULL, KEY("standard")).status, 200);
    assert_exhausted(mock_call(*state, LIST, NULL, KEY("standard")), "60");
    assert_int_equal(mock_call(*state, REVOKE, NULL, KEY("standard")).status, 404);

    a = mock_call(*state, "POST /__admin/simulate/rate_limit",
                  "{\"key\":\"lp_live_standard\",\"remaining\":0}"); /* no class: all classes */
    assert_string_equal(at(a, "/remaining"), "{\"read\":0,\"write\":0,\"long\":0,\"write_day\":0}");
    assert_exhausted(mock_call(*state, REVOKE, NULL, KEY("standard")), "86400");
    a = mock_call(*state, "POST /__admin/simulate/rate_limit", "{\"key\":\"standard\",\"remaining\":50}");
    assert_string_equal(at(a, "/remaining/long"), "20"); /* at most its limit */
    assert_left(mock_call(*state, LIST, NULL, KEY("standard")), "120", "49", START_S + 60);
}

static void a_simulation_with_an_unknown_key_or_class_is_refused(void **state)
{
    static const struct {
        const char *body, *pointer, *words;
    } rows[] = {
        {"{\"key\":\"standart\",\"remaining\":1}",                     "/key",       "did you mean 'standard'"},
        {"{\"key\":\"few\",\"class\":\"reed\",\"remaining\":1}",       "/class",     "did you mean 'read'"    },
        {"{\"key\":\"few\",\"class\":\"read-light\",\"remaining\":1}", "/class",     "expected one of: "      },
        {"{\"key\":\"few\",\"remaining\":-1}",                         "/remaining", "-1"                     },
        {"{\"key\":\"few\"}",                                          "",           "missing 'remaining'"    },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = mock_call(*state, "POST /__admin/simulate/rate_limit", rows[i].body);
        assert_int_equal(a.status, 422);
        assert_string_equal(at(a, "/pointer"), rows[i].pointer);
        assert_non_null(strstr(at(a, "/detail"), rows[i].words));
    }
    assert_left(mock_call(*state, LIST, NULL, KEY("few")), "3", "2", START_S + 60);
}

static void a_reset_and_a_new_namespace_have_full_rate_limits(void **state)
{
    for (int i = 0; i < 4; i++)
        mock_call(*state, LIST, NULL, KEY("few"));
    assert_left(mock_call(*state, "GET /ns/other/v1/projects", NULL, KEY("few")), "3", "2", START_S + 60);
    assert_exhausted(mock_call(*state, LIST, NULL, KEY("few")), "60");
    assert_int_equal(mock_call(*state, "POST /__admin/reset", NULL).status, 200);
    assert_left(mock_call(*state, LIST, NULL, KEY("few")), "3", "2", START_S + 60);
}

static void a_429_of_a_rule_has_retry_after(void **state)
{
    mock_call(*state, "POST /__admin/simulate/fail",
              "{\"operation\":\"layers.list_social_accounts\",\"times\":1,"
              "\"error\":\"RATE_LIMITED\"}");
    struct mock_response a = mock_call(*state, LIST, NULL, KEY("few"));
    assert_refused(a, 429, "RATE_LIMITED");
    assert_string_equal(header_of(a, "Retry-After"), "1");
    assert_int_equal(mock_call(*state, LIST, NULL, KEY("few")).status, 200);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, mock_test_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_window_begins_with_its_first_call),
        TEST(each_key_and_window_has_its_own_counter),
        TEST(a_fork_has_its_own_counters),
        TEST(every_response_reports_the_rate_limit),
        TEST(an_exhausted_rate_limit_is_full_again_after_its_window),
        TEST(each_rate_class_has_its_own_rate_limit),
        TEST(writes_also_have_a_daily_rate_limit),
        TEST(tiers_are_as_documented),
        TEST(an_internal_key_is_never_limited),
        TEST(a_call_refused_for_its_scope_is_counted),
        TEST(a_key_without_scopes_is_refused_everywhere),
        TEST(a_simulation_sets_what_is_left_of_a_rate_limit),
        TEST(a_simulation_with_an_unknown_key_or_class_is_refused),
        TEST(a_reset_and_a_new_namespace_have_full_rate_limits),
        TEST(a_429_of_a_rule_has_retry_after),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
