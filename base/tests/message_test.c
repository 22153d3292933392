#include "base/array.h"
#include "base/http/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_json_body_is_parsed_into_a_tree(void **state)
{
    (void)state;
    struct arena a = {0};
    struct request r = {.body = STR("{\"id\": 7}")};
    const struct node *n = body_json(&a, &r, NULL);
    assert_non_null(n);
    assert_int_equal(node_get(n, "id")->integer, 7);
    arena_end(&a);
}

static void invalid_json_is_reported_with_its_location(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        int line, column;
    } rows[] = {
        {"",               1, 1},
        {"{\"id\": 07}",   1, 8},
        {"{\n  \"id\" 7}", 2, 8},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena a = {0};
        struct error err = {0};
        struct request r = {.body = str_from(rows[i].body)};
        assert_null(body_json(&a, &r, &err));
        assert_int_equal(err.count, 1);
        assert_string_equal(err.first->at.file, "body");
        assert_int_equal(err.first->at.line, rows[i].line);
        assert_int_equal(err.first->at.column, rows[i].column);
        error_end(&err);
        arena_end(&a);
    }
}

static void a_body_of_white_space_counts_as_empty(void **state)
{
    (void)state;
    assert_true(body_is_empty(&(struct request){0}));
    assert_true(body_is_empty(&(struct request){.body = STR(" \r\n\t")}));
    assert_false(body_is_empty(&(struct request){.body = STR(" {}")}));
}

static void a_form_body_is_split_into_decoded_pairs(void **state)
{
    (void)state;
    struct arena a = {0};
    struct request r = {.body = STR("code=a%2Bb+c&state=")};
    struct url_pair *pairs;
    size_t count;
    assert_true(body_form(&a, &r, &pairs, &count));
    assert_int_equal(count, 2);
    assert_true(str_is(pairs[0].name, "code"));
    assert_true(str_is(pairs[0].value, "a+b c"));
    assert_true(str_is(pairs[1].name, "state"));
    assert_true(str_is(pairs[1].value, ""));
    r.body = STR("code=%zz");
    assert_false(body_form(&a, &r, &pairs, &count));
    arena_end(&a);
}

static void header_names_are_case_insensitive_and_set_replaces_all(void **state)
{
    (void)state;
    struct arena a = {0};
    struct headers h = {0};
    headers_add(&a, &h, "Accept", STR("a"));
    headers_add(&a, &h, "X-Id", STR("1"));
    headers_add(&a, &h, "accept", STR("b"));
    assert_true(str_is(headers_get(&h, "ACCEPT"), "a"));
    assert_true(str_is(headers_get(&h, "Missing"), ""));
    assert_null(headers_find(&h, "Missing"));
    headers_set(&a, &h, "Accept", STR("c"));
    assert_int_equal(h.count, 2);
    assert_true(str_is(headers_get(&h, "accept"), "c"));
    assert_true(str_is(headers_get(&h, "x-id"), "1"));
    arena_end(&a);
}

static void status_text_returns_the_reason_phrase(void **state)
{
    (void)state;
    assert_string_equal(status_text(404), "Not Found");
    assert_string_equal(status_text(429), "Too Many Requests");
    assert_string_equal(status_text(299), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_json_body_is_parsed_into_a_tree),
        cmocka_unit_test(invalid_json_is_reported_with_its_location),
        cmocka_unit_test(a_body_of_white_space_counts_as_empty),
        cmocka_unit_test(a_form_body_is_split_into_decoded_pairs),
        cmocka_unit_test(header_names_are_case_insensitive_and_set_replaces_all),
        cmocka_unit_test(status_text_returns_the_reason_phrase),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
