/* isolation.yaml: the table becomes scenarios, and its gaps and mistakes are found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "conformance/scenario/isolation.h"
#include "conformance/scenario/scenario.h"

static int setup(void **state)
{
    static struct arena arena;
    *state = &arena;
    return chdir(TEST_DIR "/isolation");
}

static int teardown(void **state)
{
    arena_end(*state);
    return 0;
}

static struct suite load(struct arena *a)
{
    static const char *const path = "isolation.yaml";
    struct suite suite = {0};
    struct error err = {0};
    (void)suite_load(a, &path, 1, &suite, &err);
    assert_string_equal(error_text(a, &err), "");
    error_end(&err);
    return suite;
}

/* One line per scenario: its name, then each step as ID=ACTOR. */
static const char *steps_text(struct arena *a, const struct suite *suite)
{
    struct buf out = {.arena = a};
    for (size_t i = 0; i < suite->scenario_count; i++) {
        const struct scenario *s = suite->scenarios[i];
        buf_printf(&out, "%s:", s->name);
        for (size_t k = 0; k < s->step_count; k++)
            buf_printf(&out, " %s=%s", s->steps[k].id, s->steps[k].as);
        buf_text(&out, "\n");
    }
    return buf_c(&out);
}

static void a_cell_becomes_a_scenario(void **state)
{
    struct arena *a = *state;
    struct suite suite = load(a);
    assert_string_equal(
        steps_text(a, &suite),
        "isolation/read_item/other-organization: works=full stranger=other unknown=other\n"
        "isolation/read_item/no-key: works=full stranger=anonymous unknown=anonymous\n"
        "isolation/delete_item/other-organization: works=full before_1=full stranger=other after_1=full\n"
        "isolation/list_shops/other-organization: works=full stranger=other\n");
    const struct scenario *s = suite.scenarios[0];
    assert_string_equal(s->requires[0], "second_org");
    assert_string_equal(s->tags[0], "isolation");
    assert_string_equal(s->title, "A caller with a key of another organization cannot read an item (read_item)");
    assert_int_equal(s->at.line, 23); /* of the cell */
    assert_int_equal(s->steps[1].expect.at.line, 23);
}

static void the_ids_of_a_row_are_those_of_its_calls(void **state)
{
    struct arena *a = *state;
    struct suite suite = load(a);
    const struct step *steps = suite.scenarios[0]->steps;
    assert_string_equal(steps[1].path, "/v1/shops/${target.shop}/items/${target.item}");
    assert_string_equal(steps[2].path, "/v1/shops/${target.shop}/items/${no_such.target.item}");
    assert_string_equal(node_get_text(steps[1].query, "part"), "of-${target.item}");
    assert_string_equal(node_get_text(steps[0].expect.body, "id"), "$target.item");
    assert_string_equal(steps[2].same_as->step, "stranger");
    assert_string_equal(steps[2].same_as->except[0], "/error/id");
    assert_int_equal(node_count(steps[2].same_as->ids), 1); /* the shop is the same in both calls */
    assert_string_equal(node_text(node_at(node_at(steps[2].same_as->ids, 0), 1)), "$no_such.target.item");
    const struct step *after = &suite.scenarios[2]->steps[3];
    assert_string_equal(after->same_as->step, "before_1");
}

static void what_a_cell_says_replaces_what_the_column_says(void **state)
{
    struct arena *a = *state;
    struct suite suite = load(a);
    const struct step *of_cell = &suite.scenarios[1]->steps[1], *of_row = &suite.scenarios[3]->steps[1];
    assert_string_equal(node_get_text(node_get(of_cell->expect.body, "error"), "code"), "NO_KEY_FOR_AN_ITEM");
    assert_string_equal(of_row->citations[0].pointer, "/items/$none");
}

static void what_the_table_leaves_out_is_a_gap(void **state)
{
    struct suite suite = load(*state);
    const struct isolation *t = &suite.isolations[0];
    assert_int_equal(suite.isolation_count, 1);
    assert_int_equal(t->operations, 7);
    assert_int_equal(t->strangers, 2);
    assert_int_equal(t->checked, 4);
    assert_int_equal(t->not_applicable, 5);
    assert_int_equal(t->gap_count, 3);
    assert_string_equal(t->gaps[0], "delete_item: no cell 'no-key'");
    assert_string_equal(t->gaps[1], "about: no row");
    assert_string_equal(t->gaps[2], "close_shop: no row");
}

static void ignore(void *ctx, const struct node *root)
{
    (void)ctx;
    (void)root;
}

static void a_mistake_is_reported_at_its_place(void **state)
{
    struct arena *a = *state;
    struct error err = {0};
    struct isolation t;
    const struct catalogue *c = catalogue_load(a, ".", &err);
    assert_false(isolation_expand(a, "bad.yaml", c, ignore, NULL, &t, &err));
    assert_string_equal(
        error_text(a, &err),
        "bad.yaml:5:5: unknown operation 'read_itm'\n"
        "bad.yaml:6:5: 'owned' has no id for {item} of GET /v1/shops/{shop}/items/{item}\n"
        "bad.yaml:9:16: 'owned' has no 'itm'\n"
        "bad.yaml:11:31: unknown stranger 'no-kay'\n"
        "bad.yaml:12:64: invalid cell 'refusd'; expected refused, own, a map, or the name of one of the 'reasons'\n"
        "bad.yaml:13:5: missing 'works' of the row: what the owner gets; or a step of 'setup' with this id\n"
        "bad.yaml:14:5: operation 'about' has two rows\n"
        "bad.yaml:15:128: missing 'own' of the row: what this stranger gets\n"
        "bad.yaml:16:5: 'reasons' has no 'unsaid'\n"
        "bad.yaml:17:5: 'not_applicable' cannot be combined with other keys of a row\n"
        "bad.yaml:18:5: missing 'what' of the row");
    error_end(&err);
}

/* With it, every cell that is checked by this word would not be checked. */
static void a_reason_has_another_name_than_a_check(void **state)
{
    struct arena *a = *state;
    struct error err = {0};
    struct isolation t;
    const struct catalogue *c = catalogue_load(a, ".", &err);
    assert_false(isolation_expand(a, "reasons.yaml", c, ignore, NULL, &t, &err));
    assert_string_equal(error_text(a, &err),
                        "reasons.yaml:2:12: a reason cannot be named 'refused': a cell is checked by that word\n"
                        "reasons.yaml:2:48: the reason 'mine' must be a sentence");
    error_end(&err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_cell_becomes_a_scenario, setup, teardown),
        cmocka_unit_test_setup_teardown(the_ids_of_a_row_are_those_of_its_calls, setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_cell_says_replaces_what_the_column_says, setup, teardown),
        cmocka_unit_test_setup_teardown(what_the_table_leaves_out_is_a_gap, setup, teardown),
        cmocka_unit_test_setup_teardown(a_mistake_is_reported_at_its_place, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reason_has_another_name_than_a_check, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
