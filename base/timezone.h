/* timezone.h - the names of the IANA time zone database, each with its present rule.
 *
 * Shapes:  a fixed list of all zones and links, exactly as they are written: the same on every machine, also in a
 *          container without tzdata, so that a run does not depend on the machine. base/tests/timezone_test.c compares
 *          it with the machine's own list, where there is one.
 * Errors:  none.
 * Source:  tzdata.zi of tzdata 2025b (TIMEZONE_VERSION), which is in the public domain.
 */
#pragma once
#include "base/str.h"

#define TIMEZONE_VERSION "2025b"

bool timezone_exists(struct str name);
/* Returns the rule in the form of TZ in POSIX 8.3, for example "CET-1CEST,M3.5.0,M10.5.0/3"; NULL: no such zone. It is
 * that of today and the future. */
const char *timezone_rule(struct str name);
const char *timezone_nearest(struct str name); /* for "did you mean"; NULL: none is similar */
const char *timezone_name(size_t i);           /* NULL: there is no such row */
