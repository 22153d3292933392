#include "mockserver/state/oauth_attempt.h"

#include <assert.h>

#include "base/enum.h"
#include "mockserver/state/record.h"
#include "mockserver/state/world.h"

#define X(name, text) text,
const char *const oauth_attempt_state_texts[] = {OAUTH_ATTEMPT_STATES(X)};
const char *const oauth_attempt_kind_texts[] = {OAUTH_ATTEMPT_KINDS(X)};
#undef X

uint32_t oauth_attempt_begin(struct world *w, const struct oauth_attempt_spec *spec)
{
    assert(!spec->reconnects || spec->account);
    uint32_t row;
    struct oauth_attempt *a = table_add(&w->records[RECORD_OAUTH_ATTEMPT], &row);
    *a = (struct oauth_attempt){
        .kind = spec->kind,
        .key = spec->key,
        .space = spec->space,
        .account = spec->reconnects ? spec->account : ROW_NONE,
        .reconnects = spec->reconnects,
        .provider = spec->provider,
        .platform = spec->reconnects ? account_read(w, spec->account)->platform : spec->platform,
        .ad_platform = spec->ad_platform,
        .state = OAUTH_ATTEMPT_PENDING,
        .token = world_text(w, spec->token),
        .return_url = world_text(w, spec->return_url),
        .note = world_text(w, spec->note),
        .correlation = world_text(w, spec->correlation),
        .created_at_ms = world_now(w),
        .expires_at_ms = spec->expires_at_ms,
    };
    if (a->expires_at_ms)
        events_add(w, a->expires_at_ms, EVENT_OAUTH_ATTEMPT_EXPIRES, row);
    index_entries_add(w, RECORD_OAUTH_ATTEMPT, row);
    changes_add(w, RECORD_OAUTH_ATTEMPT, row, "oauth_attempt_begin", NULL, oauth_attempt_state_texts[a->state]);
    world_transition_done(w);
    return row;
}

static void oauth_attempt_end(struct world *w, uint32_t attempt, enum oauth_attempt_state state, const char *what)
{
    struct oauth_attempt *a = world_edit(w, RECORD_OAUTH_ATTEMPT, attempt);
    changes_add(w, RECORD_OAUTH_ATTEMPT, attempt, what, oauth_attempt_state_texts[a->state],
                oauth_attempt_state_texts[state]);
    a->state = state;
    a->ended_at_ms = world_now(w);
    world_transition_done(w);
}

void oauth_attempt_complete(struct world *w, uint32_t attempt, const struct account_spec *user)
{
    const struct oauth_attempt *a = oauth_attempt_read(w, attempt);
    assert(a->state == OAUTH_ATTEMPT_PENDING && a->kind == OAUTH_ATTEMPT_FOR_ACCOUNT);
    if (a->reconnects) {
        if (!account_is_listed(account_read(w, a->account))) {
            oauth_attempt_fail(w, attempt, "account_gone");
            return;
        }
        account_reconnect(w, a->account, user->token_expires_at_ms);
    } else {
        struct account_spec spec = *user;
        spec.platform = a->platform;
        uint32_t account = account_connect(w, a->space, &spec);
        ((struct oauth_attempt *)world_edit(w, RECORD_OAUTH_ATTEMPT, attempt))->account = account;
    }
    oauth_attempt_end(w, attempt, OAUTH_ATTEMPT_COMPLETED, "oauth_attempt_complete");
}

void oauth_attempt_complete_ads(struct world *w, uint32_t attempt, const struct ad_account_spec *grant)
{
    const struct oauth_attempt *a = oauth_attempt_read(w, attempt);
    assert(a->state == OAUTH_ATTEMPT_PENDING && a->kind == OAUTH_ATTEMPT_FOR_ADS);
    uint32_t row = ad_account_of(w, a->space, a->ad_platform);
    if (row) {
        ad_account_reconnect(w, row);
    } else {
        struct ad_account_spec spec = *grant;
        spec.platform = a->ad_platform;
        row = ad_account_connect(w, a->space, &spec);
    }
    ((struct oauth_attempt *)world_edit(w, RECORD_OAUTH_ATTEMPT, attempt))->ad_account = row;
    oauth_attempt_end(w, attempt, OAUTH_ATTEMPT_COMPLETED, "oauth_attempt_complete");
}

void oauth_attempt_complete_key(struct world *w, uint32_t attempt, uint32_t space, uint32_t key)
{
    struct oauth_attempt *a = world_edit(w, RECORD_OAUTH_ATTEMPT, attempt);
    assert(a->state == OAUTH_ATTEMPT_PENDING && a->kind == OAUTH_ATTEMPT_FOR_KEY && space && key);
    a->space = space;
    a->key = key;
    oauth_attempt_end(w, attempt, OAUTH_ATTEMPT_COMPLETED, "oauth_attempt_complete");
}

void oauth_attempt_fail(struct world *w, uint32_t attempt, const char *error)
{
    struct oauth_attempt *a = world_edit(w, RECORD_OAUTH_ATTEMPT, attempt);
    assert(a->state == OAUTH_ATTEMPT_PENDING);
    a->error = world_text(w, error);
    oauth_attempt_end(w, attempt, OAUTH_ATTEMPT_FAILED, "oauth_attempt_fail");
}

void oauth_attempt_expire(struct world *w, uint32_t attempt)
{
    const struct oauth_attempt *a = oauth_attempt_read(w, attempt);
    if (a->state == OAUTH_ATTEMPT_PENDING && a->expires_at_ms && a->expires_at_ms <= world_now(w))
        oauth_attempt_end(w, attempt, OAUTH_ATTEMPT_EXPIRED, "oauth_attempt_expire");
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

const char *oauth_attempt_missing(const struct oauth_attempt *a)
{
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
