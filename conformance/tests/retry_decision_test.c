#include "conformance/run/step.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/array.h"

/* The result of a sequence of responses, in which each character is one response: h holds, - does
 * not hold, s stops, l is rate limited, f is final. The test does not wait; it adds up the waits. */
struct replay {
    int requests;
    int64_t waited_ms;
    enum retry_next end;
};

static struct replay replay(const struct step *step, const char *responses)
{
    struct retry a = {0};
    struct replay p = {.end = RETRY_AGAIN};
    for (const char *c = responses; *c && p.end == RETRY_AGAIN; c++) {
        struct observation seen = {
            .holds = *c == 'h', .stops = *c == 's', .limited = *c == 'l', .final = *c == 'f', .retry_after_ms = 2000};
        struct retry_decision d = retry_decide(&a, step, &seen);
        p.requests++;
        p.waited_ms += d.wait_ms;
        a.elapsed_ms += d.wait_ms;
        p.end = d.next;
    }
    return p;
}

struct row {
    const char *responses;
    int requests;
    int64_t waited_ms;
    enum retry_next end;
};

static void run_rows(const struct step *step, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct replay p = replay(step, rows[i].responses);
        if (p.requests != rows[i].requests || p.waited_ms != rows[i].waited_ms || p.end != rows[i].end)
            fail_msg("%s: %d requests, waited %lld, end %d", rows[i].responses, p.requests, (long long)p.waited_ms,
                     p.end);
    }
}

static void a_call_without_repetition_is_decided_at_once(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"-h", 1, 0, RETRY_DECIDED},
        {"h",  1, 0, RETRY_DECIDED},
    };
    run_rows(&(struct step){0}, rows, COUNT(rows));
}

static void eventually_repeats_until_it_holds_or_the_time_is_up(void **state)
{
    (void)state;
    const struct step step = {.eventually = true, .every_ms = 400, .for_ms = 1000};
    static const struct row rows[] = {
        {"h",       1, 0,    RETRY_DECIDED},
        {"--h",     3, 800,  RETRY_DECIDED},
        {"---h",    4, 1000, RETRY_DECIDED},
        {"-------", 4, 1000, RETRY_DECIDED},
        {"-s",      2, 400,  RETRY_DECIDED},
        {"-f",      2, 400,  RETRY_DECIDED},
    };
    run_rows(&step, rows, COUNT(rows));
}

static void the_pauses_of_eventually_grow(void **state)
{
    (void)state;
    struct step step = {.eventually = true, .every_ms = 100, .for_ms = 2000, .backoff = 2};
    static const struct row grow[] = {
        {"h",       1, 0,    RETRY_DECIDED},
        {"--h",     3, 300,  RETRY_DECIDED}, /* 100, 200 */
        {"--l-h",   5, 2700, RETRY_DECIDED}, /* 100, 200, Retry-After 2 s, 400 */
        {"----h",   5, 1500, RETRY_DECIDED},
        {"-------", 6, 2000, RETRY_DECIDED}, /* 1600 would be too late */
    };
    run_rows(&step, grow, 2);
    run_rows(&step, grow + 3, 2);
    step.for_ms = 10000;
    run_rows(&step, grow + 2, 1);
    step.max_every_ms = 250;
    static const struct row limited[] = {
        {"----h", 5, 800, RETRY_DECIDED}, /* 100, 200, 250, 250 */
    };
    run_rows(&step, limited, COUNT(limited));
    step.backoff = 1.5;
    static const struct row slow[] = {
        {"---h", 4, 475, RETRY_DECIDED}, /* 100, 150, 225 */
    };
    run_rows(&step, slow, COUNT(slow));
}

static void consistently_settles_and_then_must_hold_each_time(void **state)
{
    (void)state;
    const struct step step = {.consistently = true, .every_ms = 500, .for_ms = 1000, .settle_ms = 1000};
    static const struct row rows[] = {
        {"hhhh",   3, 1000, RETRY_DECIDED},
        {"-hhhh",  4, 1500, RETRY_DECIDED},
        {"--hhhh", 5, 2000, RETRY_DECIDED},
        {"------", 3, 1000, RETRY_DECIDED},
        {"-f",     2, 500,  RETRY_DECIDED},
        {"-h-hhh", 3, 1000, RETRY_DECIDED},
    };
    run_rows(&step, rows, COUNT(rows));
}

static void a_rate_limit_is_waited_out_three_times(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"lh",    2, 2000, RETRY_DECIDED},
        {"lllh",  4, 6000, RETRY_DECIDED},
        {"llllh", 4, 6000, RETRY_GIVE_UP},
    };
    run_rows(&(struct step){0}, rows, COUNT(rows));
}

static void a_too_long_rate_limit_is_not_waited_for(void **state)
{
    (void)state;
    struct retry a = {0};
    struct observation seen = {.limited = true, .retry_after_ms = RETRY_WAIT_MAX_MS + 1};
    assert_int_equal(retry_decide(&a, &(struct step){0}, &seen).next, RETRY_GIVE_UP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_without_repetition_is_decided_at_once),
        cmocka_unit_test(eventually_repeats_until_it_holds_or_the_time_is_up),
        cmocka_unit_test(the_pauses_of_eventually_grow),
        cmocka_unit_test(consistently_settles_and_then_must_hold_each_time),
        cmocka_unit_test(a_rate_limit_is_waited_out_three_times),
        cmocka_unit_test(a_too_long_rate_limit_is_not_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
