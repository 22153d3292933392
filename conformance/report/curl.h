/* curl.h - writes a request as a curl command that can be pasted into a shell.
 *
 * Shapes:  one line if it fits, otherwise one line per option. A secret becomes a shell variable,
 *          $NAME. Everything else is quoted; control characters are written as $'\033'.
 * Errors:  none. A body that is too long to paste is replaced by a file name, @body-of-N-bytes.
 */
#pragma once
#include "conformance/report/text_layout.h"

void curl_write(struct text_layout *t, int indent, const struct exchange_record *x);
