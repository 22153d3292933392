/* ids.h - generates public ids in a provider's format, from the world's seed and a counter; the
 * clock is not used.
 *
 * Shapes:  ID_ULID: 26 characters of Crockford's base 32; ID_UUID: a version 4 UUID; ID_HEX8: 8 hex
 *          digits; ID_CUID: 24 characters of lower-case base 36; ID_OPEN: for ids that the
 *          provider's documents show in both forms: ULIDs, in hostile mode also UUIDs.
 * Errors:  none. The same seed and the same sequence of calls give the same ids.
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

/* Returns an id that no record has. It lives in the world's string pool. */
const char *ids_mint(struct world *w, const char *prefix, enum id_form form);
/* Writes an id to `out`; does not check whether a record has it. */
void ids_write(struct world *w, const char *prefix, enum id_form form, char out[64]);
uint64_t ids_random(struct world *w); /* the next number of the world's random sequence */
