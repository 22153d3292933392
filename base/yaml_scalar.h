/* yaml_scalar.h - the type and value of a plain YAML scalar.
 *
 * Shapes:  null, ~ and the empty text; true, false; 12, 0x1f, 0o17; 1.5, .5, 1e3; everything else
 *          is text.
 * Errors:  yaml_scalar returns NULL, or a reason that completes the message "'<scalar>' ...".
 * Source:  YAML 1.2.2, chapter 10.3 (core schema), without its infinities.
 */
#pragma once
#include "base/node.h"

/* Sets the kind and the value. The text must be NUL-terminated; a text node keeps the pointer. */
const char *yaml_scalar(struct str text, struct node *to);
