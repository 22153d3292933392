/* A write is sent again: with the Idempotency-Key it had, and that key for nothing else. */
#include "mockserver/conduct/watch.h"

#include <inttypes.h>

#define CUT_OFF (-1) /* for a status: what the client got was no whole answer */
#define LEFT    (-2) /* it did not wait for one */

static bool takes_key(const struct call *c)
{
    return c->route && (c->route->flags & ROUTE_IDEMPOTENT);
}

static struct str token_of(const struct call *c)
{
    return headers_get(&c->req->headers, "Idempotency-Key");
}

static uint64_t write_id(struct watch *w, const struct call *c)
{
    return watch_id(watch_id(w->who, watch_path(w, c)),
                    watch_id(w->operation, str_hash(c->req->body)));
}

static int outcome_of(const struct call *c)
{
    if (!watch_is_told(c))
        return CUT_OFF;
    int status = c->res->status;
    return status == 429 || (status >= 500 && c->fault != FAULT_UNIMPLEMENTED) ? status : 0;
}

static const char *outcome_text(struct arena *a, int outcome)
{
    if (outcome == LEFT)
        return "its answer was not waited for";
    return outcome == CUT_OFF ? "its answer was cut off" : arena_printf(a, "it got %d", outcome);
}

/* note: status is the outcome that calls for another try (0: none does), mark its token's hash, at
 * when the answer was there. */
static void judge(struct watch *w, const struct call *c, const struct note *first, uint64_t token)
{
    int outcome = first->status;
    if (!outcome && w->now.machine_us < first->at.machine_us)
        outcome = LEFT;
    /* A 429 had no effect: nothing is lost, and what was on its way with it is another write. */
    if (!outcome || (outcome == 429 && (!first->mark || watch_together(&first->at, &w->now))))
        return;
    const char *after = outcome_text(c->arena, outcome);
    watch_exercised(w);
    if (!first->mark && !token)
        watch_blame(w, c, first, "a write was repeated without any Idempotency-Key: %s", after);
    else if (!first->mark)
        watch_blame(w, c, first,
                    "a write was repeated, and its first try had no Idempotency-Key: %s", after);
    else if (first->mark != token)
        watch_blame(w, c, first, "a write was repeated with%s: %s",
                    token ? " another Idempotency-Key" : "out its Idempotency-Key", after);
}

void see_kept_key(struct watch *w, const struct call *c)
{
    if (!takes_key(c))
        return;
    uint64_t id = write_id(w, c), token = token_of(c).n ? str_hash(token_of(c)) : 0;
    struct note *note = notes_find(w->notes, id);
    if (note)
        judge(w, c, note, token);
    note = watch_note(w, id);
    note->mark = token;
    note->status = outcome_of(c);
    watch_mark(w, note, watch_answered(w, c));
}

void see_unsent(struct watch *w, const struct call *c)
{
    struct note *note = takes_key(c) ? notes_find(w->notes, write_id(w, c)) : NULL;
    if (note && !note->status)
        note->status = LEFT;
}

/* note: mark is the hash of what was asked with that token. */
void see_used_key(struct watch *w, const struct call *c)
{
    struct str token = takes_key(c) ? token_of(c) : STR("");
    if (!token.n)
        return;
    uint64_t id = watch_id(watch_id(w->who, w->operation), str_hash(token));
    uint64_t asked = watch_id(watch_path(w, c), str_hash(c->req->body));
    struct note *note = notes_find(w->notes, id);
    if (note && c->now_ms - note->at.world_ms >= c->provider->repeats_ms)
        note = NULL; /* the provider has forgotten it too */
    if (note) {
        watch_exercised(w);
        if (note->mark != asked)
            watch_blame(w, c, note, "an Idempotency-Key was sent with another path or body before");
        return;
    }
    note = watch_note(w, id);
    note->mark = asked;
    watch_mark(w, note, watch_answered(w, c));
}
