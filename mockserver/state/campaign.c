#include "mockserver/state/campaign.h"

#include "mockserver/state/post.h"
#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"

const char *const campaign_state_texts[] = {CAMPAIGN_STATES(ENUM_TEXT)};

static const struct record_field campaign_fields[] = {
    MEMBER_ID(campaign, public_id),      MEMBER_REF(campaign, space, FIXED_NEEDED, RECORD_SPACE),
    MEMBER_TEXT(campaign, name, NEEDED), MEMBER_TEXT(campaign, description, FREE),
    MEMBER_TEXT(campaign, color, FREE),  MEMBER_ENUM(campaign, state, campaign_state_texts, CAMPAIGN_STATE_COUNT),
    MEMBER_TIME(campaign, created_at),   MEMBER_TIME(campaign, updated_at),
    MEMBER_TIME(campaign, removed_at),
};

static void add_entries(const struct world *w, const void *record, uint32_t row, struct index_entries *to)
{
    (void)w;
    const struct campaign *c = record;
    if (c->state != CAMPAIGN_REMOVED)
        index_entries_put(to, INDEX_CAMPAIGN_SPACE, c->space, -(int64_t)row, row);
}

/* The space of each of its posts is its own. */
static bool posts_valid(const struct world *w, uint32_t row)
{
    struct index_walk walk;
    index_from(&w->indexes[INDEX_POST_CAMPAIGN], &walk, (struct index_entry){row, INT64_MIN, 0});
    while (index_next_of(&walk, row))
        if (post_read(w, walk.entry.row)->space != campaign_read(w, row)->space)
            return false;
    return true;
}

static const char *check(const struct world *w, const struct index *waiting, uint32_t row)
{
    (void)waiting;
    const struct campaign *c = campaign_read(w, row);
    if (!c->space || !c->name)
        return "a campaign must have a space and a name";
    if ((c->state == CAMPAIGN_REMOVED) != (c->removed_at_ms != 0))
        return "'removed_at' must be set if and only if the campaign is removed";
    if (c->state == CAMPAIGN_REMOVED && campaign_count_posts(w, row))
        return "a removed campaign must have no posts";
    return posts_valid(w, row) ? NULL : "the posts of a campaign must be in its space";
}

const struct record_type campaign_record_type = {
    RECORD_TYPE(RECORD_CAMPAIGN, campaign, public_id),
    .help = "a named group of posts",
    RECORD_PROVIDER(campaign),
    RECORD_STATE(campaign, state, campaign_state_texts, CAMPAIGN_STATE_COUNT),
    .final_states = STATE_BIT(CAMPAIGN_REMOVED),
    .add_entries = add_entries,
    .check = check,
};

uint32_t campaign_create(struct world *w, uint32_t space, const struct campaign *init)
{
    struct campaign c = *init;
    c.space = space;
    c.provider = space_provider(w, space);
    c.created_at_ms = init->created_at_ms ? init->created_at_ms : world_now(w);
    c.updated_at_ms = init->updated_at_ms ? init->updated_at_ms : c.created_at_ms;
    return record_create(w, RECORD_CAMPAIGN, &c, TRANSITION_CAMPAIGN_CREATE);
}

void campaign_update(struct world *w, uint32_t campaign, const struct campaign *to)
{
    struct transition t;
    if (!world_require(w, campaign_read(w, campaign)->state != CAMPAIGN_REMOVED && to->state != CAMPAIGN_REMOVED))
        return;
    struct campaign *c = transition_begin(&t, w, RECORD_CAMPAIGN, campaign);
    c->name = world_text(w, to->name);
    c->description = world_text(w, to->description);
    c->color = world_text(w, to->color);
    c->state = to->state;
    c->updated_at_ms = world_now(w);
    transition_end(&t, TRANSITION_CAMPAIGN_UPDATE);
}

/* Starts over after each post, since it changes the index. */
static void remove_posts(struct world *w, uint32_t campaign)
{
    for (;;) {
        struct index_walk walk;
        index_from(&w->indexes[INDEX_POST_CAMPAIGN], &walk, (struct index_entry){campaign, INT64_MIN, 0});
        if (!index_next_of(&walk, campaign))
            return;
        post_leave_campaign(w, walk.entry.row);
    }
}

void campaign_remove(struct world *w, uint32_t campaign)
{
    if (!world_require(w, campaign_read(w, campaign)->state != CAMPAIGN_REMOVED))
        return;
    remove_posts(w, campaign);
    struct transition t;
    struct campaign *c = transition_begin(&t, w, RECORD_CAMPAIGN, campaign);
    c->state = CAMPAIGN_REMOVED;
    c->removed_at_ms = world_now(w);
    transition_end(&t, TRANSITION_CAMPAIGN_REMOVE);
}

uint32_t campaign_count_posts(const struct world *w, uint32_t campaign)
{
    return index_count_of(&w->indexes[INDEX_POST_CAMPAIGN], campaign);
}

uint32_t campaign_find(const struct world *w, int provider, struct str public_id)
{
    return record_find_in(w, RECORD_CAMPAIGN, provider, public_id);
}

const struct campaign *campaign_read(const struct world *w, uint32_t row)
{
    return world_read(w, RECORD_CAMPAIGN, row);
}
