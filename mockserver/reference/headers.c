#include "mockserver/reference/headers.h"

const struct mock_header mock_headers[] = {
    {"X-Mock-Namespace",   "On a request: the world it is for, if the path does not say /ns/<name>."    },
    {"X-Mock-Error",       "Why the mock itself failed the call: unmatched (no such path), "
                     "unimplemented, namespace (no such world), "
                     "reset (the world went while the call waited), or rule:<name>."},
    {"X-Mock-Replayed",    "true: the response that this Idempotency-Key got before."                   },
    {"X-Mock-Rule-Missed", "patch or set_state: a rule's effect found nothing to act on."               },
};
const size_t mock_header_count = sizeof mock_headers / sizeof *mock_headers;
