/* yaml_scalar.h - what a plain YAML scalar means.
 *
 * Shapes:  null, ~ and nothing; true, false; 12, 0x1f, 0o17; 1.5, .5, 1e3; everything else is text.
 * Errors:  why it cannot be used, to stand behind the quoted scalar; NULL when it can.
 * Source:  YAML 1.2.2, chapter 10.3 (core schema), without its infinities.
 */
#pragma once
#include "base/node.h"

/* Sets kind and value. The text must be NUL-ended; a string keeps it. */
const char *yaml_scalar(struct str text, struct node *to);
