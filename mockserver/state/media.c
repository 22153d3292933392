#include "mockserver/state/media.h"

#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"

const char *const media_state_texts[] = {MEDIA_STATES(ENUM_TEXT)};

static const struct record_field media_fields[] = {
    MEMBER_ID(media, public_id),
    MEMBER_REF(media, space, FIXED_NEEDED, RECORD_SPACE),
    MEMBER_TEXT(media, name, NEEDED),
    MEMBER_TEXT(media, content_type, NEEDED),
    MEMBER_ENUM(media, state, media_state_texts, MEDIA_STATE_COUNT),
    MEMBER_INT(media, size),
    MEMBER_INT(media, width),
    MEMBER_INT(media, height),
    MEMBER_INT(media, duration_ms),
    MEMBER_INT(media, received),
    MEMBER_TEXT(media, source_url, FREE),
    MEMBER_TEXT(media, problem, FREE),
    MEMBER_TIME(media, imported_at),
    MEMBER_TIME(media, created_at),
    MEMBER_TIME(media, removed_at),
};

static void add_entries(const struct world *w, const void *record, uint32_t row, struct index_entries *to)
{
    (void)w;
    const struct media *m = record;
    if (m->state != MEDIA_REMOVED)
        index_entries_put(to, INDEX_MEDIA_SPACE, m->space, -(int64_t)row, row);
}

static bool is_importing(const struct media *m)
{
    return m->state == MEDIA_UPLOADING && m->imported_at_ms;
}

static void queue_events(struct world *w, const void *record, uint32_t row)
{
    const struct media *m = record;
    if (is_importing(m))
        events_add(w, m->imported_at_ms, EVENT_MEDIA_IMPORTED, row);
}

static const char *check(const struct world *w, const struct index *waiting, uint32_t row)
{
    const struct media *m = media_read(w, row);
    if (!m->space || !m->name || !m->content_type)
        return "media must have a space, a name and a content type";
    if ((m->state == MEDIA_REMOVED) != (m->removed_at_ms != 0))
        return "'removed_at' must be set if and only if the media are removed";
    if (is_importing(m) && !event_is_queued(waiting, EVENT_MEDIA_IMPORTED, row, m->imported_at_ms))
        return "an import that has not ended must have an event that ends it";
    return NULL;
}

static enum keeping media_keeping(const struct world *w, uint32_t row)
{
    enum media_state state = media_read(w, row)->state;
    return state == MEDIA_UPLOADING ? KEEP : state == MEDIA_READY ? KEEP_COUNTED : KEEP_AGED;
}

const struct record_type media_record_type = {
    RECORD_TYPE(RECORD_MEDIA, media, public_id),
    .help = "metadata of a media file that posts can use",
    RECORD_PROVIDER(media),
    RECORD_STATE(media, state, media_state_texts, MEDIA_STATE_COUNT),
    .final_states = STATE_BIT(MEDIA_REMOVED),
    .keeping = media_keeping,
    .add_entries = add_entries,
    .queue_events = queue_events,
    .check = check,
};

uint32_t media_create(struct world *w, uint32_t space, const struct media *init)
{
    struct media m = *init;
    m.space = space;
    m.provider = space_provider(w, space);
    m.created_at_ms = init->created_at_ms ? init->created_at_ms : world_now(w);
    return record_create(w, RECORD_MEDIA, &m, TRANSITION_MEDIA_CREATE);
}

static void change_state(struct world *w, uint32_t row, enum media_state to, int64_t received,
                         enum transition_kind what)
{
    struct transition t;
    if (!world_require(w, media_read(w, row)->state != MEDIA_REMOVED))
        return;
    struct media *m = transition_begin(&t, w, RECORD_MEDIA, row);
    m->state = to;
    m->received += received;
    m->removed_at_ms = to == MEDIA_REMOVED ? world_now(w) : 0;
    transition_end(&t, what);
}

void media_receive(struct world *w, uint32_t media, int64_t bytes)
{
    change_state(w, media, media_read(w, media)->state, bytes, TRANSITION_MEDIA_RECEIVE);
}

void media_complete(struct world *w, uint32_t media)
{
    if (world_require(w, media_read(w, media)->state == MEDIA_UPLOADING))
        change_state(w, media, MEDIA_READY, 0, TRANSITION_MEDIA_COMPLETE);
}

void media_import_ends(struct world *w, uint32_t media)
{
    const struct media *m = media_read(w, media);
    if (!is_importing(m) || m->imported_at_ms > world_now(w))
        return; /* removed or changed */
    if (m->problem)
        change_state(w, media, MEDIA_FAILED, 0, TRANSITION_MEDIA_FAIL);
    else
        media_complete(w, media);
}

void media_remove(struct world *w, uint32_t media)
{
    change_state(w, media, MEDIA_REMOVED, 0, TRANSITION_MEDIA_REMOVE);
}

uint32_t media_find(const struct world *w, int provider, struct str public_id)
{
    return record_find_in(w, RECORD_MEDIA, provider, public_id);
}

const struct media *media_read(const struct world *w, uint32_t row)
{
    return world_read(w, RECORD_MEDIA, row);
}
