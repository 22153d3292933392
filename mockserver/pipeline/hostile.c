#include "mockserver/pipeline/hostile.h"

#include <string.h>

#include "base/array.h"
#include "base/time.h"
#include "mockserver/gates/gate.h"
#include "mockserver/pipeline/resolve.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/rules/rules.h"

#define REFUSE_ONE_IN 20         /* calls */
#define MORE_MAX      3          /* extra members per response */
#define TRACE_MAX     2048       /* bytes */
#define BODY_MAX      (1u << 20) /* a larger body is not varied */
#define REFUSE_MS     INT64_C(1000)
#define LATE_MAX_US   20000 /* real time */
#define CLOSE_ONE_IN  8     /* responses */
#define SUFFIX_MICROS "000+00:00"

/* splitmix64, seeded with the namespace's seed, the call's number and a purpose (RNG_...). */
struct rng {
    uint64_t state;
};

static struct rng rng_for(const struct call *c, uint64_t purpose)
{
    return (struct rng){c->world->seed ^ c->number * UINT64_C(0xd1342543de82ef95) ^
                        purpose * UINT64_C(0xaf251af3b0f025b5)};
}

/* Returns a number from 0 to below `count`. */
static uint64_t draw(struct rng *d, uint64_t count)
{
    uint64_t x = d->state += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (x ^ (x >> 31)) % count;
}

enum { RNG_REFUSE, RNG_BODY, RNG_HEADERS, RNG_WIRE, RNG_MORE_HEADERS, RNG_ROWS /* + the index of the rows */ };

static bool varies(const struct call *c, enum hostile_switch which)
{
    return world_is_hostile(c->world, which);
}

struct variation { /* while one body is varied */
    struct call *c;
    const struct variations *allowed;
    struct rng rng;
    int more_left;
    bool reordered, cut;
    size_t trace_bytes;
};

static void add_trace(struct call *c, const char *what)
{
    *arena_push(c->arena, &c->trace.hostile, const char *) = what;
}

/* Adds what was varied in the body, up to TRACE_MAX bytes, then "...". */
static void add_variation(struct variation *t, const char *what, const char *pointer)
{
    if (t->cut)
        return;
    t->cut = t->trace_bytes >= TRACE_MAX;
    const char *text = t->cut ? "..." : *pointer ? arena_printf(t->c->arena, "%s %s", what, pointer) : what;
    t->trace_bytes += strlen(text) + 1;
    add_trace(t->c, text);
}

/* --- matching a place in the body ----------------------------------------------------------- */

/* True if the pointer matches the pattern, or (`below`) if one of its parents does. */
static bool pointer_matches(const char *pointer, const char *pattern, bool below)
{
    struct str at = str_from(pointer), to = str_from(pattern);
    while (to.n) {
        struct str step = str_cut(&to, '/'), here = str_cut(&at, '/');
        if (!str_is(step, "*") && !str_eq(step, here))
            return false;
        if (to.n && !at.n)
            return false;
    }
    return below || !at.n;
}

static bool is_complete(const struct variations *allowed, const char *pointer)
{
    for (size_t i = 0; i < allowed->complete_count; i++)
        if (pointer_matches(pointer, allowed->complete[i], false))
            return true;
    return false;
}

static bool is_foreign(const struct variations *allowed, const char *name)
{
    for (size_t i = 0; i < allowed->foreign_count; i++)
        if (strcmp(allowed->foreign[i], name) == 0)
            return true;
    return false;
}

/* --- other values --------------------------------------------------------------------------- */

static bool is_named_as_time(const char *name)
{
    static const char *const endings[] = {"At", "_at", "For", "_for", "Until", "_until", "imestamp"};
    for (size_t i = 0; i < COUNT(endings); i++)
        if (str_ends(str_from(name), str_from(endings[i])))
            return true;
    return false;
}

static const char *time_as(struct arena *a, enum variation_time form, int64_t ms)
{
    char text[TIME_TEXT_MAX];
    switch (form) {
    case VARIATION_SECONDS:
        return arena_text(a, time_seconds(ms, text));
    case VARIATION_MILLIS:
        return arena_text(a, time_millis(ms, text));
    case VARIATION_MICROS_OFFSET:
        time_millis(ms, text);
        return arena_printf(a, STR_FMT "%s", (int)strlen(text) - 1, text, SUFFIX_MICROS);
    }
    return NULL;
}

/* Keeps the instant: VARIATION_SECONDS is only for times without a fraction. */
static const struct node *vary_text(struct variation *t, const struct node *n, const char *name, const char *pointer)
{
    int64_t ms;
    if (!varies(t->c, HOSTILE_TIMES) || !t->allowed->times || !is_named_as_time(name) || !time_parse(n->text, &ms))
        return n;
    enum variation_time form = 1u << draw(&t->rng, 3);
    if (!(t->allowed->times & form) || (form == VARIATION_SECONDS && ms % 1000))
        return n;
    struct str text = str_from(time_as(t->c->arena, form, ms));
    if (str_eq(text, n->text))
        return n;
    add_variation(t, "time", pointer);
    return node_new_text(t->c->arena, text);
}

static const struct node *extra_value(struct variation *t)
{
    static const char *const values[] = {"null",
                                         "true",
                                         "0",
                                         "\"\"",
                                         "\"new\"",
                                         "[]",
                                         "{}",
                                         "-1.5",
                                         "9007199254740993",
                                         "{\"kind\":\"new\",\"items\":[{\"id\":null}]}"};
    const char *text = values[draw(&t->rng, COUNT(values))];
    return json_parse(t->c->arena, str_from(text), "hostile", NULL);
}

/* --- the body ------------------------------------------------------------------------------- */

static const struct node *vary(struct variation *t, const struct node *n, const char *name, const char *pointer);

/* May append one extra member; returns the new count. */
static size_t add_extra_member(struct variation *t, struct member *members, size_t count, const char *pointer)
{
    const struct variations *allowed = t->allowed;
    if (!t->more_left || !varies(t->c, HOSTILE_MEMBERS) || !allowed->more_below ||
        !pointer_matches(pointer, allowed->more_below, true) || is_complete(allowed, pointer) || draw(&t->rng, 2))
        return count;
    struct member m = {
        .key = arena_printf(t->c->arena, "x_%04llx", (unsigned long long)draw(&t->rng, 65536)),
        .value = extra_value(t),
    };
    t->more_left--;
    members[count] = m;
    add_variation(t, "extra member", node_pointer_add(t->c->arena, pointer, str_from(m.key)));
    return count + 1;
}

static const struct node *vary_map(struct variation *t, const struct node *n, const char *pointer)
{
    struct arena *a = t->c->arena;
    size_t count = n->map.count;
    struct member *members = arena_array(a, struct member, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct member *m = &n->map.members[i];
        members[i] = *m;
        if (!is_foreign(t->allowed, m->key))
            members[i].value = vary(t, m->value, m->key, node_pointer_add(a, pointer, str_from(m->key)));
    }
    count = add_extra_member(t, members, count, pointer);
    for (size_t i = varies(t->c, HOSTILE_ORDER) ? count : 0; i > 1; i--) {
        size_t k = (size_t)draw(&t->rng, i);
        struct member m = members[i - 1];
        members[i - 1] = members[k];
        members[k] = m;
        t->reordered = t->reordered || k != i - 1;
    }
    return node_new_map(a, members, count);
}

/* Each entry of `rows` has its own random numbers: its parallel lists are shuffled alike. */
static void shuffle_rows(struct variation *t, const struct node **items, size_t count, const char *pointer)
{
    const struct variations *allowed = t->allowed;
    for (size_t r = 0; r < allowed->rows_count && count > 1; r++) {
        const struct variation_rows *rows = &allowed->rows[r];
        if (strcmp(rows->operation, t->c->route->operation) != 0 ||
            !(pointer_matches(pointer, rows->rows, false) ||
              (rows->beside && pointer_matches(pointer, rows->beside, false))))
            continue;
        struct rng rng = rng_for(t->c, RNG_ROWS + r);
        for (size_t i = count; i > 1; i--) {
            size_t k = (size_t)draw(&rng, i);
            const struct node *item = items[i - 1];
            items[i - 1] = items[k];
            items[k] = item;
        }
        add_variation(t, "reordered rows", pointer);
    }
}

static const struct node *vary_list(struct variation *t, const struct node *n, const char *pointer)
{
    struct arena *a = t->c->arena;
    size_t count = n->list.count;
    const struct node **items = arena_array(a, const struct node *, count);
    for (size_t i = 0; i < count; i++)
        items[i] = n->list.items[i];
    if (varies(t->c, HOSTILE_ORDER))
        shuffle_rows(t, items, count, pointer);
    for (size_t i = 0; i < count; i++)
        items[i] = vary(t, items[i], "", arena_printf(a, "%s/%zu", pointer, i));
    return node_new_list(a, items, count);
}

static const struct node *vary(struct variation *t, const struct node *n, const char *name, const char *pointer)
{
    switch (n->kind) {
    case NODE_MAP:
        return vary_map(t, n, pointer);
    case NODE_LIST:
        return vary_list(t, n, pointer);
    case NODE_TEXT:
        return vary_text(t, n, name, pointer);
    case NODE_NULL:
    case NODE_BOOL:
    case NODE_INT:
    case NODE_REAL:
        return n;
    }
    return n;
}

static const struct variations *variations_of(const struct call *c)
{
    return c->number && c->route ? c->provider->variations : NULL;
}

void hostile_body(struct call *c)
{
    const struct variations *allowed = variations_of(c);
    if (!allowed || c->responded || (c->plan && c->plan->respond) || c->res->body.n > BODY_MAX)
        return;
    const struct node *body = json_parse(c->arena, buf_str(&c->res->body), "response", NULL);
    if (!body)
        return;
    struct variation t = {
        .c = c,
        .allowed = allowed,
        .rng = rng_for(c, RNG_BODY),
        .more_left = MORE_MAX,
    };
    int indent = draw(&t.rng, 4) || !varies(c, HOSTILE_WHITE_SPACE) ? 0 : 2;
    body = vary(&t, body, "", "");
    if (t.reordered)
        add_variation(&t, "reordered members", "");
    if (indent)
        add_variation(&t, "white space between tokens", "");
    struct buf out = {.arena = c->arena};
    struct json w = json_begin(&out, indent);
    json_node(&w, body);
    c->res->body = out;
}

/* --- headers -------------------------------------------------------------------------------- */

static const char *in_case(struct arena *a, const char *name, bool upper)
{
    char *other = arena_text(a, name);
    for (char *s = other; *s; s++) {
        if (upper && *s >= 'a' && *s <= 'z')
            *s = (char)(*s - 'a' + 'A');
        else if (!upper && *s >= 'A' && *s <= 'Z')
            *s = (char)(*s - 'A' + 'a');
    }
    return other;
}

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
    struct rng rng = rng_for(c, RNG_MORE_HEADERS);
    for (size_t i = 0; i < COUNT(more); i++)
        if (!headers_find(&c->res->headers, more[i].name) && draw(&rng, 2))
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
    struct rng rng = rng_for(c, RNG_WIRE);
    if (str_is(headers_get(&c->res->headers, "Content-Type"), "application/json") && draw(&rng, 2)) {
        call_header(c, "Content-Type", types[draw(&rng, COUNT(types))]);
        add_trace(c, "content type");
    }
}

static void vary_wire(struct call *c)
{
    struct rng rng = rng_for(c, RNG_WIRE);
    uint64_t late_us = draw(&rng, LATE_MAX_US + 1), close = draw(&rng, CLOSE_ONE_IN), chunks = draw(&rng, 2);
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
    struct rng rng = rng_for(c, RNG_HEADERS);
    struct headers *h = &c->res->headers;
    uint64_t style = draw(&rng, 3); /* 0: unchanged, 1: lower case, 2: upper case */
    style = varies(c, HOSTILE_HEADER_NAMES) ? style : 0;
    for (size_t i = varies(c, HOSTILE_ORDER) ? h->count : 0; i > 1; i--) {
        size_t k = (size_t)draw(&rng, i);
        struct header one = h->items[i - 1];
        h->items[i - 1] = h->items[k];
        h->items[k] = one;
    }
    if (varies(c, HOSTILE_ORDER))
        add_trace(c, "reordered headers");
    for (size_t i = 0; style && i < h->count; i++)
        h->items[i].name = in_case(c->arena, h->items[i].name, style == 2);
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
    struct rng rng = rng_for(c, RNG_REFUSE);
    struct rate_limit_state rate_limit = state_of(c);
    bool refuse = !draw(&rng, REFUSE_ONE_IN) && rate_limit.limit &&
                  !quota_had_spurious_429(c->world, c->key, operation) && !has_used_a_limit(c);
    quota_set_spurious_429(c->world, c->key, operation, refuse);
    if (!refuse)
        return false;
    c->rate_limit = rate_limit;
    add_trace(c, "refused");
    call_refuse(c, FAULT_RATE_LIMITED, NULL);
    return true;
}
