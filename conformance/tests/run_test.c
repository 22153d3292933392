/* Runs scenarios against an endpoint: steps, retries, cleanup, claims, and what is sent where. */
#include "base/array.h"
#include "conformance/run/task.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "conformance/tests/run_rig.h"

/* The requests to the endpoint, one per line. Shared with the child process that serves it. */
struct call_log {
    size_t n;
    char text[8000];
    int pending, limited, created, told;
};

static void log_call(struct call_log *d, const struct request *r)
{
    int n = snprintf(d->text + d->n, sizeof d->text - d->n, STR_FMT " " STR_FMT "\n", STR_ARG(r->method),
                     STR_ARG(r->target));
    d->n += (size_t)n;
}

static void respond(struct exchange *x, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void respond(struct exchange *x, int status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    x->response.status = status;
    x->response.body.arena = &x->arena;
    buf_text(&x->response.body, arena_vprintf(&x->arena, format, args));
    va_end(args);
    server_reply(x);
}

static void create_item(struct exchange *x, struct call_log *d)
{
    const struct node *body = json_parse(&x->arena, x->request.body, "body", NULL);
    const char *name = node_get_text(body, "name");
    respond(x, 201, "{\"id\":\"t/%d\",\"name\":\"%s\"}", ++d->created, name ? name : "");
}

/* The list of items with a Content-Encoding; that of x-gzip ends early. */
static void respond_coded(struct exchange *x, const char *coding)
{
    static const char bytes[] = "\037\213\010\000\000\000\000\000\002\003\253\126\312\054\111\315\055\126"
                                "\262\212\256\126\312\114\121\262\122\052\321\067\124\252\215\255\005\000"
                                "\346\123\230\016\030\000\000\000";
    bool twice = strcmp(coding, "twice") == 0; /* two members: legal, but libcurl does not read the second */
    headers_add(&x->arena, &x->response.headers, "Content-Encoding", str_from(twice ? "gzip" : coding));
    x->response.status = 200;
    x->response.body.arena = &x->arena;
    size_t cut = strcmp(coding, "x-gzip") == 0 ? 20 : 0;
    buf_add(&x->response.body, str_of(bytes, sizeof bytes - 1 - cut));
    if (twice)
        buf_add(&x->response.body, str_of(bytes, sizeof bytes - 1));
    server_reply(x);
}

/* A 404 whose text repeats the name, and whose other members change from call to call; of a time only the format. */
static void respond_told(struct exchange *x, struct call_log *d, const char *name)
{
    bool plain = strcmp(name, "plain") == 0;
    if (!plain)
        headers_add(&x->arena, &x->response.headers, "X-Told", STR("yes"));
    ++d->told;
    respond(x, 404,
            "{\"code\":\"NONE\",\"message\":\"no %s there\",\"count\":%d,\"list\":[{\"at\":%d}],\"since\":\"%s\"%s}",
            name, d->told, d->told, d->told % 2 ? "2026-05-02T09:00:00Z" : "2026-05-02T09:00:00.000Z",
            plain ? ",\"more\":1" : "");
}

/* As a gateway that does not know the method. */
static bool is_hidden_from_delete(const struct exchange *x)
{
    struct str path = x->request.path;
    return str_is(x->request.method, "DELETE") &&
           (str_starts(path, STR("/kept/")) || str_starts(path, STR("/unread/")));
}

static void handle(void *ctx, struct exchange *x)
{
    struct call_log *d = ctx;
    struct str method = x->request.method, path = x->request.path;
    if (str_is(method, "HEAD")) { /* the probe before a run */
        respond(x, 404, "%s", "");
        return;
    }
    log_call(d, &x->request);
    if (str_is(path, "/__admin/capabilities")) {
        respond(x, 200, "{\"protocol\":1,\"simulations\":[\"rate_limit\"]}");
    } else if (str_is(path, "/lost")) {
        x->response.cut = CUT_BEFORE_HEADERS;
        respond(x, 200, "%s", "");
    } else if (str_starts(path, STR("/coded/"))) {
        respond_coded(x, str_dup(&x->arena, str_skip(path, 7)));
    } else if (str_is(method, "POST")) {
        create_item(x, d);
    } else if (str_starts(path, STR("/failing/")) && ++d->pending == 3) {
        respond(x, 503, "{\"code\":\"BUSY\",\"items\":[{\"id\":\"t/1\"}]}");
    } else if (str_starts(path, STR("/failing/"))) {
        respond(x, 200, "{\"items\":[]}");
    } else if (str_is(path, "/unread")) {
        respond(x, 200, "{\"id\":\"t/1\",\"deep\":{\"weight\":1e400}}");
    } else if (str_is(path, "/limit")) {
        headers_add(&x->arena, &x->response.headers, "Retry-After", STR("7"));
        respond(x, 429, "{\"error\":{\"code\":\"LIMITED\"}}");
    } else if (str_starts(path, STR("/told/"))) {
        respond_told(x, d, path.s + strlen("/told/"));
    } else if (str_is(path, "/pending")) {
        respond(x, 200, "{\"status\":\"%s\"}", ++d->pending > 3 ? "done" : "pending");
    } else if (str_starts(path, STR("/limited")) && ++d->limited <= 2) {
        headers_add(&x->arena, &x->response.headers, "Retry-After", STR("0"));
        respond(x, 429, "{}");
    } else if (str_starts(path, STR("/sticky"))) {
        respond(x, 500, "{}");
    } else if (str_starts(path, STR("/dated/"))) {
        if (str_is(path, "/dated/yes"))
            headers_add(&x->arena, &x->response.headers, "Date", STR("Saturday, 02-May-26 09:00:00 GMT"));
        respond(x, 200, "{\"id\":\"t/1\",\"at\":\"2026-05-02T10:00:00Z\"}");
    } else if (str_is(path, "/missing") || str_starts(path, STR("/gone/")) || is_hidden_from_delete(x)) {
        respond(x, 404, "{}");
    } else {
        respond(x, 200, "{\"items\":[{\"id\":\"t/1\"}]}");
    }
}

struct scene {
    struct arena arena;
    struct served endpoint;
    struct call_log *call_log;
    struct target target;
    struct run_options options;
    struct run run;
};

static int set_up(void **state)
{
    static struct scene s;
    static const struct actor actor = {.name = "full", .credential = "secret of full"};
    s = (struct scene){0};
    *state = &s;
    if (!served_start(&s.endpoint, sizeof *s.call_log, handle))
        return -1;
    s.call_log = s.endpoint.shared;
    s.target = served_target(&s.arena, &s.endpoint);
    s.target.actors = &actor;
    s.target.actor_count = 1;
    s.options = (struct run_options){.timeout_ms = 5000, .allow_writes = true};
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;
    served_stop(&s->endpoint);
    arena_end(&s->arena);
    return 0;
}

static void run_path(struct scene *s, const char *path)
{
    struct error err = {0};
    if (!rig_run(&s->arena, path, &s->target, &s->options, &s->run, &err))
        fail_msg("%s", error_text(&s->arena, &err));
    error_end(&err);
}

static void run_file(struct scene *s, const char *file)
{
    run_path(s, arena_printf(&s->arena, TEST_DIR "/run/%s.yaml", file));
}

/* One line per check that did not pass, then the number of all checks. */
static const char *failures_text(struct scene *s)
{
    struct buf out = {.arena = &s->arena};
    const struct scenario_result *r = s->run.scenarios.items[0];
    for (size_t i = 0; i < r->checks.count; i++)
        if (r->checks.items[i].verdict != VERDICT_PASS)
            buf_printf(&out, "%s %s\n", verdict_texts[r->checks.items[i].verdict], r->checks.items[i].id);
    buf_printf(&out, "of %zu", r->checks.count);
    return buf_c(&out);
}

/* The statuses of all attempts. */
static const char *statuses_text(struct scene *s, const struct exchange_record *x)
{
    struct buf out = {.arena = &s->arena};
    for (size_t i = 0; i < x->attempts.count; i++)
        buf_printf(&out, "%s%d", i ? " " : "", x->attempts.items[i].status);
    return buf_c(&out);
}

static void cleanup_runs_last_first_after_a_failure(void **state)
{
    struct scene *s = *state;
    run_file(s, "cleanup-after-failure");
    assert_string_equal(failures_text(s), "fail cleanup-after-failure/two/name/equals\n"
                                          "fail cleanup-after-failure/3/status/is\n"
                                          "blocked cleanup-after-failure/listed/status/is\n"
                                          "blocked cleanup-after-failure/listed/items/$some\n"
                                          "of 11");
    assert_string_equal(s->call_log->text, "POST /items\n"
                                           "POST /items\n"
                                           "GET /missing?first=t%2F1&second=t%2F2\n"
                                           "DELETE /items/t%2F2\n"
                                           "DELETE /items/t%2F1\n");
    assert_int_equal(s->run.exit_code, 1);
    assert_int_equal(s->run.leftovers.count, 0);
    assert_int_equal(s->run.claims[0].outcome, CLAIM_FAILS);
    assert_int_equal(s->run.claims[1].outcome, CLAIM_UNDECIDED);
}

static void a_call_is_repeated_until_it_is_decided(void **state)
{
    struct scene *s = *state;
    run_file(s, "repeated-call");
    assert_string_equal(failures_text(s), "of 7");
    assert_int_equal(s->run.exit_code, 0);
    assert_int_equal(s->call_log->pending, 4);
    assert_int_equal(s->call_log->limited, 3);
    const struct scenario_result *r = s->run.scenarios.items[0];
    assert_int_equal(r->exchanges.count, 4); /* `eventually` is recorded once; so is the cleanup */
    assert_int_equal(r->exchanges.items[1]->attempts.count, 4);
    assert_string_equal(statuses_text(s, r->exchanges.items[2]), "429 429 200");
    assert_true(str_is(r->exchanges.items[1]->response_body, "{\"status\":\"done\"}"));
    assert_int_equal(s->run.claims[1].outcome, CLAIM_HOLDS);
}

/* Returns what the check `same_as` of the step found. */
static const char *same_as_of(const struct scene *s, const char *step)
{
    const struct scenario_result *r = s->run.scenarios.items[0];
    for (size_t i = 0; i < r->checks.count; i++)
        if (strcmp(r->checks.items[i].pointer, "same_as") == 0 && strcmp(r->checks.items[i].step, step) == 0)
            return r->checks.items[i].why ? r->checks.items[i].why : r->checks.items[i].actual;
    return "no check";
}

static void a_response_is_compared_with_an_earlier_one(void **state)
{
    struct scene *s = *state;
    run_file(s, "same-as");
    assert_string_equal(failures_text(s), "warn same-as/other_text/same_as/first_2\n"
                                          "warn same-as/other_list/same_as/first_3\n"
                                          "warn same-as/other_header/same_as/first_4\n"
                                          "warn same-as/more/same_as/first_5\n"
                                          "warn same-as/refused/code/equals\n"
                                          "blocked same-as/refused/same_as/first_6\n"
                                          "blocked same-as/after_a_failure/same_as/first_6\n"
                                          "of 35");
    assert_string_equal(same_as_of(s, "alike"), "the same");
    assert_string_equal(same_as_of(s, "other_text"), "/message: \"no c there\", but \"no a there\" in step 'first_2'");
    assert_string_equal(same_as_of(s, "other_list"), "/list/0/at: 6, but 5 in step 'first_3'");
    assert_string_equal(same_as_of(s, "other_header"), "headers/X-Told: absent, but \"yes\" in step 'first_4'");
    assert_string_equal(same_as_of(s, "more"), "/more: 1, but absent in step 'first_5'");
    assert_string_equal(same_as_of(s, "refused"), "this step has another response than expected");
    assert_string_equal(same_as_of(s, "after_a_failure"), "step 'refused' failed");
    assert_int_equal(s->run.claims[2].outcome, CLAIM_HOLDS); /* T-003 */
    assert_int_equal(s->run.claims[3].outcome, CLAIM_FAILS);
}

static void members_that_no_document_has_are_not_compared(void **state)
{
    struct scene *s = *state;
    run_file(s, "named/same-as-named");
    assert_string_equal(same_as_of(s, "more_members"), "the same");
    assert_string_equal(same_as_of(s, "other_text"), "/message: \"no b there\", but \"no a there\" in step 'first_2'");
}

static void an_encoded_body_is_decoded_or_decides_nothing(void **state)
{
    struct scene *s = *state;
    s->target.resources = node_with(&s->arena, NULL, "item", node_new_text(&s->arena, STR("t/1")));
    run_file(s, "coded");
    assert_string_equal(failures_text(s), "fail coded/cut/items/$some\n"
                                          "error coded/unknown/status/is\n"
                                          "error coded/unknown/items/$some\n"
                                          "of 6");
    const struct scenario_result *r = s->run.scenarios.items[0];
    assert_true(str_is(headers_get(&r->exchanges.items[0]->request_headers, "Accept-Encoding"), "gzip, deflate, br"));
    assert_true(str_is(headers_get(&r->exchanges.items[0]->response_headers, "Content-Encoding"), "gzip"));
    assert_true(str_is(r->exchanges.items[0]->response_body, "{\"items\":[{\"id\":\"t/1\"}]}"));
    assert_non_null(strstr(r->checks.items[4].why, "its Content-Encoding is 'compress'"));
    assert_true(str_starts(str_from(r->checks.items[3].actual), STR("not JSON after decoding x-gzip: ")));
    assert_int_equal(s->run.exit_code, 1);
    run_file(s, "coded-twice");
    assert_string_equal(s->run.scenarios.items[0]->checks.items[0].why,
                        "the body cannot be decoded: its Content-Encoding is 'gzip' (libcurl: data after its end, for "
                        "example a second gzip member)");
    assert_int_equal(s->run.exit_code, 3);
}

static void json_that_cannot_be_read_decides_nothing(void **state)
{
    struct scene *s = *state;
    s->target.resources = node_with(&s->arena, NULL, "item", node_new_text(&s->arena, STR("t/1")));
    run_file(s, "unread");
    assert_string_equal(failures_text(s), "error unread/read/id/equals\n"
                                          "error unread/read/id/capture\n"
                                          "blocked unread/after/status/is\n"
                                          "blocked unread/after/items/$some\n"
                                          "of 5");
    const struct check *c = &s->run.scenarios.items[0]->checks.items[1];
    assert_string_equal(c->why, "the runner cannot read this JSON: body:1:30: number 1e400 is too large");
    assert_int_equal(s->run.claims[0].outcome, CLAIM_UNDECIDED);
    assert_int_equal(s->run.exit_code, 3);
}

static void a_server_error_ends_eventually_and_consistently(void **state)
{
    static const struct {
        const char *file, *failures, *statuses;
    } rows[] = {
        {"failing-eventually",
         "fail failing-eventually/list/status/is\nblocked failing-eventually/list/items/$some\nof 2",     "200 200 503"},
        {"failing-without-status", "fail failing-without-status/list/items/$some\nof 1",                  "200 200 503"},
        {"failing-consistently",
         "fail failing-consistently/list/status/is\nblocked failing-consistently/list/items/$some\nof 2", "200 200 503"},
        {"failing-as-expected",    "of 4",                                                                "200 200 503"},
    };
    struct scene *s = *state;
    s->target.resources = node_with(&s->arena, NULL, "item", node_new_text(&s->arena, STR("t/1")));
    for (size_t i = 0; i < COUNT(rows); i++) {
        s->call_log->pending = 0;
        run_file(s, rows[i].file);
        assert_string_equal(failures_text(s), rows[i].failures);
        assert_string_equal(statuses_text(s, s->run.scenarios.items[0]->exchanges.items[0]), rows[i].statuses);
    }
}

static void a_step_that_judges_limits_does_not_wait(void **state)
{
    struct scene *s = *state;
    s->target.resources = node_with(&s->arena, NULL, "item", node_new_text(&s->arena, STR("t/1")));
    run_file(s, "limits");
    assert_string_equal(failures_text(s), "fail limits/own/status/is\n"
                                          "blocked limits/own/items/$some\n"
                                          "fail limits/repeated/status/is\n"
                                          "blocked limits/repeated/items/$some\n"
                                          "of 9");
    assert_string_equal(s->call_log->text, "GET /limit\n"
                                           "GET /limited/7\n" /* the captured Retry-After */
                                           "GET /limit\n"
                                           "GET /limited/x\n"
                                           "GET /limited/x\n"); /* this step waits */
    assert_int_equal(s->run.exit_code, 1);
}

/* The logged requests without their queries, which contain the run's id. */
static const char *calls_of(struct scene *s)
{
    struct buf out = {.arena = &s->arena};
    struct str rest = str_from(s->call_log->text);
    while (rest.n) {
        struct str line = str_cut(&rest, '\n');
        size_t id = str_find(line, '?');
        buf_printf(&out, STR_FMT "\n", STR_ARG(str_head(line, id)));
    }
    return buf_c(&out);
}

/* The two responses differ in their Date header only. */
static void a_time_is_judged_by_the_date_header_only(void **state)
{
    struct scene *s = *state;
    s->target.resources = node_with(&s->arena, NULL, "item", node_new_text(&s->arena, STR("t/1")));
    run_file(s, "dated");
    assert_string_equal(failures_text(s), "error dated/without/at/$time\n"
                                          "error dated/again/at/$time\n"
                                          "error dated/reading/one_of/T-C01\n"
                                          "disputed dated/dated_reading/one_of/T-C01\n"
                                          "of 11");
    const struct scenario_result *r = s->run.scenarios.items[0];
    assert_non_null(strstr(r->checks.items[5].why, "no Date header"));
    assert_string_equal(calls_of(s), "GET /dated/yes\nGET /dated/no\nGET /dated/no\nGET /dated/no\nGET /dated/yes\n");
    assert_int_equal(s->run.exit_code, 3);
}

static void a_failed_cleanup_is_reported(void **state)
{
    struct scene *s = *state;
    run_file(s, "left-behind");
    assert_string_equal(failures_text(s), "of 3");
    assert_int_equal(s->run.leftovers.count, 1);
    assert_non_null(strstr(s->run.leftovers.items[0].cleanup, "/sticky/t%2F1"));
    assert_string_equal(s->run.leftovers.items[0].why, "the cleanup request failed: status 500");
    assert_int_equal(s->run.exit_code, 5);
}

static void a_404_of_a_cleanup_must_be_confirmed(void **state)
{
    struct scene *s = *state;
    run_path(s, TEST_DIR "/gone");
    assert_string_equal(calls_of(s), "POST /gone\n"
                                     "POST /gone\n" /* the same id: cleaned up once */
                                     "DELETE /gone/t%2F1\n"
                                     "GET /gone/t%2F1\n"
                                     "POST /kept\n"
                                     "POST /kept\n"
                                     "DELETE /kept/t%2F3\n"
                                     "GET /kept/t%2F3\n"
                                     "POST /unread\n"
                                     "POST /unread\n"
                                     "DELETE /unread/t%2F5\n");
    assert_int_equal(s->run.leftovers.count, 2);
    assert_string_equal(s->run.leftovers.items[0].why,
                        "the cleanup request returned 404, but GET of its URL gave status "
                        "200, so the resource may still exist");
    assert_non_null(strstr(s->run.leftovers.items[0].cleanup, "DELETE http://"));
    assert_string_equal(s->run.leftovers.items[1].why, "the cleanup request returned 404, but nothing shows that it is "
                                                       "gone, so the resource may still exist");
    assert_int_equal(s->run.exit_code, 5);
}

static void a_lost_response_decides_nothing(void **state)
{
    struct scene *s = *state;
    run_file(s, "lost");
    assert_string_equal(failures_text(s), "error lost/made/status/is\n"
                                          "error lost/made/name/equals\n"
                                          "error lost/made/id/capture\n"
                                          "blocked lost/listed/status/is\n"
                                          "blocked lost/listed/items/$some\n"
                                          "of 5");
    assert_int_equal(s->run.leftovers.count, 1); /* the resource may exist */
    assert_int_equal(s->run.exit_code, 3);
}

static void a_resource_of_a_lost_response_is_looked_up(void **state)
{
    struct scene *s = *state;
    run_file(s, "lost-then-looked-up");
    assert_string_equal(calls_of(s), "POST /lost\n"
                                     "GET /items\n"
                                     "DELETE /items/t%2F1\n");
    assert_int_equal(s->run.leftovers.count, 0);
    assert_int_equal(s->run.exit_code, 3); /* its checks are still undecided */
}

static void a_failed_lookup_is_reported(void **state)
{
    struct scene *s = *state;
    run_file(s, "lost-and-lookup-fails");
    assert_string_equal(calls_of(s), "POST /lost\n"
                                     "GET /missing\n" /* 404: the resource does not exist */
                                     "GET /sticky\n");
    assert_int_equal(s->run.leftovers.count, 1);
    assert_non_null(strstr(s->run.leftovers.items[0].why, "status 500"));
    assert_int_equal(s->run.exit_code, 3);
}

static void a_resource_the_scenario_deletes_is_not_cleaned_up_again(void **state)
{
    struct scene *s = *state;
    run_file(s, "cleanup-once");
    assert_string_equal(s->call_log->text, "POST /items\n"
                                           "DELETE /items/t%2F1\n"
                                           "DELETE /sticky/t%2F1\n");
    assert_int_equal(s->run.leftovers.count, 0);
    assert_int_equal(s->run.exit_code, 0);
}

static void an_unreachable_target_is_reported_once(void **state)
{
    struct scene *s = *state;
    struct error err = {0};
    s->target.base_url = "http://127.0.0.1:9";
    assert_false(rig_run(&s->arena, TEST_DIR "/run/repeated-call.yaml", &s->target, &s->options, &s->run, &err));
    assert_int_equal(err.count, 1);
    assert_int_equal(error_exit_code(&err), 3);
    assert_non_null(strstr(error_text(&s->arena, &err), "http://127.0.0.1:9 does not respond"));
    error_end(&err);
}

static void scenarios_with_the_same_exclusive_resource_run_one_after_another(void **state)
{
    struct scene *s = *state;
    struct buf expected = {.arena = &s->arena};
    s->options.jobs = 2;
    run_path(s, TEST_DIR "/run/exclusive");
    for (int i = 0; i < 16; i++)
        buf_printf(&expected, "GET /items?by=%s&round=%d\n", i < 8 ? "one" : "two", (int)(i % 8 + 1));
    assert_string_equal(s->call_log->text, buf_c(&expected));
}

/* Replaces the run's id, which is in each namespace's name. */
static const char *calls_without_id(struct scene *s, const struct served *e)
{
    struct buf out = {.arena = &s->arena};
    const struct call_log *log = e->shared;
    const char *id = strstr(log->text, "run-"), *rest = log->text;
    size_t n = id ? strspn(id + 4, "0123456789abcdef") + 4 : 0;
    for (const char *next; n && (next = strstr(rest, str_dup(&s->arena, str_of(id, n)))); rest = next + n)
        buf_printf(&out, STR_FMT "RUN", STR_ARG(str_of(rest, (size_t)(next - rest))));
    buf_text(&out, rest);
    return buf_c(&out);
}

static void the_provider_and_the_admin_api_are_called_at_their_own_urls(void **state)
{
    struct scene *s = *state;
    struct served admin;
    assert_true(served_start(&admin, sizeof(struct call_log), handle));
    s->target.is_mock = true;
    s->options.skip_preflight = true; /* which requires that both are one server */
    s->target.mount = "/mount";
    s->target.resources = node_with(&s->arena, NULL, "item", node_new_text(&s->arena, STR("t/1")));
    s->target.admin_url = arena_printf(&s->arena, "http://127.0.0.1:%d/__admin", admin.port);
    run_file(s, "two-servers");
    const char *expected =
        arena_printf(&s->arena, "GET /ns/RUN-1/mount/items/http%%3A%%2F%%2F127.0.0.1%%3A%d%%2Fns%%2FRUN-1%%2Fmount\n",
                     s->endpoint.port);
    assert_string_equal(calls_without_id(s, &s->endpoint), expected);
    assert_string_equal(calls_without_id(s, &admin), "GET /__admin/capabilities\n"
                                                     "POST /__admin/namespaces\n"
                                                     "POST /ns/RUN-1/__admin/simulate/rate_limit\n"
                                                     "POST /ns/RUN-1/__admin/clock/advance\n"
                                                     "GET /ns/RUN-1/__admin/state/items\n"
                                                     "DELETE /__admin/namespaces/RUN-1\n");
    const char *url = s->run.scenarios.items[0]->exchanges.items[0]->url;
    assert_true(str_starts(str_from(url), str_from(s->target.base_url)));
    assert_string_equal(s->run.base_url, arena_printf(&s->arena, "%s/mount", s->target.base_url));
    served_stop(&admin);
}

static void the_clock_is_advanced_to_a_unix_time(void **state)
{
    struct scene *s = *state;
    struct served admin;
    assert_true(served_start(&admin, sizeof(struct call_log), handle));
    s->target.is_mock = true;
    s->options.skip_preflight = true;
    s->target.resources = node_with(&s->arena, NULL, "item", node_new_text(&s->arena, STR("t/1")));
    s->target.resources =
        node_with(&s->arena, s->target.resources, "reset", node_new_text(&s->arena, STR("1775822460")));
    s->target.admin_url = arena_printf(&s->arena, "http://127.0.0.1:%d/__admin", admin.port);
    run_file(s, "unix-time");
    const struct exchange_record *advance = s->run.scenarios.items[0]->exchanges.items[1];
    assert_string_equal(str_dup(&s->arena, advance->request_body), "{\"to\":\"2026-04-10T12:01:00Z\"}");
    served_stop(&admin);
}

/* The claims of the run that have this outcome, separated by blanks. */
static const char *claims_with(struct scene *s, enum claim_outcome outcome)
{
    struct buf out = {.arena = &s->arena};
    for (size_t i = 0; i < s->run.claim_count; i++)
        if (s->run.claims[i].outcome == outcome)
            buf_printf(&out, "%s%s", out.n ? " " : "", s->run.claims[i].claim->id);
    return buf_c(&out);
}

static void an_unexpected_status_refutes_only_the_claims_that_cite_it(void **state)
{
    struct scene *s = *state;
    run_file(s, "unexpected-status");
    assert_string_equal(failures_text(s), "fail unexpected-status/read/status/is\n"
                                          "blocked unexpected-status/read/items/$count\n"
                                          "blocked unexpected-status/read/error/$absent\n"
                                          "of 4");
    assert_string_equal(s->run.scenarios.items[0]->checks.items[2].why, "the status was unexpected: 404, not 200");
    assert_string_equal(claims_with(s, CLAIM_FAILS), "T-001");
    assert_string_equal(claims_with(s, CLAIM_UNDECIDED), "T-002 T-003");
    assert_int_equal(s->run.exit_code, 1);
}

static void the_claims_of_a_use_step_are_decided_by_its_flow(void **state)
{
    struct scene *s = *state;
    run_file(s, "flow-that-fails");
    assert_string_equal(failures_text(s), "fail flow-that-fails/made.read/status/is\n"
                                          "blocked flow-that-fails/made.read/items/$some\n"
                                          "blocked flow-that-fails/made/id/$type\n"
                                          "of 7");
    assert_string_equal(claims_with(s, CLAIM_FAILS), "T-002");
    assert_string_equal(claims_with(s, CLAIM_UNDECIDED), "T-001 T-003");
    assert_int_equal(s->run.claims[0].counts[VERDICT_PASS], 3); /* the status and body of steps/made */
    run_file(s, "flow-that-passes");
    assert_string_equal(claims_with(s, CLAIM_HOLDS), "T-001");
    assert_int_equal(s->run.claims[0].counts[VERDICT_PASS], 5); /* its captures cite no claim */
}

/* A flow that was not entered cites the same claims. */
static void a_skipped_flow_leaves_its_claims_undecided(void **state)
{
    struct scene *s = *state;
    s->options.allow_writes = false;
    run_file(s, "flow-that-passes");
    assert_int_equal(s->run.claims[0].counts[VERDICT_NOT_APPLICABLE], 5);
    assert_string_equal(claims_with(s, CLAIM_UNDECIDED), "T-001");
}

static void a_failed_write_blocks_the_steps_that_look_for_its_effect(void **state)
{
    struct scene *s = *state;
    run_file(s, "failed-write");
    assert_string_equal(failures_text(s), "fail failed-write/removed/status/is\n"
                                          "blocked failed-write/listed/status/is\n"
                                          "blocked failed-write/listed/items/$count\n"
                                          "of 3");
    assert_string_equal(claims_with(s, CLAIM_FAILS), "T-001");
}

static void a_warning_that_hides_a_must_is_not_green(void **state)
{
    struct scene *s = *state;
    run_file(s, "below-the-gate");
    assert_int_equal(s->run.exit_code, 4);
    assert_string_equal(s->run.verdict_why,
                        "1 check could not be decided because an earlier step failed or a wait ended too early");
}

static void an_intermediate_state_decides_nothing(void **state)
{
    struct scene *s = *state;
    run_file(s, "not-pending");
    assert_string_equal(failures_text(s), "fail not-pending/done/status/equals\nof 8");
    assert_int_equal(s->run.exit_code, 1);
    s->call_log->pending = 0;
    run_file(s, "still-pending");
    assert_string_equal(failures_text(s), "blocked still-pending/done/status/is\n"
                                          "blocked still-pending/done/status/equals\n"
                                          "blocked still-pending/listed/status/is\n"
                                          "blocked still-pending/listed/items/$some\n"
                                          "of 8");
    assert_string_equal(claims_with(s, CLAIM_UNDECIDED), "T-001 T-002");
    assert_int_equal(s->run.exit_code, 4);
}

static void a_header_value_with_a_line_break_is_not_sent(void **state)
{
    struct scene *s = *state;
    setenv("RUN_TEST_NOTE", "a\r\nX-Injected: b", 1);
    run_file(s, "injected-header");
    assert_int_equal(s->call_log->n, 0);
    assert_string_equal(failures_text(s), "blocked injected-header/sent/status/is\n"
                                          "blocked injected-header/sent/name/equals\n"
                                          "blocked injected-header/sent/id/capture\n"
                                          "of 3");
    assert_string_equal(s->run.scenarios.items[0]->checks.items[0].why,
                        "the value of the header 'X-Note' has a control character");
    setenv("RUN_TEST_NOTE", "a\tb", 1);
    run_file(s, "injected-header");
    assert_string_equal(failures_text(s), "of 3");
    unsetenv("RUN_TEST_NOTE");
}

struct learned {
    struct arena *arena;
    struct buf text;
};

static void note_secret(void *ctx, const char *name, const char *before, const char *value)
{
    struct learned *l = ctx;
    buf_printf(&l->text, "%s=%s%s\n", name, before ? before : "", value);
}

static void what_is_sent_or_declared_as_a_secret_is_reported(void **state)
{
    struct scene *s = *state;
    struct learned l = {.text = {.arena = &s->arena}};
    s->options.secret = note_secret;
    s->options.secret_ctx = &l;
    s->target.base_login = (struct login){"me", "pw", "Basic bWU6cHc="};
    setenv("RUN_TEST_NOTE", "a note", 1);
    run_file(s, "injected-header");
    static const char *const expected[] = {
        "full=secret of full\n",  "full=Bearer secret of full\n",    "full=Authorization: Bearer secret of full\n",
        "base_url_login=me:pw\n", "base_url_login=Basic bWU6cHc=\n", "RUN_TEST_NOTE=a note\n",
    };
    for (size_t i = 0; i < COUNT(expected); i++)
        if (!strstr(buf_c(&l.text), expected[i]))
            fail_msg("no %s in %s", expected[i], buf_c(&l.text));
    unsetenv("RUN_TEST_NOTE");
}

static void nothing_is_written_unless_allowed(void **state)
{
    struct scene *s = *state;
    s->options.allow_writes = false;
    run_file(s, "left-behind");
    assert_int_equal(s->run.counts[VERDICT_NOT_APPLICABLE], 3);
    assert_int_equal(s->call_log->n, 0);
    assert_int_equal(s->run.exit_code, 4); /* a run that checked nothing is never green */
}

static void note_enough(void *ctx, const struct run *r, const struct scenario_result *s)
{
    (void)r;
    (void)s;
    *(bool *)ctx = true;
}

static void a_run_ends_when_its_results_are_enough(void **state)
{
    struct scene *s = *state;
    bool enough = false;
    const struct run_events events = {.scenario_ended = note_enough, .ctx = &enough};
    s->options.jobs = 1;
    s->options.events = &events;
    s->options.enough = &enough;
    run_path(s, TEST_DIR "/run/exclusive");
    size_t not_started = 0;
    for (size_t i = 0; i < s->run.scenarios.count; i++)
        not_started += s->run.scenarios.items[i]->not_started;
    assert_true(s->run.scenarios.count > 1);
    assert_int_equal(not_started, s->run.scenarios.count - 1);
}

static void a_live_key_disables_the_admin_api(void **state)
{
    static const struct actor live = {.name = "full", .credential = "lp_live_x"};
    struct scene *s = *state;
    struct error err = {0};
    struct plan plan = {0};
    s->target.actors = &live;
    s->target.admin_url = s->target.base_url;
    assert_false(run_plan(&s->arena, &plan, &s->target, &s->options, &s->run, &err));
    assert_non_null(strstr(error_text(&s->arena, &err), "looks like a live key"));
    assert_int_equal(s->call_log->n, 0);
    error_end(&err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(cleanup_runs_last_first_after_a_failure, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_call_is_repeated_until_it_is_decided, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_response_is_compared_with_an_earlier_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(members_that_no_document_has_are_not_compared, set_up, tear_down),
        cmocka_unit_test_setup_teardown(json_that_cannot_be_read_decides_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_server_error_ends_eventually_and_consistently, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_intermediate_state_decides_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_step_that_judges_limits_does_not_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_encoded_body_is_decoded_or_decides_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_time_is_judged_by_the_date_header_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failed_cleanup_is_reported, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_404_of_a_cleanup_must_be_confirmed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lost_response_decides_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_resource_of_a_lost_response_is_looked_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failed_lookup_is_reported, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_resource_the_scenario_deletes_is_not_cleaned_up_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_unreachable_target_is_reported_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(scenarios_with_the_same_exclusive_resource_run_one_after_another, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_provider_and_the_admin_api_are_called_at_their_own_urls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_clock_is_advanced_to_a_unix_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_header_value_with_a_line_break_is_not_sent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_sent_or_declared_as_a_secret_is_reported, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_written_unless_allowed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_unexpected_status_refutes_only_the_claims_that_cite_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_claims_of_a_use_step_are_decided_by_its_flow, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_skipped_flow_leaves_its_claims_undecided, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failed_write_blocks_the_steps_that_look_for_its_effect, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_warning_that_hides_a_must_is_not_green, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_run_ends_when_its_results_are_enough, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_live_key_disables_the_admin_api, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
