#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/yaml.h"
#include "conformance/scenario/reader.h"
#include "conformance/scenario/references.h"

/* Error messages show paths as given, so all tests run in the folder of the tests. */
static int setup(void **state)
{
    static struct arena arena;
    *state = &arena;
    return chdir(TEST_DIR);
}

static int teardown(void **state)
{
    arena_end(*state);
    return 0;
}

static struct suite load_path(struct arena *a, const char *path)
{
    struct suite suite = {0};
    struct error err = {0};
    bool loaded = suite_load(a, &path, 1, &suite, &err);
    assert_string_equal(error_text(a, &err), "");
    assert_true(loaded);
    error_end(&err);
    return suite;
}

static const char *load_errors(struct arena *a, const char *const *paths, size_t count)
{
    struct suite suite = {0};
    struct error err = {0};
    bool loaded = suite_load(a, paths, count, &suite, &err);
    const char *why = error_text(a, &err);
    assert_int_equal(loaded, !error_any(&err));
    assert_true(loaded || !suite.scenario_count);
    error_end(&err);
    return why;
}

static const char *file_text(struct arena *a, const char *path)
{
    struct buf out = {.arena = a};
    FILE *f = fopen(path, "r");
    if (!f)
        fail_msg("cannot open %s", path);
    for (int c; f && (c = fgetc(f)) != EOF;)
        buf_byte(&out, (char)c);
    if (f)
        (void)fclose(f);
    while (out.n && out.data[out.n - 1] == '\n')
        out.data[--out.n] = '\0';
    return buf_c(&out);
}

static const struct step *step_named(const struct scenario *s, const char *id)
{
    for (size_t i = 0; i < s->step_count; i++)
        if (s->steps[i].id && strcmp(s->steps[i].id, id) == 0)
            return &s->steps[i];
    fail_msg("no step '%s'", id);
    return NULL;
}

/* -------------------------------------------------------------------------------------------- */

/* Compares the errors of each scenario file in the folder with the file .err beside it. Returns how many differ. */
static size_t count_wrong_errors(struct arena *a, const char *folder, size_t *seen)
{
    static const char *const others[] = {"claims.yaml", "disputes.yaml", "operations.yaml", "target-schema.yaml"};
    size_t count, wrong = 0;
    const char *const *names = folder_names(a, folder, &count);
    for (size_t i = 0; i < count; i++) {
        const char *path = path_join(a, folder, names[i]);
        if (!path_is_yaml(path) || has_text(others, COUNT(others), names[i]))
            continue;
        const char *expected = file_text(a, arena_printf(a, "%s/%s.err", folder, path_stem(a, path)));
        const char *why = load_errors(a, &path, 1);
        ++*seen;
        if (strcmp(expected, why) == 0 && (*expected || str_starts(str_from(names[i]), STR("fine"))))
            continue;
        wrong++;
        print_error("%s\n--- expected\n%s\n--- reported\n%s\n", path, expected, why);
    }
    return wrong;
}

static void every_bad_file_is_rejected_with_all_its_errors(void **state)
{
    size_t seen = 0;
    assert_int_equal(count_wrong_errors(*state, "bad", &seen), 0);
    assert_true(seen >= 40);
}

static void what_is_not_documented_is_rejected(void **state)
{
    size_t seen = 0;
    assert_int_equal(count_wrong_errors(*state, "documented", &seen), 0);
    assert_int_equal(seen, 3);
}

static void what_a_server_passes_that_always_sends_the_same_is_rejected(void **state)
{
    size_t seen = 0;
    assert_int_equal(count_wrong_errors(*state, "controls", &seen), 0);
    assert_int_equal(seen, 9);
}

static void the_scenarios_of_the_providers_load(void **state)
{
    struct suite suite = load_path(*state, SOURCE_DIR "/scenarios");
    assert_true(suite.scenario_count >= 38);
    assert_true(suite.catalogue_count >= 1);
}

static void a_folder_loads_in_path_order(void **state)
{
    struct suite suite = load_path(*state, "suite");
    assert_int_equal(suite.scenario_count, 2);
    assert_string_equal(suite.scenarios[0]->file, "suite/deeper/nearest.yaml");
    assert_string_equal(suite.scenarios[1]->file, "suite/everything.yaml");
    assert_int_equal(suite.catalogue_count, 1);
    assert_string_equal(suite.catalogues[0]->folder, "suite");
}

static void a_file_that_is_named_twice_is_loaded_once(void **state)
{
    const char *paths[] = {"suite", "suite/everything.yaml", "./suite/deeper/../everything.yaml"};
    struct suite suite = {0};
    assert_true(suite_load(*state, paths, COUNT(paths), &suite, &(struct error){0}));
    assert_int_equal(suite.scenario_count, 2);
}

static void flows_and_claims_of_parent_folders_are_found(void **state)
{
    assert_int_equal(chdir("suite/deeper"), 0);
    struct suite suite = load_path(*state, "nearest.yaml");
    assert_int_equal(chdir(TEST_DIR), 0);
    assert_int_equal(suite.scenario_count, 1);
    assert_string_equal(suite.catalogues[0]->folder, "..");
}

static void every_key_is_read(void **state)
{
    struct suite suite = load_path(*state, "suite/everything.yaml");
    const struct scenario *s = suite.scenarios[0];
    assert_string_equal(s->name, "everything");
    assert_string_equal(s->title, "Every key in one scenario");
    assert_int_equal(s->require_count, 2);
    assert_string_equal(s->tags[1], "words");
    assert_string_equal(s->exclusive[0], "items");
    assert_string_equal(s->vars[0].name, "project");
    assert_int_equal(s->vars[1].value->integer, 3);
    assert_int_equal(s->step_count, 8);

    const struct step *list = step_named(s, "list");
    assert_int_equal(list->kind, STEP_CALL);
    assert_int_equal(list->number, 2);
    assert_string_equal(list->method, "GET");
    assert_string_equal(list->path, "/v1/projects/$project/items?after=$made.id");
    assert_string_equal(list->as, "other");
    assert_true(list->eventually && !list->consistently);
    assert_int_equal(list->every_ms, 1000);
    assert_int_equal(list->for_ms, 90000);
    assert_int_equal(list->stop.statuses[0], 500);
    assert_non_null(list->stop.body);
    assert_non_null(list->pending.body);
    assert_int_equal(list->expect.status_count, 2);
    assert_non_null(node_get(list->expect.headers, "Retry-After"));
    assert_string_equal(list->captures[0].pointer, "/items/0/id");
    assert_int_equal(list->citation_count, 3);
    assert_string_equal(list->citations[1].claim, "X-001");
    assert_string_equal(list->citations[1].pointer, "headers/Retry-After");
    assert_string_equal(list->citations[2].claim, "X-002");
    assert_string_equal(list->citations[2].pointer, "/items/$some");
    assert_int_equal(list->at.line, 15);

    const struct step *held = step_named(s, "held");
    assert_true(held->consistently && !held->eventually);
    assert_int_equal(held->every_ms, 500);
    assert_int_equal(held->settle_ms, 10000);
    assert_int_equal(held->case_count, 2);

    assert_string_equal(s->steps[3].simulate, "token_lost");
    assert_null(s->steps[3].id);
    assert_string_equal(node_get_text(s->steps[4].advance, "until"), "next_event");
    assert_string_equal(step_named(s, "look")->path, "accounts/$made.id");
    assert_string_equal(step_named(s, "put")->raw_body, "{not json");
    assert_string_equal(step_named(s, "put")->citations[0].pointer, "");

    const struct step *again = step_named(s, "again");
    assert_string_equal(again->dispute, "X-C01");
    assert_int_equal(again->reading_count, 2);
    assert_string_equal(again->readings[1].name, "idempotent");
    assert_int_equal(again->readings[1].expect.statuses[0], 200);
    assert_int_equal(again->cleanup_count, 1);
    assert_string_equal(again->cleanups[0].method, "POST");
    assert_string_equal(again->cleanups[0].path, "/v1/items/$made.id/restore");
    assert_int_equal(again->cleanups[0].already_gone[0], 409);
    assert_string_equal(again->cleanups[0].lookup->path, "/v1/items");
    assert_string_equal(again->cleanups[0].lookup->in, "/items");
    assert_non_null(node_get(again->cleanups[0].lookup->where, "name"));
}

static void a_flow_has_its_inputs_outputs_and_steps(void **state)
{
    struct suite suite = load_path(*state, "suite/everything.yaml");
    const struct step *made = step_named(suite.scenarios[0], "made");
    const struct flow *connect = made->flow;
    assert_int_equal(made->kind, STEP_USE);
    assert_non_null(node_get(made->expect.outputs, "id"));
    assert_string_equal(connect->name, "connect");
    assert_string_equal(connect->inputs[0].type, "string");
    assert_null(connect->inputs[0].value);
    assert_string_equal(node_text(connect->outputs[1].value), "$consent.redirect");
    assert_string_equal(connect->steps[0].outcome, "approve");
    const struct flow *create = connect->steps[1].flow;
    assert_string_equal(create->file, "suite/flows/create.yaml");
    assert_int_equal(create->inputs[1].value->integer, 1);
    assert_null(create->inputs[2].type);
    assert_string_equal(create->steps[0].as, "$as");
}

static void the_nearest_flow_is_used(void **state)
{
    struct suite suite = load_path(*state, "suite/deeper");
    assert_string_equal(suite.scenarios[0]->steps[0].flow->file, "suite/deeper/flows/create.yaml");
}

/* --- invalid paths ------------------------------------------------------------------------ */

static void write_file(struct arena *a, const char *folder, const char *name, const char *text)
{
    FILE *f = fopen(path_join(a, folder, name), "w");
    assert_non_null(f);
    (void)fputs(text, f);
    (void)fclose(f);
}

static const char *new_folder(struct arena *a)
{
    char *folder = arena_text(a, P_tmpdir "/scenarios-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return folder;
}

static void remove_folder(struct arena *a, const char *folder)
{
    size_t count;
    const char *const *names = folder_names(a, folder, &count);
    for (size_t i = 0; i < count; i++)
        (void)unlink(path_join(a, folder, names[i]));
    (void)rmdir(folder);
}

static void a_missing_path_and_an_empty_folder_are_rejected(void **state)
{
    struct arena *a = *state;
    const char *folder = new_folder(a);
    const char *paths[] = {"suite/nowhere.yaml", folder};
    const char *why = load_errors(a, paths, 2);
    remove_folder(a, folder);
    assert_non_null(strstr(why, "suite/nowhere.yaml: no such file or folder"));
    assert_non_null(strstr(why, arena_printf(a, "%s: no scenarios in this folder", folder)));
    assert_string_equal(load_errors(a, NULL, 0), "no scenarios given; expected files or folders");
}

static void a_file_that_may_be_a_scenario_is_not_skipped(void **state)
{
    struct arena *a = *state;
    const char *folder = new_folder(a);
    static const char *const names[] = {"one.yml", "two.YAML", "three.Yml", ".hidden.yml", "notes.txt"};
    for (size_t i = 0; i < COUNT(names); i++)
        write_file(a, folder, names[i], "");
    assert_int_equal(symlink("nowhere", path_join(a, folder, "gone.yaml")), 0);
    const char *why = load_errors(a, &folder, 1);
    (void)unlink(path_join(a, folder, ".hidden.yml"));
    remove_folder(a, folder);
    for (size_t i = 0; i < 3; i++)
        assert_non_null(strstr(why, arena_printf(a, "%s: the name of a scenario file ends in .yaml; rename this file",
                                                 path_join(a, folder, names[i]))));
    assert_non_null(strstr(why, arena_printf(a, "%s/gone.yaml: not a file that can be read", folder)));
    assert_null(strstr(why, "hidden"));
    assert_null(strstr(why, "notes"));
}

static const char scenario_text[] = "scenario: one\ntitle: One\nsteps:\n"
                                    "  - id: a\n    call: DELETE /v1/a\n"
                                    "    expect: { status: 200, body: { id: a } }\n    claims: [X-001]\n";

static void scenarios_without_a_catalogue_or_with_duplicate_names_are_rejected(void **state)
{
    struct arena *a = *state;
    const char *folder = new_folder(a);
    write_file(a, folder, "a.yaml", scenario_text);
    const char *without = load_errors(a, &folder, 1);
    write_file(a, folder, "b.yaml", scenario_text);
    write_file(a, folder, "claims.yaml", "- { claim: X-001, says: x, source: y, level: must, observe: api }\n");
    const char *twice = load_errors(a, &folder, 1);
    remove_folder(a, folder);
    assert_string_equal(without, arena_printf(a, "%s/a.yaml:1:1: no claims.yaml in this folder or above", folder));
    assert_string_equal(twice, arena_printf(a, "%s/b.yaml:1:1: duplicate scenario name 'one'; it is also in %s/a.yaml",
                                            folder, folder));
}

/* f1 uses f2, f2 uses f3, and so on; the runner keeps a frame for each. */
static void flows_nested_too_deep_are_rejected(void **state)
{
    struct arena *a = *state;
    const char *folder = new_folder(a), *flows = path_join(a, folder, "flows");
    assert_int_equal(mkdir(flows, 0700), 0);
    for (int i = 1; i <= 13; i++)
        write_file(a, flows, arena_printf(a, "f%d.yaml", i),
                   arena_printf(a, "flow: f%d\nsteps: [ { %s } ]\n", i,
                                i < 13 ? arena_printf(a, "use: f%d", i + 1) : "call: GET /v1/a"));
    write_file(a, folder, "claims.yaml", "- { claim: X-001, says: x, source: y, level: must, observe: api }\n");
    write_file(a, folder, "a.yaml", arena_printf(a, "%s  - use: f2\n", scenario_text));
    const char *file = path_join(a, folder, "a.yaml");
    const char *twelve = load_errors(a, &file, 1);
    write_file(a, folder, "a.yaml", arena_printf(a, "%s  - use: f1\n", scenario_text));
    const char *thirteen = load_errors(a, &file, 1), *from_below = load_errors(a, &folder, 1);
    remove_folder(a, flows);
    remove_folder(a, folder);
    assert_string_equal(twelve, "");
    assert_non_null(strstr(thirteen, "flows are nested more than 12 deep"));
    assert_non_null(strstr(from_below, "flows are nested more than 12 deep"));
}

/* --- references --------------------------------------------------------------------------- */

static bool join_reference(void *ctx, struct str reference, struct where at)
{
    struct buf *out = ctx;
    (void)at;
    buf_printf(out, "%s" STR_FMT, out->n ? " " : "", STR_ARG(reference));
    return true;
}

static void references_are_found_in_text(void **state)
{
    static const struct {
        const char *text, *found, *stray;
    } rows[] = {
        {"plain",                         "",              ""    },
        {"$a",                            "a",             ""    },
        {"$a.b_2.c",                      "a.b_2.c",       ""    },
        {"$a.",                           "a",             ""    },
        {"GET /v1/$a/x/$b.id",            "a b.id",        ""    },
        {"/v1/$a.id?after=$b&x=${c}",     "a.id b c",      ""    },
        {"https://x-${a.b}.example/${c}", "a.b c",         ""    },
        {"$$a",                           "",              ""    },
        {"$$$a",                          "",              "$a"  },
        {"costs $5",                      "",              ""    },
        {"^[0-9]+$",                      "",              ""    },
        {"a$b.c d",                       "",              "$b.c"},
        {"${a",                           "",              "${"  },
        {"${}",                           "",              "${"  },
        {"$",                             "",              ""    },
        {"${no such thing}",              "no such thing", ""    },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf out = {.arena = *state};
        references_visit_text(rows[i].text, (struct where){0}, join_reference, &out);
        assert_string_equal(buf_c(&out), rows[i].found);
        assert_string_equal(str_dup(*state, references_stray(rows[i].text)), rows[i].stray);
    }
}

static void references_are_found_in_values_but_not_in_keys(void **state)
{
    struct buf out = {.arena = *state};
    const struct node *n =
        yaml_parse(*state, STR("{ $some: { id: $a }, list: [1, $b, [\"x${c}\"]], n: null, $d: 1 }"), "f", NULL);
    references_visit(n, join_reference, &out);
    assert_string_equal(buf_c(&out), "a b c");
}

static void a_claim_pointer_covers_what_is_at_or_below_its_pointer(void **state)
{
    static const struct {
        const char *cited, *pointer, *matcher;
        bool covers;
    } rows[] = {
        {"",                      "/items",          "$some",    true },
        {"",                      "status",          "is",       true },
        {"status",                "status",          "is",       true },
        {"status",                "/status",         "equals",   false},
        {"/items",                "/items/$each",    "$type",    true },
        {"/items",                "/itemsX",         "$type",    false},
        {"/items/$each/id/$type", "/items/$each/id", "$type",    true },
        {"/items/$each/id/$type", "/items/$each/id", "$in",      false},
        {"/items/$some",          "/items",          "$some",    true },
        {"/items/$some",          "/items",          "$someone", false},
        {"headers/Date",          "headers/Date",    "$present", true },
        {"/a/b",                  "/a",              "equals",   false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct citation c = {.claim = "X", .pointer = rows[i].cited};
        assert_int_equal(claim_pointer_covers(&c, rows[i].pointer, rows[i].matcher), rows[i].covers);
    }
}

static void expect_keys_in_page(struct arena *a, const char *page, const struct fields *fields)
{
    for (size_t i = 0; i < fields->count; i++)
        if (!strstr(page, arena_printf(a, "`%s`", fields->rows[i].key)))
            fail_msg("docs/scenarios.md does not have the key '%s' of a %s", fields->rows[i].key, fields->name);
}

static void the_page_about_scenarios_has_every_key(void **state)
{
    struct arena *a = *state;
    static const struct fields *const tables[] = {&scenario_fields, &flow_fields,        &step_fields,
                                                  &expect_fields,   &stop_fields,        &pending_fields,
                                                  &cleanup_fields,  &connected_as_fields};
    static char page[1 << 16];
    FILE *f = fopen("../../docs/scenarios.md", "r");
    assert_non_null(f);
    page[fread(page, 1, sizeof page - 1, f)] = 0;
    fclose(f);
    for (size_t i = 0; i < COUNT(tables); i++)
        expect_keys_in_page(a, page, tables[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_bad_file_is_rejected_with_all_its_errors),
        cmocka_unit_test(what_is_not_documented_is_rejected),
        cmocka_unit_test(what_a_server_passes_that_always_sends_the_same_is_rejected),
        cmocka_unit_test(the_scenarios_of_the_providers_load),
        cmocka_unit_test(a_folder_loads_in_path_order),
        cmocka_unit_test(a_file_that_is_named_twice_is_loaded_once),
        cmocka_unit_test(flows_and_claims_of_parent_folders_are_found),
        cmocka_unit_test(every_key_is_read),
        cmocka_unit_test(a_flow_has_its_inputs_outputs_and_steps),
        cmocka_unit_test(the_nearest_flow_is_used),
        cmocka_unit_test(a_file_that_may_be_a_scenario_is_not_skipped),
        cmocka_unit_test(a_missing_path_and_an_empty_folder_are_rejected),
        cmocka_unit_test(scenarios_without_a_catalogue_or_with_duplicate_names_are_rejected),
        cmocka_unit_test(flows_nested_too_deep_are_rejected),
        cmocka_unit_test(references_are_found_in_text),
        cmocka_unit_test(references_are_found_in_values_but_not_in_keys),
        cmocka_unit_test(a_claim_pointer_covers_what_is_at_or_below_its_pointer),
        cmocka_unit_test(the_page_about_scenarios_has_every_key),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
