#include "conformance/check/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/json.h"

static int set_up(void **state)
{
    static struct arena a;
    a = (struct arena){0};
    *state = &a;
    return 0;
}

static int tear_down(void **state)
{
    arena_end(*state);
    return 0;
}

static const struct node *parse(struct arena *a, const char *text)
{
    return text ? json_parse(a, str_from(text), "test", NULL) : NULL;
}

static const struct claim claims[] = {
    {.id = "MUST-1",   .level = LEVEL_MUST  },
    {.id = "SHOULD-1", .level = LEVEL_SHOULD},
    {.id = "MAY-1",    .level = LEVEL_MAY   },
};

static const struct claim *claim_of(const void *ctx, const char *id)
{
    (void)ctx;
    for (size_t i = 0; i < COUNT(claims); i++)
        if (strcmp(claims[i].id, id) == 0)
            return &claims[i];
    return NULL;
}

struct scene {
    struct arena *arena;
    int64_t statuses[2];
    struct expectation expect;
    struct exchange_record exchange;
    struct check_input in;
    struct check_list out;
};

static void scene_init(struct scene *s, struct arena *a, const char *expectation, const char *response)
{
    *s = (struct scene){.arena = a, .statuses = {200}};
    s->expect =
        (struct expectation){.given = true, .statuses = s->statuses, .status_count = 1, .body = parse(a, expectation)};
    s->exchange.status = 200;
    s->in = (struct check_input){
        .arena = a,
        .scenario = "s",
        .step = "step",
        .expect = &s->expect,
        .exchange = &s->exchange,
        .body = parse(a, response),
        .has_now = true,
        .claim_of = claim_of,
    };
}

/* One line per check: verdict and id; for a failure in the body also pointer, expected, actual. */
static const char *checks_text(struct scene *s)
{
    struct buf out = {.arena = s->arena};
    for (size_t i = 0; i < s->out.count; i++) {
        const struct check *c = &s->out.items[i];
        buf_printf(&out, "%s%s %s", i ? "\n" : "", verdict_texts[c->verdict], c->id);
        if (c->verdict == VERDICT_FAIL && (!c->pointer[0] || c->pointer[0] == '/'))
            buf_printf(&out, " %s: %s | %s", c->pointer, c->expected, c->actual);
    }
    return buf_c(&out);
}

struct row {
    const char *expectation, *response, *checks;
};

static void every_leaf_is_one_check(void **state)
{
    /* clang-format off */
    static const struct row rows[] = {
        {"{\"a\":1,\"b\":{\"c\":\"x\"}}", "{\"a\":1,\"b\":{\"c\":\"y\"}}",
         "pass s/step/status/is\npass s/step/a/equals\nfail s/step/b/c/equals /b/c: \"x\" | \"y\""},
        {"{\"n\":{\"$type\":\"integer\",\"$gte\":0}}", "{\"n\":-1}",
         "pass s/step/status/is\npass s/step/n/$type\nfail s/step/n/$gte /n: 0 | -1"},
        {"{\"a\":{}}", "{\"a\":{}}", "pass s/step/status/is\npass s/step/a/$type"},
        {"{\"a\":{\"b\":{\"$absent\":true}}}", "{\"a\":7}",
         "pass s/step/status/is\nfail s/step/a/b/$absent /a: object | 7"},
        {"{\"$type\":\"array\"}", "[]", "pass s/step/status/is\npass s/step/$type"},
        {"[1,2]", "[1]", "pass s/step/status/is\nfail s/step/equals : list length 2 | list length 1"},
        {"{\"$exact\":{\"a\":1}}", "{\"a\":1,\"b\":2}",
         "pass s/step/status/is\nfail s/step/$exact : no other members | also has \"b\""},
        {"{\"i\":{\"$some\":{\"id\":1},\"$none\":{\"id\":2}}}", "{\"i\":[{\"id\":1}]}",
         "pass s/step/status/is\npass s/step/i/$some\npass s/step/i/$none"},
        {"{\"i\":{\"$each\":{\"id\":{\"$type\":\"integer\"},\"s\":1}}}",
         "{\"i\":[{\"id\":1,\"s\":1},{\"id\":2,\"s\":2}]}",
         "pass s/step/status/is\npass s/step/i/$each/id/$type\nfail s/step/i/$each/s/equals /i/1/s: 1 | 2"},
        {"{\"i\":{\"$each\":{\"id\":1}}}", "{\"i\":[]}", "pass s/step/status/is\nvacuous s/step/i/$each/id/equals"},
        {"{\"i\":{\"$none\":{\"id\":1}}}", "{\"i\":[]}", "pass s/step/status/is\nvacuous s/step/i/$none"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct scene s;
        scene_init(&s, *state, rows[i].expectation, rows[i].response);
        bool held = check_expectation(&s.in, &s.out);
        const char *got = checks_text(&s);
        if (strncmp(got, rows[i].checks, strlen(rows[i].checks)) != 0)
            fail_msg("expectation %s, response %s:\n%s", rows[i].expectation, rows[i].response, got);
        assert_int_equal(held, !strstr(got, "fail "));
        assert_int_equal(check_holds(&s.in, NULL), held);
    }
}

static void ids_do_not_depend_on_the_response(void **state)
{
    static const char *const responses[] = {
        "{\"items\":[{\"id\":1,\"tags\":[\"x\"]},{\"id\":2}],\"next\":null}",
        "{\"items\":[]}",
        "{\"items\":{}}",
        "[]",
        "7",
        NULL,
    };
    const char *expectation = "{\"items\":{\"$each\":{\"id\":{\"$type\":\"integer\"},\"tags\":{"
                              "\"$each\":{\"$matches\":\"x\"}}},\"$some\":{\"id\":1}},\"next\":"
                              "null,\"list\":[1,{}],\"closed\":{\"$exact\":{\"a\":{}}}}";
    struct scene first;
    scene_init(&first, *state, expectation, NULL);
    check_undecided(&first.in, VERDICT_BLOCKED, "because", &first.out);
    assert_int_equal(first.out.count, 7);
    for (size_t i = 0; i < COUNT(responses); i++) {
        struct scene s;
        scene_init(&s, *state, expectation, responses[i]);
        check_expectation(&s.in, &s.out);
        assert_int_equal(s.out.count, first.out.count);
        for (size_t k = 0; k < s.out.count; k++)
            assert_string_equal(s.out.items[k].id, first.out.items[k].id);
    }
}

static void a_row_that_may_be_on_another_page_is_undecided(void **state)
{
    static const struct {
        const char *expectation;
        bool continues;
        enum verdict verdict;
    } rows[] = {
        {"{\"items\":{\"$some\":{\"id\":2}}}", true,  VERDICT_BLOCKED},
        {"{\"items\":{\"$some\":{\"id\":2}}}", false, VERDICT_FAIL   },
        {"{\"items\":{\"$some\":{\"id\":1}}}", true,  VERDICT_PASS   },
        {"{\"items\":{\"$none\":{\"id\":1}}}", true,  VERDICT_FAIL   },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct scene s;
        scene_init(&s, *state, rows[i].expectation, "{\"items\":[{\"id\":1}],\"next\":\"x\"}");
        s.in.continues = rows[i].continues;
        assert_int_equal(check_expectation(&s.in, &s.out), rows[i].verdict == VERDICT_PASS);
        assert_int_equal(s.out.items[1].verdict, rows[i].verdict);
        assert_true(rows[i].verdict != VERDICT_BLOCKED || s.out.items[1].why);
    }
}

static void undecided_checks_have_a_reason(void **state)
{
    struct scene s;
    scene_init(&s, *state, "{\"a\":1}", NULL);
    check_undecided(&s.in, VERDICT_BLOCKED, "step 'x' failed", &s.out);
    assert_string_equal(checks_text(&s), "blocked s/step/status/is\nblocked s/step/a/equals");
    assert_string_equal(s.out.items[1].why, "step 'x' failed");
    assert_string_equal(s.out.items[1].expected, "1");
}

static void a_claim_is_decided_by_the_checks_it_names(void **state)
{
    static const struct {
        const char *pointer, *cited; /* which of the checks below, by first letters */
    } rows[] = {
        {"",                    "all"                                           },
        {"status",              "s/step/status/is"                              },
        {"/items",              "s/step/items/$some s/step/items/$each/id/$type"},
        {"/items/$some",        "s/step/items/$some"                            },
        {"/items/$each",        "s/step/items/$each/id/$type"                   },
        {"/items/$each/id",     "s/step/items/$each/id/$type"                   },
        {"/item",               ""                                              },
        {"headers/Retry-After", "s/step/headers/Retry-After/$present"           },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct scene s;
        struct buf got = {.arena = *state};
        scene_init(&s, *state, "{\"items\":{\"$some\":{\"id\":1},\"$each\":{\"id\":{\"$type\":\"integer\"}}}}",
                   "{\"items\":[{\"id\":1}]}");
        s.expect.headers = parse(*state, "{\"Retry-After\":{\"$present\":true}}");
        const struct citation citation = {.claim = "MUST-1", .pointer = rows[i].pointer};
        s.in.citations = &citation;
        s.in.citation_count = 1;
        check_expectation(&s.in, &s.out);
        size_t cited = 0;
        for (size_t k = 0; k < s.out.count; k++)
            if (s.out.items[k].claim_count) {
                cited++;
                buf_printf(&got, "%s%s", got.n ? " " : "", s.out.items[k].id);
            }
        if (cited == s.out.count)
            assert_string_equal(rows[i].cited, "all");
        else
            assert_string_equal(buf_c(&got), rows[i].cited);
    }
}

static void a_failed_should_is_a_warning(void **state)
{
    static const struct {
        const char *claims[2];
        enum verdict verdict;
    } rows[] = {
        {{NULL},                 VERDICT_FAIL},
        {{"MUST-1"},             VERDICT_FAIL},
        {{"SHOULD-1"},           VERDICT_WARN},
        {{"MAY-1"},              VERDICT_WARN},
        {{"SHOULD-1", "MUST-1"}, VERDICT_FAIL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct scene s;
        struct citation citations[2];
        scene_init(&s, *state, "{\"a\":1}", "{\"a\":2}");
        s.in.citations = citations;
        for (; s.in.citation_count < 2 && rows[i].claims[s.in.citation_count]; s.in.citation_count++)
            citations[s.in.citation_count] =
                (struct citation){.claim = rows[i].claims[s.in.citation_count], .pointer = ""};
        assert_false(check_expectation(&s.in, &s.out));
        assert_int_equal(s.out.items[1].verdict, rows[i].verdict);
    }
}

static void a_body_that_is_not_json_fails_even_an_absent_matcher(void **state)
{
    struct scene s;
    scene_init(&s, *state, "{\"items\":{\"$absent\":true}}", NULL);
    s.in.body_error = "not JSON: body:1:1: nothing";
    assert_false(check_expectation(&s.in, &s.out));
    assert_string_equal(s.out.items[1].actual, "not JSON: body:1:1: nothing");
    assert_false(check_holds(&s.in, NULL));
}

static void json_that_cannot_be_read_decides_nothing(void **state)
{
    struct scene s;
    const char *why;
    scene_init(&s, *state, "{\"items\":{\"$absent\":true}}", NULL);
    s.in.body_unread = "the runner cannot read this JSON";
    assert_true(check_expectation(&s.in, &s.out));
    assert_int_equal(s.out.items[0].verdict, VERDICT_PASS);
    assert_int_equal(s.out.items[1].verdict, VERDICT_ERROR);
    assert_string_equal(s.out.items[1].why, "the runner cannot read this JSON");
    assert_false(check_holds(&s.in, &why));
    assert_string_equal(why, "the runner cannot read this JSON");
    s.exchange.status = 404;
    assert_false(check_holds(&s.in, &why));
    assert_null(why);
}

static void a_body_of_plain_text_is_compared_only_if_text_is_expected(void **state)
{
    static const struct {
        const char *expectation, *coding;
        bool holds;
    } rows[] = {
        {"{\"$matches\":\"^no such\"}",         NULL,   true },
        {"\"no such item\"",                    NULL,   true },
        {"\"no such\"",                         NULL,   false},
        {"{\"$matches\":\"^no such\"}",         "gzip", false},
        {"{\"$absent\":true}",                  NULL,   false},
        {"{\"$type\":[\"string\",\"object\"]}", NULL,   false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct scene s;
        scene_init(&s, *state, rows[i].expectation, NULL);
        s.in.body_error = "not JSON: body:1:1: nothing";
        s.exchange.response_body = STR("no such item\n");
        if (rows[i].coding)
            headers_add(*state, &s.exchange.response_headers, "Content-Encoding", str_from(rows[i].coding));
        assert_int_equal(check_expectation(&s.in, &s.out), rows[i].holds);
    }
}

static void a_header_is_compared_as_a_number_if_a_number_is_expected(void **state)
{
    static const struct {
        const char *expectation, *header;
        bool holds;
    } rows[] = {
        {"{\"$gte\":1}",                                  "5",    true },
        {"{\"$gte\":1}",                                  "0",    false},
        {"{\"$gte\":1}",                                  "soon", false},
        {"{\"$in\":[{\"$absent\":true},{\"$gt\":0.25}]}", "0.5",  true },
        {"5",                                             "5",    true },
        {"\"5\"",                                         "5",    true },
        {"\"5\"",                                         "5.0",  false},
        {"{\"$matches\":\"^[0-9]+$\"}",                   "5",    true },
        {"{\"$present\":true}",                           "5",    true },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct scene s;
        scene_init(&s, *state, NULL, NULL);
        s.expect.headers = parse(*state, arena_printf(*state, "{\"Retry-After\":%s}", rows[i].expectation));
        headers_add(*state, &s.exchange.response_headers, "Retry-After", str_from(rows[i].header));
        assert_int_equal(check_expectation(&s.in, &s.out), rows[i].holds);
    }
}

/* Each expectation is of the member `at`; the response has no Date header. */
static void a_time_cannot_be_decided_without_a_date(void **state)
{
    static const struct {
        const char *expectation, *response;
        enum verdict verdict;
    } rows[] = {
        {"{\"$time\":\"past\"}",                             "{\"at\":\"2020-01-01T00:00:00Z\"}", VERDICT_ERROR},
        {"{\"$time\":\"future\"}",                           "{\"at\":\"2020-01-01T00:00:00Z\"}", VERDICT_ERROR},
        {"{\"$time\":{\"after\":\"1h\"}}",                   "{\"at\":\"2020-01-01T00:00:00Z\"}", VERDICT_ERROR},
        {"{\"$time\":{\"within\":\"1h\"}}",                  "{\"at\":\"2020-01-01T00:00:00Z\"}", VERDICT_ERROR},
        {"{\"$in\":[null,{\"$time\":\"past\"}]}",            "{\"at\":\"2020-01-01T00:00:00Z\"}", VERDICT_ERROR},
        {"{\"$not\":{\"$time\":\"past\"}}",                  "{\"at\":\"2020-01-01T00:00:00Z\"}", VERDICT_ERROR},
        {"{\"$in\":[null,{\"$time\":\"past\"}]}",            "{\"at\":null}",                     VERDICT_PASS },
        {"{\"$time\":\"any\"}",                              "{\"at\":\"2020-01-01T00:00:00Z\"}", VERDICT_PASS },
        {"{\"$time\":{\"after\":\"2019-01-01T00:00:00Z\"}}", "{\"at\":\"2020-01-01T00:00:00Z\"}", VERDICT_PASS },
        {"{\"$time\":\"past\"}",                             "{\"at\":\"yesterday\"}",            VERDICT_FAIL },
        {"{\"$time\":\"past\"}",                             "{}",                                VERDICT_FAIL },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct scene s;
        const char *why;
        scene_init(&s, *state, arena_printf(*state, "{\"at\":%s}", rows[i].expectation), rows[i].response);
        s.in.has_now = false;
        bool failed = !check_expectation(&s.in, &s.out), undecided = rows[i].verdict == VERDICT_ERROR;
        const struct check *check = &s.out.items[1];
        if (check->verdict != rows[i].verdict)
            fail_msg("%s: %s", rows[i].expectation, verdict_texts[check->verdict]);
        assert_int_equal(failed, rows[i].verdict == VERDICT_FAIL);
        assert_int_equal(check_holds(&s.in, &why), rows[i].verdict == VERDICT_PASS);
        if (!undecided || strstr(rows[i].expectation, "$not")) /* $not turns a comparison that holds into a failure */
            continue;
        assert_non_null(strstr(why, "the response has no Date header"));
        assert_string_equal(check->why, why);
    }
}

static void a_status_may_be_one_of_several(void **state)
{
    struct scene s;
    scene_init(&s, *state, NULL, NULL);
    s.statuses[1] = 404;
    s.expect.status_count = 2;
    s.exchange.status = 404;
    assert_true(check_expectation(&s.in, &s.out));
    s.exchange.status = 403;
    assert_false(check_expectation(&s.in, &s.out));
    assert_string_equal(s.out.items[1].expected, "200 or 404");
    assert_string_equal(s.out.items[1].actual, "403");
}

static void a_response_with_an_unexpected_status_decides_nothing_else(void **state)
{
    struct scene s;
    scene_init(&s, *state, "{\"a\":1,\"b\":{\"$absent\":true}}", "{\"a\":1}");
    s.expect.headers = parse(*state, "{\"Retry-After\":{\"$present\":true}}");
    s.exchange.status = 503;
    assert_false(check_expectation(&s.in, &s.out));
    assert_string_equal(checks_text(&s), "fail s/step/status/is\nblocked s/step/headers/Retry-After/$present\n"
                                         "blocked s/step/a/equals\nblocked s/step/b/$absent");
    for (size_t i = 1; i < s.out.count; i++)
        assert_string_equal(s.out.items[i].why, "the status was unexpected: 503, not 200");
}

static void a_step_of_a_flow_cites_with_its_path(void **state)
{
    static const struct {
        const char *pointer;
        size_t cited; /* of: status, a, b/status */
    } rows[] = {
        {"",                        3},
        {"steps",                   3},
        {"steps/url",               3},
        {"steps/url/status",        1},
        {"steps/url/body",          2},
        {"steps/url/body/b/status", 1},
        {"steps/ur",                0},
        {"steps/other",             0},
        {"/a",                      0},
        {"status",                  0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct scene s;
        scene_init(&s, *state, "{\"a\":1,\"b\":{\"status\":2}}", "{\"a\":1,\"b\":{\"status\":2}}");
        const struct citation citation = {.claim = "MUST-1", .pointer = rows[i].pointer};
        s.in.citations = &citation;
        s.in.citation_count = 1;
        s.in.flow_path = "steps/url";
        check_expectation(&s.in, &s.out);
        size_t cited = 0;
        for (size_t k = 0; k < s.out.count; k++)
            cited += s.out.items[k].claim_count;
        assert_int_equal(cited, rows[i].cited);
    }
}

static void a_claim_with_several_pointers_is_cited_once_per_check(void **state)
{
    static const struct citation citations[] = {
        {.claim = "MUST-1", .pointer = "status"},
        {.claim = "MUST-1", .pointer = "/a"    },
        {.claim = "MUST-1", .pointer = "/a/b"  }
    };
    struct scene s;
    scene_init(&s, *state, "{\"a\":{\"b\":1},\"c\":2}", "{\"a\":{\"b\":1},\"c\":2}");
    s.in.citations = citations;
    s.in.citation_count = COUNT(citations);
    check_expectation(&s.in, &s.out);
    assert_int_equal(s.out.items[0].claim_count, 1);
    assert_int_equal(s.out.items[1].claim_count, 1);
    assert_int_equal(s.out.items[2].claim_count, 0);
}

static void a_redirect_is_matched_as_text_or_by_parts(void **state)
{
    static const struct {
        const char *expectation;
        bool holds;
    } rows[] = {
        {"{\"$matches\":\"state=abc\"}",                                              true },
        {"\"https://app.example.com/done?state=abc&x=1\"",                            true },
        {"{\"base\":\"https://app.example.com/done\",\"query\":{\"state\":\"abc\"}}", true },
        {"{\"query\":{\"error\":{\"$absent\":true}}}",                                true },
        {"{\"query\":{\"state\":\"other\"}}",                                         false},
        {"{\"base\":\"https://app.example.com/\"}",                                   false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct scene s;
        scene_init(&s, *state, NULL, NULL);
        s.expect.redirect = parse(*state, rows[i].expectation);
        s.in.redirect = node_new_text(*state, STR("https://app.example.com/done?state=abc&x=1"));
        assert_int_equal(check_expectation(&s.in, &s.out), rows[i].holds);
        assert_true(str_starts(str_from(s.out.items[1].id), STR("s/step/redirect/")));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_leaf_is_one_check, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ids_do_not_depend_on_the_response, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_row_that_may_be_on_another_page_is_undecided, set_up, tear_down),
        cmocka_unit_test_setup_teardown(undecided_checks_have_a_reason, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_claim_is_decided_by_the_checks_it_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failed_should_is_a_warning, set_up, tear_down),
        cmocka_unit_test_setup_teardown(json_that_cannot_be_read_decides_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_body_that_is_not_json_fails_even_an_absent_matcher, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_body_of_plain_text_is_compared_only_if_text_is_expected, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_header_is_compared_as_a_number_if_a_number_is_expected, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_time_cannot_be_decided_without_a_date, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_status_may_be_one_of_several, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_response_with_an_unexpected_status_decides_nothing_else, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_step_of_a_flow_cites_with_its_path, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_claim_with_several_pointers_is_cited_once_per_check, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_redirect_is_matched_as_text_or_by_parts, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
