/* curl.h - a request as a line that can be pasted into a shell.
 *
 * Shapes:  one line where it fits, else an option a line. Secrets are $NAMES for the shell to fill
 *          in; everything else is quoted for it, control characters as $'\033'.
 * Errors:  none. A body too long to paste is named instead.
 */
#pragma once
#include "conformance/report/text_layout.h"

void curl_write(struct text_layout *t, int indent, const struct exchange_record *x);
