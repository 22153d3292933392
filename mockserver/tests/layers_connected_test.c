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

static struct mock_response schedule_for(struct mock *m, const char *account)
{
    struct arena a = {0};
    const char *body = arena_printf(&a,
                                    "{\"scheduledFor\":\"2026-05-10T17:00:00Z\",\"targets\":"
                                    "[{\"socialAccountId\":\"%s\",\"mode\":\"publish\"}]}",
                                    account);
    struct mock_response post = mock_call(m, "POST /v1/content/cnt_open/schedule", body, AS_FULL);
    arena_end(&a);
    assert_int_equal(post.status, 202);
    return post;
}

/* The reason stands in the API, in the state, in the changes of the clock and in the explanation of the next call. */
static void without_its_layers_an_account_does_not_publish_and_says_why(void **state)
{
    struct mock *m = *state;
    mock_call(m, "POST /__admin/simulate/side_effect", "{\"step\":\"account_layers\",\"outcome\":\"fail\"}");
    struct mock_response done = consent(m, URL_FOR("prj_acme_a"), BODY("tiktok"));
    struct mock_response post = schedule_for(m, at(done, "/account"));
    const char *id = at(post, "/scheduledPosts/0/scheduledPostId");
    const char *line = arena_printf(post.arena, "GET /v1/scheduled-posts/%s", id);
    assert_string_equal(at(mock_call(m, line, NULL, AS_FULL), "/status"), "queued");
    struct mock_response due = mock_call(m, "POST /__admin/clock/advance", "{\"to\":\"2026-05-10T17:00:00Z\"}");
    assert_non_null(strstr(at(due, "/changes"), "\"reason\":\"account_unprepared\""));
    struct mock_response read = mock_call(m, line, NULL, AS_FULL);
    assert_string_equal(at(read, "/status"), "failed");
    assert_string_equal(at(read, "/lastError/code"), "INTERNAL");
    assert_string_equal(at(read, "/lastError/message"), "The account has no distribution layers.");
    assert_string_equal(at(read, "/externalUrl"), "null");
    line = arena_printf(post.arena, "GET /__admin/state/destinations/%s", id);
    assert_string_equal(at(mock_call(m, line, NULL), "/failure"), "account_unprepared");
}

/* The other steps have other purposes. */
static void without_the_other_steps_an_account_publishes(void **state)
{
    static const char *const others[] = {"avatar", "content_layer", "onboarding"};
    struct mock *m = *state;
    struct arena a = {0};
    for (size_t i = 0; i < COUNT(others); i++)
        mock_call(m, "POST /__admin/simulate/side_effect",
                  arena_printf(&a, "{\"step\":\"%s\",\"outcome\":\"fail\"}", others[i]));
    struct mock_response done = consent(m, URL_FOR("prj_acme_a"), BODY("tiktok"));
    struct mock_response post = schedule_for(m, at(done, "/account"));
    mock_call(m, "POST /__admin/clock/advance", "{\"to\":\"2026-05-10T17:00:00Z\"}");
    const char *line = arena_printf(&a, "GET /v1/scheduled-posts/%s", at(post, "/scheduledPosts/0/scheduledPostId"));
    assert_string_equal(at(mock_call(m, line, NULL, AS_FULL), "/status"), "published");
    arena_end(&a);
}

static void the_explanation_of_the_call_that_scheduled_it_gives_the_reason(void **state)
{
    struct mock *m = *state;
    struct arena a = {0};
    mock_call(m, "POST /__admin/simulate/side_effect", "{\"step\":\"account_layers\",\"outcome\":\"fail\"}");
    struct mock_response done = consent(m, URL_FOR("prj_acme_a"), BODY("tiktok"));
    const char *body =
        arena_printf(&a, "{\"targets\":[{\"socialAccountId\":\"%s\",\"mode\":\"publish\"}]}", at(done, "/account"));
    assert_int_equal(mock_call(m, "POST /v1/content/cnt_open/publish", body, AS_FULL).status, 202);
    struct mock_response calls = mock_call(m, "GET /__admin/requests?operation=publish_content", NULL);
    struct mock_response why =
        mock_call(m, arena_printf(&a, "GET /__admin/explain/%s", at(calls, "/items/0/seq")), NULL);
    assert_string_equal(at(why, "/events/0/what"), "post_due");
    assert_string_equal(at(why, "/events/0/done"), "true");
    assert_string_equal(at(why, "/events/0/reason"), "account_unprepared");
    arena_end(&a);
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
    assert_string_equal(at(a, "/pointer"), "/step");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAYERS_TEST(a_consent_creates_four_layers_and_a_tick_named_after_the_platform),
        LAYERS_TEST(a_project_gets_its_content_layer_with_its_first_account),
        LAYERS_TEST(fixture_accounts_have_layers_and_a_tick_unless_they_are_leased),
        LAYERS_TEST(a_reconnection_creates_no_layers_and_no_tick),
        LAYERS_TEST(a_simulated_failure_of_a_step_is_logged_and_the_flow_completes),
        LAYERS_TEST(without_its_layers_an_account_does_not_publish_and_says_why),
        LAYERS_TEST(without_the_other_steps_an_account_publishes),
        LAYERS_TEST(the_explanation_of_the_call_that_scheduled_it_gives_the_reason),
        LAYERS_TEST(an_avatar_that_cannot_be_copied_keeps_the_platforms_url),
        LAYERS_TEST(an_unknown_step_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
