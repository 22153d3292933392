/* summary.h - the summary of a run as text: what failed, as failure cards, then the totals.
 *
 * Shapes:  short when green; when red, failure cards grouped by scenario first. What was blocked or
 *          could not be decided is counted under its cause. The last line is the tally: 312 checks,
 *          312 passed, 0 failed.
 * Errors:  none.
 */
#pragma once
#include "conformance/report/text_layout.h"

void summary_put(struct text_layout *t, const struct run *r);
