/* destination_edit.h - one edit of a destination: what every transition of it has in common.
 *
 * Shapes:  begin, write e.destination, end: its places, updated_at, the change log and the check
 *          follow. The pointer is valid until another destination is edited or added.
 * Errors:  none.
 */
#pragma once
#include "mockserver/state/index_entries.h"
#include "mockserver/state/post.h"

struct destination_edit {
    struct world *w;
    uint32_t row;
    struct index_entries before;
    const char *from;
    struct destination *destination;
};

struct destination_edit destination_edit_begin(struct world *w, uint32_t row);
void destination_edit_end(const struct destination_edit *e, const char *what);
void destination_edit_end_at(const struct destination_edit *e, const char *what, int64_t at_ms);
