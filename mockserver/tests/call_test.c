#include "base/array.h"
#include "mockserver/provider_api/call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/time.h"
#include "mockserver/admin/api.h"
#include "mockserver/runtime/journal.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/mock_test.h"

#define KEY    "Authorization: Bearer lp_live_01HX9Y6K7EJ4T2_full"
#define READER "Authorization: Bearer lp_live_01HX9Y6K7EJ4T2_reader"
#define P      "/v1/projects/prj_01HX9Y7K8M2P4RSTUV56789AB"
#define LIST   P "/social-accounts"

static struct namespace *find_namespace(struct mock *m, const char *name)
{
    return namespaces_find(m->namespaces, str_from(name));
}

static struct mock_response list_in(struct mock *m, const char *name)
{
    const char *line = arena_printf(&m->arena, "GET /ns/%s" LIST, name);
    return mock_call(m, line, NULL, KEY);
}

static const struct journal_entry *newest(const struct namespace *ns)
{
    return journal_read(ns->journal, journal_last(ns->journal));
}

static void the_namespace_comes_from_the_path_then_the_header_then_the_credential(void **state)
{
    static const struct {
        const char *line, *header, *name, *base_url;
    } rows[] = {
        {"GET " LIST,                NULL,                          "default", "http://mock.test"            },
        {"GET /ns/a" LIST,           NULL,                          "a",       "http://mock.test/ns/a"       },
        {"GET /ns/a/layers" LIST,    NULL,                          "a",       "http://mock.test/ns/a/layers"},
        {"GET /layers" LIST,         NULL,                          "default", "http://mock.test/layers"     },
        {"GET " LIST,                "X-Mock-Namespace: b",         "b",       "http://mock.test/ns/b"       },
        {"GET /ns/a" LIST,           "X-Mock-Namespace: b",         "a",       "http://mock.test/ns/a"       },
        {"GET " LIST,                "X-Mock-Namespace:",           "default", "http://mock.test"            },
        {"GET " LIST,                "Authorization: Bearer bound", "c",       "http://mock.test/ns/c"       },
        {"GET " LIST,                "X-Api-Key: bound",            "c",       "http://mock.test/ns/c"       },
        {"GET /ns/default" LIST,     "X-Api-Key: bound",            "default", "http://mock.test/ns/default" },
        {"GET /__consent/layers/st", NULL,                          "default", "http://mock.test"            },
    };
    struct mock *m = *state;
    namespaces_bind(m->namespaces, STR("bound"), namespaces_create(m->namespaces, STR("c"), NULL, NULL, NULL, NULL));
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = mock_call(m, rows[i].line, NULL, rows[i].header);
        assert_string_equal(a.call->ns->name, rows[i].name);
        assert_string_equal(call_base_url(a.call), rows[i].base_url);
    }
}

static void the_provider_comes_from_the_mount_then_the_host_then_the_route_then_the_prefix(void **state)
{
    static const struct {
        const char *line, *header, *provider, *path;
    } rows[] = {
        {"GET /layers" LIST,   NULL,                       "layers", LIST      },
        {"GET /layers",        NULL,                       "layers", "/"       },
        {"GET /layersx",       NULL,                       NULL,     "/layersx"},
        {"GET /else",          "Host: api.layers.com",     "layers", "/else"   },
        {"GET /else",          "Host: API.layers.com:443", "layers", "/else"   },
        {"GET " LIST,          NULL,                       "layers", LIST      },
        {"PUT " LIST,          NULL,                       "layers", LIST      },
        {"GET /v1/else",       NULL,                       "layers", "/v1/else"},
        {"GET /v2/else",       NULL,                       NULL,     "/v2/else"},
        {"GET /",              NULL,                       NULL,     "/"       },
        {"GET /ns/a",          NULL,                       NULL,     "/"       },
        {"GET /ns/a/layers/x", NULL,                       "layers", "/x"      },
    };
    struct mock *m = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena *arena = &m->arena;
        struct exchange *x = arena_new(arena, struct exchange);
        struct str rest = str_from(rows[i].line);
        x->request.method = str_cut(&rest, ' ');
        x->request.target = x->request.path = rest;
        if (rows[i].header)
            headers_add(arena, &x->request.headers, "Host", str_from(rows[i].header + 6));
        mock_handle(m, x);
        const struct call *c = x->user;
        if (rows[i].provider)
            assert_string_equal(c->provider->name, rows[i].provider);
        else
            assert_null(c->provider);
        assert_true(str_is(c->path, rows[i].path));
        arena_end(&x->arena);
    }
}

static void the_admin_api_and_the_consent_page_are_providers_too(void **state)
{
    struct mock *m = *state;
    assert_ptr_equal(mock_call(m, "GET /__admin/health").call->provider, &admin_provider);
    assert_ptr_equal(mock_call(m, "GET /__admin/nothing").call->provider, &admin_provider);
    assert_ptr_equal(mock_call(m, "GET /layers/__consent/layers/x").call->provider, &consent_provider);
    assert_null(mock_call(m, "GET /__administrator").call->provider);
    m->options.admin = false;
    assert_int_equal(mock_call(m, "GET /__admin/health").status, 404);
}

static void the_admin_port_serves_only_the_admin_api(void **state)
{
    static const struct {
        const char *path;
        int status;
    } rows[] = {
        {"/__admin/version", 200},
        {LIST,               404},
        {"/ns/new" LIST,     404},
    };
    struct mock *m = *state;
    m->options.admin = false;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct exchange x = {.request = {.method = STR("GET")}};
        x.request.path = x.request.target = str_from(rows[i].path);
        headers_add(&x.arena, &x.request.headers, "Host", STR("127.0.0.1"));
        mock_handle_admin(m, &x);
        assert_int_equal(x.response.status, rows[i].status);
        arena_end(&x.arena);
    }
    assert_null(find_namespace(m, "new"));
}

static void only_a_call_to_a_provider_creates_a_namespace(void **state)
{
    struct mock *m = *state;
    assert_int_equal(mock_call(m, "GET /ns/new/__admin/rules").status, 404);
    assert_int_equal(mock_call(m, "GET /ns/new/__consent/layers/x").status, 404);
    assert_null(find_namespace(m, "new"));
    assert_int_equal(list_in(m, "new").status, 200);
    assert_non_null(find_namespace(m, "new"));
    assert_int_equal(mock_call(m, "GET /ns/new/__admin/rules").status, 200);

    m->options.explicit_namespaces = true;
    struct mock_response a = list_in(m, "newer");
    assert_int_equal(a.status, 404);
    assert_string_equal(at(a, "/error/code"), "namespace");
    assert_string_equal(header_of(a, "X-Mock-Error"), "namespace");
    assert_null(find_namespace(m, "newer"));
    assert_int_equal(list_in(m, ".x").status, 400);
    assert_int_equal(mock_call(m, "GET /ns//v1/x", NULL, KEY).status, 400);
}

static void a_namespace_over_the_limit_is_refused(void **state)
{
    struct mock *m = *state;
    char name[16];
    for (size_t i = namespaces_count(m->namespaces); i < NAMESPACES_DEFAULT; i++) {
        snprintf(name, sizeof name, "w%zu", i);
        assert_non_null(namespaces_create(m->namespaces, str_from(name), NULL, NULL, NULL, NULL));
    }
    struct mock_response a = list_in(m, "onemore");
    assert_int_equal(a.status, 503);
    assert_non_null(strstr(at(a, "/error/message"), "namespace limit reached: 10000"));
    assert_int_equal(mock_call(m, "POST /__admin/namespaces", "{\"name\":\"x\"}").status, 409);
    assert_int_equal(list_in(m, "w17").status, 200);

    struct namespace *unused = find_namespace(m, "w18");
    unused->is_implicit = true;
    unused->last_us = time_monotonic_us() - NAMESPACE_UNUSED_US;
    assert_int_equal(list_in(m, "onemore").status, 200);
    assert_null(find_namespace(m, "w18"));
    assert_int_equal(list_in(m, "another").status, 503);
}

static void an_unmatched_call_reports_the_nearest_routes(void **state)
{
    static const struct {
        const char *line;
        int status;
        const char *mock_error, *allow, *nearest;
    } rows[] = {
        {"GET " P "/social-acounts",          404, "unmatched",     NULL,  "GET /v1/projects/{}/social-accounts"},
        {"GET /projects/p/social-accounts",   404, "unmatched",     NULL,  "GET /v1/projects/{}/social-accounts"},
        {"PUT " LIST,                         405, "unmatched",     "GET", "GET /v1/projects/{}/social-accounts"},
        {"GET /",                             404, "unmatched",     NULL,  "GET /postnitro/"                    },
        {"POST /v1/organizations/o/api-keys", 501, "unimplemented", NULL,  NULL                                 },
        {"GET " LIST,                         200, NULL,            NULL,  NULL                                 },
        {"HEAD " LIST,                        200, NULL,            NULL,  NULL                                 },
    };
    struct mock *m = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = mock_call(m, rows[i].line, NULL, KEY);
        assert_int_equal(a.status, rows[i].status);
        const char *values[] = {header_of(a, "X-Mock-Error"), header_of(a, "Allow")};
        const char *expected[] = {rows[i].mock_error, rows[i].allow};
        for (size_t j = 0; j < 2; j++)
            if (expected[j])
                assert_string_equal(values[j], expected[j]);
            else
                assert_null(values[j]);
        const struct journal_entry *e = newest(find_namespace(m, "default"));
        assert_int_equal(e->status, rows[i].status);
        assert_int_equal(e->trace.nearest.count > 0, rows[i].nearest != NULL);
        if (rows[i].nearest)
            assert_string_equal(e->trace.nearest.items[0], rows[i].nearest);
    }
}

static void every_response_has_a_date_and_a_content_type(void **state)
{
    static const char *const lines[] = {"GET /v1/projects/p/social-accounts", "GET /v1/else",   "GET /else",
                                        "POST /v1/organizations/o/api-keys",  "GET /ns/.bad/x", "GET /__admin/health"};
    struct mock *m = *state;
    char date[TIME_TEXT_MAX];
    time_http(world_now(mock_test_world(m)), date);
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct mock_response a = mock_call(m, lines[i], NULL, KEY);
        assert_string_equal(header_of(a, "Date"), date);
        assert_non_null(a.body);
        assert_true(str_starts(str_from(header_of(a, "Content-Type")), STR("application/")));
    }
}

static void gates_run_in_order(void **state)
{
    /* clang-format off */
    static const struct {
        const char *line, *header;
        int status;
        const char *detail;
    } rows[] = {
        {"GET " LIST,                            NULL,                            401, "missing"},
        {"GET " LIST,                            "Authorization: Basic abc",      401, "Bearer"},
        {"GET " LIST,                            "Authorization: Bearer",         401, "Bearer"},
        {"GET " LIST,                            "Authorization: Bearer a b",     401, "Bearer"},
        {"GET " LIST,                            "Authorization: Bearer unknown", 401, "not valid"},
        {"GET " LIST,                            READER,                          200, NULL},
        {"GET " LIST,                            "authorization: bEARER   lp_live_01HX9Y6K7EJ4T2_reader", 200, NULL},
        {"DELETE /v1/social-accounts/sa_x",      READER,                          403, "social:write"},
        {"DELETE /v1/social-accounts/sa_x",      NULL,                            401, "missing"},
        {"GET /v1/projects/%zz/social-accounts", KEY,                             400, "escape"},
    };
    /* clang-format on */
    struct mock *m = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = mock_call(m, rows[i].line, NULL, rows[i].header);
        assert_int_equal(a.status, rows[i].status);
        if (rows[i].detail)
            assert_non_null(strstr(at(a, "/error/message"), rows[i].detail));
    }
}

static void path_parameters_are_decoded(void **state)
{
    struct mock *m = *state;
    struct mock_response a =
        mock_call(m, "GET /v1/projects/prj%5F01HX9Y7K8M2P4RSTUV56789AB/social-accounts", NULL, KEY);
    assert_int_equal(a.status, 200);
    a = mock_call(m, "GET /v1/projects/a%2Fb/social-accounts", NULL, KEY);
    assert_true(str_is(a.call->params[0], "a/b"));
}

static void the_journal_has_calls_but_not_admin_calls(void **state)
{
    struct mock *m = *state;
    const char *line = "GET " LIST "?limit=1";
    mock_call(m, line, NULL, READER);
    mock_call(m, "GET /__admin/health");
    mock_call(m, "GET /v1/nowhere", NULL, KEY);
    struct namespace *ns = find_namespace(m, "default");
    assert_int_equal(journal_last(ns->journal), 2);
    const struct journal_entry *e = journal_read(ns->journal, 1);
    assert_string_equal(e->route->operation, "list_social_accounts");
    assert_string_equal(e->provider->name, "layers");
    assert_string_equal(e->key_name, "reader");
    assert_true(str_is(e->target, LIST "?limit=1"));
    assert_non_null(e->request_id);
    assert_true(e->response_body.n > 0);
    assert_string_equal(journal_read(ns->journal, 2)->fault, "no_route");
}

static void malformed_http_is_refused_in_the_format_of_the_provider(void **state)
{
    struct mock *m = *state;
    struct exchange x = {
        .request = {.method = STR("GET"), .path = STR("/ns/new/layers/x")}
    };
    mock_refuse(m, &x, 400, "Two Host headers.");
    assert_int_equal(x.response.status, 400);
    assert_true(str_has(buf_str(&x.response.body), STR("VALIDATION")));
    assert_true(str_has(buf_str(&x.response.body), STR("Two Host headers.")));
    assert_null(find_namespace(m, "new"));
    arena_end(&x.arena);
}

static void malformed_http_is_refused_in_the_format_of_the_admin_api(void **state)
{
    static const char *const paths[] = {"/__admin/rules", "/ns/new/__admin/rules", "/layers/__admin/nowhere"};
    struct mock *m = *state;
    for (size_t i = 0; i < COUNT(paths); i++) {
        struct exchange x = {
            .request = {.method = STR("POST"), .path = str_from(paths[i])}
        };
        mock_refuse(m, &x, 413, "Too much.");
        assert_int_equal(x.response.status, 413);
        assert_true(str_is(headers_get(&x.response.headers, "Content-Type"), "application/problem+json"));
        assert_true(str_has(buf_str(&x.response.body), STR("\"detail\":\"Too much.\"")));
        assert_null(find_namespace(m, "new"));
        arena_end(&x.arena);
    }
}

static void a_body_that_is_too_large_is_refused_before_any_gate(void **state)
{
    struct mock *m = *state;
    struct exchange x = {
        .request = {.method = STR("GET"), .path = STR(LIST)}
    };
    x.request.body_too_large = true;
    mock_handle(m, &x);
    assert_int_equal(x.response.status, 413);
    arena_end(&x.arena);
}

static void an_admin_call_may_reset_or_delete_its_own_namespace(void **state)
{
    struct mock *m = *state;
    list_in(m, "a");
    assert_int_equal(mock_call(m, "POST /ns/a/__admin/reset").status, 200);
    assert_int_equal(mock_call(m, "DELETE /ns/a/__admin/namespaces/a").status / 100, 2);
    assert_null(find_namespace(m, "a"));
}

static void a_call_reads_its_query_and_body(void **state)
{
    static const struct {
        const char *body;
        enum fault fault;
    } rows[] = {
        {"{\"a\": 1}",  FAULT_NONE    },
        {NULL,          FAULT_INVALID },
        {"  ",          FAULT_INVALID },
        {"[1]",         FAULT_INVALID },
        {"{\"a\": 01}", FAULT_BAD_JSON},
        {"{} {}",       FAULT_BAD_JSON},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena a = {0};
        struct request r = {.body = str_from(rows[i].body), .query = STR("x=a%20b&y=&x=2")};
        struct call c = {.arena = &a, .req = &r};
        assert_int_equal(call_body(&c) == NULL, rows[i].fault != FAULT_NONE);
        assert_int_equal(c.fault, rows[i].fault);
        assert_true(str_is(call_query(&c, "x"), "a b"));
        assert_non_null(call_query(&c, "y").s);
        assert_null(call_query(&c, "z").s);
        arena_end(&a);
    }
}

static void every_fault_has_a_name_and_a_row(void **state)
{
    (void)state;
    for (int f = FAULT_NONE; f < FAULT_COUNT; f++) {
        const struct fault_row *row = provider_fault(NULL, (enum fault)f);
        assert_int_equal(row->fault, f);
        assert_string_equal(row->code, fault_texts[f]);
        assert_ptr_equal(provider_fault_named(NULL, str_from(row->code)), row);
        assert_non_null(provider_fault(&admin_provider, (enum fault)f));
    }
    assert_null(provider_fault_named(NULL, STR("nothing")));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, mock_test_setup, mock_test_teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_namespace_comes_from_the_path_then_the_header_then_the_credential),
        TEST(the_provider_comes_from_the_mount_then_the_host_then_the_route_then_the_prefix),
        TEST(the_admin_api_and_the_consent_page_are_providers_too),
        TEST(the_admin_port_serves_only_the_admin_api),
        TEST(only_a_call_to_a_provider_creates_a_namespace),
        TEST(a_namespace_over_the_limit_is_refused),
        TEST(an_unmatched_call_reports_the_nearest_routes),
        TEST(every_response_has_a_date_and_a_content_type),
        TEST(gates_run_in_order),
        TEST(path_parameters_are_decoded),
        TEST(the_journal_has_calls_but_not_admin_calls),
        TEST(malformed_http_is_refused_in_the_format_of_the_provider),
        TEST(malformed_http_is_refused_in_the_format_of_the_admin_api),
        TEST(a_body_that_is_too_large_is_refused_before_any_gate),
        TEST(an_admin_call_may_reset_or_delete_its_own_namespace),
        cmocka_unit_test(a_call_reads_its_query_and_body),
        cmocka_unit_test(every_fault_has_a_name_and_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
