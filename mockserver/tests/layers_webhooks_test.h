/* layers_webhooks_test.h - a small fixture with a webhook, and a simulated network that records the
 * deliveries.
 *
 * Shapes:  struct network in *state: the requests sent, and the status to respond with.
 * Errors:  the test fails if a request body is not JSON.
 */
#pragma once
#include "base/array.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/layers_test.h"

#include <string.h>

#include "base/digest.h"
#include "base/json.h"
#include "mockserver/runtime/deliver.h"

#define HOOK       "11111111-1111-4111-8111-111111111111"
#define OTHER_HOOK "22222222-2222-4222-8222-222222222222"
#define ENDPOINTS  "/v1/webhook-endpoints"
#define DELIVERIES "GET " ENDPOINTS "/" HOOK "/deliveries"

#define WORLD(options)                                                                                                 \
    "clock: { start: 2026-05-02T09:00:00Z, mode: frozen }\n" options "layers:\n"                                       \
    "  organizations:\n"                                                                                               \
    "    - id: org_acme\n"                                                                                             \
    "      name: Acme\n"                                                                                               \
    "      keys:\n"                                                                                                    \
    "        - { name: full, key: lp_live_01HX9Y6K7EJ4T2_full, scopes: ['*'],"                                         \
    " return_domains: [app.your-product.com] }\n"                                                                      \
    "        - { name: reader, key: lp_live_01HX9Y6K7EJ4T2_reader, scopes: ['social:read'] }\n"                        \
    "      projects:\n"                                                                                                \
    "        - id: prj_a\n"                                                                                            \
    "          social_accounts: [ { id: sa_a, platform: tiktok, handle: acme } ]\n"                                    \
    "          content: [ { id: cnt_a } ]\n"                                                                           \
    "          scheduled_posts:\n"                                                                                     \
    "            - { id: sp_a, content: cnt_a, account: sa_a, at: +1h }\n"                                             \
    "          lease_requests:\n"                                                                                      \
    "            - { id: lreq_one, count: 1, vertical: fitness }\n"                                                    \
    "            - { id: lreq_two, count: 2, vertical: fitness }\n"                                                    \
    "            - { id: lreq_three, count: 1, vertical: fitness }\n"                                                  \
    "        - id: prj_b\n"                                                                                            \
    "          social_accounts: [ { id: sa_b, platform: instagram, handle: acme.b } ]\n"                               \
    "      webhooks:\n"                                                                                                \
    "        - { id: " HOOK ", url: 'http://127.0.0.1:9099/hook', secret: whsec_test,\n"                               \
    "            events: [post.scheduled, post.published, post.failed, post.canceled,\n"                               \
    "                     social_account.connected, social_account.needs_reauth,\n"                                    \
    "                     social_account.revoked, lease_request.assigned,\n"                                           \
    "                     lease_request.rejected] }\n"                                                                 \
    "    - id: org_other\n"                                                                                            \
    "      name: Other\n"                                                                                              \
    "      keys: [ { name: other, key: lp_live_02ZZZZZZZZZZZZ_other, scopes: ['*'] } ]\n"                              \
    "      projects: [ { id: prj_other } ]\n"                                                                          \
    "      webhooks: [ { id: " OTHER_HOOK ", url: 'https://other.example/hook',"                                       \
    " events: [post.published] } ]\n"                                                                                  \
    "  lease_pool:\n"                                                                                                  \
    "    - { handle: fit.daily, vertical: fitness }\n"                                                                 \
    "    - { handle: lift.log, vertical: fitness }\n"

struct network {
    struct arena arena;
    struct mock *mock;
    int status; /* of the responses that follow */
    size_t count;
    struct sent {
        const char *url, *id, *signature, *body;
        const struct node *json;
    } sent[400];
};

static inline int respond(void *ctx, const struct deliver_request *r)
{
    struct network *n = ctx;
    assert_true(n->count < COUNT(n->sent));
    struct sent *s = &n->sent[n->count++];
    *s = (struct sent){
        .url = arena_text(&n->arena, r->url),
        .id = str_dup(&n->arena, headers_get(&r->headers, "X-Layers-Event-Id")),
        .signature = str_dup(&n->arena, headers_get(&r->headers, "X-Layers-Signature")),
        .body = str_dup(&n->arena, r->body),
    };
    assert_true(str_is(headers_get(&r->headers, "Content-Type"), "application/json"));
    s->json = json_parse(&n->arena, str_from(s->body), "body", NULL);
    assert_non_null(s->json);
    return n->status;
}

static inline int set_up_with(void **state, const char *yaml)
{
    static struct network n;
    n = (struct network){.status = 200};
    n.mock = mock_test_new(yaml);
    deliver_use_network(n.mock->deliver, respond, &n);
    *state = &n;
    return 0;
}

static inline int set_up(void **state)
{
    return set_up_with(state, WORLD(""));
}

static inline int tear_down(void **state)
{
    struct network *n = *state;
    mock_free(n->mock);
    arena_end(&n->arena);
    return 0;
}

static inline const char *text_at(struct network *n, size_t i, const char *pointer)
{
    assert_true(i < n->count);
    const struct node *found = node_pointer(n->sent[i].json, pointer);
    return found ? node_text(found) : NULL;
}

static inline void advance(struct network *n, const char *by)
{
    struct mock_response a =
        mock_call(n->mock, "POST /__admin/clock/advance", arena_printf(&n->arena, "{\"by\":\"%s\"}", by));
    assert_int_equal(a.status, 200);
}

static inline struct mock_response simulation(struct network *n, const char *name, const char *body)
{
    struct mock_response a = mock_call(n->mock, arena_printf(&n->arena, "POST /__admin/simulate/%s", name), body);
    assert_int_equal(a.status, 200);
    return a;
}

static inline struct mock_response hook_call(struct network *n, const char *method, const char *path, const char *body)
{
    return mock_call(n->mock, arena_printf(&n->arena, "%s " ENDPOINTS "%s", method, path), body, AS_FULL);
}

/* Counts the v1 parts of the signature (t=..,v1=..,v1=..) that match `secret` and the sent body. */
static inline size_t signatures_by(struct network *n, size_t i, const char *secret)
{
    struct str rest = str_from(n->sent[i].signature), time = str_cut(&rest, ',');
    unsigned char mac[DIGEST_SIZE];
    assert_true(str_starts(time, STR("t=")));
    digest_hmac_sha256(str_from(secret),
                       str_from(arena_printf(&n->arena, STR_FMT ".%s", STR_ARG(str_skip(time, 2)), n->sent[i].body)),
                       mac);
    const char *hex = digest_hex(&n->arena, mac, sizeof mac);
    size_t found = 0;
    while (rest.n) {
        struct str part = str_cut(&rest, ',');
        assert_true(str_starts(part, STR("v1=")));
        found += str_is(str_skip(part, 3), hex);
    }
    return found;
}

#define TEST(f)          cmocka_unit_test_setup_teardown(f, set_up, tear_down)
#define TEST_WITH(f, up) cmocka_unit_test_setup_teardown(f, up, tear_down)
