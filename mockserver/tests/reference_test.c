/* The reference page is current and complete, and its examples give the responses that it shows. */
#include "mockserver/cli/reference.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/edit.h"
#include "base/json.h"
#include "base/match.h"
#include "base/matcher.h"
#include "base/yaml.h"
#include "mockserver/admin/api.h"
#include "mockserver/cli/options.h"
#include "mockserver/fixture/fixture.h"
#include "mockserver/rules/rule.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/mock_test.h"

#define HEADERS_MAX   8
#define SIMULATE_PATH "/__admin/simulate/"

/* --- running an example ------------------------------------------------------------------- */

struct totals { /* of all examples */
    size_t wrong;
    bool *header_seen; /* of mock_headers */
};

struct example_run {
    struct mock *mock;
    const struct example *example;
    struct {
        struct saved {
            const char *name, *text;
        } * items;
        size_t count, room;
    } saved;
    struct totals *totals;
};

/* Reports an error and continues, so that one run shows all of them. */
#define report(r, ...) (print_error(__VA_ARGS__), print_error("\n"), (void)(r)->totals->wrong++)

/* Replaces each $name in `text` by its saved value. */
static const char *resolve(struct example_run *r, const char *text)
{
    struct arena *a = &r->mock->arena;
    for (size_t i = 0; i < r->saved.count; i++) {
        const char *name = arena_printf(a, "$%s", r->saved.items[i].name);
        const char *at_name = strstr(text, name);
        if (at_name)
            text = arena_printf(a, "%.*s%s%s", (int)(at_name - text), text, r->saved.items[i].text,
                                at_name + strlen(name));
    }
    return text;
}

/* By default the sample's first key of the provider that the path belongs to. */
static const char *key_header(struct example_run *r, const struct example_call *c)
{
    const char *key = c->key;
    if (!key && strstr(c->call, "/api/v1"))
        key = "pe_live_a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4";
    else if (!key && strstr(c->call, "/v1"))
        key = "lp_live_01HX9Y6K7EJ4T2_full";
    else if (!key)
        key = "pn-abcdefghijklmnopqrstuvwx";
    bool bearer = strncmp(key, "pn-", 3) != 0;
    return arena_printf(&r->mock->arena, "%s%s", bearer ? "Authorization: Bearer " : "embed-api-key: ", key);
}

static struct mock_response make_call(struct example_run *r, const struct example_call *c)
{
    struct arena *a = &r->mock->arena;
    const char *parts[HEADERS_MAX + 4] = {resolve(r, c->call)};
    size_t count = 2;
    parts[1] = c->body ? resolve(r, json_print(a, c->body)) : NULL;
    parts[count++] = key_header(r, c);
    for (size_t i = 0; i < node_count(c->headers); i++) {
        const struct member *m = &c->headers->map.members[i];
        assert_true(count < HEADERS_MAX);
        parts[count++] = arena_printf(a, "%s: %s", m->key, node_text(m->value));
    }
    return mock_call_list(r->mock, parts);
}

static void check_expectation(struct example_run *r, const struct example_call *c, const struct node *expected,
                              const struct node *actual, const char *what)
{
    struct match_context m = {.arena = &r->mock->arena};
    struct match_results results = {0};
    if (!expected)
        return;
    match_run(&m, expected, actual, "", &results);
    for (size_t i = 0; i < results.count; i++)
        if (results.items[i].verdict != MATCH_HOLDS)
            report(r, "%s: %s: %s%s %s %s, got %s", r->example->of, c->call, what, results.items[i].pointer,
                   results.items[i].matcher, results.items[i].expected, results.items[i].actual);
}

static void check_headers(struct example_run *r, const struct example_call *c, struct mock_response x)
{
    for (size_t i = 0; i < node_count(c->has); i++) {
        const struct member *m = &c->has->map.members[i];
        const char *value = header_of(x, m->key);
        const struct node *seen = value ? node_new_text(x.arena, str_from(value)) : NULL;
        check_expectation(r, c, m->value, seen, m->key);
    }
    for (size_t i = 0; i < x.headers.count; i++) {
        struct str name = str_from(x.headers.items[i].name);
        size_t known = 0;
        while (known < mock_header_count && !str_is(name, mock_headers[known].name))
            known++;
        if (known < mock_header_count)
            r->totals->header_seen[known] = true;
        else if (str_starts(name, STR("X-Mock-")))
            report(r, "the header %s is not documented", name.s);
    }
}

static const char *const cut_words[] = {
    [CUT_NONE] = NULL,
    [CUT_BEFORE_HEADERS] = "before_headers",
    [CUT_AFTER_HEADERS] = "after_headers",
    [CUT_MID_BODY] = "mid_body",
    [CUT_RESET] = "reset",
};

static void check_delivery(struct example_run *r, const struct example_call *c, struct mock_response x)
{
    const struct rule_plan *p = x.call->plan;
    const char *cut = cut_words[x.call->res->cut];
    int64_t late_us = p ? p->delay_before_us + p->delay_after_us : 0;
    if (c->late_ms && late_us != c->late_ms * 1000)
        report(r, "%s: %s: delayed by %lld us", r->example->of, c->call, (long long)late_us);
    if (x.call->res->bytes_per_second != c->speed)
        report(r, "%s: %s: sent at another speed", r->example->of, c->call);
    if (!cut != !c->cut || (cut && strcmp(cut, c->cut) != 0))
        report(r, "%s: %s: closed: %s", r->example->of, c->call, cut ? cut : "no");
}

static void save(struct example_run *r, const struct example_call *c, struct mock_response x)
{
    for (size_t i = 0; i < node_count(c->save); i++) {
        const struct member *m = &c->save->map.members[i];
        const char *text = at(x, node_text(m->value));
        if (!text)
            report(r, "%s: %s: no value at %s", r->example->of, c->call, node_text(m->value));
        else
            *arena_push(&r->mock->arena, &r->saved, struct saved) = (struct saved){m->key, text};
    }
}

static const char *add_rule(struct example_run *r, const char *yaml)
{
    struct error err = {0};
    const struct node *rule = yaml_parse(&r->mock->arena, str_from(yaml), r->example->of, &err);
    assert_non_null(rule);
    struct mock_response x = mock_call(r->mock, "POST /__admin/rules", json_print(&r->mock->arena, rule));
    if (x.status != 201)
        report(r, "%s: %s", r->example->of, x.text.s);
    return at(x, "/rule");
}

static void run_example(const struct example *e, struct totals *f)
{
    struct example_run of_e = {.mock = mock_test_new(e->fixture), .example = e, .totals = f}, *r = &of_e;
    const struct example_call *calls = e->calls.items;
    const char *rule = e->rule ? add_rule(r, e->rule) : NULL;
    for (size_t i = 0; i < e->calls.count; i++) {
        struct mock_response x = make_call(r, &calls[i]);
        if (x.status != calls[i].status)
            report(r, "%s: %s: %d, not %lld: " STR_FMT, e->of, calls[i].call, x.status, (long long)calls[i].status,
                   STR_ARG(x.text));
        check_expectation(r, &calls[i], calls[i].sees, x.body, "");
        check_headers(r, &calls[i], x);
        check_delivery(r, &calls[i], x);
        save(r, &calls[i], x);
    }
    if (rule) {
        struct mock_response x = mock_call(r->mock, arena_printf(&r->mock->arena, "GET /__admin/rules/%s", rule), NULL);
        const struct node *hits = node_get(x.body, "hits");
        if (hits->integer != (e->hits ? e->hits : 1))
            report(r, "%s: the rule has %lld hits", e->of, (long long)hits->integer);
    }
    mock_free(r->mock);
}

static void each_example_gives_the_shown_response(void **state)
{
    (void)state;
    struct arena a = {0};
    struct field_list list = examples_read(&a);
    struct totals f = {.header_seen = arena_array(&a, bool, mock_header_count)};
    for (size_t i = 0; i < list.count; i++) {
        const struct example *e = (const struct example *)list.items + i;
        struct match_context m = {.arena = &a};
        if (e->calls.count)
            run_example(e, &f);
        else if (!e->value || !match_holds(&m, e->expectation, e->value))
            fail_msg("%s: has no calls, or the expectation does not hold", e->of);
    }
    assert_int_equal(f.wrong, 0);
    for (size_t i = 0; i < mock_header_count; i++)
        if (!f.header_seen[i] && strcmp(mock_headers[i].name, "X-Mock-Namespace") != 0)
            fail_msg("no example shows %s", mock_headers[i].name);
    arena_end(&a);
}

/* --- completeness -------------------------------------------------------------------------- */

/* The table rows that the examples use. */
struct used {
    struct arena arena;
    struct {
        const void **items;
        size_t count, room;
    } rows;
};

static void use(struct used *u, const void *row)
{
    *arena_push(&u->arena, &u->rows, const void *) = row;
}

static bool is_used(const struct used *u, const void *row)
{
    for (size_t i = 0; i < u->rows.count; i++)
        if (u->rows.items[i] == row)
            return true;
    return false;
}

static void use_map(struct used *u, const struct fields *table, const struct node *map)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct field *f = &table->rows[i];
        const struct node *value = node_get(map, f->key);
        if (!value)
            continue;
        use(u, f);
        if (f->sub && f->type == FIELD_MAP)
            use_map(u, f->sub, value);
        for (size_t k = 0; f->type == FIELD_LIST && k < node_count(value); k++)
            use_map(u, f->sub, node_at(value, k));
    }
}

static void use_rule(struct used *u, const struct node *rule)
{
    const struct node *then = node_get(rule, "then");
    use_map(u, &rule_fields, rule);
    for (size_t i = 0; i < node_count(then); i++)
        for (size_t k = 0; k < rule_effect_count; k++) {
            const struct effect *e = &rule_effects[k];
            const struct node *value = node_get(node_at(then, i), e->name);
            if (!value)
                continue;
            use(u, e);
            if (e->fields)
                use_map(u, e->fields, value);
            for (size_t n = 0; strcmp(e->name, "edit") == 0 && n < node_count(value); n++)
                use_map(u, &edit_fields, node_at(value, n));
        }
}

static void use_call(struct used *u, const struct example_call *c)
{
    struct str rest = str_from(c->call), method = str_cut(&rest, ' '), path = str_cut(&rest, '?');
    const struct route *route;
    struct str params[ROUTE_PARAMS_MAX];
    struct arena a = {0};
    if ((c->status < 300 || c->status == 409) && route_find(admin_provider.routes, admin_provider.route_count, method,
                                                            path, &route, params, &a, NULL) == ROUTE_FOUND) {
        const struct admin_guide *g = admin_guide(route->operation);
        use(u, route);
        if (g->body == &rule_fields)
            use_rule(u, c->body);
        else if (g->body)
            use_map(u, g->body, c->body);
        for (size_t i = 0; i < simulation_count; i++)
            if (str_is(path, arena_printf(&a, SIMULATE_PATH "%s", simulations[i].name))) {
                use(u, &simulations[i]);
                use_map(u, simulations[i].body, c->body);
            }
    }
    arena_end(&a);
}

static const struct node *yaml(struct used *u, const char *text)
{
    return text ? yaml_parse(&u->arena, str_from(text), "example", NULL) : NULL;
}

static void use_all(struct used *u, const struct fields *fixture)
{
    struct field_list list = examples_read(&u->arena);
    for (size_t i = 0; i < list.count; i++) {
        const struct example *e = (const struct example *)list.items + i;
        const struct example_call *calls = e->calls.items;
        const struct node *world = yaml(u, e->fixture), *rule = yaml(u, e->rule);
        use_map(u, fixture, world);
        use_rule(u, rule);
        for (size_t k = 0; k < e->calls.count; k++)
            use_call(u, &calls[k]);
        if (e->value)
            use(u, matcher_find(e->of));
    }
}

/* The first key without help or example; NULL: none. */
static const char *first_missing(const struct used *u, const struct fields *table)
{
    const char *lacking = NULL;
    for (size_t i = 0; i < table->count && !lacking; i++) {
        const struct field *f = &table->rows[i];
        if (!f->help || !*f->help || !is_used(u, f))
            lacking = f->key;
        else if (f->sub)
            lacking = first_missing(u, f->sub);
    }
    return lacking;
}

static void assert_all(const struct used *u, const struct fields *table)
{
    const char *lacking = first_missing(u, table);
    if (lacking)
        fail_msg("'%s' of %s has no help or no example", lacking, table->name);
}

static void every_fixture_and_rule_key_has_an_example(void **state)
{
    (void)state;
    struct used u = {0};
    const struct fields fixture = fixture_fields(&u.arena);
    const struct matcher *m;
    use_all(&u, &fixture);
    for (size_t i = 0; i < fixture.count; i++)
        if (strcmp(fixture.rows[i].key, "include") == 0)
            use(&u, &fixture.rows[i]); /* another file: fixture_test */
    assert_all(&u, &fixture);
    assert_all(&u, &rule_fields);
    assert_all(&u, &edit_fields);
    for (size_t i = 0; i < rule_effect_count; i++) {
        if (!is_used(&u, &rule_effects[i]))
            fail_msg("no example has the effect %s", rule_effects[i].name);
        if (rule_effects[i].fields)
            assert_all(&u, rule_effects[i].fields);
    }
    for (size_t i = 0; (m = matcher_at(i)); i++)
        if (!is_used(&u, m))
            fail_msg("no example has the matcher %s", m->name);
    arena_end(&u.arena);
}

static void every_admin_call_has_an_example(void **state)
{
    (void)state;
    struct used u = {0};
    const struct fields fixture = fixture_fields(&u.arena);
    use_all(&u, &fixture);
    for (size_t i = 0; i < simulation_count; i++) {
        if (!is_used(&u, &simulations[i]))
            fail_msg("no example has the simulation %s", simulations[i].name);
        assert_all(&u, simulations[i].body);
    }
    for (size_t i = 0; i < admin_provider.route_count; i++) {
        const struct route *r = &admin_provider.routes[i];
        const struct admin_guide *g = admin_guide(r->operation);
        if (r->serve && !is_used(&u, r))
            fail_msg("no example calls %s %s", r->method, r->pattern);
        if (r->serve && g->body)
            assert_all(&u, g->body);
    }
    arena_end(&u.arena);
}

/* --- the page ------------------------------------------------------------------------------- */

static const char *read_file(struct arena *a, const char *path)
{
    struct buf text = {.arena = a};
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    for (size_t n = 1; n; text.n += n)
        n = fread(buf_reserve(&text, 4096), 1, 4096, file);
    (void)fclose(file);
    return buf_c(&text);
}

static void the_page_in_the_tree_is_current(void **state)
{
    (void)state;
    struct arena a = {0};
    struct buf page = {.arena = &a};
    reference_print(&page);
    if (strcmp(buf_c(&page), read_file(&a, SOURCE_DIR "/mockserver/REFERENCE.md")) != 0)
        fail_msg("run: mockserver reference > mockserver/REFERENCE.md");
    arena_end(&a);
}

static void the_page_shows_every_example(void **state)
{
    (void)state;
    struct arena a = {0};
    struct buf page = {.arena = &a};
    struct field_list list = examples_read(&a);
    size_t calls = 0, shown = 0;
    for (size_t i = 0; i < list.count; i++) {
        const struct example *e = (const struct example *)list.items + i;
        calls += e->calls.count + (e->value != NULL);
    }
    reference_print(&page);
    for (const char *c = buf_c(&page); *c; c++)
        shown += !strncmp(c, "\n=> ", 4) || !strncmp(c, "  matches  ", 11);
    assert_int_equal(shown, calls);
    arena_end(&a);
}

/* Adds the code blocks of a page. */
static void add_blocks(struct buf *out, struct str page)
{
    bool inside = false;
    while (page.n) {
        struct str line = str_cut(&page, '\n');
        if (str_starts(line, STR("```")))
            inside = !inside;
        else if (inside)
            buf_printf(out, STR_FMT " \n", STR_ARG(line));
    }
}

static void every_option_is_used_in_a_recipe(void **state)
{
    (void)state;
    struct arena a = {0};
    struct buf shown = {.arena = &a};
    add_blocks(&shown, str_from(read_file(&a, SOURCE_DIR "/README.md")));
    add_blocks(&shown, str_from(read_file(&a, SOURCE_DIR "/mockserver/README.md")));
    for (size_t i = 0; i < option_command_count; i++)
        for (size_t k = 0; k < option_commands[i].count; k++) {
            const char *option = arena_printf(&a, " --%s ", option_commands[i].rows[k].name);
            if (!strstr(buf_c(&shown), option))
                fail_msg("no recipe uses%sof %s", option, command_texts[option_commands[i].command]);
        }
    arena_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_example_gives_the_shown_response),
        cmocka_unit_test(every_fixture_and_rule_key_has_an_example),
        cmocka_unit_test(every_admin_call_has_an_example),
        cmocka_unit_test(the_page_in_the_tree_is_current),
        cmocka_unit_test(the_page_shows_every_example),
        cmocka_unit_test(every_option_is_used_in_a_recipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
