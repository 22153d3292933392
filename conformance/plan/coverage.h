/* coverage.h - lists the claims of a catalogue that no scenario cites.
 *
 * Shapes:  claims and disputes in the order of the catalogue. A dispute is settled by a step with a
 *          one_of. Coverage comes from the scenario files only; a run decides what holds.
 * Errors:  none.
 */
#pragma once
#include "conformance/scenario/scenario.h"

struct coverage {
    size_t cited, unobservable;         /* numbers of claims */
    const struct claim *const *uncited; /* observable claims that no scenario cites */
    size_t uncited_count;
    const struct dispute *const *unsettled;
    size_t unsettled_count;
};

struct coverage coverage_of(struct arena *a, const struct suite *suite, const struct catalogue *c);
