/* Sequences of calls of the providers' APIs and the admin API, made in-process. The first byte says whether the state is
 * hostile, and whether patches may break invariants. Unless they may, all invariants hold after each call. */
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/random_calls.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"

#define STEPS_MAX 60

enum {
    MODE_HOSTILE = 1,
    MODE_BREAKS = 2,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_invariants(const struct mock *m, struct arena *a, const struct step *step)
{
    struct buf why = {.arena = a};
    if (m->violation.number) {
        fprintf(stderr, "%s\nviolated a condition: %s\n", step_text(a, step), m->violation.condition);
        __builtin_trap();
    }
    for (size_t i = 0; i < namespaces_count(m->namespaces); i++)
        if (world_check(namespaces_at(m->namespaces, i)->world, &why)) {
            fprintf(stderr, "%s\nviolated an invariant: %s\n", step_text(a, step), buf_c(&why));
            __builtin_trap();
        }
}

/* check_invariants checks instead: once a call, not after each transition. */
static void turn_off_checks(struct mock *m)
{
    struct namespace *ns = namespaces_at(m->namespaces, 0);
    m->fixtures[0]->world->checks = ns->start->checks = ns->world->checks = false;
}

static void run_steps(struct random_calls *w, struct mock *m, bool breaks)
{
    while (w->byte_count && w->steps < STEPS_MAX) {
        struct arena a = {0};
        struct step step = random_calls_next(&a, w, m);
        random_calls_run(&a, w, m, &step);
        if (!breaks)
            check_invariants(m, &a, &step);
        arena_end(&a);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    bool breaks = data[0] & MODE_BREAKS;
    struct network network;
    struct mock *m = random_calls_mock(&network, data[0] & MODE_HOSTILE ? 0 : 1);
    struct random_calls w =
        random_calls_of_bytes(data + 1, size - 1, breaks ? RANDOM_ALL : RANDOM_ALL & ~(unsigned)RANDOM_BREAKS);
    log_set_level(LOG_QUIET);
    turn_off_checks(m);
    run_steps(&w, m, breaks);
    mock_free(m);
    network_end(&network);
    return 0;
}
