#include "conformance/run/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/http/server.h"
#include "base/time.h"

/* A server and a client on one event loop. */
struct scene {
    struct arena arena;
    struct loop *loop;
    struct server *server;
    struct client *client;
    const char *response_body; /* of the server; the request path gives the status: /404 */
    int requests, responses;
    struct exchange_record *last;
    char last_request[2000]; /* method, target, headers, body */
    bool silent;             /* the server never responds */
};

static void handle(void *ctx, struct exchange *x)
{
    struct scene *s = ctx;
    struct str path = str_skip(x->request.path, 1);
    int64_t status = 200;
    s->requests++;
    int n = snprintf(s->last_request, sizeof s->last_request, STR_FMT " " STR_FMT "\n", STR_ARG(x->request.method),
                     STR_ARG(x->request.target));
    for (size_t i = 0; i < x->request.headers.count; i++)
        n += snprintf(s->last_request + n, sizeof s->last_request - (size_t)n, "%s: " STR_FMT "\n",
                      x->request.headers.items[i].name, STR_ARG(x->request.headers.items[i].value));
    snprintf(s->last_request + n, sizeof s->last_request - (size_t)n, "\n" STR_FMT, STR_ARG(x->request.body));
    if (s->silent)
        return;
    str_to_int(path, &status);
    x->response.status = (int)status;
    headers_add(&x->arena, &x->response.headers, "Location", STR("/200"));
    x->response.body.arena = &x->arena;
    buf_text(&x->response.body, s->response_body);
    server_reply(x);
}

static struct server *serve(struct scene *s)
{
    struct server_options options = {.address = "127.0.0.1",
                                     .body_max = 1u << 20,
                                     .idle_timeout_s = 5,
                                     .connections_max = 64,
                                     .handle = handle,
                                     .ctx = s};
    return server_new(s->loop, &options, NULL);
}

static int set_up(void **state)
{
    static struct scene s;
    s = (struct scene){.response_body = "{}"};
    s.loop = loop_new();
    s.server = serve(&s);
    s.client = client_new(s.loop, &(struct client_options){.timeout_ms = 5000, .connect_timeout_ms = 5000});
    *state = &s;
    return s.server ? 0 : -1;
}

static int tear_down(void **state)
{
    struct scene *s = *state;
    client_free(s->client);
    server_free(s->server);
    loop_free(s->loop);
    arena_end(&s->arena);
    return 0;
}

static void on_done(void *ctx, struct exchange_record *x)
{
    struct scene *s = ctx;
    s->responses++;
    s->last = x;
}

static struct exchange_record *new_request(struct scene *s, const char *method, const char *path)
{
    struct exchange_record *x = arena_new(&s->arena, struct exchange_record);
    x->method = method;
    x->url = arena_printf(&s->arena, "http://127.0.0.1:%d%s", server_port(s->server), path);
    return x;
}

static void await_responses(struct scene *s, int responses)
{
    int64_t until = time_monotonic_us() + (int64_t)10 * 1000 * 1000;
    while (s->responses < responses && time_monotonic_us() < until)
        loop_step(s->loop, 100000);
    assert_int_equal(s->responses, responses);
}

static struct exchange_record *send_request(struct scene *s, struct exchange_record *x)
{
    client_send(s->client, &s->arena, x, on_done, s);
    await_responses(s, s->responses + 1);
    assert_ptr_equal(s->last, x);
    return x;
}

static void a_response_is_recorded_whole(void **state)
{
    struct scene *s = *state;
    s->response_body = "{\"error\":1}";
    struct exchange_record *x = send_request(s, new_request(s, "GET", "/404"));
    assert_int_equal(x->status, 404);
    assert_null(x->error);
    assert_true(str_is(x->response_body, "{\"error\":1}"));
    assert_true(str_is(headers_get(&x->response_headers, "content-length"), "11"));
    assert_true(x->duration_us > 0);
    assert_true(x->started_ms > 0);
}

/* The … lets the reports recognise a secret that the cut has shortened. */
static void a_shortened_body_ends_with_an_ellipsis(void **state)
{
    struct scene *s = *state;
    struct buf body = {.arena = &s->arena};
    struct exchange_record x = {0};
    for (int i = 0; i < 66; i++)
        buf_text(&body, "\xE2\x82\xAC");
    x.response_body = buf_str(&body);
    assert_string_equal(exchange_short_body(&s->arena, &x), buf_c(&body));
    buf_text(&body, "\xE2\x82\xAC");
    x.response_body = buf_str(&body);
    const char *cut = exchange_short_body(&s->arena, &x);
    assert_int_equal(strlen(cut), strlen("\xE2\x82\xAC") * 66 + strlen("…"));
    assert_true(str_ends(str_from(cut), STR("\xE2\x82\xAC…")));
}

static void requests_are_sent_as_given(void **state)
{
    static const struct {
        const char *method, *path, *body, *first_line;
    } rows[] = {
        {"GET",    "/a/../b/%2f%2F?q=%20+&x", "",          "GET /a/../b/%2f%2F?q=%20+&x\n"},
        {"POST",   "/p",                      "{\"a\":1}", "POST /p\n"                    },
        {"POST",   "/empty",                  "",          "POST /empty\n"                },
        {"DELETE", "/d",                      "",          "DELETE /d\n"                  },
        {"DELETE", "/d",                      "body",      "DELETE /d\n"                  },
        {"PATCH",  "/d",                      "body",      "PATCH /d\n"                   },
        {"GET",    "/d",                      "body",      "GET /d\n"                     },
    };
    struct scene *s = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct exchange_record *x = new_request(s, rows[i].method, rows[i].path);
        x->request_body = str_from(rows[i].body);
        headers_add(&s->arena, &x->request_headers, "X-Own", STR("value"));
        send_request(s, x);
        assert_int_equal(x->status, 200);
        assert_memory_equal(s->last_request, rows[i].first_line, strlen(rows[i].first_line));
        assert_non_null(strstr(s->last_request, "X-Own: value\n"));
        assert_string_equal(strstr(s->last_request, "\n\n") + 2, rows[i].body);
        assert_null(strstr(s->last_request, "Expect:"));
        assert_null(strstr(s->last_request, "Content-Type:"));
    }
}

static void a_redirect_is_a_response(void **state)
{
    struct scene *s = *state;
    assert_int_equal(send_request(s, new_request(s, "GET", "/302"))->status, 302);
    assert_int_equal(s->requests, 1);
}

static void head_has_no_body(void **state)
{
    struct scene *s = *state;
    struct exchange_record *x = send_request(s, new_request(s, "HEAD", "/200"));
    assert_int_equal(x->status, 200);
    assert_int_equal(x->response_body.n, 0);
}

static void requests_run_in_parallel(void **state)
{
    struct scene *s = *state;
    struct exchange_record *all[50];
    for (size_t i = 0; i < COUNT(all); i++) {
        all[i] = new_request(s, "GET", "/200");
        client_send(s->client, &s->arena, all[i], on_done, s);
    }
    assert_int_equal(s->responses, 0); /* client_send never calls back itself */
    await_responses(s, COUNT(all));
    for (size_t i = 0; i < COUNT(all); i++)
        assert_int_equal(all[i]->status, 200);
}

static void a_missing_response_is_reported_as_an_error(void **state)
{
    struct scene *s = *state;
    struct exchange_record *x = new_request(s, "GET", "/");
    x->url = "http://127.0.0.1:1/";
    send_request(s, x);
    assert_int_equal(x->status, 0);
    assert_non_null(strstr(x->error, "connect"));
    assert_false(x->sent);
    x = new_request(s, "GET", "/");
    x->url = "ftp://127.0.0.1/";
    assert_non_null(send_request(s, x)->error);
}

static void a_silent_server_times_out(void **state)
{
    struct scene *s = *state;
    client_free(s->client);
    s->client = client_new(s->loop, &(struct client_options){.timeout_ms = 50, .connect_timeout_ms = 5000});
    s->silent = true;
    struct exchange_record *x = send_request(s, new_request(s, "GET", "/"));
    assert_int_equal(x->status, 0);
    assert_non_null(x->error);
    assert_true(x->sent);
    assert_int_equal(s->requests, 1);
}

static void requests_are_paced(void **state)
{
    struct scene *s = *state;
    client_free(s->client);
    s->client =
        client_new(s->loop, &(struct client_options){.timeout_ms = 5000, .connect_timeout_ms = 5000, .rps = 50});
    int64_t began = time_monotonic_us();
    for (int i = 0; i < 4; i++)
        client_send(s->client, &s->arena, new_request(s, "GET", "/200"), on_done, s);
    await_responses(s, 4);
    assert_true(time_monotonic_us() - began >= 60000);
}

/* As libcurl does with a URL that contains the user. */
static void the_user_of_a_url_is_sent_to_its_server_only(void **state)
{
    static const struct {
        const char *path, *key, *sent;
    } rows[] = {
        {"/v1/x",          NULL,         "Basic server"},
        {"/v1/x",          "Bearer key", "Bearer key"  },
        {"/v1?x",          NULL,         "Basic server"},
        {"/v1",            NULL,         "Basic server"},
        {"/v10/x",         NULL,         NULL          },
        {"/v2/x",          NULL,         NULL          },
        {"/v1/__admin/x",  NULL,         "Basic admin" },
        {"/v1/ns/__admin", NULL,         "Basic admin" },
    };
    struct scene *s = *state;
    const char *url = arena_printf(&s->arena, "http://127.0.0.1:%d/v1", server_port(s->server));
    client_free(s->client);
    s->client = client_new(s->loop, &(struct client_options){
                                        .timeout_ms = 5000,
                                        .connect_timeout_ms = 5000,
                                        .server_url = url,
                                        .server_login = {"u", "p", "Basic server"},
                                        .admin_root = url,
                                        .admin_login = {"u", "p", "Basic admin" },
                                        .arena = &s->arena
    });
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct exchange_record *x = new_request(s, "GET", rows[i].path);
        if (rows[i].key)
            headers_add(&s->arena, &x->request_headers, "Authorization", str_from(rows[i].key));
        send_request(s, x);
        const char *header = strstr(s->last_request, "Authorization: ");
        if (!rows[i].sent)
            assert_null(header);
        else if (!header || !str_starts(str_from(header + strlen("Authorization: ")), str_from(rows[i].sent)))
            fail_msg("%s: %s", rows[i].path, s->last_request);
        assert_true(str_is(headers_get(&x->request_headers, "Authorization"), rows[i].sent ? rows[i].sent : ""));
    }
}

static void large_responses_are_limited_together(void **state)
{
    struct scene *s = *state;
    size_t large = CLIENT_SMALL + 1;
    char *body = arena_alloc(&s->arena, large + 1);
    memset(body, 'x', large);
    client_free(s->client);
    s->client = client_new(
        s->loop,
        &(struct client_options){.timeout_ms = 5000, .connect_timeout_ms = 5000, .large_max = 2 * CLIENT_SMALL + 1000});
    for (int i = 0; i < 3; i++) {
        s->response_body = body;
        struct exchange_record *x = send_request(s, new_request(s, "GET", "/200"));
        assert_int_equal(x->status, i < 2 ? 200 : 0);
        assert_true(x->sent);
        assert_int_equal(x->response_body.n, i < 2 ? large : 0);
        if (i == 2)
            assert_string_equal(
                x->error, "the responses of this run that are larger than 16384 bytes have more than 33768 together");
        s->response_body = "small";
        assert_int_equal(send_request(s, new_request(s, "GET", "/200"))->status, 200);
    }
}

static void a_client_with_requests_in_flight_can_be_freed(void **state)
{
    struct scene *s = *state;
    s->silent = true;
    client_send(s->client, &s->arena, new_request(s, "GET", "/"), on_done, s);
    for (int i = 0; i < 1000 && !s->requests; i++)
        loop_step(s->loop, 10000);
    assert_int_equal(s->requests, 1);
    client_free(s->client);
    s->client = NULL;
    assert_int_equal(s->responses, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_response_is_recorded_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(requests_are_sent_as_given, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_shortened_body_ends_with_an_ellipsis, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_redirect_is_a_response, set_up, tear_down),
        cmocka_unit_test_setup_teardown(head_has_no_body, set_up, tear_down),
        cmocka_unit_test_setup_teardown(requests_run_in_parallel, set_up, tear_down),
        cmocka_unit_test_setup_teardown(large_responses_are_limited_together, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_missing_response_is_reported_as_an_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_silent_server_times_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(requests_are_paced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_user_of_a_url_is_sent_to_its_server_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_client_with_requests_in_flight_can_be_freed, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
