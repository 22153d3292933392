/* ad_account.h - an ad account that belongs to the partner and that a space can buy ads with.
 *
 * Shapes:  a space has at most one connected ad account per ad platform. A disconnected row is never reused; connecting
 *          again adds a new row.
 * States:  token: pending -> valid (the grant was validated); pending | valid -> expired | revoked; any -> pending
 *          (reconnect: a new grant for the same row). Any -> disconnected (final).
 * Indexes: AD_ACCOUNT_SPACE (space and platform; connected ad
 *          accounts only).
 * Units:   milliseconds.
 * Source:  "List ad accounts".
 */
#pragma once
#include "base/enum.h"
#include "base/str.h"
#include "mockserver/state/world.h"

#define AD_PLATFORMS(X)                                                                                                \
    X(AD_PLATFORM_META, "meta_ads")                                                                                    \
    X(AD_PLATFORM_TIKTOK, "tiktok_ads")                                                                                \
    X(AD_PLATFORM_APPLE, "apple_ads")
enum ad_platform { AD_PLATFORMS(ENUM_NAME) AD_PLATFORM_COUNT };
extern const char *const ad_platform_texts[];

#define AD_TOKENS(X)                                                                                                   \
    X(AD_TOKEN_VALID, "valid")                                                                                         \
    X(AD_TOKEN_EXPIRED, "expired")                                                                                     \
    X(AD_TOKEN_REVOKED, "revoked")                                                                                     \
    X(AD_TOKEN_PENDING, "pending")
enum ad_token { AD_TOKENS(ENUM_NAME) AD_TOKEN_COUNT };
extern const char *const ad_token_texts[];

/* The ad account's state in the change log: that of its token until it is disconnected. */
#define AD_ACCOUNT_STATES(X)                                                                                           \
    X(AD_ACCOUNT_PENDING, "pending")                                                                                   \
    X(AD_ACCOUNT_VALID, "valid")                                                                                       \
    X(AD_ACCOUNT_EXPIRED, "expired")                                                                                   \
    X(AD_ACCOUNT_REVOKED, "revoked")                                                                                   \
    X(AD_ACCOUNT_DISCONNECTED, "disconnected")
enum ad_account_state { AD_ACCOUNT_STATES(ENUM_NAME) AD_ACCOUNT_STATE_COUNT };

struct ad_account {
    uint32_t space;
    int provider;
    const char *public_id, *external_id, *name, *currency;
    enum ad_platform platform;
    enum ad_token token;
    int64_t connected_at_ms, disconnected_at_ms /* 0: connected */;
    int64_t validates_at_ms; /* 0 unless the grant is pending */
};

/* The transitions of an ad account. The caller must check ad_account_can first; the functions below assert it. */
enum ad_event {
    AD_VALIDATES,
    AD_LOSES,
    AD_RECONNECTS,
    AD_DISCONNECTS,
};
bool ad_account_can(const struct ad_account *a, enum ad_event event);

/* The space must have no connected ad account on that platform. The grant is validated after timings.ad_validation_ms;
 * 0: immediately. Adds a copy of `init`; connected_at_ms 0: now. */
uint32_t ad_account_connect(struct world *w, uint32_t space, const struct ad_account *init);
void ad_account_validate(struct world *w, uint32_t row);
void ad_account_lose(struct world *w, uint32_t row, enum ad_token why); /* EXPIRED or REVOKED */
void ad_account_reconnect(struct world *w, uint32_t row);               /* same row, new grant */
void ad_account_disconnect(struct world *w, uint32_t row);

/* The space's connected ad account on that platform, or ROW_NONE. */
uint32_t ad_account_of(const struct world *w, uint32_t space, enum ad_platform platform);
uint32_t ad_account_find(const struct world *w, int provider, struct str public_id);
const struct ad_account *ad_account_read(const struct world *w, uint32_t row);
