#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/tests/tree.h"
#include "base/yaml.h"
#include "base/yaml_tree.h"

static const struct node *parse(struct arena *a, const char *text)
{
    struct error err = {0};
    const struct node *n = yaml_parse(a, str_from(text), "f.yaml", &err);
    if (error_any(&err))
        print_message("%s\n", error_text(a, &err));
    assert_non_null(n);
    return n;
}

static const char *parse_error(struct arena *a, struct str text)
{
    struct error err = {0};
    assert_null(yaml_parse(a, text, "f.yaml", &err));
    assert_true(error_any(&err));
    const char *why = error_text(a, &err);
    error_end(&err);
    return why;
}

static void scalars_are_typed_by_the_core_schema(void **state)
{
    static const struct {
        const char *yaml, *json;
    } rows[] = {
        {"~",                    "null"                    },
        {"null",                 "null"                    },
        {"Null",                 "null"                    },
        {"nULL",                 "\"nULL\""                },
        {"true",                 "true"                    },
        {"FALSE",                "false"                   },
        {"yes",                  "\"yes\""                 },
        {"on",                   "\"on\""                  },
        {"12",                   "12"                      },
        {"+12",                  "12"                      },
        {"-12",                  "-12"                     },
        {"017",                  "17"                      },
        {"0o17",                 "15"                      },
        {"0o8",                  "\"0o8\""                 },
        {"0x1f",                 "31"                      },
        {"0x1F",                 "31"                      },
        {"-0x1f",                "\"-0x1f\""               },
        {"9223372036854775807",  "9223372036854775807"     },
        {"-9223372036854775808", "-9223372036854775808"    },
        {"1.5",                  "1.5"                     },
        {"-.5",                  "-0.5"                    },
        {"1.",                   "1"                       },
        {"1e3",                  "1000"                    },
        {"1E-2",                 "0.01"                    },
        {"1e",                   "\"1e\""                  },
        {"1.2.3",                "\"1.2.3\""               },
        {".",                    "\".\""                   },
        {"-",                    "[null]"                  },
        {"1_000",                "\"1_000\""               },
        {"12:30",                "\"12:30\""               },
        {"2026-05-02T09:00:00Z", "\"2026-05-02T09:00:00Z\""},
        {"inf",                  "\"inf\""                 },
        {"\"12\"",               "\"12\""                  },
        {"'true'",               "\"true\""                },
        {"\"\"",                 "\"\""                    },
        {"!!str 12",             "\"12\""                  },
        {"!!str",                "\"\""                    },
        {"|\n a\n b\n",          "\"a\\nb\\n\""            },
        {">-\n a\n b\n",         "\"a b\""                 },
        {"$target.x",            "\"$target.x\""           },
        {"'it''s'",              "\"it's\""                },
        {"\"\\u00e9\\t\\x41\"",  "\"\xC3\xA9\\tA\""        },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(json_print(*state, parse(*state, rows[i].yaml)), rows[i].json);
}

#define ASSERT_AT(where, l, c)                                                                                         \
    do {                                                                                                               \
        assert_int_equal((where).line, l);                                                                             \
        assert_int_equal((where).column, c);                                                                           \
    } while (0)

static void every_value_and_key_has_its_location(void **state)
{
    const struct node *n = parse(*state, "\xEF\xBB\xBF"
                                         "# a byte order mark is no character\n"
                                         "top:\n"
                                         "  \xC3\xA9\xC3\xA9: \"quoted\"\n"
                                         "  list: [1, 'x', {}]\n"
                                         "'q': &name\n"
                                         "  - a: 1\n"
                                         "    b:\n"
                                         "  - !!str 5\n");
    const struct node *top = node_get(n, "top"), *list = node_get(top, "list"), *q = node_get(n, "q");
    assert_string_equal(n->at.file, "f.yaml");
    ASSERT_AT(n->at, 2, 1);
    ASSERT_AT(top->at, 3, 3);
    ASSERT_AT(top->map.members[0].key_at, 3, 3);
    ASSERT_AT(node_get(top, "\xC3\xA9\xC3\xA9")->at, 3, 7);
    ASSERT_AT(list->at, 4, 9);
    ASSERT_AT(node_at(list, 0)->at, 4, 10);
    ASSERT_AT(node_at(list, 1)->at, 4, 13);
    ASSERT_AT(node_at(list, 2)->at, 4, 18);
    ASSERT_AT(n->map.members[1].key_at, 5, 1);
    ASSERT_AT(node_get(node_at(q, 0), "a")->at, 6, 8);
    ASSERT_AT(node_get(node_at(q, 0), "b")->at, 7, 5); /* an empty value has the location of its key */
    ASSERT_AT(node_at(q, 1)->at, 8, 11);
}

static void structures_are_read_in_order(void **state)
{
    static const struct {
        const char *yaml, *json;
    } rows[] = {
        {"a: 1\nb: [x, {c: d}]\n",                    "{\"a\":1,\"b\":[\"x\",{\"c\":\"d\"}]}"              },
        {"- - 1\n  - 2\n- {}\n- []\n",                "[[1,2],{},[]]"                                      },
        {"? a\n? b\n",                                "{\"a\":null,\"b\":null}"                            },
        {"1: x\ntrue: y\n",                           "{\"1\":\"x\",\"true\":\"y\"}"                       },
        {"'': x\n\"<<\": y\n",                        "{\"\":\"x\",\"<<\":\"y\"}"                          },
        {"a: &x {b: 1}\nc: *x\nd: [*x]\n",            "{\"a\":{\"b\":1},\"c\":{\"b\":1},\"d\":[{\"b\":1}]}"},
        {"a: &x 1\nb: &x 2\nc: *x\n",                 "{\"a\":1,\"b\":2,\"c\":2}"                          },
        {"a: &x\nb: *x\n",                            "{\"a\":null,\"b\":null}"                            },
        {"%YAML 1.2\n---\na: 1\n...\n",               "{\"a\":1}"                                          },
        {"a: 1\r\nb: 2\r\n",                          "{\"a\":1,\"b\":2}"                                  },
        {"{a: 1, \"b\":2}",                           "{\"a\":1,\"b\":2}"                                  },
        {"{\"a\": [1, 2.5, null], \"b\": \"x\\ny\"}", "{\"a\":[1,2.5,null],\"b\":\"x\\ny\"}"               },
        {"--- 5\n",                                   "5"                                                  },
        {"---\n",                                     "null"                                               },
        {"!!str 1: x\n",                              "{\"1\":\"x\"}"                                      },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(json_print(*state, parse(*state, rows[i].yaml)), rows[i].json);
}

static void an_alias_shares_its_node(void **state)
{
    const struct node *n = parse(*state, "a: &x [1]\nb: *x\n");
    assert_ptr_equal(node_get(n, "a"), node_get(n, "b"));
}

static void invalid_yaml_is_rejected_with_its_location(void **state)
{
    /* clang-format off */
    static const struct {
        struct str yaml;
        const char *why;
    } rows[] = {
        {BYTES(""),                           "f.yaml:1:1: the document is empty; expected a value"},
        {BYTES("# only\n\n# comments\n"),     "f.yaml:1:1: the document is empty; expected a value"},
        {BYTES("a: \xff\xfe bad\nb: 2\n"),    "f.yaml:1:4: invalid UTF-8: byte 0xFF"},
        {BYTES("\xC3\xA9: 1\n\xC3\xA9 \xC3"), "f.yaml:2:3: invalid UTF-8: byte 0xC3"},
        {BYTES("%\xff\xff\xff\xff\n"),        "f.yaml:1:2: invalid UTF-8: byte 0xFF"},
        {BYTES("a: 1\nb: \0 c\n"),            "f.yaml:2:4: invalid control character 0x00"},
        {BYTES("a: \x07"),                    "f.yaml:1:4: invalid control character 0x07"},
        {BYTES("a: \x07\xff"),                "f.yaml:1:4: invalid control character 0x07"},
        {BYTES("a: \xff\x07"),                "f.yaml:1:4: invalid UTF-8: byte 0xFF"},
        {BYTES("a: \x7f"),                    "f.yaml:1:4: invalid control character 0x7F"},
        {BYTES("\xFF\xFE" "a\0"),             "f.yaml:1:1: invalid UTF-8: byte 0xFF"},
        {BYTES("? ::\t-"),                    "f.yaml:1:5: cannot use tab for indentation of block entry"},
        {BYTES("? a:\t- x"),                  "f.yaml:1:5: cannot use tab for indentation of block entry"},
        {BYTES("a:\n\tb: c\n"),               "f.yaml:2:1: "},
        {BYTES("a: 'b\n"),                    "f.yaml:1:5: single-quoted scalar without closing quote"},
        {BYTES("a: \"b\n"),                   "f.yaml:1:5: double-quoted scalar without closing quote"},
        {BYTES("a: [1, 2\n"),                 "f.yaml:2:1: flow sequence without a closing bracket"},
        {BYTES("a: {b\n"),                    "f.yaml:2:1: "},
        {BYTES("a: b: c\n"),                  "f.yaml:1:5: invalid nested block mapping on the same line"},
        {BYTES("a: @x\n"),                    "f.yaml:1:4: plain scalar cannot start with '@'"},
        {BYTES("- 1\n---\n- 2\n"),            "f.yaml:2:1: more than one document; expected one document per file"},
        {BYTES("---\n---\n"),                 "f.yaml:2:1: more than one document; expected one document per file"},
        {BYTES("a: 1\nb: 2\na: 3\n"),         "f.yaml:3:1: duplicate key 'a' (first at 1:1)"},
        {BYTES("{a: 1, \"a\": 2}"),           "f.yaml:1:8: duplicate key 'a' (first at 1:2)"},
        {BYTES("x: {a: 1,\n a: 2}\ny: [{b: 1, b: 2}]\n"),
         "f.yaml:2:2: duplicate key 'a' (first at 1:5)\nf.yaml:3:12: duplicate key 'b' (first at 3:6)"},
        {BYTES("<<: *x\na: &x {}\n"),
         "f.yaml:1:1: '<<' expects a map or a list of maps, such as *name\n"
         "f.yaml:1:5: alias *x has no anchor before it"},
        {BYTES("a: &x 1\nb: {<<: [{c: 1}, *x]}\n"),
         "f.yaml:2:5: '<<' expects a map or a list of maps, such as *name"},
        {BYTES("a: &x {c: 1}\nb: {<<: *x, <<: *x}\n"), "f.yaml:2:13: duplicate key '<<' (first at 2:5)"},
        {BYTES("%YAML 1.1\n---\na: yes\n"),
         "f.yaml:1:1: %YAML 1.1 is not supported; expected %YAML 1.2, or no directive"},
        {BYTES("# c\n%YAML 1.1\n--- {}\n"),
         "f.yaml:2:1: %YAML 1.1 is not supported; expected %YAML 1.2, or no directive"},
        {BYTES("a: *x\n"),                    "f.yaml:1:4: alias *x has no anchor before it"},
        {BYTES("a: &x {b: *x}\n"),            "f.yaml:1:11: alias *x refers to the value that contains it"},
        {BYTES("&x [*x]\n"),                  "f.yaml:1:5: alias *x refers to the value that contains it"},
        {BYTES("a: &x 1\n*x : 2\n"),          "f.yaml:2:1: invalid key; expected plain or quoted text"},
        {BYTES("[a, b]: 1\n"),                "f.yaml:1:1: invalid key; expected plain or quoted text"},
        {BYTES("{a: 1}: 1\n"),                "f.yaml:1:1: invalid key; expected plain or quoted text"},
        {BYTES("&x a: 1\n"),                  "f.yaml:1:4: a key cannot have an anchor"},
        {BYTES("a: 1\n: 2\n"),                "f.yaml:1:4: missing key after this"},
        {BYTES("a: ! 4\n"),                   "f.yaml:1:6: unknown tag '!'; the only accepted tag is !!str"},
        {BYTES("a: !x 4\n"),                  "f.yaml:1:7: unknown tag '!x'; the only accepted tag is !!str"},
        {BYTES("a: !x [4]\n"),                "f.yaml:1:7: unknown tag '!x'; the only accepted tag is !!str"},
        {BYTES("!!int a: 4\n"), "f.yaml:1:7: unknown tag 'tag:yaml.org,2002:int'; the only accepted tag is !!str"},
        {BYTES("a: !!str [4]\n"),             "f.yaml:1:10: the tag !!str is not valid for a list or map"},
        {BYTES("a: !z!y 4\n"),                "f.yaml:1:4: undefined tag prefix"},
        {BYTES("a: .inf\nb: -.INF\nc: .NaN\n"),
         "f.yaml:1:4: '.inf' is not a valid JSON number (quote it if it is text)\n"
         "f.yaml:2:4: '-.INF' is not a valid JSON number (quote it if it is text)\n"
         "f.yaml:3:4: '.NaN' is not a valid JSON number (quote it if it is text)"},
        {BYTES("[9223372036854775808]"),
         "f.yaml:1:2: '9223372036854775808' does not fit in 64 bits (quote it if it is text)"},
        {BYTES("[0x8000000000000000]"),
         "f.yaml:1:2: '0x8000000000000000' does not fit in 64 bits (quote it if it is text)"},
        {BYTES("[1e999]"),                    "f.yaml:1:2: '1e999' is too large for a number"},
        {BYTES("a: \"x\\0y\"\n"),             "f.yaml:1:4: text contains a NUL character"},
        {BYTES("\"x\\0y\": 1\n"),             "f.yaml:1:1: text contains a NUL character"},
        {BYTES("a: \"\\ud800\"\n"),           "f.yaml:1:5: double-quoted scalar has invalid UTF8 escape"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *why = parse_error(*state, rows[i].yaml);
        size_t n = strlen(rows[i].why);
        bool place_only = rows[i].why[n - 1] == ' '; /* the text comes from libfyaml */
        assert_string_equal(place_only ? arena_printf(*state, "%.*s", (int)n, why) : why, rows[i].why);
    }
}

static const char *repeated(struct arena *a, const char *text, int times)
{
    struct buf out = {.arena = a};
    for (int i = 0; i < times; i++)
        buf_text(&out, text);
    return buf_c(&out);
}

static void aliases_cannot_exceed_the_nesting_limit(void **state)
{
    const char *open = repeated(*state, "[", YAML_MAX_DEPTH - 1), *close = repeated(*state, "]", YAML_MAX_DEPTH - 1);
    const struct {
        const char *format, *why;
    } rows[] = {
        {"[%s%s]",              NULL                                                             },
        {"[[%s%s]]",            "f.yaml:1:65: lists and maps are nested more than 64 levels deep"},
        {"- &a %s%s\n- *a\n",   NULL                                                             },
        {"- &a %s%s\n- [*a]\n", "f.yaml:2:4: lists and maps are nested more than 64 levels deep" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct str text = str_from(rows[i].format);
        struct buf out = {.arena = *state};
        buf_add(&out, str_cut(&text, '%'));
        buf_text(&out, open);
        text = str_skip(text, 3);
        buf_text(&out, close);
        buf_add(&out, text);
        if (rows[i].why)
            assert_string_equal(parse_error(*state, buf_str(&out)), rows[i].why);
        else
            (void)parse(*state, buf_c(&out));
    }
    assert_non_null(strstr(parse_error(*state, str_from(repeated(*state, "- ", 100000))), "64 levels deep"));
    assert_non_null(strstr(parse_error(*state, str_from(repeated(*state, "{a: ", 100000))), "64 levels deep"));
}

static void an_alias_bomb_is_rejected(void **state)
{
    struct buf text = {.arena = *state};
    buf_text(&text, "- &a0 [x,x,x,x,x,x,x,x,x]\n");
    for (int i = 0; i < 9; i++)
        buf_printf(&text, "- &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i + 1, i, i, i, i, i, i, i, i, i);
    assert_non_null(strstr(parse_error(*state, buf_str(&text)),
                           "aliases add more than 4000000 values (each use of an alias counts)"));
}

/* An export of a grown namespace is such a file. */
static void a_large_file_is_read(void **state)
{
    struct buf text = {.arena = *state};
    size_t n = (size_t)70 << 20;
    buf_text(&text, "[\"");
    memset(buf_reserve(&text, n), 'x', n);
    text.n += n;
    buf_text(&text, "\"]");
    assert_int_equal(node_at(parse(*state, buf_c(&text)), 0)->text.n, n);
}

static void anchors_have_a_limit(void **state)
{
    struct buf text = {.arena = *state};
    for (int i = 0; i < YAML_MAX_ANCHORS; i++)
        buf_printf(&text, "- &a%d x\n", i);
    assert_int_equal(node_count(parse(*state, buf_c(&text))), YAML_MAX_ANCHORS);
    buf_text(&text, "- &more x\n");
    assert_string_equal(parse_error(*state, buf_str(&text)), "f.yaml:257:9: more than 256 anchors");
}

static void a_duplicate_in_ten_thousand_keys_is_found(void **state)
{
    struct buf text = {.arena = *state};
    for (int i = 0; i < 10000; i++)
        buf_printf(&text, "key%d: %d\n", i, i);
    const struct node *n = parse(*state, buf_c(&text));
    assert_int_equal(node_count(n), 10000);
    assert_int_equal(node_get(n, "key9999")->integer, 9999);
    buf_text(&text, "key77: 0\n");
    assert_string_equal(parse_error(*state, buf_str(&text)), "f.yaml:10001:1: duplicate key 'key77' (first at 78:1)");
}

static void a_file_is_loaded_under_its_own_name(void **state)
{
    struct error err = {0};
    char path[] = "yaml_test.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "a: 1\na: 2\n", 10), 10);
    assert_null(yaml_load(*state, path, &err));
    assert_string_equal(error_text(*state, &err),
                        arena_printf(*state, "%s:2:1: duplicate key 'a' (first at 1:1)", path));
    assert_int_equal(ftruncate(fd, 5), 0);
    const struct node *n = yaml_load(*state, path, &err);
    assert_int_equal(node_get(n, "a")->integer, 1);
    (void)close(fd);
    (void)unlink(path);
    error_end(&err);
}

static void an_unreadable_file_is_a_system_error(void **state)
{
    static const struct {
        const char *path, *why;
    } rows[] = {
        {TEST_DIR "/no_such.yaml", TEST_DIR "/no_such.yaml: No such file or directory"},
        {TEST_DIR,                 TEST_DIR ": Is a directory"                        },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error err = {0};
        assert_null(yaml_load(*state, rows[i].path, &err));
        assert_int_equal(err.first->kind, ERROR_SYSTEM);
        assert_string_equal(error_text(*state, &err), rows[i].why);
        error_end(&err);
    }
}

/* The map's own members win, then the earlier maps of a list; a quoted << is a key like any other. */
static void a_merge_key_adds_members(void **state)
{
    static const char *const rows[][2] = {
        {"x-base: &b {a: 1, b: 2}\nm: {b: 3, <<: *b, c: 4}\n",          "{\"m\":{\"b\":3,\"c\":4,\"a\":1}}"},
        {"x-b: &b {a: 1}\nx-c: &c {a: 2, d: 5}\nm: {<<: [*b, *c]}\n",   "{\"m\":{\"a\":1,\"d\":5}}"        },
        {"m: {<<: {a: 1, n: {k: 1}}, a: 2}\n",                          "{\"m\":{\"a\":2,\"n\":{\"k\":1}}}"},
        {"x-a: &a {i: 1}\nx-b: &b {<<: *a, j: 2}\nm: {<<: *b, k: 3}\n", "{\"m\":{\"k\":3,\"j\":2,\"i\":1}}"},
        {"m: {\"<<\": 1}\n",                                            "{\"m\":{\"<<\":1}}"               },
        {"m: {<<: []}\n",                                               "{\"m\":{}}"                       },
        {"x-: 1\nm: {x-kept: 1}\n",                                     "{\"m\":{\"x-kept\":1}}"           },
        {"%YAML 1.2\n---\nm: yes\n",                                    "{\"m\":\"yes\"}"                  },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error err = {0};
        const struct node *root = yaml_parse(*state, str_from(rows[i][0]), "f.yaml", &err);
        if (!root)
            fail_msg("%s: %s", rows[i][0], error_text(*state, &err));
        assert_string_equal(json_print(*state, root), rows[i][1]);
        error_end(&err);
    }
}

static void the_error_may_be_null(void **state)
{
    assert_null(yaml_parse(*state, STR("a: 1\na: 2\n"), "f.yaml", NULL));
    assert_null(yaml_parse(*state, STR("a: 'x"), "f.yaml", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_are_typed_by_the_core_schema),
        cmocka_unit_test(every_value_and_key_has_its_location),
        cmocka_unit_test(structures_are_read_in_order),
        cmocka_unit_test(an_alias_shares_its_node),
        cmocka_unit_test(invalid_yaml_is_rejected_with_its_location),
        cmocka_unit_test(aliases_cannot_exceed_the_nesting_limit),
        cmocka_unit_test(an_alias_bomb_is_rejected),
        cmocka_unit_test(a_large_file_is_read),
        cmocka_unit_test(anchors_have_a_limit),
        cmocka_unit_test(a_duplicate_in_ten_thousand_keys_is_found),
        cmocka_unit_test(a_file_is_loaded_under_its_own_name),
        cmocka_unit_test(an_unreadable_file_is_a_system_error),
        cmocka_unit_test(a_merge_key_adds_members),
        cmocka_unit_test(the_error_may_be_null),
    };
    return cmocka_run_group_tests_name("yaml", tests, tree_setup, tree_teardown);
}
