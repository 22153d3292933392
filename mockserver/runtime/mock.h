/* mock.h - the data of a running mock; runtime/ and the rooms that use it share one struct mock.
 *
 * Shapes:  struct mock owns the fixtures, the namespaces, the webhook sender (deliver.h) and the results of the client
 *          checks. server/mock_server.h creates and frees it.
 * Units:   milliseconds; microseconds of the monotonic clock for timers.
 * Errors:  none.
 */
#pragma once
#include "base/loop.h"
#include "mockserver/fixture/fixture.h"
#include "mockserver/provider_api/call.h"
#include "mockserver/runtime/namespaces.h"

struct mock_options {
    const char *const *fixtures; /* paths; none: the built-in sample */
    size_t fixture_count;
    const char *public_url;  /* base of the URLs in responses; NULL: that of the request */
    const char *admin_token; /* NULL: the admin API needs no token */
    const char *const *cors; /* allowed origins (cors.h) */
    size_t cors_count;
    bool admin;               /* the admin API is available on the providers' port */
    bool explicit_namespaces; /* only the admin API creates namespaces */
    bool trust_forwarded;     /* X-Forwarded-Proto and -Host replace scheme and host of a request */
    bool local_consent;       /* consent URLs point to the mock's own consent page */
    int64_t history;          /* how many changes and ended records are kept; 0: the default, -1: all */
    int64_t history_age_ms;   /* and how long; 0: the default, -1: for ever */
    struct namespaces_limits limits;
    int64_t namespace_idle_ms; /* delete implicitly created namespaces after this idle time;
                                  0: never */
    bool watch;                /* reload the fixture files when they change */
};

/* Replaces the timers of the event loop, so that a recording sees them and a replay fires them. */
struct mock_timers {
    /* Returns the timer's id, never 0. */
    uint64_t (*set)(void *ctx, int64_t at_us, loop_timer_fn *fn, void *fn_ctx);
    void (*cancel)(void *ctx, uint64_t id);
    void *ctx;
};

/* Inputs other than calls, timers and webhook responses. The observer is notified before and after each of them, so
 * that a recording contains them. `text` is the output of the check; `why` is the reason if it failed, else NULL. */
enum mock_input {
    MOCK_FILES_CHANGED, /* a watched fixture file has changed */
    MOCK_FILES_CHECKED, /* the check of the changed files has ended */
};
struct mock_observer {
    void (*input_begin)(void *ctx, enum mock_input what, struct str text, const char *why);
    void (*input_end)(void *ctx);
    void *ctx;
};

struct mock {
    struct mock_options options;
    struct fixture **fixtures;
    size_t fixture_count;
    struct namespaces *namespaces;
    uint64_t idle_timer;
    int64_t idle_timer_us; /* when it fires; 0: not set */
    struct reload *reload; /* NULL: the fixture comes from no file */
    const char *url;       /* public_url, or where it listens: "http://127.0.0.1:8080" */
    int64_t started_wall_ms;
    struct arena arena;
    struct deliver *deliver;
    struct send_queue *send_queue;
    struct call_queue *call_queue; /* calls with large responses (one_at_a_time.h) */
    struct discarded *discarded;   /* states that are being freed (discard.h) */
    struct turns *turns;           /* work of namespaces that is shared out over rounds of the loop (turns.h) */
    struct client_registry *client_registry;
    size_t event_streams;             /* open now, in all namespaces */
    struct loop *loop;                /* NULL in-process: no call is suspended, no response is delayed */
    const struct mock_timers *timers; /* NULL: use the loop's timers */
    struct mock_observer observer;    /* all NULL: none */
    struct request_log *log;          /* NULL: calls are not logged */
    struct violation violation;       /* the last one */
    bool replays;                     /* fixture file changes come from a recording */
};

/* Applies the mock's options to a fixture, before namespaces are created from it. */
void mock_take_fixture(const struct mock *m, struct fixture *f);
/* Everything that the loop calls later must use these, or a recording cannot be replayed. mock_timer returns the
 * timer's id, never 0. */
uint64_t mock_timer(struct mock *m, int64_t at_us, loop_timer_fn *fn, void *ctx);
void mock_timer_cancel(struct mock *m, uint64_t id); /* unknown or 0: no-op */
void mock_input_begin(const struct mock *m, enum mock_input what, struct str text, const char *why);
void mock_input_end(const struct mock *m);

/* Namespaces that have not been called for their idle time are deleted, by one timer that is set for the earliest
 * expiry. A call only updates namespace.last_us. Without a loop nothing is deleted. */
void mock_idle_begin(struct mock *m); /* starts the timer; call it when the mock has its loop */
void mock_idle_end(struct mock *m);
/* Sets the idle time of a namespace, in milliseconds of the machine's time; 0: never delete it. */
void mock_idle_limit(struct mock *m, struct namespace *ns, int64_t limit_ms);
