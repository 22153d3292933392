/* Namespaces and snapshots: create, reset, save, restore, delete. */
#include "base/array.h"
#include "mockserver/runtime/mock.h"
#include "mockserver/runtime/namespaces.h"
#include "mockserver/tests/admin_test.h"

#define PROVIDER_LIST "/layers/v1/projects/prj_one/social-accounts"

static void a_reset_equals_a_fresh_start(void **state)
{
    struct mock *m = *state;
    struct mock_response before = mock_call(m, "GET /__admin/state", NULL);
    mock_call(m, "DELETE /layers/v1/social-accounts/sa_one", NULL, KEY);
    mock_call(m, "POST /__admin/rules", "{\"then\":[{\"respond\":{\"status\":500}}]}");
    mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"3h\"}");
    struct mock_response a = mock_call(m, "POST /__admin/reset", NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/name"), "default");
    struct mock_response after = mock_call(m, "GET /__admin/state", NULL);
    assert_true(str_eq(before.text, after.text));
    assert_string_equal(at(mock_call(m, "GET /__admin/requests", NULL), "/items"), "[]");
    assert_string_equal(at(mock_call(m, "GET /__admin/rules", NULL), "/items"), "[]");
}

static void namespaces_are_created_and_deleted(void **state)
{
    struct mock *m = *state;
    struct mock_response a = mock_call(m, "POST /__admin/namespaces",
                                       "{\"name\":\"one\",\"fixture\":\"admin\",\"seed\":7,\"clock\":"
                                       "{\"start\":\"+1h\",\"mode\":\"frozen\"}}");
    assert_int_equal(a.status, 201);
    assert_string_equal(at(a, "/fixture"), "admin");
    assert_string_equal(at(a, "/clock/now"), "2026-05-02T10:00:00.000Z");
    mock_call(m, "DELETE /ns/one/layers/v1/social-accounts/sa_one", NULL, KEY);
    assert_string_equal(at(mock_call(m, LIST, NULL, KEY), "/items/1/socialAccountId"), "sa_one");
    struct mock_response list = mock_call(m, "GET /__admin/namespaces", NULL);
    assert_string_equal(at(list, "/items/1/name"), "one");
    assert_string_equal(at(list, "/items/1/requests"), "1");
    assert_int_equal(mock_call(m, "POST /__admin/namespaces/one/reset", NULL).status, 200);
    assert_string_equal(at(mock_call(m, "GET /ns/one/__admin/state/accounts/sa_one", NULL), "/disconnect"), "none");
    assert_int_equal(mock_call(m, "DELETE /ns/one/__admin/namespaces/one", NULL).status, 200);
    assert_problem(mock_call(m, "GET /ns/one/__admin/clock", NULL), 404, NULL, "does not exist");
    assert_problem(mock_call(m, "DELETE /__admin/namespaces/default", NULL), 409, NULL, "cannot be deleted");
}

static void a_namespace_can_have_an_inline_fixture(void **state)
{
    struct mock *m = *state;
    const char *body = "{\"name\":\"own\",\"fixture\":{\"name\":\"tiny\",\"clock\":{\"start\":"
                       "\"2026-01-01T00:00:00Z\",\"mode\":\"frozen\"},\"rules\":[{\"name\":\"r\",\"when\":"
                       "{\"nth\":2},\"then\":[{\"respond\":{\"status\":500}}]}],\"layers\":{\"organizations\":"
                       "[{\"name\":\"T\",\"keys\":[{\"name\":\"k\",\"key\":\"lp_live_tiny\",\"scopes\":[\"*\"]}],"
                       "\"projects\":[{\"id\":\"prj_tiny\",\"name\":\"Tiny\"}]}]}},"
                       "\"credentials\":[\"lp_live_tiny\"]}";
    struct mock_response a = mock_call(m, "POST /__admin/namespaces", body);
    assert_int_equal(a.status, 201);
    assert_string_equal(at(a, "/fixture"), "tiny");
    assert_string_equal(at(a, "/clock/now"), "2026-01-01T00:00:00.000Z");
    const char *call = "GET /layers/v1/projects/prj_tiny/social-accounts";
    const char *key = "Authorization: Bearer lp_live_tiny";
    assert_int_equal(mock_call(m, call, NULL, key).status, 200);
    assert_int_equal(mock_call(m, call, NULL, key).status, 500);
    /* the copy and its rules stay valid */
    assert_int_equal(mock_call(m, "POST /__admin/namespaces", "{\"name\":\"copy\",\"from\":\"own\"}").status, 201);
    assert_int_equal(mock_call(m, "DELETE /__admin/namespaces/own", NULL).status, 200);
    assert_int_equal(mock_call(m, "POST /__admin/namespaces/copy/reset", NULL).status, 200);
    assert_string_equal(at(mock_call(m, "GET /ns/copy/__admin/rules", NULL), "/items/0/name"), "r");
}

static void an_inline_fixture_includes_loaded_fixtures_by_name(void **state)
{
    struct mock *m = *state;
    struct mock_response a = mock_call(
        m, "POST /__admin/namespaces",
        "{\"name\":\"own\",\"fixture\":{\"include\":[\"admin\"],\"rules\":[{\"name\":\"r\",\"when\":{\"key\":\"full\"},"
        "\"then\":[{\"respond\":{\"status\":500}}]}]}}");
    assert_int_equal(a.status, 201);
    assert_string_equal(at(a, "/fixture"), "admin");
    assert_int_equal(mock_call(m, "GET /ns/own" PROVIDER_LIST, NULL, KEY).status, 500);
    mock_call(m, "DELETE /ns/own/__admin/rules", NULL);
    assert_string_equal(at(mock_call(m, "GET /ns/own" PROVIDER_LIST, NULL, KEY), "/items/1/socialAccountId"), "sa_one");
    assert_int_equal(mock_call(m, "POST /__admin/namespaces/own/reset", NULL).status, 200);
    assert_int_equal(mock_call(m, "GET /ns/own" PROVIDER_LIST, NULL, KEY).status, 500);

    /* other keys than rules, and records beside those of the included fixture */
    a = mock_call(
        m, "POST /__admin/namespaces",
        "{\"name\":\"more\",\"fixture\":{\"include\":[\"admin\"],\"hostile\":true,\"timings\":{\"publish\":\"9s\"},"
        "\"layers\":{\"organizations\":[{\"name\":\"New\",\"keys\":[{\"name\":\"new\",\"key\":\"lp_live_new\","
        "\"scopes\":[\"*\"]}]}]}}}");
    assert_int_equal(a.status, 201);
    assert_string_equal(at(a, "/hostile"), "true");
    assert_int_equal(mock_call(m, "GET /ns/more/layers/v1/whoami", NULL, "Authorization: Bearer lp_live_new").status,
                     200);
    assert_int_equal(mock_call(m, "GET /ns/more/layers/v1/whoami", NULL, KEY).status, 200);
}

static void an_inline_fixture_includes_no_file(void **state)
{
    struct mock *m = *state;
    static const struct {
        const char *fixture, *pointer, *words;
    } rows[] = {
        {"{\"include\":[\"admn\"]}",                                                                           "/fixture/include/0",    "did you mean 'admin'"},
        {"{\"include\":[\"/etc/passwd\"]}",                                                                    "/fixture/include/0",    "no loaded fixture"   },
        {"{\"include\":[7]}",                                                                                  "/fixture/include/0",    "must be text"        },
        {"{\"include\":\"admin\"}",                                                                            "/fixture/include",      "must be a list"      },
        {"{\"include\":[\"admin\"],\"layers\":[]}",                                                            "",                      "of type object"      },
        {"{\"include\":[\"admin\"],\"rules\":[{\"then\":7}]}",                                                 "/fixture/rules/0/then", "array of effects"    },
        {"{\"include\":[\"admin\"],\"rules\":[{\"when\":{\"key\":\"x\"},\"then\":[{\"skip\":[\"scope\"]}]}]}",
         "/fixture/rules/0/when/key",                                                                                                   "no key has the name" },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_problem(mock_call(m, "POST /__admin/namespaces",
                                 arena_printf(&m->arena, "{\"name\":\"x\",\"fixture\":%s}", rows[i].fixture)),
                       422, rows[i].pointer, rows[i].words);
}

static void a_copy_has_the_rules_with_new_counters(void **state)
{
    struct mock *m = *state;
    const char *rule = "{\"when\":{\"nth\":2},\"then\":[{\"respond\":{\"status\":500}}]}";
    mock_call(m, "POST /__admin/namespaces", "{\"name\":\"from\"}");
    mock_call(m, "POST /ns/from/__admin/rules", rule);
    mock_call(m, "GET /ns/from" PROVIDER_LIST, NULL, KEY);
    assert_int_equal(mock_call(m, "POST /__admin/namespaces", "{\"name\":\"copy\",\"from\":\"from\"}").status, 201);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(mock_call(m, "GET /ns/copy" PROVIDER_LIST, NULL, KEY).status, 200);
        assert_int_equal(mock_call(m, "GET /ns/copy" PROVIDER_LIST, NULL, KEY).status, 500);
        assert_string_equal(at(mock_call(m, "GET /ns/copy/__admin/rules", NULL), "/items/0/name"), "rule-1");
        assert_int_equal(mock_call(m, "POST /__admin/namespaces/copy/reset", NULL).status, 200);
    }
}

/* Everything that a response shows but the ids that depend on the namespace's name. */
static void a_copy_of_an_unused_namespace_begins_like_it(void **state)
{
    struct mock *m = *state;
    mock_call(m, "POST /__admin/namespaces", "{\"name\":\"unused\",\"clock\":{\"mode\":\"runs\"}}");
    struct namespace *ns = namespaces_find(m->namespaces, STR("unused"));
    ns->world->clock.base_wall_us -= 3600 * INT64_C(1000000); /* an hour passes */
    mock_call(m, "GET /ns/unused/__admin/clock", NULL);
    struct mock_response copy = mock_call(m, "POST /__admin/namespaces", "{\"name\":\"copy\",\"from\":\"unused\"}");
    struct mock_response made =
        mock_call(m, "POST /__admin/namespaces", "{\"name\":\"made\",\"clock\":{\"mode\":\"runs\"}}");
    assert_memory_equal(at(copy, "/clock/now"), at(made, "/clock/now"), strlen("2026-05-02T09:00"));
    mock_call(m, "GET /ns/unused" PROVIDER_LIST, NULL, KEY);
    copy = mock_call(m, "POST /__admin/namespaces", "{\"name\":\"later\",\"from\":\"unused\"}");
    assert_true(strcmp(at(copy, "/clock/now"), at(made, "/clock/now")) > 0);
}

static void an_invalid_namespace_is_rejected(void **state)
{
    struct mock *m = *state;
    /* clang-format off */
    static const struct {
        const char *body;
        int status;
        const char *pointer, *words;
    } rows[] = {
        {"{}",                                                          422, "",               "name"},
        {"{\"name\":\".x\"}",                                           422, "/name",          "name"},
        {"{\"name\":\"default\"}",                                      409, NULL,             "already exists"},
        {"{\"name\":\"x\",\"fixture\":\"admn\"}",                       422, "/fixture",       "admin"},
        {"{\"name\":\"x\",\"fixture\":7}",                              422, "/fixture",       ""},
        {"{\"name\":\"x\",\"fixture\":{\"nme\":\"y\"}}",                422, "/fixture/nme",   "name"},
        {"{\"name\":\"x\",\"fixture\":{\"layers\":{\"organizations\":[{\"nam\":\"T\"}]}}}", 422,
         "/fixture/layers/organizations/0/nam", "name"},
        {"{\"name\":\"x\",\"fixture\":{\"timings\":{\"publish\":\"106751991167d\"}}}", 422, "/fixture/timings/publish",
         "duration"},
        {"{\"name\":\"x\",\"fixture\":{\"clock\":{\"start\":\"+106751991167d\"}}}", 422, "/fixture/clock/start",
         "a time"},
        {"{\"name\":\"x\",\"credentials\":[\"a\",\"\"]}",               422, "/credentials/1", "empty"},
        {"{\"name\":\"x\",\"clock\":{\"start\":\"+11574074d\"}}",       422, "/clock/start",   "too far"},
        {"{\"name\":\"x\",\"from\":\"nowhere\"}",                       422, "/from",          "nowhere"},
        {"{\"name\":\"x\",\"from\":\"default\",\"fixture\":\"admin\"}", 422, "/from",          "exclude each other"},
        {"{\"name\":\"x\",\"clock\":{\"start\":\"2020-01-01T00:00:00Z\"}}", 422, "/clock/start",   "cannot go back"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_problem(mock_call(m, "POST /__admin/namespaces", rows[i].body), rows[i].status, rows[i].pointer,
                       rows[i].words);
    assert_string_equal(at(mock_call(m, "GET /__admin/health", NULL), "/namespaces"), "1");
}

static void a_snapshot_restores_the_state(void **state)
{
    struct mock *m = *state;
    assert_int_equal(mock_call(m, "POST /__admin/snapshots", "{\"name\":\"before\"}").status, 201);
    mock_call(m, "DELETE /layers/v1/social-accounts/sa_one", NULL, KEY);
    assert_string_equal(at(mock_call(m, "GET /__admin/snapshots", NULL), "/items/0/name"), "before");
    struct mock_response copy = mock_call(m, "POST /__admin/namespaces", "{\"name\":\"copy\",\"from\":\"before\"}");
    assert_int_equal(copy.status, 201);
    assert_string_equal(at(mock_call(m, "GET /ns/copy/__admin/state/accounts/sa_one", NULL), "/disconnect"), "none");
    assert_int_equal(mock_call(m, "POST /__admin/snapshots/before/restore", NULL).status, 200);
    assert_string_equal(at(mock_call(m, "GET /__admin/state/accounts/sa_one", NULL), "/disconnect"), "none");
    assert_int_equal(mock_call(m, "DELETE /__admin/snapshots/before", NULL).status, 200);
    assert_problem(mock_call(m, "POST /__admin/snapshots/before/restore", NULL), 404, NULL, "before");
    assert_problem(mock_call(m, "POST /__admin/snapshots", "{\"name\":\"a b\"}"), 422, "/name", "invalid name");
}

static void a_call_that_arranges_creates_its_namespace(void **state)
{
    static const struct {
        const char *line, *body;
        int status; /* in a namespace that does not exist */
    } rows[] = {
        {"POST %s/__admin/simulate/token_lost",     "{\"account\":\"sa_one\",\"why\":\"expired\"}", 200},
        {"POST %s/__admin/rules",                   "{\"then\":[{\"delay_after\":\"1s\"}]}",        201},
        {"PUT %s/__admin/clock",                    "{\"mode\":\"frozen\"}",                        200},
        {"POST %s/__admin/clock/advance",           "{\"by\":\"1h\"}",                              200},
        {"PATCH %s/__admin/state/accounts/sa_one",  "{\"handle\":\"uno\"}",                         200},
        {"POST %s/__admin/snapshots",               "{\"name\":\"new\"}",                           201},
        {"POST %s/__admin/snapshots/saved/restore", NULL,                                           200},
        {"POST %s/__admin/simulate/token_lost",     "{\"account\":\"nobody\",\"why\":\"expired\"}", 422},
        {"POST %s/__admin/rules",                   "{}",                                           422},
        {"POST %s/__admin/rules",                   "{",                                            400},
        {"POST %s/__admin/snapshots/none/restore",  NULL,                                           404},
        {"POST %s/__admin/rules?x=1",               "{\"then\":[{\"delay_after\":\"1s\"}]}",        422},
        {"POST %s/__admin/reset",                   NULL,                                           200},
        {"DELETE %s/__admin/rules",                 NULL,                                           404},
        {"DELETE %s/__admin/requests",              NULL,                                           404},
        {"GET %s/__admin/state",                    NULL,                                           404},
        {"GET %s/__admin/clock",                    NULL,                                           404},
        {"GET %s/__admin/rules",                    NULL,                                           404},
        {"GET %s/__admin/requests",                 NULL,                                           404},
        {"GET %s/__admin/client-checks",            NULL,                                           404},
        {"GET %s/__admin/events",                   NULL,                                           404},
        {"POST %s/__admin/requests/verify",         "{\"match\":{},\"count\":0}",                   404},
        {"POST %s/__admin/requests/wait",           "{\"match\":{},\"count\":0}",                   404},
    };
    struct mock *m = *state;
    mock_call(m, "POST /__admin/snapshots", "{\"name\":\"saved\"}");
    for (size_t i = 0; i < COUNT(rows); i++)
        for (int is_explicit = 0; is_explicit < 2; is_explicit++) {
            m->options.explicit_namespaces = is_explicit;
            struct str line = str_from(rows[i].line), method = str_cut(&line, '%');
            const char *call =
                arena_printf(&m->arena, STR_FMT "/ns/new" STR_FMT, STR_ARG(method), STR_ARG(str_skip(line, 1)));
            int status = mock_call(m, call, rows[i].body).status, expected = is_explicit ? 404 : rows[i].status;
            bool exists = namespaces_find(m->namespaces, STR("new"));
            if (status != expected || exists != (expected < 300))
                fail_msg("%s, explicit %d: %d, exists %d", rows[i].line, is_explicit, status, exists);
            namespaces_delete(m->namespaces, STR("new"));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_reset_equals_a_fresh_start),
        TEST(namespaces_are_created_and_deleted),
        TEST(a_namespace_can_have_an_inline_fixture),
        TEST(an_invalid_namespace_is_rejected),
        TEST(an_inline_fixture_includes_loaded_fixtures_by_name),
        TEST(an_inline_fixture_includes_no_file),
        TEST(a_copy_has_the_rules_with_new_counters),
        TEST(a_copy_of_an_unused_namespace_begins_like_it),
        TEST(a_snapshot_restores_the_state),
        TEST(a_call_that_arranges_creates_its_namespace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
