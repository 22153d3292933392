#include "mockserver/provider_api/fault.h"
#include "base/array.h"
#include "base/enum.h"

const char *const fault_texts[] = {FAULTS(ENUM_TEXT)};

/* Used if no provider is known or its table lacks the fault. */
const struct fault_row fault_neutral_rows[FAULT_COUNT] = {
    {FAULT_NONE,              200, "none",                   "No error."                                        },
    {FAULT_NO_ROUTE,          404, "no_route",               "No route matches this path."                      },
    {FAULT_METHOD,            405, "method_not_allowed",     "This path does not allow that method."            },
    {FAULT_UNIMPLEMENTED,     501, "unimplemented",          "This operation is not implemented in the mock."   },
    {FAULT_BAD_HTTP,          400, "bad_http",               "The request is not valid HTTP."                   },
    {FAULT_TOO_LARGE,         413, "too_large",              "The body is too large."                           },
    {FAULT_BAD_JSON,          400, "bad_json",               "The body is not valid JSON."                      },
    {FAULT_INVALID,           422, "invalid",                "The request does not match the schema."           },
    {FAULT_BAD_ID,            422, "bad_id",                 "The id is not valid."                             },
    {FAULT_UNAUTHENTICATED,   401, "unauthenticated",        "The credential is missing or unknown."            },
    {FAULT_UNKNOWN_KEY,       401, "unknown_key",            "The credential is unknown."                       },
    {FAULT_UNPAID,            402, "unpaid",                 "The plan does not include this operation."        },
    {FAULT_FORBIDDEN_SCOPE,   403, "forbidden_scope",        "The credential lacks the required scope."         },
    {FAULT_NOT_FOUND,         404, "not_found",              "The resource does not exist."                     },
    {FAULT_CONFLICT,          409, "conflict",               "The current state does not allow this."           },
    {FAULT_RETURN_URL,        403, "return_url_not_allowed", "The return URL is not allowed."                   },
    {FAULT_APPROVAL_REQUIRED, 403, "approval_required",      "This operation needs an approval first."          },
    {FAULT_CONTENT_REJECTED,  409, "content_rejected",       "The content was rejected."                        },
    {FAULT_IDEMPOTENCY,       409, "idempotency_conflict",   "The Idempotency-Key was used for another request."},
    {FAULT_RATE_LIMITED,      429, "rate_limited",           "Too many requests."                               },
    {FAULT_KILLED,            503, "killed",                 "The credential is disabled."                      },
    {FAULT_INTERNAL,          500, "internal",               "Internal error."                                  },
    {FAULT_UNAVAILABLE,       503, "unavailable",            "The namespace was reset or deleted."              },
    {FAULT_NAMESPACE,         404, "namespace",              "The namespace is unavailable."                    },
};

const struct fault_row *fault_find(const struct fault_row *rows, size_t count, enum fault fault)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].fault == fault)
            return &rows[i];
    return NULL;
}

const struct fault_row *fault_with_code(const struct fault_row *rows, size_t count, struct str code)
{
    for (size_t i = 0; i < count; i++)
        if (str_is(code, rows[i].code))
            return &rows[i];
    return NULL;
}
