/* What is asked again and again until it has ended: how fast, and that it stops. */
#include "mockserver/conduct/watch.h"

#include <string.h>

#define COUNT(a)  (sizeof(a) / sizeof *(a))
#define LOOKED_MS 60000 /* who asks later than that does not poll: they look something up */
#define LA        "layers"
#define PE        "posteverywhere"

enum {
    OF_BODY = 1,   /* what is polled stands in the body, not in the path */
    LOOKED_AT = 2, /* the operation has other uses: once this has ended, nothing is judged */
};

/* Where neither documents nor the provider's clients tell a pace, a second: the shortest that is
 * told anywhere. */
static const struct poll {
    const char *provider, *operation;
    int64_t least_ms;
    unsigned flags;
    const char *status, *ends; /* where the answer has it; which words are ends */
} polls[] = {
    {LA, "oauth_status",        1000, 0,         "/status",      "completed failed expired"   },
    {LA, "read_lease_request",  1000, 0,         "/status",      "assigned partial rejected"  },
    {LA, "read_job",            1000, 0,         "/status",      "completed failed canceled"  },
    {PE, "poll_social_connect", 2000, 0,         "/data/status", "completed cancelled expired"},
    {PE, "poll_device_token",   2000, OF_BODY,   "/data/status", "authorized denied expired"  },
    {PE, "read_media",          1000, LOOKED_AT, "/data/status", "ready failed"               },
};

static const struct poll *poll_of(const struct call *c)
{
    for (size_t i = 0; c->route && i < COUNT(polls); i++)
        if (strcmp(polls[i].operation, c->route->operation) == 0 &&
            strcmp(polls[i].provider, c->provider->name) == 0)
            return &polls[i];
    return NULL;
}

static uint64_t poll_id(struct watch *w, const struct call *c, const struct poll *p)
{
    return watch_id(watch_id(w->who, w->operation),
                    p->flags & OF_BODY ? str_hash(c->req->body) : watch_path(w, c));
}

/* The state the client was told, if that is an end: a view into p->ends. */
static struct str end_told(const struct call *c, const struct poll *p)
{
    struct str rest = str_from(p->ends);
    if (c->res->status != 200 || !watch_is_told(c))
        return (struct str){0};
    const struct node *body = json_parse(c->arena, buf_str(&c->res->body), "answer", NULL);
    const char *state = body ? node_text(node_pointer(body, p->status)) : NULL;
    while (state && rest.n) {
        struct str end = str_cut(&rest, ' ');
        if (str_is(end, state))
            return end;
    }
    return (struct str){0};
}

/* note: at when the poll before came; status 1: it was told an end. */
void see_poll_pace(struct watch *w, const struct call *c)
{
    const struct poll *p = poll_of(c);
    if (!p)
        return;
    uint64_t id = poll_id(w, c, p);
    struct note *note = notes_find(w->notes, id);
    if (note && !note->status) {
        int64_t pause_ms = watch_elapsed_ms(&note->at, &w->now);
        watch_exercised(w);
        if (pause_ms < p->least_ms - p->least_ms / 10) /* a timer may be that inexact */
            watch_blame(w, c, note, "polled %s after the poll before; the least is %s",
                        watch_duration(c->arena, pause_ms), watch_duration(c->arena, p->least_ms));
    }
    if (!watch_is_told(c)) { /* who sends it once more has polled once */
        if (note)
            notes_drop(w->notes, note);
        return;
    }
    note = watch_note(w, id);
    note->status = end_told(c, p).n != 0;
    watch_mark(w, note, w->now);
}

/* note: at when an end was told, row where it stands in the row's ends. */
void see_poll_end(struct watch *w, const struct call *c)
{
    const struct poll *p = poll_of(c);
    if (!p || (p->flags & LOOKED_AT))
        return;
    uint64_t id = poll_id(w, c, p);
    struct note *note = notes_find(w->notes, id);
    if (note) {
        int64_t passed_ms = watch_elapsed_ms(&note->at, &w->now);
        struct str rest = str_from(p->ends + note->row), end = str_cut(&rest, ' ');
        if (passed_ms < LOOKED_MS && !watch_together(&note->at, &w->now))
            watch_blame(w, c, note, "polled again %s after it was told: " STR_FMT,
                        watch_duration(c->arena, passed_ms), STR_ARG(end));
        return;
    }
    struct str end = end_told(c, p);
    if (!end.n || !watch_is_told(c))
        return;
    watch_exercised(w);
    note = watch_note(w, id);
    note->row = (uint32_t)(end.s - p->ends);
    watch_mark(w, note, watch_answered(w, c));
}
