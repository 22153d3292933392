#include "mockserver/state/oauth_attempt.h"

#include "mockserver/state/record.h"

const char *const oauth_attempt_state_texts[] = {OAUTH_ATTEMPT_STATES(ENUM_TEXT)};
const char *const oauth_attempt_kind_texts[] = {OAUTH_ATTEMPT_KINDS(ENUM_TEXT)};

static const struct record_field oauth_attempt_fields[] = {
    MEMBER_ID(oauth_attempt, token),
    MEMBER_ENUM(oauth_attempt, kind, oauth_attempt_kind_texts, OAUTH_ATTEMPT_KIND_COUNT),
    MEMBER_REF(oauth_attempt, key, FIXED, RECORD_KEY),
    MEMBER_REF(oauth_attempt, space, FIXED, RECORD_SPACE),
    MEMBER_REF(oauth_attempt, account, FREE, RECORD_ACCOUNT),
    MEMBER_REF(oauth_attempt, ad_account, FREE, RECORD_AD_ACCOUNT),
    MEMBER_BOOL(oauth_attempt, reconnects),
    MEMBER_ENUM(oauth_attempt, platform, platform_texts, PLATFORM_COUNT),
    MEMBER_ENUM(oauth_attempt, ad_platform, ad_platform_texts, AD_PLATFORM_COUNT),
    MEMBER_ENUM(oauth_attempt, state, oauth_attempt_state_texts, OAUTH_ATTEMPT_STATE_COUNT),
    MEMBER_TEXT(oauth_attempt, return_url, FREE),
    MEMBER_TEXT(oauth_attempt, scopes, FREE),
    MEMBER_TEXT(oauth_attempt, note, FREE),
    MEMBER_TEXT(oauth_attempt, correlation, FREE),
    MEMBER_TEXT(oauth_attempt, error, FREE),
    MEMBER_TIME(oauth_attempt, created_at),
    MEMBER_TIME(oauth_attempt, expires_at),
    MEMBER_TIME(oauth_attempt, ended_at),
};

static const char *missing(const void *record)
{
    const struct oauth_attempt *a = record;
    bool completed = a->state == OAUTH_ATTEMPT_COMPLETED;
    if (a->space == ROW_NONE && (a->kind != OAUTH_ATTEMPT_FOR_KEY || completed))
        return "space";
    switch (a->kind) {
    case OAUTH_ATTEMPT_FOR_ACCOUNT:
        return (completed || a->reconnects) && a->account == ROW_NONE ? "account" : NULL;
    case OAUTH_ATTEMPT_FOR_ADS:
        if (a->reconnects && a->account == ROW_NONE)
            return "account";
        return completed && a->ad_account == ROW_NONE ? "ad_account" : NULL;
    case OAUTH_ATTEMPT_FOR_KEY:
        return completed && a->key == ROW_NONE ? "key" : NULL;
    case OAUTH_ATTEMPT_KIND_COUNT:
        break;
    }
    return NULL;
}

static bool expires(const struct oauth_attempt *a)
{
    return a->state == OAUTH_ATTEMPT_PENDING && a->expires_at_ms;
}

static void queue_events(struct world *w, const void *record, uint32_t row)
{
    const struct oauth_attempt *a = record;
    if (expires(a))
        events_add(w, a->expires_at_ms, EVENT_OAUTH_ATTEMPT_EXPIRES, row);
}

static const char *check_ads_attempt(const struct world *w, const struct oauth_attempt *a)
{
    if (a->account || a->reconnects || (a->ad_account != ROW_NONE) != (a->state == OAUTH_ATTEMPT_COMPLETED))
        return "an OAuth attempt for an ad account must have no 'account', and an 'ad_account' if "
               "and only if it is completed";
    if (a->ad_account && (ad_account_read(w, a->ad_account)->space != a->space ||
                          ad_account_read(w, a->ad_account)->platform != a->ad_platform))
        return "an OAuth attempt's ad account must have the attempt's space and platform";
    return NULL;
}

static const char *check(const struct world *w, const struct index *waiting, uint32_t row)
{
    const struct oauth_attempt *a = oauth_attempt_read(w, row);
    bool is_signed_in = a->kind != OAUTH_ATTEMPT_FOR_KEY || a->state == OAUTH_ATTEMPT_COMPLETED;
    if (!a->token || (a->space != ROW_NONE) != is_signed_in)
        return "an OAuth attempt must have a state token, and a space unless it is an open sign-in for a key";
    if ((a->state == OAUTH_ATTEMPT_PENDING) != (a->ended_at_ms == 0))
        return "'ended_at' must be set if and only if the OAuth attempt is not pending";
    if (a->error && a->state != OAUTH_ATTEMPT_FAILED)
        return "'error' must be null unless the OAuth attempt failed";
    if (expires(a) && !event_is_queued(waiting, EVENT_OAUTH_ATTEMPT_EXPIRES, row, a->expires_at_ms))
        return "the event queue has no expiry of the pending OAuth attempt";
    if (a->kind == OAUTH_ATTEMPT_FOR_ADS)
        return check_ads_attempt(w, a);
    if (a->kind == OAUTH_ATTEMPT_FOR_KEY)
        return (a->key != ROW_NONE) == is_signed_in && !a->account
                   ? NULL
                   : "an OAuth attempt for a key must have no 'account', and a 'key' if and only if it is completed";
    if ((a->account != ROW_NONE) != (a->reconnects || a->state == OAUTH_ATTEMPT_COMPLETED))
        return "an OAuth attempt must have an 'account' if and only if it reconnects one or is completed";
    if (a->account &&
        (account_read(w, a->account)->space != a->space || account_read(w, a->account)->platform != a->platform))
        return "an OAuth attempt's account must have the attempt's space and platform";
    return NULL;
}

const struct record_type oauth_attempt_record_type = {
    RECORD_TYPE(RECORD_OAUTH_ATTEMPT, oauth_attempt, token),
    .help = "an attempt to connect or reconnect an account, or to sign in a program",
    RECORD_PROVIDER(oauth_attempt),
    RECORD_STATE(oauth_attempt, state, oauth_attempt_state_texts, OAUTH_ATTEMPT_STATE_COUNT),
    .final_states =
        STATE_BIT(OAUTH_ATTEMPT_COMPLETED) | STATE_BIT(OAUTH_ATTEMPT_FAILED) | STATE_BIT(OAUTH_ATTEMPT_EXPIRED),
    .queue_events = queue_events,
    .missing = missing,
    .check = check,
};

uint32_t oauth_attempt_begin(struct world *w, const struct oauth_attempt *init)
{
    if (!world_require(w, !init->reconnects || init->account))
        return ROW_NONE;
    struct oauth_attempt a = *init;
    a.account = init->reconnects ? init->account : ROW_NONE;
    a.platform = init->reconnects ? account_read(w, init->account)->platform : init->platform;
    a.created_at_ms = world_now(w);
    return record_create(w, RECORD_OAUTH_ATTEMPT, &a, TRANSITION_OAUTH_ATTEMPT_BEGIN);
}

static void end_attempt(struct world *w, uint32_t attempt, enum oauth_attempt_state state, enum transition_kind what)
{
    struct transition t;
    struct oauth_attempt *a = transition_begin(&t, w, RECORD_OAUTH_ATTEMPT, attempt);
    a->state = state;
    a->ended_at_ms = world_now(w);
    transition_end(&t, what);
}

void oauth_attempt_complete(struct world *w, uint32_t attempt, const struct connection *user)
{
    const struct oauth_attempt *a = oauth_attempt_read(w, attempt);
    if (!world_require(w, a->state == OAUTH_ATTEMPT_PENDING && a->kind == OAUTH_ATTEMPT_FOR_ACCOUNT))
        return;
    if (a->reconnects) {
        if (!account_is_listed(account_read(w, a->account))) {
            oauth_attempt_fail(w, attempt, "account_gone");
            return;
        }
        account_reconnect(w, a->account, user->account.token_expires_at_ms);
        if (user->account.limited)
            account_limit(w, a->account);
    } else {
        struct connection connection = *user;
        connection.account.platform = a->platform;
        uint32_t account = connection_open(w, a->space, &connection);
        struct transition t;
        ((struct oauth_attempt *)transition_begin(&t, w, RECORD_OAUTH_ATTEMPT, attempt))->account = account;
        transition_end_part(&t);
    }
    end_attempt(w, attempt, OAUTH_ATTEMPT_COMPLETED, TRANSITION_OAUTH_ATTEMPT_COMPLETE);
}

void oauth_attempt_complete_ads(struct world *w, uint32_t attempt, const struct ad_account *grant)
{
    const struct oauth_attempt *a = oauth_attempt_read(w, attempt);
    if (!world_require(w, a->state == OAUTH_ATTEMPT_PENDING && a->kind == OAUTH_ATTEMPT_FOR_ADS))
        return;
    uint32_t row = ad_account_of(w, a->space, a->ad_platform);
    if (row) {
        ad_account_reconnect(w, row);
    } else {
        struct ad_account ad_account = *grant;
        ad_account.platform = a->ad_platform;
        row = ad_account_connect(w, a->space, &ad_account);
    }
    struct transition t;
    ((struct oauth_attempt *)transition_begin(&t, w, RECORD_OAUTH_ATTEMPT, attempt))->ad_account = row;
    transition_end_part(&t);
    end_attempt(w, attempt, OAUTH_ATTEMPT_COMPLETED, TRANSITION_OAUTH_ATTEMPT_COMPLETE);
}

void oauth_attempt_complete_key(struct world *w, uint32_t attempt, uint32_t space, uint32_t key)
{
    const struct oauth_attempt *before = oauth_attempt_read(w, attempt);
    if (!world_require(w, before->state == OAUTH_ATTEMPT_PENDING && before->kind == OAUTH_ATTEMPT_FOR_KEY) ||
        !world_require(w, space && key))
        return;
    struct transition t;
    struct oauth_attempt *a = transition_begin(&t, w, RECORD_OAUTH_ATTEMPT, attempt);
    a->space = space;
    a->key = key;
    transition_end_part(&t);
    end_attempt(w, attempt, OAUTH_ATTEMPT_COMPLETED, TRANSITION_OAUTH_ATTEMPT_COMPLETE);
}

void oauth_attempt_fail(struct world *w, uint32_t attempt, const char *error)
{
    if (!world_require(w, oauth_attempt_read(w, attempt)->state == OAUTH_ATTEMPT_PENDING))
        return;
    struct oauth_attempt *a = world_edit(w, RECORD_OAUTH_ATTEMPT, attempt);
    a->error = world_text(w, error);
    end_attempt(w, attempt, OAUTH_ATTEMPT_FAILED, TRANSITION_OAUTH_ATTEMPT_FAIL);
}

void oauth_attempt_expire(struct world *w, uint32_t attempt)
{
    const struct oauth_attempt *a = oauth_attempt_read(w, attempt);
    if (expires(a) && a->expires_at_ms <= world_now(w))
        end_attempt(w, attempt, OAUTH_ATTEMPT_EXPIRED, TRANSITION_OAUTH_ATTEMPT_EXPIRE);
}

uint32_t oauth_attempt_find(const struct world *w, struct str token)
{
    return record_find(w, RECORD_OAUTH_ATTEMPT, token);
}

const struct oauth_attempt *oauth_attempt_read(const struct world *w, uint32_t row)
{
    return world_read(w, RECORD_OAUTH_ATTEMPT, row);
}

const char *oauth_attempt_platform_text(const struct oauth_attempt *a)
{
    if (a->kind == OAUTH_ATTEMPT_FOR_KEY)
        return "program";
    return a->kind == OAUTH_ATTEMPT_FOR_ADS ? ad_platform_texts[a->ad_platform] : platform_texts[a->platform];
}
