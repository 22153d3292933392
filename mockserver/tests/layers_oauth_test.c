/* Tests of consent: URLs, status and redirects, with fixtures/layers-acme.yaml. */
#include "base/array.h"
#include "mockserver/tests/layers_test.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "base/units.h"
#include "mockserver/provider_api/call.h"
#include "mockserver/providers/layers/layers.h"
#include "mockserver/state/oauth_attempt.h"
#include "mockserver/state/post.h"
#include "mockserver/state/world.h"

#define OAUTH  "POST /v1/projects/prj_acme_a/social/oauth-url"
#define REAUTH "POST /v1/projects/prj_acme_a/social/reauth-url"
#define LIST   "GET /v1/projects/prj_acme_a/social-accounts"
#define RETURN "\"returnUrl\":\"https://app.your-product.com/done\""
#define TIKTOK ("{\"platform\":\"tiktok\"," RETURN "}")

static struct mock_response status_of(struct mock *m, struct mock_response url, const char *as)
{
    char line[128];
    snprintf(line, sizeof line, "GET /v1/social/oauth-status/%s", at(url, "/state"));
    return mock_call(m, line, NULL, as);
}

static uint32_t oauth_attempt_of(struct mock *m, struct mock_response url)
{
    return oauth_attempt_find(mock_test_world(m), str_from(at(url, "/state")));
}

/* Completes the attempt as the end-customer does. */
static void consent(struct mock *m, struct mock_response url, const char *handle)
{
    struct world *w = mock_test_world(m);
    uint32_t attempt = oauth_attempt_of(m, url);
    struct connection user = {.account = {.handle = handle}};
    layers_consented(w, oauth_attempt_read(w, attempt)->platform, &user);
    oauth_attempt_complete(w, attempt, &user);
}

static const char *redirect_of(struct mock *m, struct mock_response url)
{
    struct call c = {.arena = url.arena, .world = mock_test_world(m), .provider = &layers_provider};
    return layers_consent_redirect(&c, oauth_attempt_of(m, url));
}

static void advance(struct mock *m, int64_t ms)
{
    struct world *w = mock_test_world(m);
    clock_move_to(&w->clock, world_now(w) + ms);
}

static void a_url_leads_to_the_platform_and_its_state_expires_after_ten_minutes(void **state)
{
    static const struct {
        const char *platform, *begins;
    } rows[] = {
        {"tiktok",    "https://www.tiktok.com/v2/auth/authorize/?client_key="},
        {"instagram", "https://www.instagram.com/oauth/authorize?client_key="},
    };
    for (size_t i = 0; i < 2; i++) {
        char body[256];
        snprintf(body, sizeof body, ("{\"platform\":\"%s\"," RETURN "}"), rows[i].platform);
        struct mock_response a = mock_call(*state, OAUTH, body, AS_FULL);
        assert_int_equal(a.status, 200);
        assert_int_equal(node_count(a.body), 3);
        assert_true(str_starts(str_from(at(a, "/authorizeUrl")), str_from(rows[i].begins)));
        assert_true(str_ends(str_from(at(a, "/authorizeUrl")), str_from(at(a, "/state"))));
        assert_true(str_has(str_from(at(a, "/authorizeUrl")), STR("&response_type=code&")));
        assert_true(str_starts(str_from(at(a, "/state")), STR("st_")));
        assert_int_equal(strlen(at(a, "/state")), 3 + 38);
        assert_string_equal(at(a, "/expiresAt"), "2026-05-02T09:10:00Z");
    }
}

static void the_requested_scopes_are_in_the_url(void **state)
{
    struct mock_response a =
        mock_call(*state, OAUTH, ("{\"platform\":\"tiktok\",\"scopes\":[\"a.b\",\"c\"]," RETURN "}"), AS_FULL);
    assert_true(str_has(str_from(at(a, "/authorizeUrl")), STR("scope=a.b%2Cc&")));
}

static void local_consent_leads_to_a_page_of_the_mock(void **state)
{
    mock_test_world(*state)->local_consent = true;
    struct mock_response a = mock_call(*state, "POST /layers/v1/projects/prj_acme_a/social/oauth-url", TIKTOK, AS_FULL);
    char url[256];
    snprintf(url, sizeof url, "/__consent/layers/%s", at(a, "/state"));
    assert_true(str_starts(str_from(at(a, "/authorizeUrl")), STR("http://mock.test/")));
    assert_true(str_ends(str_from(at(a, "/authorizeUrl")), str_from(url)));
    assert_false(str_has(str_from(at(a, "/authorizeUrl")), STR("/layers/__consent")));
}

static void an_invalid_body_is_a_validation_error_with_its_path(void **state)
{
    static const struct {
        const char *line, *body, *path;
    } rows[] = {
        {OAUTH,  ("{\"platform\":\"linkedin\"," RETURN "}"),                               "platform"       },
        {OAUTH,  ("{\"platform\":\"youtube\"," RETURN "}"),                                "platform"       },
        {OAUTH,  ("{\"platform\":\"TikTok\"," RETURN "}"),                                 "platform"       },
        {OAUTH,  ("{\"platform\":\"\"," RETURN "}"),                                       "platform"       },
        {OAUTH,  ("{\"platform\":null," RETURN "}"),                                       "platform"       },
        {OAUTH,  ("{\"platform\":[\"tiktok\"]," RETURN "}"),                               "platform"       },
        {OAUTH,  ("{" RETURN "}"),                                                         "platform"       },
        {OAUTH,  "{\"platform\":\"tiktok\"}",                                              "returnUrl"      },
        {OAUTH,  "{\"platform\":\"tiktok\",\"returnUrl\":7}",                              "returnUrl"      },
        {OAUTH,  "{\"platform\":\"tiktok\",\"returnUrl\":\"\"}",                           "returnUrl"      },
        {OAUTH,  "{\"platform\":\"tiktok\",\"returnUrl\":\"/done\"}",                      "returnUrl"      },
        {OAUTH,  "{\"platform\":\"tiktok\",\"returnUrl\":\"ftp://app.your-product.com\"}", "returnUrl"      },
        {OAUTH,  ("{\"platform\":\"tiktok\",\"redirectUrl\":1," RETURN "}"),               "redirectUrl"    },
        {OAUTH,  ("{\"platform\":\"tiktok\",\"usageNote\":1," RETURN "}"),                 "usageNote"      },
        {OAUTH,  ("{\"platform\":\"tiktok\",\"scopes\":\"a\"," RETURN "}"),                "scopes"         },
        {OAUTH,  ("{\"platform\":\"tiktok\",\"scopes\":[\"a\",2]," RETURN "}"),            "scopes[1]"      },
        {OAUTH,  ("{\"platform\":\"tiktok\",\"scopes\":[\"a\",\"\"]," RETURN "}"),         "scopes[1]"      },
        {REAUTH, ("{" RETURN "}"),                                                         "socialAccountId"},
        {REAUTH, "{\"socialAccountId\":7}",                                                "socialAccountId"},
        {REAUTH, "{\"socialAccountId\":\"sa_acme_expired\",\"platform\":\"tiktok\"}",      "platform"       },
        {REAUTH, "{\"socialAccountId\":\"sa_acme_expired\",\"returnUrl\":\"x\"}",          "returnUrl"      },
        {OAUTH,  "[]",                                                                     ""               },
        {OAUTH,  "\"tiktok\"",                                                             ""               },
        {OAUTH,  NULL,                                                                     ""               },
        {OAUTH,  "  ",                                                                     ""               },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = mock_call(*state, rows[i].line, rows[i].body, AS_FULL);
        assert_refused(a, 422, "VALIDATION");
        assert_string_equal(at(a, "/error/details/issues/0/path"), rows[i].path);
    }
    assert_refused(mock_call(*state, OAUTH, "{\"platform\":", AS_FULL), 422, "VALIDATION");
}

static void all_problems_of_a_body_are_reported_at_once(void **state)
{
    struct mock_response a = mock_call(*state, OAUTH, "{\"platform\":\"x\",\"usageNote\":1,\"more\":2}", AS_FULL);
    assert_refused(a, 422, "VALIDATION");
    assert_int_equal(node_count(node_pointer(a.body, "/error/details/issues")), 4);
}

static void the_number_and_length_of_scopes_are_limited(void **state)
{
    char many[512] = "{\"platform\":\"tiktok\"," RETURN ",\"scopes\":[\"s\"";
    for (int i = 1; i < 32; i++)
        strcat(many, ",\"s\"");
    char more[640];
    snprintf(more, sizeof more, "%s,\"s\"]}", many);
    assert_int_equal(mock_call(*state, OAUTH, strcat(many, "]}"), AS_FULL).status, 200);
    assert_refused(mock_call(*state, OAUTH, more, AS_FULL), 422, "VALIDATION");

    char scope[66], body[256];
    memset(scope, 's', 65);
    scope[65] = '\0';
    for (int length = 64; length <= 65; length++) {
        snprintf(body, sizeof body, ("{\"platform\":\"tiktok\"," RETURN ",\"scopes\":[\"%.*s\"]}"), length, scope);
        assert_int_equal(mock_call(*state, OAUTH, body, AS_FULL).status, length == 64 ? 200 : 422);
    }
}

static void the_host_of_a_return_url_must_be_in_the_keys_list(void **state)
{
    static const struct {
        const char *url, *as;
        int status;
    } rows[] = {
        {"https://app.your-product.com/x?y=z",         AS_FULL,   200},
        {"https://APP.your-product.com/",              AS_FULL,   200},
        {"http://localhost:3000/back",                 AS_FULL,   200},
        {"https://evil.example/",                      AS_FULL,   403},
        {"https://app.your-product.com.evil.example/", AS_FULL,   403},
        {"https://x.app.your-product.com/",            AS_FULL,   403},
        {"https://app.your-product.com:8443/",         AS_FULL,   403},
        {"http://app.your-product.com/",               AS_FULL,   403},
        {"https://other.your-product.com/",            AS_FULL,   403},
        {"https://other.your-product.com/",            AS_SECOND, 200},
        {"https://app.your-product.com/",              AS_SECOND, 403},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char body[256];
        snprintf(body, sizeof body, "{\"platform\":\"tiktok\",\"returnUrl\":\"%s\"}", rows[i].url);
        struct mock_response a = mock_call(*state, OAUTH, body, rows[i].as);
        if (rows[i].status == 200)
            assert_int_equal(a.status, 200);
        else
            assert_refused(a, 403, "RETURN_URL_NOT_ALLOWED");
        snprintf(body, sizeof body, "{\"socialAccountId\":\"sa_acme_expired\",\"returnUrl\":\"%s\"}", rows[i].url);
        assert_int_equal(mock_call(*state, REAUTH, body, rows[i].as).status, rows[i].status);
    }
}

static void the_usage_note_is_stored(void **state)
{
    struct mock_response url =
        mock_call(*state, OAUTH, ("{\"platform\":\"tiktok\",\"usageNote\":\"why\"," RETURN "}"), AS_FULL);
    const struct oauth_attempt *a = oauth_attempt_read(mock_test_world(*state), oauth_attempt_of(*state, url));
    assert_string_equal(a->note, "why");
}

static void a_refused_request_creates_no_attempt(void **state)
{
    uint32_t before = world_count(mock_test_world(*state), RECORD_OAUTH_ATTEMPT);
    mock_call(*state, OAUTH, ("{\"platform\":\"linkedin\"," RETURN "}"), AS_FULL);
    mock_call(*state, OAUTH, "{\"platform\":\"tiktok\",\"returnUrl\":\"https://e.example\"}", AS_FULL);
    mock_call(*state, OAUTH, TIKTOK, AS_READER);
    assert_int_equal(world_count(mock_test_world(*state), RECORD_OAUTH_ATTEMPT), before);
}

static void another_organizations_project_or_account_cannot_be_connected(void **state)
{
    assert_refused(mock_call(*state, OAUTH, TIKTOK), 401, "UNAUTHENTICATED");
    assert_refused(mock_call(*state, OAUTH, TIKTOK, AS_READER), 403, "FORBIDDEN_SCOPE");
    assert_refused(mock_call(*state, OAUTH, TIKTOK, AS_OTHER), 404, "NOT_FOUND");
    assert_refused(mock_call(*state, "POST /v1/projects/prj_unknown/social/oauth-url", TIKTOK, AS_FULL), 404,
                   "NOT_FOUND");
    static const char *const accounts[] = {"sa_unknown", "sa_other_tiktok", "sa_acme_b_tiktok", "sa_acme_revoked"};
    for (size_t i = 0; i < COUNT(accounts); i++) {
        char body[128];
        snprintf(body, sizeof body, "{\"socialAccountId\":\"%s\"}", accounts[i]);
        assert_refused(mock_call(*state, REAUTH, body, AS_FULL), 404, "NOT_FOUND");
    }
}

static void consent_connects_a_new_account(void **state)
{
    struct mock_response url = mock_call(*state, OAUTH, TIKTOK, AS_FULL);
    struct mock_response pending = status_of(*state, url, AS_FULL);
    assert_int_equal(pending.status, 200);
    assert_string_equal(at(pending, "/status"), "pending");
    assert_string_equal(at(pending, "/state"), at(url, "/state"));
    assert_string_equal(at(pending, "/expiresAt"), at(url, "/expiresAt"));
    assert_null(at(pending, "/socialAccountId"));

    consent(*state, url, "fresh.roast");
    struct mock_response done = status_of(*state, url, AS_FULL);
    assert_string_equal(at(done, "/status"), "completed");
    struct mock_response list = mock_call(*state, LIST, NULL, AS_FULL);
    assert_string_equal(at(list, "/items/0/socialAccountId"), at(done, "/socialAccountId"));
    assert_string_equal(at(list, "/items/0/handle"), "fresh.roast");
    assert_string_equal(at(list, "/items/0/status"), "connected");
    assert_string_equal(at(list, "/items/0/leased"), "false");
    assert_string_equal(at(list, "/items/0/connectedAt"), "2026-05-02T09:00:00Z");
    assert_string_equal(at(list, "/items/0/tokenExpiresAt"), "2026-06-01T09:00:00Z");
    assert_string_equal(at(list, "/items/0/avatarUrl"), "https://media.meetsift.com/tiktok/fresh.roast/avatar.jpg");
    assert_string_equal(redirect_of(*state, url), "https://app.your-product.com/done");
}

static void an_avatar_url_is_valid_for_any_handle(void **state)
{
    struct mock_response url = mock_call(*state, OAUTH, TIKTOK, AS_FULL);
    consent(*state, url, "a?b#c/\"><\xc3\xbc");
    struct mock_response list = mock_call(*state, LIST, NULL, AS_FULL);
    assert_string_equal(at(list, "/items/0/handle"), "a?b#c/\"><\xc3\xbc");
    assert_string_equal(at(list, "/items/0/avatarUrl"),
                        "https://media.meetsift.com/tiktok/a%3Fb%23c%2F%22%3E%3C%C3%BC/avatar.jpg");
}

static void denied_consent_is_in_the_status_and_in_the_redirect(void **state)
{
    struct mock_response url = mock_call(
        *state, OAUTH, "{\"platform\":\"tiktok\",\"returnUrl\":\"https://app.your-product.com/d?a=1\"}", AS_FULL);
    oauth_attempt_fail(mock_test_world(*state), oauth_attempt_of(*state, url), "access_denied");
    struct mock_response a = status_of(*state, url, AS_FULL);
    assert_string_equal(at(a, "/status"), "failed");
    assert_string_equal(at(a, "/error/code"), "access_denied");
    assert_non_null(at(a, "/error/message"));
    assert_null(at(a, "/socialAccountId"));
    assert_string_equal(redirect_of(*state, url),
                        "https://app.your-product.com/d?a=1&layers_oauth_error=access_denied");
}

static void an_attempt_expires_after_ten_minutes(void **state)
{
    struct mock_response url = mock_call(*state, OAUTH, TIKTOK, AS_FULL);
    advance(*state, 10 * MINUTE_MS - 1);
    assert_string_equal(at(status_of(*state, url, AS_FULL), "/status"), "pending");
    advance(*state, 1);
    struct mock_response a = status_of(*state, url, AS_FULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/status"), "expired");
    assert_null(at(a, "/socialAccountId"));
}

static void an_attempt_is_visible_only_to_its_key(void **state)
{
    struct mock_response url = mock_call(*state, OAUTH, TIKTOK, AS_FULL);
    assert_refused(status_of(*state, url, AS_SECOND), 404, "NOT_FOUND");
    assert_refused(status_of(*state, url, AS_OTHER), 404, "NOT_FOUND");
    assert_refused(status_of(*state, url, AS_NARROW), 403, "FORBIDDEN_SCOPE");
    assert_refused(mock_call(*state, "GET /v1/social/oauth-status/st_unknown", NULL, AS_FULL), 404, "NOT_FOUND");
    assert_int_equal(status_of(*state, url, AS_FULL).status, 200);
}

static void every_url_has_a_new_state(void **state)
{
    struct mock_response first = mock_call(*state, OAUTH, TIKTOK, AS_FULL, "Idempotency-Key: 1");
    struct mock_response second = mock_call(*state, OAUTH, TIKTOK, AS_FULL, "Idempotency-Key: 1");
    assert_string_not_equal(at(first, "/state"), at(second, "/state"));
    consent(*state, second, "later");
    assert_string_equal(at(status_of(*state, first, AS_FULL), "/status"), "pending");
}

static void reconnecting_keeps_the_id_and_the_handle(void **state)
{
    struct mock_response url =
        mock_call(*state, REAUTH, "{\"socialAccountId\":\"sa_acme_expired\",\"scopes\":[\"video.publish\"]}", AS_FULL);
    assert_int_equal(url.status, 200);
    assert_string_equal(at(status_of(*state, url, AS_FULL), "/status"), "pending");
    consent(*state, url, "other.handle");
    struct mock_response done = status_of(*state, url, AS_FULL);
    assert_string_equal(at(done, "/status"), "completed");
    assert_string_equal(at(done, "/socialAccountId"), "sa_acme_expired");
    struct mock_response list = mock_call(*state, (LIST "?platform=tiktok&limit=4"), NULL, AS_FULL);
    assert_string_equal(at(list, "/items/3/socialAccountId"), "sa_acme_expired");
    assert_string_equal(at(list, "/items/3/handle"), "acmecoffee.eu");
    assert_string_equal(at(list, "/items/3/status"), "connected");
    assert_string_equal(at(list, "/items/3/connectedAt"), "2026-03-23T09:00:00Z");
    assert_string_equal(at(list, "/items/3/tokenExpiresAt"), "2026-06-01T09:00:00Z");
    assert_null(redirect_of(*state, url));
}

static void a_connected_account_can_also_be_reconnected(void **state)
{
    struct mock_response url =
        mock_call(*state, REAUTH, ("{\"socialAccountId\":\"sa_acme_instagram\"," RETURN "}"), AS_FULL);
    assert_int_equal(url.status, 200);
    assert_true(str_starts(str_from(at(url, "/authorizeUrl")), STR("https://www.instagram.com/")));
}

static void a_revoked_account_gets_a_new_id_when_connected_again(void **state)
{
    mock_call(*state, "DELETE /v1/social-accounts/sa_acme_tiktok", NULL, AS_FULL);
    struct mock_response url = mock_call(*state, OAUTH, TIKTOK, AS_FULL);
    consent(*state, url, "acmecoffee");
    struct mock_response list = mock_call(*state, (LIST "?limit=1"), NULL, AS_FULL);
    assert_string_equal(at(list, "/items/0/handle"), "acmecoffee");
    assert_string_not_equal(at(list, "/items/0/socialAccountId"), "sa_acme_tiktok");
    assert_refused(mock_call(*state, REAUTH, "{\"socialAccountId\":\"sa_acme_tiktok\"}", AS_FULL), 404, "NOT_FOUND");
}

/* Counts the listed accounts of a user. */
static size_t count_handle(struct mock *m, const char *handle)
{
    struct mock_response list = mock_call(m, (LIST "?limit=200"), NULL, AS_FULL);
    const struct node *items = node_get(list.body, "items");
    size_t found = 0;
    for (size_t i = 0; i < node_count(items); i++)
        found += !strcmp(node_get_text(node_at(items, i), "handle"), handle);
    return found;
}

static struct mock_response connect_again(struct mock *m, const char *handle)
{
    struct mock_response url = mock_call(m, OAUTH, TIKTOK, AS_FULL);
    consent(m, url, handle);
    struct mock_response done = status_of(m, url, AS_FULL);
    assert_string_equal(at(done, "/status"), "completed");
    return done;
}

static void a_user_who_is_connected_keeps_the_id_and_gets_a_new_token(void **state)
{
    static const struct {
        const char *id, *handle, *connected_at;
    } rows[] = {
        {"sa_acme_tiktok",  "acmecoffee",    "2026-04-18T09:00:00Z"},
        {"sa_acme_expired", "acmecoffee.eu", "2026-03-23T09:00:00Z"}, /* reauth_required */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_string_equal(at(connect_again(*state, rows[i].handle), "/socialAccountId"), rows[i].id);
        assert_int_equal(count_handle(*state, rows[i].handle), 1);
        struct world *w = mock_test_world(*state);
        const struct account *a = account_read(w, account_find(w, LAYERS, str_from(rows[i].id)));
        char text[TIME_TEXT_MAX];
        assert_int_equal(a->token, TOKEN_LIVE);
        assert_int_equal(a->token_generation, 2);
        assert_int_equal(a->token_expires_at_ms, world_now(w) + 30 * DAY_MS);
        assert_string_equal(time_seconds(a->connected_at_ms, text), rows[i].connected_at);
        struct mock_response log = mock_call(*state, "GET /v1/audit-log?limit=1", NULL, AS_FULL);
        assert_string_equal(at(log, "/items/0/eventType"), "social_account.reconnected");
        assert_string_equal(at(log, "/items/0/resourceId"), rows[i].id);
    }
}

static void two_pending_attempts_for_one_user_end_in_one_account(void **state)
{
    struct mock_response one = mock_call(*state, OAUTH, TIKTOK, AS_FULL);
    struct mock_response other = mock_call(*state, OAUTH, TIKTOK, AS_FULL);
    consent(*state, other, "fresh.roast");
    consent(*state, one, "fresh.roast");
    const char *id = at(status_of(*state, one, AS_FULL), "/socialAccountId");
    assert_string_equal(at(status_of(*state, other, AS_FULL), "/socialAccountId"), id);
    assert_int_equal(count_handle(*state, "fresh.roast"), 1);
}

static void the_posts_of_a_user_who_connects_again_stay_queued_and_are_published(void **state)
{
    connect_again(*state, "acmecoffee.eu");
    struct world *w = mock_test_world(*state);
    uint32_t post = destination_find(w, LAYERS, STR("sp_queued_expired"));
    assert_int_equal(destination_read(w, post)->state, DESTINATION_QUEUED);
    events_advance(w, world_now(w) + 2 * DAY_MS);
    assert_int_equal(destination_read(w, post)->state, DESTINATION_PUBLISHED);
}

static void the_same_user_on_another_platform_or_in_another_project_is_another_account(void **state)
{
    struct mock_response url = mock_call(
        *state, OAUTH, "{\"platform\":\"instagram\",\"returnUrl\":\"https://app.your-product.com/done\"}", AS_FULL);
    consent(*state, url, "acmecoffee");
    assert_string_not_equal(at(status_of(*state, url, AS_FULL), "/socialAccountId"), "sa_acme_tiktok");
    url = mock_call(*state, "POST /v1/projects/prj_acme_empty/social/oauth-url", TIKTOK, AS_FULL);
    consent(*state, url, "acmecoffee");
    const char *id = at(status_of(*state, url, AS_FULL), "/socialAccountId");
    assert_string_not_equal(id, "sa_acme_tiktok");
    assert_string_not_equal(id, "sa_acme_b_tiktok");
}

static void a_user_who_was_disconnected_before_gets_a_new_id_once(void **state)
{
    const char *id = at(connect_again(*state, "acmecoffee.old"), "/socialAccountId");
    assert_string_not_equal(id, "sa_acme_revoked");
    assert_string_equal(at(connect_again(*state, "acmecoffee.old"), "/socialAccountId"), id);
    assert_int_equal(count_handle(*state, "acmecoffee.old"), 1);
}

static void an_attempt_with_a_test_key_completes_immediately(void **state)
{
    struct mock_response url = mock_call(*state, OAUTH, TIKTOK, AS_TEST);
    struct mock_response done = status_of(*state, url, AS_TEST);
    assert_string_equal(at(done, "/status"), "completed");
    struct mock_response list = mock_call(*state, (LIST "?limit=1"), NULL, AS_TEST);
    assert_string_equal(at(list, "/items/0/socialAccountId"), at(done, "/socialAccountId"));

    url = mock_call(*state, REAUTH, "{\"socialAccountId\":\"sa_acme_withdrawn\"}", AS_TEST);
    done = status_of(*state, url, AS_TEST);
    assert_string_equal(at(done, "/socialAccountId"), "sa_acme_withdrawn");
    list = mock_call(*state, (LIST "?status=reauth_required"), NULL, AS_TEST);
    assert_int_equal(node_count(node_get(list.body, "items")), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAYERS_TEST(a_url_leads_to_the_platform_and_its_state_expires_after_ten_minutes),
        LAYERS_TEST(the_requested_scopes_are_in_the_url),
        LAYERS_TEST(local_consent_leads_to_a_page_of_the_mock),
        LAYERS_TEST(an_invalid_body_is_a_validation_error_with_its_path),
        LAYERS_TEST(all_problems_of_a_body_are_reported_at_once),
        LAYERS_TEST(the_number_and_length_of_scopes_are_limited),
        LAYERS_TEST(the_host_of_a_return_url_must_be_in_the_keys_list),
        LAYERS_TEST(the_usage_note_is_stored),
        LAYERS_TEST(a_refused_request_creates_no_attempt),
        LAYERS_TEST(another_organizations_project_or_account_cannot_be_connected),
        LAYERS_TEST(consent_connects_a_new_account),
        LAYERS_TEST(an_avatar_url_is_valid_for_any_handle),
        LAYERS_TEST(denied_consent_is_in_the_status_and_in_the_redirect),
        LAYERS_TEST(an_attempt_expires_after_ten_minutes),
        LAYERS_TEST(an_attempt_is_visible_only_to_its_key),
        LAYERS_TEST(every_url_has_a_new_state),
        LAYERS_TEST(reconnecting_keeps_the_id_and_the_handle),
        LAYERS_TEST(a_connected_account_can_also_be_reconnected),
        LAYERS_TEST(a_revoked_account_gets_a_new_id_when_connected_again),
        LAYERS_TEST(a_user_who_is_connected_keeps_the_id_and_gets_a_new_token),
        LAYERS_TEST(two_pending_attempts_for_one_user_end_in_one_account),
        LAYERS_TEST(the_posts_of_a_user_who_connects_again_stay_queued_and_are_published),
        LAYERS_TEST(the_same_user_on_another_platform_or_in_another_project_is_another_account),
        LAYERS_TEST(a_user_who_was_disconnected_before_gets_a_new_id_once),
        LAYERS_TEST(an_attempt_with_a_test_key_completes_immediately),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
