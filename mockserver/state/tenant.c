#include "mockserver/state/tenant.h"

#include <assert.h>
#include <string.h>

#include "base/digest.h"
#include "base/enum.h"
#include "mockserver/state/record.h"
#include "mockserver/state/world.h"

const char *const key_status_texts[] = {KEY_STATUSES(ENUM_TEXT)};

static uint32_t finish_create(struct world *w, enum record_kind kind, uint32_t row, const char *what)
{
    index_entries_add(w, kind, row);
    changes_add(w, kind, row, what, NULL, record_state(w, kind, row));
    world_transition_done(w);
    return row;
}

uint32_t organization_create(struct world *w, int provider, const char *public_id, const char *name)
{
    uint32_t row;
    struct organization *o = table_add(&w->records[RECORD_ORGANIZATION], &row);
    *o = (struct organization){
        .provider = provider,
        .public_id = world_text(w, public_id),
        .name = world_text(w, name),
        .created_at_ms = world_now(w),
    };
    return finish_create(w, RECORD_ORGANIZATION, row, "organization_create");
}

void organization_set_credits(struct world *w, uint32_t organization, int64_t credits)
{
    struct organization *o = world_edit(w, RECORD_ORGANIZATION, organization);
    o->credits = credits;
    changes_add(w, RECORD_ORGANIZATION, organization, "organization_set_credits", "present", "present");
    world_transition_done(w);
}

uint32_t key_create(struct world *w, uint32_t organization, const struct key_spec *spec)
{
    uint32_t row;
    struct key *k = table_add(&w->records[RECORD_KEY], &row);
    *k = (struct key){
        .organization = organization,
        .space = spec->space,
        .status = spec->status,
        .public_id = world_text(w, spec->public_id),
        .name = world_text(w, spec->name),
        .value = world_text(w, spec->value),
        .scopes = string_pool_keep_list(w->strings, spec->scopes, spec->scope_count),
        .return_domains = string_pool_keep_list(w->strings, spec->return_domains, spec->return_domain_count),
        .scope_count = (uint32_t)spec->scope_count,
        .return_domain_count = (uint32_t)spec->return_domain_count,
        .tier = world_text(w, spec->tier),
        .api_version = spec->api_version,
        .created_at_ms = world_now(w),
        .status_since_ms = world_now(w),
    };
    memcpy(k->limits, spec->limits, sizeof k->limits);
    digest_sha256(str_from(spec->value), k->digest);
    return finish_create(w, RECORD_KEY, row, "key_create");
}

void key_set_status(struct world *w, uint32_t key, enum key_status status)
{
    struct key *k = world_edit(w, RECORD_KEY, key);
    const char *from = key_status_texts[k->status];
    k->status = status;
    k->status_since_ms = world_now(w);
    changes_add(w, RECORD_KEY, key, "key_set_status", from, key_status_texts[status]);
    world_transition_done(w);
}

uint32_t space_open(struct world *w, uint32_t organization, const struct space *spec)
{
    uint32_t row;
    struct space *s = table_add(&w->records[RECORD_SPACE], &row);
    *s = (struct space){
        .organization = organization,
        .public_id = world_text(w, spec->public_id),
        .name = world_text(w, spec->name),
        .timezone = world_text(w, spec->timezone),
        .customer_id = world_text(w, spec->customer_id),
        .owner_email = world_text(w, spec->owner_email),
        .language = world_text(w, spec->language),
        .metadata = world_text(w, spec->metadata),
        .archived = spec->archived,
        .created_at_ms = world_now(w),
        .updated_at_ms = world_now(w),
    };
    return finish_create(w, RECORD_SPACE, row, "space_create");
}

uint32_t space_create(struct world *w, uint32_t organization, const char *public_id, const char *name)
{
    return space_open(w, organization, &(struct space){.public_id = public_id, .name = name});
}

uint32_t organization_find(const struct world *w, int provider, const char *public_id)
{
    return index_entries_find(w, RECORD_ORGANIZATION, provider, str_from(public_id));
}

/* Compares digests, so that the time of a look-up reveals nothing about a key's value. */
uint32_t key_find(const struct world *w, int provider, struct str value)
{
    unsigned char digest[DIGEST_SIZE];
    digest_sha256(value, digest);
    int64_t start;
    memcpy(&start, digest, sizeof start);
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
    return index_entries_find(w, RECORD_KEY, provider, public_id);
}

uint32_t space_find(const struct world *w, int provider, struct str public_id)
{
    return index_entries_find(w, RECORD_SPACE, provider, public_id);
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
    assert(window < QUOTA_WINDOWS && length_ms > 0);
    int64_t now = world_now(w);
    const struct quota *q = key <= w->quotas.count ? table_read(&w->quotas, key) : NULL;
    if (!q || now - q->windows[window].since_ms >= length_ms)
        return (struct quota_window){now, 0};
    return q->windows[window];
}

struct quota_use quota_read(const struct world *w, uint32_t key, size_t window, int64_t length_ms)
{
    struct quota_window now = window_now(w, key, window, length_ms);
    return (struct quota_use){now.used, now.since_ms + length_ms};
}

static struct quota *edit_quota(struct world *w, uint32_t key)
{
    if (!w->quotas.row_size)
        table_init(&w->quotas, sizeof(struct quota));
    while (w->quotas.count < key)
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
    assert(operation < QUOTA_OPERATIONS);
    if (key > w->quotas.count)
        return false;
    const struct quota *q = table_read(&w->quotas, key);
    return q->spurious_429[operation / 64] >> operation % 64 & 1;
}

void quota_set_spurious_429(struct world *w, uint32_t key, size_t operation, bool refused)
{
    if (quota_had_spurious_429(w, key, operation) != refused)
        edit_quota(w, key)->spurious_429[operation / 64] ^= UINT64_C(1) << operation % 64;
}
