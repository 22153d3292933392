/* words.h - Layers' words for the values that its API and its fixtures name.
 *
 * Shapes:  one table per enum. Nothing depends on the order of an enum of the state, and a new value of one stops the
 *          build until it has a word here. A value that Layers does not document is only written (a tester can set
 *          any value), and is never accepted.
 * Source:  "List social accounts", "List ad accounts", the API reference.
 */
#pragma once
#include "base/fields.h"

/* How the API shows the state of an account. */
enum layers_status { LAYERS_CONNECTED, LAYERS_REAUTH_REQUIRED, LAYERS_DISCONNECTED, LAYERS_STATUS_COUNT };

extern const struct enum_words layers_bools;             /* in a query */
extern const struct enum_words layers_platforms;         /* enum platform */
extern const struct enum_words layers_account_statuses;  /* enum layers_status */
extern const struct enum_words layers_project_statuses;  /* space.archived */
extern const struct enum_words layers_lease_statuses;    /* whether the account is disconnected */
extern const struct enum_words layers_lease_requests;    /* enum lease_state */
extern const struct enum_words layers_oauth_statuses;    /* enum oauth_attempt_state */
extern const struct enum_words layers_approvals;         /* enum approval */
extern const struct enum_words layers_publish_modes;     /* enum publish_mode */
extern const struct enum_words layers_post_statuses;     /* enum destination_state */
extern const struct enum_words layers_ad_platforms;      /* enum ad_platform */
extern const struct enum_words layers_capi_platforms;    /* enum ad_platform: those that relay events */
extern const struct enum_words layers_ad_tokens;         /* enum ad_token */
extern const struct enum_words layers_endpoint_statuses; /* enum webhook_state; a partner can set the first two */
extern const struct enum_words layers_delivery_statuses; /* enum delivery_state */
