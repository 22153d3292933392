/* Transitions of a whole post, and the removal of destinations. */
#include "mockserver/state/post.h"

#include <assert.h>

#include "mockserver/state/changes.h"
#include "mockserver/state/destination_edit.h"
#include "mockserver/state/events.h"
#include "mockserver/state/ids.h"
#include "mockserver/state/records.h"

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
