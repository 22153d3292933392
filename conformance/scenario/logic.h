/* logic.h - compares expectations with each other, without a value: can both hold, does one imply the other?
 *
 * Shapes:  an expectation is a node, as in match.h; NULL expects nothing. A text with a reference stands for one
 *          unknown value; the same text is the same value.
 * Errors:  none. The answers are conservative: true is proven, false means that it is not.
 */
#pragma once
#include "conformance/scenario/scenario.h"

/* Returns true if no value, and no absent value, matches both. */
bool logic_disjoint(struct arena *a, const struct node *x, const struct node *y);
/* Returns true if everything that matches x also matches y. */
bool logic_implies(struct arena *a, const struct node *x, const struct node *y);
/* Returns true if nothing matches x. */
bool logic_never_holds(struct arena *a, const struct node *x);
/* Returns true if no response matches both: their statuses, headers or bodies exclude each other. */
bool logic_responses_disjoint(struct arena *a, const struct expectation *x, const struct expectation *y);

/* Returns true if the text contains a reference, which has its value only when the step runs. */
bool logic_is_reference(const struct node *n);
/* Returns true if a text at or below n contains a reference. */
bool logic_has_reference(const struct node *n);
/* Returns the operand of the matcher, or NULL. Unlike node_get it returns NULL for a member of an object. */
const struct node *logic_operand(const struct node *n, const char *matcher);
/* Returns true if n is a map of matchers. */
bool logic_is_matchers(const struct node *n);
