/* watch.h - the inside of conduct: what a question sees of a call, remembers and says.
 *
 * Shapes:  a question keeps notes, each found by an id of its own making (watch_id over numbers and
 *          hashes). What a note's members mean is said where the question is. notes.c bounds them:
 *          the note that was written longest ago goes first.
 * Units:   moments have both clocks; waits are in milliseconds.
 */
#pragma once
#include "mockserver/conduct/conduct.h"

struct moment {
    int64_t world_ms, machine_us;
    int port; /* of the connection; 0: not known */
};

struct note {
    uint64_t id; /* 0: free */
    struct moment at, first;
    uint64_t call;  /* its seq ... */
    uint64_t epoch; /* ... in this run of the journal */
    int64_t wait_ms;
    uint64_t mark;
    int32_t status;
    uint32_t count;
    uint32_t row;
    uint64_t written; /* by which call of the world, for notes.c */
};

#define NOTES_WAYS 8

struct notes { /* a power of two of sets, each of NOTES_WAYS places */
    struct note *items;
    size_t sets, count;
    uint64_t forgotten;
};

struct note *notes_find(const struct notes *n, uint64_t id);         /* NULL: none */
struct note *notes_make(struct notes *n, uint64_t id, uint64_t now); /* empty but for its id */
void notes_drop(struct notes *n, struct note *note);
void notes_end(struct notes *n);

struct occurrence {
    uint64_t seq, earlier; /* earlier 0: none, or no longer in the journal */
    int64_t at_ms;
    const char *request_id, *earlier_id; /* NULL: it had none */
    const char *provider, *operation;    /* NULL: none fits */
    const char *why;
};

struct conduct_answer {
    uint64_t exercised, broken, forgotten;
    struct occurrence *occurrences;
    size_t count;
};

struct secrets { /* secret.c: a sketch of which texts may be a secret of this world */
    uint64_t bits[16];
    size_t shortest; /* 0: there is none */
    uint32_t seen;   /* changes read so far */
    bool begun;
};

#define QUESTIONS_MAX 16

struct conduct {
    struct conducts *all;
    struct conduct *next, *previous; /* of those that live, or of those that ended */
    const char *world;
    uint64_t generation, calls;
    bool ended;
    struct arena arena; /* its name and its occurrences */
    struct conduct_answer answers[QUESTIONS_MAX];
    struct notes notes[QUESTIONS_MAX];
    struct secrets secrets;
};

struct watch {
    struct conduct *conduct;
    struct conduct_answer *answer;
    struct notes *notes;
    struct moment now;   /* when the call came */
    uint64_t seq, epoch; /* of the journal */
    uint64_t who;        /* the key, or the credential that is none; 0: nobody */
    uint64_t operation;  /* 0: none fits */
    uint64_t path;       /* its hash, once asked for */
};

uint64_t watch_id(uint64_t x, uint64_t y); /* of two, never 0 */
uint64_t watch_path(struct watch *w, const struct call *c);
struct str watch_credential(const struct call *c); /* what it was sent with; empty: nothing */
const char *watch_key_name(const struct call *c);  /* never its value */
bool watch_is_write(const struct call *c);         /* neither GET nor HEAD, of a known operation */
bool watch_is_told(const struct call *c);          /* the answer goes out whole */

/* When its answer will be there. */
struct moment watch_answered(const struct watch *w, const struct call *c);
/* By the clock on which more time passed. */
int64_t watch_elapsed_ms(const struct moment *from, const struct moment *to);
/* The call may have been on its way before the answer of that moment was there. Asked of the first
 * of several such answers: a client that takes its connections in turn is not forgiven for ever. */
bool watch_together(const struct moment *answered, const struct moment *came);

struct note *watch_note(struct watch *w, uint64_t id);                 /* found or made */
void watch_mark(struct watch *w, struct note *note, struct moment at); /* this call, then */
void watch_exercised(struct watch *w);
/* `earlier` (may be NULL): the note of the call that makes it wrong. */
void watch_blame(struct watch *w, const struct call *c, const struct note *earlier, const char *why,
                 ...) __attribute__((format(printf, 4, 5)));
const char *watch_duration(struct arena *a, int64_t ms);

/* The questions, a row each in conduct.c. */
void see_retry_after(struct watch *w, const struct call *c);
void see_backoff(struct watch *w, const struct call *c);
void see_kept_key(struct watch *w, const struct call *c);
void see_used_key(struct watch *w, const struct call *c);
void see_poll_pace(struct watch *w, const struct call *c);
void see_poll_end(struct watch *w, const struct call *c);
void see_reauth(struct watch *w, const struct call *c);
void see_dead_account(struct watch *w, const struct call *c);
void see_refused_key(struct watch *w, const struct call *c);
void see_urls(struct watch *w, const struct call *c);

/* see_kept_key's: its answer never came to the client. */
void see_unsent(struct watch *w, const struct call *c);

uint64_t conduct_forgotten(const struct conduct *k, size_t question); /* notes, for room */
void conduct_add(struct conduct *sum, const struct conduct *k);       /* its figures */

/* Every world that was called, by a name that tells whether it ended; those beyond
 * CONDUCT_WORLDS_MAX as one sum. */
typedef void conduct_visit(void *ctx, const char *name, const struct conduct *k);
void conducts_each(const struct conducts *all, conduct_visit *visit, void *ctx);
