/* world.h - everything one namespace remembers: records, time, what happens later, what has
 * happened.
 *
 * Shapes:  struct world: a table per record kind, ordered indexes over them, a queue of events, a
 *          log of changes, counters for ids. All of it is copy on write: world_fork costs what
 *          changes later, not what exists.
 * Units:   instants in milliseconds since the epoch, read through world_now and from nowhere else;
 *          money in cents.
 * Errors:  none: transitions that the documents do not allow are refused by the caller, who asks
 *          first; calling one anyway is our own bug (assert).
 *
 * No provider's words here: what a provider calls a thing is a table in its provider.
 */
#pragma once
#include "mockserver/state/clock.h"
#include "mockserver/state/index.h"
#include "mockserver/state/string_pool.h"
#include "mockserver/state/table.h"
#include <stdbool.h>

#define RECORD_KINDS(X)                                                                            \
    X(ORGANIZATION, "organizations")                                                               \
    X(KEY, "keys")                                                                                 \
    X(SPACE, "spaces")                                                                             \
    X(ACCOUNT, "accounts")                                                                         \
    X(OAUTH_ATTEMPT, "oauth_attempts")                                                             \
    X(CONTENT, "content")                                                                          \
    X(POST, "posts")                                                                               \
    X(DESTINATION, "destinations")                                                                 \
    X(LEASE_REQUEST, "lease_requests")                                                             \
    X(POOL_ACCOUNT, "lease_pool")                                                                  \
    X(WALLET_ENTRY, "wallet")                                                                      \
    X(AD_ACCOUNT, "ad_accounts")                                                                   \
    X(LAYER, "layers")                                                                             \
    X(ONBOARDING, "onboarding")                                                                    \
    X(WEBHOOK, "webhooks")                                                                         \
    X(DELIVERY, "deliveries")                                                                      \
    X(MEDIA, "media")
enum record_kind {
#define X(name, text) RECORD_##name,
    RECORD_KINDS(X)
#undef X
        RECORD_KIND_COUNT
};
extern const char *const record_kind_texts[];

/* One ordered index each; what key and order are stands with the record that keeps it. */
enum world_index {
    INDEX_ORGANIZATION_ID,
    INDEX_KEY_ID,
    INDEX_KEY_VALUE,
    INDEX_SPACE_ID,
    INDEX_SPACE_ORGANIZATION,
    INDEX_ACCOUNT_ID,
    INDEX_ACCOUNT_SPACE,
    INDEX_ACCOUNT_SPACE_PLATFORM,
    INDEX_ACCOUNT_SPACE_TOKEN,
    INDEX_ACCOUNT_SPACE_LEASED,
    INDEX_ACCOUNT_REQUEST,
    INDEX_ACCOUNT_LEASE,
    INDEX_OAUTH_ATTEMPT_STATE,
    INDEX_CONTENT_ID,
    INDEX_POST_ID,
    INDEX_POST_SPACE,
    INDEX_DESTINATION_ID,
    INDEX_DESTINATION_SPACE,
    INDEX_DESTINATION_ACCOUNT,
    INDEX_DESTINATION_POST,
    INDEX_LAYER_ID,
    INDEX_LAYER_SPACE,
    INDEX_ONBOARDING_ID,
    INDEX_WEBHOOK_ID,
    INDEX_WEBHOOK_ORGANIZATION,
    INDEX_DELIVERY_ID,
    INDEX_DELIVERY_WEBHOOK,
    INDEX_DELIVERY_WEBHOOK_STATE,
    INDEX_DELIVERY_CHANGE,
    INDEX_LEASE_REQUEST_ID,
    INDEX_POOL_HANDLE,
    INDEX_POOL_ACCOUNT,
    INDEX_WALLET_ID,
    INDEX_AD_ACCOUNT_ID,
    INDEX_AD_ACCOUNT_SPACE,
    INDEX_MEDIA_ID,
    INDEX_MEDIA_SPACE,
    INDEX_DUE, /* the event queue: key = when, order = sequence, row = event */
    WORLD_INDEX_COUNT
};

#define WORLD_PROVIDERS 8 /* their numbers are below that */

struct world_timings { /* how long an in-between state lasts; 0 = it is never seen */
    int64_t publish_ms, ad_validation_ms;
};

struct world_webhooks {
    bool virtual_time;   /* signatures tell the world's time, not the machine's */
    int policy;          /* which of the provider's rules for another attempt */
    const char *allowed; /* hosts besides this machine, a blank between; NULL: none */
};

struct replies;

struct world {
    uint64_t seed;
    struct clock clock;
    bool in_event;       /* an event is happening now ... */
    int64_t event_at_ms; /* ... at this instant, which is what world_now answers meanwhile */
    struct string_pool *strings;
    struct table records[RECORD_KIND_COUNT];
    struct table events, changes;
    struct replies *replies; /* NULL: none yet */
    struct table quotas;     /* a row a key (quota.h) */
    struct index indexes[WORLD_INDEX_COUNT];
    struct world_timings timings;
    struct world_webhooks webhooks;
    uint32_t webhook_cursor; /* changes that webhooks have been told of, or need not be */
    int api_versions
        [WORLD_PROVIDERS];       /* of each provider's documents, by its number: which is in force
                                      where a key names none; 0: the provider's first */
    bool hostile;                /* answers are as unkind as the documents allow (hostile.h) */
    uint64_t calls;              /* to it so far, of a hostile one */
    bool local_consent;          /* consent URLs lead to the mock's own page */
    uint32_t connect_steps_fail; /* a bit for each that fails its next run (layer.h) */
    uint64_t minted;             /* ids so far (ids.h) */
    const char *cause; /* what the transition now under way is caused by, for the change log; a
                          static text */
    uint32_t caller;   /* the key whose call that is, or ROW_NONE */
    bool checks;       /* run world_check after each transition: debug builds and tests */
};

struct world *world_new(uint64_t seed, int64_t start_ms, enum clock_mode mode);
struct world *world_fork(struct world *from); /* an independent world that starts equal to `from` */
void world_free(struct world *w);

int64_t world_now(const struct world *w);
const char *world_text(struct world *w, const char *text); /* kept as long as any world needs it */
const char *world_str(struct world *w, struct str text);

const void *world_read(const struct world *w, enum record_kind kind, uint32_t row);
void *world_edit(struct world *w, enum record_kind kind, uint32_t row);
uint32_t world_count(const struct world *w, enum record_kind kind);

int64_t index_text_key(struct str text);              /* key of a look-up by text */
int64_t index_pair_key(uint32_t row, uint32_t value); /* key of a list by relation and value */

void world_transition_done(struct world *w); /* ends every transition: world_check where it is on */

size_t world_own_bytes(const struct world *w); /* what this world shares with no other */

/* Every invariant of the model; NULL if all hold, else what is wrong, in words, in `into`. */
struct buf;
const char *world_check(const struct world *w, struct buf *into);
/* The same, told of every record that breaks one. What a broken one would make meaningless is not
 * looked at. */
typedef void world_fault_fn(void *ctx, enum record_kind kind, uint32_t row, const char *why);
bool world_check_each(const struct world *w, world_fault_fn *tell, void *ctx);
