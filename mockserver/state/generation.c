#include "mockserver/state/generation.h"

#include "mockserver/state/media.h"
#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"

const char *const generation_kind_texts[] = {GENERATION_KINDS(ENUM_TEXT)};

static const struct record_field generation_fields[] = {
    MEMBER_ID(generation, public_id),
    MEMBER_REF(generation, space, FIXED_NEEDED, RECORD_SPACE),
    MEMBER_REF(generation, media, FREE, RECORD_MEDIA),
    MEMBER_ENUM(generation, kind, generation_kind_texts, GENERATION_KIND_COUNT),
    MEMBER_TEXT(generation, prompt, NEEDED),
    MEMBER_INT(generation, credits),
    MEMBER_TIME(generation, created_at),
};

static void add_entries(const struct world *w, const void *record, uint32_t row, struct index_entries *to)
{
    (void)w;
    const struct generation *g = record;
    index_entries_put(to, INDEX_GENERATION_SPACE, g->space, -g->created_at_ms, row);
}

static const char *check(const struct world *w, const struct index *waiting, uint32_t row)
{
    (void)waiting;
    const struct generation *g = generation_read(w, row);
    if (!g->space || !g->prompt)
        return "a generation must have a space and a prompt";
    if ((g->kind == GENERATION_IMAGE) != (g->media != ROW_NONE))
        return "'media' must be set if and only if the generation is an image";
    if (g->media && media_read(w, g->media)->space != g->space)
        return "the media of a generation must be in the same space";
    return NULL;
}

const struct record_type generation_record_type = {
    RECORD_TYPE(RECORD_GENERATION, generation, public_id),
    .help = "one use of the AI, with its cost",
    RECORD_PROVIDER(generation),
    .add_entries = add_entries,
    .check = check,
};

uint32_t generation_create(struct world *w, uint32_t space, const struct generation *init)
{
    uint32_t organization = space_read(w, space)->organization;
    int64_t left = organization_read(w, organization)->credits - init->credits;
    struct generation g = *init;
    if (!world_require(w, left >= 0))
        return ROW_NONE;
    g.space = space;
    g.provider = space_provider(w, space);
    g.created_at_ms = world_now(w);
    organization_set_credits(w, organization, left);
    return record_create(w, RECORD_GENERATION, &g, TRANSITION_GENERATION_CREATE);
}

int64_t generation_credits(const struct world *w, uint32_t space, int64_t after_ms, int64_t before_ms)
{
    struct index_walk walk;
    int64_t sum = 0;
    index_from(&w->indexes[INDEX_GENERATION_SPACE], &walk, (struct index_entry){space, -before_ms, 0});
    while (index_next_of(&walk, space)) {
        const struct generation *g = generation_read(w, walk.entry.row);
        if (g->created_at_ms < after_ms)
            break;
        sum += g->credits;
    }
    return sum;
}

const struct generation *generation_read(const struct world *w, uint32_t row)
{
    return world_read(w, RECORD_GENERATION, row);
}
