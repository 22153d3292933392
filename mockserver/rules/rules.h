/* rules.h - scripted behaviour: on this operation, under these conditions, do that. Also what
 * force/fail and mutants are.
 *
 * Shapes:  struct rules: an ordered list per namespace, each rule with its own counters. A rule
 * makes a plan for a call; the plan acts around serving and on the wire. Effects are a table in
 * effects.c. Units:   delays in milliseconds in the file, microseconds in the plan; counts are
 * calls that met all other conditions. Errors:  rules_check: unknown operation, key, code, effect,
 * matcher; bad pointer or pattern; nth: 0. Each at its place.
 */
#pragma once
#include "mockserver/call.h"

struct rules;

struct rule_plan {
    const struct node *answer; /* instead of serving; NULL: serve */
    struct {
        const struct node **items;
        size_t count, room;
    } patches, edits, headers;
    int64_t hold_back_us, delay_us; /* before serving; after it */
    enum wire_cut cut;
    int64_t bytes_per_second;
    const char *names; /* of the rules that acted, comma-separated */
    bool failed;       /* a rule made the failure: the answer is marked */
};

bool rules_check(const struct node *list, struct error *err); /* a list of rules, as in a fixture */
struct rules *rules_new(const struct node *list); /* checked before; NULL or empty: none */
void rules_free(struct rules *r);
bool rules_add(struct rules *r, const struct node *rule, const char **name,
               struct error *err); /* checks it; copies it */
bool rules_remove(struct rules *r, struct str name);
void rules_clear(struct rules *r);
void rules_print(const struct rules *r, struct json *out); /* the list with hits */
bool rules_print_one(const struct rules *r, struct str name, struct json *out);

/* Before serving: which rules apply to this call? Sets c->plan. */
void rules_plan(struct rules *r, struct call *c);
/* Instead of serving: writes the planned answer. False if the plan has none. */
bool rules_answer(struct call *c);
/* After serving: headers, patches and world edits, delays and cuts. */
void rules_finish(struct call *c);
