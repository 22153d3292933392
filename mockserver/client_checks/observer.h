/* observer.h - what the client checks share: the observed call, history and reports of violations.
 *
 * Shapes:  a check keeps history entries, found by an id that it computes with history_id. Each
 *          check documents what it stores in the members of an entry. history.c bounds their
 *          number: the entry written longest ago is replaced first.
 * Units:   a struct timestamp has a time on both clocks; waits are in milliseconds.
 * Errors:  none.
 */
#pragma once
#include "mockserver/client_checks/client_checks.h"

struct timestamp {
    int64_t world_ms, machine_us;
    int port; /* of the client's connection; 0: unknown */
};

struct history_entry {
    uint64_t id; /* 0: free */
    struct timestamp at, first;
    uint64_t call;  /* journal seq of the call ... */
    uint64_t epoch; /* ... in this epoch of the journal */
    int64_t wait_ms;
    uint64_t mark;
    int32_t status;
    uint32_t count;
    uint32_t row;
    uint64_t written; /* number of the call that wrote it last, for history.c */
};

#define HISTORY_WAYS 8

struct client_history { /* set-associative: a power of two of sets, HISTORY_WAYS each */
    struct history_entry *items;
    size_t sets, count;
    uint64_t forgotten;
};

/* NULL: no such entry. */
struct history_entry *client_history_find(const struct client_history *n, uint64_t id);
/* Returns the entry with this id, emptied; replaces the oldest of its set if that is full. */
struct history_entry *client_history_make(struct client_history *n, uint64_t id, uint64_t now);
void client_history_drop(struct client_history *n, struct history_entry *entry);
void client_history_end(struct client_history *n); /* frees the entries; `forgotten` stays */

struct occurrence {
    uint64_t seq, earlier; /* earlier: 0 if there is none, or it left the journal */
    int64_t at_ms;
    const char *request_id, *earlier_id; /* NULL: none */
    const char *provider, *operation;    /* NULL: no route matched */
    const char *why;
};

struct client_check_result {
    uint64_t tested, failures, forgotten;
    struct occurrence *occurrences;
    size_t count;
};

struct secrets { /* secret.c: a filter for texts that may be a secret of this world */
    uint64_t bits[16];
    size_t shortest; /* length of the shortest secret; 0: no secrets */
    uint32_t seen;   /* changes already read */
    bool begun;
};

#define CLIENT_CHECKS_MAX 16

struct client_checks {
    struct client_registry *all;
    struct client_checks *next, *previous; /* in the list of the current or of the ended ones */
    const char *name;                      /* of the namespace */
    uint64_t generation, calls;
    bool ended;
    struct arena arena; /* for the name (once ended) and the occurrences */
    struct client_check_result results[CLIENT_CHECKS_MAX];
    struct client_history history[CLIENT_CHECKS_MAX];
    struct secrets secrets;
};

struct observer {
    struct client_checks *client_checks;
    struct client_check_result *result;
    struct client_history *history;
    struct timestamp now; /* arrival of the call */
    uint64_t seq, epoch;  /* of its journal entry */
    uint64_t caller;      /* the key, or a hash of an unknown credential; 0: no credential */
    uint64_t operation;   /* 0: no route matched */
    uint64_t path;        /* hash, set by observer_path */
};

uint64_t history_id(uint64_t x, uint64_t y);                      /* hash of two numbers, never 0 */
uint64_t observer_path(struct observer *w, const struct call *c); /* hash of path and query */
struct str observer_credential(const struct call *c);             /* as sent; empty: none */
const char *observer_key_name(const struct call *c);              /* for messages; never the key's value */
bool observer_is_write(const struct call *c);                     /* a known operation, neither GET nor HEAD */
bool observer_is_delivered(const struct call *c);                 /* the response is not truncated */

/* When the client has received the response. */
struct timestamp observer_response_at(const struct observer *w, const struct call *c);
/* On the clock on which more time passed. */
int64_t observer_elapsed_ms(const struct timestamp *from, const struct timestamp *to);
/* True if a call that arrived at `came` may have been sent before the client had read the response
 * of `responded`. Of several responses pass the first, or a client that alternates between its
 * connections would never fail. */
bool observer_together(const struct timestamp *responded, const struct timestamp *came);

struct history_entry *observer_entry(struct observer *w, uint64_t id); /* found or created */
/* Records this call and a time in the entry. */
void observer_mark(struct observer *w, struct history_entry *entry, struct timestamp at);
void observer_tested(struct observer *w); /* counts a situation that the check looked at */
/* `earlier` (may be NULL): the entry of the earlier call that makes this one a violation. */
void report_violation(struct observer *w, const struct call *c, const struct history_entry *earlier, const char *why,
                      ...) __attribute__((format(printf, 4, 5)));
const char *observer_duration(struct arena *a, int64_t ms); /* text, for messages */

/* The checks, each a row of client_checks_table. */
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

/* For check_kept_key: the client did not get the response. */
void check_unsent(struct observer *w, const struct call *c);

/* Number of history entries that were replaced for lack of space. */
uint64_t client_checks_forgotten(const struct client_checks *k, size_t check);
/* Adds the counts of `k` to `sum`. */
void client_checks_add(struct client_checks *sum, const struct client_checks *k);

/* Calls `visit` for each namespace that got a call; the name says if it ended. Those beyond
 * CLIENT_CHECKS_NAMESPACES_MAX are visited as one sum. If none got a call, the first one is
 * visited. */
typedef void client_registry_visit(void *ctx, const char *name, const struct client_checks *k);
void client_registry_each(const struct client_registry *all, client_registry_visit *visit, void *ctx);
