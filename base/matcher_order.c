#include "base/array.h"
#include "base/matcher.h"

#include <string.h>

#include "base/time.h"

/* A Date header is truncated to the second: the actual time is up to this much later. */
#define NOW_GRAIN_MS 999

/* --- $gt $gte $lt $lte $time ---------------------------------------------------------------- */

static bool instant(const struct node *n, int64_t *ms)
{
    return n && n->kind == NODE_TEXT && time_parse(n->text, ms);
}

static bool duration(const struct node *n, int64_t *ms)
{
    return n->kind == NODE_TEXT && duration_parse(n->text, ms);
}

static bool check_order(const struct node *operand, struct error *err)
{
    int64_t ms;
    if (node_is_number(operand) || instant(operand, &ms))
        return true;
    return match_refuse(operand, err, "a comparison expects a number or a time such as \"2026-05-02T09:00:00Z\"");
}

/* Returns false if the two cannot be compared; *order is as of memcmp(actual, operand). */
static bool compare(const struct decision *d, int *order)
{
    int64_t x, y;
    if (d->actual->kind == NODE_INT && d->operand->kind == NODE_INT) {
        x = d->actual->integer;
        y = d->operand->integer;
    } else if (node_is_number(d->actual) && node_is_number(d->operand)) {
        double p = node_number(d->actual), q = node_number(d->operand);
        *order = (p > q) - (p < q);
        return true;
    } else if (!instant(d->actual, &x) || !instant(d->operand, &y)) {
        return false;
    }
    *order = (x > y) - (x < y);
    return true;
}

static void decide_gt(struct run *r, const struct decision *d)
{
    int order;
    match_decide_plain(r, d, compare(d, &order) && order > 0);
}

static void decide_gte(struct run *r, const struct decision *d)
{
    int order;
    match_decide_plain(r, d, compare(d, &order) && order >= 0);
}

static void decide_lt(struct run *r, const struct decision *d)
{
    int order;
    match_decide_plain(r, d, compare(d, &order) && order < 0);
}

static void decide_lte(struct run *r, const struct decision *d)
{
    int order;
    match_decide_plain(r, d, compare(d, &order) && order <= 0);
}

/* Reads a bound of $time: an instant or a signed duration from now. */
static bool bound(const struct node *n, int64_t now_ms, int64_t *ms)
{
    int64_t from_now;
    if (instant(n, ms))
        return true;
    return duration(n, &from_now) && !__builtin_add_overflow(now_ms, from_now, ms);
}

static bool within(const struct node *n, int64_t now_ms, int64_t ms)
{
    int64_t room, early, late;
    return duration(n, &room) && !__builtin_sub_overflow(now_ms, room, &early) &&
           !__builtin_add_overflow(now_ms + NOW_GRAIN_MS, room, &late) && ms >= early && ms <= late;
}

static bool after(const struct node *n, int64_t now_ms, int64_t ms)
{
    int64_t least;
    return bound(n, now_ms, &least) && ms > least;
}

static bool before(const struct node *n, int64_t now_ms, int64_t ms)
{
    int64_t most;
    return bound(n, now_ms + (instant(n, &most) ? 0 : NOW_GRAIN_MS), &most) && ms < most;
}

static const struct {
    const char *name;
    bool (*holds)(const struct node *operand, int64_t now_ms, int64_t ms);
    bool takes_instant;
} time_bounds[] = {
    {"after",  after,  true },
    {"before", before, true },
    {"within", within, false},
};

static bool check_time_bound(const struct member *m, struct error *err)
{
    int64_t ms;
    for (size_t i = 0; i < COUNT(time_bounds); i++) {
        if (strcmp(m->key, time_bounds[i].name) != 0)
            continue;
        if (match_has_reference(m->value) || duration(m->value, &ms) ||
            (time_bounds[i].takes_instant && instant(m->value, &ms)))
            return true;
        return error_add(err, ERROR_INPUT, m->value->at, "'%s' expects a duration%s", m->key,
                         time_bounds[i].takes_instant ? " from now or an instant" : "");
    }
    return error_add(err, ERROR_INPUT, m->key_at, "unknown key '%s'; expected after, before or within", m->key);
}

static bool check_time(const struct node *operand, struct error *err)
{
    bool ok = true;
    const char *word = node_text(operand);
    if (word && (!strcmp(word, "any") || !strcmp(word, "past") || !strcmp(word, "future")))
        return true;
    if (!node_count(operand) || operand->kind != NODE_MAP)
        return match_refuse(operand, err,
                            operand->json ? "expected any, past, future, or an object of after, before and within"
                                          : "expected any, past, future, or a map of after, before and within");
    for (size_t i = 0; i < operand->map.count; i++)
        ok &= check_time_bound(&operand->map.members[i], err);
    return ok;
}

static bool time_holds(const struct node *operand, int64_t now_ms, int64_t ms)
{
    const char *word = node_text(operand);
    if (word && strcmp(word, "past") == 0)
        return ms <= now_ms + NOW_GRAIN_MS;
    if (word && strcmp(word, "future") == 0)
        return ms > now_ms;
    if (word)
        return strcmp(word, "any") == 0;
    for (size_t i = 0; i < COUNT(time_bounds); i++) {
        const struct node *limit = node_get(operand, time_bounds[i].name);
        if (limit && !time_bounds[i].holds(limit, now_ms, ms))
            return false;
    }
    return operand->kind == NODE_MAP;
}

/* Returns true if the operand says `past`, `future` or a duration from now. */
static bool is_relative(const struct node *operand)
{
    int64_t ms;
    const char *word = node_text(operand);
    bool relative = word && strcmp(word, "any") != 0;
    for (size_t i = 0; i < COUNT(time_bounds); i++) {
        const struct node *limit = node_get(operand, time_bounds[i].name);
        relative |= limit && !instant(limit, &ms);
    }
    return relative;
}

/* `is_time`: *ms is the actual value. `form` says what it must be. */
static void decide_moment(struct run *r, const struct decision *d, bool is_time, int64_t ms, const char *form)
{
    int64_t now_ms = r->context->now_ms;
    char now[TIME_TEXT_MAX];
    bool unknown = is_time && r->context->no_now && is_relative(d->operand);
    bool holds = unknown || (is_time && time_holds(d->operand, now_ms, ms));
    if (unknown)
        *r->context->no_now = true;
    const char *expected = NULL;
    if (r->results)
        expected = match_words(r, "%s, %s; now is %s", match_excerpt(r->context->arena, d->operand), form,
                               time_seconds(now_ms, now));
    match_decide(r, d, holds ? MATCH_HOLDS : MATCH_FAILS, expected, NULL);
}

static void decide_time(struct run *r, const struct decision *d)
{
    int64_t ms = 0;
    bool is_time = instant(d->actual, &ms) && time_is_utc(d->actual->text);
    decide_moment(r, d, is_time, ms, "in UTC");
}

/* A number of seconds, or its digits as text, as in a header. */
static void decide_unix_time(struct run *r, const struct decision *d)
{
    int64_t seconds = 0, ms = 0;
    bool is_time = d->actual->kind == NODE_TEXT && str_to_int(d->actual->text, &seconds);
    if (d->actual->kind == NODE_INT) {
        seconds = d->actual->integer;
        is_time = true;
    }
    is_time = is_time && !__builtin_mul_overflow(seconds, 1000, &ms);
    decide_moment(r, d, is_time, ms, "as a Unix time in seconds");
}

/* -------------------------------------------------------------------------------------------- */

/* clang-format off */
#define BOUND "{type: [number, string]}"
#define TIME  "{anyOf: [{enum: [any, past, future]}," \
              " {type: object, minProperties: 1, additionalProperties: false," \
              " properties: {after: {$ref: '#/$defs/time'}, before: {$ref: '#/$defs/time'}," \
              " within: {$ref: '#/$defs/duration'}}}]}"

static const struct matcher rows[] = {
    /* name   check        decide       absent operand */
    {"$gt",   check_order, decide_gt,   false, BOUND,
     .help = "Greater than this number, or after this instant."},
    {"$gte",  check_order, decide_gte,  false, BOUND,
     .help = "This number or greater, or this instant or later."},
    {"$lt",   check_order, decide_lt,   false, BOUND,
     .help = "Less than this number, or before this instant."},
    {"$lte",  check_order, decide_lte,  false, BOUND,
     .help = "This number or less, or this instant or earlier."},
    {"$time", check_time,  decide_time, false, TIME,
     .help = "A UTC instant. `past`, `future` or `any`; or an object of `after` and `before` (a later or "
             "earlier instant than this time, or than this duration from now) and `within` (at most this "
             "duration from now, before or after)."},
    {"$unix_time", check_time, decide_unix_time, false, TIME,
     .help = "A Unix time in seconds, as a number or as text. The operand is that of `$time`."},
};
/* clang-format on */
const struct matcher_group matcher_orders = {rows, COUNT(rows)};
