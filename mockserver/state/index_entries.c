#include "mockserver/state/record.h"

#include <assert.h>
#include <string.h>

#include "mockserver/state/ad_account.h"
#include "mockserver/state/connection.h"
#include "mockserver/state/lease.h"
#include "mockserver/state/media.h"
#include "mockserver/state/oauth_attempt.h"
#include "mockserver/state/post.h"
#include "mockserver/state/tenant.h"
#include "mockserver/state/webhook.h"

static const enum world_index id_indexes[RECORD_KIND_COUNT] = {
    [RECORD_ORGANIZATION] = INDEX_ORGANIZATION_ID,
    [RECORD_KEY] = INDEX_KEY_ID,
    [RECORD_SPACE] = INDEX_SPACE_ID,
    [RECORD_ACCOUNT] = INDEX_ACCOUNT_ID,
    [RECORD_OAUTH_ATTEMPT] = INDEX_OAUTH_ATTEMPT_STATE,
    [RECORD_CONTENT] = INDEX_CONTENT_ID,
    [RECORD_POST] = INDEX_POST_ID,
    [RECORD_DESTINATION] = INDEX_DESTINATION_ID,
    [RECORD_LEASE_REQUEST] = INDEX_LEASE_REQUEST_ID,
    [RECORD_POOL_ACCOUNT] = INDEX_POOL_HANDLE,
    [RECORD_WALLET_ENTRY] = INDEX_WALLET_ID,
    [RECORD_AD_ACCOUNT] = INDEX_AD_ACCOUNT_ID,
    [RECORD_LAYER] = INDEX_LAYER_ID,
    [RECORD_ONBOARDING] = INDEX_ONBOARDING_ID,
    [RECORD_WEBHOOK] = INDEX_WEBHOOK_ID,
    [RECORD_DELIVERY] = INDEX_DELIVERY_ID,
    [RECORD_MEDIA] = INDEX_MEDIA_ID,
};

static void add_entry(struct index_entries *out, enum world_index index, int64_t key, int64_t order, uint32_t row)
{
    assert(out->count < INDEX_ENTRIES_MAX);
    out->items[out->count++] = (struct world_index_entry){
        index, {key, order, row}
    };
}

static void add_key_entries(const struct key *k, uint32_t row, struct index_entries *out)
{
    int64_t digest;
    memcpy(&digest, k->digest, sizeof digest);
    add_entry(out, INDEX_KEY_VALUE, digest, 0, row);
}

static void add_lease_entries(const struct world *w, const struct account *a, uint32_t row, struct index_entries *out)
{
    uint32_t organization = space_read(w, a->space)->organization;
    add_entry(out, INDEX_ACCOUNT_LEASE, index_pair_key(organization, !account_is_listed(a)), -a->connected_at_ms, row);
    if (a->lease_request)
        add_entry(out, INDEX_ACCOUNT_REQUEST, a->lease_request, row, row);
}

static void add_account_entries(const struct world *w, uint32_t row, struct index_entries *out)
{
    const struct account *a = account_read(w, row);
    if (a->leased)
        add_lease_entries(w, a, row, out);
    if (!account_is_listed(a))
        return;
    int64_t order = -a->connected_at_ms;
    add_entry(out, INDEX_ACCOUNT_SPACE, a->space, order, row);
    add_entry(out, INDEX_ACCOUNT_SPACE_PLATFORM, index_pair_key(a->space, a->platform), order, row);
    add_entry(out, INDEX_ACCOUNT_SPACE_TOKEN, index_pair_key(a->space, a->token != TOKEN_LIVE), order, row);
    add_entry(out, INDEX_ACCOUNT_SPACE_LEASED, index_pair_key(a->space, a->leased), order, row);
}

static void add_destination_entries(const struct destination *d, uint32_t row, struct index_entries *out)
{
    if (d->removed_at_ms)
        return;
    add_entry(out, INDEX_DESTINATION_SPACE, d->space, -d->due_at_ms, row);
    add_entry(out, INDEX_DESTINATION_ACCOUNT, index_pair_key(d->account, d->state), d->due_at_ms, row);
    add_entry(out, INDEX_DESTINATION_POST, d->post, row, row);
}

int64_t index_entries_scope(const struct world *w, enum record_kind kind, uint32_t row)
{
    if (kind == RECORD_LEASE_REQUEST)
        return space_read(w, lease_request_read(w, row)->space)->organization;
    return record_provider(w, kind, row);
}

void index_entries_of(const struct world *w, enum record_kind kind, uint32_t row, struct index_entries *out)
{
    out->count = 0;
    const char *id = record_id(w, kind, row);
    if (id)
        add_entry(out, id_indexes[kind], index_text_key(str_from(id)), index_entries_scope(w, kind, row), row);
    switch (kind) {
    case RECORD_KEY:
        add_key_entries(key_read(w, row), row, out);
        break;
    case RECORD_SPACE: {
        const struct space *s = space_read(w, row);
        /* The row gives the order of creation even if the times are equal. */
        add_entry(out, INDEX_SPACE_ORGANIZATION, s->organization, -(int64_t)row, row);
        break;
    }
    case RECORD_ACCOUNT:
        add_account_entries(w, row, out);
        break;
    case RECORD_POST: {
        const struct post *p = post_read(w, row);
        if (!p->removed_at_ms)
            add_entry(out, INDEX_POST_SPACE, p->space, -p->due_at_ms, row);
        break;
    }
    case RECORD_DESTINATION:
        add_destination_entries(destination_read(w, row), row, out);
        break;
    case RECORD_POOL_ACCOUNT: {
        const struct pool_account *p = pool_account_read(w, row);
        if (p->account)
            add_entry(out, INDEX_POOL_ACCOUNT, p->account, 0, row);
        break;
    }
    case RECORD_AD_ACCOUNT: {
        const struct ad_account *a = ad_account_read(w, row);
        if (ad_account_is_listed(a))
            add_entry(out, INDEX_AD_ACCOUNT_SPACE, index_pair_key(a->space, a->platform), 0, row);
        break;
    }
    case RECORD_WEBHOOK: {
        const struct webhook *h = webhook_read(w, row);
        if (h->state != WEBHOOK_DELETED)
            add_entry(out, INDEX_WEBHOOK_ORGANIZATION, h->organization, -(int64_t)row, row);
        break;
    }
    case RECORD_DELIVERY: {
        const struct delivery *d = delivery_read(w, row);
        add_entry(out, INDEX_DELIVERY_WEBHOOK, d->webhook, -(int64_t)row, row);
        add_entry(out, INDEX_DELIVERY_WEBHOOK_STATE, index_pair_key(d->webhook, d->state), row, row);
        if (d->change)
            add_entry(out, INDEX_DELIVERY_CHANGE, d->change, row, row);
        break;
    }
    case RECORD_MEDIA: {
        const struct media *m = media_read(w, row);
        if (m->state != MEDIA_REMOVED)
            add_entry(out, INDEX_MEDIA_SPACE, m->space, -(int64_t)row, row);
        break;
    }
    case RECORD_LAYER: {
        const struct layer *l = layer_read(w, row);
        add_entry(out, INDEX_LAYER_SPACE, l->space, l->account, row);
        break;
    }
    case RECORD_ORGANIZATION:
    case RECORD_OAUTH_ATTEMPT:
    case RECORD_CONTENT:
    case RECORD_LEASE_REQUEST:
    case RECORD_WALLET_ENTRY:
    case RECORD_ONBOARDING:
    case RECORD_KIND_COUNT:
        break;
    }
}

void index_entries_add(struct world *w, enum record_kind kind, uint32_t row)
{
    struct index_entries now;
    index_entries_of(w, kind, row, &now);
    for (size_t i = 0; i < now.count; i++)
        index_add(&w->indexes[now.items[i].index], now.items[i].entry);
}

static bool contains(const struct index_entries *entries, const struct world_index_entry *p)
{
    for (size_t i = 0; i < entries->count; i++) {
        const struct world_index_entry *x = &entries->items[i];
        if (x->index == p->index && x->entry.key == p->entry.key && x->entry.order == p->entry.order)
            return true;
    }
    return false;
}

void index_entries_move(struct world *w, enum record_kind kind, uint32_t row, const struct index_entries *before)
{
    struct index_entries now;
    index_entries_of(w, kind, row, &now);
    for (size_t i = 0; i < before->count; i++)
        if (!contains(&now, &before->items[i]))
            index_remove(&w->indexes[before->items[i].index], before->items[i].entry);
    for (size_t i = 0; i < now.count; i++)
        if (!contains(before, &now.items[i]))
            index_add(&w->indexes[now.items[i].index], now.items[i].entry);
}

/* The first record with that id, in the scopes from `first_scope` to `last_scope`. */
static uint32_t find_between(const struct world *w, enum record_kind kind, int64_t first_scope, int64_t last_scope,
                             struct str public_id)
{
    int64_t key = index_text_key(public_id);
    struct index_walk walk;
    index_from(&w->indexes[id_indexes[kind]], &walk, (struct index_entry){key, first_scope, 0});
    while (index_next_of(&walk, key) && walk.entry.order <= last_scope)
        if (str_is(public_id, record_id(w, kind, walk.entry.row)))
            return walk.entry.row;
    return ROW_NONE;
}

uint32_t index_entries_find(const struct world *w, enum record_kind kind, int64_t scope, struct str public_id)
{
    return find_between(w, kind, scope, scope, public_id);
}

uint32_t record_find(const struct world *w, enum record_kind kind, struct str public_id)
{
    return find_between(w, kind, INT64_MIN, INT64_MAX, public_id);
}

bool index_entries_unique(const struct world *w, enum record_kind kind, struct str public_id)
{
    int64_t key = index_text_key(public_id);
    struct index_walk walk;
    size_t count = 0;
    index_from(&w->indexes[id_indexes[kind]], &walk, (struct index_entry){key, INT64_MIN, 0});
    while (index_next_of(&walk, key))
        count += str_is(public_id, record_id(w, kind, walk.entry.row));
    return count == 1;
}

bool index_entries_taken(const struct world *w, struct str public_id)
{
    for (enum record_kind kind = 0; kind < RECORD_KIND_COUNT; kind++)
        if (record_find(w, kind, public_id))
            return true;
    return false;
}
