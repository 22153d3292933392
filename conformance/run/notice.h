/* notice.h - reports at intervals what a run is waiting for.
 *
 * Shapes:  one per run, ended before its loop is freed. Each interval gives one call of run_events.waiting, with a text
 *          such as "3 of 72 scenarios done; list-has-the-documented-shape, step 'list': no response for 7 s".
 * Units:   NOTICE_MS = milliseconds between two notices.
 * Errors:  none.
 */
#pragma once
#include "conformance/run/task.h"

#define NOTICE_MS 10000

struct notices;

struct notices *notices_begin(struct runner *r);
void notices_end(struct notices *n);
