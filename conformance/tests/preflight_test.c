#include "conformance/run/preflight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/json.h"
#include "base/time.h"
#include "base/units.h"
#include "base/url.h"
#include "conformance/tests/run_rig.h"

/* --- the endpoint ------------------------------------------------------------------------- */

enum mode {
    MODE_GOOD,
    MODE_PAGED, /* the item is on the second page */
    MODE_CLOSED_ITEM,
    MODE_NO_FOLDER,
    MODE_EVERY_KEY, /* a wrong key is accepted */
    MODE_EVERY_ITEM,
    MODE_EMPTY,    /* {} for everything */
    MODE_CONSTANT, /* one plausible list for everything */
    MODE_HTML,
    MODE_NOT_FOUND,
    MODE_MOVED,
    MODE_UNAVAILABLE,
    MODE_LIMITED_ONCE,
    MODE_LIMITED,
    MODE_HANGS,
    MODE_OTHER_CLOCK,
    MODE_NO_ADMIN_API,
    MODE_NEW_ADMIN_API,
};

#define OTHER_CLOCK_MS ((int64_t)1577836800000) /* 2020-01-01T00:00:00Z */

struct shared { /* with the child process that serves */
    enum mode mode;
    size_t n;
    char calls[4000];
    int limited;
};

static int64_t now_ms; /* of the child's clock; 0: the wall clock */

static void respond(struct exchange *x, int status, const char *type, const char *body)
{
    char date[TIME_TEXT_MAX];
    headers_add(&x->arena, &x->response.headers, "Content-Type", str_from(type));
    headers_add(&x->arena, &x->response.headers, "Date",
                str_from(arena_text(&x->arena, time_http(now_ms ? now_ms : time_wall_ms(), date))));
    x->response.status = status;
    x->response.body.arena = &x->arena;
    buf_text(&x->response.body, body);
    server_reply(x);
}

static void respond_json(struct exchange *x, int status, const char *body)
{
    respond(x, status, "application/json; charset=utf-8", body);
}

/* Serves the modes that do not depend on the path. */
static bool handle_mode(struct shared *s, struct exchange *x)
{
    switch (s->mode) {
    case MODE_EMPTY:
        respond_json(x, 200, "{}");
        return true;
    case MODE_CONSTANT:
        respond_json(x, 200, "{\"items\":[{\"id\":\"t-2\",\"state\":\"open\"}],\"next\":null}");
        return true;
    case MODE_HTML:
        respond(x, 200, "text/html", "<html></html>");
        return true;
    case MODE_NOT_FOUND:
        respond(x, 404, "text/\x1b[2Jhtml; charset=utf-8", "<html></html>");
        return true;
    case MODE_MOVED:
        headers_add(&x->arena, &x->response.headers, "Location", STR("https://items.example.com/?secret"));
        respond(x, 301, "text/html", "");
        return true;
    case MODE_UNAVAILABLE:
        respond_json(x, 503, "{\x1b}");
        return true;
    case MODE_LIMITED_ONCE:
    case MODE_LIMITED:
        if (s->limited++ && s->mode == MODE_LIMITED_ONCE)
            return false;
        headers_add(&x->arena, &x->response.headers, "Retry-After", STR("0"));
        respond_json(x, 429, "{}");
        return true;
    case MODE_HANGS:
        return true; /* no reply */
    case MODE_GOOD:
    case MODE_PAGED:
    case MODE_CLOSED_ITEM:
    case MODE_NO_FOLDER:
    case MODE_EVERY_KEY:
    case MODE_EVERY_ITEM:
    case MODE_OTHER_CLOCK:
        break;
    case MODE_NO_ADMIN_API:
        respond_json(x, 200, "{\"simulations\":[]}");
        return true;
    case MODE_NEW_ADMIN_API:
        respond_json(x, 200, "{\"simulations\":[],\"protocol\":2}");
        return true;
    }
    return false;
}

static const char *items_of(const struct shared *s, struct str query)
{
    if (s->mode == MODE_PAGED && !query.n)
        return "{\"items\":[{\"id\":\"t-1\",\"state\":\"open\"}],\"next\":\"a b\"}";
    if (s->mode == MODE_CLOSED_ITEM)
        return "{\"items\":[{\"id\":\"t-2\",\"state\":\"closed\"}],\"next\":null}";
    return "{\"items\":[{\"id\":\"t-2\",\"state\":\"open\"}]}";
}

static void handle(void *ctx, struct exchange *x)
{
    struct shared *s = ctx;
    now_ms = s->mode == MODE_OTHER_CLOCK ? OTHER_CLOCK_MS : 0;
    struct str path = x->request.path, key = headers_get(&x->request.headers, "Authorization");
    s->n += (size_t)snprintf(s->calls + s->n, sizeof s->calls - s->n, STR_FMT " " STR_FMT "\n",
                             STR_ARG(x->request.method), STR_ARG(x->request.target));
    if (handle_mode(s, x))
        return;
    if (str_is(key, "Bearer unpaid"))
        respond_json(x, 402, "{\"error\":\"unpaid\"}");
    else if (s->mode != MODE_EVERY_KEY && !str_is(key, "Bearer good"))
        respond_json(x, 401, "{\"error\":\"who\"}");
    else if (str_is(path, "/me"))
        respond_json(x, 200, "{\"id\":\"me\"}");
    else if (str_is(path, "/folders/f") && s->mode != MODE_NO_FOLDER)
        respond_json(x, 200, items_of(s, x->request.query));
    else if (str_is(path, "/items/t-2") || s->mode == MODE_EVERY_ITEM)
        respond_json(x, 200, "{\"id\":\"t-2\"}");
    else
        respond_json(x, 404, "{\"error\":\"none\"}");
}

/* --- the scene ---------------------------------------------------------------------------- */

struct scene {
    struct arena arena;
    struct served endpoint;
    struct shared *shared;
    struct actor actors[5];
    struct target target;
    struct run_options options;
    struct run run;
    bool ran;
    const char *errors;
};

static int set_up(void **state)
{
    static struct scene s;
    s = (struct scene){
        .actors = {{.name = "full", .credential = "good", .origin = "ITEMS_KEY"},
                   {.name = "second", .credential = "good", .origin = "ITEMS_SECOND"},
                   {.name = "unpaid", .credential = "unpaid", .origin = "mine.yaml:7"},
                   {.name = "stranger", .credential = "wrong", .origin = "mine.yaml:8", .expect_refused = true},
                   {.name = "anonymous"}}
    };
    *state = &s;
    if (!served_start(&s.endpoint, sizeof *s.shared, handle))
        return -1;
    s.shared = s.endpoint.shared;
    s.target = served_target(&s.arena, &s.endpoint);
    s.target.actors = s.actors;
    s.target.actor_count = COUNT(s.actors);
    s.target.resources =
        json_parse(&s.arena,
                   STR("{\"folder\":\"f\",\"item\":\"t-2\",\"unknown_item\":\"t-9\",\"of_unused\":\"u\","
                       "\"return_url\":\"https://app.example.com/x\",\"return_host\":\"app.example.com\"}"),
                   "resources", NULL);
    s.options = (struct run_options){.timeout_ms = 5000};
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;
    served_stop(&s->endpoint);
    arena_end(&s->arena);
    return 0;
}

static void run_suite(struct scene *s, enum mode mode)
{
    struct error err = {0};
    s->shared->mode = mode;
    s->shared->n = 0;
    s->shared->limited = 0;
    s->ran = rig_run(&s->arena, TEST_DIR "/preflight", &s->target, &s->options, &s->run, &err);
    assert_true(s->ran || error_exit_code(&err) == 3);
    const char *text = error_text(&s->arena, &err);
    s->errors = text;
    error_end(&err);
}

/* Replaces the port, which differs in each run. */
static const char *without_port(struct scene *s, const char *text)
{
    struct buf out = {.arena = &s->arena};
    const char *port = arena_printf(&s->arena, ":%d", s->endpoint.port);
    for (const char *at; (at = strstr(text, port)); text = at + strlen(port)) {
        buf_add(&out, str_of(text, (size_t)(at - text)));
        buf_text(&out, ":N");
    }
    buf_text(&out, text);
    return buf_c(&out);
}

static void expect_problems(struct scene *s, enum mode mode, const char *expected)
{
    run_suite(s, mode);
    assert_string_equal(without_port(s, s->errors), expected);
    assert_false(s->ran);
    assert_int_equal(s->run.scenarios.count, 0);
}

static const struct preflight_result *result_named(const struct scene *s, const char *check)
{
    for (size_t i = 0; i < s->run.preflight.count; i++)
        if (strcmp(s->run.preflight.items[i].check, check) == 0)
            return &s->run.preflight.items[i];
    fail_msg("no result '%s'", check);
    return NULL;
}

/* --- tests -------------------------------------------------------------------------------- */

static void what_the_selected_scenarios_use_is_checked_once(void **state)
{
    struct scene *s = *state;
    run_suite(s, MODE_GOOD);
    assert_string_equal(s->errors, "");
    assert_true(s->ran);
    assert_true(str_starts(str_from(s->shared->calls), STR("GET /me\n")));
    /* three more keys, the folder, the item in it, an unknown item; then the scenario */
    const char *scenario = strstr(s->shared->calls, "GET /items/t-2\n");
    assert_non_null(scenario);
    size_t requests = 0;
    for (const char *c = s->shared->calls; c < scenario; c++)
        requests += *c == '\n';
    assert_int_equal(requests, 7);
    assert_null(strstr(s->shared->calls, "/unused/"));
    assert_int_equal(result_named(s, "actor full")->outcome, PREFLIGHT_OK);
    assert_int_equal(result_named(s, "actor stranger")->outcome, PREFLIGHT_OK);
    assert_int_equal(result_named(s, "actor anonymous")->outcome, PREFLIGHT_UNCHECKED);
    assert_int_equal(result_named(s, "resource item")->outcome, PREFLIGHT_OK);
    assert_int_equal(result_named(s, "resource return_url")->outcome, PREFLIGHT_UNCHECKED);
    assert_int_equal(result_named(s, "clock")->outcome, PREFLIGHT_OK);
    assert_int_equal(s->run.exit_code, 0);
}

static void a_refused_key_is_named_with_its_variable(void **state)
{
    struct scene *s = *state;
    s->actors[0].credential = "bad";
    s->actors[1].credential = "worse";
    expect_problems(s, MODE_GOOD,
                    "key of actor 'full' (ITEMS_KEY) was refused: 401\n"
                    "key of actor 'second' (ITEMS_SECOND) was refused: 401");
    assert_string_equal(result_named(s, "resource folder")->detail, "not asked: the key of actor 'full' does not work");
}

static void a_wrong_key_that_is_accepted_is_left_to_the_suite(void **state)
{
    struct scene *s = *state;
    run_suite(s, MODE_EVERY_KEY);
    assert_string_equal(s->errors, "");
    assert_true(s->ran);
    assert_int_equal(result_named(s, "actor stranger")->outcome, PREFLIGHT_OK);
    assert_non_null(strstr(result_named(s, "actor stranger")->detail, "should be refused, but GET"));
    assert_int_equal(s->run.exit_code, 1); /* the scenario expects 401 */
}

static void a_key_that_should_be_refused_must_say_so(void **state)
{
    struct scene *s = *state;
    s->actors[3].expect_refused = false;
    expect_problems(s, MODE_GOOD, "key of actor 'stranger' (mine.yaml:8) was refused: 401");
}

static void a_resource_must_be_what_scenarios_need(void **state)
{
    struct scene *s = *state;
    expect_problems(s, MODE_CLOSED_ITEM,
                    "resource 'item' (t-2) is not an open item: GET http://127.0.0.1:N/folders/f returned 200 "
                    "application/json, where /items should be $some {\"id\":\"t-2\",\"state\":\"open\"}");
    expect_problems(
        s, MODE_NO_FOLDER,
        "resource 'folder' (f) is not a folder: GET http://127.0.0.1:N/folders/f returned 404 application/json");
    assert_string_equal(result_named(s, "resource item")->detail, "not asked: resource 'folder' is wrong");
    expect_problems(s, MODE_EVERY_ITEM,
                    "resource 'unknown_item' (t-9) is not an id that no item has: GET http://127.0.0.1:N/items/t-9 "
                    "returned 200 application/json; if nothing has this id, judge the API with --no-preflight");
}

static void a_resource_may_be_on_a_later_page(void **state)
{
    struct scene *s = *state;
    run_suite(s, MODE_PAGED);
    assert_string_equal(s->errors, "");
    assert_non_null(strstr(s->shared->calls, "GET /folders/f?cursor=a%20b\n"));
}

static void every_problem_is_reported_at_once(void **state)
{
    struct scene *s = *state;
    s->actors[1].credential = "bad";
    s->target.resources =
        json_parse(&s->arena,
                   STR("{\"folder\":\"f\",\"item\":\"t-3\",\"unknown_item\":\"t-2\","
                       "\"return_url\":\"http://other.example.com/x\",\"return_host\":\"app.example.com\"}"),
                   "resources", NULL);
    expect_problems(s, MODE_GOOD,
                    "key of actor 'second' (ITEMS_SECOND) was refused: 401\n"
                    "resource 'item' (t-3) is not an open item: GET http://127.0.0.1:N/folders/f returned 200 "
                    "application/json, where /items should be $some {\"id\":\"t-3\",\"state\":\"open\"}\n"
                    "resource 'unknown_item' (t-2) is not an id that no item has: GET http://127.0.0.1:N/items/t-2 "
                    "returned 200 application/json; if nothing has this id, judge the API with --no-preflight\n"
                    "resource 'return_url' is not an https URL: 'http://other.example.com/x'");
}

static void the_host_of_the_return_url_is_compared(void **state)
{
    struct scene *s = *state;
    s->target.resources =
        json_parse(&s->arena,
                   STR("{\"folder\":\"f\",\"item\":\"t-2\",\"unknown_item\":\"t-9\","
                       "\"return_url\":\"https://other.example.com/x\",\"return_host\":\"app.example.com\"}"),
                   "resources", NULL);
    expect_problems(s, MODE_GOOD,
                    "the host of resource 'return_url' is 'other.example.com', but resource 'return_host' is "
                    "'app.example.com'");
}

static void what_a_scenario_uses_up_is_used_by_no_other(void **state)
{
    struct scene *s = *state;
    s->target.resources = node_with(&s->arena, s->target.resources, "other_item", node_new_text(&s->arena, STR("t-2")));
    expect_problems(
        s, MODE_GOOD,
        "resource 'other_item' (t-2) is also resource 'item', but a scenario uses it up; give each its own, "
        "or remove one from the target file");
    s->target.resources = node_with(&s->arena, s->target.resources, "other_item", node_new_text(&s->arena, STR("t-4")));
    run_suite(s, MODE_EVERY_ITEM); /* the id of unknown_item exists */
    assert_null(strstr(s->errors, "other_item"));
}

#define NOT_ITEMS "base_url http://127.0.0.1:N does not look like the Items API: GET http://127.0.0.1:N/me returned "

static void a_server_that_is_not_the_api_is_named_after_its_first_response(void **state)
{
    static const struct {
        enum mode mode;
        const char *problem;
    } rows[] = {
        {MODE_EMPTY,       NOT_ITEMS "200 application/json without /id"                                        },
        {MODE_CONSTANT,    NOT_ITEMS "200 application/json without /id"                                        },
        {MODE_HTML,        NOT_ITEMS "200 text/html, which is not JSON"                                        },
        {MODE_NOT_FOUND,   NOT_ITEMS "404 text/?[2Jhtml"                                                       },
        {MODE_MOVED,       NOT_ITEMS "301 text/html with Location https://items.example.com/"                  },
        {MODE_UNAVAILABLE, "the target is unavailable: GET http://127.0.0.1:N/me returned 503 application/json"},
        {MODE_LIMITED,     "the rate limit of the target is used up: GET http://127.0.0.1:N/me returned 429 "
                       "application/json"                                                },
    };
    struct scene *s = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        expect_problems(s, rows[i].mode, rows[i].problem);
        assert_string_equal(s->shared->calls,
                            rows[i].mode == MODE_LIMITED ? "GET /me\nGET /me\n" : "GET /me\n"); /* nothing else */
    }
}

static void a_rate_limit_is_waited_out_once(void **state)
{
    struct scene *s = *state;
    run_suite(s, MODE_LIMITED_ONCE);
    assert_string_equal(s->errors, "");
    assert_true(s->ran);
}

static void a_server_that_hangs_is_left_after_the_time_limit(void **state)
{
    struct scene *s = *state;
    int64_t began_us = time_monotonic_us();
    s->options.timeout_ms = 300;
    run_suite(s, MODE_HANGS);
    assert_true(time_monotonic_us() - began_us < 5000000);
    assert_non_null(strstr(s->errors, " does not respond: "));
    assert_false(s->ran);
}

/* $run.next_week is a week after the target's time, and the scenario sends it. */
static void expect_next_week(struct scene *s, int64_t now_ms_of_target)
{
    const char *at = strstr(s->shared->calls, "&due=");
    int64_t due_ms = 0;
    struct str due = {0};
    assert_non_null(at);
    at += strlen("&due=");
    assert_true(url_decode(&s->arena, str_of(at, strcspn(at, "\n")), false, &due));
    assert_true(time_parse(due, &due_ms));
    int64_t off_ms = due_ms - now_ms_of_target - 7 * DAY_MS;
    assert_true(off_ms >= -5000 && off_ms <= 5000);
}

static void times_of_a_run_are_those_of_the_targets_clock(void **state)
{
    struct scene *s = *state;
    run_suite(s, MODE_OTHER_CLOCK);
    assert_string_equal(s->errors, "");
    assert_true(s->ran);
    expect_next_week(s, OTHER_CLOCK_MS);
    const struct preflight_result *clock = result_named(s, "clock");
    assert_int_equal(clock->outcome, PREFLIGHT_OK); /* an error on another machine */
    assert_non_null(strstr(clock->detail, " s behind that of this machine (Date: Wed, 01 Jan 2020 00:00:00 GMT); if it "
                                          "is a virtual clock, give its start as 'now' in the target file"));
    s->target.now_ms = OTHER_CLOCK_MS + 9 * DAY_MS; /* a virtual clock, which has moved since */
    run_suite(s, MODE_OTHER_CLOCK);
    assert_int_equal(result_named(s, "clock")->outcome, PREFLIGHT_UNCHECKED);
    expect_next_week(s, OTHER_CLOCK_MS);
    s->options.skip_preflight = true;
    run_suite(s, MODE_OTHER_CLOCK);
    expect_next_week(s, OTHER_CLOCK_MS + 9 * DAY_MS);
    s->target.now_ms = 0;
    run_suite(s, MODE_OTHER_CLOCK);
    expect_next_week(s, time_wall_ms());
}

static void the_admin_api_must_be_that_of_a_mock(void **state)
{
    struct scene *s = *state;
    s->target.is_mock = true;
    s->target.admin_url = arena_printf(&s->arena, "http://127.0.0.1:%d/__admin", s->endpoint.port);
    expect_problems(s, MODE_NO_ADMIN_API,
                    "the admin API at http://127.0.0.1:N/__admin is not that of an Understudy mock: GET "
                    "http://127.0.0.1:N/__admin/capabilities returned 200 without 'protocol' and 'simulations'");
    expect_problems(s, MODE_NEW_ADMIN_API,
                    "the admin API at http://127.0.0.1:N/__admin has version 2; this program needs version 1");
    expect_problems(s, MODE_UNAVAILABLE,
                    "the admin API returned 503 for GET http://127.0.0.1:N/__admin/capabilities: { }");
}

static void the_preflight_can_be_skipped(void **state)
{
    struct scene *s = *state;
    s->options.skip_preflight = true;
    run_suite(s, MODE_EMPTY);
    assert_string_equal(s->errors, "");
    assert_true(s->ran);
    assert_int_equal(s->run.preflight.count, 0);
    assert_int_equal(s->run.exit_code, 1);
}

static void clocks_are_compared(void **state)
{
    static const struct {
        int64_t ahead_ms;
        const char *age;
        bool warns, is_error;
    } rows[] = {
        {0,       NULL,   false, false},
        {20000,   NULL,   false, false},
        {-20000,  NULL,   false, false},
        {60000,   NULL,   true,  false},
        {-60000,  NULL,   true,  false},
        {-60000,  "60",   false, false}, /* a cache */
        {400000,  NULL,   true,  true },
        {-400000, NULL,   true,  true },
        {-400000, "-400", true,  true },
    };
    struct scene *s = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char date[TIME_TEXT_MAX];
        bool is_error = false;
        int64_t skew_ms = 0;
        struct exchange_record x = {.status = 200};
        headers_add(&s->arena, &x.response_headers, "Date",
                    str_from(arena_text(&s->arena, time_http(time_wall_ms() + rows[i].ahead_ms, date))));
        if (rows[i].age)
            headers_add(&s->arena, &x.response_headers, "Age", str_from(rows[i].age));
        const char *why = preflight_clock(&s->arena, &x, &skew_ms, &is_error);
        assert_int_equal(why != NULL, rows[i].warns);
        assert_int_equal(is_error, rows[i].is_error);
        if (why)
            assert_non_null(strstr(why, rows[i].ahead_ms < 0 ? " s behind that of this machine" : " s ahead of that"));
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_the_selected_scenarios_use_is_checked_once),
        TEST(a_refused_key_is_named_with_its_variable),
        TEST(a_wrong_key_that_is_accepted_is_left_to_the_suite),
        TEST(a_key_that_should_be_refused_must_say_so),
        TEST(a_resource_must_be_what_scenarios_need),
        TEST(a_resource_may_be_on_a_later_page),
        TEST(every_problem_is_reported_at_once),
        TEST(the_host_of_the_return_url_is_compared),
        TEST(what_a_scenario_uses_up_is_used_by_no_other),
        TEST(a_server_that_is_not_the_api_is_named_after_its_first_response),
        TEST(a_rate_limit_is_waited_out_once),
        TEST(a_server_that_hangs_is_left_after_the_time_limit),
        TEST(times_of_a_run_are_those_of_the_targets_clock),
        TEST(the_admin_api_must_be_that_of_a_mock),
        TEST(the_preflight_can_be_skipped),
        TEST(clocks_are_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
