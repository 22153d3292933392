/* Authentication, the list of accounts, a single account with its usage, and the disconnection,
 * with fixtures/postnitro-acme.yaml. */
#include "base/array.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/postnitro_test.h"

#include <stdio.h>

#define LIST       "GET /social-account"
#define READ       "GET /social-account/cacme000000000000disposable"
#define DISCONNECT "DELETE /social-account/cacme000000000000disposable"
#define REQUIRED   "Social account id is required"

static void each_invalid_key_has_its_own_response(void **state)
{
    static const struct {
        const char *header;
        int status;
        const char *text;
    } rows[] = {
        {"x-other: 1",                                        401, UNAUTHORIZED},
        {"embed-api-key:",                                    401, UNAUTHORIZED},
        {"embed-api-key:    ",                                401, UNAUTHORIZED},
        {"authorization: Bearer",                             401, UNAUTHORIZED},
        {AS_STRANGER,                                         401, UNKNOWN_KEY },
        {"embed-api-key: Bearer pn-acme00000000000000000001", 401, UNKNOWN_KEY },
        {"embed-api-key: lp_live_01HX9Y6K7EJ4T2_full",        401, UNKNOWN_KEY },
        {"authorization: Bearer lp_live_01HX9Y6K7EJ4T2_full", 401, UNKNOWN_KEY },
        {"authorization: Basic pn-acme00000000000000000001",  401, UNKNOWN_KEY },
        {AS_LOOSE,                                            401, NO_WORKSPACE},
        {AS_UNPAID,                                           402, UNPAID      },
    };
    static const char *const lines[] = {
        LIST, READ, DISCONNECT, "GET /schedule", "GET /postnitro/", "GET /social-account/unknown",
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t n = 0; n < COUNT(lines); n++)
            assert_response(mock_call(*state, lines[n], NULL, rows[i].header), rows[i].status, rows[i].text);
    assert_int_equal(mock_call(*state, READ, NULL, AS_ACME).status, 200);
}

static void embed_api_key_takes_precedence_over_authorization(void **state)
{
    struct mock *m = *state;
    assert_int_equal(mock_call(m, LIST, NULL, "Authorization: pn-acme00000000000000000001").status, 200);
    assert_int_equal(mock_call(m, LIST, NULL, "Authorization: Bearer pn-acme00000000000000000001").status, 200);
    assert_int_equal(mock_call(m, LIST, NULL, "Embed-Api-Key: pn-acme00000000000000000001").status, 200);
    struct mock_response both = mock_call(m, LIST, NULL, AS_OTHER, "Authorization: Bearer pn-acme00000000000000000001");
    assert_string_equal(at(both, "/data/socialAccounts/tiktok/0/id"), "cother00000000000000tiktok");
    assert_response(mock_call(m, LIST, NULL, AS_STRANGER, "Authorization: Bearer pn-acme00000000000000000001"), 401,
                    UNKNOWN_KEY);
}

static void the_provider_is_selected_by_mount_and_route(void **state)
{
    struct mock *m = *state;
    assert_int_equal(mock_call(m, LIST, NULL, AS_ACME).status, 200);
    assert_int_equal(mock_call(m, "GET /postnitro/social-account", NULL, AS_ACME).status, 200);
    assert_int_equal(mock_call(m, "GET /postnitro", NULL, AS_ACME).status, 200);
    assert_response(mock_call(m, "GET /postnitro/", NULL, AS_ACME), 200, "{\"success\":true}");
    assert_int_equal(mock_call(m, "GET /", NULL, AS_ACME).status, 404); /* no provider is selected */
    assert_int_equal(mock_call(m, "POST /", "{}", AS_ACME).status, 404);
    assert_edge(mock_call(m, "GET /postnitro/nowhere", NULL, AS_ACME), 404, "There is no such endpoint.");
    assert_edge(mock_call(m, "PATCH /social-account", NULL, AS_ACME), 405,
                "This endpoint does not support this method.");
}

static const char *ids(struct mock_response a, const char *platform)
{
    struct buf out = {.arena = a.arena};
    const struct node *rows = node_pointer(a.body, arena_printf(a.arena, "/data/socialAccounts/%s", platform));
    for (size_t i = 0; i < node_count(rows); i++)
        buf_printf(&out, "%s%s", i ? " " : "", node_get_text(node_at(rows, i), "id"));
    return buf_c(&out);
}

static void the_list_has_four_platforms_newest_account_first(void **state)
{
    struct mock_response a = mock_call(*state, LIST, NULL, AS_ACME);
    assert_int_equal(a.status, 200);
    assert_int_equal(node_count(node_pointer(a.body, "/data/socialAccounts")), 4);
    assert_string_equal(ids(a, "linkedin"), "cacme0000000000000linkedin");
    assert_string_equal(ids(a, "instagram"), "cacme000000000000instagram");
    assert_string_equal(ids(a, "tiktok"), "cacme000000000000000tiktok cacme00000000000000expired");
    assert_string_equal(ids(a, "threads"), "cacme000000000000disposable cacme00000000000000threads");
    assert_response(mock_call(*state, LIST, NULL, AS_EMPTY), 200,
                    "{\"success\":true,\"data\":{\"socialAccounts\":{\"linkedin\":[],"
                    "\"instagram\":[],\"tiktok\":[],\"threads\":[]}}}");
}

static void a_missing_or_blank_id_returns_422(void **state)
{
    static const char *const lines[] = {
        "GET /social-account/",           "GET /social-account/%20", "GET /social-account/%20%09",
        "DELETE /social-account",         "DELETE /social-account/", "DELETE /social-account/%20",
        "GET /postnitro/social-account/",
    };
    for (size_t i = 0; i < COUNT(lines); i++)
        assert_edge(mock_call(*state, lines[i], NULL, AS_ACME), 422, REQUIRED);
    assert_response(mock_call(*state, "DELETE /social-account", NULL), 401, UNAUTHORIZED);
}

static void an_account_outside_the_workspace_is_not_found(void **state)
{
    static const char *const paths[] = {
        "/social-account/czzzzzzzzzzzzzzzzzzzzzzzz",
        "/social-account/cother00000000000000tiktok",
        "/social-account/cmqi7jyir0003v0m91hxnyyaq",
        "/social-account/CACME000000000000000TIKTOK",
        "/social-account/a%2Fb",
    };
    for (size_t i = 0; i < COUNT(paths); i++) {
        char line[128];
        snprintf(line, sizeof line, "GET %s", paths[i]);
        assert_response(mock_call(*state, line, NULL, AS_ACME), 404, NOT_FOUND);
        snprintf(line, sizeof line, "DELETE %s", paths[i]);
        assert_response(mock_call(*state, line, NULL, AS_ACME), 404, NOT_FOUND);
    }
    assert_int_equal(mock_call(*state, "GET /social-account/cother00000000000000tiktok", NULL, AS_OTHER).status, 200);
}

static void usage_counts_links_by_status(void **state)
{
    struct mock *m = *state;
    struct mock_response a = mock_call(m, READ, NULL, AS_ACME);
    assert_string_equal(at(a, "/data/usage"), "[{\"status\":\"PENDING\",\"_count\":2},"
                                              "{\"status\":\"PUBLISHED\",\"_count\":1},"
                                              "{\"status\":\"DRAFT\",\"_count\":1}]");
    a = mock_call(m, "GET /social-account/cacme00000000000000expired", NULL, AS_ACME);
    assert_string_equal(at(a, "/data/usage"), "[{\"status\":\"FAILED\",\"_count\":1}]");
    a = mock_call(m, "GET /social-account/cacme000000000000000tiktok", NULL, AS_ACME);
    assert_string_equal(at(a, "/data/usage"), "[]");

    mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"49h\"}");
    a = mock_call(m, READ, NULL, AS_ACME);
    assert_string_equal(at(a, "/data/usage"), "[{\"status\":\"PENDING\",\"_count\":1},"
                                              "{\"status\":\"PUBLISHED\",\"_count\":2},"
                                              "{\"status\":\"DRAFT\",\"_count\":1}]");
}

static const char *links(struct mock *m, const char *post)
{
    char line[64];
    snprintf(line, sizeof line, "GET /schedule/%s", post);
    struct mock_response a = mock_call(m, line, NULL, AS_ACME);
    const struct node *rows = node_pointer(a.body, "/data/socialAccounts");
    struct buf out = {.arena = a.arena};
    buf_printf(&out, "%s", at(a, "/data/status"));
    for (size_t i = 0; i < node_count(rows); i++)
        buf_printf(&out, " %s", node_get_text(node_at(rows, i), "socialAccountId"));
    return buf_c(&out);
}

static void assert_removed_from_posts(struct mock *m)
{
    assert_string_equal(links(m, "cacmepost0000000000shared"), "SCHEDULED cacme00000000000000threads");
    assert_string_equal(links(m, "cacmepost00000000000alone"), "SCHEDULED");
    assert_string_equal(links(m, "cacmepost00000000000draft"), "DRAFT");
    assert_string_equal(links(m, "cacmepost000000000000done"), "PUBLISHED cacme000000000000instagram");
    assert_response(mock_call(m, READ, NULL, AS_ACME), 404, NOT_FOUND);
    assert_response(mock_call(m, DISCONNECT, NULL, AS_ACME), 404, NOT_FOUND);
    assert_string_equal(ids(mock_call(m, LIST, NULL, AS_ACME), "threads"), "cacme00000000000000threads");
    mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"100h\"}");
    assert_string_equal(links(m, "cacmepost0000000000shared"), "PUBLISHED cacme00000000000000threads");
    assert_string_equal(links(m, "cacmepost00000000000alone"), "SCHEDULED"); /* no account is left */
}

static void a_disconnected_account_is_removed_from_its_posts(void **state)
{
    assert_response(mock_call(*state, DISCONNECT, NULL, AS_ACME), 200,
                    "{\"success\":true,\"message\":\"Social account deleted successfully\"}");
    assert_removed_from_posts(*state);
}

static void an_account_removed_by_its_owner_is_removed_from_its_posts(void **state)
{
    struct mock_response a =
        mock_call(*state, "POST /__admin/simulate/account_removed", "{\"account\":\"cacme000000000000disposable\"}");
    assert_int_equal(a.status, 200);
    assert_removed_from_posts(*state);
}

static struct mock_response simulate(struct mock *m, const char *name, const char *body)
{
    char line[64];
    snprintf(line, sizeof line, "POST /__admin/simulate/%s", name);
    return mock_call(m, line, body);
}

static void reconnecting_after_a_lost_token_creates_a_new_account(void **state)
{
    static const struct {
        const char *why, *status;
    } rows[] = {
        {"expired",          "expired"},
        {"revoked_upstream", "revoked"},
    };
    for (size_t i = 0; i < 2; i++) {
        struct mock *m = mock_test_file(SOURCE_DIR "/fixtures/postnitro-acme.yaml");
        char body[128];
        snprintf(body, sizeof body, "{\"account\":\"cacme000000000000disposable\",\"why\":\"%s\"}", rows[i].why);
        assert_int_equal(simulate(m, "token_lost", body).status, 200);
        struct mock_response a = mock_call(m, READ, NULL, AS_ACME);
        assert_string_equal(at(a, "/data/socialAccount/accessTokenStatus"), rows[i].status);
        assert_string_equal(at(a, "/data/socialAccount/updatedAt"), "2026-05-02T09:00:00.000Z");

        a = simulate(m, "account_connected",
                     "{\"space\":\"ws_acme\",\"platform\":\"threads\",\"handle\":\"@acme.popup\"}");
        assert_int_equal(a.status, 200);
        assert_string_equal(at(a, "/account"), "cacme000000000000disposable");
        a = mock_call(m, READ, NULL, AS_ACME);
        assert_string_equal(at(a, "/data/socialAccount/accessTokenStatus"), "active");

        a = simulate(m, "account_connected",
                     "{\"space\":\"ws_acme\",\"platform\":\"threads\",\"handle\":\"@acme.new\"}");
        const char *id = at(a, "/account");
        assert_int_equal(str_from(id).n, 25);
        a = mock_call(m, LIST, NULL, AS_ACME);
        assert_int_equal(node_count(node_pointer(a.body, "/data/socialAccounts/threads")), 3);
        assert_string_equal(at(a, "/data/socialAccounts/threads/0/id"), id);
        assert_string_equal(at(a, "/data/socialAccounts/threads/0/accountHandle"), "acme.new");
        assert_string_equal(at(a, "/data/socialAccounts/threads/0/accessTokenStatus"), "active");
        assert_string_equal(at(a, "/data/socialAccounts/threads/0/accountType"), "personal");
        mock_free(m);
    }
    (void)state;
}

static void a_fixtures_token_status_is_shown_until_the_token_changes(void **state)
{
    static const struct {
        const char *id, *status, *kept;
    } rows[] = {
        {"odd",  "needs_refresh", "needs_refresh"},
        {"dead", "revoked",       "null"         },
        {"live", "active",        "null"         },
    };
    (void)state;
    struct mock *m =
        mock_test_new("clock: { start: 2026-05-02T09:00:00Z }\n"
                      "postnitro:\n"
                      "  workspaces:\n"
                      "    - id: ws\n"
                      "      keys: [ { name: k, key: pn-k } ]\n"
                      "      social_accounts:\n"
                      "        - { id: odd, platform: tiktok, handle: a, access_token_status: needs_refresh }\n"
                      "        - { id: dead, platform: tiktok, handle: b, access_token_status: revoked }\n"
                      "        - { id: live, platform: tiktok, handle: c, access_token_status: active }\n");
    char line[64];
    for (size_t i = 0; i < COUNT(rows); i++) {
        snprintf(line, sizeof line, "GET /social-account/%s", rows[i].id);
        struct mock_response a = mock_call(m, line, NULL, "embed-api-key: pn-k");
        assert_string_equal(at(a, "/data/socialAccount/accessTokenStatus"), rows[i].status);
        snprintf(line, sizeof line, "GET /__admin/state/accounts/%s", rows[i].id);
        assert_string_equal(at(mock_call(m, line, NULL), "/token_word"), rows[i].kept);
    }
    simulate(m, "token_lost", "{\"account\":\"odd\",\"why\":\"expired\"}");
    struct mock_response a = mock_call(m, "GET /social-account/odd", NULL, "embed-api-key: pn-k");
    assert_string_equal(at(a, "/data/socialAccount/accessTokenStatus"), "expired");
    mock_free(m);
}

static void only_supported_platforms_can_be_connected(void **state)
{
    struct mock_response a =
        simulate(*state, "account_connected", "{\"space\":\"ws_acme\",\"platform\":\"youtube\",\"handle\":\"acme\"}");
    assert_int_equal(a.status, 422);
    assert_string_equal(at(a, "/pointer"), "/platform");
    a = simulate(*state, "account_connected",
                 "{\"space\":\"prj_acme_a\",\"platform\":\"linkedin\",\"handle\":\"acme\"}");
    assert_int_equal(a.status, 422); /* Layers has no LinkedIn */
}

static void a_simulated_plan_applies_to_the_next_call(void **state)
{
    struct mock *m = *state;
    assert_int_equal(simulate(m, "plan", "{\"key\":\"acme\",\"status\":\"unpaid\"}").status, 200);
    assert_response(mock_call(m, LIST, NULL, AS_ACME), 402, UNPAID);
    assert_int_equal(mock_call(m, LIST, NULL, AS_EMPTY).status, 200);
    assert_int_equal(simulate(m, "plan", "{\"key\":\"acme\",\"status\":\"active\"}").status, 200);
    assert_int_equal(mock_call(m, LIST, NULL, AS_ACME).status, 200);
    assert_int_equal(simulate(m, "plan", "{\"key\":\"acme\",\"status\":\"killed\"}").status, 200);
    assert_response(mock_call(m, LIST, NULL, AS_ACME), 401, UNKNOWN_KEY);
    assert_int_equal(simulate(m, "plan", "{\"key\":\"acme\",\"status\":\"gone\"}").status, 422);
    assert_int_equal(simulate(m, "plan", "{\"key\":\"unknown\",\"status\":\"active\"}").status, 422);

    /* Layers has the status `killed` too. */
    const char *layers = "Authorization: Bearer lp_live_01HX9Y6K7EJ4T2_full";
    const char *line = "GET /v1/projects/prj_acme_a/social-accounts";
    assert_int_equal(mock_call(m, line, NULL, layers).status, 200);
    assert_int_equal(simulate(m, "plan", "{\"key\":\"layers\",\"status\":\"killed\"}").status, 200);
    assert_string_equal(at(mock_call(m, line, NULL, layers), "/error/code"), "KILL_SWITCH");
}

static void each_operation_has_its_own_error_messages(void **state)
{
    static const struct {
        const char *operation, *error, *line;
        int status;
        const char *text;
    } rows[] = {
        {"list_social_accounts",  "INTERNAL",         LIST,                                         500,
         "{\"success\":false,\"message\":\"Error fetching Social Accounts\","
         "\"error\":\"An internal error occurred.\"}"                                                                },
        {"read_social_account",   "INTERNAL",         READ,                                         500,
         "{\"success\":false,\"message\":\"Error fetching Social Account\","
         "\"error\":\"An internal error occurred.\"}"                                                                },
        {"delete_social_account", "INTERNAL",         DISCONNECT,                                   500,
         "{\"success\":false,\"message\":\"Error deleting Social Account\","
         "\"error\":\"An internal error occurred.\"}"                                                                },
        {"delete_social_account", "FAILED",           DISCONNECT,                                   400,
         "{\"success\":false,\"message\":\"Failed to delete social account\"}"                                       },
        {"delete_social_account", "FAILED",           "DELETE /social-account",                     400,
         "{\"success\":false,\"message\":\"Failed to delete social account\"}"                                       },
        {"list_social_accounts",  "UNAUTHORIZED",     LIST,                                         401, UNAUTHORIZED},
        {"list_social_accounts",  "PAYMENT_REQUIRED", LIST,                                         402, UNPAID      },
        {"read_schedule",         "NOT_FOUND",        "GET /schedule/cacmepost0000000000shared",    404,
         "{\"success\":false,\"message\":\"Post details not found.\","
         "\"error\":\"Post details not found.\"}"                                                                    },
        {"delete_schedule",       "FAILED",           "DELETE /schedule/cacmepost0000000000shared", 400,
         "{\"success\":false,\"message\":\"Error deleting post\","
         "\"error\":\"Error deleting post\"}"                                                                        },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char body[160];
        snprintf(body, sizeof body, "{\"operation\":\"postnitro.%s\",\"times\":1,\"error\":\"%s\"}", rows[i].operation,
                 rows[i].error);
        assert_int_equal(simulate(*state, "fail", body).status, 200);
        assert_response(mock_call(*state, rows[i].line, NULL, AS_ACME), rows[i].status, rows[i].text);
    }
    assert_int_equal(mock_call(*state, READ, NULL, AS_ACME).status, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POSTNITRO_TEST(each_invalid_key_has_its_own_response),
        POSTNITRO_TEST(embed_api_key_takes_precedence_over_authorization),
        POSTNITRO_TEST(the_provider_is_selected_by_mount_and_route),
        POSTNITRO_TEST(the_list_has_four_platforms_newest_account_first),
        POSTNITRO_TEST(a_missing_or_blank_id_returns_422),
        POSTNITRO_TEST(an_account_outside_the_workspace_is_not_found),
        POSTNITRO_TEST(usage_counts_links_by_status),
        POSTNITRO_TEST(a_disconnected_account_is_removed_from_its_posts),
        POSTNITRO_TEST(an_account_removed_by_its_owner_is_removed_from_its_posts),
        POSTNITRO_TEST(reconnecting_after_a_lost_token_creates_a_new_account),
        cmocka_unit_test(a_fixtures_token_status_is_shown_until_the_token_changes),
        POSTNITRO_TEST(only_supported_platforms_can_be_connected),
        POSTNITRO_TEST(a_simulated_plan_applies_to_the_next_call),
        POSTNITRO_TEST(each_operation_has_its_own_error_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
