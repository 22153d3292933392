/* account.h - a social account (platform handle) that a space can publish to, connected or leased.
 *
 * Shapes:  one row per pair of platform user and space: the same handle in two spaces is two rows. Another consent of
 *          the user gives the row a new token (connection.h). A disconnected row is never reused; connecting the handle
 *          again then adds a new row.
 * States:  token live -> expired | withdrawn -> live (reconnect); any -> disconnected (final).
 * Indexes: ACCOUNT_SPACE and the three filtered indexes hold only accounts that are not disconnected: key = space (and
 *          platform | token lost or not | leased or not), order = -connected_at, so the newest comes first.
 * Units:   milliseconds; cents per month.
 */
#pragma once
#include "base/enum.h"
#include "base/str.h"
#include "mockserver/state/world.h"

#define PLATFORMS(X)                                                                                                   \
    X(PLATFORM_TIKTOK, "tiktok")                                                                                       \
    X(PLATFORM_INSTAGRAM, "instagram")                                                                                 \
    X(PLATFORM_X, "x")                                                                                                 \
    X(PLATFORM_FACEBOOK, "facebook")                                                                                   \
    X(PLATFORM_LINKEDIN, "linkedin")                                                                                   \
    X(PLATFORM_YOUTUBE, "youtube")                                                                                     \
    X(PLATFORM_THREADS, "threads")                                                                                     \
    X(PLATFORM_PINTEREST, "pinterest")                                                                                 \
    X(PLATFORM_BLUESKY, "bluesky")                                                                                     \
    X(PLATFORM_TELEGRAM, "telegram")                                                                                   \
    X(PLATFORM_DISCORD, "discord")
enum platform { PLATFORMS(ENUM_NAME) PLATFORM_COUNT };
extern const char *const platform_texts[];

#define TOKENS(X) X(TOKEN_LIVE, "live") X(TOKEN_EXPIRED, "expired") X(TOKEN_WITHDRAWN, "withdrawn")
enum token { TOKENS(ENUM_NAME) TOKEN_COUNT };
extern const char *const token_texts[];

/* The account's state in the change log: that of its token until it is disconnected. */
#define ACCOUNT_STATES(X)                                                                                              \
    X(ACCOUNT_LIVE, "live")                                                                                            \
    X(ACCOUNT_EXPIRED, "expired")                                                                                      \
    X(ACCOUNT_WITHDRAWN, "withdrawn")                                                                                  \
    X(ACCOUNT_DISCONNECTED, "disconnected")
enum account_state { ACCOUNT_STATES(ENUM_NAME) ACCOUNT_STATE_COUNT };

#define DISCONNECTS(X)                                                                                                 \
    X(DISCONNECT_NONE, "none")                                                                                         \
    X(DISCONNECT_REVOKED, "revoked")                                                                                   \
    X(DISCONNECT_RELEASED, "released")                                                                                 \
    X(DISCONNECT_REMOVED_BY_USER, "removed_by_user")
enum disconnect { DISCONNECTS(ENUM_NAME) DISCONNECT_COUNT };
extern const char *const disconnect_texts[];

/* How the platform responds when a post is due. Tests set it; NATURAL: by the account's state. */
#define OUTCOMES(X) X(OUTCOME_NATURAL, "natural") X(OUTCOME_SUCCESS, "success") X(OUTCOME_ERROR, "error")
enum outcome { OUTCOMES(ENUM_NAME) OUTCOME_COUNT };
extern const char *const outcome_texts[];

struct account {
    uint32_t space;
    int provider;
    const char *public_id, *handle, *name, *avatar_url;
    const char *kind; /* the platform's word for the type of account; NULL: unknown */
    enum platform platform;
    enum token token;
    const char *token_word;     /* the provider's word for the token's status; NULL: from `token` */
    enum disconnect disconnect; /* NONE: connected */
    enum outcome outcome;       /* of the next publish only; then NATURAL again */
    const char *outcome_code;
    bool leased, refreshes; /* refreshes: the token is renewed when it would expire */
    bool inactive;          /* suspended by its owner; publishing still works */
    bool flagged;           /* by the platform: publishing fails until it is reconnected */
    bool limited;           /* the last consent has no permission to publish: publishing fails until one has it */
    bool unprepared;        /* its layers could not be created: publishing fails until a connect creates them */
    int64_t connected_at_ms, token_expires_at_ms /* 0: never */, disconnected_at_ms;
    int64_t monthly_price_cents, followers;
    int64_t renews_at_ms;     /* when the next month of the lease begins; 0: not leased, or ended */
    uint32_t lease_request;   /* the request that assigned it (lease.h), or ROW_NONE */
    int64_t token_since_ms;   /* when the current token was issued */
    int64_t token_generation; /* number of tokens issued until now, the current one included */
    int64_t updated_at_ms;    /* when the platform or the owner last changed it */
};

/* Adds a copy of `init` to the space. connected_at_ms 0: now; updated_at_ms 0: when it was connected. */
uint32_t account_connect(struct world *w, uint32_t space, const struct account *init);
/* Issues a new token, with all permissions. The row and the handle stay the same. The token of a leased account never
 * expires. */
void account_reconnect(struct world *w, uint32_t account, int64_t token_expires_at_ms);
/* `why` must not be TOKEN_LIVE. Queued posts stay queued. Does nothing if the token is already lost. */
void account_lose_token(struct world *w, uint32_t account, enum token why);
void account_flag(struct world *w, uint32_t account);
/* The consent that has just connected or reconnected the account did not grant the permission to publish. */
void account_limit(struct world *w, uint32_t account);
void account_set_outcome(struct world *w, uint32_t account, enum outcome outcome, const char *code);

uint32_t account_find(const struct world *w, int provider, struct str public_id);
/* The newest account of a platform's user in the space that is not disconnected, or ROW_NONE. */
uint32_t account_find_user(const struct world *w, uint32_t space, enum platform platform, const char *handle);
const struct account *account_read(const struct world *w, uint32_t row);
bool account_is_listed(const struct account *a);   /* not disconnected */
bool account_can_publish(const struct account *a); /* listed, token live, may publish, prepared */
/* The first monthly anniversary of `since_ms` that is after `after_ms`. */
int64_t account_next_renewal(int64_t since_ms, int64_t after_ms);
