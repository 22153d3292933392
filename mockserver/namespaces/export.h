/* export.h - a world as a fixture: JSON, which is YAML, that loads back to the same world.
 *
 * Shapes:  {world, seed, clock, timings, consent, webhooks, rules, records, moment}. `records` is
 *          {kind: [record, ...]} in the words of state/records.h, without what is none, false or 0;
 *          a record is named by its id, or by its number in its list (from 1) where the id is not
 *          the only one or there is none. `runtime_state` is what else the world knows at this instant:
 *          ids minted, the change log, events to come, rate limits used, answers kept, a tester's
 *          wishes. fixture/records.c reads it.
 *          The journal stays behind, and rules count anew.
 * Units:   times are ISO 8601 text with milliseconds; milliseconds as a number where no text can
 *          say them.
 * Errors:  none. Keys and secrets of the mock stand in it.
 */
#pragma once
#include "base/json.h"
#include "mockserver/namespaces/namespaces.h"

void export_namespace(struct arena *a, const struct namespace *ns, struct buf *out);
