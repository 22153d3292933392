/* lease.h - accounts that the provider owns and rents out: what is asked for, what there is to
 * lease, and the months a lease lasts.
 *
 * Shapes:  request {space, how many, of what}; pool account: one that can be leased; a lease itself
 *          is an ordinary account with `leased` set, in its space's list like any other. An
 *          account's `lease_request` is the one it came from, if any.
 * States:  request: requested -> assigned | partial | rejected, which are ends. Pool account: free
 *          <-> leased. A lease is paid for when it begins and on the same UTC day of every month
 *          until the account is disconnected; of a month begun nothing is given back.
 * Indexes: LEASE_REQUEST_ID (organization, id); POOL_HANDLE (provider, handle); POOL_ACCOUNT (the
 *          account it is leased as); ACCOUNT_REQUEST (request; order of assignment; disconnected ones stay);
 *          ACCOUNT_LEASE (organization and disconnected or not; newest first).
 * Units:   milliseconds; cents a month.
 * Source:  "Social accounts", Leased accounts, Billing and Revocation.
 */
#pragma once
#include "mockserver/state/account.h"

#define LEASE_STATES(X)                                                                            \
    X(REQUESTED, "requested")                                                                      \
    X(ASSIGNED, "assigned") X(PARTIAL, "partial") X(REJECTED, "rejected")
enum lease_state {
#define X(name, text) LEASE_##name,
    LEASE_STATES(X)
#undef X
        LEASE_STATE_COUNT
};
extern const char *const lease_state_texts[];

struct lease_request {
    uint32_t space;
    uint32_t key; /* ROW_NONE: the world began with it */
    int provider;
    const char *public_id;
    int64_t count;
    const char *vertical, *audience, *language;
    const char *geo;    /* countries, "US,CA"; NULL: wherever */
    const char *note;   /* the asker's */
    const char *remark; /* the provider's, on deciding */
    enum lease_state state;
    int64_t submitted_at_ms, decided_at_ms;
};

struct pool_account {
    int provider;
    enum platform platform;
    const char *handle; /* unique in the pool: its id */
    const char *vertical, *geo;
    int64_t followers, monthly_price_cents;
    uint32_t account; /* what it is leased as; ROW_NONE: it is free */
};

/* The request's texts and count; all else follows. submitted_at_ms 0: now. */
uint32_t lease_request_create(struct world *w, uint32_t space, const struct lease_request *wish);

/* What to decide. `count` is how many accounts: all that were asked for when assigned, some of them
 * when partial, none when rejected. */
struct lease_decision {
    enum lease_state outcome;
    int64_t count;
    const char *remark;
    const char *id_prefix; /* of the new accounts' ids */
};

enum lease_verdict {
    LEASE_POSSIBLE,
    LEASE_DECIDED_ALREADY,
    LEASE_WRONG_COUNT, /* or the outcome is none */
    LEASE_POOL_TOO_SMALL,
};
enum lease_verdict lease_request_judge(const struct world *w, uint32_t request,
                                       const struct lease_decision *d);
/* Takes from the pool what fits, in its order, and connects it to the request's space. */
void lease_request_decide(struct world *w, uint32_t request, const struct lease_decision *d);
/* How many free accounts of the pool are of the request's vertical and one of its countries. */
int64_t lease_request_matches(const struct world *w, uint32_t request);

uint32_t pool_account_create(struct world *w, const struct pool_account *p);
/* It is leased as this account, whose handle it has. */
void pool_account_lease(struct world *w, uint32_t pool, uint32_t account);
/* What was leased as this account is free again. Part of a transition (account_disconnect). */
void pool_account_free(struct world *w, uint32_t account);

/* The first anniversary of `since_ms` that is later than `after_ms`. */
int64_t lease_next_renewal(int64_t since_ms, int64_t after_ms);
void lease_renewal_due(struct world *w, uint32_t account); /* event: a month is over */

uint32_t lease_request_find(const struct world *w, uint32_t organization, struct str public_id);
const struct lease_request *lease_request_read(const struct world *w, uint32_t row);
uint32_t pool_account_find(const struct world *w, int provider, struct str handle);
const struct pool_account *pool_account_read(const struct world *w, uint32_t row);
const char *pool_account_state_text(const struct pool_account *p); /* "free" "leased" */
