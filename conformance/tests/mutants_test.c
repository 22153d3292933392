/* Reads mutants.yaml: entries, cases, included files, and every mistake with its place. */
#include "conformance/prove/mutants.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/json.h"

struct rig {
    struct arena arena;
    struct error err;
    char folder[32];
    const struct catalogue *catalogue;
    struct entries entries;
};

static const char *path_in(struct rig *r, const char *name)
{
    return arena_printf(&r->arena, "%s/%s", r->folder, name);
}

static void write_file(struct rig *r, const char *name, const char *text)
{
    FILE *f = fopen(path_in(r, name), "w");
    assert_non_null(f);
    (void)fputs(text, f);
    (void)fclose(f);
}

static void begin(struct rig *r)
{
    char text[4096];
    FILE *claims = fopen(TEST_DIR "/prove/reader-claims.yaml", "r");
    *r = (struct rig){.folder = "/tmp/mutants.XXXXXX"};
    assert_non_null(mkdtemp(r->folder));
    text[fread(text, 1, sizeof text - 1, claims)] = '\0';
    (void)fclose(claims);
    write_file(r, "claims.yaml", text);
    r->catalogue = catalogue_load(&r->arena, r->folder, &r->err);
    assert_non_null(r->catalogue);
}

static void end(struct rig *r)
{
    static const char *const files[] = {"claims.yaml", "mutants.yaml", "mutants/part.yaml"};
    for (size_t i = 0; i < COUNT(files); i++)
        (void)unlink(path_in(r, files[i]));
    (void)rmdir(path_in(r, "mutants"));
    (void)rmdir(r->folder);
    error_end(&r->err);
    arena_end(&r->arena);
}

static bool load(struct rig *r, const char *text)
{
    write_file(r, "mutants.yaml", text);
    return entries_load(&r->arena, r->catalogue, &r->entries, &r->err);
}

/* Loads the text, which must be refused with exactly these problems, one per line, each without the folder. */
static void expect_problems(const char *text, const char *problems)
{
    struct rig r;
    struct buf got = {.arena = &r.arena};
    begin(&r);
    assert_false(load(&r, text));
    struct str rest = str_from(error_text(&r.arena, &r.err));
    while (rest.n) {
        struct str line = str_cut(&rest, '\n');
        size_t folder = strlen(r.folder) + 1;
        while (str_has(line, str_from(r.folder))) {
            size_t at = 0;
            while (!str_starts(str_skip(line, at), str_from(r.folder)))
                at++;
            line = str_from(arena_printf(&r.arena, STR_FMT STR_FMT, STR_ARG(str_head(line, at)),
                                         STR_ARG(str_skip(line, at + folder))));
        }
        buf_add(&got, line);
        buf_byte(&got, '\n');
    }
    assert_string_equal(buf_c(&got), problems);
    end(&r);
}

/* --- what is read ------------------------------------------------------------------------- */

static void entries_have_their_parts(void **state)
{
    (void)state;
    struct rig r;
    begin(&r);
    assert_true(load(&r, "- mutant: no-name\n"
                         "  mistake: An item has no name\n"
                         "  breaks: [XX-001, XX-002]\n"
                         "  written: blind-1\n"
                         "  rules: [ { on: x.list } ]\n"
                         "  seed: 7\n"
                         "- mutant: same\n"
                         "  mistake: The items are sorted twice\n"
                         "  breaks: [XX-001]\n"
                         "  equivalent: the result is the same\n"
                         "- control: nothing\n"
                         "  differs: Responds 404 to everything\n"
                         "  seed: 8\n"
                         "- legal: slow\n"
                         "  differs: Takes a minute\n"
                         "  undecided: [XX-002]\n"
                         "  timings: { publish: 1m }\n"));
    assert_int_equal(r.entries.count, 4);
    const struct entry *e = r.entries.items;
    assert_int_equal(e[0].kind, ENTRY_MUTANT);
    assert_string_equal(e[0].says, "An item has no name");
    assert_string_equal(e[0].written, "blind-1");
    assert_int_equal(e[0].claim_count, 2);
    assert_string_equal(e[0].claims[1]->id, "XX-002");
    assert_string_equal(json_print(&r.arena, e[0].fixture), "{\"rules\":[{\"on\":\"x.list\"}],\"seed\":7}");
    assert_int_equal(e[0].at.line, 1);
    assert_string_equal(e[1].equivalent, "the result is the same");
    assert_int_equal(e[2].kind, ENTRY_CONTROL);
    assert_int_equal(e[3].kind, ENTRY_LEGAL);
    assert_string_equal(e[3].claims[0]->id, "XX-002");
    assert_int_equal(entries_breaking(&r.entries, e[0].claims[0]), 2);
    assert_int_equal(entries_breaking(&r.entries, e[0].claims[1]), 1);
    end(&r);
}

static void no_file_is_no_entry(void **state)
{
    (void)state;
    struct rig r;
    begin(&r);
    assert_true(entries_load(&r.arena, r.catalogue, &r.entries, &r.err));
    assert_int_equal(r.entries.count, 0);
    end(&r);
}

static void cases_make_one_entry_for_each_position(void **state)
{
    (void)state;
    struct rig r;
    begin(&r);
    assert_true(load(&r, "- mutant: lost\n"
                         "  mistake: The filter $name is lost in ${name}s\n"
                         "  breaks: $claims\n"
                         "  cases: { claims: [[XX-001], [XX-001, XX-002]], name: [kind, 5] }\n"
                         "  rules: [ { on: x.$name, when: { query: { $name: { $present: true } } },\n"
                         "             then: [ { set: $name, text: \"$$name $other $call.name $$other\" } ] } ]\n"));
    assert_int_equal(r.entries.count, 2);
    assert_string_equal(r.entries.items[0].name, "lost/kind");
    assert_string_equal(r.entries.items[1].name, "lost/5");
    assert_string_equal(r.entries.items[0].says, "The filter kind is lost in kinds");
    assert_int_equal(r.entries.items[0].claim_count, 1);
    assert_int_equal(r.entries.items[1].claim_count, 2);
    assert_string_equal(json_print(&r.arena, r.entries.items[1].fixture),
                        "{\"rules\":[{\"on\":\"x.5\",\"when\":{\"query\":{\"5\":{\"$present\":true}}},"
                        "\"then\":[{\"set\":5,\"text\":\"$name $other $call.name $$other\"}]}]}");
    end(&r);
}

static void cases_without_a_distinct_list_are_numbered(void **state)
{
    (void)state;
    struct rig r;
    begin(&r);
    assert_true(load(&r, "- mutant: lost\n"
                         "  mistake: A mistake\n"
                         "  breaks: [$claim]\n"
                         "  cases: { claim: [XX-001, XX-001], rule: [[a], [b]] }\n"
                         "  rules: $rule\n"));
    assert_string_equal(r.entries.items[0].name, "lost/1");
    assert_string_equal(r.entries.items[1].name, "lost/2");
    end(&r);
}

static void another_list_is_included(void **state)
{
    (void)state;
    struct rig r;
    begin(&r);
    assert_int_equal(mkdir(path_in(&r, "mutants"), 0700), 0);
    write_file(&r, "mutants/part.yaml", "- mutant: inner\n  mistake: A mistake\n  breaks: [XX-001]\n  seed: 1\n");
    assert_true(load(&r, "- include: mutants/part.yaml\n- control: outer\n  differs: It differs\n  seed: 2\n"));
    assert_int_equal(r.entries.count, 2);
    assert_string_equal(r.entries.items[0].name, "inner");
    assert_true(str_ends(str_from(r.entries.items[0].at.file), STR("mutants/part.yaml")));
    write_file(&r, "mutants/part.yaml", "- include: ../mutants.yaml\n");
    assert_false(entries_load(&r.arena, r.catalogue, &r.entries, &r.err));
    assert_true(str_has(str_from(r.err.first->text), STR("include each other")) ||
                str_has(str_from(r.err.first->text), STR("includes itself")));
    end(&r);
}

/* --- mistakes ----------------------------------------------------------------------------- */

static void every_mistake_has_its_place(void **state)
{
    (void)state;
    expect_problems("- mutant: a\n  mistake: M\n  breaks: [XX-0011, XX-003]\n  rulse: []\n  seed: 1\n"
                    "- mutant: b\n  mistake: M\n  breaks: [XX-001, XX-001]\n  seed: 1\n",
                    "mutants.yaml:3:12: unknown claim 'XX-0011' (did you mean 'XX-001'?)\n"
                    "mutants.yaml:3:21: claim 'XX-003' cannot be observed (no call shows it), so no check can fail "
                    "because of it\n"
                    "mutants.yaml:4:3: unknown key 'rulse' in entry (did you mean 'rules'?)\n"
                    "mutants.yaml:8:20: claim 'XX-001' is listed twice\n");
    expect_problems("- mutant: a\n  mistake: M\n  breaks: [XX-001]\n  seed: 1\n- control: a\n  differs: D\n  seed: 1\n",
                    "mutants.yaml:5:12: duplicate name 'a'; it is also in mutants.yaml:1\n");
    expect_problems("- mutant: A B\n  mistake: M\n  breaks: [XX-001]\n  seed: 1\n",
                    "mutants.yaml:1:11: invalid name 'A B'; expected lowercase letters, digits and -\n");
    expect_problems("x: 1\n", "mutants.yaml:1:1: the file must be a list of mutants, controls and legal servers\n");
    expect_problems("- include: other.yaml\n", "mutants.yaml:1:12: no such file: 'other.yaml'\n");
}

static void an_entry_has_one_kind(void **state)
{
    (void)state;
    expect_problems("- mistake: M\n  breaks: [XX-001]\n  seed: 1\n",
                    "mutants.yaml:1:3: missing 'mutant', 'control' or 'legal': the name of the entry\n");
    expect_problems("- mutant: a\n  legal: b\n  mistake: M\n  breaks: [XX-001]\n  seed: 1\n",
                    "mutants.yaml:1:3: an entry is one of: mutant, control, legal; this one has several\n");
}

static void an_entry_says_what_it_changes(void **state)
{
    (void)state;
    expect_problems("- mutant: a\n  seed: 1\n", "mutants.yaml:1:3: missing 'mistake': one sentence\n"
                                                "mutants.yaml:1:3: missing 'breaks': the claims that must fail\n");
    expect_problems("- mutant: a\n  mistake: M\n  breaks: []\n  seed: 1\n",
                    "mutants.yaml:3:11: 'breaks' has 0 items; expected 1 to 40\n");
    expect_problems("- mutant: a\n  mistake: M\n  breaks: [XX-001]\n",
                    "mutants.yaml:1:3: the mutant changes nothing: give 'rules', another key of a fixture, or "
                    "'equivalent'\n");
    expect_problems("- mutant: a\n  mistake: M\n  breaks: [XX-001]\n  equivalent: E\n  seed: 1\n",
                    "mutants.yaml:1:3: 'equivalent' excludes 'seed': an equivalent mutant is not played\n");
    expect_problems("- legal: a\n  differs: D\n",
                    "mutants.yaml:1:3: the server does not differ: give 'rules' or another "
                    "key of a fixture\n");
    expect_problems("- legal: a\n  differs: D\n  rules: []\n"
                    "- mutant: b\n  mistake: M\n  breaks: [XX-001]\n  rules: []\n",
                    "mutants.yaml:1:3: the server does not differ: give 'rules' or another "
                    "key of a fixture\n"
                    "mutants.yaml:4:3: the mutant changes nothing: give 'rules', another key of a fixture, or "
                    "'equivalent'\n");
    expect_problems("- control: a\n  seed: 1\n  undecided: []\n  breaks: [XX-001]\n",
                    "mutants.yaml:1:3: missing 'differs': one sentence\n"
                    "mutants.yaml:3:14: 'undecided' is for a legal server only\n"
                    "mutants.yaml:4:11: 'breaks' is for a mutant only\n");
}

static void cases_are_parallel_lists(void **state)
{
    (void)state;
    expect_problems("- mutant: a\n  mistake: M\n  breaks: [XX-001]\n  seed: 1\n  cases: { x: [1, 2], y: [1], z: 3 }\n",
                    "mutants.yaml:5:26: 'y' has 1 values, but 'x' has 2\n"
                    "mutants.yaml:5:34: 'z' must be a list of at least one value\n");
    expect_problems("- mutant: a\n  mistake: M\n  breaks: [XX-001]\n  seed: 1\n  cases: []\n",
                    "mutants.yaml:5:10: 'cases' must be a map: NAME: [VALUES]\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_have_their_parts),
        cmocka_unit_test(no_file_is_no_entry),
        cmocka_unit_test(cases_make_one_entry_for_each_position),
        cmocka_unit_test(cases_without_a_distinct_list_are_numbered),
        cmocka_unit_test(another_list_is_included),
        cmocka_unit_test(every_mistake_has_its_place),
        cmocka_unit_test(an_entry_has_one_kind),
        cmocka_unit_test(an_entry_says_what_it_changes),
        cmocka_unit_test(cases_are_parallel_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
