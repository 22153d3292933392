/* json_parts.h - the parts of a run as JSON, written alike into the JSON report and the event
 * stream.
 *
 * Shapes:  every function adds members to a map that its caller has open; keys in snake_case and
 *          always all of them, in this order; null where there is nothing to say.
 * Units:   durations in microseconds (_us), instants as RFC 3339 text (_at).
 * Errors:  none. A body is cut at REPORT_BODY_MAX bytes, after its secrets were scrubbed.
 */
#pragma once
#include "base/json.h"
#include "conformance/report/report.h"

#define REPORT_VERSION  1
#define REPORT_BODY_MAX 65536

void json_parts_target(struct json *j, const struct run *r);
/* "exchange": which of its scenario it judged, from 0; null: nothing was sent */
void json_parts_check(struct json *j, const struct scenario_result *s, const struct check *c);
void json_parts_exchange(struct json *j, const struct secrets *secrets,
                         const struct exchange_record *x);
void json_parts_scenario(struct json *j, const struct scenario_result *s); /* without its checks */
void json_parts_outcome(struct json *j,
                        const struct run *r); /* counts, totals of the claims, exit */

/* Hands over what was collected and empties it. DEL and C1 controls, legal in JSON, are escaped:
 * the text may end on a terminal. */
void json_parts_flush(struct buf *text, struct writer *w);
