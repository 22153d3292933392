/* Webhooks of Layers, in-process: the test is the network that they go out through. */
#include "mockserver/tests/layers_test.h"

#include <string.h>

#include "base/digest.h"
#include "base/json.h"
#include "mockserver/deliver/deliver.h"
#include "mockserver/state/account.h"

#define HOOK       "11111111-1111-4111-8111-111111111111"
#define OTHER_HOOK "22222222-2222-4222-8222-222222222222"
#define ENDPOINTS  "/v1/webhook-endpoints"
#define DELIVERIES "GET " ENDPOINTS "/" HOOK "/deliveries"
#define COUNT(a)   (sizeof(a) / sizeof *(a))

#define WORLD(options)                                                                             \
    "clock: { start: 2026-05-02T09:00:00Z, mode: frozen }\n" options "layers:\n"                   \
    "  organizations:\n"                                                                           \
    "    - id: org_acme\n"                                                                         \
    "      name: Acme\n"                                                                           \
    "      keys:\n"                                                                                \
    "        - { name: full, key: lp_live_01HX9Y6K7EJ4T2_full, scopes: ['*'],"                     \
    " return_domains: [app.your-product.com] }\n"                                                  \
    "        - { name: reader, key: lp_live_01HX9Y6K7EJ4T2_reader, scopes: ['social:read'] }\n"    \
    "      projects:\n"                                                                            \
    "        - id: prj_a\n"                                                                        \
    "          social_accounts: [ { id: sa_a, platform: tiktok, handle: acme } ]\n"                \
    "          content: [ { id: cnt_a } ]\n"                                                       \
    "          scheduled_posts:\n"                                                                 \
    "            - { id: sp_a, content: cnt_a, account: sa_a, at: +1h }\n"                         \
    "          lease_requests:\n"                                                                  \
    "            - { id: lreq_one, count: 1, vertical: fitness }\n"                                \
    "            - { id: lreq_two, count: 2, vertical: fitness }\n"                                \
    "            - { id: lreq_three, count: 1, vertical: fitness }\n"                              \
    "        - id: prj_b\n"                                                                        \
    "          social_accounts: [ { id: sa_b, platform: instagram, handle: acme.b } ]\n"           \
    "      webhooks:\n"                                                                            \
    "        - { id: " HOOK ", url: 'http://127.0.0.1:9099/hook', secret: whsec_test,\n"           \
    "            events: [post.scheduled, post.published, post.failed, post.canceled,\n"           \
    "                     social_account.connected, social_account.needs_reauth,\n"                \
    "                     social_account.revoked, lease_request.assigned,\n"                       \
    "                     lease_request.rejected] }\n"                                             \
    "    - id: org_other\n"                                                                        \
    "      name: Other\n"                                                                          \
    "      keys: [ { name: other, key: lp_live_02ZZZZZZZZZZZZ_other, scopes: ['*'] } ]\n"          \
    "      projects: [ { id: prj_other } ]\n"                                                      \
    "      webhooks: [ { id: " OTHER_HOOK ", url: 'https://other.example/hook',"                   \
    " events: [post.published] } ]\n"                                                              \
    "  lease_pool:\n"                                                                              \
    "    - { handle: fit.daily, vertical: fitness }\n"                                             \
    "    - { handle: lift.log, vertical: fitness }\n"

/* What went out, and what is answered. */
struct network {
    struct arena arena;
    struct mock *mock;
    int status; /* of every answer from now on */
    size_t count;
    struct sent {
        const char *url, *id, *signature, *body;
        const struct node *json;
    } sent[400];
};

static int answer(void *ctx, const struct deliver_request *r)
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

static int set_up_with(void **state, const char *yaml)
{
    static struct network n;
    n = (struct network){.status = 200};
    n.mock = mock_test_new(yaml);
    deliver_use_network(n.mock->deliver, answer, &n);
    *state = &n;
    return 0;
}

static int set_up(void **state)
{
    return set_up_with(state, WORLD(""));
}

static int set_up_brief(void **state)
{
    return set_up_with(state, WORLD("webhooks: { retries: brief, signature_time: virtual }\n"));
}

static int set_up_allowing(void **state)
{
    return set_up_with(state, WORLD("webhooks: { allow: [app.example, hooks.example] }\n"));
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
    return found ? node_text(found) : NULL;
}

static void advance(struct network *n, const char *by)
{
    struct answer a = mock_call(n->mock, "POST /__admin/clock/advance",
                                arena_printf(&n->arena, "{\"by\":\"%s\"}", by));
    assert_int_equal(a.status, 200);
}

static struct answer force(struct network *n, const char *name, const char *body)
{
    struct answer a =
        mock_call(n->mock, arena_printf(&n->arena, "POST /__admin/force/%s", name), body);
    assert_int_equal(a.status, 200);
    return a;
}

static struct answer hook_call(struct network *n, const char *method, const char *path,
                               const char *body)
{
    return mock_call(n->mock, arena_printf(&n->arena, "%s " ENDPOINTS "%s", method, path), body,
                     AS_FULL);
}

/* t=..,v1=..: each v1 that the secret makes, over the very bytes. */
static size_t signatures_by(struct network *n, size_t i, const char *secret)
{
    struct str rest = str_from(n->sent[i].signature), time = str_cut(&rest, ',');
    unsigned char mac[DIGEST_SIZE];
    assert_true(str_starts(time, STR("t=")));
    digest_hmac_sha256(str_from(secret),
                       str_from(arena_printf(&n->arena, STR_FMT ".%s", STR_ARG(str_skip(time, 2)),
                                             n->sent[i].body)),
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

static void a_published_post_is_told_signed_over_the_exact_bytes(void **state)
{
    struct network *n = *state;
    advance(n, "59m");
    assert_int_equal(n->count, 0);
    advance(n, "1m");
    assert_int_equal(n->count, 1);
    assert_string_equal(n->sent[0].url, "http://127.0.0.1:9099/hook");
    assert_string_equal(text_at(n, 0, "/type"), "post.published");
    assert_string_equal(text_at(n, 0, "/id"), n->sent[0].id);
    assert_true(str_starts(str_from(n->sent[0].id), STR("evt_")));
    assert_int_equal(strlen(n->sent[0].id), 4 + 26);
    assert_string_equal(text_at(n, 0, "/data/scheduledPostId"), "sp_a");
    assert_string_equal(text_at(n, 0, "/data/containerId"), "cnt_a");
    assert_string_equal(text_at(n, 0, "/data/scheduledFor"), "2026-05-02T10:00:00Z");
    assert_non_null(text_at(n, 0, "/data/externalId"));
    assert_non_null(text_at(n, 0, "/data/externalUrl"));
    assert_null(text_at(n, 0, "/replayOf"));
    assert_int_equal(signatures_by(n, 0, "whsec_test"), 1);
    assert_int_equal(signatures_by(n, 0, "whsec_other"), 0);

    struct answer list = mock_call(n->mock, DELIVERIES, NULL, AS_FULL);
    assert_string_equal(at(list, "/items/0/status"), "delivered");
    assert_string_equal(at(list, "/items/0/attempts"), "1");
    assert_string_equal(at(list, "/items/0/lastStatusCode"), "200");
    assert_string_equal(at(list, "/items/0/eventId"), n->sent[0].id);
    assert_string_equal(at(list, "/items/0/deliveredAt"), "2026-05-02T10:00:00.000Z");
}

static void each_change_is_told_in_its_own_words(void **state)
{
    struct network *n = *state;
    static const struct {
        const char *force, *body, *type, *pointer, *value;
    } rows[] = {
        {"account_connected", "{\"space\":\"prj_b\",\"platform\":\"tiktok\",\"handle\":\"new\"}",
         "social_account.connected",                                                                                             "/data/displayName", "new"                 },
        {"token_lost",        "{\"account\":\"sa_a\",\"why\":\"expired\"}",                       "social_account.needs_reauth",
         "/data/socialAccountId",                                                                                                                     "sa_a"                },
        {"token_lost",        "{\"account\":\"sa_b\",\"why\":\"revoked_upstream\"}",
         "social_account.needs_reauth",                                                                                          "/data/platform",    "instagram"           },
        {"account_removed",   "{\"account\":\"sa_b\"}",                                           "social_account.revoked",
         "/data/disconnectedAt",                                                                                                                      "2026-05-02T09:00:00Z"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        force(n, rows[i].force, rows[i].body);
        assert_int_equal(n->count, i + 1);
        assert_string_equal(text_at(n, i, "/type"), rows[i].type);
        assert_string_equal(text_at(n, i, rows[i].pointer), rows[i].value);
    }
    advance(n, "1h");
    assert_string_equal(text_at(n, COUNT(rows), "/type"), "post.failed");
    assert_string_equal(text_at(n, COUNT(rows), "/data/error/code"), "CREDENTIAL_INVALID");
}

static void a_decided_lease_request_is_told_and_its_accounts_are_not(void **state)
{
    struct network *n = *state;
    static const struct {
        const char *body, *type, *status;
        size_t accounts;
    } rows[] = {
        {"{\"request\":\"lreq_one\",\"outcome\":\"assigned\"}",   "lease_request.assigned",
         "assigned",                                                                                   1},
        {"{\"request\":\"lreq_two\",\"outcome\":\"partial\"}",    "lease_request.assigned", "partial",
         1                                                                                              },
        {"{\"request\":\"lreq_three\",\"outcome\":\"rejected\"}", "lease_request.rejected",
         "rejected",                                                                                   0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        force(n, "lease_decide", rows[i].body);
        assert_int_equal(n->count, i + 1);
        assert_string_equal(text_at(n, i, "/type"), rows[i].type);
        assert_string_equal(text_at(n, i, "/data/status"), rows[i].status);
        assert_string_equal(text_at(n, i, "/data/projectId"), "prj_a");
        assert_int_equal(
            node_count(node_pointer(n->sent[i].json, "/data/assignedSocialAccountIds")),
            rows[i].accounts);
    }
}

static void scheduling_and_canceling_are_told_and_rescheduling_is_not(void **state)
{
    struct network *n = *state;
    mock_call(n->mock, "POST /v1/content/cnt_a/schedule",
              ("{\"scheduledFor\":\"2026-05-04T09:00:00Z\","
               "\"targets\":[{\"socialAccountId\":\"sa_a\",\"mode\":\"publish\"}]}"),
              AS_FULL);
    assert_int_equal(n->count, 1);
    assert_string_equal(text_at(n, 0, "/type"), "post.scheduled");
    mock_call(n->mock, "POST /v1/scheduled-posts/sp_a/reschedule",
              "{\"scheduledFor\":\"2026-05-05T09:00:00Z\"}", AS_FULL);
    assert_int_equal(n->count, 1);
    mock_call(n->mock, "DELETE /v1/scheduled-posts/sp_a", NULL, AS_FULL);
    assert_int_equal(n->count, 2);
    assert_string_equal(text_at(n, 1, "/type"), "post.canceled");
    mock_call(n->mock, "DELETE /v1/social-accounts/sa_a", NULL, AS_FULL);
    assert_int_equal(n->count, 4); /* the other post, then the account */
    assert_string_equal(text_at(n, 2, "/type"), "post.canceled");
    assert_string_equal(text_at(n, 3, "/type"), "social_account.revoked");
}

static void what_fails_is_told_again_on_the_ladder_with_the_same_id_and_body(void **state)
{
    struct network *n = *state;
    static const char *const waits[] = {"30s", "1m", "5m", "15m", "1h", "6h", "24h"};
    n->status = 404;
    advance(n, "1h");
    assert_int_equal(n->count, 1);
    for (size_t i = 0; i < COUNT(waits); i++) {
        struct answer list = mock_call(n->mock, DELIVERIES, NULL, AS_FULL);
        assert_string_equal(at(list, "/items/0/status"), "pending");
        advance(n, waits[i]);
        assert_int_equal(n->count, i + 2);
        assert_string_equal(n->sent[i + 1].id, n->sent[0].id);
        assert_string_equal(n->sent[i + 1].body, n->sent[0].body);
    }
    struct answer list = mock_call(n->mock, DELIVERIES, NULL, AS_FULL);
    assert_string_equal(at(list, "/items/0/status"), "failed");
    assert_string_equal(at(list, "/items/0/attempts"), "8");
    assert_non_null(at(list, "/items/0/abandonedAt"));
    advance(n, "48h");
    assert_int_equal(n->count, 8);
}

static void a_failure_that_passes_is_over(void **state)
{
    struct network *n = *state;
    n->status = 500;
    advance(n, "1h");
    n->status = 204;
    advance(n, "30s");
    advance(n, "48h");
    assert_int_equal(n->count, 2);
    struct answer hook = hook_call(n, "GET", "/" HOOK, NULL);
    assert_string_equal(at(hook, "/consecutiveFailureCount"), "0");
    assert_string_equal(at(hook, "/lastFailureAt"), "2026-05-02T10:00:00.000Z");
    assert_string_equal(at(hook, "/lastSuccessAt"), "2026-05-02T10:00:30.000Z");
}

static void the_brief_rules_abandon_a_refusal_and_a_fifth_failure(void **state)
{
    struct network *n = *state;
    n->status = 410;
    advance(n, "1h");
    advance(n, "48h");
    assert_int_equal(n->count, 1);
    n->status = 503;
    force(n, "token_lost", "{\"account\":\"sa_a\",\"why\":\"expired\"}");
    advance(n, "48h");
    assert_int_equal(n->count, 1 + 5);
    struct answer list = mock_call(n->mock, DELIVERIES, NULL, AS_FULL);
    assert_string_equal(at(list, "/items/0/status"), "abandoned");
    assert_string_equal(at(list, "/items/1/status"), "abandoned");
}

static void a_signature_tells_the_worlds_time_where_a_fixture_wants_it(void **state)
{
    struct network *n = *state;
    advance(n, "1h");
    assert_true(str_starts(str_from(n->sent[0].signature), STR("t=1777716000,")));
    assert_int_equal(signatures_by(n, 0, "whsec_test"), 1);
}

static void twenty_failures_in_a_row_pause_it_until_it_is_resumed(void **state)
{
    struct network *n = *state;
    n->status = 500;
    for (int i = 0; i < 20; i++) {
        struct answer a = hook_call(n, "POST", "/" HOOK "/test", NULL);
        assert_int_equal(a.status, 200);
    }
    struct answer hook = hook_call(n, "GET", "/" HOOK, NULL);
    assert_string_equal(at(hook, "/status"), "auto_paused");
    assert_string_equal(at(hook, "/consecutiveFailureCount"), "20");
    size_t before = n->count;
    assert_refused(hook_call(n, "POST", "/" HOOK "/test", NULL), 409, "CONFLICT");
    advance(n, "1h"); /* what is retried waits, and a new event is not told */
    assert_int_equal(n->count, before);

    n->status = 200;
    hook = hook_call(n, "PATCH", "/" HOOK, "{\"status\":\"active\"}");
    assert_string_equal(at(hook, "/status"), "active");
    assert_string_equal(at(hook, "/consecutiveFailureCount"), "0");
    advance(n, "1s");
    assert_int_equal(n->count, before + 20);
}

static void a_partner_cannot_say_auto_paused(void **state)
{
    struct network *n = *state;
    assert_refused(hook_call(n, "PATCH", "/" HOOK, "{\"status\":\"auto_paused\"}"), 422,
                   "VALIDATION");
    struct answer a = hook_call(n, "PATCH", "/" HOOK, "{\"status\":\"paused\"}");
    assert_string_equal(at(a, "/status"), "paused");
    advance(n, "1h");
    assert_int_equal(n->count, 0);
}

static void a_replay_has_a_new_id_and_names_the_delivery_it_repeats(void **state)
{
    struct network *n = *state;
    advance(n, "1h");
    struct answer list = mock_call(n->mock, DELIVERIES, NULL, AS_FULL);
    const char *id = at(list, "/items/0/id");
    struct answer a =
        mock_call(n->mock, arena_printf(&n->arena, "POST /v1/webhook-deliveries/%s/replay", id),
                  NULL, AS_FULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/originalDeliveryId"), id);
    assert_string_equal(at(a, "/scheduledAt"), "2026-05-02T10:00:00.000Z");
    assert_int_equal(n->count, 2);
    assert_string_not_equal(n->sent[1].id, n->sent[0].id);
    assert_string_equal(text_at(n, 1, "/replayOf"), id);
    assert_string_equal(text_at(n, 1, "/type"), "post.published");
    assert_string_equal(text_at(n, 1, "/data/scheduledPostId"), "sp_a");
    list = mock_call(n->mock, DELIVERIES, NULL, AS_FULL);
    assert_string_equal(at(list, "/items/0/id"), at(a, "/replayDeliveryId"));
    assert_string_equal(at(list, "/items/0/replayOf"), id);
}

static void a_rotated_secret_signs_beside_the_new_one_for_a_day(void **state)
{
    struct network *n = *state;
    struct answer a = hook_call(n, "POST", "/" HOOK "/rotate-secret", NULL);
    assert_int_equal(a.status, 200);
    const char *secret = at(a, "/signingSecret");
    assert_true(str_starts(str_from(secret), STR("whsec_")));
    assert_string_equal(at(a, "/previousSecretExpiresAt"), "2026-05-03T09:00:00.000Z");
    hook_call(n, "POST", "/" HOOK "/test", NULL);
    assert_int_equal(signatures_by(n, 0, secret), 1);
    assert_int_equal(signatures_by(n, 0, "whsec_test"), 1);
    advance(n, "24h");
    hook_call(n, "POST", "/" HOOK "/test", NULL);
    assert_int_equal(signatures_by(n, n->count - 1, secret), 1);
    assert_int_equal(signatures_by(n, n->count - 1, "whsec_test"), 0);
}

static void a_test_is_told_whatever_the_endpoint_asks_for(void **state)
{
    struct network *n = *state;
    struct answer a = hook_call(n, "POST", "/" HOOK "/test", NULL);
    assert_int_equal(a.status, 200);
    assert_int_equal(n->count, 1);
    assert_string_equal(text_at(n, 0, "/type"), "test.ping");
    assert_string_equal(at(a, "/eventId"), n->sent[0].id);
    assert_non_null(at(a, "/deliveryId"));
    assert_string_equal(at(a, "/scheduledAt"), "2026-05-02T09:00:00.000Z");
}

static void an_endpoint_is_made_with_its_secret_shown_once(void **state)
{
    struct network *n = *state;
    struct answer a = hook_call(n, "POST", "",
                                "{\"url\":\"http://localhost:9/x\",\"description\":\"ours\","
                                "\"events\":[\"social_account.revoked\"],\"projectId\":\"prj_b\","
                                "\"metadata\":{\"team\":7}}");
    assert_int_equal(a.status, 201);
    const char *id = at(a, "/endpoint/id");
    assert_int_equal(strlen(id), 36);
    assert_true(str_starts(str_from(at(a, "/signingSecret")), STR("whsec_")));
    struct answer read = hook_call(n, "GET", arena_printf(&n->arena, "/%s", id), NULL);
    static const struct {
        const char *pointer, *value;
    } rows[] = {
        {"/organizationId",          "org_acme"                    },
        {"/projectId",               "prj_b"                       },
        {"/url",                     "http://localhost:9/x"        },
        {"/description",             "ours"                        },
        {"/status",                  "active"                      },
        {"/events",                  "[\"social_account.revoked\"]"},
        {"/apiVersion",              "v1"                          },
        {"/metadata",                "{\"team\":7}"                },
        {"/createdAt",               "2026-05-02T09:00:00.000Z"    },
        {"/updatedAt",               "2026-05-02T09:00:00.000Z"    },
        {"/lastSuccessAt",           "null"                        },
        {"/lastFailureAt",           "null"                        },
        {"/consecutiveFailureCount", "0"                           },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(at(read, rows[i].pointer), rows[i].value);
    assert_null(at(read, "/signingSecret"));

    struct answer list = hook_call(n, "GET", "?limit=1", NULL);
    assert_string_equal(at(list, "/items/0/id"), id); /* newest first */
    list =
        hook_call(n, "GET", arena_printf(&n->arena, "?cursor=%s", at(list, "/nextCursor")), NULL);
    assert_string_equal(at(list, "/items/0/id"), HOOK);
    assert_string_equal(at(list, "/nextCursor"), "null");

    mock_call(n->mock, "DELETE /v1/social-accounts/sa_b", NULL, AS_FULL);
    assert_int_equal(n->count, 2); /* both want it, under one id */
    assert_string_equal(n->sent[0].id, n->sent[1].id);
    assert_string_not_equal(n->sent[0].url, n->sent[1].url);
    mock_call(n->mock, "DELETE /v1/social-accounts/sa_a", NULL, AS_FULL);
    assert_int_equal(n->count, 4); /* post and account, of a project that one did not ask for */
}

static void an_endpoint_that_cannot_be_is_refused_with_its_path(void **state)
{
    struct network *n = *state;
    static const struct {
        const char *body, *path;
    } rows[] = {
        {"{\"events\":[\"post.failed\"]}",                                               "url"      },
        {"{\"url\":\"https://a.example\"}",                                              "events"   },
        {"{\"url\":\"https://a.example\",\"events\":[]}",                                "events"   },
        {"{\"url\":\"https://a.example\",\"events\":[\"post.lost\"]}",                   "events[0]"},
        {"{\"url\":\"http://a.example\",\"events\":[\"post.failed\"]}",                  "url"      },
        {"{\"url\":\"ftp://localhost\",\"events\":[\"post.failed\"]}",                   "url"      },
        {"{\"url\":\"http://localhost.evil.example\",\"events\":[\"post.failed\"]}",     "url"      },
        {"{\"url\":\"https://a.example\",\"events\":[\"post.failed\"],\"x\":1}",         "x"        },
        {"{\"url\":\"https://a.example\",\"events\":[\"post.failed\"],\"metadata\":[]}",
         "metadata"                                                                                 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer a = hook_call(n, "POST", "", rows[i].body);
        assert_refused(a, 422, "VALIDATION");
        assert_string_equal(at(a, "/error/details/issues/0/path"), rows[i].path);
    }
    assert_refused(hook_call(n, "POST", "",
                             "{\"url\":\"https://a.example\",\"events\":[\"post.failed\"],"
                             "\"projectId\":\"prj_other\"}"),
                   404, "NOT_FOUND");
    assert_refused(mock_call(n->mock, "POST " ENDPOINTS,
                             "{\"url\":\"https://a.example\",\"events\":[\"post.failed\"],"
                             "\"scope\":\"all_children\"}",
                             AS_READER),
                   403, "FORBIDDEN_SCOPE");
    struct answer list = hook_call(n, "GET", "", NULL);
    assert_int_equal(node_count(node_get(list.body, "items")), 1);
}

static void another_organizations_endpoints_are_not_there(void **state)
{
    struct network *n = *state;
    static const struct {
        const char *method, *path;
    } rows[] = {
        {"GET",    "/" OTHER_HOOK                 },
        {"PATCH",  "/" OTHER_HOOK                 },
        {"DELETE", "/" OTHER_HOOK                 },
        {"POST",   "/" OTHER_HOOK "/rotate-secret"},
        {"POST",   "/" OTHER_HOOK "/test"         },
        {"GET",    "/" OTHER_HOOK "/deliveries"   },
        {"GET",    "/nothing"                     },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_refused(hook_call(n, rows[i].method, rows[i].path, "{}"), 404, "NOT_FOUND");
    advance(n, "1h");
    struct answer list = mock_call(n->mock, DELIVERIES, NULL, AS_FULL);
    assert_refused(mock_call(n->mock,
                             arena_printf(&n->arena, "POST /v1/webhook-deliveries/%s/replay",
                                          at(list, "/items/0/id")),
                             NULL, AS_OTHER),
                   404, "NOT_FOUND");
    assert_int_equal(n->count, 1); /* nor do its events reach them */
}

static void a_deleted_endpoint_is_told_nothing_more(void **state)
{
    struct network *n = *state;
    n->status = 500;
    hook_call(n, "POST", "/" HOOK "/test", NULL);
    struct answer a = hook_call(n, "DELETE", "/" HOOK, NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/id"), HOOK);
    assert_string_equal(at(a, "/deleted"), "true");
    assert_refused(hook_call(n, "GET", "/" HOOK, NULL), 404, "NOT_FOUND");
    advance(n, "48h");
    assert_int_equal(n->count, 1);
    struct answer state_of = mock_call(n->mock, "GET /__admin/state/deliveries", NULL);
    assert_string_equal(at(state_of, "/items/0/state"), "abandoned");
}

static void nothing_leaves_for_another_machine_unless_it_is_allowed(void **state)
{
    struct network *n = *state;
    static const struct {
        const char *url;
        bool allowed;
    } rows[] = {
        {"https://app.example/hook",           true },
        {"https://HOOKS.example:8443/hook",    true },
        {"https://elsewhere.example/hook",     false},
        {"https://app.example.evil.test/hook", false},
        {"https://10.0.0.1/hook",              false},
        {"https://127.evil.test/hook",         false},
        {"https://localhost/hook",             true },
        {"http://127.0.0.1:1/hook",            true },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t before = n->count;
        struct answer a = hook_call(n, "PATCH", "/" HOOK,
                                    arena_printf(&n->arena, "{\"url\":\"%s\"}", rows[i].url));
        assert_int_equal(a.status, 200);
        hook_call(n, "POST", "/" HOOK "/test", NULL);
        assert_int_equal(n->count - before, rows[i].allowed);
        struct answer list = mock_call(n->mock, DELIVERIES, NULL, AS_FULL);
        assert_int_equal(strstr(at(list, "/items/0/lastError"), "not allowed") != NULL,
                         !rows[i].allowed);
    }
}

static void a_reset_world_begins_again_and_is_told_of_nothing_twice(void **state)
{
    struct network *n = *state;
    advance(n, "1h");
    assert_int_equal(n->count, 1);
    mock_call(n->mock, "POST /__admin/snapshots", "{\"name\":\"then\"}");
    mock_call(n->mock, "POST /__admin/snapshots/then/restore", NULL);
    advance(n, "1m");
    assert_int_equal(n->count, 1);
    mock_call(n->mock, "POST /__admin/reset", NULL);
    assert_int_equal(n->count, 1);
    advance(n, "1h");
    assert_int_equal(n->count, 2);
    assert_string_equal(n->sent[0].body, n->sent[1].body); /* the same again, to the byte */
}

static void a_tester_repeats_holds_back_and_drops_the_next_of_a_name(void **state)
{
    struct network *n = *state;
    force(n, "webhook", "{\"event\":\"social_account.needs_reauth\",\"action\":\"repeat\"}");
    force(n, "token_lost", "{\"account\":\"sa_a\",\"why\":\"expired\"}");
    assert_int_equal(n->count, 2);
    assert_string_equal(n->sent[0].id, n->sent[1].id);
    assert_string_equal(n->sent[0].body, n->sent[1].body);

    force(n, "webhook", "{\"event\":\"post.failed\",\"action\":\"hold\",\"by\":\"10m\"}");
    advance(n, "1h");
    assert_int_equal(n->count, 2);
    force(n, "token_lost", "{\"account\":\"sa_b\",\"why\":\"expired\"}"); /* overtakes it */
    assert_string_equal(text_at(n, 2, "/type"), "social_account.needs_reauth");
    advance(n, "10m");
    assert_string_equal(text_at(n, 3, "/type"), "post.failed");

    force(n, "webhook", "{\"event\":\"social_account.revoked\",\"action\":\"drop\"}");
    force(n, "account_removed", "{\"account\":\"sa_b\"}");
    advance(n, "48h");
    assert_int_equal(n->count, 4);
    force(n, "account_removed", "{\"account\":\"sa_a\"}");
    assert_int_equal(n->count, 5);
}

static void a_tester_fires_what_never_happened(void **state)
{
    struct network *n = *state;
    struct answer a = force(n, "webhook",
                            ("{\"event\":\"job.completed\",\"webhook\":\"" HOOK "\","
                             "\"data\":{\"jobId\":\"job_1\"}}"));
    assert_non_null(at(a, "/delivery"));
    assert_int_equal(n->count, 1);
    assert_string_equal(text_at(n, 0, "/type"), "job.completed");
    assert_string_equal(text_at(n, 0, "/data/jobId"), "job_1");
    assert_int_equal(signatures_by(n, 0, "whsec_test"), 1);
}

static void a_wish_that_makes_no_sense_is_refused(void **state)
{
    struct network *n = *state;
    static const struct {
        const char *body, *pointer;
    } rows[] = {
        {"{\"event\":\"job.completed\"}",                                  "/webhook"},
        {"{\"event\":\"job.completed\",\"webhook\":\"nobody\"}",           "/webhook"},
        {"{\"event\":\"x\",\"action\":\"drop\",\"webhook\":\"" HOOK "\"}", "/webhook"},
        {"{\"event\":\"x\",\"action\":\"hold\"}",                          "/by"     },
        {"{\"event\":\"x\",\"action\":\"drop\",\"by\":\"1m\"}",            "/by"     },
        {"{\"event\":\"x\",\"action\":\"drop\",\"data\":{}}",              "/data"   },
        {"{\"event\":\"x y\",\"action\":\"drop\"}",                        "/event"  },
        {"{\"event\":\"x\",\"action\":\"lose\"}",                          "/action" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer a = mock_call(n->mock, "POST /__admin/force/webhook", rows[i].body);
        assert_int_equal(a.status, 422);
        assert_string_equal(at(a, "/errors/0/pointer"), rows[i].pointer);
    }
}

#define TEST(f)          cmocka_unit_test_setup_teardown(f, set_up, tear_down)
#define TEST_WITH(f, up) cmocka_unit_test_setup_teardown(f, up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_published_post_is_told_signed_over_the_exact_bytes),
        TEST(each_change_is_told_in_its_own_words),
        TEST(a_decided_lease_request_is_told_and_its_accounts_are_not),
        TEST(scheduling_and_canceling_are_told_and_rescheduling_is_not),
        TEST(what_fails_is_told_again_on_the_ladder_with_the_same_id_and_body),
        TEST(a_failure_that_passes_is_over),
        TEST_WITH(the_brief_rules_abandon_a_refusal_and_a_fifth_failure, set_up_brief),
        TEST_WITH(a_signature_tells_the_worlds_time_where_a_fixture_wants_it, set_up_brief),
        TEST(twenty_failures_in_a_row_pause_it_until_it_is_resumed),
        TEST(a_partner_cannot_say_auto_paused),
        TEST(a_replay_has_a_new_id_and_names_the_delivery_it_repeats),
        TEST(a_rotated_secret_signs_beside_the_new_one_for_a_day),
        TEST(a_test_is_told_whatever_the_endpoint_asks_for),
        TEST(an_endpoint_is_made_with_its_secret_shown_once),
        TEST(an_endpoint_that_cannot_be_is_refused_with_its_path),
        TEST(another_organizations_endpoints_are_not_there),
        TEST(a_deleted_endpoint_is_told_nothing_more),
        TEST_WITH(nothing_leaves_for_another_machine_unless_it_is_allowed, set_up_allowing),
        TEST(a_reset_world_begins_again_and_is_told_of_nothing_twice),
        TEST(a_tester_repeats_holds_back_and_drops_the_next_of_a_name),
        TEST(a_tester_fires_what_never_happened),
        TEST(a_wish_that_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
