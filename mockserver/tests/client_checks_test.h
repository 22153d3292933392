/* client_checks_test.h - for tests of the client checks: a mock of fixtures/layers-acme.yaml, and
 * helpers that compare results.
 *
 * Shapes:  CLIENT_CHECKS_TEST(f) is LAYERS_TEST(f). The clock is frozen; only pass() advances it.
 * Units:   milliseconds.
 * Errors:  an unexpected result fails the test and is printed.
 */
#pragma once
#include "mockserver/tests/layers_test.h"

#include <inttypes.h>
#include <string.h>

#include "mockserver/client_checks/client_checks.h"
#include "mockserver/state/world.h"

#define CLIENT_CHECKS_TEST(f) LAYERS_TEST(f)
#define CLIENT_CHECKS         "GET /__admin/client-checks"
#define RULES                 "POST /__admin/rules"

static inline void pass(struct mock *m, int64_t ms)
{
    struct world *w = mock_test_world(m);
    events_advance(w, world_now(w) + ms);
}

/* The result of one check, as an object. */
static inline const struct node *client_check_result(struct mock *m, const char *id)
{
    const struct node *checks = node_get(mock_call(m, CLIENT_CHECKS, NULL).body, "checks");
    for (size_t i = 0; i < node_count(checks); i++)
        if (strcmp(node_get_text(node_at(checks, i), "id"), id) == 0)
            return node_at(checks, i);
    fail_msg("there is no check %s", id);
    return NULL;
}

static inline const char *first_why(const struct node *response)
{
    const struct node *first = node_at(node_get(response, "occurrences"), 0);
    return first ? node_get_text(first, "why") : "";
}

/* `expected`: verdict, tested, failures, as in "passed 1 0". `why`: of the first violation; "":
 * none. */
static inline void assert_client_check(struct mock *m, const char *id, const char *expected, const char *why)
{
    const struct node *a = client_check_result(m, id);
    const char *seen = arena_printf(&m->arena, "%s %" PRId64 " %" PRId64, node_get_text(a, "verdict"),
                                    node_get(a, "tested")->integer, node_get(a, "failures")->integer);
    if (strcmp(seen, expected) != 0 || strcmp(first_why(a), why) != 0)
        fail_msg("%s: expected '%s' \"%s\", got '%s' \"%s\"", id, expected, why, seen, first_why(a));
}

static inline void add_rule(struct mock *m, const char *rule)
{
    assert_int_equal(mock_call(m, RULES, rule).status, 201);
}
