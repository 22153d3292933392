/* tenant.h - who calls, and what belongs to whom: organization, its keys, its spaces.
 *
 * Shapes:  provider is the provider's number. A space is what accounts belong to (a Layers project,
 *          a PostNitro workspace).
 * Indexes: ORGANIZATION_ID, KEY_ID and SPACE_ID (provider, public id); KEY_VALUE (SHA-256 of the
 *          key, its first 8 bytes); SPACE_ORGANIZATION (organization; newest first).
 * Errors:  look-ups answer ROW_NONE.
 */
#pragma once
#include "base/str.h"
#include "mockserver/state/quota.h"

struct organization {
    int provider;
    const char *public_id, *name;
    int64_t credits; /* what it may spend, in the provider's own unit */
    int64_t created_at_ms;
};

/* Whether a key is served; why not, if not. */
#define KEY_STATUSS(X) X(ACTIVE, "active") X(UNPAID, "unpaid") X(KILLED, "killed")
enum key_status {
#define X(name, text) KEY_##name,
    KEY_STATUSS(X)
#undef X
        KEY_STATUS_COUNT
};
extern const char *const key_status_texts[];

struct key {
    uint32_t organization;
    uint32_t space; /* the only one it is for, or ROW_NONE: its organization's */
    enum key_status status;
    const char *public_id, *name;
    const char *value;
    unsigned char digest[32];  /* SHA-256 of value */
    const char *const *scopes; /* in the world's texts; "*" = all */
    const char *const *return_domains;
    uint32_t scope_count, return_domain_count;
    const char *tier;              /* NULL: the provider's default */
    int64_t api_version;           /* of the provider's documents; 0: the world's (world.h) */
    int64_t limits[QUOTA_WINDOWS]; /* calls a window; 0: its tier's */
    int64_t created_at_ms, status_since_ms;
};

struct space {
    uint32_t organization;
    const char *public_id, *name, *timezone, *customer_id;
    const char *owner_email, *language;
    const char *metadata; /* the owner's own, as JSON; NULL: none */
    bool archived;
    int64_t created_at_ms, updated_at_ms;
};

struct key_spec {
    uint32_t space;
    enum key_status status;
    const char *name, *value, *public_id, *tier;
    int64_t api_version;
    const char *const *scopes, *const *return_domains;
    size_t scope_count, return_domain_count;
    int64_t limits[QUOTA_WINDOWS];
};

uint32_t organization_create(struct world *w, int provider, const char *public_id,
                             const char *name);
void organization_set_credits(struct world *w, uint32_t organization, int64_t credits);
uint32_t key_create(struct world *w, uint32_t organization, const struct key_spec *spec);
void key_set_status(struct world *w, uint32_t key, enum key_status status);
uint32_t space_create(struct world *w, uint32_t organization, const char *public_id,
                      const char *name);
/* With all that is said of it; its times are the world's. */
uint32_t space_open(struct world *w, uint32_t organization, const struct space *spec);

uint32_t organization_find(const struct world *w, int provider, const char *public_id);
uint32_t key_find(const struct world *w, int provider, struct str value);
uint32_t key_of_id(const struct world *w, int provider, struct str public_id);
uint32_t space_find(const struct world *w, int provider, struct str public_id);

const struct organization *organization_read(const struct world *w, uint32_t row);
const struct key *key_read(const struct world *w, uint32_t row);
const char *key_label(const struct key *k); /* for people: its name, else its id, else "" */
const struct space *space_read(const struct world *w, uint32_t row);

int space_provider(const struct world *w, uint32_t space);
bool key_has_scope(const struct key *k, const char *scope);
