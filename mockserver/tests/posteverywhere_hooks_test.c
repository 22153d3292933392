/* PostEverywhere's webhook events and endpoints. The test replaces the network. */
#include "base/array.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/posteverywhere_test.h"

#include "base/digest.h"
#include "base/json.h"
#include "mockserver/runtime/deliver.h"

#define HOOKS "/webhooks"
#define HOOK  HOOKS "/11111111-1111-4111-8111-111111111111"
#define KEY   "Authorization: Bearer pe_live_k"
#define OTHER "Authorization: Bearer pe_live_o"

static const char fixture[] =
    "clock: { start: 2026-04-10T12:00:00Z, mode: frozen }\n"
    "webhooks: { signature_time: virtual, allow: [app] }\n"
    "posteverywhere:\n"
    "  organizations:\n"
    "    - name: Acme\n"
    "      keys: [ { name: k, key: pe_live_k } ]\n"
    "      accounts:\n"
    "        - { account_id: 1, platform: x, account_name: '@acme' }\n"
    "        - { account_id: 2, platform: linkedin, account_name: Acme Inc., health: expired }\n"
    "      posts: [ { id: p1, content: Soon., accounts: [1], at: +1h, status: scheduled } ]\n"
    "      webhooks:\n"
    "        - { id: 11111111-1111-4111-8111-111111111111, url: 'http://127.0.0.1:9099/hook',\n"
    "            name: mine, secret: whsec_test,\n"
    "            events: [post.scheduled, post.published, post.failed, post.partially_failed,\n"
    "                     post.updated, post.deleted, account.connected, account.disconnected,\n"
    "                     account.reconnect_needed, media.uploaded, media.deleted] }\n"
    "    - name: Other\n"
    "      keys: [ { name: o, key: pe_live_o } ]\n";

struct network { /* records the deliveries and returns `status` */
    struct arena arena;
    struct mock *mock;
    int status;
    size_t count;
    struct sent {
        const char *url, *signature, *timestamp, *event, *body;
        const struct node *json;
    } sent[100];
};

static int receive(void *ctx, const struct deliver_request *r)
{
    struct network *n = ctx;
    assert_true(n->count < COUNT(n->sent));
    struct sent *s = &n->sent[n->count++];
    *s = (struct sent){
        .url = arena_text(&n->arena, r->url),
        .signature = str_dup(&n->arena, headers_get(&r->headers, "X-PostEverywhere-Signature")),
        .timestamp = str_dup(&n->arena, headers_get(&r->headers, "X-PostEverywhere-Timestamp")),
        .event = str_dup(&n->arena, headers_get(&r->headers, "X-PostEverywhere-Event")),
        .body = str_dup(&n->arena, r->body),
    };
    s->json = json_parse(&n->arena, str_from(s->body), "body", NULL);
    assert_non_null(s->json);
    return n->status;
}

static int set_up(void **state)
{
    static struct network n;
    n = (struct network){.mock = mock_test_new(fixture), .status = 200};
    deliver_use_network(n.mock->deliver, receive, &n);
    *state = &n;
    return 0;
}

static int tear_down(void **state)
{
    struct network *n = *state;
    mock_free(n->mock);
    arena_end(&n->arena);
    return 0;
}

static const char *text_at(struct network *n, size_t i, const char *pointer)
{
    assert_true(i < n->count);
    const struct node *found = node_pointer(n->sent[i].json, pointer);
    return !found ? NULL : found->kind == NODE_TEXT ? node_text(found) : json_print(&n->arena, found);
}

static void advance_clock(struct network *n, const char *by)
{
    struct mock_response a =
        mock_call(n->mock, "POST /__admin/clock/advance", arena_printf(&n->arena, "{\"by\":\"%s\"}", by));
    assert_int_equal(a.status, 200);
}

static void a_delivery_is_signed_over_the_exact_bytes(void **state)
{
    struct network *n = *state;
    advance_clock(n, "59m");
    assert_int_equal(n->count, 0);
    advance_clock(n, "1m");
    assert_int_equal(n->count, 1);
    assert_string_equal(n->sent[0].url, "http://127.0.0.1:9099/hook");
    assert_string_equal(text_at(n, 0, "/event"), "post.published");
    assert_string_equal(n->sent[0].event, "post.published");
    assert_string_equal(text_at(n, 0, "/data/post_id"), "p1");
    assert_string_equal(text_at(n, 0, "/data/account_id"), "1");
    assert_string_equal(text_at(n, 0, "/data/status"), "published");
    assert_string_equal(text_at(n, 0, "/data/error"), "null");
    assert_string_equal(n->sent[0].timestamp, "1775826000"); /* 13:00:00 */

    unsigned char mac[DIGEST_SIZE];
    digest_hmac_sha256(STR("whsec_test"), str_from(n->sent[0].body), mac);
    assert_string_equal(n->sent[0].signature,
                        arena_printf(&n->arena, "sha256=%s", digest_hex(&n->arena, mac, sizeof mac)));
}

static void each_change_causes_its_events(void **state)
{
    struct network *n = *state;
    /* clang-format off */
    static const struct {
        const char *line, *body;
        const char *events; /* in the order of delivery */
    } rows[] = {
        {POST("/posts"),                  "{\"content\":\"a\",\"account_ids\":[1]}",    "post.published"},
        {POST("/posts"),                  "{\"content\":\"a\",\"account_ids\":[2]}",    "post.failed"},
        {POST("/posts"), "{\"content\":\"a\",\"account_ids\":[1,2]}", "post.published post.partially_failed"},
        {POST("/posts"),                  "{\"content\":\"a\",\"draft\":true}",         ""},
        {POST("/posts"),
         "{\"content\":\"a\",\"account_ids\":[1],\"scheduled_for\":\"2026-05-01T00:00:00Z\"}", "post.scheduled"},
        {PATCH("/posts/p1"),              "{\"content\":\"Later.\"}",                   "post.updated"},
        {DELETE("/posts/p1"),             NULL,                                         "post.deleted"},
        {"POST /__admin/simulate/health", "{\"account\":\"1\",\"status\":\"unhealthy\"}", "account.reconnect_needed"},
        {"POST /__admin/simulate/health", "{\"account\":\"1\",\"status\":\"healthy\"}", ""},
        {"POST /__admin/simulate/token_lost", "{\"account\":\"1\",\"why\":\"expired\"}",    "account.reconnect_needed"},
        {"POST /__admin/simulate/account_connected", "{\"space\":\"Acme\",\"platform\":\"tiktok\",\"handle\":\"new\"}",
         "account.connected"},
        {"POST /__admin/simulate/account_removed", "{\"account\":\"2\"}", "account.disconnected"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t before = n->count;
        struct buf types = {.arena = &n->arena};
        struct mock_response a = mock_call(n->mock, rows[i].line, rows[i].body, KEY);
        assert_true(a.status == 200 || a.status == 201);
        for (size_t k = before; k < n->count; k++)
            buf_printf(&types, "%s%s", k > before ? " " : "", text_at(n, k, "/event"));
        assert_string_equal(buf_c(&types), rows[i].events);
    }
}

static void a_webhook_belongs_to_its_owner_and_its_secret_is_shown_once(void **state)
{
    struct network *n = *state;
    struct mock_response created = mock_call(n->mock, POST(HOOKS),
                                             ("{\"url\":\"https://a.example/hook\",\"name\":\"second\","
                                              "\"events\":[\"post.published\"]}"),
                                             KEY);
    assert_int_equal(created.status, 201);
    assert_true(str_starts(str_from(at(created, "/data/secret")), STR("whsec_")));
    assert_string_equal(at(created, "/data/is_active"), "true");
    assert_string_equal(at(created, "/data/auto_disabled_at"), "null");

    const char *one = line_of(created, GET(HOOKS "/"), "/data/id", "");
    struct mock_response read = mock_call(n->mock, one, NULL, KEY);
    assert_string_equal(at(read, "/data/name"), "second");
    assert_null(at(read, "/data/secret"));
    assert_refused(mock_call(n->mock, one, NULL, OTHER), 404, "not_found");
    struct mock_response list = mock_call(n->mock, GET(HOOKS), NULL, KEY);
    assert_int_equal(node_count(node_pointer(list.body, "/data/webhooks")), 2);
    list = mock_call(n->mock, GET(HOOKS), NULL, OTHER);
    assert_string_equal(at(list, "/data/webhooks"), "[]");

    struct mock_response gone = mock_call(n->mock, line_of(created, DELETE(HOOKS "/"), "/data/id", ""), NULL, KEY);
    assert_string_equal(at(gone, "/data/deleted"), "true");
    assert_refused(mock_call(n->mock, one, NULL, KEY), 404, "not_found");
}

static void an_inactive_webhook_gets_no_deliveries(void **state)
{
    struct network *n = *state;
    struct mock_response a = mock_call(n->mock, PATCH(HOOK), "{\"is_active\":false}", KEY);
    assert_string_equal(at(a, "/data/is_active"), "false");
    assert_refused(mock_call(n->mock, POST(HOOK "/test"), NULL, KEY), 409, "conflict");
    advance_clock(n, "2h");
    assert_int_equal(n->count, 0);
    a = mock_call(n->mock, PATCH(HOOK), "{\"is_active\":true}", KEY);
    assert_string_equal(at(a, "/data/is_active"), "true");
    a = mock_call(n->mock, POST(HOOK "/test"), NULL, KEY);
    assert_int_equal(a.status, 200);
    assert_true(n->count > 0);
    assert_string_equal(text_at(n, n->count - 1, "/event"), "webhook.test");
}

static void a_test_returns_what_the_receiver_said(void **state)
{
    struct network *n = *state;
    struct mock_response a = mock_call(n->mock, POST(HOOK "/test"), NULL, KEY);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/data/ok"), "true");
    assert_string_equal(at(a, "/data/status"), "200");
    assert_string_equal(at(a, "/data/error"), "null");
    assert_string_equal(at(a, "/data/duration_ms"), "0"); /* of a frozen clock */
    assert_true(strlen(at(a, "/data/message")) > 0);
    n->status = 503;
    a = mock_call(n->mock, POST(HOOK "/test"), NULL, KEY);
    assert_int_equal(a.status, 200); /* the call itself succeeded */
    assert_string_equal(at(a, "/data/ok"), "false");
    assert_string_equal(at(a, "/data/status"), "503");
    assert_true(str_has(str_from(at(a, "/data/error")), STR("503")));
}

static void consecutive_failures_disable_a_webhook_until_it_is_activated(void **state)
{
    struct network *n = *state;
    n->status = 500;
    for (int i = 0; i < 10; i++)
        mock_call(n->mock, POST(HOOK "/test"), NULL, KEY);
    advance_clock(n, "1d");
    struct mock_response a = mock_call(n->mock, GET(HOOK), NULL, KEY);
    assert_string_equal(at(a, "/data/is_active"), "false");
    assert_string_not_equal(at(a, "/data/auto_disabled_at"), "null");
    assert_string_not_equal(at(a, "/data/last_failure_at"), "null");
    assert_string_equal(at(a, "/data/last_success_at"), "null");
    n->status = 200;
    a = mock_call(n->mock, PATCH(HOOK), "{\"is_active\":true}", KEY);
    assert_string_equal(at(a, "/data/consecutive_failures"), "0");
    assert_string_equal(at(a, "/data/auto_disabled_at"), "null");
}

static void an_invalid_webhook_is_refused(void **state)
{
    struct network *n = *state;
    static const char *const bodies[] = {
        "{\"events\":[\"post.published\"]}",
        "{\"url\":\"https://a.example\"}",
        "{\"url\":\"https://a.example\",\"events\":[]}",
        "{\"url\":\"https://a.example\",\"events\":[\"post.liked\"]}",
        "{\"url\":\"http://a.example\",\"events\":[\"post.failed\"]}",
        "{\"url\":\"nowhere\",\"events\":[\"post.failed\"]}",
        "{\"url\":\"https://a.example\",\"events\":[\"post.failed\"],\"is_active\":1}",
    };
    for (size_t i = 0; i < COUNT(bodies); i++)
        assert_refused(mock_call(n->mock, POST(HOOKS), bodies[i], KEY), 400, "validation_error");
}

static void plain_http_is_accepted_only_for_loopback_and_allowed_hosts(void **state)
{
    struct network *n = *state;
    static const struct {
        const char *url;
        bool accepted;
    } rows[] = {
        {"http://app:9/a",         true },
        {"http://APP/a",           true },
        {"http://[::1]:9/a",       true },
        {"http://x.localhost:9/a", true },
        {"http://a.example/a",     false},
        {"http://app.example/a",   false},
        {"http://127.1:9/a",       false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *url = rows[i].url;
        struct mock_response a = mock_call(
            n->mock, POST(HOOKS), arena_printf(&n->arena, "{\"url\":\"%s\",\"events\":[\"post.failed\"]}", url), KEY);
        assert_int_equal(a.status, rows[i].accepted ? 201 : 400);
        a = mock_call(n->mock, PATCH(HOOK), arena_printf(&n->arena, "{\"url\":\"%s\"}", url), KEY);
        if (!rows[i].accepted) {
            assert_refused(a, 400, "validation_error");
            continue;
        }
        assert_string_equal(at(a, "/data/url"), url);
        assert_int_equal(mock_call(n->mock, POST(HOOK "/test"), NULL, KEY).status, 200);
        assert_string_equal(n->sent[n->count - 1].url, url);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_delivery_is_signed_over_the_exact_bytes),
        TEST(each_change_causes_its_events),
        TEST(a_webhook_belongs_to_its_owner_and_its_secret_is_shown_once),
        TEST(an_inactive_webhook_gets_no_deliveries),
        TEST(a_test_returns_what_the_receiver_said),
        TEST(consecutive_failures_disable_a_webhook_until_it_is_activated),
        TEST(an_invalid_webhook_is_refused),
        TEST(plain_http_is_accepted_only_for_loopback_and_allowed_hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
