/* mock.h - a whole mock without a network: what main() serves, and what tests call in-process.
 *
 * Shapes:  struct mock {options, fixtures, namespaces}. mock_handle answers one exchange of the
 *          server (or of a test).
 * Errors:  mock_new: fixtures that cannot be used.
 */
#pragma once
#include "base/http/server.h"
#include "mockserver/fixture/fixture.h"
#include "mockserver/namespaces/namespaces.h"

struct mock_options {
    const char *const *fixtures; /* paths; none: the built-in sample */
    size_t fixture_count;
    const char *public_url;  /* NULL: set once the port is known */
    const char *admin_token; /* NULL: none asked for */
    const char *const *cors; /* origins whose pages may call and read (cors.h) */
    size_t cors_count;
    bool admin;               /* the admin API is open on the providers' port */
    bool explicit_namespaces; /* only the admin API creates namespaces */
    bool local_consent;
    struct namespaces_limits limits;
    int64_t namespace_idle_ms; /* worlds that came into being by being used live so long without a
                                  call; 0: for ever */
    bool watch;                /* look at the fixtures' files again when they change */
};

/* Who keeps the mock's timers in its loop's place: who writes a run down, or gives one again. */
struct mock_timers {
    uint64_t (*set)(void *ctx, int64_t at_us, loop_timer_fn *fn, void *fn_ctx); /* never 0 */
    void (*cancel)(void *ctx, uint64_t id);
    void *ctx;
};

/* Hears of what enters otherwise than as a call, a timer or a webhook's answer: just before it does,
 * and behind. */
enum mock_entry {
    MOCK_FILES_CHANGED,
    MOCK_FILES_CHECKED,
};
struct mock_observer {
    void (*enters)(void *ctx, enum mock_entry what, struct str text, const char *why);
    void (*entered)(void *ctx);
    void *ctx;
};

struct mock {
    struct mock_options options;
    struct fixture **fixtures;
    size_t fixture_count;
    struct namespaces *namespaces;
    struct idle *idle;
    struct reload *reload; /* NULL: its world comes from no file */
    const char *url;       /* "http://127.0.0.1:8080", without a slash at its end */
    int64_t started_wall_ms;
    struct arena arena;
    struct deliver *deliver;
    struct client_registry *client_registry;
    size_t event_streams; /* open now, over all worlds */
    struct loop *loop;    /* NULL in-process: answers that finish later are then due at once */
    const struct mock_timers *timers; /* NULL: the loop keeps them */
    struct mock_observer observer;    /* all NULL: there is none */
    bool replays;                     /* no file and no process is looked at: it is told */
};

struct mock *mock_new(const struct mock_options *options, struct error *err);
/* Of fixtures that were read already, at least one; they are the mock's from now on. */
struct mock *mock_of(const struct mock_options *options, struct fixture *const *fixtures,
                     size_t count);
void mock_free(struct mock *m); /* before its loop */
/* It makes worlds from that fixture too: as its options want them. */
void mock_take_fixture(const struct mock *m, struct fixture *f);
/* From now on time passes by itself, answers can be late, and webhooks go out. */
void mock_use_loop(struct mock *m, struct loop *l);

/* Whatever the loop does to the mock later goes through these, or the run cannot be replayed. */
uint64_t mock_timer(struct mock *m, int64_t at_us, loop_timer_fn *fn, void *ctx);
void mock_timer_cancel(struct mock *m, uint64_t id); /* unknown or 0: nothing */
void mock_enters(const struct mock *m, enum mock_entry what, struct str text, const char *why);
void mock_entered(const struct mock *m);

/* For server_options: ctx is the mock. */
void mock_handle(void *mock, struct exchange *x);
void mock_handle_admin(void *mock, struct exchange *x); /* of --admin-port: the admin API alone */
void mock_done(void *mock, struct exchange *x, bool sent);
void mock_refuse(void *mock, struct exchange *x, int status, const char *why);
