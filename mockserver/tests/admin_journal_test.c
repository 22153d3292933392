/* The journal in the admin API. */
#include "base/array.h"
#include "base/time.h"
#include "mockserver/runtime/namespaces.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/admin_test.h"

static void the_journal_has_requests_and_responses(void **state)
{
    struct mock *m = *state;
    mock_call(m, LIST, NULL, KEY);
    mock_call(m, "DELETE /layers/v1/social-accounts/sa_one", NULL, KEY);
    mock_call(m, "GET /layers/v1/nowhere", NULL, KEY);
    struct mock_response a = mock_call(m, "GET /__admin/requests", NULL);
    assert_string_equal(at(a, "/items/0/operation"), "list_social_accounts");
    assert_string_equal(at(a, "/items/0/provider"), "layers");
    assert_string_equal(at(a, "/items/0/key"), "full");
    assert_string_equal(at(a, "/items/0/request/method"), "GET");
    assert_string_equal(at(a, "/items/0/request/headers/Host"), "mock.test");
    assert_string_equal(at(a, "/items/0/response/status"), "200");
    assert_string_equal(at(a, "/items/0/response/json/items/1/socialAccountId"), "sa_one");
    assert_string_equal(at(a, "/items/1/changes/0/what"), "destination_cancel");
    assert_string_equal(at(a, "/items/2/fault"), "no_route");
    assert_non_null(at(a, "/items/2/nearest/0"));
    assert_non_null(at(a, "/items/0/wall/micros"));
    assert_string_equal(at(a, "/next"), "1-3");
    assert_string_equal(at(a, "/more"), "false");
    assert_string_equal(at(a, "/truncated"), "false");
}

static void the_journal_is_read_in_pages(void **state)
{
    struct mock *m = *state;
    for (int i = 0; i < 3; i++)
        mock_call(m, LIST, NULL, KEY);
    mock_call(m, "DELETE /layers/v1/social-accounts/sa_one", NULL, KEY);
    struct mock_response first = mock_call(m, "GET /__admin/requests?limit=2&stable=1", NULL);
    assert_string_equal(at(first, "/next"), "1-2");
    assert_string_equal(at(first, "/more"), "true");
    assert_null(at(first, "/items/0/wall"));
    struct mock_response rest = mock_call(m, "GET /__admin/requests?since=1-2", NULL);
    assert_string_equal(at(rest, "/items/0/seq"), "3");
    assert_string_equal(at(rest, "/items/1/seq"), "4");
    struct mock_response some = mock_call(m, "GET /__admin/requests?operation=layers.revoke_social_account", NULL);
    assert_string_equal(at(some, "/items/0/seq"), "4");
    assert_null(at(some, "/items/1"));
    assert_problem(mock_call(m, "GET /__admin/requests?limit=0", NULL), 422, "query", "limit");
    assert_problem(mock_call(m, "GET /__admin/requests?since=x", NULL), 422, NULL, "since");
    assert_string_equal(at(mock_call(m, "DELETE /__admin/requests", NULL), "/removed"), "4");
    assert_string_equal(at(mock_call(m, "GET /__admin/requests", NULL), "/items"), "[]");
}

static void ignore_reload(void *ctx, const struct namespace *ns, enum reload_outcome outcome)
{
    (void)ctx, (void)ns, (void)outcome;
}

static struct mock_response list_since(struct mock *m, const char *cursor)
{
    return mock_call(m, arena_printf(&m->arena, "GET /ns/a/__admin/requests?since=%s", cursor), NULL);
}

static struct mock_response verify_since(struct mock *m, const char *cursor)
{
    const char *body = arena_printf(&m->arena, "{\"match\":{},\"count\":0,\"since\":\"%s\"}", cursor);
    return mock_call(m, "POST /ns/a/__admin/requests/verify", body);
}

/* Brings the journal of the namespace to a new life, in each way that there is. */
static void end_by_reset(struct mock *m)
{
    mock_call(m, "POST /ns/a/__admin/reset", NULL);
}

static void end_by_reset_of_its_name(struct mock *m)
{
    mock_call(m, "POST /__admin/namespaces/a/reset", NULL);
}

static void end_by_clearing(struct mock *m)
{
    mock_call(m, "DELETE /ns/a/__admin/requests", NULL);
}

static void end_by_deletion(struct mock *m)
{
    mock_call(m, "DELETE /__admin/namespaces/a", NULL);
    assert_int_equal(mock_call(m, "POST /__admin/namespaces", "{\"name\":\"a\"}").status, 201);
}

static void end_by_restoring(struct mock *m)
{
    mock_call(m, "POST /ns/a/__admin/snapshots", "{\"name\":\"before\"}");
    mock_call(m, "POST /ns/a/__admin/snapshots/before/restore", NULL);
}

static void end_by_idling(struct mock *m)
{
    namespaces_find(m->namespaces, STR("a"))->idle_us = 1;
    namespaces_expire(m->namespaces, time_monotonic_us() + 1000);
    assert_int_equal(mock_call(m, "GET /ns/a/__admin/clock", NULL).status, 404);
}

static void end_by_reload(struct mock *m)
{
    struct fixture *fixture = m->fixtures[0];
    namespaces_refix(m->namespaces, fixture, fixture, true, ignore_reload, NULL);
}

static void a_cursor_of_an_earlier_life_is_refused(void **state)
{
    static void (*const ends[])(struct mock * m) = {
        end_by_reset,  end_by_reset_of_its_name, end_by_clearing, end_by_deletion, end_by_restoring, end_by_idling,
        end_by_reload,
    };
    struct mock *m = *state;
    for (size_t i = 0; i < COUNT(ends); i++) {
        mock_call(m, "DELETE /__admin/namespaces/a", NULL);
        for (int call = 0; call < 3; call++)
            mock_call(m, "GET /ns/a/v1/whoami", NULL, KEY);
        struct mock_response page = mock_call(m, "GET /ns/a/__admin/requests?limit=2", NULL);
        const char *second = at(page, "/items/1/cursor"), *next = at(page, "/next");
        assert_string_equal(second, next);
        assert_int_equal(node_count(node_get(list_since(m, second).body, "items")), 1);
        assert_int_equal(verify_since(m, second).status, 409);
        ends[i](m);
        for (int call = 0; call < 2; call++)
            mock_call(m, "GET /ns/a/v1/whoami", NULL, KEY);
        assert_problem(list_since(m, second), 410, NULL, "is not of this journal");
        assert_problem(verify_since(m, second), 410, NULL, "is not of this journal");
        assert_string_equal(at(verify_since(m, second), "/code"), "outdated_cursor");
        const char *body = arena_printf(&m->arena, "{\"match\":{},\"count\":0,\"since\":\"%s\"}", second);
        assert_int_equal(mock_call(m, "POST /ns/a/__admin/requests/wait", body).status, 410);
        static const char *const lists[] = {"unmatched?since=", "unmatched/near-misses?since="};
        for (size_t l = 0; l < COUNT(lists); l++)
            assert_int_equal(
                mock_call(m, arena_printf(&m->arena, "GET /ns/a/__admin/requests/%s%s", lists[l], second), NULL).status,
                410);
        assert_int_equal(mock_call(m, arena_printf(&m->arena, "GET /ns/a/__admin/explain/%s", second), NULL).status,
                         410);
        next = at(mock_call(m, "GET /ns/a/__admin/requests", NULL), "/next");
        assert_int_equal(verify_since(m, next).status, 200);
    }
}

static void a_cursor_of_another_namespace_is_refused(void **state)
{
    struct mock *m = *state;
    mock_call(m, "GET /ns/a/v1/whoami", NULL, KEY);
    mock_call(m, "GET /ns/b/v1/whoami", NULL, KEY);
    const char *other = at(mock_call(m, "GET /ns/b/__admin/requests", NULL), "/next");
    assert_problem(list_since(m, other), 410, NULL, "or the cursor is of another namespace");
}

static void a_cursor_must_be_one(void **state)
{
    static const struct {
        const char *cursor, *words;
    } rows[] = {
        {"3",                      "'since' is the number 3; expected a cursor"                },
        {"1",                      "or 0 for the beginning"                                    },
        {"x",                      "invalid 'since': 'x'"                                      },
        {"-3",                     "invalid 'since': '-3'"                                     },
        {"1-2-3",                  "invalid 'since': '1-2-3'"                                  },
        {"1--2",                   "invalid 'since': '1--2'"                                   },
        {"1-99999999999999999999", "invalid 'since'"                                           },
        {"1-4",                    "after the newest journal entry; the newest cursor is '1-3'"},
        {"",                       "invalid 'since': ''"                                       },
    };
    struct mock *m = *state;
    for (int i = 0; i < 3; i++)
        mock_call(m, LIST, NULL, KEY);
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_problem(mock_call(m, arena_printf(&m->arena, "GET /__admin/requests?since=%s", rows[i].cursor), NULL),
                       422, "query", rows[i].words);
    assert_int_equal(node_count(node_get(mock_call(m, "GET /__admin/requests?since=0", NULL).body, "items")), 3);
    assert_string_equal(at(mock_call(m, "GET /__admin/requests?since=1-3", NULL), "/items"), "[]");
    assert_string_equal(at(mock_call(m, "GET /__admin/explain/1-2", NULL), "/seq"), "2");
    assert_int_equal(mock_call(m, "GET /__admin/explain/1-4", NULL).status, 422);
    assert_int_equal(mock_call(m, "GET /__admin/explain/1-0", NULL).status, 404);
}

static void an_operation_is_selected_by_name(void **state)
{
    struct mock *m = *state;
    static const struct {
        const char *operation, *words;
    } rows[] = {
        {"list_social_acounts",  "did you mean"                  },
        {"nobody.list",          "nobody"                        },
        {"list_social_accounts", "postnitro.list_social_accounts"},
        {"",                     ""                              },
    };
    mock_call(m, LIST, NULL, KEY);
    assert_string_equal(at(mock_call(m, "GET /__admin/requests?operation=list_leased_accounts", NULL), "/items"), "[]");
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *line = arena_printf(&m->arena, "GET /__admin/requests?operation=%s", rows[i].operation);
        assert_problem(mock_call(m, line, NULL), 422, NULL, rows[i].words);
    }
}

static void an_unknown_parameter_is_rejected(void **state)
{
    static const char *const lines[] = {
        "GET /__admin/requests?opration=layers.whoami",
        "GET /__admin/requests?since=0&Since=1",
        "GET /__admin/requests/unmatched?operation=layers.whoami",
        "GET /__admin/requests/unmatched/near-misses?stable=1",
        "GET /__admin/clock?now=1",
        "POST /__admin/reset?all=1",
        "GET /__admin/explain/1?verbose",
    };
    for (size_t i = 0; i < COUNT(lines); i++)
        assert_problem(mock_call(*state, lines[i], NULL), 422, NULL, "unknown parameter");
    assert_problem(mock_call(*state, lines[0], NULL), 422, NULL, "operation=ID");
    assert_problem(mock_call(*state, "GET /__admin/requests?since=%zz", NULL), 422, "query", "escape");
    assert_int_equal(mock_call(*state, "GET /__admin/requests/unmatched?stable=1", NULL).status, 200);
    assert_int_equal(mock_call(*state, "GET /__admin/state/accounts?handle=one", NULL).status, 200);
}

static void scheduled_events_are_listed_with_their_status(void **state)
{
    struct mock *m = *state;
    struct mock_response scheduled =
        mock_call(m, "POST /layers/v1/content/cnt_one/schedule",
                  "{\"scheduledFor\":\"2026-05-02T10:00:00Z\",\"targets\":[{\"socialAccountId\":"
                  "\"sa_one\",\"mode\":\"publish\"}]}",
                  KEY);
    assert_int_equal(scheduled.status / 100, 2);
    mock_call(m, LIST, NULL, KEY);
    struct mock_response a = mock_call(m, "GET /__admin/requests", NULL);
    assert_string_equal(at(a, "/items/0/events/0/what"), "post_due");
    assert_string_equal(at(a, "/items/0/events/0/kind"), "destinations");
    assert_string_equal(at(a, "/items/0/events/0/id"), at(scheduled, "/scheduledPosts/0/scheduledPostId"));
    assert_string_equal(at(a, "/items/0/events/0/at"), "2026-05-02T10:00:00.000Z");
    assert_string_equal(at(a, "/items/0/events/0/done"), "false");
    assert_null(at(a, "/items/0/events/1"));
    assert_string_equal(at(a, "/items/1/events"), "[]");
    mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"1h\"}");
    a = mock_call(m, "GET /__admin/explain/1", NULL);
    assert_string_equal(at(a, "/events/0/what"), "post_due");
    assert_string_equal(at(a, "/events/0/done"), "true");
}

static void evicted_entries_are_counted(void **state)
{
    (void)state;
    struct error err = {0};
    struct mock *m = mock_new(
        &(struct mock_options){.public_url = "http://mock.test", .admin = true, .limits.journal_bytes = 8 << 10}, &err);
    for (int i = 0; i < 50; i++)
        mock_call(m, "GET /v1/nowhere", NULL);
    struct mock_response a = mock_call(m, "GET /__admin/requests?since=1-3", NULL);
    assert_string_equal(at(a, "/truncated"), "true");
    int64_t lost = node_get(a.body, "lost")->integer;
    assert_true(lost > 3 && lost < 50);
    assert_int_equal(node_pointer(a.body, "/items/0/seq")->integer, lost + 1);
    const char *line = arena_printf(&m->arena, "GET /__admin/requests?since=1-%lld", (long long)lost);
    assert_string_equal(at(mock_call(m, line, NULL), "/truncated"), "false");
    a = mock_call(m, "POST /__admin/requests/verify", "{\"match\":{\"method\":\"GET\"}}");
    assert_int_equal(a.status, 409);
    assert_non_null(strstr(at(a, "/detail"), "has evicted"));
    a = mock_call(m, "POST /__admin/requests/verify",
                  arena_printf(&m->arena, "{\"match\":{\"method\":\"GET\"},\"since\":\"1-%lld\"}", (long long)lost));
    assert_int_equal(a.status, 200);
    mock_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_journal_has_requests_and_responses),
        TEST(the_journal_is_read_in_pages),
        TEST(a_cursor_of_an_earlier_life_is_refused),
        TEST(a_cursor_of_another_namespace_is_refused),
        TEST(a_cursor_must_be_one),
        TEST(an_operation_is_selected_by_name),
        TEST(an_unknown_parameter_is_rejected),
        TEST(scheduled_events_are_listed_with_their_status),
        cmocka_unit_test(evicted_entries_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
