#include "conformance/report/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "conformance/tests/report_rig.h"

#define with_rig(test) cmocka_unit_test_setup_teardown(test, rig_begin, rig_end)

static int run_tool(const char *tool, const char *option, const char *path)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        execlp(tool, tool, option, path, (char *)NULL);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static size_t times(const char *text, const char *part)
{
    size_t n = 0;
    while ((text = strstr(text, part))) {
        text += strlen(part);
        n++;
    }
    return n;
}

static void junit_counts_match_its_elements(void **state)
{
    struct rig *g = *state;
    const char *text = rig_report(g, "junit", rig_red(&g->arena)).s;
    assert_non_null(strstr(text, "<testsuites name=\"conformance of layers-mock\" tests=\"15\" "
                                 "failures=\"3\" errors=\"5\" skipped=\"6\""));
    assert_int_equal(times(text, "<testcase "), 15);
    assert_int_equal(times(text, "<failure "), 3);
    assert_int_equal(times(text, "<error "), 5);
    assert_int_equal(times(text, "<skipped "), 6);
    assert_int_equal(times(text, "<testsuite "), 5);
    for (const char *at = text; (at = strstr(at, " message=\"")); at++)
        assert_true(strcspn(at + 10, "\n") > strcspn(at + 10, "\"")); /* one line */
}

static void junit_is_always_well_formed(void **state)
{
    struct rig *g = *state;
    struct run *r = rig_red(&g->arena);
    r->scenarios.items[0]->name = "odd \x01\x1b\x7f <&\"'> \xFF\xC3 \xEF\xBF\xBE \xEF\xBF\xBF ]]> \n";
    char path[] = P_tmpdir "/junit-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)close(fd);
    struct error err = {0};
    struct writer *w = writer_open(&g->secrets, path, &err);
    report_format_named("junit")->write(r, w);
    assert_true(writer_close(w, &err));
    int verdict = run_tool("xmllint", "--noout", path);
    (void)unlink(path);
    if (verdict == 127)
        skip(); /* not installed */
    assert_int_equal(verdict, 0);
}

static void a_passed_case_has_only_properties(void **state)
{
    struct rig *g = *state;
    const char *text = rig_report(g, "junit", rig_green(&g->arena)).s;
    assert_int_equal(times(text, "<testcase "), 6);
    assert_int_equal(times(text, "<failure "), 0);
    assert_int_equal(times(text, "<skipped "), 3);
    assert_non_null(strstr(text, "<skipped message=\"not-applicable: the target has no"));
    assert_non_null(strstr(text, "<property name=\"claim\" value=\"LA-183\"/>"));
    assert_non_null(strstr(text, "<property name=\"level\" value=\"must\"/>"));
}

/* A reader of JUnit sees only test cases: without this one, such a run would look as if it had passed. */
static void a_run_that_no_case_explains_is_a_case_of_its_own(void **state)
{
    struct rig *g = *state;
    struct run *r = rig_empty(&g->arena);
    const char *text = rig_report(g, "junit", r).s;
    assert_non_null(strstr(text, "<error message=\"exit status 4: nothing was checked: no scenario was selected\""));
    struct error err = {0};
    error_add(&err, ERROR_TARGET, (struct where){0}, "http://127.0.0.1:9 does not respond");
    run_fail(r, &err);
    text = rig_report(g, "junit", r).s;
    assert_non_null(strstr(text, "exit status 3: the run did not take place: http://127.0.0.1:9 does not respond"));
    assert_int_equal(times(text, "<testcase "), 1);
    text = rig_report(g, "json", r).s;
    assert_non_null(strstr(text, "\"code\": 3"));
    assert_null(strstr(text, "\"outcome\": \"holds\""));
    error_end(&err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_rig(junit_counts_match_its_elements),
        with_rig(junit_is_always_well_formed),
        with_rig(a_passed_case_has_only_properties),
        with_rig(a_run_that_no_case_explains_is_a_case_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
