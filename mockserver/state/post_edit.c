/* What becomes of a post as a whole, and what is taken off it. */
#include "mockserver/state/post.h"

#include <assert.h>

#include "mockserver/state/changes.h"
#include "mockserver/state/places.h"
#include "mockserver/state/records.h"

/* Each removal changes the index that is walked. */
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

static struct post *edit_begin(struct world *w, uint32_t post, struct places *before)
{
    assert(!post_read(w, post)->removed_at_ms);
    places_of(w, RECORD_POST, post, before);
    return world_edit(w, RECORD_POST, post);
}

static void edit_end(struct world *w, uint32_t post, const struct places *before, const char *what)
{
    places_move(w, RECORD_POST, post, before);
    const char *state = record_state(w, RECORD_POST, post);
    changes_add(w, RECORD_POST, post, what, state, state);
    world_transition_done(w);
}

void post_revise(struct world *w, uint32_t post, const struct post *p)
{
    struct places before;
    struct post *kept = edit_begin(w, post, &before);
    kept->content = p->content;
    kept->text = world_text(w, p->text);
    kept->details = world_text(w, p->details);
    kept->draft = p->draft;
    kept->due_at_ms = p->due_at_ms;
    kept->updated_at_ms = world_now(w);
    edit_end(w, post, &before, "post_revise");
}

void post_remove(struct world *w, uint32_t post)
{
    struct places before;
    post_remove_destinations(w, post);
    struct post *kept = edit_begin(w, post, &before);
    kept->updated_at_ms = kept->removed_at_ms = world_now(w);
    edit_end(w, post, &before, "post_remove");
}
