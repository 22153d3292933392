/* Checks all invariants after each of many random calls. random_calls.h describes how to repeat one
 * seed. */
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/random_calls.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STEPS        10000
#define BROKEN_STEPS 600

/* Called after each step, so that the failing step is known. */
static void assert_invariants(const struct random_calls *w, const struct mock *m, const struct step *step)
{
    struct arena a = {0};
    struct buf why = {.arena = &a};
    for (size_t i = 0; i < namespaces_count(m->namespaces); i++)
        if (world_check(namespaces_at(m->namespaces, i)->world, &why))
            fail_msg("RANDOM_CALLS_SEED=%" PRIu64 " step %zu: %s\nviolated an invariant: %s", w->seed, w->steps,
                     step_text(&a, step), buf_c(&why));
    arena_end(&a);
}

/* assert_invariants checks instead of world_transition_done. */
static void turn_off_checks(struct mock *m)
{
    struct namespace *ns = namespaces_at(m->namespaces, 0);
    m->fixtures[0]->world->checks = ns->start->checks = ns->world->checks = false;
}

/* An export loads again, so what was refused has changed nothing. */
static void assert_loads(const struct random_calls *w, struct mock *m, const struct step *step)
{
    if (strcmp(step->line, "POST /__admin/namespaces") != 0 || !step->body || strlen(step->body) < 100)
        return;
    if (!namespaces_find(m->namespaces, STR("copy")))
        fail_msg("RANDOM_CALLS_SEED=%" PRIu64 " step %zu: the export of the state does not load", w->seed, w->steps);
}

/* No call ends the process, whatever the patches have broken. */
static void run_broken_calls(uint64_t seed)
{
    struct network network;
    struct mock *m = random_calls_mock(&network, seed);
    struct random_calls w = random_calls_new(seed, RANDOM_ALL);
    turn_off_checks(m);
    while (w.steps < BROKEN_STEPS) {
        struct arena a = {0};
        struct step step = random_calls_next(&a, &w, m);
        random_calls_run(&a, &w, m, &step);
        assert_loads(&w, m, &step);
        arena_end(&a);
    }
    mock_free(m);
    network_end(&network);
}

static void no_call_ends_the_process_in_a_broken_state(void **state)
{
    (void)state;
    random_calls_for_seeds(1, 8, run_broken_calls);
}

static void run_many_calls(uint64_t seed)
{
    struct network network;
    struct mock *m = random_calls_mock(&network, seed);
    struct random_calls w = random_calls_new(seed, RANDOM_BASIC | RANDOM_RULES | RANDOM_NAMESPACES);
    turn_off_checks(m);
    while (w.steps < STEPS) {
        struct arena a = {0};
        struct step step = random_calls_next(&a, &w, m);
        random_calls_run(&a, &w, m, &step);
        assert_invariants(&w, m, &step);
        if (m->violation.number)
            fail_msg("RANDOM_CALLS_SEED=%" PRIu64 " step %zu: %s\n'%s' did not hold in %s", seed, w.steps,
                     step_text(&a, &step), m->violation.condition, m->violation.function);
        arena_end(&a);
    }
    mock_free(m);
    network_end(&network);
}

/* With and without a short history. */
static void all_invariants_hold_after_random_calls(void **state)
{
    (void)state;
    random_calls_for_seeds(15, 2, run_many_calls);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_invariants_hold_after_random_calls),
        cmocka_unit_test(no_call_ends_the_process_in_a_broken_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
