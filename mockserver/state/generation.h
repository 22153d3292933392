/* generation.h - one use of the AI: what it made and what it cost.
 *
 * Shapes:  generation {space, kind, prompt, credits, media}. It never changes; creating one takes its credits from the
 *          organization. Only an image has media.
 * Indexes: GENERATION_SPACE (space; order = -created, newest first).
 * Units:   credits, of which a caption costs one; milliseconds.
 * Source:  "Generate image", "Generate caption".
 */
#pragma once
#include "base/enum.h"
#include "base/str.h"
#include "mockserver/state/world.h"

#define GENERATION_KINDS(X) X(GENERATION_IMAGE, "image") X(GENERATION_CAPTION, "caption")
enum generation_kind { GENERATION_KINDS(ENUM_NAME) GENERATION_KIND_COUNT };
extern const char *const generation_kind_texts[];

struct generation {
    uint32_t space;
    uint32_t media; /* ROW_NONE: captions */
    int provider;
    const char *public_id, *prompt;
    enum generation_kind kind;
    int64_t credits;
    int64_t created_at_ms;
};

/* Adds a copy of `init`, created now. The organization must have the credits. */
uint32_t generation_create(struct world *w, uint32_t space, const struct generation *init);
/* The credits that the space used from after_ms to before_ms, both included. */
int64_t generation_credits(const struct world *w, uint32_t space, int64_t after_ms, int64_t before_ms);

const struct generation *generation_read(const struct world *w, uint32_t row);
