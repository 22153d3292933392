/* time.h - instants and durations as text, and the machine's clocks.
 *
 * Units:   int64_t milliseconds; instants since 1970-01-01T00:00:00Z. The monotonic clock is in
 *          microseconds.
 * Errors:  conversions answer false and leave the output untouched.
 * Source:  ISO 8601 as RFC 3339 profiles it; HTTP dates RFC 9110 5.6.7.
 */
#pragma once
#include "base/str.h"

#define TIME_TEXT_MAX 40

int64_t time_wall_ms(void);
int64_t time_monotonic_us(void);

/* Both clocks stand still at these instants until they are let go as they were before. */
struct time_held {
    bool held;
    int64_t wall_ms, monotonic_us;
};
struct time_held time_hold(int64_t wall_ms, int64_t monotonic_us);
void time_let(struct time_held before);

/* 2026-05-02T09:00:00Z, with any fraction (cut to ms), Z or +00:00 offsets; the date and time must
 * exist. */
bool time_parse(struct str text, int64_t *ms);
bool time_is_utc(struct str text); /* ends in Z or a zero offset */
/* seconds: 2026-05-02T09:00:00Z; millis: 2026-05-02T09:00:00.000Z. Returns `out`. */
char *time_seconds(int64_t ms, char out[TIME_TEXT_MAX]);
char *time_millis(int64_t ms, char out[TIME_TEXT_MAX]);
char *time_http(int64_t ms, char out[TIME_TEXT_MAX]); /* Sat, 02 May 2026 09:00:00 GMT */
bool time_parse_http(struct str text, int64_t *ms);   /* that form only, its weekday checked */

/* ms s m h d, signed and combinable from the largest down: 1h30m, -30d, +10m, 800ms. Not more than
 * DURATION_MAX_MS either way: an instant and a few of them, even in microseconds, fit an int64_t. */
#define DURATION_MAX_MS INT64_C(1000000000000000)
bool duration_parse(struct str text, int64_t *ms);
char *duration_text(int64_t ms, char out[TIME_TEXT_MAX]);

/* The same UTC day and time of the next month, else that month's last day. `day` (1..31) is the
 * anniversary's day, so that 31 January, 28 February, 31 March follow each other. */
int64_t time_next_month(int64_t ms, int day);
int time_day(int64_t ms); /* UTC day of the month */
