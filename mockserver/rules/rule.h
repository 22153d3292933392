/* rule.h - the inside of rules: one rule as it is kept, and one row per effect.
 *
 * Shapes:  form.c reads a rule and target.c what it is about, load.c keeps the list, plan.c decides
 *          which of them act on a call, event_rules.c which on an event. effects.c has what they do, edit.c
 *          the one effect that changes the world, delivery_faults.c the one that is for events.
 * Units:   counts are calls, or events.
 */
#pragma once
#include "mockserver/providers/providers.h"
#include "mockserver/rules/rules.h"
#include "mockserver/state/delivery.h"
#include "mockserver/state/tenant.h"

#define RULE_NODES_MAX 4096 /* aliases may share, copies do not */

struct rule_when {
    int64_t nth, times, every, after; /* 0: no such condition */
    const char *key;
    const struct node *probability, *query, *header, *path, *body;
    struct where at;
};

struct rule_form { /* a rule as it is written */
    const char *name, *on, *provider, *method, *path, *event;
    struct rule_when when;
    const struct node *then;
    struct where at;
};

struct rule {
    struct arena arena; /* the rule itself lives in it */
    const struct node *node;
    struct rule_form form;
    struct operation on; /* route NULL: as form.provider, method and path say */
    const struct provider *provider;
    uint64_t seen, hits; /* met all conditions but the counts; acted */
};

struct rules {
    struct arena arena;
    struct {
        struct rule **items;
        size_t count, room;
    } list;
    uint64_t unnamed; /* names given so far */
    bool touched;
};

struct effect {
    const char *name;
    /* `d` is the provider the rule is about, or NULL. */
    bool (*check)(const struct node *value, const struct provider *d, struct error *err);
    /* Called with a copy of the value that lives as long as the call. */
    void (*plan)(const struct rule *r, const struct node *value, struct call *c,
                 struct rule_plan *p);
    const char *help;
    const struct fields *fields; /* what it takes, if that is a map of its own ... */
    const char *shape;           /* ... else its shape: base/schema.h */
    /* Instead of plan, of a rule for events: adds to the faults. */
    void (*add_faults)(const struct node *value, struct delivery_faults *faults);
};
extern const struct effect rule_effects[];
extern const size_t rule_effect_count;

extern const struct fields rule_fields; /* of struct rule_form */
extern const struct fields rule_set_state_fields;
extern const struct fields rule_spread_fields; /* of a lognormal delay */
extern const struct fields rule_delivery_fault_fields;
const char *rule_reference_word(size_t i); /* of $call.<word>; NULL behind the last */

/* Those of `then` that the rule may have: of calls, or of events. */
bool effects_check(const struct node *then, const struct rule *r, struct error *err);
void effects_add_faults(const struct rule *r, struct delivery_faults *faults);
void effects_plan(const struct rule *r, struct call *c, struct rule_plan *p);

bool delay_check(const struct node *value, const struct provider *d, struct error *err);
int64_t delay_us(const struct rule *r, const struct node *value, const struct call *c);

bool delivery_faults_check(const struct node *value, const struct provider *d, struct error *err);
void delivery_faults_add(const struct node *value, struct delivery_faults *faults);

bool set_state_check(const struct node *edit, const struct provider *d, struct error *err);
bool set_state_run(struct call *c, const struct node *edit); /* false: a record refused it */

/* Reads and checks a rule as it is written; what it keeps points into `map` and `a`. */
bool rule_read(const struct node *map, struct arena *a, struct rule *rule, struct error *err);
struct where rule_place(const struct node *map, const char *key); /* of that value, else of map */
bool rule_key_is(const struct key *k, const char *who);           /* by name or value */

/* What the rule is about, by its words: all mistakes in them. */
bool target_read(const struct node *map, struct rule *rule, struct error *err);

/* A number from 0 to below 1 for this rule's present call or event; the same seed draws the same
 * ones. */
double rule_draw(const struct rule *r, struct arena *a, uint64_t seed, const char *what);
/* One more has met all else: do the counts let the rule act, too? NULL: it acts, and has a hit more;
 * else the pointer of the one that does not. */
const char *rule_count(struct rule *r, struct arena *a, uint64_t seed);

/* A copy that shares nothing with `n`; places lose their file. */
const struct node *rule_copy(struct arena *a, const struct node *n);

/* "unknown <what> 'x'; did you mean 'y'?", or the words if none is near. Always false. */
bool rule_unknown(struct error *err, const char *what, struct where at, const char *text,
                  const char *const *words, size_t count);
