/* mutate.h - changes one value of a document in every way, to test code that reads documents.
 *
 * Shapes:  a place is the document, a member of a map or an item of a list, at any depth. Places
 *          count from 0 in the order of the text. Each enum mutation can be applied to each place.
 * Errors:  none.
 *
 *   for (size_t place = 0; place < mutate_places(root); place++)
 *       for (enum mutation how = 0; how < MUTATION_COUNT; how++)
 *           if (mutate_plays(place, how) && (damaged = mutate(a, root, place, how, &what)))
 *               read(damaged);
 */
#pragma once
#include "base/enum.h"
#include "base/node.h"

#define MUTATIONS(X)                                                                                                   \
    X(MUTATE_DROP, "drop")                                                                                             \
    X(MUTATE_RENAME, "rename")                                                                                         \
    X(MUTATE_NULL, "null")                                                                                             \
    X(MUTATE_BOOL, "a boolean")                                                                                        \
    X(MUTATE_NUMBER, "a number")                                                                                       \
    X(MUTATE_HUGE, "a huge number")                                                                                    \
    X(MUTATE_TEXT, "a text")                                                                                           \
    X(MUTATE_LIST, "a list")                                                                                           \
    X(MUTATE_MAP, "a map")                                                                                             \
    X(MUTATE_EMPTY_TEXT, "an empty text")                                                                              \
    X(MUTATE_EMPTY_LIST, "an empty list")                                                                              \
    X(MUTATE_EMPTY_MAP, "an empty map")                                                                                \
    X(MUTATE_IN_LIST, "inside a list")                                                                                 \
    X(MUTATE_IN_MAP, "inside a map")
enum mutation { MUTATIONS(ENUM_NAME) MUTATION_COUNT };

size_t mutate_places(const struct node *root);
/* Returns true for a third of the mutations of each place; if UNDERSTUDY_SLOW is set in the environment, for all. */
bool mutate_plays(size_t place, enum mutation how);
/* Returns a copy with that place changed; *what describes the change ("/a/0: drop"). Returns NULL
 * if the mutation does not apply to the place or would not change it. */
const struct node *mutate(struct arena *a, const struct node *root, size_t place, enum mutation how, const char **what);
