/* record_type.h - the kinds of records: one row each, and how a kind describes its records.
 *
 * Shapes:  a kind is a struct and a `const struct record_type <struct>_record_type` in the kind's own file, and one row
 *          of RECORD_KINDS. Creation, transitions, checks, exports, patches and edits walk that description (record.h,
 *          check.c). The names are provider-neutral.
 *          A field is {name, type, offset, texts | refers}. Every member of a record needs a row in the kind's table of
 *          fields, except `provider` and what `derive` computes: an export loses members without a row.
 * Units:   a TIME is milliseconds in the record and ISO 8601 text outside; its member ends in _ms.
 * Errors:  none.
 */
#pragma once
#include "base/array.h"
#include "base/enum.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each kind: enum name; plural, as in paths and exports; struct. */
/* clang-format off */
#define RECORD_KINDS(X)                                      \
    X(RECORD_ORGANIZATION,  "organizations",  organization)  \
    X(RECORD_KEY,           "keys",           key)           \
    X(RECORD_SPACE,         "spaces",         space)         \
    X(RECORD_ACCOUNT,       "accounts",       account)       \
    X(RECORD_OAUTH_ATTEMPT, "oauth_attempts", oauth_attempt) \
    X(RECORD_CONTENT,       "content",        content)       \
    X(RECORD_POST,          "posts",          post)          \
    X(RECORD_DESTINATION,   "destinations",   destination)   \
    X(RECORD_LEASE_REQUEST, "lease_requests", lease_request) \
    X(RECORD_POOL_ACCOUNT,  "lease_pool",     pool_account)  \
    X(RECORD_WALLET_ENTRY,  "wallet",         wallet_entry)  \
    X(RECORD_AD_ACCOUNT,    "ad_accounts",    ad_account)    \
    X(RECORD_LAYER,         "layers",         layer)         \
    X(RECORD_ONBOARDING,    "onboarding",     onboarding)    \
    X(RECORD_WEBHOOK,       "webhooks",       webhook)       \
    X(RECORD_DELIVERY,      "deliveries",     delivery)      \
    X(RECORD_MEDIA,         "media",          media)         \
    X(RECORD_CAMPAIGN,      "campaigns",      campaign)      \
    X(RECORD_GENERATION,    "generations",    generation)    \
    X(RECORD_LIBRARY_ITEM,  "library",        library_item)  \
    X(RECORD_POST_JOB,      "post_jobs",      post_job)
/* clang-format on */
enum record_kind {
#define X(name, text, type) name,
    RECORD_KINDS(X)
#undef X
        RECORD_KIND_COUNT
};
extern const char *const record_kind_texts[];

/* The indexes of a world. The first RECORD_KIND_COUNT are those of the public ids; their number is the record kind. The
 * header of each record kind documents the key and the order of the others. */
enum world_index {
    INDEX_KEY_VALUE = RECORD_KIND_COUNT,
    INDEX_SPACE_ORGANIZATION,
    INDEX_ACCOUNT_SPACE,
    INDEX_ACCOUNT_SPACE_PLATFORM,
    INDEX_ACCOUNT_SPACE_TOKEN,
    INDEX_ACCOUNT_SPACE_LEASED,
    INDEX_ACCOUNT_REQUEST,
    INDEX_ACCOUNT_LEASE,
    INDEX_POST_SPACE,
    INDEX_POST_CAMPAIGN,
    INDEX_DESTINATION_SPACE,
    INDEX_DESTINATION_ACCOUNT,
    INDEX_DESTINATION_POST,
    INDEX_DESTINATION_LEFT,
    INDEX_LAYER_SPACE,
    INDEX_WEBHOOK_ORGANIZATION,
    INDEX_DELIVERY_WEBHOOK,
    INDEX_DELIVERY_WEBHOOK_STATE,
    INDEX_DELIVERY_CHANGE,
    INDEX_POOL_ACCOUNT,
    INDEX_AD_ACCOUNT_SPACE,
    INDEX_MEDIA_SPACE,
    INDEX_CAMPAIGN_SPACE,
    INDEX_GENERATION_SPACE,
    INDEX_LIBRARY_SPACE,
    INDEX_OWNED, /* what belongs to a record: key = record_owned_key, order = row */
    INDEX_ENDED, /* records that have ended (history.h): key = list, order = when they last changed */
    INDEX_DUE,   /* the event queue: key = time, order = row = event */
    WORLD_INDEX_COUNT
};

enum record_field_type {
    RECORD_TEXT,   /* const char * */
    RECORD_BOOL,   /* bool */
    RECORD_INT,    /* int64_t */
    RECORD_TIME,   /* int64_t ms; 0 = none */
    RECORD_ENUM,   /* int-sized enum with texts */
    RECORD_REF,    /* uint32_t row of a record, shown as its public id */
    RECORD_CHANGE, /* uint32_t seq in the change log; 0 = none */
    RECORD_TEXTS,  /* const char *const *, counted by the uint32_t at count_offset */
    RECORD_INTS,   /* int64_t [count], shown without trailing zeros */
};

struct record_field {
    const char *name;
    enum record_field_type type;
    size_t offset;
    const char *const *texts;
    size_t text_count;
    enum record_kind refers;
    bool fixed;  /* read-only: shown, but record_update rejects it */
    bool needed; /* TEXT or REF: must not be null, even if invariants are not checked */
    bool owner;  /* REF: the record belongs to that one and is forgotten with it (history.h) */
    size_t count_offset, count;
};

struct world;
struct index;
struct index_entries;

/* How a record that has ended is kept (history.h). */
enum keeping {
    KEEP,         /* it has not ended */
    KEEP_COUNTED, /* until enough newer ones have ended: a client can still use it */
    KEEP_AGED,    /* the same, or until it is old enough */
    KEEPING_COUNT
};

struct record_type {
    enum record_kind kind;
    const char *help; /* what a record of the kind is, for the reference page: "an API key" */
    size_t size;
    size_t id_offset;       /* of const char *public_id */
    size_t provider_offset; /* of int provider; SIZE_MAX: the provider of its organization */
    const struct record_field *fields;
    size_t field_count;
    bool id_per_organization; /* an id is unique in the organization, since clients choose it; false: provider */

    /* The record's state for the change log: an enum and its texts; NULL: the kind has no states. The value is the
     * member at state_offset, or `state` computes it. No transition leaves the final states: one bit for each. */
    const char *const *state_texts;
    size_t state_count, state_offset;
    int (*state)(const void *record);
    uint32_t final_states;

    /* Each of these may be NULL. */
    enum keeping (*keeping)(const struct world *w, uint32_t row); /* NULL: it ends in a final state */
    void (*derive)(void *record);                                 /* computes the members that have no field */
    /* Adds the index entries of the record's state, besides that of its public id. */
    void (*add_entries)(const struct world *w, const void *record, uint32_t row, struct index_entries *to);
    /* Queues the events that the record's state implies. Events that are queued already and no longer apply do nothing
     * when they run. */
    void (*queue_events)(struct world *w, const void *record, uint32_t row);
    /* Returns the name of a field that this state needs but that is null, or NULL. */
    const char *(*missing)(const void *record);
    /* The invariants of one record and of the records it refers to, whose references are valid. Returns NULL if all
     * hold, otherwise the violated one as a static text. `waiting` is described at event_is_queued. */
    const char *(*check)(const struct world *w, const struct index *waiting, uint32_t row);
};

#define X(name, text, type) extern const struct record_type type##_record_type;
RECORD_KINDS(X)
#undef X
extern const struct record_type *const record_types[RECORD_KIND_COUNT];

/* The start of a record_type: its kind, its struct with the table <struct>_fields, the member with the public id. */
#define RECORD_TYPE(kind_, type, id)                                                                                   \
    .kind = (kind_), .size = sizeof(struct type), .id_offset = offsetof(struct type, id), .fields = type##_fields,     \
    .field_count = COUNT(type##_fields)
#define RECORD_PROVIDER(type)                      .provider_offset = offsetof(struct type, provider)
#define RECORD_PROVIDER_OF_ORGANIZATION            .provider_offset = SIZE_MAX
#define RECORD_STATE_COMPUTED(state_, texts, size) .state = (state_), .state_texts = (texts), .state_count = (size)
#define RECORD_STATE(type, member, texts, size)                                                                        \
    .state_offset = offsetof(struct type, member), .state_texts = (texts), .state_count = (size)
#define STATE_BIT(state) (UINT32_C(1) << (state))

/* Rows of a table of fields: struct, member, how it may be changed (FREE, FIXED, NEEDED, FIXED_NEEDED), ... */
#define RECORD_MEMBER(of, name_, type_, member, ...)                                                                   \
    {                                                                                                                  \
        .name = (name_), .type = (type_), .offset = offsetof(struct of, member), __VA_ARGS__                           \
    }
#define MEMBER_FREE                     .fixed = false
#define MEMBER_FIXED                    .fixed = true
#define MEMBER_NEEDED                   .needed = true
#define MEMBER_FIXED_NEEDED             .fixed = true, .needed = true
#define MEMBER_ID(of, member)           RECORD_MEMBER(of, "id", RECORD_TEXT, member, MEMBER_FIXED)
#define MEMBER_TEXT(of, member, access) RECORD_MEMBER(of, #member, RECORD_TEXT, member, MEMBER_##access)
#define MEMBER_BOOL(of, member)         RECORD_MEMBER(of, #member, RECORD_BOOL, member, MEMBER_FREE)
#define MEMBER_INT(of, member)          RECORD_MEMBER(of, #member, RECORD_INT, member, MEMBER_FREE)
#define MEMBER_TIME(of, member)         RECORD_MEMBER(of, #member, RECORD_TIME, member##_ms, MEMBER_FREE)
#define MEMBER_CHANGE(of, member)       RECORD_MEMBER(of, #member, RECORD_CHANGE, member, MEMBER_FIXED)
#define MEMBER_REF(of, member, access, to)                                                                             \
    RECORD_MEMBER(of, #member, RECORD_REF, member, MEMBER_##access, .refers = (to))
#define MEMBER_OWNER(of, member, access, to)                                                                           \
    RECORD_MEMBER(of, #member, RECORD_REF, member, MEMBER_##access, .refers = (to), .owner = true)
#define MEMBER_ENUM(of, member, words, size)                                                                           \
    RECORD_MEMBER(of, #member, RECORD_ENUM, member, .texts = (words), .text_count = (size))
#define MEMBER_TEXTS(of, member, size)                                                                                 \
    RECORD_MEMBER(of, #member, RECORD_TEXTS, member, .count_offset = offsetof(struct of, size))
#define MEMBER_INTS(of, member, size) RECORD_MEMBER(of, #member, RECORD_INTS, member, .count = (size))
