/* reader.h - turns the YAML of scenario and flow files into structs: for the files of this folder only.
 *
 * Shapes:  struct reader: the file that is read, and the flow cache that all files share. The reader of a flow points
 *          to the reader of the file that uses it; recursion is detected that way. The structs x_yaml are filled by
 *          field tables, one per map. Keys with a richer syntax (a call, an expectation, cases) stay nodes there;
 *          steps.c and actions.c read them. Paths stay relative if the user's path was relative, because error messages
 *          show them.
 * Errors:  each function reports every mistake in its part and returns false; invalid values stay zero. A file or
 *          folder that does not exist gives NULL, false or an empty list.
 */
#pragma once
#include "base/fields.h"
#include "conformance/scenario/scenario.h"

/* --- yaml.c: the keys --------------------------------------------------------------------- */

struct scenario_yaml {
    struct where at;
    const char *scenario, *title, *note;
    struct field_list needs, tags, exclusive;
    bool wait_for_rate_limit;
    const struct node *vars, *steps;
};

struct flow_yaml {
    struct where at;
    const char *flow, *note;
    const struct node *inputs, *outputs, *steps;
};

struct repeat_yaml { /* eventually, consistently */
    struct where at; /* line 0: not given */
    int64_t every_ms, for_ms, settle_ms, max_every_ms;
    const struct node *backoff;
    const struct node *stop, *pending;
};

struct signature_yaml {
    const char *header;
    const struct node *secret;
};

struct hook_yaml {
    struct where at; /* line 0: not given */
    const char *event;
    bool none;
    int64_t count, attempts, within_ms;
    struct signature_yaml signature;
};

struct same_as_yaml {
    struct where at; /* line 0: not given */
    const char *step;
    struct field_list except, headers;
    const struct node *ids;
};

struct step_yaml {
    struct where at;
    const char *id, *note, *use, *simulate, *inspect, *as, *raw_body, *body_file, *dispute;
    int consent; /* index into consent_outcomes; -1: not given */
    const struct node *call, *advance;
    const struct node *query, *headers, *body, *with;
    const struct node *consent_at, *state, *handle;
    const struct node *expect, *one_of, *capture, *cases, *claims, *cleanup, *connected_as;
    struct repeat_yaml eventually, consistently;
    struct same_as_yaml same_as;
    bool wait_for_rate_limit;
    struct hook_yaml hook;
    struct field_list undocumented;
};

struct expect_yaml {
    const struct node *status, *headers, *body, *redirect;
};

struct lookup_yaml {
    const struct node *source; /* NULL: not given */
    const struct node *call, *query, *where, *capture;
    const char *in;
};

struct connected_as_yaml {
    const struct node *source; /* NULL: not given */
    const struct node *handle;
    struct lookup_yaml lookup;
    const char *at;
};

struct cleanup_yaml {
    const struct node *call, *already_gone;
    struct lookup_yaml lookup;
};

struct advance_yaml {
    const char *by, *to;
    int until;
};

extern const struct fields scenario_fields, flow_fields, step_fields, expect_fields, stop_fields, pending_fields,
    cleanup_fields, connected_as_fields, advance_fields;

extern const char *const consent_outcomes[];
extern const char *const input_types[]; /* string, integer, boolean, any */
extern const size_t input_type_count;

/* Return false if the key is not allowed with this action. Return true for unknown keys. */
bool step_key_fits(const char *key, enum step_kind kind);
bool expect_key_fits(const char *key, enum step_kind kind);

/* Returns " (did you mean 'x'?)", or "" if no candidate is similar. */
const char *did_you_mean(struct arena *a, struct str text, const char *const *candidates, size_t count);
/* A name for references: letters, digits and _, starting with a letter. */
bool is_name(struct str text);
/* A name for files and reports: lowercase letters, digits and -, not starting with -. */
bool is_slug(struct str text);

/* --- steps.c, actions.c, flows.c ---------------------------------------------------------- */

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
    const char *flow;                  /* NULL: the file is a scenario */
    const struct reader *up;           /* the file that uses this flow */
    const struct catalogue *catalogue; /* of the provider; NULL: unknown or invalid */
};

bool steps_read(struct reader *r, const struct node *list, const struct step **steps, size_t *count);

/* actions.c: the action of a step, and its expectations */
bool call_read(struct reader *r, const struct node *call, const char **method, const char **path);
bool action_read(struct reader *r, const struct step_yaml *w, struct step *s);

bool expect_read(struct reader *r, const struct node *map, enum step_kind kind, struct expectation *out);
bool statuses_read(struct reader *r, const struct node *n, const int64_t **out, size_t *count);
bool stop_read(struct reader *r, const struct node *map, struct expectation *out);
bool pending_read(struct reader *r, const struct node *map, struct expectation *out);
bool outputs_read(struct reader *r, const struct node *map, const struct flow *flow, struct expectation *out);
bool readings_read(struct reader *r, const struct node *map, enum step_kind kind, struct step *s);

/* flows.c: flow_find and flow_load return NULL, and an error, if the flow is unknown or invalid */
const struct flow *flow_find(struct reader *r, const char *name, struct where at);
const struct flow *flow_load(struct reader *user, const char *path);
bool inputs_read(struct reader *r, const struct node *map, const char *what, struct input **inputs,
                 size_t *count); /* NAME: VALUE */
bool with_check(struct reader *r, const struct node *with, const struct step *s);

/* --- helpers ------------------------------------------------------------------------------ */

/* Returns false, and the error message `what`, if n is not a map. */
bool is_map(struct reader *r, const struct node *n, const char *what);
/* Returns the place of the key, or of the map if it has no such key. */
struct where key_place(const struct node *map, const char *key);
const struct node *child_at(const struct node *n, size_t i); /* i must be below node_count(n) */

/* --- load.c: paths ------------------------------------------------------------------------ */

#define FOLDERS_ABOVE_MAX 64 /* a search stops there */

const char *path_join(struct arena *a, const char *folder, const char *name);
const char *path_parent(struct arena *a, const char *path); /* of ".": ".."; NULL: path is "/" */
const char *path_stem(struct arena *a, const char *path);   /* last part, without .yaml */
bool path_is_file(const char *path);
bool path_is_yaml(const char *path);          /* tests the name only */
bool path_same(const char *x, const char *y); /* true if both name the same file */

/* Returns the names in a folder in byte order, without those that start with a dot. */
const char *const *folder_names(struct arena *a, const char *folder, size_t *count);
