/* posteverywhere_test.h - a mock with fixtures/posteverywhere-acme.yaml for each test, and keys.
 *
 * Shapes:  PE_TEST(f): f gets the mock in *state. AS_X: the Authorization header of a key.
 * Errors:  a fixture that fails to load fails the test.
 */
#pragma once
#include "mockserver/tests/mock_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define V "/api/v1"

/* Parenthesized, because a concatenated string in a list looks like a missing comma. */
#define GET(path)    ("GET " V path)
#define POST(path)   ("POST " V path)
#define PATCH(path)  ("PATCH " V path)
#define DELETE(path) ("DELETE " V path)

#define AS_BRAND  "Authorization: Bearer pe_live_a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4"
#define AS_ACME   "Authorization: Bearer pe_live_0c5e8d9a0c5e8d9a0c5e8d9a0c5e8d9a"
#define AS_READER "Authorization: Bearer pe_live_0c5e8d9a0c5e8d9a0c5e8d9a00000001"
#define AS_TIGHT  "Authorization: Bearer pe_live_0c5e8d9a0c5e8d9a0c5e8d9a00000002"
#define AS_ALIAS  "Authorization: Bearer pe_live_0c5e8d9a0c5e8d9a0c5e8d9a00000003"
#define AS_OLDER  "Authorization: Bearer pe_live_0c5e8d9a0c5e8d9a0c5e8d9a00000004"
#define AS_EMPTY  "Authorization: Bearer pe_live_ffff0000ffff0000ffff0000ffff0000"
#define AS_OTHER  "Authorization: Bearer pe_live_0123456789abcdef0123456789abcdef"
#define AS_LAYERS "Authorization: Bearer lp_live_01HX9Y6K7EJ4T2_full"

#define PE_TEST(f) cmocka_unit_test_setup_teardown(f, pe_test_setup, mock_test_teardown)

static inline int pe_test_setup(void **state)
{
    *state = mock_test_file(SOURCE_DIR "/fixtures/posteverywhere-acme.yaml");
    return 0;
}

/* Expects the error envelope: data is null, error has its members, meta is present. */
static inline void assert_refused(struct mock_response a, int status, const char *code)
{
    assert_int_equal(a.status, status);
    assert_string_equal(at(a, "/data"), "null");
    assert_string_equal(at(a, "/error/code"), code);
    assert_true(strlen(at(a, "/error/message")) > 0);
    assert_non_null(at(a, "/error/retryable"));
    assert_non_null(at(a, "/meta/request_id"));
    assert_non_null(at(a, "/meta/timestamp"));
}

static inline struct mock_response simulate(struct mock *m, const char *name, const char *body)
{
    char line[64];
    (void)snprintf(line, sizeof line, "POST /__admin/simulate/%s", name);
    struct mock_response a = mock_call(m, line, body);
    assert_int_equal(a.status, 200);
    return a;
}

/* Moves the clock forward; events that are due run with the next call. */
static inline void advance(struct mock *m, int64_t ms)
{
    struct world *w = mock_test_world(m);
    clock_move_to(&w->clock, world_now(w) + ms);
}

/* Joins a prefix, a value of the response and a suffix: a request line, a header or a body. */
static inline const char *line_of(struct mock_response a, const char *prefix, const char *pointer, const char *suffix)
{
    return arena_printf(a.arena, "%s%s%s", prefix, at(a, pointer), suffix);
}
