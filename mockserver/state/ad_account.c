#include "mockserver/state/ad_account.h"

#include <assert.h>

#include "base/enum.h"
#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"
#include "mockserver/state/world.h"

#define X(name, text) text,
const char *const ad_platform_texts[] = {AD_PLATFORMS(X)};
const char *const ad_token_texts[] = {AD_TOKENS(X)};
#undef X

/* An edit in progress: the ad account's index entries and state text before it. */
struct ad_edit {
    struct world *w;
    uint32_t row;
    struct index_entries before;
    const char *from;
    struct ad_account *account;
};

static struct ad_edit edit_begin(struct world *w, uint32_t row)
{
    struct ad_edit e = {.w = w, .row = row, .from = ad_account_state_text(ad_account_read(w, row))};
    index_entries_of(w, RECORD_AD_ACCOUNT, row, &e.before);
    e.account = world_edit(w, RECORD_AD_ACCOUNT, row);
    return e;
}

static void edit_end(const struct ad_edit *e, const char *what)
{
    index_entries_move(e->w, RECORD_AD_ACCOUNT, e->row, &e->before);
    changes_add(e->w, RECORD_AD_ACCOUNT, e->row, what, e->from, ad_account_state_text(e->account));
    world_transition_done(e->w);
}

bool ad_account_can(const struct ad_account *a, enum ad_event event)
{
    bool usable = a->token == AD_TOKEN_PENDING || a->token == AD_TOKEN_VALID;
    if (!ad_account_is_listed(a))
        return false;
    switch (event) {
    case AD_VALIDATES:
        return a->token == AD_TOKEN_PENDING;
    case AD_LOSES:
        return usable;
    case AD_RECONNECTS:
    case AD_DISCONNECTS:
        break;
    }
    return true;
}

/* With no validation time the grant skips the pending state. */
static void start_grant(struct world *w, struct ad_account *a, uint32_t row)
{
    bool immediate = w->timings.ad_validation_ms == 0;
    a->token = immediate ? AD_TOKEN_VALID : AD_TOKEN_PENDING;
    a->validates_at_ms = immediate ? 0 : world_now(w) + w->timings.ad_validation_ms;
    if (!immediate)
        events_add(w, a->validates_at_ms, EVENT_AD_VALIDATES, row);
}

uint32_t ad_account_connect(struct world *w, uint32_t space, const struct ad_account_spec *spec)
{
    assert(spec->public_id && spec->external_id && !ad_account_of(w, space, spec->platform));
    uint32_t row;
    struct ad_account *a = table_add(&w->records[RECORD_AD_ACCOUNT], &row);
    *a = (struct ad_account){
        .space = space,
        .provider = space_provider(w, space),
        .public_id = world_text(w, spec->public_id),
        .external_id = world_text(w, spec->external_id),
        .name = world_text(w, spec->name),
        .currency = world_text(w, spec->currency),
        .platform = spec->platform,
        .connected_at_ms = spec->connected_at_ms ? spec->connected_at_ms : world_now(w),
    };
    start_grant(w, a, row);
    index_entries_add(w, RECORD_AD_ACCOUNT, row);
    changes_add(w, RECORD_AD_ACCOUNT, row, "ad_account_connect", NULL, ad_account_state_text(a));
    world_transition_done(w);
    return row;
}

void ad_account_validate(struct world *w, uint32_t row)
{
    assert(ad_account_can(ad_account_read(w, row), AD_VALIDATES));
    struct ad_edit e = edit_begin(w, row);
    e.account->token = AD_TOKEN_VALID;
    e.account->validates_at_ms = 0;
    edit_end(&e, "ad_account_validate");
}

void ad_account_lose(struct world *w, uint32_t row, enum ad_token why)
{
    assert(why == AD_TOKEN_EXPIRED || why == AD_TOKEN_REVOKED);
    assert(ad_account_can(ad_account_read(w, row), AD_LOSES));
    struct ad_edit e = edit_begin(w, row);
    e.account->token = why;
    e.account->validates_at_ms = 0;
    edit_end(&e, "ad_account_lose");
}

void ad_account_reconnect(struct world *w, uint32_t row)
{
    assert(ad_account_can(ad_account_read(w, row), AD_RECONNECTS));
    struct ad_edit e = edit_begin(w, row);
    start_grant(w, e.account, row);
    edit_end(&e, "ad_account_reconnect");
}

void ad_account_disconnect(struct world *w, uint32_t row)
{
    assert(ad_account_can(ad_account_read(w, row), AD_DISCONNECTS));
    struct ad_edit e = edit_begin(w, row);
    e.account->disconnected_at_ms = world_now(w);
    e.account->validates_at_ms = 0;
    edit_end(&e, "ad_account_disconnect");
}

void ad_account_validation_due(struct world *w, uint32_t row)
{
    const struct ad_account *a = ad_account_read(w, row);
    /* The due time may belong to an older grant; an edit may have set it in another state. */
    if (a->validates_at_ms && a->validates_at_ms <= world_now(w) && ad_account_can(a, AD_VALIDATES))
        ad_account_validate(w, row);
}

uint32_t ad_account_of(const struct world *w, uint32_t space, enum ad_platform platform)
{
    int64_t key = index_pair_key(space, platform);
    struct index_walk walk;
    index_from(&w->indexes[INDEX_AD_ACCOUNT_SPACE], &walk, (struct index_entry){key, INT64_MIN, 0});
    return index_next_of(&walk, key) ? walk.entry.row : ROW_NONE;
}

uint32_t ad_account_find(const struct world *w, int provider, struct str public_id)
{
    return index_entries_find(w, RECORD_AD_ACCOUNT, provider, public_id);
}

const struct ad_account *ad_account_read(const struct world *w, uint32_t row)
{
    return world_read(w, RECORD_AD_ACCOUNT, row);
}

bool ad_account_is_listed(const struct ad_account *a)
{
    return !a->disconnected_at_ms;
}

const char *ad_account_state_text(const struct ad_account *a)
{
    return ad_account_is_listed(a) ? ad_token_texts[a->token] : "disconnected";
}
