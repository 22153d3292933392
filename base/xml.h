/* xml.h - text on its way into XML: whatever it holds, the document stays well-formed.
 *
 * Shapes:  what XML has no word for, or a terminal obeys, becomes U+FFFD; so do bytes that are not
 *          UTF-8. A line end within an attribute becomes a blank: viewers break there.
 * Errors:  none.
 * Source:  XML 1.0, 2.2 Characters.
 */
#pragma once
#include "base/buf.h"

void xml_text(struct buf *out, struct str text); /* between tags */
void xml_attribute(struct buf *out, const char *name,
                   const char *value); /* ` name="value"`; NULL: none */
