/* lease.h - accounts that the provider owns and rents out: lease requests, the pool of accounts, the monthly renewal,
 * and what an organization was charged.
 *
 * Shapes:  lease request {space, count, vertical, ...}; pool account: an account that can be leased. A leased account
 *          is an ordinary account with `leased` set, listed in its space. Its `lease_request` is the request it was
 *          assigned for, if any. The wallet is an append-only list: one entry per month of a lease, added when the
 *          month begins. Its id is "entry_<row>".
 * States:  request: requested -> assigned | partial | rejected (final). Pool account: free <-> leased. The organization
 *          is charged when the lease begins and on the same UTC day of every month until the account is disconnected. A
 *          month that has begun is not refunded.
 * Indexes: the ids of lease requests are unique in the organization, the handles in the pool. POOL_ACCOUNT (the account
 *          it is leased as); ACCOUNT_REQUEST (request; in order of assignment, disconnected accounts included);
 *          ACCOUNT_LEASE (organization and disconnected or not; newest first).
 * Units:   milliseconds; cents per month; a wallet entry is negative for a charge.
 * Source:  "Social accounts", Leased accounts, Billing and Revocation.
 */
#pragma once
#include "base/enum.h"
#include "mockserver/state/account.h"

#define LEASE_STATES(X)                                                                                                \
    X(LEASE_REQUESTED, "requested")                                                                                    \
    X(LEASE_ASSIGNED, "assigned")                                                                                      \
    X(LEASE_PARTIAL, "partial")                                                                                        \
    X(LEASE_REJECTED, "rejected")
enum lease_state { LEASE_STATES(ENUM_NAME) LEASE_STATE_COUNT };
extern const char *const lease_state_texts[];

struct lease_request {
    uint32_t space;
    uint32_t key; /* the key that submitted it; ROW_NONE: from the fixture */
    int provider;
    const char *public_id;
    int64_t count;
    const char *vertical, *audience, *language;
    const char *geo;    /* countries, for example "US,CA"; NULL: any */
    const char *note;   /* from the client */
    const char *remark; /* from the provider, with the decision */
    enum lease_state state;
    int64_t submitted_at_ms, decided_at_ms;
};

#define POOL_STATES(X) X(POOL_FREE, "free") X(POOL_LEASED, "leased")
enum pool_state { POOL_STATES(ENUM_NAME) POOL_STATE_COUNT };

struct pool_account {
    int provider;
    enum platform platform;
    const char *handle; /* unique in the pool; serves as the id */
    const char *vertical, *geo;
    int64_t followers, monthly_price_cents;
    uint32_t account; /* the account it is leased as; ROW_NONE: free */
};

#define WALLET_REASONS(X) X(WALLET_ASSIGNMENT, "lease_assignment") X(WALLET_RENEWAL, "lease_renewal")
enum wallet_reason { WALLET_REASONS(ENUM_NAME) WALLET_REASON_COUNT };
extern const char *const wallet_reason_texts[];

struct wallet_entry {
    uint32_t organization, account;
    int provider;
    const char *public_id;
    enum wallet_reason what;
    int64_t at_ms, cents;
};

/* Adds a copy of `init` to the space. submitted_at_ms 0: now. */
uint32_t lease_request_create(struct world *w, uint32_t space, const struct lease_request *init);

struct lease_decision {
    enum lease_state outcome;
    int64_t count; /* accounts: the requested count if assigned, fewer if partial, 0 if rejected */
    const char *remark;
    const char *id_prefix; /* of the new accounts' ids */
};

enum lease_verdict {
    LEASE_POSSIBLE,
    LEASE_DECIDED_ALREADY,
    LEASE_WRONG_COUNT, /* also: the outcome is LEASE_REQUESTED */
    LEASE_POOL_TOO_SMALL,
};
/* Checks a decision without applying it. */
enum lease_verdict lease_request_judge(const struct world *w, uint32_t request, const struct lease_decision *d);
/* Applies a decision that is LEASE_POSSIBLE: connects the first matching accounts of the pool to the request's
 * space. */
void lease_request_decide(struct world *w, uint32_t request, const struct lease_decision *d);
/* Number of free pool accounts that match the request's vertical and one of its countries. */
int64_t lease_request_matches(const struct world *w, uint32_t request);

uint32_t pool_account_create(struct world *w, const struct pool_account *init);
/* Marks a free pool account as leased. `account` is its account record, with the same handle. */
void pool_account_lease(struct world *w, uint32_t pool, uint32_t account);
/* Frees the pool account that is leased as `account`, if any. Part of account_disconnect. */
void pool_account_free(struct world *w, uint32_t account);

uint32_t lease_request_find(const struct world *w, uint32_t organization, struct str public_id);
const struct lease_request *lease_request_read(const struct world *w, uint32_t row);
uint32_t pool_account_find(const struct world *w, int provider, struct str handle);
const struct pool_account *pool_account_read(const struct world *w, uint32_t row);
const struct wallet_entry *wallet_entry_read(const struct world *w, uint32_t row);
