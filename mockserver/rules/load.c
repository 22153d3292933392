#include "mockserver/rules/rule.h"

#include <string.h>

#include "base/arena.h"

const struct node *rule_copy(struct arena *a, const struct node *n)
{
    struct node *copy = arena_copy(a, n, sizeof *n);
    copy->at.file = NULL;
    if (n->kind == NODE_TEXT) {
        copy->text.s = str_dup(a, n->text);
    } else if (n->kind == NODE_LIST) {
        const struct node **items = arena_array(a, const struct node *, n->list.count);
        for (size_t i = 0; i < n->list.count; i++)
            items[i] = rule_copy(a, n->list.items[i]);
        copy->list.items = items;
    } else if (n->kind == NODE_MAP) {
        struct member *members = arena_array(a, struct member, n->map.count);
        for (size_t i = 0; i < n->map.count; i++) {
            const struct member *m = &n->map.members[i];
            members[i] = (struct member){
                .key = arena_text(a, m->key),
                .key_at = {NULL, m->key_at.line, m->key_at.column},
                .value = rule_copy(a, m->value)
            };
        }
        copy->map.members = members;
    }
    return copy;
}

/* Returns the rule's index; r->list.count if there is none. */
static size_t find_rule(const struct rules *r, struct str name)
{
    size_t i = 0;
    while (i < r->list.count && !str_is(name, r->list.items[i]->form.name))
        i++;
    return i;
}

static const char *new_name(struct rules *r, struct arena *a)
{
    const char *name;
    do
        name = arena_printf(a, "rule-%llu", (unsigned long long)++r->unnamed);
    while (find_rule(r, str_from(name)) < r->list.count);
    return name;
}

/* Parses the rule again from its own copy, so that it points to nothing else. */
static const char *append_copy(struct rules *r, const struct node *map, const char *name)
{
    struct arena a = {0};
    struct rule *rule = arena_new(&a, struct rule);
    rule->node = rule_copy(&a, map);
    rule_read(rule->node, &a, rule, NULL);
    if (!rule->form.name)
        rule->form.name = name ? arena_text(&a, name) : new_name(r, &a);
    rule->arena = a;
    rule->number = ++r->numbers;
    *arena_push(&r->arena, &r->list, struct rule *) = rule;
    return rule->form.name;
}

struct rules *rules_new(const struct node *list, int64_t start_ms)
{
    struct rules *r = heap_new(sizeof *r);
    r->start_ms = start_ms;
    for (size_t i = 0; i < node_count(list); i++)
        append_copy(r, list->list.items[i], NULL);
    return r;
}

struct rules *rules_copy(const struct rules *from, int64_t start_ms)
{
    struct rules *r = heap_new(sizeof *r);
    r->start_ms = start_ms;
    for (size_t i = 0; i < from->list.count; i++)
        append_copy(r, from->list.items[i]->node, from->list.items[i]->form.name);
    r->unnamed = from->unnamed;
    return r;
}

bool rules_add(struct rules *r, const struct node *rule, const char **name, struct error *err)
{
    struct arena a = {0};
    struct rule read = {0};
    bool ok = rule_read(rule, &a, &read, err);
    if (read.form.name && find_rule(r, str_from(read.form.name)) < r->list.count)
        ok = error_add(err, ERROR_INPUT, rule_place(rule, "name"), "rule '%s' already exists", read.form.name);
    arena_end(&a);
    if (ok) {
        *name = append_copy(r, rule, NULL);
        r->touched = true;
    }
    return ok;
}

static void end_rule(struct rule *rule)
{
    struct arena a = rule->arena;
    arena_end(&a);
}

bool rules_remove(struct rules *r, struct str name)
{
    size_t i = find_rule(r, name);
    if (i == r->list.count)
        return false;
    r->touched = true;
    end_rule(r->list.items[i]);
    r->list.count--;
    memmove(r->list.items + i, r->list.items + i + 1, (r->list.count - i) * sizeof(struct rule *));
    return true;
}

void rules_clear(struct rules *r)
{
    r->touched = true;
    while (r->list.count)
        end_rule(r->list.items[--r->list.count]);
    r->unnamed = 0;
}

void rules_free(struct rules *r)
{
    if (!r)
        return;
    rules_clear(r);
    arena_end(&r->arena);
    heap_free(r);
}

size_t rules_count(const struct rules *r)
{
    return r->list.count;
}

bool rules_touched(const struct rules *r)
{
    return r->touched;
}

const struct node *rules_written(const struct rules *r, struct str name)
{
    size_t i = find_rule(r, name);
    return i < r->list.count ? r->list.items[i]->node : NULL;
}

static void print_rule(const struct rule *rule, bool counts, struct json *out)
{
    json_open_map(out);
    json_put_text(out, "name", rule->form.name);
    if (counts) {
        json_put_int(out, "hits", (int64_t)rule->hits);
        json_put_int(out, "seen", (int64_t)rule->seen);
    }
    for (size_t i = 0; i < rule->node->map.count; i++)
        if (strcmp(rule->node->map.members[i].key, "name") != 0)
            json_put_node(out, rule->node->map.members[i].key, rule->node->map.members[i].value);
    json_close_map(out);
}

void rules_write(const struct rules *r, struct json *out)
{
    json_open_list(out);
    for (size_t i = 0; i < r->list.count; i++)
        print_rule(r->list.items[i], false, out);
    json_close_list(out);
}

/* Rules are in the order of their numbers. */
const struct rule *rules_next(const struct rules *r, uint64_t after, uint64_t *number)
{
    size_t low = 0, high = r->list.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (r->list.items[middle]->number <= after)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == r->list.count)
        return NULL;
    *number = r->list.items[low]->number;
    return r->list.items[low];
}

void rules_print(const struct rule *rule, struct json *out)
{
    print_rule(rule, true, out);
}

bool rules_print_one(const struct rules *r, struct str name, struct json *out)
{
    size_t i = find_rule(r, name);
    if (i < r->list.count)
        print_rule(r->list.items[i], true, out);
    return i < r->list.count;
}
