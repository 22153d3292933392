/* headers.h - the headers that are the mock's own, on requests and on answers.
 *
 * Errors:  none.
 */
#pragma once
#include <stddef.h>

struct mock_header {
    const char *name, *help;
};
extern const struct mock_header mock_headers[];
extern const size_t mock_header_count;
