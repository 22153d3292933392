/* wallet.h - what an organization was charged: an append-only list of entries.
 *
 * Shapes:  one entry per month of a lease, added when the month begins. Its id is "entry_<row>".
 * Units:   cents, negative for a charge; milliseconds.
 * Errors:  none.
 * Source:  "Social accounts", Billing.
 */
#pragma once
#include "base/enum.h"
#include "mockserver/state/world.h"

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
