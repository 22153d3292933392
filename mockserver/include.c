#include "mockserver/include.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/yaml.h"

struct file {
    const char *real; /* one name per file, however it was reached */
    bool open;        /* it is still being read: to include it again is a cycle */
    const struct file *older;
};

struct including {
    struct arena *arena;
    struct file *files;
    struct include_files *told;
    struct error *err;
};

static const struct node *merge_maps(struct arena *a, const struct node *base,
                                     const struct node *over);

static const struct node *merge(struct arena *a, const struct node *base, const struct node *over)
{
    if (base->kind == NODE_MAP && over->kind == NODE_MAP)
        return merge_maps(a, base, over);
    if (base->kind != NODE_LIST || over->kind != NODE_LIST)
        return over;
    size_t count = base->list.count + over->list.count;
    const struct node **items = arena_array(a, const struct node *, count);
    for (size_t i = 0; i < count; i++)
        items[i] =
            i < base->list.count ? base->list.items[i] : over->list.items[i - base->list.count];
    struct node *list = arena_copy(a, over, sizeof *over);
    list->list.items = items;
    list->list.count = count;
    return list;
}

static const struct node *merge_maps(struct arena *a, const struct node *base,
                                     const struct node *over)
{
    struct node *map = arena_copy(a, over, sizeof *over);
    struct member *members = arena_array(a, struct member, base->map.count + over->map.count);
    size_t count = 0;
    for (size_t i = 0; i < base->map.count; i++)
        if (!node_get(over, base->map.members[i].key))
            members[count++] = base->map.members[i];
    for (size_t i = 0; i < over->map.count; i++) {
        struct member m = over->map.members[i];
        const struct node *below = node_get(base, m.key);
        if (below)
            m.value = merge(a, below, m.value);
        members[count++] = m;
    }
    map->map.members = members;
    map->map.count = count;
    return map;
}

static const char *beside(struct arena *a, const char *path, const char *other)
{
    const char *slash = strrchr(path, '/');
    if (!slash || other[0] == '/')
        return arena_text(a, other);
    return arena_printf(a, "%.*s/%s", (int)(slash - path), path, other);
}

static const struct node *load(struct including *in, const char *path);

static struct include_file *tell(struct including *in, const char *path)
{
    struct include_file *file = arena_push(in->arena, in->told, struct include_file);
    *file = (struct include_file){.path = path};
    return file;
}

/* NULL and no error: that file is in already. */
static const struct node *load_included(struct including *in, const char *path,
                                        const struct node *name)
{
    char real[PATH_MAX];
    const char *other = beside(in->arena, path, node_text(name));
    if (!realpath(other, real)) {
        error_add(in->err, ERROR_INPUT, name->at, "there is no file '%s' to include", other);
        tell(in, other);
        return NULL;
    }
    for (const struct file *f = in->files; f; f = f->older)
        if (strcmp(f->real, real) == 0) {
            if (f->open)
                error_add(in->err, ERROR_INPUT, name->at,
                          "'%s' is already being read: files include each other", node_text(name));
            return NULL;
        }
    return load(in, other);
}

static const struct node *load(struct including *in, const char *path)
{
    char real[PATH_MAX];
    struct file *self = arena_new(in->arena, struct file);
    self->real = arena_text(in->arena, realpath(path, real) ? real : path);
    self->open = true;
    self->older = in->files;
    in->files = self;

    const struct node *root = yaml_load_hashed(in->arena, path, &tell(in, path)->hash, in->err);
    const struct node *names = node_get(root, "include");
    const struct node *whole = NULL;
    for (size_t i = 0; i < node_count(names) && names->kind == NODE_LIST; i++) {
        if (!node_text(node_at(names, i)))
            continue; /* the schema says so in its place */
        const struct node *part = load_included(in, path, node_at(names, i));
        if (part)
            whole = whole ? merge(in->arena, whole, part) : part;
    }
    self->open = false;
    return root && whole ? merge(in->arena, whole, root) : root;
}

const struct node *include_load(struct arena *a, const char *path, struct include_files *files,
                                struct error *err)
{
    struct including in = {.arena = a, .told = files, .err = err};
    size_t before = err->count;
    const struct node *root = load(&in, arena_text(a, path));
    return err->count == before ? root : NULL;
}

bool include_same(const struct include_files *x, const struct include_files *y)
{
    if (x->count != y->count)
        return false;
    for (size_t i = 0; i < x->count; i++)
        if (x->items[i].hash != y->items[i].hash || strcmp(x->items[i].path, y->items[i].path) != 0)
            return false;
    return true;
}
