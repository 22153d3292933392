#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "conformance/plan/plan.h"

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

static const struct catalogue *load(struct arena *a, const char *folder)
{
    struct error err = {0};
    const struct catalogue *c = catalogue_load(a, folder, &err);
    assert_string_equal(error_text(a, &err), "");
    assert_non_null(c);
    error_end(&err);
    return c;
}

/* Each may be NULL. */
static void assert_texts_equal(const char *text, const char *expected)
{
    assert_string_equal(text ? text : "(none)", expected ? expected : "(none)");
}

static void a_catalogue_has_claims_and_disputes(void **state)
{
    const struct catalogue *c = load(*state, "catalogues/good");
    assert_int_equal(c->claim_count, 3);
    assert_int_equal(c->dispute_count, 1);
    const struct claim *x = catalogue_claim(c, "X-002");
    assert_string_equal(x->says, "Items are stored encrypted");
    assert_string_equal(x->source, "items#about");
    assert_string_equal(x->observe, "none");
    assert_string_equal(x->why, "no response shows it");
    assert_int_equal(x->level, LEVEL_MAY);
    assert_int_equal(x->at.line, 6);
    const struct dispute *d = catalogue_dispute(c, "X-C01");
    assert_int_equal(d->reading_count, 2);
    assert_string_equal(d->readings[1], "idempotent");
    assert_string_equal(d->meanings[1], "Deleting again changes nothing.");
    assert_int_equal(d->source_count, 2);
    assert_string_equal(d->sources[1], "items#errors");
    assert_null(catalogue_claim(c, "X-C01"));
    assert_null(catalogue_dispute(c, "X-001"));
}

static void the_catalogues_of_the_providers_load(void **state)
{
    const struct catalogue *c = load(*state, SOURCE_DIR "/scenarios/layers");
    assert_non_null(catalogue_claim(c, "LA-183"));
    assert_non_null(catalogue_dispute(c, "LA-C07"));
}

static void errors_are_reported_with_their_positions(void **state)
{
    /* clang-format off */
    static const struct {
        const char *folder, *expected;
    } rows[] = {
        {"catalogues/nowhere", "catalogues/nowhere/claims.yaml: No such file or directory"},
        {"catalogues/no-list", "catalogues/no-list/claims.yaml:1:1: claims.yaml must be a list"},
        {"catalogues/no-reason",
         "catalogues/no-reason/claims.yaml:5:12: missing 'why'; 'X-001' has 'observe: none', which needs a reason\n"
         "catalogues/no-reason/claims.yaml:11:8: 'why' is only allowed with 'observe: none'; 'X-002' has 'observe: "
         "api'"},
        {"catalogues/twice",
         "catalogues/twice/claims.yaml:6:10: duplicate id 'X-001'; it is also in line 1\n"
         "catalogues/twice/disputes.yaml:2:14: duplicate id 'X-C01'; it is also in line 1"},
        {"catalogues/keys",
         "catalogues/keys/claims.yaml:1:3: missing 'says' in claim\n"
         "catalogues/keys/claims.yaml:2:3: unknown key 'sais' in claim (did you mean 'says'?)\n"
         "catalogues/keys/claims.yaml:4:10: 'level' is 'mst'; expected one of: must, should, may (did you mean "
         "'must'?)\n"
         "catalogues/keys/claims.yaml:6:10: 'claim' is a number; expected text (quote it: \"7\")\n"
         "catalogues/keys/claims.yaml:7:9: 'says' has 0 characters; expected 1 to 400\n"
         "catalogues/keys/claims.yaml:10:12: 'observe' is 'seen'; expected one of: api, simulated, none\n"
         "catalogues/keys/claims.yaml:11:3: claim is text; expected a map"},
        {"catalogues/documents",
         "catalogues/documents/claims.yaml:5:57: unknown document 'item' (did you mean 'items'?)\n"
         "catalogues/documents/claims.yaml:6:57: document 'items' has no heading 'delte' (did you mean 'delete'?)\n"
         "catalogues/documents/claims.yaml:7:57: 'source' has no heading; expected DOCUMENT#HEADING\n"
         "catalogues/documents/disputes.yaml:3:13: document 'items' has no heading 'errors'; expected one of: delete, "
         "intro"},
        {"catalogues/document-rows",
         "catalogues/document-rows/claims.yaml:1:3: document 'items' has 'url' and 'path'; give one of them\n"
         "catalogues/document-rows/claims.yaml:7:13: 'headings' must be a map: NAME: TEXT\n"
         "catalogues/document-rows/claims.yaml:11:17: 'all' is a heading and a part\n"
         "catalogues/document-rows/claims.yaml:14:3: unknown key 'heading' in document (did you mean 'headings'?)\n"
         "catalogues/document-rows/claims.yaml:17:17: the text of 'one' must be text\n"
         "catalogues/document-rows/claims.yaml:19:3: duplicate document 'things'; it is also in line 18"},
        {"catalogues/disputes",
         "catalogues/disputes/disputes.yaml:1:40: 'sources' has 0 items; expected 1 to 20\n"
         "catalogues/disputes/disputes.yaml:2:55: 'readings' must be a map of at least two: NAME: MEANING\n"
         "catalogues/disputes/disputes.yaml:3:66: the meaning of 'c' must be text\n"
         "catalogues/disputes/disputes.yaml:4:3: missing 'readings' in dispute\n"
         "catalogues/disputes/disputes.yaml:4:45: unknown key 'reading' in dispute (did you mean 'readings'?)"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error err = {0};
        assert_null(catalogue_load(*state, rows[i].folder, &err));
        assert_string_equal(error_text(*state, &err), rows[i].expected);
        error_end(&err);
    }
}

static void a_claim_has_its_place_in_the_documentation(void **state)
{
    const struct catalogue *c = load(*state, "catalogues/cited");
    static const struct {
        const char *claim, *document, *heading, *url, *path;
    } rows[] = {
        {"X-001", "Items",    "Delete an item",   "https://docs.example.com/items#delete", NULL                },
        {"X-002", "Items",    "the introduction", "https://docs.example.com/items",        NULL                },
        {"X-003", "Folders",  "List `folders`",   NULL,                                    "/docs/folders#list"},
        {"X-004", "A letter", "the text",         NULL,                                    NULL                },
        {"X-005", "News",     NULL,               "https://docs.example.com/news",         NULL                },
    };
    assert_int_equal(c->claim_count, COUNT(rows));
    assert_int_equal(c->documents.count, 4);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct origin *origin = &catalogue_claim(c, rows[i].claim)->origin;
        assert_string_equal(origin->document, rows[i].document);
        assert_texts_equal(origin->heading, rows[i].heading);
        assert_texts_equal(origin->url, rows[i].url);
        assert_texts_equal(origin->path, rows[i].path);
    }
}

static void without_documents_a_source_is_free_text(void **state)
{
    const struct origin *origin = &catalogue_claim(load(*state, "catalogues/good"), "X-001")->origin;
    assert_null(origin->document);
    assert_null(origin->heading);
    assert_null(origin->url);
    assert_null(origin->path);
}

static void every_claim_of_a_provider_has_its_place(void **state)
{
    static const char *const folders[] = {"layers", "posteverywhere", "postnitro"};
    for (size_t i = 0; i < COUNT(folders); i++) {
        const struct catalogue *c = load(*state, arena_printf(*state, SOURCE_DIR "/scenarios/%s", folders[i]));
        for (size_t k = 0; k < c->claim_count; k++)
            assert_non_null(c->claims[k].origin.document);
    }
}

static void coverage_lists_uncited_claims(void **state)
{
    struct arena *a = *state;
    struct suite suite = {0};
    const char *path = "suite/deeper";
    assert_true(suite_load(a, &path, 1, &suite, &(struct error){0}));
    struct coverage c = coverage_of(a, &suite, suite.catalogues[0]);
    assert_int_equal(c.cited, 1);
    assert_int_equal(c.unobservable, 1);
    assert_int_equal(c.uncited_count, 1);
    assert_string_equal(c.uncited[0]->id, "X-002");
    assert_int_equal(c.unsettled_count, 1);
    assert_string_equal(c.unsettled[0]->id, "X-C01");

    path = "suite";
    assert_true(suite_load(a, &path, 1, &suite, &(struct error){0}));
    c = coverage_of(a, &suite, suite.catalogues[0]);
    assert_int_equal(c.cited, 2);
    assert_int_equal(c.uncited_count, 0);
    assert_int_equal(c.unsettled_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_catalogue_has_claims_and_disputes),
        cmocka_unit_test(the_catalogues_of_the_providers_load),
        cmocka_unit_test(errors_are_reported_with_their_positions),
        cmocka_unit_test(a_claim_has_its_place_in_the_documentation),
        cmocka_unit_test(without_documents_a_source_is_free_text),
        cmocka_unit_test(every_claim_of_a_provider_has_its_place),
        cmocka_unit_test(coverage_lists_uncited_claims),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
