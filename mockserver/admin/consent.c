#include "mockserver/admin/consent.h"

#include <string.h>

#include "base/enum.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"

const char *const consent_outcome_texts[] = {CONSENT_OUTCOMES(ENUM_TEXT)};

/* Returns "" for a key without a name. */
static const char *key_name(const struct call *c, uint32_t key)
{
    const char *name = key ? key_read(c->world, key)->name : NULL;
    return name ? name : "";
}

/* The key with that name; NULL: the provider's first key. */
static uint32_t signed_in_key(const struct call *c, int provider, const char *name)
{
    for (uint32_t row = 1; row <= world_count(c->world, RECORD_KEY); row++)
        if (record_provider(c->world, RECORD_KEY, row) == provider &&
            (!name || str_is(str_from(name), key_name(c, row))))
            return row;
    return ROW_NONE;
}

const char *consent_handle(struct call *c, uint32_t attempt)
{
    const struct oauth_attempt *a = oauth_attempt_read(c->world, attempt);
    if (a->kind == OAUTH_ATTEMPT_FOR_KEY)
        return key_name(c, signed_in_key(c, a->provider, NULL));
    if (a->reconnects)
        return account_read(c->world, a->account)->handle;
    return arena_printf(c->arena, "%s.user.%u", oauth_attempt_platform_text(a),
                        world_count(c->world, RECORD_ACCOUNT) + 1);
}

const char *consent_read_handle(struct call *c, const char *text)
{
    struct str handle = str_trim(str_from(text));
    if (str_starts(handle, STR("@")))
        handle = str_skip(handle, 1);
    if (!handle.n || handle.n > CONSENT_HANDLE_MAX)
        return NULL;
    for (size_t i = 0; i < handle.n; i++)
        if ((unsigned char)handle.s[i] <= ' ' || handle.s[i] == 0x7f)
            return NULL;
    return str_utf8_valid(handle, NULL) ? str_dup(c->arena, handle) : NULL;
}

void consent_user(struct call *c, int provider, enum platform platform, const char *handle, struct connection *user)
{
    *user = (struct connection){
        .account = {.handle = handle, .platform = platform}
    };
    provider_with_id(provider)->consented(c->world, platform, user);
}

static bool check_handle(struct call *c, uint32_t attempt, const char **handle)
{
    const char *usual = consent_handle(c, attempt);
    const char *given = *handle ? consent_read_handle(c, *handle) : usual;
    if (!given)
        return call_issue(c, "/handle", "invalid handle '%s'; expected 1 to %d bytes without blanks", *handle,
                          CONSENT_HANDLE_MAX);
    if (oauth_attempt_read(c->world, attempt)->reconnects && strcmp(given, usual) != 0)
        return call_issue(c, "/handle", "'%s' is another account; this attempt reconnects '%s'", given, usual);
    *handle = given;
    return true;
}

static bool sign_in(struct call *c, uint32_t attempt, const char *name)
{
    uint32_t key = signed_in_key(c, oauth_attempt_read(c->world, attempt)->provider, name);
    uint32_t organization = key ? key_read(c->world, key)->organization : ROW_NONE;
    struct index_walk walk;
    index_from(&c->world->indexes[INDEX_SPACE_ORGANIZATION], &walk, (struct index_entry){organization, INT64_MIN, 0});
    if (!key || !index_next_of(&walk, organization))
        return call_issue(c, "/handle", "unknown key '%s'; expected the name of a key of this provider",
                          name ? name : "");
    oauth_attempt_complete_key(c->world, attempt, walk.entry.row, key);
    return true;
}

static bool approve(struct call *c, uint32_t attempt, const char *handle)
{
    const struct oauth_attempt *a = oauth_attempt_read(c->world, attempt);
    struct connection user;
    if (a->kind == OAUTH_ATTEMPT_FOR_KEY)
        return sign_in(c, attempt, handle);
    if (!check_handle(c, attempt, &handle))
        return false;
    if (a->kind == OAUTH_ATTEMPT_FOR_ADS) {
        struct ad_account grant;
        if (!provider_with_id(a->provider)->ad_consented) /* after an edit of the attempt's kind */
            return call_refuse(c, FAULT_CONFLICT, "the attempt is for an ad account, but the provider has none");
        provider_with_id(a->provider)->ad_consented(c->world, a->ad_platform, handle, &grant);
        oauth_attempt_complete_ads(c->world, attempt, &grant);
        return true;
    }
    if (!(provider_with_id(a->provider)->platforms & (1u << a->platform))) /* after an edit */
        return call_refuse(c, FAULT_CONFLICT, "the provider cannot connect accounts of platform '%s'",
                           platform_texts[a->platform]);
    consent_user(c, a->provider, a->platform, handle, &user);
    oauth_attempt_complete(c->world, attempt, &user);
    return true;
}

bool consent_give(struct call *c, uint32_t attempt, enum consent_outcome outcome, const char *handle)
{
    const struct oauth_attempt *a = oauth_attempt_read(c->world, attempt);
    if (a->state != OAUTH_ATTEMPT_PENDING)
        return call_refuse(c, FAULT_CONFLICT, "the attempt has already ended: %s", oauth_attempt_state_texts[a->state]);
    switch (outcome) {
    case CONSENT_APPROVE:
        return approve(c, attempt, handle);
    case CONSENT_DENY:
        oauth_attempt_fail(c->world, attempt, "access_denied");
        return true;
    case CONSENT_EXCHANGE_ERROR:
        oauth_attempt_fail(c->world, attempt, "exchange_failed");
        return true;
    case CONSENT_ABANDON:
    case CONSENT_OUTCOME_COUNT:
        break;
    }
    return true;
}

const char *consent_redirect(struct call *c, uint32_t attempt)
{
    const struct oauth_attempt *a = oauth_attempt_read(c->world, attempt);
    if (a->state == OAUTH_ATTEMPT_PENDING)
        return NULL;
    return provider_with_id(a->provider)->consent_redirect(c, attempt);
}
