#include "mockserver/state/attempt.h"

#include <assert.h>

#include "mockserver/state/changes.h"
#include "mockserver/state/events.h"
#include "mockserver/state/places.h"
#include "mockserver/state/records.h"

#define X(name, text) text,
const char *const attempt_state_texts[] = {ATTEMPT_STATES(X)};
const char *const attempt_kind_texts[] = {ATTEMPT_KINDS(X)};
#undef X

uint32_t attempt_begin(struct world *w, const struct attempt_spec *spec)
{
    assert(!spec->reconnects || spec->account);
    uint32_t row;
    struct attempt *a = table_add(&w->records[RECORD_ATTEMPT], &row);
    *a = (struct attempt){
        .kind = spec->kind,
        .key = spec->key,
        .space = spec->space,
        .account = spec->reconnects ? spec->account : ROW_NONE,
        .reconnects = spec->reconnects,
        .provider = spec->provider,
        .platform = spec->reconnects ? account_read(w, spec->account)->platform : spec->platform,
        .ad_platform = spec->ad_platform,
        .state = ATTEMPT_PENDING,
        .token = world_text(w, spec->token),
        .return_url = world_text(w, spec->return_url),
        .note = world_text(w, spec->note),
        .correlation = world_text(w, spec->correlation),
        .created_at_ms = world_now(w),
        .expires_at_ms = spec->expires_at_ms,
    };
    if (a->expires_at_ms)
        events_add(w, a->expires_at_ms, EVENT_ATTEMPT_EXPIRES, row);
    places_add(w, RECORD_ATTEMPT, row);
    changes_add(w, RECORD_ATTEMPT, row, "attempt_begin", NULL, attempt_state_texts[a->state]);
    world_transition_done(w);
    return row;
}

static void attempt_end(struct world *w, uint32_t attempt, enum attempt_state state,
                        const char *what)
{
    struct attempt *a = world_edit(w, RECORD_ATTEMPT, attempt);
    changes_add(w, RECORD_ATTEMPT, attempt, what, attempt_state_texts[a->state],
                attempt_state_texts[state]);
    a->state = state;
    a->ended_at_ms = world_now(w);
    world_transition_done(w);
}

void attempt_complete(struct world *w, uint32_t attempt, const struct account_spec *user)
{
    const struct attempt *a = attempt_read(w, attempt);
    assert(a->state == ATTEMPT_PENDING && a->kind == ATTEMPT_FOR_ACCOUNT);
    if (a->reconnects) {
        if (!account_is_listed(account_read(w, a->account))) {
            attempt_fail(w, attempt, "account_gone");
            return;
        }
        account_reconnect(w, a->account, user->token_expires_at_ms);
    } else {
        struct account_spec spec = *user;
        spec.platform = a->platform;
        uint32_t account = account_connect(w, a->space, &spec);
        ((struct attempt *)world_edit(w, RECORD_ATTEMPT, attempt))->account = account;
    }
    attempt_end(w, attempt, ATTEMPT_COMPLETED, "attempt_complete");
}

void attempt_complete_ads(struct world *w, uint32_t attempt, const struct ad_account_spec *grant)
{
    const struct attempt *a = attempt_read(w, attempt);
    assert(a->state == ATTEMPT_PENDING && a->kind == ATTEMPT_FOR_ADS);
    uint32_t row = ad_account_of(w, a->space, a->ad_platform);
    if (row) {
        ad_account_reconnect(w, row);
    } else {
        struct ad_account_spec spec = *grant;
        spec.platform = a->ad_platform;
        row = ad_account_connect(w, a->space, &spec);
    }
    ((struct attempt *)world_edit(w, RECORD_ATTEMPT, attempt))->ad_account = row;
    attempt_end(w, attempt, ATTEMPT_COMPLETED, "attempt_complete");
}

void attempt_complete_key(struct world *w, uint32_t attempt, uint32_t space, uint32_t key)
{
    struct attempt *a = world_edit(w, RECORD_ATTEMPT, attempt);
    assert(a->state == ATTEMPT_PENDING && a->kind == ATTEMPT_FOR_KEY && space && key);
    a->space = space;
    a->key = key;
    attempt_end(w, attempt, ATTEMPT_COMPLETED, "attempt_complete");
}

void attempt_fail(struct world *w, uint32_t attempt, const char *error)
{
    struct attempt *a = world_edit(w, RECORD_ATTEMPT, attempt);
    assert(a->state == ATTEMPT_PENDING);
    a->error = world_text(w, error);
    attempt_end(w, attempt, ATTEMPT_FAILED, "attempt_fail");
}

void attempt_expire(struct world *w, uint32_t attempt)
{
    const struct attempt *a = attempt_read(w, attempt);
    if (a->state == ATTEMPT_PENDING && a->expires_at_ms && a->expires_at_ms <= world_now(w))
        attempt_end(w, attempt, ATTEMPT_EXPIRED, "attempt_expire");
}

uint32_t attempt_find(const struct world *w, struct str token)
{
    return record_find(w, RECORD_ATTEMPT, token);
}

const struct attempt *attempt_read(const struct world *w, uint32_t row)
{
    return world_read(w, RECORD_ATTEMPT, row);
}

const char *attempt_platform_text(const struct attempt *a)
{
    if (a->kind == ATTEMPT_FOR_KEY)
        return "program";
    return a->kind == ATTEMPT_FOR_ADS ? ad_platform_texts[a->ad_platform]
                                      : platform_texts[a->platform];
}
