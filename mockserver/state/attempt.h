/* attempt.h - one run of OAuth consent: a state token, and what became of it.
 *
 * States:  pending -> completed | failed | expired; the three are ends. A token works once and only
 * for the key that made it. Indexes: ATTEMPT_STATE (the state token). Units:   milliseconds.
 */
#pragma once
#include "mockserver/state/account.h"

#define ATTEMPT_STATES(X)                                                                          \
    X(PENDING, "pending") X(COMPLETED, "completed") X(FAILED, "failed") X(EXPIRED, "expired")
enum attempt_state {
#define X(name, text) ATTEMPT_##name,
    ATTEMPT_STATES(X)
#undef X
        ATTEMPT_STATE_COUNT
};
extern const char *const attempt_state_texts[];

struct attempt {
    uint32_t key, space;
    uint32_t account; /* to reconnect (before), or the one it led to (after) */
    bool reconnects;
    int provider;
    enum platform platform;
    enum attempt_state state;
    const char *token;      /* the opaque state parameter */
    const char *return_url; /* may be NULL for a reconnect */
    const char *note;
    const char *error; /* the tester's or user's reason when failed: "access_denied", ... */
    int64_t created_at_ms, expires_at_ms, ended_at_ms;
};

struct attempt_spec {
    uint32_t key, space, account;
    bool reconnects;
    int provider;
    enum platform platform;
    const char *token, *return_url, *note;
    int64_t expires_at_ms;
};

uint32_t attempt_begin(struct world *w, const struct attempt_spec *spec);
/* The end-customer consents, as `user` (a handle without @). Connects a new account, or reconnects
 * the one it is for; was that disconnected meanwhile, the attempt fails: "account_gone". */
void attempt_complete(struct world *w, uint32_t attempt, const struct account_spec *user);
void attempt_fail(struct world *w, uint32_t attempt, const char *error);
void attempt_expire(struct world *w, uint32_t attempt);

uint32_t attempt_find(const struct world *w, struct str token);
const struct attempt *attempt_read(const struct world *w, uint32_t row);
