/* fault.h - provider-neutral reasons to refuse a call, and the rows that turn them into error responses.
 *
 * Shapes:  a provider has a table of struct fault_row; a fault without a row has the neutral one.
 * Units:   -
 * Errors:  none.
 */
#pragma once
#include "base/enum.h"
#include "base/str.h"

/* Provider-neutral refusal reasons. The second column is the error code that is used when no
 * provider is known, and the name in the journal. */
#define FAULTS(X)                                                                                                      \
    X(FAULT_NONE, "none")                                                                                              \
    X(FAULT_NO_ROUTE, "no_route")                                                                                      \
    X(FAULT_METHOD, "method_not_allowed")                                                                              \
    X(FAULT_UNIMPLEMENTED, "unimplemented")                                                                            \
    X(FAULT_BAD_HTTP, "bad_http")                                                                                      \
    X(FAULT_TOO_LARGE, "too_large")                                                                                    \
    X(FAULT_BAD_JSON, "bad_json")                                                                                      \
    X(FAULT_INVALID, "invalid") /* the body or query does not match the documented schema */                           \
    X(FAULT_BAD_ID, "bad_id")                                                                                          \
    X(FAULT_UNAUTHENTICATED, "unauthenticated")                                                                        \
    X(FAULT_UNKNOWN_KEY, "unknown_key")                                                                                \
    X(FAULT_UNPAID, "unpaid")                                                                                          \
    X(FAULT_FORBIDDEN_SCOPE, "forbidden_scope")                                                                        \
    X(FAULT_NOT_FOUND, "not_found")                                                                                    \
    X(FAULT_CONFLICT, "conflict")                                                                                      \
    X(FAULT_RETURN_URL, "return_url_not_allowed")                                                                      \
    X(FAULT_APPROVAL_REQUIRED, "approval_required")                                                                    \
    X(FAULT_CONTENT_REJECTED, "content_rejected")                                                                      \
    X(FAULT_IDEMPOTENCY, "idempotency_conflict") /* one Idempotency-Key for two different calls */                     \
    X(FAULT_RATE_LIMITED, "rate_limited")                                                                              \
    X(FAULT_KILLED, "killed") /* the key was switched off */                                                           \
    X(FAULT_INTERNAL, "internal")                                                                                      \
    X(FAULT_UNAVAILABLE, "unavailable") /* the namespace was reset while the call was suspended */                     \
    X(FAULT_NAMESPACE, "namespace")     /* the namespace does not exist and was not created */
enum fault { FAULTS(ENUM_NAME) FAULT_COUNT };
extern const char *const fault_texts[];

struct fault_row {
    enum fault fault;
    int status;
    const char *code;    /* error code of the provider: RATE_LIMITED */
    const char *message; /* is used if the call has no `detail` */
};

/* Returns the row of a fault, or NULL. */
const struct fault_row *fault_find(const struct fault_row *rows, size_t count, enum fault fault);
/* Returns the row with an error code, or NULL. */
const struct fault_row *fault_with_code(const struct fault_row *rows, size_t count, struct str code);
extern const struct fault_row fault_neutral_rows[FAULT_COUNT];
