/* Checks of when a client calls: it waits as Retry-After says, longer after each failure, and between polls. */
#include "base/array.h"
#include "base/units.h"
#include "mockserver/client_checks/observer.h"

#include <inttypes.h>
#include <string.h>

#include "base/time.h"
#include "mockserver/gates/gate.h"

#define WAIT_MAX_MS     (366 * DAY_MS)
#define EARLY_MS        50        /* allow for inexact timers */
#define TRIES           5         /* from this try on, a pause must have grown */
#define AT_ONCE_MS      10        /* a shorter pause counts as an immediate retry */
#define PAUSE_OK_MS     5000      /* a pause that is always long enough */
#define LOOKUP_AFTER_MS MINUTE_MS /* a later call is a lookup, not a poll */
#define PACE_MAX_MS     2000      /* the slowest pace of polling: a client that still polls has polled by then */

/* --- Retry-After ------------------------------------------------------------------------------ */

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
    struct str token = observer_token(c);
    return token.n ? str_hash(token) : 0;
}

static uint64_t request_of(struct observer *w, const struct call *c)
{
    return history_id(history_id(observer_path(w, c), w->operation), history_id(str_hash(c->req->body), write_of(c)));
}

/* A call that cannot have been in flight when the refusal left. A client with several calls at once may send the same
 * request twice, so this is sure only for one that sends one call after the other. */
static bool is_repetition(struct observer *w, const struct call *c, const struct history_entry *entry)
{
    if (entry->refusal.write && entry->refusal.write == write_of(c))
        return true;
    return !w->checks->concurrent && entry->refusal.request == request_of(w, c) &&
           !observer_overlaps(entry->at.machine_us, &w->now);
}

/* Returns false after reporting a violation. */
static bool check_wait(struct observer *w, const struct call *c, struct history_entry *entry)
{
    if (!entry)
        return true;
    if (!is_repetition(w, c, entry) && observer_together(&entry->refusal.first, &w->now))
        return true;
    int64_t passed_ms = observer_elapsed_ms(&entry->at, &w->now);
    w->result->tested++;
    if (passed_ms + EARLY_MS < entry->refusal.wait_ms) {
        report_violation(w, c, entry, "%d requested a wait of %s; called again after %s", entry->refusal.status,
                         observer_duration(c->arena, entry->refusal.wait_ms), observer_duration(c->arena, passed_ms));
        return false;
    }
    observer_forget(w, entry);
    return true;
}

void check_retry_after(struct observer *w, const struct call *c)
{
    if (!w->operation)
        return;
    if (w->result->entries && check_wait(w, c, observer_find(w, operation_id(w))))
        check_wait(w, c, observer_find(w, rate_class_id(w, c)));
    int64_t wait_ms = retry_after_ms(c);
    if (wait_ms <= 0)
        return;
    struct history_entry *entry = observer_entry(w, is_exhausted(c) ? rate_class_id(w, c) : operation_id(w));
    observer_mark(w, entry, observer_response_at(w, c));
    if (!entry->refusal.wait_ms)
        entry->refusal.first = entry->at;
    entry->refusal.wait_ms = wait_ms;
    entry->refusal.status = c->res->status;
    entry->refusal.write = write_of(c);
    entry->refusal.request = request_of(w, c);
}

/* --- pauses between retries ------------------------------------------------------------------- */

static bool has_failed(const struct call *c)
{
    int status = c->res->status;
    bool ours = c->trace.violation.number ||
                (!c->scripted && (c->fault == FAULT_UNIMPLEMENTED || c->fault == FAULT_UNAVAILABLE));
    return (status == 429 || status >= 500 || !observer_is_delivered(c)) && !ours;
}

static void check_pause(const struct observer *w, const struct call *c, const struct history_entry *entry)
{
    int64_t pause_ms = observer_elapsed_ms(&entry->at, &w->now);
    int64_t first_ms = entry->failure.first_pause_ms, wait_ms = entry->failure.wait_ms;
    bool as_requested = wait_ms > 0 && pause_ms + EARLY_MS >= wait_ms;
    bool grew = first_ms >= AT_ONCE_MS && pause_ms >= 2 * first_ms;
    if (entry->failure.tries + 1 < TRIES)
        return;
    w->result->tested++;
    if (pause_ms < PAUSE_OK_MS && !as_requested && !grew)
        report_violation(w, c, entry,
                         "try %" PRIu32 " of a failing call (%d) came %s after the previous one; the first "
                         "pause was %s",
                         entry->failure.tries + 1, entry->failure.status, observer_duration(c->arena, pause_ms),
                         observer_duration(c->arena, first_ms));
}

void check_backoff(struct observer *w, const struct call *c)
{
    bool again = has_failed(c);
    if (!w->operation || (!again && !w->result->entries))
        return;
    uint64_t id = history_id(operation_id(w), observer_path(w, c));
    struct history_entry *entry = observer_find(w, id);
    struct history_entry before = entry ? *entry : (struct history_entry){0};
    bool in_flight = entry && (w->now.machine_us < entry->at.machine_us ||
                               (w->checks->concurrent && observer_together(&entry->at, &w->now)));
    if (in_flight) /* with the call that failed: not its repetition */
        return;
    if (entry)
        check_pause(w, c, entry);
    if (entry && !again)
        observer_forget(w, entry);
    if (!again)
        return;
    entry = observer_entry(w, id);
    entry->failure.tries = before.failure.tries + 1;
    /* an immediate first retry is not the first pause */
    if (before.id && before.failure.first_pause_ms < AT_ONCE_MS)
        entry->failure.first_pause_ms = observer_elapsed_ms(&before.at, &w->now);
    entry->failure.status = c->res->status;
    entry->failure.wait_ms = retry_after_ms(c);
    observer_mark(w, entry, observer_response_at(w, c));
}

/* --- polls ------------------------------------------------------------------------------------ */

static const struct poll *poll_of(const struct call *c)
{
    for (size_t i = 0; c->route && i < c->provider->poll_count; i++)
        if (strcmp(c->provider->polls[i].operation, c->route->operation) == 0)
            return &c->provider->polls[i];
    return NULL;
}

/* A query does not make it another resource. */
static uint64_t poll_id(const struct observer *w, const struct call *c, const struct poll *p)
{
    return history_id(operation_id(w), str_hash(p->flags & POLL_IN_BODY ? c->req->body : c->path));
}

/* The state in the response if it is final, as in p->ends; NULL: it is not. */
static const char *final_state(const struct call *c, const struct poll *p)
{
    if (c->res->status != 200 || !observer_is_delivered(c))
        return NULL;
    const struct node *body = json_parse(c->arena, buf_str(&c->res->body), "response", NULL);
    const char *state = body ? node_text(node_pointer(body, p->status)) : NULL;
    for (size_t i = 0; state && i < COUNT(p->ends) && p->ends[i]; i++)
        if (strcmp(p->ends[i], state) == 0)
            return p->ends[i];
    return NULL;
}

void check_poll_pace(struct observer *w, const struct call *c)
{
    const struct poll *p = poll_of(c);
    if (!p)
        return;
    uint64_t id = poll_id(w, c, p);
    struct history_entry *entry = observer_find(w, id);
    if (entry && !entry->ended) {
        int64_t pause_ms = observer_elapsed_ms(&entry->at, &w->now);
        w->result->tested++;
        if (pause_ms < p->least_ms - p->least_ms / 10) /* allow for inexact timers */
            report_violation(w, c, entry, "polled %s after the previous poll; the minimum is %s",
                             observer_duration(c->arena, pause_ms), observer_duration(c->arena, p->least_ms));
    }
    if (!observer_is_delivered(c)) { /* the client must repeat it: not a second poll */
        if (entry)
            observer_forget(w, entry);
        return;
    }
    entry = observer_entry(w, id);
    entry->ended = final_state(c, p);
    observer_mark(w, entry, w->now);
}

void check_poll_end(struct observer *w, const struct call *c)
{
    const struct poll *p = poll_of(c);
    uint64_t id = p ? poll_id(w, c, p) : 0;
    observer_settle(w, w->caller, id, PACE_MAX_MS);
    if (!p || (p->flags & POLL_OTHER_USES))
        return;
    struct history_entry *entry = observer_find(w, id);
    if (entry) {
        int64_t passed_ms = observer_elapsed_ms(&entry->at, &w->now);
        if (observer_together(&entry->at, &w->now))
            return;
        observer_show(w, entry);
        if (passed_ms < LOOKUP_AFTER_MS)
            report_violation(w, c, entry, "polled again %s after the final state '%s'",
                             observer_duration(c->arena, passed_ms), entry->end);
        return;
    }
    const char *end = final_state(c, p);
    if (!end)
        return;
    entry = observer_entry(w, id);
    entry->end = end;
    observer_mark(w, entry, observer_response_at(w, c));
    observer_open(w, entry, w->caller);
}
