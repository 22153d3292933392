#include "mockserver/provider_api/route.h"

#include <string.h>

#include "base/buf.h"

/* For similarity: how much of a path is compared, and the cost of a different segment (at most) and of a missing or
 * extra one. */
#define SEGMENTS_MAX 12
#define SEGMENT_MAX  48
#define OTHER        6
#define MISSING      4

const char *const rate_class_texts[] = {"none", "read", "write", "long"};

static bool is_param(struct str segment)
{
    return str_eq(segment, STR("{}"));
}

/* A {} matches up to the next slash, and at least one byte. */
static bool pattern_matches(const char *pattern, struct str path, struct str params[ROUTE_PARAMS_MAX])
{
    size_t i = 0, count = 0;
    for (const char *p = pattern; *p; p++) {
        if (*p != '{') {
            if (i == path.n || path.s[i++] != *p)
                return false;
            continue;
        }
        size_t from = i;
        while (i < path.n && path.s[i] != '/')
            i++;
        if (i == from || count == ROUTE_PARAMS_MAX)
            return false;
        params[count++] = str_of(path.s + from, i - from);
        p++; /* the } */
    }
    while (count < ROUTE_PARAMS_MAX)
        params[count++] = (struct str){0};
    return i == path.n;
}

/* True if `pattern` has literal text where `other` has {}; both match the same path. */
static bool more_exact(const char *pattern, const char *other)
{
    size_t i = 0;
    while (pattern[i] && pattern[i] == other[i])
        i++;
    return other[i] == '{';
}

static const char *allowed_methods(const struct route *routes, size_t count, struct str path, struct arena *a)
{
    struct str params[ROUTE_PARAMS_MAX];
    struct buf list = {.arena = a};
    for (size_t i = 0; i < count; i++)
        if (pattern_matches(routes[i].pattern, path, params) && !str_has(buf_str(&list), str_from(routes[i].method)))
            buf_printf(&list, "%s%s", list.n ? ", " : "", routes[i].method);
    return list.n ? list.data : NULL;
}

enum route_result route_find(const struct route *routes, size_t count, struct str method, struct str path,
                             const struct route **found, struct str params[ROUTE_PARAMS_MAX], struct arena *a,
                             const char **allowed)
{
    const struct route *best = NULL;
    int first = method.n ? *method.s : 0;
    struct str parts[ROUTE_PARAMS_MAX];
    for (size_t i = 0; i < count; i++)
        if (*routes[i].method == first && /* the cheap checks first */
            (!best || more_exact(routes[i].pattern, best->pattern)) &&
            pattern_matches(routes[i].pattern, path, parts) && str_is(method, routes[i].method)) {
            best = &routes[i];
            memcpy(params, parts, sizeof parts);
        }
    if (best) {
        *found = best;
        return ROUTE_FOUND;
    }
    const char *others = allowed_methods(routes, count, path, a);
    if (allowed)
        *allowed = others;
    return others ? ROUTE_WRONG_METHOD : ROUTE_NONE;
}

static size_t least(size_t x, size_t y)
{
    return x < y ? x : y;
}

/* Levenshtein distance of two segments, cut to SEGMENT_MAX bytes. */
static size_t edits(struct str x, struct str y)
{
    size_t row[SEGMENT_MAX + 1];
    x = str_head(x, SEGMENT_MAX);
    y = str_head(y, SEGMENT_MAX);
    for (size_t j = 0; j <= y.n; j++)
        row[j] = j;
    for (size_t i = 1; i <= x.n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= y.n; j++) {
            size_t above = row[j];
            row[j] = least(diagonal + (x.s[i - 1] != y.s[j - 1]), 1 + least(above, row[j - 1]));
            diagonal = above;
        }
    }
    return row[y.n];
}

static size_t split(struct str path, struct str segments[SEGMENTS_MAX])
{
    size_t count = 0;
    while (path.n && count < SEGMENTS_MAX) {
        struct str segment = str_cut(&path, '/');
        if (segment.n)
            segments[count++] = segment;
    }
    return count;
}

/* Edit distance of the route and the request, by segments. */
static size_t distance(const struct route *r, struct str method, struct str path)
{
    struct str want[SEGMENTS_MAX], have[SEGMENTS_MAX];
    size_t wants = split(str_from(r->pattern), want), haves = split(path, have);
    size_t row[SEGMENTS_MAX + 1];
    for (size_t j = 0; j <= haves; j++)
        row[j] = j * MISSING;
    for (size_t i = 1; i <= wants; i++) {
        size_t diagonal = row[0];
        row[0] = i * MISSING;
        for (size_t j = 1; j <= haves; j++) {
            size_t above = row[j];
            size_t other = is_param(want[i - 1]) ? 1 : least(OTHER, edits(want[i - 1], have[j - 1]));
            row[j] = least(diagonal + other, MISSING + least(above, row[j - 1]));
            diagonal = above;
        }
    }
    return row[haves] + !str_is(method, r->method);
}

/* Half of a path must be similar: a completely different path has no nearest route. */
static size_t distance_limit(struct str path)
{
    struct str segments[SEGMENTS_MAX];
    return split(path, segments) * OTHER / 2;
}

size_t route_nearest(const struct route *routes, size_t count, struct str method, struct str path,
                     const struct route **nearest, size_t max)
{
    size_t found = 0, limit = distance_limit(path);
    for (size_t i = 0; i < count; i++) {
        size_t far = distance(&routes[i], method, path);
        if (far > limit || routes[i].flags & ROUTE_HIDDEN)
            continue;
        size_t at = found;
        while (at && distance(nearest[at - 1], method, path) > far)
            at--;
        if (at == max)
            continue;
        if (found < max)
            found++;
        for (size_t j = found - 1; j > at; j--)
            nearest[j] = nearest[j - 1];
        nearest[at] = &routes[i];
    }
    return found;
}
