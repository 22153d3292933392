/* tags.h - a choice of scenarios by their tags: "oauth and not (slow or lease)".
 *
 *   any  = all {"or" all}    all = one {"and" one}    one = ["not"] (TAG | "(" any ")")
 *
 * Errors:  an expression that cannot be read, at its column of the option's text (--tag:1:COLUMN).
 */
#pragma once
#include "base/error.h"

struct tags;

const struct tags *tags_parse(struct arena *a, const char *text, struct error *err);
bool tags_hold(const struct tags *expression, const char *const *tags, size_t count);
