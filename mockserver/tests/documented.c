#include "mockserver/tests/documented.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/yaml.h"

/* --- entries ------------------------------------------------------------------------------ */

static void add_entries(struct documented *d, const char *group, const struct node *names, bool is_pointer)
{
    for (size_t i = 0; i < node_count(names); i++)
        *arena_push(&d->arena, &d->entries, struct documented_entry) =
            (struct documented_entry){group, node_text(node_at(names, i)), is_pointer, 0};
}

const char *documented_group(struct documented *d, const struct provider *p, const char *operation, const char *what)
{
    return operation ? arena_printf(&d->arena, "%s %s %s", p->name, operation, what)
                     : arena_printf(&d->arena, "%s %s", p->name, what);
}

/* The keys whose entries are compared; those of an operation, and those of the file. */
static const struct {
    const char *key;
    bool of_operation, is_pointer;
} lists[] = {
    {"headers",       false, false},
    {"event_headers", false, false},
    {"events",        false, false},
    {"event_members", false, true },
    {"errors",        false, true },
    {"query",         true,  false},
    {"request",       true,  true },
    {"response",      true,  true },
};

static void add_lists(struct documented *d, const struct provider *p, const char *operation, const struct node *map)
{
    for (size_t i = 0; i < COUNT(lists); i++)
        if (lists[i].of_operation == (operation != NULL))
            add_entries(d, documented_group(d, p, operation, lists[i].key), node_get(map, lists[i].key),
                        lists[i].is_pointer);
}

void documented_begin(struct documented *d)
{
    struct error err = {0};
    *d = (struct documented){0};
    d->files = arena_array(&d->arena, const struct node *, provider_count);
    for (size_t i = 0; i < provider_count; i++) {
        const char *path = arena_printf(&d->arena, SOURCE_DIR "/scenarios/%s/operations.yaml", providers[i]->name);
        const struct node *file = d->files[i] = yaml_load(&d->arena, path, &err);
        if (!file)
            fail_msg("%s", error_text(&d->arena, &err));
        add_lists(d, providers[i], NULL, file);
        const struct node *operations = node_get(file, "operations");
        for (size_t k = 0; k < node_count(operations); k++)
            add_lists(d, providers[i], node_get_text(node_at(operations, k), "operation"), node_at(operations, k));
    }
}

void documented_end(struct documented *d)
{
    arena_end(&d->arena);
}

/* --- what is seen ------------------------------------------------------------------------- */

static bool is_open(const char *name)
{
    return str_ends(str_from(name), STR("/**"));
}

/* Whether the member is below the open content of the entry, or above the entry in a list: "items/ *". */
static bool is_implied(const struct documented_entry *e, const char *pointer)
{
    size_t n = strlen(e->name) - 2, m = strlen(pointer);
    if (is_open(e->name) && strncmp(e->name, pointer, n) == 0)
        return true;
    return strncmp(e->name, pointer, m) == 0 && e->name[m] == '/';
}

static bool is_same(const struct documented_entry *e, const char *name)
{
    return e->is_pointer ? strcmp(e->name, name) == 0 : str_eq_nocase(str_from(e->name), str_from(name));
}

static bool has_text(const struct texts *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], text) == 0)
            return true;
    return false;
}

bool documented_see(struct documented *d, const char *group, const char *name)
{
    bool known = false;
    for (size_t i = 0; i < d->entries.count; i++) {
        struct documented_entry *e = &d->entries.items[i];
        if (strcmp(e->group, group) != 0)
            continue;
        bool same = is_same(e, name), implied = e->is_pointer && is_implied(e, name);
        e->seen += same || (implied && is_open(e->name) && strlen(name) > strlen(e->name) - 3);
        known = known || same || implied;
    }
    const char *text = arena_printf(&d->arena, "%s %s", group, name);
    if (!known && !has_text(&d->strange, text))
        *arena_push(&d->arena, &d->strange, const char *) = text;
    return known;
}

static void see_below(struct documented *d, const char *group, const char *above, const struct node *n)
{
    for (size_t i = 0; i < node_count(n); i++) {
        const char *name = n->kind == NODE_MAP ? n->map.members[i].key : "*";
        const struct node *value = n->kind == NODE_MAP ? n->map.members[i].value : n->list.items[i];
        const char *pointer = *above ? arena_printf(&d->arena, "%s/%s", above, name) : name;
        if (documented_see(d, group, pointer))
            see_below(d, group, pointer, value);
    }
}

void documented_see_body(struct documented *d, const char *group, const struct node *body)
{
    see_below(d, group, "", body);
}

void documented_see_below(struct documented *d, const char *group, const char *pointer)
{
    size_t n = strlen(pointer);
    for (size_t i = 0; i < d->entries.count; i++) {
        struct documented_entry *e = &d->entries.items[i];
        e->seen += strcmp(e->group, group) == 0 && strncmp(e->name, pointer, n) == 0 && e->name[n] == '/';
    }
}

/* --- the result --------------------------------------------------------------------------- */

static int compare_texts(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static const char *lines_of(struct documented *d, const struct texts *texts)
{
    struct buf out = {.arena = &d->arena};
    if (texts->count)
        qsort(texts->items, texts->count, sizeof *texts->items, compare_texts);
    for (size_t i = 0; i < texts->count; i++)
        buf_printf(&out, "%s\n", texts->items[i]);
    return buf_c(&out);
}

const char *documented_unseen(struct documented *d)
{
    struct texts unseen = {0};
    for (size_t i = 0; i < d->entries.count; i++)
        if (!d->entries.items[i].seen)
            *arena_push(&d->arena, &unseen, const char *) =
                arena_printf(&d->arena, "%s %s", d->entries.items[i].group, d->entries.items[i].name);
    return lines_of(d, &unseen);
}

const char *documented_strange(struct documented *d)
{
    return lines_of(d, &d->strange);
}
