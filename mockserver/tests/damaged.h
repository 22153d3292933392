/* damaged.h - documents damaged in every way (base/tests/mutate.h), for tests of what reads them.
 *
 * Shapes:  the document at hand is also in a file, so that it is left in /tmp/fixtures.* by a test
 *          that crashes.
 * Errors:  damaged_complain prints what is wrong; the test fails when all was tried.
 */
#pragma once
#include "base/node.h"
#include "mockserver/tests/folder.h"

#define DAMAGED_FILE "damaged.yaml"

struct damage { /* one damaged document */
    struct arena *arena;
    const struct node *root;
    const char *name; /* of the document, and what is wrong with it */
    struct folder *folder;
};
typedef void damaged_visit(const struct damage *d, void *ctx);

extern size_t damaged_wrong;
#define damaged_complain(...) (print_error(__VA_ARGS__), print_error("\n"), (void)damaged_wrong++)

void damaged_each_of(const struct node *root, const char *name, struct folder *folder,
                     damaged_visit *visit, void *ctx);
/* Of each fixture in fixtures/, and of each in the reference's examples. */
void damaged_fixtures(damaged_visit *visit, void *ctx);
