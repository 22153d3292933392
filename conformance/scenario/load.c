#include "conformance/scenario/scenario.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/str.h"
#include "base/yaml.h"
#include "conformance/scenario/isolation.h"
#include "conformance/scenario/reader.h"
#include "conformance/scenario/target_schema.h"
#include "conformance/scenario/types.h"
#include "conformance/scenario/usage.h"
#include "conformance/scenario/validate.h"

#define FOLDERS_DEEP_MAX 32

/* --- paths -------------------------------------------------------------------------------- */

const char *path_join(struct arena *a, const char *folder, const char *name)
{
    if (strcmp(folder, ".") == 0)
        return name;
    bool slash = str_ends(str_from(folder), STR("/"));
    return arena_printf(a, "%s%s%s", folder, slash ? "" : "/", name);
}

static struct str without_slashes(const char *path)
{
    struct str text = str_from(path);
    while (text.n > 1 && text.s[text.n - 1] == '/')
        text.n--;
    return text;
}

static struct str last_part(struct str path)
{
    size_t n = path.n;
    while (n && path.s[n - 1] != '/')
        n--;
    return str_skip(path, n);
}

static bool is_dot_dot(struct str part)
{
    return str_is(part, "..");
}

const char *path_parent(struct arena *a, const char *path)
{
    struct str text = without_slashes(path), last = last_part(text);
    if (str_is(text, "/"))
        return NULL;
    if (str_is(text, "."))
        return "..";
    if (is_dot_dot(last))
        return arena_printf(a, STR_FMT "/..", STR_ARG(text));
    if (last.n == text.n)
        return ".";
    return str_dup(a, without_slashes(str_dup(a, str_head(text, text.n - last.n))));
}

const char *path_stem(struct arena *a, const char *path)
{
    struct str last = last_part(str_from(path));
    return str_dup(a, str_ends(last, STR(".yaml")) ? str_head(last, last.n - 5) : last);
}

static bool has_mode(const char *path, mode_t mode)
{
    struct stat s;
    return stat(path, &s) == 0 && (s.st_mode & S_IFMT) == mode;
}

bool path_is_file(const char *path)
{
    return has_mode(path, S_IFREG);
}

static bool path_is_folder(const char *path)
{
    return has_mode(path, S_IFDIR);
}

bool path_is_yaml(const char *path)
{
    return str_ends(str_from(path), STR(".yaml"));
}

bool path_same(const char *x, const char *y)
{
    struct stat s, t;
    return strcmp(x, y) == 0 || (stat(x, &s) == 0 && stat(y, &t) == 0 && s.st_dev == t.st_dev && s.st_ino == t.st_ino);
}

static int compare_names(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

const char *const *folder_names(struct arena *a, const char *folder, size_t *count)
{
    struct {
        const char **items;
        size_t count, room;
    } names = {0};
    DIR *dir = opendir(folder);
    const struct dirent *e;
    while (dir && (e = readdir(dir)))
        if (e->d_name[0] != '.')
            *arena_push(a, &names, const char *) = arena_text(a, e->d_name);
    if (dir)
        (void)closedir(dir);
    if (names.count)
        qsort(names.items, names.count, sizeof *names.items, compare_names);
    *count = names.count;
    return names.items;
}

/* Returns the nearest folder, from that of the file upwards, that has a claims.yaml; or NULL. */
static const char *folder_of_claims(struct arena *a, const char *file)
{
    const char *folder = path_parent(a, file);
    for (int i = 0; folder && i < FOLDERS_ABOVE_MAX; i++) {
        if (path_is_file(path_join(a, folder, "claims.yaml")))
            return folder;
        folder = path_parent(a, folder);
    }
    return NULL;
}

/* --- the loader --------------------------------------------------------------------------- */

struct file {
    const char *path, *real; /* as given; resolved */
    bool is_flow;
};

struct files {
    struct file *items;
    size_t count, room;
};

struct provider { /* a folder with a claims.yaml */
    const char *folder;
    const struct catalogue *catalogue; /* NULL: invalid */
};

struct folder { /* a folder of scenarios without a target-schema.yaml */
    const char *path;
    struct target_schema names; /* what the target files beside it and above it declare */
};

struct loader {
    struct arena *arena;
    struct error *err;
    struct files files;
    struct flow_cache flow_cache;
    struct given_target given;
    struct {
        struct folder **items;
        size_t count, room;
    } folders;
    struct {
        struct provider *items;
        size_t count, room;
    } providers;
    struct {
        const struct scenario **items;
        size_t count, room;
    } scenarios;
    struct {
        struct isolation *items;
        size_t count, room;
    } isolations;
};

/* --- which files -------------------------------------------------------------------------- */

bool has_text(const char *const *texts, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(texts[i], text) == 0)
            return true;
    return false;
}

static void add_file(struct loader *l, const char *path, bool is_flow)
{
    char real[PATH_MAX];
    *arena_push(l->arena, &l->files, struct file) =
        (struct file){path, arena_text(l->arena, realpath(path, real) ? real : path), is_flow};
}

static bool looks_like_yaml(const char *path)
{
    const char *end = strrchr(path, '.');
    return end && (strcasecmp(end, ".yml") == 0 || strcasecmp(end, ".yaml") == 0);
}

/* Every file that may be a scenario is loaded or is an error, except hidden ones: their names begin with a dot. */
static void add_folder(struct loader *l, const char *folder, bool is_flows, int depth)
{
    static const char *const not_scenarios[] = {"claims.yaml", "disputes.yaml", "mutants.yaml", "operations.yaml",
                                                "target-schema.yaml"};
    size_t count;
    const char *const *names = folder_names(l->arena, folder, &count);
    if (!depth) {
        error_add(l->err, ERROR_INPUT, (struct where){.file = folder}, "more than %d folders deep", FOLDERS_DEEP_MAX);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const char *path = path_join(l->arena, folder, names[i]);
        if (has_text(not_scenarios, COUNT(not_scenarios), names[i]))
            continue;
        if (path_is_folder(path)) {
            if (strcmp(names[i], "targets") != 0 && strcmp(names[i], "mutants") != 0)
                add_folder(l, path, is_flows || strcmp(names[i], "flows") == 0, depth - 1);
        } else if (path_is_yaml(path) && path_is_file(path))
            add_file(l, path, is_flows);
        else if (path_is_yaml(path))
            error_add(l->err, ERROR_INPUT, (struct where){.file = path}, "not a file that can be read");
        else if (looks_like_yaml(path))
            error_add(l->err, ERROR_INPUT, (struct where){.file = path},
                      "the name of a scenario file ends in .yaml; rename this file");
    }
}

static bool has_scenario(const struct files *files, size_t from)
{
    for (size_t i = from; i < files->count; i++)
        if (!files->items[i].is_flow)
            return true;
    return false;
}

static bool add_path(struct loader *l, const char *path)
{
    struct where at = {.file = path};
    size_t before = l->files.count;
    if (path_is_file(path))
        add_file(l, path, false);
    else if (!path_is_folder(path))
        return error_add(l->err, ERROR_SYSTEM, at,
                         access(path, F_OK) == 0 ? "neither a regular file nor a folder" : "no such file or folder");
    else
        add_folder(l, path, false, FOLDERS_DEEP_MAX);
    return has_scenario(&l->files, before) || error_add(l->err, ERROR_INPUT, at, "no scenarios in this folder");
}

static int compare_files(const void *x, const void *y)
{
    return strcmp(((const struct file *)x)->path, ((const struct file *)y)->path);
}

static bool is_duplicate(const struct files *files, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(files->items[k].real, files->items[i].real) == 0)
            return true;
    return false;
}

/* --- names of targets --------------------------------------------------------------------- */

typedef void target_file_fn(struct loader *l, const char *path, void *ctx);

static void each_target_file(struct loader *l, const char *folder, target_file_fn *fn, void *ctx)
{
    size_t count;
    const char *targets = path_join(l->arena, folder, "targets");
    const char *const *names = folder_names(l->arena, targets, &count);
    for (size_t i = 0; i < count; i++)
        if (path_is_yaml(names[i]))
            fn(l, path_join(l->arena, targets, names[i]), ctx);
}

static void check_file(struct loader *l, const char *path, void *provider)
{
    const struct provider *p = provider;
    check_target_file(l->arena, p->catalogue->targets, path, l->err);
}

static void add_declared(struct loader *l, const char *path, void *names)
{
    target_schema_add_file(l->arena, names, path);
}

static void add_given(struct loader *l, struct target_schema *names)
{
    if (l->given.file)
        target_schema_add_file(l->arena, names, l->given.file);
    for (size_t i = 0; i < l->given.actor_count; i++)
        target_schema_add_actor(l->arena, names, l->given.actors[i]);
}

/* Returns the names that scenarios in the folder may use if there is no target-schema.yaml. */
static const struct target_schema *declared_names(struct loader *l, const char *path)
{
    for (size_t i = 0; i < l->folders.count; i++)
        if (path_same(l->folders.items[i]->path, path))
            return &l->folders.items[i]->names;
    struct folder *f = arena_new(l->arena, struct folder);
    f->path = path;
    *arena_push(l->arena, &l->folders, struct folder *) = f;
    for (int i = 0; path && i < FOLDERS_ABOVE_MAX; i++) {
        each_target_file(l, path, add_declared, &f->names);
        path = path_parent(l->arena, path);
    }
    add_given(l, &f->names);
    return &f->names;
}

static const struct target_schema *names_of(struct loader *l, const struct provider *p, const char *file)
{
    if (!p || !p->catalogue)
        return NULL;
    return p->catalogue->targets ? p->catalogue->targets : declared_names(l, path_parent(l->arena, file));
}

struct name_check {
    struct loader *loader;
    const struct target_schema *names;
    bool ok;
};

static void check_actor(void *ctx, const char *name, struct where at)
{
    struct name_check *c = ctx;
    if (name)
        c->ok &= check_actor_name(c->loader->arena, c->names, name, at, c->loader->err);
}

static void check_resource(void *ctx, struct str name, struct where at)
{
    struct name_check *c = ctx;
    c->ok &= check_resource_name(c->loader->arena, c->names, name, at, c->loader->err);
}

static void check_simulate(void *ctx, const char *name, struct where at)
{
    struct name_check *c = ctx;
    c->ok &= check_simulation(c->loader->arena, c->names, name, at, c->loader->err);
}

static bool names_check(struct loader *l, const struct target_schema *names, const struct scenario *s,
                        const struct node *root)
{
    struct name_check c = {l, names, true};
    const struct usage u = {check_actor, check_resource, check_simulate, &c};
    const struct node *needs = node_get(root, "requires");
    for (size_t i = 0; i < s->require_count; i++)
        c.ok &= check_capability(l->arena, names, s->requires[i], node_at(needs, i) -> at, l -> err);
    usage_of_scenario(s, &u);
    return c.ok;
}

static void flow_names_check(struct loader *l, const struct target_schema *names, const struct flow *f)
{
    struct name_check c = {l, names, true};
    usage_of_flow(f, &(struct usage){check_actor, check_resource, check_simulate, &c});
}

/* The given target may be for several providers; each name must be known to one of them. */
static void check_given(struct loader *l)
{
    struct target_schema all = {0};
    for (size_t i = 0; i < l->providers.count; i++) {
        const struct catalogue *c = l->providers.items[i].catalogue;
        if (!c || !c->targets)
            return;
        all.file = c->targets->file;
        target_names_add(l->arena, &all, c->targets);
    }
    if (!all.file)
        return;
    if (l->given.file)
        check_target_file(l->arena, &all, l->given.file, l->err);
    for (size_t i = 0; i < l->given.actor_count; i++)
        check_actor_name(l->arena, &all, l->given.actors[i], (struct where){.file = "--key"}, l->err);
}

/* --- a scenario file ---------------------------------------------------------------------- */

static const struct catalogue *catalogue_with_targets(struct loader *l, const char *folder)
{
    const struct catalogue *c = catalogue_load(l->arena, folder, l->err);
    size_t before = l->err->count;
    const struct target_schema *targets = target_schema_load(l->arena, folder, l->err);
    if (!c || l->err->count > before)
        return NULL;
    struct catalogue *out = arena_new(l->arena, struct catalogue);
    *out = *c;
    out->targets = targets;
    return out;
}

static const struct provider *provider_of(struct loader *l, const char *path)
{
    const char *folder = folder_of_claims(l->arena, path);
    for (size_t i = 0; folder && i < l->providers.count; i++)
        if (path_same(l->providers.items[i].folder, folder))
            return &l->providers.items[i];
    if (!folder)
        return NULL;
    struct provider *p = arena_push(l->arena, &l->providers, struct provider);
    *p = (struct provider){folder, catalogue_with_targets(l, folder)};
    if (p->catalogue && p->catalogue->targets)
        each_target_file(l, folder, check_file, p);
    return p;
}

static void copy_keys(const struct scenario_yaml *w, const char *path, struct scenario *s)
{
    *s = (struct scenario){
        .name = w->scenario,
        .title = w->title,
        .note = w->note,
        .file = path,
        .at = w->at,
        .requires = w->needs.items,
        .require_count = w->needs.count,
        .tags = w->tags.items,
        .tag_count = w->tags.count,
        .exclusive = w->exclusive.items,
        .exclusive_count = w->exclusive.count,
        .judges_limits = !w->wait_for_rate_limit,
    };
}

static bool name_check(struct reader *r, const struct scenario *s, const struct node *root)
{
    return !s->name || is_slug(str_from(s->name)) ||
           error_add(r->err, ERROR_INPUT, node_get(root, "scenario")->at,
                     "invalid scenario name '%s'; expected lowercase letters, digits and -", s->name);
}

/* Returns NULL, and errors, if `root`, the content of a scenario file, is invalid. A generated scenario is not in a
 * file of its own: its name may have any characters. */
static const struct scenario *scenario_read(struct loader *l, const char *path, const struct node *root, bool generated)
{
    struct reader r = {.arena = l->arena, .err = l->err, .flow_cache = &l->flow_cache, .file = path};
    struct scenario_yaml w = {.wait_for_rate_limit = true};
    struct input *vars;
    struct scenario *s = arena_new(l->arena, struct scenario);
    const struct provider *provider = provider_of(l, path);
    r.catalogue = provider ? provider->catalogue : NULL;
    bool ok = fields_read(&scenario_fields, root, l->arena, &w, l->err);
    copy_keys(&w, path, s);
    s->catalogue = r.catalogue;
    if (!w.steps)
        return NULL;
    ok &= generated || name_check(&r, s, root);
    ok &= inputs_read(&r, w.vars, "'vars' must be a map: NAME: VALUE", &vars, &s->var_count);
    s->vars = vars;
    ok &= steps_read(&r, w.steps, &s->steps, &s->step_count);
    if (!provider)
        ok = error_add(l->err, ERROR_INPUT, w.at, "no claims.yaml in this folder or above");
    const struct target_schema *names = ok ? names_of(l, provider, path) : NULL;
    ok &= scenario_validate(l->arena, s, root, r.catalogue, l->err);
    ok &= !names || names_check(l, names, s, root);
    return ok && validate_requirements(s, root, l->err) ? s : NULL;
}

static void add_scenario(struct loader *l, const struct scenario *s)
{
    for (size_t i = 0; i < l->scenarios.count; i++) {
        const struct scenario *other = l->scenarios.items[i];
        if (strcmp(other->name, s->name) == 0 && other->catalogue == s->catalogue) /* a run is of one provider */
            error_add(l->err, ERROR_INPUT, s->at, "duplicate scenario name '%s'; it is also in %s", s->name,
                      other->file);
    }
    *arena_push(l->arena, &l->scenarios, const struct scenario *) = s;
}

/* --- the isolation table -------------------------------------------------------------------- */

struct expanding {
    struct loader *loader;
    const char *path;
};

static void on_cell(void *ctx, const struct node *root)
{
    const struct expanding *e = ctx;
    const struct scenario *s = scenario_read(e->loader, e->path, root, true);
    if (s)
        add_scenario(e->loader, s);
}

static void load_isolation(struct loader *l, const char *path)
{
    struct expanding e = {l, path};
    const struct provider *provider = provider_of(l, path);
    struct isolation table;
    if (!provider)
        error_add(l->err, ERROR_INPUT, (struct where){.file = path}, "no claims.yaml in this folder or above");
    else if (provider->catalogue && isolation_expand(l->arena, path, provider->catalogue, on_cell, &e, &table, l->err))
        *arena_push(l->arena, &l->isolations, struct isolation) = table;
}

static void load_file(struct loader *l, const struct file *file)
{
    struct reader flow_reader = {.arena = l->arena, .err = l->err, .flow_cache = &l->flow_cache};
    if (file->is_flow) {
        const struct provider *provider = provider_of(l, file->path);
        flow_reader.catalogue = provider ? provider->catalogue : NULL;
        const struct flow *flow = flow_load(&flow_reader, file->path);
        const struct target_schema *names = flow && provider ? names_of(l, provider, file->path) : NULL;
        if (names)
            flow_names_check(l, names, flow);
        return;
    }
    if (strcmp(path_stem(l->arena, file->path), "isolation") == 0) {
        load_isolation(l, file->path);
        return;
    }
    const struct node *root = yaml_load(l->arena, file->path, l->err);
    const struct scenario *s = root ? scenario_read(l, file->path, root, false) : NULL;
    if (s)
        add_scenario(l, s);
}

/* --- the suite ---------------------------------------------------------------------------- */

static void fill_suite(struct loader *l, struct suite *out)
{
    const struct catalogue **catalogues = arena_array(l->arena, const struct catalogue *, l->providers.count);
    for (size_t i = 0; i < l->providers.count; i++)
        catalogues[i] = l->providers.items[i].catalogue;
    *out = (struct suite){l->arena,           l->scenarios.items,  l->scenarios.count, catalogues,
                          l->providers.count, l->isolations.items, l->isolations.count};
}

bool suite_load_for(struct arena *a, const char *const *paths, size_t count, const struct given_target *given,
                    struct suite *out, struct error *err)
{
    struct loader l = {.arena = a, .err = err, .given = *given};
    size_t before = err->count;
    if (!count)
        return error_add(err, ERROR_USAGE, (struct where){0}, "no scenarios given; expected files or folders");
    for (size_t i = 0; i < count; i++)
        (void)add_path(&l, paths[i]);
    if (l.files.count)
        qsort(l.files.items, l.files.count, sizeof *l.files.items, compare_files);
    for (size_t i = 0; i < l.files.count; i++)
        if (!is_duplicate(&l.files, i))
            load_file(&l, &l.files.items[i]);
    check_given(&l);
    struct suite suite;
    fill_suite(&l, &suite);
    (void)types_check(&suite, err);
    if (err->count > before)
        return false;
    *out = suite;
    return true;
}

bool suite_load(struct arena *a, const char *const *paths, size_t count, struct suite *out, struct error *err)
{
    return suite_load_for(a, paths, count, &(struct given_target){0}, out, err);
}
