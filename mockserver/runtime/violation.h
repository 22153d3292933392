/* violation.h - reports violated conditions of the state (world_require), and refuses the calls that met them.
 *
 * Shapes:  each report has a reference, "violation-7", which the log line, the response and the journal entry have in
 *          common. Numbers are counted in the mock and depend only on its calls and clock.
 * Units:   -
 * Errors:  none. A violation is a bug, or the result of an edit that broke the state on purpose: the transition did
 *          nothing, but the other transitions of the call or event took effect.
 */
#pragma once
#include "mockserver/provider_api/call.h"

/* Reports the violation that the state has noted, if any, and makes the state forget it. `operation` is what ran. The
 * number of the result is 0 if there was no violation. */
struct violation violation_report(struct mock *m, const struct namespace *ns, struct world *w, const char *operation);
/* The same for the running call; later phases find it in c->trace. Only its first violation is kept. */
void violation_report_call(struct call *c);
/* Runs a step of the call. An operation of the admin API may run events, whose violations the scheduler reports; they
 * count for the call. */
void violation_watch(struct call *c, void (*step)(struct call *c));
/* Replaces the response with the refusal FAULT_INTERNAL, which the caller must render. */
void violation_refuse(struct call *c);
const char *violation_reference(struct arena *a, const struct violation *v);
