/* wallet.h - what an organization was charged: a list of entries that only grows.
 *
 * Shapes:  one entry per month of a lease, booked when the month begins. Its id is its number.
 * Units:   cents, negative for a charge; milliseconds.
 * Errors:  none.
 * Source:  "Social accounts", Billing.
 */
#pragma once
#include "mockserver/state/world.h"

#define WALLET_REASONS(X) X(ASSIGNMENT, "lease_assignment") X(RENEWAL, "lease_renewal")
enum wallet_reason {
#define X(name, text) WALLET_##name,
    WALLET_REASONS(X)
#undef X
        WALLET_REASON_COUNT
};
extern const char *const wallet_reason_texts[];

struct wallet_entry {
    uint32_t organization, account;
    int provider;
    const char *public_id;
    enum wallet_reason what;
    int64_t at_ms, cents;
};

/* Charges a month of this leased account to the organization that has it. Part of a transition: it
 * leaves world_transition_done to its caller. */
uint32_t wallet_charge_month(struct world *w, uint32_t account, enum wallet_reason what);

const struct wallet_entry *wallet_entry_read(const struct world *w, uint32_t row);
