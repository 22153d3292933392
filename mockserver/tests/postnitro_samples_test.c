/* Compares three responses with the samples of "Social Accounts", member by member. A URL that the
 * page shortens ("https://...") is a complete URL here. */
#include "base/array.h"
#include "mockserver/tests/postnitro_test.h"

#include "base/json.h"
#include "base/tests/tree.h"

#define ACCOUNT "/social-account/cmqi7jyir0003v0m91hxnyyaq"

/* List social accounts, Response */
static const char list_sample[] =
    "{'success':true,'data':{'socialAccounts':{"
    "'linkedin':[{'id':'cmqi7jyir0003v0m91hxnyyaq','platformType':'linkedin',"
    "'accountHandle':'postnitroai-co','accountType':'organization','accountName':'PostNitro',"
    "'accountLogo':'https://example.com/logo.png','accessTokenStatus':'active'}],"
    "'instagram':[],'tiktok':[],'threads':[]}}}";

/* Read a social account, Response */
static const char read_sample[] =
    "{'success':true,'data':{'socialAccount':{"
    "'id':'cmqi7jyir0003v0m91hxnyyaq','organizationId':'org_123','workspaceId':'ws_456',"
    "'platformType':'linkedin','accountHandle':'postnitroai-co','accountName':'PostNitro',"
    "'accountLogo':'https://example.com/logo.png','accessTokenStatus':'active',"
    "'tokenExpiresAt':'2026-09-01T00:00:00.000Z','createdAt':'2026-05-01T12:00:00.000Z',"
    "'updatedAt':'2026-05-01T12:00:00.000Z'},"
    "'usage':[{'status':'PENDING','_count':3},{'status':'PUBLISHED','_count':12}]}}";

/* Disconnect a social account, Response */
static const char delete_sample[] = "{'success':true,'message':'Social account deleted successfully'}";

static void the_responses_equal_the_documented_samples(void **state)
{
    static const struct {
        const char *line, *sample;
    } rows[] = {
        {"GET /social-account", list_sample  },
        {"GET " ACCOUNT,        read_sample  },
        {"DELETE " ACCOUNT,     delete_sample},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response got = mock_call(*state, rows[i].line, NULL, AS_MAIN);
        char *sample = arena_text(got.arena, rows[i].sample);
        for (char *c = sample; *c; c++)
            if (*c == '\'')
                *c = '"';
        const struct node *expected = json_parse(got.arena, str_from(sample), "sample", NULL);
        struct diff diff = {0};
        assert_non_null(expected);
        diff_nodes(got.arena, expected, got.body, &diff);
        if (diff.count)
            fail_msg("%s", tree_diff_text(got.arena, &diff));
        assert_true(node_equal(expected, got.body)); /* no extra member, none missing */
        assert_response(got, 200, sample);           /* in the order of the sample */
    }
}

/* "Get a scheduled post" has a sample with a design and a LinkedIn document. */
static void a_scheduled_post_has_the_documented_members_in_order(void **state)
{
    static const char *const members[] = {
        "id",
        "designId",
        "labels",
        "status",
        "scheduledFor",
        "publishedAt",
        "errorMessage",
        "postSettings",
        "instagramPostSettings",
        "linkedinPostSettings",
        "tiktokPostSettings",
        "threadsPostSettings",
        "postContents",
        "designDetails",
        "socialAccounts",
        "createdAt",
        "updatedAt",
    };
    struct mock_response a = mock_call(*state, "GET /schedule/cacmepost0000000000design", NULL, AS_ACME);
    assert_int_equal(a.status, 200);
    const struct node *post = node_get(a.body, "data");
    assert_int_equal(node_count(post), COUNT(members));
    for (size_t i = 0; i < node_count(post); i++)
        assert_string_equal(post->map.members[i].key, members[i]);
    assert_string_equal(at(a, "/data/designDetails/id"), at(a, "/data/designId"));
    assert_string_equal(at(a, "/data/designDetails"),
                        "{\"id\":\"dsgnacme0000000000spring01\",\"name\":\"Spring roast\","
                        "\"designType\":\"carousel\",\"source\":\"editor\"}");
    assert_string_equal(at(a, "/data/socialAccounts/0"),
                        "{\"socialAccountId\":\"cacme0000000000000linkedin\",\"liveLink\":null,"
                        "\"errorMessage\":null,\"status\":\"PENDING\",\"publishedAt\":null}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POSTNITRO_TEST(the_responses_equal_the_documented_samples),
        cmocka_unit_test_setup_teardown(the_responses_equal_the_documented_samples, mock_test_setup,
                                        mock_test_teardown),
        POSTNITRO_TEST(a_scheduled_post_has_the_documented_members_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
