#include "conformance/scenario/target_schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/array.h"
#include "conformance/scenario/usage.h"

struct scene {
    struct arena arena;
    const char *folder;
};

static const char claim[] = "- { claim: X-001, says: x, source: y, level: must, observe: api }\n";
static const char scenario[] = "scenario: one\ntitle: One\nrequires: [spare]\nsteps:\n  - id: a\n"
                               "    call: DELETE /items/$target.item\n    as: full\n"
                               "    expect: { status: 200, body: { id: $target.item } }\n    claims: [X-001]\n";

static void write_file(struct scene *s, const char *name, const char *text)
{
    FILE *f = fopen(arena_printf(&s->arena, "%s/%s", s->folder, name), "w");
    if (!f)
        fail_msg("%s cannot be written", name);
    if (f && (fputs(text, f) == EOF || fclose(f) != 0))
        fail_msg("%s cannot be written", name);
}

static int set_up(void **state)
{
    static struct scene s;
    s = (struct scene){0};
    *state = &s;
    char *folder = arena_text(&s.arena, P_tmpdir "/target_schema_test_XXXXXX");
    s.folder = mkdtemp(folder);
    if (!s.folder)
        return -1;
    (void)mkdir(arena_printf(&s.arena, "%s/deep", folder), 0700);
    (void)mkdir(arena_printf(&s.arena, "%s/targets", folder), 0700);
    write_file(&s, "claims.yaml", claim);
    write_file(&s, "deep/one.yaml", scenario);
    return 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = {
        "claims.yaml",        "deep/one.yaml", "deep/flows/f.yaml", "deep/flows",   "targets/mine.yaml",
        "target-schema.yaml", "deep",          "targets",           "given.target", ""};
    struct scene *s = *state;
    for (size_t i = 0; i < COUNT(names); i++)
        (void)remove(arena_printf(&s->arena, "%s/%s", s->folder, names[i]));
    arena_end(&s->arena);
    return 0;
}

/* Loads the scenarios; returns the errors, without the folder's name. */
static const char *errors_of(struct scene *s, const struct given_target *given)
{
    struct suite suite;
    struct error err = {0};
    bool ok = suite_load_for(&s->arena, &s->folder, 1, given, &suite, &err);
    char *text = error_text(&s->arena, &err);
    assert_int_equal(ok, !error_any(&err));
    error_end(&err);
    size_t n = strlen(s->folder) + 1;
    for (char *at = text; (at = strstr(at, s->folder));)
        memmove(at, at + n, strlen(at + n) + 1);
    return text;
}

static void expect_errors(struct scene *s, const struct given_target *given, const char *expected)
{
    assert_string_equal(errors_of(s, given), expected);
}

#define DECLARE(key)                                                                                                   \
    "; declare it under '" key "' in a target file (--target, or targets/*.yaml beside the scenario or above it), or " \
    "in target-schema.yaml beside claims.yaml"

static void without_a_schema_the_target_files_declare_the_names(void **state)
{
    struct scene *s = *state;
    const struct given_target nothing = {0};
    expect_errors(
        s, &nothing,
        "deep/one.yaml:3:12: unknown capability 'spare'" DECLARE(
            "capabilities") "\n"
                            "deep/one.yaml:6:11: unknown resource 'item'" DECLARE(
                                "resources") "\n"
                                             "deep/one.yaml:7:9: unknown actor 'full'" DECLARE(
                                                 "actors") "\n"
                                                           "deep/one.yaml:8:40: unknown resource 'item'" DECLARE(
                                                               "resources"));
    write_file(s, "targets/mine.yaml",
               "name: x\nactors: { full: {} }\nresources: { itme: 1 }\ncapabilities: [spare]\n");
    expect_errors(
        s, &nothing,
        "deep/one.yaml:6:11: unknown resource 'item' (did you mean 'itme'?)" DECLARE(
            "resources") "\n"
                         "deep/one.yaml:8:40: unknown resource 'item' (did you mean 'itme'?)" DECLARE("resources"));
    write_file(s, "given.target", "name: y\nresources: { item: 1 }\n");
    struct given_target given = {.file = arena_printf(&s->arena, "%s/given.target", s->folder)};
    expect_errors(s, &given, "");
}

static void an_actor_of_the_command_line_is_known(void **state)
{
    static const char *const actors[] = {"full"};
    struct scene *s = *state;
    write_file(s, "targets/mine.yaml", "resources: { item: 1 }\ncapabilities: [spare]\n");
    expect_errors(s, &(struct given_target){.actors = actors, .actor_count = 1}, "");
}

static const char schema[] = "api: Items\ncapabilities: { spare: a spare item }\n"
                             "actors: { full: { means: a key, check: GET /items } }\n"
                             "resources: { item: { means: an item, check: GET /items/$value, as: full } }\n";

static void the_names_of_target_files_must_be_in_the_schema(void **state)
{
    static const char *const actors[] = {"ful"};
    struct scene *s = *state;
    write_file(s, "target-schema.yaml", schema);
    expect_errors(s, &(struct given_target){0}, "");
    write_file(s, "targets/mine.yaml", "name: x\nactors: { fulll: {} }\nresources: { item: 1 }\n");
    write_file(s, "given.target", "name: y\nresources: { items: 1 }\ncapabilities: [consent, webhook, sparee]\n");
    struct given_target given = {arena_printf(&s->arena, "%s/given.target", s->folder), actors, 1};
    expect_errors(
        s, &given,
        "--key: unknown actor 'ful' (did you mean 'full'?); target-schema.yaml lists them\n"
        "given.target:2:14: unknown resource 'items' (did you mean 'item'?); target-schema.yaml lists them\n"
        "given.target:3:34: unknown capability 'sparee' (did you mean 'spare'?); target-schema.yaml lists them\n"
        "targets/mine.yaml:2:11: unknown actor 'fulll' (did you mean 'full'?); target-schema.yaml lists them");
}

static void the_names_of_a_flow_that_no_scenario_uses_are_checked(void **state)
{
    struct scene *s = *state;
    write_file(s, "target-schema.yaml", schema);
    (void)mkdir(arena_printf(&s->arena, "%s/deep/flows", s->folder), 0700);
    write_file(s, "deep/flows/f.yaml",
               "flow: f\noutputs: { id: $a.id }\nsteps:\n  - id: a\n    call: GET /items/$target.iten\n    as: fool\n"
               "    expect: { status: 200 }\n    capture: { id: /id }\n");
    expect_errors(s, &(struct given_target){0},
                  "deep/flows/f.yaml:5:11: unknown resource 'iten' (did you mean 'item'?); target-schema.yaml lists "
                  "them\ndeep/flows/f.yaml:6:9: unknown actor 'fool' (did you mean 'full'?); target-schema.yaml lists "
                  "them");
}

static void a_wrong_schema_is_rejected_at_its_position(void **state)
{
    /* clang-format off */
    static const struct {
        const char *names, *wrong;
    } rows[] = {
        {"actors: { full: { means: k } }", "3:17: 'full' needs either 'check' or 'unchecked'"},
        {"actors: { full: { means: k, check: GET /x, unchecked: y } }", "3:17: 'full' needs either 'check' or 'unchecked'"},
        {"actors: { full: { means: k, check: POST /x } }",
         "3:17: invalid check 'POST /x'; expected GET /PATH: a check only reads"},
        {"actors: { full: { means: k, check: GET /x/$value } }", "3:11: unknown reference 'value'; a check may use $target.NAME"},
        {"actors: { full: { means: k, check: GET /x, as: full } }", "3:11: the check of actor 'full' uses its own key; remove 'as'"},
        {"actors: { full: { means: k, check: GET /x, has: { id: { $tpye: string } } } }", "3:57: unknown matcher '$tpye'"},
        {"actors: { full: { mean: k, check: GET /x } }", "3:19: unknown key 'mean'"},
        {"resources: { item: { means: i, check: GET /x } }", "3:14: missing 'as': the check of 'item' needs an actor"},
        {"resources: { item: { means: i, check: GET /x, as: ful } }", "3:14: unknown actor 'ful'"},
        {"resources: { item: { means: i, unchecked: x, status: 404 } }",
         "3:20: 'as', 'status', 'has' and 'cursor' need a 'check'"},
        {"resources: { item: { means: i, unchecked: x, same_host: itm } }", "3:14: unknown resource 'itm' (did you mean 'item'?)"},
        {"actors: { raw: { means: r, derived_from: ful, scheme: none } }", "3:11: unknown actor 'ful'"},
        {"actors: { raw: { means: r, derived_from: raw } }",
         "3:16: 'derived_from' needs exactly one of 'scheme: none', 'secret_after' and 'secret_last'"},
        {"actors: { raw: { means: r, derived_from: raw, scheme: none, secret_last: 4 } }", "3:16: 'derived_from' needs exactly one"},
        {"actors: { raw: { means: r, derived_from: raw, scheme: none, check: GET /x } }",
         "3:16: the scenarios check the key of 'raw'; remove 'check'"},
        {"actors: { raw: { means: r, derived_from: raw, wrong_key: k } }", "3:16: 'wrong_key' cannot be combined with 'derived_from'"},
        {"actors: { raw: { means: r, unchecked: x, scheme: none } }", "3:16: 'derived_from' needs exactly one"},
        {"resources: { item: { means: i, wrong_key: k } }", "3:14: only an actor has 'derived_from' or 'wrong_key'"},
    };
    /* clang-format on */
    struct scene *s = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *expected = arena_printf(&s->arena, "target-schema.yaml:%s", rows[i].wrong);
        write_file(s, "target-schema.yaml",
                   arena_printf(&s->arena, "api: Items\ncapabilities: { spare: s }\n%s\n", rows[i].names));
        if (!strstr(errors_of(s, &(struct given_target){0}), expected))
            fail_msg("%s: got %s", rows[i].names, errors_of(s, &(struct given_target){0}));
    }
}

/* --- the schemas of the providers --------------------------------------------------------- */

struct used {
    struct arena *arena;
    struct target_names names;
};

static void add_used(void *ctx, struct str name, struct where at)
{
    struct used *u = ctx;
    struct str rest = name;
    *arena_push(u->arena, &u->names, struct target_name) =
        (struct target_name){.name = str_dup(u->arena, str_cut(&rest, '.')), .at = at};
}

static void add_used_actor(void *ctx, const char *name, struct where at)
{
    if (name)
        add_used(ctx, str_from(name), at);
}

static void expect_used(const struct target_names *listed, const struct used *used, const char *file)
{
    for (size_t i = 0; i < listed->count; i++)
        if (!target_name_find(&used->names, str_from(listed->items[i].name)))
            fail_msg("%s:%d: no scenario uses '%s'", file, listed->items[i].at.line, listed->items[i].name);
}

/* A list that nothing uses would accept misspelt names. A name may also be needed by the check of another one. */
static void every_name_in_a_providers_schema_is_used(void **state)
{
    struct scene *s = *state;
    struct suite suite = {0};
    struct error err = {0};
    const char *path = SOURCE_DIR "/scenarios";
    if (!suite_load(&s->arena, &path, 1, &suite, &err))
        fail_msg("%s", error_text(&s->arena, &err));
    assert_true(suite.catalogue_count >= 3);
    for (size_t i = 0; i < suite.catalogue_count; i++) {
        const struct catalogue *c = suite.catalogues[i];
        struct used capabilities = {&s->arena, {0}}, actors = {&s->arena, {0}}, resources = {&s->arena, {0}};
        const struct usage of_actors = {.actor = add_used_actor, .ctx = &actors};
        const struct usage of_resources = {.resource = add_used, .ctx = &resources};
        for (size_t k = 0; k < suite.scenario_count; k++) {
            const struct scenario *sc = suite.scenarios[k];
            if (!str_starts(str_from(sc->file), str_from(c->folder)))
                continue;
            for (size_t n = 0; n < sc->require_count; n++)
                add_used(&capabilities, str_from(sc->requires[n]), sc->at);
            usage_of_scenario(sc, &of_actors);
            usage_of_scenario(sc, &of_resources);
        }
        assert_non_null(c->targets);
        assert_true(resources.names.count && actors.names.count);
        for (size_t k = 0; k < c->targets->resources.count; k++)
            if (c->targets->resources.items[k].same_host)
                add_used(&resources, str_from(c->targets->resources.items[k].same_host), (struct where){0});
        expect_used(&c->targets->capabilities, &capabilities, c->targets->file);
        expect_used(&c->targets->actors, &actors, c->targets->file);
        expect_used(&c->targets->resources, &resources, c->targets->file);
    }
    error_end(&err);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(without_a_schema_the_target_files_declare_the_names),
        TEST(an_actor_of_the_command_line_is_known),
        TEST(the_names_of_target_files_must_be_in_the_schema),
        TEST(the_names_of_a_flow_that_no_scenario_uses_are_checked),
        TEST(a_wrong_schema_is_rejected_at_its_position),
        TEST(every_name_in_a_providers_schema_is_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
