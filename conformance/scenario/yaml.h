/* yaml.h - the keys of scenario and flow files as field tables, and the structs that they fill.
 *
 * Shapes:  one struct per map: scenario, flow, step, expectation, eventually, consistently. Keys
 *          with a richer syntax (a call, an expectation, cases) stay nodes here; action.c, steps.c
 *          and expect.c read them.
 */
#pragma once
#include "base/fields.h"
#include "conformance/scenario/scenario.h"

struct scenario_yaml {
    struct where at;
    const char *scenario, *title, *note;
    struct field_list needs, tags, exclusive;
    const struct node *vars, *steps;
};

struct flow_yaml {
    struct where at;
    const char *flow, *note;
    const struct node *inputs, *outputs, *steps;
};

struct repeat_yaml { /* eventually, consistently */
    struct where at; /* line 0: not given */
    int64_t every_ms, for_ms, settle_ms;
    const struct node *stop;
};

struct signature_yaml {
    const char *header;
    const struct node *secret;
};

struct hook_yaml {
    struct where at; /* line 0: not given */
    const char *event;
    bool none;
    int64_t count, within_ms;
    struct signature_yaml signature;
};

struct step_yaml {
    struct where at;
    const char *id, *note, *use, *simulate, *inspect, *as, *raw_body, *dispute;
    int consent; /* index into consent_outcomes; -1: not given */
    const struct node *call, *advance;
    const struct node *query, *headers, *body, *with;
    const struct node *consent_at, *state, *handle;
    const struct node *expect, *one_of, *capture, *cases, *claims, *cleanup;
    struct repeat_yaml eventually, consistently;
    struct hook_yaml hook;
};

struct expect_yaml {
    const struct node *status, *headers, *body, *redirect;
};

struct lookup_yaml {
    const struct node *source; /* NULL: not given */
    const struct node *call, *query, *where, *capture;
    const char *in;
};

struct cleanup_yaml {
    const struct node *call, *already_gone;
    struct lookup_yaml lookup;
};

struct advance_yaml {
    const char *by, *to;
    int until;
};

extern const struct fields scenario_fields, flow_fields, step_fields, expect_fields, stop_fields, cleanup_fields,
    advance_fields;

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
