/* Judges mutants, controls and legal servers by a run. */
#include "conformance/prove/judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/json.h"

/* Three claims; a run has one check for each letter: the verdict of a check of that claim. */
static const struct claim claims[] = {
    {.id = "XX-001",         .observe = "api"},
    {              .id = "XX-002",      .observe = "api"                },
    { .id = "XX-003", .observe = "api",                 .level = LEVEL_SHOULD},
};
static const struct claim *const cited[] = {&claims[0], &claims[1], &claims[2]};

struct rig {
    struct arena arena;
    struct entry entry;
    struct judgement judgement;
};

static void begin(struct rig *r, enum entry_kind kind, size_t claim_count)
{
    *r = (struct rig){
        .entry = {.kind = kind, .name = "m", .claims = cited, .claim_count = claim_count}
    };
}

/* `verdicts` has one letter per claim: p(ass), f(ail), w(arn), b(locked), e(rror), v(acuous), - (no check); a fourth one
 * is a check without a claim. */
static struct run *run_of(struct rig *r, const char *verdicts)
{
    static const char letters[] = "pfwvb?de";
    struct run *run = arena_new(&r->arena, struct run);
    struct scenario_result *s = arena_new(&r->arena, struct scenario_result);
    run->arena = &r->arena;
    run->gate = LEVEL_MAY;
    run->claim_count = COUNT(claims);
    run->claims = arena_array(&r->arena, struct claim_result, COUNT(claims));
    for (size_t i = 0; i < COUNT(claims); i++)
        run->claims[i].claim = &claims[i];
    for (size_t i = 0; verdicts[i]; i++)
        if (verdicts[i] != '-')
            *arena_push(&r->arena, &s->checks, struct check) =
                (struct check){.id = arena_printf(&r->arena, "check-%zu", i),
                               .verdict = (enum verdict)(strchr(letters, verdicts[i]) - letters),
                               .why = "a reason",
                               .claims = i < COUNT(claims) ? &cited[i] : NULL,
                               .claim_count = i < COUNT(claims)};
    *arena_push(&r->arena, &run->scenarios, struct scenario_result *) = s;
    run_count(run);
    run_decide(run);
    return run;
}

static const char *texts(struct rig *r, const struct texts *t)
{
    struct buf out = {.arena = &r->arena};
    for (size_t i = 0; i < t->count; i++)
        buf_printf(&out, "%s%s", i ? " " : "", t->items[i]);
    return buf_c(&out);
}

/* Judges a mutant of the first claims by a run of the whole suite. */
static const struct judgement *judge(struct rig *r, size_t claim_count, const char *verdicts)
{
    begin(r, ENTRY_MUTANT, claim_count);
    judge_mutant(&r->arena, &r->entry, run_of(r, verdicts), &r->judgement);
    return &r->judgement;
}

static void a_failed_check_of_the_claim_kills(void **state)
{
    (void)state;
    struct rig r;
    const struct judgement *j = judge(&r, 1, "fpp");
    assert_true(j->good);
    assert_int_equal(j->kills[0], KILL_KILLED);
    arena_end(&r.arena);
    j = judge(&r, 3, "ffw"); /* a should claim, too */
    assert_true(j->good);
    assert_int_equal(j->kills[2], KILL_KILLED);
    arena_end(&r.arena);
}

static void a_mutant_survives_if_nothing_fails(void **state)
{
    (void)state;
    struct rig r;
    const struct judgement *j = judge(&r, 1, "ppp");
    assert_false(j->good);
    assert_int_equal(j->kills[0], KILL_SURVIVED);
    assert_null(j->whys[0]);
    arena_end(&r.arena);
    j = judge(&r, 1, "-pp");
    assert_int_equal(j->kills[0], KILL_SURVIVED);
    assert_string_equal(j->whys[0], "no scenario that it can change cites the claim");
    arena_end(&r.arena);
}

static void other_claims_are_the_wrong_reason(void **state)
{
    (void)state;
    struct rig r;
    const struct judgement *j = judge(&r, 1, "pfw");
    assert_int_equal(j->kills[0], KILL_WRONG_REASON);
    assert_string_equal(texts(&r, &j->failed), "XX-002 XX-003");
    assert_false(j->good);
    arena_end(&r.arena);
    j = judge(&r, 2, "fpp"); /* of two claims one fails */
    assert_int_equal(j->kills[0], KILL_KILLED);
    assert_int_equal(j->kills[1], KILL_WRONG_REASON);
    assert_false(j->good);
    arena_end(&r.arena);
    j = judge(&r, 1, "pppf"); /* a check that cites no claim */
    assert_int_equal(j->kills[0], KILL_WRONG_REASON);
    assert_string_equal(texts(&r, &j->unclaimed), "check-3");
    arena_end(&r.arena);
    j = judge(&r, 1, "bfp");
    assert_int_equal(j->kills[0], KILL_WRONG_REASON);
    assert_string_equal(j->whys[0], "check-0 is blocked: a reason");
    arena_end(&r.arena);
}

static void an_undecided_claim_is_no_kill(void **state)
{
    (void)state;
    struct rig r;
    const struct judgement *j = judge(&r, 1, "bpp");
    assert_false(j->good);
    assert_int_equal(j->kills[0], KILL_UNDECIDED);
    assert_string_equal(j->whys[0], "check-0 is blocked: a reason");
    arena_end(&r.arena);
    j = judge(&r, 1, "epp");
    assert_string_equal(j->whys[0], "check-0 is error: a reason");
    arena_end(&r.arena);
    j = judge(&r, 1, "vpp");
    assert_int_equal(j->kills[0], KILL_UNDECIDED);
    assert_string_equal(j->whys[0], "check-0 is vacuous: a reason");
    arena_end(&r.arena);
}

/* The scenarios that cite the claims may decide some of them, the whole suite the others. */
static void kills_of_the_first_run_stay(void **state)
{
    (void)state;
    struct rig r;
    begin(&r, ENTRY_MUTANT, 2);
    assert_false(judge_killed(&r.arena, &r.entry, run_of(&r, "fp-"), &r.judgement));
    judge_mutant(&r.arena, &r.entry, run_of(&r, "pfp"), &r.judgement);
    assert_true(r.judgement.good);
    arena_end(&r.arena);
}

static void no_claim_may_hold_on_a_control(void **state)
{
    (void)state;
    struct rig r;
    begin(&r, ENTRY_CONTROL, 0);
    judge_control(&r.arena, run_of(&r, "fbe"), &r.judgement);
    assert_true(r.judgement.good);
    arena_end(&r.arena);
    begin(&r, ENTRY_CONTROL, 0);
    judge_control(&r.arena, run_of(&r, "fpf"), &r.judgement);
    assert_false(r.judgement.good);
    assert_string_equal(texts(&r, &r.judgement.holding), "XX-002");
    arena_end(&r.arena);
    begin(&r, ENTRY_CONTROL, 0);
    struct run *green = run_of(&r, "dd-");
    green->exit_code = 0;
    judge_control(&r.arena, green, &r.judgement);
    assert_false(r.judgement.good);
    arena_end(&r.arena);
}

static void a_legal_server_fails_nothing(void **state)
{
    (void)state;
    struct rig r;
    begin(&r, ENTRY_LEGAL, 0);
    judge_legal(&r.arena, &r.entry, run_of(&r, "ppp"), NULL, &r.judgement);
    assert_true(r.judgement.good);
    arena_end(&r.arena);
    begin(&r, ENTRY_LEGAL, 0);
    judge_legal(&r.arena, &r.entry, run_of(&r, "pwpf"), NULL, &r.judgement);
    assert_false(r.judgement.good);
    assert_string_equal(texts(&r, &r.judgement.failed), "XX-002");
    assert_string_equal(texts(&r, &r.judgement.unclaimed), "check-3");
    assert_int_equal(r.judgement.failures.count, 2);
    arena_end(&r.arena);
}

static void a_legal_server_leaves_the_listed_claims_undecided(void **state)
{
    (void)state;
    struct rig r;
    begin(&r, ENTRY_LEGAL, 1);
    judge_legal(&r.arena, &r.entry, run_of(&r, "bpp"), NULL, &r.judgement);
    assert_true(r.judgement.good);
    arena_end(&r.arena);
    begin(&r, ENTRY_LEGAL, 1);
    judge_legal(&r.arena, &r.entry, run_of(&r, "pbv"), run_of(&r, "ppv"), &r.judgement);
    assert_false(r.judgement.good);
    assert_string_equal(texts(&r, &r.judgement.decided), "XX-001");
    assert_string_equal(texts(&r, &r.judgement.undecided), "XX-002"); /* XX-003 is undecided on the mock, too */
    arena_end(&r.arena);
}

static void a_judgement_survives_its_line_of_json(void **state)
{
    (void)state;
    struct rig r;
    struct judgement read;
    const struct judgement *j = judge(&r, 2, "fbf");
    struct buf out = {.arena = &r.arena};
    struct json w = json_begin(&out, 0);
    json_open_map(&w);
    judgement_write(&w, &r.entry, j);
    json_close_map(&w);
    const struct node *map = json_parse(&r.arena, buf_str(&out), "line", NULL);
    assert_true(judgement_read(&r.arena, &r.entry, map, &read));
    assert_int_equal(read.kills[1], KILL_WRONG_REASON);
    assert_string_equal(read.whys[1], j->whys[1]);
    assert_string_equal(texts(&r, &read.failed), "XX-003");
    assert_int_equal(read.exit_code, j->exit_code);
    assert_false(read.good);
    assert_false(judgement_read(&r.arena, &r.entry, node_without(&r.arena, map, "good"), &read));
    assert_false(judgement_read(&r.arena, &r.entry, node_without(&r.arena, map, "claims"), &read));
    arena_end(&r.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_check_of_the_claim_kills),
        cmocka_unit_test(a_mutant_survives_if_nothing_fails),
        cmocka_unit_test(other_claims_are_the_wrong_reason),
        cmocka_unit_test(an_undecided_claim_is_no_kill),
        cmocka_unit_test(kills_of_the_first_run_stay),
        cmocka_unit_test(no_claim_may_hold_on_a_control),
        cmocka_unit_test(a_legal_server_fails_nothing),
        cmocka_unit_test(a_legal_server_leaves_the_listed_claims_undecided),
        cmocka_unit_test(a_judgement_survives_its_line_of_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
