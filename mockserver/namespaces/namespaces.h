/* namespaces.h - named worlds, each with what a tester sees of it: journal, rules, fixture it goes
 * back to.
 *
 * Shapes:  struct namespace; "default" always exists. generation changes with every reset, restore
 *          and delete, so that whoever answers later notices that the world it knew is gone. A
 *          world is in use once it was called, or anything in it was changed or set; one that is
 *          idle for as long as it may be is dropped.
 * Units:   microseconds of the monotonic clock for what is idle.
 * Errors:  names are 1..64 of A-Z a-z 0-9 . _ - ; a name may not begin with a dot.
 */
#pragma once
#include "base/error.h"
#include "base/str.h"
#include "mockserver/namespaces/initial_state.h"

#define NAMESPACES_DEFAULT 10000
#define NAMESPACE_NAME_MAX 64

struct journal;
struct rules;
struct fixture;
struct scheduler;
struct client_checks;

struct namespace
{
    const char *name;
    uint64_t generation;
    struct world *world;
    struct world *start; /* what reset goes back to; never written */
    struct journal *journal;
    struct rules *rules;
    struct scheduler *scheduler;         /* of its present world; NULL: nobody made one */
    struct client_checks *client_checks; /* of who calls that, likewise */
    struct fixture *fixture;             /* where its rules and names come from; held */
    struct fixture *newer; /* what it goes back to instead, from its next reset on; held, or NULL */
    bool is_copy;     /* of another world: it goes back to that, whatever becomes of fixtures */
    struct wish wish; /* how its beginning differs from the fixture's */

    bool called;     /* a provider's call came into its present world, or a snapshot */
    uint64_t born;   /* another for each that ever was */
    size_t waiting;  /* calls suspended in it */
    int64_t last_us; /* when it was last called, by whomever */
    int64_t idle_us; /* how long it lives without a call; 0: for ever */
};

struct namespaces;

struct namespaces_limits {
    size_t count;         /* worlds at most; 0: NAMESPACES_DEFAULT */
    size_t journal_bytes; /* that each keeps at most; 0: JOURNAL_DEFAULT_BYTES */
};

/* With "default" made from the first fixture. */
struct namespaces *namespaces_new(struct fixture *first, const struct namespaces_limits *limits);
void namespaces_free(struct namespaces *all);
/* Is called for every world that begins, and now for those there are. */
void namespaces_on_begin(struct namespaces *all, void (*begun)(void *ctx, struct namespace *ns),
                         void *ctx);

struct namespace *namespaces_find(const struct namespaces *all, struct str name);
/* NULL: a bad name or too many (err says which). `from` NULL: the fixture's world; `fixture` NULL:
 * the first. It holds the fixture. */
struct namespace *namespaces_create(struct namespaces *all, struct str name,
                                    struct fixture *fixture, struct world *from, struct error *err);
bool namespaces_name_valid(struct str name);
bool namespaces_full(const struct namespaces *all);
size_t namespaces_most(const struct namespaces *all);
bool namespaces_delete(struct namespaces *all, struct str name); /* not "default" */
/* Drops those whose time is over; answers when the next one's will be: 0, none's. */
int64_t namespaces_expire(struct namespaces *all, int64_t now_us);
void namespace_reset(struct namespace *ns);
bool namespace_in_use(const struct namespace *ns);
void namespace_restore(struct namespace *ns, struct world *snapshot); /* forks it */

/* In order of creation; NULL at the end. */
struct namespace *namespaces_at(const struct namespaces *all, size_t i);
size_t namespaces_count(const struct namespaces *all);

/* What becomes of a world when its fixture's files have changed. */
#define NAMESPACE_FATES(X) X(SWAPPED, "swapped") X(KEPT, "kept") X(RESET, "reset")
enum namespace_fate {
#define X(name, text) FATE_##name,
    NAMESPACE_FATES(X)
#undef X
        FATE_COUNT
};
extern const char *const namespace_fate_texts[];
typedef void namespace_told(void *ctx, const struct namespace *ns, enum namespace_fate faults);

/* Worlds made from `old` are made from `fixture` from now on: at once where they are not in use or
 * `reset`, else from their next reset on. */
void namespaces_refix(struct namespaces *all, const struct fixture *old, struct fixture *fixture,
                      bool reset, namespace_told *told, void *ctx);

/* A credential bound to a namespace, wherever it is used. */
void namespaces_bind(struct namespaces *all, struct str credential, struct namespace *ns);
struct namespace *namespaces_of_credential(const struct namespaces *all, struct str credential);

/* Snapshots belong to the process, by name. */
bool snapshots_save(struct namespaces *all, const char *name, struct namespace *ns);
struct world *snapshots_find(const struct namespaces *all, struct str name);
bool snapshots_drop(struct namespaces *all, struct str name);
const char *snapshots_at(const struct namespaces *all, size_t i); /* names; NULL at the end */
