/* json_parts.h - the parts of a run as JSON, shared by the JSON report and the event stream.
 *
 * Shapes:  every function adds members to a map that the caller has opened. Keys are snake_case and
 *          always present, in the same order; a missing value is null.
 * Units:   durations in microseconds (_us), times as RFC 3339 text (_at).
 * Errors:  none. A body is scrubbed of secrets, then cut at REPORT_BODY_MAX bytes.
 */
#pragma once
#include "base/json.h"
#include "conformance/report/report.h"

#define REPORT_VERSION  1
#define REPORT_BODY_MAX 65536

void json_parts_target(struct json *j, const struct run *r);
/* "exchange" is the index of the exchange in the scenario, from 0; null: no request was sent. */
void json_parts_check(struct json *j, const struct scenario_result *s, const struct check *c);
void json_parts_exchange(struct json *j, const struct secrets *secrets, const struct exchange_record *x);
void json_parts_scenario(struct json *j, const struct scenario_result *s); /* without its checks */
void json_parts_outcome(struct json *j, const struct run *r);              /* counts, claim totals, exit */

/* Writes the collected text and empties the buffer. DEL and C1 controls are legal in JSON but are
 * escaped, because the text may be shown on a terminal. */
void json_parts_flush(struct buf *text, struct writer *w);
