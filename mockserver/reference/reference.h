/* reference.h - the reference page: everything that can be written, asked or simulated, from the very
 * tables that read it.
 *
 * Shapes:  Markdown. The copy in REFERENCE.md is what people read; a test holds it to what is
 *          printed here, and runs its examples.
 * Errors:  none.
 */
#pragma once
#include "base/buf.h"

void reference_print(struct buf *out);
