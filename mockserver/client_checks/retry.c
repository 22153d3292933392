/* Checks for retries: they wait as Retry-After says, and longer after each failure. */
#include "base/units.h"
#include "mockserver/client_checks/observer.h"

#include <inttypes.h>

#include "base/time.h"
#include "mockserver/gates/rate_limit.h"

#define WAIT_MAX_MS (366 * DAY_MS)
#define EARLY_MS    50   /* allow for inexact timers */
#define TRIES       5    /* from this try on, a pause must have grown */
#define AT_ONCE_MS  10   /* a shorter pause counts as an immediate retry */
#define PAUSE_OK_MS 5000 /* a pause that is always long enough */

/* The Retry-After of the response in ms; 0: none. An HTTP date is a time of the world's clock. */
static int64_t retry_after_ms(const struct call *c)
{
    int64_t n;
    int status = c->res->status;
    if ((status != 429 && status != 503) || !observer_is_delivered(c))
        return 0;
    struct str value = str_trim(headers_get(&c->res->headers, "Retry-After"));
    if (str_to_int(value, &n))
        n = n < WAIT_MAX_MS / 1000 ? n * 1000 : WAIT_MAX_MS;
    else if (time_parse_http(value, &n))
        n -= c->now_ms;
    else
        return 0;
    return n < WAIT_MAX_MS ? n : WAIT_MAX_MS;
}

/* The rate classes that share a window with the route's class. */
static unsigned rate_classes_of(const struct call *c)
{
    const struct rate_limits *l = c->provider->limits;
    unsigned all = RATE_OF(c->route->rate_class);
    for (size_t i = 0; l && i < l->window_count; i++)
        if (l->windows[i].rate_classes & RATE_OF(c->route->rate_class))
            all |= l->windows[i].rate_classes;
    return all;
}

/* An exhausted rate limit refuses all operations that it counts; any other refusal concerns the one
 * operation. */
static uint64_t rate_class_id(const struct observer *w, const struct call *c)
{
    return history_id(w->caller, ((uint64_t)(unsigned)c->provider->id + 1) << 32 | rate_classes_of(c));
}

static uint64_t operation_id(const struct observer *w)
{
    return history_id(w->caller, w->operation);
}

static bool is_exhausted(const struct call *c)
{
    return c->fault == FAULT_RATE_LIMITED && c->trace.gate_fault == FAULT_RATE_LIMITED;
}

/* Identifies the refused write: its repetition does not count as a call already on its way. */
static uint64_t write_of(const struct call *c)
{
    struct str token = headers_get(&c->req->headers, "Idempotency-Key");
    return token.n ? str_hash(token) : 0;
}

/* Returns false after reporting a violation.
 * entry: at is when the client got the last response with Retry-After, first the first one, wait_ms
 * the wait, status the response's status, mark the refused write. */
static bool check_wait(struct observer *w, const struct call *c, struct history_entry *entry)
{
    if (!entry)
        return true;
    bool again = entry->mark && entry->mark == write_of(c);
    if (!again && observer_together(&entry->first, &w->now))
        return true;
    int64_t passed_ms = observer_elapsed_ms(&entry->at, &w->now);
    if (passed_ms + EARLY_MS < entry->wait_ms) {
        report_violation(w, c, entry, "%d requested a wait of %s; called again after %s", (int)entry->status,
                         observer_duration(c->arena, entry->wait_ms), observer_duration(c->arena, passed_ms));
        return false;
    }
    client_history_drop(w->history, entry);
    return true;
}

void check_retry_after(struct observer *w, const struct call *c)
{
    if (!w->operation)
        return;
    if (w->history->count && check_wait(w, c, client_history_find(w->history, operation_id(w))))
        check_wait(w, c, client_history_find(w->history, rate_class_id(w, c)));
    int64_t wait_ms = retry_after_ms(c);
    if (wait_ms <= 0)
        return;
    observer_tested(w);
    struct history_entry *entry = observer_entry(w, is_exhausted(c) ? rate_class_id(w, c) : operation_id(w));
    observer_mark(w, entry, observer_response_at(w, c));
    if (!entry->wait_ms)
        entry->first = entry->at;
    entry->wait_ms = wait_ms;
    entry->status = c->res->status;
    entry->mark = write_of(c);
}

static bool failed(const struct call *c)
{
    int status = c->res->status;
    bool ours = c->fault == FAULT_UNIMPLEMENTED || c->fault == FAULT_UNAVAILABLE;
    return (status == 429 || status >= 500 || !observer_is_delivered(c)) && !ours;
}

/* entry: count is the number of tries in a row, at the last one, mark the first pause in ms,
 * wait_ms the Retry-After of the last response. */
static void check_pause(struct observer *w, const struct call *c, const struct history_entry *entry)
{
    int64_t pause_ms = observer_elapsed_ms(&entry->at, &w->now), first_ms = (int64_t)entry->mark;
    bool as_requested = entry->wait_ms > 0 && pause_ms + EARLY_MS >= entry->wait_ms;
    bool grew = first_ms >= AT_ONCE_MS && pause_ms >= 2 * first_ms;
    if (entry->count + 1 >= TRIES && pause_ms < PAUSE_OK_MS && !as_requested && !grew)
        report_violation(w, c, entry,
                         "try %" PRIu32 " of a failing call (%d) came %s after the previous one; the first "
                         "pause was %s",
                         entry->count + 1, (int)entry->status, observer_duration(c->arena, pause_ms),
                         observer_duration(c->arena, first_ms));
}

void check_backoff(struct observer *w, const struct call *c)
{
    bool again = failed(c);
    if (!w->operation || (!again && !w->history->count))
        return;
    uint64_t id = history_id(history_id(w->caller, w->operation), observer_path(w, c));
    struct history_entry *entry = client_history_find(w->history, id);
    struct history_entry before = entry ? *entry : (struct history_entry){0};
    if (entry) {
        observer_tested(w);
        check_pause(w, c, entry);
    }
    if (entry && !again)
        client_history_drop(w->history, entry);
    if (!again)
        return;
    entry = observer_entry(w, id);
    entry->count = before.count + 1;
    entry->mark = before.mark;
    if (before.count && before.mark < AT_ONCE_MS) /* an immediate first retry is not the first pause */
        entry->mark = (uint64_t)observer_elapsed_ms(&before.at, &w->now);
    entry->status = c->res->status;
    entry->wait_ms = retry_after_ms(c);
    observer_mark(w, entry, observer_response_at(w, c));
}
