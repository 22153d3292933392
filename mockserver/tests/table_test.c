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

/* Removes the rows for which the function returns true, and checks what is left. */
static void check_removal(struct table *t, bool (*is_removed)(uint32_t row))
{
    uint32_t left = 0;
    for (uint32_t row = 1; row <= t->last; row++)
        if (is_removed(row))
            table_remove(t, row);
        else
            left++;
    assert_int_equal(t->count, left);
    uint32_t next = 0, walked = 0;
    for (uint32_t row = 1; row <= t->last; row++) {
        assert_int_equal(table_has(t, row), !is_removed(row));
        if (is_removed(row))
            continue;
        assert_true(table_next(t, &next));
        assert_int_equal(next, row);
        assert_int_equal(number(t, row), row * UINT64_C(7));
        walked++;
    }
    assert_false(table_next(t, &next));
    assert_int_equal(walked, left);
}

static bool every_row(uint32_t row)
{
    return row > 0;
}

static bool the_first_rows(uint32_t row)
{
    return row <= MANY - 50;
}

static bool the_last_rows(uint32_t row)
{
    return row > 100;
}

static bool rows_in_the_middle(uint32_t row)
{
    return row > 40 && row < MANY - 40;
}

static bool all_but_a_few(uint32_t row)
{
    return row % 2311 != 5;
}

static bool every_third_row(uint32_t row)
{
    return row % 3 == 0;
}

static void removed_rows_are_gone_and_the_others_stay(void **state)
{
    (void)state;
    static bool (*const which[])(uint32_t) = {
        every_row, the_first_rows, the_last_rows, rows_in_the_middle, all_but_a_few, every_third_row,
    };
    for (size_t i = 0; i < COUNT(which); i++) {
        struct table t;
        fill(&t, MANY);
        size_t bytes = table_own_bytes(&t), page = bytes / (MANY / t.rows_per_page);
        check_removal(&t, which[i]);
        assert_true(table_own_bytes(&t) <= bytes);
        assert_true(table_own_bytes(&t) <= ((size_t)t.count + 8) * page); /* no empty page is kept */
        uint32_t row;
        assert_int_equal(((const struct sample *)table_add(&t, &row))->number, 0);
        assert_int_equal(row, MANY + 1); /* numbers are not reused */
        table_end(&t);
    }
}

static void no_row_outside_the_numbers_exists(void **state)
{
    (void)state;
    struct table t;
    fill(&t, 3);
    assert_false(table_has(&t, ROW_NONE));
    assert_false(table_has(&t, 4));
    assert_false(table_has(&t, UINT32_MAX));
    table_remove(&t, 3); /* the last one of the only page */
    uint32_t row = 0;
    assert_true(table_next(&t, &row) && row == 1 && table_next(&t, &row) && row == 2);
    assert_false(table_next(&t, &row));
    table_end(&t);
}

static void a_removal_does_not_reach_a_fork(void **state)
{
    (void)state;
    struct table t, fork;
    fill(&t, MANY);
    size_t bytes = table_own_bytes(&t);
    table_fork(&fork, &t);
    check_removal(&fork, every_row);
    assert_int_equal(table_own_bytes(&fork), 0);
    assert_int_equal(table_own_bytes(&t), bytes); /* the fork holds none of its pages */
    assert_int_equal(t.count, MANY);
    for (uint32_t row = 1; row <= MANY; row++)
        assert_int_equal(number(&t, row), row * UINT64_C(7));
    table_end(&fork);
    table_fork(&fork, &t);
    check_removal(&t, every_third_row);
    assert_int_equal(number(&fork, 3), 21);
    check_removal(&fork, all_but_a_few);
    assert_int_equal(number(&t, 1), 7);
    table_end(&t);
    table_end(&fork);
}

static void a_table_whose_oldest_rows_go_keeps_its_size(void **state)
{
    (void)state;
    struct table t;
    fill(&t, 1000);
    size_t bytes = 0;
    for (uint32_t i = 0; i < MANY; i++) {
        uint32_t row;
        table_add(&t, &row);
        table_remove(&t, row - 1000);
        bytes = i == 1000 ? table_own_bytes(&t) : bytes;
    }
    assert_int_equal(t.count, 1000);
    assert_true(table_own_bytes(&t) < bytes * 3 / 2);
    uint32_t first = 0;
    assert_true(table_next(&t, &first));
    assert_int_equal(first, MANY + 1);
    table_end(&t);
}

static void skipped_numbers_take_no_memory(void **state)
{
    (void)state;
    static const uint32_t to[] = {1, 63, 64, 1000000, 4000000000u};
    for (size_t i = 0; i < COUNT(to); i++)
        for (uint32_t before = 0; before < 2; before++) {
            struct table t;
            uint32_t row;
            fill(&t, before);
            table_skip(&t, to[i]);
            table_add(&t, &row);
            assert_int_equal(row, to[i] + 1);
            assert_true(table_has(&t, row));
            assert_int_equal(t.count, before + 1);
            assert_true(table_own_bytes(&t) < (size_t)16 * 1024);
            row = before;
            assert_true(table_next(&t, &row));
            assert_int_equal(row, to[i] + 1);
            table_end(&t);
        }
}

static void rows_of_every_size_are_removed(void **state)
{
    (void)state;
    for (size_t size = 1; size <= 512; size += size < 40 ? 1 : 59) {
        struct table t;
        table_init(&t, size);
        for (uint32_t i = 0; i < 9000; i++)
            memset(table_add(&t, NULL), 0xff, size);
        for (uint32_t row = 1; row <= 9000; row += 2)
            table_remove(&t, row);
        for (uint32_t row = 0, met = 0; table_next(&t, &row); met++) {
            assert_int_equal(row, met * 2 + 2);
            assert_int_equal(((const unsigned char *)table_read(&t, row))[size - 1], 0xff);
        }
        assert_int_equal(t.count, 4500);
        table_end(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_numbered_from_1_and_keep_their_values),
        cmocka_unit_test(a_new_row_is_zeroed_at_any_position),
        cmocka_unit_test(a_fork_and_its_origin_are_independent),
        cmocka_unit_test(a_fork_copies_only_the_pages_it_edits),
        cmocka_unit_test(a_thousand_nested_forks_keep_their_own_edits),
        cmocka_unit_test(removed_rows_are_gone_and_the_others_stay),
        cmocka_unit_test(no_row_outside_the_numbers_exists),
        cmocka_unit_test(a_removal_does_not_reach_a_fork),
        cmocka_unit_test(a_table_whose_oldest_rows_go_keeps_its_size),
        cmocka_unit_test(skipped_numbers_take_no_memory),
        cmocka_unit_test(rows_of_every_size_are_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
