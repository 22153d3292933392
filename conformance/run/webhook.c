#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/http/server.h"
#include "base/json.h"
#include "base/time.h"
#include "conformance/run/step.h"

#define BODY_MAX        (1u << 20)
#define IDLE_S          30
#define CONNECTIONS_MAX 256
#define EVERY_MS        500
#define SETTLE_MS       2000 /* wait after the expected number, to detect one too many */

/* Below the URL of an inbox: the first delivery there is refused, so that the provider repeats it. */
#define REFUSE_FIRST "/refuse-first"

/* --- the listener ------------------------------------------------------------------------- */

/* The event of a delivery is the payload's `type`. Deliveries with the same `id` are one event delivered twice. */
struct delivery {
    struct exchange_record *record;
    const struct node *body; /* NULL: not JSON */
    const char *event, *id;  /* NULL: the payload has none */
    bool consumed;           /* an earlier step has consumed it */
};

struct inbox {
    const char *name, *url;
    bool has_refused; /* a delivery at REFUSE_FIRST */
    struct {
        struct delivery *items;
        size_t count, room;
    } deliveries;
};

struct listener {
    struct arena *arena;
    struct server *server;
    const char *url;
    struct {
        struct inbox **items;
        size_t count, room;
    } inboxes;
};

static struct inbox *inbox_at(const struct listener *l, struct str path)
{
    struct str name = str_skip(path, 1);
    if (str_ends(name, STR(REFUSE_FIRST)))
        name = str_of(name.s, name.n - strlen(REFUSE_FIRST));
    for (size_t i = 0; i < l->inboxes.count; i++)
        if (str_is(name, l->inboxes.items[i]->name))
            return l->inboxes.items[i];
    return NULL;
}

/* Copies the request: the server frees its memory after the response. */
static struct exchange_record *new_record(struct arena *a, const char *url, const struct request *r, int status)
{
    struct exchange_record *x = arena_new(a, struct exchange_record);
    *x = (struct exchange_record){
        .method = str_dup(a, r->method),
        .url = url,
        .request_body = str_of(str_dup(a, r->body), r->body.n),
        .status = status,
        .sent = true,
        .started_ms = time_wall_ms(),
    };
    for (size_t i = 0; i < r->headers.count; i++) {
        const struct header *h = &r->headers.items[i];
        headers_add(a, &x->request_headers, arena_text(a, h->name), str_of(str_dup(a, h->value), h->value.n));
    }
    return x;
}

static void keep_delivery(struct arena *a, struct inbox *box, const struct request *r, int status)
{
    struct exchange_record *x = new_record(a, box->url, r, status);
    const struct node *body = json_parse(a, x->request_body, "delivery", NULL);
    *arena_push(a, &box->deliveries, struct delivery) = (struct delivery){
        .record = x,
        .body = body,
        .event = node_get_text(body, node_get_text(body, "type") ? "type" : "event"),
        .id = node_get_text(body, "id"),
    };
}

static bool is_refused(struct inbox *box, struct str path)
{
    bool refused = str_ends(path, STR(REFUSE_FIRST)) && !box->has_refused;
    box->has_refused |= refused;
    return refused;
}

static void handle_delivery(void *ctx, struct exchange *x)
{
    struct listener *l = ctx;
    struct inbox *box = inbox_at(l, x->request.path);
    bool ok = box && str_is(x->request.method, "POST") && !x->request.body_too_large;
    x->response.status = !ok ? 404 : is_refused(box, x->request.path) ? 503 : 200;
    if (ok)
        keep_delivery(l->arena, box, &x->request, x->response.status);
    server_reply(x);
}

static void refuse_request(void *ctx, struct exchange *x, int status, const char *why)
{
    (void)ctx;
    (void)x;
    (void)status;
    (void)why; /* the status is enough */
}

struct listener *listener_new(struct loop *l, struct arena *a, const char *url, int port, struct error *err)
{
    struct listener *out = heap_new(sizeof *out);
    const struct server_options options = {
        .address = "127.0.0.1",
        .port = port,
        .body_max = BODY_MAX,
        .idle_timeout_s = IDLE_S,
        .connections_max = CONNECTIONS_MAX,
        .handle = handle_delivery,
        .refuse = refuse_request,
        .ctx = out,
    };
    *out = (struct listener){.arena = a, .server = server_new(l, &options, err)};
    if (!out->server) {
        heap_free(out);
        return NULL;
    }
    out->url = url ? url : arena_printf(a, "http://127.0.0.1:%d", server_port(out->server));
    return out;
}

void listener_free(struct listener *l)
{
    if (!l)
        return;
    server_free(l->server);
    heap_free(l);
}

struct inbox *listener_open(struct listener *l, const char *name)
{
    struct inbox *box = arena_new(l->arena, struct inbox);
    *box = (struct inbox){.name = name, .url = arena_printf(l->arena, "%s/%s", l->url, name)};
    *arena_push(l->arena, &l->inboxes, struct inbox *) = box;
    return box;
}

const char *inbox_url(const struct inbox *box)
{
    return box->url;
}

/* --- signatures --------------------------------------------------------------------------- */

static struct str value_of(struct str part, struct str key)
{
    part = str_trim(part);
    return str_starts(part, key) ? str_skip(part, key.n) : (struct str){0};
}

static struct str time_of(struct str header)
{
    while (header.n) {
        struct str t = value_of(str_cut(&header, ','), STR("t="));
        if (t.n)
            return t;
    }
    return (struct str){0};
}

static bool any_matches(struct str header, struct str expected)
{
    bool fits = false;
    while (header.n) {
        struct str v1 = value_of(str_cut(&header, ','), STR("v1="));
        fits |= digest_equal(v1, expected);
    }
    return fits;
}

/* `sha256=` and the digest of the body alone, as PostEverywhere signs. */
static bool body_digest_matches(struct str digest, struct str secret, struct str body, const char **why)
{
    struct arena a = {0};
    unsigned char mac[DIGEST_SIZE];
    digest_hmac_sha256(secret, body, mac);
    bool fits = digest_equal(digest, str_from(digest_hex(&a, mac, sizeof mac)));
    *why = fits ? NULL : "the signature does not match the body and the secret";
    arena_end(&a);
    return fits;
}

bool signature_matches(struct str header, struct str secret, struct str body, const char **why)
{
    struct str digest = value_of(header, STR("sha256="));
    if (digest.n)
        return body_digest_matches(digest, secret, body, why);
    struct arena a = {0};
    struct buf text = {.arena = &a};
    struct str t = time_of(header);
    unsigned char mac[DIGEST_SIZE];
    buf_add(&text, t);
    buf_byte(&text, '.');
    buf_add(&text, body);
    digest_hmac_sha256(secret, buf_str(&text), mac);
    bool fits = t.n && any_matches(header, str_from(digest_hex(&a, mac, sizeof mac)));
    *why = !header.n ? "the delivery has no signature"
           : !t.n    ? "the signature has no timestamp (t=)"
           : !fits   ? "the signature does not match the body and the secret"
                     : NULL;
    arena_end(&a);
    return fits;
}

/* --- events of the inbox ------------------------------------------------------------------ */

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

/* Counts the deliveries with the id of the first expected event. */
static int64_t count_attempts(const struct inbox *box, const struct hook *hook)
{
    const char *id = NULL;
    int64_t n = 0;
    for (size_t i = 0; i < box->deliveries.count; i++) {
        const struct delivery *d = &box->deliveries.items[i];
        if (!is_expected(d, hook) || !d->id)
            continue;
        id = id ? id : d->id;
        n += strcmp(id, d->id) == 0;
    }
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

/* --- prepare ------------------------------------------------------------------------------ */

enum next webhook_prepare(struct task *t)
{
    struct current *c = &t->current;
    const char *missing = NULL;
    c->hook = *c->step->hook;
    c->hook.event = vars_text(&c->vars, c->hook.event, &missing);
    if (c->hook.secret)
        c->hook.secret = vars_value(&c->vars, c->hook.secret, &missing);
    if (missing)
        return judge_blocked(t, missing);
    if (c->hook.secret && !node_text(c->hook.secret))
        return judge_skipped(t, VERDICT_BLOCKED, "the secret of the webhook signature is not text");
    if (c->hook.secret && t->runner->options->secret)
        t->runner->options->secret(t->runner->options->secret_ctx, "webhook_secret", NULL, node_text(c->hook.secret));
    return NEXT_PHASE;
}

/* --- repeat ------------------------------------------------------------------------------- */

static bool is_decided(struct retry *a, const struct hook *hook, int64_t events, int64_t attempts)
{
    if (a->elapsed_ms >= hook->within_ms)
        return true;
    if (attempts < hook->attempts)
        return false;
    if (events > hook->count)
        return true;
    if (!hook->count || events < hook->count)
        return false;
    if (!a->settled)
        a->settled_ms = a->elapsed_ms;
    a->settled = true;
    return a->elapsed_ms - a->settled_ms >= SETTLE_MS;
}

enum next webhook_repeat(struct task *t)
{
    struct current *c = &t->current;
    if (is_decided(&c->retry, &c->hook, count_events(t->inbox, &c->hook), count_attempts(t->inbox, &c->hook)))
        return NEXT_PHASE;
    c->retry.elapsed_ms += EVERY_MS;
    return task_repeat_after(t, EVERY_MS);
}

/* --- record ------------------------------------------------------------------------------- */

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

enum next webhook_record(struct task *t)
{
    struct current *c = &t->current;
    int64_t events = count_events(t->inbox, &c->hook), attempts = count_attempts(t->inbox, &c->hook);
    struct arena *a = t->runner->arena;
    const struct hook *hook = &c->hook;
    const char *within = arena_printf(a, "%s within %lld ms", hook->event, (long long)hook->within_ms);
    const char *delivered = event_names(a, t->inbox);
    const struct delivery *d = take_delivery(t->inbox, hook);
    if (d) {
        c->exchange = d->record;
        c->headers = &d->record->request_headers;
        t->has_now = time_parse_any_http(headers_get(c->headers, "Date"), time_wall_ms(), &t->now_ms);
        c->body = d->body;
        c->body_error = d->body ? NULL : "not JSON";
        task_record(t, c->exchange);
        secret_members_report(t->runner, d->record->request_body);
    }
    c->held = hook->none ? add_delivery_check(t, "none", !events, arena_printf(a, "no %s", within), delivered)
                         : add_delivery_check(t, "arrives", events > 0, within, delivered);
    if (hook->count)
        c->held &=
            add_delivery_check(t, "count", events == hook->count, arena_printf(a, "%lld", (long long)hook->count),
                               arena_printf(a, "%lld", (long long)events));
    if (hook->attempts)
        c->held &= add_delivery_check(t, "attempts", attempts >= hook->attempts,
                                      arena_printf(a, "at least %lld with one id", (long long)hook->attempts),
                                      arena_printf(a, "%lld", (long long)attempts));
    if (hook->signature_header)
        c->held &= judge_signature(t, d);
    return NEXT_PHASE;
}

/* --- the end of the scenario -------------------------------------------------------------- */

static bool is_delivery_check(const struct check *c, const char *matcher)
{
    return c->verdict == VERDICT_PASS && strcmp(c->pointer, "delivery") == 0 && strcmp(c->matcher, matcher) == 0;
}

void webhook_end(struct task *t)
{
    bool any_arrived = false;
    for (size_t i = 0; i < t->checks.count; i++)
        any_arrived |= is_delivery_check(&t->checks.items[i], "arrives");
    for (size_t i = 0; i < t->checks.count && !any_arrived; i++) {
        struct check *c = &t->checks.items[i];
        if (!is_delivery_check(c, "none"))
            continue;
        c->verdict = VERDICT_BLOCKED;
        c->why = "no other expected delivery arrived in this scenario, so a missing one proves nothing";
    }
}
