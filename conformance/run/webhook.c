#include "conformance/run/task.h"

#include <string.h>

#include "conformance/run/listener.h"
#include "conformance/run/signature.h"

#define EVERY_MS  500
#define SETTLE_MS 2000 /* wait after the expected number, to detect one too many */

/* --- deliveries ------------------------------------------------------------------------------ */

static bool is_expected(const struct delivery *d, const struct hook *hook)
{
    return !d->consumed && d->event && strcmp(d->event, hook->event) == 0;
}

static bool is_redelivery(const struct inbox *box, size_t i)
{
    const struct delivery *d = &box->deliveries.items[i];
    for (size_t k = 0; k < i && d->id; k++)
        if (box->deliveries.items[k].id && strcmp(box->deliveries.items[k].id, d->id) == 0)
            return true;
    return false;
}

/* Counts events, not deliveries: an event may be delivered twice with the same id. */
static int64_t count_events(const struct inbox *box, const struct hook *hook)
{
    int64_t n = 0;
    for (size_t i = 0; i < box->deliveries.count; i++)
        n += is_expected(&box->deliveries.items[i], hook) && !is_redelivery(box, i);
    return n;
}

static struct delivery *take_delivery(struct inbox *box, const struct hook *hook)
{
    struct delivery *first = NULL;
    for (size_t i = 0; i < box->deliveries.count; i++) {
        struct delivery *d = &box->deliveries.items[i];
        if (!is_expected(d, hook) || (first && !hook->count))
            continue;
        d->consumed = true;
        first = first ? first : d;
    }
    return first;
}

/* --- checks ---------------------------------------------------------------------------------- */

enum { HOOK_CHECKS_MAX = 3 };

static size_t matchers_of(const struct hook *hook, const char *matchers[HOOK_CHECKS_MAX])
{
    size_t n = 0;
    matchers[n++] = hook->none ? "none" : "arrives";
    if (hook->count)
        matchers[n++] = "count";
    if (hook->signature_header)
        matchers[n++] = "signed";
    return n;
}

void webhook_undecided(const struct check_input *in, const struct step *step, enum verdict verdict, const char *why,
                       struct check_list *out)
{
    const char *matchers[HOOK_CHECKS_MAX];
    size_t count = step->hook ? matchers_of(step->hook, matchers) : 0;
    for (size_t i = 0; i < count; i++)
        check_add(in, out, "delivery", matchers[i], verdict)->why = why;
}

static const char *event_names(struct arena *a, const struct inbox *box)
{
    struct buf out = {.arena = a};
    for (size_t i = 0; i < box->deliveries.count; i++) {
        const struct delivery *d = &box->deliveries.items[i];
        buf_printf(&out, "%s%s", i ? ", " : "", d->event ? d->event : "(no event)");
    }
    return box->deliveries.count ? buf_c(&out) : "nothing was delivered";
}

static bool add_delivery_check(struct task *t, const char *matcher, bool holds, const char *expected,
                               const char *actual)
{
    struct check_input in = judge_input(t, t->runner->arena);
    struct check *c = check_add(&in, &t->checks, "delivery", matcher, holds ? VERDICT_PASS : VERDICT_FAIL);
    c->at = t->current.step->at;
    c->expected = expected;
    c->actual = actual;
    return holds;
}

static bool judge_signature(struct task *t, const struct delivery *d)
{
    struct current *c = &t->current;
    struct str secret = c->hook.secret->text, header = {0};
    const char *why = "nothing was delivered";
    if (d)
        header = headers_get(&d->record->request_headers, c->hook.signature_header);
    bool fits = d && signature_matches(header, secret, d->record->request_body, &why);
    return add_delivery_check(t, "signed", fits,
                              arena_printf(t->runner->arena, "a valid signature in %s", c->hook.signature_header),
                              fits ? "valid" : why);
}

static void judge_delivery(struct task *t, int64_t events)
{
    struct current *c = &t->current;
    struct arena *a = t->runner->arena;
    const struct hook *hook = &c->hook;
    const char *within = arena_printf(a, "%s within %lld ms", hook->event, (long long)hook->within_ms);
    const char *delivered = event_names(a, t->inbox);
    const struct delivery *d = take_delivery(t->inbox, hook);
    if (d) {
        c->exchange = d->record;
        c->headers = &d->record->request_headers;
        c->body = d->body;
        c->body_error = d->body ? NULL : "not JSON";
        task_record(t, c->exchange);
    }
    bool held = hook->none ? add_delivery_check(t, "none", !events, arena_printf(a, "no %s", within), delivered)
                           : add_delivery_check(t, "arrives", events > 0, within, delivered);
    if (hook->count)
        held &= add_delivery_check(t, "count", events == hook->count, arena_printf(a, "%lld", (long long)hook->count),
                                   arena_printf(a, "%lld", (long long)events));
    if (hook->signature_header)
        held &= judge_signature(t, d);
    judge_recorded(t, held);
}

/* --- waiting -------------------------------------------------------------------------------- */

static bool is_decided(struct retry *a, const struct hook *hook, int64_t events)
{
    if (a->elapsed_ms >= hook->within_ms || events > hook->count)
        return true;
    if (!hook->count || events < hook->count)
        return false;
    if (!a->settled)
        a->settled_ms = a->elapsed_ms;
    a->settled = true;
    return a->elapsed_ms - a->settled_ms >= SETTLE_MS;
}

static void check_inbox(struct task *t)
{
    struct current *c = &t->current;
    int64_t events = count_events(t->inbox, &c->hook);
    if (t->runner->interrupted) {
        judge_error(t, "the run was interrupted");
        return;
    }
    if (is_decided(&c->retry, &c->hook, events)) {
        judge_delivery(t, events);
        return;
    }
    c->retry.elapsed_ms += EVERY_MS;
    task_wait(t, EVERY_MS, check_inbox);
}

void webhook_start(struct task *t)
{
    struct current *c = &t->current;
    const char *missing = NULL;
    c->hook = *c->step->hook;
    c->hook.event = vars_text(&c->vars, c->hook.event, &missing);
    if (c->hook.secret)
        c->hook.secret = vars_value(&c->vars, c->hook.secret, &missing);
    if (missing)
        judge_blocked(t, missing);
    else if (c->hook.secret && !node_text(c->hook.secret))
        judge_skipped(t, VERDICT_BLOCKED, "the secret of the webhook signature is not text");
    else
        check_inbox(t);
}
