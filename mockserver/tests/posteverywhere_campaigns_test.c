/* Campaigns, the analytics summary and the AI. */
#include "base/array.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/posteverywhere_test.h"

#define FIXTURE                                                                                                        \
    "seed: 1\nclock: { start: 2026-04-10T12:00:00Z, mode: frozen }\nposteverywhere:\n  organizations:\n"               \
    "    - name: Acme\n      keys: [ { name: acme, key: " KEY " } ]\n      ai_credits: 6\n"                            \
    "      captions: [One., Two.]\n"                                                                                   \
    "      accounts: [ { account_id: 1, platform: x, account_name: a }, { account_id: 2, platform: threads, "          \
    "account_name: b } ]\n"                                                                                            \
    "      campaigns: [ { id: 42, name: Launch, status: archived }, { name: Next } ]\n"                                \
    "      posts:\n"                                                                                                   \
    "        - { content: a, accounts: [1, 2], at: -3d, status: published, campaign: 42, metrics: { views: 7, "        \
    "clicks: "                                                                                                         \
    "2 } }\n"                                                                                                          \
    "        - { content: b, accounts: [1], at: -20d, status: partially_failed, failed: [1], campaign: 42 }\n"
#define KEY   "pe_live_00000000000000000000000000000001"
#define AS_ME "Authorization: Bearer " KEY

static struct mock_response create(struct mock *m, const char *body)
{
    return mock_call(m, POST("/campaigns"), body, AS_ACME);
}

static void an_organization_begins_without_campaigns(void **state)
{
    struct mock_response list = mock_call(*state, GET("/campaigns"), NULL, AS_ACME);
    assert_int_equal(list.status, 200);
    assert_string_equal(at(list, "/data/campaigns"), "[]");
    assert_string_equal(at(list, "/data/pagination/limit"), "50");
    assert_string_equal(at(list, "/data/pagination/has_more"), "false");
}

static void a_campaign_is_created_with_the_documented_defaults(void **state)
{
    struct mock_response a = create(*state, "{\"name\":\"Launch\"}");
    assert_int_equal(a.status, 201);
    assert_string_equal(at(a, "/data/id"), "1");
    assert_string_equal(at(a, "/data/color"), "#3b82f6");
    assert_string_equal(at(a, "/data/status"), "active");
    assert_string_equal(at(a, "/data/description"), "null");
    assert_string_equal(at(a, "/data/post_count"), "0");
    assert_string_equal(at(create(*state, "{\"name\":\"Next\"}"), "/data/id"), "2");
    struct mock_response one = mock_call(*state, GET("/campaigns/1"), NULL, AS_ACME);
    assert_string_equal(at(one, "/data/name"), "Launch");
    assert_refused(mock_call(*state, GET("/campaigns/3"), NULL, AS_ACME), 404, "not_found");
    assert_refused(mock_call(*state, GET("/campaigns/1"), NULL, AS_OTHER), 404, "not_found");
}

static void an_invalid_campaign_is_refused(void **state)
{
    static const char *const bodies[] = {
        "{}",
        "{\"name\":\"\"}",
        "{\"name\":\"x\",\"color\":\"red\"}",
        "{\"name\":\"x\",\"color\":\"#12345\"}",
        "{\"name\":\"x\",\"color\":\"#1234567\"}",
        "{\"name\":\"x\",\"color\":\"123456\"}",
        "{\"name\":\"x\",\"status\":\"removed\"}",
    };
    for (size_t i = 0; i < COUNT(bodies); i++)
        assert_refused(create(*state, bodies[i]), 400, "validation_error");
    struct mock_response list = mock_call(*state, GET("/campaigns"), NULL, AS_ACME);
    assert_string_equal(at(list, "/data/campaigns"), "[]");
    struct arena a = {0};
    const char *name = arena_printf(&a, "%0*d", 100, 0);
    assert_int_equal(create(*state, arena_printf(&a, "{\"name\":\"%s\"}", name)).status, 201);
    assert_refused(create(*state, arena_printf(&a, "{\"name\":\"%s0\"}", name)), 400, "validation_error");
    arena_end(&a);
}

static void a_change_keeps_what_it_does_not_name(void **state)
{
    create(*state, "{\"name\":\"Launch\",\"description\":\"d\"}");
    struct mock_response a = mock_call(*state, PATCH("/campaigns/1"), "{\"status\":\"archived\"}", AS_ACME);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/data/name"), "Launch");
    assert_string_equal(at(a, "/data/description"), "d");
    assert_string_equal(at(a, "/data/status"), "archived");
    a = mock_call(*state, GET("/campaigns?status=active"), NULL, AS_ACME);
    assert_string_equal(at(a, "/data/campaigns"), "[]");
    a = mock_call(*state, GET("/campaigns?status=archived"), NULL, AS_ACME);
    assert_string_equal(at(a, "/data/campaigns/0/id"), "1");
    assert_refused(mock_call(*state, GET("/campaigns?status=gone"), NULL, AS_ACME), 400, "validation_error");
}

static void posts_of_a_deleted_campaign_have_none(void **state)
{
    create(*state, "{\"name\":\"Launch\"}");
    struct mock_response post = mock_call(
        *state, POST("/posts"), "{\"content\":\"x\",\"account_ids\":[3001],\"draft\":true,\"campaign_id\":1}", AS_ACME);
    assert_int_equal(post.status, 201);
    assert_string_equal(at(post, "/data/campaign_id"), "1");
    const char *line = line_of(post, PATCH("/posts/"), "/data/post_id", "");
    struct mock_response a = mock_call(*state, line, "{\"content\":\"y\"}", AS_ACME);
    assert_string_equal(at(a, "/data/campaign_id"), "1");
    a = mock_call(*state, GET("/posts?campaign_id=1"), NULL, AS_ACME);
    assert_string_equal(at(a, "/data/pagination/total"), "1");
    assert_string_equal(at(a, "/data/posts/0/content"), "y");
    a = mock_call(*state, GET("/campaigns/1"), NULL, AS_ACME);
    assert_string_equal(at(a, "/data/post_count"), "1");
    a = mock_call(*state, DELETE("/campaigns/1"), NULL, AS_ACME);
    assert_string_equal(at(a, "/data/id"), "1");
    assert_string_equal(at(a, "/data/deleted"), "true");
    a = mock_call(*state, line_of(post, GET("/posts/"), "/data/post_id", ""), NULL, AS_ACME);
    assert_string_equal(at(a, "/data/campaign_id"), "null");
    a = mock_call(*state, GET("/posts?campaign_id=1"), NULL, AS_ACME);
    assert_string_equal(at(a, "/data/posts"), "[]");
    assert_refused(mock_call(*state, DELETE("/campaigns/1"), NULL, AS_ACME), 404, "not_found");
}

static void a_post_names_a_campaign_of_its_organization(void **state)
{
    mock_call(*state, POST("/campaigns"), "{\"name\":\"Theirs\"}", AS_OTHER);
    assert_refused(
        mock_call(*state, POST("/posts"), "{\"content\":\"x\",\"account_ids\":[3001],\"campaign_id\":1}", AS_ACME), 400,
        "validation_error");
    assert_refused(
        mock_call(*state, POST("/posts"), "{\"content\":\"x\",\"account_ids\":[3001],\"campaign_id\":\"1\"}", AS_ACME),
        400, "validation_error");
}

/* Per period: the posts, and those of them that were published. */
static void the_summary_counts_the_posts_of_its_window(void **state)
{
    (void)state;
    struct mock *m = mock_test_new(FIXTURE);
    static const struct {
        const char *query, *total, *published, *views, *from;
    } rows[] = {
        {"?period=today",                                                    "0", "0", "0", "2026-04-09T12:00:00.000Z"},
        {"?period=week",                                                     "1", "1", "7", "2026-04-03T12:00:00.000Z"},
        {"",                                                                 "2", "1", "7", "2026-03-11T12:00:00.000Z"},
        {"?period=all",                                                      "2", "1", "7", "null"                    },
        {"?period=custom&from=2026-03-01T00:00:00Z&to=2026-03-30T00:00:00Z", "1", "0", "0", "2026-03-01T00:00:00.000Z"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena a = {0};
        struct mock_response s =
            mock_call(m, arena_printf(&a, "GET " V "/analytics/summary%s", rows[i].query), NULL, AS_ME);
        assert_int_equal(s.status, 200);
        assert_string_equal(at(s, "/data/posts/total"), rows[i].total);
        assert_string_equal(at(s, "/data/posts/published"), rows[i].published);
        assert_string_equal(at(s, "/data/metrics/views"), rows[i].views);
        assert_string_equal(at(s, "/data/range/from"), rows[i].from);
        arena_end(&a);
    }
    struct mock_response s = mock_call(m, GET("/analytics/summary"), NULL, AS_ME);
    assert_string_equal(at(s, "/data/period"), "month");
    assert_string_equal(at(s, "/data/by_platform/0/platform"), "x");
    assert_string_equal(at(s, "/data/by_platform/0/total"), "2");
    assert_string_equal(at(s, "/data/by_platform/0/failed"), "1");
    assert_string_equal(at(s, "/data/by_platform/1/platform"), "threads");
    assert_string_equal(at(s, "/data/metrics/clicks"), "2");
    static const char *const wrong[] = {"?period=year",
                                        "?period=custom",
                                        "?period=custom&from=2026-03-01T00:00:00Z",
                                        "?from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z",
                                        "?period=week&to=2026-03-02T00:00:00Z",
                                        "?period=custom&from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        const char *line = arena_printf(s.arena, "GET " V "/analytics/summary%s", wrong[i]);
        assert_refused(mock_call(m, line, NULL, AS_ME), 400, "validation_error");
    }
    mock_free(m);
}

static void a_fixture_has_campaigns_and_captions(void **state)
{
    (void)state;
    struct mock *m = mock_test_new(FIXTURE);
    struct mock_response a = mock_call(m, GET("/campaigns"), NULL, AS_ME);
    assert_string_equal(at(a, "/data/campaigns/0/id"), "43");
    assert_string_equal(at(a, "/data/campaigns/1/status"), "archived");
    assert_string_equal(at(a, "/data/campaigns/1/post_count"), "2");
    a = mock_call(m, POST("/ai/generate-caption"), "{\"topic\":\"t\",\"count\":3}", AS_ME);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/data/captions"), "[\"One.\",\"Two.\"]");
    assert_string_equal(at(a, "/data/count_requested"), "3");
    assert_string_equal(at(a, "/data/count_returned"), "2");
    assert_string_equal(at(a, "/data/credits_remaining"), "4");
    assert_refused(mock_call(m, POST("/ai/generate-image"), "{\"prompt\":\"p\",\"model\":\"gemini-3-pro\"}", AS_ME),
                   402, "insufficient_credits");
    a = mock_call(m, POST("/ai/generate-image"), "{\"prompt\":\"p\",\"model\":\"flux-schnell\"}", AS_ME);
    assert_int_equal(a.status, 201);
    assert_string_equal(at(a, "/data/credits_remaining"), "3");
    a = mock_call(m, GET("/analytics/summary?period=today"), NULL, AS_ME);
    assert_string_equal(at(a, "/data/ai_credits/used_this_period"), "3");
    a = mock_call(m, GET("/me"), NULL, AS_ME);
    assert_string_equal(at(a, "/data/quota/ai_credits/used"), "3");
    assert_string_equal(at(a, "/data/quota/ai_credits/limit"), "6");
    mock_free(m);
}

static void a_generated_image_can_be_posted(void **state)
{
    struct mock_response a =
        mock_call(*state, POST("/ai/generate-image"), "{\"prompt\":\"a cup\",\"aspect_ratio\":\"9:16\"}", AS_ACME);
    assert_int_equal(a.status, 201);
    assert_string_equal(at(a, "/data/model"), "nano-banana-pro");
    assert_string_equal(at(a, "/data/credits_used"), "15");
    assert_string_equal(at(a, "/data/height"), "1920");
    const char *body =
        line_of(a, "{\"content\":\"x\",\"account_ids\":[3001],\"media_ids\":[\"", "/data/media_id", "\"]}");
    assert_int_equal(mock_call(*state, POST("/posts"), body, AS_ACME).status, 201);
    static const char *const wrong[] = {"{}", "{\"prompt\":\"x\",\"model\":\"none\"}",
                                        "{\"prompt\":\"x\",\"aspect_ratio\":\"2:1\"}"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_refused(mock_call(*state, POST("/ai/generate-image"), wrong[i], AS_ACME), 400, "validation_error");
    assert_refused(mock_call(*state, POST("/ai/generate-image"), "{\"prompt\":\"x\"}", AS_READER), 403,
                   "insufficient_scope");
}

/* The same request gets the same captions, and none is longer than its platform allows. */
static void captions_follow_the_request(void **state)
{
    struct arena arena = {0};
    const char *topic = arena_printf(&arena, "%0*d", 900, 0);
    const char *body =
        arena_printf(&arena, "{\"topic\":\"%s\",\"platform\":\"x\",\"length\":\"long\",\"count\":5}", topic);
    struct mock_response a = mock_call(*state, POST("/ai/generate-caption"), body, AS_ACME);
    struct mock_response again = mock_call(*state, POST("/ai/generate-caption"), body, AS_ACME);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/data/captions"), at(again, "/data/captions"));
    assert_string_equal(at(a, "/data/count_returned"), "5");
    for (size_t i = 0; i < 5; i++) {
        size_t characters = 0;
        for (const char *p = at(a, arena_printf(&arena, "/data/captions/%zu", i)); *p; p++)
            characters += ((unsigned char)*p & 0xc0) != 0x80;
        assert_int_equal(characters, 280);
    }
    a = mock_call(*state, POST("/ai/generate-caption"),
                  "{\"topic\":\"New shoes\",\"include_hashtags\":false,\"include_emojis\":false,\"length\":\"short\"}",
                  AS_ACME);
    assert_string_equal(at(a, "/data/captions/0"), "New shoes.");
    assert_string_equal(at(a, "/data/tone"), "professional");
    assert_string_equal(at(a, "/data/platform"), "null");
    static const char *const wrong[] = {"{}", "{\"topic\":\"x\",\"count\":6}", "{\"topic\":\"x\",\"tone\":\"angry\"}",
                                        "{\"topic\":\"x\",\"platform\":\"fax\"}"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_refused(mock_call(*state, POST("/ai/generate-caption"), wrong[i], AS_ACME), 400, "validation_error");
    arena_end(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PE_TEST(an_organization_begins_without_campaigns),
        PE_TEST(a_campaign_is_created_with_the_documented_defaults),
        PE_TEST(an_invalid_campaign_is_refused),
        PE_TEST(a_change_keeps_what_it_does_not_name),
        PE_TEST(posts_of_a_deleted_campaign_have_none),
        PE_TEST(a_post_names_a_campaign_of_its_organization),
        PE_TEST(the_summary_counts_the_posts_of_its_window),
        PE_TEST(a_fixture_has_campaigns_and_captions),
        PE_TEST(a_generated_image_can_be_posted),
        PE_TEST(captions_follow_the_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
