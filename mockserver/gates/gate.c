#include "mockserver/gates/gate.h"

#include <string.h>

#include "mockserver/state/replies.h"
#include "mockserver/state/tenant.h"

bool gate_bearer(struct call *c)
{
    if (c->route->flags & ROUTE_OPEN)
        return true;
    struct str value = str_trim(headers_get(&c->req->headers, "Authorization"));
    struct str scheme = str_cut(&value, ' ');
    if (!scheme.n)
        return call_refuse(c, FAULT_UNAUTHENTICATED, "The Authorization header is missing.");
    value = str_trim(value);
    if (!str_eq_nocase(scheme, STR("Bearer")) || !value.n || str_find(value, ' ') < value.n)
        return call_refuse(c, FAULT_UNAUTHENTICATED, "The Authorization header is not 'Bearer <key>'.");
    c->key = key_find(c->world, c->provider->id, value);
    if (c->key == ROW_NONE)
        return call_refuse(c, FAULT_UNAUTHENTICATED, "The API key is not valid.");
    return true;
}

static struct str header_key(const struct call *c)
{
    struct str value = str_trim(headers_get(&c->req->headers, c->provider->key_header));
    if (value.n)
        return value;
    value = str_trim(headers_get(&c->req->headers, "Authorization"));
    struct str rest = value, scheme = str_cut(&rest, ' ');
    return str_eq_nocase(scheme, STR("Bearer")) ? str_trim(rest) : value;
}

bool gate_header_key(struct call *c)
{
    if (c->route->flags & ROUTE_OPEN)
        return true;
    struct str value = header_key(c);
    if (!value.n)
        return call_refuse(c, FAULT_UNAUTHENTICATED, NULL);
    c->key = key_find(c->world, c->provider->id, value);
    return c->key != ROW_NONE || call_refuse(c, FAULT_UNKNOWN_KEY, NULL);
}

bool gate_key_status(struct call *c)
{
    if (!c->key)
        return true;
    switch (key_read(c->world, c->key)->status) {
    case KEY_UNPAID:
        return call_refuse(c, FAULT_UNPAID, NULL);
    case KEY_KILLED:
        return call_refuse(c, FAULT_KILLED, NULL);
    case KEY_ACTIVE:
    case KEY_STATUS_COUNT:
        break;
    }
    return true;
}

bool gate_scope(struct call *c)
{
    const char *scope = c->route->scope;
    if (!scope || key_has_scope(key_read(c->world, c->key), scope))
        return true;
    return call_refuse(c, FAULT_FORBIDDEN_SCOPE, "The API key lacks the scope '%s'.", scope);
}

/* Two requests are the same if their paths and bodies are equal byte by byte. */
static void digest_request(struct call *c, unsigned char out[DIGEST_SIZE])
{
    struct buf all = {.arena = c->arena};
    buf_add(&all, c->path);
    buf_byte(&all, '\n');
    buf_add(&all, c->req->body);
    digest_sha256(buf_str(&all), out);
}

static void respond_stored(struct call *c, const struct reply *reply)
{
    call_json(c, reply->status);
    buf_add(&c->res->body, reply->body);
    call_header(c, "X-Mock-Replayed", "true");
    c->responded = true;
}

bool gate_idempotency(struct call *c)
{
    if (!(c->route->flags & ROUTE_IDEMPOTENT))
        return true;
    struct str token = headers_get(&c->req->headers, "Idempotency-Key");
    if (!token.n)
        return true;
    struct reply *mine = arena_new(c->arena, struct reply);
    *mine = (struct reply){.key = c->key, .what = c->route->operation, .token = token};
    digest_request(c, mine->asked);

    const struct reply *first = replies_find(c->world->replies, c->key, mine->what, token);
    if (!first || c->now_ms - first->at_ms >= c->provider->repeats_ms)
        c->keep = mine;
    else if (memcmp(first->asked, mine->asked, sizeof mine->asked) == 0)
        respond_stored(c, first);
    else
        return call_refuse(c, FAULT_IDEMPOTENCY, NULL);
    return true;
}

/* Does not store a 429 or 5xx: a retry may succeed. */
void gate_idempotency_keep(struct call *c)
{
    int status = c->res->status;
    if (!c->keep || status >= 500 || status == 429)
        return;
    c->keep->at_ms = c->now_ms;
    c->keep->status = status;
    c->keep->body = buf_str(&c->res->body);
    replies_keep(&c->world->replies, c->keep, c->now_ms - c->provider->repeats_ms);
}
