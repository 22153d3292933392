#include "conformance/scenario/isolation_cell.h"

#include <ctype.h>
#include <string.h>

#include "base/array.h"

/* --- building maps -------------------------------------------------------------------------- */

struct map {
    struct arena *arena;
    struct where at;
    struct {
        struct member *items;
        size_t count, room;
    } members;
};

static void put(struct map *m, const char *key, const struct node *value)
{
    if (value)
        *arena_push(m->arena, &m->members, struct member) = (struct member){key, m->at, value};
}

static const struct node *placed(struct arena *a, const struct node *n, struct where at)
{
    struct node *copy = arena_new(a, struct node);
    *copy = *n;
    copy->at = at;
    return copy;
}

static const struct node *text_at(struct arena *a, const char *text, struct where at)
{
    return placed(a, node_new_text(a, str_from(text)), at);
}

static void put_text(struct map *m, const char *key, const char *text)
{
    put(m, key, text ? text_at(m->arena, text, m->at) : NULL);
}

static const struct node *map_end(struct map *m)
{
    return placed(m->arena, node_new_map(m->arena, m->members.items, m->members.count), m->at);
}

struct items {
    const struct node **items;
    size_t count, room;
};

static const struct node *list_end(struct arena *a, const struct items *l, struct where at)
{
    return placed(a, node_new_list(a, l->items, l->count), at);
}

static const struct node *texts(struct arena *a, const struct field_list *x, const struct field_list *y,
                                struct where at)
{
    struct items out = {0};
    for (size_t i = 0; i < x->count; i++)
        *arena_push(a, &out, const struct node *) = text_at(a, ((const char *const *)x->items)[i], at);
    for (size_t i = 0; y && i < y->count; i++) {
        const char *text = ((const char *const *)y->items)[i];
        if (!has_text(x->items, x->count, text)) /* a row and a column may need the same */
            *arena_push(a, &out, const struct node *) = text_at(a, text, at);
    }
    return out.count ? list_end(a, &out, at) : NULL;
}

/* --- names of the row ------------------------------------------------------------------------ */

static const struct node *name_find(const struct names *n, struct str name)
{
    const struct node *found = NULL;
    for (size_t i = 0; i < COUNT(n->maps) && !found; i++)
        found = node_get_str(n->maps[i], name);
    return found;
}

static bool is_in_name(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.';
}

/* Appends the id that a name stands for: "$post.id" as "${post.id}", so that it may be a part of a text. */
static void add_id(struct buf *out, const struct node *id)
{
    const char *text = node_text(id);
    if (text && text[0] == '$' && text[1] != '{')
        buf_printf(out, "${%s}", text + 1);
    else
        buf_text(out, text ? text : "");
}

/* Replaces each $NAME and ${NAME} of the row. Other references stay. */
static const char *replace_names(struct arena *a, const struct names *names, const char *text)
{
    struct buf out = {.arena = a};
    while (*text) {
        bool braced = text[0] == '$' && text[1] == '{';
        const char *begin = text + (braced ? 2 : 1);
        size_t n = 0;
        while (*text == '$' && is_in_name(begin[n]))
            n++;
        const struct node *id = n ? name_find(names, str_of(begin, n)) : NULL;
        if (id && (!braced || begin[n] == '}')) {
            add_id(&out, id);
            text = begin + n + (braced ? 1 : 0);
        } else
            buf_byte(&out, *text++);
    }
    return buf_c(&out);
}

/* Returns a copy with the names replaced. `at`: the place of all its values; NULL: they keep theirs. */
static const struct node *copy_value(struct arena *a, const struct names *names, const struct node *n,
                                     const struct where *at)
{
    struct node *copy = arena_new(a, struct node);
    *copy = *n;
    copy->at = at ? *at : n->at;
    if (n->kind == NODE_TEXT) {
        const struct node *id = n->text.n && n->text.s[0] == '$' ? name_find(names, str_skip(n->text, 1)) : NULL;
        if (id)
            return placed(a, id, copy->at);
        copy->text = str_from(replace_names(a, names, n->text.s));
    }
    if (n->kind == NODE_LIST) {
        const struct node **items = arena_array(a, const struct node *, n->list.count);
        for (size_t i = 0; i < n->list.count; i++)
            items[i] = copy_value(a, names, n->list.items[i], at);
        copy->list.items = items;
    }
    if (n->kind == NODE_MAP) {
        struct member *members = arena_array(a, struct member, n->map.count);
        for (size_t i = 0; i < n->map.count; i++) {
            members[i] = n->map.members[i];
            members[i].key_at = at ? *at : members[i].key_at;
            members[i].value = copy_value(a, names, n->map.members[i].value, at);
        }
        copy->map.members = members;
    }
    return copy;
}

/* --- a scenario -------------------------------------------------------------------------------- */

static const struct node *copied(const struct expansion *x, const struct names *names, const struct node *n)
{
    return n ? copy_value(x->arena, names, n, NULL) : NULL;
}

/* The call of operations.yaml, with the ids of the row for its parameters. */
static const char *call_text(const struct expansion *x, const struct names *names)
{
    struct buf path = {.arena = x->arena};
    struct str rest = str_from(x->operation->path);
    while (rest.n) {
        struct str name = str_cut(&rest, '{');
        buf_add(&path, name);
        name = rest.n ? str_cut(&rest, '}') : (struct str){0};
        if (name.n)
            buf_printf(&path, "${" STR_FMT "}", STR_ARG(name));
    }
    return arena_printf(x->arena, "%s %s", x->operation->method, replace_names(x->arena, names, buf_c(&path)));
}

/* Those of the cell, of the row, or of the column. */
static const struct node *claims_of(const struct expansion *x, const char *step)
{
    const struct node *of_row = node_get(x->row->claims, x->stranger->name);
    const struct node *found = node_get(x->cell.claims, step);
    found = found ? found : node_get(of_row, step);
    found = found || x->own ? found : node_get(x->stranger->claims, step);
    return found && node_count(found) ? copy_value(x->arena, &x->owned, found, &x->at) : NULL;
}

static bool is_request_key(const char *key)
{
    return strcmp(key, "as") == 0 || strcmp(key, "query") == 0 || strcmp(key, "body") == 0;
}

/* `keys`: the keys of the step in the row, whose query and body are sent instead of those of the row; or NULL. */
static struct map step_begin(const struct expansion *x, const char *id, const char *as, const struct names *names,
                             const struct node *keys)
{
    const struct node *query = node_get(keys, "query"), *body = node_get(keys, "body");
    struct map m = {.arena = x->arena, .at = x->at};
    put_text(&m, "id", id);
    put_text(&m, "as", as);
    put_text(&m, "call", call_text(x, names));
    put(&m, "query", copied(x, names, query ? query : x->row->query));
    put(&m, "body", copied(x, names, body ? body : x->row->body));
    return m;
}

static void step_end(const struct expansion *x, struct items *steps, struct map *m)
{
    *arena_push(x->arena, steps, const struct node *) = map_end(m);
}

/* Two ids of one name may both be repeated in a message. */
static const struct node *id_pairs(const struct expansion *x)
{
    struct items pairs = {0};
    const struct member *m;
    for (size_t i = 0; (m = node_member(x->row->owned, i)); i++) {
        const struct node *there = name_find(&x->theirs, str_from(m->key));
        const struct node *here = name_find(&x->unknown, str_from(m->key));
        const struct node **pair = arena_array(x->arena, const struct node *, 2);
        if (!there || !here || node_equal(there, here))
            continue;
        pair[0] = placed(x->arena, there, x->at);
        pair[1] = placed(x->arena, here, x->at);
        *arena_push(x->arena, &pairs, const struct node *) = placed(x->arena, node_new_list(x->arena, pair, 2), x->at);
    }
    return pairs.count ? list_end(x->arena, &pairs, x->at) : NULL;
}

static const struct node *same_as(const struct expansion *x, const char *step, const struct node *except,
                                  const struct node *headers, const struct node *ids)
{
    struct map m = {.arena = x->arena, .at = x->at};
    put_text(&m, "step", step);
    put(&m, "except", except);
    put(&m, "headers", headers);
    put(&m, "ids", ids);
    return map_end(&m);
}

static void add_steps(const struct expansion *x, struct items *steps, const struct node *list)
{
    for (size_t i = 0; i < node_count(list); i++)
        *arena_push(x->arena, steps, const struct node *) = copied(x, &x->owned, node_at(list, i));
}

/* The owner's call. Members of `works` become keys of the step. */
static void add_works(const struct expansion *x, struct items *steps)
{
    const struct node *works = x->row->works, *as = node_get(works, "as");
    struct map m = step_begin(x, "works", node_text(as) ? node_text(as) : x->table->owner, &x->owned, works);
    const struct member *member;
    for (size_t i = 0; (member = node_member(works, i)); i++)
        if (!is_request_key(member->key))
            put(&m, member->key, copied(x, &x->owned, member->value));
    put(&m, "claims", claims_of(x, "works"));
    if (works)
        step_end(x, steps, &m);
}

static void add_stranger(const struct expansion *x, struct items *steps)
{
    const struct node *own = x->own ? x->row->own : NULL;
    const struct node *expect = x->cell.expect ? x->cell.expect : x->stranger->expect;
    struct map m = step_begin(x, "stranger", x->stranger->as, &x->theirs, own);
    const struct member *member;
    for (size_t i = 0; (member = node_member(own, i)); i++)
        if (!is_request_key(member->key) && !(x->cell.expect && strcmp(member->key, "expect") == 0))
            put(&m, member->key, copied(x, &x->theirs, member->value));
    if (!own || x->cell.expect)
        put(&m, "expect", copy_value(x->arena, &x->theirs, expect, &x->at));
    put(&m, "claims", claims_of(x, "stranger"));
    step_end(x, steps, &m);
}

static void add_unknown(const struct expansion *x, struct items *steps)
{
    const struct node *expect = x->cell.expect ? x->cell.expect : x->stranger->expect;
    struct map m = step_begin(x, "unknown", x->stranger->as, &x->unknown, NULL);
    if (x->own || !x->row->unknown)
        return;
    put(&m, "expect", copy_value(x->arena, &x->unknown, expect, &x->at));
    put(&m, "same_as",
        same_as(x, "stranger", node_get(x->table->compare, "except"), node_get(x->table->compare, "headers"),
                id_pairs(x)));
    put(&m, "claims", claims_of(x, "unknown"));
    step_end(x, steps, &m);
}

/* The status alone of an expectation: the body is compared with the earlier one. */
static const struct node *status_of(const struct expansion *x, const struct node *expect)
{
    struct map m = {.arena = x->arena, .at = x->at};
    put(&m, "status", node_get(expect, "status"));
    return map_end(&m);
}

/* What the owner sees. The keys `except` and `before` of an entry are for the comparison and for the first time. */
static void add_reads(const struct expansion *x, struct items *steps, bool after)
{
    for (size_t i = 0; i < node_count(x->row->unchanged); i++) {
        const struct node *read = node_at(x->row->unchanged, i);
        const char *before = arena_printf(x->arena, "before_%zu", i + 1);
        struct map m = {.arena = x->arena, .at = x->at};
        const struct member *member;
        put_text(&m, "id", after ? arena_printf(x->arena, "after_%zu", i + 1) : before);
        if (!node_get(read, "as"))
            put_text(&m, "as", x->table->owner);
        for (size_t k = 0; (member = node_member(read, k)); k++)
            if (strcmp(member->key, "except") != 0 && !(after && strcmp(member->key, "expect") == 0))
                put(&m, member->key, copied(x, &x->owned, member->value));
        if (after) {
            put(&m, "expect", status_of(x, node_get(read, "expect")));
            put(&m, "same_as", same_as(x, before, node_get(read, "except"), NULL, NULL));
            put(&m, "claims", claims_of(x, "after"));
        }
        step_end(x, steps, &m);
    }
}

const struct node *isolation_scenario(const struct expansion *x)
{
    struct items steps = {0};
    struct arena *a = x->arena;
    static const char *isolation_tag[] = {"isolation"};
    const struct field_list tag = {1, isolation_tag};
    bool reads = strcmp(x->operation->method, "GET") == 0;
    add_steps(x, &steps, x->row->setup);
    add_steps(x, &steps, x->cell.setup);
    add_works(x, &steps);
    add_reads(x, &steps, false);
    add_stranger(x, &steps);
    add_unknown(x, &steps);
    add_reads(x, &steps, true);
    struct map m = {.arena = a, .at = x->at};
    put_text(&m, "scenario",
             arena_printf(a, "isolation/%s/%s%s%s", x->operation->name, x->stranger->name, x->cell.variant ? "/" : "",
                          x->cell.variant ? x->cell.variant : ""));
    put_text(&m, "title",
             arena_printf(a, "A caller with %s cannot %s %s (%s)", x->stranger->means, reads ? "read" : "change",
                          x->row->what, x->operation->name));
    put(&m, "requires", texts(a, &x->stranger->needs, &x->row->needs, x->at));
    put(&m, "tags", texts(a, &tag, &x->row->tags, x->at));
    put(&m, "exclusive", texts(a, &x->row->exclusive, NULL, x->at));
    put(&m, "vars", copied(x, &x->owned, x->row->vars));
    put(&m, "steps", list_end(a, &steps, x->at));
    return map_end(&m);
}
