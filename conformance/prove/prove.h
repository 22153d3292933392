/* prove.h - START HERE: measures what a suite notices. It plays each mutant, control and legal server of mutants.yaml
 * on the mock, and judges the suite by its verdicts.
 *
 *   mutants.c (read) -> prove.c (choose) -> workers.c (share out) -> play.c (one entry) -> judge.c -> table.c,
 *   proof_json.c
 *
 * Shapes:  a proof is that of one provider: its entries, each with a judgement. First the unchanged mock is played: it
 *          must be green, else nothing can be proved. Each worker is a process with a mock of its own.
 * Units:   durations in microseconds.
 * Errors:  an entry that the mock refuses is an error at its place in mutants.yaml (ERROR_INPUT). A mock or a worker
 *          that ends, and an unchanged mock that is not green, end the proof (ERROR_TARGET).
 */
#pragma once
#include "base/flags.h"
#include "conformance/plan/plan.h"
#include "conformance/prove/judge.h"
#include "conformance/report/report.h"
#include "conformance/run/target.h"

struct prove_options {
    const char *mock_binary;
    struct texts_list claims, names;                                    /* globs; none: all */
    int only;                                                           /* enum entry_kind; -1: all kinds */
    int workers;                                                        /* 0: one for each processor */
    const char *version;                                                /* of the program */
    void (*progress)(void *ctx, size_t done, size_t count, size_t bad); /* may be NULL */
    void *progress_ctx;
};

struct proof { /* of one provider */
    const struct catalogue *catalogue;
    struct plan plan; /* all its scenarios */
    const struct target *target;
    struct entries entries;
    struct judgement *judgements; /* one for each entry */
    size_t played;
    int64_t duration_us;
    bool interrupted;
};

/* Reads the suites and their mutants.yaml. Returns one proof per provider; NULL, and errors, if a file is invalid,
 * or if a path does not contain the whole folder of a provider. */
struct proof *proofs_load(struct arena *a, const struct texts_list *paths, size_t *count, struct error *err);
/* Plays the chosen entries. Returns false if it did not play all of them. */
bool proof_run(struct arena *a, struct proof *p, const struct prove_options *options, struct error *err);
/* Plays one entry with the whole suite, prints the run on the console, and judges it. Returns the entry, or NULL and an
 * error. */
const struct entry *proof_show(struct arena *a, const struct proof *proofs, size_t count, const char *name,
                               const struct prove_options *options, struct console *console, struct run *run,
                               struct judgement *out, struct error *err);
/* Checks that each name and each claim of the options matches an entry. */
bool proofs_check_options(const struct proof *proofs, size_t count, const struct prove_options *options,
                          struct error *err);

/* Returns true if the entry is to be played. */
bool entry_chosen(const struct entry *e, const struct prove_options *options);

/* --- workers.c ---------------------------------------------------------------------------- */

/* Plays the entries whose numbers are in `chosen`, after the unchanged mock. */
bool workers_run(struct arena *a, struct proof *p, const size_t *chosen, size_t count,
                 const struct prove_options *options, struct error *err);

/* --- table.c, proof_json.c ---------------------------------------------------------------- */

struct text_layout;

struct tally { /* a mutant counts once for each claim that it breaks */
    size_t mutants, killed, wrong, survived, undecided, equivalent;
};

void tally_add(struct tally *t, const struct entry *e, const struct judgement *j, size_t claim);
size_t tally_played(const struct tally *t); /* without the equivalent ones */
/* Returns 0, 1 or 4: see `conformance prove --help`. */
int proofs_exit_status(const struct proof *proofs, size_t count);

void proofs_put(struct text_layout *t, const struct proof *proofs, size_t count, int64_t duration_us);
/* Prints how the suite judges one entry: the outcome of each claim, and what fails. */
void judgement_put(struct text_layout *t, const struct entry *e, const struct judgement *j);
void proofs_write_json(struct writer *out, const struct proof *proofs, size_t count, int64_t duration_us,
                       const char *version);
