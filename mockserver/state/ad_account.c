#include "mockserver/state/ad_account.h"

#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"

const char *const ad_platform_texts[] = {AD_PLATFORMS(ENUM_TEXT)};
const char *const ad_token_texts[] = {AD_TOKENS(ENUM_TEXT)};

static const struct record_field ad_account_fields[] = {
    MEMBER_ID(ad_account, public_id),
    MEMBER_REF(ad_account, space, FIXED_NEEDED, RECORD_SPACE),
    MEMBER_ENUM(ad_account, platform, ad_platform_texts, AD_PLATFORM_COUNT),
    MEMBER_TEXT(ad_account, external_id, NEEDED),
    MEMBER_TEXT(ad_account, name, FREE),
    MEMBER_TEXT(ad_account, currency, FREE),
    MEMBER_ENUM(ad_account, token, ad_token_texts, AD_TOKEN_COUNT),
    MEMBER_TIME(ad_account, connected_at),
    MEMBER_TIME(ad_account, disconnected_at),
    MEMBER_TIME(ad_account, validates_at),
};

static bool ad_account_is_listed(const struct ad_account *a)
{
    return !a->disconnected_at_ms;
}

static const char *const state_texts[] = {AD_ACCOUNT_STATES(ENUM_TEXT)};

static int state_of(const void *record)
{
    static const enum ad_account_state of_token[] = {
        [AD_TOKEN_VALID] = AD_ACCOUNT_VALID,
        [AD_TOKEN_EXPIRED] = AD_ACCOUNT_EXPIRED,
        [AD_TOKEN_REVOKED] = AD_ACCOUNT_REVOKED,
        [AD_TOKEN_PENDING] = AD_ACCOUNT_PENDING,
    };
    const struct ad_account *a = record;
    return ad_account_is_listed(a) ? (int)of_token[a->token] : AD_ACCOUNT_DISCONNECTED;
}

static void add_entries(const struct world *w, const void *record, uint32_t row, struct index_entries *to)
{
    (void)w;
    const struct ad_account *a = record;
    if (ad_account_is_listed(a))
        index_entries_put(to, INDEX_AD_ACCOUNT_SPACE, index_pair_key(a->space, a->platform), 0, row);
}

static void queue_events(struct world *w, const void *record, uint32_t row)
{
    const struct ad_account *a = record;
    if (a->validates_at_ms)
        events_add(w, a->validates_at_ms, EVENT_AD_VALIDATES, row);
}

static const char *check(const struct world *w, const struct index *waiting, uint32_t row)
{
    const struct ad_account *a = ad_account_read(w, row);
    bool pending = ad_account_is_listed(a) && a->token == AD_TOKEN_PENDING;
    if (!a->space || !a->public_id || !a->external_id)
        return "an ad account must have a space, an id and an 'external_id'";
    if (ad_account_is_listed(a) &&
        index_count_of(&w->indexes[INDEX_AD_ACCOUNT_SPACE], index_pair_key(a->space, a->platform)) > 1)
        return "a space must have at most one connected ad account per platform";
    if (pending != (a->validates_at_ms != 0))
        return "'validates_at' must be set if and only if the ad account is connected and its token is pending";
    if (pending && !event_is_queued(waiting, EVENT_AD_VALIDATES, row, a->validates_at_ms))
        return "the event queue has no validation at 'validates_at'";
    return NULL;
}

const struct record_type ad_account_record_type = {
    RECORD_TYPE(RECORD_AD_ACCOUNT, ad_account, public_id),
    .help = "an ad account of a space",
    RECORD_PROVIDER(ad_account),
    RECORD_STATE_COMPUTED(state_of, state_texts, AD_ACCOUNT_STATE_COUNT),
    .final_states = STATE_BIT(AD_ACCOUNT_DISCONNECTED),
    .add_entries = add_entries,
    .queue_events = queue_events,
    .check = check,
};

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
static void start_grant(const struct world *w, struct ad_account *a)
{
    bool immediate = w->timings.ad_validation_ms == 0;
    a->token = immediate ? AD_TOKEN_VALID : AD_TOKEN_PENDING;
    a->validates_at_ms = immediate ? 0 : world_now(w) + w->timings.ad_validation_ms;
}

uint32_t ad_account_connect(struct world *w, uint32_t space, const struct ad_account *init)
{
    if (!world_require(w, init->public_id && init->external_id) ||
        !world_require(w, !ad_account_of(w, space, init->platform)))
        return ROW_NONE;
    struct ad_account a = *init;
    a.space = space;
    a.provider = space_provider(w, space);
    a.connected_at_ms = init->connected_at_ms ? init->connected_at_ms : world_now(w);
    start_grant(w, &a);
    return record_create(w, RECORD_AD_ACCOUNT, &a, TRANSITION_AD_ACCOUNT_CONNECT);
}

void ad_account_validate(struct world *w, uint32_t row)
{
    if (!world_require(w, ad_account_can(ad_account_read(w, row), AD_VALIDATES)))
        return;
    struct transition t;
    struct ad_account *a = transition_begin(&t, w, RECORD_AD_ACCOUNT, row);
    a->token = AD_TOKEN_VALID;
    a->validates_at_ms = 0;
    transition_end(&t, TRANSITION_AD_ACCOUNT_VALIDATE);
}

void ad_account_lose(struct world *w, uint32_t row, enum ad_token why)
{
    if (!world_require(w, why == AD_TOKEN_EXPIRED || why == AD_TOKEN_REVOKED) ||
        !world_require(w, ad_account_can(ad_account_read(w, row), AD_LOSES)))
        return;
    struct transition t;
    struct ad_account *a = transition_begin(&t, w, RECORD_AD_ACCOUNT, row);
    a->token = why;
    a->validates_at_ms = 0;
    transition_end(&t, TRANSITION_AD_ACCOUNT_LOSE);
}

void ad_account_reconnect(struct world *w, uint32_t row)
{
    if (!world_require(w, ad_account_can(ad_account_read(w, row), AD_RECONNECTS)))
        return;
    struct transition t;
    struct ad_account *a = transition_begin(&t, w, RECORD_AD_ACCOUNT, row);
    start_grant(w, a);
    queue_events(w, a, row);
    transition_end(&t, TRANSITION_AD_ACCOUNT_RECONNECT);
}

void ad_account_disconnect(struct world *w, uint32_t row)
{
    if (!world_require(w, ad_account_can(ad_account_read(w, row), AD_DISCONNECTS)))
        return;
    struct transition t;
    struct ad_account *a = transition_begin(&t, w, RECORD_AD_ACCOUNT, row);
    a->disconnected_at_ms = world_now(w);
    a->validates_at_ms = 0;
    transition_end(&t, TRANSITION_AD_ACCOUNT_DISCONNECT);
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
    return record_find_in(w, RECORD_AD_ACCOUNT, provider, public_id);
}

const struct ad_account *ad_account_read(const struct world *w, uint32_t row)
{
    return world_read(w, RECORD_AD_ACCOUNT, row);
}
