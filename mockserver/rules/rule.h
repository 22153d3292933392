/* rule.h - internals of rules: a parsed rule, and the table of effects.
 *
 * Shapes:  form.c parses a rule, load.c keeps the list. plan.c finds the rules that act on a call and
 *          applies their effects, event_rules.c those that act on an event. effects.c has the table
 *          of effects; request.c, respond.c, set_state.c and event_rules.c implement some each. combine.c
 *          rejects effects that cannot act together.
 * Units:   counts are calls or events.
 * Errors:  a check returns false, with an error for each invalid value.
 */
#pragma once
#include "mockserver/provider_api/provider.h"
#include "mockserver/rules/rules.h"
#include "mockserver/state/tenant.h"
#include "mockserver/state/webhook.h"

#define RULE_NODES_MAX 4096 /* per rule: limits the copies that YAML aliases would make */

struct rule_clock {
    struct field_time after, before; /* relative: from the start of the rules */
};

struct rule_when {
    int64_t nth, times, every, after; /* 0: no condition */
    const struct node *probability, *key, *query, *header, *path, *body, *state;
    struct rule_clock clock;
    struct where at;
};

struct rule_form { /* the keys of a rule */
    const char *name, *on, *provider, *method, *path, *event;
    struct rule_when when;
    const struct node *then;
    struct where at;
};

struct rule {
    struct arena arena; /* holds the rule itself */
    const struct node *node;
    struct rule_form form;
    struct operation on; /* route NULL: form.provider, method and path decide */
    const struct provider *provider;
    enum rule_phase phase;
    uint64_t number;     /* ascending in the list, not used again */
    uint64_t seen, hits; /* calls that met all conditions but the counts; calls it acted on */
};

struct rules {
    struct arena arena;
    struct {
        struct rule **items;
        size_t count, room;
    } list;
    uint64_t unnamed; /* number of the last rule-<n> */
    uint64_t numbers; /* of the rule that was added last */
    int64_t start_ms; /* the namespace's time when they began */
    bool touched;     /* changed since rules_new */
};

struct rule_event { /* an event, as rules see it */
    struct arena *arena;
    struct world *world;
    uint32_t delivery; /* the first one */
    const struct node *data;
    struct delivery_faults *faults;
};

struct effect {
    const char *name;
    bool before_gates; /* a rule with it acts before the gates */
    bool (*check)(const struct node *value, const struct rule *r, struct error *err);
    /* For calls: adds the effect to the plan; NULL: only for events. `value` is a copy that lives as long as the
     * call. */
    void (*plan)(const struct rule *r, const struct node *value, struct call *c, struct rule_plan *p);
    const char *help;
    const char *shape;           /* the schema of its value (base/schema.h); or: */
    const struct fields *fields; /* the table of its value */
    /* For events: adds to its faults, or changes the state; NULL: only for calls. */
    void (*add_to_event)(const struct node *value, struct rule_event *e);
};
extern const struct effect rule_effects[];
extern const size_t rule_effect_count;

extern const struct fields rule_fields; /* of struct rule_form */
extern const struct fields rule_request_fields;
extern const struct fields rule_respond_fields;
extern const struct fields rule_set_state_fields;
extern const struct fields rule_spread_fields; /* of a lognormal delay */
extern const struct fields rule_webhook_fields;
const char *rule_reference_word(size_t i); /* names for $call.<word> and $event.<word>; NULL after the last */

/* Checks `then`; a rule for calls and a rule for events have different effects. */
bool effects_check(const struct node *then, const struct rule *r, struct error *err);
enum rule_phase effects_phase(const struct node *then); /* checked effects */
void effects_run_event(const struct rule *r, struct rule_event *e);
void effects_plan(const struct rule *r, struct call *c, struct rule_plan *p);

/* The same, but null stands for a header to remove. */
bool headers_or_null_check(const struct node *map, struct error *err);

bool request_check(const struct node *value, const struct rule *r, struct error *err);
void request_plan(const struct rule *r, const struct node *value, struct call *c, struct rule_plan *p);
bool skip_check(const struct node *value, const struct rule *r, struct error *err);
void skip_plan(const struct rule *r, const struct node *value, struct call *c, struct rule_plan *p);
bool clock_check(const struct node *value, const struct rule *r, struct error *err);
void clock_plan(const struct rule *r, const struct node *value, struct call *c, struct rule_plan *p);

bool respond_check(const struct node *value, const struct rule *r, struct error *err);
void respond_plan(const struct rule *r, const struct node *value, struct call *c, struct rule_plan *p);
bool headers_check(const struct node *map, const struct rule *r, struct error *err);
/* Response headers: null removes one. One that HTTP needs to find the end of the response cannot be changed. */
bool response_headers_check(const struct node *map, const struct rule *r, struct error *err);
bool header_is_framing(const char *name);
bool framing_error(const char *name, struct where at, struct error *err); /* returns false */
enum respond_content {
    RESPOND_EMPTY,
    RESPOND_JSON, /* also an error in the format of a provider */
    RESPOND_OTHER,
};
enum respond_content respond_content(const struct node *respond); /* a checked `respond` */

/* Checks that the effects of a rule for calls, each of which is valid, can act together. */
bool effects_combine(const struct node *then, struct error *err);

bool webhook_check(const struct node *value, const struct rule *r, struct error *err);
void webhook_event(const struct node *value, struct rule_event *e);

bool set_state_check(const struct node *value, const struct rule *r, struct error *err);
/* Returns false if a value has no referent or a record rejects it. */
bool set_state_run(struct call *c, const struct node *value);
void set_state_event(const struct node *edit, struct rule_event *e);
/* Checks {kind: {field: value}} of when.state. */
bool state_check(const struct node *kinds, const struct rule *r, struct error *err);
/* Returns the JSON pointer of the first kind that has no such record; NULL: all have. */
const char *state_failed(struct call *c, const struct node *kinds);

/* Parses and checks a rule. The result points into `map` and `a`. */
bool rule_read(const struct node *map, struct arena *a, struct rule *rule, struct error *err);
/* Returns the place of the value of `key`; if there is none, that of `map`. */
struct where rule_place(const struct node *map, const char *key);
bool rule_key_is(const struct key *k, const char *who); /* by name or value */

/* Returns a number from 0 to below 1 for the rule's current call or event and a purpose (`what`);
 * repeatable for a seed. */
double rule_draw(const struct rule *r, struct arena *a, uint64_t seed, const char *what);
/* Counts a call or event that meets all other conditions, and checks the counts and probability.
 * Returns NULL if the rule acts (a hit), else the JSON pointer of the condition that failed. */
const char *rule_count(struct rule *r, struct arena *a, uint64_t seed);

/* Returns true if the time is in the rule's `when.clock`. */
bool rule_clock_holds(const struct rule *r, int64_t start_ms, int64_t now_ms);

/* Makes a deep copy; places lose their file name. */
const struct node *rule_copy(struct arena *a, const struct node *n);

/* Reports "unknown <what> '<text>'" and suggests a word (str_suggest). Always returns false. */
bool rule_unknown(struct error *err, const char *what, struct where at, const char *text, const char *const *words,
                  size_t count);
