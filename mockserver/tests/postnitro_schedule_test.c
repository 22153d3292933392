/* Scheduled posts: the request rules, the list, and the status of a post over time, with
 * fixtures/postnitro-acme.yaml, whose clock starts at 2026-05-02T09:00:00Z. */
#include "base/array.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/postnitro_test.h"

#include <stdio.h>

#define AT      "\"scheduledAt\":\"2026-05-03T12:00:00Z\""
#define DRAFT   "\"status\":\"DRAFT\"," AT
#define WHEN    "\"status\":\"SCHEDULED\"," AT
#define CAPTION "\"postContent\":{\"common\":\"hi\"}"
#define DESIGN  "\"designId\":\"dsgnacme0000000000spring01\""
#define ON(id)  "\"selectedAccounts\":[\"" id "\"]"
#define THREADS "cacme00000000000000threads"
#define TIKTOK  "cacme000000000000000tiktok"
#define INSTA   "cacme000000000000instagram"
#define LINKED  "cacme0000000000000linkedin"
#define TEN     "ten chars."
#define NINETY  TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define FLAGS                                                                                                          \
    "\"canComment\":true,\"isBrandedContent\":false,\"isYourBrand\":false,"                                            \
    "\"isThirdPartyBrand\":false,\"isAIGeneratedContent\":false"

static void a_wrong_shape_is_refused_by_the_edge(void **state)
{
    static const struct {
        const char *body, *message;
    } rows[] = {
        {"{" DRAFT "," CAPTION ",\"labels\":[]}",                 "Extra parameters passed in the body."     },
        {"{\"Status\":\"DRAFT\"," AT "}",                         "Extra parameters passed in the body."     },
        {"{" AT "}",                                              "Status is required"                       },
        {"{\"status\":null," AT "}",                              "Status is required"                       },
        {"{\"status\":\"draft\"," AT "}",                         "Status must be 'DRAFT' or 'SCHEDULED'"    },
        {"{\"status\":\"PUBLISHED\"," AT "}",                     "Status must be 'DRAFT' or 'SCHEDULED'"    },
        {"{\"status\":1," AT "}",                                 "Status must be 'DRAFT' or 'SCHEDULED'"    },
        {"{\"status\":\"DRAFT\"}",                                "Scheduled at is required"                 },
        {"{\"status\":\"DRAFT\",\"scheduledAt\":5}",              "Scheduled at must be a string"            },
        {"{\"status\":\"DRAFT\",\"scheduledAt\":\"soon\"}",       "Scheduled at is not a valid date"         },
        {"{\"status\":\"DRAFT\",\"scheduledAt\":\"2026-13-01\"}", "Scheduled at is not a valid date"         },
        {"{" DRAFT ",\"designId\":7}",                            "Design id must be a string"               },
        {"{" DRAFT ",\"postContent\":\"hi\"}",                    "Post content must be an object"           },
        {"{" DRAFT ",\"postContent\":[]}",                        "Post content must be an object"           },
        {"{" DRAFT ",\"selectedAccounts\":{}}",                   "Selected accounts must be an array"       },
        {"{" DRAFT ",\"instagramPostSettings\":[]}",              "Instagram post settings must be an object"},
        {"{" DRAFT ",\"tiktokPostSettings\":1}",                  "TikTok post settings must be an object"   },
        {"{" DRAFT ",\"linkedinPostSettings\":\"\"}",             "LinkedIn post settings must be an object" },
        {"{" DRAFT ",\"threadsPostSettings\":true}",              "Threads post settings must be an object"  },
        {"{" DRAFT ",\"postSettings\":30}",                       "Post settings must be an object"          },
    };
    static const char *const lines[] = {"POST /schedule", "PUT /schedule/cacmepost0000000000shared"};
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t n = 0; n < 2; n++)
            assert_edge(mock_call(*state, lines[n], rows[i].body, AS_ACME), 422, rows[i].message);
    struct mock_response bad = mock_call(*state, "POST /schedule", "{", AS_ACME);
    assert_int_equal(bad.status, 400);
    assert_string_equal(at(bad, "/status"), "false");
    assert_int_equal(mock_call(*state, "POST /schedule", NULL, AS_ACME).status, 422);
}

static void a_wrong_value_is_refused_by_the_application(void **state)
{
    /* clang-format off */
    static const struct {
        const char *body;
        int status;
        const char *message;
    } rows[] = {
        {"{\"status\":\"DRAFT\",\"scheduledAt\":\"2026-05-02T09:00:00Z\"," CAPTION "}", 400,
         "Scheduled at is in the past"},
        {"{" DRAFT "," CAPTION ",\"designId\":\"nope\"}",    404, "Design not found."},
        {"{" DRAFT "," CAPTION "," ON("nope") "}",           404, "Social account not found"},
        {"{" DRAFT "," CAPTION "," ON("cother00000000000000tiktok") "}", 404, "Social account not found"},
        {"{" DRAFT "," CAPTION ",\"selectedAccounts\":[5]}", 404, "Social account not found"},
        {"{" DRAFT "}",                                      400, "Post content must be a non-empty object"},
        {"{" DRAFT ",\"postContent\":{\"common\":\"\"}}",    400, "Post content must be a non-empty object"},
        {"{" DRAFT ",\"postContent\":{\"linkedIn\":\"a\"}}", 400, "Post content must be a non-empty object"},
        {"{" DRAFT ",\"postContent\":{\"common\":\"a\",\"threads\":5}}", 400,
         "Post content of threads must be a string"},
        {"{" DRAFT "," CAPTION ",\"postSettings\":{\"audioId\":5}}", 400, "Audio id must be a string"},
        {"{" DRAFT "," CAPTION ",\"postSettings\":{\"audioId\":\"nope\"}}", 404, "Audio not found"},
        {"{" DRAFT "," CAPTION ",\"postSettings\":{\"audioId\":\"audother0000000000evening\"}}", 404,
         "Audio not found"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = mock_call(*state, "POST /schedule", rows[i].body, AS_ACME);
        assert_response(a, rows[i].status,
                        arena_printf(a.arena, "{\"success\":false,\"message\":\"%s\",\"error\":\"%s\"}",
                                     rows[i].message, rows[i].message));
    }
}

static void each_platform_requires_its_settings(void **state)
{
    /* clang-format off */
    static const struct {
        const char *body, *message; /* NULL: it is created */
    } rows[] = {
        {"{" WHEN "," CAPTION "," ON(THREADS) "}",                         NULL},
        {"{" WHEN "," DESIGN "," ON(THREADS) "}",                          "Threads post settings are required"},
        {"{" WHEN "," DESIGN "," ON(THREADS) ",\"threadsPostSettings\":{\"postType\":\"image\"}}", NULL},
        {"{" WHEN "," DESIGN "," ON(INSTA) ",\"instagramPostSettings\":{\"postType\":\"story\"}}",
         "Instagram post type is not valid"},
        {"{" DRAFT "," CAPTION "," ON(LINKED) "}",                         "LinkedIn post settings are required"},
        {"{" DRAFT "," CAPTION "," ON(LINKED) ",\"linkedinPostSettings\":{\"postType\":\"image\"}}", NULL},
        {"{" WHEN "," CAPTION "," ON(LINKED) ",\"linkedinPostSettings\":{\"postType\":\"image\"}}",
         "LinkedIn posts require a design"},
        {"{" WHEN "," DESIGN "," ON(LINKED) ",\"linkedinPostSettings\":{\"postType\":\"document\","
         "\"postTitle\":\"four\"}}", "LinkedIn post title of a document must have 5 to 90 characters"},
        {"{" WHEN "," DESIGN "," ON(LINKED) ",\"linkedinPostSettings\":{\"postType\":\"document\","
         "\"postTitle\":\"Five!\"}}", NULL},
        {"{" DRAFT "," CAPTION "," ON(TIKTOK) ",\"tiktokPostSettings\":{\"postType\":\"reel\"}}",
         "TikTok canComment must be a boolean"},
        {"{" WHEN "," DESIGN "," ON(TIKTOK) ",\"tiktokPostSettings\":{\"postType\":\"reel\"," FLAGS "}}",
         "TikTok privacy level is not valid"},
        {"{" DRAFT "," CAPTION "," ON(TIKTOK) ",\"tiktokPostSettings\":{\"postType\":\"reel\"," FLAGS "}}",
         "TikTok canDuet and canStitch of a reel must be booleans"},
        {"{" DRAFT "," CAPTION "," ON(TIKTOK) ",\"tiktokPostSettings\":{\"postType\":\"carousel\"," FLAGS "}}",
         "TikTok autoAddMusic of a carousel must be a boolean"},
        {"{" WHEN "," DESIGN "," ON(TIKTOK) ",\"tiktokPostSettings\":{\"postType\":\"carousel\",\"autoAddMusic\":true,"
         FLAGS ",\"privacyLevel\":\"SELF_ONLY\"}}", NULL},
        {"{" WHEN "," DESIGN "," ON(TIKTOK) ",\"tiktokPostSettings\":{\"postType\":\"carousel\",\"autoAddMusic\":true,"
         "\"canComment\":true,\"isBrandedContent\":true,\"isYourBrand\":false,\"isThirdPartyBrand\":false,"
         "\"isAIGeneratedContent\":false,\"privacyLevel\":\"PUBLIC_TO_EVERYONE\"}}",
         "TikTok branded content requires isYourBrand or isThirdPartyBrand"},
        {"{" WHEN "," DESIGN "," ON(TIKTOK) ",\"tiktokPostSettings\":{\"postType\":\"carousel\",\"autoAddMusic\":true,"
         "\"canComment\":true,\"isBrandedContent\":true,\"isYourBrand\":true,\"isThirdPartyBrand\":false,"
         "\"isAIGeneratedContent\":false,\"privacyLevel\":\"SELF_ONLY\"}}", "TikTok branded content cannot be private"},
        {"{" WHEN "," DESIGN "," ON(LINKED) ",\"linkedinPostSettings\":{\"postType\":\"document\",\"postTitle\":\""
         NINETY "!\"}}", "LinkedIn post title of a document must have 5 to 90 characters"},
        {"{" WHEN "," DESIGN "," ON(LINKED) ",\"linkedinPostSettings\":{\"postType\":\"document\",\"postTitle\":\""
         NINETY "\"}}", NULL},
        {"{" DRAFT "," CAPTION "," ON(TIKTOK) ",\"tiktokPostSettings\":{\"postType\":\"carousel\","
         "\"autoAddMusic\":true,\"canComment\":true,\"isBrandedContent\":true,\"isYourBrand\":false,"
         "\"isThirdPartyBrand\":false,\"isAIGeneratedContent\":false}}", NULL},
        {"{" DRAFT "," CAPTION "," ON(TIKTOK) ",\"tiktokPostSettings\":{\"postType\":\"reel\",\"canStitch\":true,"
         FLAGS "}}", "TikTok canDuet and canStitch of a reel must be booleans"},
        {"{" DRAFT "," CAPTION "," ON(TIKTOK) ",\"tiktokPostSettings\":{\"postType\":\"reel\",\"canStitch\":true,"
         "\"canDuet\":false," FLAGS "}}", NULL},
        {"{" DRAFT "," CAPTION ",\"postSettings\":{\"videoDuration\":60}}",
         "Video duration must be at least 5 and less than 60 seconds"},
        {"{" DRAFT "," CAPTION ",\"postSettings\":{\"videoDuration\":5}}", NULL},
        {"{" DRAFT "," CAPTION ",\"postSettings\":{\"audioId\":\"audacme0000000000000morning\"}}", NULL},
        {"{" DRAFT "," CAPTION ",\"postSettings\":{\"audioId\":null}}", NULL},
        {"{" WHEN "," DESIGN "," ON(INSTA) ",\"instagramPostSettings\":{\"postType\":\"image\","
         "\"postAsStory\":\"no\"}}", "Instagram postAsStory must be a boolean"},
        {"{" WHEN "," DESIGN "," ON(INSTA) ",\"instagramPostSettings\":{\"postType\":\"image\","
         "\"postAsStory\":true}}", NULL},
        {"{" WHEN "," DESIGN "," ON(LINKED) ",\"linkedinPostSettings\":{\"postType\":\"document\","
         "\"postTitle\":\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"}}",
         "LinkedIn post title of a document must have 5 to 90 characters"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = mock_call(*state, "POST /schedule", rows[i].body, AS_ACME);
        assert_string_equal(at(a, "/message"), rows[i].message ? rows[i].message : "Scheduled post created");
        assert_int_equal(a.status, rows[i].message ? 400 : 200);
    }
}

static void a_created_post_has_the_requested_values(void **state)
{
    struct mock_response a =
        mock_call(*state, "POST /schedule",
                  "{" DRAFT ",\"postContent\":{\"threads\":\"second #b\",\"common\":\"one #a_1, #\\u00fc #\","
                  "\"tiktok\":\"\"},\"selectedAccounts\":[\"" THREADS "\",\"" THREADS "\"],"
                  "\"threadsPostSettings\":{\"postType\":\"reel\",\"x\":[1]}}",
                  AS_ACME);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/data/status"), "DRAFT");
    assert_string_equal(at(a, "/data/scheduledFor"), "2026-05-03T12:00:00.000Z");
    assert_string_equal(at(a, "/data/createdAt"), "2026-05-02T09:00:00.000Z");
    assert_string_equal(at(a, "/data/postContents"),
                        "[{\"platform\":\"common\",\"text\":\"one #a_1, #\u00fc #\","
                        "\"hashtags\":[\"#a_1\",\"#\u00fc\"]},"
                        "{\"platform\":\"threads\",\"text\":\"second #b\",\"hashtags\":[\"#b\"]}]");
    assert_string_equal(at(a, "/data/threadsPostSettings"), "{\"postType\":\"reel\",\"x\":[1]}");
    assert_string_equal(at(a, "/data/tiktokPostSettings"), "null");
    const struct node *links = node_pointer(a.body, "/data/socialAccounts");
    assert_int_equal(node_count(links), 1); /* listed twice, linked once */
    assert_string_equal(at(a, "/data/socialAccounts/0/status"), "DRAFT");
}

static const char *range(struct mock *m, const char *query)
{
    char line[160];
    snprintf(line, sizeof line, "GET /schedule?%s", query);
    struct mock_response a = mock_call(m, line, NULL, AS_ACME);
    struct buf out = {.arena = a.arena};
    const struct node *posts = node_get(a.body, "data");
    assert_int_equal(a.status, 200);
    for (size_t i = 0; i < node_count(posts); i++)
        buf_printf(&out, "%s%s", i ? " " : "", str_skip(str_from(node_get_text(node_at(posts, i), "id")), 19).s);
    return buf_c(&out);
}

static void the_range_includes_both_ends(void **state)
{
    static const struct {
        const char *query, *ids;
    } rows[] = {
        {"fromDate=2026-05-04T09:00:00Z&toDate=2026-05-04T09:00:00Z",         "shared"              },
        {"fromDate=2026-05-04T09:00:00.001Z&toDate=2026-05-05T08:59:59.999Z", ""                    },
        {"fromDate=2026-05-04&toDate=2026-05-07",                             "0draft 0alone shared"},
        {"fromDate=2026-05&toDate=2026-05-05",                                "shared"              },
        {"fromDate=2026&toDate=2026-05-01",                                   "00done failed"       },
        {"fromDate=Mon%2C%2004%20May%202026%2009%3A00%3A00%20GMT&toDate=2026-05-04T11:00:00%2B02:"
         "00",                                                       "shared"              },
        {"fromDate=2026-05-04T09:00:00&toDate=2026-05-04T09:00:00",           "shared"              },
        {"fromDate=2026-05-04T09:00&toDate=2026-05-04T09:00Z",                "shared"              },
        {"fromDate=2026-05-04%2009:00&toDate=2026-05-04%2009:00:00",          "shared"              },
        {"fromDate=2026-05-04T10:01%2B01:00&toDate=2026-05-05",               ""                    },
        {"fromDate=2026-05-07&toDate=2026-05-04",                             ""                    },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(range(*state, rows[i].query), rows[i].ids);
}

static void a_range_requires_two_valid_dates(void **state)
{
    static const struct {
        const char *query, *message;
    } rows[] = {
        {"",                                    "From date is required"        },
        {"?toDate=2026-05-01",                  "From date is required"        },
        {"?fromDate=&toDate=2026-05-01",        "From date is required"        },
        {"?fromDate=soon",                      "From date is not a valid date"},
        {"?fromDate=2026-05-04T9:00&toDate=x",  "From date is not a valid date"},
        {"?fromDate=2026-05-04x09:00&toDate=x", "From date is not a valid date"},
        {"?fromDate=2026-05-01",                "To date is required"          },
        {"?fromDate=2026-05-01&toDate=later",   "To date is not a valid date"  },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char line[96];
        snprintf(line, sizeof line, "GET /schedule%s", rows[i].query);
        assert_edge(mock_call(*state, line, NULL, AS_ACME), 422, rows[i].message);
    }
}

static void a_post_of_another_workspace_is_not_found(void **state)
{
    static const char *const lines[] = {"GET /schedule/cotherpost00000000000000a",
                                        "PUT /schedule/cotherpost00000000000000a",
                                        "DELETE /schedule/cotherpost00000000000000a", "GET /schedule/unknown"};
    for (size_t i = 0; i < COUNT(lines); i++)
        assert_response(mock_call(*state, lines[i], "{" DRAFT "," CAPTION "}", AS_ACME), 404,
                        "{\"success\":false,\"message\":\"Post details not found.\","
                        "\"error\":\"Post details not found.\"}");
    static const char *const blank[] = {"GET /schedule/", "GET /schedule/%20", "PUT /schedule",
                                        "PUT /schedule/", "DELETE /schedule",  "DELETE /schedule/"};
    for (size_t i = 0; i < COUNT(blank); i++)
        assert_edge(mock_call(*state, blank[i], NULL, AS_ACME), 422, "Post id is required");
}

static void an_update_replaces_captions_and_links(void **state)
{
    struct mock *m = *state;
    const char *line = "PUT /schedule/cacmepost0000000000shared";
    struct mock_response a =
        mock_call(m, line, "{" WHEN ",\"postContent\":{\"tiktok\":\"new\"}," ON(TIKTOK) "}", AS_ACME);
    assert_string_equal(at(a, "/message"), "Scheduled post updated");
    assert_string_equal(at(a, "/data/id"), "cacmepost0000000000shared");
    assert_string_equal(at(a, "/data/scheduledFor"), "2026-05-03T12:00:00.000Z");
    assert_string_equal(at(a, "/data/postContents"), "[{\"platform\":\"tiktok\",\"text\":\"new\",\"hashtags\":[]}]");
    assert_int_equal(node_count(node_pointer(a.body, "/data/socialAccounts")), 1);
    a = mock_call(m, line, "{" DRAFT "," CAPTION "," ON(TIKTOK) "}", AS_ACME);
    assert_string_equal(at(a, "/data/status"), "DRAFT");
    assert_string_equal(at(a, "/data/socialAccounts/0/status"), "DRAFT");
    a = mock_call(m, ("GET /social-account/" TIKTOK), NULL, AS_ACME);
    assert_string_equal(at(a, "/data/usage"), "[{\"status\":\"DRAFT\",\"_count\":1}]");
    a = mock_call(m, ("GET /social-account/" THREADS), NULL, AS_ACME);
    assert_string_equal(at(a, "/data/usage"), "[]");

    a = mock_call(m, "PUT /schedule/cacmepost000000000000done", "{" WHEN "," CAPTION "}", AS_ACME);
    assert_response(a, 400,
                    "{\"success\":false,\"message\":\"Failed to update PUBLISHED post\","
                    "\"error\":\"Failed to update PUBLISHED post\"}");
}

static void deleting_a_post_deletes_its_links(void **state)
{
    struct mock *m = *state;
    const char *line = "DELETE /schedule/cacmepost0000000000shared";
    assert_response(mock_call(m, line, NULL, AS_ACME), 200,
                    "{\"success\":true,\"message\":\"Scheduled post deleted\","
                    "\"data\":{\"message\":\"Post deleted successfully\"}}");
    assert_int_equal(mock_call(m, line, NULL, AS_ACME).status, 404);
    assert_string_equal(range(m, "fromDate=2026-05-04&toDate=2026-05-05"), "");
    struct mock_response a = mock_call(m, ("GET /social-account/" THREADS), NULL, AS_ACME);
    assert_string_equal(at(a, "/data/usage"), "[]");
}

static struct mock_response read_post(struct mock *m, const char *id)
{
    char line[64];
    snprintf(line, sizeof line, "GET /schedule/%s", id);
    return mock_call(m, line, NULL, AS_ACME);
}

static void a_post_is_published_or_fails_when_it_is_due(void **state)
{
    /* clang-format off */
    static const struct {
        const char *simulation, *body, *status, *first, *message;
    } rows[] = {
        {NULL, NULL, "PUBLISHED", "PUBLISHED", "null"},
        {"publish_outcome",
         "{\"account\":\"cacme000000000000disposable\",\"outcome\":\"error\",\"code\":\"Too many posts today.\"}",
         "PARTIALLY_FAILED", "FAILED", "Too many posts today."},
        {"token_lost", "{\"account\":\"cacme000000000000disposable\",\"why\":\"expired\"}", "PARTIALLY_FAILED",
         "FAILED", "The account's access token is no longer valid."},
    };
    /* clang-format on */
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock *m = mock_test_file(SOURCE_DIR "/fixtures/postnitro-acme.yaml");
        char line[64];
        snprintf(line, sizeof line, "POST /__admin/simulate/%s", rows[i].simulation ? rows[i].simulation : "");
        if (rows[i].simulation)
            assert_int_equal(mock_call(m, line, rows[i].body).status, 200);
        assert_string_equal(at(read_post(m, "cacmepost0000000000shared"), "/data/status"), "SCHEDULED");
        mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"2d\"}");
        struct mock_response a = read_post(m, "cacmepost0000000000shared");
        assert_string_equal(at(a, "/data/status"), rows[i].status);
        assert_string_equal(at(a, "/data/publishedAt"), "2026-05-04T09:00:00.000Z");
        assert_string_equal(at(a, "/data/errorMessage"), rows[i].message);
        assert_string_equal(at(a, "/data/socialAccounts/0/status"), rows[i].first);
        assert_string_equal(at(a, "/data/socialAccounts/0/errorMessage"), rows[i].message);
        assert_string_equal(at(a, "/data/socialAccounts/1/status"), "PUBLISHED");
        assert_true(str_starts(str_from(at(a, "/data/socialAccounts/1/liveLink")),
                               STR("https://www.threads.net/@acme.coffee/post/")));
        mock_free(m);
    }
}

static void the_outcome_of_one_post_can_be_simulated(void **state)
{
    struct mock *m = *state;
    const char *body = "{\"post\":\"cacmepost00000000000alone\",\"outcome\":\"error\","
                       "\"code\":\"No.\"}";
    assert_int_equal(mock_call(m, "POST /__admin/simulate/publish_outcome", body).status, 200);
    mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"3d\"}");
    struct mock_response a = read_post(m, "cacmepost00000000000alone");
    assert_string_equal(at(a, "/data/status"), "FAILED");
    assert_string_equal(at(a, "/data/errorMessage"), "No.");
    assert_string_equal(at(a, "/data/publishedAt"), "null");
    a = mock_call(m, "DELETE /schedule/cacmepost00000000000alone", NULL, AS_ACME);
    assert_int_equal(a.status, 200); /* a failed post can be deleted */
}

static struct mock *mock_of_accounts(void)
{
    return mock_test_new("clock: { start: 2026-05-02T09:00:00Z }\n"
                         "timings: { publish: 1m }\n"
                         "postnitro:\n"
                         "  workspaces:\n"
                         "    - id: ws\n"
                         "      keys: [ { name: acme, key: pn-acme00000000000000000001 } ]\n"
                         "      social_accounts:\n"
                         "        - { id: live, platform: threads, handle: a }\n"
                         "        - { id: dead, platform: threads, handle: b, access_token_status: revoked }\n"
                         "        - { id: late, platform: threads, handle: c }\n"
                         "      posts:\n"
                         "        - { id: both, accounts: [dead, live], at: +1h }\n"
                         "        - { id: failed, accounts: [dead], at: +1h }\n"
                         "        - { id: three, accounts: [live, dead, late], at: +1h }\n"
                         "        - { id: done, accounts: [live], at: +1h }\n"
                         "        - { id: waits, accounts: [live, late], at: +1d }\n");
}

/* However the accounts go, a post that has been attempted keeps its status, its time and its error. */
static void a_disconnected_account_does_not_change_what_a_post_came_to(void **state)
{
    static const struct {
        const char *post, *status, *published_at, *error;
    } rows[] = {
        {"both",   "PARTIALLY_FAILED", "2026-05-02T10:01:00.000Z", "The account's access token is no longer valid."},
        {"failed", "FAILED",           "null",                     "The account's access token is no longer valid."},
        {"three",  "PARTIALLY_FAILED", "2026-05-02T10:01:00.000Z", "The account's access token is no longer valid."},
        {"done",   "PUBLISHED",        "2026-05-02T10:01:00.000Z", "null"                                          },
        {"waits",  "SCHEDULED",        "null",                     "null"                                          },
    };
    static const char *const accounts[] = {"dead", "live", "late"};
    (void)state;
    for (int simulated = 0; simulated <= 1; simulated++) {
        struct mock *m = mock_of_accounts();
        mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"61m\"}");
        for (size_t gone = 0; gone <= COUNT(accounts); gone++) {
            for (size_t i = 0; i < COUNT(rows); i++) {
                struct mock_response a = read_post(m, rows[i].post);
                assert_string_equal(at(a, "/data/status"), rows[i].status);
                assert_string_equal(at(a, "/data/publishedAt"), rows[i].published_at);
                assert_string_equal(at(a, "/data/errorMessage"), rows[i].error);
            }
            if (gone == COUNT(accounts))
                break;
            char line[64], body[64];
            snprintf(line, sizeof line, "DELETE /social-account/%s", accounts[gone]);
            snprintf(body, sizeof body, "{\"account\":\"%s\"}", accounts[gone]);
            struct mock_response a = simulated ? mock_call(m, "POST /__admin/simulate/account_removed", body)
                                               : mock_call(m, line, NULL, AS_ACME);
            assert_int_equal(a.status, 200);
        }
        assert_string_equal(at(read_post(m, "three"), "/data/socialAccounts"), "[]");
        mock_free(m);
    }
}

/* An account that goes while its link is publishing fails that link; the post waits for it. */
static void a_link_that_is_publishing_fails_when_its_account_goes(void **state)
{
    (void)state;
    struct mock *m = mock_of_accounts();
    mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"1h\"}");
    assert_int_equal(mock_call(m, "DELETE /social-account/live", NULL, AS_ACME).status, 200);
    assert_string_equal(at(read_post(m, "done"), "/data/status"), "SCHEDULED");
    mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"1m\"}");
    assert_string_equal(at(read_post(m, "done"), "/data/status"), "FAILED");
    assert_string_equal(at(read_post(m, "done"), "/data/errorMessage"), "The account was disconnected.");
    assert_string_equal(at(read_post(m, "three"), "/data/status"), "PARTIALLY_FAILED");
    mock_free(m);
}

static struct mock_response update_post(struct mock *m, const char *id)
{
    char line[64];
    snprintf(line, sizeof line, "PUT /schedule/%s", id);
    return mock_call(m, line,
                     "{\"status\":\"SCHEDULED\",\"scheduledAt\":\"2026-05-03T09:00:00Z\","
                     "\"postContent\":{\"common\":\"Again.\"},\"selectedAccounts\":[\"late\"]}",
                     AS_ACME);
}

/* An update starts the post over, so nothing of its past counts any more. */
static void an_update_forgets_what_a_post_came_to(void **state)
{
    (void)state;
    struct mock *m = mock_of_accounts();
    mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"1h\"}");
    assert_int_equal(mock_call(m, "DELETE /social-account/dead", NULL, AS_ACME).status, 200);
    assert_string_equal(at(update_post(m, "failed"), "/message"), "Failed to update FAILED post");
    assert_string_equal(at(read_post(m, "both"), "/data/errorMessage"),
                        "The account's access token is no longer valid.");
    struct mock_response a = update_post(m, "both"); /* its other link is still publishing */
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/data/status"), "SCHEDULED");
    assert_string_equal(at(a, "/data/errorMessage"), "null");
    mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"2d\"}");
    a = read_post(m, "both");
    assert_string_equal(at(a, "/data/status"), "PUBLISHED");
    assert_string_equal(at(a, "/data/publishedAt"), "2026-05-03T09:01:00.000Z");
    mock_free(m);
}

/* One link fails at once, the other is still publishing. */
static void a_post_stays_scheduled_until_all_its_links_are_final(void **state)
{
    (void)state;
    struct mock *m =
        mock_test_new("clock: { start: 2026-05-02T09:00:00Z }\n"
                      "timings: { publish: 1m }\n"
                      "postnitro:\n"
                      "  workspaces:\n"
                      "    - id: ws\n"
                      "      keys: [ { name: acme, key: pn-acme00000000000000000001 } ]\n"
                      "      social_accounts:\n"
                      "        - { id: live, platform: threads, handle: a }\n"
                      "        - { id: dead, platform: threads, handle: b, access_token_status: revoked }\n"
                      "      posts:\n"
                      "        - { id: both, accounts: [dead, live], at: +1h }\n"
                      "        - { id: old, accounts: [live], at: -2d, status: PUBLISHED }\n"
                      "    - { id: elsewhere, designs: [ { id: theirs } ] }\n");
    static const struct {
        const char *by, *status, *link, *published_at;
    } rows[] = {
        {"1h",  "SCHEDULED",        "PENDING",   "null"                    },
        {"59s", "SCHEDULED",        "PENDING",   "null"                    },
        {"1s",  "PARTIALLY_FAILED", "PUBLISHED", "2026-05-02T10:01:00.000Z"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char body[32];
        snprintf(body, sizeof body, "{\"by\":\"%s\"}", rows[i].by);
        mock_call(m, "POST /__admin/clock/advance", body);
        struct mock_response a = read_post(m, "both");
        assert_string_equal(at(a, "/data/status"), rows[i].status);
        assert_string_equal(at(a, "/data/publishedAt"), rows[i].published_at);
        assert_string_equal(at(a, "/data/socialAccounts/0/status"), "FAILED");
        assert_string_equal(at(a, "/data/socialAccounts/1/status"), rows[i].link);
    }
    assert_string_equal(at(read_post(m, "old"), "/data/createdAt"), "2026-04-29T09:00:00.000Z");
    struct mock_response a = mock_call(m, "POST /schedule", "{" DRAFT "," CAPTION ",\"designId\":\"theirs\"}", AS_ACME);
    assert_string_equal(at(a, "/message"), "Design not found.");
    mock_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POSTNITRO_TEST(a_wrong_shape_is_refused_by_the_edge),
        POSTNITRO_TEST(a_wrong_value_is_refused_by_the_application),
        POSTNITRO_TEST(each_platform_requires_its_settings),
        POSTNITRO_TEST(a_created_post_has_the_requested_values),
        POSTNITRO_TEST(the_range_includes_both_ends),
        POSTNITRO_TEST(a_range_requires_two_valid_dates),
        POSTNITRO_TEST(a_post_of_another_workspace_is_not_found),
        POSTNITRO_TEST(an_update_replaces_captions_and_links),
        POSTNITRO_TEST(deleting_a_post_deletes_its_links),
        POSTNITRO_TEST(a_post_is_published_or_fails_when_it_is_due),
        POSTNITRO_TEST(the_outcome_of_one_post_can_be_simulated),
        cmocka_unit_test(a_disconnected_account_does_not_change_what_a_post_came_to),
        cmocka_unit_test(a_link_that_is_publishing_fails_when_its_account_goes),
        cmocka_unit_test(an_update_forgets_what_a_post_came_to),
        cmocka_unit_test(a_post_stays_scheduled_until_all_its_links_are_final),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
