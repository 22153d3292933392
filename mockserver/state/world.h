/* world.h - the simulated state of one namespace: records, clock, log of changes, queue of events.
 *
 * Shapes:  struct world: a table per record kind, ordered indexes over the records, an event queue, the change log, and
 *          the counter for ids. All of it is copy-on-write: world_fork takes constant time, and later changes copy only
 *          the pages they touch.
 *          struct clock starts at any instant; RUNS advances with the machine's time, FROZEN only with clock_move_to.
 *          struct change: one transition; journal, webhooks and `advance` read the log. Entries are numbered by `seq`,
 *          from 1 without gaps; the oldest may have been forgotten (history.h).
 *          struct world_event: {at, kind, record row}. Events with the same time run in the order they were added. An
 *          event added for the past gets the current time. While an event runs, world_now returns the event's time,
 *          however late it runs, and the cause of changes is CAUSE_TIME.
 * Units:   milliseconds since the epoch; read the time only through world_now. Money in cents.
 * Errors:  the caller must check that a transition is allowed before it calls it, and that a record exists before it
 *          reads it. Else the world notes a violation (world_require), the transition does nothing and returns false or
 *          ROW_NONE, and the record that is read has only zeros. Time never goes back. An event that no longer applies
 *          to its record does nothing: its handler checks the record.
 *
 * Names are provider-neutral; each provider maps them to its own words.
 */
#pragma once
#include "base/enum.h"
#include "mockserver/state/index.h"
#include "mockserver/state/record_type.h"
#include "mockserver/state/string_pool.h"
#include "mockserver/state/table.h"
#include <stdbool.h>

#define CLOCK_MODES(X) X(CLOCK_RUNS, "runs") X(CLOCK_FROZEN, "frozen")
enum clock_mode { CLOCK_MODES(ENUM_NAME) CLOCK_MODE_COUNT };
extern const char *const clock_mode_texts[];

struct clock {
    enum clock_mode mode;
    int64_t base_ms;      /* the world's time at ... */
    int64_t base_wall_us; /* ... this monotonic time of the machine */
};

/* Why a record changed: enum name, text, kind of the record (RECORD_KIND_COUNT: any). BEGIN is the first change of a
 * rebuilt record, SET is logged by record_update. */
/* clang-format off */
#define TRANSITION_KINDS(X)                                                                  \
    X(TRANSITION_RECORD_BEGIN,             "record_begin",             RECORD_KIND_COUNT)    \
    X(TRANSITION_RECORD_SET,               "record_set",               RECORD_KIND_COUNT)    \
    X(TRANSITION_ORGANIZATION_CREATE,      "organization_create",      RECORD_ORGANIZATION)  \
    X(TRANSITION_ORGANIZATION_SET_CREDITS, "organization_set_credits", RECORD_ORGANIZATION)  \
    X(TRANSITION_KEY_CREATE,               "key_create",               RECORD_KEY)           \
    X(TRANSITION_KEY_SET_STATUS,           "key_set_status",           RECORD_KEY)           \
    X(TRANSITION_SPACE_CREATE,             "space_create",             RECORD_SPACE)         \
    X(TRANSITION_ACCOUNT_CONNECT,          "account_connect",          RECORD_ACCOUNT)       \
    X(TRANSITION_ACCOUNT_RECONNECT,        "account_reconnect",        RECORD_ACCOUNT)       \
    X(TRANSITION_ACCOUNT_LOSE_TOKEN,       "account_lose_token",       RECORD_ACCOUNT)       \
    X(TRANSITION_ACCOUNT_RENEW_TOKEN,      "account_renew_token",      RECORD_ACCOUNT)       \
    X(TRANSITION_ACCOUNT_FLAG,             "account_flag",             RECORD_ACCOUNT)       \
    X(TRANSITION_ACCOUNT_SET_OUTCOME,      "account_set_outcome",      RECORD_ACCOUNT)       \
    X(TRANSITION_ACCOUNT_KEEP_AVATAR,      "account_keep_avatar",      RECORD_ACCOUNT)       \
    X(TRANSITION_ACCOUNT_KEEP_AVATAR_FAIL, "account_keep_avatar_fail", RECORD_ACCOUNT)       \
    X(TRANSITION_LAYER_CREATE_FAIL,        "layer_create_fail",        RECORD_ACCOUNT)       \
    X(TRANSITION_CONTENT_LAYER_FAIL,       "content_layer_fail",       RECORD_ACCOUNT)       \
    X(TRANSITION_ONBOARDING_TICK_FAIL,     "onboarding_tick_fail",     RECORD_ACCOUNT)       \
    X(TRANSITION_ACCOUNT_RENEW_LEASE,      "account_renew_lease",      RECORD_ACCOUNT)       \
    X(TRANSITION_ACCOUNT_DISCONNECT,       "account_disconnect",       RECORD_ACCOUNT)       \
    X(TRANSITION_OAUTH_ATTEMPT_BEGIN,      "oauth_attempt_begin",      RECORD_OAUTH_ATTEMPT) \
    X(TRANSITION_OAUTH_ATTEMPT_COMPLETE,   "oauth_attempt_complete",   RECORD_OAUTH_ATTEMPT) \
    X(TRANSITION_OAUTH_ATTEMPT_FAIL,       "oauth_attempt_fail",       RECORD_OAUTH_ATTEMPT) \
    X(TRANSITION_OAUTH_ATTEMPT_EXPIRE,     "oauth_attempt_expire",     RECORD_OAUTH_ATTEMPT) \
    X(TRANSITION_CONTENT_CREATE,           "content_create",           RECORD_CONTENT)       \
    X(TRANSITION_CONTENT_APPROVE,          "content_approve",          RECORD_CONTENT)       \
    X(TRANSITION_CONTENT_REJECT,           "content_reject",           RECORD_CONTENT)       \
    X(TRANSITION_POST_SCHEDULE,            "post_schedule",            RECORD_POST)          \
    X(TRANSITION_POST_REVISE,              "post_revise",              RECORD_POST)          \
    X(TRANSITION_POST_RELEASE,             "post_release",             RECORD_POST)          \
    X(TRANSITION_POST_REMOVE,              "post_remove",              RECORD_POST)          \
    X(TRANSITION_POST_LEAVE_CAMPAIGN,      "post_leave_campaign",      RECORD_POST)          \
    X(TRANSITION_DESTINATION_SCHEDULE,     "destination_schedule",     RECORD_DESTINATION)   \
    X(TRANSITION_DESTINATION_PLACE,        "destination_place",        RECORD_DESTINATION)   \
    X(TRANSITION_DESTINATION_RELEASE,      "destination_release",      RECORD_DESTINATION)   \
    X(TRANSITION_DESTINATION_RESCHEDULE,   "destination_reschedule",   RECORD_DESTINATION)   \
    X(TRANSITION_DESTINATION_SET_OUTCOME,  "destination_set_outcome",  RECORD_DESTINATION)   \
    X(TRANSITION_DESTINATION_PUBLISH,      "destination_publish",      RECORD_DESTINATION)   \
    X(TRANSITION_DESTINATION_RETRY,        "destination_retry",        RECORD_DESTINATION)   \
    X(TRANSITION_DESTINATION_CANCEL,       "destination_cancel",       RECORD_DESTINATION)   \
    X(TRANSITION_DESTINATION_REMOVE,       "destination_remove",       RECORD_DESTINATION)   \
    X(TRANSITION_LEASE_REQUEST_CREATE,     "lease_request_create",     RECORD_LEASE_REQUEST) \
    X(TRANSITION_LEASE_REQUEST_DECIDE,     "lease_request_decide",     RECORD_LEASE_REQUEST) \
    X(TRANSITION_POOL_ACCOUNT_CREATE,      "pool_account_create",      RECORD_POOL_ACCOUNT)  \
    X(TRANSITION_POOL_ACCOUNT_LEASE,       "pool_account_lease",       RECORD_POOL_ACCOUNT)  \
    X(TRANSITION_POOL_ACCOUNT_FREE,        "pool_account_free",        RECORD_POOL_ACCOUNT)  \
    X(TRANSITION_WALLET_CHARGE_MONTH,      "wallet_charge_month",      RECORD_WALLET_ENTRY)  \
    X(TRANSITION_AD_ACCOUNT_CONNECT,       "ad_account_connect",       RECORD_AD_ACCOUNT)    \
    X(TRANSITION_AD_ACCOUNT_VALIDATE,      "ad_account_validate",      RECORD_AD_ACCOUNT)    \
    X(TRANSITION_AD_ACCOUNT_LOSE,          "ad_account_lose",          RECORD_AD_ACCOUNT)    \
    X(TRANSITION_AD_ACCOUNT_RECONNECT,     "ad_account_reconnect",     RECORD_AD_ACCOUNT)    \
    X(TRANSITION_AD_ACCOUNT_DISCONNECT,    "ad_account_disconnect",    RECORD_AD_ACCOUNT)    \
    X(TRANSITION_LAYER_CREATE,             "layer_create",             RECORD_LAYER)         \
    X(TRANSITION_ONBOARDING_TICK,          "onboarding_tick",          RECORD_ONBOARDING)    \
    X(TRANSITION_WEBHOOK_CREATE,           "webhook_create",           RECORD_WEBHOOK)       \
    X(TRANSITION_WEBHOOK_UPDATE,           "webhook_update",           RECORD_WEBHOOK)       \
    X(TRANSITION_WEBHOOK_ROTATE,           "webhook_rotate",           RECORD_WEBHOOK)       \
    X(TRANSITION_WEBHOOK_PAUSE,            "webhook_pause",            RECORD_WEBHOOK)       \
    X(TRANSITION_WEBHOOK_RESUME,           "webhook_resume",           RECORD_WEBHOOK)       \
    X(TRANSITION_WEBHOOK_DELETE,           "webhook_delete",           RECORD_WEBHOOK)       \
    X(TRANSITION_DELIVERY_CREATE,          "delivery_create",          RECORD_DELIVERY)      \
    X(TRANSITION_DELIVERY_APPLY_FAULTS,    "delivery_apply_faults",    RECORD_DELIVERY)      \
    X(TRANSITION_DELIVERY_HOLD,            "delivery_hold",            RECORD_DELIVERY)      \
    X(TRANSITION_DELIVERY_RELEASE,         "delivery_release",         RECORD_DELIVERY)      \
    X(TRANSITION_DELIVERY_ATTEMPT,         "delivery_attempt",         RECORD_DELIVERY)      \
    X(TRANSITION_DELIVERY_DONE,            "delivery_done",            RECORD_DELIVERY)      \
    X(TRANSITION_DELIVERY_FAIL,            "delivery_fail",            RECORD_DELIVERY)      \
    X(TRANSITION_DELIVERY_RESUME,          "delivery_resume",          RECORD_DELIVERY)      \
    X(TRANSITION_DELIVERY_ABANDON,         "delivery_abandon",         RECORD_DELIVERY)      \
    X(TRANSITION_MEDIA_CREATE,             "media_create",             RECORD_MEDIA)         \
    X(TRANSITION_MEDIA_RECEIVE,            "media_receive",            RECORD_MEDIA)         \
    X(TRANSITION_MEDIA_COMPLETE,           "media_complete",           RECORD_MEDIA)         \
    X(TRANSITION_MEDIA_FAIL,               "media_fail",               RECORD_MEDIA)         \
    X(TRANSITION_MEDIA_REMOVE,             "media_remove",             RECORD_MEDIA)         \
    X(TRANSITION_CAMPAIGN_CREATE,          "campaign_create",          RECORD_CAMPAIGN)      \
    X(TRANSITION_CAMPAIGN_UPDATE,          "campaign_update",          RECORD_CAMPAIGN)      \
    X(TRANSITION_CAMPAIGN_REMOVE,          "campaign_remove",          RECORD_CAMPAIGN)      \
    X(TRANSITION_GENERATION_CREATE,        "generation_create",        RECORD_GENERATION)    \
    X(TRANSITION_LIBRARY_ITEM_CREATE,      "library_item_create",      RECORD_LIBRARY_ITEM)  \
    X(TRANSITION_LIBRARY_ITEM_UPDATE,      "library_item_update",      RECORD_LIBRARY_ITEM)  \
    X(TRANSITION_LIBRARY_ITEM_REMOVE,      "library_item_remove",      RECORD_LIBRARY_ITEM)  \
    X(TRANSITION_POST_JOB_BEGIN,           "post_job_begin",           RECORD_POST_JOB)      \
    X(TRANSITION_POST_JOB_END,             "post_job_end",             RECORD_POST_JOB)
/* clang-format on */
enum transition_kind {
#define X(name, text, record) name,
    TRANSITION_KINDS(X)
#undef X
        TRANSITION_KIND_COUNT
};
extern const char *const transition_kind_texts[];
enum record_kind transition_record(enum transition_kind kind);

#define CAUSES(X)                                                                                                      \
    X(CAUSE_CALL, "call")                                                                                              \
    X(CAUSE_SIMULATION, "simulation")                                                                                  \
    X(CAUSE_TIME, "time")                                                                                              \
    X(CAUSE_DELIVERY, "delivery")                                                                                      \
    X(CAUSE_RULE, "rule")                                                                                              \
    X(CAUSE_FIXTURE, "fixture")
enum cause { CAUSES(ENUM_NAME) CAUSE_COUNT };
extern const char *const cause_texts[];

#define STATE_NONE (-1) /* before a record is created */
#define STATE_ANY  (-2) /* in tables of changes: every state matches */

struct change {
    int64_t at_ms;
    enum record_kind kind;
    uint32_t row;
    enum transition_kind what;
    int from, to; /* record_state before and after; from STATE_NONE: the record is new */
    uint32_t key; /* of the call that caused it, or ROW_NONE */
    enum cause cause;
};

/* Each kind of event: enum name, text, kind of record it acts on, handler. */
/* clang-format off */
#define EVENT_KINDS(X)                                                                                \
    X(EVENT_TOKEN_EXPIRES,         "token_expires",         RECORD_ACCOUNT,       account_token_due)          \
    X(EVENT_OAUTH_ATTEMPT_EXPIRES, "oauth_attempt_expires", RECORD_OAUTH_ATTEMPT, oauth_attempt_expire)       \
    X(EVENT_POST_DUE,              "post_due",              RECORD_DESTINATION,   destination_due)            \
    X(EVENT_PUBLISH_ENDS,          "publish_ends",          RECORD_DESTINATION,   destination_publish_ends)   \
    X(EVENT_LEASE_RENEWS,          "lease_renews",          RECORD_ACCOUNT,       lease_renewal_due)          \
    X(EVENT_AD_VALIDATES,          "ad_validates",          RECORD_AD_ACCOUNT,    ad_account_validation_due)  \
    X(EVENT_MEDIA_IMPORTED,        "media_imported",        RECORD_MEDIA,         media_import_ends)          \
    X(EVENT_DELIVERY_DUE,          "delivery_due",          RECORD_DELIVERY,      delivery_due)               \
    X(EVENT_POST_JOB_ENDS,         "post_job_ends",         RECORD_POST_JOB,      post_job_ends)
/* clang-format on */
enum event_kind {
#define X(name, text, record, handler) name,
    EVENT_KINDS(X)
#undef X
        EVENT_KIND_COUNT
};
extern const char *const event_kind_texts[];
enum record_kind event_record(enum event_kind kind);
/* The handlers: account.c, oauth_attempt.c, publish.c, lease.c, ad_account.c, media.c, webhook.c, post_job.c. */
#define X(name, text, record, handler) void handler(struct world *w, uint32_t row);
EVENT_KINDS(X)
#undef X

struct world_event {
    int64_t at_ms;
    enum event_kind kind;
    uint32_t row;
    bool done;
};

#define WORLD_PROVIDERS 8 /* provider numbers are below this */

struct world_timings { /* duration of an intermediate state; 0: the state is skipped */
    int64_t publish_ms, ad_validation_ms, media_import_ms, generation_ms;
};

struct world_webhooks {
    bool virtual_time;   /* sign with the world's time instead of the machine's */
    int policy;          /* index of the provider's retry policy */
    const char *allowed; /* hosts besides loopback, separated by spaces; NULL: none */
};

/* How responses of a hostile namespace vary (hostile.h). */
#define HOSTILE_SWITCHES(X)                                                                                            \
    X(HOSTILE_MEMBERS, "members")             /* unknown members */                                                    \
    X(HOSTILE_ORDER, "order")                 /* of members, rows and headers */                                       \
    X(HOSTILE_TIMES, "times")                 /* other formats of the same instant */                                  \
    X(HOSTILE_WHITE_SPACE, "white_space")     /* between the tokens of JSON */                                         \
    X(HOSTILE_ESCAPES, "escapes")             /* of characters in JSON, and other forms of numbers with a fraction */  \
    X(HOSTILE_IDS, "ids")                     /* other forms */                                                        \
    X(HOSTILE_PAGES, "pages")                 /* of two rows, unless the call has a limit */                           \
    X(HOSTILE_REFUSALS, "refusals")           /* a 429 now and then */                                                 \
    X(HOSTILE_LATE, "late")                   /* up to 20 ms */                                                        \
    X(HOSTILE_CLOSE, "close")                 /* the connection closes after some responses */                         \
    X(HOSTILE_CONTENT_TYPE, "content_type")   /* with a charset */                                                     \
    X(HOSTILE_HEADER_NAMES, "header_names")   /* in lower or upper case */                                             \
    X(HOSTILE_MORE_HEADERS, "more_headers")   /* unknown headers */                                                    \
    X(HOSTILE_FEWER_HEADERS, "fewer_headers") /* without some that are not documented for the response */              \
    X(HOSTILE_CHUNKS, "chunks")               /* some bodies in chunks, without Content-Length */                      \
    X(HOSTILE_WEBHOOKS, "webhooks")           /* bodies and headers of webhook deliveries, in all these ways */
enum hostile_switch { HOSTILE_SWITCHES(ENUM_NAME) HOSTILE_SWITCH_COUNT };
extern const char *const hostile_switch_texts[];
#define HOSTILE_ALL ((1u << HOSTILE_SWITCH_COUNT) - 1)

struct replies;

struct world_compaction { /* how far it is (compaction.h) */
    enum record_kind kind;
    uint32_t row;
    size_t rows, bytes; /* of the world after the last step: records that were added, and texts */
};

/* A condition of a transition or look-up that did not hold. Both texts are static. */
struct world_violation {
    const char *condition; /* NULL: none */
    const char *function;
};

#define HISTORY_UNLIMITED    UINT32_MAX
#define HISTORY_UNLIMITED_MS INT64_MAX

#define HISTORY_COUNT_DEFAULT  100000
#define HISTORY_AGE_DEFAULT_MS (90 * INT64_C(86400000))

/* How much is kept of what has ended (history.h). */
struct history {
    uint32_t count;
    int64_t age_ms;
    bool count_given, age_given; /* in the fixture, so an option does not change them */
};

/* Is stored after each record, in the same row (history.h). */
struct record_tail {
    int64_t last_ms;      /* when it last changed; of an owner: also when one of its records did */
    uint32_t last_change; /* seq of that change, also if it is gone from the log; 0: it was gone before an import */
    uint32_t refs;        /* references from other records, except from records that belong to it */
    uint32_t list;        /* its list in INDEX_ENDED, from 1; 0: not listed */
};

/* Where it begins in a row. */
size_t record_tail_offset(enum record_kind kind);

struct world {
    uint64_t seed;
    uint64_t name_hash; /* of the namespace's name: two namespaces mint different ids */
    struct clock clock;
    bool in_event;       /* an event is running */
    int64_t event_at_ms; /* time of the running event, which world_now then returns */
    struct string_pool *strings;
    struct string_pool_old *old_strings; /* from which a compaction moves texts; NULL: none is under way */
    struct world_compaction compaction;
    struct table events, changes;
    uint32_t changes_gone; /* seq of the last change that is no longer in the log; 0: none has gone */
    uint32_t events_swept; /* of the events up to this row only those that have not run are left */
    struct history history;
    bool forgets;                                      /* something has been forgotten */
    uint32_t history_seen, history_seen_events;        /* last change and event of the last history_step */
    uint32_t initial[RECORD_KIND_COUNT];               /* the last row of the initial state */
    uint32_t ended[RECORD_KIND_COUNT * KEEPING_COUNT]; /* entries of each list in INDEX_ENDED */
    struct replies *replies;                           /* NULL: empty */
    struct table quotas;                               /* one row per key (tenant.h) */
    struct world_timings timings;
    struct world_webhooks webhooks;
    uint32_t webhook_cursor; /* seq of the last change that was processed for webhooks */
    /* By provider number: the API version of keys that name none; 0: the provider's first. */
    int api_versions[WORLD_PROVIDERS];
    unsigned hostile;            /* responses are legal but unkind: bits of enum hostile_switch */
    uint64_t calls;              /* number of calls; counted only in hostile mode */
    bool local_consent;          /* consent URLs point to the mock's own page */
    uint32_t connect_steps_fail; /* bit per step: it fails the next time it runs (connection.h) */
    uint64_t minted;             /* numbers taken from the random sequence (record.h) */
    enum cause cause;            /* of the current transition, for the change log */
    uint32_t caller;             /* the key of the current call, or ROW_NONE */
    bool unchecked;              /* a change that was not checked may have broken an invariant */
    /* Run world_check after each transition, and abort if a condition is violated: debug builds and tests, as long as
     * no edit has broken an invariant on purpose. */
    bool checks;
    struct world_notes *notes; /* may also be written by a look-up, whose world is const */
    struct table records[RECORD_KIND_COUNT];
    struct index indexes[WORLD_INDEX_COUNT];
};

/* Sets whose namespace the state is in. Ids that exist are not changed. */
void world_set_name(struct world *w, struct str name);
struct world *world_new(uint64_t seed, int64_t start_ms, enum clock_mode mode);
struct world *world_fork(struct world *from); /* an independent copy */
void world_free(struct world *w);
/* The same in steps: frees at most *pages pages that no other world shares, and subtracts them. Returns true if the
 * world is freed; until then this is the only function that may be called with it. */
bool world_free_some(struct world *w, size_t *pages);

int64_t world_now(const struct world *w);
static inline bool world_is_hostile(const struct world *w, enum hostile_switch which)
{
    return w->hostile & 1u << which;
}
/* Copies a text into the world's string pool. It lives until a compaction finds it in no record (compaction.h): not
 * longer than the call, unless a record has it. */
const char *world_text(struct world *w, const char *text);
const char *world_str(struct world *w, struct str text);

/* Returns true if the condition holds. Else: a bug, or an edit has broken the state on purpose. If w->checks is set, it
 * aborts. Otherwise it notes the violation in the world and returns false; the caller must then do nothing, or it must
 * cope with what is there. The runtime reports the first violation of a call or an event (runtime/violation.h). */
#define world_require(w, condition) ((condition) || world_violate((w), #condition, __func__))
bool world_violate(const struct world *w, const char *condition, const char *function); /* returns false */
/* Returns the first violation since the last call, and forgets it. */
struct world_violation world_take_violation(struct world *w);

/* A record that does not exist is a violation; it has only zeros, and what is written to it is lost. */
/* A row of any of the tables; zeros, and a violation, if it does not exist. */
const void *world_row(const struct world *w, const struct table *t, uint32_t row);
const void *world_read(const struct world *w, enum record_kind kind, uint32_t row);
void *world_edit(struct world *w, enum record_kind kind, uint32_t row);
bool world_has(const struct world *w, enum record_kind kind,
               uint32_t row); /* false: ROW_NONE, removed, not yet added */
/* Walks the records of a kind: sets *row to the next one that exists, from 0 on. False: there are no more. Records may
 * be added, edited and removed during the walk. */
bool world_next(const struct world *w, enum record_kind kind, uint32_t *row);
uint32_t world_last(const struct world *w, enum record_kind kind);  /* the row added last; 0: none was */
uint32_t world_count(const struct world *w, enum record_kind kind); /* records that exist */

int64_t index_text_key(struct str text);              /* key for a look-up by text */
int64_t index_pair_key(uint32_t row, uint32_t value); /* key for a list by owner and value */

/* Must be called at the end of every transition. If w->checks is set, aborts if an invariant does not hold. */
void world_transition_done(struct world *w);

size_t world_own_bytes(const struct world *w); /* memory shared with no other world */
struct world_bytes {                           /* the same, by part */
    size_t records, events, changes, indexes, strings, other;
};
void world_bytes_of(const struct world *w, struct world_bytes *out);

/* Checks every invariant of the model. Returns NULL if all hold; otherwise the first violation, as a message in
 * `into`. */
struct buf;
const char *world_check(const struct world *w, struct buf *into);
/* Checks every record and calls `report` for each violation; returns true if all hold. Checks
 * that build on a failed one are skipped. */
typedef void world_fault_fn(void *ctx, enum record_kind kind, uint32_t row, const char *why);
bool world_check_each(const struct world *w, world_fault_fn *report, void *ctx);
/* Checks one record, by itself: not its changes, and not the records that refer to it. */
bool world_check_record(const struct world *w, enum record_kind kind, uint32_t row, world_fault_fn *report, void *ctx);
#define WORLD_CHECKED_MAX 20000 /* records; the check of a larger state takes too long beside the calls */
size_t world_record_count(const struct world *w); /* of all kinds */

void clock_start(struct clock *c, int64_t at_ms, enum clock_mode mode);
int64_t clock_now(const struct clock *c);
void clock_set_mode(struct clock *c, enum clock_mode mode);
void clock_move_to(struct clock *c, int64_t at_ms); /* no-op if it is in the past */

/* The change log begins here: earlier entries have been forgotten. changes_last + 1: it is empty. */
uint32_t changes_first(const struct world *w);
void changes_add(struct world *w, enum record_kind kind, uint32_t row, enum transition_kind what, int from, int to);
uint32_t changes_last(const struct world *w); /* seq of the newest entry; 0: the log is empty */
/* `seq` must be between the two. */
const struct change *changes_read(const struct world *w, uint32_t seq);
/* The first change after `seq` that is still in the log; changes_last + 1: there is none. */
uint32_t changes_after(const struct world *w, uint32_t seq);
void changes_restore(struct world *w, const struct change *change); /* adds it as it is */
void changes_restore_gone(struct world *w, uint32_t count);         /* the log begins after so many changes */

void events_add(struct world *w, int64_t at_ms, enum event_kind kind, uint32_t row);
uint32_t events_last(const struct world *w);            /* row of the event added last; 0: none */
bool event_exists(const struct world *w, uint32_t row); /* an event that has run is forgotten after a while */
const struct world_event *event_read(const struct world *w, uint32_t row);
/* Walks the queue in order. events_walk starts before the first event; events_next returns NULL at the end. */
void events_walk(const struct world *w, struct index_walk *walk);
const struct world_event *events_next(const struct world *w, struct index_walk *walk);
bool events_next_at(const struct world *w, int64_t *at_ms); /* false: the queue is empty */
/* For the checks of records: `waiting` indexes the queued events by record: key = index_pair_key(record, kind of
 * event), order = time of the event. Returns true if an event is queued for from_ms or later. */
bool event_is_queued(const struct index *waiting, enum event_kind kind, uint32_t row, int64_t from_ms);

/* Runs the events that are due at the world's current time: the first `most` of them, or all. Returns how many ran. */
size_t events_run(struct world *w, size_t most);
size_t events_run_due(struct world *w);

/* Moves the clock to `until_ms` and runs each event on the way at its own time. Returns how many ran. */
size_t events_advance(struct world *w, int64_t until_ms);
