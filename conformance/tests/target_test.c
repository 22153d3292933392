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
        cmocka_unit_test_setup_teardown(a_custom_header_has_no_prefix, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_mount_is_a_part_of_the_base_url, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_admin_path_is_appended_to_an_admin_url, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_invalid_target_file_is_rejected_at_its_position, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_unset_environment_variable_gives_no_value, set_up, tear_down),
        cmocka_unit_test(an_admin_api_and_a_consent_driver_are_capabilities),
        cmocka_unit_test(a_mock_on_a_loopback_host_reaches_the_listener),
        cmocka_unit_test(a_live_key_is_recognised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
