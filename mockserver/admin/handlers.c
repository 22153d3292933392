#include "mockserver/admin/handlers.h"

#include "base/time.h"
#include "mockserver/state/record.h"
#include "mockserver/state/world.h"

static bool same_place(struct where x, struct where y)
{
    return x.line == y.line && x.column == y.column;
}

static bool is_after(struct where x, struct where y)
{
    return x.line != y.line ? x.line > y.line : x.column > y.column;
}

static struct where start_of(const struct node *n, size_t child)
{
    return n->kind == NODE_MAP ? n->map.members[child].key_at : n->list.items[child]->at;
}

/* Returns the number of children that start at or before `at`. Children are in the order of the
 * text, so the node at `at` is in the last of these. */
static size_t children_until(const struct node *n, struct where at)
{
    size_t low = 0, high = n->kind == NODE_MAP ? n->map.count : n->kind == NODE_LIST ? n->list.count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (is_after(start_of(n, middle), at))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Returns the JSON pointer of the node at this line and column. NULL: no node starts there. */
static const char *pointer_of(struct arena *a, const struct node *n, struct where at)
{
    const char *pointer = "";
    while (!same_place(n->at, at)) {
        size_t until = children_until(n, at);
        if (!until)
            return NULL;
        if (n->kind == NODE_LIST) {
            pointer = arena_printf(a, "%s/%zu", pointer, until - 1);
            n = n->list.items[until - 1];
        } else {
            const struct member *m = &n->map.members[until - 1];
            pointer = node_pointer_add(a, pointer, str_from(m->key));
            if (same_place(m->key_at, at))
                return pointer;
            n = m->value;
        }
    }
    return pointer;
}

bool admin_issues(struct call *c, const struct node *body, struct error *err)
{
    for (const struct problem *p = err->first; p; p = p->next) {
        const char *pointer = p->at.line ? pointer_of(c->arena, body, p->at) : NULL;
        call_issue(c, pointer ? pointer : "", "%s", p->text);
    }
    error_end(err);
    return false;
}

bool admin_body(struct call *c, const struct fields *table, void *into)
{
    const struct node *body = call_body(c);
    struct error err = {0};
    if (!body)
        return false;
    return fields_read(table, body, c->arena, into, &err) || admin_issues(c, body, &err);
}

bool admin_query_int(struct call *c, const char *name, int64_t least, int64_t most, const char *expected,
                     int64_t *value)
{
    struct str text = call_query(c, name);
    if (!text.s)
        return c->fault == FAULT_NONE;
    int64_t number;
    if (!str_to_int(text, &number) || number < least || number > most)
        return call_refuse(c, FAULT_INVALID, "invalid '%s': '" STR_FMT "'; expected %s", name, STR_ARG(text), expected);
    *value = number;
    return true;
}

bool admin_query_flag(struct call *c, const char *name)
{
    struct str text = call_query(c, name);
    return text.s && (!text.n || str_is(text, "1") || str_is(text, "true"));
}

const char *admin_duration_text(struct call *c, int64_t ms)
{
    char text[TIME_TEXT_MAX];
    return str_dup(c->arena, str_from(duration_text(ms, text)));
}

int64_t admin_instant(const struct world *world, const struct field_time *t)
{
    int64_t sum;
    if (!t->relative)
        return t->ms;
    return __builtin_add_overflow(world_now(world), t->ms, &sum) ? INT64_MAX : sum;
}

void admin_put_time(struct json *w, const char *key, int64_t ms)
{
    char text[TIME_TEXT_MAX];
    json_put_text(w, key, time_millis(ms, text));
}

void admin_put_clock(struct json *w, const struct world *world)
{
    admin_put_time(w, "now", world_now(world));
    json_put_text(w, "mode", clock_mode_texts[world->clock.mode]);
}

void admin_put_change(struct json *w, const struct world *world, uint32_t seq)
{
    const struct change *change = changes_read(world, seq);
    json_open_map(w);
    json_put_int(w, "seq", seq);
    admin_put_time(w, "at", change->at_ms);
    json_put_text(w, "kind", record_kind_texts[change->kind]);
    json_put_text(w, "id", record_id(world, change->kind, change->row));
    json_put_text(w, "what", change->what);
    json_put_text(w, "from", change->from);
    json_put_text(w, "to", change->to);
    json_put_text(w, "cause", change->cause);
    json_close_map(w);
}

void admin_put_changes(struct json *w, const struct world *world, uint32_t first, uint32_t last)
{
    json_key_list(w, "changes");
    for (uint32_t seq = first; seq <= last && seq <= changes_last(world); seq++)
        admin_put_change(w, world, seq);
    json_close_list(w);
}

void admin_put_new_changes(struct call *c)
{
    admin_put_changes(&c->out, c->world, c->changes_before + 1, changes_last(c->world));
}
