/* Reset, export and snapshot: a namespace that was reset equals a new one, an exported state equals
 * the state loaded from it, a restored snapshot equals the saved state. Each is tested after random
 * calls; random_calls.h describes how to repeat one seed. */
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/random_calls.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

#define LATER 60 /* number of later steps that must give equal responses */

static void run_steps(struct random_calls *w, struct mock *m, size_t steps)
{
    for (size_t i = 0; i < steps; i++) {
        struct arena a = {0};
        struct step step = random_calls_next(&a, w, m);
        random_calls_run(&a, w, m, &step);
        arena_end(&a);
    }
}

static size_t some_steps(uint64_t seed)
{
    return 5 + (size_t)(seed * 37 % 140);
}

static void assert_same(const struct random_calls *w, const char *what, const char *x, const char *y)
{
    size_t at = 0;
    while (x[at] && x[at] == y[at])
        at++;
    size_t from = at < 200 ? 0 : at - 200;
    if (x[at] != y[at])
        fail_msg("RANDOM_CALLS_SEED=%" PRIu64 " step %zu: %s differs:\n%.500s\n--- and ---\n%.500s", w->seed, w->steps,
                 what, x + from, y + from);
}

static const char *dump(struct mock *m)
{
    struct mock_response a = mock_call(m, "GET /__admin/state", NULL);
    assert_int_equal(a.status, 200);
    return str_dup(&m->arena, a.text);
}

/* Sends the same steps to both mocks and compares each response byte by byte. */
static void run_in_both(struct random_calls *w, struct mock *x, struct mock *y, size_t steps)
{
    for (size_t i = 0; i < steps; i++) {
        struct arena a = {0};
        struct step step = random_calls_next(&a, w, x);
        const char *of_x = random_calls_run(&a, w, x, &step);
        const char *of_y = random_calls_run(&a, w, y, &step);
        assert_same(w, step_text(&a, &step), of_x, of_y);
        arena_end(&a);
    }
    assert_same(w, "the state", dump(x), dump(y));
}

static const char *journal(struct mock *m)
{
    struct mock_response a = mock_call(m, "GET /__admin/requests?stable=1&limit=1000", NULL);
    assert_int_equal(a.status, 200);
    return json_print(&m->arena, node_get(a.body, "items")); /* a cursor is for one life of the journal */
}

static void reset_and_compare(uint64_t seed)
{
    struct network of_used, of_fresh;
    struct mock *used = random_calls_mock(&of_used, seed), *fresh = random_calls_mock(&of_fresh, seed);
    struct random_calls w = random_calls_new(seed, RANDOM_BASIC | RANDOM_RULES);
    run_steps(&w, used, some_steps(seed));
    assert_int_equal(mock_call(used, "POST /__admin/reset", NULL).status, 200);
    network_end(&of_used);
    network_join(&of_used, used);
    assert_same(&w, "the state", dump(used), dump(fresh));
    run_in_both(&w, used, fresh, LATER);
    assert_same(&w, "the journal", journal(used), journal(fresh));
    assert_same(&w, "the deliveries", buf_c(&of_used.sent), buf_c(&of_fresh.sent));
    mock_free(used);
    mock_free(fresh);
    network_end(&of_used);
    network_end(&of_fresh);
}

static void a_reset_namespace_equals_a_new_one(void **state)
{
    (void)state;
    random_calls_for_seeds(1, 25, reset_and_compare);
}

static void export_and_compare(uint64_t seed)
{
    struct network of_old, of_new;
    struct mock *old = random_calls_mock(&of_old, seed);
    struct random_calls w = random_calls_new(seed, RANDOM_BASIC | RANDOM_RULES);
    run_steps(&w, old, some_steps(seed));
    const char *fixture = random_calls_export(&old->arena, old);
    struct mock *loaded = mock_test_new(fixture);
    network_end(&of_old);
    network_join(&of_old, old);
    network_join(&of_new, loaded);
    assert_same(&w, "the state", dump(old), dump(loaded));
    assert_same(&w, "the export", fixture, random_calls_export(&old->arena, loaded));
    run_in_both(&w, old, loaded, LATER);
    assert_same(&w, "the deliveries", buf_c(&of_old.sent), buf_c(&of_new.sent));
    assert_same(&w, "the export", random_calls_export(&old->arena, old), random_calls_export(&old->arena, loaded));
    mock_free(old);
    mock_free(loaded);
    network_end(&of_old);
    network_end(&of_new);
}

static void a_loaded_export_equals_the_exported_state(void **state)
{
    (void)state;
    random_calls_for_seeds(100, 25, export_and_compare);
}

/* The later steps and their responses as text. `w` is a copy, so every call generates the same
 * steps. */
static const char *run_later_steps(struct mock *m, struct random_calls w)
{
    struct buf out = {.arena = &m->arena};
    for (size_t i = 0; i < LATER; i++) {
        struct step step = random_calls_next(&m->arena, &w, m);
        buf_printf(&out, "%s\n%s\n", step_text(&m->arena, &step), random_calls_run(&m->arena, &w, m, &step));
    }
    return buf_c(&out);
}

/* A snapshot does not contain rules. */
static const char *export_without_rules(struct mock *m)
{
    assert_int_equal(mock_call(m, "DELETE /__admin/rules", NULL).status, 200);
    return random_calls_export(&m->arena, m);
}

static void restore_and_compare(uint64_t seed)
{
    struct network network;
    struct mock *m = random_calls_mock(&network, seed);
    struct random_calls w = random_calls_new(seed, RANDOM_BASIC);
    run_steps(&w, m, some_steps(seed));
    assert_int_equal(mock_call(m, "POST /__admin/snapshots", "{\"name\":\"s\"}").status, 201);
    const struct random_calls then = w;
    const char *exported = export_without_rules(m);
    network.count = 0;
    const char *first = run_later_steps(m, then);
    run_steps(&w, m, some_steps(seed + 1));
    assert_int_equal(mock_call(m, "POST /__admin/snapshots/s/restore", NULL).status, 200);
    assert_same(&w, "the export", exported, export_without_rules(m));
    network.count = 0;
    assert_same(&w, "the later responses", first, run_later_steps(m, then));
    mock_free(m);
    network_end(&network);
}

static void a_restored_snapshot_behaves_like_the_saved_state(void **state)
{
    (void)state;
    random_calls_for_seeds(200, 25, restore_and_compare);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reset_namespace_equals_a_new_one),
        cmocka_unit_test(a_loaded_export_equals_the_exported_state),
        cmocka_unit_test(a_restored_snapshot_behaves_like_the_saved_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
