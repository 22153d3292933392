/* coverage.h - which claims are cited by a scenario, and which are not.
 *
 * Shapes:  of one catalogue, in its order. A dispute counts as cited when a step settles it.
 * Errors:  none. This is `cited`; what was exercised and proved only a run can tell.
 */
#pragma once
#include "conformance/scenario/load.h"

struct coverage {
    size_t cited, unobservable;         /* of the catalogue's claims */
    const struct claim *const *uncited; /* observable, and no scenario cites them */
    size_t uncited_count;
    const struct dispute *const *unsettled;
    size_t unsettled_count;
};

struct coverage coverage_of(struct arena *a, const struct suite *suite, const struct catalogue *c);
