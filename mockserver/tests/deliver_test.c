/* Webhooks over real sockets: mock, receiver and tester on one loop. */
#include "base/array.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/mock_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/http/client.h"
#include "base/http/server.h"
#include "base/json.h"
#include "base/time.h"
#include "mockserver/state/webhook.h"

#define KEY        "lp_live_01HX9Y6K7EJ4T2_full"
#define HOOK       "11111111-1111-4111-8111-111111111111"
#define TIMEOUT_US INT64_C(10000000)
#define HELD_MAX   200

struct scene {
    struct arena arena;
    struct loop *loop;
    struct mock *mock;
    struct server *server, *receiver;
    struct http_client *client;

    bool holds;  /* the receiver replies only in reply_to_held */
    int status;  /* of the receiver's responses */
    size_t size; /* of their bodies */
    struct exchange *held[HELD_MAX];
    size_t held_count, received;
    const char *last; /* body of the last request */
};

struct tester_call {
    bool done;
    int status;
    const struct node *body;
    struct arena *arena;
    struct http_transfer *transfer;
};

static void reply(struct scene *s, struct exchange *x)
{
    char *filler = arena_alloc(&x->arena, s->size + 1);
    memset(filler, 'x', s->size);
    x->response.status = s->status;
    x->response.body.arena = &x->arena;
    headers_add(&x->arena, &x->response.headers, "Location", STR("/elsewhere"));
    buf_add(&x->response.body, str_of(filler, s->size));
    server_reply(x);
}

static void receive(void *ctx, struct exchange *x)
{
    struct scene *s = ctx;
    s->received++;
    s->last = str_dup(&s->arena, x->request.body);
    if (!s->holds) {
        reply(s, x);
        return;
    }
    assert_true(s->held_count < HELD_MAX);
    s->held[s->held_count++] = x;
}

static void reply_to_held(struct scene *s)
{
    for (size_t i = 0; i < s->held_count; i++)
        reply(s, s->held[i]);
    s->held_count = 0;
    s->holds = false;
}

static void refuse(void *ctx, struct exchange *x, int status, const char *why)
{
    (void)ctx;
    (void)x;
    (void)why;
    fail_msg("refused: %d", status);
}

static struct server *serve(struct scene *s, void (*handle)(void *ctx, struct exchange *x),
                            void (*done)(void *ctx, struct exchange *x, bool sent), void *ctx)
{
    const struct server_options options = {
        .address = "127.0.0.1",
        .body_max = 1u << 20,
        .idle_timeout_s = 5,
        .connections_max = 300,
        .handle = handle,
        .refuse = refuse,
        .done = done,
        .ctx = ctx,
    };
    struct server *server = server_new(s->loop, &options, NULL);
    assert_non_null(server);
    return server;
}

static const char *fixture_text(struct scene *s, const char *webhooks, const char *host, int port)
{
    return arena_printf(&s->arena,
                        "clock: { start: 2026-05-02T09:00:00Z, mode: frozen }\n"
                        "webhooks: { %s }\n"
                        "layers:\n"
                        "  organizations:\n"
                        "    - name: Acme\n"
                        "      keys: [ { name: full, key: " KEY ", scopes: ['*'], tier: internal } ]\n"
                        "      projects:\n"
                        "        - id: prj_a\n"
                        "          social_accounts: [ { id: sa_a, platform: tiktok, handle: acme } ]\n"
                        "          content: [ { id: cnt_a } ]\n"
                        "          scheduled_posts: [ { id: sp_a, content: cnt_a, account: sa_a, at: +1h } ]\n"
                        "      webhooks: [ { id: " HOOK ", url: 'http://%s:%d/hook', secret: s,\n"
                        "                    events: [post.published, social_account.needs_reauth] } ]\n",
                        webhooks, host, port);
}

static int set_up_with(void **state, const char *webhooks, const char *host)
{
    static struct scene s;
    s = (struct scene){.status = 200};
    s.loop = loop_new();
    s.receiver = serve(&s, receive, NULL, &s);
    s.mock = mock_test_new(fixture_text(&s, webhooks, host, server_port(s.receiver)));
    s.server = serve(&s, mock_handle, mock_done, s.mock);
    mock_use_loop(s.mock, s.loop);
    s.client = http_client_new(s.loop, &(struct http_client_options){.timeout_ms = 10000, .response_max = 1u << 20});
    *state = &s;
    return 0;
}

static int set_up(void **state)
{
    return set_up_with(state, "", "127.0.0.1");
}

/* A resolver reads 127.1 as 127.0.0.1; host_is_loopback does not, so it needs permission. */
static int set_up_allowing(void **state)
{
    return set_up_with(state, "allow: ['127.1']", "127.1");
}

static int tear_down(void **state)
{
    struct scene *s = *state;
    http_client_free(s->client);
    server_free(s->server);
    mock_free(s->mock);
    if (s->receiver)
        server_free(s->receiver);
    loop_free(s->loop);
    arena_end(&s->arena);
    return 0;
}

static void on_response(void *ctx, const struct http_response *x)
{
    struct tester_call *a = ctx;
    a->done = true;
    a->status = x->status;
    a->body = json_parse(a->arena, x->body, "response", NULL);
}

static struct tester_call *ask(struct scene *s, const char *line, const char *body)
{
    struct tester_call *a = arena_new(&s->arena, struct tester_call);
    struct headers *headers = arena_new(&s->arena, struct headers);
    struct str path = str_from(line), method = str_cut(&path, ' ');
    headers_add(&s->arena, headers, "Authorization", STR("Bearer " KEY));
    const struct http_request sent = {
        .method = str_dup(&s->arena, method),
        .url = arena_printf(&s->arena, "http://127.0.0.1:%d" STR_FMT, server_port(s->server), STR_ARG(path)),
        .headers = headers,
        .body = str_from(body),
    };
    a->arena = &s->arena;
    a->transfer = http_send(s->client, &s->arena, &sent, on_response, a);
    return a;
}

static void wait_until(struct scene *s, const bool *done)
{
    int64_t limit_us = time_monotonic_us() + TIMEOUT_US;
    while (!*done && time_monotonic_us() < limit_us)
        loop_step(s->loop, limit_us - time_monotonic_us());
    assert_true(*done);
}

static struct tester_call *wait_response(struct scene *s, struct tester_call *a)
{
    wait_until(s, &a->done);
    return a;
}

static void wait_received(struct scene *s, size_t count)
{
    int64_t limit_us = time_monotonic_us() + TIMEOUT_US;
    while (s->received < count && time_monotonic_us() < limit_us)
        loop_step(s->loop, limit_us - time_monotonic_us());
    assert_int_equal(s->received, count);
}

static struct tester_call *advance(struct scene *s, const char *by)
{
    return ask(s, "POST /__admin/clock/advance", arena_printf(&s->arena, "{\"by\":\"%s\"}", by));
}

static const char *text_in(struct scene *s, const struct tester_call *a, const char *pointer)
{
    const struct node *n = node_pointer(a->body, pointer);
    if (!n)
        return NULL;
    return n->kind == NODE_TEXT ? node_text(n) : json_print(&s->arena, n);
}

static void an_advance_waits_until_the_receiver_has_responded(void **state)
{
    struct scene *s = *state;
    s->holds = true;
    struct tester_call *step = advance(s, "2h");
    wait_received(s, 1);
    assert_false(step->done);

    /* other calls do not wait; but the clock is in use and stands at the delivery's time */
    struct tester_call *list = wait_response(s, ask(s, "GET /v1/projects/prj_a/social-accounts", NULL));
    assert_int_equal(list->status, 200);
    assert_int_equal(wait_response(s, advance(s, "1h"))->status, 409);
    assert_int_equal(wait_response(s, ask(s, "PUT /__admin/clock", "{\"now\":\"+1h\"}"))->status, 409);
    assert_string_equal(text_in(s, wait_response(s, ask(s, "GET /__admin/clock", NULL)), "/now"),
                        "2026-05-02T10:00:00.000Z");
    assert_false(step->done);

    reply_to_held(s);
    wait_response(s, step);
    assert_int_equal(step->status, 200);
    assert_string_equal(text_in(s, step, "/now"), "2026-05-02T11:00:00.000Z");
    assert_non_null(strstr(text_in(s, step, "/changes"), "delivery_done"));
    assert_int_equal(wait_response(s, advance(s, "1h"))->status, 200);
}

static void retries_happen_within_one_advance(void **state)
{
    struct scene *s = *state;
    s->status = 500;
    struct tester_call *step = wait_response(s, advance(s, "48h"));
    assert_int_equal(step->status, 200);
    assert_int_equal(s->received, 8);
    struct tester_call *list = wait_response(s, ask(s, "GET /v1/webhook-endpoints/" HOOK "/deliveries", NULL));
    assert_string_equal(text_in(s, list, "/items/0/status"), "failed");
    assert_string_equal(text_in(s, list, "/items/0/lastStatusCode"), "500");
}

static void a_reset_drops_deliveries_in_flight_and_refuses_waiting_calls(void **state)
{
    struct scene *s = *state;
    s->holds = true;
    struct tester_call *step = advance(s, "2h");
    wait_received(s, 1);
    assert_int_equal(wait_response(s, ask(s, "POST /__admin/reset", NULL))->status, 200);
    assert_int_equal(wait_response(s, step)->status, 503);
    reply_to_held(s);
    struct tester_call *clock = wait_response(s, ask(s, "GET /__admin/clock", NULL));
    assert_string_equal(text_in(s, clock, "/now"), "2026-05-02T09:00:00.000Z");
    assert_int_equal(world_count(mock_test_world(s->mock), RECORD_DELIVERY), 0);
    assert_int_equal(wait_response(s, advance(s, "2h"))->status, 200);
    assert_int_equal(s->received, 2);
}

static void restoring_a_snapshot_resends_the_delivery_in_flight(void **state)
{
    struct scene *s = *state;
    s->holds = true;
    struct tester_call *step = advance(s, "1h");
    wait_received(s, 1);
    const char *first = s->last;
    wait_response(s, ask(s, "POST /__admin/snapshots", "{\"name\":\"then\"}"));
    assert_int_equal(wait_response(s, ask(s, "POST /__admin/snapshots/then/restore", NULL))->status, 200);
    wait_received(s, 2);
    assert_string_equal(s->last, first);
    assert_int_equal(wait_response(s, step)->status, 503);
    reply_to_held(s);
    wait_response(s, advance(s, "1m"));
    assert_int_equal(delivery_read(mock_test_world(s->mock), 1)->state, DELIVERY_DELIVERED);
}

static void an_advance_continues_if_its_client_disconnects(void **state)
{
    struct scene *s = *state;
    s->holds = true;
    struct tester_call *step = advance(s, "2h");
    wait_received(s, 1);
    http_drop(step->transfer);
    reply_to_held(s);
    const struct world *w = mock_test_world(s->mock);
    int64_t limit_us = time_monotonic_us() + TIMEOUT_US;
    while (delivery_read(w, 1)->state != DELIVERY_DELIVERED && time_monotonic_us() < limit_us)
        loop_step(s->loop, limit_us - time_monotonic_us());
    assert_int_equal(delivery_read(w, 1)->state, DELIVERY_DELIVERED);
    assert_int_equal(wait_response(s, advance(s, "3h"))->status, 200);
}

static void a_running_clock_delivers_without_a_call(void **state)
{
    struct scene *s = *state;
    assert_int_equal(wait_response(s, ask(s, "PUT /__admin/clock", "{\"now\":\"2026-05-02T09:59:59.950Z\"}"))->status,
                     200);
    assert_int_equal(s->received, 0);
    wait_response(s, ask(s, "PUT /__admin/clock", "{\"mode\":\"runs\"}"));
    wait_received(s, 1);
    assert_non_null(strstr(s->last, "post.published"));
}

static void a_failed_delivery_records_the_reason(void **state)
{
    struct scene *s = *state;
    static const struct {
        int status;
        size_t size;
        const char *code, *error;
    } rows[] = {
        {302, 0,       "302", "null"}, /* no redirect is followed */
        {200, 1 << 17, "200", "null"}, /* the body does not count */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        s->status = rows[i].status;
        s->size = rows[i].size;
        size_t before = s->received;
        wait_response(s, ask(s, "POST /v1/webhook-endpoints/" HOOK "/test", NULL));
        wait_response(s, advance(s, "1ms")); /* waits for it */
        struct tester_call *list = wait_response(s, ask(s, "GET /v1/webhook-endpoints/" HOOK "/deliveries", NULL));
        assert_int_equal(s->received, before + 1);
        assert_string_equal(text_in(s, list, "/items/0/lastStatusCode"), rows[i].code);
        assert_non_null(strstr(text_in(s, list, "/items/0/lastError"), rows[i].error));
    }
    server_free(s->receiver);
    s->receiver = NULL;
    wait_response(s, ask(s, "POST /v1/webhook-endpoints/" HOOK "/test", NULL));
    wait_response(s, advance(s, "1ms"));
    struct tester_call *list = wait_response(s, ask(s, "GET /v1/webhook-endpoints/" HOOK "/deliveries", NULL));
    assert_string_equal(text_in(s, list, "/items/0/lastError"), "Couldn't connect to server");
    assert_string_equal(text_in(s, list, "/items/0/status"), "pending");
}

static void an_allowed_host_is_reached_over_plain_http(void **state)
{
    struct scene *s = *state;
    assert_int_equal(wait_response(s, advance(s, "2h"))->status, 200);
    assert_int_equal(s->received, 1);
    assert_non_null(strstr(s->last, "post.published"));
    struct tester_call *list = wait_response(s, ask(s, "GET /v1/webhook-endpoints/" HOOK "/deliveries", NULL));
    assert_string_equal(text_in(s, list, "/items/0/status"), "delivered");
}

static void deliveries_above_the_limit_are_queued_and_block_no_call(void **state)
{
    struct scene *s = *state;
    enum { MANY = 50 };
    s->holds = true;
    for (int i = 0; i < MANY; i++)
        wait_response(s, ask(s, "POST /v1/webhook-endpoints/" HOOK "/test", NULL));
    wait_received(s, 32);
    assert_int_equal(wait_response(s, ask(s, "GET /__admin/health", NULL))->status, 200);
    reply_to_held(s);
    struct tester_call *step = wait_response(s, advance(s, "1s"));
    assert_int_equal(step->status, 200);
    assert_int_equal(s->received, MANY);
    const struct world *w = mock_test_world(s->mock);
    for (uint32_t row = 1; row <= MANY; row++)
        assert_int_equal(delivery_read(w, row)->state, DELIVERY_DELIVERED);
}

static void deliveries_in_flight_are_dropped_with_the_mock(void **state)
{
    struct scene *s = *state;
    s->holds = true;
    for (int i = 0; i < 40; i++)
        wait_response(s, ask(s, "POST /v1/webhook-endpoints/" HOOK "/test", NULL));
    advance(s, "1h");
    wait_received(s, 32);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_advance_waits_until_the_receiver_has_responded),
        TEST(retries_happen_within_one_advance),
        TEST(a_reset_drops_deliveries_in_flight_and_refuses_waiting_calls),
        TEST(restoring_a_snapshot_resends_the_delivery_in_flight),
        TEST(an_advance_continues_if_its_client_disconnects),
        TEST(a_running_clock_delivers_without_a_call),
        TEST(a_failed_delivery_records_the_reason),
        cmocka_unit_test_setup_teardown(an_allowed_host_is_reached_over_plain_http, set_up_allowing, tear_down),
        TEST(deliveries_above_the_limit_are_queued_and_block_no_call),
        TEST(deliveries_in_flight_are_dropped_with_the_mock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
