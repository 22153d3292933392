/* Tests of killed keys, account health and jobs, with fixtures/layers-acme.yaml. */
#include "base/array.h"
#include "mockserver/tests/layers_test.h"

#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "mockserver/state/world.h"

#define LIST "GET /v1/projects/prj_acme_a/social-accounts"

static struct mock_response kill_key(struct mock *m, const char *id, const char *as)
{
    char line[160];
    snprintf(line, sizeof line, "POST /v1/api-keys/%s/kill", id);
    return mock_call(m, line, NULL, as);
}

static struct mock_response get_health(struct mock *m, const char *account, const char *as)
{
    char line[160];
    snprintf(line, sizeof line, "GET /v1/social-accounts/%s/health", account);
    return mock_call(m, line, NULL, as);
}

static const char *key_id(struct mock *m, const char *as)
{
    return at(mock_call(m, "GET /v1/whoami", NULL, as), "/apiKeyId");
}

static void a_killed_key_gets_503_from_every_endpoint(void **state)
{
    static const char *const lines[] = {
        LIST,
        "GET /v1/whoami",
        "GET /v1/audit-log",
        "GET /v1/projects/none/social-accounts",
        "DELETE /v1/social-accounts/sa_acme_tiktok",
        "POST /v1/projects/prj_acme_a/social/oauth-url",
        "POST /v1/content/cnt_open/schedule",
    };
    struct mock *m = *state;
    const char *id = key_id(m, AS_SECOND);
    struct mock_response a = kill_key(m, id, AS_READER);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/apiKey/id"), id);
    assert_string_equal(at(a, "/apiKey/organizationId"), "org_acme");
    assert_string_equal(at(a, "/apiKey/name"), "second");
    assert_string_equal(at(a, "/apiKey/prefix"), "lp_live_01HX9Y6K7EJ4T2");
    assert_string_equal(at(a, "/apiKey/killSwitch"), "true");
    assert_string_equal(at(a, "/apiKey/isActive"), "false");
    assert_string_equal(at(a, "/apiKey/revokedAt"), "2026-05-02T09:00:00Z");
    assert_string_equal(at(a, "/killed"), "true");
    uint32_t changes = changes_last(mock_test_world(m));
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct mock_response refused = mock_call(m, lines[i], NULL, AS_SECOND);
        assert_refused(refused, 503, "KILL_SWITCH");
        assert_string_equal(at(refused, "/error/details/scope"), "key");
    }
    assert_int_equal(changes_last(mock_test_world(m)), changes);
    assert_int_equal(mock_call(m, LIST, NULL, AS_FULL).status, 200);
}

static void killing_a_killed_key_changes_nothing(void **state)
{
    struct mock *m = *state;
    struct world *w = mock_test_world(m);
    const char *id = key_id(m, AS_SECOND);
    struct mock_response first = kill_key(m, id, AS_FULL);
    uint32_t changes = changes_last(w);
    events_advance(w, world_now(w) + DAY_MS);
    uint32_t after = changes_last(w);
    assert_true(after > changes);
    struct mock_response second = kill_key(m, id, AS_FULL);
    assert_int_equal(second.status, 200);
    assert_string_equal(str_dup(first.arena, second.text), str_dup(first.arena, first.text));
    assert_int_equal(changes_last(w), after);
}

static void a_key_can_disable_itself_and_a_simulation_enables_it_again(void **state)
{
    struct mock *m = *state;
    const char *id = key_id(m, AS_FULL);
    assert_int_equal(kill_key(m, id, AS_FULL).status, 200);
    assert_refused(kill_key(m, id, AS_FULL), 503, "KILL_SWITCH");
    assert_int_equal(mock_call(m, "POST /__admin/simulate/plan", "{\"key\":\"full\",\"status\":\"active\"}").status,
                     200);
    assert_int_equal(mock_call(m, LIST, NULL, AS_FULL).status, 200);
}

static void an_unknown_key_and_another_organizations_key_return_404(void **state)
{
    struct mock *m = *state;
    const char *id = key_id(m, AS_OTHER);
    uint32_t changes = changes_last(mock_test_world(m));
    assert_refused(kill_key(m, id, AS_FULL), 404, "NOT_FOUND");
    assert_refused(kill_key(m, "key_none", AS_FULL), 404, "NOT_FOUND");
    assert_refused(kill_key(m, id, NULL), 401, "UNAUTHENTICATED");
    assert_int_equal(changes_last(mock_test_world(m)), changes);
    assert_int_equal(mock_call(m, "GET /v1/whoami", NULL, AS_OTHER).status, 200);
}

static void health_depends_on_the_accounts_age(void **state)
{
    static const struct {
        const char *account, *tier;
        int score_from;
    } rows[] = {
        {"sa_acme_b_tiktok",   "new",        15},
        {"sa_acme_disposable", "cold",       30},
        {"sa_acme_tiktok",     "warming_up", 45},
        {"sa_acme_expired",    "warm",       65},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = get_health(*state, rows[i].account, AS_READER);
        struct mock_response again = get_health(*state, rows[i].account, AS_READER);
        int64_t score;
        assert_int_equal(a.status, 200);
        assert_string_equal(at(a, "/socialAccountId"), rows[i].account);
        assert_string_equal(at(a, "/tier"), rows[i].tier);
        assert_string_equal(at(a, "/isShadowbanned"), "false");
        assert_string_equal(at(a, "/shadowbanSeverity"), "null");
        assert_true(strlen(at(a, "/recommendation")) > 0);
        assert_true(str_to_int(str_from(at(a, "/score")), &score));
        assert_in_range(score, rows[i].score_from, rows[i].score_from + 14);
        assert_string_equal(at(a, "/score"), at(again, "/score"));
    }
}

static void an_account_that_the_platform_flagged_is_shadowbanned(void **state)
{
    struct world *w = mock_test_world(*state);
    account_flag(w, account_find(w, 1, STR("sa_acme_tiktok")));
    struct mock_response a = get_health(*state, "sa_acme_tiktok", AS_FULL);
    assert_string_equal(at(a, "/tier"), "shadowbanned");
    assert_string_equal(at(a, "/isShadowbanned"), "true");
}

static void health_of_an_account_that_is_not_listed_returns_404(void **state)
{
    static const char *const ids[] = {"sa_acme_revoked", "sa_other_tiktok", "none"};
    for (size_t i = 0; i < COUNT(ids); i++)
        assert_refused(get_health(*state, ids[i], AS_FULL), 404, "NOT_FOUND");
    assert_refused(get_health(*state, "sa_acme_tiktok", AS_NARROW), 403, "FORBIDDEN_SCOPE");
}

static void every_job_id_returns_404(void **state)
{
    assert_refused(mock_call(*state, "GET /v1/jobs/job_1", NULL, AS_FULL), 404, "NOT_FOUND");
    assert_refused(mock_call(*state, "POST /v1/jobs/job_1/cancel", NULL, AS_FULL), 404, "NOT_FOUND");
    assert_refused(mock_call(*state, "GET /v1/jobs/job_1", NULL, AS_READER), 403, "FORBIDDEN_SCOPE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAYERS_TEST(a_killed_key_gets_503_from_every_endpoint),
        LAYERS_TEST(killing_a_killed_key_changes_nothing),
        LAYERS_TEST(a_key_can_disable_itself_and_a_simulation_enables_it_again),
        LAYERS_TEST(an_unknown_key_and_another_organizations_key_return_404),
        LAYERS_TEST(health_depends_on_the_accounts_age),
        LAYERS_TEST(an_account_that_the_platform_flagged_is_shadowbanned),
        LAYERS_TEST(health_of_an_account_that_is_not_listed_returns_404),
        LAYERS_TEST(every_job_id_returns_404),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
