/* Local times in time zones. The machine's own database is the witness, where there is one. */
#include "base/local_time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/time.h"

static void local_times_are_converted(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *date, *time, *utc;
    } rows[] = {
        {"UTC",                  "2026-04-01", "09:00", "2026-04-01T09:00:00Z"},
        {"GMT",                  "2026-07-01", "09:00", "2026-07-01T09:00:00Z"},
        {"America/New_York",     "2026-01-15", "09:00", "2026-01-15T14:00:00Z"},
        {"America/New_York",     "2026-04-01", "09:00", "2026-04-01T13:00:00Z"},
        {"America/New_York",     "2026-03-08", "01:59", "2026-03-08T06:59:00Z"},
        {"America/New_York",     "2026-03-08", "02:30", "2026-03-08T07:30:00Z"}, /* skipped */
        {"America/New_York",     "2026-03-08", "03:00", "2026-03-08T07:00:00Z"},
        {"America/New_York",     "2026-11-01", "01:30", "2026-11-01T05:30:00Z"}, /* twice: the first */
        {"America/New_York",     "2026-11-01", "02:00", "2026-11-01T07:00:00Z"},
        {"Europe/Berlin",        "2026-07-01", "00:30", "2026-06-30T22:30:00Z"},
        {"Europe/Dublin",        "2026-07-01", "12:00", "2026-07-01T11:00:00Z"}, /* standard time in summer */
        {"Europe/Dublin",        "2026-12-01", "12:00", "2026-12-01T12:00:00Z"},
        {"Australia/Sydney",     "2026-01-01", "00:00", "2025-12-31T13:00:00Z"}, /* the south */
        {"Australia/Sydney",     "2026-07-01", "12:00", "2026-07-01T02:00:00Z"},
        {"Australia/Lord_Howe",  "2026-01-01", "12:00", "2026-01-01T01:00:00Z"}, /* half an hour */
        {"Asia/Kathmandu",       "2026-01-01", "12:00", "2026-01-01T06:15:00Z"},
        {"Pacific/Guam",         "2026-01-01", "12:00", "2026-01-01T02:00:00Z"}, /* its name has a small letter */
        {"Etc/GMT-14",           "2026-01-01", "12:00", "2025-12-31T22:00:00Z"},
        {"America/Indiana/Knox", "2026-07-01", "12:00", "2026-07-01T17:00:00Z"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t ms = 0;
        char text[TIME_TEXT_MAX];
        assert_true(local_time_to_utc(str_from(rows[i].zone), str_from(rows[i].date), str_from(rows[i].time), &ms));
        if (strcmp(time_seconds(ms, text), rows[i].utc) != 0)
            fail_msg("%s %s %s: %s, not %s", rows[i].zone, rows[i].date, rows[i].time, text, rows[i].utc);
    }
}

static void what_does_not_exist_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *date, *time;
    } rows[] = {
        {"Mars/Phobos", "2026-04-01", "09:00"},
        {"",            "2026-04-01", "09:00"},
        {"UTC",         "2026-02-30", "09:00"},
        {"UTC",         "2026-4-1",   "09:00"},
        {"UTC",         "2026-04-01", "24:30"},
        {"UTC",         "2026-04-01", "9:00" },
        {"UTC",         "2026-04-01", "09.00"},
        {"UTC",         "20260401xx", "09:00"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t ms = 7;
        assert_false(local_time_to_utc(str_from(rows[i].zone), str_from(rows[i].date), str_from(rows[i].time), &ms));
        assert_int_equal(ms, 7);
    }
}

/* In 2027 each hour of each zone of the list, as the C library converts it. */
static void the_machine_converts_alike(void **state)
{
    (void)state;
    static const char *const zones[] = {"America/New_York", "America/Sao_Paulo", "America/St_Johns", "America/Santiago",
                                        "Europe/London",    "Europe/Dublin",     "Asia/Jerusalem",   "Asia/Kolkata",
                                        "Australia/Perth",  "Pacific/Auckland",  "Pacific/Chatham",  "America/Nuuk",
                                        "Asia/Gaza",        "Africa/Cairo",      "Antarctica/Troll"};
    if (access("/usr/share/zoneinfo/America/Nuuk", R_OK) != 0)
        skip();
    for (size_t i = 0; i < COUNT(zones); i++) {
        setenv("TZ", zones[i], 1);
        tzset();
        for (int64_t utc = 1798761600 + 86400; utc < 1798761600 + 364 * 86400; utc += 3600) {
            time_t t = (time_t)utc;
            struct tm local;
            char date[32], clock[32];
            int64_t ms;
            localtime_r(&t, &local);
            strftime(date, sizeof date, "%Y-%m-%d", &local);
            strftime(clock, sizeof clock, "%H:%M", &local);
            assert_true(local_time_to_utc(str_from(zones[i]), str_from(date), str_from(clock), &ms));
            int64_t late = utc - ms / 1000; /* the second of two equal local times differs */
            if (late != 0 && late != 3600 && late != 1800 && late != 7200)
                fail_msg("%s %s %s: off by %d s", zones[i], date, clock, (int)late);
        }
    }
    unsetenv("TZ");
    tzset();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(local_times_are_converted),
        cmocka_unit_test(what_does_not_exist_is_refused),
        cmocka_unit_test(the_machine_converts_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
