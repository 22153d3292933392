#include "mockserver/state/wallet.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/enum.h"
#include "mockserver/state/account.h"
#include "mockserver/state/changes.h"
#include "mockserver/state/index_entries.h"
#include "mockserver/state/records.h"
#include "mockserver/state/tenant.h"

const char *const wallet_reason_texts[] = {WALLET_REASONS(ENUM_TEXT)};

uint32_t wallet_charge_month(struct world *w, uint32_t account, enum wallet_reason what)
{
    const struct account *a = account_read(w, account);
    uint32_t row;
    char id[32];
    struct wallet_entry *e = table_add(&w->records[RECORD_WALLET_ENTRY], &row);
    snprintf(id, sizeof id, "entry_%" PRIu32, row);
    *e = (struct wallet_entry){
        .organization = space_read(w, a->space)->organization,
        .account = account,
        .provider = a->provider,
        .public_id = world_text(w, id),
        .what = what,
        .at_ms = world_now(w),
        .cents = -a->monthly_price_cents,
    };
    index_entries_add(w, RECORD_WALLET_ENTRY, row);
    changes_add(w, RECORD_WALLET_ENTRY, row, "wallet_charge_month", NULL, record_state(w, RECORD_WALLET_ENTRY, row));
    return row;
}

const struct wallet_entry *wallet_entry_read(const struct world *w, uint32_t row)
{
    return world_read(w, RECORD_WALLET_ENTRY, row);
}
