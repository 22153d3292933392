#include <float.h>
#include <string.h>

#include "base/array.h"
#include "base/json.h"
#include "base/json_gate.h"
#include "base/tests/tree.h"

static const char *parse_error(struct arena *a, struct str text)
{
    struct error err = {0};
    assert_null(json_parse(a, text, "body", &err));
    assert_int_equal(err.count, 1);
    const char *why = error_text(a, &err);
    error_end(&err);
    return why;
}

static void every_kind_of_value_is_read_with_its_location(void **state)
{
    const struct node *n = tree_parse(*state, "{ \"a\": [1, -2.5, true],\n"
                                              "  \"\xC3\xA9\": {\"x\": null}, \"t\": \"\\u00e9\\n\\ud83d\\ude00\" }");
    assert_int_equal(n->kind, NODE_MAP);
    const struct node *list = node_get(n, "a");
    assert_int_equal(node_at(list, 0)->integer, 1);
    assert_true(node_at(list, 1)->real == -2.5);
    assert_true(node_at(list, 2)->truth);
    assert_int_equal(node_at(list, 2)->at.line, 1);
    assert_int_equal(node_at(list, 2)->at.column, 18);
    const struct member *second = &n->map.members[1];
    assert_string_equal(second->key, "\xC3\xA9");
    assert_int_equal(second->key_at.line, 2);
    assert_int_equal(second->key_at.column, 3);
    assert_int_equal(second->value->at.column, 8); /* characters, not bytes */
    assert_int_equal(node_get(second->value, "x")->kind, NODE_NULL);
    assert_string_equal(node_get_text(n, "t"), "\xC3\xA9\n\xF0\x9F\x98\x80");
    assert_string_equal(n->at.file, "test");
}

static void an_integer_is_exact_and_any_other_number_a_double(void **state)
{
    /* clang-format off */
    static const struct {
        const char *text;
        enum node_kind kind;
        int64_t integer;
        double real;
    } rows[] = {
        {"0",                    NODE_INT,  0,                0},
        {"-0",                   NODE_INT,  0,                0},
        {"9007199254740993",     NODE_INT,  9007199254740993, 0},
        {"9223372036854775807",  NODE_INT,  INT64_MAX,        0},
        {"-9223372036854775808", NODE_INT,  INT64_MIN,        0},
        {"9223372036854775808",  NODE_REAL, 0,                9223372036854775808.0},
        {"1.0",                  NODE_REAL, 0,                1.0},
        {"100.10",               NODE_REAL, 0,                100.1},
        {"1E3",                  NODE_REAL, 0,                1000.0},
        {"-1.5e-3",              NODE_REAL, 0,                -0.0015},
        {"1e-400",               NODE_REAL, 0,                0},
        {"0.1000000000000000055511151231257827021181583404541015625000000000000000000", NODE_REAL, 0, 0.1},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct node *n = tree_parse(*state, rows[i].text);
        assert_int_equal(n->kind, rows[i].kind);
        if (n->kind == NODE_INT)
            assert_int_equal(n->integer, rows[i].integer);
        else
            assert_true(n->real == rows[i].real);
    }
}

static void invalid_json_is_rejected_with_its_location(void **state)
{
    /* clang-format off */
    static const struct {
        struct str text;
        const char *why;
    } rows[] = {
        {BYTES(""),                              "body:1:1: missing value"},
        {BYTES(" \n "),                          "body:2:2: missing value"},
        {BYTES("01"),                            "body:1:1: a number must not start with 0"},
        {BYTES("-01"),                           "body:1:2: a number must not start with 0"},
        {BYTES("1."),                            "body:1:3: expected a digit"},
        {BYTES("1e"),                            "body:1:3: expected a digit"},
        {BYTES("1e+"),                           "body:1:4: expected a digit"},
        {BYTES("-"),                             "body:1:2: expected a digit"},
        {BYTES("+1"),                            "body:1:1: invalid JSON; expected a value"},
        {BYTES(".5"),                            "body:1:1: invalid JSON; expected a value"},
        {BYTES("0x1f"),                          "body:1:2: unexpected text after the value"},
        {BYTES("NaN"),                           "body:1:1: invalid JSON; expected a value"},
        {BYTES("Infinity"),                      "body:1:1: invalid JSON; expected a value"},
        {BYTES("True"),                          "body:1:1: invalid JSON; expected a value"},
        {BYTES("truely"),                        "body:1:5: unexpected text after the value"},
        {BYTES("nul"),                           "body:1:1: invalid JSON; expected a value"},
        {BYTES("{} x"),                          "body:1:4: unexpected text after the value"},
        {BYTES("{}{}"),                          "body:1:3: unexpected text after the value"},
        {BYTES("1 2"),                           "body:1:3: unexpected text after the value"},
        {BYTES("\"a\tb\""),                      "body:1:3: control character in a string; write it as an escape"},
        {BYTES("\"a\nb\""),                      "body:1:3: control character in a string; write it as an escape"},
        {BYTES("\"\xff\""),                      "body:1:2: invalid UTF-8 in a string"},
        {BYTES("\"\xc0\x80\""),                  "body:1:2: invalid UTF-8 in a string"},
        {BYTES("\"\xe2\x82\""),                  "body:1:2: invalid UTF-8 in a string"},
        {BYTES("\"\xed\xa0\xbd\xed\xb8\x80\""),  "body:1:2: invalid UTF-8 in a string"}, /* CESU-8 */
        {BYTES("\"\\ud83d\""),                   "body:1:2: high surrogate without a low surrogate after it"},
        {BYTES("\"\\ud83d\\ud83d\""),            "body:1:2: high surrogate without a low surrogate after it"},
        {BYTES("\"\\ude00\""),                   "body:1:2: low surrogate without a high surrogate before it"},
        {BYTES("\"\\u0000x\""),                  "body:1:2: \\u0000 is not allowed in a string"},
        {BYTES("\"\\u12\""),                     "body:1:2: \\u must be followed by four hex digits"},
        {BYTES("\"\\u12g4\""),                   "body:1:2: \\u must be followed by four hex digits"},
        {BYTES("\"\\x41\""),                     "body:1:2: unknown escape in a string"},
        {BYTES("\"\\\0\""),                      "body:1:2: unknown escape in a string"},
        {BYTES("\"\\"),                          "body:1:2: unknown escape in a string"},
        {BYTES("\"a\0b\""),                      "body:1:3: control character in a string; write it as an escape"},
        {BYTES("\"abc"),                         "body:1:1: unterminated string"},
        {BYTES("'a'"),                           "body:1:1: invalid JSON; expected a value"},
        {BYTES("\xEF\xBB\xBF{}"),                "body:1:1: byte order mark before the value; remove it"},
        {BYTES("{}\0"),                          "body:1:3: unexpected text after the value"},
        {BYTES("\v1"),                           "body:1:1: invalid JSON; expected a value"},
        {BYTES("[1,]"),                          "body:1:4: invalid JSON; expected a value"},
        {BYTES("[,1]"),                          "body:1:2: invalid JSON; expected a value"},
        {BYTES("[1 2]"),                         "body:1:4: expected ',' or ']'"},
        {BYTES("[1"),                            "body:1:3: expected ',' or ']'"},
        {BYTES("["),                             "body:1:2: missing value"},
        {BYTES("[1}"),                           "body:1:3: expected ',' or ']'"},
        {BYTES("{\"a\":1,}"),                    "body:1:8: expected a member name in double quotes"},
        {BYTES("{a:1}"),                         "body:1:2: expected a member name in double quotes"},
        {BYTES("{1:1}"),                         "body:1:2: expected a member name in double quotes"},
        {BYTES("{\"a\" 1}"),                     "body:1:6: expected ':'"},
        {BYTES("{\"a\":}"),                      "body:1:6: invalid JSON; expected a value"},
        {BYTES("{\"a\":1 \"b\":2}"),             "body:1:8: expected ',' or '}'"},
        {BYTES("{\"a\":1"),                      "body:1:7: expected ',' or '}'"},
        {BYTES("[1] // c"),                      "body:1:5: unexpected text after the value"},
        {BYTES("/* c */ 1"),                     "body:1:1: invalid JSON; expected a value"},
        {BYTES("]"),                             "body:1:1: invalid JSON; expected a value"},
        {BYTES("[1e400]"),                       "body:1:2: number 1e400 is too large"},
        {BYTES("[-1e400]"),                      "body:1:2: number -1e400 is too large"},
        {BYTES("{\"a\":1,\n \"b\":2, \"a\":3}"), "body:2:9: duplicate key 'a' (first at 1:2)"},
        {BYTES("{\"a\":1,\"\\u0061\":3}"),       "body:1:8: duplicate key 'a' (first at 1:2)"},
        {BYTES("[\"\xC3\xA9\xC3\xA9\", x]"),     "body:1:8: invalid JSON; expected a value"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(parse_error(*state, rows[i].text), rows[i].why);
}

static void json_check_returns_the_offset(void **state)
{
    (void)state;
    size_t offset = 0;
    const char *why = NULL;
    assert_true(json_check(STR("[1, 2]"), &offset, &why));
    assert_false(json_check(STR("[1, x]"), &offset, &why));
    assert_int_equal(offset, 4);
    assert_string_equal(why, "invalid JSON; expected a value");
    assert_false(json_check((struct str){0}, &offset, &why));
    assert_int_equal(offset, 0);
}

static void what_the_reader_rejects_may_be_legal(void **state)
{
    static const char *const legal[] = {"{}",    "\"a\\u0000b\"",    "\"\\ud800\"", "[\"\\udc00x\"]",
                                        "1e400", "{\"a\":1,\"a\":2}"};
    static const char *const wrong[] = {"", "x", "<html>", "[1", "\"\\ud8\"", "{\"a\\u0000\":1", "[1,]", "01", "{} {}"};
    char deep[200];
    (void)state;
    for (size_t i = 0; i < COUNT(legal); i++)
        assert_true(json_is_legal(str_from(legal[i])));
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_false(json_is_legal(str_from(wrong[i])));
    memset(deep, '[', sizeof deep);
    assert_true(json_is_legal(str_of(deep, sizeof deep)));
}

static void text_need_not_be_nul_terminated(void **state)
{
    static const char bytes[] = {'[', '1', '2', ']', '3'}, digits[] = {'4', '2'};
    struct error err = {0};
    const struct node *n = json_parse(*state, str_of(bytes, 4), "body", &err);
    assert_int_equal(node_at(n, 0)->integer, 12);
    n = json_parse(*state, str_of(digits, sizeof digits), "body", &err);
    assert_int_equal(n->integer, 42);
    assert_false(error_any(&err));
}

static void nesting_has_a_limit(void **state)
{
    char text[2 * JSON_MAX_DEPTH + 3] = {0};
    memset(text, '[', JSON_MAX_DEPTH);
    memset(text + JSON_MAX_DEPTH, ']', JSON_MAX_DEPTH);
    assert_int_equal(tree_parse(*state, text)->kind, NODE_LIST);
    memset(text, '[', JSON_MAX_DEPTH + 1);
    memset(text + JSON_MAX_DEPTH + 1, ']', JSON_MAX_DEPTH + 1);
    assert_string_equal(parse_error(*state, str_from(text)),
                        "body:1:65: lists and maps are nested more than 64 levels deep");
}

static void a_duplicate_key_in_a_big_map_is_found(void **state)
{
    struct buf text = {.arena = *state};
    struct json w = json_begin(&text, 0);
    json_open_map(&w);
    for (int i = 0; i < 10000; i++)
        json_put_int(&w, arena_printf(*state, "key%d", i), i);
    json_close_map(&w);
    const struct node *n = tree_parse(*state, buf_c(&text));
    assert_int_equal(node_count(n), 10000);
    assert_int_equal(node_get(n, "key9999")->integer, 9999);
    text.data[text.n - 1] = ',';
    buf_text(&text, "\"key77\":0}");
    assert_non_null(strstr(parse_error(*state, buf_str(&text)), "duplicate key 'key77' (first at 1:"));
}

static void the_writer_adds_commas_and_indentation(void **state)
{
    static const struct {
        int indent;
        const char *text;
    } rows[] = {
        {0, "{\"a\":[1,[],\"x\"],\"b\":{},\"c\":null,\"d\":true,\"e\":[{\"f\":-1}],\"g\":null}"           },
        {2, "{\n  \"a\": [\n    1,\n    [],\n    \"x\"\n  ],\n  \"b\": {},\n  \"c\": null,\n"
            "  \"d\": true,\n  \"e\": [\n    {\n      \"f\": -1\n    }\n  ],\n  \"g\": null\n}"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf out = {.arena = *state};
        struct json w = json_begin(&out, rows[i].indent);
        json_open_map(&w);
        json_key(&w, "a");
        json_open_list(&w);
        json_raw(&w, STR("1"));
        json_open_list(&w);
        json_close_list(&w);
        json_text(&w, "x");
        json_close_list(&w);
        json_key(&w, "b");
        json_open_map(&w);
        json_close_map(&w);
        json_put_null(&w, "c");
        json_put_bool(&w, "d", true);
        json_key(&w, "e");
        json_open_list(&w);
        json_open_map(&w);
        json_put_int(&w, "f", -1);
        json_close_map(&w);
        json_close_list(&w);
        json_put_text(&w, "g", NULL);
        json_close_map(&w);
        assert_string_equal(buf_c(&out), rows[i].text);
        assert_int_equal(out.n, strlen(rows[i].text));
    }
}

static const char *written(struct arena *a, struct str text)
{
    struct buf out = {.arena = a};
    struct json w = json_begin(&out, 0);
    json_str(&w, text);
    return buf_c(&out);
}

static void strings_are_escaped_and_invalid_utf8_is_replaced(void **state)
{
    static const struct {
        struct str text;
        const char *json;
    } rows[] = {
        {{"", 0},                     "\"\""                                    },
        {{NULL, 0},                   "\"\""                                    },
        {{"a\"b\\c/", 6},             "\"a\\\"b\\\\c/\""                        },
        {{"\b\f\n\r\t\x01\x1f\0", 8}, "\"\\b\\f\\n\\r\\t\\u0001\\u001f\\u0000\""},
        {{"\x7f\xC3\xA9", 3},         "\"\x7f\xC3\xA9\""                        },
        {{"a\xff\"", 3},              "\"a\xEF\xBF\xBD\\\"\""                   },
        {{"\xe2\x82", 2},             "\"\xEF\xBF\xBD\xEF\xBF\xBD\""            },
        {{"\xed\xa0\x80", 3},         "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(written(*state, rows[i].text), rows[i].json);
}

/* The writer checks eight bytes at a time. */
static void special_characters_are_found_at_every_offset(void **state)
{
    struct arena *a = *state;
    for (size_t n = 1; n <= 20; n++)
        for (size_t i = 0; i < n; i++)
            for (int c = 1; c < 0x100; c++) {
                char text[20];
                memset(text, 'x', sizeof text);
                text[i] = (char)c;
                struct buf out = {.arena = a};
                struct json w = json_begin(&out, 0);
                json_str(&w, str_of(text, n));
                bool escaped = c < 0x20 || c == '"' || c == '\\';
                assert_int_equal(out.n > n + 2, escaped || c > 0x7f);
                const struct node *back = json_parse(a, buf_str(&out), "back", NULL);
                assert_non_null(back);
                if (c <= 0x7f)
                    assert_true(str_eq(back->text, str_of(text, n)));
                arena_reset(a);
            }
}

static void numbers_are_written_short_and_round_trip(void **state)
{
    static const struct {
        double real;
        const char *text;
    } reals[] = {
        {0.1,     "0.1"                    },
        {100.1,   "100.1"                  },
        {1.0 / 3, "0.3333333333333333"     },
        {3.0,     "3"                      },
        {1e21,    "1e+21"                  },
        {5e-324,  "4.94065645841247e-324"  },
        {-2.5,    "-2.5"                   },
        {-0.0,    "-0"                     },
        {DBL_MAX, "1.7976931348623157e+308"},
    };
    static const struct {
        int64_t integer;
        const char *text;
    } integers[] = {
        {0,                "0"                   },
        {-1,               "-1"                  },
        {9007199254740991, "9007199254740991"    },
        {INT64_MAX,        "9223372036854775807" },
        {INT64_MIN,        "-9223372036854775808"},
    };
    for (size_t i = 0; i < COUNT(reals); i++) {
        const char *text = json_print(*state, &(struct node){.kind = NODE_REAL, .real = reals[i].real});
        assert_string_equal(text, reals[i].text);
        assert_true(node_number(tree_parse(*state, text)) == reals[i].real);
    }
    for (size_t i = 0; i < COUNT(integers); i++)
        assert_string_equal(json_print(*state, node_new_int(*state, integers[i].integer)), integers[i].text);
}

static void a_parsed_tree_prints_the_same_text(void **state)
{
    static const char text[] = "{\"a\":[1,2.5,\"x\\ny\",null,{\"b\":true}],\"\":{},\"c\":[]}";
    assert_string_equal(json_print(*state, tree_parse(*state, text)), text);
}

static void a_tree_deeper_than_the_parser_limit_is_written(void **state)
{
    const struct node **items = arena_array(*state, const struct node *, 51);
    items[0] = node_new_int(*state, 7);
    for (size_t i = 0; i < 50; i++)
        items[i + 1] = node_with(*state, NULL, "a", node_new_list(*state, &items[i], 1));
    const struct node *n = items[50];
    const char *text = json_print(*state, n);
    assert_int_equal(strlen(text), 1 + 50 * strlen("{\"a\":}") + 50 * strlen("[]"));
}

static void a_short_print_is_cut_between_characters(void **state)
{
    static const struct {
        const char *json;
        size_t max;
        const char *text;
    } rows[] = {
        {"[1,2,3]",                      7,  "[1,2,3]"        },
        {"[1,2,3]",                      6,  "[1,…"         },
        {"\"\xC3\xA9\xC3\xA9\xC3\xA9\"", 7,  "\"\xC3\xA9…"  },
        {"{\"a\":\"bcdefghijklmnop\"}",  12, "{\"a\":\"bcd…"},
        {"true",                         2,  "…"            },
        {"[[[[1]]]]",                    5,  "[[…"          },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(json_print_short(*state, tree_parse(*state, rows[i].json), rows[i].max), rows[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_value_is_read_with_its_location),
        cmocka_unit_test(an_integer_is_exact_and_any_other_number_a_double),
        cmocka_unit_test(invalid_json_is_rejected_with_its_location),
        cmocka_unit_test(json_check_returns_the_offset),
        cmocka_unit_test(what_the_reader_rejects_may_be_legal),
        cmocka_unit_test(text_need_not_be_nul_terminated),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(a_duplicate_key_in_a_big_map_is_found),
        cmocka_unit_test(the_writer_adds_commas_and_indentation),
        cmocka_unit_test(strings_are_escaped_and_invalid_utf8_is_replaced),
        cmocka_unit_test(special_characters_are_found_at_every_offset),
        cmocka_unit_test(numbers_are_written_short_and_round_trip),
        cmocka_unit_test(a_parsed_tree_prints_the_same_text),
        cmocka_unit_test(a_tree_deeper_than_the_parser_limit_is_written),
        cmocka_unit_test(a_short_print_is_cut_between_characters),
    };
    return cmocka_run_group_tests_name("json", tests, tree_setup, tree_teardown);
}
