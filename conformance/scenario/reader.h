/* reader.h - one scenario or flow file on its way from YAML to structs.
 *
 * Shapes:  struct reader: the file being read, and the cache of flows that all files share. A
 *          flow's reader has its user's one above it, so that a flow that uses itself is seen.
 * Errors:  each function tells all mistakes of its part, at their places; what was wrong stays
 *          zero.
 */
#pragma once
#include "conformance/scenario/yaml.h"

struct flow_cache_entry;

struct flow_cache { /* every flow file that was read, each once */
    struct flow_cache_entry **items;
    size_t count, room;
};

struct reader {
    struct arena *arena;
    struct error *err;
    struct flow_cache *flow_cache;
    const char *file;
    const char *flow;        /* NULL: it is a scenario */
    const struct reader *up; /* who uses the flow */
};

/* steps.c */
bool steps_read(struct reader *r, const struct node *list, const struct step **steps,
                size_t *count);

bool captures_read(struct reader *r, const struct node *map, const struct capture **out,
                   size_t *count);

/* cleanup.c: after the step's captures */
bool cleanup_read(struct reader *r, const struct node *n, struct step *s);

/* action.c: what a step does */
bool call_read(struct reader *r, const struct node *call, const char **method, const char **path);
bool action_read(struct reader *r, const struct step_yaml *w, struct step *s);

/* expect.c */
bool expect_read(struct reader *r, const struct node *map, enum step_kind kind,
                 struct expectation *out);
bool statuses_read(struct reader *r, const struct node *n, const int64_t **out, size_t *count);
bool stop_read(struct reader *r, const struct node *map, struct expectation *out);
bool outputs_read(struct reader *r, const struct node *map, const struct flow *flow,
                  struct expectation *out);
bool readings_read(struct reader *r, const struct node *map, enum step_kind kind, struct step *s);

/* flows.c: NULL when there is none, or it cannot be used */
const struct flow *flow_find(struct reader *r, const char *name, struct where at);
const struct flow *flow_load(struct reader *user, const char *path);
bool inputs_read(struct reader *r, const struct node *map, const char *what, struct input **inputs,
                 size_t *count); /* name: value */
bool with_check(struct reader *r, const struct node *with, const struct step *s);

/* --- helpers -------------------------------------------------------------------------------- */

bool is_map(struct reader *r, const struct node *n, const char *what);
struct where key_place(const struct node *map, const char *key); /* of the key; else of the map */
const struct node *child_at(const struct node *n, size_t i);     /* of node_count(n) */
