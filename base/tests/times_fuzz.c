/* Three lines: a text that is read as a time, a duration, a date of HTTP, a size, a number, a host or an address; a
 * zone; a time of day. What can be read can be written, and is then read as the same. */
#include "base/host.h"
#include "base/local_time.h"
#include "base/tests/fuzz.h"
#include "base/time.h"
#include "base/timezone.h"
#include "base/units.h"
#include "base/url.h"

#define NOW_MS 1777712400000

static void check_time(struct str text)
{
    char out[TIME_TEXT_MAX];
    int64_t ms = 0, again = 0;
    if (time_parse(text, &ms)) {
        fuzz_assert(time_parse(str_from(time_millis(ms, out)), &again) && again == ms);
        fuzz_assert(time_is_utc(str_from(out)));
        fuzz_assert(time_parse(str_from(time_seconds(ms, out)), &again) && again <= ms && again > ms - SECOND_MS);
        int64_t next = time_next_month(ms, time_day(ms));
        fuzz_assert(next > ms && next <= ms + 31 * DAY_MS);
    }
    if (duration_parse(text, &ms))
        fuzz_assert(duration_parse(str_from(duration_text(ms, out)), &again) && again == ms);
}

static void check_http_date(struct str text)
{
    char out[TIME_TEXT_MAX];
    int64_t ms = 0, again = 0;
    if (time_parse_http(text, &ms)) {
        fuzz_assert(str_is(text, time_http(ms, out)));
        fuzz_assert(time_parse_any_http(text, NOW_MS, &again) && again == ms);
    }
    if (time_parse_any_http(text, NOW_MS, &ms))
        fuzz_assert(time_parse_http(str_from(time_http(ms, out)), &again) && again == ms);
}

static void check_numbers(struct str text)
{
    char room[STR_INT_MAX];
    int64_t value = 0, again = 0;
    if (str_to_int(text, &value))
        fuzz_assert(str_to_int(str_of_int(value, room), &again) && again == value);
    if (str_to_size(text, &value))
        fuzz_assert(value >= 0);
}

static void check_host(struct arena *a, struct str text)
{
    struct url url;
    if (!url_authority_valid(text))
        return;
    fuzz_assert(url_parse(a, arena_printf(a, "http://" STR_FMT "/", STR_ARG(text)), &url, NULL));
    fuzz_assert(!*url.user && strcmp(url.path, "/") == 0);
    (void)host_is_loopback(str_from(url.host));
}

static void check_zone(struct str zone, struct str date, struct str time)
{
    int64_t local = 0, utc = 0;
    fuzz_assert(timezone_exists(zone) == (timezone_rule(zone) != NULL));
    if (zone.n < 20)
        (void)timezone_nearest(zone);
    if (local_time_to_utc(zone, date, time, &local)) {
        fuzz_assert(timezone_exists(zone));
        fuzz_assert(local_time_to_utc(STR("UTC"), date, time, &utc));
        fuzz_assert(local - utc <= 16 * HOUR_MS && utc - local <= 16 * HOUR_MS);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct str rest = fuzz_text(data, size), first = str_cut(&rest, '\n'), zone = str_cut(&rest, '\n');
    check_time(first);
    check_http_date(first);
    check_numbers(first);
    check_host(&a, first);
    check_zone(zone, first, rest);
    arena_end(&a);
    return 0;
}
