#include "mockserver/state/records.h"

#include <string.h>

#include "base/buf.h"
#include "base/time.h"
#include "mockserver/state/ad_account.h"
#include "mockserver/state/attempt.h"
#include "mockserver/state/changes.h"
#include "mockserver/state/delivery.h"
#include "mockserver/state/events.h"
#include "mockserver/state/layer.h"
#include "mockserver/state/lease.h"
#include "mockserver/state/media.h"
#include "mockserver/state/places.h"
#include "mockserver/state/post.h"
#include "mockserver/state/tenant.h"
#include "mockserver/state/wallet.h"

union any_record {
    struct organization organization;
    struct key key;
    struct space space;
    struct account account;
    struct attempt attempt;
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

static bool refuse(struct error *err, const struct record_field *f, const char *why)
{
    return error_add(err, ERROR_INPUT, (struct where){0}, "'%s' %s", f->name, why);
}

static bool set_text(struct world *w, const struct record_field *f, const struct record_value *v,
                     char *at, struct error *err)
{
    if (!v->none && !v->text)
        return refuse(err, f, "takes a text");
    const char *kept = v->none ? NULL : world_text(w, v->text);
    memcpy(at, &kept, sizeof kept);
    return true;
}

static bool set_time(const struct record_field *f, const struct record_value *v, char *at,
                     struct error *err)
{
    int64_t ms = 0;
    if (!v->none && !time_parse(str_from(v->text ? v->text : v->time_text), &ms))
        return refuse(err, f, "takes a time such as 2026-05-02T09:00:00Z");
    memcpy(at, &ms, sizeof ms);
    return true;
}

static bool set_enum(const struct record_field *f, const struct record_value *v, char *at,
                     struct error *err)
{
    struct str word = str_from(v->none ? NULL : v->text);
    for (size_t i = 0; i < f->text_count; i++) {
        if (!str_is(word, f->texts[i]))
            continue;
        int value = (int)i;
        memcpy(at, &value, sizeof value);
        return true;
    }
    const char *near = str_nearest(word, f->texts, f->text_count);
    return error_add(err, ERROR_INPUT, (struct where){0}, "'%s' cannot be '" STR_FMT "'%s%s%s",
                     f->name, STR_ARG(word), near ? ": did you mean '" : "", near ? near : "",
                     near ? "'?" : "");
}

static bool set_ref(const struct world *w, int provider, const struct record_field *f,
                    const struct record_value *v, char *at, struct error *err)
{
    uint32_t to = ROW_NONE;
    if (!v->none) {
        to = v->text ? places_find(w, f->refers, provider, str_from(v->text)) : ROW_NONE;
        if (!to)
            return refuse(err, f, "names a record that does not exist");
    }
    memcpy(at, &to, sizeof to);
    return true;
}

static bool set_field(struct world *w, int provider, const struct record_edit *e,
                      union any_record *record, struct error *err)
{
    const struct record_field *f = e->field;
    const struct record_value *v = &e->value;
    char *at = (char *)record + f->offset;
    if (f->fixed)
        return refuse(err, f, "cannot be changed");
    switch (f->type) {
    case RECORD_TEXT:
        return set_text(w, f, v, at, err);
    case RECORD_TIME:
        return set_time(f, v, at, err);
    case RECORD_ENUM:
        return set_enum(f, v, at, err);
    case RECORD_REF:
        return set_ref(w, provider, f, v, at, err);
    case RECORD_BOOL:
        if (v->none)
            return refuse(err, f, "takes true or false");
        memcpy(at, &v->truth, sizeof v->truth);
        return true;
    case RECORD_INT:
        if (v->none)
            return refuse(err, f, "takes a number");
        memcpy(at, &v->number, sizeof v->number);
        return true;
    }
    return false;
}

/* What the record now waits for. An event that it waited for before does nothing when it comes. */
static void expect(struct world *w, enum record_kind kind, uint32_t row)
{
    if (kind == RECORD_ACCOUNT) {
        const struct account *a = account_read(w, row);
        if (account_is_listed(a) && a->token == TOKEN_LIVE && a->token_expires_at_ms)
            events_add(w, a->token_expires_at_ms, EVENT_TOKEN_EXPIRES, row);
        if (a->renews_at_ms)
            events_add(w, a->renews_at_ms, EVENT_LEASE_RENEWS, row);
    } else if (kind == RECORD_ATTEMPT) {
        const struct attempt *a = attempt_read(w, row);
        if (a->state == ATTEMPT_PENDING && a->expires_at_ms)
            events_add(w, a->expires_at_ms, EVENT_ATTEMPT_EXPIRES, row);
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

/* An edit may break what holds of every other world; such a world is no longer checked. */
static void stop_checks_if_broken(struct world *w)
{
    if (!w->checks)
        return;
    struct arena a = {0};
    struct buf words = {.arena = &a};
    w->checks = !world_check(w, &words);
    arena_end(&a);
}

bool record_set(struct world *w, enum record_kind kind, uint32_t row,
                const struct record_edit *edits, size_t count, struct error *err)
{
    const size_t size = record_shape(kind)->size;
    const int provider = record_provider(w, kind, row);
    union any_record edited;
    memcpy(&edited, world_read(w, kind, row), size);
    bool good = true;
    for (size_t i = 0; i < count; i++)
        good &= set_field(w, provider, &edits[i], &edited, err);
    if (!good)
        return false;
    const char *from = record_state(w, kind, row);
    struct places before;
    places_of(w, kind, row, &before);
    memcpy(world_edit(w, kind, row), &edited, size);
    places_move(w, kind, row, &before);
    expect(w, kind, row);
    changes_add(w, kind, row, "record_set", from, record_state(w, kind, row));
    stop_checks_if_broken(w);
    return true;
}
