/* Worlds that must be the same world: one that was reset and a fresh one, one that was exported and
 * the one it loads as, one that was restored and what it was. Each at random points of random
 * histories: see wander.h for how to play one again. */
#include "mockserver/tests/wander.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

#define LATER 60 /* steps that must come out the same */

static void wander_on(struct wander *w, struct mock *m, size_t steps)
{
    for (size_t i = 0; i < steps; i++) {
        struct arena a = {0};
        struct step step = wander_next(&a, w, m);
        wander_play(&a, w, m, &step);
        arena_end(&a);
    }
}

static size_t some_steps(uint64_t seed)
{
    return 5 + (size_t)(seed * 37 % 140);
}

static void assert_same(const struct wander *w, const char *what, const char *x, const char *y)
{
    size_t at = 0;
    while (x[at] && x[at] == y[at])
        at++;
    size_t from = at < 200 ? 0 : at - 200;
    if (x[at] != y[at])
        fail_msg("WANDER_SEED=%" PRIu64 " step %zu: %s differs:\n%.500s\n--- and ---\n%.500s",
                 w->seed, w->steps, what, x + from, y + from);
}

static const char *dump(struct mock *m)
{
    struct mock_response a = mock_call(m, "GET /__admin/state", NULL);
    assert_int_equal(a.status, 200);
    return str_dup(&m->arena, a.text);
}

/* The same steps, and the bytes of each response. */
static void play_to_both(struct wander *w, struct mock *x, struct mock *y, size_t steps)
{
    for (size_t i = 0; i < steps; i++) {
        struct arena a = {0};
        struct step step = wander_next(&a, w, x);
        const char *of_x = wander_play(&a, w, x, &step);
        const char *of_y = wander_play(&a, w, y, &step);
        assert_same(w, step_text(&a, &step), of_x, of_y);
        arena_end(&a);
    }
    assert_same(w, "the state", dump(x), dump(y));
}

static const char *journal(struct mock *m)
{
    struct mock_response a = mock_call(m, "GET /__admin/requests?stable=1&limit=1000", NULL);
    assert_int_equal(a.status, 200);
    return str_dup(&m->arena, a.text);
}

static void reset_and_begin_afresh(uint64_t seed)
{
    struct network of_used, of_fresh;
    struct mock *used = wander_mock(&of_used, seed), *fresh = wander_mock(&of_fresh, seed);
    struct wander w = wander_new(seed, WANDER_HISTORY | WANDER_RULES);
    wander_on(&w, used, some_steps(seed));
    assert_int_equal(mock_call(used, "POST /__admin/reset", NULL).status, 200);
    network_end(&of_used);
    network_join(&of_used, used);
    assert_same(&w, "the state", dump(used), dump(fresh));
    play_to_both(&w, used, fresh, LATER);
    assert_same(&w, "the journal", journal(used), journal(fresh));
    assert_same(&w, "what was delivered", buf_c(&of_used.sent), buf_c(&of_fresh.sent));
    mock_free(used);
    mock_free(fresh);
    network_end(&of_used);
    network_end(&of_fresh);
}

static void a_reset_world_is_a_fresh_one(void **state)
{
    (void)state;
    wander_seeds(1, 25, reset_and_begin_afresh);
}

static void export_and_load(uint64_t seed)
{
    struct network of_old, of_new;
    struct mock *old = wander_mock(&of_old, seed);
    struct wander w = wander_new(seed, WANDER_HISTORY | WANDER_RULES);
    wander_on(&w, old, some_steps(seed));
    const char *fixture = wander_export(&old->arena, old);
    struct mock *loaded = mock_test_new(fixture);
    network_end(&of_old);
    network_join(&of_old, old);
    network_join(&of_new, loaded);
    assert_same(&w, "the state", dump(old), dump(loaded));
    assert_same(&w, "the export", fixture, wander_export(&old->arena, loaded));
    play_to_both(&w, old, loaded, LATER);
    assert_same(&w, "what was delivered", buf_c(&of_old.sent), buf_c(&of_new.sent));
    assert_same(&w, "the export", wander_export(&old->arena, old),
                wander_export(&old->arena, loaded));
    mock_free(old);
    mock_free(loaded);
    network_end(&of_old);
    network_end(&of_new);
}

static void an_exported_world_loads_as_the_same(void **state)
{
    (void)state;
    wander_seeds(100, 25, export_and_load);
}

/* All that a client sees of the steps that follow; they are made anew, from the same die. */
static const char *what_follows(struct mock *m, struct wander w)
{
    struct buf out = {.arena = &m->arena};
    for (size_t i = 0; i < LATER; i++) {
        struct step step = wander_next(&m->arena, &w, m);
        buf_printf(&out, "%s\n%s\n", step_text(&m->arena, &step),
                   wander_play(&m->arena, &w, m, &step));
    }
    return buf_c(&out);
}

/* Rules are not a snapshot's: they go on. */
static const char *export_without_rules(struct mock *m)
{
    assert_int_equal(mock_call(m, "DELETE /__admin/rules", NULL).status, 200);
    return wander_export(&m->arena, m);
}

static void save_and_restore(uint64_t seed)
{
    struct network network;
    struct mock *m = wander_mock(&network, seed);
    struct wander w = wander_new(seed, WANDER_HISTORY);
    wander_on(&w, m, some_steps(seed));
    assert_int_equal(mock_call(m, "POST /__admin/snapshots", "{\"name\":\"s\"}").status, 201);
    const struct wander then = w;
    const char *exported = export_without_rules(m);
    network.count = 0;
    const char *first = what_follows(m, then);
    wander_on(&w, m, some_steps(seed + 1));
    assert_int_equal(mock_call(m, "POST /__admin/snapshots/s/restore", NULL).status, 200);
    assert_same(&w, "the export", exported, export_without_rules(m));
    network.count = 0;
    assert_same(&w, "what follows", first, what_follows(m, then));
    mock_free(m);
    network_end(&network);
}

static void a_restored_world_goes_on_as_it_did(void **state)
{
    (void)state;
    wander_seeds(200, 25, save_and_restore);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reset_world_is_a_fresh_one),
        cmocka_unit_test(an_exported_world_loads_as_the_same),
        cmocka_unit_test(a_restored_world_goes_on_as_it_did),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
