/* judge.h - judges the suite by a run of it against a mutant, a control or a legal server.
 *
 * Shapes:  a mutant is judged claim by claim. A claim kills it if a check that cites the claim fails. Otherwise the
 *          whole suite is played: the mutant is killed for the wrong reason if a check of another claim fails,
 *          undecided if a check of the claim could not be decided, and else it has survived. On a control no claim may
 *          hold, and the run may not end with status 0. On a legal server no check may fail, and exactly the listed
 *          claims are undecided.
 * Errors:  none.
 */
#pragma once
#include "conformance/prove/mutants.h"

#define KILLS(X)                                                                                                       \
    X(KILL_NOT_PLAYED, "not-played")                                                                                   \
    X(KILL_KILLED, "killed")                                                                                           \
    X(KILL_WRONG_REASON, "wrong-reason") /* only checks of other claims fail */                                        \
    X(KILL_SURVIVED, "survived")         /* nothing fails */                                                           \
    X(KILL_UNDECIDED, "undecided")       /* nothing fails, but a check of the claim was not decided */                 \
    X(KILL_EQUIVALENT, "equivalent")
enum kill { KILLS(ENUM_NAME) KILL_COUNT };
extern const char *const kill_texts[];

struct judgement {
    bool played, good;      /* good: the suite judged the server right */
    enum kill *kills;       /* of a mutant: one for each claim that it breaks */
    const char **whys;      /* likewise: why the claim is undecided or has no check; NULL: nothing to say */
    struct texts failed;    /* ids of the claims that fail, without those that a mutant breaks */
    struct texts unclaimed; /* ids of failed checks that cite no claim */
    struct texts holding;   /* of a control: ids of the claims that hold */
    struct texts undecided; /* of a legal server: ids of the claims that are undecided and not listed */
    struct texts decided;   /* of a legal server: listed claims that are not undecided */
    struct texts failures;  /* the first failed checks, each as one line */
    int exit_code;          /* of the run */
    uint32_t calls;
    int64_t duration_us;
};

/* Returns true if a check of the scenario refutes the claim. */
bool judge_refutes(const struct scenario_result *s, const struct claim *c);
/* Judges the claims that the run decides. Returns true if every claim that the mutant breaks has killed it; else the
 * whole suite must be played, and judge_mutant decides. */
bool judge_killed(struct arena *a, const struct entry *e, const struct run *cited, struct judgement *out);
void judge_mutant(struct arena *a, const struct entry *e, const struct run *whole, struct judgement *out);
void judge_control(struct arena *a, const struct run *whole, struct judgement *out);
/* `unchanged` has the outcome of each claim on the unchanged mock: a claim that is undecided there may be so here. */
void judge_legal(struct arena *a, const struct entry *e, const struct run *whole, const struct run *unchanged,
                 struct judgement *out);

/* --- as one line of JSON ------------------------------------------------------------------- */

struct json;

void judgement_write(struct json *w, const struct entry *e, const struct judgement *from); /* members of an open map */
/* Reads what judgement_write wrote. Returns false if it is incomplete. */
bool judgement_read(struct arena *a, const struct entry *e, const struct node *map, struct judgement *out);
