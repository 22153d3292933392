/* discard.h - frees states in steps, so that the end of a large one delays no other call.
 *
 * Shapes:  a state is freed at once as far as DISCARD_PAGES reach; the rest is freed in turns (turns.h), beside the
 *          calls. Without an event loop it is freed at once.
 * Units:   pages, of some KiB.
 * Errors:  none.
 */
#pragma once
#include "mockserver/state/world.h"

#define DISCARD_PAGES 512 /* some MiB; less than a millisecond */

struct mock;
struct discarded;

struct discarded *discarded_new(struct mock *m);
void discarded_free(struct discarded *d); /* frees what is left; NULL: no-op */

/* Takes the state; w may be NULL. */
void mock_discard(struct mock *m, struct world *w);
/* Lets the arena discard the state at its end, which may be after that of the mock. */
void mock_discard_with(struct arena *a, struct mock *m, struct world *w);
