/* Compaction of texts releases memory and changes no response. The sanitizers (preset `ci`) find a pointer to a text
 * that was released. */
#include "mockserver/tests/random_calls.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/state/campaign.h"
#include "mockserver/state/compaction.h"
#include "mockserver/state/tenant.h"

#define LONG 200 /* bytes of a text */

/* --- one world ----------------------------------------------------------------------------------- */

static struct world *world_of(uint32_t campaigns)
{
    struct world *w = world_new(1, 0, CLOCK_FROZEN);
    uint32_t space = space_create(w, organization_create(w, 0, "org", "Acme"), "spc", "Coffee");
    for (uint32_t i = 0; i < campaigns; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "c-%u", (unsigned)i);
        campaign_create(w, space, &(struct campaign){.public_id = id, .name = id});
    }
    return w;
}

/* Long enough that each text takes some room. */
static void rename_campaign(struct world *w, uint32_t row, uint64_t number)
{
    char name[LONG];
    (void)snprintf(name, sizeof name, "%0*" PRIu64, LONG - 1, number);
    campaign_update(w, row, &(struct campaign){.name = name});
}

static uint64_t name_of(const struct world *w, uint32_t row)
{
    return strtoull(campaign_read(w, row)->name, NULL, 10);
}

static void overwritten_texts_are_given_back(void **state)
{
    (void)state;
    enum { ROWS = 500 };
    struct world *w = world_of(ROWS);
    struct world_bytes bytes;
    size_t most = 0;
    for (uint64_t i = 0; i < 100 * (uint64_t)ROWS; i++) {
        rename_campaign(w, 1 + (uint32_t)(i % ROWS), i);
        world_compact(w);
        world_bytes_of(w, &bytes);
        most = bytes.strings > most ? bytes.strings : most;
    }
    assert_in_range(most, ROWS * LONG, 5 * ROWS * LONG); /* of 100 times as much that was written */
    for (uint32_t row = 1; row <= ROWS; row++)
        assert_int_equal(name_of(w, row), 99 * ROWS + row - 1);
    world_free(w);
}

static void a_fork_of_a_base_shares_its_texts_and_pages(void **state)
{
    (void)state;
    enum { ROWS = 2000 };
    struct world *base = world_of(ROWS);
    for (uint32_t row = 1; row <= ROWS; row++)
        rename_campaign(base, row, row);
    string_pool_set_base(base->strings);
    struct world *w = world_fork(base);
    world_compact_all(w);
    assert_in_range(world_own_bytes(w), 1, 4096);
    rename_campaign(w, 1, 7);
    rename_campaign(base, 2, 8); /* the base has other worlds: its new texts are not in it */
    world_compact_all(w);
    world_compact_all(base);
    assert_in_range(world_own_bytes(w), 1, 16384);
    assert_int_equal(name_of(base, 1), 1);
    assert_int_equal(name_of(w, 1), 7);
    assert_int_equal(name_of(w, 2), 2);
    world_free(base);
    assert_int_equal(name_of(w, ROWS), ROWS);
    world_compact_all(w); /* now it is the only one: everything is its own */
    assert_int_equal(name_of(w, ROWS), ROWS);
    world_free(w);
}

/* A snapshot that is replaced again and again: the texts that only the replaced ones used are released. */
static void snapshots_that_are_replaced_do_not_grow_memory(void **state)
{
    (void)state;
    enum { ROWS = 200 };
    struct world *w = world_of(ROWS), *saved = world_fork(w);
    struct world_bytes bytes;
    for (uint64_t i = 0; i < 5000; i++) {
        for (uint32_t k = 0; k < 10; k++)
            rename_campaign(w, 1 + (uint32_t)(i * 10 + k) % ROWS, i);
        world_compact(w);
        struct world *next = world_fork(w), *restored = world_fork(next);
        world_free(saved);
        world_free(w);
        saved = next;
        w = restored;
    }
    world_free(saved);
    world_bytes_of(w, &bytes); /* nothing is shared any more */
    assert_in_range(bytes.strings, ROWS * LONG, 6 * ROWS * LONG);
    world_free(w);
}

/* --- forks at any time --------------------------------------------------------------------------- */

#define WORLDS 6
#define ROWS   150

struct model { /* what each world must have */
    struct world *w;
    uint64_t names[ROWS + 1];
};

static uint64_t next_random(uint64_t *x)
{
    *x = *x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *x >> 33;
}

static void assert_same(const struct model *m)
{
    for (uint32_t row = 1; m->w && row <= ROWS; row++)
        assert_int_equal(name_of(m->w, row), m->names[row]);
}

/* Replaces a world by a fork of another one, in whatever state their compactions are. */
static void fork_one(struct model *worlds, uint64_t *random)
{
    struct model *from = &worlds[next_random(random) % WORLDS], *to = &worlds[next_random(random) % WORLDS];
    if (from == to)
        return;
    world_free(to->w);
    *to = *from;
    to->w = world_fork(from->w);
    if (next_random(random) % 4 == 0)
        string_pool_set_base(from->w->strings);
}

static void forks_and_steps_in_any_order_keep_every_text(void **state)
{
    (void)state;
    struct model worlds[WORLDS] = {{.w = world_of(ROWS)}};
    for (uint32_t row = 1; row <= ROWS; row++)
        rename_campaign(worlds[0].w, row, worlds[0].names[row] = row);
    for (size_t i = 1; i < WORLDS; i++) {
        worlds[i] = worlds[0];
        worlds[i].w = world_fork(worlds[0].w);
    }
    uint64_t random = 1;
    for (uint64_t i = 0; i < 40000; i++) {
        struct model *m = &worlds[next_random(&random) % WORLDS];
        uint64_t what = next_random(&random) % 100;
        if (what < 2)
            fork_one(worlds, &random);
        else if (what < 3)
            world_compact_all(m->w);
        else if (what < 30)
            world_compact(m->w);
        else {
            uint32_t row = 1 + (uint32_t)(next_random(&random) % ROWS);
            rename_campaign(m->w, row, m->names[row] = i);
        }
        if (i % 100 == 0)
            assert_same(m);
    }
    for (size_t i = 0; i < WORLDS; i++) {
        assert_same(&worlds[i]);
        world_free(worlds[i].w);
    }
}

/* --- calls ---------------------------------------------------------------------------------------- */

static void compact_everything(const struct mock *m)
{
    for (size_t i = 0; i < namespaces_count(m->namespaces); i++)
        world_compact_all(namespaces_at(m->namespaces, i)->world);
}

/* The machine's time since the last call is in the description of a namespace. */
static const char *without_idle_time(struct arena *a, const char *response)
{
    static const char name[] = "\"idle_for\":\"";
    char *copy = arena_text(a, response);
    for (char *at = copy; (at = strstr(at, name));) {
        at += strlen(name);
        memmove(at, strchr(at, '"'), strlen(strchr(at, '"')) + 1);
    }
    return copy;
}

/* The same calls to two mocks; one of them compacts to the end before each call. */
static void play(uint64_t seed)
{
    struct network networks[2];
    struct mock *mocks[] = {random_calls_mock(&networks[0], seed), random_calls_mock(&networks[1], seed)};
    struct random_calls w = random_calls_new(seed, RANDOM_BASIC | RANDOM_RULES | RANDOM_NAMESPACES);
    while (w.steps < 700) {
        struct arena a = {0};
        compact_everything(mocks[1]);
        struct step step = random_calls_next(&a, &w, mocks[0]);
        const char *plain = without_idle_time(&a, random_calls_run(&a, &w, mocks[0], &step));
        const char *compacted = without_idle_time(&a, random_calls_run(&a, &w, mocks[1], &step));
        if (strcmp(plain, compacted) != 0)
            fail_msg("RANDOM_CALLS_SEED=%" PRIu64 " step %zu: %s\n%s\n%s", seed, w.steps, step_text(&a, &step), plain,
                     compacted);
        arena_end(&a);
    }
    assert_string_equal(buf_c(&networks[0].sent), buf_c(&networks[1].sent));
    for (size_t i = 0; i < COUNT(mocks); i++) {
        mock_free(mocks[i]);
        network_end(&networks[i]);
    }
}

static void a_mock_responds_alike_however_often_it_compacts(void **state)
{
    (void)state;
    random_calls_for_seeds(1, 4, play);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overwritten_texts_are_given_back),
        cmocka_unit_test(a_fork_of_a_base_shares_its_texts_and_pages),
        cmocka_unit_test(snapshots_that_are_replaced_do_not_grow_memory),
        cmocka_unit_test(forks_and_steps_in_any_order_keep_every_text),
        cmocka_unit_test(a_mock_responds_alike_however_often_it_compacts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
