/* oauth_attempt.h - one OAuth consent flow: its state token and its result.
 *
 * Shapes:  kind ACCOUNT connects or reconnects an account (`platform`, `account`).
 *          Kind ADS connects an ad account (`ad_platform`, `ad_account`); whether it reconnects one is known only when
 *          it completes.
 *          Kind KEY is a device login: a user signs a program in, and the program gets a key. `key` and `space` are
 *          ROW_NONE until then.
 * States:  pending -> completed | failed | expired (final). A token can be used once, and only with the key that
 *          created it.
 * Indexes: the public id is the state token.
 * Units:   milliseconds.
 */
#pragma once
#include "base/enum.h"
#include "mockserver/state/ad_account.h"
#include "mockserver/state/connection.h"

#define OAUTH_ATTEMPT_STATES(X)                                                                                        \
    X(OAUTH_ATTEMPT_PENDING, "pending")                                                                                \
    X(OAUTH_ATTEMPT_COMPLETED, "completed")                                                                            \
    X(OAUTH_ATTEMPT_FAILED, "failed")                                                                                  \
    X(OAUTH_ATTEMPT_EXPIRED, "expired")
enum oauth_attempt_state { OAUTH_ATTEMPT_STATES(ENUM_NAME) OAUTH_ATTEMPT_STATE_COUNT };
extern const char *const oauth_attempt_state_texts[];

#define OAUTH_ATTEMPT_KINDS(X)                                                                                         \
    X(OAUTH_ATTEMPT_FOR_ACCOUNT, "account")                                                                            \
    X(OAUTH_ATTEMPT_FOR_ADS, "ad_account")                                                                             \
    X(OAUTH_ATTEMPT_FOR_KEY, "key")
enum oauth_attempt_kind { OAUTH_ATTEMPT_KINDS(ENUM_NAME) OAUTH_ATTEMPT_KIND_COUNT };
extern const char *const oauth_attempt_kind_texts[];

struct oauth_attempt {
    enum oauth_attempt_kind kind;
    uint32_t key, space;
    uint32_t account;    /* the account to reconnect; once completed, the connected account */
    uint32_t ad_account; /* once completed, the connected ad account */
    bool reconnects;
    int provider;
    enum platform platform;
    enum ad_platform ad_platform;
    enum oauth_attempt_state state;
    const char *token;      /* the opaque state parameter */
    const char *return_url; /* may be NULL for a reconnect */
    const char *scopes;     /* for which the user is asked, separated by blanks; NULL: the platform's default ones */
    const char *note;
    const char *correlation; /* chosen by the partner, returned at the end */
    const char *error;       /* why it failed, for example "access_denied" */
    int64_t created_at_ms, expires_at_ms, ended_at_ms;
};

/* Adds a copy of `init`, created now. With `reconnects`, the platform is that of `account`; otherwise `account` is
 * ignored. */
uint32_t oauth_attempt_begin(struct world *w, const struct oauth_attempt *init);
/* The end customer consents, as `user` (a handle without @). Connects the user's account (connection_open), or
 * reconnects `account`; if that account has been disconnected, the attempt fails with "account_gone". */
void oauth_attempt_complete(struct world *w, uint32_t attempt, const struct connection *user);
/* The same for an ad account: adds one, or renews the grant if the space already has one on that platform. */
void oauth_attempt_complete_ads(struct world *w, uint32_t attempt, const struct ad_account *grant);
/* A user of `space` signs the program in; it gets `key`. */
void oauth_attempt_complete_key(struct world *w, uint32_t attempt, uint32_t space, uint32_t key);
void oauth_attempt_fail(struct world *w, uint32_t attempt, const char *error);

uint32_t oauth_attempt_find(const struct world *w, struct str token);
const struct oauth_attempt *oauth_attempt_read(const struct world *w, uint32_t row);
const char *oauth_attempt_platform_text(const struct oauth_attempt *a); /* of its kind; KEY: "program" */
