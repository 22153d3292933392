#include "mockserver/admin/handlers.h"

#include "mockserver/namespaces/namespaces.h"
#include "mockserver/scheduler.h"
#include "mockserver/state/events.h"

#define DAY_MS         (INT64_C(24) * 60 * 60 * 1000)
#define ADVANCE_MAX_MS (3660 * DAY_MS)

static const char *const until_texts[] = {"next_event"};

struct clock_body {
    struct field_time now;
    int mode;
};

static const struct field clock_rows[] = {
    FIELD("mode", FIELD_ENUM, struct clock_body, mode, .texts = clock_mode_texts, .text_count = 2,
          .help = "Whether time passes by itself."),
    FIELD("now", FIELD_TIME, struct clock_body, now,
          .help = "The instant to go to, or how far (+1h); what is due on the way happens."),
};

const struct fields admin_clock_fields =
    FIELD_TABLE("clock", clock_rows, struct clock_body, FIELDS_NO_PLACE);

struct advance_body {
    int64_t by_ms;
    struct field_time to;
    int until;
};

static const struct field advance_rows[] = {
    FIELD("until", FIELD_ENUM, struct advance_body, until, .texts = until_texts, .text_count = 1,
          .help = "Or: next_event, as far as something happens."),
    FIELD("by", FIELD_DURATION, struct advance_body, by_ms, .help = "How far."),
    FIELD("to", FIELD_TIME, struct advance_body, to, .help = "Or the instant to go to."),
};

const struct fields admin_advance_fields =
    FIELD_TABLE("advance", advance_rows, struct advance_body, FIELDS_NO_PLACE);

static void put_clock(struct call *c)
{
    struct json *w = call_json(c, 200);
    json_open_map(w);
    admin_put_clock(w, c->world);
}

void admin_clock(struct call *c)
{
    put_clock(c);
    json_close_map(&c->out);
}

static bool can_go(struct call *c, const char *pointer, int64_t to_ms)
{
    int64_t now = world_now(c->world);
    if (to_ms < now)
        return call_issue(c, pointer, "time never goes back");
    if (to_ms > now + ADVANCE_MAX_MS)
        return call_issue(c, pointer, "at most %d days at once", (int)(ADVANCE_MAX_MS / DAY_MS));
    return true;
}

/* A step of the clock under way: it stops wherever a webhook is being delivered. */
struct journey {
    int64_t to_ms;
    bool counts; /* the response tells how many events there were */
    size_t events;
};

static void arrive(struct call *c, const struct journey *j)
{
    put_clock(c);
    if (j->counts)
        json_put_int(&c->out, "events", (int64_t)j->events);
    admin_put_new_changes(c);
    json_close_map(&c->out);
}

static void go(struct call *c)
{
    struct journey *j = c->own;
    if (scheduler_advance(c->ns->scheduler, j->to_ms, &j->events) ||
        !scheduler_await(c->ns->scheduler, c, go))
        arrive(c, j);
}

static void set_out(struct call *c, int64_t to_ms, bool counts)
{
    struct journey *j = c->own = arena_new(c->arena, struct journey);
    *j = (struct journey){.to_ms = to_ms, .counts = counts};
    go(c);
}

static bool is_free(struct call *c)
{
    return !scheduler_is_awaited(c->ns->scheduler) ||
           call_refuse(c, FAULT_CONFLICT,
                       "Another call is moving this clock: it waits for a "
                       "webhook's delivery to end");
}

void admin_clock_set(struct call *c)
{
    struct clock_body body = {.mode = -1};
    if (!is_free(c) || !admin_body(c, &admin_clock_fields, &body))
        return;
    if (body.now.given && !can_go(c, "/now", admin_instant(c->world, &body.now)))
        return;
    if (body.mode >= 0)
        clock_set_mode(&c->world->clock, (enum clock_mode)body.mode);
    if (body.now.given)
        set_out(c, admin_instant(c->world, &body.now), false);
    else
        arrive(c, &(struct journey){0});
}

/* Where an advance leads; false: refused. */
static bool target(struct call *c, const struct advance_body *body, int64_t *to_ms)
{
    if ((body->by_ms != INT64_MIN) + body->to.given + (body->until >= 0) != 1)
        return call_issue(c, "", "takes 'by', 'to' or 'until', one of the three");
    if (body->until >= 0) {
        if (!events_next_at(c->world, to_ms))
            *to_ms = world_now(c->world);
        return true;
    }
    struct field_time by = {.relative = true, .ms = body->by_ms};
    *to_ms = admin_instant(c->world, body->to.given ? &body->to : &by);
    return can_go(c, body->to.given ? "/to" : "/by", *to_ms);
}

void admin_clock_advance(struct call *c)
{
    struct advance_body body = {.by_ms = INT64_MIN, .until = -1};
    int64_t to_ms = 0;
    if (is_free(c) && admin_body(c, &admin_advance_fields, &body) && target(c, &body, &to_ms))
        set_out(c, to_ms, true);
}
