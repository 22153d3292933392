/* consent.h - the end-customer's part of OAuth, played by a tester (simulation) or on our own page.
 *
 * Shapes:  an outcome ends a pending attempt, or leaves it (abandon). A handle is the platform
 *          user's, without @; where none is given one is made up, the same in the same world. Where
 *          a program is signed in it is a key's name, or the provider's first key is meant.
 * Errors:  an attempt that has ended: FAULT_CONFLICT. A handle that cannot be: an issue.
 */
#pragma once
#include "mockserver/call.h"
#include "mockserver/state/oauth_attempt.h"

#define CONSENT_OUTCOMES(X)                                                                        \
    X(APPROVE, "approve")                                                                          \
    X(DENY, "deny") X(ABANDON, "abandon") X(EXCHANGE_ERROR, "exchange_error")
enum consent_outcome {
#define X(name, text) CONSENT_##name,
    CONSENT_OUTCOMES(X)
#undef X
        CONSENT_OUTCOME_COUNT
};
extern const char *const consent_outcome_texts[];

#define CONSENT_HANDLE_MAX 100 /* bytes */

/* Who consents if nobody says so: the account's own user when it reconnects. */
const char *consent_handle(struct call *c, uint32_t attempt);
/* The new account's rest is the provider's matter: id, lifetime of its token. */
void consent_user(struct call *c, int provider, enum platform platform, const char *handle,
                  struct account_spec *user);
/* False: refused, and nothing has happened. `handle` may be NULL. */
bool consent_give(struct call *c, uint32_t attempt, enum consent_outcome outcome,
                  const char *handle);
/* Where the browser goes from there; NULL: nowhere. */
const char *consent_redirect(struct call *c, uint32_t attempt);
/* Without its @; NULL when it is none. */
const char *consent_read_handle(struct call *c, const char *text);
