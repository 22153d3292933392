#include "mockserver/state/check_record.h"

#include <string.h>

#include "mockserver/state/ad_account.h"
#include "mockserver/state/connection.h"
#include "mockserver/state/lease.h"
#include "mockserver/state/media.h"
#include "mockserver/state/oauth_attempt.h"
#include "mockserver/state/post.h"
#include "mockserver/state/tenant.h"
#include "mockserver/state/webhook.h"
#include "mockserver/state/world.h"

static bool is_queued(const struct index *waiting, enum event_kind kind, uint32_t row, int64_t from_ms)
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
        return "a key must belong to an organization";
    if (k->space && space_read(w, k->space)->organization != k->organization)
        return "a key's space must belong to the key's organization";
    return NULL;
}

static const char *check_lease(const struct world *w, const struct index *waiting, uint32_t row)
{
    const struct account *a = account_read(w, row);
    if ((a->leased && account_is_listed(a)) != (a->renews_at_ms != 0))
        return "'renews_at' must be set if and only if the account is leased and connected";
    if (a->renews_at_ms && !is_queued(waiting, EVENT_LEASE_RENEWS, row, a->renews_at_ms))
        return "the event queue has no renewal at 'renews_at'";
    if (a->lease_request && (!a->leased || lease_request_read(w, a->lease_request)->space != a->space))
        return "an account with a 'lease_request' must be leased, in the request's space";
    return NULL;
}

static const char *check_account(const struct world *w, const struct index *waiting, uint32_t row)
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
    if (account_is_listed(a) && a->token == TOKEN_LIVE && a->token_expires_at_ms &&
        !is_queued(waiting, EVENT_TOKEN_EXPIRES, row, a->token_expires_at_ms))
        return "the event queue has no expiry of the account's live token";
    return check_lease(w, waiting, row);
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

static const char *check_attempt(const struct world *w, const struct index *waiting, uint32_t row)
{
    const struct oauth_attempt *a = oauth_attempt_read(w, row);
    bool is_signed_in = a->kind != OAUTH_ATTEMPT_FOR_KEY || a->state == OAUTH_ATTEMPT_COMPLETED;
    if (!a->token || (a->space != ROW_NONE) != is_signed_in)
        return "an OAuth attempt must have a state token, and a space unless it is an open "
               "sign-in for a key";
    if ((a->state == OAUTH_ATTEMPT_PENDING) != (a->ended_at_ms == 0))
        return "'ended_at' must be set if and only if the OAuth attempt is not pending";
    if (a->error && a->state != OAUTH_ATTEMPT_FAILED)
        return "'error' must be null unless the OAuth attempt failed";
    if (a->state == OAUTH_ATTEMPT_PENDING && a->expires_at_ms &&
        !is_queued(waiting, EVENT_OAUTH_ATTEMPT_EXPIRES, row, a->expires_at_ms))
        return "the event queue has no expiry of the pending OAuth attempt";
    if (a->kind == OAUTH_ATTEMPT_FOR_ADS)
        return check_ads_attempt(w, a);
    if (a->kind == OAUTH_ATTEMPT_FOR_KEY)
        return (a->key != ROW_NONE) == is_signed_in && !a->account
                   ? NULL
                   : "an OAuth attempt for a key must have no 'account', and a 'key' if and only "
                     "if it is completed";
    if ((a->account != ROW_NONE) != (a->reconnects || a->state == OAUTH_ATTEMPT_COMPLETED))
        return "an OAuth attempt must have an 'account' if and only if it reconnects one or is "
               "completed";
    if (a->account &&
        (account_read(w, a->account)->space != a->space || account_read(w, a->account)->platform != a->platform))
        return "an OAuth attempt's account must have the attempt's space and platform";
    return NULL;
}

static const char *check_content(const struct world *w, uint32_t row)
{
    const struct content *x = content_read(w, row);
    if (!x->space)
        return "content must belong to a space";
    bool decided = x->approval == APPROVAL_APPROVED || x->approval == APPROVAL_REJECTED;
    return x->decided_at_ms && !decided ? "'decided_at' must be null unless 'approval' is approved or rejected" : NULL;
}

/* Which members each state of a destination implies. */
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

/* Uses the clock, not world_now: an event that runs late has a time in the past. */
static bool in_future(const struct world *w, int64_t at_ms)
{
    return at_ms > clock_now(&w->clock);
}

/* 0: not set. */
static bool not_before(int64_t created_ms, int64_t at_ms)
{
    return !at_ms || at_ms >= created_ms;
}

static const char *check_post(const struct world *w, uint32_t row)
{
    const struct post *p = post_read(w, row);
    if (!p->space)
        return "a post must belong to a space";
    if (in_future(w, p->created_at_ms))
        return "a post's 'created_at' must not be in the future";
    if (!not_before(p->created_at_ms, p->updated_at_ms) || !not_before(p->created_at_ms, p->published_at_ms))
        return "a post's 'updated_at' and 'published_at' must not be before its 'created_at'";
    return NULL;
}

static const char *check_destination(const struct world *w, const struct index *waiting, uint32_t row)
{
    const struct destination *d = destination_read(w, row);
    const struct implied *is = &implied[d->state];
    if (!d->post || !d->account)
        return "a destination must have a post and an account";
    const struct account *a = account_read(w, d->account);
    const struct post *p = post_read(w, d->post);
    if (d->space != p->space || d->space != a->space || d->provider != p->provider)
        return "a destination must have the same space and provider as its post and its account";
    if (is->attempted != (d->attempted_at_ms != 0))
        return "'attempted_at' must be set if and only if the destination is publishing, draft, "
               "published or failed";
    if (is->published != (d->published_at_ms != 0) || is->published != (d->external_id != NULL) ||
        is->published != (d->external_url != NULL))
        return "'published_at', 'external_id' and 'external_url' must be set if and only if the "
               "destination is published";
    if (in_future(w, d->created_at_ms))
        return "a destination's 'created_at' must not be in the future";
    if (!not_before(d->created_at_ms, d->attempted_at_ms) || !not_before(d->created_at_ms, d->published_at_ms) ||
        !not_before(d->created_at_ms, d->canceled_at_ms) || !not_before(d->created_at_ms, d->updated_at_ms))
        return "a destination's other times must not be before its 'created_at'";
    if (is->failed != (d->failure != FAILURE_NONE))
        return "'failure' must be none if and only if the destination did not fail";
    if (is->canceled != (d->canceled_at_ms != 0))
        return "'canceled_at' must be set if and only if the destination is canceled";
    bool is_open = d->state == DESTINATION_QUEUED || d->state == DESTINATION_HELD;
    if (is_open && (!account_is_listed(a) || d->removed_at_ms))
        return "a queued or held destination must not be removed, and its account must be "
               "connected";
    if (p->removed_at_ms && !d->removed_at_ms)
        return "all destinations of a removed post must be removed";
    if (d->state == DESTINATION_QUEUED && !is_queued(waiting, EVENT_POST_DUE, row, d->due_at_ms))
        return "the event queue has no publish event for the queued destination";
    if (d->state == DESTINATION_PUBLISHING && !is_queued(waiting, EVENT_PUBLISH_ENDS, row, INT64_MIN))
        return "the event queue has no end event for the publishing destination";
    return NULL;
}

static const char *check_layer(const struct world *w, uint32_t row)
{
    const struct layer *l = layer_read(w, row);
    if (!l->space || !l->name)
        return "a layer must have a space and a name";
    if (l->account && account_read(w, l->account)->space != l->space)
        return "a layer must have the same space as its account";
    if (!l->account && layer_find_content(w, l->space) != row)
        return "a space must have at most one content layer";
    return NULL;
}

static const char *check_onboarding(const struct world *w, uint32_t row)
{
    const struct onboarding *o = onboarding_read(w, row);
    return o->organization && o->account && o->name
               ? NULL
               : "an onboarding item must have an organization, an account and a name";
}

static const char *check_lease_request(const struct world *w, uint32_t row)
{
    const struct lease_request *r = lease_request_read(w, row);
    int64_t assigned = index_count_of(&w->indexes[INDEX_ACCOUNT_REQUEST], row);
    if (!r->space || !r->vertical || r->count < 1)
        return "a lease request must have a space, a vertical and a 'count' of at least 1";
    if ((r->state == LEASE_REQUESTED) != (r->decided_at_ms == 0))
        return "'decided_at' must be set if and only if the lease request was decided";
    if (r->state == LEASE_ASSIGNED  ? assigned != r->count
        : r->state == LEASE_PARTIAL ? assigned < 1 || assigned >= r->count
                                    : assigned != 0)
        return "the number of accounts of a lease request must match its 'state' and 'count'";
    return NULL;
}

static const char *check_pool_account(const struct world *w, uint32_t row)
{
    const struct pool_account *p = pool_account_read(w, row);
    if (!p->handle || !p->vertical)
        return "a pool account must have a handle and a vertical";
    if (!p->account)
        return NULL;
    const struct account *a = account_read(w, p->account);
    if (!a->leased || !account_is_listed(a) || a->provider != p->provider || strcmp(a->handle, p->handle) != 0)
        return "a pool account's 'account' must be connected and leased, with the same provider "
               "and handle";
    return NULL;
}

static const char *check_wallet_entry(const struct world *w, uint32_t row)
{
    const struct wallet_entry *e = wallet_entry_read(w, row);
    if (!e->organization || !e->account)
        return "a wallet entry must have an organization and an account";
    uint32_t space = account_read(w, e->account)->space;
    return space_read(w, space)->organization == e->organization
               ? NULL
               : "a wallet entry's account must belong to its organization";
}

static const char *check_ad_account(const struct world *w, const struct index *waiting, uint32_t row)
{
    const struct ad_account *a = ad_account_read(w, row);
    bool pending = ad_account_is_listed(a) && a->token == AD_TOKEN_PENDING;
    if (!a->space || !a->public_id || !a->external_id)
        return "an ad account must have a space, an id and an 'external_id'";
    if (ad_account_is_listed(a) &&
        index_count_of(&w->indexes[INDEX_AD_ACCOUNT_SPACE], index_pair_key(a->space, a->platform)) > 1)
        return "a space must have at most one connected ad account per platform";
    if (pending != (a->validates_at_ms != 0))
        return "'validates_at' must be set if and only if the ad account is connected and its "
               "token is pending";
    if (pending && !is_queued(waiting, EVENT_AD_VALIDATES, row, a->validates_at_ms))
        return "the event queue has no validation at 'validates_at'";
    return NULL;
}

static const char *check_webhook(const struct world *w, uint32_t row)
{
    const struct webhook *h = webhook_read(w, row);
    if (!h->organization || !h->url || !h->events || !h->secret)
        return "a webhook must have an organization, a URL, events and a secret";
    if (h->space && space_read(w, h->space)->organization != h->organization)
        return "a webhook's space must belong to the webhook's organization";
    return NULL;
}

static const char *check_delivery(const struct world *w, const struct index *waiting, uint32_t row)
{
    const struct delivery *d = delivery_read(w, row);
    bool unsent = d->state == DELIVERY_PENDING || d->state == DELIVERY_HELD;
    bool is_open = unsent || d->state == DELIVERY_DELIVERING;
    if (!d->webhook || !d->event_id || !d->type || !d->payload)
        return "a delivery must have a webhook, an event id, a type and a payload";
    if (d->change > changes_last(w))
        return "a delivery's 'change' must be in the change log";
    if (is_open != (d->ended_at_ms == 0))
        return "'ended_at' must be set if and only if the delivery is delivered, failed or "
               "abandoned";
    if (d->next_attempt_at_ms && d->state != DELIVERY_PENDING)
        return "'next_attempt_at' must be null unless the delivery is pending";
    if ((d->state == DELIVERY_HELD) != (d->awaits > 0))
        return "'awaits' must be above 0 if and only if the delivery is held";
    if (unsent && webhook_read(w, d->webhook)->state == WEBHOOK_DELETED)
        return "a pending or held delivery must not belong to a deleted webhook";
    if (d->next_attempt_at_ms && !is_queued(waiting, EVENT_DELIVERY_DUE, row, d->next_attempt_at_ms))
        return "the event queue has no attempt at 'next_attempt_at'";
    return NULL;
}

static const char *check_media(const struct world *w, uint32_t row)
{
    const struct media *m = media_read(w, row);
    if (!m->space || !m->name || !m->content_type)
        return "media must have a space, a name and a content type";
    if ((m->state == MEDIA_REMOVED) != (m->removed_at_ms != 0))
        return "'removed_at' must be set if and only if the media are removed";
    return NULL;
}

const char *check_record(const struct world *w, const struct index *waiting, enum record_kind kind, uint32_t row)
{
    switch (kind) {
    case RECORD_ORGANIZATION:
    case RECORD_KIND_COUNT:
        return NULL;
    case RECORD_KEY:
        return check_key(w, row);
    case RECORD_SPACE:
        return space_read(w, row)->organization ? NULL : "a space must belong to an organization";
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
