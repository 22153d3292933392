#include "base/array.h"
#include "base/log.h"

#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void set(const char *name, const char *value)
{
    int failed = value ? setenv(name, value, 1) : unsetenv(name);
    assert_int_equal(failed, 0);
}

/* Returns what one log line writes to stderr. */
static const char *logged(enum log_level level, const char *text)
{
    static char out[1000];
    FILE *file = tmpfile();
    assert_non_null(file);
    int before = dup(STDERR_FILENO);
    assert_true(before >= 0 && dup2(fileno(file), STDERR_FILENO) >= 0);
    log_line(level, "%s", text);
    assert_true(dup2(before, STDERR_FILENO) >= 0);
    (void)close(before);
    rewind(file);
    out[fread(out, 1, sizeof out - 1, file)] = '\0';
    (void)fclose(file);
    return out;
}

static void only_events_up_to_the_level_are_written(void **state)
{
    (void)state;
    set("NO_COLOR", "1");
    for (int most = LOG_QUIET; most <= LOG_DEBUG; most++) {
        log_set_level((enum log_level)most);
        for (int level = LOG_QUIET; level <= LOG_DEBUG; level++) {
            char expected[40];
            (void)snprintf(expected, sizeof expected, "%s: text\n", log_level_names[level]);
            bool written = level != LOG_QUIET && level <= most;
            assert_string_equal(logged((enum log_level)level, "text"), written ? expected : "");
        }
    }
    log_set_level(LOG_INFO);
}

static void an_event_may_be_a_line_of_json(void **state)
{
    (void)state;
    log_set_format(LOG_JSON);
    const char *line = logged(LOG_WARN, "a\n\"b\"");
    assert_ptr_equal(strstr(line, "{\"time\":\"20"), line);
    assert_non_null(strstr(line, "Z\",\"level\":\"warn\",\"event\":\"message\",\"message\":\"a \\\"b\\\"\"}\n"));
    log_set_format(LOG_TEXT);
}

static void an_event_is_one_line_without_control_characters(void **state)
{
    (void)state;
    set("NO_COLOR", "1");
    assert_string_equal(logged(LOG_WARN, "a\nb\r\x1b[31m\x7f é"), "warn: a b  [31m  é\n");
    assert_string_equal(logged(LOG_WARN, ""), "warn: \n");
}

static void forced_colour_surrounds_the_level(void **state)
{
    (void)state;
    set("NO_COLOR", NULL);
    set("CLICOLOR_FORCE", "1");
    assert_string_equal(logged(LOG_ERROR, "no"), "\x1b[31merror:\x1b[0m no\n");
    set("CLICOLOR_FORCE", NULL);
}

static void colour_depends_on_the_environment_and_the_terminal(void **state)
{
    (void)state;
    static const struct {
        const char *no_color, *force, *term;
        bool file, terminal;
    } rows[] = {
        {NULL, NULL, "xterm", false, true },
        {NULL, NULL, "dumb",  false, false},
        {NULL, NULL, NULL,    false, false},
        {"1",  NULL, "xterm", false, false},
        {"",   NULL, "xterm", false, true },
        {"1",  "1",  "xterm", false, false},
        {NULL, "1",  "dumb",  true,  true },
        {NULL, "0",  "xterm", false, false},
        {NULL, "",   "xterm", false, true },
    };
    int control, end;
    assert_int_equal(openpty(&control, &end, NULL, NULL, NULL), 0);
    FILE *terminal = fdopen(end, "w"), *file = tmpfile();
    assert_true(terminal && file);
    for (size_t i = 0; i < COUNT(rows); i++) {
        set("NO_COLOR", rows[i].no_color);
        set("CLICOLOR_FORCE", rows[i].force);
        set("TERM", rows[i].term);
        if (log_colour_wanted(file) != rows[i].file || log_colour_wanted(terminal) != rows[i].terminal)
            fail_msg("row %zu", i);
    }
    (void)fclose(file);
    (void)fclose(terminal);
    (void)close(control);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_events_up_to_the_level_are_written),
        cmocka_unit_test(an_event_may_be_a_line_of_json),
        cmocka_unit_test(an_event_is_one_line_without_control_characters),
        cmocka_unit_test(forced_colour_surrounds_the_level),
        cmocka_unit_test(colour_depends_on_the_environment_and_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
