/* observer.h - the inside of conduct: what a question sees of a call, remembers and says.
 *
 * Shapes:  a question keeps history, each found by an id of its own making (history_id over numbers and
 *          hashes). What a entry's members mean is said where the question is. history.c bounds them:
 *          the entry that was written longest ago goes first.
 * Units:   moments have both clocks; waits are in milliseconds.
 */
#pragma once
#include "mockserver/client_checks/client_checks.h"

struct moment {
    int64_t world_ms, machine_us;
    int port; /* of the connection; 0: not known */
};

struct history_entry {
    uint64_t id; /* 0: free */
    struct moment at, first;
    uint64_t call;  /* its seq ... */
    uint64_t epoch; /* ... in this run of the journal */
    int64_t wait_ms;
    uint64_t mark;
    int32_t status;
    uint32_t count;
    uint32_t row;
    uint64_t written; /* by which call of the world, for history.c */
};

#define HISTORY_WAYS 8

struct client_history { /* a power of two of sets, each of HISTORY_WAYS places */
    struct history_entry *items;
    size_t sets, count;
    uint64_t forgotten;
};

struct history_entry *client_history_find(const struct client_history *n,
                                          uint64_t id); /* NULL: none */
struct history_entry *client_history_make(struct client_history *n, uint64_t id,
                                          uint64_t now); /* empty but for its id */
void client_history_drop(struct client_history *n, struct history_entry *entry);
void client_history_end(struct client_history *n);

struct occurrence {
    uint64_t seq, earlier; /* earlier 0: none, or no longer in the journal */
    int64_t at_ms;
    const char *request_id, *earlier_id; /* NULL: it had none */
    const char *provider, *operation;    /* NULL: none fits */
    const char *why;
};

struct client_check_result {
    uint64_t tested, failures, forgotten;
    struct occurrence *occurrences;
    size_t count;
};

struct secrets { /* secret.c: a sketch of which texts may be a secret of this world */
    uint64_t bits[16];
    size_t shortest; /* 0: there is none */
    uint32_t seen;   /* changes read so far */
    bool begun;
};

#define CLIENT_CHECKS_MAX 16

struct client_checks {
    struct client_registry *all;
    struct client_checks *next, *previous; /* of those that live, or of those that ended */
    const char *world;
    uint64_t generation, calls;
    bool ended;
    struct arena arena; /* its name and its occurrences */
    struct client_check_result results[CLIENT_CHECKS_MAX];
    struct client_history history[CLIENT_CHECKS_MAX];
    struct secrets secrets;
};

struct observer {
    struct client_checks *client_checks;
    struct client_check_result *result;
    struct client_history *history;
    struct moment now;   /* when the call came */
    uint64_t seq, epoch; /* of the journal */
    uint64_t who;        /* the key, or the credential that is none; 0: nobody */
    uint64_t operation;  /* 0: none fits */
    uint64_t path;       /* its hash, once asked for */
};

uint64_t history_id(uint64_t x, uint64_t y); /* of two, never 0 */
uint64_t observer_path(struct observer *w, const struct call *c);
struct str observer_credential(const struct call *c); /* what it was sent with; empty: nothing */
const char *observer_key_name(const struct call *c);  /* never its value */
bool observer_is_write(const struct call *c);     /* neither GET nor HEAD, of a known operation */
bool observer_is_delivered(const struct call *c); /* the response goes out whole */

/* When its response will be there. */
struct moment observer_response_at(const struct observer *w, const struct call *c);
/* By the clock on which more time passed. */
int64_t observer_elapsed_ms(const struct moment *from, const struct moment *to);
/* The call may have been on its way before the response of that moment was there. Asked of the first
 * of several such responses: a client that takes its connections in turn is not forgiven for ever. */
bool observer_together(const struct moment *responded, const struct moment *came);

struct history_entry *observer_entry(struct observer *w, uint64_t id); /* found or made */
void observer_mark(struct observer *w, struct history_entry *entry,
                   struct moment at); /* this call, then */
void observer_tested(struct observer *w);
/* `earlier` (may be NULL): the entry of the call that makes it wrong. */
void report_violation(struct observer *w, const struct call *c, const struct history_entry *earlier,
                      const char *why, ...) __attribute__((format(printf, 4, 5)));
const char *observer_duration(struct arena *a, int64_t ms);

/* The questions, a row each in client_checks.c. */
void check_retry_after(struct observer *w, const struct call *c);
void check_backoff(struct observer *w, const struct call *c);
void check_kept_key(struct observer *w, const struct call *c);
void check_used_key(struct observer *w, const struct call *c);
void check_poll_pace(struct observer *w, const struct call *c);
void check_poll_end(struct observer *w, const struct call *c);
void check_reauth(struct observer *w, const struct call *c);
void check_dead_account(struct observer *w, const struct call *c);
void check_refused_key(struct observer *w, const struct call *c);
void check_urls(struct observer *w, const struct call *c);

/* check_kept_key's: its response never came to the client. */
void check_unsent(struct observer *w, const struct call *c);

uint64_t client_checks_forgotten(const struct client_checks *k,
                                 size_t question); /* history, for room */
void client_checks_add(struct client_checks *sum, const struct client_checks *k); /* its figures */

/* Every world that was called, by a name that tells whether it ended; those beyond
 * CLIENT_CHECKS_NAMESPACES_MAX as one sum. */
typedef void client_registry_visit(void *ctx, const char *name, const struct client_checks *k);
void client_registry_each(const struct client_registry *all, client_registry_visit *visit,
                          void *ctx);
