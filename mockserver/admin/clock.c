#include "mockserver/admin/common.h"

#include "base/array.h"
#include "base/time.h"
#include "base/units.h"
#include "mockserver/runtime/namespaces.h"
#include "mockserver/runtime/scheduler.h"
#include "mockserver/state/world.h"

#define ADVANCE_MAX_MS (3660 * DAY_MS)

static const char *const until_texts[] = {"next_event"};

struct clock_body {
    struct field_time now;
    int mode;
};

static const struct field clock_rows[] = {
    FIELD("mode", FIELD_ENUM, struct clock_body, mode, .texts = clock_mode_texts, .text_count = CLOCK_MODE_COUNT,
          .help = "Whether the clock runs or is frozen."),
    FIELD("now", FIELD_TIME, struct clock_body, now,
          .help = "Time to set the clock to; not before the present time. A duration (+1h) advances it."),
};

const struct fields admin_clock_fields = FIELD_TABLE("clock", clock_rows, struct clock_body, FIELDS_NO_PLACE);

struct advance_body {
    int64_t by_ms;
    struct field_time to;
    int until;
};

static const struct field advance_rows[] = {
    FIELD("until", FIELD_ENUM, struct advance_body, until, .texts = until_texts, .text_count = COUNT(until_texts),
          .help = "Instead of by and to: `next_event` advances to the next event that is due."),
    FIELD("by", FIELD_DURATION, struct advance_body, by_ms,
          .help = "How far to advance from the present time, for example 1h."),
    FIELD("to", FIELD_TIME, struct advance_body, to, .help = "Instead of by: time to advance to."),
};

const struct fields admin_advance_fields = FIELD_TABLE("advance", advance_rows, struct advance_body, FIELDS_NO_PLACE);

static void put_clock(struct call *c)
{
    struct json *w = admin_object(c, 200);
    admin_put_clock(w, c->world);
}

void admin_clock(struct call *c)
{
    put_clock(c);
    json_close_map(&c->out);
}

static bool check_time(struct call *c, const char *pointer, int64_t to_ms)
{
    int64_t now = world_now(c->world);
    char present[TIME_TEXT_MAX];
    if (to_ms < now)
        return call_issue(c, pointer,
                          "'%s' is before the present time; expected %s or later, because the clock cannot go back",
                          pointer + 1, time_millis(now, present));
    if (to_ms > now + ADVANCE_MAX_MS)
        return call_issue(c, pointer, "'%s' is too far ahead; expected at most %d days from the present time",
                          pointer + 1, (int)(ADVANCE_MAX_MS / DAY_MS));
    return true;
}

/* An advance of the clock in progress. It pauses while a webhook delivery is in flight. */
struct advance {
    int64_t to_ms;
    bool put_events; /* the response has the number of events */
    size_t events;
};

static void respond(struct call *c, const struct advance *a)
{
    put_clock(c);
    if (a->put_events)
        json_put_int(&c->out, "events", (int64_t)a->events);
    admin_put_new_changes(c);
    json_close_map(&c->out);
}

static void continue_advance(struct call *c)
{
    struct advance *a = c->own;
    if (scheduler_advance(c->ns->scheduler, a->to_ms, &a->events) ||
        !scheduler_await(c->ns->scheduler, c, continue_advance))
        respond(c, a);
}

static void start_advance(struct call *c, int64_t to_ms, bool put_events)
{
    struct advance *a = c->own = arena_new(c->arena, struct advance);
    *a = (struct advance){.to_ms = to_ms, .put_events = put_events};
    continue_advance(c);
}

static bool check_not_advancing(struct call *c)
{
    return !scheduler_is_awaited(c->ns->scheduler) ||
           call_refuse(c, FAULT_CONFLICT,
                       "another call is advancing this clock and waits for a webhook delivery to end");
}

void admin_clock_set(struct call *c)
{
    struct clock_body body = {.mode = -1};
    if (!check_not_advancing(c) || !admin_body(c, &admin_clock_fields, &body))
        return;
    if (body.now.given && !check_time(c, "/now", admin_instant(c->world, &body.now)))
        return;
    if (body.mode >= 0)
        clock_set_mode(&c->world->clock, (enum clock_mode)body.mode);
    if (body.now.given)
        start_advance(c, admin_instant(c->world, &body.now), false);
    else
        respond(c, &(struct advance){0});
}

/* Reads the time to advance to. Returns false if the call was refused. */
static bool read_target(struct call *c, const struct advance_body *body, int64_t *to_ms)
{
    if ((body->by_ms != INT64_MIN) + body->to.given + (body->until >= 0) != 1)
        return call_issue(c, "", "expected exactly one of 'by', 'to' and 'until'");
    if (body->until >= 0) {
        if (!events_next_at(c->world, to_ms))
            *to_ms = world_now(c->world);
        return true;
    }
    struct field_time by = {.relative = true, .ms = body->by_ms};
    if (!body->to.given && body->by_ms < 0)
        return call_issue(c, "/by", "'by' is %s; expected a positive duration", admin_duration_text(c, body->by_ms));
    *to_ms = admin_instant(c->world, body->to.given ? &body->to : &by);
    return check_time(c, body->to.given ? "/to" : "/by", *to_ms);
}

void admin_clock_advance(struct call *c)
{
    struct advance_body body = {.by_ms = INT64_MIN, .until = -1};
    int64_t to_ms = 0;
    if (check_not_advancing(c) && admin_body(c, &admin_advance_fields, &body) && read_target(c, &body, &to_ms))
        start_advance(c, to_ms, true);
}
