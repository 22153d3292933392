/* Tests of the list of time zones: against samples, and against the machine's own tzdata. */
#include "base/timezone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/local_time.h"

static void names_of_the_database_exist(void **state)
{
    static const char *const known[] = {
        "UTC",     "GMT",          "Europe/Berlin", "America/Argentina/Ushuaia", "Etc/GMT+5",
        "EST5EDT", "Asia/Kolkata", "Asia/Calcutta", "America/Port-au-Prince",    "Zulu",
        "W-SU"};
    static const char *const unknown[] = {"",       "Mars/Phobos", "Europe/Atlantis", "europe/berlin", "Europe/",
                                          "Europe", "+02:00",      "Factory",         "localtime",     "CEST",
                                          "UTC ",   "UTC+2"};
    (void)state;
    for (size_t i = 0; i < COUNT(known); i++)
        assert_true(timezone_exists(str_from(known[i])));
    for (size_t i = 0; i < COUNT(unknown); i++)
        assert_false(timezone_exists(str_from(unknown[i])));
    assert_string_equal(timezone_nearest(STR("Europe/Berln")), "Europe/Berlin");
}

static void the_list_is_sorted_and_has_no_name_twice(void **state)
{
    (void)state;
    for (size_t i = 1; timezone_name(i); i++)
        assert_true(strcmp(timezone_name(i - 1), timezone_name(i)) < 0);
    for (size_t i = 0; timezone_name(i); i++)
        assert_true(timezone_exists(str_from(timezone_name(i))));
}

/* The rule of each zone can be read. */
static void each_rule_converts_a_time(void **state)
{
    int64_t ms;
    (void)state;
    for (size_t i = 0; timezone_name(i); i++)
        if (!local_time_to_utc(str_from(timezone_name(i)), STR("2026-05-02"), STR("09:00"), &ms))
            fail_msg("%s", timezone_name(i));
}

/* Reads the names of a tzdata.zi line: "Z NAME ..." or "L TARGET NAME". */
static bool name_of_line(char *line, char *name, size_t size)
{
    char first[128], second[128];
    int n = sscanf(line + 1, " %127s %127s", first, second);
    if ((line[0] != 'Z' && line[0] != 'L') || n < 1 + (line[0] == 'L'))
        return false;
    snprintf(name, size, "%s", line[0] == 'Z' ? first : second);
    return true;
}

/* A name never leaves the database, and another version may only add some. */
static void the_list_is_that_of_the_machine(void **state)
{
    (void)state;
    FILE *f = fopen("/usr/share/zoneinfo/tzdata.zi", "r");
    char line[512], name[128], version[64] = "";
    size_t count = 0, missing = 0, own = 0;
    if (!f)
        skip();
    while (fgets(line, sizeof line, f)) {
        if (!*version)
            (void)sscanf(line, "# version %63s", version);
        if (!name_of_line(line, name, sizeof name) || strcmp(name, "Factory") == 0)
            continue;
        count++;
        missing += !timezone_exists(str_from(name));
    }
    fclose(f);
    while (timezone_name(own))
        own++;
    if (strcmp(version, TIMEZONE_VERSION) == 0) {
        assert_int_equal(missing, 0);
        assert_int_equal(count, own);
    } else if (strcmp(version, TIMEZONE_VERSION) < 0) {
        assert_int_equal(missing, 0);
    } else {
        assert_int_equal(count - missing, own);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_the_database_exist),
        cmocka_unit_test(the_list_is_sorted_and_has_no_name_twice),
        cmocka_unit_test(each_rule_converts_a_time),
        cmocka_unit_test(the_list_is_that_of_the_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
