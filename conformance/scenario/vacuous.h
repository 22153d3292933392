/* vacuous.h - rejects expectations that prove nothing: every value matches them, or none does.
 *
 * Shapes:  a part of an expectation is tried with sample values of every type. Constants of the expectation are left
 *          out of the samples, so that `$not: 5` counts as matching every value. A reference stands for one unknown
 *          value, which is a sample as well, so that `$not: $first.id` does not.
 * Errors:  each part, at its place, with what to write instead.
 */
#pragma once
#include "base/node.h"

/* Returns true if {} or [] matches: a server that knows nothing responds with that. */
bool vacuous_for_empty(struct arena *a, const struct node *body);

struct samples; /* created once, used by all checks */

const struct samples *samples_new(struct arena *a);
/* NULL expects nothing and is accepted. `named`: the expectation is that of a header or output, which may be absent, so
 * that $present proves something. */
bool vacuous_check(struct arena *a, const struct samples *samples, const struct node *expectation, bool named,
                   struct error *err);
