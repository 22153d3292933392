#include "mockserver/providers/layers/words.h"

#include <assert.h>

#include "mockserver/state/ad_account.h"
#include "mockserver/state/lease.h"
#include "mockserver/state/oauth_attempt.h"
#include "mockserver/state/post.h"
#include "mockserver/state/webhook.h"

/* The words of `rows`, one for each of `total` values; the first `accepted` may be read. */
#define WORDS(name, rows, total, accepted)                                                                             \
    static_assert(COUNT(rows) == (total), "each value has one word");                                                  \
    const struct enum_words name = {(rows), COUNT(rows), (accepted)};

/* clang-format off */
static const struct enum_word bools[] = {
    {false, "false"},
    {true,  "true"},
};
WORDS(layers_bools, bools, 2, 2)

static const struct enum_word platforms[] = {
    {PLATFORM_TIKTOK,    "tiktok"},
    {PLATFORM_INSTAGRAM, "instagram"},
    {PLATFORM_X,         "x"}, /* Layers does not have this one and those that follow */
    {PLATFORM_FACEBOOK,  "facebook"},
    {PLATFORM_LINKEDIN,  "linkedin"},
    {PLATFORM_YOUTUBE,   "youtube"},
    {PLATFORM_THREADS,   "threads"},
    {PLATFORM_PINTEREST, "pinterest"},
    {PLATFORM_BLUESKY,   "bluesky"  },
    {PLATFORM_TELEGRAM,  "telegram" },
    {PLATFORM_DISCORD,   "discord"  },
};
WORDS(layers_platforms, platforms, PLATFORM_COUNT, 2)

static const struct enum_word account_statuses[] = {
    {LAYERS_CONNECTED,       "connected"},
    {LAYERS_REAUTH_REQUIRED, "reauth_required"},
    {LAYERS_DISCONNECTED,    "disconnected"},
};
WORDS(layers_account_statuses, account_statuses, LAYERS_STATUS_COUNT, LAYERS_STATUS_COUNT)

static const struct enum_word project_statuses[] = {
    {false, "active"},
    {true,  "archived"},
};
WORDS(layers_project_statuses, project_statuses, 2, 2)

static const struct enum_word lease_statuses[] = {
    {false, "assigned"},
    {true,  "disconnected"},
};
WORDS(layers_lease_statuses, lease_statuses, 2, 2)

static const struct enum_word lease_requests[] = {
    {LEASE_REQUESTED, "requested"},
    {LEASE_ASSIGNED,  "assigned"},
    {LEASE_PARTIAL,   "partial"},
    {LEASE_REJECTED,  "rejected"},
};
WORDS(layers_lease_requests, lease_requests, LEASE_STATE_COUNT, LEASE_STATE_COUNT)

static const struct enum_word oauth_statuses[] = {
    {OAUTH_ATTEMPT_PENDING,   "pending"},
    {OAUTH_ATTEMPT_COMPLETED, "completed"},
    {OAUTH_ATTEMPT_FAILED,    "failed"},
    {OAUTH_ATTEMPT_EXPIRED,   "expired"},
};
WORDS(layers_oauth_statuses, oauth_statuses, OAUTH_ATTEMPT_STATE_COUNT, OAUTH_ATTEMPT_STATE_COUNT)

static const struct enum_word approvals[] = {
    {APPROVAL_NONE,     "none"},
    {APPROVAL_PENDING,  "pending"},
    {APPROVAL_APPROVED, "approved"},
    {APPROVAL_REJECTED, "rejected"},
};
WORDS(layers_approvals, approvals, APPROVAL_COUNT, APPROVAL_COUNT)

static const struct enum_word publish_modes[] = {
    {MODE_PUBLISH, "publish"},
    {MODE_DRAFT,   "draft"},
    {MODE_MANAGED, "managed"},
};
WORDS(layers_publish_modes, publish_modes, MODE_COUNT, MODE_COUNT)

static const struct enum_word post_statuses[] = {
    {DESTINATION_QUEUED,     "queued"},
    {DESTINATION_PUBLISHING, "publishing"},
    {DESTINATION_DRAFT,      "draft"},
    {DESTINATION_PUBLISHED,  "published"},
    {DESTINATION_FAILED,     "failed"},
    {DESTINATION_CANCELED,   "canceled"},
    {DESTINATION_HELD,       "held"}, /* Layers shows no post before its content is approved */
};
WORDS(layers_post_statuses, post_statuses, DESTINATION_STATE_COUNT, 6)

static const struct enum_word ad_platforms[] = {
    {AD_PLATFORM_META,   "meta_ads"},
    {AD_PLATFORM_TIKTOK, "tiktok_ads"},
    {AD_PLATFORM_APPLE,  "apple_ads"},
};
WORDS(layers_ad_platforms, ad_platforms, AD_PLATFORM_COUNT, AD_PLATFORM_COUNT)
WORDS(layers_capi_platforms, ad_platforms, AD_PLATFORM_COUNT, 2)

static const struct enum_word ad_tokens[] = {
    {AD_TOKEN_VALID,   "valid"},
    {AD_TOKEN_EXPIRED, "expired"},
    {AD_TOKEN_REVOKED, "revoked"},
    {AD_TOKEN_PENDING, "pending"},
};
WORDS(layers_ad_tokens, ad_tokens, AD_TOKEN_COUNT, AD_TOKEN_COUNT)

static const struct enum_word endpoint_statuses[] = {
    {WEBHOOK_ACTIVE,      "active"},
    {WEBHOOK_PAUSED,      "paused"},
    {WEBHOOK_AUTO_PAUSED, "auto_paused"},
    {WEBHOOK_DELETED,     "deleted"},
};
WORDS(layers_endpoint_statuses, endpoint_statuses, WEBHOOK_STATE_COUNT, 2)

static const struct enum_word delivery_statuses[] = {
    {DELIVERY_PENDING,    "pending"},
    {DELIVERY_HELD,       "pending"}, /* a tester holds it back */
    {DELIVERY_DELIVERING, "delivering"},
    {DELIVERY_DELIVERED,  "delivered"},
    {DELIVERY_FAILED,     "failed"},
    {DELIVERY_ABANDONED,  "abandoned"},
};
WORDS(layers_delivery_statuses, delivery_statuses, DELIVERY_STATE_COUNT, DELIVERY_STATE_COUNT)
/* clang-format on */
