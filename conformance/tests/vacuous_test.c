#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/match.h"
#include "base/yaml.h"
#include "conformance/scenario/vacuous.h"

static struct arena arena;

static int teardown(void **state)
{
    (void)state;
    arena_end(&arena);
    return 0;
}

/* Returns the number of mistakes that vacuous_check reports. */
static size_t mistakes(const char *text, bool named)
{
    static const struct samples *samples;
    struct error err = {0};
    const struct node *n = yaml_parse(&arena, str_from(text), "test", NULL);
    if (!n || !match_check(n, &err))
        fail_msg("no expectation: %s", text);
    if (!samples)
        samples = samples_new(&arena);
    bool ok = vacuous_check(&arena, samples, n, named, &err);
    size_t count = err.count;
    assert_int_equal(ok, count == 0);
    error_end(&err);
    return count;
}

static void expectations_that_prove_nothing_are_rejected(void **state)
{
    static const char *const rows[] = {
        /* every value */
        "{ a: { $not: 5 } }",
        "{ a: { $not: text } }",
        "{ a: { $not: true } }",
        "{ a: { $not: [] } }",
        "{ a: { $not: { b: 1 } } }",
        "{ a: { $not: { $in: [1, 2, x, true] } } }",
        "{ a: { $not: { $matches: '^sa_' } } }",
        "{ a: { $not: { $gt: 1.0e308 } } }",
        "{ a: { $not: { $some: $id } } }",
        "{ a: { $not: { $count: 3 } } }",
        "{ a: { $not: { $exact: { b: 1 } } } }",
        "{ a: { $not: { $exact: { $exact: 5 } } } }",
        "{ a: { $present: true, $not: 5 } }",
        "{ a: { $type: ['null', boolean, number, string, array, object] } }",
        "{ a: { $in: [5, { $not: 5 }] } }",
        "{ a: { $in: [$id, { $not: $id }] } }",
        "{ a: { $in: [{ $absent: true }, { $present: true }] } }",
        "{ a: { $in: [{ $type: string }, { $not: { $type: string } }] } }",
        "{ a: { $exact: { $not: 5 } } }",
        "{ $present: true }",
        "[1, { $present: true }]",
        /* an alternative that accepts what another one does */
        "{ a: { $in: [$id, { $type: string }] } }",
        "{ a: { $in: ['x-${id}', null, { $matches: . }] } }",
        "{ a: { $in: [5, { $type: integer }] } }",
        "{ a: { $in: [{ $gte: 5 }, { $gte: 1 }] } }",
        "{ a: { $in: [x, y, x] } }",
        /* every text, number, time */
        "{ a: { $matches: '' } }",
        "{ a: { $matches: '.*' } }",
        "{ a: { $matches: '^.*$' } }",
        "{ a: { $matches: '[a-z]*' } }",
        "{ a: { $matches: 'x|' } }",
        "{ a: { $matches: '(?s)^.{0,}$' } }",
        "{ a: { $type: string, $matches: '^' } }",
        "{ a: { $lt: 1.0e301 } }",
        "{ a: { $type: integer, $gte: -1.0e301 } }",
        "{ a: { $time: { within: 9999999h } } }",
        "{ a: { $time: { after: '1900-01-01T00:00:00Z', before: '9999-01-01T00:00:00Z' } } }",
        /* every list, item, object */
        "{}",
        "{ a: {} }",
        "{ a: { $in: [1, {}] } }",
        "{ a: { $count: { $gte: 0 } } }",
        "{ a: { $count: { $gt: -1 } } }",
        "{ a: { $count: { $not: -1 } } }",
        "{ a: { $count: { $lte: 1000000 } } }",
        "{ a: { $some: {} } }",
        "{ a: { $some: { $present: true } } }",
        "{ a: { $some: { $not: 5 } } }",
        "{ a: { $count: 1, $each: { $in: [{ $type: object }, { $not: { $type: object } }] } } }",
        "{ a: { $some: { b: { $some: {} } } } }",
        /* nothing */
        "{ a: { $none: { $type: string, $gte: 1 } } }",
        "{ a: { $none: { b: { $gt: 5, $lt: 5 } } } }",
        "{ a: { $type: string, $gte: 1 } }",
        "{ a: { $absent: true, $not: 5 } }",
        "{ a: { $in: [1], $not: 1 } }",
        "{ a: { $some: 1, $count: 0 } }",
        /* a matcher beside another that excludes the same */
        "{ a: { $type: string, $not: 5 } }",
        "{ a: { $in: [1, 2], $not: 3 } }",
        "{ a: { $gte: 1, $not: 0 } }",
        "{ a: { $id_with_prefix: sa_, $not: th_1 } }",
        /* itself */
        "{ a: { $same: /a } }",
        "{ a: [1, { b: { $same: /a/1/b } }] }",
        "{ a: { $exact: { b: { $same: /a/b } } } }",
        "{ a: { $some: { $same: /a/0 } } }",
        "{ a: { $some: { b: [{ $same: /a/7/b/0 }] } } }",
        "{ a: { $not: { $same: /a } } }",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (mistakes(rows[i], false) != 1)
            fail_msg("%s: %zu mistakes", rows[i], mistakes(rows[i], false));
}

static void expectations_that_can_fail_are_accepted(void **state)
{
    static const char *const rows[] = {
        "5",
        "{ a: 5, b: null, c: [], d: [1, { e: $x }], f: '' }",
        "{ a: $id, b: '$a.b', c: 'x${y}' }",
        "{ a: { $not: $id } }",
        "{ a: { $not: 'x-${id}' } }",
        "{ a: { $not: null } }",
        "{ a: { $not: { $same: /b } } }",
        "{ a: { $not: { $in: [$x, $y] } } }",
        "{ a: { $not: { $matches: $pattern } } }",
        "{ a: { $present: true } }",
        "{ a: { $present: true, $type: [string, 'null'] } }",
        "{ a: { $in: [null, { $absent: true }] } }",
        "{ a: { $in: [$id, { $absent: true }] } }",
        "{ a: { $in: [true, false] } }",
        "{ a: { $in: [$id, 'x-${id}', null] } }",
        "{ a: { $in: [$id, { $type: 'null' }, { $id_with_prefix: sa_ }] } }",
        "{ a: { $in: [{ b: $id }, { c: $id }] } }",
        "{ a: { $type: string, $not: { $matches: '^sa_' } } }",
        "{ a: { $type: string, $not: '' } }",
        "{ a: { $matches: . } }",
        "{ a: { $matches: '^[0-9]+$' } }",
        "{ a: { $id_with_prefix: '' } }",
        "{ a: { $type: integer, $gte: 0 } }",
        "{ a: { $gte: $x } }",
        "{ a: { $time: any } }",
        "{ a: { $time: past } }",
        "{ a: { $time: { within: 5m } } }",
        "{ a: { $time: { after: $x } } }",
        "{ a: { $type: object } }",
        "{ a: { $exact: {} } }",
        "{ a: { $exact: { b: {} } } }",
        "{ a: { $count: { $gte: 1 } } }",
        "{ a: { $count: { $lte: 100 } } }",
        "{ a: { $count: $n } }",
        "{ a: { $some: { b: { $present: true } } } }",
        "{ a: { $some: $id, $none: { $in: [$x, 5] } } }",
        "{ a: { $count: 2, $each: { $type: object } } }",
        "{ a: { $count: 2, $each: { b: { $same: /a/0/b } } } }",
        "{ a: { $some: { b: { $same: /c } } } }",
        "{ a: { $each: { $not: null }, $count: 1 } }",
        "{ a: { $in: [1, 2], $not: 2 } }",
        "{ a: { $type: number, $not: 5 } }",
        "{ a: { $some: { b: 1 }, $not: { $some: { b: 2 } } } }",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (mistakes(rows[i], false))
            fail_msg("%s", rows[i]);
}

static void a_header_may_be_expected_to_be_present(void **state)
{
    (void)state;
    assert_int_equal(mistakes("{ $present: true }", true), 0);
    assert_int_equal(mistakes("{ $not: x }", true), 1);
}

/* With aliases a small file is a huge tree; the check must still end. */
static void a_wide_expectation_is_checked_in_time(void **state)
{
    (void)state;
    struct buf text = {.arena = &arena};
    buf_text(&text, "{ a: { $some: { $in: [");
    for (int i = 0; i < 400; i++)
        buf_printf(&text, "{ b: %d, c: { $not: $x%d } }, ", i, i);
    buf_text(&text, "1] } } }");
    assert_int_equal(mistakes(buf_c(&text), false), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expectations_that_prove_nothing_are_rejected),
        cmocka_unit_test(expectations_that_can_fail_are_accepted),
        cmocka_unit_test(a_header_may_be_expected_to_be_present),
        cmocka_unit_test(a_wide_expectation_is_checked_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
