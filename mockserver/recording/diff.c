#include "mockserver/recording/diff.h"

#include "base/diff.h"
#include "base/json.h"

#define EXCERPT_MAX_BYTES 200
#define CONTEXT_BYTES     20 /* before the first byte that differs */

static void add_finding(struct arena *a, struct findings *out, const char *place, const char *recorded,
                        const char *replayed)
{
    *arena_push(a, out, struct finding) = (struct finding){place, recorded, replayed};
}

/* Makes a map of the headers. The values of a repeated header are joined with \n. */
static const struct node *headers_by_name(struct arena *a, const struct node *list)
{
    const struct node *map = node_new_map(a, NULL, 0);
    for (size_t i = 0; i < node_count(list); i++) {
        const char *name = node_text(node_at(node_at(list, i), 0));
        const struct node *value = node_at(node_at(list, i), 1);
        const struct node *before = name ? node_get(map, name) : NULL;
        if (!name || !value)
            continue;
        if (node_text(before) && node_text(value))
            value = node_new_text(a, str_from(arena_printf(a, "%s\n%s", node_text(before), node_text(value))));
        map = node_with(a, map, name, value);
    }
    return map;
}

/* Makes the line comparable: headers as a map, a JSON body as JSON. */
static const struct node *view(struct arena *a, const struct node *line)
{
    const struct node *headers = node_get(line, "headers"), *body = node_get(line, "body");
    const struct node *json = body && body->kind == NODE_TEXT ? json_parse(a, body->text, "body", NULL) : NULL;
    if (headers)
        line = node_with(a, line, "headers", headers_by_name(a, headers));
    return json ? node_with(a, line, "body", json) : line;
}

static const char *print_value(struct arena *a, const struct node *n)
{
    return n ? json_print_short(a, n, EXCERPT_MAX_BYTES) : NULL;
}

static const char *excerpt(struct arena *a, struct str text, size_t from)
{
    struct str part = str_head(str_skip(text, from), EXCERPT_MAX_BYTES);
    struct buf b = {.arena = a};
    struct json w = json_begin(&b, 0);
    json_str(&w, part);
    return buf_c(&b);
}

/* Finds the first byte that differs between bodies that are equal as JSON. */
static void find_byte(struct arena *a, struct str x, struct str y, struct findings *out)
{
    size_t at = 0;
    while (at < x.n && at < y.n && x.s[at] == y.s[at])
        at++;
    size_t from = at > CONTEXT_BYTES ? at - CONTEXT_BYTES : 0;
    add_finding(a, out, arena_printf(a, "/body, byte %zu", at), excerpt(a, x, from), excerpt(a, y, from));
}

/* Finds a difference in header order or in bytes, for lines that are otherwise equal. */
static void find_bytes(struct arena *a, const struct node *x, const struct node *y, struct findings *out)
{
    const struct node *one = node_get(x, "headers"), *other = node_get(y, "headers");
    if (one && other && !node_equal(one, other))
        add_finding(a, out, "/headers", print_value(a, one), print_value(a, other));
    one = node_get(x, "body");
    other = node_get(y, "body");
    if (node_text(one) && node_text(other) && !str_eq(one->text, other->text))
        find_byte(a, one->text, other->text, out);
}

void replay_diff_find(struct arena *a, struct str recorded, struct str replayed, struct findings *out)
{
    if (str_eq(recorded, replayed))
        return;
    const struct node *x = json_parse(a, recorded, "recorded", NULL);
    const struct node *y = json_parse(a, replayed, "replayed", NULL);
    if (!x || !y) {
        add_finding(a, out, "", excerpt(a, recorded, 0), excerpt(a, replayed, 0));
        return;
    }
    struct diff d = {0};
    diff_nodes(a, view(a, x), view(a, y), &d);
    for (size_t i = 0; i < d.count; i++)
        add_finding(a, out, d.items[i].pointer, print_value(a, d.items[i].expected), print_value(a, d.items[i].actual));
    out->more = d.more;
    if (!d.count)
        find_bytes(a, x, y, out);
}
