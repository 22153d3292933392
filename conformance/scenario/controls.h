/* controls.h - rejects scenarios that pass on a server that sends the same response to everybody.
 *
 * Shapes:  a control is a step that such a server fails. A cited refusal needs a step that must succeed. A cited
 *          success needs a reference, a step that may change something before it, or the same call that is refused.
 *          A reference that an earlier call of the same operation read counts only in $none or $not, unless a step
 *          between them may change something.
 * Errors:  at the first step that cites a claim; a write of which only the status is expected, at its `expect`.
 */
#pragma once
#include "conformance/scenario/validate.h"

bool validate_controls(struct validation *c, const struct scenario *sc);

bool step_decides(const struct step *s); /* it cites a claim or settles a dispute */
