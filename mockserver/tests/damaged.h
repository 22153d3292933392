/* damaged.h - calls a test with every damaged variant of a document (base/tests/mutate.h).
 *
 * Shapes:  the current variant is also written to a file; if the test crashes, it is left in
 *          /tmp/fixtures.*.
 * Errors:  damaged_complain prints a message and continues; the test fails at its end.
 */
#pragma once
#include "base/node.h"
#include "mockserver/tests/folder.h"

#define DAMAGED_FILE "damaged.yaml"

struct damage { /* one damaged document */
    struct arena *arena;
    const struct node *root;
    const char *name; /* of the document, and the kind of damage */
    struct folder *folder;
};
typedef void damaged_visit(const struct damage *d, void *ctx);

extern size_t damaged_wrong;
#define damaged_complain(...) (print_error(__VA_ARGS__), print_error("\n"), (void)damaged_wrong++)

void damaged_each_of(const struct node *root, const char *name, struct folder *folder, damaged_visit *visit, void *ctx);
/* Visits every damaged variant of the fixtures in fixtures/ and in the reference's examples. */
void damaged_fixtures(damaged_visit *visit, void *ctx);
