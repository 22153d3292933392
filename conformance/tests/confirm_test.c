/* Runs a suite against an endpoint whose key or server dies during the run. */
#include "base/array.h"
#include "conformance/run/task.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "conformance/tests/run_rig.h"

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
        {.name = "full",         .credential = "a", .origin = "ITEMS_KEY"},
        {.name = "second", .credential = "b", .origin = "ITEMS_SECOND"},
        {.name = "anonymous"      },
    };
    static struct scene s;
    s = (struct scene){0};
    *state = &s;
    if (!served_start(&s.endpoint, sizeof *s.shared, handle))
        return -1;
    s.shared = s.endpoint.shared;
    s.target = served_target(&s.arena, &s.endpoint);
    s.target.actors = actors;
    s.target.actor_count = COUNT(actors);
    s.target.resources = node_with(&s.arena, NULL, "item", node_new_text(&s.arena, STR("t-1")));
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;
    served_stop(&s->endpoint);
    arena_end(&s->arena);
    return 0;
}

/* The preflight sends two calls, so the first call of a scenario is the third. */
static void run_suite(struct scene *s, struct shared failure)
{
    struct error err = {0};
    struct run_options options = {.timeout_ms = 5000};
    *s->shared = failure;
    if (!rig_run(&s->arena, TEST_DIR "/confirm", &s->target, &options, &s->run, &err))
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
