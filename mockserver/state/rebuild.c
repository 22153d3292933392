#include "mockserver/state/rebuild.h"

#include <string.h>

#include "base/digest.h"
#include "mockserver/state/account.h"
#include "mockserver/state/lease.h"
#include "mockserver/state/places.h"
#include "mockserver/state/record_put.h"
#include "mockserver/state/tenant.h"

uint32_t rebuild_row(struct world *w, enum record_kind kind, int provider)
{
    uint32_t row;
    const size_t provider_offset = record_shape(kind)->provider_offset;
    char *record = table_add(&w->records[kind], &row);
    if (provider_offset != SIZE_MAX)
        memcpy(record + provider_offset, &provider, sizeof provider);
    return row;
}

/* Without these nobody could say where the record stands, or of which provider it is. */
static const char *owner_missing(const struct world *w, enum record_kind kind, uint32_t row)
{
    switch (kind) {
    case RECORD_KEY:
        return key_read(w, row)->organization ? NULL : "a key belongs to an organization";
    case RECORD_SPACE:
        return space_read(w, row)->organization ? NULL : "a space belongs to an organization";
    case RECORD_ACCOUNT:
        return account_read(w, row)->space ? NULL : "an account belongs to a space";
    case RECORD_LEASE_REQUEST:
        return lease_request_read(w, row)->space ? NULL : "a lease request belongs to a space";
    case RECORD_ORGANIZATION:
    case RECORD_ATTEMPT:
    case RECORD_CONTENT:
    case RECORD_POST:
    case RECORD_DESTINATION:
    case RECORD_POOL_ACCOUNT:
    case RECORD_WALLET_ENTRY:
    case RECORD_AD_ACCOUNT:
    case RECORD_LAYER:
    case RECORD_ONBOARDING:
    case RECORD_WEBHOOK:
    case RECORD_DELIVERY:
    case RECORD_MEDIA:
    case RECORD_KIND_COUNT:
        break;
    }
    return NULL;
}

const char *rebuild_place(struct world *w, enum record_kind kind, uint32_t row)
{
    const char *why = owner_missing(w, kind, row);
    if (why)
        return why;
    if (kind == RECORD_KEY) {
        struct key *k = world_edit(w, kind, row);
        digest_sha256(str_from(k->value), k->digest);
    }
    places_add(w, kind, row);
    return NULL;
}

void rebuild_changes(struct world *w)
{
    for (enum record_kind kind = 0; kind < RECORD_KIND_COUNT; kind++)
        for (uint32_t row = 1; row <= world_count(w, kind); row++)
            changes_add(w, kind, row, "record_begin", NULL, record_state(w, kind, row));
}

void rebuild_events(struct world *w)
{
    for (enum record_kind kind = 0; kind < RECORD_KIND_COUNT; kind++)
        for (uint32_t row = 1; row <= world_count(w, kind); row++)
            record_expect(w, kind, row);
}

void rebuild_change(struct world *w, const struct change *change)
{
    struct change *c = table_add(&w->changes, NULL);
    *c = *change;
    c->what = world_text(w, change->what);
    c->from = world_text(w, change->from);
    c->to = world_text(w, change->to);
    c->cause = world_text(w, change->cause);
}

void rebuild_quota(struct world *w, uint32_t key, const struct quota *quota)
{
    while (w->quotas.count < key)
        table_add(&w->quotas, NULL);
    *(struct quota *)table_edit(&w->quotas, key) = *quota;
}
