/* isolation.h - expands isolation.yaml, the table of operations and strangers, into ordinary scenarios.
 *
 * Shapes:  isolation.yaml, beside claims.yaml, is {owner, compare, reasons, strangers, rows}. A row is an operation of
 *          operations.yaml, and a stranger is a kind of caller that must not reach what belongs to `owner`. A cell of a
 *          row is `refused`, `own` (the call succeeds, but shows nothing of the owner), a map that says more, or the
 *          name of a reason why the cell does not apply. Each cell that applies becomes the scenario
 *          isolation/OPERATION/STRANGER with these steps: the row's `setup`; the owner's call, which must succeed
 *          (`works`); what the owner sees (`before`); the stranger's call (`stranger`); the same call for an unknown
 *          id, whose response must be the same (`unknown`); and what the owner sees now, which must be the same as
 *          before (`after`). docs/isolation.md describes the file.
 * Errors:  unknown keys, operations, strangers and reasons, two rows of one operation; with file:line:col. An operation
 *          without a row, and a row without a cell, is a gap, which `lint --complete` reports.
 */
#pragma once
#include "conformance/scenario/scenario.h"

/* Is called with each scenario, as the map that a scenario file would contain. */
typedef void isolation_fn(void *ctx, const struct node *root);

/* Returns false, and errors, if the file is invalid. */
bool isolation_expand(struct arena *a, const char *path, const struct catalogue *c, isolation_fn *fn, void *ctx,
                      struct isolation *out, struct error *err);
