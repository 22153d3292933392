/* time.h - instants and durations as text, and the machine's clocks.
 *
 * Units:   int64_t milliseconds; instants since 1970-01-01T00:00:00Z. The monotonic clock is in microseconds.
 * Errors:  conversions return false and leave the output unchanged.
 * Source:  ISO 8601 in the profile of RFC 3339; HTTP dates RFC 9110 5.6.7.
 */
#pragma once
#include "base/str.h"

#define TIME_TEXT_MAX 40

int64_t time_wall_ms(void);
int64_t time_monotonic_us(void);

/* time_hold stops both clocks at the given instants and returns their state before; time_release restores that
 * state. */
struct time_held {
    bool held;
    int64_t wall_ms, monotonic_us;
};
struct time_held time_hold(int64_t wall_ms, int64_t monotonic_us);
void time_release(struct time_held before);

/* 2026-05-02T09:00:00Z, with an optional fraction (truncated to ms) and Z or an offset such as +00:00. The date and the
 * time must exist. */
bool time_parse(struct str text, int64_t *ms);
bool time_is_utc(struct str text); /* ends in Z, +00:00 or -00:00 */
/* seconds: 2026-05-02T09:00:00Z; millis: 2026-05-02T09:00:00.000Z. Returns `out`. */
char *time_seconds(int64_t ms, char out[TIME_TEXT_MAX]);
char *time_millis(int64_t ms, char out[TIME_TEXT_MAX]);
char *time_http(int64_t ms, char out[TIME_TEXT_MAX]); /* Sat, 02 May 2026 09:00:00 GMT */
bool time_parse_http(struct str text, int64_t *ms);   /* that format only; the weekday must match */
/* Reads every HTTP date that a recipient must accept: also Saturday, 02-May-26 09:00:00 GMT (a year at most 50 years
 * after that of now_ms) and Sat May  2 09:00:00 2026. Source: RFC 9110, 5.6.7. */
bool time_parse_any_http(struct str text, int64_t now_ms, int64_t *ms);

/* Units d h m s ms, each at most once, from the largest to the smallest, with an optional sign: 1h30m, -30d, +10m,
 * 800ms. The limit is DURATION_MAX_MS in either direction, so that the sum of an instant and a few durations fits an
 * int64_t, even in microseconds. */
#define DURATION_MAX_MS INT64_C(1000000000000000)
bool duration_parse(struct str text, int64_t *ms);
char *duration_text(int64_t ms, char out[TIME_TEXT_MAX]);

/* Returns the same UTC time on `day` (1..31) of the next month, or on its last day if the month is shorter: with day
 * 31, 31 January is followed by 28 February and 31 March. */
int64_t time_next_month(int64_t ms, int day);
int time_day(int64_t ms); /* UTC day of the month */
