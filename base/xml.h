/* xml.h - escapes text for XML, so that the document is always well-formed.
 *
 * Shapes:  characters that XML does not allow, terminal control characters and invalid UTF-8 become U+FFFD. A line end
 *          in an attribute becomes a space, because some viewers break the line.
 * Errors:  none.
 * Source:  XML 1.0, 2.2 Characters.
 */
#pragma once
#include "base/buf.h"

void xml_text(struct buf *out, struct str text); /* text between tags */
/* Appends ` name="value"`; nothing if value is NULL. */
void xml_attribute(struct buf *out, const char *name, const char *value);
