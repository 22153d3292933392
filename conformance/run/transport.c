#include "conformance/run/task.h"

#include "base/time.h"

static void on_response(void *ctx, struct exchange_record *x)
{
    struct task *t = ctx;
    t->on_response(t, x);
}

void task_send(struct task *t, struct arena *a, struct exchange_record *x, task_response_fn *then)
{
    t->on_response = then;
    t->runner->run->calls++;
    client_send(t->runner->client, a, x, on_response, t);
}

static void wake_task(struct task *t)
{
    task_resume_fn *then = t->on_resume;
    t->on_resume = NULL;
    t->timer = 0;
    then(t);
}

static void on_timer(void *ctx)
{
    wake_task(ctx);
}

static void on_clock_advanced(struct task *t, struct exchange_record *x)
{
    if (exchange_succeeded(x))
        wake_task(t);
    else
        judge_error(t, admin_error(t->runner->arena, x));
}

void task_wait(struct task *t, int64_t ms, task_resume_fn *then)
{
    t->on_resume = then;
    if (t->namespace.has_clock) {
        struct arena *a = &t->scratch;
        task_send(t, a, admin_advance_clock(a, &t->namespace, ms), on_clock_advanced);
        return;
    }
    t->timer = loop_timer(t->runner->loop, time_monotonic_us() + ms * 1000, on_timer, t);
}

void task_record(struct task *t, struct exchange_record *x)
{
    *arena_push(t->runner->arena, &t->result->exchanges, const struct exchange_record *) = x;
}

/* --- exchanges ------------------------------------------------------------------------------ */

static struct str text_copy(struct arena *a, struct str text)
{
    return text.s ? str_of(str_dup(a, text), text.n) : text;
}

static struct headers headers_copy(struct arena *a, const struct headers *h)
{
    struct headers out = {0};
    for (size_t i = 0; i < h->count; i++)
        headers_add(a, &out, arena_text(a, h->items[i].name), text_copy(a, h->items[i].value));
    return out;
}

struct exchange_record *exchange_copy(struct arena *a, const struct exchange_record *x)
{
    struct exchange_record *out = arena_new(a, struct exchange_record);
    *out = *x;
    out->response_headers = headers_copy(a, &x->response_headers);
    out->response_body = text_copy(a, x->response_body);
    out->error = x->error ? arena_text(a, x->error) : NULL;
    return out;
}

int64_t exchange_now_ms(const struct exchange_record *x)
{
    int64_t ms;
    if (time_parse_http(headers_get(&x->response_headers, "Date"), &ms))
        return ms;
    return time_wall_ms();
}

int64_t exchange_retry_after_ms(const struct exchange_record *x)
{
    struct str text = headers_get(&x->response_headers, "Retry-After");
    int64_t value;
    if (str_to_int(text, &value) && value >= 0 && value < INT32_MAX)
        return value * 1000;
    if (!time_parse_http(text, &value))
        return -1;
    int64_t left = value - exchange_now_ms(x);
    return left > 0 ? left : 0;
}
