#include "base/array.h"
#include "base/time.h"
#include "base/units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void instants_are_read_to_the_millisecond(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        {"1970-01-01T00:00:00Z",               0              },
        {"1970-01-01T00:00:00.001Z",           1              },
        {"1969-12-31T23:59:59.999Z",           -1             },
        {"2026-05-02T09:00:00Z",               1777712400000  },
        {"2026-05-02T09:00:00.5Z",             1777712400500  },
        {"2026-05-02T09:00:00.05Z",            1777712400050  },
        {"2026-05-02T09:00:00.9999999999999Z", 1777712400999  },
        {"2026-05-02T09:00:00+00:00",          1777712400000  },
        {"2026-05-02T09:00:00-00:00",          1777712400000  },
        {"2026-05-02T11:30:00+02:30",          1777712400000  },
        {"2026-05-01T23:00:00.25-10:00",       1777712400250  },
        {"2000-02-29T00:00:00Z",               951782400000   },
        {"2024-02-29T23:59:59Z",               1709251199000  },
        {"0001-01-01T00:00:00Z",               -62135596800000},
        {"0000-03-01T00:00:00Z",               -62162035200000},
        {"0000-01-01T00:00:00Z",               -62167219200000},
        {"9999-12-31T23:59:59.999Z",           253402300799999},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t ms = 77;
        if (!time_parse(str_from(rows[i].text), &ms) || ms != rows[i].ms)
            fail_msg("%s gave %lld", rows[i].text, (long long)ms);
    }
}

static void an_invalid_instant_is_rejected(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "2026",
        "2026-05-02",
        "2026-05-02T09:00:00",
        "2026-05-02T09:00Z",
        "2026-05-02 09:00:00Z",
        "2026-05-02t09:00:00Z",
        "2026-05-02T09:00:00z",
        " 2026-05-02T09:00:00Z",
        "2026-05-02T09:00:00Z ",
        "2026-05-02T09:00:00ZZ",
        "26-05-02T09:00:00Z",
        "02026-05-02T09:00:00Z",
        "-2026-05-02T09:00:00Z",
        "2026-5-2T09:00:00Z",
        "2026-00-02T09:00:00Z",
        "2026-13-02T09:00:00Z",
        "2026-05-00T09:00:00Z",
        "2026-05-32T09:00:00Z",
        "2026-04-31T09:00:00Z",
        "2026-02-29T09:00:00Z",
        "1900-02-29T09:00:00Z",
        "2024-02-30T09:00:00Z",
        "2026-05-02T24:00:00Z",
        "2026-05-02T09:60:00Z",
        "2016-12-31T23:59:60Z", /* was a leap second */
        "2026-05-02T09:00:00.Z",
        "2026-05-02T09:00:00,5Z",
        "2026-05-02T09:00:00.5",
        "2026-05-02T09:00:00.-5Z",
        "2026-05-02T09:00:00+00",
        "2026-05-02T09:00:00+0000",
        "2026-05-02T09:00:00+24:00",
        "2026-05-02T09:00:00+00:60",
        "2026-05-02T09:00:00 +00:00",
        "2026-05-02T-9:00:00Z",
        "2026-05-02T+9:00:00Z",
        "\xff\xfe",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        int64_t ms = 77;
        if (time_parse(str_from(bad[i]), &ms) || ms != 77)
            fail_msg("'%s' gave %lld", bad[i], (long long)ms);
    }
    int64_t ms;
    assert_false(time_parse((struct str){0}, &ms));
    assert_false(time_parse(str_of("2026-05-02T09:00:00Z", 19), &ms));
    assert_false(time_parse(STR("2026-05-02T09:00:00Z\0"), &ms));
}

static void only_a_zero_offset_is_utc(void **state)
{
    (void)state;
    assert_true(time_is_utc(STR("2026-05-02T09:00:00Z")));
    assert_true(time_is_utc(STR("2026-05-02T09:00:00+00:00")));
    assert_true(time_is_utc(STR("2026-05-02T09:00:00-00:00")));
    assert_false(time_is_utc(STR("2026-05-02T09:00:00+01:00")));
    assert_false(time_is_utc(STR("2026-05-02T09:00:00")));
    assert_false(time_is_utc((struct str){0}));
}

static void instants_are_written_in_three_forms(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        int64_t ms;
        const char *seconds, *millis, *http;
    } rows[] = {
        {0,               "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z", "Thu, 01 Jan 1970 00:00:00 GMT"},
        {-1,              "1969-12-31T23:59:59Z", "1969-12-31T23:59:59.999Z", "Wed, 31 Dec 1969 23:59:59 GMT"},
        {1777712400007,   "2026-05-02T09:00:00Z", "2026-05-02T09:00:00.007Z", "Sat, 02 May 2026 09:00:00 GMT"},
        {1709251199999,   "2024-02-29T23:59:59Z", "2024-02-29T23:59:59.999Z", "Thu, 29 Feb 2024 23:59:59 GMT"},
        {784111777000,    "1994-11-06T08:49:37Z", "1994-11-06T08:49:37.000Z", "Sun, 06 Nov 1994 08:49:37 GMT"},
        {-62167219200000, "0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z", "Sat, 01 Jan 0000 00:00:00 GMT"},
        {253402300799999, "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999Z", "Fri, 31 Dec 9999 23:59:59 GMT"},
        {INT64_MAX, "292278994-08-17T07:12:55Z", "292278994-08-17T07:12:55.807Z", "Sun, 17 Aug 292278994 07:12:55 GMT"},
        {INT64_MIN,       "-292275055-05-16T16:47:04Z", "-292275055-05-16T16:47:04.192Z",
         "Sun, 16 May -292275055 16:47:04 GMT"},
    };
    /* clang-format on */
    char out[TIME_TEXT_MAX];
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_string_equal(time_seconds(rows[i].ms, out), rows[i].seconds);
        assert_string_equal(time_millis(rows[i].ms, out), rows[i].millis);
        assert_string_equal(time_http(rows[i].ms, out), rows[i].http);
    }
}

/* Compares with gmtime of the C library. */
static void every_day_of_eight_centuries_matches_the_c_library(void **state)
{
    (void)state;
    for (int64_t day = -146097; day < 146097; day++) {
        int64_t ms = day * DAY_MS + 43200000, again = 0;
        time_t seconds = (time_t)(ms / 1000);
        struct tm tm;
        char out[TIME_TEXT_MAX], expected[TIME_TEXT_MAX];
        assert_non_null(gmtime_r(&seconds, &tm));
        assert_true(strftime(expected, sizeof expected, "%a, %d %b %Y %H:%M:%S GMT", &tm) > 0);
        if (strcmp(time_http(ms, out), expected) != 0)
            fail_msg("day %lld: %s, not %s", (long long)day, out, expected);
        if (!time_parse_http(str_from(out), &again) || again != ms ||
            !time_parse(str_from(time_millis(ms, out)), &again) || again != ms)
            fail_msg("%s came back as %lld, not %lld", out, (long long)again, (long long)ms);
    }
}

static void http_dates_are_read_strictly(void **state)
{
    (void)state;
    int64_t ms = 77;
    static const char *const bad[] = {
        "",
        "Sun, 02 May 2026 09:00:00 GMT", /* it was a Saturday */
        "Sat, 2 May 2026 09:00:00 GMT",
        "Sat, 02 may 2026 09:00:00 GMT",
        "Sat, 02 May 26 09:00:00 GMT",
        "Sat, 02 May 2026 09:00:00",
        "Sat, 02 May 2026 09:00:00 UTC",
        "Sat, 02 May 2026 09:00:00 GMT ",
        "Sat, 02 May 2026 24:00:00 GMT",
        "Sat, 02 May 2026 09:00:60 GMT",
        "Sat, 02 May 2026  09:00:00 GMT",
        "Sat 02 May 2026 09:00:00 GMT",
        "Mon, 31 Feb 2026 09:00:00 GMT",
        "Mon, 00 Feb 2026 09:00:00 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        if (time_parse_http(str_from(bad[i]), &ms) || ms != 77)
            fail_msg("'%s' gave %lld", bad[i], (long long)ms);
    assert_true(time_parse_http(STR("Sat, 02 May 2026 09:00:00 GMT"), &ms));
    assert_true(ms == 1777712400000);
}

static void every_http_date_is_read(void **state)
{
    (void)state;
    static const int64_t now_ms = INT64_C(1777712400000); /* 2026-05-02T09:00:00Z */
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT",     784111777000 },
        {"Sunday, 06-Nov-94 08:49:37 GMT",    784111777000 },
        {"Sun Nov  6 08:49:37 1994",          784111777000 },
        {"Wed Nov 16 08:49:37 1994",          784975777000 },
        {"Saturday, 02-May-26 09:00:00 GMT",  1777712400000},
        {"Saturday, 01-Jan-77 00:00:00 GMT",  220924800000 },
        {"Wednesday, 01-Jan-76 00:00:00 GMT", 3345062400000}, /* 2076 */
    };
    static const char *const bad[] = {
        "",
        "Sun",
        "Sunday",
        "Monday, 06-Nov-94 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37",
        "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "Sun Nov 06 08:49:37 1994 GMT",
        "Mon Nov  6 08:49:37 1994",
        "Sun Nov  6 08:49:37 94",
    };
    int64_t ms;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (!time_parse_any_http(str_from(rows[i].text), now_ms, &ms) || ms != rows[i].ms)
            fail_msg("'%s' gave %lld", rows[i].text, (long long)ms);
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(time_parse_any_http(str_from(bad[i]), now_ms, &ms));
}

static void durations_are_sums_of_units(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
        const char *written;
    } rows[] = {
        {"0s",                  0,                "0s"                },
        {"0ms",                 0,                "0s"                },
        {"-0d",                 0,                "0s"                },
        {"800ms",               800,              "800ms"             },
        {"1h30m",               5400000,          "1h30m"             },
        {"90m",                 5400000,          "1h30m"             },
        {"+10m",                600000,           "10m"               },
        {"-30d",                -30 * DAY_MS,     "-30d"              },
        {"-1d1ms",              -DAY_MS - 1,      "-1d1ms"            },
        {"1d2h3m4s5ms",         93784005,         "1d2h3m4s5ms"       },
        {"007s",                7000,             "7s"                },
        {"60s",                 60000,            "1m"                },
        {"1000000000000000ms",  DURATION_MAX_MS,  "11574074d1h46m40s" },
        {"-1000000000000000ms", -DURATION_MAX_MS, "-11574074d1h46m40s"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t ms = 77;
        char out[TIME_TEXT_MAX];
        if (!duration_parse(str_from(rows[i].text), &ms) || ms != rows[i].ms)
            fail_msg("%s gave %lld", rows[i].text, (long long)ms);
        assert_string_equal(duration_text(ms, out), rows[i].written);
    }
    char out[TIME_TEXT_MAX];
    assert_string_equal(duration_text(INT64_MIN, out), "-106751991167d7h12m55s808ms");
}

static void an_invalid_duration_is_rejected(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "-",
        "+",
        "0",
        "5",
        "s",
        "1h30",
        "1.5h",
        "1 h",
        "1h 30m",
        " 1h",
        "1h ",
        "30m1h",
        "1h1h",
        "--1h",
        "+-1h",
        "1h-3m",
        "1w",
        "1M",
        "1H",
        "1sec",
        "1µs",
        "m5",
        "1000000000000001ms",
        "-11574074d1h46m40s1ms",
        "106751991168d",
        "106751991167d8h",
        "9223372036854775808ms",
        "99999999999999999999d",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        int64_t ms = 77;
        if (duration_parse(str_from(bad[i]), &ms) || ms != 77)
            fail_msg("'%s' gave %lld", bad[i], (long long)ms);
    }
    int64_t ms;
    assert_false(duration_parse((struct str){0}, &ms));
}

static void a_month_later_is_the_same_day_or_the_last_one(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        int day;
        const char *next;
    } rows[] = {
        {"2026-01-31T09:00:00Z", 31, "2026-02-28T09:00:00Z"},
        {"2026-02-28T09:00:00Z", 31, "2026-03-31T09:00:00Z"},
        {"2026-03-31T09:00:00Z", 31, "2026-04-30T09:00:00Z"},
        {"2024-01-30T23:59:59Z", 30, "2024-02-29T23:59:59Z"},
        {"2024-02-29T00:00:00Z", 29, "2024-03-29T00:00:00Z"},
        {"2026-12-15T12:00:00Z", 15, "2027-01-15T12:00:00Z"},
        {"1969-11-30T12:00:00Z", 31, "1969-12-31T12:00:00Z"},
        {"1969-12-01T00:00:01Z", 1,  "1970-01-01T00:00:01Z"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t ms;
        char out[TIME_TEXT_MAX];
        assert_true(time_parse(str_from(rows[i].from), &ms));
        assert_string_equal(time_seconds(time_next_month(ms, rows[i].day), out), rows[i].next);
    }
    assert_int_equal(time_day(1777712400000), 2);
    assert_int_equal(time_day(0), 1);
    assert_int_equal(time_day(-1), 31);
}

static void the_clocks_return_the_current_time(void **state)
{
    (void)state;
    int64_t wall = time_wall_ms(), us = time_monotonic_us();
    assert_true(wall > 1700000000000 && wall < 253402300799999);
    assert_true(us > 0 && time_monotonic_us() >= us);
}

static void held_clocks_stop_until_they_are_released(void **state)
{
    (void)state;
    struct time_held outer = time_hold(1000, 2000);
    assert_int_equal(time_wall_ms(), 1000);
    assert_int_equal(time_monotonic_us(), 2000);
    struct time_held inner = time_hold(1001, 3000);
    assert_int_equal(time_monotonic_us(), 3000);
    time_release(inner);
    assert_int_equal(time_wall_ms(), 1000);
    time_release(outer);
    assert_true(time_wall_ms() > 1700000000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instants_are_read_to_the_millisecond),
        cmocka_unit_test(an_invalid_instant_is_rejected),
        cmocka_unit_test(only_a_zero_offset_is_utc),
        cmocka_unit_test(instants_are_written_in_three_forms),
        cmocka_unit_test(every_day_of_eight_centuries_matches_the_c_library),
        cmocka_unit_test(http_dates_are_read_strictly),
        cmocka_unit_test(every_http_date_is_read),
        cmocka_unit_test(durations_are_sums_of_units),
        cmocka_unit_test(an_invalid_duration_is_rejected),
        cmocka_unit_test(a_month_later_is_the_same_day_or_the_last_one),
        cmocka_unit_test(the_clocks_return_the_current_time),
        cmocka_unit_test(held_clocks_stop_until_they_are_released),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
