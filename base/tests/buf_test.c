#include "base/buf.h"

#include <string.h>

#include "base/tests/tree.h"

static void an_empty_buffer_is_empty_text(void **state)
{
    struct buf b = {.arena = *state};
    assert_int_equal(buf_str(&b).n, 0);
    assert_non_null(buf_str(&b).s);
    assert_string_equal(buf_c(&b), "");
    buf_add(&b, (struct str){0});
    buf_text(&b, NULL);
    buf_printf(&b, "%s", "");
    assert_int_equal(b.n, 0);
    assert_string_equal(b.data, "");
}

static void every_function_appends_at_the_end(void **state)
{
    struct buf b = {.arena = *state};
    buf_byte(&b, 'a');
    buf_text(&b, "bc");
    buf_add(&b, str_of("def...", 3));
    buf_printf(&b, "%d%s", 42, "!");
    memcpy(buf_reserve(&b, 3), "xyz", 3);
    b.n += 3;
    assert_string_equal(b.data, "abcdef42!xyz"); /* NUL-terminated */
    assert_true(str_is(buf_str(&b), "abcdef42!xyz"));
}

static void zero_bytes_are_kept(void **state)
{
    struct buf b = {.arena = *state};
    buf_add(&b, STR("a\0b"));
    buf_byte(&b, '\0');
    assert_int_equal(b.n, 4);
    assert_memory_equal(buf_c(&b), "a\0b\0\0", 5);
}

static void a_buffer_grows_past_every_size(void **state)
{
    struct buf b = {.arena = *state}, other = {.arena = *state};
    for (int i = 0; i < 100000; i++) {
        buf_byte(&b, (char)('a' + i % 26));
        if (i % 100 == 0)
            buf_text(&other, "in the way");
        assert_true(b.room > b.n);
    }
    assert_int_equal(strlen(b.data), 100000);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(b.data[i], 'a' + i % 26);
}

static void long_formatted_texts_are_complete(void **state)
{
    char text[5000];
    memset(text, 'x', sizeof text);
    for (int n = 0; n < 5000; n += n < 200 ? 1 : 479) {
        struct buf b = {.arena = *state};
        buf_printf(&b, "<%.*s>", n, text);
        assert_int_equal(b.n, n + 2);
        assert_int_equal(strlen(b.data), n + 2);
        assert_int_equal(b.data[n + 1], '>');
    }
}

static void a_shortened_buffer_is_terminated_again(void **state)
{
    struct buf b = {.arena = *state};
    buf_text(&b, "a, b, ");
    b.n -= 2;
    assert_string_equal(buf_c(&b), "a, b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_buffer_is_empty_text, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(every_function_appends_at_the_end, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(zero_bytes_are_kept, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_buffer_grows_past_every_size, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(long_formatted_texts_are_complete, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_shortened_buffer_is_terminated_again, tree_setup, tree_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
