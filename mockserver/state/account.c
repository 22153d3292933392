#include "mockserver/state/account.h"

#include <string.h>

#include "base/time.h"
#include "base/units.h"
#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"

const char *const platform_texts[] = {PLATFORMS(ENUM_TEXT)};
const char *const token_texts[] = {TOKENS(ENUM_TEXT)};
const char *const disconnect_texts[] = {DISCONNECTS(ENUM_TEXT)};
const char *const outcome_texts[] = {OUTCOMES(ENUM_TEXT)};

/* Lifetime of a renewed token if the lifetime of the old one is unknown. */
#define RENEWAL_MS (30 * DAY_MS)

static const struct record_field account_fields[] = {
    MEMBER_ID(account, public_id),
    MEMBER_REF(account, space, FIXED_NEEDED, RECORD_SPACE),
    MEMBER_ENUM(account, platform, platform_texts, PLATFORM_COUNT),
    MEMBER_TEXT(account, handle, NEEDED),
    MEMBER_TEXT(account, name, FREE),
    MEMBER_TEXT(account, avatar_url, FREE),
    MEMBER_TEXT(account, kind, FREE),
    MEMBER_ENUM(account, token, token_texts, TOKEN_COUNT),
    MEMBER_TEXT(account, token_word, FREE),
    MEMBER_ENUM(account, disconnect, disconnect_texts, DISCONNECT_COUNT),
    MEMBER_ENUM(account, outcome, outcome_texts, OUTCOME_COUNT),
    MEMBER_TEXT(account, outcome_code, FREE),
    MEMBER_BOOL(account, leased),
    MEMBER_BOOL(account, refreshes),
    MEMBER_BOOL(account, inactive),
    MEMBER_BOOL(account, flagged),
    MEMBER_BOOL(account, limited),
    MEMBER_BOOL(account, unprepared),
    MEMBER_TIME(account, connected_at),
    MEMBER_TIME(account, token_since),
    MEMBER_TIME(account, token_expires_at),
    MEMBER_TIME(account, disconnected_at),
    MEMBER_INT(account, monthly_price_cents),
    MEMBER_INT(account, followers),
    MEMBER_TIME(account, renews_at),
    MEMBER_REF(account, lease_request, FREE, RECORD_LEASE_REQUEST),
    MEMBER_INT(account, token_generation),
    MEMBER_TIME(account, updated_at),
};

static const char *const state_texts[] = {ACCOUNT_STATES(ENUM_TEXT)};

static int state_of(const void *record)
{
    static const enum account_state of_token[] = {
        [TOKEN_LIVE] = ACCOUNT_LIVE,
        [TOKEN_EXPIRED] = ACCOUNT_EXPIRED,
        [TOKEN_WITHDRAWN] = ACCOUNT_WITHDRAWN,
    };
    const struct account *a = record;
    return account_is_listed(a) ? (int)of_token[a->token] : ACCOUNT_DISCONNECTED;
}

static void add_entries(const struct world *w, const void *record, uint32_t row, struct index_entries *to)
{
    const struct account *a = record;
    const int64_t order = -a->connected_at_ms;
    const bool listed = account_is_listed(a);
    if (a->leased) {
        int64_t key = index_pair_key(space_read(w, a->space)->organization, !listed);
        index_entries_put(to, INDEX_ACCOUNT_LEASE, key, order, row);
    }
    if (a->leased && a->lease_request)
        index_entries_put(to, INDEX_ACCOUNT_REQUEST, a->lease_request, row, row);
    if (!listed)
        return;
    index_entries_put(to, INDEX_ACCOUNT_SPACE, a->space, order, row);
    index_entries_put(to, INDEX_ACCOUNT_SPACE_PLATFORM, index_pair_key(a->space, a->platform), order, row);
    index_entries_put(to, INDEX_ACCOUNT_SPACE_TOKEN, index_pair_key(a->space, a->token != TOKEN_LIVE), order, row);
    index_entries_put(to, INDEX_ACCOUNT_SPACE_LEASED, index_pair_key(a->space, a->leased), order, row);
}

static bool token_expires(const struct account *a)
{
    return account_is_listed(a) && a->token == TOKEN_LIVE && a->token_expires_at_ms;
}

static void queue_expiry(struct world *w, uint32_t row, const struct account *a)
{
    if (token_expires(a))
        events_add(w, a->token_expires_at_ms, EVENT_TOKEN_EXPIRES, row);
}

static void queue_events(struct world *w, const void *record, uint32_t row)
{
    const struct account *a = record;
    queue_expiry(w, row, a);
    if (a->renews_at_ms)
        events_add(w, a->renews_at_ms, EVENT_LEASE_RENEWS, row);
}

static const char *check(const struct world *w, const struct index *waiting, uint32_t row)
{
    const struct account *a = account_read(w, row);
    if (!a->space || !a->public_id || !a->handle)
        return "an account must have a space, an id and a handle";
    if (a->provider != space_provider(w, a->space))
        return "an account must have the same provider as its space";
    if (account_is_listed(a) != (a->disconnected_at_ms == 0))
        return "'disconnected_at' must be set if and only if 'disconnect' is not none";
    if (a->token_generation < 1)
        return "'token_generation' must be at least 1";
    if (token_expires(a) && !event_is_queued(waiting, EVENT_TOKEN_EXPIRES, row, a->token_expires_at_ms))
        return "the event queue has no expiry of the account's live token";
    if ((a->leased && account_is_listed(a)) != (a->renews_at_ms != 0))
        return "'renews_at' must be set if and only if the account is leased and connected";
    if (a->renews_at_ms && !event_is_queued(waiting, EVENT_LEASE_RENEWS, row, a->renews_at_ms))
        return "the event queue has no renewal at 'renews_at'";
    if (a->lease_request &&
        (!a->leased || record_owner(w, RECORD_LEASE_REQUEST, a->lease_request, RECORD_SPACE) != a->space))
        return "an account with a 'lease_request' must be leased, in the request's space";
    return NULL;
}

/* A lease request lists all accounts that it was given. */
static enum keeping account_keeping(const struct world *w, uint32_t row)
{
    const struct account *a = account_read(w, row);
    return account_is_listed(a) || a->lease_request ? KEEP : KEEP_AGED;
}

const struct record_type account_record_type = {
    RECORD_TYPE(RECORD_ACCOUNT, account, public_id),
    .help = "a social account of a space",
    RECORD_PROVIDER(account),
    RECORD_STATE_COMPUTED(state_of, state_texts, ACCOUNT_STATE_COUNT),
    .final_states = STATE_BIT(ACCOUNT_DISCONNECTED),
    .keeping = account_keeping,
    .add_entries = add_entries,
    .queue_events = queue_events,
    .check = check,
};

int64_t account_next_renewal(int64_t since_ms, int64_t after_ms)
{
    int64_t at = since_ms;
    do
        at = time_next_month(at, time_day(since_ms));
    while (at <= after_ms);
    return at;
}

uint32_t account_connect(struct world *w, uint32_t space, const struct account *init)
{
    if (!world_require(w, init->public_id && init->handle))
        return ROW_NONE;
    struct account a = *init;
    a.space = space;
    a.provider = space_provider(w, space);
    a.connected_at_ms = init->connected_at_ms ? init->connected_at_ms : world_now(w);
    a.updated_at_ms = init->updated_at_ms ? init->updated_at_ms : a.connected_at_ms;
    a.token_since_ms = a.connected_at_ms;
    a.token_generation = 1;
    if (a.leased)
        a.renews_at_ms = account_next_renewal(a.connected_at_ms, world_now(w));
    return record_create(w, RECORD_ACCOUNT, &a, TRANSITION_ACCOUNT_CONNECT);
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
    if (!world_require(w, account_is_listed(account_read(w, account))))
        return;
    struct transition t;
    struct account *a = transition_begin(&t, w, RECORD_ACCOUNT, account);
    issue_token(a, world_now(w), a->leased ? 0 : token_expires_at_ms);
    a->flagged = a->limited = false;
    queue_expiry(w, account, a);
    transition_end(&t, TRANSITION_ACCOUNT_RECONNECT);
}

void account_lose_token(struct world *w, uint32_t account, enum token why)
{
    if (!world_require(w, why != TOKEN_LIVE && account_is_listed(account_read(w, account))) ||
        account_read(w, account)->token != TOKEN_LIVE)
        return;
    struct transition t;
    struct account *a = transition_begin(&t, w, RECORD_ACCOUNT, account);
    a->token = why;
    a->token_word = NULL;
    a->updated_at_ms = world_now(w);
    transition_end(&t, TRANSITION_ACCOUNT_LOSE_TOKEN);
}

void account_flag(struct world *w, uint32_t account)
{
    if (!world_require(w, account_is_listed(account_read(w, account))))
        return;
    struct transition t;
    struct account *a = transition_begin(&t, w, RECORD_ACCOUNT, account);
    a->flagged = true;
    a->updated_at_ms = world_now(w);
    transition_end(&t, TRANSITION_ACCOUNT_FLAG);
}

void account_limit(struct world *w, uint32_t account)
{
    ((struct account *)world_edit(w, RECORD_ACCOUNT, account))->limited = true;
}

void account_set_outcome(struct world *w, uint32_t account, enum outcome outcome, const char *code)
{
    struct transition t;
    struct account *a = transition_begin(&t, w, RECORD_ACCOUNT, account);
    a->outcome = outcome;
    a->outcome_code = world_text(w, code);
    transition_end(&t, TRANSITION_ACCOUNT_SET_OUTCOME);
}

void account_token_due(struct world *w, uint32_t account)
{
    const struct account *before = account_read(w, account);
    int64_t now = world_now(w), expires = before->token_expires_at_ms;
    if (!token_expires(before) || expires > now)
        return; /* disconnected, token lost, or replaced by a newer token */
    if (!before->refreshes) {
        account_lose_token(w, account, TOKEN_EXPIRED);
        return;
    }
    int64_t length = expires - before->token_since_ms;
    struct transition t;
    struct account *a = transition_begin(&t, w, RECORD_ACCOUNT, account);
    issue_token(a, now, now + (length > 0 ? length : RENEWAL_MS));
    queue_expiry(w, account, a);
    transition_end(&t, TRANSITION_ACCOUNT_RENEW_TOKEN);
}

uint32_t account_find(const struct world *w, int provider, struct str public_id)
{
    return record_find_in(w, RECORD_ACCOUNT, provider, public_id);
}

uint32_t account_find_user(const struct world *w, uint32_t space, enum platform platform, const char *handle)
{
    int64_t key = index_pair_key(space, platform);
    struct index_walk walk;
    index_from(&w->indexes[INDEX_ACCOUNT_SPACE_PLATFORM], &walk, (struct index_entry){key, INT64_MIN, 0});
    while (index_next_of(&walk, key))
        if (strcmp(account_read(w, walk.entry.row)->handle, handle) == 0)
            return walk.entry.row;
    return ROW_NONE;
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
    return account_is_listed(a) && a->token == TOKEN_LIVE && !a->flagged && !a->limited && !a->unprepared;
}
