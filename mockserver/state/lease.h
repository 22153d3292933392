/* lease.h - accounts that the provider owns and rents out: lease requests, the pool of accounts,
 * and the monthly renewal.
 *
 * Shapes:  lease request {space, count, vertical, ...}; pool account: an account that can be
 *          leased. A leased account is an ordinary account with `leased` set, listed in its space.
 *          Its `lease_request` is the request it was assigned for, if any.
 * States:  request: requested -> assigned | partial | rejected (final). Pool account: free <->
 *          leased. The organization is charged when the lease begins and on the same UTC day of
 *          every month until the account is disconnected. A month that has begun is not refunded.
 * Indexes: LEASE_REQUEST_ID (organization, id); POOL_HANDLE (provider, handle); POOL_ACCOUNT (the
 *          account it is leased as); ACCOUNT_REQUEST (request; in order of assignment, disconnected
 *          accounts included); ACCOUNT_LEASE (organization and disconnected or not; newest first).
 * Units:   milliseconds; cents per month.
 * Source:  "Social accounts", Leased accounts, Billing and Revocation.
 */
#pragma once
#include "base/enum.h"
#include "mockserver/state/account.h"

#define LEASE_STATES(X)                                                                                                \
    X(LEASE_REQUESTED, "requested")                                                                                    \
    X(LEASE_ASSIGNED, "assigned") X(LEASE_PARTIAL, "partial") X(LEASE_REJECTED, "rejected")
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

struct pool_account {
    int provider;
    enum platform platform;
    const char *handle; /* unique in the pool; serves as the id */
    const char *vertical, *geo;
    int64_t followers, monthly_price_cents;
    uint32_t account; /* the account it is leased as; ROW_NONE: free */
};

/* Copies key, count, texts and submitted_at_ms (0: now) from `spec` and ignores its other
 * members. */
uint32_t lease_request_create(struct world *w, uint32_t space, const struct lease_request *spec);

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
/* Applies a decision that is LEASE_POSSIBLE: connects the first matching accounts of the pool to
 * the request's space. */
void lease_request_decide(struct world *w, uint32_t request, const struct lease_decision *d);
/* Number of free pool accounts that match the request's vertical and one of its countries. */
int64_t lease_request_matches(const struct world *w, uint32_t request);

uint32_t pool_account_create(struct world *w, const struct pool_account *p);
/* Marks a free pool account as leased. `account` is its account record, with the same handle. */
void pool_account_lease(struct world *w, uint32_t pool, uint32_t account);
/* Frees the pool account that is leased as `account`, if any. Part of account_disconnect. */
void pool_account_free(struct world *w, uint32_t account);

/* The first monthly anniversary of `since_ms` that is after `after_ms`. */
int64_t lease_next_renewal(int64_t since_ms, int64_t after_ms);
void lease_renewal_due(struct world *w, uint32_t account); /* event: a new month begins */

uint32_t lease_request_find(const struct world *w, uint32_t organization, struct str public_id);
const struct lease_request *lease_request_read(const struct world *w, uint32_t row);
uint32_t pool_account_find(const struct world *w, int provider, struct str handle);
const struct pool_account *pool_account_read(const struct world *w, uint32_t row);
const char *pool_account_state_text(const struct pool_account *p); /* "free" "leased" */

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

/* Charges one month of a leased account to the organization that leases it. Part of a transition:
 * the caller must call world_transition_done. */
uint32_t wallet_charge_month(struct world *w, uint32_t account, enum wallet_reason what);

const struct wallet_entry *wallet_entry_read(const struct world *w, uint32_t row);
