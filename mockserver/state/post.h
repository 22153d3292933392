/* post.h - content, posts of that content, and each post's destinations (one per account).
 *
 * Shapes:  content <- post {content, due, space} <- destination {post, account, mode, state, outcome}.
 * States:  destination: queued -> publishing -> published | failed | draft; queued | held -> canceled; held -> queued
 *          (release); failed -> queued (retry). published, canceled and draft are final. held: the post is a draft, so
 *          the destination is never due. A lost token does not cancel a destination: it fails when it is due, unless
 *          the account has been reconnected by then. Removed posts and destinations stay as records but are not listed.
 * Indexes: POST_SPACE, DESTINATION_SPACE (space; order = -due, latest first); POST_CAMPAIGN (campaign);
 *          DESTINATION_ACCOUNT (account and state; order = due); DESTINATION_POST (post; order of creation);
 *          DESTINATION_LEFT (likewise, those with `account_left`: they are not listed, but the status of their post
 *          still counts them).
 * Units:   milliseconds.
 */
#pragma once
#include "base/enum.h"
#include "mockserver/state/account.h"

#define CONTENT_STATES(X)                                                                                              \
    X(CONTENT_GENERATING, "generating")                                                                                \
    X(CONTENT_COMPLETED, "completed")                                                                                  \
    X(CONTENT_FAILED, "failed")
enum content_state { CONTENT_STATES(ENUM_NAME) CONTENT_STATE_COUNT };
extern const char *const content_state_texts[];

#define APPROVALS(X)                                                                                                   \
    X(APPROVAL_NONE, "none")                                                                                           \
    X(APPROVAL_PENDING, "pending")                                                                                     \
    X(APPROVAL_APPROVED, "approved")                                                                                   \
    X(APPROVAL_REJECTED, "rejected")
enum approval { APPROVALS(ENUM_NAME) APPROVAL_COUNT };
extern const char *const approval_texts[];

#define PUBLISH_MODES(X) X(MODE_PUBLISH, "publish") X(MODE_DRAFT, "draft") X(MODE_MANAGED, "managed")
enum publish_mode { PUBLISH_MODES(ENUM_NAME) MODE_COUNT };
extern const char *const publish_mode_texts[];

#define DESTINATION_STATES(X)                                                                                          \
    X(DESTINATION_QUEUED, "queued")                                                                                    \
    X(DESTINATION_PUBLISHING, "publishing")                                                                            \
    X(DESTINATION_DRAFT, "draft")                                                                                      \
    X(DESTINATION_PUBLISHED, "published")                                                                              \
    X(DESTINATION_FAILED, "failed")                                                                                    \
    X(DESTINATION_CANCELED, "canceled")                                                                                \
    X(DESTINATION_HELD, "held")
enum destination_state { DESTINATION_STATES(ENUM_NAME) DESTINATION_STATE_COUNT };
extern const char *const destination_state_texts[];

/* Why a destination failed. `failure_code` in the record, set by a test, takes precedence. */
#define FAILURES(X)                                                                                                    \
    X(FAILURE_NONE, "none")                                                                                            \
    X(FAILURE_TOKEN_DEAD, "token_dead")                                                                                \
    X(FAILURE_ACCOUNT_GONE, "account_gone")                                                                            \
    X(FAILURE_PLATFORM, "platform_error")                                                                              \
    X(FAILURE_FLAGGED, "account_flagged")                                                                              \
    X(FAILURE_LIMITED, "scope_missing")                                                                                \
    X(FAILURE_UNPREPARED, "account_unprepared")
enum failure { FAILURES(ENUM_NAME) FAILURE_COUNT };
extern const char *const failure_texts[];

struct content {
    uint32_t space;
    int provider;
    const char *public_id, *media_type, *caption, *name, *source;
    enum content_state state;
    enum approval approval;
    uint32_t decided_by; /* the key that approved or rejected it, or ROW_NONE */
    const char *decision_note;
    int64_t created_at_ms, decided_at_ms;
};

struct post {
    uint32_t space, content;
    uint32_t campaign; /* ROW_NONE: none */
    int provider;
    const char *public_id, *text;
    const char *details; /* the rest of the request, in the provider's own format */
    bool draft;
    bool video; /* it shows a video: Instagram publishes it as a reel. Content has this as its media_type instead */
    int64_t due_at_ms, created_at_ms, updated_at_ms;
    int64_t published_at_ms; /* of the first destination that was published; removal keeps it */
    int64_t removed_at_ms;   /* 0: not removed */
};

struct destination {
    uint32_t post, account, space;
    int provider;
    const char *public_id;
    enum publish_mode mode;
    enum destination_state state;
    enum outcome outcome;
    enum failure failure;
    const char *failure_code; /* NULL: from `failure` */
    const char *caption;      /* NULL: the content's */
    const char *external_id, *external_url;
    int64_t due_at_ms, attempted_at_ms, published_at_ms, canceled_at_ms;
    int64_t created_at_ms, updated_at_ms;
    int64_t removed_at_ms; /* 0: not removed */
    bool account_left;     /* removed with its account after an attempt began: its outcome still counts */
    int64_t attempts;      /* number of publish attempts */
};

/* content_create, post_schedule and destination_schedule add a copy of `init`. Times that are 0: now. */
uint32_t content_create(struct world *w, uint32_t space, const struct content *init);
/* Approves or rejects content whose approval is pending. */
void content_decide(struct world *w, uint32_t content, enum approval approval, uint32_t key, const char *note);
uint32_t post_schedule(struct world *w, uint32_t space, const struct post *init);
/* Replaces content, text, details, draft, video and due time, and forgets when the post was published. The post must
 * have no queued or held destination: call post_remove_destinations first. */
void post_revise(struct world *w, uint32_t post, const struct post *to);
/* Turns a draft into a scheduled post: queues its held destinations under new ids that begin with `id_prefix`, due at
 * their time, or now if that has passed. Returns how many were queued. */
uint32_t post_release(struct world *w, uint32_t post, const char *id_prefix);
void post_remove(struct world *w, uint32_t post); /* and removes all its destinations */
void post_leave_campaign(struct world *w, uint32_t post);
void post_remove_destinations(struct world *w, uint32_t post); /* their outcomes no longer count */
/* Removes all destinations of the account. The outcomes of those that were attempted still count. */
void account_leave_posts(struct world *w, uint32_t account);
/* Adds a destination that is due when its post is: queued, or held if the post is a draft. If that time has passed, the
 * next events_run_due publishes it. */
uint32_t destination_schedule(struct world *w, uint32_t post, const struct destination *init);
void destination_reschedule(struct world *w, uint32_t destination, int64_t due_at_ms);
void destination_cancel(struct world *w, uint32_t destination);
void destination_retry(struct world *w, uint32_t destination); /* failed only; due now */
/* Takes precedence over account_set_outcome. A token that is lost before publishing begins still fails the publish.
 * Once the destination is publishing, the outcome decides it, whatever happens to the account. */
void destination_set_outcome(struct world *w, uint32_t destination, enum outcome outcome, const char *code);
/* For fixtures: sets any state directly, together with the members that the state implies. The destination is created
 * when its post is, and reached the state when it was due. external_url NULL: generated. */
void destination_place(struct world *w, uint32_t destination, enum destination_state state, enum failure failure,
                       const char *external_url);

uint32_t content_find(const struct world *w, int provider, struct str public_id);
uint32_t post_find(const struct world *w, int provider, struct str public_id);
uint32_t destination_find(const struct world *w, int provider, struct str public_id);
const struct content *content_read(const struct world *w, uint32_t row);
const struct post *post_read(const struct world *w, uint32_t row);
const struct destination *destination_read(const struct world *w, uint32_t row);
