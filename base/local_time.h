/* local_time.h - converts a local date and time in a time zone to an instant.
 *
 * Shapes:  zones are names of the IANA time zone database, with the rules of base/timezone.h. They are those for today
 *          and the future: a time of years ago may differ, and so may Morocco's in Ramadan.
 * Units:   int64_t milliseconds since 1970-01-01T00:00:00Z.
 * Errors:  false if the zone is unknown, or if the date or the time is malformed or does not exist.
 * Source:  POSIX 8.3, the form of TZ.
 */
#pragma once
#include "base/str.h"

/* `date` is 2026-05-02, `time` 09:00. A time that occurs twice, because clocks go back, is the first; a time that is
 * skipped is as long after the change as it would have been. */
bool local_time_to_utc(struct str zone, struct str date, struct str time, int64_t *ms);
