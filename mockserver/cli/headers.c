#include "mockserver/cli/headers.h"
#include "base/array.h"

const struct mock_header mock_headers[] = {
    {"X-Mock-Namespace",   "On a request: its namespace. The path prefix /ns/<name> takes precedence."},
    {"X-Mock-Error",       "On a response that the provider would not give: unmatched (no route matches), "
                     "unimplemented, namespace (no such namespace), reset (the namespace was reset while the call "
                     "waited), or rule:<name>."                                   },
    {"X-Mock-Replayed",    "true: repeats the stored response for this Idempotency-Key."              },
    {"X-Mock-Rule-Missed", "patch or set_state: this effect of a rule found nothing to change."       },
};
const size_t mock_header_count = COUNT(mock_headers);
