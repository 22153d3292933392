#include "mockserver/state/tenant.h"

#include <string.h>

#include "base/digest.h"
#include "mockserver/state/record.h"

const char *const key_status_texts[] = {KEY_STATUSES(ENUM_TEXT)};

static const struct record_field organization_fields[] = {
    MEMBER_ID(organization, public_id),    MEMBER_TEXT(organization, name, FREE),
    MEMBER_INT(organization, credits),     MEMBER_TEXTS(organization, captions, caption_count),
    MEMBER_TIME(organization, created_at),
};

const struct record_type organization_record_type = {
    RECORD_TYPE(RECORD_ORGANIZATION, organization, public_id),
    .help = "a customer of a provider, which owns keys and spaces",
    RECORD_PROVIDER(organization),
};

static const struct record_field key_fields[] = {
    MEMBER_ID(key, public_id),
    MEMBER_REF(key, organization, FIXED_NEEDED, RECORD_ORGANIZATION),
    MEMBER_REF(key, space, FREE, RECORD_SPACE),
    MEMBER_TEXT(key, name, FREE),
    MEMBER_TEXT(key, value, FIXED_NEEDED),
    MEMBER_TEXTS(key, scopes, scope_count),
    MEMBER_TEXTS(key, return_domains, return_domain_count),
    MEMBER_TEXT(key, tier, FREE),
    MEMBER_INTS(key, limits, QUOTA_WINDOWS),
    MEMBER_INT(key, api_version),
    MEMBER_ENUM(key, status, key_status_texts, KEY_STATUS_COUNT),
    MEMBER_TIME(key, created_at),
    MEMBER_TIME(key, status_since),
};

static void derive_digest(void *record)
{
    struct key *k = record;
    digest_sha256(str_from(k->value), k->digest);
}

static int64_t digest_start(const unsigned char *digest)
{
    int64_t start;
    memcpy(&start, digest, sizeof start);
    return start;
}

static void add_key_entries(const struct world *w, const void *record, uint32_t row, struct index_entries *to)
{
    (void)w;
    index_entries_put(to, INDEX_KEY_VALUE, digest_start(((const struct key *)record)->digest), 0, row);
}

static const char *check_key(const struct world *w, const struct index *waiting, uint32_t row)
{
    (void)waiting;
    const struct key *k = key_read(w, row);
    if (!k->organization)
        return "a key must belong to an organization";
    if (k->space && space_read(w, k->space)->organization != k->organization)
        return "a key's space must belong to the key's organization";
    return NULL;
}

const struct record_type key_record_type = {
    RECORD_TYPE(RECORD_KEY, key, public_id),
    .help = "an API key",
    RECORD_PROVIDER_OF_ORGANIZATION,
    RECORD_STATE(key, status, key_status_texts, KEY_STATUS_COUNT),
    .derive = derive_digest,
    .add_entries = add_key_entries,
    .check = check_key,
};

/* clang-format off */
static const struct record_field space_fields[] = {
    MEMBER_ID(space, public_id),
    MEMBER_REF(space, organization, FIXED_NEEDED, RECORD_ORGANIZATION),
    MEMBER_TEXT(space, name, FREE),
    MEMBER_TEXT(space, timezone, FREE),
    MEMBER_TEXT(space, customer_id, FREE),
    MEMBER_TEXT(space, owner_email, FREE),
    MEMBER_TEXT(space, language, FREE),
    MEMBER_TEXT(space, metadata, FIXED),
    MEMBER_BOOL(space, archived),
    MEMBER_TIME(space, created_at),
    MEMBER_TIME(space, updated_at),
};
/* clang-format on */

static void add_space_entries(const struct world *w, const void *record, uint32_t row, struct index_entries *to)
{
    (void)w;
    /* The row gives the order of creation even if the times are equal. */
    index_entries_put(to, INDEX_SPACE_ORGANIZATION, ((const struct space *)record)->organization, -(int64_t)row, row);
}

static const char *check_space(const struct world *w, const struct index *waiting, uint32_t row)
{
    (void)waiting;
    return space_read(w, row)->organization ? NULL : "a space must belong to an organization";
}

const struct record_type space_record_type = {
    RECORD_TYPE(RECORD_SPACE, space, public_id),
    .help = "a Layers project, a PostNitro workspace, or all of a PostEverywhere customer",
    RECORD_PROVIDER_OF_ORGANIZATION,
    .add_entries = add_space_entries,
    .check = check_space,
};

uint32_t organization_create(struct world *w, int provider, const char *public_id, const char *name)
{
    return organization_open(w, &(struct organization){.provider = provider, .public_id = public_id, .name = name});
}

uint32_t organization_open(struct world *w, const struct organization *init)
{
    struct organization o = *init;
    o.created_at_ms = world_now(w);
    return record_create(w, RECORD_ORGANIZATION, &o, TRANSITION_ORGANIZATION_CREATE);
}

void organization_set_credits(struct world *w, uint32_t organization, int64_t credits)
{
    struct transition t;
    struct organization *o = transition_begin(&t, w, RECORD_ORGANIZATION, organization);
    o->credits = credits;
    transition_end(&t, TRANSITION_ORGANIZATION_SET_CREDITS);
}

uint32_t key_create(struct world *w, uint32_t organization, const struct key *init)
{
    struct key k = *init;
    k.organization = organization;
    k.created_at_ms = k.status_since_ms = world_now(w);
    return record_create(w, RECORD_KEY, &k, TRANSITION_KEY_CREATE);
}

void key_set_status(struct world *w, uint32_t key, enum key_status status)
{
    struct transition t;
    struct key *k = transition_begin(&t, w, RECORD_KEY, key);
    k->status = status;
    k->status_since_ms = world_now(w);
    transition_end(&t, TRANSITION_KEY_SET_STATUS);
}

uint32_t space_open(struct world *w, uint32_t organization, const struct space *init)
{
    struct space s = *init;
    s.organization = organization;
    s.created_at_ms = s.updated_at_ms = world_now(w);
    return record_create(w, RECORD_SPACE, &s, TRANSITION_SPACE_CREATE);
}

uint32_t space_create(struct world *w, uint32_t organization, const char *public_id, const char *name)
{
    return space_open(w, organization, &(struct space){.public_id = public_id, .name = name});
}

uint32_t organization_find(const struct world *w, int provider, const char *public_id)
{
    return record_find_in(w, RECORD_ORGANIZATION, provider, str_from(public_id));
}

/* Compares digests, so that the time of a look-up reveals nothing about a key's value. */
uint32_t key_find(const struct world *w, int provider, struct str value)
{
    unsigned char digest[DIGEST_SIZE];
    digest_sha256(value, digest);
    int64_t start = digest_start(digest);
    struct index_walk walk;
    index_from(&w->indexes[INDEX_KEY_VALUE], &walk, (struct index_entry){start, 0, 0});
    while (index_next_of(&walk, start)) {
        const struct key *k = key_read(w, walk.entry.row);
        if (memcmp(k->digest, digest, sizeof digest) == 0 &&
            organization_read(w, k->organization)->provider == provider)
            return walk.entry.row;
    }
    return ROW_NONE;
}

uint32_t key_of_id(const struct world *w, int provider, struct str public_id)
{
    return record_find_in(w, RECORD_KEY, provider, public_id);
}

uint32_t space_find(const struct world *w, int provider, struct str public_id)
{
    return record_find_in(w, RECORD_SPACE, provider, public_id);
}

const struct organization *organization_read(const struct world *w, uint32_t row)
{
    return world_read(w, RECORD_ORGANIZATION, row);
}

const struct key *key_read(const struct world *w, uint32_t row)
{
    return world_read(w, RECORD_KEY, row);
}

const char *key_label(const struct key *k)
{
    if (k->name)
        return k->name;
    return k->public_id ? k->public_id : "";
}

const struct space *space_read(const struct world *w, uint32_t row)
{
    return world_read(w, RECORD_SPACE, row);
}

int space_provider(const struct world *w, uint32_t space)
{
    return organization_read(w, space_read(w, space)->organization)->provider;
}

bool key_has_scope(const struct key *k, const char *scope)
{
    for (uint32_t i = 0; i < k->scope_count; i++)
        if (strcmp(k->scopes[i], "*") == 0 || strcmp(k->scopes[i], scope) == 0)
            return true;
    return false;
}

/* A window that has ended or never began is returned as empty, beginning now. */
static struct quota_window window_now(const struct world *w, uint32_t key, size_t window, int64_t length_ms)
{
    int64_t now = world_now(w);
    if (!world_require(w, window < QUOTA_WINDOWS && length_ms > 0))
        return (struct quota_window){now, 0};
    const struct quota *q = table_read(&w->quotas, key);
    if (!q || now - q->windows[window].since_ms >= length_ms)
        return (struct quota_window){now, 0};
    return q->windows[window];
}

struct quota_use quota_read(const struct world *w, uint32_t key, size_t window, int64_t length_ms)
{
    struct quota_window now = window_now(w, key, window, length_ms);
    return (struct quota_use){now.used, now.since_ms + length_ms};
}

int64_t quota_last_used(const struct world *w, uint32_t key, size_t window)
{
    if (!world_require(w, window < QUOTA_WINDOWS))
        return 0;
    const struct quota *q = table_read(&w->quotas, key);
    return q ? q->windows[window].used : 0;
}

static struct quota *edit_quota(struct world *w, uint32_t key)
{
    if (!w->quotas.row_size)
        table_init(&w->quotas, sizeof(struct quota));
    while (w->quotas.last < key)
        table_add(&w->quotas, NULL);
    return table_edit(&w->quotas, key);
}

void quota_write(struct world *w, uint32_t key, const struct quota *quota)
{
    *edit_quota(w, key) = *quota;
}

static void write_window(struct world *w, uint32_t key, size_t window, struct quota_window now)
{
    edit_quota(w, key)->windows[window] = now;
}

void quota_count(struct world *w, uint32_t key, size_t window, int64_t length_ms)
{
    struct quota_window now = window_now(w, key, window, length_ms);
    now.used++;
    write_window(w, key, window, now);
}

void quota_set(struct world *w, uint32_t key, size_t window, int64_t length_ms, int64_t used)
{
    struct quota_window now = window_now(w, key, window, length_ms);
    now.used = used;
    write_window(w, key, window, now);
}

bool quota_had_spurious_429(const struct world *w, uint32_t key, size_t operation)
{
    if (!world_require(w, operation < QUOTA_OPERATIONS))
        return false;
    const struct quota *q = table_read(&w->quotas, key);
    return q && q->spurious_429[operation / 64] >> operation % 64 & 1;
}

void quota_set_spurious_429(struct world *w, uint32_t key, size_t operation, bool refused)
{
    if (quota_had_spurious_429(w, key, operation) != refused)
        edit_quota(w, key)->spurious_429[operation / 64] ^= UINT64_C(1) << operation % 64;
}
