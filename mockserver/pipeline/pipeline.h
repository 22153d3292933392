/* pipeline.h - START HERE: the phases of a request.
 *
 * Shapes:  pipeline_run runs the table of phases in pipeline.c from top to bottom. Each row says which calls it applies
 *          to. A phase may suspend the call (runtime/suspend.h); when the call wakes, it continues with the next phase.
 *          A refused call continues too: rules are evaluated for it, because a rule may replace the refusal with its
 *          own response.
 * Units:   -
 * Errors:  none.
 */
#pragma once
#include "mockserver/provider_api/call.h"

/* Responds to the call. The exchange's `reply` may free the call. */
void pipeline_run(struct call *c);
/* False if the call is refused whatever its body is: the body is too large, there is no such route, or the key or the
 * admin token is not valid. True if rules could change that. Has no effects. */
bool pipeline_admits(struct call *c);
/* Writes the complete response of a refused request that does not run through the pipeline. */
void pipeline_render_error(struct call *c);
