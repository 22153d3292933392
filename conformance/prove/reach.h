/* reach.h - which scenarios an entry of mutants.yaml can change. If all its rules act on calls of named operations, it
 * changes nothing for a scenario that calls none of them: that scenario runs as on the unchanged mock.
 *
 * Shapes:  struct reach: for each scenario of a plan the operations that its steps, flows and cleanups call. A call
 *          that operations.yaml does not have may be a call of any operation.
 * Errors:  none.
 */
#pragma once
#include "conformance/plan/plan.h"
#include "conformance/prove/mutants.h"

struct reach {
    const struct operations *operations; /* NULL: every entry reaches every scenario */
    const struct plan *plan;
    bool *calls; /* for each scenario of the plan a row: each operation, then "any operation" */
};

struct reach reach_of(struct arena *a, const struct plan *plan, const struct operations *operations);
/* Returns for each scenario of the plan whether the entry can change what it sees; true for a control, because no claim
 * of any scenario may hold on it. */
const bool *reach_entry(struct arena *a, const struct reach *r, const struct entry *e);
