#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "mockserver/pipeline/cors.h"
#include "mockserver/runtime/journal.h"
#include "mockserver/state/world.h"
#include "mockserver/tests/mock_test.h"

#define LIST      "/v1/projects/prj_01HX9Y7K8M2P4RSTUV56789AB/social-accounts"
#define KEY       "Authorization: Bearer lp_live_01HX9Y6K7EJ4T2_full"
#define APP       "https://app.example"
#define FROM_APP  "Origin: " APP
#define PREFLIGHT "Access-Control-Request-Method: GET"

static const char *const app[] = {"http://localhost:3000", APP};
static const char *const wildcard[] = {"*"};
static const char *const both[] = {"*", APP};

static struct mock *allow(void **state, const char *const *origins, size_t count)
{
    struct mock *m = *state;
    m->options.cors = origins;
    m->options.cors_count = count;
    return m;
}

static void assert_header(struct mock_response a, const char *name, const char *value)
{
    const char *is = header_of(a, name);
    if (value && is)
        assert_string_equal(is, value);
    else if (value || is)
        fail_msg("%s is %s; expected %s", name, is ? is : "none", value ? value : "none");
}

static void without_the_option_there_are_no_cors_headers(void **state)
{
    struct mock_response a = mock_call(*state, "GET " LIST, NULL, KEY, FROM_APP);
    assert_int_equal(a.status, 200);
    assert_header(a, "Access-Control-Allow-Origin", NULL);
    assert_header(a, "Vary", NULL);
    assert_int_equal(mock_call(*state, "OPTIONS " LIST, NULL, FROM_APP, PREFLIGHT).status, 405);
}

static void a_listed_origin_may_read_and_send_credentials(void **state)
{
    struct mock *m = allow(state, app, COUNT(app));
    struct mock_response a = mock_call(m, "GET " LIST, NULL, KEY, FROM_APP);
    assert_int_equal(a.status, 200);
    assert_header(a, "Access-Control-Allow-Origin", APP);
    assert_header(a, "Access-Control-Allow-Credentials", "true");
    assert_header(a, "Vary", "Origin");
}

static void the_wildcard_allows_reading_without_credentials(void **state)
{
    struct mock *m = allow(state, wildcard, COUNT(wildcard));
    struct mock_response a = mock_call(m, "GET " LIST, NULL, KEY, "Origin: http://other.example");
    assert_header(a, "Access-Control-Allow-Origin", "*");
    assert_header(a, "Access-Control-Allow-Credentials", NULL);
    assert_header(a, "Vary", NULL);
    m = allow(state, both, COUNT(both));
    a = mock_call(m, "GET " LIST, NULL, KEY, FROM_APP);
    assert_header(a, "Access-Control-Allow-Origin", APP);
    assert_header(a, "Access-Control-Allow-Credentials", "true");
    a = mock_call(m, "GET " LIST, NULL, KEY, "Origin: null");
    assert_header(a, "Access-Control-Allow-Origin", "*");
    assert_header(a, "Vary", "Origin");
}

static void other_origins_may_not_read(void **state)
{
    static const char *const others[] = {"Origin: https://app.example.evil", "Origin: null",
                                         "Origin: http://app.example", "X-None: 1"};
    struct mock *m = allow(state, app, COUNT(app));
    for (size_t i = 0; i < COUNT(others); i++) {
        struct mock_response a = mock_call(m, "GET " LIST, NULL, KEY, others[i]);
        assert_int_equal(a.status, 200);
        assert_header(a, "Access-Control-Allow-Origin", NULL);
        assert_header(a, "Access-Control-Allow-Credentials", NULL);
        assert_header(a, "Vary", "Origin"); /* a cache must not serve it to the app */
    }
}

static void response_headers_are_exposed(void **state)
{
    struct mock *m = allow(state, app, COUNT(app));
    struct mock_response a = mock_call(m, "GET " LIST, NULL, KEY, FROM_APP);
    struct str shown = str_from(header_of(a, "Access-Control-Expose-Headers"));
    assert_true(str_has(shown, STR("X-Request-Id")));
    assert_true(str_has(shown, STR("X-RateLimit-Remaining")));
    assert_true(str_has(shown, STR("Date")));
    assert_false(str_has(shown, STR("Content-Type")));
    assert_false(str_has(shown, STR("Access-Control")));
}

static void error_responses_have_cors_headers(void **state)
{
    struct mock *m = allow(state, app, COUNT(app));
    static const struct {
        const char *line, *key;
        int status;
    } rows[] = {
        {"GET " LIST,              "X-None: 1", 401},
        {"GET /v1/nowhere",        KEY,         404},
        {"DELETE " LIST,           KEY,         405},
        {"GET /",                  KEY,         404},
        {"GET /ns/.bad/v1/x",      KEY,         400},
        {"GET /__consent/layers/", KEY,         404},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = mock_call(m, rows[i].line, NULL, rows[i].key, FROM_APP);
        assert_int_equal(a.status, rows[i].status);
        assert_header(a, "Access-Control-Allow-Origin", APP);
        assert_true(str_has(str_from(header_of(a, "Access-Control-Expose-Headers")), STR("Date")));
    }
}

static void add_rule(struct mock *m, const char *rule)
{
    assert_int_equal(mock_call(m, "POST /__admin/rules", rule).status, 201);
}

static void the_response_of_a_rule_has_cors_headers(void **state)
{
    struct mock *m = allow(state, app, COUNT(app));
    add_rule(m, "{\"on\":\"layers.list_social_accounts\",\"then\":[{\"respond\":{\"error\":"
                "\"RATE_LIMITED\",\"headers\":{\"Retry-After\":\"2\"}}}]}");
    struct mock_response a = mock_call(m, "GET " LIST, NULL, KEY, FROM_APP);
    assert_int_equal(a.status, 429);
    assert_header(a, "Access-Control-Allow-Origin", APP);
    struct str shown = str_from(header_of(a, "Access-Control-Expose-Headers"));
    assert_true(str_has(shown, STR("Retry-After")));
    assert_true(str_has(shown, STR("X-Mock-Error")));
}

static void a_rule_may_set_its_own_cors_header(void **state)
{
    struct mock *m = allow(state, app, COUNT(app));
    add_rule(m, "{\"on\":\"layers.list_social_accounts\",\"then\":[{\"respond\":{\"status\":200,"
                "\"body\":{},\"headers\":{\"Access-Control-Allow-Origin\":\"https://else\"}}}]}");
    struct mock_response a = mock_call(m, "GET " LIST, NULL, KEY, FROM_APP);
    assert_header(a, "Access-Control-Allow-Origin", "https://else");
    assert_header(a, "Access-Control-Allow-Credentials", NULL);
}

static void a_preflight_request_of_an_allowed_origin_is_accepted(void **state)
{
    static const char *const paths[] = {LIST, "/ns/never-seen/v1/nowhere", "/layers/v1/nowhere",
                                        "/posteverywhere/api/v1/accounts", "/__consent/layers/some"};
    struct mock *m = allow(state, app, COUNT(app));
    for (size_t i = 0; i < COUNT(paths); i++) {
        struct mock_response a = mock_call(m, arena_printf(&m->arena, "OPTIONS %s", paths[i]), NULL, FROM_APP,
                                           "Access-Control-Request-Method: DELETE",
                                           "Access-Control-Request-Headers: authorization,x-wildcard");
        assert_int_equal(a.status, 204);
        assert_int_equal(a.text.n, 0);
        assert_header(a, "Access-Control-Allow-Origin", APP);
        assert_header(a, "Access-Control-Allow-Credentials", "true");
        assert_true(str_has(str_from(header_of(a, "Access-Control-Allow-Methods")), STR("DELETE")));
        assert_header(a, "Access-Control-Allow-Headers", "authorization,x-wildcard");
        assert_header(a, "Access-Control-Max-Age", "600");
        assert_header(a, "X-RateLimit-Limit", NULL);
    }
    struct namespace *ns = namespaces_at(m->namespaces, 0);
    assert_int_equal(journal_last(ns->journal), 0);       /* a preflight is not journaled */
    assert_int_equal(namespaces_count(m->namespaces), 1); /* and creates no namespace */
}

static void a_preflight_request_of_another_origin_is_refused_with_a_reason(void **state)
{
    struct mock *m = allow(state, app, COUNT(app));
    struct mock_response a = mock_call(m, "OPTIONS " LIST, NULL, "Origin: https://other.example", PREFLIGHT);
    assert_int_equal(a.status, 403);
    assert_string_equal(at(a, "/error/code"), "origin_not_allowed");
    assert_string_equal(at(a, "/error/message"),
                        "The origin 'https://other.example' is not allowed; add it with --cors.");
    assert_header(a, "Access-Control-Allow-Origin", NULL);
}

static void an_options_call_that_is_no_preflight_goes_to_the_provider(void **state)
{
    struct mock *m = allow(state, app, COUNT(app));
    struct mock_response a = mock_call(m, "OPTIONS " LIST, NULL, KEY, FROM_APP);
    assert_int_equal(a.status, 405);
    assert_header(a, "Access-Control-Allow-Origin", APP);
}

static void the_admin_api_stays_closed_to_other_origins(void **state)
{
    static const char *const paths[] = {"/__admin/state", "/layers/__admin/state", "/ns/default/__admin/state"};
    static const char *const methods[] = {"OPTIONS", "GET"};
    struct mock *m = allow(state, both, COUNT(both));
    for (size_t i = 0; i < COUNT(paths); i++)
        for (size_t k = 0; k < COUNT(methods); k++) {
            struct mock_response a =
                mock_call(m, arena_printf(&m->arena, "%s %s", methods[k], paths[i]), NULL, FROM_APP, PREFLIGHT);
            assert_in_range(a.status, 400, 499);
            assert_header(a, "Access-Control-Allow-Origin", NULL);
        }
    struct mock_response a = mock_call(m, "GET /__admin/state", NULL, FROM_APP);
    assert_int_equal(a.status, 403);
    assert_true(str_has(a.text, STR("--cors does not apply")));
}

#define EVIL "Origin: https://evil.example"
#define SITE "Sec-Fetch-Site: "

/* What a browser says about the page that sent a request, and whether the page is foreign. */
static const struct {
    const char *host, *origin, *site;
    bool is_foreign;
} pages[] = {
    {"Host: 127.0.0.1:8080", "X-None: 1",                     "X-None: 1",        false}, /* no browser */
    {"Host: 127.0.0.1:8080", "X-None: 1",                     SITE "none",        false}, /* its address bar */
    {"Host: 127.0.0.1:8080", "X-None: 1",                     SITE "same-origin", false},
    {"Host: 127.0.0.1:8080", "X-None: 1",                     SITE "same-site",   false},
    {"Host: 127.0.0.1:8080", "X-None: 1",                     SITE "cross-site",  true }, /* an image of a page */
    {"Host: 127.0.0.1:8080", EVIL,                            SITE "cross-site",  true },
    {"Host: 127.0.0.1:8080", EVIL,                            "X-None: 1",        true }, /* an old browser */
    {"Host: 127.0.0.1:8080", "Origin: null",                  "X-None: 1",        true },
    {"Host: 127.0.0.1:8080", "Origin: http://127.0.0.1.evil", "X-None: 1",        true },
    {"Host: 127.0.0.1:8080", "Origin: http://localhost:3000", SITE "cross-site",  false},
    {"Host: 127.0.0.1:8080", "Origin: http://[::1]:3000",     "X-None: 1",        false},
    {"Host: mock.test:8080", "Origin: http://mock.test",      "X-None: 1",        false},
    {"Host: mock.test:8080", "Origin: http://localhost:3000", "X-None: 1",        true },
    {"Host: 127.0.0.1:8080", "Origin: http://app.test:3000",  SITE "same-origin", false}, /* proxy of a dev server */
    {"Host: 127.0.0.1:8080", FROM_APP,                        SITE "cross-site",  true }, /* but see below */
};

static void a_page_of_another_site_creates_no_namespace(void **state)
{
    for (int listed = 0; listed < 2; listed++)
        for (size_t i = 0; i < COUNT(pages); i++) {
            struct mock *m = allow(state, app, listed ? COUNT(app) : 0);
            size_t before = namespaces_count(m->namespaces);
            bool in_list =
                !strcmp(pages[i].origin, FROM_APP) || !strcmp(pages[i].origin, "Origin: http://localhost:3000");
            bool refused = pages[i].is_foreign && !(listed && in_list);
            struct mock_response a = mock_call(m, arena_printf(&m->arena, "GET /ns/x%d-%zu/v1/whoami", listed, i), NULL,
                                               KEY, pages[i].host, pages[i].origin, pages[i].site);
            if (a.status != (refused ? 403 : 200) || namespaces_count(m->namespaces) != before + !refused)
                fail_msg("row %zu: %d", i, a.status);
            if (refused) {
                assert_string_equal(header_of(a, "X-Mock-Error"), "namespace");
                assert_non_null(strstr(at(a, "/error/message"), "a web page of another site cannot create it"));
            }
        }
}

static void a_page_of_another_site_changes_nothing(void **state)
{
    static const struct {
        const char *line, *body, *key, *code;
    } writes[] = {
        {"POST /v1/webhook-endpoints",
         "{\"url\":\"http://127.0.0.1:1/h\",\"events\":[\"social_account.needs_reauth\"]}",                   KEY, "/error/code"},
        {"POST /api/v1/media/upload",  "{\"filename\":\"a.jpg\",\"content_type\":\"image/jpeg\",\"size\":5}",
         "Authorization: Bearer pe_live_a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4",                                         "/error/code"},
    };
    struct mock *m = *state;
    for (size_t w = 0; w < COUNT(writes); w++)
        for (size_t i = 0; i < COUNT(pages); i++) {
            uint32_t before = changes_last(mock_test_world(m));
            struct mock_response a = mock_call(m, writes[w].line, writes[w].body, writes[w].key, pages[i].host,
                                               pages[i].origin, pages[i].site);
            bool changed = changes_last(mock_test_world(m)) != before;
            if ((a.status == 403) != pages[i].is_foreign || changed == pages[i].is_foreign)
                fail_msg("write %zu, row %zu: %d " STR_FMT, w, i, a.status, STR_ARG(a.text));
            if (pages[i].is_foreign)
                assert_string_equal(header_of(a, "X-Mock-Error"), "origin");
        }
    struct mock_response read = mock_call(m, "GET " LIST, NULL, KEY, EVIL, SITE "cross-site");
    assert_int_equal(read.status, 200); /* the page cannot see it */
}

static void origins_are_normalized_as_browsers_write_them(void **state)
{
    static const struct {
        const char *text, *origin;
    } rows[] = {
        {"https://App.Example",     "https://app.example"   },
        {"https://app.example:443", "https://app.example"   },
        {"http://app.example:80",   "http://app.example"    },
        {"https://app.example:80",  "https://app.example:80"},
        {"http://[::1]:3000",       "http://[::1]:3000"     },
        {"capacitor://localhost",   "capacitor://localhost" },
        {"*",                       "*"                     },
        {"null",                    "null"                  },
        {"https://app.example/",    NULL                    },
        {"https://app.example/x",   NULL                    },
        {"https://app.example?x",   NULL                    },
        {"https://me@app.example",  NULL                    },
        {"https://",                NULL                    },
        {"app.example",             NULL                    },
        {"localhost:3000",          NULL                    },
        {"tauri://",                NULL                    },
        {"tauri://a/b",             NULL                    },
        {"https://*.example",       NULL                    },
        {"",                        NULL                    },
    };
    struct mock *m = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *origin = cors_origin(&m->arena, str_from(rows[i].text));
        if (rows[i].origin && origin)
            assert_string_equal(origin, rows[i].origin);
        else if (rows[i].origin || origin)
            fail_msg("'%s' gives %s", rows[i].text, origin ? origin : "none");
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, mock_test_setup, mock_test_teardown)
    const struct CMUnitTest tests[] = {
        TEST(without_the_option_there_are_no_cors_headers),
        TEST(a_listed_origin_may_read_and_send_credentials),
        TEST(the_wildcard_allows_reading_without_credentials),
        TEST(other_origins_may_not_read),
        TEST(response_headers_are_exposed),
        TEST(error_responses_have_cors_headers),
        TEST(the_response_of_a_rule_has_cors_headers),
        TEST(a_rule_may_set_its_own_cors_header),
        TEST(a_preflight_request_of_an_allowed_origin_is_accepted),
        TEST(a_preflight_request_of_another_origin_is_refused_with_a_reason),
        TEST(an_options_call_that_is_no_preflight_goes_to_the_provider),
        TEST(the_admin_api_stays_closed_to_other_origins),
        TEST(a_page_of_another_site_creates_no_namespace),
        TEST(a_page_of_another_site_changes_nothing),
        TEST(origins_are_normalized_as_browsers_write_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
