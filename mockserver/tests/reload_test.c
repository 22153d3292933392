/* POST /__admin/reload: its response, and what happens to the namespaces. */
#include "base/array.h"
#include "mockserver/runtime/reload.h"

#include "mockserver/server/mock_server.h"
#include "mockserver/tests/folder.h"
#include "mockserver/tests/mock_test.h"

#define KEY "Authorization: Bearer lp_live_full"

/* A fixture with one project of that name, and more lines. */
#define FIXTURE(name, project, more)                                                                                   \
    "name: " name "\n"                                                                                                 \
    "clock: { start: 2026-05-02T09:00:00Z, mode: frozen }\n" more "layers:\n"                                          \
    "  organizations:\n"                                                                                               \
    "    - name: Acme\n"                                                                                               \
    "      keys: [ { name: full, key: lp_live_full, scopes: ['*'] } ]\n"                                               \
    "      projects: [ { id: prj_one, name: " project " } ]\n"

#define RULE(name, value) "rules: [ { name: " name ", then: [ { headers: { X-Rule: " value " } } ] } ]\n"

struct setup {
    struct folder folder;
    struct mock *m;
};

static int begin(void **state)
{
    struct setup *s = calloc(1, sizeof *s);
    struct error err = {0};
    folder_begin(&s->folder);
    folder_put(&s->folder, "a.yaml", FIXTURE("a", "Before", RULE("old", "old")));
    folder_put(&s->folder, "b.yaml", FIXTURE("b", "Other", ""));
    const char *const paths[] = {folder_file(&s->folder, "a.yaml"), folder_file(&s->folder, "b.yaml")};
    const char **kept = arena_copy(&s->folder.arena, paths, sizeof paths);
    s->m = mock_new(
        &(struct mock_options){.fixtures = kept, .fixture_count = 2, .public_url = "http://mock.test", .admin = true},
        &err);
    assert_non_null(s->m);
    *state = s;
    return 0;
}

static int end(void **state)
{
    struct setup *s = *state;
    mock_free(s->m);
    folder_end(&s->folder);
    free(s);
    return 0;
}

static void change(struct setup *s, const char *text)
{
    folder_put(&s->folder, "a.yaml", text);
}

static struct mock_response reload(struct setup *s, const char *body)
{
    return mock_call(s->m, "POST /__admin/reload", body);
}

static const char *project(struct setup *s, const char *ns)
{
    const char *line = arena_printf(&s->folder.arena, "GET /ns/%s/__admin/state/spaces/prj_one", ns);
    return at(mock_call(s->m, line, NULL), "/name");
}

static void use(struct setup *s, const char *ns)
{
    struct mock_response a = mock_call(s->m, arena_printf(&s->folder.arena, "GET /ns/%s/v1/projects", ns), NULL, KEY);
    assert_int_equal(a.status, 200);
}

static void create(struct setup *s, const char *body)
{
    struct mock_response a = mock_call(s->m, "POST /__admin/namespaces", body);
    if (a.status != 201)
        fail_msg(STR_FMT, STR_ARG(a.text));
}

static void without_a_change_nothing_happens(void **state)
{
    struct setup *s = *state;
    struct mock_response a = reload(s, NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/fixtures/0/fixture"), "a");
    assert_string_equal(at(a, "/fixtures/0/changed"), "false");
    assert_string_equal(at(a, "/fixtures/0/files/0"), folder_file(&s->folder, "a.yaml"));
    assert_string_equal(at(a, "/fixtures/1/fixture"), "b");
    assert_string_equal(at(a, "/namespaces"), "{\"restarted\":[],\"kept\":[],\"reset\":[]}");
}

static void a_namespace_not_in_use_restarts_from_the_new_fixture(void **state)
{
    struct setup *s = *state;
    change(s, FIXTURE("a", "After", RULE("new", "new")));
    assert_string_equal(project(s, "default"), "Before");
    struct mock_response a = reload(s, NULL);
    assert_string_equal(at(a, "/fixtures/0/changed"), "true");
    assert_string_equal(at(a, "/fixtures/1/changed"), "false");
    assert_string_equal(at(a, "/namespaces"), "{\"restarted\":[\"default\"],\"kept\":[],\"reset\":[]}");
    assert_string_equal(project(s, "default"), "After");
    assert_string_equal(at(mock_call(s->m, "GET /__admin/rules", NULL), "/items/0/name"), "new");
    use(s, "implicit");
    assert_string_equal(project(s, "implicit"), "After");
}

static void a_namespace_in_use_keeps_its_state_until_its_reset(void **state)
{
    struct setup *s = *state;
    use(s, "mine");
    change(s, FIXTURE("a", "After", RULE("new", "new")));
    struct mock_response a = reload(s, "{}");
    assert_string_equal(at(a, "/namespaces/kept"), "[\"mine\"]");
    assert_string_equal(project(s, "mine"), "Before");
    assert_string_equal(at(mock_call(s->m, "GET /ns/mine/__admin/rules", NULL), "/items/0/name"), "old");
    assert_string_equal(at(mock_call(s->m, "GET /__admin/namespaces/mine", NULL), "/outdated"), "true");
    assert_int_equal(mock_call(s->m, "POST /ns/mine/__admin/reset", NULL).status, 200);
    assert_string_equal(project(s, "mine"), "After");
    assert_string_equal(at(mock_call(s->m, "GET /ns/mine/__admin/rules", NULL), "/items/0/name"), "new");
    assert_string_equal(at(mock_call(s->m, "GET /__admin/namespaces/mine", NULL), "/outdated"), "false");
}

/* Each call puts a namespace in use without a provider call. */
static void admin_api_changes_put_a_namespace_in_use(void **state)
{
    static const char *const calls[][2] = {
        {"POST /ns/x/__admin/clock/advance",         "{\"by\":\"1h\"}"                            },
        {"PUT /ns/x/__admin/clock",                  "{\"mode\":\"runs\"}"                        },
        {"PATCH /ns/x/__admin/state/spaces/prj_one", "{\"name\":\"Mine\"}"                        },
        {"POST /ns/x/__admin/rules",                 "{\"then\":[{\"respond\":{\"status\":500}}]}"},
        {"DELETE /ns/x/__admin/rules",               NULL                                         },
        {"POST /ns/x/__admin/simulate/rate_limit",   "{\"key\":\"full\",\"remaining\":0}"         },
        {"POST /ns/x/__admin/snapshots/s/restore",   NULL                                         },
        {"POST /ns/x/__admin/simulate/side_effect",  "{\"step\":\"avatar\",\"outcome\":\"fail\"}" },
    };
    for (size_t i = 0; i < COUNT(calls); i++) {
        struct setup *s = *state;
        create(s, "{\"name\":\"x\"}");
        assert_int_equal(mock_call(s->m, "POST /__admin/snapshots", "{\"name\":\"s\"}").status, 201);
        struct mock_response a = mock_call(s->m, calls[i][0], calls[i][1]);
        if (a.status / 100 != 2)
            fail_msg("%s: " STR_FMT, calls[i][0], STR_ARG(a.text));
        change(s, arena_printf(&s->folder.arena, FIXTURE("a", "After%zu", ""), i));
        a = reload(s, NULL);
        if (strcmp(at(a, "/namespaces/kept"), "[\"x\"]") != 0)
            fail_msg("%s: " STR_FMT, calls[i][0], STR_ARG(a.text));
        mock_call(s->m, "DELETE /__admin/namespaces/x", NULL);
    }
}

static void reading_does_not_put_a_namespace_in_use(void **state)
{
    struct setup *s = *state;
    static const char *const calls[] = {"GET /__admin/state", "GET /__admin/clock", "GET /__admin/requests",
                                        "GET /__admin/rules"};
    for (size_t i = 0; i < COUNT(calls); i++)
        assert_int_equal(mock_call(s->m, calls[i], NULL).status, 200);
    change(s, FIXTURE("a", "After", ""));
    assert_string_equal(at(reload(s, NULL), "/namespaces/restarted"), "[\"default\"]");
}

/* The expiry of the token is scheduled, but the account has already lost its token. */
static void an_event_without_an_effect_does_not_put_a_namespace_in_use(void **state)
{
    struct setup *s = *state;
    change(s, "name: a\n"
              "clock: { start: 2026-05-02T09:00:00Z, mode: frozen }\n"
              "layers:\n"
              "  organizations:\n"
              "    - name: One\n"
              "      projects:\n"
              "        - id: prj_one\n"
              "          content: [ { id: cnt } ]\n"
              "          social_accounts: [ { id: sa, platform: tiktok, handle: one } ]\n"
              "          scheduled_posts: [ { content: cnt, account: sa, at: -1d, status: "
              "published } ]\n");
    reload(s, NULL);
    assert_string_equal(at(mock_call(s->m, "GET /__admin/namespaces/default", NULL), "/in_use"), "false");
}

static void with_reset_all_namespaces_restart(void **state)
{
    struct setup *s = *state;
    use(s, "one");
    use(s, "default");
    change(s, FIXTURE("a", "After", ""));
    struct mock_response a = reload(s, "{\"reset\":true}");
    assert_string_equal(at(a, "/namespaces/reset"), "[\"default\",\"one\"]");
    assert_string_equal(project(s, "one"), "After");
    assert_string_equal(project(s, "default"), "After");
    assert_string_equal(at(mock_call(s->m, "GET /ns/one/__admin/requests", NULL), "/items"), "[]");
    use(s, "one"); /* it is reset even if no fixture has changed */
    assert_string_equal(at(reload(s, "{\"reset\":true}"), "/namespaces/reset"), "[\"one\"]");
}

static void namespaces_follow_the_fixture_they_were_created_from(void **state)
{
    struct setup *s = *state;
    create(s, "{\"name\":\"of_b\",\"fixture\":\"b\"}");
    create(s, "{\"name\":\"own\",\"fixture\":{\"name\":\"own\"}}");
    create(s, "{\"name\":\"copy\",\"from\":\"default\"}");
    create(s, "{\"name\":\"later\",\"clock\":{\"start\":\"+1h\"},\"seed\":9}");
    change(s, FIXTURE("a", "After", ""));
    struct mock_response a = reload(s, "{\"reset\":true}");
    assert_string_equal(at(a, "/namespaces/restarted"), "[\"default\",\"later\",\"of_b\"]");
    assert_string_equal(project(s, "of_b"), "Other");
    assert_string_equal(project(s, "copy"), "Before");
    assert_string_equal(project(s, "later"), "After");
    assert_string_equal(at(mock_call(s->m, "GET /ns/later/__admin/clock", NULL), "/now"), "2026-05-02T10:00:00.000Z");
    assert_int_equal(namespaces_find(s->m->namespaces, STR("later"))->world->seed, 9);
    mock_call(s->m, "POST /ns/copy/__admin/reset", NULL);
    assert_string_equal(project(s, "copy"), "Before");
}

static void a_mistake_leaves_everything_unchanged(void **state)
{
    struct setup *s = *state;
    change(s, FIXTURE("a", "After", ""));
    folder_put(&s->folder, "b.yaml", "name: b\nsed: 4\nlayers: { organisations: [] }\n");
    struct mock_response a = reload(s, "{\"reset\":true}");
    assert_int_equal(a.status, 422);
    assert_string_equal(header_of(a, "Content-Type"), "application/problem+json");
    assert_string_equal(at(a, "/code"), "unusable_fixtures");
    assert_string_equal(at(a, "/file"), folder_file(&s->folder, "b.yaml"));
    assert_string_equal(at(a, "/line"), "2");
    assert_string_equal(at(a, "/column"), "1");
    assert_non_null(strstr(at(a, "/detail"), "did you mean 'seed'?"));
    assert_string_equal(at(a, "/errors/0/line"), "3");
    assert_string_equal(at(a, "/errors/0/column"), "9");
    assert_string_equal(at(a, "/errors/1/column"), "11");
    assert_null(at(a, "/errors/2"));
    assert_string_equal(project(s, "default"), "Before");
    assert_string_equal(at(mock_call(s->m, "GET /__admin/namespaces/default", NULL), "/generation"), "1");
    folder_put(&s->folder, "b.yaml", FIXTURE("b", "Other", ""));
    assert_int_equal(reload(s, NULL).status, 200);
    assert_string_equal(project(s, "default"), "After");
}

/* The webhooks of both providers are checked against the allow list of their own fixture. */
static void an_allowed_host_may_be_plain_http_after_a_reload(void **state)
{
    struct setup *s = *state;
    static const char hooks[] = "      webhooks: [ { url: 'http://app:9/a', events: [post.failed] } ]\n"
                                "posteverywhere:\n"
                                "  organizations:\n"
                                "    - name: Acme\n"
                                "      webhooks: [ { url: 'http://app:9/a', events: [post.failed] } ]\n";
    static const char body[] = "{\"url\":\"http://app:9/b\",\"events\":[\"post.failed\"]}";
    const char *fixture = FIXTURE("a", "After", "");
    change(s, arena_printf(&s->folder.arena, "%s%s", fixture, hooks));
    struct mock_response a = reload(s, NULL);
    assert_int_equal(a.status, 422);
    assert_non_null(strstr(at(a, "/detail"), "'http://app:9/a' must be https"));
    assert_non_null(strstr(at(a, "/errors/0/detail"), "'http://app:9/a' must be https"));
    assert_int_equal(mock_call(s->m, "POST /v1/webhook-endpoints", body, KEY).status, 422);

    change(s, arena_printf(&s->folder.arena, "webhooks: { allow: [app] }\n%s%s", fixture, hooks));
    a = reload(s, "{\"reset\":true}");
    assert_int_equal(a.status, 200);
    assert_int_equal(mock_call(s->m, "POST /v1/webhook-endpoints", body, KEY).status, 201);
    assert_int_equal(mock_call(s->m, "POST /ns/new/v1/webhook-endpoints", body, KEY).status, 201);
}

static void a_fixtures_name_may_change_but_must_be_unique(void **state)
{
    struct setup *s = *state;
    change(s, FIXTURE("b", "After", ""));
    struct mock_response a = reload(s, NULL);
    assert_int_equal(a.status, 422);
    assert_non_null(strstr(at(a, "/detail"), "name 'b' is also the name of"));
    change(s, FIXTURE("c", "After", ""));
    assert_string_equal(at(reload(s, NULL), "/fixtures/0/fixture"), "c");
    create(s, "{\"name\":\"new\",\"fixture\":\"c\"}");
    assert_int_equal(mock_call(s->m, "POST /__admin/namespaces", "{\"name\":\"x\",\"fixture\":\"a\"}").status, 422);
    assert_string_equal(at(mock_call(s->m, "GET /__admin/namespaces/default", NULL), "/fixture"), "c");
}

static void a_change_of_an_included_file_is_a_change(void **state)
{
    struct setup *s = *state;
    change(s, "include: [part.yaml]\nname: a\n");
    struct mock_response a = reload(s, NULL);
    assert_int_equal(a.status, 422);
    assert_string_equal(at(a, "/line"), "1");
    assert_string_equal(at(a, "/column"), "11");
    folder_put(&s->folder, "part.yaml", FIXTURE("part", "Part", ""));
    a = reload(s, NULL);
    assert_string_equal(at(a, "/fixtures/0/files/1"), folder_file(&s->folder, "part.yaml"));
    assert_string_equal(project(s, "default"), "Part");
    folder_put(&s->folder, "part.yaml", FIXTURE("part", "Parts", ""));
    assert_string_equal(at(reload(s, NULL), "/namespaces/restarted"), "[\"default\"]");
    assert_string_equal(project(s, "default"), "Parts");
}

static void a_replaced_fixture_stays_valid_for_the_namespaces_that_use_it(void **state)
{
    struct setup *s = *state;
    use(s, "mine");
    for (int i = 0; i < 3; i++) {
        change(s, arena_printf(&s->folder.arena, FIXTURE("a", "After%d", ""), i));
        assert_string_equal(at(reload(s, NULL), "/namespaces/kept"), "[\"mine\"]");
    }
    use(s, "mine");
    assert_string_equal(at(mock_call(s->m, "GET /ns/mine/__admin/rules", NULL), "/items/0/name"), "old");
    mock_call(s->m, "POST /ns/mine/__admin/reset", NULL);
    assert_string_equal(project(s, "mine"), "After2");
}

static void the_built_in_sample_cannot_be_reloaded(void **state)
{
    (void)state;
    struct mock *m = mock_test_new(NULL);
    struct mock_response a = mock_call(m, "POST /__admin/reload", NULL);
    assert_int_equal(a.status, 409);
    assert_non_null(strstr(at(a, "/detail"), "built-in sample"));
    mock_free(m);
}

static void an_unknown_member_is_rejected(void **state)
{
    struct setup *s = *state;
    struct mock_response a = reload(s, "{\"rest\":true}");
    assert_int_equal(a.status, 422);
    assert_string_equal(at(a, "/pointer"), "/rest");
    assert_string_equal(at(mock_call(s->m, "GET /__admin/capabilities", NULL), "/reload"), "true");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(without_a_change_nothing_happens),
        TEST(a_namespace_not_in_use_restarts_from_the_new_fixture),
        TEST(a_namespace_in_use_keeps_its_state_until_its_reset),
        TEST(admin_api_changes_put_a_namespace_in_use),
        TEST(reading_does_not_put_a_namespace_in_use),
        TEST(an_event_without_an_effect_does_not_put_a_namespace_in_use),
        TEST(with_reset_all_namespaces_restart),
        TEST(namespaces_follow_the_fixture_they_were_created_from),
        TEST(a_mistake_leaves_everything_unchanged),
        TEST(an_allowed_host_may_be_plain_http_after_a_reload),
        TEST(a_fixtures_name_may_change_but_must_be_unique),
        TEST(a_change_of_an_included_file_is_a_change),
        TEST(a_replaced_fixture_stays_valid_for_the_namespaces_that_use_it),
        cmocka_unit_test(the_built_in_sample_cannot_be_reloaded),
        TEST(an_unknown_member_is_rejected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
