/* The table of effects, and those that need few lines. */
#include "base/array.h"
#include "mockserver/rules/rule.h"

#include <math.h>
#include <string.h>

#include "base/edit.h"
#include "base/patch.h"
#include "base/time.h"
#include "base/units.h"

#define DELAY_MAX_MS (10 * MINUTE_MS)
#define SIGMA_MAX    3
#define PI           3.14159265358979323846

static const char *const cut_texts[] = {
    [CUT_NONE] = "none",
    [CUT_BEFORE_HEADERS] = "before_headers",
    [CUT_AFTER_HEADERS] = "after_headers",
    [CUT_MID_BODY] = "mid_body",
    [CUT_RESET] = "reset",
};

bool headers_check(const struct node *map, const struct rule *r, struct error *err)
{
    (void)r;
    if (map->kind != NODE_MAP)
        return error_add(err, ERROR_INPUT, map->at, "'headers' must be an object of header names and %s",
                         map->json ? "strings" : "texts");
    bool ok = true;
    for (size_t i = 0; i < map->map.count; i++) {
        const struct member *m = &map->map.members[i];
        const char *text = node_text(m->value);
        if (!m->key[0] || strpbrk(m->key, " \t\r\n:()<>@,;\\\"/[]?={}"))
            ok = error_add(err, ERROR_INPUT, m->key_at, "'%s' is not a valid header name", m->key);
        if (!text || strpbrk(text, "\r\n"))
            ok = error_add(err, ERROR_INPUT, m->value->at, "header '%s' must be %s of one line", m->key,
                           node_kind_words(m->value, NODE_TEXT));
    }
    return ok;
}

static bool patch_check_value(const struct node *value, const struct rule *r, struct error *err)
{
    (void)r;
    return patch_check(value, err);
}

static void patch_plan(const struct rule *r, const struct node *value, struct call *c, struct rule_plan *p)
{
    (void)r;
    *arena_push(c->arena, &p->changes, struct rule_change) = (struct rule_change){true, value};
}

static bool edit_check(const struct node *value, const struct rule *r, struct error *err)
{
    (void)r;
    bool ok = edits_check(value, true, err);
    for (size_t i = 0; ok && i < value->list.count; i++) {
        const struct node *name = node_get(value->list.items[i], "header");
        if (name && header_is_framing(name->text.s))
            ok = framing_error(name->text.s, name->at, err);
    }
    return ok;
}

static void edit_plan(const struct rule *r, const struct node *value, struct call *c, struct rule_plan *p)
{
    (void)r;
    *arena_push(c->arena, &p->changes, struct rule_change) = (struct rule_change){false, value};
}

static void set_state_plan(const struct rule *r, const struct node *value, struct call *c, struct rule_plan *p)
{
    (void)r;
    *arena_push(c->arena, &p->state_changes, const struct node *) = value;
}

static void headers_plan(const struct rule *r, const struct node *value, struct call *c, struct rule_plan *p)
{
    (void)r;
    *arena_push(c->arena, &p->headers, const struct node *) = value;
}

struct spread {
    int64_t median_ms;
    const struct node *sigma;
};

static const struct field spread_rows[] = {
    FIELD("median", FIELD_DURATION, struct spread, median_ms, .required = true,
          .help = "Median of the delays, at most 10m."),
    FIELD("sigma", FIELD_NODE, struct spread, sigma, .required = true,
          .shape = "{type: number, minimum: 0, maximum: 3}",
          .help = "Spread of the delays, 0 to 3: 0 is none, 0.4 is a calm network."),
};

const struct fields rule_spread_fields = FIELD_TABLE("lognormal", spread_rows, struct spread, FIELDS_NO_PLACE);

static bool check_spread(const struct node *map, struct error *err)
{
    struct arena a = {0};
    struct spread s = {0};
    bool ok = fields_read(&rule_spread_fields, map, &a, &s, err);
    arena_end(&a);
    if (ok && (s.median_ms < 0 || s.median_ms > DELAY_MAX_MS))
        ok = error_add(err, ERROR_INPUT, node_get(map, "median")->at, "'median' is out of range; expected 0s to 10m");
    if (ok && !(node_is_number(s.sigma) && node_number(s.sigma) >= 0 && node_number(s.sigma) <= SIGMA_MAX))
        ok = error_add(err, ERROR_INPUT, s.sigma->at, "'sigma' must be a number from 0 to %d", SIGMA_MAX);
    return ok;
}

static bool delay_check(const struct node *value, const struct rule *r, struct error *err)
{
    (void)r;
    const struct node *spread = node_get(value, "lognormal");
    int64_t ms;
    if (spread && node_count(value) == 1)
        return check_spread(spread, err);
    if (value->kind == NODE_TEXT && duration_parse(value->text, &ms) && ms >= 0 && ms <= DELAY_MAX_MS)
        return true;
    return error_add(err, ERROR_INPUT, value->at,
                     "invalid delay; expected a duration of at most 10m, such as 800ms, or {lognormal: "
                     "{median, sigma}}");
}

/* Box-Muller transform: two uniform numbers give a normal one. */
static int64_t delay_us(const struct rule *r, const struct node *value, const struct call *c)
{
    const struct node *spread = node_get(value, "lognormal");
    int64_t ms = 0;
    duration_parse(spread ? node_get(spread, "median")->text : value->text, &ms);
    if (!spread)
        return ms * 1000;
    double radius = sqrt(-2 * log(1 - rule_draw(r, c->arena, c->world->seed, "radius")));
    double normal = radius * cos(2 * PI * rule_draw(r, c->arena, c->world->seed, "angle"));
    double us = (double)ms * 1000 * exp(node_number(node_get(spread, "sigma")) * normal);
    return us < (double)DELAY_MAX_MS * 1000 ? (int64_t)us : DELAY_MAX_MS * 1000;
}

static void delay_after_plan(const struct rule *r, const struct node *value, struct call *c, struct rule_plan *p)
{
    p->delay_after_us += delay_us(r, value, c);
}

static void delay_before_plan(const struct rule *r, const struct node *value, struct call *c, struct rule_plan *p)
{
    p->delay_before_us += delay_us(r, value, c);
}

static enum wire_cut close_read(const struct node *value)
{
    for (size_t i = CUT_BEFORE_HEADERS; i < COUNT(cut_texts); i++)
        if (value->kind == NODE_TEXT && str_is(value->text, cut_texts[i]))
            return (enum wire_cut)i;
    return CUT_NONE;
}

static bool close_check(const struct node *value, const struct rule *r, struct error *err)
{
    (void)r;
    if (close_read(value) != CUT_NONE)
        return true;
    if (value->kind != NODE_TEXT)
        return error_add(err, ERROR_INPUT, value->at, "'close_connection' is of type %s; expected %s",
                         node_kind_name(value->kind), node_kind_words(value, NODE_TEXT));
    return rule_unknown(err, "close_connection", value->at, value->text.s, cut_texts + 1, COUNT(cut_texts) - 1);
}

static void close_plan(const struct rule *r, const struct node *value, struct call *c, struct rule_plan *p)
{
    (void)r;
    (void)c;
    p->cut = close_read(value);
    p->failed = true;
}

/* Parses a speed such as 2KiB/s. */
static bool throttle_read(const struct node *value, int64_t *bytes)
{
    static const struct {
        const char *text;
        int64_t bytes;
    } units[] = {
        {"MiB/s", 1 << 20},
        {"KiB/s", 1 << 10},
        {"MB/s",  1000000},
        {"kB/s",  1000   },
        {"B/s",   1      }
    };
    for (size_t i = 0; value->kind == NODE_TEXT && i < COUNT(units); i++) {
        struct str number = value->text, unit = str_from(units[i].text);
        if (!str_ends(number, unit))
            continue;
        number.n -= unit.n;
        if (!str_to_int(number, bytes) || *bytes < 1 || *bytes > INT32_MAX)
            return false;
        *bytes *= units[i].bytes;
        return true;
    }
    return false;
}

static bool throttle_check(const struct node *value, const struct rule *r, struct error *err)
{
    (void)r;
    int64_t bytes;
    return throttle_read(value, &bytes) || error_add(err, ERROR_INPUT, value->at,
                                                     "invalid 'throttle'; expected a whole number "
                                                     "with a unit, such as 2KiB/s (B/s, kB/s, "
                                                     "KiB/s, MB/s, MiB/s)");
}

static void throttle_plan(const struct rule *r, const struct node *value, struct call *c, struct rule_plan *p)
{
    (void)r;
    (void)c;
    throttle_read(value, &p->bytes_per_second);
}

#define CUTS_SHAPE  "{enum: [before_headers, after_headers, mid_body, reset]}"
#define SPEED_SHAPE "{type: string, pattern: '^[0-9]+([kM]|[KM]i)?B/s$'}"
#define GATES_SHAPE "{type: array, minItems: 1, items: {enum: [authentication, scope, rate_limit, idempotency]}}"
#define RANDOM_DELAY                                                                                                   \
    "A duration, or `{lognormal: {median, sigma}}` for a random delay: `median` is a duration of at most 10m; "        \
    "`sigma` is the spread, 0 to 3 (0: none)."

static const char respond_help[] =
    "Sends this response instead of serving the call, or with `after: true` after the call took effect. A 429 has the "
    "provider's headers of an exhausted rate limit, which resets after one second unless `headers` states Retry-After "
    "or X-RateLimit-Reset.";
static const char patch_help[] = "Changes the JSON body of the response; a JSON Patch (RFC 6902).";
static const char set_state_help[] =
    "Changes records after the call is served, or when the event happens. For each kind, `where` selects records by "
    "field and `set` gives their new field values.";
static const char delay_after_help[] =
    "Delays the response, in real time, after the call took effect; at most 10m. " RANDOM_DELAY;
static const char delay_before_help[] =
    "Delays the call, in real time, before it takes effect; at most 10m. " RANDOM_DELAY;
static const char headers_help[] =
    "Sets response headers, by name; replaces existing ones; null removes one, also one that every response has.";
static const char close_help[] =
    "Closes the connection. `before_headers`: without a response. `after_headers`: after the status line and the "
    "headers. `mid_body`: after half of the body. `reset`: before the headers, with a TCP reset.";
static const char throttle_help[] =
    "Sends the body at this speed, for example 2KiB/s. Units: B/s, kB/s (1000 bytes), KiB/s (1024 bytes), MB/s and "
    "MiB/s.";
static const char edit_help[] =
    "Changes the response at every place that a pointer matches: a list of `{at, where, <one change>}`. A place that "
    "does not exist is no error.";
static const char request_help[] =
    "Changes the request before anything reads it, also before the key is checked. The journal and the client checks "
    "see the request as the client sent it.";
static const char skip_help[] =
    "Lets the call pass these gates even if they would refuse it: a list of `authentication`, `scope`, `rate_limit` "
    "and `idempotency` (which ignores the Idempotency-Key). A call without a valid key is then served with the first "
    "key of the provider.";
static const char clock_help[] =
    "Serves the call as if the namespace's clock were shifted by this duration, for example -1h; the Date header stays "
    "right.";
static const char webhook_help[] = "Changes the deliveries of the event; only in rules with event.";

/* clang-format off */
#define RESPOND &rule_respond_fields
#define REQUEST &rule_request_fields
#define WEBHOOK &rule_webhook_fields
#define SET_STATE set_state_event /* of rules for events too */

const struct effect rule_effects[] = { /* true: acts before the gates */
    /* of rules for calls */
    {"respond",          false, respond_check,     respond_plan,      respond_help,      NULL, RESPOND, NULL},
    {"patch",            false, patch_check_value, patch_plan,        patch_help,        "patch", NULL, NULL},
    {"edit",             false, edit_check,        edit_plan,         edit_help,         "edits", NULL, NULL},
    {"set_state",        false, set_state_check,   set_state_plan,    set_state_help,    "set_state", NULL, SET_STATE},
    {"delay_after",      false, delay_check,       delay_after_plan,  delay_after_help,  "delay", NULL, NULL},
    {"delay_before",     false, delay_check,       delay_before_plan, delay_before_help, "delay", NULL, NULL},
    {"headers",          false, response_headers_check, headers_plan,      headers_help,      "headers", NULL, NULL},
    {"close_connection", false, close_check,       close_plan,        close_help,        CUTS_SHAPE, NULL, NULL},
    {"throttle",         false, throttle_check,    throttle_plan,     throttle_help,     SPEED_SHAPE, NULL, NULL},
    /* of rules for calls, before the gates */
    {"request",          true,  request_check,     request_plan,      request_help,      NULL, REQUEST, NULL},
    {"skip",             true,  skip_check,        skip_plan,         skip_help,         GATES_SHAPE, NULL, NULL},
    {"clock",            true,  clock_check,       clock_plan,        clock_help,        "duration", NULL, NULL},
    /* of rules for events */
    {"webhook", false, webhook_check, NULL, webhook_help, NULL, WEBHOOK, webhook_event},
};
/* clang-format on */
const size_t rule_effect_count = COUNT(rule_effects);

static const struct effect *find_effect(const char *name)
{
    for (size_t i = 0; i < COUNT(rule_effects); i++)
        if (strcmp(rule_effects[i].name, name) == 0)
            return &rule_effects[i];
    return NULL;
}

/* Suggests the effects that the rule may have. */
static bool report_unknown(const struct member *m, bool of_event, struct error *err)
{
    const char *names[COUNT(rule_effects)];
    size_t count = 0;
    for (size_t i = 0; i < COUNT(rule_effects); i++)
        if (of_event ? rule_effects[i].add_to_event != NULL : rule_effects[i].plan != NULL)
            names[count++] = rule_effects[i].name;
    return rule_unknown(err, "effect", m->key_at, m->key, names, count);
}

static bool check_effect(const struct member *m, const struct rule *r, struct error *err)
{
    const struct effect *e = find_effect(m->key);
    bool of_event = r->form.event;
    if (!e)
        return report_unknown(m, of_event, err);
    if (of_event ? e->add_to_event != NULL : e->plan != NULL)
        return e->check(m->value, r, err);
    return error_add(err, ERROR_INPUT, m->key_at,
                     of_event ? "'%s' acts on calls, but this rule is about an event; use 'webhook' or 'set_state'"
                              : "'%s' acts on events, but this rule is about calls; add 'event'",
                     m->key);
}

static bool check_step(const struct node *step, const struct rule *r, struct error *err)
{
    if (step->kind != NODE_MAP || !step->map.count)
        return error_add(err, ERROR_INPUT, step->at, "invalid effect; expected an object such as %s",
                         r->form.event ? "{webhook: {delay: 5m}}" : "{delay_after: 800ms}");
    bool ok = true;
    for (size_t i = 0; i < step->map.count; i++)
        ok = check_effect(&step->map.members[i], r, err) && ok;
    return ok;
}

bool effects_check(const struct node *then, const struct rule *r, struct error *err)
{
    if (then->kind != NODE_LIST || !then->list.count)
        return error_add(err, ERROR_INPUT, then->at, "'then' must be %s of effects; it must not be empty",
                         node_kind_words(then, NODE_LIST));
    bool ok = true;
    for (size_t i = 0; i < then->list.count; i++)
        ok = check_step(then->list.items[i], r, err) && ok;
    return ok && (r->form.event || effects_combine(then, err));
}

enum rule_phase effects_phase(const struct node *then)
{
    for (size_t i = 0; i < then->list.count; i++) {
        const struct node *step = then->list.items[i];
        for (size_t k = 0; k < step->map.count; k++)
            if (find_effect(step->map.members[k].key)->before_gates)
                return RULES_BEFORE_GATES;
    }
    return RULES_BEFORE_SERVING;
}

/* A copy, because a change of state may reach the rules. */
void effects_run_event(const struct rule *r, struct rule_event *e)
{
    const struct node *then = rule_copy(e->arena, r->form.then);
    for (size_t i = 0; i < then->list.count; i++) {
        const struct node *step = then->list.items[i];
        for (size_t k = 0; k < step->map.count; k++)
            find_effect(step->map.members[k].key)->add_to_event(step->map.members[k].value, e);
    }
}

/* The plan has its own copy: the rule may be removed while the call is suspended. */
void effects_plan(const struct rule *r, struct call *c, struct rule_plan *p)
{
    const struct node *then = rule_copy(c->arena, r->form.then);
    for (size_t i = 0; i < then->list.count; i++) {
        const struct node *step = then->list.items[i];
        for (size_t k = 0; k < step->map.count; k++)
            find_effect(step->map.members[k].key)->plan(r, step->map.members[k].value, c, p);
    }
}
