/* PostNitro: templates, presets, brands and audio; generated and imported posts. */
#include "base/array.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/admin_test.h"

static const char fixture[] = "clock: { start: 2026-05-02T09:00:00Z, mode: frozen }\n"
                              "postnitro:\n"
                              "  workspaces:\n"
                              "    - id: ws_one\n"
                              "      keys: [ { name: one, key: pn-one } ]\n"
                              "      social_accounts: [ { id: cone, platform: threads, handle: one.threads } ]\n"
                              "      templates:\n"
                              "        - { id: tpl_a, name: A, updated_at: -3d }\n"
                              "        - { id: tpl_b, name: B, size: '1:1', updated_at: -1d }\n"
                              "        - { id: tpl_c, name: C, updated_at: -2d }\n"
                              "      presets: [ { id: pre_a, slides: 4 } ]\n"
                              "      brands: [ { id: bra_a, name: Acme } ]\n"
                              "      audio: [ { id: aud_a, name: Song }, { id: aud_b, name: Free } ]\n"
                              "      generation: [ { name: Coffee, result: { note: from the fixture } } ]\n"
                              "    - id: ws_two\n"
                              "      keys: [ { name: two, key: pn-two } ]\n"
                              "    - id: ws_broken\n"
                              "      keys: [ { name: broken, key: pn-broken } ]\n"
                              "      templates: [ { id: tpl_x, name: X } ]\n"
                              "      brands: [ { id: bra_x, name: X } ]\n"
                              "      generation: [ { error: The model is overloaded. } ]\n";

#define AS_ONE    "embed-api-key: pn-one"
#define AS_TWO    "embed-api-key: pn-two"
#define AS_BROKEN "embed-api-key: pn-broken"
#define BRAND                                                                                                          \
    "\"name\":\"New\",\"image\":\"https://example.com/i.png\",\"handle\":\"new\",\"isCompanyDetail\":false,"           \
    "\"showHandle\":true,\"showImage\":true"
#define MADE_OF "\"templateId\":\"tpl_a\",\"brandId\":\"bra_a\""
#define TOPIC   "\"presetId\":\"pre_a\",\"aiGeneration\":{\"type\":\"text\",\"context\":\"Why coffee?\"}"
#define SLIDES                                                                                                         \
    "\"slides\":[{\"type\":\"starting_slide\",\"heading\":\"1\"},{\"type\":\"body_slide\",\"heading\":\"2\"},"         \
    "{\"type\":\"ending_slide\",\"heading\":\"3\"}]"
#define GENERATE "POST /postnitro/post/initiate/generate"
#define IMPORT   "POST /postnitro/post/initiate/import"

static int start(void **state)
{
    *state = mock_test_new(fixture);
    return 0;
}

static void assert_message(struct mock_response a, int status, const char *flag, const char *message)
{
    if (a.status != status || !at(a, flag) || strcmp(at(a, "/message"), message) != 0)
        fail_msg("expected %d '%s', got %d " STR_FMT, status, message, a.status, STR_ARG(a.text));
}

static void lists_have_pages_with_the_latest_change_first(void **state)
{
    struct mock *m = *state;
    struct mock_response a = mock_call(m, "GET /postnitro/template", NULL, AS_ONE);
    assert_string_equal(at(a, "/data/templates/0/id"), "tpl_b");
    assert_string_equal(at(a, "/data/templates/0/size/id"), "1:1");
    assert_string_equal(at(a, "/data/templates/0/size/dimensions/height"), "1080");
    assert_string_equal(at(a, "/data/templates/2/id"), "tpl_a");
    a = mock_call(m, "GET /postnitro/template?page=2&limit=1", NULL, AS_ONE);
    assert_string_equal(at(a, "/data/templates/0/id"), "tpl_c");
    assert_null(at(a, "/data/templates/1"));
    assert_message(mock_call(m, "GET /postnitro/template?page=4&limit=1", NULL, AS_ONE), 404, "/success",
                   "No templates found");
    static const char *const bad[] = {"page=0", "page=-1", "page=x", "limit=0", "limit=101", "limit="};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_message(mock_call(m, arena_printf(&m->arena, "GET /postnitro/ai-preset?%s", bad[i]), NULL, AS_ONE), 422,
                       "/status",
                       bad[i][0] == 'p' ? "Page must be a positive integer" : "Limit must be between 1 and 100");
}

static void empty_lists_are_not_found_except_audio(void **state)
{
    struct mock *m = *state;
    assert_message(mock_call(m, "GET /postnitro/template", NULL, AS_TWO), 404, "/success", "No templates found");
    assert_message(mock_call(m, "GET /postnitro/ai-preset", NULL, AS_TWO), 404, "/success",
                   "No AI Config Presets found");
    assert_message(mock_call(m, "GET /postnitro/brand", NULL, AS_TWO), 404, "/success", "No brands found");
    assert_string_equal(at(mock_call(m, "GET /postnitro/audio", NULL, AS_TWO), "/data/audios"), "[]");
}

static void a_brand_needs_its_seven_members_and_no_others(void **state)
{
    struct mock *m = *state;
    mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"1m\"}");
    struct mock_response a = mock_call(m, "POST /postnitro/brand", "{" BRAND ",\"showName\":true}", AS_ONE);
    const char *id = at(a, "/data/brand/id");
    a = mock_call(m, "GET /postnitro/brand", NULL, AS_ONE);
    assert_string_equal(at(a, "/data/brands/0/id"), id);
    assert_string_equal(at(a, "/data/brands/1/id"), "bra_a");
    const char *path = arena_printf(&m->arena, "PUT /postnitro/brand/%s", id);
    a = mock_call(m, path, "{" BRAND ",\"showName\":false}", AS_ONE);
    assert_string_equal(at(a, "/data/brand/showName"), "false");
    assert_message(mock_call(m, path, "{" BRAND "}", AS_ONE), 422, "/status", "Show name is required");
    assert_message(mock_call(m, path, "{" BRAND ",\"showName\":\"yes\"}", AS_ONE), 422, "/status",
                   "Show name must be a boolean");
    assert_message(mock_call(m, path, "{" BRAND ",\"showName\":true,\"color\":\"red\"}", AS_ONE), 422, "/status",
                   "Extra parameters passed in the body.");
    assert_message(mock_call(m, path, "{" BRAND ",\"showName\":true}", AS_TWO), 404, "/success", "Brand not found");
    a = mock_call(m, arena_printf(&m->arena, "GET /postnitro/brand/%s", id), NULL, AS_ONE);
    assert_string_equal(at(a, "/data/brand/showName"), "false");
}

static const char *begin(struct mock *m, const char *call, const char *body, const char *as)
{
    struct mock_response a = mock_call(m, call, body, as);
    if (a.status != 200)
        fail_msg("%s: %d " STR_FMT, body, a.status, STR_ARG(a.text));
    assert_string_equal(at(a, "/data/status"), "PENDING");
    return at(a, "/data/embedPostId");
}

static struct mock_response read_job(struct mock *m, const char *what, const char *id, const char *as)
{
    return mock_call(m, arena_printf(&m->arena, "GET /postnitro/post/%s/%s", what, id), NULL, as);
}

static void a_generated_post_is_pending_until_its_time_and_then_a_design(void **state)
{
    struct mock *m = *state;
    const char *id =
        begin(m, GENERATE, "{\"postType\":\"CAROUSEL\",\"responseType\":\"PNG\"," MADE_OF "," TOPIC "}", AS_ONE);
    assert_string_equal(at(read_job(m, "status", id, AS_ONE), "/data/embedPost/status"), "PENDING");
    assert_null(at(read_job(m, "status", id, AS_ONE), "/data/logs/1"));
    assert_string_equal(at(read_job(m, "output", id, AS_ONE), "/data/result"), "null");
    assert_int_equal(read_job(m, "output", id, AS_TWO).status, 404);
    mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"1s\"}");
    struct mock_response a = read_job(m, "status", id, AS_ONE);
    assert_string_equal(at(a, "/data/embedPost/status"), "COMPLETED");
    assert_string_equal(at(a, "/data/logs/2/step"), "COMPLETED");
    a = read_job(m, "output", id, AS_ONE);
    assert_string_equal(at(a, "/data/embedPost/credits"), "8"); /* two for each of the preset's slides */
    assert_string_equal(at(a, "/data/result/name"), "Coffee");
    assert_string_equal(at(a, "/data/result/note"), "from the fixture");
    assert_string_equal(at(a, "/data/result/mimeType"), "image/png");
    assert_non_null(at(a, "/data/result/data/3"));
    assert_null(at(a, "/data/result/data/4"));
    a = mock_call(m, "POST /postnitro/schedule",
                  arena_printf(&m->arena,
                               "{\"status\":\"SCHEDULED\",\"scheduledAt\":\"2026-05-03T09:00:00Z\",\"designId\":\"%s\","
                               "\"selectedAccounts\":[\"cone\"],\"threadsPostSettings\":{\"postType\":\"carousel\"}}",
                               at(a, "/data/result/designId")),
                  AS_ONE);
    assert_string_equal(at(a, "/data/designDetails/name"), "Coffee");
}

static void an_imported_post_costs_one_credit_per_slide(void **state)
{
    struct mock *m = *state;
    const char *id = begin(m, IMPORT, "{\"postType\":\"CAROUSEL\"," MADE_OF "," SLIDES "}", AS_ONE);
    const char *image = begin(m, IMPORT, "{\"postType\":\"IMAGE\"," MADE_OF ",\"slides\":{\"heading\":\"1\"}}", AS_ONE);
    mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"1s\"}");
    struct mock_response a = read_job(m, "output", id, AS_ONE);
    assert_string_equal(at(a, "/data/embedPost/credits"), "3");
    assert_string_equal(at(a, "/data/embedPost/responseType"), "DESIGN");
    assert_null(at(a, "/data/result/data"));
    assert_string_equal(at(read_job(m, "output", image, AS_ONE), "/data/embedPost/credits"), "1");
}

static void a_generation_that_the_fixture_fails_says_why(void **state)
{
    struct mock *m = *state;
    const char *id = begin(m, IMPORT,
                           "{\"postType\":\"IMAGE\",\"templateId\":\"tpl_x\",\"brandId\":\"bra_x\","
                           "\"slides\":{\"heading\":\"1\"}}",
                           AS_BROKEN);
    mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"1s\"}");
    struct mock_response a = read_job(m, "status", id, AS_BROKEN);
    assert_string_equal(at(a, "/data/embedPost/status"), "FAILED");
    assert_string_equal(at(a, "/data/logs/1/status"), "FAILED");
    assert_string_equal(at(a, "/data/logs/1/message"), "The model is overloaded.");
    a = read_job(m, "output", id, AS_BROKEN);
    assert_string_equal(at(a, "/data/embedPost/credits"), "0");
    assert_string_equal(at(a, "/data/result"), "null");
}

static void a_post_is_made_only_of_valid_parts(void **state)
{
    struct mock *m = *state;
    static const struct {
        const char *call, *body;
        int status;
        const char *message;
    } rows[] = {
        {GENERATE, "{" MADE_OF "," TOPIC "}",                                                                          422, "Post type is required"                                                            },
        {GENERATE, "{\"postType\":\"carousel\"," MADE_OF "," TOPIC "}",                                                422, "Post type is not valid"                                                           },
        {GENERATE, "{\"postType\":\"IMAGE\",\"brandId\":\"bra_a\"," TOPIC "}",                                         422, "Template id is required"                                                          },
        {GENERATE, "{\"postType\":\"IMAGE\",\"templateId\":\"tpl_x\",\"brandId\":\"bra_a\"," TOPIC "}",                404,
         "Template not found"                                                                                                                                                                                  },
        {GENERATE, "{\"postType\":\"IMAGE\",\"templateId\":\"tpl_a\",\"brandId\":\"tpl_b\"," TOPIC "}",                404,
         "Brand not found"                                                                                                                                                                                     },
        {GENERATE, "{\"postType\":\"IMAGE\"," MADE_OF ",\"presetId\":\"pre_a\"}",                                      422,
         "AI generation must be an object"                                                                                                                                                                     },
        {GENERATE, "{\"postType\":\"IMAGE\"," MADE_OF "," TOPIC ",\"responseType\":\"MP4\"}",                          422,
         "Response type is not valid"                                                                                                                                                                          },
        {GENERATE, "{\"postType\":\"VIDEO\"," MADE_OF "," TOPIC ",\"responseType\":\"PDF\"}",                          422,
         "Response type of a VIDEO must be MP4 or DESIGN"                                                                                                                                                      },
        {GENERATE, "{\"postType\":\"VIDEO\"," MADE_OF "," TOPIC ",\"responseType\":\"MP4\"}",                          422,
         "Video settings are required"                                                                                                                                                                         },
        {GENERATE, "{\"postType\":\"VIDEO\"," MADE_OF "," TOPIC ",\"videoSettings\":{\"videoDuration\":60}}",          422,
         "Video duration must be at least 5 and less than 60 seconds"                                                                                                                                          },
        {GENERATE,
         "{\"postType\":\"VIDEO\"," MADE_OF "," TOPIC ",\"videoSettings\":{\"videoDuration\":9,\"audioId\":\"no\"}}",
         404,                                                                                                               "Audio not found"                                                                  },
        {GENERATE, "{\"postType\":\"IMAGE\"," MADE_OF "," TOPIC ",\"generateImages\":{\"model\":\"x\"}}",              422,
         "Extra parameters passed in the body."                                                                                                                                                                },
        {GENERATE, "{\"postType\":\"IMAGE\"," MADE_OF "," TOPIC ",\"slides\":[]}",                                     422,
         "Extra parameters passed in the body."                                                                                                                                                                },
        {IMPORT,   "{\"postType\":\"CAROUSEL\"," MADE_OF "}",                                                          422, "Slides are required"                                                              },
        {IMPORT,   "{\"postType\":\"CAROUSEL\"," MADE_OF ",\"slides\":[{\"type\":\"body_slide\",\"heading\":\"1\"}]}",
         422,                                                                                                               "Slides must have one starting_slide, at least one body_slide and one ending_slide"},
        {IMPORT,   "{\"postType\":\"IMAGE\"," MADE_OF "," SLIDES "}",                                                  422, "Slides of an IMAGE must be an object"                                             },
        {IMPORT,   "{\"postType\":\"IMAGE\"," MADE_OF ",\"slides\":{\"heading\":\"1\",\"type\":\"body_slide\"}}",      422,
         "Extra parameters passed in the body."                                                                                                                                                                },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_message(mock_call(m, rows[i].call, rows[i].body, AS_ONE), rows[i].status,
                       rows[i].status == 404 ? "/success" : "/status", rows[i].message);
    assert_string_equal(at(mock_call(m, "GET /__admin/state/post_jobs", NULL), "/items"), "[]");
}

static void audio_of_a_scheduled_post_cannot_be_deleted(void **state)
{
    struct mock *m = *state;
    struct mock_response post =
        mock_call(m, "POST /postnitro/schedule",
                  "{\"status\":\"DRAFT\",\"scheduledAt\":\"2026-05-03T09:00:00Z\",\"selectedAccounts\":[],"
                  "\"postContent\":{\"common\":\"Hi\"},\"postSettings\":{\"videoDuration\":9,\"audioId\":\"aud_a\"}}",
                  AS_ONE);
    assert_int_equal(post.status, 200);
    assert_message(mock_call(m, "DELETE /postnitro/audio/aud_a", NULL, AS_ONE), 400, "/success",
                   "Audio is used by a scheduled post");
    assert_message(mock_call(m, "DELETE /postnitro/audio/aud_b", NULL, AS_TWO), 404, "/success", "Audio not found");
    assert_message(mock_call(m, "DELETE /postnitro/audio/aud_b", NULL, AS_ONE), 200, "/success",
                   "Audio deleted successfully");
    assert_message(mock_call(m, "DELETE /postnitro/audio/aud_b", NULL, AS_ONE), 404, "/success", "Audio not found");
    mock_call(m, arena_printf(&m->arena, "DELETE /postnitro/schedule/%s", at(post, "/data/id")), NULL, AS_ONE);
    assert_int_equal(mock_call(m, "DELETE /postnitro/audio/aud_a", NULL, AS_ONE).status, 200);
    assert_string_equal(at(mock_call(m, "GET /postnitro/audio", NULL, AS_ONE), "/data/audios"), "[]");
}

#define START(name) cmocka_unit_test_setup_teardown(name, start, mock_test_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        START(lists_have_pages_with_the_latest_change_first),
        START(empty_lists_are_not_found_except_audio),
        START(a_brand_needs_its_seven_members_and_no_others),
        START(a_generated_post_is_pending_until_its_time_and_then_a_design),
        START(an_imported_post_costs_one_credit_per_slide),
        START(a_generation_that_the_fixture_fails_says_why),
        START(a_post_is_made_only_of_valid_parts),
        START(audio_of_a_scheduled_post_cannot_be_deleted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
