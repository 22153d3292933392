/* export.h - writes the state of a namespace as a fixture: JSON (which is also YAML) that loads back to the same state.
 *
 * Shapes:  {name, seed, clock, timings, consent, hostile, webhooks, rules, records, runtime_state}. `records` is {kind:
 *          [record, ...]} with the field names of record_type.h; fields that are null, false, 0 or empty are omitted.
 *          A reference is the id of a record, or its number in its list (from 1) if it has no id or the id is not
 *          unique. `runtime_state` is the rest of the state: generated ids, change log, scheduled events, rate limit
 *          usage, responses kept for an Idempotency-Key, pending simulations. fixture/records.c reads both. The journal
 *          and the counters of the rules are not exported.
 * Units:   times are ISO 8601 text with milliseconds, or a number of milliseconds if ISO 8601 cannot express them.
 * Errors:  none. The output contains API keys and secrets.
 */
#pragma once
#include "base/json.h"
#include "mockserver/runtime/namespaces.h"

struct mock;
struct export;
/* Begins to export the state as it is now; later changes do not affect it. The export, with a copy of the state whose
 * pages are shared until one of the two is changed, is released with the arena. Take the first piece at once: it has
 * the rules. `m` frees the copy in steps; NULL: at once. */
struct export *export_begin(struct arena *a, struct mock *m, const struct namespace *ns);
/* Appends the next piece, some 64 KiB. Returns false if it was the last one. */
bool export_next(struct export *e, struct buf *out);

void export_namespace(struct arena *a, const struct namespace *ns, struct buf *out); /* appends all pieces */
