#include "mockserver/state/post.h"

#include <assert.h>

#include "base/enum.h"
#include "mockserver/state/destination_edit.h"
#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"
#include "mockserver/state/world.h"

#define X(name, text) text,
const char *const content_state_texts[] = {CONTENT_STATES(X)};
const char *const approval_texts[] = {APPROVALS(X)};
const char *const publish_mode_texts[] = {PUBLISH_MODES(X)};
const char *const destination_state_texts[] = {DESTINATION_STATES(X)};
const char *const failure_texts[] = {FAILURES(X)};
#undef X

static uint32_t finish_create(struct world *w, enum record_kind kind, uint32_t row, const char *what)
{
    index_entries_add(w, kind, row);
    changes_add(w, kind, row, what, NULL, record_state(w, kind, row));
    world_transition_done(w);
    return row;
}

uint32_t content_create(struct world *w, uint32_t space, const struct content *c)
{
    uint32_t row;
    struct content *kept = table_add(&w->records[RECORD_CONTENT], &row);
    *kept = (struct content){
        .space = space,
        .provider = space_provider(w, space),
        .public_id = world_text(w, c->public_id),
        .media_type = world_text(w, c->media_type),
        .caption = world_text(w, c->caption),
        .name = world_text(w, c->name),
        .source = world_text(w, c->source),
        .state = c->state,
        .approval = c->approval,
        .created_at_ms = c->created_at_ms ? c->created_at_ms : world_now(w),
    };
    return finish_create(w, RECORD_CONTENT, row, "content_create");
}

void content_decide(struct world *w, uint32_t content, enum approval approval, uint32_t key, const char *note)
{
    struct content *x = world_edit(w, RECORD_CONTENT, content);
    const char *state = record_state(w, RECORD_CONTENT, content);
    assert(x->approval == APPROVAL_PENDING && (approval == APPROVAL_APPROVED || approval == APPROVAL_REJECTED));
    x->approval = approval;
    x->decided_by = key;
    x->decision_note = world_text(w, note);
    x->decided_at_ms = world_now(w);
    changes_add(w, RECORD_CONTENT, content, approval == APPROVAL_APPROVED ? "content_approve" : "content_reject", state,
                state);
    world_transition_done(w);
}

uint32_t post_schedule(struct world *w, uint32_t space, const struct post *p)
{
    uint32_t row;
    int64_t created_ms = p->created_at_ms ? p->created_at_ms : world_now(w);
    struct post *kept = table_add(&w->records[RECORD_POST], &row);
    *kept = (struct post){
        .space = space,
        .content = p->content,
        .provider = space_provider(w, space),
        .public_id = world_text(w, p->public_id),
        .text = world_text(w, p->text),
        .details = world_text(w, p->details),
        .draft = p->draft,
        .due_at_ms = p->due_at_ms,
        .created_at_ms = created_ms,
        .updated_at_ms = p->updated_at_ms ? p->updated_at_ms : created_ms,
    };
    return finish_create(w, RECORD_POST, row, "post_schedule");
}

uint32_t destination_schedule(struct world *w, uint32_t post, const struct destination_spec *spec)
{
    const struct post *p = post_read(w, post);
    assert(account_is_listed(account_read(w, spec->account)));
    uint32_t row;
    int64_t now = world_now(w);
    struct destination *d = table_add(&w->records[RECORD_DESTINATION], &row);
    *d = (struct destination){
        .post = post,
        .account = spec->account,
        .space = p->space,
        .provider = p->provider,
        .public_id = world_text(w, spec->public_id),
        .mode = spec->mode,
        .state = p->draft ? DESTINATION_HELD : DESTINATION_QUEUED,
        .caption = world_text(w, spec->caption),
        .due_at_ms = p->due_at_ms,
        .created_at_ms = now,
        .updated_at_ms = now,
    };
    if (d->state == DESTINATION_QUEUED)
        events_add(w, d->due_at_ms, EVENT_POST_DUE, row);
    return finish_create(w, RECORD_DESTINATION, row, "destination_schedule");
}

struct destination_edit destination_edit_begin(struct world *w, uint32_t row)
{
    struct destination_edit e = {.w = w, .row = row, .from = record_state(w, RECORD_DESTINATION, row)};
    index_entries_of(w, RECORD_DESTINATION, row, &e.before);
    e.destination = world_edit(w, RECORD_DESTINATION, row);
    return e;
}

void destination_edit_end(const struct destination_edit *e, const char *what)
{
    destination_edit_end_at(e, what, world_now(e->w));
}

void destination_edit_end_at(const struct destination_edit *e, const char *what, int64_t at_ms)
{
    e->destination->updated_at_ms = at_ms;
    index_entries_move(e->w, RECORD_DESTINATION, e->row, &e->before);
    changes_add(e->w, RECORD_DESTINATION, e->row, what, e->from, destination_state_texts[e->destination->state]);
    world_transition_done(e->w);
}

void destination_reschedule(struct world *w, uint32_t destination, int64_t due_at_ms)
{
    struct destination_edit e = destination_edit_begin(w, destination);
    assert(e.destination->state == DESTINATION_QUEUED);
    e.destination->due_at_ms = due_at_ms;
    events_add(w, due_at_ms, EVENT_POST_DUE, destination);
    destination_edit_end(&e, "destination_reschedule");
}

void destination_retry(struct world *w, uint32_t destination)
{
    struct destination_edit e = destination_edit_begin(w, destination);
    assert(e.destination->state == DESTINATION_FAILED);
    e.destination->state = DESTINATION_QUEUED;
    e.destination->failure = FAILURE_NONE;
    e.destination->failure_code = NULL;
    e.destination->attempted_at_ms = 0;
    e.destination->due_at_ms = world_now(w);
    events_add(w, e.destination->due_at_ms, EVENT_POST_DUE, destination);
    destination_edit_end(&e, "destination_retry");
}

static bool is_waiting(const struct destination *d)
{
    return d->state == DESTINATION_QUEUED || d->state == DESTINATION_HELD;
}

void destination_cancel(struct world *w, uint32_t destination)
{
    struct destination_edit e = destination_edit_begin(w, destination);
    assert(is_waiting(e.destination));
    e.destination->state = DESTINATION_CANCELED;
    e.destination->canceled_at_ms = world_now(w);
    destination_edit_end(&e, "destination_cancel");
}

/* Works in any state. Events that are still queued for it do nothing. */
void destination_remove(struct world *w, uint32_t destination)
{
    struct destination_edit e = destination_edit_begin(w, destination);
    assert(!e.destination->removed_at_ms);
    if (is_waiting(e.destination)) {
        e.destination->state = DESTINATION_CANCELED;
        e.destination->canceled_at_ms = world_now(w);
    }
    e.destination->removed_at_ms = world_now(w);
    destination_edit_end(&e, "destination_remove");
}

void destination_set_outcome(struct world *w, uint32_t destination, enum outcome outcome, const char *code)
{
    struct destination_edit e = destination_edit_begin(w, destination);
    e.destination->outcome = outcome;
    e.destination->failure_code = world_text(w, code);
    destination_edit_end(&e, "destination_set_outcome");
}

uint32_t content_find(const struct world *w, int provider, struct str public_id)
{
    return index_entries_find(w, RECORD_CONTENT, provider, public_id);
}

uint32_t post_find(const struct world *w, int provider, struct str public_id)
{
    return index_entries_find(w, RECORD_POST, provider, public_id);
}

uint32_t destination_find(const struct world *w, int provider, struct str public_id)
{
    return index_entries_find(w, RECORD_DESTINATION, provider, public_id);
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

/* Starts over after each removal, since it changes the index. */
static void remove_all(struct world *w, enum world_index index, int64_t key)
{
    for (;;) {
        struct index_walk walk;
        index_from(&w->indexes[index], &walk, (struct index_entry){key, INT64_MIN, 0});
        if (!index_next_of(&walk, key))
            return;
        destination_remove(w, walk.entry.row);
    }
}

void account_leave_posts(struct world *w, uint32_t account)
{
    for (enum destination_state i = 0; i < DESTINATION_STATE_COUNT; i++)
        remove_all(w, INDEX_DESTINATION_ACCOUNT, index_pair_key(account, i));
}

void post_remove_destinations(struct world *w, uint32_t post)
{
    remove_all(w, INDEX_DESTINATION_POST, post);
}

static struct post *edit_begin(struct world *w, uint32_t post, struct index_entries *before)
{
    assert(!post_read(w, post)->removed_at_ms);
    index_entries_of(w, RECORD_POST, post, before);
    return world_edit(w, RECORD_POST, post);
}

static void edit_end(struct world *w, uint32_t post, const struct index_entries *before, const char *what)
{
    index_entries_move(w, RECORD_POST, post, before);
    const char *state = record_state(w, RECORD_POST, post);
    changes_add(w, RECORD_POST, post, what, state, state);
    world_transition_done(w);
}

void post_revise(struct world *w, uint32_t post, const struct post *p)
{
    struct index_entries before;
    struct post *kept = edit_begin(w, post, &before);
    kept->content = p->content;
    kept->text = world_text(w, p->text);
    kept->details = world_text(w, p->details);
    kept->draft = p->draft;
    kept->due_at_ms = p->due_at_ms;
    kept->updated_at_ms = world_now(w);
    edit_end(w, post, &before, "post_revise");
}

static void release_destination(struct world *w, uint32_t destination, const char *id_prefix)
{
    struct destination_edit e = destination_edit_begin(w, destination);
    e.destination->state = DESTINATION_QUEUED;
    e.destination->public_id = ids_mint(w, id_prefix, ID_ULID);
    events_add(w, e.destination->due_at_ms, EVENT_POST_DUE, destination);
    destination_edit_end(&e, "destination_release");
}

uint32_t post_release(struct world *w, uint32_t post, const char *id_prefix)
{
    const struct index *index = &w->indexes[INDEX_DESTINATION_POST];
    struct index_entry from = {post, INT64_MIN, 0};
    struct index_walk walk;
    struct index_entries before;
    uint32_t count = 0;
    struct post *kept = edit_begin(w, post, &before);
    assert(kept->draft);
    kept->draft = false;
    kept->updated_at_ms = world_now(w);
    edit_end(w, post, &before, "post_release");
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
    struct index_entries before;
    post_remove_destinations(w, post);
    struct post *kept = edit_begin(w, post, &before);
    kept->updated_at_ms = kept->removed_at_ms = world_now(w);
    edit_end(w, post, &before, "post_remove");
}
