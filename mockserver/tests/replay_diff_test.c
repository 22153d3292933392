/* Replay of recordings that differ from the run, are incomplete or are invalid. */
#include "base/array.h"
#include "mockserver/tests/replay_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "mockserver/providers/layers/layers.h"
#include "mockserver/runtime/namespaces.h"
#include "mockserver/state/account.h"

#define KEY  "Authorization: Bearer lp_live_01HX9Y6K7EJ4T2_full"
#define LIST "/v1/projects/prj_acme_a/social-accounts"

/* Lines: 1 the header; 2 and 3 a call and its response, up to 10 and 11; 12 a timer; 13 the end. */
static struct run *five_calls(void)
{
    struct run *r = run_new("layers-acme.yaml");
    run_call(r, "GET /v1/whoami", NULL, KEY);
    run_call(r, "GET " LIST "?limit=2", NULL, KEY);
    run_call(r, "GET " LIST "?limit=1", NULL, KEY);
    run_call(r, "GET /v1/nowhere", NULL, KEY);
    run_call(r, "GET /v1/scheduled-posts/sp_queued", NULL, KEY);
    run_pass(r, 25 * INT64_C(60) * 60 * 1000);
    run_end(r);
    return r;
}

static struct replay replay(struct run *r, bool all)
{
    struct replay out;
    assert_true(replay_run(&r->arena, r->path, all, &out, NULL));
    return out;
}

static void the_first_difference_is_reported_with_its_call_line_and_place(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        int line;
        const char *from, *to;
        uint64_t call;
        const char *place, *recorded, *replayed; /* NULL: any value */
    } rows[] = {
        {3,  "\"status\":200",                   "\"status\":201",              1, "/status",          "201",   "200"},
        {5,  "sa_acme_disposable",               "sa_acme_other",               2, "/body/items/0/socialAccountId",
         "\"sa_acme_other\"", "\"sa_acme_disposable\""},
        {7,  "[\"X-RateLimit-Remaining\",\"",    "[\"X-RateLimit-Remaining\",\"9", 3, "/headers/X-RateLimit-Remaining",
         NULL, NULL},
        {9,  "[\"X-Mock-Error\",\"unmatched\"]", "[\"X-Other\",\"a\"]",         4, "/headers/X-Other", "\"a\"", NULL},
        {11, "\"body\":\"{",                     "\"body\":\"{ ",               5, "/body, byte 1",    NULL,    NULL},
        {11, "\"headers\":",                     "\"delay_us\":5,\"headers\":", 5, "/delay_us",        "5",     NULL},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct run *r = five_calls();
        run_tamper(r, rows[i].line, rows[i].from, rows[i].to);
        struct replay out = replay(r, false);
        assert_int_equal(out.differences.count, 1);
        const struct replay_difference *d = &out.differences.items[0];
        assert_string_equal(d->kind, "call");
        assert_int_equal(d->number, rows[i].call);
        assert_int_equal(d->line, rows[i].line);
        const struct finding *f = &d->findings.items[0];
        assert_string_equal(f->place, rows[i].place);
        if (rows[i].recorded)
            assert_string_equal(f->recorded, rows[i].recorded);
        if (rows[i].replayed)
            assert_string_equal(f->replayed, rows[i].replayed);
        run_free(r);
    }
}

static void a_difference_names_the_request(void **state)
{
    (void)state;
    struct run *r = five_calls();
    run_tamper(r, 5, "sa_acme_disposable", "sa_acme_other");
    assert_string_equal(replay(r, false).differences.items[0].about, "GET " LIST "?limit=2");
    run_free(r);
}

static void with_all_every_difference_is_reported(void **state)
{
    (void)state;
    struct run *r = five_calls();
    run_tamper(r, 5, "sa_acme_disposable", "sa_acme_other");
    run_tamper(r, 9, "404", "410");
    assert_int_equal(replay(r, false).differences.count, 1);
    struct replay out = replay(r, true);
    assert_int_equal(out.differences.count, 2);
    assert_int_equal(out.differences.items[1].number, 4);
    assert_true(out.whole);
    assert_int_equal(out.responses, 5);
    run_free(r);
}

static void missing_and_extra_lines_are_differences(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        int line;
        const char *from, *to;
        const char *kind;
        uint64_t number;
        int at;
    } rows[] = {
        {4,  "{\"call\":2", "{\"client_closed\":9,\"wall_ms\":1,\"monotonic_us\":1}\n{\"call\":2", "call",  9, 4},
        {4,  "{\"call\":2", "{\"response\":7,\"status\":200,\"headers\":[],\"body\":\"\"}\n{\"call\":2", "call",  7, 4},
        {4,  "{\"call\":2", "{\"delivery\":3,\"url\":\"a\",\"headers\":[],\"body\":\"\"}\n{\"call\":2", "delivery", 3,
         4},
        {12, "{\"timer\":", "{\"timer\":99",                                                       "timer", 0, 12},
        {4,  "{\"call\":2", "{\"delivery_result\":4,\"wall_ms\":1,\"monotonic_us\":1,\"status\":200}\n{\"call\":2",
         "delivery", 4, 4},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct run *r = five_calls();
        run_tamper(r, rows[i].line, rows[i].from, rows[i].to);
        struct replay out = replay(r, false);
        assert_int_equal(out.differences.count, 1);
        assert_string_equal(out.differences.items[0].kind, rows[i].kind);
        assert_int_equal(out.differences.items[0].line, rows[i].at);
        if (rows[i].number)
            assert_int_equal(out.differences.items[0].number, rows[i].number);
        assert_non_null(out.differences.items[0].text);
        run_free(r);
    }

    struct run *r = five_calls(); /* the recording lacks a response */
    const char *line = arena_printf(&r->arena, "%s\n", run_line(r, 7));
    run_tamper(r, 7, line, "");
    struct replay out = replay(r, false);
    assert_int_equal(out.differences.count, 1);
    assert_int_equal(out.differences.items[0].number, 3);
    run_free(r);
}

static void a_state_change_without_an_input_is_a_difference(void **state)
{
    (void)state;
    struct run *r = run_new("layers-acme.yaml");
    run_call(r, "GET /v1/whoami", NULL, KEY);
    struct world *w = namespaces_at(r->mock->namespaces, 0)->world;
    account_lose_token(w, account_find(w, LAYERS, STR("sa_acme_disposable")), TOKEN_WITHDRAWN);
    run_call(r, "GET " LIST "?limit=1", NULL, KEY);
    run_end(r);
    struct replay out = replay(r, false);
    assert_int_equal(out.differences.count, 1);
    assert_int_equal(out.differences.items[0].number, 2);
    assert_string_equal(out.differences.items[0].findings.items[0].place, "/body/items/0/status");
    run_free(r);
}

static void another_seed_in_the_header_is_a_difference(void **state)
{
    (void)state;
    struct run *r = five_calls();
    run_tamper(r, 1, "\"seed\":42", "\"seed\":43");
    assert_int_equal(replay(r, false).differences.items[0].number, 1); /* its request id */
    run_free(r);
}

static void other_spacing_and_escapes_are_no_difference(void **state)
{
    (void)state;
    struct run *r = five_calls();
    run_tamper(r, 5, "\"status\":200,", "\"status\" : 200, ");
    run_tamper(r, 5, "\"headers\":[[\"C", "\"headers\": [[\"\\u0043");
    assert_int_equal(replay(r, true).differences.count, 0);
    run_free(r);
}

/* Truncates the file after `bytes` of line `line`. */
static void truncate_file(struct run *r, int line, size_t bytes)
{
    size_t size = bytes;
    for (int i = 1; i < line; i++)
        size += strlen(run_line(r, i)) + 1;
    assert_int_equal(truncate(r->path, (off_t)size), 0);
}

static void an_incomplete_recording_is_replayed_up_to_its_last_complete_line(void **state)
{
    (void)state;
    static const struct {
        int line;
        size_t bytes, calls, responses;
    } rows[] = {
        {13, 0,  5, 5}, /* the last line is missing */
        {13, 10, 5, 5},
        {11, 40, 5, 4}, /* half a response */
        {11, 0,  5, 4},
        {10, 40, 4, 4}, /* half a call */
        {3,  1,  1, 0},
        {2,  0,  0, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct run *r = five_calls();
        truncate_file(r, rows[i].line, rows[i].bytes);
        struct replay out = replay(r, false);
        assert_int_equal(out.differences.count, 0);
        assert_false(out.whole);
        assert_int_equal(out.calls, rows[i].calls);
        assert_int_equal(out.responses, rows[i].responses);
        assert_int_equal(out.lines, rows[i].line - 1);
        run_free(r);
    }
}

static void an_invalid_recording_is_rejected_at_its_place(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        int line;
        const char *from, *to, *expected;
    } rows[] = {
        {1, "{\"recording\":1",  "{\"recording\":2", ":1:14: unknown recording format 2; this program reads format 1"},
        {1, "{\"recording\":1,", "{",                      ":1:1: not a recording"},
        {1, "{",                 "name: {", ":1:1: not a recording: the first line is not a JSON object"},
        {1, "\"prj_acme_a\"",    "7",                      ":1:"},
        {1, "\"namespaces\":",   "\"namespace\":",         "did you mean 'namespaces'?"},
        {4, "{\"call\":2",       "{\"cal\":2",             ":4:1: not a line of a recording"},
        {4, "\"monotonic_us\":", "\"monotonic\":",         ":4:"},
        {4, "\"target\":\"",     "\"target\":[],\"x\":\"", ":4:"},
        {4, "\"headers\":[[",    "\"headers\":[[1,",       ":4:"},
        {5, "\"status\":",       "\"state\":",             ":5:"},
        {5, "\"headers\":[[",    "\"headers\":[[1,",       ":5:"},
        {6, "{",                 "(",                      ":6:1: "},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct run *r = five_calls();
        struct replay out;
        struct error err = {0};
        run_tamper(r, rows[i].line, rows[i].from, rows[i].to);
        assert_false(replay_run(&r->arena, r->path, true, &out, &err));
        const char *expected = error_text(&r->arena, &err);
        if (!strstr(expected, rows[i].expected) || strncmp(expected, r->path, strlen(r->path)) != 0)
            fail_msg("row %zu: %s", i, expected);
        error_end(&err);
        run_free(r);
    }
    struct replay out;
    struct error err = {0};
    struct arena a = {0};
    assert_false(replay_run(&a, "/nowhere/run.ndjson", false, &out, &err));
    assert_string_equal(error_text(&a, &err), "/nowhere/run.ndjson: No such file or directory");
    error_end(&err);
    char empty[] = P_tmpdir "/replay-XXXXXX";
    int fd = mkstemp(empty);
    assert_true(fd >= 0);
    (void)close(fd);
    assert_false(replay_run(&a, empty, false, &out, &err));
    assert_non_null(strstr(error_text(&a, &err), ": not a recording: the file is empty"));
    (void)unlink(empty);
    error_end(&err);
    arena_end(&a);
}

static void a_recording_of_another_version_is_replayed(void **state)
{
    (void)state;
    struct run *r = five_calls();
    run_tamper(r, 1, "\"version\":\"" UNDERSTUDY_VERSION "\"", "\"version\":\"0.0.1\"");
    struct replay out = replay(r, false);
    assert_int_equal(out.differences.count, 0);
    assert_string_equal(out.version, "0.0.1");
    run_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_difference_is_reported_with_its_call_line_and_place),
        cmocka_unit_test(a_difference_names_the_request),
        cmocka_unit_test(with_all_every_difference_is_reported),
        cmocka_unit_test(missing_and_extra_lines_are_differences),
        cmocka_unit_test(a_state_change_without_an_input_is_a_difference),
        cmocka_unit_test(another_seed_in_the_header_is_a_difference),
        cmocka_unit_test(other_spacing_and_escapes_are_no_difference),
        cmocka_unit_test(an_incomplete_recording_is_replayed_up_to_its_last_complete_line),
        cmocka_unit_test(an_invalid_recording_is_rejected_at_its_place),
        cmocka_unit_test(a_recording_of_another_version_is_replayed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
