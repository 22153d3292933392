/* Runs calls to a URL that a response contained, with bodies from files and members whose names start with a $. */
#include "base/array.h"
#include "conformance/run/task.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "conformance/tests/run_rig.h"

/* --- the endpoint ------------------------------------------------------------------------- */

struct shared { /* with the child process that serves */
    int port;
    size_t calls;
    char log[8000]; /* one line for each call: method, target, Content-Type, Authorization, body */
};

static const char *upload_url(struct exchange *x, const struct shared *s, const char *kind)
{
    if (strcmp(kind, "foreign") == 0)
        return arena_printf(&x->arena, "http://localhost:%d/put?token=1", s->port);
    if (strcmp(kind, "user") == 0)
        return arena_printf(&x->arena, "http://me:secret@127.0.0.1:%d/put", s->port);
    if (strcmp(kind, "text") == 0)
        return "/put";
    return arena_printf(&x->arena, "http://%s:%d/put?token=1#top", strcmp(kind, "own") ? "localhost" : "127.0.0.1",
                        s->port);
}

static void log_call(struct shared *s, const struct request *r)
{
    size_t n = strlen(s->log);
    snprintf(s->log + n, sizeof s->log - n, STR_FMT " " STR_FMT " [" STR_FMT "] [" STR_FMT "] ", STR_ARG(r->method),
             STR_ARG(r->target), STR_ARG(headers_get(&r->headers, "Content-Type")),
             STR_ARG(headers_get(&r->headers, "Authorization")));
    n = strlen(s->log);
    for (size_t i = 0; i < r->body.n && n + 2 < sizeof s->log; i++) {
        char c = r->body.s[i];
        if (c < ' ' || c > '~')
            c = '?';
        s->log[n++] = c;
    }
    s->log[n] = '\n';
}

static void handle(void *ctx, struct exchange *x)
{
    struct shared *s = ctx;
    bool creates = str_starts(x->request.path, STR("/uploads/"));
    s->calls++;
    if (!str_is(x->request.method, "HEAD")) /* else it is the probe before the run */
        log_call(s, &x->request);
    x->response.status = creates ? 201 : 200;
    x->response.body.arena = &x->arena;
    if (creates)
        buf_printf(&x->response.body, "{\"$schema\":\"upload\",\"url\":\"%s\"}",
                   upload_url(x, s, x->request.path.s + strlen("/uploads/")));
    else
        buf_printf(&x->response.body, "{\"bytes\":%zu}", x->request.body.n);
    server_reply(x);
}

/* --- the scene ---------------------------------------------------------------------------- */

struct scene {
    struct arena arena;
    struct served endpoint;
    struct shared *shared;
    struct target target;
    struct run run;
};

static int set_up(void **state)
{
    static const struct actor actors[] = {
        {.name = "full", .credential = "key"}
    };
    static struct scene s;
    s = (struct scene){0};
    *state = &s;
    if (!served_start(&s.endpoint, sizeof *s.shared, handle))
        return -1;
    s.shared = s.endpoint.shared;
    s.shared->port = s.endpoint.port;
    s.target = served_target(&s.arena, &s.endpoint);
    s.target.actors = actors;
    s.target.actor_count = COUNT(actors);
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;
    served_stop(&s->endpoint);
    arena_end(&s->arena);
    return 0;
}

static void run_scenario(struct scene *s, const char *name)
{
    struct error err = {0};
    struct run_options options = {.timeout_ms = 5000, .allow_writes = true};
    const char *path = arena_printf(&s->arena, TEST_DIR "/call_url/%s.yaml", name);
    if (!rig_run(&s->arena, path, &s->target, &options, &s->run, &err))
        fail_msg("%s", error_text(&s->arena, &err));
    error_end(&err);
}

static void expect_logged(const struct scene *s, const char *line)
{
    if (!strstr(s->shared->log, line))
        fail_msg("no call '%s' in:\n%s", line, s->shared->log);
}

static void expect_passed(const struct scene *s)
{
    const struct scenario_result *r = s->run.scenarios.items[0];
    assert_true(r->checks.count);
    for (size_t i = 0; i < r->checks.count; i++)
        assert_int_equal(r->checks.items[i].verdict, VERDICT_PASS);
}

static void expect_blocked(const struct scene *s, const char *why)
{
    const struct scenario_result *r = s->run.scenarios.items[0];
    const struct check *last = &r->checks.items[r->checks.count - 1];
    assert_int_equal(last->verdict, VERDICT_BLOCKED);
    assert_string_equal(last->why, why);
    assert_null(strstr(s->shared->log, "/put"));
}

/* --- tests -------------------------------------------------------------------------------- */

static void a_file_is_sent_to_the_url(void **state)
{
    struct scene *s = *state;
    run_scenario(s, "sends-a-file");
    expect_passed(s);
    expect_logged(s, "POST /uploads/own [application/json] [Bearer key] "
                     "{\"$ref\":\"a\",\"list\":[{\"$id\":1}],\"price\":\"$5\"}\n");
    expect_logged(s, "PUT /put?token=1&more=a%20b [application/octet-stream] [] PNG??? bytes?\n");
    expect_logged(s, "PUT /put?token=1 [image/png] [Bearer key] PNG??? bytes?\n");
}

static void another_host_is_not_called(void **state)
{
    struct scene *s = *state;
    run_scenario(s, "foreign");
    expect_blocked(s, "not sent: '$upload.url' leads to the host 'localhost', which 'url_hosts' of the target does not "
                      "list");
}

static void a_listed_host_is_called_without_a_key(void **state)
{
    static const char *const hosts[] = {"LocalHost"};
    struct scene *s = *state;
    s->target.url_hosts = hosts;
    s->target.url_host_count = COUNT(hosts);
    run_scenario(s, "listed");
    expect_passed(s);
    expect_logged(s, "GET /put?token=1 [] [] \n");
}

static void a_mock_may_lead_to_this_machine(void **state)
{
    struct scene *s = *state;
    s->target.is_mock = true;
    run_scenario(s, "foreign");
    expect_passed(s);
}

static void a_key_is_not_sent_to_another_host(void **state)
{
    static const char *const hosts[] = {"localhost:1", "localhost"};
    struct scene *s = *state;
    s->target.url_hosts = hosts;
    s->target.url_host_count = COUNT(hosts);
    run_scenario(s, "keyed");
    expect_blocked(s, "not sent: '$upload.url' leads to the host 'localhost', and a key is only sent to that of "
                      "base_url");
}

static void a_url_of_another_port_is_not_listed(void **state)
{
    static const char *const hosts[] = {"localhost:1"};
    struct scene *s = *state;
    s->target.url_hosts = hosts;
    s->target.url_host_count = COUNT(hosts);
    run_scenario(s, "listed");
    expect_blocked(s, "not sent: '$upload.url' leads to the host 'localhost', which 'url_hosts' of the target does not "
                      "list");
}

static void what_is_no_url_is_not_called(void **state)
{
    struct scene *s = *state;
    run_scenario(s, "text");
    expect_blocked(s, "not sent: '$upload.url' is not a URL: scheme is not http or https");
    run_scenario(s, "user");
    expect_blocked(s, "not sent: the URL '$upload.url' contains a user");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_is_sent_to_the_url, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_host_is_not_called, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_listed_host_is_called_without_a_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_mock_may_lead_to_this_machine, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_key_is_not_sent_to_another_host, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_url_of_another_port_is_not_listed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_url_is_not_called, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
