#include "conformance/report/failure_card.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/json.h"
#include "conformance/tests/report_rig.h"

#define with_rig(test) cmocka_unit_test_setup_teardown(test, rig_begin, rig_end)

/* --- helpers ------------------------------------------------------------------------------ */

static struct str file_text(struct arena *a, const char *path)
{
    struct buf text = {.arena = a};
    FILE *f = fopen(path, "r");
    for (int c; f && (c = getc(f)) != EOF;)
        buf_byte(&text, (char)c);
    if (f)
        (void)fclose(f);
    (void)buf_c(&text);
    return buf_str(&text);
}

/* With GOLDEN set, rewrites the golden file; then read the difference. */
static void assert_golden(struct rig *g, const char *name, struct str text)
{
    const char *path = arena_printf(&g->arena, "%s/golden/%s", TEST_DIR, name);
    if (getenv("GOLDEN")) {
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        assert_int_equal(fwrite(text.s, 1, text.n, f), text.n);
        assert_int_equal(fclose(f), 0);
    }
    assert_string_equal(text.s, file_text(&g->arena, path).s);
}

static const struct node *parsed(struct rig *g, struct str text)
{
    struct error err = {0};
    const struct node *n = json_parse(&g->arena, text, "report", &err);
    if (!n)
        fail_msg("%s", error_text(&g->arena, &err));
    return n;
}

static const char *last_line(struct rig *g, struct str text)
{
    char *all = str_dup(&g->arena, text);
    assert_int_equal(all[text.n - 1], '\n');
    all[text.n - 1] = '\0';
    char *at = strrchr(all, '\n');
    return at ? at + 1 : all;
}

/* --- tests -------------------------------------------------------------------------------- */

static void reports_match_the_golden_files(void **state)
{
    struct rig *g = *state;
    const struct run *green = rig_green(&g->arena), *red = rig_red(&g->arena);
    assert_golden(g, "green.txt", rig_report(g, "console", green));
    assert_golden(g, "red.txt", rig_report(g, "console", red));
    assert_golden(g, "red-80-columns-in-colour.txt", rig_summary(g, red, true, 80));
    assert_golden(g, "red.json", rig_report(g, "json", red));
    assert_golden(g, "red.ndjson", rig_report(g, "ndjson", red));
    assert_golden(g, "red.xml", rig_report(g, "junit", red));
    assert_golden(g, "green.xml", rig_report(g, "junit", green));
    assert_golden(g, "empty.txt", rig_report(g, "console", rig_empty(&g->arena)));
}

static void the_last_line_is_the_tally(void **state)
{
    struct rig *g = *state;
    assert_string_equal(last_line(g, rig_summary(g, rig_green(&g->arena), false, 80)),
                        "4 checks, 3 passed, 0 failed, 1 disputed");
    assert_string_equal(last_line(g, rig_summary(g, rig_empty(&g->arena), false, 80)), "0 checks, 0 passed, 0 failed");
    assert_string_equal(last_line(g, rig_summary(g, rig_red(&g->arena), false, 80)),
                        "13 checks, 1 passed, 3 failed, 1 warned, 1 vacuous, "
                        "3 blocked, 4 errors");
}

static void the_summary_of_a_passed_run_is_short(void **state)
{
    struct rig *g = *state;
    struct str text = rig_summary(g, rig_green(&g->arena), false, 80);
    size_t lines = 0;
    for (size_t i = 0; i < text.n; i++)
        lines += text.s[i] == '\n';
    assert_in_range(lines, 5, 12);
}

static void no_report_shows_a_secret(void **state)
{
    struct rig *g = *state;
    const struct run *red = rig_red(&g->arena);
    for (size_t i = 0; i < report_format_count; i++) {
        struct str text = rig_report(g, report_formats[i].name, red);
        static const char *const parts[] = {"4Jq8Zr", "9vB3kL", "NEpxOFpy", "80SnE4WnIy"};
        for (size_t k = 0; k < COUNT(parts); k++)
            assert_null(strstr(text.s, parts[k]));
        assert_non_null(strstr(text.s, "$LAYERS_KEY"));
    }
}

/* Tries every width: a line end inside a secret would hide it from the scrubber. */
static void wrapping_never_splits_a_secret(void **state)
{
    struct rig *g = *state;
    const struct run *red = rig_red(&g->arena);
    for (int width = 60; width <= 100; width++) {
        struct str text = rig_summary(g, red, false, width);
        struct buf joined = {.arena = &g->arena};
        for (size_t i = 0; i < text.n; i++)
            if (text.s[i] != ' ' && text.s[i] != '\n')
                buf_byte(&joined, text.s[i]);
        assert_null(strstr(buf_c(&joined), "4Jq8Zr"));
        assert_null(strstr(buf_c(&joined), "9vB3kL"));
    }
}

static void control_characters_are_escaped(void **state)
{
    struct rig *g = *state;
    const struct run *red = rig_red(&g->arena);
    for (size_t i = 0; i < report_format_count; i++) {
        struct str text = rig_report(g, report_formats[i].name, red);
        assert_true(str_utf8_valid(text, NULL));
        for (size_t k = 0; k < text.n; k++) {
            assert_true(text.s[k] == '\n' || (unsigned char)text.s[k] >= ' ');
            assert_int_not_equal(text.s[k], 0x7F);
        }
        assert_null(strstr(text.s, "\xC2\x9B"));
    }
    assert_null(strstr(rig_summary(g, red, true, 80).s, "\x1b]0;"));
    assert_null(strstr(rig_summary(g, red, true, 80).s, "\x1b[2J"));
    assert_null(strstr(rig_summary(g, red, true, 80).s, "\xE2\x80\xAE"));
}

/* Only curl lines and the tally may be wider. */
static void every_line_fits_the_width(void **state)
{
    struct rig *g = *state;
    const struct run *red = rig_red(&g->arena);
    for (int width = 60; width <= 100; width++) {
        struct str text = rig_summary(g, red, false, width);
        while (text.n) {
            struct str line = str_cut(&text, '\n');
            size_t columns = 0;
            for (size_t i = 0; i < line.n; i++)
                columns += ((unsigned char)line.s[i] & 0xC0) != 0x80;
            bool wide = str_has(line, STR("curl ")) || str_starts(line, STR("      -")) || !text.n;
            if (columns > (size_t)width && !wide)
                fail_msg("%zu columns of %d: " STR_FMT, columns, width, STR_ARG(line));
        }
    }
}

static void progress_is_not_written_to_the_report(void **state)
{
    struct rig *g = *state;
    const struct run *red = rig_red(&g->arena);
    struct memory m;
    struct writer *w = memory_open(&m, &g->secrets);
    struct console *c = console_new(&g->arena, w, false, PROGRESS_SCREEN, 80);
    struct run_events events = console_events(c);
    FILE *progress = tmpfile();
    int stderr_was = dup(STDERR_FILENO);
    assert_int_equal(dup2(fileno(progress), STDERR_FILENO), STDERR_FILENO);
    events.scenario_started(events.ctx, red, red->scenarios.items[0]);
    events.scenario_ended(events.ctx, red, red->scenarios.items[0]);
    assert_int_equal(dup2(stderr_was, STDERR_FILENO), STDERR_FILENO);
    (void)close(stderr_was);

    char text[512] = "";
    rewind(progress);
    (void)fread(text, 1, sizeof text - 1, progress);
    (void)fclose(progress);
    assert_string_equal(text, "\r\x1b[K0 scenarios done, 1 running  revoke-then-reconnect-mints-a-new-id"
                              "\r\x1b[K1 scenarios done, 0 running  1 failed  "
                              "revoke-then-reconnect-mints-a-new-id");
    assert_int_equal(memory_end(&m, w, &g->arena).n, 0);
}

static void what_the_run_waits_for_is_a_line(void **state)
{
    struct rig *g = *state;
    static const struct {
        enum progress progress;
        const char *text;
    } rows[] = {
        {PROGRESS_NONE,   ""                             },
        {PROGRESS_LINES,  "no response for 7 s\n"        },
        {PROGRESS_SCREEN, "\r\x1b[Kno response for 7 s\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct memory m;
        struct writer *w = memory_open(&m, &g->secrets);
        struct run_events events = console_events(console_new(&g->arena, w, false, rows[i].progress, 80));
        FILE *progress = tmpfile();
        int stderr_was = dup(STDERR_FILENO);
        assert_int_equal(dup2(fileno(progress), STDERR_FILENO), STDERR_FILENO);
        events.waiting(events.ctx, rig_red(&g->arena), "no response for 7 s");
        assert_int_equal(dup2(stderr_was, STDERR_FILENO), STDERR_FILENO);
        (void)close(stderr_was);
        char text[100] = "";
        rewind(progress);
        (void)fread(text, 1, sizeof text - 1, progress);
        (void)fclose(progress);
        assert_string_equal(text, rows[i].text);
        assert_int_equal(memory_end(&m, w, &g->arena).n, 0);
    }
}

static void colour_is_used_only_on_request(void **state)
{
    struct rig *g = *state;
    const struct run *red = rig_red(&g->arena);
    assert_null(strchr(rig_summary(g, red, false, 80).s, '\x1b'));
    assert_non_null(strstr(rig_summary(g, red, true, 80).s, "\x1b[31m"));
}

static void the_json_report_is_complete(void **state)
{
    struct rig *g = *state;
    const struct node *n = parsed(g, rig_report(g, "json", rig_red(&g->arena)));
    /* clang-format off */
    static const struct {
        const char *pointer, *value;
    } rows[] = {
        {"/version", "1"},
        {"/target/name", "\"layers-mock\""},
        {"/exit/code", "1"},
        {"/counts/fail", "3"},
        {"/claim_totals", "{\"claims\":5,\"observable\":4,\"cited\":4,\"exercised\":3,\"holding\":1}"},
        {"/claims/2/id", "\"LA-183\""},
        {"/claims/2/outcome", "\"fails\""},
        {"/claims/0/document", "\"List social accounts\""},
        {"/claims/0/heading", "\"Response\""},
        {"/claims/0/url", "\"https://docs.example.com/list-social-accounts#response\""},
        {"/claims/0/path", "null"},
        {"/claims/2/url", "null"},
        {"/claims/2/path", "\"/docs/revoke#response\""},
        {"/claims/3/document", "null"},
        {"/claims/2/counts", "{\"fail\":2}"},
        {"/disputes/0/observed", "\"uuid\""},
        {"/disputes/1/observed", "null"},
        {"/leftovers/0/what", "\"social account sa_02\""},
        {"/scenarios/0/checks/0/exchange", "0"},
        {"/scenarios/0/checks/2/exchange", "null"},
        {"/scenarios/0/verdict", "\"fail\""},
        {"/scenarios/1/checks/4/exchange", "1"},
        {"/scenarios/1/exchanges/0/error", "\"connection refused\""},
        {"/scenarios/0/exchanges/0/attempts/0/status", "503"},
        {"/scenarios/0/exchanges/0/attempts/2", "{\"status\":429,\"started_at\":\"2026-01-02T03:00:00.000Z\",\"waited_ms\":2000}"},
        {"/scenarios/0/exchanges/0/attempts/6/status", "202"},
        {"/scenarios/1/exchanges/0/attempts/0/status", "0"},
        {"/scenarios/3/why", "\"the target has no capability 'lease'\""},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct node *at = node_pointer(n, rows[i].pointer);
        if (!at)
            fail_msg("no value at %s", rows[i].pointer);
        assert_string_equal(json_print(&g->arena, at), rows[i].value);
    }
}

static int compare_texts(const void *x, const void *y)
{
    const char *const *p = x, *const *q = y;
    return strcmp(*p, *q);
}

/* The digest is what `sort -u | sha256sum` prints for the ids in the same report. */
static void the_digest_depends_on_the_executed_checks(void **state)
{
    struct rig *g = *state;
    const struct node *n = parsed(g, rig_report(g, "json", rig_red(&g->arena)));
    const char *ids[64];
    size_t count = 0;
    for (size_t i = 0; i < 4; i++) {
        const struct node *checks = node_get(node_at(node_get(n, "scenarios"), i), "checks");
        for (size_t k = 0; k < node_count(checks); k++) {
            const char *verdict = node_get_text(node_at(checks, k), "verdict");
            if (strcmp(verdict, "blocked") != 0 && strcmp(verdict, "error") != 0)
                ids[count++] = node_get_text(node_at(checks, k), "id");
        }
    }
    qsort(ids, count, sizeof *ids, compare_texts);
    struct buf text = {.arena = &g->arena};
    for (size_t i = 0; i < count; i++)
        buf_printf(&text, "%s\n", ids[i]);
    unsigned char digest[DIGEST_SIZE];
    digest_sha256(buf_str(&text), digest);
    assert_string_equal(node_get_text(n, "executed"), digest_hex(&g->arena, digest, sizeof digest));
    assert_int_equal(node_get(n, "executed_checks")->integer, count);

    struct run *other = rig_red(&g->arena);
    other->scenarios.items[0]->checks.items[0].verdict = VERDICT_BLOCKED; /* no longer executed */
    const struct node *m = parsed(g, rig_report(g, "json", other));
    assert_string_not_equal(node_get_text(m, "executed"), node_get_text(n, "executed"));
}

static void every_event_is_a_line_of_json(void **state)
{
    struct rig *g = *state;
    struct str text = rig_report(g, "ndjson", rig_red(&g->arena));
    struct buf names = {.arena = &g->arena};
    while (text.n) {
        const struct node *event = parsed(g, str_cut(&text, '\n'));
        buf_byte(&names, *(node_get_text(event, "event")));
    }
    /* first letters: run, then scenario, exchanges, checks, scenario; then claims; then run */
    assert_string_equal(buf_c(&names), "rs"
                                       "ecccccs"
                                       "s"
                                       "eeccccccs"
                                       "s"
                                       "eccs"
                                       "ss"
                                       "ccccc"
                                       "r");
}

/* The lines of a text, sorted. */
static const char *sorted_lines(struct rig *g, struct str text)
{
    const char *lines[256];
    struct buf out = {.arena = &g->arena};
    size_t count = 0;
    while (text.n && count < COUNT(lines))
        lines[count++] = str_dup(&g->arena, str_cut(&text, '\n'));
    qsort(lines, count, sizeof *lines, compare_texts);
    for (size_t i = 0; i < count; i++)
        buf_printf(&out, "%s\n", lines[i]);
    return buf_c(&out);
}

static void streamed_events_equal_the_written_ones(void **state)
{
    struct rig *g = *state;
    const struct run *red = rig_red(&g->arena);
    struct memory m;
    struct writer *w = memory_open(&m, &g->secrets);
    const struct report_format *ndjson = report_format_named("ndjson");
    struct run_events events = ndjson->stream(&g->arena, w);
    size_t before = 0;
    for (size_t i = 0; i < red->scenarios.count; i++) {
        events.scenario_started(events.ctx, red, red->scenarios.items[i]);
        events.scenario_ended(events.ctx, red, red->scenarios.items[i]);
        assert_true(m.n > before); /* each event is written at once, except for the texts that may be secrets */
        before = m.n;
    }
    assert_non_null(strstr(m.text, "revoke-then-reconnect-mints-a-new-id/revoke/status/is"));
    assert_null(strstr(m.text, "\"exchange\",\"scenario\""));
    ndjson->end(events.ctx, red);
    struct str streamed = memory_end(&m, w, &g->arena);
    assert_string_equal(sorted_lines(g, streamed), sorted_lines(g, rig_report(g, "ndjson", red)));
    assert_non_null(strstr(last_line(g, streamed), "\"run_ended\""));
}

/* The second scenario shows that a value of the first one is a secret. */
static void a_stream_never_shows_what_turns_out_to_be_a_secret(void **state)
{
    struct rig *g = *state;
    struct run *red = rig_red(&g->arena);
    struct scenario_result *first = red->scenarios.items[0];
    struct exchange_record x = *first->exchanges.items[0];
    x.response_body = STR("{\"echo\":\"7Lm9Tp3Jq8Zr2Xw4\"}");
    first->exchanges.items[0] = &x;
    first->checks.items[0].exchange = &x;
    first->checks.items[0].actual = "\"7Lm9Tp3Jq8Zr2Xw4\"";
    struct memory m;
    struct writer *w = memory_open(&m, &g->secrets);
    struct run_events events = report_format_named("ndjson")->stream(&g->arena, w);
    for (size_t i = 0; i < red->scenarios.count; i++) {
        events.scenario_started(events.ctx, red, red->scenarios.items[i]);
        events.scenario_ended(events.ctx, red, red->scenarios.items[i]);
        if (i == 0)
            secrets_add(&g->secrets, "access_token", "7Lm9Tp3Jq8Zr2Xw4");
    }
    report_format_named("ndjson")->end(events.ctx, red);
    struct str streamed = memory_end(&m, w, &g->arena);
    assert_null(strstr(streamed.s, "7Lm9"));
    assert_string_equal(sorted_lines(g, streamed), sorted_lines(g, rig_report(g, "ndjson", red)));
}

static void a_failed_check_is_shown_as_a_failure_card(void **state)
{
    struct rig *g = *state;
    const struct run *red = rig_red(&g->arena);
    const struct scenario_result *s = red->scenarios.items[2];
    const struct check *c = &s->checks.items[0];
    struct memory m;
    struct writer *w = memory_open(&m, &g->secrets);
    struct text_layout t = layout_begin(&g->arena, &g->secrets, false, 0);
    layout_put(&t, STYLE_BOLD, "%s\n", s->title);
    failure_card_title(&t, red, c);
    failure_card_fields(&t, red, c);
    failure_card_exchange(&t, c->exchange);
    write_str(w, buf_str(&t.out));
    assert_golden(g, "failure_card.txt", memory_end(&m, w, &g->arena));
}

/* A shell function named curl prints its arguments: $NAMES are expanded, the rest is unchanged. */
static void a_curl_line_repeats_the_request(void **state)
{
    struct rig *g = *state;
    const struct run *red = rig_red(&g->arena);
    const struct scenario_result *s = red->scenarios.items[2];
    const char *card = file_text(&g->arena, TEST_DIR "/golden/failure_card.txt").s;
    const char *from = strstr(card, "curl "), *to = strstr(from, "\n\n");
    const char *command = arena_printf(&g->arena, "LAYERS_KEY=%s STATE=%s; curl() { printf '%%s\\n' \"$@\"; }; %.*s",
                                       RIG_KEY, RIG_STATE, (int)(to - from), from);
    const char *script = arena_printf(&g->arena, P_tmpdir "/curl-test-%ld", (long)getpid());
    FILE *f = fopen(script, "w");
    assert_non_null(f);
    assert_true(fputs(command, f) >= 0);
    assert_int_equal(fclose(f), 0);
    FILE *shell = popen(arena_printf(&g->arena, "bash %s", script), "r");
    assert_non_null(shell);
    struct buf output = {.arena = &g->arena};
    for (int c; (c = getc(shell)) != EOF;)
        buf_byte(&output, (char)c);
    assert_int_equal(pclose(shell), 0);
    (void)unlink(script);
    const struct exchange_record *x = s->exchanges.items[0];
    assert_string_equal(buf_c(&output),
                        arena_printf(&g->arena, "%s\n-H\nAuthorization: Bearer %s\n--json\n" STR_FMT "\n", x->url,
                                     RIG_KEY, STR_ARG(x->request_body)));
}

static void formats_are_found_by_name(void **state)
{
    (void)state;
    static const char *const names[] = {"console", "json", "junit", "ndjson"};
    assert_int_equal(report_format_count, COUNT(names));
    for (size_t i = 0; i < COUNT(names); i++)
        assert_string_equal(report_format_named(names[i])->name, names[i]);
    assert_null(report_format_named("html"));
    assert_null(report_format_named(""));
}

static void long_bodies_are_cut_after_scrubbing(void **state)
{
    struct rig *g = *state;
    struct run *red = rig_red(&g->arena);
    struct exchange_record x = *red->scenarios.items[0]->exchanges.items[0];
    /* the cut is inside the key, or inside a three-byte character after it */
    for (size_t shift = 0; shift < 24; shift++) {
        struct buf body = {.arena = &g->arena};
        for (size_t i = 0; i < 65536 - shift; i++)
            buf_byte(&body, 'x');
        buf_text(&body, RIG_KEY);
        for (size_t i = 0; i < 1000; i++)
            buf_text(&body, "\xE2\x82\xAC");
        x.response_body = buf_str(&body);
        red->scenarios.items[0]->exchanges.items[0] = &x;
        struct str text = rig_report(g, "json", red);
        assert_null(strstr(text.s, "lp_l"));
        const struct node *cut = node_pointer(parsed(g, text), "/scenarios/0/exchanges/0/response_body");
        assert_true(node_get(cut, "cut")->truth);
        assert_int_equal(node_get(cut, "bytes")->integer, body.n);
        assert_true(node_get(cut, "text")->text.n <= 65536);
        assert_null(strstr(node_get_text(cut, "text"), "\xEF\xBF\xBD"));
        assert_true(rig_summary(g, red, false, 80).n < 20000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_rig(reports_match_the_golden_files),
        with_rig(the_last_line_is_the_tally),
        with_rig(the_summary_of_a_passed_run_is_short),
        with_rig(no_report_shows_a_secret),
        with_rig(wrapping_never_splits_a_secret),
        with_rig(control_characters_are_escaped),
        with_rig(every_line_fits_the_width),
        with_rig(progress_is_not_written_to_the_report),
        with_rig(what_the_run_waits_for_is_a_line),
        with_rig(colour_is_used_only_on_request),
        with_rig(the_json_report_is_complete),
        with_rig(the_digest_depends_on_the_executed_checks),
        with_rig(every_event_is_a_line_of_json),
        with_rig(streamed_events_equal_the_written_ones),
        with_rig(a_stream_never_shows_what_turns_out_to_be_a_secret),
        with_rig(a_failed_check_is_shown_as_a_failure_card),
        with_rig(a_curl_line_repeats_the_request),
        with_rig(formats_are_found_by_name),
        with_rig(long_bodies_are_cut_after_scrubbing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
