/* Tests of what follows a successful connect, read through the admin API, with
 * fixtures/layers-acme.yaml. */
#include "mockserver/tests/layers_test.h"

#include <string.h>

#define URL_FOR(project) "POST /v1/projects/" project "/social/oauth-url"
#define BODY(platform)   "{\"platform\":\"" platform "\",\"returnUrl\":\"https://app.your-product.com/done\"}"

static struct mock_response consent(struct mock *m, const char *url, const char *body)
{
    struct mock_response a = mock_call(m, url, body, AS_FULL);
    assert_int_equal(a.status, 200);
    return mock_call(m, "POST /__admin/simulate/consent",
                     arena_printf(a.arena, "{\"state\":\"%s\",\"outcome\":\"approve\"}", at(a, "/state")));
}

/* Counts the records of a kind with that account and that name; NULL: any. */
static size_t count_records(struct mock *m, const char *kind, const char *account, const char *name)
{
    struct arena a = {0};
    struct mock_response all = mock_call(m, arena_printf(&a, "GET /__admin/state/%s", kind), NULL);
    const struct node *items = node_get(all.body, "items");
    size_t found = 0;
    for (size_t i = 0; i < node_count(items); i++) {
        const char *whose = node_get_text(items->list.items[i], "account");
        const char *what = node_get_text(items->list.items[i], "name");
        found += (!account || (whose && !strcmp(whose, account))) && (!name || !strcmp(what, name));
    }
    arena_end(&a);
    return found;
}

static void a_consent_creates_four_layers_and_a_tick_named_after_the_platform(void **state)
{
    static const struct {
        const char *body, *event;
    } rows[] = {
        {BODY("tiktok"),    "tiktok.connected"   },
        {BODY("instagram"), "instagram.connected"},
    };
    for (size_t i = 0; i < 2; i++) {
        struct mock_response done = consent(*state, URL_FOR("prj_acme_a"), rows[i].body);
        const char *account = at(done, "/account");
        assert_int_equal(count_records(*state, "layers", account, NULL), 4);
        assert_int_equal(count_records(*state, "layers", account, "Account Health Monitor"), 1);
        assert_int_equal(count_records(*state, "layers", account, "Social Distribution"), 1);
        assert_int_equal(count_records(*state, "layers", account, "Social Engagement"), 1);
        assert_int_equal(count_records(*state, "layers", account, "Account Warmup"), 1);
        assert_int_equal(count_records(*state, "onboarding", account, rows[i].event), 1);
    }
}

static void a_project_gets_its_content_layer_with_its_first_account(void **state)
{
    size_t before = count_records(*state, "layers", NULL, "Social Content");
    consent(*state, URL_FOR("prj_acme_empty"), BODY("tiktok"));
    assert_int_equal(count_records(*state, "layers", NULL, "Social Content"), before + 1);
    consent(*state, URL_FOR("prj_acme_empty"), BODY("instagram"));
    assert_int_equal(count_records(*state, "layers", NULL, "Social Content"), before + 1);
}

static void fixture_accounts_have_layers_and_a_tick_unless_they_are_leased(void **state)
{
    assert_int_equal(count_records(*state, "layers", "sa_acme_tiktok", NULL), 4);
    assert_int_equal(count_records(*state, "onboarding", "sa_acme_tiktok", NULL), 1);
    assert_int_equal(count_records(*state, "layers", "sa_acme_leased", NULL), 0);
}

static void a_reconnection_creates_no_layers_and_no_tick(void **state)
{
    consent(*state, "POST /v1/projects/prj_acme_a/social/reauth-url",
            "{\"socialAccountId\":\"sa_acme_expired\","
            "\"returnUrl\":\"https://app.your-product.com/done\"}");
    assert_int_equal(count_records(*state, "layers", "sa_acme_expired", NULL), 4);
    assert_int_equal(count_records(*state, "onboarding", "sa_acme_expired", NULL), 1);
}

static void a_simulated_failure_of_a_step_is_logged_and_the_flow_completes(void **state)
{
    struct mock_response simulation =
        mock_call(*state, "POST /__admin/simulate/side_effect", "{\"step\":\"account_layers\",\"outcome\":\"fail\"}");
    assert_int_equal(simulation.status, 200);
    struct mock_response done = consent(*state, URL_FOR("prj_acme_a"), BODY("tiktok"));
    assert_string_equal(at(done, "/status"), "completed");
    assert_non_null(strstr(at(done, "/changes"), "layer_create_fail"));
    assert_int_equal(count_records(*state, "layers", at(done, "/account"), NULL), 0);
    assert_int_equal(count_records(*state, "onboarding", at(done, "/account"), NULL), 1);

    done = consent(*state, URL_FOR("prj_acme_b"), BODY("tiktok"));
    assert_int_equal(count_records(*state, "layers", at(done, "/account"), NULL), 4);
}

static void an_avatar_that_cannot_be_copied_keeps_the_platforms_url(void **state)
{
    mock_call(*state, "POST /__admin/simulate/side_effect", "{\"step\":\"avatar\",\"outcome\":\"fail\"}");
    consent(*state, URL_FOR("prj_acme_empty"), BODY("instagram"));
    struct mock_response list = mock_call(*state, "GET /v1/projects/prj_acme_empty/social-accounts", NULL, AS_FULL);
    assert_true(str_starts(str_from(at(list, "/items/0/avatarUrl")), STR("https://scontent.cdninstagram.com/")));
}

static void an_unknown_step_is_refused(void **state)
{
    struct mock_response a =
        mock_call(*state, "POST /__admin/simulate/side_effect", "{\"step\":\"layrs\",\"outcome\":\"fail\"}");
    assert_int_equal(a.status, 422);
    assert_string_equal(at(a, "/errors/0/pointer"), "/step");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAYERS_TEST(a_consent_creates_four_layers_and_a_tick_named_after_the_platform),
        LAYERS_TEST(a_project_gets_its_content_layer_with_its_first_account),
        LAYERS_TEST(fixture_accounts_have_layers_and_a_tick_unless_they_are_leased),
        LAYERS_TEST(a_reconnection_creates_no_layers_and_no_tick),
        LAYERS_TEST(a_simulated_failure_of_a_step_is_logged_and_the_flow_completes),
        LAYERS_TEST(an_avatar_that_cannot_be_copied_keeps_the_platforms_url),
        LAYERS_TEST(an_unknown_step_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
