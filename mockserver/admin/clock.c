#include "mockserver/admin/common.h"

#include "base/array.h"
#include "base/time.h"
#include "base/units.h"
#include "mockserver/runtime/namespaces.h"
#include "mockserver/runtime/scheduler.h"
#include "mockserver/state/webhook.h"
#include "mockserver/state/world.h"

#define ADVANCE_MAX_MS (3660 * DAY_MS)
#define WAIT_MS        INT64_C(30000) /* default of `wait` */
#define WAIT_MAX_MS    HOUR_MS
#define IN_FLIGHT_MAX  100 /* deliveries in a response; the others are counted */

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
    int64_t by_ms, wait_ms;
    struct field_time to;
    int until;
};

static const struct field advance_rows[] = {
    FIELD("until", FIELD_ENUM, struct advance_body, until, .texts = until_texts, .text_count = COUNT(until_texts),
          .help = "Instead of by and to: `next_event` advances to the next event that is due."),
    FIELD("by", FIELD_DURATION, struct advance_body, by_ms,
          .help = "How far to advance from the present time, for example 1h."),
    FIELD("to", FIELD_TIME, struct advance_body, to, .help = "Instead of by: time to advance to."),
    FIELD("wait", FIELD_DURATION, struct advance_body, wait_ms,
          .help =
              "How long the advance may wait, in real time, for the receivers of webhooks: after each step, until no "
              "delivery is in flight. When it is used up, the advance goes on without them. 0s: does not wait. "
              "Default: 30s; at most 1h."),
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

/* An advance of the clock in progress: the data of its call. */
struct advance {
    struct advance_to to;
    bool is_advance; /* the response has the number of events and the deliveries in flight */
    size_t events;
};

/* The attempts that have not ended: those that wait for a receiver, and those that wait for their turn. */
static void put_in_flight(struct call *c)
{
    uint32_t rows[IN_FLIGHT_MAX];
    size_t count = scheduler_in_flight(c->ns->scheduler, rows, IN_FLIGHT_MAX);
    struct json *w = &c->out;
    json_key_list(w, "in_flight");
    for (size_t i = 0; i < count && i < IN_FLIGHT_MAX; i++) {
        if (!world_has(c->world, RECORD_DELIVERY, rows[i])) /* a tester ended it, and it is gone since */
            continue;
        const struct delivery *d = delivery_read(c->world, rows[i]);
        json_open_map(w);
        json_put_text(w, "delivery", d->public_id);
        json_put_text(w, "webhook", webhook_read(c->world, d->webhook)->public_id);
        json_put_text(w, "url", webhook_read(c->world, d->webhook)->url);
        json_put_int(w, "attempt", d->attempts);
        json_close_map(w);
    }
    json_close_list(w);
    if (count > IN_FLIGHT_MAX)
        json_put_int(w, "more_in_flight", (int64_t)(count - IN_FLIGHT_MAX));
}

static void respond(struct call *c)
{
    const struct advance *a = c->own;
    put_clock(c);
    if (a->is_advance) {
        json_put_int(&c->out, "events", (int64_t)a->events);
        put_in_flight(c);
    }
    admin_put_new_changes(c);
    json_close_map(&c->out);
}

static void start_advance(struct call *c, const struct advance *of)
{
    struct advance *a = c->own = arena_copy(c->arena, of, sizeof *of);
    if (!scheduler_advance(c->ns->scheduler, c, &a->to, &a->events, respond))
        respond(c);
}

/* Refuses the call if another call advances the clock. Otherwise lets the events run that are due now; until then the
 * call is suspended, and `again` runs after it. Returns true if the call may go on. */
static bool begin_clock_call(struct call *c, void (*again)(struct call *c))
{
    struct scheduler *s = c->ns->scheduler;
    if (scheduler_is_advancing(s))
        return call_refuse(c, FAULT_CONFLICT, "another call is advancing this clock; wait for its response");
    return !scheduler_is_behind(s) || !scheduler_wait_for_events(s, c, again);
}

static void respond_mode(struct call *c)
{
    put_clock(c);
    admin_put_new_changes(c);
    json_close_map(&c->out);
}

void admin_clock_set(struct call *c)
{
    struct clock_body body = {.mode = -1};
    if (!begin_clock_call(c, admin_clock_set) || !admin_body(c, &admin_clock_fields, &body))
        return;
    if (body.now.given && !check_time(c, "/now", admin_instant(c->world, &body.now)))
        return;
    if (body.mode >= 0)
        clock_set_mode(&c->world->clock, (enum clock_mode)body.mode);
    if (body.now.given)
        start_advance(c, &(struct advance){
                             .to = {admin_instant(c->world, &body.now), WAIT_MS}
        });
    else
        respond_mode(c);
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

static bool check_wait(struct call *c, int64_t wait_ms)
{
    return (wait_ms >= 0 && wait_ms <= WAIT_MAX_MS) ||
           call_issue(c, "/wait", "'wait' is %s; expected 0s to 1h", admin_duration_text(c, wait_ms));
}

void admin_clock_advance(struct call *c)
{
    struct advance_body body = {.by_ms = INT64_MIN, .wait_ms = WAIT_MS, .until = -1};
    struct advance a = {.is_advance = true};
    if (!begin_clock_call(c, admin_clock_advance) || !admin_body(c, &admin_advance_fields, &body) ||
        !check_wait(c, body.wait_ms) || !read_target(c, &body, &a.to.until_ms))
        return;
    a.to.wait_ms = body.wait_ms;
    start_advance(c, &a);
}
