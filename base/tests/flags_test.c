#include "base/array.h"
#include "base/flags.h"

#include <stdlib.h>
#include <string.h>

#include "base/tests/tree.h"

#define WORDS_MAX 4

struct options {
    struct arena *arena;
    const char *log_file, *by, *own;
    bool loud;
    struct texts_list words;
};

static bool set_log_file(struct options *o, const struct given *g)
{
    o->log_file = g->value;
    o->by = g->by;
    return *g->value || flag_invalid(g, "must not be empty");
}

static bool set_own(struct options *o, const struct given *g)
{
    o->own = g->value;
    return true;
}

static bool set_loud(struct options *o, const struct given *g)
{
    return flag_switch(g, &o->loud);
}

static bool add_word(struct options *o, const struct given *g)
{
    *arena_push(o->arena, &o->words, const char *) = g->value;
    return true;
}

static const struct flag rows[] = {
    FLAG("log-file", "NAME", set_log_file, .help = "write the log to this file"),
    FLAG("loud", NULL, set_loud, .help = "log more"),
    FLAG("own", "TEXT", set_own, .help = "has another variable", .environment = "OPTIONS_OTHER"),
    FLAG("mute", "TEXT", set_own, .help = "has no variable", .environment = ""),
};

/* Reads the words of `line` as the arguments of the program. */
static bool read(struct options *o, const char *line, const char **why)
{
    const struct flags flags = {
        .program = "flags_test",
        .environment = "OPTIONS",
        .version = "1",
        .rows = rows,
        .count = COUNT(rows),
        .argument = add_word,
    };
    struct error err = {0};
    char *words[WORDS_MAX + 1] = {str_dup(o->arena, STR("flags_test"))};
    int count = 1;
    for (struct str rest = str_from(line); rest.n; count++)
        words[count] = str_dup(o->arena, str_cut(&rest, ' '));
    bool ok = flags_read(o->arena, &flags, count, words, o, &err);
    *why = ok ? "" : str_dup(o->arena, str_from(error_text(o->arena, &err)));
    error_end(&err);
    return ok;
}

static int set_up(void **state)
{
    unsetenv("OPTIONS_LOG_FILE");
    unsetenv("OPTIONS_LOUD");
    unsetenv("OPTIONS_OWN");
    unsetenv("OPTIONS_MUTE");
    unsetenv("OPTIONS_OTHER");
    return tree_setup(state);
}

static void the_command_line_overrides_the_environment(void **state)
{
    struct options o = {.arena = *state};
    const char *why;
    setenv("OPTIONS_LOG_FILE", "north", 1);
    assert_true(read(&o, "", &why));
    assert_string_equal(o.log_file, "north");
    assert_string_equal(o.by, "OPTIONS_LOG_FILE");
    assert_true(read(&o, "--log-file=south", &why));
    assert_string_equal(o.log_file, "south");
    assert_string_equal(o.by, "--log-file");
}

static void an_option_may_have_another_variable_or_none(void **state)
{
    struct options o = {.arena = *state};
    const char *why;
    setenv("OPTIONS_OWN", "unread", 1);
    setenv("OPTIONS_MUTE", "unread", 1);
    assert_true(read(&o, "", &why));
    assert_null(o.own);
    setenv("OPTIONS_OTHER", "read", 1);
    assert_true(read(&o, "", &why));
    assert_string_equal(o.own, "read");
}

static void a_switch_is_true_or_false_in_the_environment(void **state)
{
    static const struct {
        const char *word;
        bool loud;
    } words[] = {
        {"1",     true },
        {"true",  true },
        {"0",     false},
        {"false", false},
        {"",      false}
    };
    const char *why;
    for (size_t i = 0; i < COUNT(words); i++) {
        struct options o = {.arena = *state, .loud = !words[i].loud};
        setenv("OPTIONS_LOUD", words[i].word, 1);
        assert_true(read(&o, "", &why));
        assert_int_equal(o.loud, words[i].loud);
    }
    struct options o = {.arena = *state};
    unsetenv("OPTIONS_LOUD");
    assert_true(read(&o, "--loud", &why));
    assert_true(o.loud);
}

static void every_mistake_is_reported_with_its_source(void **state)
{
    struct options o = {.arena = *state};
    const char *why;
    setenv("OPTIONS_LOUD", "maybe", 1);
    assert_false(read(&o, "--log-file=", &why));
    assert_non_null(strstr(why, "invalid value '' for --log-file; must not be empty"));
    assert_non_null(strstr(why, "invalid value 'maybe' for OPTIONS_LOUD; expected true or false"));
}

static void other_words_are_arguments(void **state)
{
    struct options o = {.arena = *state};
    const char *why;
    assert_true(read(&o, "a --loud b", &why));
    assert_int_equal(o.words.count, 2);
    assert_string_equal(o.words.items[0], "a");
    assert_string_equal(o.words.items[1], "b");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tree_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_command_line_overrides_the_environment),
        TEST(an_option_may_have_another_variable_or_none),
        TEST(a_switch_is_true_or_false_in_the_environment),
        TEST(every_mistake_is_reported_with_its_source),
        TEST(other_words_are_arguments),
    };
    return cmocka_run_group_tests_name("flags", tests, NULL, NULL);
}
