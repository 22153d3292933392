#include <string.h>

#include "base/time.h"
#include "conformance/run/step.h"

#define EVERY_MS          500
#define FOR_MS            10000
#define RETRY_AFTER_MS    1000
#define RETRY_LIMITED_MAX 3
#define UNIX_TIME_MAX     INT64_C(253402300799) /* the last second of the year 9999 */

#define OUTAGE_MS           30000
#define OUTAGE_FAILURES_MIN 3

/* --- whether to send it again ------------------------------------------------------------- */

static const struct retry_decision decided = {.next = RETRY_DECIDED};

static struct retry_decision retry_after(int64_t wait_ms, int64_t at_most_ms)
{
    return (struct retry_decision){RETRY_AGAIN, wait_ms < at_most_ms ? wait_ms : at_most_ms, NULL};
}

static struct retry_decision wait_rate_limit(struct retry *r, const struct observation *seen)
{
    int64_t wait = seen->retry_after_ms >= 0 ? seen->retry_after_ms : RETRY_AFTER_MS;
    if (++r->limited > RETRY_LIMITED_MAX)
        return (struct retry_decision){
            RETRY_GIVE_UP, 0, "the rate limit is exhausted: status 429 even after three waits for Retry-After"};
    if (wait > RETRY_WAIT_MAX_MS)
        return (struct retry_decision){RETRY_GIVE_UP, 0,
                                       "the rate limit is exhausted: status 429 with a Retry-After of over 5 minutes"};
    return retry_after(wait, wait);
}

/* The pause after the response number r->count: `every`, longer by the factor `backoff` each time. */
static int64_t growing_pause(const struct retry *r, const struct step *step, int64_t every_ms, int64_t limit_ms)
{
    double pause = (double)every_ms;
    if (step->max_every_ms && step->max_every_ms < limit_ms)
        limit_ms = step->max_every_ms;
    for (int i = 1; i < r->count && step->backoff > 1 && pause < (double)limit_ms; i++)
        pause *= step->backoff;
    return pause < (double)limit_ms ? (int64_t)pause : limit_ms;
}

static struct retry_decision decide_eventually(const struct retry *r, const struct step *step,
                                               const struct observation *seen, int64_t every_ms)
{
    int64_t left = (step->for_ms ? step->for_ms : FOR_MS) - r->elapsed_ms;
    if (seen->holds || seen->stops || left <= 0)
        return decided;
    return retry_after(growing_pause(r, step, every_ms, left), left);
}

static struct retry_decision decide_consistently(struct retry *r, const struct step *step,
                                                 const struct observation *seen, int64_t every_ms)
{
    if (!r->settled && !seen->holds) {
        int64_t left = step->settle_ms - r->elapsed_ms;
        return left > 0 ? retry_after(every_ms, left) : decided;
    }
    if (!r->settled) {
        r->settled = true;
        r->settled_ms = r->elapsed_ms;
    }
    int64_t left = r->settled_ms + step->for_ms - r->elapsed_ms;
    return seen->holds && left > 0 ? retry_after(every_ms, left) : decided;
}

struct retry_decision retry_decide(struct retry *r, const struct step *step, const struct observation *seen)
{
    int64_t every_ms = step->every_ms > 0 ? step->every_ms : EVERY_MS;
    if (seen->limited)
        return wait_rate_limit(r, seen);
    r->limited = 0;
    r->count++;
    if (seen->final)
        return decided;
    if (step->consistently)
        return decide_consistently(r, step, seen, every_ms);
    return step->eventually ? decide_eventually(r, step, seen, every_ms) : decided;
}

/* --- outages ------------------------------------------------------------------------------ */

static void note_failure(struct outage *o, struct arena *a, const struct exchange_record *x)
{
    int64_t now_us = time_monotonic_us();
    if (!o->failures++)
        o->began_us = now_us - x->duration_us;
    if (o->failures >= OUTAGE_FAILURES_MIN && now_us - o->began_us >= (int64_t)OUTAGE_MS * 1000 && !o->gone)
        o->gone = arena_printf(a, "not sent: the target has not responded for %lld s (%s)",
                               (long long)((now_us - o->began_us) / 1000000), x->error);
}

static void note_call(struct task *t)
{
    struct outage *o = &t->runner->outage;
    const struct exchange_record *x = t->current.exchange;
    if (t->current.step->kind != STEP_CALL)
        return;
    if (!x->status) {
        note_failure(o, t->runner->arena, x);
        return;
    }
    o->failures = 0;
    o->rate_limited &= x->status == 429;
}

/* --- call and inspect --------------------------------------------------------------------- */

enum next call_prepare(struct task *t)
{
    struct current *c = &t->current;
    struct request_problem problem = {0};
    c->request = resolve_request(&c->vars, t->runner->target, &t->namespace, c->step, &problem);
    c->began_us = time_monotonic_us();
    if (!c->request)
        return judge_unsendable(t, &problem);
    if (c->step->kind != STEP_CALL)
        return NEXT_PHASE;
    const char *gone = t->runner->outage.gone ? t->runner->outage.gone : key_refused(t);
    return gone ? judge_error(t, gone) : NEXT_PHASE;
}

/* Each attempt reuses the scratch arena; the last response is copied out of it. */
enum next call_send(struct task *t)
{
    struct current *c = &t->current;
    arena_reset(&t->scratch);
    c->arena = &t->scratch;
    c->exchange = arena_new(&t->scratch, struct exchange_record);
    *c->exchange = *c->request;
    return task_send_current(t, &t->scratch);
}

enum next call_receive(struct task *t)
{
    struct current *c = &t->current;
    exchange_add_attempt(t->runner->arena, c->request, c->exchange, c->waited_ms);
    note_call(t);
    if (!c->exchange->status)
        return judge_error(t, c->exchange->error);
    if (c->step->eventually || c->step->consistently) /* judge_record reads the last response again */
        judge_read_body(t, c->arena);
    return NEXT_PHASE;
}

/* A step that judges limits judges a 429 like any other response. */
static bool waits_for_rate_limit(const struct task *t)
{
    enum rate_limit of_step = t->current.step->rate_limit;
    return of_step == RATE_LIMIT_OF_SCENARIO ? !t->scenario->judges_limits : of_step == RATE_LIMIT_WAIT;
}

static bool is_stop_seen(struct task *t, struct arena *a)
{
    struct check_input in = judge_input(t, a);
    in.expect = &t->current.stop;
    return t->current.step->eventually && t->current.stop.given && check_holds(&in, NULL);
}

/* The time is up, and the provider is still in a documented intermediate state. */
static bool is_pending(struct task *t, const struct observation *seen)
{
    struct check_input in = judge_input(t, t->current.arena);
    bool waited = t->current.step->eventually && !seen->holds && !seen->stops && !seen->final;
    if (!waited || !t->current.pending.given || !check_status_holds(&in))
        return false;
    in.expect = &t->current.pending;
    return check_holds(&in, NULL);
}

enum next call_repeat(struct task *t)
{
    struct current *c = &t->current;
    const char *undecided = NULL;
    bool limited = c->exchange->status == 429 && !judge_expects_status(c->step, 429);
    struct observation seen = {
        .final = c->server_failure || (limited && !waits_for_rate_limit(t)),
        .limited = limited && waits_for_rate_limit(t),
        .retry_after_ms = exchange_retry_after_ms(c->exchange),
    };
    if (!seen.limited && (c->step->eventually || c->step->consistently)) {
        seen.holds = judge_holds(t, c->arena, &undecided);
        seen.stops = is_stop_seen(t, c->arena);
        seen.final |= undecided != NULL; /* a later response would be as undecided */
    }
    if (!t->namespace.has_clock)
        c->retry.elapsed_ms = (time_monotonic_us() - c->began_us) / 1000;
    struct outage *o = &t->runner->outage;
    if (seen.limited && o->rate_limited)
        return judge_error(t, "the rate limit is exhausted: status 429, and an earlier step has waited in vain");
    struct retry_decision d = retry_decide(&c->retry, c->step, &seen);
    switch (d.next) {
    case RETRY_DECIDED:
        return is_pending(t, &seen) ? judge_pending(t) : NEXT_PHASE;
    case RETRY_GIVE_UP:
        o->rate_limited = !t->namespace.has_clock; /* a namespace has rate limits of its own */
        return judge_error(t, d.why);
    case RETRY_AGAIN:
        c->waited_ms = d.wait_ms;
        if (t->namespace.has_clock)
            c->retry.elapsed_ms += d.wait_ms;
        return task_repeat_after(t, d.wait_ms);
    }
    return NEXT_PHASE;
}

/* --- simulate and advance ----------------------------------------------------------------- */

static enum next prepare_admin(struct task *t, const char *path, const struct node *body)
{
    if (!t->namespace.admin_url)
        return judge_skipped(t, VERDICT_NOT_APPLICABLE, "the target has no admin API");
    t->current.exchange = admin_request(t->runner->arena, t->namespace.admin_url, "POST", path, body);
    return NEXT_PHASE;
}

enum next simulate_prepare(struct task *t)
{
    struct current *c = &t->current;
    struct arena *a = t->runner->arena;
    const char *missing = NULL;
    const struct node *body = c->step->body ? vars_value(&c->vars, c->step->body, &missing) : node_new_map(a, NULL, 0);
    return body ? prepare_admin(t, arena_printf(a, ADMIN_SIMULATE "%s", c->step->simulate), body)
                : judge_blocked(t, missing);
}

/* A captured header may be a Unix time in seconds; the admin API takes a timestamp. */
static const struct node *with_timestamp(struct arena *a, const struct node *advance)
{
    const char *to = node_get_text(advance, "to");
    int64_t seconds;
    char text[TIME_TEXT_MAX];
    if (!to || !str_to_int(str_from(to), &seconds) || seconds < 0 || seconds > UNIX_TIME_MAX)
        return advance;
    return node_with(a, advance, "to", node_new_text(a, str_from(time_seconds(seconds * 1000, text))));
}

enum next advance_prepare(struct task *t)
{
    struct current *c = &t->current;
    struct arena *a = t->runner->arena;
    const char *missing = NULL;
    const struct node *by = vars_value(&c->vars, c->step->advance, &missing);
    if (!by)
        return judge_blocked(t, missing);
    by = by->kind == NODE_MAP ? with_timestamp(a, by) : node_with(a, NULL, "by", by);
    return prepare_admin(t, "/clock/advance", by);
}

enum next admin_send(struct task *t)
{
    return task_send_current(t, t->runner->arena);
}

enum next admin_receive(struct task *t)
{
    const struct exchange_record *x = t->current.exchange;
    judge_read_date(t);
    return exchange_succeeded(x) ? NEXT_PHASE : judge_error(t, admin_error(t->runner->arena, x));
}
