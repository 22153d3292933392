#include "mockserver/state/library.h"

#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"

const char *const library_kind_texts[] = {LIBRARY_KINDS(ENUM_TEXT)};
static const char *const state_texts[] = {LIBRARY_STATES(ENUM_TEXT)};

static const struct record_field library_item_fields[] = {
    MEMBER_ID(library_item, public_id),
    MEMBER_REF(library_item, space, FIXED_NEEDED, RECORD_SPACE),
    MEMBER_ENUM(library_item, kind, library_kind_texts, LIBRARY_KIND_COUNT),
    MEMBER_TEXT(library_item, details, NEEDED),
    MEMBER_TIME(library_item, created_at),
    MEMBER_TIME(library_item, updated_at),
    MEMBER_TIME(library_item, removed_at),
};

static int state_of(const void *record)
{
    const struct library_item *i = record;
    return i->removed_at_ms ? LIBRARY_REMOVED : LIBRARY_LISTED;
}

static void add_entries(const struct world *w, const void *record, uint32_t row, struct index_entries *to)
{
    (void)w;
    const struct library_item *i = record;
    if (!i->removed_at_ms)
        index_entries_put(to, INDEX_LIBRARY_SPACE, index_pair_key(i->space, i->kind), -i->updated_at_ms, row);
}

static const char *check(const struct world *w, const struct index *waiting, uint32_t row)
{
    (void)waiting;
    const struct library_item *i = library_item_read(w, row);
    return i->space && i->details ? NULL : "a library item must have a space and details";
}

const struct record_type library_item_record_type = {
    RECORD_TYPE(RECORD_LIBRARY_ITEM, library_item, public_id),
    .help = "a template, a preset, a brand or an audio track of a space",
    RECORD_PROVIDER(library_item),
    RECORD_STATE_COMPUTED(state_of, state_texts, LIBRARY_STATE_COUNT),
    .final_states = STATE_BIT(LIBRARY_REMOVED),
    .add_entries = add_entries,
    .check = check,
};

uint32_t library_item_create(struct world *w, uint32_t space, const struct library_item *init)
{
    struct library_item i = *init;
    i.space = space;
    i.provider = space_provider(w, space);
    i.created_at_ms = init->created_at_ms ? init->created_at_ms : world_now(w);
    i.updated_at_ms = init->updated_at_ms ? init->updated_at_ms : i.created_at_ms;
    return record_create(w, RECORD_LIBRARY_ITEM, &i, TRANSITION_LIBRARY_ITEM_CREATE);
}

void library_item_update(struct world *w, uint32_t row, const char *details)
{
    struct transition t;
    if (!world_require(w, !library_item_read(w, row)->removed_at_ms))
        return;
    struct library_item *i = transition_begin(&t, w, RECORD_LIBRARY_ITEM, row);
    i->details = world_text(w, details);
    i->updated_at_ms = world_now(w);
    transition_end(&t, TRANSITION_LIBRARY_ITEM_UPDATE);
}

void library_item_remove(struct world *w, uint32_t row)
{
    struct transition t;
    if (!world_require(w, !library_item_read(w, row)->removed_at_ms))
        return;
    struct library_item *i = transition_begin(&t, w, RECORD_LIBRARY_ITEM, row);
    i->removed_at_ms = world_now(w);
    transition_end(&t, TRANSITION_LIBRARY_ITEM_REMOVE);
}

uint32_t library_item_find(const struct world *w, int provider, struct str public_id)
{
    return record_find_in(w, RECORD_LIBRARY_ITEM, provider, public_id);
}

const struct library_item *library_item_read(const struct world *w, uint32_t row)
{
    return world_read(w, RECORD_LIBRARY_ITEM, row);
}
