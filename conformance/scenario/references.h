/* references.h - the references in scenarios and flows: their syntax, and where each may be used.
 *
 * Shapes:  "${a.b}" may be anywhere in a text. "$a.b" must start the text or follow a / or =, or the method of a call
 *          (PUT $a.b), and ends before the next character that a reference cannot have. "$$" is a dollar sign. Keys
 *          have no references.
 * Errors:  an unknown reference, one that is used before its step sets it, a name that is never used or already taken;
 *          all of them, each with its place.
 */
#pragma once
#include "conformance/scenario/scenario.h"

/* "$no_such.a.b" is an id of the same form as "$a.b" that nothing has: its last characters are changed. */
#define NO_SUCH_PREFIX "no_such."

/* Both call fn for each reference until it returns false; return false if it did. */
typedef bool reference_fn(void *ctx, struct str reference, struct where at);
bool references_visit(const struct node *value, reference_fn *fn, void *ctx);
bool references_visit_text(const char *text, struct where at, reference_fn *fn, void *ctx);
/* Returns the first invalid reference: for example "$b" in "a$b", or "${" in "${b". Empty: none. */
struct str references_stray(const char *text);

/* Check that every reference is defined before its use, and that every name is used. */
bool scenario_scope_validate(struct arena *a, const struct scenario *s, struct error *err);
bool flow_scope_validate(struct arena *a, const struct flow *f, struct error *err);
