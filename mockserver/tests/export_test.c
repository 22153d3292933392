/* Export of a namespace as a fixture, and loading it. round_trip_test.c tests with random states
 * that nothing is lost; bad/records*.yaml and bad/runtime_state*.yaml are invalid exports. */
#include "base/array.h"
#include "mockserver/tests/mock_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/runtime/export.h"
#include "mockserver/state/lease.h"
#include "mockserver/state/post.h"
#include "mockserver/state/replies.h"
#include "mockserver/state/tenant.h"
#include "mockserver/tests/members.h"

#define EXPORT "GET /__admin/state?format=fixture"
#define KEY    "Authorization: Bearer lp_live_one"

static const char fixture[] =
    "name: small\n"
    "seed: 7\n"
    "clock: { start: 2026-05-02T09:00:00Z, mode: frozen }\n"
    "webhooks: { allow: [hooks.test, more.test] }\n"
    "rules:\n"
    "  - { name: slow, on: layers.whoami, then: [ { headers: { X-Slow: 'yes' } } ] }\n"
    "layers:\n"
    "  organizations:\n"
    "    - name: One\n"
    "      keys: [ { name: one, key: lp_live_one, scopes: ['*'], return_domains: [app.test] } ]\n"
    "      projects:\n"
    "        - id: prj\n"
    "          social_accounts:\n"
    "            - { id: sa, platform: tiktok, handle: one, token_expires_at: +4d }\n"
    "          content: [ { id: cnt } ]\n"
    "          scheduled_posts: [ { id: sp, content: cnt, account: sa, at: +1d } ]\n"
    "          lease_requests: [ { id: lreq, count: 1, vertical: fitness } ]\n"
    "    - name: Two\n"
    "      projects:\n"
    "        - { id: prj_two, lease_requests: [ { id: lreq, count: 1, vertical: fitness } ] }\n"
    "  lease_pool: [ { handle: fit, vertical: fitness } ]\n";

static int setup(void **state)
{
    *state = mock_test_new(fixture);
    return 0;
}

static struct mock_response export(struct mock *m)
{
    struct mock_response a = mock_call(m, EXPORT, NULL);
    assert_int_equal(a.status, 200);
    assert_non_null(a.body);
    return a;
}

/* Creates the namespace "loaded" from that fixture. */
static struct mock_response load(struct mock *m, const char *text)
{
    return mock_call(m, "POST /__admin/namespaces",
                     arena_printf(&m->arena, "{\"name\":\"loaded\",\"fixture\":%s}", text));
}

static void an_export_has_the_records_and_the_runtime_state(void **state)
{
    struct mock_response a = export(*state);
    static const struct {
        const char *pointer, *expected;
    } rows[] = {
        {"/name",                                "small"                         },
        {"/seed",                                "7"                             },
        {"/clock/start",                         "2026-05-02T09:00:00.000Z"      },
        {"/clock/mode",                          "frozen"                        },
        {"/webhooks/allow",                      "[\"hooks.test\",\"more.test\"]"},
        {"/rules/0/name",                        "slow"                          },
        {"/records/keys/0/scopes",               "[\"*\"]"                       },
        {"/records/keys/0/return_domains",       "[\"app.test\"]"                },
        {"/records/accounts/0/id",               "sa"                            },
        {"/records/accounts/0/provider",         "layers"                        },
        {"/records/accounts/0/space",            "prj"                           },
        {"/records/accounts/0/token",            "live"                          },
        {"/records/accounts/0/token_expires_at", "2026-05-06T09:00:00.000Z"      },
        {"/records/destinations/0/account",      "sa"                            },
        {"/runtime_state/events/0/what",         "post_due"                      },
        {"/runtime_state/events/0/record",       "sp"                            },
        {"/runtime_state/changes/0/cause",       "fixture"                       },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(at(a, rows[i].pointer), rows[i].expected);
    assert_null(at(a, "/records/accounts/0/name"));
    assert_null(at(a, "/records/accounts/0/leased"));
    assert_null(at(a, "/records/media"));
    assert_null(at(a, "/rules/0/hits"));
}

static void an_unknown_format_is_rejected(void **state)
{
    struct mock_response a = mock_call(*state, "GET /__admin/state?format=yaml", NULL);
    assert_int_equal(a.status, 422);
    assert_non_null(strstr(at(a, "/detail"), "unknown format 'yaml'; expected one of: fixture"));
}

static void an_export_creates_an_equal_namespace(void **state)
{
    struct mock *m = *state;
    mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"30h\"}");
    struct mock_response a = export(m);
    assert_int_equal(load(m, str_dup(&m->arena, a.text)).status, 201);
    struct mock_response again = mock_call(m,
                                           "GET /ns/loaded"
                                           "/__admin/state?format=fixture",
                                           NULL);
    assert_true(str_eq(a.text, again.text));
    struct mock_response old = mock_call(m, "GET /v1/scheduled-posts/sp", NULL, KEY);
    struct mock_response new = mock_call(m, "GET /ns/loaded/v1/scheduled-posts/sp", NULL, KEY);
    assert_string_equal(at(old, "/status"), "published");
    assert_true(str_eq(old.text, new.text));
    assert_string_equal(header_of(mock_call(m, "GET /ns/loaded/v1/whoami", NULL, KEY), "X-Slow"), "yes");
}

static void records_with_the_same_id_are_referred_to_by_number(void **state)
{
    struct mock *m = *state;
    assert_int_equal(mock_call(m, "POST /__admin/simulate/lease_decide",
                               "{\"request\":\"lreq\",\"project\":\"prj_two\","
                               "\"outcome\":\"assigned\"}")
                         .status,
                     200);
    struct mock_response a = export(m);
    assert_string_equal(at(a, "/records/accounts/1/lease_request"), "2");
    assert_int_equal(load(m, str_dup(&m->arena, a.text)).status, 201);
    const struct world *w = namespaces_find(m->namespaces, STR("loaded"))->world;
    assert_int_equal(account_read(w, 2)->lease_request, 2);
    assert_int_equal(lease_request_read(w, 2)->state, LEASE_ASSIGNED);
}

static void a_state_with_violated_invariants_is_exported_and_loaded(void **state)
{
    struct mock *m = *state;
    assert_null(at(export(m), "/runtime_state/skip_invariants"));
    struct mock_response broken =
        mock_call(m, "PATCH /__admin/state/destinations/sp?skip_invariants=1", "{\"state\":\"published\"}");
    assert_int_equal(broken.status, 200);
    struct mock_response a = export(m);
    assert_string_equal(at(a, "/runtime_state/skip_invariants"), "true");
    assert_int_equal(load(m, str_dup(&m->arena, a.text)).status, 201);
    struct mock_response sp = mock_call(m, "GET /ns/loaded/__admin/state/destinations/sp", NULL);
    assert_string_equal(at(sp, "/state"), "published");
}

static void a_mistake_has_its_json_pointer(void **state)
{
    struct mock *m = *state;
    char *text = str_dup(&m->arena, export(m).text), *member = strstr(text, "\"account\":\"sa\"");
    assert_non_null(member);
    member[strlen("\"account\":\"s")] = 'x';
    struct mock_response a = load(m, text);
    assert_int_equal(a.status, 422);
    assert_string_equal(at(a, "/pointer"), "/fixture/records/destinations/0/account");
    assert_null(namespaces_find(m->namespaces, STR("loaded")));
}

static void records_without_runtime_state_are_created_now(void **state)
{
    (void)state;
    void *m = mock_test_new("clock: { start: 2026-05-02T09:00:00Z, mode: frozen }\n"
                            "records:\n"
                            "  organizations: [ { id: org, provider: layers, name: Hand } ]\n"
                            "  keys: [ { id: key, organization: org, value: lp_live_one, "
                            "scopes: ['*'] } ]\n"
                            "  spaces: [ { id: prj, organization: org, name: Made } ]\n"
                            "  content: [ { id: cnt, provider: layers, space: prj } ]\n"
                            "  destinations:\n"
                            "    - { id: sp, provider: layers, post: p, account: sa, space: prj,\n"
                            "        due_at: 2026-05-03T09:00:00Z, state: queued }\n"
                            "  posts: [ { id: p, provider: layers, space: prj, content: cnt,\n"
                            "             due_at: 2026-05-03T09:00:00Z } ]\n"
                            "  accounts:\n"
                            "    - { id: sa, provider: layers, space: prj, platform: tiktok,\n"
                            "        handle: made, token: live, token_generation: 1 }\n");
    struct mock_response a = mock_call(m, "GET /v1/scheduled-posts/sp", NULL, KEY);
    assert_string_equal(at(a, "/status"), "queued");
    mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"2d\"}");
    a = mock_call(m, "GET /v1/scheduled-posts/sp", NULL, KEY);
    assert_string_equal(at(a, "/status"), "published");
    mock_test_teardown(&m);
}

static void an_export_can_be_included(void **state)
{
    struct mock *m = *state;
    char folder[] = "/tmp/export_test_XXXXXX";
    assert_non_null(mkdtemp(folder));
    const char *path = arena_printf(&m->arena, "%s/export.json", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(str_dup(&m->arena, export(m).text), file);
    fclose(file);
    void *other = mock_test_new(
        arena_printf(&m->arena,
                     "include: [ %s ]\n"
                     "name: later\n"
                     "clock: { start: 2026-05-04T09:00:00Z }\n"
                     "rules: [ { name: more, on: layers.whoami, then: [ { headers: { X-More: yes! } } ] } ]\n",
                     path));
    struct mock_response a = mock_call(other, "GET /v1/whoami", NULL, KEY);
    assert_string_equal(header_of(a, "X-Slow"), "yes");
    assert_string_equal(header_of(a, "X-More"), "yes!");
    assert_string_equal(at(mock_call(other, "GET /v1/scheduled-posts/sp", NULL, KEY), "/status"), "published");
    mock_test_teardown(&other);
    unlink(path);
    rmdir(folder);
}

/* The second key is not valid UTF-8. */
static void idempotent_responses_are_replayed_after_loading(void **state)
{
    struct mock *m = *state;
    static const char *const tokens[] = {"Idempotency-Key: plain", "Idempotency-Key: \xff\xfe"};
    const char *body = "{\"name\":\"New\",\"timezone\":\"UTC\"}";
    struct mock_response first[2];
    for (size_t i = 0; i < 2; i++)
        first[i] = mock_call(m, "POST /v1/projects", body, KEY, tokens[i]);
    struct mock_response a = export(m);
    assert_string_equal(at(a, "/runtime_state/replies/0/token"), "plain");
    assert_string_equal(at(a, "/runtime_state/replies/1/token_base64url"), "__4");
    assert_int_equal(load(m, str_dup(&m->arena, a.text)).status, 201);
    for (size_t i = 0; i < 2; i++) {
        struct mock_response again =
            mock_call(m, "POST /v1/projects", body, KEY, tokens[i], "X-Mock-Namespace: loaded");
        assert_string_equal(header_of(again, "X-Mock-Replayed"), "true");
        assert_true(str_eq(again.text, first[i].text));
    }
}

#define W struct world
static const struct member_row world_rows[] = {
    MEMBER_ROW(W, seed, KEPT),
    MEMBER_ROW(W, clock.mode, KEPT),
    MEMBER_ROW(W, clock.base_ms, KEPT),
    MEMBER_ROW(W, clock.base_wall_us, NOT_KEPT), /* the machine's time */
    MEMBER_ROW(W, in_event, NOT_KEPT),           /* only while an event runs */
    MEMBER_ROW(W, event_at_ms, NOT_KEPT),
    MEMBER_ROW(W, strings, NOT_KEPT),     /* the records refer to it; NOLINT(bugprone-sizeof-expression) */
    MEMBER_ROW(W, old_strings, NOT_KEPT), /* NOLINT(bugprone-sizeof-expression) */
    MEMBER_ROW(W, compaction, NOT_KEPT),
    MEMBER_ROW(W, records, NOT_KEPT), /* records_test.c, round_trip_test.c */
    MEMBER_ROW(W, events, NOT_KEPT),  /* compared below */
    MEMBER_ROW(W, changes, NOT_KEPT),
    MEMBER_ROW(W, changes_gone, KEPT),
    MEMBER_ROW(W, events_swept, NOT_KEPT), /* only queued events are exported */
    MEMBER_ROW(W, history.count, KEPT),
    MEMBER_ROW(W, history.age_ms, KEPT),
    MEMBER_ROW(W, history.count_given, KEPT),
    MEMBER_ROW(W, history.age_given, KEPT),
    MEMBER_ROW(W, forgets, NOT_KEPT),      /* for a message */
    MEMBER_ROW(W, history_seen, NOT_KEPT), /* of the last call */
    MEMBER_ROW(W, history_seen_events, NOT_KEPT),
    MEMBER_ROW(W, initial, KEPT),
    MEMBER_ROW(W, ended, NOT_KEPT),   /* derived from the records */
    MEMBER_ROW(W, replies, NOT_KEPT), /* compared below; NOLINT(bugprone-sizeof-expression) */
    MEMBER_ROW(W, quotas, NOT_KEPT),
    MEMBER_ROW(W, indexes, NOT_KEPT), /* derived from the records */
    MEMBER_ROW(W, timings.publish_ms, KEPT),
    MEMBER_ROW(W, timings.ad_validation_ms, KEPT),
    MEMBER_ROW(W, timings.media_import_ms, KEPT),
    MEMBER_ROW(W, timings.generation_ms, KEPT),
    MEMBER_ROW(W, webhooks.virtual_time, KEPT),
    MEMBER_ROW(W, webhooks.policy, KEPT),
    MEMBER_ROW(W, webhooks.allowed, KEPT_TEXT),
    MEMBER_ROW(W, webhook_cursor, KEPT),
    MEMBER_ROW(W, api_versions, KEPT),
    MEMBER_ROW(W, hostile, KEPT),
    MEMBER_ROW(W, calls, KEPT),
    MEMBER_ROW(W, local_consent, KEPT),
    MEMBER_ROW(W, connect_steps_fail, KEPT),
    MEMBER_ROW(W, minted, KEPT),
    MEMBER_ROW(W, name_hash, NOT_KEPT), /* of the namespace that is created from it */
    MEMBER_ROW(W, cause, NOT_KEPT),     /* of the current call */
    MEMBER_ROW(W, caller, NOT_KEPT),
    MEMBER_ROW(W, unchecked, NOT_KEPT), /* skip_invariants is, if an invariant is violated */
    MEMBER_ROW(W, notes, NOT_KEPT),     /* NOLINT(bugprone-sizeof-expression) */
    MEMBER_ROW(W, checks, NOT_KEPT),    /* of the build */
};

static const struct member_row change_rows[] = {
    MEMBER_ROW(struct change, at_ms, KEPT), MEMBER_ROW(struct change, kind, KEPT),
    MEMBER_ROW(struct change, row, KEPT),   MEMBER_ROW(struct change, what, KEPT),
    MEMBER_ROW(struct change, from, KEPT),  MEMBER_ROW(struct change, to, KEPT),
    MEMBER_ROW(struct change, key, KEPT),   MEMBER_ROW(struct change, cause, KEPT),
};

static const struct member_row event_rows[] = {
    MEMBER_ROW(struct world_event, at_ms, KEPT), MEMBER_ROW(struct world_event, kind, KEPT),
    MEMBER_ROW(struct world_event, row, KEPT),
    MEMBER_ROW(struct world_event, done, NOT_KEPT), /* only queued events are exported */
};

static const struct member_row quota_rows[] = {
    MEMBER_ROW(struct quota, windows[0].since_ms, KEPT), MEMBER_ROW(struct quota, windows[0].used, KEPT),
    MEMBER_ROW(struct quota, windows[1], KEPT),          MEMBER_ROW(struct quota, windows[2], KEPT),
    MEMBER_ROW(struct quota, windows[3], KEPT),          MEMBER_ROW(struct quota, spurious_429, KEPT),
};

static const struct member_row reply_rows[] = {
    MEMBER_ROW(struct reply, key, KEPT),       MEMBER_ROW(struct reply, what, KEPT_TEXT),
    MEMBER_ROW(struct reply, token, KEPT_STR), MEMBER_ROW(struct reply, asked, KEPT),
    MEMBER_ROW(struct reply, at_ms, KEPT),     MEMBER_ROW(struct reply, status, KEPT),
    MEMBER_ROW(struct reply, body, KEPT_STR),
};

static void give_every_member_a_value(struct mock *m)
{
    struct world *w = mock_test_world(m);
    mock_call(m, "POST /v1/projects", "{\"name\":\"New\",\"timezone\":\"UTC\"}", KEY, "Idempotency-Key: once");
    account_lose_token(w, 1, TOKEN_EXPIRED); /* a change with `from` */
    w->timings = (struct world_timings){
        .publish_ms = 2000, .ad_validation_ms = 3000, .media_import_ms = 4000, .generation_ms = 5000};
    w->webhooks.virtual_time = true;
    w->webhooks.policy = 1;
    w->webhook_cursor = 3;
    w->history = (struct history){.count = 9, .age_ms = 90000, .count_given = true, .age_given = true};
    table_remove(&w->changes, 1);
    w->changes_gone = 1;
    for (size_t i = 0; i < provider_count; i++)
        w->api_versions[providers[i]->id] = 1 + (int)i;
    w->hostile = true;
    w->calls = 5;
    w->local_consent = true;
    w->connect_steps_fail = 1u << CONNECT_STEP_ONBOARDING;
    w->minted = 77;
    for (size_t i = 0; i < QUOTA_WINDOWS; i++)
        quota_set(w, 1, i, 60000, 4 + (int64_t)i);
    quota_set_spurious_429(w, 1, 70, true);
}

#define COMPARE(rows, x, y) members_compare((rows), COUNT(rows), (x), (y), set)
#define COMPARED(type, rows)                                                                                           \
    do {                                                                                                               \
        members_are_set((rows), COUNT(rows), set);                                                                     \
        MEMBERS_COMPLETE(type, rows);                                                                                  \
        memset(set, 0, sizeof set);                                                                                    \
    } while (0)

static void every_member_of_the_state_is_exported(void **state)
{
    struct mock *m = *state;
    bool set[COUNT(world_rows)] = {0};
    struct buf text = {.arena = &m->arena};
    give_every_member_a_value(m);
    export_namespace(&m->arena, namespaces_find(m->namespaces, STR("default")), &text);
    void *other = mock_test_new(buf_c(&text));
    const struct world *x = mock_test_world(m), *y = mock_test_world(other);
    COMPARE(world_rows, x, y);
    COMPARED(struct world, world_rows);
    assert_int_equal(changes_last(x), changes_last(y));
    for (uint32_t seq = changes_first(x); seq <= changes_last(x); seq++)
        COMPARE(change_rows, changes_read(x, seq), changes_read(y, seq));
    COMPARED(struct change, change_rows);
    struct index_walk of_x, of_y;
    const struct world_event *event;
    events_walk(x, &of_x);
    events_walk(y, &of_y);
    while ((event = events_next(x, &of_x)))
        COMPARE(event_rows, event, events_next(y, &of_y));
    COMPARED(struct world_event, event_rows);
    COMPARE(quota_rows, table_read(&x->quotas, 1), table_read(&y->quotas, 1));
    COMPARED(struct quota, quota_rows);
    assert_int_equal(replies_count(x->replies), replies_count(y->replies));
    COMPARE(reply_rows, replies_at(x->replies, 0), replies_at(y->replies, 0));
    COMPARED(struct reply, reply_rows);
    mock_test_teardown(&other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, mock_test_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_export_has_the_records_and_the_runtime_state),
        TEST(an_unknown_format_is_rejected),
        TEST(an_export_creates_an_equal_namespace),
        TEST(records_with_the_same_id_are_referred_to_by_number),
        TEST(a_state_with_violated_invariants_is_exported_and_loaded),
        TEST(a_mistake_has_its_json_pointer),
        cmocka_unit_test(records_without_runtime_state_are_created_now),
        TEST(an_export_can_be_included),
        TEST(idempotent_responses_are_replayed_after_loading),
        TEST(every_member_of_the_state_is_exported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
