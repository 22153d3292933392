/* rules.h - scripted behaviour: on this operation, under these conditions, do that; or what befalls
 * an event that webhooks are told of. Also what simulate/fail, simulate/webhook and mutants are.
 *
 * Shapes:  struct rules: an ordered list per namespace, each rule with its own counters; it keeps
 *          copies of what it is given. A rule for calls makes a plan for one; the plan acts around
 *          serving and on the wire. A rule for events adds to the faults of one's deliveries. Keys of
 *          a rule are the table in form.c, effects the one in effects.c, delivery faults the one in delivery_faults.c.
 *
 *   name: text                          else rule-1, rule-2 ...
 *   on: operation                       or provider, method, path (a route's pattern); none: all
 *   when: nth | times | every | after   counts, which hold together; probability: 0..1, seeded
 *         key                           the caller's key, by name or value
 *         query | header                maps of expectations, a member each
 *         path | body                   expectations (base/match.h)
 *   then: [respond | patch | set_state | delay_before | delay_after | headers | close_connection | throttle]
 *
 *   event: name                         of what a provider tells by webhook, or "*" for each;
 *                                       instead of on, method, path; provider may stand beside it
 *   when: the counts, probability              of events; body: of an event's data
 *   then: [webhook: {drop | duplicate | delay | reorder | corrupt | clock_skew}]
 *
 * An event counts once, however many webhooks are told of it, and its deliveries share its faults.
 * Several rules add up: copies, lateness, events that overtake, damaged attempts and skew are sums.
 *
 * A delay is a duration, 10m at most, or {lognormal: {median, sigma}}, seeded.
 *
 * An edit is {kind: {where: {field: value}, set: {field: value}}} in the words of state/records.h.
 * A text $call.<kind> in it ($call.account, $call.destination, ...) is the public id of the record
 * of that kind which the call names in its path or body, else of the first one it changed; $call.1
 * is the first id of the path, $call.key the caller. With none of these an edit finds nothing. It
 * may break invariants on purpose, so the world is not checked from then on.
 *
 * Units:   delays in milliseconds in the file, microseconds in the plan; counts are calls that met
 *          all other conditions, or events that webhooks were told of.
 * Errors:  rules_check: unknown operation, event, key, code, effect, matcher; bad pointer or
 *          pattern; nth: 0; what is for calls in a rule for events, and the other way round. Each at its place. What a patch or edit meets only later (the response lacks the
 *          place) is marked on the response, X-Mock-Rule-Missed: patch | set_state.
 */
#pragma once
#include "mockserver/call.h"

struct delivery_faults;
struct rules;

struct rule_plan {
    const struct node *respond; /* instead of serving; NULL: serve */
    struct {
        const struct node **items;
        size_t count, room;
    } patches, state_changes, headers;
    int64_t delay_before_us, delay_after_us; /* before serving; after it */
    enum wire_cut cut;
    int64_t bytes_per_second;
    const char *names;     /* of the rules that acted, comma-separated */
    bool failed;           /* a rule made the failure: the response is marked */
    const char *failed_by; /* that rule */
};

bool rules_check(const struct node *list, struct error *err); /* a list of rules, as in a fixture */
/* The keys that rules name exist: for where the world is known. */
bool rules_check_keys(const struct node *list, const struct world *w, struct error *err);
/* Names and the matchers of their values, which are texts: a query ("query") or "header"; NULL is
 * fine. */
bool rules_check_named(const struct node *map, const char *what, struct error *err);
struct rules *rules_new(const struct node *list); /* checked before; NULL or empty: none */
void rules_free(struct rules *r);
bool rules_add(struct rules *r, const struct node *rule, const char **name,
               struct error *err); /* checks it; copies it */
bool rules_remove(struct rules *r, struct str name);
void rules_clear(struct rules *r);
size_t rules_count(const struct rules *r);
bool rules_touched(const struct rules *r); /* added to or taken from, since rules_new */
void rules_print(const struct rules *r, struct json *out); /* the list with hits */
void rules_write(const struct rules *r, struct json *out); /* as a fixture has them, all named */
bool rules_print_one(const struct rules *r, struct str name, struct json *out);

/* The rule as it was given; NULL: there is none of that name. */
const struct node *rules_written(const struct rules *r, struct str name);

/* Before serving: which rules apply to this call? Sets c->plan, and tells of each rule in
 * c->trace.considered, a line each: its name, how many calls met its conditions so far, and the
 * pointer of the condition that failed, "" if it acted. */
void rules_plan(struct rules *r, struct call *c);
/* Instead of serving: writes the planned response. False if the plan has none. */
bool rules_respond(struct call *c);
/* After serving: patches and world state_changes, delays and cuts. */
void rules_apply(struct call *c);
/* Once all headers are set: those that rules want instead. */
void rules_headers(struct call *c);

/* What befalls the event that this delivery tells: adds to `faults`, whose words are then on the
 * arena. */
void rules_delivery_faults(struct rules *r, struct arena *a, const struct world *w,
                           uint32_t delivery, struct delivery_faults *faults);
