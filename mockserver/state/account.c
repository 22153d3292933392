#include "mockserver/state/account.h"

#include <assert.h>

#include "base/enum.h"
#include "base/units.h"
#include "mockserver/state/connection.h"
#include "mockserver/state/lease.h"
#include "mockserver/state/post.h"
#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"
#include "mockserver/state/world.h"

#define X(name, text) text,
const char *const platform_texts[] = {PLATFORMS(X)};
const char *const token_texts[] = {TOKENS(X)};
const char *const disconnect_texts[] = {DISCONNECTS(X)};
const char *const outcome_texts[] = {OUTCOMES(X)};
#undef X

/* Lifetime of a renewed token if the lifetime of the old one is unknown. */
#define RENEWAL_MS (30 * DAY_MS)

/* An edit in progress: the account's index entries and state text before it. */
struct account_edit {
    struct world *w;
    uint32_t row;
    struct index_entries before;
    const char *from;
    struct account *account;
};

static struct account_edit edit_begin(struct world *w, uint32_t row)
{
    struct account_edit e = {.w = w, .row = row, .from = account_state_text(account_read(w, row))};
    index_entries_of(w, RECORD_ACCOUNT, row, &e.before);
    e.account = world_edit(w, RECORD_ACCOUNT, row);
    return e;
}

static void edit_end(const struct account_edit *e, const char *what)
{
    index_entries_move(e->w, RECORD_ACCOUNT, e->row, &e->before);
    changes_add(e->w, RECORD_ACCOUNT, e->row, what, e->from, account_state_text(e->account));
    world_transition_done(e->w);
}

static void queue_expiry(struct world *w, uint32_t row, const struct account *a)
{
    if (a->token == TOKEN_LIVE && a->token_expires_at_ms)
        events_add(w, a->token_expires_at_ms, EVENT_TOKEN_EXPIRES, row);
}

static void queue_renewal(struct world *w, uint32_t row, struct account *a)
{
    a->renews_at_ms = lease_next_renewal(a->connected_at_ms, world_now(w));
    events_add(w, a->renews_at_ms, EVENT_LEASE_RENEWS, row);
}

uint32_t account_connect(struct world *w, uint32_t space, const struct account_spec *spec)
{
    assert(spec->public_id && spec->handle);
    uint32_t row;
    int64_t connected_at_ms = spec->connected_at_ms ? spec->connected_at_ms : world_now(w);
    struct account *a = table_add(&w->records[RECORD_ACCOUNT], &row);
    *a = (struct account){
        .space = space,
        .provider = space_provider(w, space),
        .public_id = world_text(w, spec->public_id),
        .handle = world_text(w, spec->handle),
        .name = world_text(w, spec->name),
        .avatar_url = world_text(w, spec->avatar_url),
        .kind = world_text(w, spec->kind),
        .token_word = world_text(w, spec->token_word),
        .platform = spec->platform,
        .token = spec->token,
        .leased = spec->leased,
        .refreshes = spec->refreshes,
        .inactive = spec->inactive,
        .flagged = spec->flagged,
        .connected_at_ms = connected_at_ms,
        .token_expires_at_ms = spec->token_expires_at_ms,
        .monthly_price_cents = spec->monthly_price_cents,
        .followers = spec->followers,
        .token_since_ms = connected_at_ms,
        .token_generation = 1,
        .updated_at_ms = spec->updated_at_ms ? spec->updated_at_ms : connected_at_ms,
    };
    queue_expiry(w, row, a);
    if (a->leased)
        queue_renewal(w, row, a);
    index_entries_add(w, RECORD_ACCOUNT, row);
    changes_add(w, RECORD_ACCOUNT, row, "account_connect", NULL, account_state_text(a));
    world_transition_done(w);
    if (spec->after)
        connect_steps_run(w, row, spec);
    return row;
}

static void issue_token(struct account *a, int64_t now_ms, int64_t expires_at_ms)
{
    a->token = TOKEN_LIVE;
    a->token_word = NULL;
    a->updated_at_ms = a->token_since_ms = now_ms;
    a->token_expires_at_ms = expires_at_ms;
    a->token_generation++;
}

void account_reconnect(struct world *w, uint32_t account, int64_t token_expires_at_ms)
{
    assert(account_is_listed(account_read(w, account)));
    struct account_edit e = edit_begin(w, account);
    issue_token(e.account, world_now(w), token_expires_at_ms);
    e.account->flagged = false;
    queue_expiry(w, account, e.account);
    edit_end(&e, "account_reconnect");
}

void account_lose_token(struct world *w, uint32_t account, enum token why)
{
    const struct account *a = account_read(w, account);
    assert(why != TOKEN_LIVE && account_is_listed(a));
    if (a->token != TOKEN_LIVE)
        return;
    struct account_edit e = edit_begin(w, account);
    e.account->token = why;
    e.account->token_word = NULL;
    e.account->updated_at_ms = world_now(w);
    edit_end(&e, "account_lose_token");
}

void account_flag(struct world *w, uint32_t account)
{
    assert(account_is_listed(account_read(w, account)));
    struct account_edit e = edit_begin(w, account);
    e.account->flagged = true;
    e.account->updated_at_ms = world_now(w);
    edit_end(&e, "account_flag");
}

static uint32_t cancel_all(struct world *w, uint32_t account, enum destination_state state)
{
    const struct index *queue = &w->indexes[INDEX_DESTINATION_ACCOUNT];
    int64_t key = index_pair_key(account, state);
    uint32_t count = 0;
    for (;; count++) { /* start over: each cancellation changes the index */
        struct index_walk walk;
        index_from(queue, &walk, (struct index_entry){key, INT64_MIN, 0});
        if (!index_next_of(&walk, key))
            return count;
        destination_cancel(w, walk.entry.row);
    }
}

uint32_t account_disconnect(struct world *w, uint32_t account, enum disconnect why)
{
    assert(why != DISCONNECT_NONE && account_is_listed(account_read(w, account)));
    uint32_t canceled = cancel_all(w, account, DESTINATION_QUEUED);
    cancel_all(w, account, DESTINATION_HELD);
    pool_account_free(w, account);
    struct account_edit e = edit_begin(w, account);
    e.account->disconnect = why;
    if (e.account->token == TOKEN_LIVE && !e.account->leased)
        e.account->token = TOKEN_WITHDRAWN; /* the provider keeps the token of a leased account */
    e.account->updated_at_ms = e.account->disconnected_at_ms = world_now(w);
    e.account->renews_at_ms = 0;
    edit_end(&e, "account_disconnect");
    return canceled;
}

void account_set_outcome(struct world *w, uint32_t account, enum outcome outcome, const char *code)
{
    struct account_edit e = edit_begin(w, account);
    e.account->outcome = outcome;
    e.account->outcome_code = world_text(w, code);
    edit_end(&e, "account_set_outcome");
}

void account_token_due(struct world *w, uint32_t account)
{
    const struct account *a = account_read(w, account);
    int64_t now = world_now(w), expires = a->token_expires_at_ms;
    if (!account_is_listed(a) || a->token != TOKEN_LIVE || !expires || expires > now)
        return; /* disconnected, token lost, or replaced by a newer token */
    if (!a->refreshes) {
        account_lose_token(w, account, TOKEN_EXPIRED);
        return;
    }
    int64_t length = expires - a->token_since_ms;
    struct account_edit e = edit_begin(w, account);
    issue_token(e.account, now, now + (length > 0 ? length : RENEWAL_MS));
    queue_expiry(w, account, e.account);
    edit_end(&e, "account_renew_token");
}

uint32_t account_find(const struct world *w, int provider, struct str public_id)
{
    return index_entries_find(w, RECORD_ACCOUNT, provider, public_id);
}

const struct account *account_read(const struct world *w, uint32_t row)
{
    return world_read(w, RECORD_ACCOUNT, row);
}

bool account_is_listed(const struct account *a)
{
    return a->disconnect == DISCONNECT_NONE;
}

bool account_can_publish(const struct account *a)
{
    return account_is_listed(a) && a->token == TOKEN_LIVE && !a->flagged;
}

const char *account_state_text(const struct account *a)
{
    return account_is_listed(a) ? token_texts[a->token] : "disconnected";
}
