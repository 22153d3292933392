#include "mockserver/state/media.h"

#include <assert.h>

#include "base/enum.h"
#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"
#include "mockserver/state/world.h"

const char *const media_state_texts[] = {MEDIA_STATES(ENUM_TEXT)};

uint32_t media_create(struct world *w, uint32_t space, const struct media *spec)
{
    uint32_t row;
    struct media *m = table_add(&w->records[RECORD_MEDIA], &row);
    *m = *spec;
    m->space = space;
    m->provider = space_provider(w, space);
    m->public_id = world_text(w, spec->public_id);
    m->name = world_text(w, spec->name);
    m->content_type = world_text(w, spec->content_type);
    m->created_at_ms = spec->created_at_ms ? spec->created_at_ms : world_now(w);
    index_entries_add(w, RECORD_MEDIA, row);
    changes_add(w, RECORD_MEDIA, row, "media_create", NULL, media_state_texts[m->state]);
    world_transition_done(w);
    return row;
}

static void change_state(struct world *w, uint32_t row, enum media_state to, int64_t received, const char *what)
{
    struct index_entries before;
    index_entries_of(w, RECORD_MEDIA, row, &before);
    struct media *m = world_edit(w, RECORD_MEDIA, row);
    const char *from = media_state_texts[m->state];
    assert(m->state != MEDIA_REMOVED);
    m->state = to;
    m->received += received;
    m->removed_at_ms = to == MEDIA_REMOVED ? world_now(w) : 0;
    index_entries_move(w, RECORD_MEDIA, row, &before);
    changes_add(w, RECORD_MEDIA, row, what, from, media_state_texts[to]);
    world_transition_done(w);
}

void media_receive(struct world *w, uint32_t media, int64_t bytes)
{
    change_state(w, media, media_read(w, media)->state, bytes, "media_receive");
}

void media_complete(struct world *w, uint32_t media)
{
    assert(media_read(w, media)->state == MEDIA_UPLOADING);
    change_state(w, media, MEDIA_READY, 0, "media_complete");
}

void media_remove(struct world *w, uint32_t media)
{
    change_state(w, media, MEDIA_REMOVED, 0, "media_remove");
}

uint32_t media_find(const struct world *w, int provider, struct str public_id)
{
    return index_entries_find(w, RECORD_MEDIA, provider, public_id);
}

const struct media *media_read(const struct world *w, uint32_t row)
{
    return world_read(w, RECORD_MEDIA, row);
}
