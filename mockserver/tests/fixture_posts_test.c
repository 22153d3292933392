/* Tests of fixtures for every provider: posts that are being published, an account that was connected again, reels,
 * time zones, and anchors. */
#include "mockserver/tests/mock_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "mockserver/fixture/fixture.h"
#include "mockserver/server/mock_server.h"

#define AS_LAYERS    "Authorization: Bearer lp_live_all"
#define AS_PE        "Authorization: Bearer pe_live_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define AS_POSTNITRO "embed-api-key: pn-acme00000000000000000001"

static const char everything[] =
    "clock: { start: 2026-05-02T09:00:00Z }\n"
    "timings: { publish: 10m }\n"
    "x-post: &post { at: -4m }\n"
    "layers:\n"
    "  organizations:\n"
    "    - name: A\n"
    "      keys: [ { name: all, key: lp_live_all, scopes: ['*'] } ]\n"
    "      projects:\n"
    "        - id: p\n"
    "          timezone: GMT\n"
    "          social_accounts:\n"
    "            - { id: sa_old, platform: instagram, handle: shop, status: disconnected, connected_at: -9d }\n"
    "            - { id: sa_new, platform: instagram, handle: shop }\n"
    "            - { id: sa_twin, platform: instagram, handle: shop }\n"
    "          content: [ { id: c, media_type: video, caption: x }, { id: i, media_type: image, caption: x } ]\n"
    "          scheduled_posts:\n"
    "            - { <<: *post, id: sp_now, content: c, account: sa_new, status: publishing }\n"
    "            - { <<: *post, id: sp_video, content: c, account: sa_new, status: published }\n"
    "            - { <<: *post, id: sp_image, content: i, account: sa_old, status: published }\n"
    "posteverywhere:\n"
    "  organizations:\n"
    "    - name: A\n"
    "      keys: [ { name: all, key: pe_live_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa } ]\n"
    "      accounts: [ { account_id: 1, platform: instagram, account_name: shop }, { account_id: 2, platform: "
    "instagram, account_name: "
    "shop } ]\n"
    "      posts: [ { id: 11111111-1111-4111-8111-111111111111, content: x, accounts: [1, 2], at: -4m, status: "
    "publishing } ]\n"
    "postnitro:\n"
    "  workspaces:\n"
    "    - keys: [ { name: acme, key: pn-acme00000000000000000001 } ]\n"
    "      social_accounts: [ { id: one, platform: instagram, handle: shop }, { id: two, platform: instagram, handle: "
    "shop } ]\n"
    "      posts: [ { id: now, accounts: [one], at: -4m, status: PUBLISHING } ]\n";

static void expect_posts(struct mock *m, const char *layers, const char *posteverywhere, const char *postnitro)
{
    struct mock_response a = mock_call(m, "GET /layers/v1/scheduled-posts/sp_now", NULL, AS_LAYERS);
    assert_string_equal(at(a, "/status"), layers);
    a = mock_call(m, "GET /posteverywhere/api/v1/posts/11111111-1111-4111-8111-111111111111", NULL, AS_PE);
    assert_string_equal(at(a, "/data/status"), posteverywhere);
    a = mock_call(m, "GET /postnitro/schedule/now", NULL, AS_POSTNITRO);
    assert_string_equal(at(a, "/data/status"), postnitro);
}

/* A post that is publishing at the start ends timings.publish after it was due: here 6 minutes later. */
static void play(struct mock *m)
{
    expect_posts(m, "publishing", "publishing", "SCHEDULED");
    mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"359s\"}");
    expect_posts(m, "publishing", "publishing", "SCHEDULED");
    mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"1s\"}");
    expect_posts(m, "published", "published", "PUBLISHED");
}

static void a_post_can_be_publishing_at_the_start(void **state)
{
    (void)state;
    struct mock *m = mock_test_new(everything);
    struct mock_response all = mock_call(m, "GET /__admin/state?format=fixture", NULL);
    assert_int_equal(all.status, 200);
    play(m);
    struct arena a = {0};
    struct mock *again = mock_test_new(str_dup(&a, all.text)); /* an export of it loads, and goes on */
    play(again);
    mock_free(again);
    mock_free(m);
    arena_end(&a);
}

static void a_handle_can_be_connected_several_times(void **state)
{
    (void)state;
    struct mock *m = mock_test_new(everything);
    struct mock_response a = mock_call(m, "GET /layers/v1/projects/p/social-accounts", NULL, AS_LAYERS);
    assert_int_equal(node_count(node_get(a.body, "items")), 2);
    a = mock_call(m, "POST /__admin/simulate/account_removed", "{\"account\":\"sa_twin\"}");
    assert_int_equal(a.status, 200);
    a = mock_call(m, "GET /layers/v1/projects/p/social-accounts", NULL, AS_LAYERS);
    assert_string_equal(at(a, "/items/0/socialAccountId"), "sa_new");
    mock_free(m);
}

static void a_video_on_instagram_is_a_reel(void **state)
{
    (void)state;
    struct mock *m = mock_test_new(everything);
    static const char *const rows[][2] = {
        {"GET /layers/v1/scheduled-posts/sp_video", "https://www.instagram.com/reel/"},
        {"GET /layers/v1/scheduled-posts/sp_image", "https://www.instagram.com/p/"   },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_true(
            str_starts(str_from(at(mock_call(m, rows[i][0], NULL, AS_LAYERS), "/externalUrl")), str_from(rows[i][1])));
    struct mock_response a =
        mock_call(m, "POST /postnitro/schedule",
                  "{\"status\":\"SCHEDULED\",\"scheduledAt\":\"2026-05-03T09:00:00Z\",\"selectedAccounts\":[\"one\"],"
                  "\"postContent\":{\"common\":\"x\"},\"instagramPostSettings\":{\"postType\":\"reel\"}}",
                  AS_POSTNITRO);
    assert_int_equal(a.status, 200);
    char line[128];
    snprintf(line, sizeof line, "GET /postnitro/schedule/%s", at(a, "/data/id"));
    mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"2d\"}");
    a = mock_call(m, line, NULL, AS_POSTNITRO);
    assert_true(str_starts(str_from(at(a, "/data/socialAccounts/0/liveLink")), STR("https://www.instagram.com/reel/")));
    mock_free(m);
}

static void a_time_zone_must_exist(void **state)
{
    static const struct {
        const char *zone;
        bool exists;
    } rows[] = {
        {"UTC",                     true },
        {"GMT",                     true },
        {"Europe/Berlin",           true },
        {"America/Argentina/Salta", true },
        {"Mars/Phobos",             false},
        {"Europe/Atlantis",         false},
        {"CEST",                    false},
        {"+02:00",                  false},
    };
    (void)state;
    struct mock *m = mock_test_new(everything);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena a = {0};
        struct mock_response r = mock_call(
            m, "POST /posteverywhere/api/v1/posts",
            arena_printf(&a, "{\"content\":\"x\",\"account_ids\":[1],\"timezone\":\"%s\"}", rows[i].zone), AS_PE);
        assert_int_equal(r.status, rows[i].exists ? 201 : 400);
        r = mock_call(m, "POST /layers/v1/projects",
                      arena_printf(&a, "{\"name\":\"%s\",\"timezone\":\"%s\"}", rows[i].zone, rows[i].zone), AS_LAYERS);
        assert_int_equal(r.status, rows[i].exists ? 201 : 422);
        arena_end(&a);
    }
    mock_free(m);
}

/* The fixture of a namespace is JSON, which has no anchors; but a converted file may still have their place. */
static void a_namespace_ignores_the_place_for_anchors(void **state)
{
    (void)state;
    struct mock *m = mock_test_new(everything);
    struct mock_response a =
        mock_call(m, "POST /__admin/namespaces", "{\"name\":\"t\",\"fixture\":{\"x-base\":{\"at\":7},\"seed\":1}}");
    assert_int_equal(a.status, 201);
    mock_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_post_can_be_publishing_at_the_start),
        cmocka_unit_test(a_handle_can_be_connected_several_times),
        cmocka_unit_test(a_video_on_instagram_is_a_reel),
        cmocka_unit_test(a_time_zone_must_exist),
        cmocka_unit_test(a_namespace_ignores_the_place_for_anchors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
