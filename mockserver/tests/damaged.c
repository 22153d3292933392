#include "mockserver/tests/damaged.h"

#include <dirent.h>

#include "base/json.h"
#include "base/tests/mutate.h"
#include "base/yaml.h"
#include "mockserver/cli/reference.h"

#define SHIPPED SOURCE_DIR "/fixtures"

struct document {
    const char *name;
    const struct node *root;
};

struct documents {
    struct arena arena;
    struct document *items;
    size_t count, room;
};

size_t damaged_wrong;

static void add_document(struct documents *d, const char *name, const struct node *root)
{
    assert_non_null(root);
    *arena_push(&d->arena, d, struct document) = (struct document){name, root};
}

static void add_shipped(struct documents *d)
{
    struct error err = {0};
    DIR *folder = opendir(SHIPPED);
    assert_non_null(folder);
    for (const struct dirent *e; (e = readdir(folder));) {
        const char *path = arena_printf(&d->arena, SHIPPED "/%s", e->d_name);
        if (str_ends(str_from(path), STR(".yaml")))
            add_document(d, arena_text(&d->arena, e->d_name), yaml_load(&d->arena, path, &err));
    }
    closedir(folder);
}

static void add_examples(struct documents *d)
{
    struct field_list examples = examples_read(&d->arena);
    const struct example *items = examples.items;
    for (size_t i = 0; i < examples.count; i++)
        if (items[i].fixture)
            add_document(d, arena_printf(&d->arena, "example %zu, %s", i, items[i].of),
                         yaml_parse(&d->arena, str_from(items[i].fixture), "example", NULL));
}

/* Writes the JSON on many lines, because finding the column in a long line is slow. */
static void put_file(struct folder *folder, struct arena *a, const struct node *damaged)
{
    struct buf text = {.arena = a};
    struct json w = json_begin(&text, 1);
    json_node(&w, damaged);
    folder_put(folder, DAMAGED_FILE, buf_c(&text));
}

void damaged_each_of(const struct node *root, const char *name, struct folder *folder, damaged_visit *visit, void *ctx)
{
    for (size_t place = 0; place < mutate_places(root); place++)
        for (enum mutation how = 0; how < MUTATION_COUNT; how++) {
            struct arena a = {0};
            const char *what;
            const struct node *damaged = mutate_plays(place, how) ? mutate(&a, root, place, how, &what) : NULL;
            if (damaged) {
                put_file(folder, &a, damaged);
                visit(&(struct damage){&a, damaged, arena_printf(&a, "%s, %s", name, what), folder}, ctx);
            }
            arena_end(&a);
        }
}

void damaged_fixtures(damaged_visit *visit, void *ctx)
{
    struct documents all = {0};
    struct folder folder;
    folder_begin(&folder);
    add_shipped(&all);
    add_examples(&all);
    assert_true(all.count > 4);
    for (size_t i = 0; i < all.count; i++)
        damaged_each_of(all.items[i].root, all.items[i].name, &folder, visit, ctx);
    folder_end(&folder);
    arena_end(&all.arena);
    assert_int_equal(damaged_wrong, 0);
}
