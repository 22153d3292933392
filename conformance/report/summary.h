/* summary.h - the summary of a run as text: failure cards, then the totals.
 *
 * Shapes:  failure cards are grouped by scenario. Blocked and undecided checks are counted by
 *          cause. A run without failures has only the totals. The last line is the tally, for
 *          example: 312 checks, 312 passed, 0 failed
 * Errors:  none.
 */
#pragma once
#include "conformance/report/text_layout.h"

void summary_put(struct text_layout *t, const struct run *r);
