/* Tests of the documentation's samples, with the shipped fixtures: the mock accepts the sample
 * requests, and its responses have the same values as the sample responses. */
#include "base/array.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/layers_test.h"

#include "base/json.h"
#include "base/tests/tree.h"

#define LIST   "GET /v1/projects/prj_01HX9Y7K8M2P4RSTUV56789AB/social-accounts"
#define ADS    "GET /v1/projects/prj_01HX9Y7K8M2P4RSTUV56789AB/ads/ad-accounts"
#define SAMPLE "Authorization: Bearer lp_live_01HX9Y6K7EJ4T2_full"

/* "List social accounts", Response */
static const char list_sample[] =
    "{'items':[{"
    " 'socialAccountId':'sa_01HXZ9P2M4N5KLM6TUV7WXYZ9A','platform':'tiktok','handle':'acmecoffee',"
    " 'avatarUrl':'https://media.meetsift.com/tiktok/acmecoffee/avatar.jpg',"
    " 'status':'connected','leased':false,"
    " 'connectedAt':'2026-04-18T19:06:42Z','tokenExpiresAt':'2026-05-18T19:06:42Z'},{"
    " 'socialAccountId':'sa_01HXZQ8N3C5R6STUV7WXYZ9AB','platform':'tiktok',"
    " 'handle':'coffee.reviews.daily',"
    " 'avatarUrl':'https://media.meetsift.com/tiktok/coffee.reviews.daily/avatar.jpg',"
    " 'status':'connected','leased':true,"
    " 'connectedAt':'2026-04-12T08:00:00Z','tokenExpiresAt':null}],"
    "'nextCursor':null}";

/* "List ad accounts", Response; the id that it elides is written in full. */
static const char ads_sample[] =
    "{'items':[{"
    " 'adAccountId':'01HXF1A2B3C4D5E6F7G8H9J0K1','platform':'meta_ads',"
    " 'externalId':'act_123456789012345','name':'Acme Coffee \xE2\x80\x94 US','currency':'USD',"
    " 'timezone':'UTC','credentialMode':'byo','tokenStatus':'valid',"
    " 'tokenLastValidatedAt':null,'walletBalance':null,'connectedAt':'2026-03-02T14:11:00Z'},{"
    " 'adAccountId':'01HXF2A2B3C4D5E6F7G8H9J0K1','platform':'tiktok_ads',"
    " 'externalId':'7389201445566778899','name':'Acme Coffee TikTok','currency':'USD',"
    " 'timezone':'UTC','credentialMode':'byo','tokenStatus':'valid',"
    " 'tokenLastValidatedAt':null,'walletBalance':null,'connectedAt':'2026-03-18T09:42:00Z'},{"
    " 'adAccountId':'01HXF3A2B3C4D5E6F7G8H9J0K1','platform':'apple_ads',"
    " 'externalId':'org-9823412','name':'Acme Coffee iOS','currency':'USD',"
    " 'timezone':'UTC','credentialMode':'byo','tokenStatus':'expired',"
    " 'tokenLastValidatedAt':null,'walletBalance':null,'connectedAt':'2026-02-11T19:05:00Z'}]}";

/* "Social accounts", Connected accounts */
static const char oauth_request[] = "{'platform':'tiktok','returnUrl':'https://app.your-product.com/connect/complete',"
                                    "'usageNote':'Connect TikTok to let Acme publish videos to your account.'}";

/* "Social accounts", Reconnecting, with an account of the fixture */
static const char reauth_request[] =
    "{'socialAccountId':'sa_9c1e42a0-b7f3-4e5d-a2c1-8b4f5e6c7d8e','scopes':['video.publish']}";

/* "Social accounts", Publishing through either kind */
static const char schedule_request[] = "{'targets':["
                                       "{'socialAccountId':'sa_9c1e42a0-b7f3-4e5d-a2c1-8b4f5e6c7d8e','mode':'publish'},"
                                       "{'socialAccountId':'sa_4d8a1bf3-2c5e-4769-aa1d-3f5e8c7b9a01','mode':'draft'}],"
                                       "'scheduledFor':'2026-04-20T17:00:00Z'}";

/* The samples are dated in April, so the clock of this fixture starts then. */
static const char april[] = "clock: {start: 2026-04-18T12:20:00Z}\n"
                            "layers:\n"
                            "  organizations:\n"
                            "  - name: Acme Partners\n"
                            "    keys: [{name: full, key: lp_live_01HX9Y6K7EJ4T2_full, scopes: ['*'],\n"
                            "            return_domains: [app.your-product.com]}]\n"
                            "    projects:\n"
                            "    - id: prj_254a4ce1-f4ca-42b1-9e36-17ca45ef3d39\n"
                            "      content: [{id: cnt_launch}]\n"
                            "      social_accounts:\n"
                            "      - {id: sa_9c1e42a0-b7f3-4e5d-a2c1-8b4f5e6c7d8e, platform: tiktok, handle: a}\n"
                            "      - {id: sa_4d8a1bf3-2c5e-4769-aa1d-3f5e8c7b9a01, platform: instagram, handle: b}\n";

static const char *json(struct arena *a, const char *text)
{
    char *copy = arena_text(a, text);
    for (char *c = copy; *c; c++)
        if (*c == '\'')
            *c = '"';
    return copy;
}

static void assert_sample(struct arena *a, struct mock_response got, const char *sample)
{
    const struct node *expected = json_parse(a, str_from(json(a, sample)), "sample", NULL);
    struct diff diff = {0};
    assert_non_null(expected);
    assert_int_equal(got.status, 200);
    diff_nodes(a, expected, got.body, &diff);
    if (diff.count)
        fail_msg("%s", tree_diff_text(a, &diff));
    assert_true(node_equal(expected, got.body)); /* no additional and no missing members */
}

static void the_lists_equal_the_documented_samples(void **state)
{
    static const struct {
        const char *line, *sample;
    } rows[] = {
        {LIST,                                     list_sample},
        {LIST "?platform=tiktok&status=connected", list_sample},
        {ADS,                                      ads_sample },
    };
    struct arena a = {0};
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_sample(&a, mock_call(*state, rows[i].line, NULL, SAMPLE), rows[i].sample);
    arena_end(&a);
}

static void the_documented_request_for_a_url_is_accepted(void **state)
{
    (void)state;
    struct mock *m = mock_test_new(april);
    struct arena a = {0};
    struct mock_response got =
        mock_call(m, "POST /v1/projects/prj_254a4ce1-f4ca-42b1-9e36-17ca45ef3d39/social/oauth-url",
                  json(&a, oauth_request), SAMPLE);
    assert_int_equal(got.status, 200);
    assert_int_equal(node_count(got.body), 3);
    assert_true(str_starts(str_from(at(got, "/authorizeUrl")), STR("https://www.tiktok.com/v2/auth/authorize/?")));
    assert_int_equal(str_from(at(got, "/state")).n, sizeof "st_01HX9Y6K7EJ4T2ABCDEFHX9Y6K7EJ4T2ABCDEF" - 1);
    assert_string_equal(at(got, "/expiresAt"), "2026-04-18T12:30:00Z");

    got = mock_call(m, "POST /v1/projects/prj_254a4ce1-f4ca-42b1-9e36-17ca45ef3d39/social/reauth-url",
                    json(&a, reauth_request), SAMPLE);
    assert_int_equal(got.status, 200);
    arena_end(&a);
    mock_free(m);
}

static void the_documented_request_to_schedule_is_accepted(void **state)
{
    (void)state;
    struct mock *m = mock_test_new(april);
    struct arena a = {0};
    struct mock_response got = mock_call(m, "POST /v1/content/cnt_launch/schedule", json(&a, schedule_request), SAMPLE);
    assert_int_equal(got.status, 202);
    assert_string_equal(at(got, "/scheduledPosts/0/mode"), "publish");
    assert_string_equal(at(got, "/scheduledPosts/1/mode"), "draft");
    assert_string_equal(at(got, "/scheduledPosts/1/scheduledFor"), "2026-04-20T17:00:00Z");
    arena_end(&a);
    mock_free(m);
}

static void an_unsupported_platform_is_refused_as_documented(void **state)
{
    static const char *const names[] = {"linkedin", "youtube"};
    for (size_t i = 0; i < 2; i++) {
        struct arena a = {0};
        const char *body =
            arena_printf(&a, "{\"platform\":\"%s\",\"returnUrl\":\"https://app.your-product.com\"}", names[i]);
        struct mock_response got =
            mock_call(*state, "POST /v1/projects/prj_01HX9Y7K8M2P4RSTUV56789AB/social/oauth-url", body, SAMPLE);
        assert_refused(got, 422, "VALIDATION");
        assert_string_equal(at(got, "/error/details/issues/0/path"), "platform");
        arena_end(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_lists_equal_the_documented_samples, mock_test_setup, mock_test_teardown),
        cmocka_unit_test(the_documented_request_for_a_url_is_accepted),
        cmocka_unit_test(the_documented_request_to_schedule_is_accepted),
        cmocka_unit_test_setup_teardown(an_unsupported_platform_is_refused_as_documented, mock_test_setup,
                                        mock_test_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
