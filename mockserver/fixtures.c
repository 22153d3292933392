#include "mockserver/fixtures.h"

#include <string.h>

#include "base/heap.h"
#include "base/json.h"

/* A world can be made from a fixture by its name. */
static bool name_free(const char *const *paths, struct fixture *const *fixtures, size_t at,
                      struct error *err)
{
    const char *name = fixtures[at]->name;
    for (size_t i = 0; i < at; i++)
        if (strcmp(fixtures[i]->name, name) == 0)
            return error_add(err, ERROR_INPUT, (struct where){.file = paths[at]},
                             "%s makes a world named '%s' too: give one another name, world: ...",
                             paths[i], name);
    return true;
}

/* All are read before any mistake is told. */
static bool load(const char *const *paths, size_t count, struct fixture **into,
                 struct include_files *files, struct error *err)
{
    bool fine = true;
    for (size_t i = 0; i < count; i++) {
        into[i] = fixture_read(paths[i], &files[i], err);
        fine = fine && into[i];
    }
    for (size_t i = 0; i < count && fine; i++)
        fine = name_free(paths, into, i, err);
    return fine;
}

static void drop(struct fixture **fixtures, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fixture_free(fixtures[i]);
        fixtures[i] = NULL;
    }
}

bool fixtures_load(const char *const *paths, size_t count, struct fixture **into, struct error *err)
{
    struct arena a = {0};
    struct include_files *files = arena_array(&a, struct include_files, count ? count : 1);
    bool fine = load(paths, count, into, files, err);
    if (!fine)
        drop(into, count);
    arena_end(&a);
    return fine;
}

static void put_files(struct json *w, const struct include_files *files)
{
    json_key(w, "files");
    json_open_list(w);
    for (size_t i = 0; i < files->count; i++) {
        json_open_map(w);
        json_put_text(w, "path", files->items[i].path);
        json_put_int(w, "hash", (int64_t)files->items[i].hash);
        json_close_map(w);
    }
    json_close_list(w);
}

/* What it includes is in it already. */
static void put_source(struct json *w, const struct node *source)
{
    json_key(w, "source");
    json_open_map(w);
    for (size_t i = 0; i < source->map.count; i++)
        if (strcmp(source->map.members[i].key, "include") != 0)
            json_put_node(w, source->map.members[i].key, source->map.members[i].value);
    json_close_map(w);
}

static void put_problems(struct json *w, const struct error *err, struct arena *a)
{
    size_t count;
    const struct problem **problems = error_in_order(a, err, &count);
    json_key(w, "problems");
    json_open_list(w);
    for (size_t i = 0; i < count; i++) {
        json_open_map(w);
        json_put_text(w, "file", problems[i]->at.file);
        json_put_int(w, "line", problems[i]->at.line);
        json_put_int(w, "column", problems[i]->at.column);
        json_put_text(w, "text", problems[i]->text);
        json_close_map(w);
    }
    json_close_list(w);
}

void fixtures_report(const char *const *paths, size_t count, struct buf *out)
{
    struct error err = {0};
    struct fixture **fixtures = arena_array(out->arena, struct fixture *, count);
    struct include_files *files = arena_array(out->arena, struct include_files, count);
    bool fine = load(paths, count, fixtures, files, &err);
    struct json w = json_begin(out, 0);
    json_open_map(&w);
    put_problems(&w, &err, out->arena);
    json_key(&w, "fixtures");
    json_open_list(&w);
    for (size_t i = 0; i < count; i++) {
        json_open_map(&w);
        put_files(&w, &files[i]);
        if (fine) {
            json_put_text(&w, "name", fixtures[i]->name);
            put_source(&w, fixtures[i]->source);
        }
        json_close_map(&w);
    }
    json_close_list(&w);
    json_close_map(&w);
    drop(fixtures, count);
    error_end(&err);
}

static int number(const struct node *map, const char *key)
{
    return (int)node_get(map, key)->integer;
}

static void read_problem(struct arena *a, const struct node *p, struct error *err)
{
    const char *file = node_get_text(p, "file");
    const struct where at = {file ? arena_text(a, file) : NULL, number(p, "line"),
                             number(p, "column")};
    error_add(err, ERROR_INPUT, at, "%s", node_get_text(p, "text"));
}

static struct fixture_report read_one(struct arena *a, const struct node *n)
{
    const struct node *files = node_get(n, "files");
    struct fixture_report r = {.name = node_get_text(n, "name"), .source = node_get(n, "source")};
    for (size_t i = 0; i < node_count(files); i++)
        *arena_push(a, &r.files, struct include_file) = (struct include_file){
            .path = node_get_text(node_at(files, i), "path"),
            .hash = (uint64_t)node_get(node_at(files, i), "hash")->integer,
        };
    return r;
}

bool fixtures_read_report(struct arena *a, struct str report, size_t count,
                          struct fixture_report *into, struct error *err)
{
    const struct node *root = json_parse(a, report, "report", err);
    const struct node *problems = node_get(root, "problems");
    const struct node *fixtures = node_get(root, "fixtures");
    for (size_t i = 0; i < node_count(problems); i++)
        read_problem(a, node_at(problems, i), err);
    for (size_t i = 0; i < count && i < node_count(fixtures); i++)
        into[i] = read_one(a, node_at(fixtures, i));
    return root && !node_count(problems);
}
