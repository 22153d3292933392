/* The clock and the records, read and changed through the admin API. */
#include "base/array.h"
#include "mockserver/tests/admin_test.h"

static void the_clock_advances_as_requested(void **state)
{
    struct mock *m = *state;
    assert_string_equal(at(mock_call(m, "GET /__admin/clock", NULL), "/mode"), "frozen");
    struct mock_response next = mock_call(m, "POST /__admin/clock/advance", "{\"until\":\"next_event\"}");
    assert_string_equal(at(next, "/now"), "2026-05-04T09:00:00.000Z");
    assert_string_equal(at(next, "/events"), "1");
    struct mock_response to = mock_call(m, "POST /__admin/clock/advance", "{\"to\":\"2026-05-04T10:00:00Z\"}");
    assert_string_equal(at(to, "/now"), "2026-05-04T10:00:00.000Z");
    assert_string_equal(at(to, "/changes"), "[]");
    struct mock_response put = mock_call(m, "PUT /__admin/clock", "{\"now\":\"2026-05-06T00:00:00Z\"}");
    assert_string_equal(at(put, "/changes/0/id"), "sp_two");
    assert_string_equal(at(mock_call(m, "PUT /__admin/clock", "{\"mode\":\"runs\"}"), "/mode"), "runs");
}

static void the_clock_cannot_go_back_or_too_far_ahead(void **state)
{
    /* clang-format off */
    static const struct {
        const char *call, *body, *pointer, *words;
    } rows[] = {
        {"POST /__admin/clock/advance", "{}",                                       "",       "exactly one of"},
        {"POST /__admin/clock/advance", "{\"by\":\"1h\",\"until\":\"next_event\"}", "",       "exactly one of"},
        {"POST /__admin/clock/advance", "{\"by\":\"-1s\"}", "/by", "'by' is -1s; expected a positive duration"},
        {"PUT /__admin/clock",          "{\"now\":\"+11574074d\"}",                 "/now",   "at most"},
        {"POST /__admin/clock/advance", "{\"by\":\"11574074d\"}",                   "/by",    "at most"},
        {"POST /__admin/clock/advance", "{\"by\":\"9999999d\"}",                    "/by",    "at most"},
        {"POST /__admin/clock/advance", "{\"to\":\"2026-05-01T00:00:00Z\"}",        "/to",    "cannot go back"},
        {"POST /__admin/clock/advance", "{\"to\":\"2226-05-01T00:00:00Z\"}",        "/to",    "at most"},
        {"POST /__admin/clock/advance", "{\"to\":\"tomorrow\"}",                    "/to",    "to"},
        {"POST /__admin/clock/advance", "{\"until\":\"dawn\"}",                     "/until", "next_event"},
        {"PUT /__admin/clock",          "{\"now\":\"2026-05-01T00:00:00Z\"}",       "/now",   "cannot go back"},
        {"PUT /__admin/clock",          "{\"mode\":\"froze\"}",                     "/mode",  "frozen"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_problem(mock_call(*state, rows[i].call, rows[i].body), 422, rows[i].pointer, rows[i].words);
    assert_string_equal(at(mock_call(*state, "GET /__admin/clock", NULL), "/now"), "2026-05-02T09:00:00.000Z");
}

static void a_key_without_a_name_works_with_rules_and_the_journal(void **state)
{
    struct mock *m = *state;
    const char *id = at(mock_call(m, "GET /__admin/state/keys", NULL), "/items/0/id");
    assert_int_equal(
        mock_call(m, arena_printf(&m->arena, "PATCH /__admin/state/keys/%s", id), "{\"name\":null}").status, 200);
    static const char rule[] = "{\"on\":\"layers.whoami\",\"when\":{\"key\":\"%s\"},"
                               "\"then\":[{\"respond\":{\"status\":503}}]}";
    assert_problem(mock_call(m, "POST /__admin/rules", arena_printf(&m->arena, rule, "full")), 422, "/when/key",
                   "no key has the name or value 'full'");
    assert_int_equal(mock_call(m, "POST /__admin/rules", arena_printf(&m->arena, rule, "lp_live_full")).status, 201);
    assert_int_equal(mock_call(m, "GET /layers/v1/whoami", NULL, KEY).status, 503);
    struct mock_response verified =
        mock_call(m, "POST /__admin/requests/verify", "{\"match\":{\"key\":\"lp_live_full\"},\"at_least\":1}");
    assert_int_equal(verified.status, 200);
}

static void the_state_can_be_read(void **state)
{
    struct mock *m = *state;
    struct mock_response all = mock_call(m, "GET /__admin/state", NULL);
    assert_string_equal(at(all, "/accounts/0/id"), "sa_one");
    assert_string_equal(at(all, "/accounts/0/provider"), "layers");
    assert_string_equal(at(all, "/accounts/0/space"), "prj_one");
    assert_string_equal(at(all, "/clock/mode"), "frozen");
    struct mock_response kind = mock_call(m, "GET /__admin/state/destinations", NULL);
    assert_string_equal(at(kind, "/items/1/id"), "sp_two");
    struct mock_response one = mock_call(m, "GET /__admin/state/accounts/sa_one", NULL);
    assert_string_equal(at(one, "/token"), "live");
    assert_string_equal(at(one, "/disconnected_at"), "null");
    assert_problem(mock_call(m, "GET /__admin/state/acounts", NULL), 404, NULL, "accounts");
    assert_problem(mock_call(m, "GET /__admin/state/accounts/sa_nine", NULL), 404, NULL, "sa_nine");
}

static void records_are_filtered_by_their_fields(void **state)
{
    static const struct {
        const char *query, *ids;
    } rows[] = {
        {"handle=twin",                                      "sa_two sa_three "       },
        {"handle=twin&platform=instagram",                   "sa_two "                },
        {"handle=nobody",                                    ""                       },
        {"leased=true",                                      ""                       },
        {"token_generation=1&leased=false&disconnected_at=", "sa_one sa_two sa_three "},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock *m = *state;
        struct buf ids = {.arena = &m->arena};
        const char *call = arena_printf(&m->arena, "GET /__admin/state/accounts?%s", rows[i].query);
        const struct node *items = node_get(mock_call(m, call, NULL).body, "items");
        for (size_t k = 0; k < node_count(items); k++)
            buf_printf(&ids, "%s ", node_get_text(node_at(items, k), "id"));
        assert_string_equal(buf_c(&ids), rows[i].ids);
    }
    assert_problem(mock_call(*state, "GET /__admin/state/accounts?handel=twin", NULL), 422, "",
                   "did you mean 'handle'");
}

static void a_record_can_be_patched(void **state)
{
    struct mock *m = *state;
    struct mock_response a =
        mock_call(m, "PATCH /__admin/state/accounts/sa_one", "{\"handle\":\"renamed\",\"name\":null}");
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/record/handle"), "renamed");
    assert_string_equal(at(a, "/changes/0/id"), "sa_one");
    assert_string_equal(at(mock_call(m, LIST, NULL, KEY), "/items/1/handle"), "renamed");
}

static void an_invalid_patch_changes_nothing(void **state)
{
    struct mock *m = *state;
    static const struct {
        const char *body, *pointer, *words;
    } rows[] = {
        {"{\"handle\":\"x\",\"hndle\":\"y\"}",         "/hndle",        "handle"           },
        {"{\"handle\":\"x\",\"id\":\"sa_x\"}",         "/id",           "cannot be changed"},
        {"{\"handle\":\"x\",\"token\":\"dead\"}",      "/token",        "dead"             },
        {"{\"handle\":\"x\",\"leased\":\"yes\"}",      "/leased",       "true or false"    },
        {"{\"handle\":\"x\",\"connected_at\":\"no\"}", "/connected_at", "time"             },
        {"{\"handle\":7}",                             "/handle",       "a string"         },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_problem(mock_call(m, "PATCH /__admin/state/accounts/sa_one", rows[i].body), 422, rows[i].pointer,
                       rows[i].words);
    const char *broken = "{\"state\":\"published\"}"; /* never attempted */
    assert_problem(mock_call(m, "PATCH /__admin/state/destinations/sp_one", broken), 409, NULL, "skip_invariants=1");
    assert_string_equal(at(mock_call(m, "GET /__admin/state/accounts/sa_one", NULL), "/handle"), "one");
    assert_string_equal(at(mock_call(m, "GET /__admin/state/destinations/sp_one", NULL), "/state"), "queued");
    struct mock_response done = mock_call(m, "PATCH /__admin/state/destinations/sp_one?skip_invariants=1", broken);
    assert_string_equal(at(done, "/record/state"), "published");
}

/* Readers follow these references, so not even skip_invariants allows an attempt without them. */
static void an_oauth_attempt_keeps_the_references_of_its_kind_and_state(void **state)
{
    struct mock *m = *state;
    struct mock_response url = mock_call(m, "POST /layers/v1/projects/prj_one/social/oauth-url",
                                         "{\"platform\":\"tiktok\",\"returnUrl\":\"https://app.test/back\"}", KEY);
    assert_int_equal(url.status, 200);
    const char *token = at(url, "/state");
    const char *patch = arena_printf(&m->arena, "PATCH /__admin/state/oauth_attempts/%s?skip_invariants=1", token);
    const char *status = arena_printf(&m->arena, "GET /layers/v1/social/oauth-status/%s", token);
    static const struct {
        const char *body, *words;
    } rows[] = {
        {"{\"state\":\"completed\"}",                         "'account' is null"   },
        {"{\"reconnects\":true}",                             "'account' is null"   },
        {"{\"kind\":\"ad_account\",\"state\":\"completed\"}", "'ad_account' is null"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_problem(mock_call(m, patch, rows[i].body), 422, "", rows[i].words);
        assert_int_equal(mock_call(m, status, NULL, KEY).status, 200);
    }
    assert_int_equal(mock_call(m, patch, "{\"state\":\"failed\"}").status, 200);
    assert_int_equal(mock_call(m, status, NULL, KEY).status, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_clock_advances_as_requested),
        TEST(the_clock_cannot_go_back_or_too_far_ahead),
        TEST(a_key_without_a_name_works_with_rules_and_the_journal),
        TEST(the_state_can_be_read),
        TEST(records_are_filtered_by_their_fields),
        TEST(a_record_can_be_patched),
        TEST(an_invalid_patch_changes_nothing),
        TEST(an_oauth_attempt_keeps_the_references_of_its_kind_and_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
