/* fixture_records.h - a fixture's `records` and `moment`: a world as export.h writes it, or as somebody
 * wrote it by hand in the same words.
 *
 * Shapes:  `records` is a list a kind of record, its rows in order; they may name each other in any.
 *          Without a change log in `moment`, every record has just begun to exist, and waits for
 *          what it waits for.
 * Errors:  unknown kinds, fields and words, wrong types, records that are named and do not exist;
 *          then, of what can be read, all that breaks the world's invariants (world_check), each
 *          at its record.
 */
#pragma once
#include "mockserver/fixture.h"

/* `moment` may be NULL. `broken`: it says itself that invariants do not hold; they were not asked. */
bool fixture_records_read(const struct node *records, const struct node *moment,
                          const struct fixture_load *load, bool *broken);
