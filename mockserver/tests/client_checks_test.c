/* Reports of client checks: in the admin API, as JUnit, and for namespaces that have ended. */
#include "mockserver/tests/client_checks_test.h"
#include "mockserver/client_checks/observer.h"

#include "mockserver/server/mock_server.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIST  "GET /v1/projects/prj_acme_a/social-accounts"
#define LEAKS "GET /v1/whoami?key=lp_live_01HX9Y6K7EJ4T2_full"

static size_t times(const char *text, const char *part)
{
    size_t n = 0;
    while ((text = strstr(text, part))) {
        text += strlen(part);
        n++;
    }
    return n;
}

static const char *report(struct mock *m)
{
    struct buf out = {.arena = &m->arena};
    client_registry_junit(m->client_registry, &out);
    return buf_c(&out);
}

static void every_check_has_a_result(void **state)
{
    struct mock_response a = mock_call(*state, CLIENT_CHECKS, NULL);
    const struct node *responses = node_get(a.body, "checks");
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/namespace"), "default");
    assert_string_equal(at(a, "/calls"), "0");
    assert_int_equal(node_count(responses), client_check_count);
    for (size_t i = 0; i < client_check_count; i++) {
        const struct client_check *q = &client_checks_table[i];
        assert_string_equal(node_get_text(node_at(responses, i), "id"), q->id);
        assert_string_equal(node_get_text(node_at(responses, i), "verdict"), "not_tested");
        assert_true(*q->text->title && *q->text->help);
        for (size_t other = 0; other < i; other++)
            assert_string_not_equal(client_checks_table[other].id, q->id);
    }
}

static void the_admin_api_and_its_pages_are_not_checked(void **state)
{
    mock_call(*state, "GET /__admin/requests?key=lp_live_01HX9Y6K7EJ4T2_full", NULL);
    mock_call(*state, "GET /__consent/layers/lp_live_01HX9Y6K7EJ4T2_full", NULL);
    assert_string_equal(at(mock_call(*state, CLIENT_CHECKS, NULL), "/calls"), "0");
    assert_client_check(*state, "secrets_in_urls", "not_tested 0 0", "");
}

static void a_namespace_has_its_own_client_checks_until_its_reset(void **state)
{
    mock_call(*state, LEAKS, NULL, AS_FULL);
    mock_call(*state, "GET /ns/other/v1/whoami", NULL, AS_FULL);
    assert_client_check(*state, "secrets_in_urls", "failed 1 1", "the key 'full' appears in the query");
    assert_string_equal(at(mock_call(*state, CLIENT_CHECKS, NULL), "/failed"), "true");
    struct mock_response other = mock_call(*state, "GET /ns/other/__admin/client-checks", NULL);
    assert_string_equal(at(other, "/namespace"), "other");
    assert_string_equal(at(other, "/failed"), "false");
    mock_call(*state, "POST /__admin/reset", NULL);
    assert_client_check(*state, "secrets_in_urls", "not_tested 0 0", "");
}

static void occurrences_are_bounded_and_the_others_counted(void **state)
{
    for (int i = 0; i < CLIENT_CHECK_OCCURRENCES_MAX + 7; i++)
        mock_call(*state, LEAKS, NULL, AS_FULL);
    const struct node *a = client_check_result(*state, "secrets_in_urls");
    assert_int_equal(node_count(node_get(a, "occurrences")), CLIENT_CHECK_OCCURRENCES_MAX);
    assert_int_equal(node_get(a, "left_out")->integer, 7);
    assert_non_null(strstr(report(*state), "and 7 more"));
}

static void seqs_from_before_a_cleared_journal_are_omitted(void **state)
{
    add_rule(*state, "{\"on\":\"layers.list_social_accounts\",\"then\":[{\"respond\":{\"error\":"
                     "\"RATE_LIMITED\"}},{\"headers\":{\"Retry-After\":\"9\"}}]}");
    mock_call(*state, LIST, NULL, AS_FULL);
    mock_call(*state, "DELETE /__admin/requests", NULL);
    mock_call(*state, LIST, NULL, AS_FULL);
    const struct node *o = node_at(node_get(client_check_result(*state, "retry_after"), "occurrences"), 0);
    assert_null(node_get(o, "after"));
    assert_int_equal(node_count(node_get(o, "request_ids")), 1);
}

static void an_unknown_format_is_rejected(void **state)
{
    assert_int_equal(mock_call(*state, CLIENT_CHECKS "?format=yaml", NULL).status, 422);
    assert_int_equal(mock_call(*state, CLIENT_CHECKS "?format=json", NULL).status, 200);
}

static void junit_skips_untested_checks_and_fails_failed_ones(void **state)
{
    mock_call(*state, LEAKS, NULL, AS_FULL);
    struct mock_response a = mock_call(*state, CLIENT_CHECKS "?format=junit", NULL);
    assert_string_equal(header_of(a, "Content-Type"), "application/xml; charset=utf-8");
    const char *text = str_dup(a.arena, a.text);
    assert_non_null(strstr(text, arena_printf(a.arena,
                                              "<testsuites name=\"client-checks\" tests=\"%zu\" failures=\"1\" "
                                              "errors=\"0\" skipped=\"%zu\"",
                                              client_check_count, client_check_count - 1)));
    assert_int_equal(times(text, "<testcase "), client_check_count);
    assert_int_equal(times(text, "<skipped "), client_check_count - 1);
    assert_int_equal(times(text, "<failure "), 1);
    assert_non_null(strstr(text, "<failure message=\"the key 'full' appears in the query\""));
    assert_null(strstr(text, "lp_live_"));
}

static void advice_never_fails(void **state)
{
    add_rule(*state, "{\"on\":\"layers.whoami\",\"then\":[{\"respond\":{\"error\":\"INTERNAL\"}}]}");
    for (int i = 0; i < 8; i++)
        mock_call(*state, "GET /v1/whoami", NULL, AS_FULL);
    const char *text = report(*state);
    assert_int_equal(times(text, "<failure "), 0);
    assert_int_equal(times(text, "<system-out>Advice:"), 1);
    struct mock *m = *state;
    assert_false(client_registry_failed(m->client_registry));
}

static void ended_namespaces_are_in_the_report(void **state)
{
    struct mock *m = *state;
    mock_call(m, LEAKS, NULL, AS_FULL);
    mock_call(m, "POST /__admin/reset", NULL);
    mock_call(m, "GET /ns/gone/v1/whoami", NULL, AS_FULL);
    mock_call(m, "DELETE /__admin/namespaces/gone", NULL);
    mock_call(m, "GET /ns/here/v1/whoami", NULL, AS_FULL);
    const char *text = report(m);
    assert_int_equal(times(text, "<testsuite "), 3); /* the new default has no calls */
    assert_non_null(strstr(text, "<testsuite name=\"default (ended, generation 1)\""));
    assert_non_null(strstr(text, "<testsuite name=\"gone (ended, generation 3)\""));
    assert_non_null(strstr(text, "<testsuite name=\"here\""));
    assert_int_equal(times(text, "<failure "), 1);
    assert_true(client_registry_failed(m->client_registry));
}

static void a_report_without_calls_is_all_skipped(void **state)
{
    const char *text = report(*state);
    assert_int_equal(times(text, "<testsuite "), 1);
    assert_int_equal(times(text, "<skipped "), client_check_count);
}

static int xmllint(const char *path)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        execlp("xmllint", "xmllint", "--noout", path, (char *)NULL);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void a_report_is_well_formed_with_any_text(void **state)
{
    struct mock *m = mock_test_new("layers:\n"
                                   "  organizations:\n"
                                   "    - name: Odd\n"
                                   "      keys:\n"
                                   "        - { name: \"a <b> & \\\"c\\\" \\x01 ]]>\",\n"
                                   "            key: lp_live_odd_odd_odd, scopes: ['*'] }\n"
                                   "      projects: [ { id: prj_odd } ]\n");
    (void)state;
    mock_call(m, "GET /v1/whoami?key=lp_live_odd_odd_odd", NULL, "Authorization: Bearer lp_live_odd_odd_odd");
    char path[] = P_tmpdir "/client-checks-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    const char *text = report(m);
    assert_non_null(strstr(text, "&lt;b&gt;"));
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    (void)close(fd);
    int verdict = xmllint(path);
    (void)unlink(path);
    mock_free(m);
    if (verdict == 127)
        skip(); /* not installed */
    assert_int_equal(verdict, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLIENT_CHECKS_TEST(every_check_has_a_result),
        CLIENT_CHECKS_TEST(the_admin_api_and_its_pages_are_not_checked),
        CLIENT_CHECKS_TEST(a_namespace_has_its_own_client_checks_until_its_reset),
        CLIENT_CHECKS_TEST(occurrences_are_bounded_and_the_others_counted),
        CLIENT_CHECKS_TEST(seqs_from_before_a_cleared_journal_are_omitted),
        CLIENT_CHECKS_TEST(an_unknown_format_is_rejected),
        CLIENT_CHECKS_TEST(junit_skips_untested_checks_and_fails_failed_ones),
        CLIENT_CHECKS_TEST(advice_never_fails),
        CLIENT_CHECKS_TEST(ended_namespaces_are_in_the_report),
        CLIENT_CHECKS_TEST(a_report_without_calls_is_all_skipped),
        cmocka_unit_test(a_report_is_well_formed_with_any_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
