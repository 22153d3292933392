/* The field tables of all record kinds (record.h). */
#include "base/array.h"
#include "mockserver/state/record.h"

#include <stddef.h>

#include "mockserver/state/ad_account.h"
#include "mockserver/state/connection.h"
#include "mockserver/state/lease.h"
#include "mockserver/state/media.h"
#include "mockserver/state/oauth_attempt.h"
#include "mockserver/state/post.h"
#include "mockserver/state/tenant.h"
#include "mockserver/state/webhook.h"

#define ROW(of, name_, kind_, member, ...)                                                                             \
    {                                                                                                                  \
        .name = (name_), .type = (kind_), .offset = offsetof(struct of, member), __VA_ARGS__                           \
    }
#define TEXT(of, name)              ROW(of, #name, RECORD_TEXT, name, .fixed = false)
#define BOOL(of, name)              ROW(of, #name, RECORD_BOOL, name, .fixed = false)
#define INT(of, name)               ROW(of, #name, RECORD_INT, name, .fixed = false)
#define TIME(of, name)              ROW(of, #name, RECORD_TIME, name##_ms, .fixed = false)
#define ID(of, member)              ROW(of, "id", RECORD_TEXT, member, .fixed = true)
#define FIXED(of, name)             ROW(of, #name, RECORD_TEXT, name, .fixed = true)
#define CHANGE(of, name)            ROW(of, #name, RECORD_CHANGE, name, .fixed = true)
#define REF(of, name, to)           ROW(of, #name, RECORD_REF, name, .refers = (to))
#define OWNER(of, name, to)         ROW(of, #name, RECORD_REF, name, .refers = (to), .fixed = true)
#define NEEDS(of, name, to)         ROW(of, #name, RECORD_REF, name, .refers = (to), .needed = true)
#define OF(of, name, to)            ROW(of, #name, RECORD_REF, name, .refers = (to), .fixed = true, .needed = true)
#define WORD(of, name)              ROW(of, #name, RECORD_TEXT, name, .needed = true)
#define NAMED(of, name)             ROW(of, #name, RECORD_TEXT, name, .fixed = true, .needed = true)
#define ENUM(of, name, words, size) ROW(of, #name, RECORD_ENUM, name, .texts = (words), .text_count = (size))
#define TEXTS(of, name, size)       ROW(of, #name, RECORD_TEXTS, name, .count_offset = offsetof(struct of, size))
#define INTS(of, name, size)        ROW(of, #name, RECORD_INTS, name, .count = (size))

static const struct record_field organization_fields[] = {
    ID(organization, public_id),
    TEXT(organization, name),
    INT(organization, credits),
    TIME(organization, created_at),
};

static const struct record_field key_fields[] = {
    ID(key, public_id),
    OF(key, organization, RECORD_ORGANIZATION),
    REF(key, space, RECORD_SPACE),
    TEXT(key, name),
    NAMED(key, value),
    TEXTS(key, scopes, scope_count),
    TEXTS(key, return_domains, return_domain_count),
    TEXT(key, tier),
    INTS(key, limits, QUOTA_WINDOWS),
    INT(key, api_version),
    ENUM(key, status, key_status_texts, KEY_STATUS_COUNT),
    TIME(key, created_at),
    TIME(key, status_since),
};

static const struct record_field space_fields[] = {
    ID(space, public_id),     OF(space, organization, RECORD_ORGANIZATION),
    TEXT(space, name),        TEXT(space, timezone),
    TEXT(space, customer_id), TEXT(space, owner_email),
    TEXT(space, language),    FIXED(space, metadata),
    BOOL(space, archived),    TIME(space, created_at),
    TIME(space, updated_at),
};

static const struct record_field account_fields[] = {
    ID(account, public_id),
    OF(account, space, RECORD_SPACE),
    ENUM(account, platform, platform_texts, PLATFORM_COUNT),
    WORD(account, handle),
    TEXT(account, name),
    TEXT(account, avatar_url),
    TEXT(account, kind),
    ENUM(account, token, token_texts, TOKEN_COUNT),
    TEXT(account, token_word),
    ENUM(account, disconnect, disconnect_texts, DISCONNECT_COUNT),
    ENUM(account, outcome, outcome_texts, OUTCOME_COUNT),
    TEXT(account, outcome_code),
    BOOL(account, leased),
    BOOL(account, refreshes),
    BOOL(account, inactive),
    BOOL(account, flagged),
    TIME(account, connected_at),
    TIME(account, token_since),
    TIME(account, token_expires_at),
    TIME(account, disconnected_at),
    INT(account, monthly_price_cents),
    INT(account, followers),
    TIME(account, renews_at),
    REF(account, lease_request, RECORD_LEASE_REQUEST),
    INT(account, token_generation),
    TIME(account, updated_at),
};

static const struct record_field oauth_attempt_fields[] = {
    ID(oauth_attempt, token),
    ENUM(oauth_attempt, kind, oauth_attempt_kind_texts, OAUTH_ATTEMPT_KIND_COUNT),
    OWNER(oauth_attempt, key, RECORD_KEY),
    OWNER(oauth_attempt, space, RECORD_SPACE),
    REF(oauth_attempt, account, RECORD_ACCOUNT),
    REF(oauth_attempt, ad_account, RECORD_AD_ACCOUNT),
    BOOL(oauth_attempt, reconnects),
    ENUM(oauth_attempt, platform, platform_texts, PLATFORM_COUNT),
    ENUM(oauth_attempt, ad_platform, ad_platform_texts, AD_PLATFORM_COUNT),
    ENUM(oauth_attempt, state, oauth_attempt_state_texts, OAUTH_ATTEMPT_STATE_COUNT),
    TEXT(oauth_attempt, return_url),
    TEXT(oauth_attempt, note),
    TEXT(oauth_attempt, correlation),
    TEXT(oauth_attempt, error),
    TIME(oauth_attempt, created_at),
    TIME(oauth_attempt, expires_at),
    TIME(oauth_attempt, ended_at),
};

static const struct record_field content_fields[] = {
    ID(content, public_id),
    OF(content, space, RECORD_SPACE),
    TEXT(content, media_type),
    TEXT(content, caption),
    TEXT(content, name),
    TEXT(content, source),
    ENUM(content, state, content_state_texts, CONTENT_STATE_COUNT),
    ENUM(content, approval, approval_texts, APPROVAL_COUNT),
    REF(content, decided_by, RECORD_KEY),
    TEXT(content, decision_note),
    TIME(content, created_at),
    TIME(content, decided_at),
};

static const struct record_field post_fields[] = {
    ID(post, public_id),      OF(post, space, RECORD_SPACE), REF(post, content, RECORD_CONTENT),
    TEXT(post, text),         FIXED(post, details),          BOOL(post, draft),
    TIME(post, due_at),       TIME(post, created_at),        TIME(post, updated_at),
    TIME(post, published_at), TIME(post, removed_at),
};

static const struct record_field destination_fields[] = {
    ID(destination, public_id),
    OF(destination, post, RECORD_POST),
    NEEDS(destination, account, RECORD_ACCOUNT),
    OF(destination, space, RECORD_SPACE),
    ENUM(destination, mode, publish_mode_texts, MODE_COUNT),
    ENUM(destination, state, destination_state_texts, DESTINATION_STATE_COUNT),
    ENUM(destination, outcome, outcome_texts, OUTCOME_COUNT),
    ENUM(destination, failure, failure_texts, FAILURE_COUNT),
    TEXT(destination, failure_code),
    TEXT(destination, caption),
    TEXT(destination, external_id),
    TEXT(destination, external_url),
    TIME(destination, due_at),
    TIME(destination, attempted_at),
    TIME(destination, published_at),
    TIME(destination, canceled_at),
    TIME(destination, created_at),
    TIME(destination, updated_at),
    TIME(destination, removed_at),
    INT(destination, attempts),
};

static const struct record_field layer_fields[] = {
    ID(layer, public_id), OF(layer, space, RECORD_SPACE), OWNER(layer, account, RECORD_ACCOUNT),
    TEXT(layer, name),    TIME(layer, created_at),
};

static const struct record_field onboarding_fields[] = {
    ID(onboarding, public_id),
    OF(onboarding, organization, RECORD_ORGANIZATION),
    OF(onboarding, account, RECORD_ACCOUNT),
    TEXT(onboarding, name),
    TIME(onboarding, at),
};

static const struct record_field lease_request_fields[] = {
    ID(lease_request, public_id),
    OF(lease_request, space, RECORD_SPACE),
    OWNER(lease_request, key, RECORD_KEY),
    INT(lease_request, count),
    WORD(lease_request, vertical),
    TEXT(lease_request, audience),
    TEXT(lease_request, language),
    TEXT(lease_request, geo),
    TEXT(lease_request, note),
    TEXT(lease_request, remark),
    ENUM(lease_request, state, lease_state_texts, LEASE_STATE_COUNT),
    TIME(lease_request, submitted_at),
    TIME(lease_request, decided_at),
};

static const struct record_field pool_account_fields[] = {
    ID(pool_account, handle),
    ENUM(pool_account, platform, platform_texts, PLATFORM_COUNT),
    WORD(pool_account, vertical),
    TEXT(pool_account, geo),
    INT(pool_account, followers),
    INT(pool_account, monthly_price_cents),
    REF(pool_account, account, RECORD_ACCOUNT),
};

static const struct record_field wallet_entry_fields[] = {
    ID(wallet_entry, public_id),
    OF(wallet_entry, organization, RECORD_ORGANIZATION),
    OF(wallet_entry, account, RECORD_ACCOUNT),
    ENUM(wallet_entry, what, wallet_reason_texts, WALLET_REASON_COUNT),
    INT(wallet_entry, cents),
    TIME(wallet_entry, at),
};

static const struct record_field ad_account_fields[] = {
    ID(ad_account, public_id),
    OF(ad_account, space, RECORD_SPACE),
    ENUM(ad_account, platform, ad_platform_texts, AD_PLATFORM_COUNT),
    WORD(ad_account, external_id),
    TEXT(ad_account, name),
    TEXT(ad_account, currency),
    ENUM(ad_account, token, ad_token_texts, AD_TOKEN_COUNT),
    TIME(ad_account, connected_at),
    TIME(ad_account, disconnected_at),
    TIME(ad_account, validates_at),
};

static const struct record_field webhook_fields[] = {
    ID(webhook, public_id),
    OF(webhook, organization, RECORD_ORGANIZATION),
    REF(webhook, space, RECORD_SPACE),
    WORD(webhook, url),
    TEXT(webhook, description),
    WORD(webhook, events),
    TEXT(webhook, metadata),
    WORD(webhook, secret),
    TEXT(webhook, previous_secret),
    TIME(webhook, previous_until),
    ENUM(webhook, state, webhook_state_texts, WEBHOOK_STATE_COUNT),
    INT(webhook, failures),
    TIME(webhook, last_success_at),
    TIME(webhook, last_failure_at),
    TIME(webhook, created_at),
    TIME(webhook, updated_at),
};

/* The faults of a delivery are read-only: they are applied when it is created. */
#define FAULT(member, kind) ROW(delivery, "fault_" #member, kind, faults.member, .fixed = true)

static const struct record_field delivery_fields[] = {
    ID(delivery, public_id),
    OF(delivery, webhook, RECORD_WEBHOOK),
    OWNER(delivery, replay_of, RECORD_DELIVERY),
    CHANGE(delivery, change),
    NAMED(delivery, event_id),
    WORD(delivery, type),
    WORD(delivery, payload),
    ENUM(delivery, state, delivery_state_texts, DELIVERY_STATE_COUNT),
    INT(delivery, attempts),
    INT(delivery, last_status),
    TEXT(delivery, last_error),
    TIME(delivery, next_attempt_at),
    TIME(delivery, created_at),
    TIME(delivery, ended_at),
    OWNER(delivery, copy_of, RECORD_DELIVERY),
    FAULT(rules, RECORD_TEXT),
    FAULT(drop, RECORD_BOOL),
    FAULT(duplicates, RECORD_INT),
    FAULT(delay_ms, RECORD_INT),
    FAULT(reorder, RECORD_INT),
    FAULT(corrupt_attempts, RECORD_INT),
    FAULT(clock_skew_ms, RECORD_INT),
    INT(delivery, awaits),
};

static const struct record_field media_fields[] = {
    ID(media, public_id),
    OF(media, space, RECORD_SPACE),
    WORD(media, name),
    WORD(media, content_type),
    ENUM(media, state, media_state_texts, MEDIA_STATE_COUNT),
    INT(media, size),
    INT(media, width),
    INT(media, height),
    INT(media, duration_ms),
    INT(media, received),
    TIME(media, created_at),
    TIME(media, removed_at),
};

#define RECORD_TYPE(kind, type, plural, id, provider)                                                                  \
    [kind] = {kind,     plural,        sizeof(struct type), offsetof(struct type, id),                                 \
              provider, type##_fields, COUNT(type##_fields)}

static const struct record_type types[RECORD_KIND_COUNT] = {
    RECORD_TYPE(RECORD_ORGANIZATION, organization, "organizations", public_id, offsetof(struct organization, provider)),
    RECORD_TYPE(RECORD_KEY, key, "keys", public_id, SIZE_MAX),
    RECORD_TYPE(RECORD_SPACE, space, "spaces", public_id, SIZE_MAX),
    RECORD_TYPE(RECORD_ACCOUNT, account, "accounts", public_id, offsetof(struct account, provider)),
    RECORD_TYPE(RECORD_OAUTH_ATTEMPT, oauth_attempt, "oauth_attempts", token, offsetof(struct oauth_attempt, provider)),
    RECORD_TYPE(RECORD_CONTENT, content, "content", public_id, offsetof(struct content, provider)),
    RECORD_TYPE(RECORD_POST, post, "posts", public_id, offsetof(struct post, provider)),
    RECORD_TYPE(RECORD_DESTINATION, destination, "destinations", public_id, offsetof(struct destination, provider)),
    RECORD_TYPE(RECORD_LEASE_REQUEST, lease_request, "lease_requests", public_id,
                offsetof(struct lease_request, provider)),
    RECORD_TYPE(RECORD_POOL_ACCOUNT, pool_account, "lease_pool", handle, offsetof(struct pool_account, provider)),
    RECORD_TYPE(RECORD_WALLET_ENTRY, wallet_entry, "wallet", public_id, offsetof(struct wallet_entry, provider)),
    RECORD_TYPE(RECORD_AD_ACCOUNT, ad_account, "ad_accounts", public_id, offsetof(struct ad_account, provider)),
    RECORD_TYPE(RECORD_LAYER, layer, "layers", public_id, offsetof(struct layer, provider)),
    RECORD_TYPE(RECORD_ONBOARDING, onboarding, "onboarding", public_id, offsetof(struct onboarding, provider)),
    RECORD_TYPE(RECORD_WEBHOOK, webhook, "webhooks", public_id, offsetof(struct webhook, provider)),
    RECORD_TYPE(RECORD_MEDIA, media, "media", public_id, offsetof(struct media, provider)),
    RECORD_TYPE(RECORD_DELIVERY, delivery, "deliveries", public_id, offsetof(struct delivery, provider)),
};

const struct record_type *record_type(enum record_kind kind)
{
    return &types[kind];
}

const struct record_type *record_type_named(struct str name)
{
    for (size_t i = 0; i < RECORD_KIND_COUNT; i++)
        if (str_is(name, types[i].name))
            return &types[i];
    return NULL;
}

const struct record_field *record_field_named(const struct record_type *s, struct str name)
{
    for (size_t i = 0; i < s->field_count; i++)
        if (str_is(name, s->fields[i].name))
            return &s->fields[i];
    return NULL;
}
