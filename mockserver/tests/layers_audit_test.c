/* Tests of the audit log, with fixtures/layers-acme.yaml. */
#include "base/array.h"
#include "mockserver/tests/layers_test.h"

#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "mockserver/state/world.h"

#define LOG "GET /v1/audit-log"

static const char *list_values(struct mock_response a, const char *member)
{
    struct buf out = {.arena = a.arena};
    const struct node *items = node_get(a.body, "items");
    assert_int_equal(a.status, 200);
    for (size_t i = 0; i < node_count(items); i++)
        buf_printf(&out, "%s%s", i ? " " : "", node_get_text(node_at(items, i), member));
    return buf_c(&out);
}

static void revoke(struct mock *m, const char *account, const char *as)
{
    char line[96];
    snprintf(line, sizeof line, "DELETE /v1/social-accounts/%s", account);
    assert_int_equal(mock_call(m, line, NULL, as).status, 200);
}

static const char *key_id(struct mock *m, const char *as)
{
    return at(mock_call(m, "GET /v1/whoami", NULL, as), "/apiKeyId");
}

static void the_log_of_a_new_namespace_is_empty(void **state)
{
    struct mock_response a = mock_call(*state, LOG, NULL, AS_READER);
    assert_string_equal(list_values(a, "id"), "");
    assert_string_equal(at(a, "/nextCursor"), "null");
}

static void a_revocation_is_logged_newest_first(void **state)
{
    struct mock *m = *state;
    revoke(m, "sa_acme_disposable", AS_SECOND);
    struct mock_response a = mock_call(m, LOG, NULL, AS_FULL);
    assert_string_equal(list_values(a, "eventType"), "social_account.revoked scheduled_post.cancelled "
                                                     "scheduled_post.cancelled");
    assert_string_equal(list_values(a, "resourceId"), "sa_acme_disposable sp_popup_two sp_popup_one");
    assert_string_equal(at(a, "/items/0/projectId"), "prj_acme_a");
    assert_string_equal(at(a, "/items/0/apiKeyId"), key_id(m, AS_SECOND));
    assert_string_equal(at(a, "/items/0/createdAt"), "2026-05-02T09:00:00Z");
    assert_string_equal(list_values(mock_call(m, LOG, NULL, AS_OTHER), "id"), "");
}

static void time_and_simulations_are_not_attributed_to_a_key(void **state)
{
    struct mock *m = *state;
    struct world *w = mock_test_world(m);
    revoke(m, "sa_acme_disposable", AS_FULL);
    mock_call(m, "POST /__admin/simulate/token_lost", "{\"account\":\"sa_acme_instagram\",\"why\":\"expired\"}");
    events_advance(w, world_now(w) + DAY_MS);
    struct mock_response a = mock_call(m, LOG "?limit=2", NULL, AS_FULL);
    assert_string_equal(list_values(a, "eventType"), "scheduled_post.failed social_account.needs_reauth");
    assert_string_equal(at(a, "/items/0/apiKeyId"), "null");
    assert_string_equal(at(a, "/items/1/apiKeyId"), "null");
}

static void each_filter_selects_entries(void **state)
{
    struct mock *m = *state;
    struct world *w = mock_test_world(m);
    revoke(m, "sa_acme_tiktok", AS_FULL);
    events_advance(w, world_now(w) + DAY_MS / 24);
    revoke(m, "sa_acme_b_tiktok", AS_SECOND);
    const char *second = key_id(m, AS_SECOND);
    static const struct {
        const char *query, *ids;
    } rows[] = {
        {"?eventType=social_account.revoked",                      "sa_acme_b_tiktok sa_acme_tiktok"},
        {"?eventType=scheduled_post.cancelled",                    "sp_b_queued sp_queued"          },
        {"?eventType=scheduled_post.canceled",                     ""                               },
        {"?projectId=prj_acme_b",                                  "sa_acme_b_tiktok sp_b_queued"   },
        {"?projectId=prj_acme_b&eventType=social_account.revoked", "sa_acme_b_tiktok"               },
        {"?projectId=none",                                        ""                               },
        {"?apiKeyId=none",                                         ""                               },
        {"?since=2026-05-02T09:30:00Z",                            "sa_acme_b_tiktok sp_b_queued"   },
        {"?until=2026-05-02T09:30:00Z",                            "sa_acme_tiktok sp_queued"       },
        {"?since=2026-05-02T09:30:00Z&until=2026-05-02T09:40:00Z", ""                               },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char line[160];
        snprintf(line, sizeof line, LOG "%s", rows[i].query);
        assert_string_equal(list_values(mock_call(m, line, NULL, AS_FULL), "resourceId"), rows[i].ids);
    }
    char line[160];
    snprintf(line, sizeof line, LOG "?apiKeyId=%s", second);
    assert_string_equal(list_values(mock_call(m, line, NULL, AS_FULL), "resourceId"), "sa_acme_b_tiktok sp_b_queued");
}

static void pages_have_no_gap_while_the_log_grows(void **state)
{
    struct mock *m = *state;
    revoke(m, "sa_acme_disposable", AS_FULL);
    struct mock_response first = mock_call(m, LOG "?limit=2", NULL, AS_FULL);
    assert_string_equal(list_values(first, "resourceId"), "sa_acme_disposable sp_popup_two");
    revoke(m, "sa_acme_b_tiktok", AS_FULL);
    char line[160];
    snprintf(line, sizeof line, LOG "?limit=2&cursor=%s", at(first, "/nextCursor"));
    struct mock_response rest = mock_call(m, line, NULL, AS_FULL);
    assert_string_equal(list_values(rest, "resourceId"), "sp_popup_one");
    assert_string_equal(at(rest, "/nextCursor"), "null");
    struct mock_response all = mock_call(m, LOG "?limit=5", NULL, AS_FULL);
    assert_int_equal(node_count(node_get(all.body, "items")), 5);
    assert_string_equal(at(all, "/nextCursor"), "null");
}

static void an_invalid_query_is_a_validation_error(void **state)
{
    static const struct {
        const char *query, *path;
    } rows[] = {
        {"?cursor=nonsense",     "cursor"},
        {"?cursor=",             "cursor"},
        {"?cursor=MCA5OTk5OTk5", "cursor"}, /* of an entry that never existed */
        {"?limit=0",             "limit" },
        {"?limit=201",           "limit" },
        {"?since=yesterday",     "since" },
        {"?until=2026-13-01",    "until" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char line[96];
        snprintf(line, sizeof line, LOG "%s", rows[i].query);
        struct mock_response a = mock_call(*state, line, NULL, AS_FULL);
        assert_refused(a, 422, "VALIDATION");
        assert_string_equal(at(a, "/error/details/issues/0/path"), rows[i].path);
    }
    assert_refused(mock_call(*state, LOG, NULL, NULL), 401, "UNAUTHENTICATED");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAYERS_TEST(the_log_of_a_new_namespace_is_empty),
        LAYERS_TEST(a_revocation_is_logged_newest_first),
        LAYERS_TEST(time_and_simulations_are_not_attributed_to_a_key),
        LAYERS_TEST(each_filter_selects_entries),
        LAYERS_TEST(pages_have_no_gap_while_the_log_grows),
        LAYERS_TEST(an_invalid_query_is_a_validation_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
