/* post.h - content, a post of it, and the post's destinations: one per account.
 *
 * Shapes:  content (what can be posted) <- post {content, due, space} <- destination {post,
 *          account, mode, state, outcome}.
 * States:  destination queued -> publishing -> published | failed | draft; queued, held ->
 *          canceled. held -> queued (release). failed -> queued (retry). published, canceled and draft are ends. held: its
 *          post is a draft, never due. A dead token does not cancel: the destination fails when it
 *          is due, unless the token was recovered by then. What is removed stays as a record, in no
 *          list.
 * Indexes: CONTENT_ID, POST_ID, DESTINATION_ID (provider, public id); POST_SPACE, DESTINATION_SPACE
 *          (space; order minus due: latest first); DESTINATION_ACCOUNT (account and state; order
 *          due); DESTINATION_POST (post; order of creation).
 * Units:   milliseconds.
 */
#pragma once
#include "mockserver/state/account.h"

#define CONTENT_STATES(X) X(GENERATING, "generating") X(COMPLETED, "completed") X(FAILED, "failed")
enum content_state {
#define X(name, text) CONTENT_##name,
    CONTENT_STATES(X)
#undef X
        CONTENT_STATE_COUNT
};
extern const char *const content_state_texts[];

#define APPROVALS(X)                                                                               \
    X(NONE, "none") X(PENDING, "pending") X(APPROVED, "approved") X(REJECTED, "rejected")
enum approval {
#define X(name, text) APPROVAL_##name,
    APPROVALS(X)
#undef X
        APPROVAL_COUNT
};
extern const char *const approval_texts[];

#define PUBLISH_MODES(X) X(PUBLISH, "publish") X(DRAFT, "draft") X(MANAGED, "managed")
enum publish_mode {
#define X(name, text) MODE_##name,
    PUBLISH_MODES(X)
#undef X
        MODE_COUNT
};
extern const char *const publish_mode_texts[];

#define DESTINATION_STATES(X)                                                                      \
    X(QUEUED, "queued")                                                                            \
    X(PUBLISHING, "publishing")                                                                    \
    X(DRAFT, "draft")                                                                              \
    X(PUBLISHED, "published")                                                                      \
    X(FAILED, "failed")                                                                            \
    X(CANCELED, "canceled")                                                                        \
    X(HELD, "held")
enum destination_state {
#define X(name, text) DESTINATION_##name,
    DESTINATION_STATES(X)
#undef X
        DESTINATION_STATE_COUNT
};
extern const char *const destination_state_texts[];

/* Why a destination failed; `code` in the record is the tester's own word and wins. */
#define FAILURES(X)                                                                                \
    X(NONE, "none")                                                                                \
    X(TOKEN_DEAD, "token_dead")                                                                    \
    X(ACCOUNT_GONE, "account_gone") X(PLATFORM, "platform_error") X(FLAGGED, "account_flagged")
enum failure {
#define X(name, text) FAILURE_##name,
    FAILURES(X)
#undef X
        FAILURE_COUNT
};
extern const char *const failure_texts[];

struct content {
    uint32_t space;
    int provider;
    const char *public_id, *media_type, *caption, *name, *source;
    enum content_state state;
    enum approval approval;
    uint32_t decided_by; /* the key that approved or rejected it here, or ROW_NONE */
    const char *decision_note;
    int64_t created_at_ms, decided_at_ms;
};

struct post {
    uint32_t space, content;
    int provider;
    const char *public_id, *text;
    const char *details; /* the rest of what was asked for, as its provider writes it */
    bool draft;
    int64_t due_at_ms, created_at_ms, updated_at_ms;
    int64_t published_at_ms; /* when the first of its destinations was, even if that is removed */
    int64_t removed_at_ms;   /* 0: it is there */
};

struct destination {
    uint32_t post, account, space;
    int provider;
    const char *public_id;
    enum publish_mode mode;
    enum destination_state state;
    enum outcome outcome;
    enum failure failure;
    const char *failure_code; /* NULL: by `failure` */
    const char *caption;      /* NULL: the content's */
    const char *external_id, *external_url;
    int64_t due_at_ms, attempted_at_ms, published_at_ms, canceled_at_ms;
    int64_t created_at_ms, updated_at_ms;
    int64_t removed_at_ms; /* 0: its post goes there */
    int64_t attempts;      /* to publish it, so far */
};

struct destination_spec {
    uint32_t account;
    const char *public_id; /* NULL: none yet */
    enum publish_mode mode;
    const char *caption;
};

uint32_t content_create(struct world *w, uint32_t space, const struct content *c);
/* What waits for approval is approved or rejected, once. */
void content_decide(struct world *w, uint32_t content, enum approval approval, uint32_t key,
                    const char *note);
uint32_t post_schedule(struct world *w, uint32_t space, const struct post *p);
/* Other words, another time, draft or not. Nothing may be queued or held of it meanwhile. */
void post_revise(struct world *w, uint32_t post, const struct post *p);
/* A draft is one no more: what is held of it is queued, with an id that begins with `id_prefix`, and
 * due at its time, or now if that has passed. Answers how many are. */
uint32_t post_release(struct world *w, uint32_t post, const char *id_prefix);
void post_remove(struct world *w, uint32_t post); /* and all its destinations */
void post_remove_destinations(struct world *w, uint32_t post);
void account_leave_posts(struct world *w, uint32_t account); /* removes all its destinations */
/* Queued (or held, of a draft), due when its post is; a due time that has come is acted on by the next events_run_due. */
uint32_t destination_schedule(struct world *w, uint32_t post, const struct destination_spec *spec);
void destination_reschedule(struct world *w, uint32_t destination, int64_t due_at_ms);
void destination_cancel(struct world *w, uint32_t destination);
void destination_retry(struct world *w, uint32_t destination); /* one that failed: due now */
/* Takes it off its post; what was still to come is canceled. */
void destination_remove(struct world *w, uint32_t destination);
/* Wins over what is set for the account, but not over a dead token. */
void destination_set_outcome(struct world *w, uint32_t destination, enum outcome outcome,
                             const char *code);
void destination_due(struct world *w, uint32_t destination);          /* event */
void destination_publish_ends(struct world *w, uint32_t destination); /* event */
/* As a fixture says it: straight into a state, with what that state implies, without passing
 * through the others. It is as old as its post, which is older than its due time; whatever became
 * of it did so when it was due. */
void destination_place(struct world *w, uint32_t destination, enum destination_state state,
                       enum failure failure, const char *external_url);

uint32_t content_find(const struct world *w, int provider, struct str public_id);
uint32_t post_find(const struct world *w, int provider, struct str public_id);
uint32_t destination_find(const struct world *w, int provider, struct str public_id);
const struct content *content_read(const struct world *w, uint32_t row);
const struct post *post_read(const struct world *w, uint32_t row);
const struct destination *destination_read(const struct world *w, uint32_t row);
