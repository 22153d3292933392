#include "mockserver/state/post.h"

#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"

const char *const content_state_texts[] = {CONTENT_STATES(ENUM_TEXT)};
const char *const approval_texts[] = {APPROVALS(ENUM_TEXT)};
const char *const publish_mode_texts[] = {PUBLISH_MODES(ENUM_TEXT)};
const char *const destination_state_texts[] = {DESTINATION_STATES(ENUM_TEXT)};
const char *const failure_texts[] = {FAILURES(ENUM_TEXT)};

static const struct record_field content_fields[] = {
    MEMBER_ID(content, public_id),
    MEMBER_REF(content, space, FIXED_NEEDED, RECORD_SPACE),
    MEMBER_TEXT(content, media_type, FREE),
    MEMBER_TEXT(content, caption, FREE),
    MEMBER_TEXT(content, name, FREE),
    MEMBER_TEXT(content, source, FREE),
    MEMBER_ENUM(content, state, content_state_texts, CONTENT_STATE_COUNT),
    MEMBER_ENUM(content, approval, approval_texts, APPROVAL_COUNT),
    MEMBER_REF(content, decided_by, FREE, RECORD_KEY),
    MEMBER_TEXT(content, decision_note, FREE),
    MEMBER_TIME(content, created_at),
    MEMBER_TIME(content, decided_at),
};

static const char *check_content(const struct world *w, const struct index *waiting, uint32_t row)
{
    (void)waiting;
    const struct content *x = content_read(w, row);
    if (!x->space)
        return "content must belong to a space";
    bool decided = x->approval == APPROVAL_APPROVED || x->approval == APPROVAL_REJECTED;
    return x->decided_at_ms && !decided ? "'decided_at' must be null unless 'approval' is approved or rejected" : NULL;
}

/* Posts can be made of it; no post refers to it. */
static enum keeping content_keeping(const struct world *w, uint32_t row)
{
    return content_read(w, row)->state == CONTENT_GENERATING ? KEEP : KEEP_COUNTED;
}

const struct record_type content_record_type = {
    RECORD_TYPE(RECORD_CONTENT, content, public_id),
    .help = "content that can be posted",
    RECORD_PROVIDER(content),
    RECORD_STATE(content, state, content_state_texts, CONTENT_STATE_COUNT),
    .keeping = content_keeping,
    .check = check_content,
};

/* clang-format off */
static const struct record_field post_fields[] = {
    MEMBER_ID(post, public_id),
    MEMBER_REF(post, space, FIXED_NEEDED, RECORD_SPACE),
    MEMBER_REF(post, content, FREE, RECORD_CONTENT),
    MEMBER_REF(post, campaign, FREE, RECORD_CAMPAIGN),
    MEMBER_TEXT(post, text, FREE),
    MEMBER_TEXT(post, details, FIXED),
    MEMBER_BOOL(post, draft),
    MEMBER_BOOL(post, video),
    MEMBER_TIME(post, due_at),
    MEMBER_TIME(post, created_at),
    MEMBER_TIME(post, updated_at),
    MEMBER_TIME(post, published_at),
    MEMBER_TIME(post, removed_at),
};
/* clang-format on */

static void add_post_entries(const struct world *w, const void *record, uint32_t row, struct index_entries *to)
{
    (void)w;
    const struct post *p = record;
    if (p->removed_at_ms)
        return;
    index_entries_put(to, INDEX_POST_SPACE, p->space, -p->due_at_ms, row);
    if (p->campaign)
        index_entries_put(to, INDEX_POST_CAMPAIGN, p->campaign, 0, row);
}

/* Uses the clock, not world_now: an event that runs late has a time in the past. */
static bool in_future(const struct world *w, int64_t at_ms)
{
    return at_ms > clock_now(&w->clock);
}

/* 0: not set. */
static bool not_before(int64_t created_ms, int64_t at_ms)
{
    return !at_ms || at_ms >= created_ms;
}

static const char *check_post(const struct world *w, const struct index *waiting, uint32_t row)
{
    (void)waiting;
    const struct post *p = post_read(w, row);
    if (!p->space)
        return "a post must belong to a space";
    if (in_future(w, p->created_at_ms))
        return "a post's 'created_at' must not be in the future";
    if (!not_before(p->created_at_ms, p->updated_at_ms) || !not_before(p->created_at_ms, p->published_at_ms))
        return "a post's 'updated_at' and 'published_at' must not be before its 'created_at'";
    return NULL;
}

static bool has_open(const struct world *w, enum world_index index, uint32_t post)
{
    struct index_walk walk;
    index_from(&w->indexes[index], &walk, (struct index_entry){post, INT64_MIN, 0});
    while (index_next_of(&walk, post)) {
        enum destination_state state = destination_read(w, walk.entry.row)->state;
        if (state == DESTINATION_QUEUED || state == DESTINATION_HELD || state == DESTINATION_PUBLISHING)
            return true;
    }
    return false;
}

/* A failed destination can be retried as long as its post is kept. */
static enum keeping post_keeping(const struct world *w, uint32_t row)
{
    const struct post *p = post_read(w, row);
    bool goes_on = (p->draft && !p->removed_at_ms) || has_open(w, INDEX_DESTINATION_POST, row) ||
                   has_open(w, INDEX_DESTINATION_LEFT, row);
    return goes_on ? KEEP : KEEP_AGED;
}

const struct record_type post_record_type = {
    RECORD_TYPE(RECORD_POST, post, public_id),
    .help = "content with the time at which it is due",
    RECORD_PROVIDER(post),
    .add_entries = add_post_entries,
    .keeping = post_keeping,
    .check = check_post,
};

static const struct record_field destination_fields[] = {
    MEMBER_ID(destination, public_id),
    MEMBER_OWNER(destination, post, FIXED_NEEDED, RECORD_POST),
    MEMBER_REF(destination, account, NEEDED, RECORD_ACCOUNT),
    MEMBER_REF(destination, space, FIXED_NEEDED, RECORD_SPACE),
    MEMBER_ENUM(destination, mode, publish_mode_texts, MODE_COUNT),
    MEMBER_ENUM(destination, state, destination_state_texts, DESTINATION_STATE_COUNT),
    MEMBER_ENUM(destination, outcome, outcome_texts, OUTCOME_COUNT),
    MEMBER_ENUM(destination, failure, failure_texts, FAILURE_COUNT),
    MEMBER_TEXT(destination, failure_code, FREE),
    MEMBER_TEXT(destination, caption, FREE),
    MEMBER_TEXT(destination, external_id, FREE),
    MEMBER_TEXT(destination, external_url, FREE),
    MEMBER_TIME(destination, due_at),
    MEMBER_TIME(destination, attempted_at),
    MEMBER_TIME(destination, published_at),
    MEMBER_TIME(destination, canceled_at),
    MEMBER_TIME(destination, created_at),
    MEMBER_TIME(destination, updated_at),
    MEMBER_TIME(destination, removed_at),
    MEMBER_BOOL(destination, account_left),
    MEMBER_INT(destination, attempts),
};

static void add_destination_entries(const struct world *w, const void *record, uint32_t row, struct index_entries *to)
{
    (void)w;
    const struct destination *d = record;
    if (d->account_left)
        index_entries_put(to, INDEX_DESTINATION_LEFT, d->post, row, row);
    if (d->removed_at_ms)
        return;
    index_entries_put(to, INDEX_DESTINATION_SPACE, d->space, -d->due_at_ms, row);
    index_entries_put(to, INDEX_DESTINATION_ACCOUNT, index_pair_key(d->account, d->state), d->due_at_ms, row);
    index_entries_put(to, INDEX_DESTINATION_POST, d->post, row, row);
}

static void queue_destination_events(struct world *w, const void *record, uint32_t row)
{
    const struct destination *d = record;
    if (d->state == DESTINATION_QUEUED)
        events_add(w, d->due_at_ms, EVENT_POST_DUE, row);
    else if (d->state == DESTINATION_PUBLISHING)
        events_add(w, d->attempted_at_ms + w->timings.publish_ms, EVENT_PUBLISH_ENDS, row);
}

/* Which members each state of a destination implies. */
/* clang-format off */
static const struct implied {
    bool attempted, published, failed, canceled;
} implied[DESTINATION_STATE_COUNT] = {
    [DESTINATION_QUEUED]     = {0},
    [DESTINATION_PUBLISHING] = {.attempted = true},
    [DESTINATION_DRAFT]      = {.attempted = true},
    [DESTINATION_PUBLISHED]  = {.attempted = true, .published = true},
    [DESTINATION_FAILED]     = {.attempted = true, .failed = true},
    [DESTINATION_CANCELED]   = {.canceled = true},
    [DESTINATION_HELD]       = {0},
};
/* clang-format on */

static const char *check_destination(const struct world *w, const struct index *waiting, uint32_t row)
{
    const struct destination *d = destination_read(w, row);
    const struct implied *is = &implied[d->state];
    if (!d->post || !d->account)
        return "a destination must have a post and an account";
    const struct account *a = account_read(w, d->account);
    const struct post *p = post_read(w, d->post);
    if (d->space != p->space || d->space != a->space || d->provider != p->provider)
        return "a destination must have the same space and provider as its post and its account";
    if (is->attempted != (d->attempted_at_ms != 0))
        return "'attempted_at' must be set if and only if the destination is publishing, draft, published or failed";
    if (is->published != (d->published_at_ms != 0) || is->published != (d->external_id != NULL) ||
        is->published != (d->external_url != NULL))
        return "'published_at', 'external_id' and 'external_url' must be set if and only if the "
               "destination is published";
    if (in_future(w, d->created_at_ms))
        return "a destination's 'created_at' must not be in the future";
    if (!not_before(d->created_at_ms, d->attempted_at_ms) || !not_before(d->created_at_ms, d->published_at_ms) ||
        !not_before(d->created_at_ms, d->canceled_at_ms) || !not_before(d->created_at_ms, d->updated_at_ms))
        return "a destination's other times must not be before its 'created_at'";
    if (is->failed != (d->failure != FAILURE_NONE))
        return "'failure' must be none if and only if the destination did not fail";
    if (is->canceled != (d->canceled_at_ms != 0))
        return "'canceled_at' must be set if and only if the destination is canceled";
    bool is_open = d->state == DESTINATION_QUEUED || d->state == DESTINATION_HELD;
    if (is_open && (!account_is_listed(a) || d->removed_at_ms))
        return "a queued or held destination must not be removed, and its account must be connected";
    if (d->account_left && (!d->removed_at_ms || !d->attempted_at_ms))
        return "'account_left' requires 'removed_at' and 'attempted_at'";
    if (p->removed_at_ms && !d->removed_at_ms)
        return "all destinations of a removed post must be removed";
    if (d->state == DESTINATION_QUEUED && !event_is_queued(waiting, EVENT_POST_DUE, row, d->due_at_ms))
        return "the event queue has no publish event for the queued destination";
    if (d->state == DESTINATION_PUBLISHING && !event_is_queued(waiting, EVENT_PUBLISH_ENDS, row, INT64_MIN))
        return "the event queue has no end event for the publishing destination";
    return NULL;
}

const struct record_type destination_record_type = {
    RECORD_TYPE(RECORD_DESTINATION, destination, public_id),
    .help = "one post at one account",
    RECORD_PROVIDER(destination),
    RECORD_STATE(destination, state, destination_state_texts, DESTINATION_STATE_COUNT),
    .final_states = STATE_BIT(DESTINATION_DRAFT) | STATE_BIT(DESTINATION_PUBLISHED) | STATE_BIT(DESTINATION_CANCELED),
    .add_entries = add_destination_entries,
    .queue_events = queue_destination_events,
    .check = check_destination,
};

uint32_t content_create(struct world *w, uint32_t space, const struct content *init)
{
    struct content c = *init;
    c.space = space;
    c.provider = space_provider(w, space);
    c.created_at_ms = init->created_at_ms ? init->created_at_ms : world_now(w);
    return record_create(w, RECORD_CONTENT, &c, TRANSITION_CONTENT_CREATE);
}

void content_decide(struct world *w, uint32_t content, enum approval approval, uint32_t key, const char *note)
{
    struct transition t;
    if (!world_require(w, content_read(w, content)->approval == APPROVAL_PENDING) ||
        !world_require(w, approval == APPROVAL_APPROVED || approval == APPROVAL_REJECTED))
        return;
    struct content *c = transition_begin(&t, w, RECORD_CONTENT, content);
    c->approval = approval;
    c->decided_by = key;
    c->decision_note = world_text(w, note);
    c->decided_at_ms = world_now(w);
    transition_end(&t, approval == APPROVAL_APPROVED ? TRANSITION_CONTENT_APPROVE : TRANSITION_CONTENT_REJECT);
}

uint32_t post_schedule(struct world *w, uint32_t space, const struct post *init)
{
    struct post p = *init;
    p.space = space;
    p.provider = space_provider(w, space);
    p.created_at_ms = init->created_at_ms ? init->created_at_ms : world_now(w);
    p.updated_at_ms = init->updated_at_ms ? init->updated_at_ms : p.created_at_ms;
    return record_create(w, RECORD_POST, &p, TRANSITION_POST_SCHEDULE);
}

/* NULL: the post is removed. */
static struct post *begin_post(struct transition *t, struct world *w, uint32_t post)
{
    if (!world_require(w, !post_read(w, post)->removed_at_ms))
        return NULL;
    struct post *p = transition_begin(t, w, RECORD_POST, post);
    p->updated_at_ms = world_now(w);
    return p;
}

void post_revise(struct world *w, uint32_t post, const struct post *to)
{
    struct transition t;
    struct post *p = begin_post(&t, w, post);
    if (!p)
        return;
    p->content = to->content;
    p->campaign = to->campaign;
    p->text = world_text(w, to->text);
    p->details = world_text(w, to->details);
    p->draft = to->draft;
    p->video = to->video;
    p->due_at_ms = to->due_at_ms;
    p->published_at_ms = 0;
    transition_end(&t, TRANSITION_POST_REVISE);
}

uint32_t destination_schedule(struct world *w, uint32_t post, const struct destination *init)
{
    const struct post *p = post_read(w, post);
    if (!world_require(w, account_is_listed(account_read(w, init->account))))
        return ROW_NONE;
    struct destination d = *init;
    d.post = post;
    d.space = p->space;
    d.provider = p->provider;
    d.state = p->draft ? DESTINATION_HELD : DESTINATION_QUEUED;
    d.due_at_ms = p->due_at_ms;
    d.created_at_ms = d.updated_at_ms = world_now(w);
    return record_create(w, RECORD_DESTINATION, &d, TRANSITION_DESTINATION_SCHEDULE);
}

static struct destination *begin_destination(struct transition *t, struct world *w, uint32_t destination)
{
    struct destination *d = transition_begin(t, w, RECORD_DESTINATION, destination);
    d->updated_at_ms = world_now(w);
    return d;
}

void destination_reschedule(struct world *w, uint32_t destination, int64_t due_at_ms)
{
    struct transition t;
    if (!world_require(w, destination_read(w, destination)->state == DESTINATION_QUEUED))
        return;
    struct destination *d = begin_destination(&t, w, destination);
    d->due_at_ms = due_at_ms;
    events_add(w, due_at_ms, EVENT_POST_DUE, destination);
    transition_end(&t, TRANSITION_DESTINATION_RESCHEDULE);
}

void destination_retry(struct world *w, uint32_t destination)
{
    struct transition t;
    if (!world_require(w, destination_read(w, destination)->state == DESTINATION_FAILED))
        return;
    struct destination *d = begin_destination(&t, w, destination);
    d->state = DESTINATION_QUEUED;
    d->failure = FAILURE_NONE;
    d->failure_code = NULL;
    d->attempted_at_ms = 0;
    d->due_at_ms = world_now(w);
    events_add(w, d->due_at_ms, EVENT_POST_DUE, destination);
    transition_end(&t, TRANSITION_DESTINATION_RETRY);
}

static bool is_waiting(const struct destination *d)
{
    return d->state == DESTINATION_QUEUED || d->state == DESTINATION_HELD;
}

void destination_cancel(struct world *w, uint32_t destination)
{
    struct transition t;
    if (!world_require(w, is_waiting(destination_read(w, destination))))
        return;
    struct destination *d = begin_destination(&t, w, destination);
    d->state = DESTINATION_CANCELED;
    d->canceled_at_ms = world_now(w);
    transition_end(&t, TRANSITION_DESTINATION_CANCEL);
}

/* Removes it from its post; cancels it if it is queued or held. A destination that is publishing goes on. With
 * `account_left` the outcome of an attempt, also of the present one, still counts for the post; else no longer. */
static void destination_remove(struct world *w, uint32_t destination, bool account_left)
{
    struct transition t;
    struct destination *d = begin_destination(&t, w, destination);
    if (is_waiting(d)) {
        d->state = DESTINATION_CANCELED;
        d->canceled_at_ms = world_now(w);
    }
    d->account_left = account_left && d->attempted_at_ms;
    if (!d->removed_at_ms)
        d->removed_at_ms = world_now(w);
    transition_end(&t, TRANSITION_DESTINATION_REMOVE);
}

void destination_set_outcome(struct world *w, uint32_t destination, enum outcome outcome, const char *code)
{
    struct transition t;
    struct destination *d = begin_destination(&t, w, destination);
    d->outcome = outcome;
    d->failure_code = world_text(w, code);
    transition_end(&t, TRANSITION_DESTINATION_SET_OUTCOME);
}

/* Starts over after each removal, since it changes the index. */
static void remove_all(struct world *w, enum world_index index, int64_t key, bool account_left)
{
    for (;;) {
        struct index_walk walk;
        index_from(&w->indexes[index], &walk, (struct index_entry){key, INT64_MIN, 0});
        if (!index_next_of(&walk, key))
            return;
        destination_remove(w, walk.entry.row, account_left);
    }
}

void account_leave_posts(struct world *w, uint32_t account)
{
    for (enum destination_state i = 0; i < DESTINATION_STATE_COUNT; i++)
        remove_all(w, INDEX_DESTINATION_ACCOUNT, index_pair_key(account, i), true);
}

void post_remove_destinations(struct world *w, uint32_t post)
{
    remove_all(w, INDEX_DESTINATION_POST, post, false);
    remove_all(w, INDEX_DESTINATION_LEFT, post, false);
}

static void release_destination(struct world *w, uint32_t destination, const char *id_prefix)
{
    struct transition t;
    struct destination *d = begin_destination(&t, w, destination);
    d->state = DESTINATION_QUEUED;
    d->public_id = ids_mint(w, id_prefix, ID_ULID);
    events_add(w, d->due_at_ms, EVENT_POST_DUE, destination);
    transition_end(&t, TRANSITION_DESTINATION_RELEASE);
}

uint32_t post_release(struct world *w, uint32_t post, const char *id_prefix)
{
    const struct index *index = &w->indexes[INDEX_DESTINATION_POST];
    struct index_entry from = {post, INT64_MIN, 0};
    struct index_walk walk;
    struct transition t;
    uint32_t count = 0;
    if (!world_require(w, post_read(w, post)->draft))
        return 0;
    struct post *p = begin_post(&t, w, post);
    if (!p)
        return 0;
    p->draft = false;
    transition_end(&t, TRANSITION_POST_RELEASE);
    for (;;) {
        index_from(index, &walk, from); /* start over: each release edits the index */
        if (!index_next_of(&walk, post))
            return count;
        from = walk.entry;
        from.row++;
        if (destination_read(w, walk.entry.row)->state != DESTINATION_HELD)
            continue;
        release_destination(w, walk.entry.row, id_prefix);
        count++;
    }
}

void post_remove(struct world *w, uint32_t post)
{
    post_remove_destinations(w, post);
    struct transition t;
    struct post *p = begin_post(&t, w, post);
    if (!p)
        return;
    p->removed_at_ms = world_now(w);
    transition_end(&t, TRANSITION_POST_REMOVE);
}

void post_leave_campaign(struct world *w, uint32_t post)
{
    struct transition t;
    if (!world_require(w, post_read(w, post)->campaign))
        return;
    struct post *p = transition_begin(&t, w, RECORD_POST, post);
    p->campaign = ROW_NONE;
    transition_end(&t, TRANSITION_POST_LEAVE_CAMPAIGN);
}

uint32_t content_find(const struct world *w, int provider, struct str public_id)
{
    return record_find_in(w, RECORD_CONTENT, provider, public_id);
}

uint32_t post_find(const struct world *w, int provider, struct str public_id)
{
    return record_find_in(w, RECORD_POST, provider, public_id);
}

uint32_t destination_find(const struct world *w, int provider, struct str public_id)
{
    return record_find_in(w, RECORD_DESTINATION, provider, public_id);
}

const struct content *content_read(const struct world *w, uint32_t row)
{
    return world_read(w, RECORD_CONTENT, row);
}

const struct post *post_read(const struct world *w, uint32_t row)
{
    return world_read(w, RECORD_POST, row);
}

const struct destination *destination_read(const struct world *w, uint32_t row)
{
    return world_read(w, RECORD_DESTINATION, row);
}
