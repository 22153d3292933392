/* The table of simulations, and those of posts, calls, keys and webhooks. */
#include "mockserver/admin/simulate.h"

#include <inttypes.h>

#include "base/array.h"
#include "base/enum.h"
#include "mockserver/admin/api.h"
#include "mockserver/gates/gate.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/provider_api/webhooks.h"
#include "mockserver/rules/rules.h"
#include "mockserver/runtime/namespaces.h"
#include "mockserver/state/post.h"
#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"

#define SIMULATE(name) #name, &simulate_##name##_fields, simulate_##name

/* clang-format off */
const struct simulation simulations[] = { /* name, fields, function; the providers that have it, NULL: all; help */
    {SIMULATE(consent),           NULL,
     "Simulates the end user's decision on a pending OAuth attempt. `approve` connects the account; one that is "
     "already connected keeps its id and gets a new token. `deny` and `exchange_error` fail the attempt; `abandon` "
     "leaves it pending. With `scopes` the user grants only these scopes. Fails with 409 if the attempt has "
     "already ended."},
    {SIMULATE(token_lost),        NULL,
     "Simulates the loss of an account's token. The account must be reconnected; in Layers its status becomes "
     "`reauth_required`. Its queued posts stay queued and fail when they are due, unless it has been reconnected "
     "by then. Fails with 409 if the token is already lost."},
    {SIMULATE(account_connected), NULL,
     "Simulates that the end user connects an account in the provider's own app. An account that is already connected "
     "keeps its id and gets a new token."},
    {SIMULATE(account_removed),   NULL,
     "Simulates that the end user disconnects an account. Fails with 409 if it is already disconnected."},
    {SIMULATE(publish_outcome),   NULL,
     "Sets the result of publishing a post. For a queued post it is set in advance, and a token that is lost before "
     "the post is due still fails it. For a post that is publishing, the platform has the upload: the result is "
     "decided, whatever then happens to the account. Fails with 409 if the post is no longer queued or publishing."},
    {SIMULATE(fail),              NULL,
     "Makes the next calls of an operation fail. Adds a rule and returns its name."},
    {SIMULATE(side_effect),       "layers",
     "Makes one of the steps that follow a new connection fail. The account is still connected. Without its own layers"
     " (`account_layers`) it cannot publish: its posts fail when they are due, with the code INTERNAL in `lastError`. "
     "In the state, `failure` of the destination is `account_unprepared`, and so is the `reason` of the change. If the "
     "same user connects the account again, the step runs again. Fails with 409 if the step's next run already has "
     "that outcome."},
    {SIMULATE(lease_decide),      "layers",
     "Simulates the provider's decision on a lease request. Fails with 409 if it is already decided."},
    {SIMULATE(ad_account),        "layers",
     "Simulates that an ad account is connected or disconnected, or that its token changes, outside the API. Fails "
     "with 409 if there is nothing to change."},
    {SIMULATE(health),            "posteverywhere",
     "Sets the health of an account. Fails with 409 if the account already has that health."},
    {SIMULATE(plan),              NULL,
     "Sets the status of an API key: active, unpaid or disabled. Fails with 409 if the key already has that status."},
    {SIMULATE(rate_limit),        NULL,
     "Sets how many calls an API key has left, so that a test need not exhaust the rate limit. Fails with 409 if the "
     "key has no such limit."},
    {SIMULATE(webhook),           "layers, posteverywhere",
     "Delivers a webhook event now, or duplicates, delays, drops or rewrites the next delivery of an event."},
};
/* clang-format on */
const size_t simulation_count = COUNT(simulations);

static const struct simulation *find(struct call *c, struct str name)
{
    const char *names[COUNT(simulations)];
    for (size_t i = 0; i < COUNT(simulations); i++) {
        names[i] = simulations[i].name;
        if (str_is(name, names[i]))
            return &simulations[i];
    }
    call_refuse(c, FAULT_NOT_FOUND, "unknown simulation '" STR_FMT "'%s", STR_ARG(name),
                admin_hint(c, name, names, COUNT(names)));
    return NULL;
}

void admin_simulate(struct call *c)
{
    const struct simulation *simulation = find(c, c->params[0]);
    if (!simulation)
        return;
    void *fields = arena_alloc(c->arena, simulation->body->size);
    if (!admin_body(c, simulation->body, fields))
        return;
    c->world->cause = CAUSE_SIMULATION;
    simulation->apply(c, fields);
}

/* what the simulations share */

void simulation_end(struct call *c)
{
    admin_put_new_changes(c);
    json_close_map(&c->out);
}

void simulation_put_id(struct call *c, const char *key, enum record_kind kind, uint32_t row)
{
    json_put_text(&c->out, key, row ? record_id(c->world, kind, row) : NULL);
}

static const struct node *map_of_one(struct arena *a, const char *key, const struct node *value)
{
    return node_with(a, node_new_map(a, NULL, 0), key, value);
}

/* posts */

#define RESULTS(X) X(RESULT_SUCCESS, "success") X(RESULT_ERROR, "error")
enum result { RESULTS(ENUM_NAME) };
static const char *const result_texts[] = {RESULTS(ENUM_TEXT)};

struct publish_outcome {
    const char *post, *account, *code;
    int outcome; /* enum result */
};

static const struct field publish_outcome_rows[] = {
    FIELD("post", FIELD_TEXT, struct publish_outcome, post, .help = "Id of the post."),
    FIELD("account", FIELD_TEXT, struct publish_outcome, account,
          .help = "Instead of post: the account (id, or handle if that is unique). Selects the account's post that is "
                  "publishing, else the next one that it publishes."),
    FIELD("outcome", FIELD_ENUM, struct publish_outcome, outcome, .help = "Result of publishing the post.",
          .required = true, .texts = result_texts, .text_count = COUNT(result_texts)),
    FIELD("code", FIELD_TEXT, struct publish_outcome, code,
          .help = "Error code of the failure; only with the outcome `error`."),
};
const struct fields simulate_publish_outcome_fields =
    FIELD_TABLE("publish_outcome", publish_outcome_rows, struct publish_outcome, FIELDS_NO_PLACE);

/* Returns false if the post has no result that could be set. */
static bool check_undecided(struct call *c, const struct destination *d)
{
    if (d->removed_at_ms)
        return call_refuse(c, FAULT_CONFLICT, "the post was deleted, or the account was removed from it");
    switch (d->state) {
    case DESTINATION_QUEUED:
    case DESTINATION_PUBLISHING:
        return true;
    case DESTINATION_HELD:
        return call_refuse(c, FAULT_CONFLICT, "the post is a draft that is not scheduled; it is never due");
    case DESTINATION_DRAFT:
        return call_refuse(c, FAULT_CONFLICT, "the post is already a draft on the platform");
    case DESTINATION_PUBLISHED:
    case DESTINATION_FAILED:
    case DESTINATION_CANCELED:
    case DESTINATION_STATE_COUNT:
        break;
    }
    return call_refuse(c, FAULT_CONFLICT, "the post is already %s", destination_state_texts[d->state]);
}

static void set_post_outcome(struct call *c, const char *post, enum outcome outcome, const char *code)
{
    uint32_t row = select_destination(c, "/post", post);
    if (!row || !check_undecided(c, destination_read(c->world, row)))
        return;
    destination_set_outcome(c->world, row, outcome, code);
    admin_object(c, 200);
    simulation_put_id(c, "post", RECORD_DESTINATION, row);
    simulation_end(c);
}

/* The account's publishing post of which no outcome is set, or ROW_NONE. */
static uint32_t publishing_post(const struct world *w, uint32_t account)
{
    int64_t key = index_pair_key(account, DESTINATION_PUBLISHING);
    struct index_walk walk;
    index_from(&w->indexes[INDEX_DESTINATION_ACCOUNT], &walk, (struct index_entry){key, INT64_MIN, 0});
    while (index_next_of(&walk, key))
        if (destination_read(w, walk.entry.row)->outcome == OUTCOME_NATURAL)
            return walk.entry.row;
    return ROW_NONE;
}

static void set_account_outcome(struct call *c, const char *account, enum outcome outcome, const char *code)
{
    uint32_t row = simulation_listed_account(c, account);
    if (!row)
        return;
    uint32_t publishing = publishing_post(c->world, row);
    if (publishing)
        destination_set_outcome(c->world, publishing, outcome, code);
    else
        account_set_outcome(c->world, row, outcome, code);
    simulation_respond_account(c, row);
}

void simulate_publish_outcome(struct call *c, const void *fields)
{
    const struct publish_outcome *f = fields;
    enum outcome outcome = f->outcome == RESULT_ERROR ? OUTCOME_ERROR : OUTCOME_SUCCESS;
    if (!f->post == !f->account) {
        call_issue(c, "", "expected exactly one of 'post' and 'account'");
    } else if (f->code && outcome == OUTCOME_SUCCESS) {
        call_issue(c, "/code", "'code' is accepted only with the outcome 'error'");
    } else if (f->post) {
        set_post_outcome(c, f->post, outcome, f->code);
    } else {
        set_account_outcome(c, f->account, outcome, f->code);
    }
}

/* calls and keys */

struct fail {
    const struct node *operation, *provider, *times;
    const struct node *status, *error, *body, *raw, *raw_base64, *headers, *after; /* as in `respond` of a rule */
};

static const struct field fail_rows[] = {
    FIELD("operation", FIELD_NODE, struct fail, operation, .shape = "operation", .help = "Operation that fails.",
          .required = true),
    FIELD("provider", FIELD_NODE, struct fail, provider, .shape = "provider",
          .help = "Provider of the operation, if several have one of that name."),
    FIELD("times", FIELD_NODE, struct fail, times, .shape = "{type: integer}",
          .help = "Number of calls that fail, at least 1.", .required = true),
    FIELD("status", FIELD_NODE, struct fail, status, .shape = "{type: integer}",
          .help = "Status of the response, 400 to 599; without a body it has the provider's error format. Exactly one "
                  "of status and error is required."),
    FIELD("error", FIELD_NODE, struct fail, error, .shape = "{type: string}",
          .help = "Instead of status: one of the provider's error codes, with the provider's own error body."),
    FIELD("body", FIELD_NODE, struct fail, body,
          .help = "With status: the body, as in `respond` of a rule; '' is an empty one."),
    FIELD("raw", FIELD_NODE, struct fail, raw, .shape = "{type: string}",
          .help = "With status: the bytes of the body."),
    FIELD("raw_base64", FIELD_NODE, struct fail, raw_base64, .shape = "{type: string}",
          .help = "With status: the bytes of the body, in base64."),
    FIELD("headers", FIELD_NODE, struct fail, headers, .shape = "headers",
          .help = "Headers of the response, by name; null removes one."),
    FIELD("after", FIELD_NODE, struct fail, after, .shape = "{type: boolean}",
          .help = "true: the call takes effect first; only its response fails."),
};
const struct fields simulate_fail_fields = FIELD_TABLE("fail", fail_rows, struct fail, FIELDS_NO_PLACE);

/* Builds the rule from the request's own nodes, so that an error has the place of its value. */
static const struct node *failing_rule(struct arena *a, const struct fail *f)
{
    const struct node *response = f->status ? map_of_one(a, "status", f->status) : map_of_one(a, "error", f->error);
    const struct {
        const char *name;
        const struct node *value;
    } more[] = {
        {"body",       f->body      },
        {"raw",        f->raw       },
        {"raw_base64", f->raw_base64},
        {"headers",    f->headers   },
        {"after",      f->after     },
    };
    for (size_t i = 0; i < COUNT(more); i++)
        if (more[i].value)
            response = node_with(a, response, more[i].name, more[i].value);
    const struct node **then = arena_array(a, const struct node *, 1);
    then[0] = map_of_one(a, "respond", response);
    const struct node *rule = map_of_one(a, "on", f->operation);
    if (f->provider)
        rule = node_with(a, rule, "provider", f->provider);
    rule = node_with(a, rule, "when", map_of_one(a, "times", f->times));
    return node_with(a, rule, "then", node_new_list(a, then, 1));
}

void simulate_fail(struct call *c, const void *fields)
{
    const struct fail *f = fields;
    struct error err = {0};
    const char *name;
    if (!f->status == !f->error) {
        call_issue(c, "", "expected exactly one of 'status' and 'error'");
    } else if (f->status && f->status->kind == NODE_INT && f->status->integer >= 200 && f->status->integer < 400) {
        call_issue(c, "/status", "%" PRId64 " is not a failure; expected 400 to 599", f->status->integer);
    } else if (!rules_add(c->ns->rules, failing_rule(c->arena, f), &name, &err)) {
        admin_issues(c, call_body(c), &err);
    } else {
        json_put_text(admin_object(c, 200), "rule", name);
        simulation_end(c);
    }
}

#define KEY_FIELD(of) FIELD("key", FIELD_TEXT, of, key, .required = true, .help = "API key, by name, value or id.")

struct plan {
    const char *key;
    int status;
};

static const struct field plan_rows[] = {
    KEY_FIELD(struct plan),
    FIELD("status", FIELD_ENUM, struct plan, status, .required = true, .texts = key_status_texts,
          .text_count = KEY_STATUS_COUNT,
          .help = "`active`: the key works. `unpaid`: its plan is not paid. `killed`: the key is disabled."),
};
const struct fields simulate_plan_fields = FIELD_TABLE("plan", plan_rows, struct plan, FIELDS_NO_PLACE);

static bool check_status(struct call *c, uint32_t key, enum key_status status)
{
    return key_read(c->world, key)->status != status ||
           call_refuse(c, FAULT_CONFLICT, "the key is already %s", key_status_texts[status]);
}

void simulate_plan(struct call *c, const void *fields)
{
    const struct plan *f = fields;
    uint32_t key = select_key(c, "/key", f->key);
    if (!key || !check_status(c, key, (enum key_status)f->status))
        return;
    key_set_status(c->world, key, (enum key_status)f->status);
    struct json *w = admin_object(c, 200);
    simulation_put_id(c, "key", RECORD_KEY, key);
    json_put_text(w, "status", key_status_texts[f->status]);
    simulation_end(c);
}

struct rate_limit_left {
    const char *key, *class;
    int64_t remaining;
};

static const struct field rate_limit_rows[] = {
    KEY_FIELD(struct rate_limit_left),
    FIELD("class", FIELD_TEXT, struct rate_limit_left, class,
          .help = "Rate limit of the provider, for example read, write, long or write_day. Default: all of them."),
    FIELD("remaining", FIELD_INT, struct rate_limit_left, remaining, .required = true, .max = INT32_MAX,
          .help = "Calls left in the present window. A value above the limit is reduced to the limit."),
};
const struct fields simulate_rate_limit_fields =
    FIELD_TABLE("rate_limit", rate_limit_rows, struct rate_limit_left, FIELDS_NO_PLACE);

static bool check_class(struct call *c, const struct rate_limits *l, const char *class)
{
    const char *names[QUOTA_WINDOWS];
    for (size_t i = 0; i < l->window_count; i++) {
        names[i] = l->windows[i].name;
        if (str_is(str_from(class), names[i]))
            return true;
    }
    return call_issue(c, "/class", "unknown rate limit '%s'%s", class,
                      str_suggest(c->arena, str_from(class), names, l->window_count));
}

static void set_window(struct call *c, uint32_t key, const struct rate_limits *l, size_t window, int64_t remaining)
{
    int64_t limit = rate_limit_of(l, key_read(c->world, key), window);
    const struct rate_window *x = &l->windows[window];
    if (!limit) {
        json_put_null(&c->out, x->name);
        return;
    }
    if (remaining > limit)
        remaining = limit;
    quota_set(c->world, key, window, x->length_ms, limit - remaining);
    json_put_int(&c->out, x->name, remaining);
}

static bool has_limit(struct call *c, uint32_t key, const struct rate_limits *l, const char *class)
{
    for (size_t i = 0; i < l->window_count; i++)
        if ((!class || str_is(str_from(class), l->windows[i].name)) && rate_limit_of(l, key_read(c->world, key), i))
            return true;
    return call_refuse(c, FAULT_CONFLICT, "the key has no rate limit%s%s", class ? " of the class " : "",
                       class ? class : "");
}

void simulate_rate_limit(struct call *c, const void *fields)
{
    const struct rate_limit_left *f = fields;
    uint32_t key = select_key(c, "/key", f->key);
    if (!key)
        return;
    const struct provider *d = provider_with_id(record_provider(c->world, RECORD_KEY, key));
    const struct rate_limits *l = d->limits;
    if (!l)
        call_issue(c, "/key", "the key's provider has no rate limits");
    if (!l || (f->class && !check_class(c, l, f->class)))
        return;
    if (!has_limit(c, key, l, f->class))
        return;
    struct json *w = admin_object(c, 200);
    simulation_put_id(c, "key", RECORD_KEY, key);
    json_key_map(w, "remaining"); /* null: no limit */
    for (size_t i = 0; i < l->window_count; i++)
        if (!f->class || str_is(str_from(f->class), l->windows[i].name))
            set_window(c, key, l, i, f->remaining);
    json_close_map(w);
    simulation_end(c);
}

/* webhooks */

#define ACTIONS(X)                                                                                                     \
    X(DELIVER, "deliver") X(DUPLICATE, "duplicate") X(DELAY, "delay") X(DROP, "drop") X(REWRITE, "rewrite")
enum action { ACTIONS(ENUM_NAME) };
static const char *const action_texts[] = {ACTIONS(ENUM_TEXT)};

struct webhook_body {
    const char *event, *webhook;
    const struct node *data;
    int64_t by_ms;
    int action; /* enum action */
};

static const struct field webhook_rows[] = {
    FIELD("event", FIELD_TEXT, struct webhook_body, event, .required = true, .min = 1, .help = "Name of the event."),
    FIELD("action", FIELD_ENUM, struct webhook_body, action, .texts = action_texts, .text_count = COUNT(action_texts),
          .help = "`deliver` (default) delivers the event now; it requires `webhook` and accepts `data`. "
                  "The others add a rule for the next event of this name: `duplicate` delivers it "
                  "twice, `delay` delays it and requires `by`, `drop` never delivers it, `rewrite` delivers it with "
                  "other bytes of the same JSON."),
    FIELD("webhook", FIELD_TEXT, struct webhook_body, webhook,
          .help = "With `deliver`, required: id of the webhook. Its list of events does not matter."),
    FIELD("data", FIELD_NODE, struct webhook_body, data, .help = "With `deliver`: data of the event. Default: {}."),
    FIELD("by", FIELD_DURATION, struct webhook_body, by_ms,
          .help = "With `delay`, required: delay of the delivery on the namespace's clock."),
};
const struct fields simulate_webhook_fields =
    FIELD_TABLE("webhook", webhook_rows, struct webhook_body, FIELDS_NO_PLACE);

static void respond_webhook(struct call *c, const struct webhook_body *f, uint32_t delivery, const char *rule)
{
    struct json *w = admin_object(c, 200);
    json_put_text(w, "event", f->event);
    json_put_text(w, "action", action_texts[f->action]);
    if (delivery)
        simulation_put_id(c, "delivery", RECORD_DELIVERY, delivery);
    if (rule)
        json_put_text(w, "rule", rule);
    simulation_end(c);
}

static void deliver(struct call *c, const struct webhook_body *f)
{
    uint32_t row = select_webhook(c, "/webhook", f->webhook);
    if (!row)
        return;
    const struct webhook *h = webhook_read(c->world, row);
    struct webhook_event event = {
        .type = f->event,
        .payload = f->data ? json_print(c->arena, f->data) : "{}",
    };
    if (h->state != WEBHOOK_ACTIVE) {
        call_refuse(c, FAULT_CONFLICT, "the webhook is %s", webhook_state_texts[h->state]);
        return;
    }
    const struct webhooks *of = provider_with_id(h->provider)->webhooks;
    respond_webhook(c, f, webhooks_deliver(c->world, of, row, &event, NULL, ROW_NONE), NULL);
}

/* Builds the fault from the request's own nodes, so that an error has the place of its value. */
static const struct node *fault_of(struct arena *a, const struct node *body, enum action action)
{
    switch (action) {
    case DELIVER:
        break;
    case DUPLICATE:
        return map_of_one(a, "duplicate", node_new_int(a, 1));
    case DELAY:
        return map_of_one(a, "delay", node_get(body, "by"));
    case DROP:
        return map_of_one(a, "drop", node_new_bool(a, true));
    case REWRITE:
        return map_of_one(a, "rewrite", node_new_bool(a, true));
    }
    return NULL;
}

static void add_rule_for(struct call *c, const struct webhook_body *f)
{
    struct arena *a = c->arena;
    struct error err = {0};
    const char *name;
    const struct node *body = call_body(c);
    const struct node *effect = map_of_one(a, "webhook", fault_of(a, body, (enum action)f->action));
    const struct node *rule = map_of_one(a, "event", node_get(body, "event"));
    rule = node_with(a, rule, "when", map_of_one(a, "times", node_new_int(a, 1)));
    rule = node_with(a, rule, "then", node_new_list(a, &effect, 1));
    if (rules_add(c->ns->rules, rule, &name, &err))
        respond_webhook(c, f, ROW_NONE, name);
    else
        admin_issues(c, body, &err);
}

void simulate_webhook(struct call *c, const void *fields)
{
    const struct webhook_body *f = fields;
    bool delivers = f->action == DELIVER, delays = f->action == DELAY;
    if (str_has(str_from(f->event), STR(" ")))
        call_issue(c, "/event", "'%s' contains a blank; expected the name of an event", f->event);
    if (delivers != (f->webhook != NULL))
        call_issue(c, "/webhook",
                   delivers ? "'webhook' is missing; the action 'deliver' requires it"
                            : "'webhook' is accepted only with the action 'deliver'");
    if (f->data && !delivers)
        call_issue(c, "/data", "'data' is accepted only with the action 'deliver'");
    if (delays != (f->by_ms > 0))
        call_issue(c, "/by",
                   delays ? "'by' is missing or not positive; the action 'delay' requires a positive "
                            "duration"
                          : "'by' is accepted only with the action 'delay'");
    if (c->fault)
        return;
    if (delivers)
        deliver(c, f);
    else
        add_rule_for(c, f);
}
