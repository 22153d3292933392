/* postnitro_test.h - a mock with fixtures/postnitro-acme.yaml for each test, and keys.
 *
 * Shapes:  POSTNITRO_TEST(f): f gets the mock in *state. AS_X: the header of a key.
 * Errors:  a fixture that fails to load fails the test.
 */
#pragma once
#include "mockserver/tests/mock_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define AS_MAIN     "embed-api-key: pn-abcdefghijklmnopqrstuvwx"
#define AS_ACME     "embed-api-key: pn-acme00000000000000000001"
#define AS_EMPTY    "embed-api-key: pn-acme00000000000000empty1"
#define AS_OTHER    "embed-api-key: pn-other0000000000000000001"
#define AS_UNPAID   "embed-api-key: pn-000000000000000000unpaid"
#define AS_LOOSE    "embed-api-key: pn-loose0000000000000000001"
#define AS_STRANGER "embed-api-key: pn-000000000000000000000000"

#define UNAUTHORIZED "{\"status\":false,\"message\":\"Unauthorized\"}"
#define UNKNOWN_KEY                                                                                                    \
    "{\"status\":false,\"message\":\"Unable to find embed details, please check your Embed API "                       \
    "key and make sure to use the key for API.\"}"
#define NO_WORKSPACE                                                                                                   \
    "{\"status\":false,\"message\":\"Unable to find workspace details, please attach a workspace "                     \
    "to this API key.\"}"
#define UNPAID                                                                                                         \
    "{\"status\":false,\"message\":\"Embed API requires a paid main plan with the API Credits "                        \
    "add-on, or an active Embed API subscription.\"}"
#define NOT_FOUND "{\"success\":false,\"message\":\"Social account not found\"}"

#define POSTNITRO_TEST(f) cmocka_unit_test_setup_teardown(f, postnitro_test_setup, mock_test_teardown)

static inline int postnitro_test_setup(void **state)
{
    *state = mock_test_file(SOURCE_DIR "/fixtures/postnitro-acme.yaml");
    return 0;
}

/* Expects this status and exactly this body. */
static inline void assert_response(struct mock_response a, int status, const char *text)
{
    assert_string_equal(str_dup(a.arena, a.text), text);
    assert_int_equal(a.status, status);
}

/* Expects an error in the envelope of the edge. */
static inline void assert_edge(struct mock_response a, int status, const char *message)
{
    assert_response(a, status, arena_printf(a.arena, "{\"status\":false,\"message\":\"%s\"}", message));
}
