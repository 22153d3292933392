/* destination_edit.h - the common frame of every transition of a destination.
 *
 * Shapes:  call begin, write to e.destination, call end. The end updates the index entries and
 *          updated_at, adds to the change log and runs the check. e.destination is valid until
 *          another destination is edited or added.
 * Errors:  none.
 */
#pragma once
#include "mockserver/state/post.h"
#include "mockserver/state/record.h"

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
