/* namespaces.h - the namespaces of a mock, each with its own state, journal, rules and fixture.
 *
 * Shapes:  struct namespace; "default" always exists. The generation changes with every reset, restore and delete, so
 *          that a suspended call can detect that its state is gone. A namespace is in use if it was called, or if
 *          anything in it was changed or set. A namespace with an idle time is deleted after that time without a call.
 * Units:   idle times in microseconds of the monotonic clock.
 * Errors:  names are 1..64 of A-Z a-z 0-9 . _ - ; a name may not begin with a dot.
 */
#pragma once
#include "base/enum.h"
#include "base/fields.h"
#include "base/str.h"
#include "mockserver/state/world.h"

#define NAMESPACES_DEFAULT    10000
#define NAMESPACE_NAME_MAX    64
#define NAMESPACE_LARGE_WORDS 2 /* of 64 operations */
#define NAMESPACE_UNUSED_US   (INT64_C(600) * 1000000)

struct journal;
struct rules;
struct fixture;
struct listener;
struct scheduler;
struct client_checks;

/* How the initial state of a namespace differs from the copied one (POST /__admin/namespaces). */
struct overrides {
    int64_t seed;   /* -1: unchanged */
    bool hostile;   /* false: unchanged */
    int clock_mode; /* enum clock_mode; -1: unchanged */
    struct field_time clock_start;
};
#define OVERRIDES_NONE ((struct overrides){.seed = -1, .clock_mode = -1})

struct namespace
{
    const char *name;
    uint64_t generation;
    struct world *world; /* the current state */
    struct world *start; /* the initial state, which reset restores; never written */
    struct journal *journal;
    struct rules *rules;
    struct rules *start_rules;           /* the initial rules; NULL: those of `fixture` */
    struct scheduler *scheduler;         /* of the current state; may be NULL */
    struct client_checks *client_checks; /* of the current state; may be NULL */
    struct fixture *fixture;             /* a reference; has the initial rules */
    struct fixture *newer;               /* a reference; replaces `fixture` at the next reset; NULL: none */
    bool is_copy;                        /* created from another state: reloaded fixtures do not affect it */
    struct overrides overrides;          /* how its initial state differs from the fixture's */

    bool is_implicit; /* created on first use */
    bool called;      /* since the last reset: a provider call was made or a snapshot restored */
    uint64_t born;    /* unique number of this namespace in the mock's lifetime */
    uint64_t large[WORLD_PROVIDERS][NAMESPACE_LARGE_WORDS]; /* operations with a large response (one_at_a_time.h) */
    size_t waiting;                                         /* number of calls suspended in it */
    struct listener *listeners;                             /* of scheduler.h */
    int64_t last_us;                                        /* time of the last call, including admin API calls */
    int64_t idle_us;                                        /* idle time after which it is deleted; 0: never */
    bool forgets;                                           /* the log line about its history has been written */
};

struct namespaces;

struct namespaces_limits {
    size_t count;         /* maximum number of namespaces; 0: NAMESPACES_DEFAULT */
    size_t journal_bytes; /* maximum size of each journal; 0: JOURNAL_DEFAULT_BYTES */
};

/* Creates the namespace "default" from `first`. */
struct namespaces *namespaces_new(struct fixture *first, const struct namespaces_limits *limits);
void namespaces_free(struct namespaces *all);
/* Is notified now of each namespace, and later after every create, reset and restore (begun), and before the state of a
 * namespace is freed (ended). */
struct namespaces_watcher {
    void (*begun)(void *ctx, struct namespace *ns);
    void (*ended)(void *ctx, struct namespace *ns);
    void (*discard)(void *ctx, struct world *w); /* takes a state that is no longer used; NULL: world_free */
    void *ctx;
};
void namespaces_watch(struct namespaces *all, const struct namespaces_watcher *watcher);

struct namespace *namespaces_find(const struct namespaces *all, struct str name);
/* Creates a namespace whose initial state is a copy of `from` (NULL: the fixture's state) and whose rules are a copy of
 * `rules` (NULL: the rules of `fixture`; NULL: of the first one). Returns NULL, with `err` filled, if the name is
 * invalid or taken or if there are too many namespaces. Adds a reference to the fixture. */
struct namespace *namespaces_create(struct namespaces *all, struct str name, struct fixture *fixture,
                                    struct world *from, const struct rules *rules, struct error *err);
bool namespaces_name_valid(struct str name);
bool namespaces_full(const struct namespaces *all);
size_t namespaces_most(const struct namespaces *all); /* the maximum number of namespaces */
/* Returns false if the namespace does not exist or is "default". */
bool namespaces_delete(struct namespaces *all, struct str name);
/* Deletes expired namespaces. Returns the time of the next expiry; 0: none. */
int64_t namespaces_expire(struct namespaces *all, int64_t now_us);
/* Deletes the implicitly created namespace that has been unused longest, if that is at least NAMESPACE_UNUSED_US.
 * Returns false if there is none. */
bool namespaces_drop_unused(struct namespaces *all, int64_t now_us);
void namespace_reset(struct namespace *ns);
/* A step of history.h; logs the first thing that is forgotten. */
void namespace_forget(struct namespace *ns);
bool namespace_in_use(const struct namespace *ns);
/* True if only time has passed in it since it was created or reset. */
bool namespace_is_fresh(const struct namespace *ns);
void namespace_restore(struct namespace *ns, struct world *snapshot); /* copies it */

/* In order of creation; NULL at the end. */
struct namespace *namespaces_at(const struct namespaces *all, size_t i);
size_t namespaces_count(const struct namespaces *all);

/* What happened to a namespace when its fixture was reloaded: it was not in use and restarted from the new fixture
 * (restarted), it was in use and kept its state until its next reset, or it was in use and was reset. */
#define RELOAD_OUTCOMES(X) X(RELOAD_RESTARTED, "restarted") X(RELOAD_KEPT, "kept") X(RELOAD_RESET, "reset")
enum reload_outcome { RELOAD_OUTCOMES(ENUM_NAME) RELOAD_OUTCOME_COUNT };
extern const char *const reload_outcome_texts[];
typedef void namespace_reloaded(void *ctx, const struct namespace *ns, enum reload_outcome outcome);

/* Replaces the fixture `old` of all namespaces that were created from it. A namespace that is not in use restarts from
 * `fixture` now; one in use does so at its next reset, or now if `reset` is true. Calls `reloaded` for each of them. */
void namespaces_refix(struct namespaces *all, const struct fixture *old, struct fixture *fixture, bool reset,
                      namespace_reloaded *reloaded, void *ctx);

/* Binds a credential to a namespace: calls that use it and do not name a namespace go there. */
void namespaces_bind(struct namespaces *all, struct str credential, struct namespace *ns);
struct namespace *namespaces_of_credential(const struct namespaces *all, struct str credential);

/* Snapshots are shared by all namespaces. Saving under an existing name replaces it; save returns false if the name is
 * invalid. */
bool snapshots_save(struct namespaces *all, const char *name, struct namespace *ns);
struct world *snapshots_find(const struct namespaces *all, struct str name);
bool snapshots_drop(struct namespaces *all, struct str name);
/* Walks them in the order of their numbers: start with {0}. Returns false at the end. A replaced snapshot keeps its
 * number. */
struct snapshot_info {
    const char *name;
    const struct world *world;
    uint64_t number; /* ascending, not used again */
    size_t count;    /* of all snapshots; set also at the end */
    const void *at;  /* internal */
};
bool snapshots_next(const struct namespaces *all, struct snapshot_info *info);

/* Returns a copy of `from` whose clock is at its start. The caller frees it. */
struct world *initial_state_of(struct world *from);
/* Applies `overrides` to `w`. Returns NULL, or why clock_start is invalid; the rest is applied even then. */
const char *initial_state_grant(struct world *w, const struct overrides *overrides);
