/* reader.h - turns the YAML of one scenario or flow file into structs.
 *
 * Shapes:  struct reader: the file that is read, and the flow cache that all files share. The
 *          reader of a flow points to the reader of the file that uses it; recursion is detected
 *          that way.
 * Errors:  each function reports every mistake in its part and returns false; invalid values stay
 *          zero.
 */
#pragma once
#include "conformance/scenario/yaml.h"

struct flow_cache_entry;

struct flow_cache { /* all flow files read, each once */
    struct flow_cache_entry **items;
    size_t count, room;
};

struct reader {
    struct arena *arena;
    struct error *err;
    struct flow_cache *flow_cache;
    const char *file;
    const char *flow;        /* NULL: the file is a scenario */
    const struct reader *up; /* the file that uses this flow */
};

/* steps.c */
bool steps_read(struct reader *r, const struct node *list, const struct step **steps, size_t *count);

bool captures_read(struct reader *r, const struct node *map, const struct capture **out, size_t *count);

/* cleanup.c: call this after the captures of the step were read */
bool cleanup_read(struct reader *r, const struct node *n, struct step *s);

/* action.c: the action of a step */
bool call_read(struct reader *r, const struct node *call, const char **method, const char **path);
bool action_read(struct reader *r, const struct step_yaml *w, struct step *s);

/* expect.c */
bool expect_read(struct reader *r, const struct node *map, enum step_kind kind, struct expectation *out);
bool statuses_read(struct reader *r, const struct node *n, const int64_t **out, size_t *count);
bool stop_read(struct reader *r, const struct node *map, struct expectation *out);
bool outputs_read(struct reader *r, const struct node *map, const struct flow *flow, struct expectation *out);
bool readings_read(struct reader *r, const struct node *map, enum step_kind kind, struct step *s);

/* flows.c: flow_find and flow_load return NULL, and an error, if the flow is unknown or invalid */
const struct flow *flow_find(struct reader *r, const char *name, struct where at);
const struct flow *flow_load(struct reader *user, const char *path);
bool inputs_read(struct reader *r, const struct node *map, const char *what, struct input **inputs,
                 size_t *count); /* NAME: VALUE */
bool with_check(struct reader *r, const struct node *with, const struct step *s);

/* --- helpers -------------------------------------------------------------------------------- */

/* Returns false, and the error message `what`, if n is not a map. */
bool is_map(struct reader *r, const struct node *n, const char *what);
/* Returns the place of the key, or of the map if it has no such key. */
struct where key_place(const struct node *map, const char *key);
const struct node *child_at(const struct node *n, size_t i); /* i must be below node_count(n) */
