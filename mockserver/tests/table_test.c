#include "base/array.h"
#include "mockserver/state/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MANY 100000u

struct sample {
    uint64_t number;
    char filler[104]; /* about the size of an account */
};

static void fill(struct table *t, uint32_t rows)
{
    table_init(t, sizeof(struct sample));
    for (uint32_t i = 1; i <= rows; i++) {
        uint32_t row;
        ((struct sample *)table_add(t, &row))->number = i * UINT64_C(7);
        assert_int_equal(row, i);
    }
}

static uint64_t number(const struct table *t, uint32_t row)
{
    return ((const struct sample *)table_read(t, row))->number;
}

static void rows_are_numbered_from_1_and_keep_their_values(void **state)
{
    (void)state;
    struct table t;
    fill(&t, MANY);
    assert_int_equal(t.count, MANY);
    for (uint32_t row = 1; row <= MANY; row++)
        assert_int_equal(number(&t, row), row * UINT64_C(7));
    table_end(&t);
}

static void a_new_row_is_zeroed_at_any_position(void **state)
{
    (void)state;
    static const struct sample zero;
    static const uint32_t sizes[] = {0, 1, 35, 36, 37, 2303, 2304, 2305};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct table t;
        fill(&t, sizes[i]);
        struct table fork;
        table_fork(&fork, &t);
        memset(table_add(&t, NULL), 0xff, sizeof zero);
        assert_memory_equal(table_add(&fork, NULL), &zero, sizeof zero);
        table_end(&t);
        table_end(&fork);
    }
}

static void a_fork_and_its_origin_are_independent(void **state)
{
    (void)state;
    struct table t, fork;
    fill(&t, MANY);
    table_fork(&fork, &t);
    for (uint32_t row = 1; row <= MANY; row += 997) {
        ((struct sample *)table_edit(&fork, row))->number = 1;
        ((struct sample *)table_edit(&t, row + 1))->number = 2;
    }
    table_add(&t, NULL);
    assert_int_equal(fork.count, MANY);
    for (uint32_t row = 1; row <= MANY; row++) {
        assert_int_equal(number(&fork, row), row % 997 == 1 ? 1 : row * UINT64_C(7));
        assert_int_equal(number(&t, row), row % 997 == 2 ? 2 : row * UINT64_C(7));
    }
    table_end(&t);
    assert_int_equal(number(&fork, MANY), MANY * UINT64_C(7));
    table_end(&fork);
}

static void a_fork_copies_only_the_pages_it_edits(void **state)
{
    (void)state;
    struct table t, fork;
    fill(&t, MANY);
    size_t whole = table_own_bytes(&t);
    assert_true(whole >= MANY * sizeof(struct sample));
    assert_true(whole < MANY * sizeof(struct sample) * 11 / 10);
    table_fork(&fork, &t);
    assert_int_equal(table_own_bytes(&fork), 0);
    assert_int_equal(table_own_bytes(&t), 0);
    table_edit(&fork, MANY / 2);
    assert_in_range(table_own_bytes(&fork), sizeof(struct sample), 6 * 1024);
    assert_int_equal(table_own_bytes(&t), table_own_bytes(&fork));
    size_t once = table_own_bytes(&fork);
    table_edit(&fork, MANY / 2);
    assert_int_equal(table_own_bytes(&fork), once);
    table_end(&fork);
    assert_int_equal(table_own_bytes(&t), whole);
    table_end(&t);
}

static void a_thousand_nested_forks_keep_their_own_edits(void **state)
{
    (void)state;
    enum { FORKS = 1000 };
    static struct table forks[FORKS];
    fill(&forks[0], 5000);
    for (uint32_t i = 1; i < FORKS; i++) {
        table_fork(&forks[i], &forks[i - 1]);
        ((struct sample *)table_edit(&forks[i], i * 5))->number = 0;
    }
    for (uint32_t i = 0; i < FORKS; i += 111)
        for (uint32_t row = 5; row < 5000; row += 5)
            assert_int_equal(number(&forks[i], row), row <= i * 5 ? 0 : row * UINT64_C(7));
    for (uint32_t i = 0; i < FORKS; i++)
        table_end(&forks[(i * 7) % FORKS]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_numbered_from_1_and_keep_their_values),
        cmocka_unit_test(a_new_row_is_zeroed_at_any_position),
        cmocka_unit_test(a_fork_and_its_origin_are_independent),
        cmocka_unit_test(a_fork_copies_only_the_pages_it_edits),
        cmocka_unit_test(a_thousand_nested_forks_keep_their_own_edits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
