/* types.h - rejects a $none or $not whose value has another type than the member has elsewhere in the suite.
 *
 * Shapes:  what $none and $not exclude is compared with all other expectations of the same member of the same
 *          operation. `$none: { id: "7" }` proves nothing if the other scenarios expect an integer. A member that
 *          nothing else expects has no type.
 * Errors:  each such value, at its place, with the place of another expectation.
 */
#pragma once
#include "conformance/scenario/scenario.h"

bool types_check(const struct suite *suite, struct error *err);
