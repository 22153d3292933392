/* namespaces.h - named worlds, each with what a tester sees of it: journal, rules, fixture it goes
 * back to.
 *
 * Shapes:  struct namespace; "default" always exists. generation changes with every reset, restore
 *          and delete, so that whoever answers later notices that the world it knew is gone.
 * Errors:  names are 1..64 of A-Z a-z 0-9 . _ - ; a name may not begin with a dot.
 */
#pragma once
#include "base/error.h"
#include "base/str.h"
#include "mockserver/state/world.h"

#define NAMESPACES_MAX     10000
#define NAMESPACE_NAME_MAX 64

struct journal;
struct rules;
struct fixture;
struct pulse;

struct namespace
{
    const char *name;
    uint64_t generation;
    struct world *world;
    struct world *start; /* what reset goes back to; never written */
    struct journal *journal;
    struct rules *rules;
    struct pulse *pulse;           /* of its present world; NULL: nobody made one */
    const struct fixture *fixture; /* where its rules and names come from */
    struct fixture *held_fixture;  /* the same, where the namespace holds it; else NULL */
};

struct namespaces;

/* With "default" made from the first fixture; each journal keeps at most `journal_bytes`. */
struct namespaces *namespaces_new(const struct fixture *first, size_t journal_bytes);
void namespaces_free(struct namespaces *all);
/* Is called for every world that begins, and now for those there are. */
void namespaces_on_begin(struct namespaces *all, void (*begun)(void *ctx, struct namespace *ns),
                         void *ctx);

struct namespace *namespaces_find(const struct namespaces *all, struct str name);
/* NULL: a bad name or too many (err says which). `from` NULL: the first fixture's world. */
struct namespace *namespaces_create(struct namespaces *all, struct str name,
                                    const struct fixture *fixture, struct world *from,
                                    struct error *err);
bool namespaces_name_valid(struct str name);
bool namespaces_delete(struct namespaces *all, struct str name); /* not "default" */
/* An independent world that begins as one made from `from` does: with time at its start. */
struct world *namespace_begin(struct world *from);
void namespace_reset(struct namespace *ns);
void namespace_restore(struct namespace *ns, struct world *snapshot); /* forks it */

/* In order of creation; NULL at the end. */
struct namespace *namespaces_at(const struct namespaces *all, size_t i);
size_t namespaces_count(const struct namespaces *all);

/* A credential bound to a namespace, wherever it is used. */
void namespaces_bind(struct namespaces *all, struct str credential, struct namespace *ns);
struct namespace *namespaces_of_credential(const struct namespaces *all, struct str credential);

/* Snapshots belong to the process, by name. */
bool snapshots_save(struct namespaces *all, const char *name, struct namespace *ns);
struct world *snapshots_find(const struct namespaces *all, struct str name);
bool snapshots_drop(struct namespaces *all, struct str name);
const char *snapshots_at(const struct namespaces *all, size_t i); /* names; NULL at the end */
