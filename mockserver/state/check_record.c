#include "mockserver/state/check_record.h"

#include <string.h>

#include "mockserver/state/ad_account.h"
#include "mockserver/state/changes.h"
#include "mockserver/state/delivery.h"
#include "mockserver/state/events.h"
#include "mockserver/state/layer.h"
#include "mockserver/state/lease.h"
#include "mockserver/state/media.h"
#include "mockserver/state/oauth_attempt.h"
#include "mockserver/state/post.h"
#include "mockserver/state/tenant.h"
#include "mockserver/state/wallet.h"

static bool waits(const struct index *waiting, enum event_kind kind, uint32_t row, int64_t from_ms)
{
    int64_t key = index_pair_key(row, kind);
    struct index_walk walk;
    index_from(waiting, &walk, (struct index_entry){key, from_ms, 0});
    return index_next_of(&walk, key);
}

static const char *check_key(const struct world *w, uint32_t row)
{
    const struct key *k = key_read(w, row);
    if (!k->organization)
        return "a key belongs to an organization";
    if (k->space && space_read(w, k->space)->organization != k->organization)
        return "a key's space is its organization's";
    return NULL;
}

static const char *check_lease(const struct world *w, const struct index *waiting, uint32_t row)
{
    const struct account *a = account_read(w, row);
    if ((a->leased && account_is_listed(a)) != (a->renews_at_ms != 0))
        return "just a leased account that is not disconnected has a renewal to come";
    if (a->renews_at_ms && !waits(waiting, EVENT_LEASE_RENEWS, row, a->renews_at_ms))
        return "a renewal to come is in the queue of events";
    if (a->lease_request &&
        (!a->leased || lease_request_read(w, a->lease_request)->space != a->space))
        return "what was assigned for a request is leased, in the request's space";
    return NULL;
}

static const char *check_account(const struct world *w, const struct index *waiting, uint32_t row)
{
    const struct account *a = account_read(w, row);
    if (!a->space || !a->public_id || !a->handle)
        return "an account has a space, an id and a handle";
    if (a->provider != space_provider(w, a->space))
        return "an account is of its space's provider";
    if (account_is_listed(a) != (a->disconnected_at_ms == 0))
        return "just a disconnected account has a time of disconnection";
    if (a->token_generation < 1)
        return "an account has had a token";
    if (account_is_listed(a) && a->token == TOKEN_LIVE && a->token_expires_at_ms &&
        !waits(waiting, EVENT_TOKEN_EXPIRES, row, a->token_expires_at_ms))
        return "a live token that will expire has its expiry in the queue";
    return check_lease(w, waiting, row);
}

static const char *check_ads_attempt(const struct world *w, const struct oauth_attempt *a)
{
    if (a->account || a->reconnects ||
        (a->ad_account != ROW_NONE) != (a->state == OAUTH_ATTEMPT_COMPLETED))
        return "an attempt for an ad account has led to one if it is completed";
    if (a->ad_account && (ad_account_read(w, a->ad_account)->space != a->space ||
                          ad_account_read(w, a->ad_account)->platform != a->ad_platform))
        return "an attempt's ad account is of its space and platform";
    return NULL;
}

static const char *check_attempt(const struct world *w, const struct index *waiting, uint32_t row)
{
    const struct oauth_attempt *a = oauth_attempt_read(w, row);
    bool is_signed_in = a->kind != OAUTH_ATTEMPT_FOR_KEY || a->state == OAUTH_ATTEMPT_COMPLETED;
    if (!a->token || (a->space != ROW_NONE) != is_signed_in)
        return "an attempt has a state token, and a space unless it still is to be signed in";
    if ((a->state == OAUTH_ATTEMPT_PENDING) != (a->ended_at_ms == 0))
        return "just a pending attempt has not ended";
    if (a->error && a->state != OAUTH_ATTEMPT_FAILED)
        return "just a failed attempt has an error";
    if (a->state == OAUTH_ATTEMPT_PENDING && a->expires_at_ms &&
        !waits(waiting, EVENT_OAUTH_ATTEMPT_EXPIRES, row, a->expires_at_ms))
        return "a pending attempt that will expire has its expiry in the queue";
    if (a->kind == OAUTH_ATTEMPT_FOR_ADS)
        return check_ads_attempt(w, a);
    if (a->kind == OAUTH_ATTEMPT_FOR_KEY)
        return (a->key != ROW_NONE) == is_signed_in && !a->account
                   ? NULL
                   : "an attempt for a key has led to one if it is completed";
    if ((a->account != ROW_NONE) != (a->reconnects || a->state == OAUTH_ATTEMPT_COMPLETED))
        return "an attempt has an account if it reconnects one or has led to one";
    if (a->account && (account_read(w, a->account)->space != a->space ||
                       account_read(w, a->account)->platform != a->platform))
        return "an attempt's account is of its space and platform";
    return NULL;
}

static const char *check_content(const struct world *w, uint32_t row)
{
    const struct content *x = content_read(w, row);
    if (!x->space)
        return "content belongs to a space";
    bool decided = x->approval == APPROVAL_APPROVED || x->approval == APPROVAL_REJECTED;
    return x->decided_at_ms && !decided ? "content was decided on just if it says how" : NULL;
}

/* What a state says of the rest of a destination. */
static const struct implied {
    bool attempted, published, failed, canceled;
} implied[DESTINATION_STATE_COUNT] = {
    [DESTINATION_QUEUED] = {0                },
    [DESTINATION_PUBLISHING] = {.attempted = true},
    [DESTINATION_DRAFT] = {.attempted = true},
    [DESTINATION_PUBLISHED] = {.attempted = true, .published = true},
    [DESTINATION_FAILED] = {.attempted = true,                 .failed = true},
    [DESTINATION_CANCELED] = {.canceled = true},
    [DESTINATION_HELD] = {0 },
};

/* By the clock itself: an event may happen late, at an instant of its own. */
static bool in_future(const struct world *w, int64_t at_ms)
{
    return at_ms > clock_now(&w->clock);
}

/* A time of 0 has not come. */
static bool later(int64_t created_ms, int64_t at_ms)
{
    return !at_ms || at_ms >= created_ms;
}

static const char *check_post(const struct world *w, uint32_t row)
{
    const struct post *p = post_read(w, row);
    if (!p->space)
        return "a post belongs to a space";
    if (in_future(w, p->created_at_ms))
        return "a post was created in the future";
    if (!later(p->created_at_ms, p->updated_at_ms) || !later(p->created_at_ms, p->published_at_ms))
        return "nothing becomes of a post before it is created";
    return NULL;
}

static const char *check_destination(const struct world *w, const struct index *waiting,
                                     uint32_t row)
{
    const struct destination *d = destination_read(w, row);
    const struct implied *is = &implied[d->state];
    if (!d->post || !d->account)
        return "a destination has a post and an account";
    const struct account *a = account_read(w, d->account);
    const struct post *p = post_read(w, d->post);
    if (d->space != p->space || d->space != a->space || d->provider != p->provider)
        return "a destination is of its post's and its account's space and provider";
    if (is->attempted != (d->attempted_at_ms != 0))
        return "just what was attempted has a time of the attempt";
    if (is->published != (d->published_at_ms != 0) || is->published != (d->external_id != NULL) ||
        is->published != (d->external_url != NULL))
        return "just what is published has a time of it, an external id and a link";
    if (in_future(w, d->created_at_ms))
        return "a destination was created in the future";
    if (!later(d->created_at_ms, d->attempted_at_ms) ||
        !later(d->created_at_ms, d->published_at_ms) ||
        !later(d->created_at_ms, d->canceled_at_ms) || !later(d->created_at_ms, d->updated_at_ms))
        return "nothing becomes of a destination before it is created";
    if (is->failed != (d->failure != FAILURE_NONE))
        return "just what failed has a failure";
    if (is->canceled != (d->canceled_at_ms != 0))
        return "just what was canceled has a time of it";
    bool to_come = d->state == DESTINATION_QUEUED || d->state == DESTINATION_HELD;
    if (to_come && (!account_is_listed(a) || d->removed_at_ms))
        return "nothing is queued or held that was removed, or is on a disconnected account";
    if (p->removed_at_ms && !d->removed_at_ms)
        return "what is removed has no destinations";
    if (d->state == DESTINATION_QUEUED && !waits(waiting, EVENT_POST_DUE, row, d->due_at_ms))
        return "what is queued has its time in the queue of events";
    if (d->state == DESTINATION_PUBLISHING && !waits(waiting, EVENT_PUBLISH_ENDS, row, INT64_MIN))
        return "what is publishing has its end in the queue of events";
    return NULL;
}

static const char *check_layer(const struct world *w, uint32_t row)
{
    const struct layer *l = layer_read(w, row);
    if (!l->space || !l->name)
        return "a layer has a space and a name";
    if (l->account && account_read(w, l->account)->space != l->space)
        return "a layer is of its account's space";
    if (!l->account && layer_find_content(w, l->space) != row)
        return "a space has one layer of content at most";
    return NULL;
}

static const char *check_onboarding(const struct world *w, uint32_t row)
{
    const struct onboarding *o = onboarding_read(w, row);
    return o->organization && o->account && o->name
               ? NULL
               : "a tick of onboarding has an organization, an account and a name";
}

static const char *check_lease_request(const struct world *w, uint32_t row)
{
    const struct lease_request *r = lease_request_read(w, row);
    int64_t assigned = index_count_of(&w->indexes[INDEX_ACCOUNT_REQUEST], row);
    if (!r->space || !r->vertical || r->count < 1)
        return "a lease request has a space, a vertical and a count";
    if ((r->state == LEASE_REQUESTED) != (r->decided_at_ms == 0))
        return "just a request that was decided has a time of it";
    if (r->state == LEASE_ASSIGNED  ? assigned != r->count
        : r->state == LEASE_PARTIAL ? assigned < 1 || assigned >= r->count
                                    : assigned != 0)
        return "a request has as many accounts as its state says";
    return NULL;
}

static const char *check_pool_account(const struct world *w, uint32_t row)
{
    const struct pool_account *p = pool_account_read(w, row);
    if (!p->handle || !p->vertical)
        return "an account of the pool has a handle and a vertical";
    if (!p->account)
        return NULL;
    const struct account *a = account_read(w, p->account);
    if (!a->leased || !account_is_listed(a) || a->provider != p->provider ||
        strcmp(a->handle, p->handle) != 0)
        return "what the pool says is leased is a leased account of that handle";
    return NULL;
}

static const char *check_wallet_entry(const struct world *w, uint32_t row)
{
    const struct wallet_entry *e = wallet_entry_read(w, row);
    if (!e->organization || !e->account)
        return "a wallet entry has an organization and an account";
    uint32_t space = account_read(w, e->account)->space;
    return space_read(w, space)->organization == e->organization
               ? NULL
               : "an organization pays for its own accounts";
}

static const char *check_ad_account(const struct world *w, const struct index *waiting,
                                    uint32_t row)
{
    const struct ad_account *a = ad_account_read(w, row);
    bool pending = ad_account_is_listed(a) && a->token == AD_TOKEN_PENDING;
    if (!a->space || !a->public_id || !a->external_id)
        return "an ad account has a space, an id and the platform's id";
    if (ad_account_is_listed(a) && index_count_of(&w->indexes[INDEX_AD_ACCOUNT_SPACE],
                                                  index_pair_key(a->space, a->platform)) > 1)
        return "a space has one ad account a platform";
    if (pending != (a->validates_at_ms != 0))
        return "just a pending grant has a validation to come";
    if (pending && !waits(waiting, EVENT_AD_VALIDATES, row, a->validates_at_ms))
        return "a validation to come is in the queue of events";
    return NULL;
}

static const char *check_webhook(const struct world *w, uint32_t row)
{
    const struct webhook *h = webhook_read(w, row);
    if (!h->organization || !h->url || !h->events || !h->secret)
        return "a webhook has an organization, a URL, events and a secret";
    if (h->space && space_read(w, h->space)->organization != h->organization)
        return "a webhook's space is its organization's";
    return NULL;
}

static const char *check_delivery(const struct world *w, const struct index *waiting, uint32_t row)
{
    const struct delivery *d = delivery_read(w, row);
    bool unsent = d->state == DELIVERY_PENDING || d->state == DELIVERY_HELD;
    bool open = unsent || d->state == DELIVERY_DELIVERING;
    if (!d->webhook || !d->event_id || !d->type || !d->payload)
        return "a delivery has a webhook, an event, its type and a payload";
    if (d->change > changes_last(w))
        return "a delivery tells of a change that is in the log";
    if (open != (d->ended_at_ms == 0))
        return "just a delivery that has ended has a time of it";
    if (d->next_attempt_at_ms && d->state != DELIVERY_PENDING)
        return "just a pending delivery has a next attempt";
    if ((d->state == DELIVERY_HELD) != (d->awaits > 0))
        return "just a held delivery awaits later ones";
    if (unsent && webhook_read(w, d->webhook)->state == WEBHOOK_DELETED)
        return "nothing is pending for a deleted webhook";
    if (d->next_attempt_at_ms && !waits(waiting, EVENT_DELIVERY_DUE, row, d->next_attempt_at_ms))
        return "a next attempt has its time in the queue of events";
    return NULL;
}

static const char *check_media(const struct world *w, uint32_t row)
{
    const struct media *m = media_read(w, row);
    if (!m->space || !m->name || !m->content_type)
        return "media have a space, a name and a content type";
    if ((m->state == MEDIA_REMOVED) != (m->removed_at_ms != 0))
        return "just removed media have a time of it";
    return NULL;
}

const char *check_record(const struct world *w, const struct index *waiting, enum record_kind kind,
                         uint32_t row)
{
    switch (kind) {
    case RECORD_ORGANIZATION:
    case RECORD_KIND_COUNT:
        return NULL;
    case RECORD_KEY:
        return check_key(w, row);
    case RECORD_SPACE:
        return space_read(w, row)->organization ? NULL : "a space belongs to an organization";
    case RECORD_ACCOUNT:
        return check_account(w, waiting, row);
    case RECORD_OAUTH_ATTEMPT:
        return check_attempt(w, waiting, row);
    case RECORD_CONTENT:
        return check_content(w, row);
    case RECORD_POST:
        return check_post(w, row);
    case RECORD_DESTINATION:
        return check_destination(w, waiting, row);
    case RECORD_LEASE_REQUEST:
        return check_lease_request(w, row);
    case RECORD_POOL_ACCOUNT:
        return check_pool_account(w, row);
    case RECORD_WALLET_ENTRY:
        return check_wallet_entry(w, row);
    case RECORD_AD_ACCOUNT:
        return check_ad_account(w, waiting, row);
    case RECORD_WEBHOOK:
        return check_webhook(w, row);
    case RECORD_DELIVERY:
        return check_delivery(w, waiting, row);
    case RECORD_MEDIA:
        return check_media(w, row);
    case RECORD_LAYER:
        return check_layer(w, row);
    case RECORD_ONBOARDING:
        return check_onboarding(w, row);
    }
    return NULL;
}
