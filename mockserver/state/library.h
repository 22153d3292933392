/* library.h - items from which posts of a space are made: templates, presets, brands, audio tracks.
 *
 * Shapes:  library_item {space, kind, details}: `details` is a JSON object in the provider's own format, without the
 *          id. An item of the kind generation is not listed by an API: it says what a generated post of the space is.
 * States:  listed -> removed (final).
 * Indexes: LIBRARY_SPACE (space and kind; most recently updated first, without removed ones).
 * Units:   milliseconds.
 */
#pragma once
#include "base/enum.h"
#include "base/str.h"
#include "mockserver/state/world.h"

#define LIBRARY_KINDS(X)                                                                                               \
    X(LIBRARY_TEMPLATE, "template")                                                                                    \
    X(LIBRARY_PRESET, "preset")                                                                                        \
    X(LIBRARY_BRAND, "brand")                                                                                          \
    X(LIBRARY_AUDIO, "audio")                                                                                          \
    X(LIBRARY_GENERATION, "generation")
enum library_kind { LIBRARY_KINDS(ENUM_NAME) LIBRARY_KIND_COUNT };
extern const char *const library_kind_texts[];

#define LIBRARY_STATES(X) X(LIBRARY_LISTED, "listed") X(LIBRARY_REMOVED, "removed")
enum library_state { LIBRARY_STATES(ENUM_NAME) LIBRARY_STATE_COUNT };

struct library_item {
    uint32_t space;
    int provider;
    const char *public_id, *details;
    enum library_kind kind;
    int64_t created_at_ms, updated_at_ms, removed_at_ms;
};

/* Adds a copy of `init` to the space. created_at_ms 0: now; updated_at_ms 0: when it was created. */
uint32_t library_item_create(struct world *w, uint32_t space, const struct library_item *init);
void library_item_update(struct world *w, uint32_t row, const char *details);
void library_item_remove(struct world *w, uint32_t row);

uint32_t library_item_find(const struct world *w, int provider, struct str public_id);
const struct library_item *library_item_read(const struct world *w, uint32_t row);
