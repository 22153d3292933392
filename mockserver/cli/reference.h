/* reference.h - prints the reference page from the tables with which the program reads its input.
 *
 * Shapes:  Markdown. The page is stored in REFERENCE.md; a test checks that the file is current,
 *          and runs the examples of the page.
 * Errors:  none.
 */
#pragma once
#include "base/buf.h"

void reference_print(struct buf *out);
