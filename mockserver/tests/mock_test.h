/* mock_test.h - a whole mock in-process, for tests: no sockets, and time that stands still.
 *
 * Shapes:  a test's group uses mock_test_setup and mock_test_teardown, and takes its mock from
 *          *state; or it makes one from a fixture's text. Answers live as long as their mock.
 * Units:   -
 * Errors:  what cannot be loaded is printed, and fails the test.
 *
 *   struct answer a = mock_call(m, "POST /v1/posts", "{\"content\":\"hi\"}", "X-Name: value");
 *   assert_int_equal(a.status, 201);
 *   assert_string_equal(at(a, "/data/status"), "published");
 */
#pragma once
#include "base/http/message.h"
#include "base/node.h"
#include "mockserver/call.h"
#include "mockserver/mock.h"

struct mock_response {
    int status;
    struct headers headers;
    struct str text;         /* the body as it stands */
    const struct node *body; /* NULL: that is no JSON */
    const struct call *call; /* how it came to be */
    struct arena *arena;
};

int mock_test_setup(void **state); /* the built-in sample world */
int mock_test_teardown(void **state);

/* Frozen at its start, invariants checked after every transition. `yaml` NULL: the sample world. */
struct mock *mock_test_new(const char *yaml);
struct mock *mock_test_file(const char *path); /* of a fixture's file; NULL: the sample world */
struct world *mock_test_world(struct mock *m); /* the default one */

/* "METHOD /path?query", then a body or NULL, then header lines "Name: value", as many as wanted. */
#define mock_call(m, ...) mock_call_list((m), (const char *const[]){__VA_ARGS__, NULL, NULL})
struct mock_response mock_call_list(struct mock *m, const char *const *parts);

/* What stands at a JSON pointer: a string's text, else its JSON ("null", "12"); NULL: nothing. */
const char *at(struct mock_response a, const char *pointer);
const char *header_of(struct mock_response a, const char *name); /* NULL: not there */
