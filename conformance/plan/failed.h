/* failed.h - selects the failed and undecided scenarios of an earlier run, for --failed.
 *
 * Shapes:  the names come from the run's JSON report: every scenario whose verdict is not pass,
 *          not-applicable, disputed or known.
 * Errors:  the file cannot be read, or is not a JSON report of a run.
 */
#pragma once
#include "conformance/plan/plan.h"

/* If no scenario failed, selects none: out->names is then one empty name, which matches nothing. */
bool failed_select(struct arena *a, const char *report, struct selection *out, struct error *err);
