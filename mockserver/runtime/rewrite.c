#include "mockserver/runtime/rewrite.h"

#include "base/arena.h"
#include "base/array.h"
#include "base/str.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/provider_api/variation.h"
#include "mockserver/provider_api/webhooks.h"
#include "mockserver/state/webhook.h"

#define BIT(which) (1u << (which))
#define OF_BODIES                                                                                                      \
    (BIT(HOSTILE_MEMBERS) | BIT(HOSTILE_ORDER) | BIT(HOSTILE_WHITE_SPACE) | BIT(HOSTILE_ESCAPES) | BIT(HOSTILE_TIMES))

/* Not its id, which depends on the name of the namespace. The numbers of calls are smaller. */
static uint64_t number_of(uint32_t delivery, int64_t attempt)
{
    return UINT64_C(1) << 48 | (uint64_t)attempt << 32 | delivery;
}

void rewrite_body(const struct world *w, uint32_t delivery, struct buf *body, struct texts *made)
{
    const struct delivery *d = delivery_read(w, delivery);
    if (!d->faults.rewrite && !world_is_hostile(w, HOSTILE_WEBHOOKS))
        return;
    const struct variation v = {
        .allowed = provider_with_id(d->provider)->variations,
        .what = OF_BODIES,
        .always = true,
        .seed = w->seed,
        .number = number_of(delivery, 0), /* all attempts have the same body */
        .trace = made,
    };
    variation_of_body(&v, body);
}

static void add_more(struct arena *a, struct random *r, struct headers *headers)
{
    static const struct header more[] = {
        {"User-Agent",      {"hooks/2", 7}                                                 },
        {"Accept-Encoding", {"gzip", 4}                                                    },
        {"Via",             {"1.1 egress", 10}                                             },
        {"Cache-Control",   {"no-cache", 8}                                                },
        {"X-Forwarded-For", {"198.51.100.7", 12}                                           },
        {"Traceparent",     {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", 55}},
    };
    for (size_t i = 0; i < COUNT(more); i++)
        if (!headers_find(headers, more[i].name) && random_below(r, 2))
            headers_add(a, headers, more[i].name, more[i].value);
}

static void change_case(struct arena *a, struct headers *headers, bool upper)
{
    for (size_t i = 0; i < headers->count; i++)
        headers->items[i].name = str_in_case(a, headers->items[i].name, upper);
}

/* During a rotation of the secret a signature has two entries. The last of them comes first. Returns false if there is
 * nothing to swap. */
static bool swap_signatures(struct arena *a, const char *name, struct headers *headers)
{
    struct str rest = name ? headers_get(headers, name) : STR(""), first = str_cut(&rest, ',');
    struct str second = str_cut(&rest, ',');
    if (!rest.n)
        return false;
    headers_set(
        a, headers, name,
        str_from(arena_printf(a, STR_FMT "," STR_FMT "," STR_FMT, STR_ARG(first), STR_ARG(rest), STR_ARG(second))));
    return true;
}

void rewrite_headers(struct arena *a, const struct world *w, uint32_t delivery, struct headers *headers,
                     struct texts *made)
{
    const struct delivery *d = delivery_read(w, delivery);
    if (!world_is_hostile(w, HOSTILE_WEBHOOKS))
        return;
    struct random r = variation_random(w->seed, number_of(delivery, d->attempts), VARIATION_PURPOSES);
    uint64_t style = random_below(&r, 3); /* 0: unchanged, 1: lower case, 2: upper case */
    bool swaps = random_below(&r, 2);
    if (swaps && swap_signatures(a, provider_with_id(d->provider)->webhooks->signature_list, headers))
        *arena_push(a, made, const char *) = "signatures in another order";
    add_more(a, &r, headers);
    if (str_is(headers_get(headers, "Content-Type"), "application/json") && random_below(&r, 2))
        headers_set(a, headers, "Content-Type", STR("application/json; charset=utf-8"));
    for (size_t i = headers->count; i > 1; i--) {
        size_t k = (size_t)random_below(&r, i);
        struct header one = headers->items[i - 1];
        headers->items[i - 1] = headers->items[k];
        headers->items[k] = one;
    }
    if (style)
        change_case(a, headers, style == 2);
    *arena_push(a, made, const char *) = "more and reordered headers";
    if (style)
        *arena_push(a, made, const char *) = style == 2 ? "headers in upper case" : "headers in lower case";
}
