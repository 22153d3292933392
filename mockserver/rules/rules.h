/* rules.h - scripted behaviour: on these calls or events, under these conditions, do this.
 *
 * Shapes:  struct rules: the ordered list of a namespace's rules, each with its own counters and a
 *          copy of what it was given. A rule for calls adds to the plan of a call, which acts
 *          before, instead of and after serving. A rule for events adds faults to the webhook
 *          deliveries of an event. POST /__admin/simulate/fail and /simulate/webhook add rules too.
 *
 *   name: text                          default: rule-1, rule-2 ...
 *   on: operation                       or provider, method, path (route pattern); default: all
 *   when: nth | times | every | after   count the calls that meet all other conditions
 *         probability                   0 to 1
 *         key                           the caller's API key, by name or value; null: no valid key
 *         query | header                {name: expectation}
 *         path | body                   an expectation (base/match.h)
 *         state                         {kind: {field: value}}: such a record exists
 *         clock                         {after, before}: times, or durations since the rules began
 *   then: [respond | patch | edit | set_state | delay_before | delay_after | headers | close_connection |
 *          throttle | request | skip | clock]
 *
 *   event: type                         an event type, or "*"; instead of on, method and path
 *   when: the counts, probability       count events; body: matches the event's data
 *   then: [webhook: {drop | duplicate | delay | reorder | corrupt | clock_skew | rewrite | edit | headers | also_to}
 *          | set_state]
 *
 * An event is counted once, even if several webhooks subscribe to it, and its deliveries share its
 * faults. The faults of several rules add up.
 *
 * delay_before and delay_after take a duration of at most 10m, or {lognormal: {median, sigma}}.
 * Random numbers come from the namespace's seed: the same calls give the same numbers.
 *
 * respond takes an error code of the provider or a status, and replaces the serving of the call; with `after: true` the
 * call takes effect first, and its response is replaced. Without a body, a status from 400 on has the provider's error
 * format. A null in headers removes the header. Effects that cannot act together are an error (combine.c).
 *
 * request, skip and clock act before the gates. A rule with one of them decides about the request as the client sent
 * it; all other rules decide about the request as these rules changed it. Journal and client checks get the request as
 * the client sent it.
 *
 * set_state takes {kind: {where: {field: value}, set: {field: value}}} with the names of
 * record_type.h. A value "$call.<kind>" ($call.account, $call.destination ...) is the id of the
 * record of that kind that the call names in its path or body, or else of the first one that it
 * changed; $call.1 is the first path parameter, $call.key the caller's key. "$call.<kind>.<field>" is a
 * field of that record. In a rule for events, "$event.<kind>" is the record that the event is about, or
 * one that it refers to. If a reference has no value, nothing changes. set_state may break invariants, so
 * the state is not checked afterwards. An event whose record a rule has already changed at the same time
 * changes no state: rules cannot cause each other without end.
 *
 * Units:   delays in milliseconds in the file, microseconds in the plan. `seen` counts the calls or
 *          events that met all conditions but the counts.
 * Errors:  rules_check reports all errors, each with its place: unknown names and matchers, values
 *          out of range, a condition or effect for calls in a rule for events, and vice versa. If
 *          an effect fails on a call (a patch whose place is missing), the response gets the header
 *          X-Mock-Rule-Missed with its name.
 */
#pragma once
#include "mockserver/provider_api/call.h"

#define RULE_DECISIONS_MAX 256 /* rules that did not act, per call in the trace */

struct delivery_faults;
struct headers;
struct rule;
struct rules;

struct rule_plan {
    const struct node *respond; /* the response to send instead of serving; NULL: serve */
    bool respond_after;         /* the call is served first, and `respond` replaces its response */
    struct {
        bool is_set;
        int status;
        enum fault fault;
        struct str body;
    } served; /* the response that was replaced */
    struct {
        const struct node **items;
        size_t count, room;
    } requests, state_changes, headers;
    struct {
        struct rule_change {
            bool is_patch; /* a JSON Patch, else edits */
            const struct node *value;
        } * items;
        size_t count, room;
    } changes;            /* of the response's body and headers, in their order */
    size_t changed_bytes; /* of the bodies that were changed so far */
    unsigned skipped;     /* gates (request.c) */
    int64_t clock_ms;     /* the call is served as if the clock were shifted by this */
    const char *missed;   /* the effect that failed before serving; NULL: none */
    struct rule_sent {    /* the call as the client sent it */
        bool is_kept;     /* a rule acted before the gates; else the rest is unset */
        const struct request *req;
        struct str path;
        uint32_t key;
    } sent;
    int64_t delay_before_us, delay_after_us; /* before and after serving */
    enum wire_cut cut;
    int64_t bytes_per_second;
    bool failed;           /* a rule causes a failure: the response gets X-Mock-Error */
    const char *failed_by; /* the name of that rule */
};

bool rules_check(const struct node *list, struct error *err); /* a list of rules, as in a fixture */
/* Checks that the keys that rules name exist in `w`. */
bool rules_check_keys(const struct node *list, const struct world *w, struct error *err);
/* Checks {name: matcher} of a "query" or "header" (`what`). NULL is valid. */
bool rules_check_named(const struct node *map, const char *what, struct error *err);
/* A checked list; NULL: no rules. when.clock counts from start_ms. */
struct rules *rules_new(const struct node *list, int64_t start_ms);
/* The same rules with their names; all counters are zero. */
struct rules *rules_copy(const struct rules *from, int64_t start_ms);
void rules_free(struct rules *r); /* NULL: no-op */
/* Checks and copies a rule; `name` gets its name. Returns false, with errors, if it is invalid. */
bool rules_add(struct rules *r, const struct node *rule, const char **name, struct error *err);
bool rules_remove(struct rules *r, struct str name); /* false: no such rule */
void rules_clear(struct rules *r);
size_t rules_count(const struct rules *r);
bool rules_touched(const struct rules *r); /* rules were added or removed since rules_new */
/* The first rule whose number is greater than `after`, and its number; NULL: there is none. Each rule gets a number
 * when it is added, which is not used again. */
const struct rule *rules_next(const struct rules *r, uint64_t after, uint64_t *number);
void rules_print(const struct rule *rule, struct json *out); /* with hits and seen */
void rules_write(const struct rules *r, struct json *out);   /* the list, as in a fixture */
bool rules_print_one(const struct rules *r, struct str name, struct json *out);

/* Returns the rule as it was given; NULL: no such rule. */
const struct node *rules_written(const struct rules *r, struct str name);

enum rule_phase {
    RULES_BEFORE_GATES, /* the rules with request, skip or clock; c->key is the key that was sent */
    RULES_BEFORE_SERVING,
};
bool rules_has(const struct rules *r, enum rule_phase phase); /* r NULL: false */
/* Finds the rules of a phase that act on the call and adds to c->plan (NULL: none act).
 * Adds to c->trace.decisions each rule that acts, and of those that do not act the first
 * RULE_DECISIONS_MAX. */
void rules_plan(struct rules *r, struct call *c, enum rule_phase phase);
/* Is called before the gates, if c->plan is set. Replaces c->req and c->path by what the rules make of them. */
void rules_change_request(struct call *c);
bool rules_skip_gate(const struct call *c, const char *gate); /* true: a rule skips the gate of this name */
/* Is called after serving: what follows sees the call as the client sent it. */
void rules_restore_request(struct call *c);
/* Writes the planned response. Returns false if there is none. */
bool rules_respond(struct call *c);
/* Is called before the planned response replaces the one that was served: remembers that for the journal. */
void rules_keep_served(struct call *c);
/* Returns the value that the plan sets a response header to; .s is NULL: none. */
struct str rules_stated_header(const struct call *c, const char *name);
/* Is called after serving: applies patches, edits, set_state, delays and cuts. */
void rules_apply(struct call *c);
/* Is called when all other headers are set: sets and edits the planned headers. */
void rules_headers(struct call *c);

/* Applies the rules that act on the delivery's event: adds to `faults`, whose texts live in `a`, and changes the
 * state. */
void rules_event(struct rules *r, struct arena *a, struct world *w, uint32_t delivery, struct delivery_faults *faults);
/* Changes the body of a delivery, which is not signed yet, and the headers of the signed request. */
void rules_change_delivery(struct arena *a, const struct world *w, const struct delivery_faults *faults,
                           struct buf *body);
void rules_change_delivery_headers(struct arena *a, const struct delivery_faults *faults, struct headers *headers);
