#include "mockserver/cli/reference.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/edit.h"
#include "base/flags.h"
#include "base/matcher.h"
#include "base/yaml.h"
#include "mockserver/admin/api.h"
#include "mockserver/cli/markdown.h"
#include "mockserver/cli/options.h"
#include "mockserver/client_checks/client_checks.h"
#include "mockserver/fixture/fixture.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/provider_api/webhooks.h"
#include "mockserver/rules/rule.h"
#include "mockserver/state/record.h"

const struct mock_header mock_headers[] = {
    {"X-Mock-Namespace",   "On a request: its namespace. The path prefix /ns/<name> takes precedence."     },
    {"X-Mock-Error",
     "On a response that the provider would not give: unmatched (no route matches), "
     "unimplemented, namespace (no such namespace), reset (the namespace was reset while the call "
     "waited), origin (a write of a web page of another site), internal (the state is not consistent; the "
     "message has a reference, which the log and the journal repeat), or rule:<name>."                     },
    {"X-Mock-Replayed",    "true: repeats the stored response for this Idempotency-Key."                   },
    {"X-Mock-Rule-Missed", "request, patch, edit or set_state: this effect of a rule did not fit the call."},
};
const size_t mock_header_count = COUNT(mock_headers);

#define OF struct example_call
static const struct field call_rows[] = {
    FIELD("call", FIELD_TEXT, OF, call, .required = true),
    FIELD("key", FIELD_TEXT, OF, key, .required = false),
    FIELD("headers", FIELD_NODE, OF, headers, .required = false),
    FIELD("body", FIELD_NODE, OF, body, .required = false),
    FIELD("status", FIELD_INT, OF, status, .required = true),
    FIELD("sees", FIELD_NODE, OF, sees, .required = false),
    FIELD("has", FIELD_NODE, OF, has, .required = false),
    FIELD("save", FIELD_NODE, OF, save, .required = false),
    FIELD("late", FIELD_DURATION, OF, late_ms, .required = false),
    FIELD("cut", FIELD_TEXT, OF, cut, .required = false),
    FIELD("speed", FIELD_INT, OF, speed, .required = false),
};
static const struct fields call_fields = FIELD_TABLE("call", call_rows, OF, FIELDS_NO_PLACE);
#undef OF

#define OF struct example
static const struct field example_rows[] = {
    FIELD("of", FIELD_TEXT, OF, of, .required = true),
    FIELD("says", FIELD_TEXT, OF, says, .required = true),
    FIELD("fixture", FIELD_TEXT, OF, fixture, .required = false),
    FIELD("rule", FIELD_TEXT, OF, rule, .required = false),
    FIELD("hits", FIELD_INT, OF, hits, .min = 1, .max = INT32_MAX),
    FIELD("value", FIELD_NODE, OF, value, .required = false),
    FIELD("expectation", FIELD_NODE, OF, expectation, .required = false),
    FIELD("calls", FIELD_LIST, OF, calls, .sub = &call_fields),
};
static const struct fields example_fields = FIELD_TABLE("example", example_rows, OF, FIELDS_NO_PLACE);
#undef OF

struct page {
    struct field_list examples;
};

static const struct field page_rows[] = {
    FIELD("examples", FIELD_LIST, struct page, examples, .required = true, .sub = &example_fields),
};
static const struct fields page_fields = FIELD_TABLE("page", page_rows, struct page, FIELDS_NO_PLACE);

struct field_list examples_read(struct arena *a)
{
    struct error err = {0};
    struct page page = {0};
    struct str text = str_of((const char *)reference_examples, reference_examples_bytes);
    const struct node *node = yaml_parse(a, text, "examples.yaml", &err);
    if (!node || !fields_read(&page_fields, node, a, &page, &err)) {
        error_print(&err, stderr);
        abort();
    }
    return page.examples;
}

static const char intro[] =
    "Commands, fixtures, rules, simulations and the admin API of the mock server. `mockserver "
    "reference` prints this page. [README.md](../README.md) introduces the concepts, "
    "[mockserver/README.md](README.md) shows complete recipes.\n\n"
    "Examples start from the sample fixture (`fixtures/sample.yaml`) unless they show their own, "
    "and run with a frozen clock. A YAML block with a provider's section or with `records` is a "
    "fixture; any other is a rule. Each call is shown as a request, then `=>` and the status of "
    "the response, then the response headers and the part of the response body that matter, as an "
    "[expectation](#expectations). `save $x = /pointer` stores a value of the response; later "
    "calls of the example use it as `$x`. A request without an API key uses the provider's first "
    "key of the sample fixture.";

static const char notation[] =
    "A *duration* has the units `d`, `h`, `m`, `s` and `ms`, largest first, and may have a sign: "
    "`800ms`, `1h30m`, `+2d`, `-30d`. A *time* is a timestamp such as `2026-05-02T09:00:00Z`, or a "
    "duration before (`-`) or after (`+`, or no sign) another time: the start of the clock (in a "
    "fixture; for `clock.start`, the machine's time) or the present time of the clock (in a "
    "request). Durations are on the namespace's clock, except where a key says real time. Files "
    "are YAML 1.2 (the directive `%YAML 1.1` is refused, because 1.1 reads `yes` and `017` differently); request "
    "bodies are JSON with the same keys. A top-level key that begins with `x-` is ignored. It is a place for anchors: "
    "after `x-post: &post { account: a, at: +1d }`, the merge key in `{ <<: *post, id: sp_1 }` adds the members of "
    "`x-post` that the map does not have itself.";

static void put_flags(struct buf *out, const struct command_row *c)
{
    static const char *const heads[] = {"option", "description"};
    if (!c->count)
        return;
    md_table(out, heads, COUNT(heads));
    for (size_t i = 0; i < c->count; i++) {
        const struct flag *f = &c->rows[i];
        const char *option = f->value ? arena_printf(out->arena, "`--%s %s`", f->name, f->value)
                                      : arena_printf(out->arena, "`--%s`", f->name);
        md_row(out, (const char *const[]){option, f->help}, COUNT(heads));
    }
    buf_text(out, "\n");
}

static void put_exits(struct buf *out)
{
    static const char *const heads[] = {"exit status", "meaning"};
    md_table(out, heads, COUNT(heads));
    for (size_t i = 0; i < option_exit_count; i++)
        md_row(out, (const char *const[]){arena_printf(out->arena, "%d", option_exits[i].status), option_exits[i].help},
               COUNT(heads));
    buf_text(out, "\n");
}

static void put_command_line(struct buf *out)
{
    md_heading(out, 2, "Command line");
    md_text(out, "`mockserver [COMMAND] [OPTION...]`. The default command is `serve`. Every option can "
                 "also be set in the environment, for example `--admin-port` as "
                 "`UNDERSTUDY_MOCK_ADMIN_PORT`; the command line takes precedence. Results go to stdout, "
                 "log lines and errors to stderr. [README.md](README.md) shows every option in use.");
    for (size_t i = 0; i < option_command_count; i++) {
        const struct command_row *c = &option_commands[i];
        md_heading(out, 3, "mockserver %s%s%s", command_texts[c->command], *c->arguments ? " " : "", c->arguments);
        md_text(out, c->help);
        if (c->command == COMMAND_RECORD)
            md_text(out, "All options of serve, and:");
        put_flags(out, c);
    }
    put_exits(out);
}

/* Writes a table of the fixture and then the tables of its nested objects. */
static void put_tables(struct buf *out, const struct field_list *examples, const struct fields *table, const char *path)
{
    md_heading(out, 3, *path ? "`%s`" : "%sThe file", path);
    md_fields(out, table, false);
    md_examples(out, examples, path);
    for (size_t i = 0; i < table->count; i++) {
        const struct field *f = &table->rows[i];
        if (f->sub)
            put_tables(out, examples, f->sub,
                       arena_printf(out->arena, "%s%s%s%s", path, *path ? "." : "", f->key,
                                    f->type == FIELD_LIST ? "[]" : ""));
    }
}

static void put_fixtures(struct buf *out, const struct field_list *examples)
{
    const struct fields fixture = fixture_fields(out->arena);
    md_heading(out, 2, "Fixtures");
    md_text(out, "A fixture describes the state that a namespace starts with: organizations, API "
                 "keys, accounts, posts, and the rules that act on calls. `mockserver lint FILE` "
                 "checks a fixture. An editor with YAML support checks it while you type if its "
                 "first line is `# yaml-language-server: "
                 "$schema=<path>/mockserver/schema/fixture.json`.");
    md_examples(out, examples, "fixture");
    put_tables(out, examples, &fixture, "");
}

static void put_matchers(struct buf *out, const struct field_list *examples)
{
    const struct matcher *m;
    md_heading(out, 3, "Expectations");
    md_text(out, "An *expectation* is a JSON value that another value is compared with. A scalar must be "
                 "equal. A list must have as many items, and each item must match. An object may have more "
                 "members than the expectation names. An object whose keys begin with `$` consists of "
                 "matchers, all of which must hold. A *text expectation* is a text that must be equal, or "
                 "an object of matchers. *Named texts* are an object that gives a text expectation for each "
                 "name.");
    for (size_t i = 0; (m = matcher_at(i)); i++) {
        buf_printf(out, "`%s`: %s\n\n", m->name, m->help);
        md_examples(out, examples, m->name);
    }
}

static void put_row_examples(struct buf *out, const struct field_list *examples, const struct fields *table,
                             const char *prefix)
{
    for (size_t i = 0; i < table->count; i++)
        md_examples(out, examples, arena_printf(out->arena, "%s.%s", prefix, table->rows[i].key));
}

static const struct fields *sub_of(const struct fields *table, const char *key)
{
    size_t i = 0;
    while (strcmp(table->rows[i].key, key) != 0)
        i++;
    return table->rows[i].sub;
}

static void put_effects(struct buf *out, const struct field_list *examples)
{
    md_heading(out, 3, "`then[]`: effects");
    for (size_t i = 0; i < rule_effect_count; i++) {
        const struct effect *e = &rule_effects[i];
        buf_printf(out, "#### `%s`\n\n%s\n\n", e->name, e->help);
        if (e->fields)
            md_fields(out, e->fields, true);
        if (strcmp(e->name, "set_state") == 0)
            md_fields(out, &rule_set_state_fields, true);
        if (strcmp(e->name, "edit") == 0)
            md_fields(out, &edit_fields, true);
        md_examples(out, examples, arena_printf(out->arena, "effect.%s", e->name));
    }
}

static void put_references(struct buf *out)
{
    const char *word;
    buf_text(out, "In `set_state`, the text `$call.<kind>` stands for the id of the record of that kind that "
                  "the call names, or else of the first one that it changed. The kinds are ");
    for (size_t i = 0; (word = rule_reference_word(i)); i++)
        buf_printf(out, "%s`%s`", i ? ", " : "", word);
    buf_text(out,
             ". `$call.1` stands for the first id in the path, and `$call.<kind>.<field>` for a field of the record. "
             "In rules with `event`, `$event.<kind>` and `$event.<kind>.<field>` stand for the record that the event "
             "is about, or one that it refers to. If a reference has no value, nothing changes.\n\n");
}

static void put_codes(struct buf *out, const struct provider *d)
{
    for (size_t i = 0, count = 0; i < d->fault_count; i++)
        if (provider_fault_named(d, str_from(d->faults[i].code)) == &d->faults[i])
            buf_printf(out, "%s`%s`", count++ ? ", " : "", d->faults[i].code);
}

static void put_events(struct buf *out, const struct provider *d)
{
    for (size_t i = 0; d->webhooks && i < d->webhooks->event_count; i++)
        buf_printf(out, "`%s`, ", d->webhooks->events[i]);
    if (d->webhooks)
        buf_printf(out, "`%s`", d->webhooks->test_event);
}

static void put_words(struct buf *out, const char *title, void (*put)(struct buf *out, const struct provider *d))
{
    md_text(out, title);
    for (size_t i = 0; i < provider_count; i++) {
        struct buf words = {.arena = out->arena};
        put(&words, providers[i]);
        if (words.n)
            buf_printf(out, "- %s: %s\n", providers[i]->name, buf_c(&words));
    }
    buf_text(out, "\n");
}

static void put_rules(struct buf *out, const struct field_list *examples)
{
    const struct fields *when = sub_of(&rule_fields, "when");
    md_heading(out, 2, "Rules");
    md_text(out, "A rule changes how the mock responds to matching calls, or how it delivers matching "
                 "webhook events. Rules are listed in a fixture under `rules`, or added at run time "
                 "with `POST /__admin/rules`. They apply in their order; `GET /__admin/rules` shows how "
                 "often each one acted (`hits`).");
    md_fields(out, &rule_fields, false);
    put_row_examples(out, examples, &rule_fields, "rule");
    md_heading(out, 3, "`when`: conditions");
    md_text(out, "All conditions must hold. `nth`, `times`, `every`, `after` and `probability` "
                 "apply last, to the calls or events that meet all other conditions.");
    md_fields(out, when, false);
    put_row_examples(out, examples, when, "when");
    put_effects(out, examples);
    put_words(out, "Values of `error` in `respond`:", put_codes);
    put_words(out, "Values of `event`, besides `*`:", put_events);
    put_references(out);
    put_matchers(out, examples);
}

static void put_records(struct buf *out)
{
    static const char *const heads[] = {"kind", "a record is", "fields"};
    md_heading(out, 2, "Records");
    md_text(out, "A *record* is an object of the state, with an id and named fields. The kinds and "
                 "field names are the same for all providers. They are used by `records` of a "
                 "fixture, `set_state` of a rule, and `/__admin/state`.");
    md_table(out, heads, COUNT(heads));
    for (enum record_kind kind = 0; kind < RECORD_KIND_COUNT; kind++) {
        const struct record_type *type = record_types[kind];
        struct buf fields = {.arena = out->arena};
        for (size_t i = 0; i < type->field_count; i++)
            buf_printf(&fields, "%s`%s`", i ? ", " : "", type->fields[i].name);
        const char *name = arena_printf(out->arena, "`%s`", record_kind_texts[kind]);
        md_row(out, (const char *const[]){name, type->help, buf_c(&fields)}, COUNT(heads));
    }
    buf_text(out, "\n");
}

static void put_simulations(struct buf *out, const struct field_list *examples)
{
    md_heading(out, 2, "Simulations");
    md_text(out, "`POST /__admin/simulate/<name>` simulates something that an API client cannot cause: an "
                 "action of the end user, the platform or the provider. It makes the changes that the "
                 "provider documents for this event, and lists them in the response (`changes`). A change of a "
                 "destination to `failed` has the `reason`, and so has the event in the explanation of the call that "
                 "scheduled it.");
    for (size_t i = 0; i < simulation_count; i++) {
        buf_printf(out, "### `%s`\n\n%s", simulations[i].name, simulations[i].help);
        buf_printf(out, simulations[i].providers ? " Providers: %s.\n\n" : "%s\n\n",
                   simulations[i].providers ? simulations[i].providers : "");
        md_fields(out, simulations[i].body, true);
        md_examples(out, examples, arena_printf(out->arena, "simulate.%s", simulations[i].name));
    }
}

static void put_admin_call(struct buf *out, const struct route *r, const struct field_list *examples)
{
    const struct admin_guide *g = admin_guide(r->operation);
    md_heading(out, 3, "`%s %s`", r->method, r->pattern);
    buf_printf(out, "%s%s\n\n", g->help, r->serve ? "" : " *Not implemented.*");
    if (g->query)
        buf_printf(out, "Query: %s\n\n", g->query);
    if (g->body == &rule_fields)
        md_text(out, "Body: a [rule](#rules).");
    else if (g->body)
        md_fields(out, g->body, true);
    md_examples(out, examples, arena_printf(out->arena, "admin.%s", r->operation));
}

static void put_admin(struct buf *out, const struct field_list *examples)
{
    md_heading(out, 2, "Admin API");
    md_text(out, "The admin API is served under `/__admin`, next to the providers' APIs. A call acts on one "
                 "namespace, chosen as for any call: by the path prefix `/ns/<name>`, by the header "
                 "`X-Mock-Namespace`, or else `default`. "
                 "A call that arranges a test creates the namespace if it does not exist: a simulation, a new rule, a "
                 "step of the clock, a patch of a record, a snapshot or its restoration, a reset. It does not if it is "
                 "refused, or if the mock runs with --explicit-namespaces. Any other call gets 404 then. Errors are "
                 "problem JSON (RFC 9457): `detail` "
                 "is the first error, `pointer` the JSON pointer of the invalid value (`query` for a parameter), and "
                 "`errors` lists the other errors, if there are any, each with `detail` and `pointer`. An error in a "
                 "fixture file has `file`, `line` and `column` instead.");
    for (size_t i = 0; i < admin_provider.route_count; i++)
        put_admin_call(out, &admin_provider.routes[i], examples);
}

static void put_client_checks(struct buf *out)
{
    md_heading(out, 2, "Client checks");
    md_text(out, "The mock checks how the client behaves on every call to a provider. `GET "
                 "/__admin/client-checks` returns the results of one namespace; `--client-report` "
                 "writes those of all namespaces at exit. The verdict of a check is `passed`, `failed` "
                 "or `not_tested`: a client passes only what its calls have shown. A wait has passed when it has "
                 "passed on the namespace's clock or on "
                 "the machine's.");
    for (size_t i = 0; i < client_check_count; i++) {
        const struct client_check *q = &client_checks_table[i];
        md_heading(out, 3, "`%s`: %s", q->id, q->text->title);
        md_text(out, q->text->help);
    }
}

static void put_headers(struct buf *out, const struct field_list *examples)
{
    static const char *const heads[] = {"header", "description"};
    md_heading(out, 2, "HTTP headers of the mock");
    md_table(out, heads, COUNT(heads));
    for (size_t i = 0; i < mock_header_count; i++)
        md_row(out, (const char *const[]){arena_printf(out->arena, "`%s`", mock_headers[i].name), mock_headers[i].help},
               COUNT(heads));
    buf_text(out, "\n");
    md_examples(out, examples, "headers");
}

void reference_print(struct buf *out)
{
    const struct field_list examples = examples_read(out->arena);
    md_heading(out, 1, "Mock server reference");
    md_text(out, intro);
    md_text(out, notation);
    put_command_line(out);
    put_fixtures(out, &examples);
    put_rules(out, &examples);
    put_records(out);
    put_simulations(out, &examples);
    put_admin(out, &examples);
    put_client_checks(out);
    put_headers(out, &examples);
    while (out->n && out->data[out->n - 1] == '\n')
        out->n--;
    buf_byte(out, '\n');
}
