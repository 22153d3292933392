/* ids.h - public ids: in a provider's format, from the world's seed and a counter, never from the
 * clock.
 *
 * Shapes:  ID_ULID: 26 characters of Crockford's base 32; ID_UUID: a version 4 UUID; ID_HEX8: 8 hex
 *          digits; ID_CUID: 24 characters of lower-case base 36; ID_OPEN: where documents show both:
 *          ULIDs, in a hostile world UUIDs among them.
 * Errors:  none. The same world, asked in the same order, mints the same ids.
 */
#pragma once
#include "mockserver/state/world.h"

enum id_form {
    ID_ULID,
    ID_UUID,
    ID_HEX8,
    ID_CUID,
    ID_OPEN,
};

const char *ids_mint(struct world *w, const char *prefix,
                     enum id_form form); /* kept in the world's texts */
void ids_write(struct world *w, const char *prefix, enum id_form form, char out[64]); /* not kept */
uint64_t ids_random(struct world *w); /* the next number of the world's own sequence */
