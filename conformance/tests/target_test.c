#include "conformance/run/target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/array.h"
#include "conformance/run/client.h"

static int set_up(void **state)
{
    static struct arena a;
    a = (struct arena){0};
    *state = &a;
    setenv("TARGET_TEST_KEY", "the key", 1);
    unsetenv("TARGET_TEST_UNSET");
    return 0;
}

static int tear_down(void **state)
{
    arena_end(*state);
    return 0;
}

/* Loads a target file with this text; *wrong gets the errors, without the file name. */
static struct target *read_text(struct arena *a, const char *text, const char **wrong)
{
    char path[] = P_tmpdir "/target_test_XXXXXX";
    struct error err = {0};
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    struct target *t = target_load(a, path, &err);
    unlink(path);
    *wrong = error_text(a, &err);
    if (*wrong && str_starts(str_from(*wrong), str_from(path)))
        *wrong += strlen(path);
    assert_int_equal(t == NULL, error_any(&err));
    error_end(&err);
    return t;
}

static void a_target_file_is_read(void **state)
{
    const char *wrong;
    struct target *t = read_text(*state,
                                 "name: real\nbase_url: https://api.example.com/\nrps: 0.5\n"
                                 "actors: { full: { env: TARGET_TEST_KEY }, anonymous: {} }\n"
                                 "resources: { project: { env: TARGET_TEST_KEY }, list: [1] }\n"
                                 "capabilities: [second_org]\nconsent: human\n",
                                 &wrong);
    assert_non_null(t);
    assert_string_equal(t->base_url, "https://api.example.com");
    assert_string_equal(target_actor(t, NULL)->credential, "the key");
    assert_null(target_actor(t, "anonymous")->credential);
    assert_null(target_actor(t, "unknown"));
    assert_string_equal(node_get_text(t->resources, "project"), "the key");
    assert_int_equal(node_count(node_get(t->resources, "list")), 1);
    assert_true(t->rps > 0.49 && t->rps < 0.51);
    assert_string_equal(t->header, "Authorization");
    assert_string_equal(t->header_prefix, "Bearer ");
}

static void an_actor_has_the_origin_of_its_key(void **state)
{
    const char *wrong;
    struct target *t = read_text(*state,
                                 "name: m\nmock: true\nactors:\n  full: { env: TARGET_TEST_KEY }\n"
                                 "  wrong: { key: k, expect: refused }\n  none: {}\n",
                                 &wrong);
    assert_non_null(t);
    assert_string_equal(target_actor(t, "full")->origin, "TARGET_TEST_KEY");
    assert_false(target_actor(t, "full")->expect_refused);
    assert_true(str_ends(str_from(target_actor(t, "wrong")->origin), STR(":5")));
    assert_true(target_actor(t, "wrong")->expect_refused);
    assert_null(target_actor(t, "none")->origin);
}

static void a_key_that_is_wrong_on_purpose_is_derived(void **state)
{
    struct arena *a = *state;
    const char *wrong;
    struct target *t = read_text(a,
                                 "name: m\nmock: true\nactors:\n  full: { key: lp_live_01HXz9_Fa9 }\n"
                                 "  own: { key: k }\n  none: {}\n",
                                 &wrong);
    struct target_name names[] = {
        {.name = "full"         },
        {                        .name = "raw", .derived_from = "full", .no_scheme = true},
        {       .name = "changed",       .derived_from = "full", .secret_after = "_"},
        {.name = "end",                       .derived_from = "full", .secret_last = 5},
        {                                       .name = "own",       .derived_from = "full", .no_scheme = true},
        {                              .name = "nobody",.derived_from = "none", .no_scheme = true},
        { .name = "lost",        .derived_from = "gone", .no_scheme = true},
        {.name = "foreign",                       .wrong_key = "pe_live_0"},
    };
    const struct target_schema schema = {
        .file = "schema.yaml", .actors = {names, COUNT(names), COUNT(names)}
    };
    target_derive_actors(a, t, &schema);
    assert_int_equal(t->actor_count, 7);
    assert_string_equal(target_actor(t, NULL)->name, "full");
    assert_string_equal(target_actor(t, "raw")->credential, "lp_live_01HXz9_Fa9");
    assert_true(target_actor(t, "raw")->no_prefix);
    assert_true(target_actor(t, "raw")->expect_refused);
    assert_string_equal(target_actor(t, "changed")->credential, "lp_live_01HXz9_Ab0");
    assert_false(target_actor(t, "changed")->no_prefix);
    assert_string_equal(target_actor(t, "end")->credential, "lp_live_01HXz0_Ab0");
    assert_string_equal(target_actor(t, "own")->credential, "k");
    assert_null(target_actor(t, "nobody"));
    assert_null(target_actor(t, "lost"));
    assert_string_equal(target_actor(t, "foreign")->credential, "pe_live_0");
    assert_string_equal(target_live_actor(t)->name, "full");
}

static void a_custom_header_has_no_prefix(void **state)
{
    const char *wrong;
    struct target *t = read_text(*state, "name: m\nmock: true\nauth: { header: X-Api-Key }\n", &wrong);
    assert_string_equal(t->header, "X-Api-Key");
    assert_string_equal(t->header_prefix, "");
}

/* The first URL is that of base_url or --url; the others are where requests go, without and with a namespace. */
static void the_mount_is_a_part_of_the_base_url(void **state)
{
    static const struct {
        const char *mount, *url, *base_url, *in_namespace;
    } rows[] = {
        {"/m", "http://h:1",       "http://h:1/m",      "http://h:1/ns/a/m"     },
        {"/m", "http://h:1/m/",    "http://h:1/m",      "http://h:1/ns/a/m"     },
        {"/m", "https://h/proxy",  "https://h/proxy/m", "https://h/proxy/ns/a/m"},
        {"",   "http://h:1",       "http://h:1",        "http://h:1/ns/a"       },
        {"",   "https://h/api/v1", "https://h/api/v1",  "https://h/ns/a/api/v1" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct target t = {.mount = rows[i].mount, .admin_url = "http://other:2/__admin"};
        assert_true(target_set_base_url(*state, &t, "http://before/path", NULL)); /* replaced */
        assert_true(target_set_base_url(*state, &t, rows[i].url, NULL));
        assert_string_equal(t.base_url, rows[i].base_url);
        struct namespace ns = namespace_of(*state, &t, "a");
        assert_string_equal(ns.base_url, rows[i].in_namespace);
        assert_string_equal(ns.admin_url, "http://other:2/ns/a/__admin");
        assert_string_equal(namespace_of(*state, &t, NULL).base_url, rows[i].base_url);
    }
}

static void the_admin_path_is_appended_to_an_admin_url(void **state)
{
    static const char *const urls[] = {"http://127.0.0.1:4010", "http://127.0.0.1:4010/",
                                       "http://127.0.0.1:4010/__admin/"};
    for (size_t i = 0; i < COUNT(urls); i++) {
        struct target t = {0};
        assert_true(target_set_admin_url(*state, &t, urls[i], NULL));
        assert_string_equal(t.admin_url, "http://127.0.0.1:4010/__admin");
    }
}

static void an_invalid_target_file_is_rejected_at_its_position(void **state)
{
    setenv("TARGET_TEST_EMPTY", "", 1);
    /* clang-format off */
    static const struct {
        const char *text, *wrong;
    } rows[] = {
        {"base_url: https://x\n", ":1:1: "},
        {"name: x\n", ":1:1: missing 'base_url'; a target without"},
        {"name: x\nbase_url: https://x\nactors: { a: { key: k } }\n",
         ":3:21: 'key' is allowed for a mock only; use env: VARIABLE"},
        {"name: x\nbase_url: https://x\nactors: { a: { env: TARGET_TEST_UNSET } }\n",
         ":3:21: the environment variable 'TARGET_TEST_UNSET' is not set"},
        {"name: x\nbase_url: https://x\nactors: { a: { env: TARGET_TEST_EMPTY } }\n",
         ":3:21: the environment variable 'TARGET_TEST_EMPTY' is empty"},
        {"name: x\nmock: true\ncapabilities: [second_org, clock]\n",
         ":3:28: the capability 'clock' is not declared: a target has it with 'admin_url'; remove it here"},
        {"name: x\nmock: true\ncapabilities: [simulate.fail]\n", ":3:16: the capability 'simulate.fail' is not decl"},
        {"name: x\nbase_url: https://x\ncapabilities: [webhook]\n", ":3:16: the capability 'webhook' is not declared"},
        {"name: x\nbase_url: https://x\nconsent: admin\n", ":3:10: 'consent: admin' needs 'admin_url'"},
        {"name: x\nmock: true\nresources: { a: { env: [1] } }\n",
         ":3:24: 'env' must be the name of an environment variable"},
        {"name: x\nmock: true\nactors: { a: { kee: k } }\n", ":3:16: "},
        {"name: x\nmock: true\nactors: { a: { key: k, expect: refuse } }\n", ":3:32: "},
        {"name: x\nmock: true\nactors: { a: { expect: refused } }\n", ":3:11: actor 'a' has no key that could be refused"},
        {"name: x\nmock: true\nmount: layers\n", ":3:8: invalid mount 'layers'; expected a path"},
        {"name: x\nmock: true\nrps: 0\n", ":3:6: 'rps' must be a number above 0"},
        {"name: x\nmock: true\nconsent: browser\n", ":1:1: missing 'consent_command'; "},
        {"name: x\nmock: true\nconsnt: human\n", ":3:1: "},
        {"name: x\nbase_url: api.example.com\n", ":2:11: invalid base URL 'api.example.com': "},
        {"name: x\nbase_url: https://x?y\n", ":2:11: invalid base URL 'https://x?y': "},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *wrong;
        read_text(*state, rows[i].text, &wrong);
        if (!wrong || !str_starts(str_from(wrong), str_from(rows[i].wrong)))
            fail_msg("%s: got %s", rows[i].text, wrong);
    }
}

/* A key with a line break would end the header, and what follows would be another header or the body. */
static void a_value_that_does_not_fit_a_header_is_refused(void **state)
{
    /* clang-format off */
    static const struct {
        const char *value, *wrong;
    } rows[] = {
        {"key\n12345",     "the environment variable 'TARGET_TEST_KEY' has a line break"},
        {"key\r\nX-A: b",  "the environment variable 'TARGET_TEST_KEY' has a line break"},
        {"\nkey",          "the environment variable 'TARGET_TEST_KEY' has a line break"},
        {"key\x1b[2J",     "the environment variable 'TARGET_TEST_KEY' has the control character 0x1b"},
        {"key\tkey",       "the environment variable 'TARGET_TEST_KEY' has the control character 0x09"},
        {" ",              "the environment variable 'TARGET_TEST_KEY' has only blanks"},
        {" \n",            "the environment variable 'TARGET_TEST_KEY' has only blanks"},
    };
    static const struct {
        const char *text, *place;
    } files[] = {
        {"name: x\nbase_url: https://x\nactors: { a: { env: TARGET_TEST_KEY } }\n",    ":3:21: "},
        {"name: x\nbase_url: https://x\nactors: { n: {}, a: { env: TARGET_TEST_KEY } }\n", ":3:28: "},
        {"name: x\nmock: true\nresources: { a: { env: TARGET_TEST_KEY } }\n",          ":3:24: "},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows) * COUNT(files); i++) {
        const char *wrong, *file = files[i % COUNT(files)].text;
        setenv("TARGET_TEST_KEY", rows[i / COUNT(files)].value, 1);
        assert_null(read_text(*state, file, &wrong));
        assert_string_equal(wrong,
                            arena_printf(*state, "%s%s", files[i % COUNT(files)].place, rows[i / COUNT(files)].wrong));
    }
    static const char *const literals[][2] = {
        {"name: x\nmock: true\nactors: { a: { key: \"k\\nX-A: b\" } }\n", ":3:21: 'key' has a line break"},
        {"name: x\nmock: true\nactors: { a: { key: \" \" } }\n",          ":3:21: 'key' has only blanks" },
        {"name: x\nmock: true\nauth: { header: \"X\\nY\" }\n",            ":3:17: invalid header name"   },
        {"name: x\nmock: true\nauth: { header: \"X Y\" }\n",              ":3:17: invalid header name"   },
        {"name: x\nmock: true\nauth: { prefix: \"a\\r\\nb\" }\n",         ":3:17: 'prefix' has a control"},
    };
    for (size_t i = 0; i < COUNT(literals); i++) {
        const char *wrong;
        read_text(*state, literals[i][0], &wrong);
        if (!wrong || !str_starts(str_from(wrong), str_from(literals[i][1])))
            fail_msg("%s: got %s", literals[i][0], wrong);
    }
}

static void a_key_instead_of_a_variable_is_not_shown(void **state)
{
    static const char *const keys[] = {"lp_live_01HX9Y6K7EJ4T2_full", "sk-abc", "0123456789abcdef0123", "a key"};
    for (size_t i = 0; i < COUNT(keys); i++) {
        const char *wrong;
        assert_null(read_text(
            *state, arena_printf(*state, "name: x\nmock: true\nactors: { a: { env: \"%s\" } }\n", keys[i]), &wrong));
        assert_string_equal(wrong,
                            ":3:21: 'env' must be the name of an environment variable, not the value (not shown here)");
        assert_false(variable_valid(keys[i]));
    }
    static const char *const names[] = {"LAYERS_API_KEY", "LAYERS_STAGING_KEY_2026", "key", "my_key_2"};
    for (size_t i = 0; i < COUNT(names); i++)
        assert_true(variable_valid(names[i]));
    setenv("target_test_variable_1", "x", 1);
    assert_true(variable_valid("target_test_variable_1"));
    unsetenv("target_test_variable_1");
    assert_false(variable_valid("target_test_variable_1"));
}

static void a_line_break_at_the_end_of_a_value_is_removed(void **state)
{
    static const char *const values[] = {"the key\n", "the key\r\n", "the key\n\n"};
    for (size_t i = 0; i < COUNT(values); i++) {
        const char *wrong;
        setenv("TARGET_TEST_KEY", values[i], 1);
        const struct target *t = read_text(*state,
                                           "name: x\nbase_url: https://x\nactors: { a: { env: TARGET_TEST_KEY } }\n"
                                           "resources: { r: { env: TARGET_TEST_KEY } }\n",
                                           &wrong);
        assert_non_null(t);
        assert_string_equal(target_actor(t, "a")->credential, "the key");
        assert_string_equal(node_get_text(t->resources, "r"), "the key");
    }
}

static void a_user_in_a_url_is_kept_apart_from_it(void **state)
{
    const char *wrong;
    const struct target *t = read_text(*state,
                                       "name: x\nbase_url: http://me:hunter2%2Fsecret@127.0.0.1:9/v1/\nmock: true\n"
                                       "admin_url: http://root@127.0.0.1:8\nauth: { header: X-Api-Key }\n"
                                       "actors: { a: { key: k } }\n"
                                       "webhook: { url: \"http://hook:pw@h/\", port: 9 }\n",
                                       &wrong);
    assert_non_null(t);
    assert_string_equal(t->base_url, "http://127.0.0.1:9/v1");
    assert_string_equal(t->server_url, "http://127.0.0.1:9");
    assert_string_equal(t->base_login.password, "hunter2/secret");
    assert_string_equal(t->base_login.header, "Basic bWU6aHVudGVyMi9zZWNyZXQ=");
    assert_string_equal(t->admin_url, "http://127.0.0.1:8/__admin");
    assert_string_equal(t->admin_login.header, "Basic cm9vdDo=");
    assert_string_equal(t->webhook_url, "http://hook:pw@h");
    assert_string_equal(t->webhook_login.password, "pw");
    assert_true(target_check_login(t, NULL));
    struct target *of_url = target_of_url(*state, "https://me:hunter2secret@h:1/v1", NULL);
    assert_string_equal(of_url->name, "https://h:1/v1");
    assert_true(target_set_base_url(*state, of_url, "https://h:2", NULL));
    assert_null(of_url->base_login.header);
}

/* A request has one header Authorization: with the key, the server would never see the user. */
static void a_user_in_a_url_and_keys_need_different_headers(void **state)
{
    static const char *const starts[] = {
        "name: x\nmock: true\nbase_url: http://me:hunter2secret@h\n",
        "name: x\nmock: true\nadmin_url: http://me:hunter2secret@127.0.0.1:1\n",
    };
    for (size_t i = 0; i < COUNT(starts); i++) {
        struct error err = {0};
        const char *wrong, *key = "actors: { nobody: {}, full: { key: k } }\n";
        const struct target *t = read_text(*state, arena_printf(*state, "%s%s", starts[i], key), &wrong);
        assert_false(target_check_login(t, &err));
        assert_non_null(strstr(error_text(*state, &err), "actor 'full' has a key; both need the header Authorization"));
        assert_null(strstr(error_text(*state, &err), "hunter2"));
        error_end(&err);
        t = read_text(*state, arena_printf(*state, "%s%sauth: { header: X-Api-Key }\n", starts[i], key), &wrong);
        assert_true(target_check_login(t, NULL));
        t = read_text(*state, arena_printf(*state, "%sactors: { nobody: {} }\n", starts[i]), &wrong);
        assert_true(target_check_login(t, NULL));
    }
}

static void no_message_shows_the_password_of_a_url(void **state)
{
    static const char *const urls[][2] = {
        {"http://me:hunter2secret@h/?q",     "http://me:***@h/?q"   },
        {"http://me:hunter2secret@h h",      "http://me:***@h h"    },
        {"http://me:hunter2secret@",         "http://me:***@"       },
        {"me:hunter2secret@h",               "me:***@h"             },
        {"ftp://me:hunter2secret@h",         "ftp://me:***@h"       },
        {"http://me:hunter2secret%zz@h",     "http://me:***@h"      },
        {"http://me:hunter2@secret@h:99999", "http://me:***@h:99999"},
        {"http://me:hunter2:secret@h:0",     "http://me:***@h:0"    },
        {"http://:hunter2secret@h:0/x@y",    "http://:***@h:0/x@y"  },
        {"http://me@h:0",                    "http://me@h:0"        },
        {"http://h:0",                       "http://h:0"           },
    };
    static const char *const keys[] = {"base_url: \"%s\"", "admin_url: \"%s\"", "webhook: { url: \"%s\", port: 1 }"};
    for (size_t i = 0; i < COUNT(urls); i++) {
        assert_string_equal(url_shown(*state, urls[i][0]), urls[i][1]);
        for (size_t k = 0; k < COUNT(keys); k++) {
            const char *wrong, *at = strstr(keys[k], "%s");
            const char *text = arena_printf(*state, "name: x\nmock: true\n%.*s%s%s\n", (int)(at - keys[k]), keys[k],
                                            urls[i][0], at + 2);
            assert_null(read_text(*state, text, &wrong));
            assert_non_null(strstr(wrong, arena_printf(*state, "invalid base URL '%s'", urls[i][1])));
            assert_null(strstr(wrong, "hunter2"));
        }
    }
}

static void an_unset_environment_variable_gives_no_value(void **state)
{
    const char *wrong;
    struct target *t = read_text(*state,
                                 "name: real\nbase_url: https://api.example.com\n"
                                 "actors: { full: { env: TARGET_TEST_KEY }, other: { env: "
                                 "TARGET_TEST_UNSET }, anonymous: {} }\n"
                                 "resources: { near: here, far: { env: TARGET_TEST_UNSET } }\n",
                                 &wrong);
    assert_non_null(t);
    assert_int_equal(t->actor_count, 2);
    assert_null(target_actor(t, "other"));
    assert_non_null(target_actor(t, "anonymous"));
    assert_null(node_get(t->resources, "far"));
    assert_string_equal(target_unset_variable(t, true, STR("other")), "TARGET_TEST_UNSET");
    assert_string_equal(target_unset_variable(t, false, STR("far.away")), "TARGET_TEST_UNSET");
    assert_null(target_unset_variable(t, false, STR("other")));
    assert_null(target_unset_variable(t, true, STR("full")));
    assert_string_equal(node_get_text(t->resources, "near"), "here");
}

static void an_admin_api_and_a_consent_driver_are_capabilities(void **state)
{
    (void)state;
    const char *declared[] = {"second_org"};
    struct target t = {.capabilities = declared, .capability_count = 1};
    assert_true(target_has_capability(&t, "second_org"));
    assert_false(target_has_capability(&t, "consent"));
    assert_false(target_has_capability(&t, "clock"));
    assert_false(target_has_capability(&t, "simulate.fail"));
    t.admin_url = "http://127.0.0.1:1/__admin";
    t.consent = CONSENT_ADMIN;
    assert_true(target_has_capability(&t, "consent"));
    assert_true(target_has_capability(&t, "clock"));
    assert_true(target_has_capability(&t, "simulate.fail"));
    assert_false(target_has_capability(&t, "lease"));
}

static void a_mock_on_a_loopback_host_reaches_the_listener(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool reached;
    } rows[] = {
        {"http://127.0.0.1:1/__admin",       true },
        {"http://127.0.0.2:1/__admin",       true },
        {"http://LOCALHOST:1/__admin",       true },
        {"http://mock.localhost/__admin",    true },
        {"http://[::1]:1/__admin",           true },
        {"http://mock.example/__admin",      false},
        {"http://localhost.example/__admin", false},
        {"http://127.1/__admin",             false},
        {"http://0.0.0.0:1/__admin",         false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct target t = {.admin_url = rows[i].url};
        if (target_has_capability(&t, "webhook") != rows[i].reached)
            fail_msg("%s", rows[i].url);
    }
}

static void a_live_key_is_recognised(void **state)
{
    (void)state;
    struct actor actors[] = {
        {.name = "anonymous"       },
        { .name = "full", .credential = "lp_live_x"}
    };
    struct target t = {.actors = actors, .actor_count = 2};
    assert_string_equal(target_live_actor(&t)->name, "full");
    actors[1].credential = "lp_test_x";
    assert_null(target_live_actor(&t));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_target_file_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_actor_has_the_origin_of_its_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_key_that_is_wrong_on_purpose_is_derived, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_custom_header_has_no_prefix, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_mount_is_a_part_of_the_base_url, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_admin_path_is_appended_to_an_admin_url, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_invalid_target_file_is_rejected_at_its_position, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_unset_environment_variable_gives_no_value, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_value_that_does_not_fit_a_header_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_key_instead_of_a_variable_is_not_shown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_line_break_at_the_end_of_a_value_is_removed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_user_in_a_url_is_kept_apart_from_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_user_in_a_url_and_keys_need_different_headers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_message_shows_the_password_of_a_url, set_up, tear_down),
        cmocka_unit_test(an_admin_api_and_a_consent_driver_are_capabilities),
        cmocka_unit_test(a_mock_on_a_loopback_host_reaches_the_listener),
        cmocka_unit_test(a_live_key_is_recognised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
