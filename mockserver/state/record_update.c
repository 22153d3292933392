#include "mockserver/state/record.h"

#include <string.h>

#include "base/buf.h"
#include "mockserver/state/ad_account.h"
#include "mockserver/state/connection.h"
#include "mockserver/state/lease.h"
#include "mockserver/state/media.h"
#include "mockserver/state/oauth_attempt.h"
#include "mockserver/state/post.h"
#include "mockserver/state/tenant.h"
#include "mockserver/state/webhook.h"
#include "mockserver/state/world.h"

union any_record {
    struct organization organization;
    struct key key;
    struct space space;
    struct account account;
    struct oauth_attempt oauth_attempt;
    struct content content;
    struct post post;
    struct destination destination;
    struct lease_request lease_request;
    struct pool_account pool_account;
    struct wallet_entry wallet_entry;
    struct ad_account ad_account;
    struct layer layer;
    struct onboarding onboarding;
    struct webhook webhook;
    struct delivery delivery;
    struct media media;
};

static bool set_field(struct world *w, int64_t scope, const struct record_edit *e, union any_record *record,
                      struct error *err)
{
    if (e->field->fixed)
        return error_add(err, ERROR_INPUT, (struct where){0}, "'%s' cannot be changed", e->field->name);
    if (e->field->needed && e->value.none)
        return error_add(err, ERROR_INPUT, (struct where){0}, "'%s' cannot be null", e->field->name);
    return record_write(w, scope, e->field, &e->value, record, err);
}

/* The scope in which a reference is looked up: see index_entries.h. */
static int64_t scope_of(const struct world *w, enum record_kind kind, uint32_t row, const struct record_field *f)
{
    if (f->refers == RECORD_LEASE_REQUEST && kind == RECORD_ACCOUNT)
        return space_read(w, account_read(w, row)->space)->organization;
    return record_provider(w, kind, row);
}

void record_queue_events(struct world *w, enum record_kind kind, uint32_t row)
{
    if (kind == RECORD_ACCOUNT) {
        const struct account *a = account_read(w, row);
        if (account_is_listed(a) && a->token == TOKEN_LIVE && a->token_expires_at_ms)
            events_add(w, a->token_expires_at_ms, EVENT_TOKEN_EXPIRES, row);
        if (a->renews_at_ms)
            events_add(w, a->renews_at_ms, EVENT_LEASE_RENEWS, row);
    } else if (kind == RECORD_OAUTH_ATTEMPT) {
        const struct oauth_attempt *a = oauth_attempt_read(w, row);
        if (a->state == OAUTH_ATTEMPT_PENDING && a->expires_at_ms)
            events_add(w, a->expires_at_ms, EVENT_OAUTH_ATTEMPT_EXPIRES, row);
    } else if (kind == RECORD_DESTINATION) {
        const struct destination *d = destination_read(w, row);
        if (d->state == DESTINATION_QUEUED)
            events_add(w, d->due_at_ms, EVENT_POST_DUE, row);
        else if (d->state == DESTINATION_PUBLISHING)
            events_add(w, d->attempted_at_ms + w->timings.publish_ms, EVENT_PUBLISH_ENDS, row);
    } else if (kind == RECORD_AD_ACCOUNT) {
        const struct ad_account *a = ad_account_read(w, row);
        if (a->validates_at_ms)
            events_add(w, a->validates_at_ms, EVENT_AD_VALIDATES, row);
    } else if (kind == RECORD_DELIVERY) {
        const struct delivery *d = delivery_read(w, row);
        if (d->state == DELIVERY_PENDING && d->next_attempt_at_ms)
            events_add(w, d->next_attempt_at_ms, EVENT_DELIVERY_DUE, row);
    }
}

/* An edit may break an invariant on purpose; the world is then no longer checked. */
static void stop_checks_if_broken(struct world *w)
{
    if (!w->checks)
        return;
    struct arena a = {0};
    struct buf message = {.arena = &a};
    w->checks = !world_check(w, &message);
    arena_end(&a);
}

/* Readers follow these references, so they must exist even in a state that violates invariants. */
static bool has_references(enum record_kind kind, const union any_record *record, struct error *err)
{
    const char *missing = kind == RECORD_OAUTH_ATTEMPT ? oauth_attempt_missing(&record->oauth_attempt) : NULL;
    return !missing || error_add(err, ERROR_INPUT, (struct where){0},
                                 "'%s' is null; an attempt of this kind and state requires it", missing);
}

bool record_update(struct world *w, enum record_kind kind, uint32_t row, const struct record_edit *edits, size_t count,
                   struct error *err)
{
    const size_t size = record_type(kind)->size;
    union any_record edited;
    memcpy(&edited, world_read(w, kind, row), size);
    bool ok = true;
    for (size_t i = 0; i < count; i++)
        ok &= set_field(w, scope_of(w, kind, row, edits[i].field), &edits[i], &edited, err);
    if (!ok || !has_references(kind, &edited, err))
        return false;
    const char *from = record_state(w, kind, row);
    struct index_entries before;
    index_entries_of(w, kind, row, &before);
    memcpy(world_edit(w, kind, row), &edited, size);
    index_entries_move(w, kind, row, &before);
    record_queue_events(w, kind, row);
    changes_add(w, kind, row, "record_set", from, record_state(w, kind, row));
    stop_checks_if_broken(w);
    return true;
}
