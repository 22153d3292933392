#include "base/time.h"

#include "base/array.h"
#include "base/units.h"
#include <stdio.h>
#include <time.h>

/* A proleptic Gregorian date. The conversions of the C library depend on the local time zone. */
struct date {
    int64_t year;
    int month, day;
};

static const char *const month_names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char *const day_names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

/* Global, because every reader of the clocks must see the same instant while they are held. */
static struct time_held held;

static int64_t clock_ns(clockid_t id)
{
    struct timespec t;
    (void)clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t time_wall_ms(void)
{
    return held.held ? held.wall_ms : clock_ns(CLOCK_REALTIME) / 1000000;
}

int64_t time_monotonic_us(void)
{
    return held.held ? held.monotonic_us : clock_ns(CLOCK_MONOTONIC) / 1000;
}

struct time_held time_hold(int64_t wall_ms, int64_t monotonic_us)
{
    struct time_held before = held;
    held = (struct time_held){true, wall_ms, monotonic_us};
    return before;
}

void time_release(struct time_held before)
{
    held = before;
}

static int month_days(int64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

static int64_t floor_div(int64_t x, int64_t by)
{
    return x / by - (x % by < 0);
}

static int64_t floor_rest(int64_t x, int64_t by)
{
    return x % by + (x % by < 0 ? by : 0);
}

/* Here a year starts in March, so that the leap day is its last day. 400 years have 146097 days; 719468 days are
 * between 0000-03-01 and 1970-01-01. */
static int64_t days_from_date(struct date d)
{
    int64_t year = d.year - (d.month <= 2);
    int64_t era = floor_div(year, 400), year_of_era = year - era * 400;
    int64_t day_of_year = (153 * ((d.month + 9) % 12) + 2) / 5 + d.day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static struct date date_from_days(int64_t days)
{
    days += 719468;
    int64_t era = floor_div(days, 146097), day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month = (int)(5 * day_of_year + 2) / 153; /* 0 = March */
    int day = (int)day_of_year - (153 * month + 2) / 5 + 1;
    month = month < 10 ? month + 3 : month - 9;
    return (struct date){era * 400 + year_of_era + (month <= 2), month, day};
}

/* Removes exactly `count` digits from the start of *x. */
static bool cut_digits(struct str *x, size_t count, int *value)
{
    int total = 0;
    if (x->n < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (x->s[i] < '0' || x->s[i] > '9')
            return false;
        total = total * 10 + (x->s[i] - '0');
    }
    *x = str_skip(*x, count);
    *value = total;
    return true;
}

static bool cut_text(struct str *x, struct str text)
{
    if (!str_starts(*x, text))
        return false;
    *x = str_skip(*x, text.n);
    return true;
}

static bool cut_name(struct str *x, const char *const *names, int count, int *index)
{
    for (int i = 0; i < count; i++) {
        if (cut_text(x, str_from(names[i]))) {
            *index = i;
            return true;
        }
    }
    return false;
}

static bool cut_hours_minutes(struct str *x, int64_t *ms)
{
    int hour, minute;
    if (!cut_digits(x, 2, &hour) || !cut_text(x, STR(":")) || !cut_digits(x, 2, &minute) || hour > 23 || minute > 59)
        return false;
    *ms = hour * HOUR_MS + minute * MINUTE_MS;
    return true;
}

static bool cut_clock(struct str *x, int64_t *ms)
{
    int second;
    if (!cut_hours_minutes(x, ms) || !cut_text(x, STR(":")) || !cut_digits(x, 2, &second) ||
        second > 59) /* Unix time has no leap seconds */
        return false;
    *ms += second * SECOND_MS;
    return true;
}

static bool cut_fraction(struct str *x, int64_t *ms)
{
    if (!cut_text(x, STR(".")))
        return true;
    int digit;
    int64_t worth = 100;
    if (!cut_digits(x, 1, &digit))
        return false;
    do {
        *ms += digit * worth;
        worth /= 10;
    } while (cut_digits(x, 1, &digit));
    return true;
}

static bool cut_offset(struct str *x, int64_t *ms)
{
    *ms = 0;
    if (cut_text(x, STR("Z")))
        return true;
    bool west = str_starts(*x, STR("-"));
    if (!west && !str_starts(*x, STR("+")))
        return false;
    *x = str_skip(*x, 1);
    if (!cut_hours_minutes(x, ms))
        return false;
    *ms = west ? -*ms : *ms;
    return true;
}

static bool date_exists(struct date d)
{
    return d.month >= 1 && d.month <= 12 && d.day >= 1 && d.day <= month_days(d.year, d.month);
}

bool time_parse(struct str text, int64_t *ms)
{
    int year;
    struct date date;
    int64_t clock, offset;
    if (!cut_digits(&text, 4, &year) || !cut_text(&text, STR("-")) || !cut_digits(&text, 2, &date.month) ||
        !cut_text(&text, STR("-")) || !cut_digits(&text, 2, &date.day) || !cut_text(&text, STR("T")) ||
        !cut_clock(&text, &clock) || !cut_fraction(&text, &clock) || !cut_offset(&text, &offset))
        return false;
    date.year = year;
    if (text.n || !date_exists(date))
        return false;
    *ms = days_from_date(date) * DAY_MS + clock - offset;
    return true;
}

bool time_is_utc(struct str text)
{
    return str_ends(text, STR("Z")) || str_ends(text, STR("+00:00")) || str_ends(text, STR("-00:00"));
}

struct clock_face {
    struct date date;
    int weekday, hour, minute, second, millis;
};

static struct clock_face face_of(int64_t ms)
{
    int64_t days = floor_div(ms, DAY_MS);
    int left = (int)floor_rest(ms, DAY_MS);
    return (struct clock_face){
        .date = date_from_days(days),
        .weekday = (int)floor_rest(days + 4, 7), /* 1970-01-01 was a Thursday */
        .hour = left / (int)HOUR_MS,
        .minute = left / (int)MINUTE_MS % 60,
        .second = left / (int)SECOND_MS % 60,
        .millis = left % (int)SECOND_MS,
    };
}

/* Writes at least `width` digits, like %0*lld. Every response contains several instants, and printf takes ten times as
 * long. */
static char *put(char *at, int64_t value, int width)
{
    char digits[20];
    int n = 0;
    if (value < 0) {
        *at++ = '-';
        value = -value;
        width--;
    }
    do {
        digits[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value || n < width);
    while (n)
        *at++ = digits[--n];
    return at;
}

static char *put_text(char *at, const char *text)
{
    while (*text)
        *at++ = *text++;
    *at = '\0';
    return at;
}

/* Writes `before` and two digits. */
static char *put_pair(char *at, char before, int value)
{
    at[0] = before;
    at[1] = (char)('0' + value / 10);
    at[2] = (char)('0' + value % 10);
    return at + 3;
}

static char *put_clock(char *at, char before, const struct clock_face *f)
{
    at = put_pair(at, before, f->hour);
    at = put_pair(at, ':', f->minute);
    return put_pair(at, ':', f->second);
}

static char *put_date_and_clock(char *at, const struct clock_face *f)
{
    at = put(at, f->date.year, 4);
    at = put_pair(at, '-', f->date.month);
    at = put_pair(at, '-', f->date.day);
    return put_clock(at, 'T', f);
}

char *time_seconds(int64_t ms, char out[TIME_TEXT_MAX])
{
    struct clock_face f = face_of(ms);
    put_text(put_date_and_clock(out, &f), "Z");
    return out;
}

char *time_millis(int64_t ms, char out[TIME_TEXT_MAX])
{
    struct clock_face f = face_of(ms);
    char *at = put_text(put_date_and_clock(out, &f), ".");
    put_text(put(at, f.millis, 3), "Z");
    return out;
}

char *time_http(int64_t ms, char out[TIME_TEXT_MAX])
{
    struct clock_face f = face_of(ms);
    char *at = put_text(put_text(out, day_names[f.weekday]), ",");
    at = put_text(put_pair(at, ' ', f.date.day), " ");
    at = put_text(put_text(at, month_names[f.date.month - 1]), " ");
    put_text(put_clock(put(at, f.date.year, 4), ' ', &f), " GMT");
    return out;
}

bool time_parse_http(struct str text, int64_t *ms)
{
    int weekday, year;
    struct date date;
    int64_t clock;
    if (!cut_name(&text, day_names, 7, &weekday) || !cut_text(&text, STR(", ")) || !cut_digits(&text, 2, &date.day) ||
        !cut_text(&text, STR(" ")) || !cut_name(&text, month_names, 12, &date.month) || !cut_text(&text, STR(" ")) ||
        !cut_digits(&text, 4, &year) || !cut_text(&text, STR(" ")) || !cut_clock(&text, &clock) ||
        !str_eq(text, STR(" GMT")))
        return false;
    date.month++;
    date.year = year;
    if (!date_exists(date))
        return false;
    int64_t then = days_from_date(date) * DAY_MS + clock;
    if (face_of(then).weekday != weekday)
        return false;
    *ms = then;
    return true;
}

/* After the weekday. */
static bool cut_date_850(struct str *x, int64_t now_ms, struct date *d, int64_t *clock)
{
    int year;
    if (!cut_text(x, STR("day, ")) || !cut_digits(x, 2, &d->day) || !cut_text(x, STR("-")) ||
        !cut_name(x, month_names, 12, &d->month) || !cut_text(x, STR("-")) || !cut_digits(x, 2, &year) ||
        !cut_text(x, STR(" ")) || !cut_clock(x, clock) || !cut_text(x, STR(" GMT")))
        return false;
    int64_t now_year = face_of(now_ms).date.year;
    d->year = now_year - now_year % 100 + year;
    if (d->year > now_year + 50)
        d->year -= 100;
    return true;
}

static bool cut_date_asctime(struct str *x, struct date *d, int64_t *clock)
{
    int year;
    if (!cut_text(x, STR(" ")) || !cut_name(x, month_names, 12, &d->month) || !cut_text(x, STR(" ")))
        return false;
    bool day = cut_text(x, STR(" ")) ? cut_digits(x, 1, &d->day) : cut_digits(x, 2, &d->day);
    if (!day || !cut_text(x, STR(" ")) || !cut_clock(x, clock) || !cut_text(x, STR(" ")) || !cut_digits(x, 4, &year))
        return false;
    d->year = year;
    return true;
}

bool time_parse_any_http(struct str text, int64_t now_ms, int64_t *ms)
{
    static const char *const day_starts[] = {"Sun", "Mon", "Tues", "Wednes", "Thurs", "Fri", "Satur"};
    int weekday;
    struct date date;
    int64_t clock = 0;
    struct str long_day = text, short_day = text;
    if (time_parse_http(text, ms))
        return true;
    bool is_850 = cut_name(&long_day, day_starts, 7, &weekday) && cut_date_850(&long_day, now_ms, &date, &clock);
    if (is_850 ? long_day.n
               : !cut_name(&short_day, day_names, 7, &weekday) || !cut_date_asctime(&short_day, &date, &clock) ||
                     short_day.n)
        return false;
    date.month++;
    if (!date_exists(date))
        return false;
    int64_t then = days_from_date(date) * DAY_MS + clock;
    if (face_of(then).weekday != weekday)
        return false;
    *ms = then;
    return true;
}

/* From the largest to the smallest; a text has each at most once, in this order. */
static const struct {
    const char *name;
    int64_t ms;
} units[] = {
    {"d",  DAY_MS   },
    {"h",  HOUR_MS  },
    {"m",  MINUTE_MS},
    {"s",  SECOND_MS},
    {"ms", 1        }
};

static struct str cut_while(struct str *x, bool digits)
{
    size_t n = 0;
    while (n < x->n && (x->s[n] >= '0' && x->s[n] <= '9') == digits)
        n++;
    struct str head = str_head(*x, n);
    *x = str_skip(*x, n);
    return head;
}

bool duration_parse(struct str text, int64_t *ms)
{
    bool negative = str_starts(text, STR("-"));
    text = str_skip(text, negative || str_starts(text, STR("+")));
    if (!text.n)
        return false;
    int64_t total = 0;
    for (size_t next = 0; text.n;) {
        int64_t count;
        if (!str_to_int(cut_while(&text, true), &count))
            return false;
        struct str name = cut_while(&text, false);
        while (next < COUNT(units) && !str_is(name, units[next].name))
            next++;
        if (next == COUNT(units) || __builtin_mul_overflow(count, units[next++].ms, &count) ||
            __builtin_add_overflow(total, count, &total) || total > DURATION_MAX_MS)
            return false;
    }
    *ms = negative ? -total : total;
    return true;
}

char *duration_text(int64_t ms, char out[TIME_TEXT_MAX])
{
    uint64_t left = ms < 0 ? -(uint64_t)ms : (uint64_t)ms;
    size_t n = 0;
    if (!ms)
        (void)snprintf(out, TIME_TEXT_MAX, "0s");
    if (ms < 0)
        out[n++] = '-';
    for (size_t i = 0; left; i++) {
        uint64_t count = left / (uint64_t)units[i].ms;
        left %= (uint64_t)units[i].ms;
        if (count)
            n += (size_t)snprintf(out + n, TIME_TEXT_MAX - n, "%llu%s", (unsigned long long)count, units[i].name);
    }
    return out;
}

int64_t time_next_month(int64_t ms, int day)
{
    struct date d = date_from_days(floor_div(ms, DAY_MS));
    d.year += d.month == 12;
    d.month = d.month % 12 + 1;
    int last = month_days(d.year, d.month);
    d.day = day < last ? day : last;
    return days_from_date(d) * DAY_MS + floor_rest(ms, DAY_MS);
}

int time_day(int64_t ms)
{
    return date_from_days(floor_div(ms, DAY_MS)).day;
}
