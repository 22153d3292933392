/* edit.h - changes values of a node tree at every place that a pointer matches.
 *
 * Shapes:  edits are a list of {at or header, where, and one change}. `at` is a JSON pointer in which * matches every
 *          item and member. `where` is an expectation (base/match.h) of the value at the place. A place that does not
 *          exist is no error, and nothing is added there, unless `where` holds for an absent member ({$absent: true}):
 *          then `set` and `copy_from` add it. `header` names a header instead of a place in a tree: its value is a
 *          number if the text is a whole number, else text. The result is a new tree that shares the unchanged nodes.
 * Errors:  edits_check reports all invalid edits at once, each with its location. edits_apply and edit_header report a
 *          value that a change does not fit (`add` to a list) with `misfit`; that value stays unchanged. So does one
 *          that would become too large, alone or with what the edits before it made.
 */
#pragma once
#include "base/fields.h"
#include "base/match.h"

#define EDIT_REPEAT_MAX 1000
#define EDIT_MAX_BYTES  INT64_C(0x1000000) /* 16 MiB: of a changed tree, as JSON; a larger result is not made */
#define EDITS_MAX_BYTES INT64_C(0x4000000) /* 64 MiB: of all that one list of edits makes; the rest is not applied */

extern const struct fields edit_fields; /* of one edit */

bool edits_check(const struct node *edits, bool headers, struct error *err); /* headers: `header` is allowed */

/* Applies the edits that have `at`, in their order. They must have passed edits_check. */
const struct node *edits_apply(const struct match_context *m, const struct node *document, const struct node *edits,
                               bool *misfit);
/* Applies one edit that has `header` to that header's value. Returns NULL if the header is removed. `value` may be
 * NULL: the header is absent. */
const struct node *edit_header(const struct match_context *m, const struct node *edit, const struct node *value,
                               bool *misfit);
