/* Tests of Layers' words: each value of an enum has one, and an accepted word means the value it is written for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/array.h"
#include "mockserver/providers/layers/words.h"

static const struct {
    const struct enum_words *words;
} tables[] = {
    {&layers_bools},          {&layers_platforms},         {&layers_account_statuses},  {&layers_project_statuses},
    {&layers_lease_statuses}, {&layers_lease_requests},    {&layers_oauth_statuses},    {&layers_approvals},
    {&layers_publish_modes},  {&layers_post_statuses},     {&layers_ad_platforms},      {&layers_capi_platforms},
    {&layers_ad_tokens},      {&layers_endpoint_statuses}, {&layers_delivery_statuses},
};

static size_t rows_with_value(const struct enum_words *words, int value)
{
    size_t found = 0;
    for (size_t i = 0; i < words->count; i++)
        found += words->rows[i].value == value;
    return found;
}

static void each_value_has_one_word(void **state)
{
    (void)state;
    for (size_t t = 0; t < COUNT(tables); t++)
        for (size_t value = 0; value < tables[t].words->count; value++)
            assert_int_equal(rows_with_value(tables[t].words, (int)value), 1);
}

static void a_word_that_is_read_is_written_again(void **state)
{
    (void)state;
    for (size_t t = 0; t < COUNT(tables); t++)
        for (size_t i = 0; i < tables[t].words->accepted; i++) {
            const struct enum_word *word = enum_word_find(tables[t].words, str_from(tables[t].words->rows[i].text));
            assert_non_null(word);
            assert_string_equal(enum_word_of(tables[t].words, word->value), tables[t].words->rows[i].text);
        }
}

static void a_word_that_is_only_written_is_not_read(void **state)
{
    (void)state;
    assert_null(enum_word_find(&layers_platforms, STR("x")));
    assert_null(enum_word_find(&layers_post_statuses, STR("held")));
    assert_null(enum_word_find(&layers_capi_platforms, STR("apple_ads")));
    assert_null(enum_word_find(&layers_endpoint_statuses, STR("auto_paused")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_value_has_one_word),
        cmocka_unit_test(a_word_that_is_read_is_written_again),
        cmocka_unit_test(a_word_that_is_only_written_is_not_read),
    };
    return cmocka_run_group_tests_name("layers_words", tests, NULL, NULL);
}
