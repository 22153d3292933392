/* headers.h - the mock's own HTTP headers, on requests and on responses.
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
