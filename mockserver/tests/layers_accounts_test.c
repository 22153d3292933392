/* Tests of the list of social accounts and of revocation, with fixtures/layers-acme.yaml. */
#include "base/array.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/layers_test.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "mockserver/providers/layers/layers.h"

#define LIST "GET /v1/projects/prj_acme_a/social-accounts"

static const char *list_ids(struct mock_response a)
{
    struct buf out = {.arena = a.arena};
    const struct node *items = node_get(a.body, "items");
    for (size_t i = 0; i < node_count(items); i++)
        buf_printf(&out, "%s%s", i ? " " : "",
                   node_get_text(node_at(items, i), "socialAccountId") + strlen("sa_acme_"));
    return buf_c(&out);
}

static void each_filter_selects_accounts_newest_first(void **state)
{
    static const struct {
        const char *query, *ids;
    } rows[] = {
        {"",                                              "disposable tiktok instagram leased withdrawn expired"},
        {"?platform=tiktok",                              "disposable tiktok leased expired"                    },
        {"?platform=instagram",                           "instagram withdrawn"                                 },
        {"?status=connected",                             "disposable tiktok instagram leased"                  },
        {"?status=reauth_required",                       "withdrawn expired"                                   },
        {"?status=disconnected",                          ""                                                    },
        {"?leased=true",                                  "leased"                                              },
        {"?leased=false",                                 "disposable tiktok instagram withdrawn expired"       },
        {"?platform=tiktok&status=connected",             "disposable tiktok leased"                            },
        {"?platform=instagram&status=reauth_required",    "withdrawn"                                           },
        {"?platform=tiktok&leased=false",                 "disposable tiktok expired"                           },
        {"?status=connected&leased=false",                "disposable tiktok instagram"                         },
        {"?platform=instagram&leased=true",               ""                                                    },
        {"?platform=tiktok&status=connected&leased=true", "leased"                                              },
        {"?platform=tiktok&status=disconnected",          ""                                                    },
        {"?somethingElse=1",                              "disposable tiktok instagram leased withdrawn expired"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char line[256];
        snprintf(line, sizeof line, (LIST "%s"), rows[i].query);
        struct mock_response a = mock_call(*state, line, NULL, AS_FULL);
        assert_int_equal(a.status, 200);
        assert_string_equal(list_ids(a), rows[i].ids);
        assert_string_equal(at(a, "/nextCursor"), "null");
    }
}

static void pages_of_any_size_add_up_to_the_list(void **state)
{
    static const char *const filters[] = {"", "&platform=tiktok", "&status=connected", "&leased=false",
                                          "&platform=tiktok&leased=false"};
    for (size_t f = 0; f < COUNT(filters); f++)
        for (int limit = 1; limit <= 7; limit++) {
            char line[512], seen[512] = "";
            const char *cursor = NULL;
            snprintf(line, sizeof line, (LIST "?limit=200%s"), filters[f]);
            const char *whole = list_ids(mock_call(*state, line, NULL, AS_FULL));
            do {
                snprintf(line, sizeof line, (LIST "?limit=%d%s%s%s"), limit, filters[f], cursor ? "&cursor=" : "",
                         cursor ? cursor : "");
                struct mock_response a = mock_call(*state, line, NULL, AS_FULL);
                assert_int_equal(a.status, 200);
                assert_true(node_count(node_get(a.body, "items")) <= (size_t)limit);
                strcat(strcat(seen, *seen ? " " : ""), list_ids(a));
                cursor = node_get_text(a.body, "nextCursor");
            } while (cursor);
            assert_string_equal(seen, whole);
        }
}

static void a_cursor_stays_valid_when_its_account_is_removed(void **state)
{
    struct mock_response first = mock_call(*state, (LIST "?limit=1"), NULL, AS_FULL);
    assert_string_equal(list_ids(first), "disposable");
    mock_call(*state, "DELETE /v1/social-accounts/sa_acme_disposable", NULL, AS_FULL);
    char line[256];
    snprintf(line, sizeof line, (LIST "?limit=2&cursor=%s"), at(first, "/nextCursor"));
    assert_string_equal(list_ids(mock_call(*state, line, NULL, AS_FULL)), "tiktok instagram");
}

static void a_cursor_of_another_list_is_refused(void **state)
{
    static const struct {
        const char *list;
        int status;
    } rows[] = {
        {"GET /v1/projects/prj_acme_a/social-accounts?status=connected&", 200},
        {"GET /v1/projects/prj_acme_b/social-accounts?",                  422},
        {"GET /v1/projects/prj_acme_a/scheduled-posts?",                  422},
        {"GET /v1/projects/prj_acme_a/leased-accounts?",                  422},
        {"GET /v1/leased-accounts?",                                      422},
        {"GET /v1/projects?",                                             422},
        {"GET /v1/audit-log?",                                            422},
        {"GET /v1/webhook-endpoints?",                                    422},
    };
    struct mock_response first = mock_call(*state, (LIST "?limit=1"), NULL, AS_FULL);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char line[256];
        snprintf(line, sizeof line, "%scursor=%s", rows[i].list, at(first, "/nextCursor"));
        struct mock_response a = mock_call(*state, line, NULL, AS_FULL);
        assert_int_equal(a.status, rows[i].status);
        if (a.status == 422)
            assert_string_equal(at(a, "/error/details/issues/0/path"), "cursor");
    }
}

static void accounts_connected_at_the_same_time_are_all_paged(void **state)
{
    (void)state;
    struct mock *m =
        mock_test_new("clock: {start: 2026-05-02T09:00:00Z}\n"
                      "layers: {organizations: [{name: A, keys: [{name: k, key: lp_live_k, scopes: ['*']}],\n"
                      "  projects: [{id: p, social_accounts: [{platform: tiktok, handle: a},\n"
                      "    {platform: tiktok, handle: b}, {platform: tiktok, handle: c}]}]}]}\n");
    const char *key = "Authorization: Bearer lp_live_k";
    struct mock_response a = mock_call(m, "GET /v1/projects/p/social-accounts?limit=1", NULL, key);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(node_count(node_get(a.body, "items")), 1);
        char line[256];
        snprintf(line, sizeof line, "GET /v1/projects/p/social-accounts?limit=1&cursor=%s", at(a, "/nextCursor"));
        a = mock_call(m, line, NULL, key);
    }
    assert_string_equal(at(a, "/items/0/handle"), "c");
    assert_string_equal(at(a, "/nextCursor"), "null");
    mock_free(m);
}

static void an_invalid_query_is_a_validation_error(void **state)
{
    static const struct {
        const char *query, *path;
    } rows[] = {
        {"platform=linkedin", "platform"},
        {"platform=",         "platform"},
        {"platform=TikTok",   "platform"},
        {"status=live",       "status"  },
        {"leased=yes",        "leased"  },
        {"leased=1",          "leased"  },
        {"limit=0",           "limit"   },
        {"limit=201",         "limit"   },
        {"limit=-1",          "limit"   },
        {"limit=ten",         "limit"   },
        {"limit=",            "limit"   },
        {"cursor=",           "cursor"  },
        {"cursor=nonsense",   "cursor"  },
        {"cursor=%2B%2B",     "cursor"  },
        {"cursor=MSAw",       "cursor"  },
        {"platform=%zz",      "query"   },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char line[256];
        snprintf(line, sizeof line, (LIST "?%s"), rows[i].query);
        struct mock_response a = mock_call(*state, line, NULL, AS_FULL);
        assert_refused(a, 422, "VALIDATION");
        assert_string_equal(at(a, "/error/details/issues/0/path"), rows[i].path);
        assert_non_null(at(a, "/error/details/issues/0/message"));
    }
}

static void unknown_ids_and_other_organizations_ids_return_404(void **state)
{
    static const struct {
        const char *line, *as;
    } rows[] = {
        {"GET /v1/projects/prj_unknown/social-accounts", AS_FULL },
        {"GET /v1/projects/prj_other/social-accounts",   AS_FULL },
        {"GET /v1/projects/prj_acme_a/social-accounts",  AS_OTHER},
        {"GET /v1/projects/PRJ_ACME_A/social-accounts",  AS_FULL },
        {"DELETE /v1/social-accounts/sa_other_tiktok",   AS_FULL },
        {"DELETE /v1/social-accounts/sa_acme_tiktok",    AS_OTHER},
        {"DELETE /v1/social-accounts/sa_unknown",        AS_FULL },
        {"DELETE /v1/social-accounts/sa_acme_revoked",   AS_FULL },
        {"GET /v1/nothing",                              AS_FULL },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_refused(mock_call(*state, rows[i].line, NULL, rows[i].as), 404, "NOT_FOUND");
    /* the response does not reveal whether the project exists */
    assert_string_equal(at(mock_call(*state, rows[0].line, NULL, AS_FULL), "/error/message"),
                        at(mock_call(*state, rows[1].line, NULL, AS_FULL), "/error/message"));
}

static void a_call_needs_a_key_with_the_required_scope(void **state)
{
    assert_refused(mock_call(*state, LIST, NULL), 401, "UNAUTHENTICATED");
    assert_refused(mock_call(*state, LIST, NULL, "Authorization: Bearer lp_live_unknown"), 401, "UNAUTHENTICATED");
    assert_refused(mock_call(*state, LIST, NULL, AS_NARROW), 403, "FORBIDDEN_SCOPE");
    assert_int_equal(mock_call(*state, LIST, NULL, AS_READER).status, 200);
    assert_refused(mock_call(*state, "DELETE /v1/social-accounts/sa_acme_tiktok", NULL, AS_READER), 403,
                   "FORBIDDEN_SCOPE");
}

static void every_response_has_a_request_id_and_a_class(void **state)
{
    struct mock_response good = mock_call(*state, LIST, NULL, AS_FULL);
    struct mock_response bad = mock_call(*state, "POST /v1/nothing", NULL, AS_FULL);
    assert_int_equal(strlen(header_of(good, "X-Request-Id")), strlen("req_") + 26);
    assert_string_equal(header_of(good, "X-RateLimit-Endpoint-Class"), "read-light");
    assert_string_equal(header_of(bad, "X-Request-Id"), at(bad, "/error/requestId"));
    assert_string_equal(header_of(bad, "X-RateLimit-Endpoint-Class"), "write-light");
    assert_string_not_equal(header_of(good, "X-Request-Id"), header_of(bad, "X-Request-Id"));
}

static void a_wrong_method_returns_405_and_a_missing_implementation_501(void **state)
{
    assert_refused(mock_call(*state, "PUT /v1/projects/prj_acme_a/social-accounts", NULL, AS_FULL), 405,
                   "METHOD_NOT_ALLOWED");
    assert_refused(mock_call(*state, "POST /v1/organizations/org_acme/api-keys", NULL, AS_FULL), 501,
                   "NOT_IMPLEMENTED");
}

static const char *post_status(struct mock *m, const char *id)
{
    char line[128];
    snprintf(line, sizeof line, "GET /v1/scheduled-posts/%s", id);
    return at(mock_call(m, line, NULL, AS_FULL), "/status");
}

static void revoking_cancels_the_accounts_queued_posts_and_nothing_else(void **state)
{
    struct mock_response a = mock_call(*state, "DELETE /v1/social-accounts/sa_acme_disposable", NULL, AS_FULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/socialAccountId"), "sa_acme_disposable");
    assert_string_equal(at(a, "/status"), "disconnected");
    assert_string_equal(at(a, "/disconnectedReason"), "revoked_by_partner");
    assert_string_equal(at(a, "/canceledScheduledPosts"), "2");
    assert_string_equal(at(a, "/disconnectedAt"), "2026-05-02T09:00:00Z");
    struct world *w = mock_test_world(*state);
    uint32_t row = account_find(w, LAYERS, STR("sa_acme_disposable"));
    assert_int_equal(account_read(w, row)->disconnect, DISCONNECT_REVOKED);

    assert_string_equal(post_status(*state, "sp_popup_one"), "canceled");
    assert_string_equal(post_status(*state, "sp_popup_two"), "canceled");
    assert_string_equal(post_status(*state, "sp_popup_done"), "published");
    assert_string_equal(post_status(*state, "sp_queued"), "queued");
    assert_string_equal(post_status(*state, "sp_b_queued"), "queued");

    assert_string_equal(list_ids(mock_call(*state, LIST, NULL, AS_FULL)), "tiktok instagram leased withdrawn expired");
    assert_string_equal(list_ids(mock_call(*state, (LIST "?status=disconnected"), NULL, AS_FULL)), "");
    assert_refused(mock_call(*state, "DELETE /v1/social-accounts/sa_acme_disposable", NULL, AS_FULL), 404, "NOT_FOUND");
}

static void revoking_works_in_every_state_and_releases_a_leased_account(void **state)
{
    static const char *const names[] = {"tiktok", "expired", "withdrawn", "leased"};
    for (size_t i = 0; i < COUNT(names); i++) {
        char line[128];
        snprintf(line, sizeof line, "DELETE /v1/social-accounts/sa_acme_%s", names[i]);
        struct mock_response a = mock_call(*state, line, NULL, AS_FULL);
        assert_int_equal(a.status, 200);
        assert_string_equal(at(a, "/status"), "disconnected");
    }
    assert_string_equal(list_ids(mock_call(*state, LIST, NULL, AS_FULL)), "disposable instagram");
    assert_string_equal(
        at(mock_call(*state, "GET /v1/projects/prj_acme_b/social-accounts", NULL, AS_FULL), "/items/0/socialAccountId"),
        "sa_acme_b_tiktok");
}

static void an_account_has_the_documented_members(void **state)
{
    struct mock_response a = mock_call(*state, (LIST "?status=reauth_required&platform=tiktok"), NULL, AS_FULL);
    static const struct {
        const char *pointer, *value;
    } rows[] = {
        {"/items/0/socialAccountId", "sa_acme_expired"                                           },
        {"/items/0/platform",        "tiktok"                                                    },
        {"/items/0/handle",          "acmecoffee.eu"                                             },
        {"/items/0/avatarUrl",       "https://media.meetsift.com/tiktok/acmecoffee.eu/avatar.jpg"},
        {"/items/0/status",          "reauth_required"                                           },
        {"/items/0/leased",          "false"                                                     },
        {"/items/0/connectedAt",     "2026-03-23T09:00:00Z"                                      },
        {"/items/0/tokenExpiresAt",  "2026-04-22T09:00:00Z"                                      },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(at(a, rows[i].pointer), rows[i].value);
    assert_int_equal(node_count(node_pointer(a.body, "/items/0")), 8);
}

static void an_expired_token_makes_the_account_reauth_required(void **state)
{
    struct world *w = mock_test_world(*state);
    clock_move_to(&w->clock, world_now(w) + INT64_C(17) * 24 * 3600 * 1000);
    assert_string_equal(list_ids(mock_call(*state, (LIST "?status=reauth_required"), NULL, AS_FULL)),
                        "tiktok withdrawn expired");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAYERS_TEST(each_filter_selects_accounts_newest_first),
        LAYERS_TEST(pages_of_any_size_add_up_to_the_list),
        LAYERS_TEST(a_cursor_stays_valid_when_its_account_is_removed),
        LAYERS_TEST(a_cursor_of_another_list_is_refused),
        LAYERS_TEST(accounts_connected_at_the_same_time_are_all_paged),
        LAYERS_TEST(an_invalid_query_is_a_validation_error),
        LAYERS_TEST(unknown_ids_and_other_organizations_ids_return_404),
        LAYERS_TEST(a_call_needs_a_key_with_the_required_scope),
        LAYERS_TEST(every_response_has_a_request_id_and_a_class),
        LAYERS_TEST(a_wrong_method_returns_405_and_a_missing_implementation_501),
        LAYERS_TEST(revoking_cancels_the_accounts_queued_posts_and_nothing_else),
        LAYERS_TEST(revoking_works_in_every_state_and_releases_a_leased_account),
        LAYERS_TEST(an_account_has_the_documented_members),
        LAYERS_TEST(an_expired_token_makes_the_account_reauth_required),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
