/* Checks for polling: its pace, and that it stops at a final state. */
#include "base/array.h"
#include "mockserver/client_checks/observer.h"

#include <string.h>

#define LOOKUP_AFTER_MS 60000 /* a later call is a lookup, not a poll */
#define LA              "layers"
#define PE              "posteverywhere"

enum {
    IN_BODY = 1,    /* the polled resource is named in the body, not in the path */
    OTHER_USES = 2, /* the operation has other uses: not checked after a final state */
};

/* If neither the documentation nor the provider's clients state an interval, the minimum is one
 * second: the shortest one that is documented anywhere. */
static const struct poll {
    const char *provider, *operation;
    int64_t least_ms;
    unsigned flags;
    const char *status, *ends; /* JSON pointer of the state; its final values */
} polls[] = {
    {LA, "oauth_status",        1000, 0,          "/status",      "completed failed expired"   },
    {LA, "read_lease_request",  1000, 0,          "/status",      "assigned partial rejected"  },
    {LA, "read_job",            1000, 0,          "/status",      "completed failed canceled"  },
    {PE, "poll_social_connect", 2000, 0,          "/data/status", "completed cancelled expired"},
    {PE, "poll_device_token",   2000, IN_BODY,    "/data/status", "authorized denied expired"  },
    {PE, "read_media",          1000, OTHER_USES, "/data/status", "ready failed"               },
};

static const struct poll *poll_of(const struct call *c)
{
    for (size_t i = 0; c->route && i < COUNT(polls); i++)
        if (strcmp(polls[i].operation, c->route->operation) == 0 && strcmp(polls[i].provider, c->provider->name) == 0)
            return &polls[i];
    return NULL;
}

static uint64_t poll_id(struct observer *w, const struct call *c, const struct poll *p)
{
    return history_id(history_id(w->caller, w->operation),
                      p->flags & IN_BODY ? str_hash(c->req->body) : observer_path(w, c));
}

/* The state in the response if it is final, as a view into p->ends; else empty. */
static struct str final_state(const struct call *c, const struct poll *p)
{
    struct str rest = str_from(p->ends);
    if (c->res->status != 200 || !observer_is_delivered(c))
        return (struct str){0};
    const struct node *body = json_parse(c->arena, buf_str(&c->res->body), "response", NULL);
    const char *state = body ? node_text(node_pointer(body, p->status)) : NULL;
    while (state && rest.n) {
        struct str end = str_cut(&rest, ' ');
        if (str_is(end, state))
            return end;
    }
    return (struct str){0};
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
    entry->status = final_state(c, p).n != 0;
    observer_mark(w, entry, w->now);
}

/* entry: at is when the client got the final state, row its offset in p->ends. */
void check_poll_end(struct observer *w, const struct call *c)
{
    const struct poll *p = poll_of(c);
    if (!p || (p->flags & OTHER_USES))
        return;
    uint64_t id = poll_id(w, c, p);
    struct history_entry *entry = client_history_find(w->history, id);
    if (entry) {
        int64_t passed_ms = observer_elapsed_ms(&entry->at, &w->now);
        struct str rest = str_from(p->ends + entry->row), end = str_cut(&rest, ' ');
        if (passed_ms < LOOKUP_AFTER_MS && !observer_together(&entry->at, &w->now))
            report_violation(w, c, entry, "polled again %s after the final state '" STR_FMT "'",
                             observer_duration(c->arena, passed_ms), STR_ARG(end));
        return;
    }
    struct str end = final_state(c, p);
    if (!end.n || !observer_is_delivered(c))
        return;
    observer_tested(w);
    entry = observer_entry(w, id);
    entry->row = (uint32_t)(end.s - p->ends);
    observer_mark(w, entry, observer_response_at(w, c));
}
