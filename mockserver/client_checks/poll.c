/* Checks for polling: its pace, and that it stops at a final state. */
#include "base/array.h"
#include "mockserver/client_checks/observer.h"

#include <string.h>

#define LOOKUP_AFTER_MS 60000 /* a later call is a lookup, not a poll */

static const struct poll *poll_of(const struct call *c)
{
    for (size_t i = 0; c->route && i < c->provider->poll_count; i++)
        if (strcmp(c->provider->polls[i].operation, c->route->operation) == 0)
            return &c->provider->polls[i];
    return NULL;
}

static uint64_t poll_id(struct observer *w, const struct call *c, const struct poll *p)
{
    return history_id(history_id(w->caller, w->operation),
                      p->flags & POLL_IN_BODY ? str_hash(c->req->body) : observer_path(w, c));
}

/* The index in p->ends of the state in the response; -1: it is not final. */
static int final_state(const struct call *c, const struct poll *p)
{
    if (c->res->status != 200 || !observer_is_delivered(c))
        return -1;
    const struct node *body = json_parse(c->arena, buf_str(&c->res->body), "response", NULL);
    const char *state = body ? node_text(node_pointer(body, p->status)) : NULL;
    for (size_t i = 0; state && i < COUNT(p->ends) && p->ends[i]; i++)
        if (strcmp(p->ends[i], state) == 0)
            return (int)i;
    return -1;
}

/* entry: at is the arrival of the previous poll; status 1: its response had a final state. */
void check_poll_pace(struct observer *w, const struct call *c)
{
    const struct poll *p = poll_of(c);
    if (!p)
        return;
    uint64_t id = poll_id(w, c, p);
    struct history_entry *entry = client_history_find(w->history, id);
    if (entry && !entry->status) {
        int64_t pause_ms = observer_elapsed_ms(&entry->at, &w->now);
        observer_tested(w);
        if (pause_ms < p->least_ms - p->least_ms / 10) /* allow for inexact timers */
            report_violation(w, c, entry, "polled %s after the previous poll; the minimum is %s",
                             observer_duration(c->arena, pause_ms), observer_duration(c->arena, p->least_ms));
    }
    if (!observer_is_delivered(c)) { /* the client must repeat it: not a second poll */
        if (entry)
            client_history_drop(w->history, entry);
        return;
    }
    entry = observer_entry(w, id);
    entry->status = final_state(c, p) >= 0;
    observer_mark(w, entry, w->now);
}

/* entry: at is when the client got the final state, row its index in p->ends. */
void check_poll_end(struct observer *w, const struct call *c)
{
    const struct poll *p = poll_of(c);
    if (!p || (p->flags & POLL_OTHER_USES))
        return;
    uint64_t id = poll_id(w, c, p);
    struct history_entry *entry = client_history_find(w->history, id);
    if (entry) {
        int64_t passed_ms = observer_elapsed_ms(&entry->at, &w->now);
        if (passed_ms < LOOKUP_AFTER_MS && !observer_together(&entry->at, &w->now))
            report_violation(w, c, entry, "polled again %s after the final state '%s'",
                             observer_duration(c->arena, passed_ms), p->ends[entry->row]);
        return;
    }
    int end = final_state(c, p);
    if (end < 0 || !observer_is_delivered(c))
        return;
    observer_tested(w);
    entry = observer_entry(w, id);
    entry->row = (uint32_t)end;
    observer_mark(w, entry, observer_response_at(w, c));
}
