#include "base/array.h"
#include "mockserver/state/index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdlib.h>

/* The reference: a sorted array. An index must behave the same. */
struct model {
    struct index_entry items[4096];
    uint32_t count;
};

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *seed >> 33;
}

static int compare(struct index_entry x, struct index_entry y)
{
    if (x.key != y.key)
        return x.key < y.key ? -1 : 1;
    if (x.order != y.order)
        return x.order < y.order ? -1 : 1;
    return x.row < y.row ? -1 : x.row > y.row;
}

static uint32_t model_find(const struct model *m, struct index_entry e)
{
    uint32_t i = 0;
    while (i < m->count && compare(m->items[i], e) < 0)
        i++;
    return i;
}

static void model_add(struct model *m, struct index_entry e)
{
    uint32_t i = model_find(m, e);
    memmove(m->items + i + 1, m->items + i, (m->count - i) * sizeof e);
    m->items[i] = e;
    m->count++;
}

static void model_remove(struct model *m, uint32_t i)
{
    m->count--;
    memmove(m->items + i, m->items + i + 1, (m->count - i) * sizeof *m->items);
}

static void expect_same_from(const struct index *x, const struct model *m, struct index_entry from)
{
    struct index_walk walk;
    index_from(x, &walk, from);
    for (uint32_t i = model_find(m, from); i < m->count; i++) {
        assert_true(index_next(&walk));
        assert_int_equal(compare(walk.entry, m->items[i]), 0);
    }
    assert_false(index_next(&walk));
    assert_false(index_next(&walk));
}

static void expect_same(const struct index *x, const struct model *m)
{
    struct index_entry first;
    assert_int_equal(x->count, m->count);
    assert_int_equal(index_first(x, &first), m->count > 0);
    if (m->count)
        assert_int_equal(compare(first, m->items[0]), 0);
    expect_same_from(x, m, (struct index_entry){INT64_MIN, INT64_MIN, 0});
}

static struct index_entry random_entry(uint64_t *seed, unsigned spread)
{
    return (struct index_entry){(int64_t)(next_random(seed) % spread) - spread / 2,
                                (int64_t)(next_random(seed) % spread) - spread / 2,
                                (uint32_t)(next_random(seed) % spread)};
}

/* One random step. While `growing`, an addition is more likely than a removal. */
static void step(struct index *x, struct model *m, uint64_t *seed, unsigned spread, bool growing)
{
    bool add = next_random(seed) % 10 < (growing ? 7u : 3u);
    if (add && m->count < 4000) {
        struct index_entry e = random_entry(seed, spread);
        uint32_t at = model_find(m, e);
        bool there = at < m->count && compare(m->items[at], e) == 0;
        assert_int_equal(index_has(x, e), there);
        if (there)
            return;
        index_add(x, e);
        model_add(m, e);
    } else if (m->count) {
        uint32_t at = (uint32_t)(next_random(seed) % m->count);
        index_remove(x, m->items[at]);
        model_remove(m, at);
    }
}

static void an_index_equals_a_sorted_array_after_random_steps(void **state)
{
    (void)state;
    static const unsigned spreads[] = {12, 40, 1000000};
    for (size_t i = 0; i < COUNT(spreads); i++) {
        uint64_t seed = 1 + i;
        struct index x;
        struct model *m = calloc(1, sizeof *m);
        index_init(&x);
        for (unsigned n = 0; n < 20000; n++) {
            step(&x, m, &seed, spreads[i], n % 10000 < 6000);
            if (n % 250 == 0)
                expect_same(&x, m);
            if (n % 10 == 0 && m->count)
                expect_same_from(&x, m, random_entry(&seed, spreads[i]));
        }
        while (m->count) {
            index_remove(&x, m->items[m->count / 2]);
            model_remove(m, m->count / 2);
        }
        expect_same(&x, m);
        index_end(&x);
        free(m);
    }
}

static void forks_stay_independent_during_random_steps(void **state)
{
    (void)state;
    enum { FORKS = 8 };
    uint64_t seed = 99;
    static struct index x[FORKS];
    struct model *m = calloc(FORKS, sizeof *m);
    for (unsigned n = 0; n < 10000; n++) {
        size_t i = next_random(&seed) % FORKS, j = next_random(&seed) % FORKS;
        if (n % 50 == 0 && i != j) {
            index_end(&x[j]);
            index_fork(&x[j], &x[i]);
            m[j] = m[i];
        }
        step(&x[i], &m[i], &seed, 1000, n < 6000);
        if (n % 200 == 0)
            for (size_t k = 0; k < FORKS; k++)
                expect_same(&x[k], &m[k]);
    }
    for (size_t k = 0; k < FORKS; k++) {
        expect_same(&x[k], &m[k]);
        index_end(&x[k]);
    }
    free(m);
}

static void entries_of_a_key_are_walked_in_order_and_counted(void **state)
{
    (void)state;
    struct index x;
    index_init(&x);
    for (uint32_t i = 0; i < 3000; i++)
        index_add(&x, (struct index_entry){i % 3, -(int64_t)i, i});
    assert_int_equal(index_count_of(&x, 1), 1000);
    assert_int_equal(index_count_of(&x, 7), 0);
    struct index_walk walk;
    index_from(&x, &walk, (struct index_entry){1, INT64_MIN, 0});
    for (uint32_t i = 2998; index_next_of(&walk, 1); i -= 3)
        assert_int_equal(walk.entry.row, i);
    assert_int_equal(walk.entry.key, 2);
    index_end(&x);
}

/* Average bytes per entry after adding `count` entries; `factor` gives the order of insertion. */
static size_t bytes_each(uint32_t count, uint32_t factor)
{
    struct index x;
    index_init(&x);
    for (uint32_t i = 1; i <= count; i++)
        index_add(&x, (struct index_entry){(uint32_t)(i * factor), 0, i});
    size_t bytes = index_own_bytes(&x) / count;
    index_end(&x);
    return bytes;
}

static void pages_are_well_filled_for_any_insertion_order(void **state)
{
    (void)state;
    assert_in_range(bytes_each(100000, 1), 20, 21);                    /* ascending */
    assert_in_range(bytes_each(100000, UINT32_MAX), 20, 21);           /* descending */
    assert_in_range(bytes_each(100000, UINT32_C(2654435761)), 20, 36); /* scattered */
}

static void an_index_used_as_a_queue_stays_small(void **state)
{
    (void)state;
    struct index x;
    index_init(&x);
    /* Like the event queue: add at the end, remove at the front. */
    for (uint32_t i = 0; i < 100000; i++) {
        index_add(&x, (struct index_entry){i, i, i});
        if (i >= 500)
            index_remove(&x, (struct index_entry){i - 500, i - 500, i - 500});
    }
    assert_int_equal(x.count, 500);
    assert_in_range(index_own_bytes(&x), 500 * 20, 500 * 60);
    index_end(&x);
}

static void removing_most_entries_frees_pages(void **state)
{
    (void)state;
    struct index x;
    index_init(&x);
    for (uint32_t i = 0; i < 100000; i++)
        index_add(&x, (struct index_entry){i, 0, i});
    for (uint32_t i = 0; i < 100000; i++)
        if (i % 50)
            index_remove(&x, (struct index_entry){i, 0, i});
    assert_int_equal(x.count, 2000);
    assert_in_range(index_own_bytes(&x), 2000 * 20, 2000 * 100);
    index_end(&x);
}

static void a_fork_copies_only_the_pages_it_changes(void **state)
{
    (void)state;
    struct index x, fork;
    index_init(&x);
    for (uint32_t i = 0; i < 100000; i++)
        index_add(&x, (struct index_entry){i, 0, i});
    index_fork(&fork, &x);
    assert_int_equal(index_own_bytes(&fork), 0);
    index_remove(&fork, (struct index_entry){50000, 0, 50000});
    assert_in_range(index_own_bytes(&fork), 1, 8 * 1024);
    assert_true(index_has(&x, (struct index_entry){50000, 0, 50000}));
    index_end(&x);
    assert_int_equal(index_count_of(&fork, 50000), 0);
    assert_int_equal(fork.count, 99999);
    index_end(&fork);
}

/* The first page is full, and its first entry is its lower bound in the page above; then an entry comes before it. */
static void every_entry_is_found_after_an_addition_at_the_front(void **state)
{
    (void)state;
    enum { ENTRIES = 5000 };
    struct index x;
    index_init(&x);
    for (int64_t i = 1; i <= ENTRIES; i++)
        index_add(&x, (struct index_entry){1, i, (uint32_t)i});
    index_add(&x, (struct index_entry){1, 0, ENTRIES + 1});
    for (int64_t i = 1; i <= ENTRIES; i++)
        index_remove(&x, (struct index_entry){1, i, (uint32_t)i});
    index_remove(&x, (struct index_entry){1, 0, ENTRIES + 1});
    assert_int_equal(x.count, 0);
    index_end(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_index_equals_a_sorted_array_after_random_steps),
        cmocka_unit_test(forks_stay_independent_during_random_steps),
        cmocka_unit_test(every_entry_is_found_after_an_addition_at_the_front),
        cmocka_unit_test(entries_of_a_key_are_walked_in_order_and_counted),
        cmocka_unit_test(pages_are_well_filled_for_any_insertion_order),
        cmocka_unit_test(an_index_used_as_a_queue_stays_small),
        cmocka_unit_test(removing_most_entries_frees_pages),
        cmocka_unit_test(a_fork_copies_only_the_pages_it_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
