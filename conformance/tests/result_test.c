/* What verdicts are worth: claims' outcomes and the exit status. */
#include "conformance/result/result.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"

static void each_verdict_has_one_effect_on_a_claim(void **state)
{
    static const struct {
        enum verdict first, second;
        enum claim_outcome outcome;
    } rows[] = {
        {VERDICT_PASS,           VERDICT_PASS,           CLAIM_HOLDS    },
        {VERDICT_PASS,           VERDICT_VACUOUS,        CLAIM_HOLDS    },
        {VERDICT_PASS,           VERDICT_NOT_APPLICABLE, CLAIM_HOLDS    },
        {VERDICT_PASS,           VERDICT_DISPUTED,       CLAIM_HOLDS    },
        {VERDICT_PASS,           VERDICT_BLOCKED,        CLAIM_UNDECIDED},
        {VERDICT_PASS,           VERDICT_ERROR,          CLAIM_UNDECIDED},
        {VERDICT_VACUOUS,        VERDICT_VACUOUS,        CLAIM_UNDECIDED},
        {VERDICT_NOT_APPLICABLE, VERDICT_VACUOUS,        CLAIM_UNDECIDED},
        {VERDICT_DISPUTED,       VERDICT_DISPUTED,       CLAIM_UNDECIDED},
        {VERDICT_PASS,           VERDICT_FAIL,           CLAIM_FAILS    },
        {VERDICT_PASS,           VERDICT_WARN,           CLAIM_FAILS    },
        {VERDICT_BLOCKED,        VERDICT_FAIL,           CLAIM_FAILS    },
    };
    (void)state;
    static const struct claim claim = {.id = "T-001"};
    static const struct claim *const cited[] = {&claim};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct check checks[] = {
            {.verdict = rows[i].first,  .claims = cited, .claim_count = 1},
            {.verdict = rows[i].second, .claims = cited, .claim_count = 1}
        };
        struct scenario_result scenario =
                                   {
                                       .checks = {checks, 2, 2}
        },
                               *scenarios[] = {&scenario};
        struct claim_result result = {.claim = &claim};
        struct run run = {
            .scenarios = {scenarios, 1, 1},
              .claims = &result, .claim_count = 1
        };
        run_count(&run);
        assert_int_equal(result.outcome, rows[i].outcome);
        bool neither_ran = rows[i].first == VERDICT_NOT_APPLICABLE && rows[i].second == VERDICT_NOT_APPLICABLE;
        assert_int_equal(totals_of(&run).not_applicable, neither_ran);
    }
}

/* What each combination of verdicts is worth, without resources left behind. */
static void a_run_is_green_only_if_a_check_passed(void **state)
{
    static const struct {
        uint32_t counts[VERDICT_COUNT];
        int exit_code;
    } rows[] = {
        {{[VERDICT_PASS] = 1},                                             0},
        {{[VERDICT_PASS] = 1, [VERDICT_DISPUTED] = 2, [VERDICT_WARN] = 1}, 0},
        {{[VERDICT_DISPUTED] = 2},                                         4},
        {{[VERDICT_WARN] = 1},                                             4},
        {{[VERDICT_DISPUTED] = 2, [VERDICT_ERROR] = 1},                    3},
        {{[VERDICT_NOT_APPLICABLE] = 3},                                   4},
        {{[VERDICT_PASS] = 1, [VERDICT_VACUOUS] = 1},                      4},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena a = {0};
        struct run run = {.arena = &a};
        memcpy(run.counts, rows[i].counts, sizeof run.counts);
        run_decide(&run);
        assert_int_equal(run.exit_code, rows[i].exit_code);
        arena_end(&a);
    }
}

/* Each combination has the exit status of its most serious reason, and names all of them. */
static void the_most_serious_reason_is_the_exit_status(void **state)
{
    static const struct {
        bool interrupted, left_behind;
        enum verdict verdicts[2];
        enum error_kind reporting; /* ERROR_TARGET: all reports were written */
        int exit_code, exit_status;
        const char *why;
    } rows[] = {
        {.verdicts = {VERDICT_FAIL, VERDICT_ERROR},
         .left_behind = true,
         .reporting = ERROR_LEAK,
         .exit_code = 1,
         .exit_status = 1,
         .why = "1 check failed; 1 check could not be decided because of an error of the target, the network or the "
                "consent; "
                "1 resource created on the target could not be cleaned up; "
                "nothing passed: checks were decided, but none of them confirms a claim"},
        {.verdicts = {VERDICT_FAIL, VERDICT_BLOCKED},
         .reporting = ERROR_TARGET,
         .exit_code = 1,
         .exit_status = 1,
         .why =
             "1 check failed; 1 check could not be decided because an earlier step failed or a wait ended too early; "
             "nothing passed: checks were decided, but none of them confirms a claim"                                                                                                                               },
        {.verdicts = {VERDICT_PASS, VERDICT_BLOCKED},
         .interrupted = true,
         .reporting = ERROR_TARGET,
         .exit_code = 130,
         .exit_status = 130,
         .why = "the run was interrupted; 1 check could not be decided because the run was interrupted or an earlier "
                "step failed"},
        {.verdicts = {VERDICT_PASS, VERDICT_ERROR},
         .left_behind = true,
         .reporting = ERROR_LEAK,
         .exit_code = 3,
         .exit_status = 3,
         .why = "1 check could not be decided because of an error of the target, the network or the consent; "
                "1 resource created on the target could not be cleaned up"},
        {.verdicts = {VERDICT_PASS, VERDICT_VACUOUS},
         .left_behind = true,
         .reporting = ERROR_TARGET,
         .exit_code = 5,
         .exit_status = 5,
         .why = "1 resource created on the target could not be cleaned up; 1 check had nothing to compare"},
        {.verdicts = {VERDICT_PASS, VERDICT_VACUOUS},
         .reporting = ERROR_LEAK,
         .exit_code = 4,
         .exit_status = 5,
         .why = "1 check had nothing to compare"},
        {.verdicts = {VERDICT_BLOCKED, VERDICT_NOT_APPLICABLE},
         .reporting = ERROR_LEAK,
         .exit_code = 4,
         .exit_status = 4,
         .why = "nothing was checked: no check could be decided"                                                },
        {.verdicts = {VERDICT_PASS, VERDICT_FAIL},
         .interrupted = true,
         .reporting = ERROR_TARGET,
         .exit_code = 130,
         .exit_status = 130,
         .why = "the run was interrupted; 1 check failed"},
        {.verdicts = {VERDICT_PASS, VERDICT_FAIL},
         .interrupted = true,
         .reporting = ERROR_SYSTEM,
         .exit_code = 130,
         .exit_status = 2,
         .why = "the run was interrupted; 1 check failed"},
        {.verdicts = {VERDICT_PASS, VERDICT_PASS},
         .reporting = ERROR_LEAK,
         .exit_code = 0,
         .exit_status = 5,
         .why = "no check failed"                                                                                               },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena a = {0};
        struct error err = {0};
        struct leftover leftover = {0};
        static const struct claim claim = {.id = "T-001", .level = LEVEL_MUST};
        static const struct claim *const cited[] = {&claim};
        struct check checks[] = {
            {.verdict = rows[i].verdicts[0], .claims = cited, .claim_count = 1},
            {.verdict = rows[i].verdicts[1], .claims = cited, .claim_count = 1}
        };
        struct scenario_result scenario =
                                   {
                                       .checks = {checks, 2, 2}
        },
                               *scenarios[] = {&scenario};
        struct run run = {
            .arena = &a, .interrupted = rows[i].interrupted, .scenarios = {scenarios, 1, 1}
        };
        run.leftovers.items = &leftover;
        run.leftovers.count = rows[i].left_behind;
        run_count(&run);
        run_decide(&run);
        assert_int_equal(run.exit_code, rows[i].exit_code);
        assert_string_equal(run.verdict_why, rows[i].why);
        if (rows[i].reporting != ERROR_TARGET)
            error_add(&err, rows[i].reporting, (struct where){0}, "a report");
        assert_int_equal(run_exit_status(&run, &err), rows[i].exit_status);
        error_end(&err);
        arena_end(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_verdict_has_one_effect_on_a_claim),
        cmocka_unit_test(a_run_is_green_only_if_a_check_passed),
        cmocka_unit_test(the_most_serious_reason_is_the_exit_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
