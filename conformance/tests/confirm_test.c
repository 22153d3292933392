/* Runs a suite against an endpoint whose key or server dies during the run. */
#include "base/array.h"
#include "conformance/run/task.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/http/server.h"

/* --- the endpoint ------------------------------------------------------------------------- */

struct shared { /* with the child process that serves */
    int status; /* of the calls from number `from` on that begin with `path` */
    size_t from;
    const char *path; /* a constant */
    const char *key;  /* likewise: only with this key; NULL: all */
    size_t calls;
};

static bool fails(const struct shared *s, const struct exchange *x)
{
    struct str key = headers_get(&x->request.headers, "Authorization");
    return s->calls >= s->from && str_starts(x->request.path, str_from(s->path)) && (!s->key || str_is(key, s->key));
}

static void handle(void *ctx, struct exchange *x)
{
    struct shared *s = ctx;
    s->calls++;
    x->response.status = fails(s, x) ? s->status : headers_find(&x->request.headers, "Authorization") ? 200 : 401;
    x->response.body.arena = &x->arena;
    buf_text(&x->response.body, x->response.status == 200 ? "{\"id\":\"t-1\"}" : "{\"error\":\"no key\"}");
    server_reply(x);
}

static void serve(struct shared *s, int port_pipe)
{
    struct loop *l = loop_new();
    struct server_options options = {.address = "127.0.0.1",
                                     .body_max = 1u << 20,
                                     .idle_timeout_s = 60,
                                     .connections_max = 64,
                                     .handle = handle,
                                     .ctx = s};
    struct server *server = server_new(l, &options, NULL);
    int port = server ? server_port(server) : 0;
    if (write(port_pipe, &port, sizeof port) == sizeof port)
        loop_run(l);
    _exit(0);
}

/* --- the scene ---------------------------------------------------------------------------- */

struct scene {
    struct arena arena;
    pid_t server;
    struct shared *shared;
    struct target target;
    struct run run;
};

static int set_up(void **state)
{
    static const struct actor actors[] = {
        {.name = "full",         .credential = "a", .origin = "ITEMS_KEY"},
        {.name = "second", .credential = "b", .origin = "ITEMS_SECOND"},
        {.name = "anonymous"      },
    };
    static struct scene s;
    int ends[2], port = 0;
    s = (struct scene){0};
    *state = &s;
    s.shared = mmap(NULL, sizeof *s.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (s.shared == MAP_FAILED || pipe(ends) != 0)
        return -1;
    s.server = fork();
    if (s.server == 0)
        serve(s.shared, ends[1]);
    close(ends[1]);
    if (read(ends[0], &port, sizeof port) != sizeof port)
        return -1;
    close(ends[0]);
    s.target = (struct target){
        .name = "test",
        .base_url = arena_printf(&s.arena, "http://127.0.0.1:%d", port),
        .mount = "",
        .header = "Authorization",
        .header_prefix = "Bearer ",
        .actors = actors,
        .actor_count = COUNT(actors),
        .resources = node_with(&s.arena, NULL, "item", node_new_text(&s.arena, STR("t-1"))),
    };
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;
    kill(s->server, SIGKILL);
    waitpid(s->server, NULL, 0);
    munmap(s->shared, sizeof *s->shared);
    arena_end(&s->arena);
    return 0;
}

static bool has_every_capability(const void *ctx, const char *capability)
{
    (void)ctx;
    (void)capability;
    return true;
}

/* The preflight sends two calls, so the first call of a scenario is the third. */
static void run_suite(struct scene *s, struct shared failure)
{
    struct suite suite;
    struct plan plan;
    struct error err = {0};
    struct run_options options = {.timeout_ms = 5000};
    const char *path = TEST_DIR "/confirm";
    *s->shared = failure;
    bool ok = suite_load(&s->arena, &path, 1, &suite, &err) &&
              plan_make(&s->arena, &suite, &(struct selection){0}, has_every_capability, NULL, &plan, &err) &&
              run_plan(&s->arena, &plan, &s->target, &options, &s->run, &err);
    if (!ok)
        fail_msg("%s", error_text(&s->arena, &err));
    error_end(&err);
}

static const struct check *first_check(const struct scene *s, enum verdict verdict)
{
    for (size_t i = 0; i < s->run.scenarios.count; i++)
        for (size_t k = 0; k < s->run.scenarios.items[i]->checks.count; k++)
            if (s->run.scenarios.items[i]->checks.items[k].verdict == verdict)
                return &s->run.scenarios.items[i]->checks.items[k];
    fail_msg("no check has the verdict '%s'", verdict_texts[verdict]);
    return NULL;
}

/* --- tests -------------------------------------------------------------------------------- */

static void a_key_that_dies_is_an_error_and_is_not_sent_again(void **state)
{
    struct scene *s = *state;
    run_suite(s, (struct shared){.status = 401, .from = 5, .path = "/", .key = "Bearer a"});
    assert_int_equal(s->run.exit_code, 3);
    assert_int_equal(s->run.counts[VERDICT_FAIL], 0);
    assert_int_equal(s->run.counts[VERDICT_ERROR], 6 * 2);
    assert_int_equal(s->run.claims[0].outcome, CLAIM_UNDECIDED);
    assert_int_equal(s->run.claims[1].outcome, CLAIM_HOLDS);
    const char *why = first_check(s, VERDICT_ERROR)->why;
    assert_non_null(strstr(why, "key of actor 'full' (ITEMS_KEY) is refused since this call: 401, and GET http://"));
    const struct scenario_result *last = s->run.scenarios.items[6];
    assert_string_equal(last->checks.items[0].why, "not sent: the key of actor 'full' (ITEMS_KEY) is refused since "
                                                   "step 'full' of 'reads-2': 401");
    assert_int_equal(s->shared->calls, 2 + 2 + 2 + 2); /* the preflight, reads-1, reads-2, without-a-key */
}

static void a_401_with_a_key_that_works_is_the_providers_answer(void **state)
{
    struct scene *s = *state;
    run_suite(s, (struct shared){.status = 401, .from = 5, .path = "/items/2"});
    assert_int_equal(s->run.exit_code, 1);
    assert_int_equal(s->run.counts[VERDICT_FAIL], 2);
    assert_int_equal(s->run.counts[VERDICT_ERROR], 0);
    assert_int_equal(s->run.claims[0].outcome, CLAIM_FAILS);
}

static void a_dead_server_behind_a_gateway_ends_the_run(void **state)
{
    static const int statuses[] = {502, 503, 504};
    struct scene *s = *state;
    for (size_t i = 0; i < COUNT(statuses); i++) {
        run_suite(s, (struct shared){.status = statuses[i], .from = 5, .path = "/"});
        assert_int_equal(s->run.exit_code, 3);
        assert_int_equal(s->run.counts[VERDICT_FAIL], 0);
        assert_int_equal(s->run.claims[0].outcome, CLAIM_UNDECIDED);
        assert_non_null(strstr(first_check(s, VERDICT_ERROR)->why, "the target failed: 50"));
        assert_int_equal(s->shared->calls, 2 + 2 + 5 * 2); /* the preflight, reads-1, five calls with their checks */
    }
}

static void a_single_503_is_the_providers_answer(void **state)
{
    struct scene *s = *state;
    run_suite(s, (struct shared){.status = 503, .from = 5, .path = "/items/2"});
    assert_int_equal(s->run.exit_code, 1);
    assert_int_equal(s->run.counts[VERDICT_FAIL], 2);
    assert_int_equal(s->run.counts[VERDICT_ERROR], 0);
}

static void a_500_of_every_call_is_the_providers_answer(void **state)
{
    struct scene *s = *state;
    run_suite(s, (struct shared){.status = 500, .from = 5, .path = "/"});
    assert_int_equal(s->run.exit_code, 1);
    assert_int_equal(s->run.counts[VERDICT_ERROR], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_key_that_dies_is_an_error_and_is_not_sent_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_401_with_a_key_that_works_is_the_providers_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_dead_server_behind_a_gateway_ends_the_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_single_503_is_the_providers_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_500_of_every_call_is_the_providers_answer, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
