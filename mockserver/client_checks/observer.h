/* observer.h - what the client checks share: the observed call, what they remember of earlier calls, and their results.
 *
 * Shapes:  a check keeps history entries, found by an id that it computes with history_id; each check has its own
 *          member in an entry. A full bucket of the history replaces its oldest entry.
 * Units:   a struct timestamp has a time on both clocks; waits are in milliseconds.
 * Errors:  none.
 */
#pragma once
#include "mockserver/provider_api/call.h"

#define CLIENT_CHECKS_MAX            16
#define HISTORY_BUCKETS              128 /* per check and namespace */
#define HISTORY_BUCKET_SIZE          8   /* entries */
#define CLIENT_CHECK_OCCURRENCES_MAX 10  /* violations in detail, per check and namespace */

struct timestamp {
    int64_t world_ms, machine_us;
    int64_t sent_after_us; /* of an arrival: the client may have sent the call from then on */
    int port;              /* of the client's connection; 0: unknown */
};

enum write_outcome {
    WRITE_DONE,
    WRITE_FAILED,    /* with a status that calls for a repetition: 429 or 5xx */
    WRITE_TRUNCATED, /* the response was truncated */
    WRITE_LEFT,      /* the client did not wait for the response */
};

struct history_entry {
    uint64_t id;          /* 0: free */
    uint64_t written;     /* number of the call that wrote it last */
    struct timestamp at;  /* when the client got the response of the call; of a poll: its arrival */
    uint64_t call, epoch; /* journal seq of the call, in this epoch of the journal */
    bool open;            /* no later call has decided yet whether the client behaves (observer_settle) */
    uint64_t owner;       /* whose later calls decide it */
    union {
        struct { /* retry_after: the last response with Retry-After */
            struct timestamp first;
            int64_t wait_ms;
            uint64_t write;   /* the refused write; 0: it has no Idempotency-Key */
            uint64_t request; /* hash of its path, body and Idempotency-Key */
            int status;
        } refusal;
        struct { /* backoff: the last of several failures in a row */
            uint32_t tries;
            int status;
            int64_t first_pause_ms, wait_ms;
        } failure;
        struct { /* idempotency_kept */
            enum write_outcome outcome;
            int status;
            uint64_t token; /* hash of the Idempotency-Key; 0: none */
        } write;
        uint64_t request; /* idempotency_unique: hash of the path and body sent with the Idempotency-Key */
        bool ended;       /* poll_pace: the response had a final state */
        const char *end;  /* poll_end: the final state */
        uint32_t attempt; /* reauth_once: the OAuth attempt of the account's last reconnect URL */
        uint32_t refused; /* refused_key: number of refusals; `at` is the first one */
        struct {          /* dead_accounts */
            uint32_t writes;
            struct timestamp first;
        } dead;
    };
};

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
    struct history_entry **buckets; /* HISTORY_BUCKETS; NULL until the first entry */
    size_t entries, bucket_count;   /* in use */
    size_t open;                    /* entries that are open */
};

struct client_checks {
    struct client_registry *all;
    const char *name; /* of the namespace */
    uint64_t generation, calls;
    bool ended;
    bool concurrent; /* two calls may have been in flight at once */
    int64_t left_us; /* when the last response left, on the connection with this port */
    int left_port;
    struct arena arena, history; /* of the occurrences and the name (once ended); of the history entries */
    struct client_check_result results[CLIENT_CHECKS_MAX];
};

struct observer {
    struct client_check_result *result; /* of the check that runs */
    struct client_checks *checks;       /* of the namespace */
    struct timestamp now;               /* arrival of the call */
    uint64_t seq, epoch;                /* of its journal entry */
    uint64_t caller;                    /* the key, or a hash of an unknown credential; 0: no credential */
    uint64_t operation;                 /* 0: no route matched */
    uint64_t path;                      /* hash, set by observer_path */
};

/* `seq` and `epoch` are those of the call's journal entry. */
struct observer observer_of(struct client_checks *k, const struct call *c, uint64_t seq, uint64_t epoch);

uint64_t history_id(uint64_t x, uint64_t y);                                 /* hash of two numbers, never 0 */
struct history_entry *observer_find(const struct observer *w, uint64_t id);  /* NULL: no such entry */
struct history_entry *observer_entry(const struct observer *w, uint64_t id); /* found or created */
/* Records this call and a time in the entry. */
void observer_mark(const struct observer *w, struct history_entry *entry, struct timestamp at);
void observer_forget(const struct observer *w, struct history_entry *entry);

uint64_t observer_path(struct observer *w, const struct call *c); /* hash of path and query */
struct str observer_credential(const struct call *c);             /* as sent; empty: none */
struct str observer_token(const struct call *c);                  /* the Idempotency-Key; empty: none */
bool observer_is_write(const struct call *c);                     /* a known operation, neither GET nor HEAD */
bool observer_is_delivered(const struct call *c);                 /* the response is not truncated */

/* When the client has received the response. */
struct timestamp observer_response_at(const struct observer *w, const struct call *c);
/* On the clock on which more time passed. */
int64_t observer_elapsed_ms(const struct timestamp *from, const struct timestamp *to);
/* True if the call may have been in flight when the response left: the server had received it, or it came within 100 ms
 * on another connection. It is neither evidence nor a violation. If there are several such responses, pass the
 * first: with the last one a client with several connections would never fail. */
bool observer_together(const struct timestamp *responded, const struct timestamp *came);
/* True if the client can have sent the call before the response left. False is certain. */
bool observer_overlaps(int64_t responded_us, const struct timestamp *came);

/* Only another call proves that a client has stopped doing something. An entry that is open counts as tested at
 * a violation (observer_show), or at a later call of its owner that is none. */
void observer_open(const struct observer *w, struct history_entry *entry, uint64_t owner);
void observer_show(const struct observer *w, struct history_entry *entry);
/* Shows the open entries of the owner, but for the one with the id `except`, that are at least `after_ms` old. */
void observer_settle(const struct observer *w, uint64_t owner, uint64_t except, int64_t after_ms);

/* `earlier` (may be NULL): the entry of the earlier call that makes this one a violation. */
void report_violation(const struct observer *w, const struct call *c, const struct history_entry *earlier,
                      const char *why, ...) __attribute__((format(printf, 4, 5)));
const char *observer_duration(struct arena *a, int64_t ms); /* text, for messages */

/* The checks, each a row of client_checks_table. waits.c: */
void check_retry_after(struct observer *w, const struct call *c);
void check_backoff(struct observer *w, const struct call *c);
void check_poll_pace(struct observer *w, const struct call *c);
void check_poll_end(struct observer *w, const struct call *c);
/* requests.c: */
void check_idempotency_kept(struct observer *w, const struct call *c);
void check_idempotency_unique(struct observer *w, const struct call *c);
void check_reauth_once(struct observer *w, const struct call *c);
void check_dead_accounts(struct observer *w, const struct call *c);
void check_refused_key(struct observer *w, const struct call *c);
void check_secrets_in_urls(struct observer *w, const struct call *c);
/* For idempotency_kept: the client did not get the response. */
void note_unsent(struct observer *w, const struct call *c);
