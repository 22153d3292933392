/* What holds of every history, tried on random ones: see wander.h for how to play one again. */
#include "mockserver/tests/wander.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STEPS 10000

/* After each step, so that the one that broke it is known. */
static void assert_holds(const struct wander *w, const struct mock *m, const struct step *step)
{
    struct arena a = {0};
    struct buf why = {.arena = &a};
    for (size_t i = 0; i < namespaces_count(m->namespaces); i++)
        if (world_check(namespaces_at(m->namespaces, i)->world, &why))
            fail_msg("WANDER_SEED=%" PRIu64 " step %zu: %s\nbroke the world: %s", w->seed, w->steps,
                     step_text(&a, step), buf_c(&why));
    arena_end(&a);
}

/* Its worlds are checked here. */
static void leave_checks_to_us(struct mock *m)
{
    struct namespace *ns = namespaces_at(m->namespaces, 0);
    m->fixtures[0]->world->checks = ns->start->checks = ns->world->checks = false;
}

static void play_long(uint64_t seed)
{
    struct network network;
    struct mock *m = wander_mock(&network, seed);
    struct wander w = wander_new(seed, WANDER_HISTORY | WANDER_RULES | WANDER_WORLDS);
    leave_checks_to_us(m);
    while (w.steps < STEPS) {
        struct arena a = {0};
        struct step step = wander_next(&a, &w, m);
        wander_play(&a, &w, m, &step);
        assert_holds(&w, m, &step);
        arena_end(&a);
    }
    mock_free(m);
    network_end(&network);
}

static void nothing_that_can_happen_breaks_a_world(void **state)
{
    (void)state;
    wander_seeds(1, 1, play_long);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_that_can_happen_breaks_a_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
