/* mock_test.h - a mock in-process, for tests: no sockets, and a frozen clock.
 *
 * Shapes:  a test group uses mock_test_setup and mock_test_teardown and gets its mock from *state;
 *          or a test creates a mock from the text of a fixture. Responses live as long as the mock.
 * Units:   -
 * Errors:  a fixture that cannot be loaded is reported and aborts the test.
 *
 *   struct mock_response a = mock_call(m, "POST /v1/posts", "{\"content\":\"hi\"}", "X-A: b");
 *   assert_int_equal(a.status, 201);
 *   assert_string_equal(at(a, "/data/status"), "published");
 */
#pragma once
#include "base/http/message.h"
#include "base/node.h"
#include "mockserver/provider_api/call.h"
#include "mockserver/runtime/mock.h"

struct mock_response {
    int status;
    struct headers headers;
    struct str text;         /* the body */
    const struct node *body; /* the body as JSON; NULL: not JSON */
    const struct call *call; /* the finished call */
    struct arena *arena;
};

int mock_test_setup(void **state); /* with the built-in sample fixture */
int mock_test_teardown(void **state);

/* The clock is frozen and invariants are checked after every change. NULL: the sample fixture. */
struct mock *mock_test_new(const char *yaml);
struct mock *mock_test_file(const char *path); /* the same, from a file */
struct world *mock_test_world(struct mock *m); /* of the namespace "default" */

/* Arguments: "METHOD /path?query", the body or NULL, then any number of "Name: value" headers. */
#define mock_call(m, ...) mock_call_list((m), (const char *const[]){__VA_ARGS__, NULL, NULL})
struct mock_response mock_call_list(struct mock *m, const char *const *parts);

/* Returns the value at a JSON pointer: a string as text, else JSON ("null", "12"); NULL: none. */
const char *at(struct mock_response a, const char *pointer);
const char *header_of(struct mock_response a, const char *name); /* NULL: absent */
