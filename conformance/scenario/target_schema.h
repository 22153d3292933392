/* target_schema.h - the names that scenarios may use of a target: its capabilities, actors and resources, with the call
 * that checks each before a run.
 *
 * Shapes:  target-schema.yaml, beside claims.yaml, is {api, capabilities, actors, resources}; the table in
 *          target_schema.c lists the keys. Its lists are closed: a name that is not in them is a mistake. Without this
 *          file the names are those that the target files declare: those in a `targets` folder beside the scenario or
 *          above it, and the given one. Some capabilities are built in: consent, admin, clock, inspect, advance,
 *          webhook, simulate, and simulate.x for each simulation of the mock.
 *          Some actors have a key that is wrong on purpose, and that target files need not have: a text of the schema
 *          itself, or the key of another actor without the text before it, or with another secret.
 * Errors:  mistakes in the file, with file:line:col. A name that is not in the list, with the most similar one.
 */
#pragma once
#include "base/error.h"
#include "base/node.h"

struct target_name {
    const char *name, *means;
    const char *path; /* of the GET request that checks it, with $value and $target.x; NULL: nothing can be asked */
    const char *unchecked;    /* why nothing can be asked; NULL: `path` is set */
    const char *as;           /* of a resource: the actor that asks */
    int64_t status;           /* expected status; 0: any 2xx */
    const struct node *has;   /* expectation of the response's body; NULL: none */
    const char *cursor;       /* pointer to the value with which the list continues; NULL: one page */
    bool https;               /* the value must be an https URL */
    const char *same_host;    /* the resource that must be the host of this URL; NULL: none */
    bool consumed;            /* a scenario uses it up: without namespaces no other resource may have its value */
    const char *wrong_key;    /* of an actor: its key, which is wrong on purpose; NULL: it has another one */
    const char *derived_from; /* of an actor: the actor whose key is changed; NULL: it has its own */
    bool no_scheme;           /* the changed key is sent without the text before it, for example "Bearer " */
    const char *secret_after; /* what follows the last such text in the key is changed; NULL: see secret_last */
    int64_t secret_last;      /* as many characters at the end of the key are changed */
    struct where at;
};

struct target_names {
    struct target_name *items;
    size_t count, room;
};

struct target_schema {
    const char *file; /* NULL: there is no target-schema.yaml; the names are those of the target files */
    const char *api;  /* name of the API in messages */
    struct target_names capabilities, actors, resources;
};

/* Returns NULL if the folder has no target-schema.yaml, or, with an error, if it is invalid. */
const struct target_schema *target_schema_load(struct arena *a, const char *folder, struct error *err);
/* Adds the names that a target file declares. Mistakes in the file are not reported. */
void target_schema_add_file(struct arena *a, struct target_schema *to, const char *path);
void target_names_add(struct arena *a, struct target_schema *to, const struct target_schema *from);
void target_schema_add_actor(struct arena *a, struct target_schema *to, const char *name);

const struct target_name *target_name_find(const struct target_names *names, struct str name); /* NULL: unknown */

/* Check one name; `at` is its place. */
bool check_capability(struct arena *a, const struct target_schema *s, const char *name, struct where at,
                      struct error *err);
bool check_simulation(struct arena *a, const struct target_schema *s, const char *name, struct where at,
                      struct error *err);
bool check_actor_name(struct arena *a, const struct target_schema *s, const char *name, struct where at,
                      struct error *err);
bool check_resource_name(struct arena *a, const struct target_schema *s, struct str name, struct where at,
                         struct error *err);
/* Checks the names that a target file declares. A file that is not YAML is not reported: target_load does that. */
bool check_target_file(struct arena *a, const struct target_schema *s, const char *path, struct error *err);
