/* admin_test.h - for tests of the admin API: a fixture with two projects, and helpers for calls.
 *
 * Shapes:  TEST(name) is a test whose *state is a mock with that fixture, its clock frozen at
 *          2026-05-02T09:00:00Z.
 * Errors:  an unexpected response fails the test and is printed.
 */
#pragma once
#include "mockserver/tests/mock_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

#define KEY  "Authorization: Bearer lp_live_full"
#define LIST "GET /layers/v1/projects/prj_one/social-accounts"

static const char admin_fixture[] =
    "name: admin\n"
    "clock: { start: 2026-05-02T09:00:00Z, mode: frozen }\n"
    "consent: local\n"
    "layers:\n"
    "  organizations:\n"
    "    - name: \"Acme <b>&Co\"\n"
    "      keys:\n"
    "        - { name: full, key: lp_live_full, scopes: ['*'], return_domains: [app.test] }\n"
    "      projects:\n"
    "        - id: prj_one\n"
    "          name: One\n"
    "          social_accounts:\n"
    "            - { id: sa_one, platform: tiktok, handle: one, connected_at: -2d, "
    "token_expires_at: +20d }\n"
    "            - { id: sa_two, platform: instagram, handle: twin, connected_at: -1d, "
    "token_expires_at: +20d }\n"
    "          content: [ { id: cnt_one, media_type: video } ]\n"
    "          scheduled_posts:\n"
    "            - { id: sp_one, content: cnt_one, account: sa_one, at: +2d }\n"
    "            - { id: sp_two, content: cnt_one, account: sa_one, at: +3d }\n"
    "        - id: prj_two\n"
    "          name: Two\n"
    "          social_accounts: [ { id: sa_three, platform: tiktok, handle: twin, connected_at: "
    "-1d, token_expires_at: +20d } ]\n";

static inline int setup(void **state)
{
    *state = mock_test_new(admin_fixture);
    return 0;
}

/* The response must be a problem with this status, and its first error be at `pointer` and contain
 * `words`. Without a pointer the problem's detail must contain them. */
static inline void assert_problem(struct mock_response a, int status, const char *pointer, const char *words)
{
    const char *at_pointer = at(a, "/pointer"), *detail = at(a, "/detail");
    if (!pointer)
        detail = at(a, "/detail");
    if (a.status != status || !detail || !strstr(detail, words) || (pointer && strcmp(at_pointer, pointer) != 0))
        fail_msg("expected %d %s '%s', got %d " STR_FMT, status, pointer ? pointer : "", words, a.status,
                 STR_ARG(a.text));
    assert_string_equal(header_of(a, "Content-Type"), "application/problem+json");
    assert_string_equal(at(a, "/type"), "about:blank");
}

static inline const char *begin_attempt(struct mock *m)
{
    struct mock_response a = mock_call(m, "POST /layers/v1/projects/prj_one/social/oauth-url",
                                       "{\"platform\":\"tiktok\",\"returnUrl\":\"https://app.test/back\"}", KEY);
    assert_int_equal(a.status, 200);
    return at(a, "/state");
}

static inline struct mock_response simulation(struct mock *m, const char *name, const char *body)
{
    return mock_call(m, arena_printf(&m->arena, "POST /__admin/simulate/%s", name), body);
}

static inline struct mock_response consent(struct mock *m, const char *token, const char *rest)
{
    return simulation(m, "consent", arena_printf(&m->arena, "{\"state\":\"%s\",%s}", token, rest));
}

static inline const char *oauth_attempt_status(struct mock *m, const char *token, const char *pointer)
{
    return at(mock_call(m, arena_printf(&m->arena, "GET /layers/v1/social/oauth-status/%s", token), NULL, KEY),
              pointer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, mock_test_teardown)
