#include "base/array.h"
#include "base/xml.h"

#include "base/tests/tree.h"

static void characters_that_xml_forbids_are_replaced(void **state)
{
    static const struct {
        const char *text, *between, *within;
    } rows[] = {
        {"a",                  "a",                                 "a"                                },
        {"<a & \"b\" 'c'>",    "&lt;a &amp; &quot;b&quot; 'c'&gt;", "&lt;a &amp; &quot;b&quot; 'c'&gt;"},
        {"]]>",                "]]&gt;",                            "]]&gt;"                           },
        {"a\nb\tc\rd",         "a\nb\tc d",                         "a b c d"                          },
        {"\x01\x1b\x7f",       "\uFFFD\uFFFD\uFFFD",                "\uFFFD\uFFFD\uFFFD"               },
        {"\xC2\x85 \xC2\xA0",  "\uFFFD \xC2\xA0",                   "\uFFFD \xC2\xA0"                  },
        {"\uFFFE\uFFFF\uFFFD", "\uFFFD\uFFFD\uFFFD",                "\uFFFD\uFFFD\uFFFD"               },
        {"\xFFx\xC3",          "\uFFFDx\uFFFD",                     "\uFFFDx\uFFFD"                    },
        {"",                   "",                                  ""                                 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf between = {.arena = *state}, within = {.arena = *state};
        xml_text(&between, str_from(rows[i].text));
        xml_attribute(&within, "a", rows[i].text);
        assert_string_equal(buf_c(&between), rows[i].between);
        assert_string_equal(buf_c(&within), arena_printf(*state, " a=\"%s\"", rows[i].within));
    }
}

static void a_null_value_writes_no_attribute(void **state)
{
    struct buf out = {.arena = *state};
    xml_attribute(&out, "a", NULL);
    assert_int_equal(out.n, 0);
}

#define with_arena(test) cmocka_unit_test_setup_teardown(test, tree_setup, tree_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_arena(characters_that_xml_forbids_are_replaced),
        with_arena(a_null_value_writes_no_attribute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
