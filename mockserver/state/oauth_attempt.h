/* oauth_attempt.h - one run of OAuth consent: a state token, and what became of it.
 *
 * Shapes:  it is for an account, or for an ad account: then `ad_platform` and `ad_account` are
 *          meant, not `platform` and `account`, and nothing says beforehand whether it will
 *          reconnect one.
 *          Or for a key: somebody signs a program in, which then gets that key; its space is
 *          where they did. Until then it has neither.
 * States:  pending -> completed | failed | expired; the three are ends. A token works once and only
 *          for the key that made it.
 * Indexes: OAUTH_ATTEMPT_STATE (the state token).
 * Units:   milliseconds.
 */
#pragma once
#include "mockserver/state/account.h"
#include "mockserver/state/ad_account.h"

#define OAUTH_ATTEMPT_STATES(X)                                                                    \
    X(PENDING, "pending") X(COMPLETED, "completed") X(FAILED, "failed") X(EXPIRED, "expired")
enum oauth_attempt_state {
#define X(name, text) OAUTH_ATTEMPT_##name,
    OAUTH_ATTEMPT_STATES(X)
#undef X
        OAUTH_ATTEMPT_STATE_COUNT
};
extern const char *const oauth_attempt_state_texts[];

#define OAUTH_ATTEMPT_KINDS(X) X(ACCOUNT, "account") X(ADS, "ad_account") X(KEY, "key")
enum oauth_attempt_kind {
#define X(name, text) OAUTH_ATTEMPT_FOR_##name,
    OAUTH_ATTEMPT_KINDS(X)
#undef X
        OAUTH_ATTEMPT_KIND_COUNT
};
extern const char *const oauth_attempt_kind_texts[];

struct oauth_attempt {
    enum oauth_attempt_kind kind;
    uint32_t key, space;
    uint32_t account;    /* to reconnect (before), or the one it led to (after) */
    uint32_t ad_account; /* it led to */
    bool reconnects;
    int provider;
    enum platform platform;
    enum ad_platform ad_platform;
    enum oauth_attempt_state state;
    const char *token;      /* the opaque state parameter */
    const char *return_url; /* may be NULL for a reconnect */
    const char *note;
    const char *correlation; /* the partner's own word, given back at the end */
    const char *error;       /* the tester's or user's reason when failed: "access_denied", ... */
    int64_t created_at_ms, expires_at_ms, ended_at_ms;
};

struct oauth_attempt_spec {
    enum oauth_attempt_kind kind;
    uint32_t key, space, account;
    bool reconnects;
    int provider;
    enum platform platform;
    enum ad_platform ad_platform;
    const char *token, *return_url, *note, *correlation;
    int64_t expires_at_ms;
};

uint32_t oauth_attempt_begin(struct world *w, const struct oauth_attempt_spec *spec);
/* The end-customer consents, as `user` (a handle without @). Connects a new account, or reconnects
 * the one it is for; was that disconnected meanwhile, the attempt fails: "account_gone". */
void oauth_attempt_complete(struct world *w, uint32_t attempt, const struct account_spec *user);
/* The same for an ad account: a new one, or a new grant for the one that the space has by now. */
void oauth_attempt_complete_ads(struct world *w, uint32_t attempt,
                                const struct ad_account_spec *grant);
/* Somebody of that space signs in with that key. */
void oauth_attempt_complete_key(struct world *w, uint32_t attempt, uint32_t space, uint32_t key);
void oauth_attempt_fail(struct world *w, uint32_t attempt, const char *error);
void oauth_attempt_expire(struct world *w, uint32_t attempt);

uint32_t oauth_attempt_find(const struct world *w, struct str token);
const struct oauth_attempt *oauth_attempt_read(const struct world *w, uint32_t row);
const char *oauth_attempt_platform_text(const struct oauth_attempt *a); /* of either kind */
