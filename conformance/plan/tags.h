/* tags.h - boolean expressions that select scenarios by tag: "oauth and not (slow or lease)".
 *
 *   any  = all {"or" all}    all = one {"and" one}    one = ["not"] (TAG | "(" any ")")
 *
 * Errors:  a syntax error, at its column in the expression (--tag:1:COLUMN).
 */
#pragma once
#include "base/error.h"

struct tags;

const struct tags *tags_parse(struct arena *a, const char *text, struct error *err);
bool tags_hold(const struct tags *expression, const char *const *tags, size_t count);
