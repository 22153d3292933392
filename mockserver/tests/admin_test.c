/* The admin API: its description of itself, and access control. */
#include "mockserver/tests/admin_test.h"
#include "base/array.h"
#include "mockserver/server/mock_server.h"

static void the_admin_api_lists_its_capabilities(void **state)
{
    struct mock *m = *state;
    struct mock_response a = mock_call(m, "GET /__admin/capabilities", NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/protocol"), "1");
    assert_string_equal(at(a, "/providers/0"), "layers");
    assert_string_equal(at(a, "/mutating"), "true");
    assert_string_equal(at(a, "/clock"), "true");
    assert_string_equal(at(a, "/reset"), "true");
    static const char *const abilities[] = {"/verify", "/wait", "/explain", "/client_checks"};
    for (size_t i = 0; i < COUNT(abilities); i++)
        assert_string_equal(at(a, abilities[i]), "true");
    static const char *const built[] = {
        "consent", "token_lost", "account_connected", "account_removed", "side_effect", "publish_outcome", "fail"};
    for (size_t i = 0; i < COUNT(built); i++)
        assert_non_null(strstr(at(a, "/simulations"), built[i]));
    struct mock_response health = mock_call(m, "GET /__admin/health", NULL);
    assert_string_equal(at(health, "/status"), "ok");
    assert_string_equal(at(health, "/ready"), "true");
    assert_string_equal(at(health, "/namespaces"), "1");
    assert_string_equal(header_of(health, "Cache-Control"), "no-store");
    assert_string_equal(at(mock_call(m, "GET /__admin/version", NULL), "/protocol"), "1");
    assert_string_equal(at(mock_call(m, "GET /__admin/routes", NULL), "/items/0/provider"), "layers");
}

static void an_unknown_admin_path_returns_404(void **state)
{
    assert_problem(mock_call(*state, "GET /__admin/nowhere", NULL), 404, NULL,
                   "no admin operation GET /__admin/nowhere; GET /__admin/routes");
    assert_problem(simulation(*state, "consnt", "{}"), 404, NULL, "did you mean 'consent'?");
}

static void the_first_error_is_the_detail_and_the_rest_are_errors(void **state)
{
    static const struct {
        const char *line, *body, *pointers[4], *words[4];
    } rows[] = {
        {"POST /__admin/requests/verify",          "{\"match\":{},\"times\":1}",                        {"/times"},                                                                      {"unknown key 'times'"}},
        {"POST /__admin/requests/verify",
         "{\"match\":{\"status\":\"200\",\"operation\":\"whoamy\"},\"at_least\":3,\"at_most\":2}",      {"/at_least", "/match/operation", "/match/status"},
         {"'at_least' is 3", "did you mean 'whoami'", "a number"}                                                                                                                                               },
        {"POST /__admin/rules",
         "{\"on\":\"layers.whoamy\",\"when\":{\"key\":\"ful\"},\"then\":[{\"delay_after\":\"soon\"}]}", {"/when/key", "/on", "/then/0/delay_after"},
         {"no key has the name", "did you mean 'whoami'", "invalid delay"}                                                                                                                                      },
        {"POST /__admin/namespaces",
         "{\"name\":\"a b\",\"credentials\":[\"\"],\"idle\":\"-1s\",\"fixture\":{\"sed\":1}}",          {"/name", "/credentials/0", "/idle", "/fixture/sed"},
         {"invalid namespace name", "item 1 is empty", "'idle' is -1s", "did you mean 'seed'"}                                                                                                                  },
        {"POST /__admin/namespaces",
         "{\"name\":\"x\",\"fixture\":{\"seed\":\"s\",\"hostil\":1,\"rules\":[{\"on\":7}]}}",           {"/fixture/seed", "/fixture/hostil", "/fixture/rules/0/on", "/fixture/rules/0"},
         {"'seed'", "did you mean 'hostile'", "'on'", "missing 'then'"}                                                                                                                                         },
        {"GET /__admin/requests?limits=1&sinse=2", NULL,                                                {"query", "query"},                                                              {"'limits'", "'sinse'"}},
        {"PATCH /__admin/state/accounts/sa_one",
         "{\"token\":7,\"handel\":\"x\"}",                                                              {"/token", "/handel"},
         {"'token'", "did you mean 'handle'"}                                                                                                                                                                   },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = mock_call(*state, rows[i].line, rows[i].body);
        assert_problem(a, 422, rows[i].pointers[0], rows[i].words[0]);
        size_t more = 1;
        for (; more < COUNT(rows[i].words) && rows[i].words[more]; more++) {
            const struct node *error = node_at(node_get(a.body, "errors"), more - 1);
            const char *pointer = node_get_text(error, "pointer"), *detail = node_get_text(error, "detail");
            if (!pointer || strcmp(pointer, rows[i].pointers[more]) != 0 || !strstr(detail, rows[i].words[more]))
                fail_msg("%s: error %zu: " STR_FMT, rows[i].line, more, STR_ARG(a.text));
        }
        if (node_count(node_get(a.body, "errors")) != more - 1)
            fail_msg("%s: not %zu errors: " STR_FMT, rows[i].line, more - 1, STR_ARG(a.text));
        if (more == 1)
            assert_null(node_get(a.body, "errors"));
    }
}

/* Guards against a quadratic search: looking for each error in the whole body takes minutes. */
static void each_of_many_errors_has_its_pointer(void **state)
{
    struct buf body = {.arena = &((struct mock *)*state)->arena};
    for (int i = 0; i < 20000; i++)
        buf_printf(&body, "%s\"k%d\":1", i ? ",\n" : "{", i);
    buf_text(&body, "}");
    struct mock_response a = mock_call(*state, "POST /__admin/requests/verify", buf_c(&body));
    assert_int_equal(a.status, 422);
    assert_string_equal(at(a, "/pointer"), "/k0");
    assert_string_equal(at(a, "/errors/13140/pointer"), "/k13141");
    assert_string_equal(at(a, "/errors/19998/pointer"), "/k19999");
}

static void requests_from_other_sites_are_refused(void **state)
{
    static const struct {
        const char *host, *origin;
        int status;
    } rows[] = {
        {"Host: mock.test",              NULL,                            200},
        {"Host: mock.test:8080",         NULL,                            200},
        {"Host: localhost:8080",         NULL,                            200},
        {"Host: 127.0.0.1:8080",         NULL,                            200},
        {"Host: [::1]:8080",             NULL,                            200},
        {"Host: LOCALHOST.:8080",        NULL,                            200},
        {"Host: app.localhost:8080",     NULL,                            200},
        {"Host: [0:0:0:0:0:0:0:1]:8080", NULL,                            200},
        {"Host: [::ffff:127.0.0.1]",     NULL,                            200},
        {"Host: evil.test",              NULL,                            403},
        {"Host: 127.evil.test",          NULL,                            403},
        {"Host: 127.1:8080",             NULL,                            403},
        {"Host: 127.0.0.256",            NULL,                            403},
        {"Host: 0.0.0.0:8080",           NULL,                            403},
        {"Host: notlocalhost",           NULL,                            403},
        {"Host: .localhost",             NULL,                            403},
        {"Host: localhost.evil.test",    NULL,                            403},
        {"Host: mock.test.evil",         NULL,                            403},
        {"Host: localhost:8080",         "Origin: http://localhost:8080", 200},
        {"Host: localhost:8080",         "Origin: http://localhost:9090", 403},
        {"Host: localhost:8080",         "Origin: https://evil.test",     403},
        {"Host: localhost:8080",         "Origin: null",                  403},
    };
    struct mock *m = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct exchange x = {
            .request = {.method = STR("GET"), .target = STR("/__admin/clock"), .path = STR("/__admin/clock")}
        };
        const char *lines[] = {rows[i].host, rows[i].origin};
        for (size_t line = 0; line < 2 && lines[line]; line++) {
            struct str rest = str_from(lines[line]), name = str_cut(&rest, ':');
            headers_add(&x.arena, &x.request.headers, str_dup(&x.arena, name), str_trim(rest));
        }
        mock_handle(m, &x);
        if (x.response.status != rows[i].status)
            fail_msg("%s %s: %d", rows[i].host, rows[i].origin ? rows[i].origin : "", x.response.status);
        arena_end(&x.arena);
    }
}

static void an_unauthorized_caller_gets_no_list_of_paths(void **state)
{
    static const char *const lines[] = {"OPTIONS /__admin/reset", "GET /__admin/reset", "GET /__admin/nowhere"};
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct mock_response a =
            mock_call(*state, lines[i], NULL, "Origin: https://evil.test", "Access-Control-Request-Method: POST");
        assert_problem(a, 403, NULL, "--cors does not apply");
        assert_null(header_of(a, "Allow"));
    }
}

static void the_admin_api_requires_its_token(void **state)
{
    struct mock *m = *state;
    m->options.admin_token = "open-sesame";
    struct mock_response a = mock_call(m, "GET /__admin/clock", NULL);
    assert_problem(a, 401, NULL, "token");
    assert_non_null(header_of(a, "WWW-Authenticate"));
    assert_int_equal(mock_call(m, "GET /__admin/clock", NULL, "Authorization: Bearer open").status, 401);
    assert_int_equal(mock_call(m, "GET /__admin/clock", NULL, "Authorization: Bearer open-sesame").status, 200);
}

static void with_the_token_every_host_is_allowed(void **state)
{
    struct mock *m = *state;
    m->options.admin_token = "open-sesame";
    assert_int_equal(mock_call(m, "GET /__admin/clock", NULL, "Host: app:8080").status, 401);
    assert_int_equal(
        mock_call(m, "GET /__admin/clock", NULL, "Host: app:8080", "Authorization: Bearer open-sesame").status, 200);
    assert_int_equal(mock_call(m, "GET /__admin/clock", NULL, "Host: app:8080", "Origin: https://evil.test",
                               "Authorization: Bearer open-sesame")
                         .status,
                     403);
}

static void a_disabled_admin_api_returns_404(void **state)
{
    struct mock *m = *state;
    m->options.admin = false;
    assert_int_equal(mock_call(m, "GET /__admin/clock", NULL).status, 404);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_admin_api_lists_its_capabilities),
        TEST(an_unknown_admin_path_returns_404),
        TEST(the_first_error_is_the_detail_and_the_rest_are_errors),
        TEST(each_of_many_errors_has_its_pointer),
        TEST(an_unauthorized_caller_gets_no_list_of_paths),
        TEST(requests_from_other_sites_are_refused),
        TEST(the_admin_api_requires_its_token),
        TEST(a_disabled_admin_api_returns_404),
        TEST(with_the_token_every_host_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
