#include "mockserver/gates/gate.h"

#include <inttypes.h>
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
    if (!first || c->now_ms - first->at_ms >= c->provider->idempotency_ms)
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
    replies_keep(&c->world->replies, c->keep, c->now_ms - c->provider->idempotency_ms);
}

const struct rate_tier *rate_tier_of(const struct rate_limits *l, const struct key *k)
{
    for (size_t i = 0; k->tier && i < l->tier_count; i++)
        if (strcmp(l->tiers[i].name, k->tier) == 0)
            return &l->tiers[i];
    return &l->tiers[0];
}

int64_t rate_limit_of(const struct rate_limits *l, const struct key *k, size_t window)
{
    return k->limits[window] ? k->limits[window] : rate_tier_of(l, k)->limits[window];
}

/* The tightest window has the fewest calls left; of exhausted windows, it ends last. */
static bool is_tighter(const struct rate_limit_state *x, const struct rate_limit_state *y)
{
    if (!y->limit || x->left != y->left)
        return !y->limit || x->left < y->left;
    return x->resets_at_ms > y->resets_at_ms;
}

/* `left` is computed as if the call were counted; -1: the window is exhausted. Only a call that passes all windows is
 * counted. */
bool gate_rate_limit(struct call *c)
{
    if (!c->key)
        return true;
    const struct rate_limits *l = c->provider->limits;
    const struct key *k = key_read(c->world, c->key);
    const struct rate_window *tightest = NULL;
    bool counts[QUOTA_WINDOWS] = {false};
    for (size_t i = 0; i < l->window_count; i++) {
        if (!(l->windows[i].rate_classes & RATE_OF(c->route->rate_class)))
            continue;
        int64_t limit = rate_limit_of(l, k, i);
        if (!limit)
            continue;
        struct quota_use use = quota_read(c->world, c->key, i, l->windows[i].length_ms);
        struct rate_limit_state rate_limit = {limit, limit - use.used - 1, use.ends_at_ms};
        counts[i] = true;
        if (is_tighter(&rate_limit, &c->rate_limit)) {
            c->rate_limit = rate_limit;
            tightest = &l->windows[i];
        }
    }
    if (tightest && c->rate_limit.left < 0) {
        c->rate_limit.left = 0;
        return call_refuse(c, FAULT_RATE_LIMITED, "The %s rate limit of %" PRId64 " calls is exceeded.", tightest->name,
                           c->rate_limit.limit);
    }
    for (size_t i = 0; i < l->window_count; i++)
        if (counts[i])
            quota_count(c->world, c->key, i, l->windows[i].length_ms);
    return true;
}

static int64_t seconds_until(const struct call *c, int64_t ms)
{
    int64_t seconds = (ms - c->now_ms + 999) / 1000;
    return seconds > 1 ? seconds : 1;
}

void gate_rate_limit_headers(struct call *c)
{
    const struct rate_limit_state *r = &c->rate_limit;
    if (r->limit) {
        call_header_int(c, "X-RateLimit-Limit", r->limit);
        call_header_int(c, "X-RateLimit-Remaining", r->left);
        call_header_int(c, "X-RateLimit-Reset", (r->resets_at_ms + 999) / 1000);
    }
    bool exhausted = r->limit && !r->left;
    if (c->res->status == 429)
        call_header_int(c, "Retry-After", exhausted ? seconds_until(c, r->resets_at_ms) : 1);
}

/* The limit of the first window that counts such calls; 0: none does. A call without a key has the first tier. */
static int64_t first_limit(const struct call *c)
{
    const struct rate_limits *l = c->provider->limits;
    for (size_t i = 0; l && c->route && i < l->window_count; i++)
        if (l->windows[i].rate_classes & RATE_OF(c->route->rate_class))
            return c->key ? rate_limit_of(l, key_read(c->world, c->key), i) : l->tiers[0].limits[i];
    return 0;
}

void gate_rate_limit_exhaust(struct call *c, int64_t resets_at_ms)
{
    struct rate_limit_state *r = &c->rate_limit;
    if (!r->limit)
        r->limit = first_limit(c);
    r->left = 0;
    r->resets_at_ms = resets_at_ms;
}
