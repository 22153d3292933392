#include "base/array.h"
#include "mockserver/rules/rule.h"

#include <string.h>

#include "base/patch.h"

static const char *const cut_texts[] = {
    [CUT_NONE] = "none",
    [CUT_BEFORE_HEADERS] = "before_headers",
    [CUT_AFTER_HEADERS] = "after_headers",
    [CUT_MID_BODY] = "mid_body",
    [CUT_RESET] = "reset",
};

struct respond {
    const char *error;
    int64_t status;
    const struct node *body, *headers;
};

static const struct field respond_rows[] = {
    FIELD("error", FIELD_TEXT, struct respond, error,
          .help = "Error code of the provider; the response has the provider's status and format."),
    FIELD("status", FIELD_INT, struct respond, status, .min = 200, .max = 599,
          .help = "HTTP status of the response, instead of error."),
    FIELD("body", FIELD_NODE, struct respond, body,
          .help = "Body for a status: text is sent unchanged, anything else as JSON."),
    FIELD("headers", FIELD_NODE, struct respond, headers, .shape = "headers",
          .help = "Headers of the response, by name."),
};

static const struct fields respond_fields = FIELD_TABLE("respond", respond_rows, struct respond, FIELDS_NO_PLACE);

static bool headers_check(const struct node *map, const struct provider *d, struct error *err)
{
    (void)d;
    if (map->kind != NODE_MAP)
        return error_add(err, ERROR_INPUT, map->at, "'headers' must be an object of header names and texts");
    bool ok = true;
    for (size_t i = 0; i < map->map.count; i++) {
        const struct member *m = &map->map.members[i];
        const char *text = node_text(m->value);
        if (!m->key[0] || strpbrk(m->key, " \t\r\n:()<>@,;\\\"/[]?={}"))
            ok = error_add(err, ERROR_INPUT, m->key_at, "'%s' is not a valid header name", m->key);
        if (!text || strpbrk(text, "\r\n"))
            ok = error_add(err, ERROR_INPUT, m->value->at, "header '%s' must be text of one line", m->key);
    }
    return ok;
}

static bool code_check(const char *code, const struct provider *only, struct where at, struct error *err)
{
    struct arena a = {0};
    struct {
        const char **items;
        size_t count, room;
    } codes = {0};
    bool known = !only && provider_fault_named(NULL, str_from(code));
    for (size_t d = 0; d < provider_count; d++)
        for (size_t f = 0; (!only || only == providers[d]) && f < providers[d]->fault_count; f++) {
            *arena_push(&a, &codes, const char *) = providers[d]->faults[f].code;
            known = known || strcmp(providers[d]->faults[f].code, code) == 0;
        }
    if (!known)
        rule_unknown(err, "error code", at, code, codes.items, codes.count);
    arena_end(&a);
    return known;
}

static bool respond_check(const struct node *value, const struct provider *d, struct error *err)
{
    struct arena a = {0};
    struct respond response = {0};
    bool ok = fields_read(&respond_fields, value, &a, &response, err);
    arena_end(&a);
    if (!ok)
        return false;
    if (!response.error == !response.status)
        ok = error_add(err, ERROR_INPUT, value->at, "'respond' must have either 'error' or 'status'");
    if (response.body && !response.status)
        ok = error_add(err, ERROR_INPUT, response.body->at, "'body' needs a 'status'");
    if (response.error && !code_check(response.error, d, node_get(value, "error")->at, err))
        ok = false;
    return (!response.headers || headers_check(response.headers, d, err)) && ok;
}

static void respond_plan(const struct rule *r, const struct node *value, struct call *c, struct rule_plan *p)
{
    (void)r;
    if (p->respond)
        return; /* the first rule that responds wins */
    const struct node *status = node_get(value, "status"), *headers = node_get(value, "headers");
    p->respond = value;
    if (headers)
        *arena_push(c->arena, &p->headers, const struct node *) = headers;
    if (!status || status->integer >= 400)
        p->failed = true;
}

static bool patch_check_value(const struct node *value, const struct provider *d, struct error *err)
{
    (void)d;
    return patch_check(value, err);
}

static void patch_plan(const struct rule *r, const struct node *value, struct call *c, struct rule_plan *p)
{
    (void)r;
    *arena_push(c->arena, &p->patches, const struct node *) = value;
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

static void delay_after_plan(const struct rule *r, const struct node *value, struct call *c, struct rule_plan *p)
{
    p->delay_after_us += delay_us(r, value, c);
}

static void delay_before_plan(const struct rule *r, const struct node *value, struct call *c, struct rule_plan *p)
{
    p->delay_before_us += delay_us(r, value, c);
}

static enum wire_cut close_connection_read(const struct node *value)
{
    for (size_t i = CUT_BEFORE_HEADERS; i < COUNT(cut_texts); i++)
        if (value->kind == NODE_TEXT && str_is(value->text, cut_texts[i]))
            return (enum wire_cut)i;
    return CUT_NONE;
}

static bool close_connection_check(const struct node *value, const struct provider *d, struct error *err)
{
    (void)d;
    if (close_connection_read(value) != CUT_NONE)
        return true;
    if (value->kind != NODE_TEXT)
        return error_add(err, ERROR_INPUT, value->at, "'close_connection' is of type %s; expected text",
                         node_kind_name(value->kind));
    return rule_unknown(err, "close_connection", value->at, value->text.s, cut_texts + 1, COUNT(cut_texts) - 1);
}

static void close_connection_plan(const struct rule *r, const struct node *value, struct call *c, struct rule_plan *p)
{
    (void)r;
    (void)c;
    p->cut = close_connection_read(value);
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

static bool throttle_check(const struct node *value, const struct provider *d, struct error *err)
{
    (void)d;
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

const struct effect rule_effects[] = {
    {.name = "respond",
     .check = respond_check,
     .plan = respond_plan,
     .help = "Sends this response instead of serving the call.",
     .fields = &respond_fields                                                                                                                                     },
    {.name = "patch",
     .check = patch_check_value,
     .plan = patch_plan,
     .help = "Changes the JSON body of the response; a JSON Patch (RFC 6902).",
     .shape = "patch"                                                                                                                                              },
    {.name = "set_state",
     .check = set_state_check,
     .plan = set_state_plan,
     .help = "Changes records after the call is served. For each kind, `where` selects records by "
             "field and `set` gives their new field values.",                                   .shape = "set_state"                                               },
    {.name = "delay_after",
     .check = delay_check,
     .plan = delay_after_plan,
     .help = "Delays the response, in real time, after the call took effect; at most 10m. A "
             "duration, or `{lognormal: {median, sigma}}` for a random delay: "
             "`median` is a duration of at most 10m; `sigma` is the spread, 0 to 3 (0: none).", .shape = "delay"                                                   },
    {.name = "delay_before",
     .check = delay_check,
     .plan = delay_before_plan,
     .help = "Delays the call, in real time, before it takes effect; at most 10m. A duration, or "
             "`{lognormal: {median, sigma}}` for a random delay: "
             "`median` is a duration of at most 10m; `sigma` is the spread, 0 to 3 (0: none).", .shape = "delay"                                                   },
    {.name = "headers",
     .check = headers_check,
     .plan = headers_plan,
     .help = "Sets response headers, by name; replaces existing ones.",
     .shape = "headers"                                                                                                                                            },
    {.name = "close_connection",
     .check = close_connection_check,
     .plan = close_connection_plan,
     .help = "Closes the connection. `before_headers`: without a response. `after_headers`: after the "
             "status line and the headers. `mid_body`: after half of the body. `reset`: before the "
             "headers, with a TCP reset.",                                                      .shape = "{enum: [before_headers, after_headers, mid_body, reset]}"},
    {.name = "throttle",
     .check = throttle_check,
     .plan = throttle_plan,
     .help = "Sends the body at this speed, for example 2KiB/s. Units: B/s, kB/s (1000 bytes), KiB/s "
             "(1024 bytes), MB/s and MiB/s.",                                                   .shape = "{type: string, pattern: '^[0-9]+([kM]|[KM]i)?B/s$'}"     },
    {.name = "webhook",
     .check = delivery_faults_check,
     .add_faults = delivery_faults_add,
     .help = "Delivery faults of the event; only in rules with event.",
     .fields = &rule_delivery_fault_fields                                                                                                                         },
};
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
        if (of_event == !rule_effects[i].plan)
            names[count++] = rule_effects[i].name;
    return rule_unknown(err, "effect", m->key_at, m->key, names, count);
}

static bool check_effect(const struct member *m, const struct rule *r, struct error *err)
{
    const struct effect *e = find_effect(m->key);
    bool of_event = r->form.event;
    if (!e)
        return report_unknown(m, of_event, err);
    if (of_event == !e->plan)
        return e->check(m->value, r->provider, err);
    return error_add(err, ERROR_INPUT, m->key_at,
                     of_event ? "'%s' acts on calls, but this rule is about an event; use 'webhook'"
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
        return error_add(err, ERROR_INPUT, then->at, "'then' must be a non-empty list of effects");
    bool ok = true;
    for (size_t i = 0; i < then->list.count; i++)
        ok = check_step(then->list.items[i], r, err) && ok;
    return ok;
}

void effects_add_faults(const struct rule *r, struct delivery_faults *faults)
{
    const struct node *then = r->form.then;
    for (size_t i = 0; i < then->list.count; i++) {
        const struct node *step = then->list.items[i];
        for (size_t k = 0; k < step->map.count; k++)
            find_effect(step->map.members[k].key)->add_faults(step->map.members[k].value, faults);
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
