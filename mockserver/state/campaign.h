/* campaign.h - a named group of posts.
 *
 * Shapes:  campaign {space, name, description, color}; a post refers to at most one campaign of its space.
 * States:  active <-> archived; active | archived -> removed (final). Removal takes its posts out of the campaign and
 *          changes nothing else about them.
 * Indexes: CAMPAIGN_SPACE (space; newest first, without removed ones); POST_CAMPAIGN (post.h).
 * Units:   milliseconds.
 * Source:  "Campaigns".
 */
#pragma once
#include "base/enum.h"
#include "base/str.h"
#include "mockserver/state/world.h"

#define CAMPAIGN_STATES(X)                                                                                             \
    X(CAMPAIGN_ACTIVE, "active")                                                                                       \
    X(CAMPAIGN_ARCHIVED, "archived")                                                                                   \
    X(CAMPAIGN_REMOVED, "removed")
enum campaign_state { CAMPAIGN_STATES(ENUM_NAME) CAMPAIGN_STATE_COUNT };
extern const char *const campaign_state_texts[];

struct campaign {
    uint32_t space;
    int provider;
    const char *public_id, *name, *description, *color;
    enum campaign_state state;
    int64_t created_at_ms, updated_at_ms, removed_at_ms;
};

/* Adds a copy of `init` to the space. created_at_ms 0: now. */
uint32_t campaign_create(struct world *w, uint32_t space, const struct campaign *init);
/* Sets name, description, color and state. */
void campaign_update(struct world *w, uint32_t campaign, const struct campaign *to);
void campaign_remove(struct world *w, uint32_t campaign);
uint32_t campaign_count_posts(const struct world *w, uint32_t campaign); /* without removed ones */

uint32_t campaign_find(const struct world *w, int provider, struct str public_id);
const struct campaign *campaign_read(const struct world *w, uint32_t row);
