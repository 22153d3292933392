/* documented.h - compares what the mock reads and shows with operations.yaml, in both directions.
 *
 * Shapes:  struct documented: one entry per name of an operations.yaml, for example "layers whoami response scopes",
 *          and whether the mock has shown or read it. Names that the file does not have are collected too.
 *          documented_names: the entries that were not seen, or the names that were seen without an entry; sorted.
 * Errors:  an operations.yaml that cannot be loaded fails the test.
 */
#pragma once
#include "base/http/message.h"
#include "base/node.h"
#include "mockserver/provider_api/provider.h"

struct documented_entry {
    const char *group; /* "layers whoami response" */
    const char *name;  /* "scopes"; a pointer if `is_pointer` */
    bool is_pointer;
    size_t seen;
};

struct documented {
    struct arena arena;
    const struct node **files; /* the operations.yaml of each provider, in the order of providers[] */
    struct {
        struct documented_entry *items;
        size_t count, room;
    } entries;
    struct texts strange; /* seen without an entry: "layers whoami response secret" */
};

void documented_begin(struct documented *d);
void documented_end(struct documented *d);

/* Something was seen: a parameter, a header, an event; or all members of a body, without those below a member that is
 * not documented; or a member below which the mock reads nothing by name. The first returns false for a name without an
 * entry. */
bool documented_see(struct documented *d, const char *group, const char *name);
void documented_see_body(struct documented *d, const char *group, const struct node *body);
void documented_see_below(struct documented *d, const char *group, const char *pointer);

/* "layers whoami response": the group of the names of an operation. */
const char *documented_group(struct documented *d, const struct provider *p, const char *operation, const char *what);

/* One name per line, sorted. */
const char *documented_unseen(struct documented *d);
const char *documented_strange(struct documented *d);
