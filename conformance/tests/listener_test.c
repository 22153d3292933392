/* Runs scenarios that expect webhooks. The endpoint sends the webhook that a request describes, and
 * its admin API advances the clock at once. */
#include "base/array.h"
#include "conformance/run/run.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/digest.h"
#include "base/http/server.h"
#include "base/json.h"
#include "base/url.h"

struct scene {
    struct arena arena;
    pid_t endpoint;
    struct target target;
    struct run run;
};

/* --- the endpoint, in a child process ----------------------------------------------------- */

/* The bytes are not those of a common serializer: the runner must verify the signature over what it received. */
static const char *delivery_of(struct arena *a, const struct node *order, const struct url *url)
{
    const char *id = node_get_text(order, "id");
    const char *body = arena_printf(a, "\n{ \"new\" : \"a\\/\\u00e9\",\t\"type\" :\"%s\",\r\n\"id\":\"%s\"}\n",
                                    node_get_text(order, "type"), id);
    unsigned char mac[DIGEST_SIZE];
    digest_hmac_sha256(str_from(node_get_text(order, "secret")), str_from(arena_printf(a, "17.%s", body)), mac);
    return arena_printf(a,
                        "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Id: %s\r\n"
                        "X-SIGNATURE: t=17,v1=00,v1=%s\r\nContent-Length: %zu\r\n\r\n%s",
                        url->path, id, digest_hex(a, mac, sizeof mac), strlen(body), body);
}

/* Returns true if the response is 200; the delivery is then in the runner's inbox. */
static bool deliver(struct arena *a, const struct node *order)
{
    struct url url;
    char response[512];
    if (!url_parse(a, node_get_text(order, "to"), &url, NULL))
        return false;
    const char *bytes = delivery_of(a, order, &url);
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)url.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool delivered = connect(fd, (struct sockaddr *)&to, sizeof to) == 0 &&
                     write(fd, bytes, strlen(bytes)) == (ssize_t)strlen(bytes) &&
                     read(fd, response, sizeof response) > 12 && memcmp(response + 9, "200", 3) == 0;
    close(fd);
    return delivered;
}

static void handle(void *ctx, struct exchange *x)
{
    (void)ctx;
    const struct node *body = json_parse(&x->arena, x->request.body, "body", NULL);
    bool delivered = !str_ends(x->request.path, STR("/deliver")) || deliver(&x->arena, body);
    x->response.status = delivered ? 200 : 500;
    x->response.body.arena = &x->arena;
    buf_text(&x->response.body, "{\"protocol\":1,\"simulations\":[]}");
    server_reply(x);
}

static int endpoint_start(pid_t *pid)
{
    int ends[2], port = 0;
    if (pipe(ends) != 0)
        return 0;
    *pid = fork();
    if (*pid == 0) {
        struct loop *l = loop_new();
        const struct server_options options = {
            .address = "127.0.0.1", .body_max = 1u << 20, .idle_timeout_s = 5, .connections_max = 64, .handle = handle};
        struct server *s = server_new(l, &options, NULL);
        port = s ? server_port(s) : 0;
        if (write(ends[1], &port, sizeof port) == sizeof port)
            loop_run(l);
        _exit(0);
    }
    close(ends[1]);
    if (read(ends[0], &port, sizeof port) != sizeof port)
        port = 0;
    close(ends[0]);
    return port;
}

/* --- a run -------------------------------------------------------------------------------- */

static int set_up(void **state)
{
    static const struct actor actor = {.name = "full", .credential = "secret of full"};
    static struct scene s;
    s = (struct scene){0};
    *state = &s;
    int port = endpoint_start(&s.endpoint);
    s.target = (struct target){
        .name = "test",
        .base_url = arena_printf(&s.arena, "http://127.0.0.1:%d", port),
        .admin_url = arena_printf(&s.arena, "http://127.0.0.1:%d/__admin", port),
        .mount = "",
        .header = "Authorization",
        .header_prefix = "Bearer ",
        .actors = &actor,
        .actor_count = 1,
        .resources = node_new_map(&s.arena, NULL, 0),
        .is_mock = true,
    };
    return port ? 0 : -1;
}

static int tear_down(void **state)
{
    struct scene *s = *state;
    kill(s->endpoint, SIGKILL);
    waitpid(s->endpoint, NULL, 0);
    arena_end(&s->arena);
    return 0;
}

static bool has_capability(const void *target, const char *capability)
{
    return target_has_capability(target, capability);
}

static const struct scenario_result *run_file(struct scene *s, const char *file)
{
    const struct run_options options = {.timeout_ms = 5000, .skip_preflight = true};
    const char *path = arena_printf(&s->arena, TEST_DIR "/listener/%s.yaml", file);
    struct suite suite;
    struct plan plan;
    struct error err = {0};
    bool ok = suite_load(&s->arena, &path, 1, &suite, &err) &&
              plan_make(&s->arena, &suite, &(struct selection){0}, has_capability, &s->target, &plan, &err) &&
              run_plan(&s->arena, &plan, &s->target, &options, &s->run, &err);
    if (!ok)
        fail_msg("%s", error_text(&s->arena, &err));
    error_end(&err);
    return s->run.scenarios.items[0];
}

/* One line per check that did not pass: verdict, id, and the actual value or the reason. */
static const char *failures_text(struct scene *s, const struct scenario_result *r)
{
    struct buf out = {.arena = &s->arena};
    for (size_t i = 0; i < r->checks.count; i++) {
        const struct check *c = &r->checks.items[i];
        if (c->verdict != VERDICT_PASS)
            buf_printf(&out, "%s %s: %s\n", verdict_texts[c->verdict], c->id,
                       c->verdict == VERDICT_BLOCKED ? c->why : c->actual);
    }
    return buf_c(&out);
}

static void deliveries_are_checked_against_expectations(void **state)
{
    static const struct {
        const char *file, *failures;
    } rows[] = {
        {"delivered", ""                                                                       },
        {"missing",   "fail missing/made/delivery/arrives: nothing was delivered\n"
                    "fail missing/made/delivery/count: 0\n"
                    "fail missing/made/delivery/signed: nothing was delivered\n"
                    "fail missing/made/type/equals: absent\n"
                    "blocked missing/made/id/capture: step 'made' failed\n" },
        {"unwanted",  "fail unwanted/lost/delivery/none: item.lost, item.created, item.created\n"
                     "fail unwanted/made/delivery/count: 2\n"              },
        {"unproven",  "blocked unproven/lost/delivery/none: no other expected delivery arrived in this scenario, so a "
                     "missing one proves nothing\n"
                     "fail unproven/control/delivery/arrives: item.found\n"},
        {"retried",   ""                                                                       },
        {"again",     "fail again/made/delivery/count: 2\n"
                  "fail again/made/delivery/attempts: 1\n"                    },
        {"forged",    "fail forged/made/delivery/signed: the signature does not match the body and "
                   "the secret\n"                                            },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(failures_text(*state, run_file(*state, rows[i].file)), rows[i].failures);
}

static void a_delivery_is_recorded_as_an_exchange(void **state)
{
    const struct scenario_result *r = run_file(*state, "delivered");
    const struct exchange_record *x = NULL;
    for (size_t i = 0; i < r->checks.count && !x; i++)
        if (strcmp(r->checks.items[i].id, "delivered/made/delivery/arrives") == 0)
            x = r->checks.items[i].exchange;
    assert_non_null(x);
    assert_string_equal(x->method, "POST");
    assert_true(
        str_is(x->request_body, "\n{ \"new\" : \"a\\/\\u00e9\",\t\"type\" :\"item.created\",\r\n\"id\":\"e2\"}\n"));
    assert_true(str_is(headers_get(&x->request_headers, "X-Id"), "e2"));
    assert_int_equal(x->status, 200);
}

static void a_target_that_cannot_reach_the_listener_skips_webhook_scenarios(void **state)
{
    struct scene *s = *state;
    s->target.admin_url = NULL;
    s->target.is_mock = false;
    assert_false(target_has_capability(&s->target, "webhook"));
    s->target.admin_url = "http://mock.example:4010/__admin";
    assert_false(target_has_capability(&s->target, "webhook"));
    s->target.webhook_url = "https://tunnel.example/hooks";
    assert_true(target_has_capability(&s->target, "webhook"));
    s->target.webhook_url = s->target.admin_url = NULL;
    run_file(s, "delivered");
    assert_int_equal(s->run.counts[VERDICT_NOT_APPLICABLE], s->run.checks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(deliveries_are_checked_against_expectations, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_delivery_is_recorded_as_an_exchange, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_target_that_cannot_reach_the_listener_skips_webhook_scenarios, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
