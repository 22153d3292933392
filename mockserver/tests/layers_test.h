/* layers_test.h - runs each test against a mock of fixtures/layers-acme.yaml; defines its API keys.
 *
 * Shapes:  LAYERS_TEST(f): f gets the mock in *state.
 * Errors:  the test fails if the fixture cannot be loaded.
 */
#pragma once
#include "mockserver/tests/mock_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define AS_FULL   "Authorization: Bearer lp_live_01HX9Y6K7EJ4T2_full"
#define AS_SECOND "Authorization: Bearer lp_live_01HX9Y6K7EJ4T2_second"
#define AS_READER "Authorization: Bearer lp_live_01HX9Y6K7EJ4T2_reader"
#define AS_NARROW "Authorization: Bearer lp_live_01HX9Y6K7EJ4T2_narrow"
#define AS_TEST   "Authorization: Bearer lp_test_01HX9Y6K7EJ4T2_test"
#define AS_OTHER  "Authorization: Bearer lp_live_02ZZZZZZZZZZZZ_other"

#define LAYERS_TEST(f) cmocka_unit_test_setup_teardown(f, layers_test_setup, mock_test_teardown)

static inline int layers_test_setup(void **state)
{
    struct mock *m = mock_test_file(SOURCE_DIR "/fixtures/layers-acme.yaml");
    mock_test_world(m)->timings.ad_validation_ms = 0; /* most tests need valid tokens */
    *state = m;
    return 0;
}

static inline void assert_refused(struct mock_response a, int status, const char *code)
{
    assert_int_equal(a.status, status);
    assert_string_equal(at(a, "/error/code"), code);
    assert_non_null(at(a, "/error/message"));
    assert_string_equal(at(a, "/error/requestId"), header_of(a, "X-Request-Id"));
}
