/* The reference page, section by section. */
#include "mockserver/reference/reference.h"

#include "base/flags.h"
#include "base/matcher.h"
#include "mockserver/admin/api.h"
#include "mockserver/admin/guide.h"
#include "mockserver/cli/options.h"
#include "mockserver/client_checks/client_checks.h"
#include "mockserver/fixture/fixture.h"
#include "mockserver/providers/providers.h"
#include "mockserver/reference/example.h"
#include "mockserver/reference/headers.h"
#include "mockserver/reference/markdown.h"
#include "mockserver/rules/rule.h"
#include "mockserver/webhooks.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const char intro[] =
    "What can be written, asked and simulated. `mockserver reference` prints this page from the "
    "tables "
    "that the program itself reads by. The tests run its examples: in the sample world "
    "(`fixtures/sample.yaml`) unless they bring their own, with the first key that fits, and with "
    "time standing still. An example shows each call, then `=>` and its response: the status, and "
    "of "
    "headers and body what matters there, as an [expectation](#expectations). "
    "[README.md](README.md) has recipes.";

static const char notation[] =
    "A *duration* is made of `d`, `h`, `m`, `s` and `ms`, the largest first: `800ms`, `1h30m`, "
    "`-30d`. A "
    "*time* is an instant, `2026-05-02T09:00:00Z`, or a duration with or without a sign, from the "
    "clock's start in a fixture and from now in a call. Files are YAML 1.2, requests are JSON of "
    "the "
    "same shape.";

static void put_flags(struct buf *out, const struct command_row *c)
{
    static const char *const heads[] = {"option", ""};
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
    static const char *const heads[] = {"exit status", "means"};
    md_table(out, heads, COUNT(heads));
    for (size_t i = 0; i < option_exit_count; i++)
        md_row(out,
               (const char *const[]){arena_printf(out->arena, "%d", option_exits[i].status),
                                     option_exits[i].help},
               COUNT(heads));
    buf_text(out, "\n");
}

static void put_command_line(struct buf *out)
{
    md_heading(out, 2, "Command line");
    md_text(out,
            "`mockserver [COMMAND] [OPTION...]`; without a command it serves. What an option says "
            "may also stand in the environment, as `UNDERSTUDY_MOCK_ADMIN_PORT` for "
            "`--admin-port`; the command line goes first. Results go to stdout, talk to stderr. "
            "[README.md](README.md) shows every option in use.");
    for (size_t i = 0; i < option_command_count; i++) {
        const struct command_row *c = &option_commands[i];
        md_heading(out, 3, "mockserver %s%s%s", c->name, *c->arguments ? " " : "", c->arguments);
        md_text(out, c->help);
        put_flags(out, c);
    }
    put_exits(out);
}

/* A table of a fixture and, behind it, those within it. */
static void put_tables(struct buf *out, const struct field_list *examples,
                       const struct fields *table, const char *path)
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
    md_text(
        out,
        "The world that a mock starts with. `mockserver lint FILE` checks one; an editor does it "
        "while you write, with this as its first line: "
        "`# yaml-language-server: $schema=<path>/mockserver/schema/fixture.json`.");
    md_examples(out, examples, "fixture");
    put_tables(out, examples, &fixture, "");
}

static void put_matchers(struct buf *out, const struct field_list *examples)
{
    const struct matcher *m;
    md_heading(out, 3, "Expectations");
    md_text(out,
            "An *expectation* is a value: what it says must be equal, and an object may have more "
            "members than are named. An object whose keys begin with `$` is made of matchers, and "
            "all of them must hold. A *text expectation* is a text, to be equal, or matchers; "
            "*named texts* are an object of names, each with one of those.");
    for (size_t i = 0; (m = matcher_at(i)); i++) {
        buf_printf(out, "`%s`: %s\n\n", m->name, m->help);
        md_examples(out, examples, m->name);
    }
}

static void put_row_examples(struct buf *out, const struct field_list *examples,
                             const struct fields *table, const char *prefix)
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
        md_examples(out, examples, arena_printf(out->arena, "effect.%s", e->name));
    }
}

static void put_references(struct buf *out)
{
    const char *word;
    buf_text(out,
             "In an edit a text `$call.<kind>` is the id of the record of that kind which the call "
             "names, else of the first one it changed; the kinds are ");
    for (size_t i = 0; (word = rule_reference_word(i)); i++)
        buf_printf(out, "%s`%s`", i ? ", " : "", word);
    buf_text(out, ". `$call.1` is the first id in the path.\n\n");
}

static void put_codes(struct buf *out, const struct provider *d)
{
    for (size_t i = 0, told = 0; i < d->fault_count; i++)
        if (call_fault_named(d, str_from(d->faults[i].code)) == &d->faults[i])
            buf_printf(out, "%s`%s`", told++ ? ", " : "", d->faults[i].code);
}

static void put_events(struct buf *out, const struct provider *d)
{
    for (size_t i = 0; d->webhooks && i < d->webhooks->event_count; i++)
        buf_printf(out, "%s`%s`", i ? ", " : "", d->webhooks->events[i]);
}

static void put_words(struct buf *out, const char *title,
                      void (*put)(struct buf *out, const struct provider *d))
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
    md_text(out,
            "Scripted behaviour, in a fixture's `rules` or at run time through the control admin. "
            "Rules act in their order, and are reported with their `hits`.");
    md_fields(out, &rule_fields, false);
    put_row_examples(out, examples, &rule_fields, "rule");
    md_heading(out, 3, "`when`: conditions");
    md_text(out, "All of them must hold. Counts count the calls that meet all else.");
    md_fields(out, when, false);
    put_row_examples(out, examples, when, "when");
    put_effects(out, examples);
    put_words(out, "The words that a response's `error` takes:", put_codes);
    put_words(out, "The events that a rule can be about, besides `*`:", put_events);
    put_references(out);
    put_matchers(out, examples);
}

static void put_simulations(struct buf *out, const struct field_list *examples)
{
    md_heading(out, 2, "Simulations");
    md_text(out,
            "`POST /__admin/simulate/<name>`. Each changes what the documents say such an event "
            "changes, and nothing else, and answers what that was.");
    for (size_t i = 0; i < simulation_count; i++) {
        buf_printf(out, "### `%s`\n\n%s", simulations[i].name, simulations[i].help);
        buf_printf(out, simulations[i].providers ? " (%s)\n\n" : "%s\n\n",
                   simulations[i].providers ? simulations[i].providers : "");
        md_fields(out, simulations[i].body, true);
        md_examples(out, examples, arena_printf(out->arena, "simulate.%s", simulations[i].name));
    }
}

static void put_admin_call(struct buf *out, const struct route *r,
                           const struct field_list *examples)
{
    const struct admin_guide *g = admin_guide(r->operation);
    md_heading(out, 3, "`%s %s`", r->method, r->pattern);
    buf_printf(out, "%s%s\n\n", g->help, r->serve ? "" : " *Not built yet.*");
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
    md_text(
        out,
        "`/__admin` beside the providers, for the world of the call: `/ns/<name>` before the path "
        "or the header `X-Mock-Namespace` names one. Mistakes are answered as problem JSON "
        "(RFC 9457), each with the pointer of its place.");
    for (size_t i = 0; i < admin_provider.route_count; i++)
        put_admin_call(out, &admin_provider.routes[i], examples);
}

static void put_client_checks(struct buf *out)
{
    md_heading(out, 2, "Client checks");
    md_text(out, "What is asked of every call: `GET /__admin/client-checks` answers for one world, "
                 "`--client-report` for all of them at the end. A verdict is `kept`, `broken` or "
                 "`not_exercised`. A wait has passed when it has by the world's clock or by the "
                 "machine's, whichever is kinder.");
    for (size_t i = 0; i < client_check_count; i++) {
        const struct client_check *q = &client_checks_table[i];
        md_heading(out, 3, "`%s`: %s", q->id, q->title);
        md_text(out, arena_printf(out->arena, "%s %s", q->help, q->judged));
    }
}

static void put_headers(struct buf *out, const struct field_list *examples)
{
    static const char *const heads[] = {"header", ""};
    md_heading(out, 2, "Headers of the mock's own");
    md_table(out, heads, COUNT(heads));
    for (size_t i = 0; i < mock_header_count; i++)
        md_row(out,
               (const char *const[]){arena_printf(out->arena, "`%s`", mock_headers[i].name),
                                     mock_headers[i].help},
               COUNT(heads));
    buf_text(out, "\n");
    md_examples(out, examples, "headers");
}

void reference_print(struct buf *out)
{
    const struct field_list examples = examples_read(out->arena);
    md_heading(out, 1, "The mock, for reference");
    md_text(out, intro);
    md_text(out, notation);
    put_command_line(out);
    put_fixtures(out, &examples);
    put_rules(out, &examples);
    put_simulations(out, &examples);
    put_admin(out, &examples);
    put_client_checks(out);
    put_headers(out, &examples);
    while (out->n && out->data[out->n - 1] == '\n')
        out->n--;
    buf_byte(out, '\n');
}
