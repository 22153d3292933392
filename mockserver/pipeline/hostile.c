#include "mockserver/pipeline/hostile.h"

#include <string.h>

#include "base/array.h"
#include "base/random.h"
#include "mockserver/gates/gate.h"
#include "mockserver/pipeline/resolve.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/provider_api/variation.h"
#include "mockserver/rules/rules.h"

#define REFUSE_ONE_IN 20         /* calls */
#define BODY_MAX      (1u << 20) /* a larger body is not varied */
#define REFUSE_MS     INT64_C(1000)
#define LATE_MAX_US   20000 /* real time */
#define CLOSE_ONE_IN  8     /* responses */

/* Random numbers of the call for one purpose (RNG_...). */
static struct random random_for(const struct call *c, uint64_t purpose)
{
    return variation_random(c->world->seed, c->number, purpose);
}

enum { RNG_REFUSE = VARIATION_PURPOSES, RNG_HEADERS, RNG_WIRE, RNG_MORE_HEADERS };

static void add_trace(struct call *c, const char *what)
{
    *arena_push(c->arena, &c->trace.hostile, const char *) = what;
}

static bool varies(const struct call *c, enum hostile_switch which)
{
    return world_is_hostile(c->world, which);
}

static const struct variations *variations_of(const struct call *c)
{
    return c->number && c->provider ? c->provider->variations : NULL; /* also without a route: a 404 or 405 */
}

void hostile_body(struct call *c)
{
    const struct variations *allowed = variations_of(c);
    if (!allowed || c->responded || (c->plan && c->plan->respond) || c->res->body.n > BODY_MAX)
        return;
    struct variation v = {
        .allowed = allowed,
        .what = c->world->hostile,
        .operation = c->route ? c->route->operation : NULL,
        .seed = c->world->seed,
        .number = c->number,
        .trace = &c->trace.hostile,
    };
    variation_of_body(&v, &c->res->body);
}

/* --- headers -------------------------------------------------------------------------------- */

static void add_more_headers(struct call *c)
{
    static const struct header more[] = {
        {"Server",                    {"edge/2", 6}                  },
        {"Via",                       {"1.1 edge", 8}                },
        {"Vary",                      {"Accept-Encoding, Origin", 23}},
        {"Strict-Transport-Security", {"max-age=31536000", 16}       },
        {"X-Cache",                   {"MISS", 4}                    },
        {"Server-Timing",             {"app;dur=1.5", 11}            },
    };
    struct random rng = random_for(c, RNG_MORE_HEADERS);
    for (size_t i = 0; i < COUNT(more); i++)
        if (!headers_find(&c->res->headers, more[i].name) && random_below(&rng, 2))
            headers_add(c->arena, &c->res->headers, more[i].name, more[i].value);
    add_trace(c, "more headers");
}

/* A header is only left out where the documents do not promise it. */
static void remove_headers(struct call *c, const struct variations *allowed)
{
    size_t before = c->res->headers.count;
    for (size_t i = 0; i < allowed->optional_headers_count; i++)
        if (c->res->status != 429 || allowed->optional_headers[i].also_on_429)
            headers_remove(&c->res->headers, allowed->optional_headers[i].name);
    if (c->res->headers.count < before)
        add_trace(c, "fewer headers");
}

static void vary_content_type(struct call *c)
{
    static const char *const types[] = {"application/json; charset=utf-8", "application/json;charset=UTF-8"};
    struct random rng = random_for(c, RNG_WIRE);
    if (str_is(headers_get(&c->res->headers, "Content-Type"), "application/json") && random_below(&rng, 2)) {
        call_header(c, "Content-Type", types[random_below(&rng, COUNT(types))]);
        add_trace(c, "content type");
    }
}

static void vary_wire(struct call *c)
{
    struct random rng = random_for(c, RNG_WIRE);
    uint64_t late_us = random_below(&rng, LATE_MAX_US + 1), close = random_below(&rng, CLOSE_ONE_IN),
             chunks = random_below(&rng, 2);
    if (varies(c, HOSTILE_LATE))
        c->res->delay_us += (int64_t)late_us;
    if (varies(c, HOSTILE_CLOSE) && !close && !headers_find(&c->res->headers, "Connection")) {
        call_header(c, "Connection", "close");
        add_trace(c, "closes the connection");
    }
    if (varies(c, HOSTILE_CHUNKS) && chunks && c->res->body.n && !headers_find(&c->res->headers, "Content-Length")) {
        c->res->chunked = true;
        add_trace(c, "body in chunks");
    }
}

static void vary_header_list(struct call *c);

void hostile_headers(struct call *c)
{
    const struct variations *allowed = variations_of(c);
    if (!allowed)
        return;
    if (varies(c, HOSTILE_FEWER_HEADERS))
        remove_headers(c, allowed);
    if (varies(c, HOSTILE_MORE_HEADERS))
        add_more_headers(c);
    if (varies(c, HOSTILE_CONTENT_TYPE))
        vary_content_type(c);
    vary_wire(c);
    vary_header_list(c);
}

/* The order of the headers and the case of their names. */
static void vary_header_list(struct call *c)
{
    struct random rng = random_for(c, RNG_HEADERS);
    struct headers *h = &c->res->headers;
    uint64_t style = random_below(&rng, 3); /* 0: unchanged, 1: lower case, 2: upper case */
    style = varies(c, HOSTILE_HEADER_NAMES) ? style : 0;
    for (size_t i = varies(c, HOSTILE_ORDER) ? h->count : 0; i > 1; i--) {
        size_t k = (size_t)random_below(&rng, i);
        struct header one = h->items[i - 1];
        h->items[i - 1] = h->items[k];
        h->items[k] = one;
    }
    if (varies(c, HOSTILE_ORDER))
        add_trace(c, "reordered headers");
    for (size_t i = 0; style && i < h->count; i++)
        h->items[i].name = str_in_case(c->arena, h->items[i].name, style == 2);
    if (style)
        add_trace(c, style == 2 ? "headers in upper case" : "headers in lower case");
}

/* --- refused ---------------------------------------------------------------------------- */

/* Calls of the admin API are not counted: they must not change later variations. */
void hostile_enter(struct call *c)
{
    if (c->world->hostile && !call_is_internal(c))
        c->number = ++c->world->calls;
}

/* The first window that counts such calls. limit 0: none does, so a 429 would be illegal. */
static struct rate_limit_state state_of(const struct call *c)
{
    const struct rate_limits *l = c->provider->limits;
    for (size_t i = 0; i < l->window_count; i++)
        if (l->windows[i].rate_classes & RATE_OF(c->route->rate_class))
            return (struct rate_limit_state){
                .limit = rate_limit_of(l, key_read(c->world, c->key), i),
                .resets_at_ms = c->now_ms + REFUSE_MS,
            };
    return (struct rate_limit_state){0};
}

/* A key with a window that is exhausted, or was when it ended, or has one call left, gets no spurious 429: the
 * documents say that the call after the stated wait succeeds, and that the other limits are not affected. */
static bool has_used_a_limit(const struct call *c)
{
    const struct rate_limits *l = c->provider->limits;
    for (size_t i = 0; i < l->window_count; i++) {
        int64_t limit = rate_limit_of(l, key_read(c->world, c->key), i);
        if (limit && quota_last_used(c->world, c->key, i) >= limit - 1)
            return true;
    }
    return false;
}

bool hostile_refuses(struct call *c, const struct gate *g)
{
    if (!variations_of(c) || !varies(c, HOSTILE_REFUSALS) || !c->key || !g->limits_rate)
        return false;
    size_t operation = (size_t)(c->route - c->provider->routes);
    struct random rng = random_for(c, RNG_REFUSE);
    struct rate_limit_state rate_limit = state_of(c);
    bool refuse = !random_below(&rng, REFUSE_ONE_IN) && rate_limit.limit &&
                  !quota_had_spurious_429(c->world, c->key, operation) && !has_used_a_limit(c);
    quota_set_spurious_429(c->world, c->key, operation, refuse);
    if (!refuse)
        return false;
    c->rate_limit = rate_limit;
    add_trace(c, "refused");
    call_refuse(c, FAULT_RATE_LIMITED, NULL);
    return true;
}
