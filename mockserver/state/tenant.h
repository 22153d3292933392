/* tenant.h - organizations, their API keys with the keys' rate limit counters, and their spaces.
 *
 * Shapes:  `provider` is the provider's number. A space owns accounts; it is the neutral word for a Layers project or a
 *          PostNitro workspace.
 *          struct quota counts the calls of a key in fixed windows; the gate decides how long a window is and its
 *          limit. A window begins with the first call after the previous window ended. Counters are not records:
 *          nothing refers to them, and changes are not logged. For each operation (a number below QUOTA_OPERATIONS) one
 *          bit stores whether the key's last call got a spurious 429.
 * Indexes: KEY_VALUE (SHA-256 of the key, its first 8 bytes); SPACE_ORGANIZATION (organization; newest first).
 * Units:   calls; milliseconds of the world's clock.
 * Errors:  look-ups return ROW_NONE.
 */
#pragma once
#include "base/enum.h"
#include "base/str.h"
#include "mockserver/state/world.h"

#define QUOTA_WINDOWS    4
#define QUOTA_OPERATIONS 128

struct quota_window {
    int64_t since_ms; /* 0: no call yet */
    int64_t used;
};

struct quota { /* one per key, at the key's row; added with the first counted call */
    struct quota_window windows[QUOTA_WINDOWS];
    uint64_t spurious_429[QUOTA_OPERATIONS / 64];
};

struct organization {
    int provider;
    const char *public_id, *name;
    int64_t credits;             /* credits left, in the provider's unit */
    const char *const *captions; /* what the AI writes; in the world's string pool */
    uint32_t caption_count;      /* 0: the provider's default */
    int64_t created_at_ms;
};

/* Calls are served only while the key is ACTIVE. */
#define KEY_STATUSES(X) X(KEY_ACTIVE, "active") X(KEY_UNPAID, "unpaid") X(KEY_KILLED, "killed")
enum key_status { KEY_STATUSES(ENUM_NAME) KEY_STATUS_COUNT };
extern const char *const key_status_texts[];

struct key {
    uint32_t organization;
    uint32_t space; /* the only space it may access; ROW_NONE: all of the organization */
    enum key_status status;
    const char *public_id, *name;
    const char *value;
    unsigned char digest[32];  /* SHA-256 of value */
    const char *const *scopes; /* in the world's string pool; "*": all */
    const char *const *return_domains;
    uint32_t scope_count, return_domain_count;
    const char *tier;              /* NULL: the provider's default */
    int64_t api_version;           /* 0: the world's default (world.h) */
    int64_t limits[QUOTA_WINDOWS]; /* calls per window; 0: the tier's limit */
    int64_t created_at_ms, status_since_ms;
};

struct space {
    uint32_t organization;
    const char *public_id, *name, *timezone, *customer_id;
    const char *owner_email, *language;
    const char *metadata; /* set by the owner, as JSON; NULL: none */
    bool archived;
    int64_t created_at_ms, updated_at_ms;
};

uint32_t organization_create(struct world *w, int provider, const char *public_id, const char *name);
uint32_t organization_open(struct world *w, const struct organization *init); /* a copy, created now */
void organization_set_credits(struct world *w, uint32_t organization, int64_t credits);
uint32_t key_create(struct world *w, uint32_t organization, const struct key *init); /* a copy, created now */
void key_set_status(struct world *w, uint32_t key, enum key_status status);
uint32_t space_create(struct world *w, uint32_t organization, const char *public_id, const char *name);
/* Adds a copy of `init`, created now. */
uint32_t space_open(struct world *w, uint32_t organization, const struct space *init);

uint32_t organization_find(const struct world *w, int provider, const char *public_id);
uint32_t key_find(const struct world *w, int provider, struct str value);
uint32_t key_of_id(const struct world *w, int provider, struct str public_id);
uint32_t space_find(const struct world *w, int provider, struct str public_id);

const struct organization *organization_read(const struct world *w, uint32_t row);
const struct key *key_read(const struct world *w, uint32_t row);
const char *key_label(const struct key *k); /* its name, else its id, else "" */
const struct space *space_read(const struct world *w, uint32_t row);

int space_provider(const struct world *w, uint32_t space);
bool key_has_scope(const struct key *k, const char *scope);

struct quota_use {
    int64_t used;
    int64_t ends_at_ms; /* if the window has not begun: as if it began now */
};

struct quota_use quota_read(const struct world *w, uint32_t key, size_t window, int64_t length_ms);
/* The calls counted in the last window, which may have ended. */
int64_t quota_last_used(const struct world *w, uint32_t key, size_t window);
void quota_count(struct world *w, uint32_t key, size_t window, int64_t length_ms);
void quota_write(struct world *w, uint32_t key, const struct quota *quota); /* all of a key's counters */
void quota_set(struct world *w, uint32_t key, size_t window, int64_t length_ms, int64_t used);
bool quota_had_spurious_429(const struct world *w, uint32_t key, size_t operation);
void quota_set_spurious_429(struct world *w, uint32_t key, size_t operation, bool refused);
