#include "conformance/run/client.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/http/client.h"
#include "base/json.h"
#include "base/time.h"

#define SHORT_MAX_BYTES 200

struct sending { /* one request; on the same arena as its record */
    struct client *client;
    struct arena *arena;
    struct exchange_record *record;
    uint64_t timer; /* delays the request to keep the rate; 0: sent */
    client_done_fn *done;
    void *ctx;
    struct sending *next, *previous; /* the requests without a response yet */
};

struct client {
    struct loop *loop;
    struct http_client *http;
    struct client_options options; /* rps, and the users of URLs */
    int64_t next_turn_us;
    size_t large_bytes; /* of the responses that are not small */
    struct sending *first;
};

struct client *client_new(struct loop *l, const struct client_options *options)
{
    const struct http_client_options http = {
        .timeout_ms = options->timeout_ms,
        .connect_timeout_ms = options->connect_timeout_ms,
        .ca_file = options->ca_file,
        .insecure = options->insecure,
        .connections_max = options->connections_max,
        .response_max = CLIENT_BODY_MAX,
        .decode = true,
    };
    struct client *c = heap_new(sizeof *c);
    *c = (struct client){.loop = l, .http = http_client_new(l, &http), .options = *options};
    return c;
}

void client_free(struct client *c)
{
    if (!c)
        return;
    for (const struct sending *s = c->first; s; s = s->next)
        loop_timer_cancel(c->loop, s->timer);
    http_client_free(c->http);
    heap_free(c);
}

static void add_sending(struct client *c, struct sending *s)
{
    s->next = c->first;
    if (s->next)
        s->next->previous = s;
    c->first = s;
}

static void remove_sending(struct sending *s)
{
    if (s->next)
        s->next->previous = s->previous;
    *(s->previous ? &s->previous->next : &s->client->first) = s->next;
}

static size_t large_max(const struct client *c)
{
    return c->options.large_max ? c->options.large_max : CLIENT_LARGE_MAX;
}

/* A target that sends megabytes with every response must not exhaust the memory of this machine. */
static bool takes_response(struct client *c, const struct exchange_record *x)
{
    size_t n = x->response_body.n;
    for (size_t i = 0; i < x->response_headers.count; i++)
        n += strlen(x->response_headers.items[i].name) + x->response_headers.items[i].value.n;
    if (n <= CLIENT_SMALL)
        return true;
    if (n > large_max(c) - c->large_bytes)
        return false;
    c->large_bytes += n;
    return true;
}

static void refuse_response(const struct client *c, struct arena *a, struct exchange_record *x)
{
    x->status = 0;
    x->response_headers.count = 0;
    x->response_body = (struct str){0};
    x->error = arena_printf(a, "the responses of this run that are larger than %u bytes have more than %zu together",
                            CLIENT_SMALL, large_max(c));
}

static void on_http_response(void *ctx, const struct http_response *response)
{
    struct sending *s = ctx;
    struct exchange_record *x = s->record;
    x->status = response->status;
    x->sent = response->sent;
    x->response_headers = response->headers;
    x->response_body = response->body;
    x->error = response->error;
    x->duration_us = response->duration_us;
    if (x->status && !takes_response(s->client, x))
        refuse_response(s->client, s->arena, x);
    remove_sending(s);
    s->done(s->ctx, x);
}

static void start_sending(void *ctx)
{
    struct sending *s = ctx;
    struct exchange_record *x = s->record;
    const struct http_request sent = {
        .method = x->method,
        .url = x->url,
        .headers = &x->request_headers,
        .body = x->request_body,
    };
    s->timer = 0;
    x->started_ms = time_wall_ms();
    http_send(s->client->http, s->arena, &sent, on_http_response, s);
}

static bool is_below(struct str url, const char *root)
{
    struct str rest = str_skip(url, str_from(root).n);
    return root && str_starts(url, str_from(root)) && (!rest.n || *rest.s == '/' || *rest.s == '?');
}

/* The server and the admin API may have the same host: paths of the admin API contain /__admin. */
static const char *login_header(const struct client_options *o, struct str url)
{
    bool admin = o->admin_root && str_has(str_skip(url, strlen(o->admin_root)), STR("/__admin"));
    if (admin && is_below(url, o->admin_root))
        return o->admin_login.header;
    return is_below(url, o->server_url) ? o->server_login.header : NULL;
}

/* The request's own array of headers may be shared with a repeated request. */
static void add_login(const struct client *c, struct exchange_record *x)
{
    const char *login = login_header(&c->options, str_from(x->url));
    struct arena *a = c->options.arena;
    struct headers all = {0};
    if (!login || headers_find(&x->request_headers, "Authorization"))
        return;
    for (size_t i = 0; i < x->request_headers.count; i++)
        headers_add(a, &all, x->request_headers.items[i].name, x->request_headers.items[i].value);
    headers_add(a, &all, "Authorization", str_from(login));
    x->request_headers = all;
}

void client_send(struct client *c, struct arena *a, struct exchange_record *request, client_done_fn *done, void *ctx)
{
    struct sending *s = arena_new(a, struct sending);
    *s = (struct sending){.client = c, .arena = a, .record = request, .done = done, .ctx = ctx};
    add_sending(c, s);
    add_login(c, request);
    int64_t now = time_monotonic_us(), turn = now;
    if (c->options.rps > 0) {
        turn = c->next_turn_us > now ? c->next_turn_us : now;
        c->next_turn_us = turn + (int64_t)(1e6 / c->options.rps);
    }
    if (turn > now)
        s->timer = loop_timer(c->loop, turn, start_sending, s);
    else
        start_sending(s);
}

/* --- exchanges ---------------------------------------------------------------------------- */

bool exchange_succeeded(const struct exchange_record *x)
{
    return x->status >= 200 && x->status < 300;
}

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

void exchange_add_attempt(struct arena *a, struct exchange_record *request, struct exchange_record *x,
                          int64_t waited_ms)
{
    *arena_push(a, &request->attempts, struct attempt) = (struct attempt){x->status, waited_ms, x->started_ms};
    x->attempts.items = request->attempts.items;
    x->attempts.count = request->attempts.count;
}

bool exchange_date_ms(const struct exchange_record *x, int64_t *ms)
{
    return time_parse_any_http(headers_get(&x->response_headers, "Date"), time_wall_ms(), ms);
}

int64_t exchange_now_ms(const struct exchange_record *x)
{
    int64_t ms;
    return exchange_date_ms(x, &ms) ? ms : time_wall_ms();
}

const char *exchange_short_body(struct arena *a, const struct exchange_record *x)
{
    struct str body = str_trim(x->response_body);
    size_t n = body.n > SHORT_MAX_BYTES ? SHORT_MAX_BYTES : body.n;
    while (n < body.n && n && ((unsigned char)body.s[n] & 0xC0) == 0x80)
        n--;
    return arena_printf(a, STR_FMT "%s", STR_ARG(str_head(body, n)), n < body.n ? "…" : "");
}

int64_t exchange_retry_after_ms(const struct exchange_record *x)
{
    struct str text = headers_get(&x->response_headers, "Retry-After");
    int64_t value;
    if (str_to_int(text, &value) && value >= 0 && value < INT32_MAX)
        return value * 1000;
    if (!time_parse_any_http(text, time_wall_ms(), &value))
        return -1;
    int64_t left = value - exchange_now_ms(x);
    return left > 0 ? left : 0;
}

/* --- the admin API ------------------------------------------------------------------------ */

const char *admin_root(struct arena *a, const struct target *t)
{
    struct str url = str_from(t->admin_url);
    if (str_ends(url, STR("/__admin")))
        url.n -= STR("/__admin").n;
    return str_dup(a, url);
}

struct namespace namespace_of(struct arena *a, const struct target *t, const char *name)
{
    if (!name)
        return (struct namespace){NULL, t->base_url, t->admin_url, false};
    return (struct namespace){
        .name = name,
        .base_url = arena_printf(a, "%s/ns/%s%s", t->server_url, name, t->path),
        .admin_url = arena_printf(a, "%s/ns/%s/__admin", admin_root(a, t), name),
        .has_clock = true,
    };
}

struct exchange_record *admin_request(struct arena *a, const char *admin_url, const char *method, const char *path,
                                      const struct node *body)
{
    struct exchange_record *x = arena_new(a, struct exchange_record);
    x->method = method;
    x->url = arena_printf(a, "%s%s", admin_url, path);
    headers_add(a, &x->request_headers, "Accept", STR("application/json"));
    if (body) {
        x->request_body = str_from(json_print(a, body));
        headers_add(a, &x->request_headers, "Content-Type", STR("application/json"));
    }
    return x;
}

static const struct node *text_map(struct arena *a, const char *key, const char *value)
{
    return node_with(a, NULL, key, node_new_text(a, str_from(value)));
}

struct exchange_record *admin_create_namespace(struct arena *a, const struct target *t, const char *name,
                                               const char *from)
{
    const struct node *body = text_map(a, "name", name);
    if (from)
        body = node_with(a, body, "from", node_new_text(a, str_from(from)));
    body = node_with(a, body, "clock", text_map(a, "mode", "frozen"));
    return admin_request(a, t->admin_url, "POST", "/namespaces", body);
}

struct exchange_record *admin_delete_namespace(struct arena *a, const struct target *t, const char *name)
{
    return admin_request(a, t->admin_url, "DELETE", arena_printf(a, "/namespaces/%s", name), NULL);
}

struct exchange_record *admin_advance_clock(struct arena *a, const struct namespace *ns, int64_t ms)
{
    const char *by = arena_printf(a, "%lldms", (long long)ms);
    return admin_request(a, ns->admin_url, "POST", "/clock/advance", text_map(a, "by", by));
}

const char *no_response_hint(const struct exchange_record *x)
{
    static const struct {
        const char *scheme, *error, *hint;
    } rows[] = {
        {"https:", "certificate",       " (--cacert FILE names the CA certificates to trust)"},
        {"https:", "wrong version",     " (is it http?)"                                     },
        {"https:", "packet length",     " (is it http?)"                                     },
        {"https:", "SSL_ERROR_SYSCALL", " (is it http?)"                                     },
        {"https:", "reset by peer",     " (is it http?)"                                     },
        {"https:", "record layer",      " (is it http?)"                                     },
        {"http:",  "Empty reply",       " (is it https?)"                                    },
        {"http:",  "HTTP/0.9",          " (is it https?)"                                    },
        {"http:",  "reset by peer",     " (is it https?)"                                    },
    };
    for (size_t i = 0; x->error && i < COUNT(rows); i++)
        if (str_starts(str_from(x->url), str_from(rows[i].scheme)) && strstr(x->error, rows[i].error))
            return rows[i].hint;
    return "";
}

const char *admin_error(struct arena *a, const struct exchange_record *x)
{
    if (!x->status)
        return arena_printf(a, "the admin API did not respond: %s%s", x->error, no_response_hint(x));
    return arena_printf(a, "the admin API returned %d for %s %s: %s", x->status, x->method, x->url,
                        exchange_short_body(a, x));
}
