#include "base/local_time.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "base/timezone.h"
#include "base/units.h"

/* The rule as it is parsed: the functions advance `at`. */
struct rule {
    const char *at;
    int64_t standard_ms, summer_ms; /* what a local time adds to be UTC */
};

static void skip_name(struct rule *r)
{
    bool quoted = *r->at == '<';
    while (quoted ? *r->at++ != '>' : isalpha((unsigned char)*r->at)) /* a name may have small letters: ChST */
        if (!quoted)
            r->at++;
}

/* [+-]hours[:minutes] */
static int64_t read_hours(struct rule *r)
{
    char *end;
    bool negative = *r->at == '-';
    if (*r->at == '-' || *r->at == '+')
        r->at++;
    int64_t ms = strtol(r->at, &end, 10) * HOUR_MS;
    if (*end == ':')
        ms += strtol(end + 1, &end, 10) * MINUTE_MS;
    r->at = end;
    return negative ? -ms : ms;
}

static int weekday(int64_t ms)
{
    return (int)((ms / DAY_MS + 4) % 7); /* 1970-01-01 was a Thursday */
}

static int64_t month_start(int year, int month)
{
    char text[TIME_TEXT_MAX];
    int64_t ms = 0;
    (void)snprintf(text, sizeof text, "%04d-%02d-01T00:00:00Z", year, month);
    (void)time_parse(str_from(text), &ms);
    return ms;
}

/* ,Mmonth.week.day[/time]: the local time of a change in that year. Week 5 is the last one. */
static int64_t read_change(struct rule *r, int year)
{
    char *end;
    int month = (int)strtol(r->at + 2, &end, 10);
    int week = (int)strtol(end + 1, &end, 10);
    int day = (int)strtol(end + 1, &end, 10);
    r->at = end;
    int64_t time_ms = 2 * HOUR_MS;
    if (*r->at == '/') {
        r->at++;
        time_ms = read_hours(r);
    }
    int64_t first = month_start(year, month);
    int64_t next = month == 12 ? month_start(year + 1, 1) : month_start(year, month + 1);
    int64_t at = first + (day - weekday(first) + 7) % 7 * DAY_MS + (int64_t)(week - 1) * 7 * DAY_MS;
    while (at >= next)
        at -= 7 * DAY_MS;
    return at + time_ms;
}

static bool is_summer(int64_t ms, int64_t from_ms, int64_t to_ms)
{
    return from_ms < to_ms ? ms >= from_ms && ms < to_ms : ms >= from_ms || ms < to_ms;
}

static int64_t to_utc(const char *text, int64_t local_ms, int year)
{
    struct rule r = {.at = text};
    skip_name(&r);
    r.standard_ms = read_hours(&r);
    if (!*r.at)
        return local_ms + r.standard_ms;
    skip_name(&r);
    r.summer_ms = *r.at == ',' ? r.standard_ms - HOUR_MS : read_hours(&r);
    int64_t from_ms = read_change(&r, year) + r.standard_ms;
    int64_t to_ms = read_change(&r, year) + r.summer_ms;
    int64_t in_standard = local_ms + r.standard_ms, in_summer = local_ms + r.summer_ms;
    bool is_standard = !is_summer(in_standard, from_ms, to_ms), is_in_summer = is_summer(in_summer, from_ms, to_ms);
    if (is_standard != is_in_summer)
        return is_standard ? in_standard : in_summer;
    bool first = in_standard < in_summer; /* the time occurs twice, or never: then the clock before the change counts */
    return first == is_standard ? in_standard : in_summer;
}

bool local_time_to_utc(struct str zone, struct str date, struct str time, int64_t *ms)
{
    const char *rule = timezone_rule(zone);
    char text[TIME_TEXT_MAX];
    int64_t local_ms, year;
    if (!rule || date.n != 10 || time.n != 5 || !str_to_int(str_head(date, 4), &year))
        return false;
    (void)snprintf(text, sizeof text, STR_FMT "T" STR_FMT ":00Z", STR_ARG(date), STR_ARG(time));
    if (!time_parse(str_from(text), &local_ms))
        return false;
    *ms = to_utc(rule, local_ms, (int)year);
    return true;
}
