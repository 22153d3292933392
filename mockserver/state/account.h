/* account.h - a platform handle that a space can publish through, connected or leased.
 *
 * Shapes:  one row per binding of a platform user to a space: the same handle in two spaces is two
 *          rows, and a row that was disconnected never comes back (connecting again makes a new
 *          row).
 * States:  token live -> expired | withdrawn -> live (reconnect); any -> disconnected, for good.
 * Indexes: ACCOUNT_ID (provider, public id) holds all; ACCOUNT_SPACE and the three filtered ones
 *          hold only those not disconnected: key space (and platform | token lost or not | leased
 *          or not), order = minus connected_at: newest first.
 * Units:   milliseconds; cents a month.
 */
#pragma once
#include "base/str.h"
#include "mockserver/state/world.h"

#define PLATFORMS(X)                                                                               \
    X(TIKTOK, "tiktok")                                                                            \
    X(INSTAGRAM, "instagram")                                                                      \
    X(X, "x")                                                                                      \
    X(FACEBOOK, "facebook")                                                                        \
    X(LINKEDIN, "linkedin")                                                                        \
    X(YOUTUBE, "youtube")                                                                          \
    X(THREADS, "threads")                                                                          \
    X(PINTEREST, "pinterest")
enum platform {
#define X(name, text) PLATFORM_##name,
    PLATFORMS(X)
#undef X
        PLATFORM_COUNT
};
extern const char *const platform_texts[];

#define TOKENS(X) X(LIVE, "live") X(EXPIRED, "expired") X(WITHDRAWN, "withdrawn")
enum token {
#define X(name, text) TOKEN_##name,
    TOKENS(X)
#undef X
        TOKEN_COUNT
};
extern const char *const token_texts[];

#define DISCONNECTS(X)                                                                             \
    X(NONE, "none")                                                                                \
    X(REVOKED, "revoked")                                                                          \
    X(RELEASED, "released")                                                                        \
    X(REMOVED_BY_USER, "removed_by_user")
enum disconnect {
#define X(name, text) DISCONNECT_##name,
    DISCONNECTS(X)
#undef X
        DISCONNECT_COUNT
};
extern const char *const disconnect_texts[];

/* What the platform will answer when a post is due; set by a tester. */
#define OUTCOMES(X) X(NATURAL, "natural") X(SUCCESS, "success") X(ERROR, "error")
enum outcome {
#define X(name, text) OUTCOME_##name,
    OUTCOMES(X)
#undef X
        OUTCOME_COUNT
};
extern const char *const outcome_texts[];

struct account {
    uint32_t space;
    int provider;
    const char *public_id, *handle, *name, *avatar_url;
    const char *kind; /* whose it is, in the platform's word; NULL: it says nothing */
    enum platform platform;
    enum token token;
    const char *token_word;     /* what is said of the token; NULL: by `token` */
    enum disconnect disconnect; /* NONE: it is in the list */
    enum outcome outcome;       /* of its next publish; then NATURAL again */
    const char *outcome_code;
    bool leased, refreshes; /* refreshes: its token is renewed before it expires */
    bool inactive;          /* suspended by its owner; that alone stops nothing */
    bool flagged;           /* by the platform: nothing can be published until it is reconnected */
    int64_t connected_at_ms, token_expires_at_ms /* 0: never */, disconnected_at_ms;
    int64_t monthly_price_cents, followers;
    int64_t renews_at_ms;     /* when a lease's next month begins; 0: it is none, or over */
    uint32_t lease_request;   /* it was assigned for (lease.h), or ROW_NONE */
    int64_t token_since_ms;   /* when the present token was given */
    int64_t token_generation; /* counts the tokens it has had */
    int64_t updated_at_ms;    /* when the platform or its owner last changed it */
};

struct after_connect;

struct account_spec {
    const char *public_id, *handle, *name, *avatar_url, *kind, *token_word;
    enum platform platform;
    enum token token;
    bool leased, refreshes, inactive, flagged;
    int64_t connected_at_ms, token_expires_at_ms, monthly_price_cents, followers;
    int64_t updated_at_ms;             /* 0: connected_at_ms */
    const struct after_connect *after; /* what follows (layer.h); NULL: nothing does */
    const char *kept_avatar_url;       /* where that keeps the picture; NULL: where it was */
};

uint32_t account_connect(struct world *w, uint32_t space, const struct account_spec *spec);
void account_reconnect(struct world *w, uint32_t account,
                       int64_t token_expires_at_ms); /* same row and handle, new token */
/* Queued posts stay queued. A token that is dead already stays as it is. */
void account_lose_token(struct world *w, uint32_t account, enum token why);
void account_flag(struct world *w, uint32_t account);
/* Disconnects it for good and cancels what it was to post; answers how much of that was queued.
 * Of a leased one this is the release. */
uint32_t account_disconnect(struct world *w, uint32_t account, enum disconnect why);
void account_set_outcome(struct world *w, uint32_t account, enum outcome outcome, const char *code);
void account_token_due(struct world *w, uint32_t account); /* event: its token's time has come */

uint32_t account_find(const struct world *w, int provider, struct str public_id);
const struct account *account_read(const struct world *w, uint32_t row);
bool account_is_listed(const struct account *a);   /* not disconnected */
bool account_can_publish(const struct account *a); /* listed, its token live, not flagged */
const char *
account_state_text(const struct account *a); /* "live" "expired" "withdrawn" "disconnected" */
