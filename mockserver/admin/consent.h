/* consent.h - the end user's decision in OAuth, made by a simulation or on the local consent page.
 *
 * Shapes:  an outcome ends a pending attempt; CONSENT_ABANDON leaves it pending. A handle is the
 *          platform user's, without @; by default one is generated, the same one for the same
 *          state. An attempt that signs in a program takes the name of a key instead of a handle,
 *          by default the provider's first key.
 * Units:   none.
 * Errors:  FAULT_CONFLICT if the attempt has ended; an issue for an invalid handle.
 */
#pragma once
#include "base/enum.h"
#include "mockserver/provider_api/call.h"
#include "mockserver/state/oauth_attempt.h"

#define CONSENT_OUTCOMES(X)                                                                                            \
    X(CONSENT_APPROVE, "approve")                                                                                      \
    X(CONSENT_DENY, "deny") X(CONSENT_ABANDON, "abandon") X(CONSENT_EXCHANGE_ERROR, "exchange_error")
enum consent_outcome { CONSENT_OUTCOMES(ENUM_NAME) CONSENT_OUTCOME_COUNT };
extern const char *const consent_outcome_texts[];

#define CONSENT_HANDLE_MAX 100 /* bytes */

/* The default handle of an attempt; for a reconnection the account's own. */
const char *consent_handle(struct call *c, uint32_t attempt);
/* Fills `user`. The provider sets its own members, such as the id and the expiry of the token. */
void consent_user(struct call *c, int provider, enum platform platform, const char *handle, struct connection *user);
/* Applies the outcome. Returns false, without any change, if the call was refused. `handle` may be
 * NULL. */
bool consent_give(struct call *c, uint32_t attempt, enum consent_outcome outcome, const char *handle);
/* The URL to which the browser is redirected; NULL: none, or the attempt is still pending. */
const char *consent_redirect(struct call *c, uint32_t attempt);
/* The handle without its @; NULL if it is not a valid handle. */
const char *consent_read_handle(struct call *c, const char *text);
