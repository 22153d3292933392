/* Checks for Idempotency-Keys: a repeated write keeps its key, and no other write uses it. */
#include "mockserver/client_checks/observer.h"

#include <inttypes.h>

#define CUT_OFF (-1) /* as a status: the response was truncated */
#define LEFT    (-2) /* as a status: the client did not wait for the response */

static bool takes_key(const struct call *c)
{
    return c->route && (c->route->flags & ROUTE_IDEMPOTENT);
}

static struct str token_of(const struct call *c)
{
    return headers_get(&c->req->headers, "Idempotency-Key");
}

static uint64_t write_id(struct observer *w, const struct call *c)
{
    return history_id(history_id(w->caller, observer_path(w, c)), history_id(w->operation, str_hash(c->req->body)));
}

static int outcome_of(const struct call *c)
{
    if (!observer_is_delivered(c))
        return CUT_OFF;
    int status = c->res->status;
    return status == 429 || (status >= 500 && c->fault != FAULT_UNIMPLEMENTED) ? status : 0;
}

static const char *outcome_text(struct arena *a, int outcome)
{
    if (outcome == LEFT)
        return "a response that the client did not wait for";
    return outcome == CUT_OFF ? "a truncated response" : arena_printf(a, "status %d", outcome);
}

/* entry: status is the outcome that calls for a repetition (0: none), mark the hash of the
 * Idempotency-Key, at when the client got the response. */
static void check_repetition(struct observer *w, const struct call *c, const struct history_entry *first,
                             uint64_t token)
{
    int outcome = first->status;
    if (!outcome && w->now.machine_us < first->at.machine_us)
        outcome = LEFT;
    /* A 429 had no effect, so a missing key does no harm; and a call that was already on its way is
     * not a repetition. */
    if (!outcome || (outcome == 429 && (!first->mark || observer_together(&first->at, &w->now))))
        return;
    const char *after = outcome_text(c->arena, outcome);
    observer_tested(w);
    if (!first->mark && !token)
        report_violation(w, c, first, "a write was repeated without any Idempotency-Key after %s", after);
    else if (!first->mark)
        report_violation(w, c, first, "a write whose first try had no Idempotency-Key was repeated after %s", after);
    else if (first->mark != token)
        report_violation(w, c, first, "a write was repeated with%s after %s",
                         token ? " another Idempotency-Key" : "out its Idempotency-Key", after);
}

void check_kept_key(struct observer *w, const struct call *c)
{
    if (!takes_key(c))
        return;
    uint64_t id = write_id(w, c), token = token_of(c).n ? str_hash(token_of(c)) : 0;
    struct history_entry *entry = client_history_find(w->history, id);
    if (entry)
        check_repetition(w, c, entry, token);
    entry = observer_entry(w, id);
    entry->mark = token;
    entry->status = outcome_of(c);
    observer_mark(w, entry, observer_response_at(w, c));
}

void check_unsent(struct observer *w, const struct call *c)
{
    struct history_entry *entry = takes_key(c) ? client_history_find(w->history, write_id(w, c)) : NULL;
    if (entry && !entry->status)
        entry->status = LEFT;
}

/* entry: mark is the hash of the path and body sent with that Idempotency-Key. */
void check_used_key(struct observer *w, const struct call *c)
{
    struct str token = takes_key(c) ? token_of(c) : STR("");
    if (!token.n)
        return;
    uint64_t id = history_id(history_id(w->caller, w->operation), str_hash(token));
    uint64_t request = history_id(observer_path(w, c), str_hash(c->req->body));
    struct history_entry *entry = client_history_find(w->history, id);
    if (entry && c->now_ms - entry->at.world_ms >= c->provider->repeats_ms)
        entry = NULL; /* the provider no longer remembers it */
    if (entry) {
        observer_tested(w);
        if (entry->mark != request)
            report_violation(w, c, entry, "an Idempotency-Key was reused with another path or body");
        return;
    }
    entry = observer_entry(w, id);
    entry->mark = request;
    observer_mark(w, entry, observer_response_at(w, c));
}
