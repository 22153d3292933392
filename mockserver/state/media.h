/* media.h - a media file that posts can use: its metadata only, the bytes are not stored.
 *
 * Shapes:  media {space, name, content type, size, width, height, duration}; `received` is the number of bytes
 *          uploaded.
 *          An imported file comes from a URL: it is ready, or has failed with `problem`, at imported_at.
 * States:  uploading -> ready | failed; uploading | ready | failed -> removed (final).
 * Indexes: MEDIA_SPACE (space; newest first, without removed ones).
 * Units:   bytes, pixels, milliseconds; 0: unknown.
 */
#pragma once
#include "base/enum.h"
#include "base/str.h"
#include "mockserver/state/world.h"

#define MEDIA_STATES(X)                                                                                                \
    X(MEDIA_UPLOADING, "uploading")                                                                                    \
    X(MEDIA_READY, "ready")                                                                                            \
    X(MEDIA_REMOVED, "removed")                                                                                        \
    X(MEDIA_FAILED, "failed")
enum media_state { MEDIA_STATES(ENUM_NAME) MEDIA_STATE_COUNT };
extern const char *const media_state_texts[];

struct media {
    uint32_t space;
    int provider;
    const char *public_id, *name, *content_type;
    const char *source_url; /* of an import; NULL: uploaded by the client */
    const char *problem;    /* why the import fails; NULL: it succeeds */
    enum media_state state;
    int64_t size, width, height, duration_ms;
    int64_t received;
    int64_t imported_at_ms; /* when the import ends; 0: not an import, or one that ended at once */
    int64_t created_at_ms, removed_at_ms;
};

/* Adds a copy of `init` to the space. created_at_ms 0: now. Its import ends at imported_at_ms, unless that is 0. */
uint32_t media_create(struct world *w, uint32_t space, const struct media *init);
void media_receive(struct world *w, uint32_t media, int64_t bytes);
void media_complete(struct world *w, uint32_t media);
void media_remove(struct world *w, uint32_t media);

uint32_t media_find(const struct world *w, int provider, struct str public_id);
const struct media *media_read(const struct world *w, uint32_t row);
