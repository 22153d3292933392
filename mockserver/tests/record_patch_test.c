/* PATCH of one record: accepted values, rejected values, and the effect on the state. */
#include "base/array.h"
#include "mockserver/tests/mock_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define STATE "/__admin/state/"
#define KEY   "Authorization: Bearer lp_live_one"

static const char fixture[] =
    "clock: { start: 2026-05-02T09:00:00Z, mode: frozen }\n"
    "layers:\n"
    "  organizations:\n"
    "    - name: One\n"
    "      keys: [ { name: one, key: lp_live_one, scopes: ['social:read'] } ]\n"
    "      projects:\n"
    "        - id: prj\n"
    "          social_accounts: [ { id: sa, platform: tiktok, handle: one } ]\n"
    "          content: [ { id: cnt } ]\n"
    "          scheduled_posts:\n"
    "            - { id: sp, content: cnt, account: sa, at: +1d }\n"
    "            - { id: sp_two, content: cnt, account: sa, at: +2d }\n"
    "          lease_requests: [ { id: lreq, count: 1, vertical: fitness } ]\n"
    "    - name: Two\n"
    "      projects:\n"
    "        - { id: prj_two, lease_requests: [ { id: lreq, count: 1, vertical: fitness } ] }\n"
    "  lease_pool: [ { handle: fit, vertical: fitness }, { handle: lift, vertical: fitness } ]\n";

static int setup(void **state)
{
    *state = mock_test_new(fixture);
    return 0;
}

static struct mock_response patch(struct mock *m, const char *record, const char *body)
{
    return mock_call(m, arena_printf(&m->arena, "PATCH " STATE "%s", record), body);
}

static const char *key_path(struct mock *m)
{
    struct mock_response a = mock_call(m, "GET " STATE "keys?name=one", NULL);
    return arena_printf(&m->arena, "keys/%s", at(a, "/items/0/id"));
}

static void a_list_is_replaced_as_a_whole(void **state)
{
    struct mock *m = *state;
    const char *key = key_path(m);
    assert_int_equal(mock_call(m, "GET /v1/projects/prj/scheduled-posts", NULL, KEY).status, 403);
    struct mock_response a = patch(m, key, "{\"scopes\":[\"social:read\",\"*\"],\"limits\":[5,60]}");
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/record/scopes"), "[\"social:read\",\"*\"]");
    assert_string_equal(at(a, "/record/limits"), "[5,60]");
    assert_int_equal(mock_call(m, "GET /v1/projects/prj/scheduled-posts", NULL, KEY).status, 200);
    a = mock_call(m, "GET " STATE "keys?scopes=*", NULL);
    assert_int_equal(node_count(node_get(a.body, "items")), 1);
    a = patch(m, key, "{\"scopes\":[]}");
    assert_string_equal(at(a, "/record/scopes"), "[]");
    assert_string_equal(at(a, "/record/limits"), "[5,60]");
}

static void a_list_with_a_wrong_type_is_rejected(void **state)
{
    struct mock *m = *state;
    static const struct {
        const char *body, *pointer;
    } rows[] = {
        {"{\"scopes\":\"*\"}",       "/scopes"  },
        {"{\"scopes\":[\"a\",1]}",   "/scopes/1"},
        {"{\"scopes\":null}",        "/scopes"  },
        {"{\"limits\":[1,\"2\"]}",   "/limits/1"},
        {"{\"limits\":[1,2,3,4,5]}", "/limits"  },
        {"{\"limits\":null}",        "/limits"  },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = patch(m, key_path(m), rows[i].body);
        assert_int_equal(a.status, 422);
        assert_string_equal(at(a, "/pointer"), rows[i].pointer);
    }
}

/* A later increment would overflow. */
static void an_out_of_range_number_is_rejected(void **state)
{
    static const char *const numbers[] = {"9223372036854775807", "-9223372036854775807", "1000000000000001"};
    struct mock *m = *state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        struct mock_response a =
            patch(m, "accounts/sa", arena_printf(&m->arena, "{\"token_generation\":%s}", numbers[i]));
        assert_int_equal(a.status, 422);
        assert_string_equal(at(a, "/pointer"), "/token_generation");
    }
    assert_int_equal(patch(m, "accounts/sa", "{\"followers\":1000000000000000}").status, 200);
}

/* Otherwise the record's later times would be before its creation. */
static void a_created_at_in_the_future_is_rejected(void **state)
{
    static const char *const records[] = {"posts/~1", "destinations/sp"};
    static const char future[] = "{\"created_at\":\"2026-05-03T09:00:00Z\","
                                 "\"updated_at\":\"2026-05-04T09:00:00Z\"}";
    static const char past[] = "{\"created_at\":\"2026-04-03T09:00:00Z\"}";
    for (size_t i = 0; i < COUNT(records); i++) {
        struct mock_response a = patch(*state, records[i], future);
        assert_int_equal(a.status, 409);
        assert_non_null(strstr(at(a, "/detail"), "'created_at' must not be in the future"));
        assert_int_equal(patch(*state, records[i], past).status, 200);
    }
}

static void a_lease_request_is_looked_up_in_its_organization(void **state)
{
    struct mock *m = *state;
    assert_int_equal(mock_call(m, "POST /__admin/simulate/lease_decide",
                               "{\"request\":\"lreq\",\"project\":\"prj\","
                               "\"outcome\":\"assigned\"}")
                         .status,
                     200);
    struct mock_response a = mock_call(m, "GET " STATE "accounts?leased=true", NULL);
    const char *leased = arena_printf(&m->arena, "accounts/%s", at(a, "/items/0/id"));
    a = patch(m, leased, "{\"lease_request\":\"lreq\"}");
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/record/lease_request"), "lreq");
    assert_int_equal(patch(m, leased, "{\"lease_request\":\"unknown\"}").status, 422);
}

static void records_with_the_same_id_are_selected_by_number(void **state)
{
    struct mock *m = *state;
    struct mock_response a = patch(m, "lease_requests/lreq", "{\"note\":\"mine\"}");
    assert_int_equal(a.status, 409);
    assert_non_null(strstr(at(a, "/detail"), "~1"));
    assert_int_equal(patch(m, "lease_requests/~2", "{\"note\":\"mine\"}").status, 200);
    a = mock_call(m, "GET " STATE "lease_requests", NULL);
    assert_string_equal(at(a, "/items/0/note"), "null");
    assert_string_equal(at(a, "/items/1/note"), "mine");
    assert_int_equal(patch(m, "lease_requests/~3", "{}").status, 404);
}

/* A patch is rejected only if it adds a violation. */
static void a_state_with_a_violation_can_still_be_patched(void **state)
{
    struct mock *m = *state;
    static const char published[] = "{\"state\":\"published\"}"; /* never attempted */
    assert_int_equal(patch(m, "destinations/sp", published).status, 409);
    assert_int_equal(patch(m, "destinations/sp?skip_invariants=1", published).status, 200);
    assert_int_equal(patch(m, "accounts/sa", "{\"handle\":\"other\"}").status, 200);
    struct mock_response a = patch(m, "destinations/sp?skip_invariants=1", "{\"account\":null}");
    assert_int_equal(a.status, 422); /* required even with skip_invariants */
    assert_non_null(strstr(at(a, "/detail"), "'account' cannot be null"));
    assert_int_equal(patch(m, "destinations/sp_two", published).status, 409);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, mock_test_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_list_is_replaced_as_a_whole),
        TEST(a_list_with_a_wrong_type_is_rejected),
        TEST(an_out_of_range_number_is_rejected),
        TEST(a_created_at_in_the_future_is_rejected),
        TEST(a_lease_request_is_looked_up_in_its_organization),
        TEST(records_with_the_same_id_are_selected_by_number),
        TEST(a_state_with_a_violation_can_still_be_patched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
