/* failed.h - the scenarios of an earlier run with a failed or undecided check.
 *
 * Shapes:  their names, from its JSON report: those of any verdict but pass, not-applicable,
 *          disputed and known.
 * Errors:  a file that cannot be read, or is no JSON report of a run.
 */
#pragma once
#include "conformance/plan/plan.h"

/* Where nothing failed, one name that no scenario has: it selects none, and so checks nothing. */
bool failed_select(struct arena *a, const char *report, struct selection *out, struct error *err);
