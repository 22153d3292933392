#include <string.h>

#include "base/yaml.h"
#include "conformance/scenario/reader.h"
#include "conformance/scenario/validate.h"

#define FLOWS_DEEP_MAX 12 /* levels of nested flows */

struct flow_cache_entry {
    const char *path;
    const struct flow *flow; /* NULL: invalid */
};

struct input_yaml {
    const char *type;
    const struct node *value;
};

static const struct field input_rows[] = {
    FIELD("type", FIELD_TEXT, struct input_yaml, type, .help = "string, integer, boolean or any (default any)."),
    FIELD("default", FIELD_NODE, struct input_yaml, value, .required = true, .help = "Value if the step gives none."),
};
static const struct fields input_fields = FIELD_TABLE("input", input_rows, struct input_yaml, FIELDS_NO_PLACE);

/* --- inputs and outputs ------------------------------------------------------------------- */

bool inputs_read(struct reader *r, const struct node *map, const char *what, struct input **inputs, size_t *count)
{
    *inputs = NULL;
    *count = 0;
    if (!map)
        return true;
    if (!is_map(r, map, what))
        return false;
    bool ok = true;
    struct input *items = arena_array(r->arena, struct input, map->map.count);
    for (size_t i = 0; i < map->map.count; i++) {
        const struct member *m = &map->map.members[i];
        items[i] = (struct input){.name = m->key, .value = m->value, .at = m->key_at};
        if (!is_name(str_from(m->key)))
            ok = error_add(r->err, ERROR_INPUT, m->key_at,
                           "invalid name '%s'; expected a letter, then letters, digits and _", m->key);
    }
    *inputs = items;
    *count = map->map.count;
    return ok;
}

static bool type_fits(const char *type, const struct node *value)
{
    const char *text = node_text(value);
    return !type || strcmp(type, "any") == 0 || (text && text[0] == '$') ||
           strcmp(type, node_kind_name(value->kind)) == 0;
}

static bool type_check(struct reader *r, const struct input *in, const struct node *value)
{
    return type_fits(in->type, value) || error_add(r->err, ERROR_INPUT, value->at, "input '%s' is %s, not %s", in->name,
                                                   node_kind_name(value->kind), in->type);
}

static bool type_read(struct reader *r, struct input *in, const char *type, struct where at)
{
    for (size_t i = 0; i < input_type_count; i++)
        if (strcmp(type, input_types[i]) == 0) {
            in->type = input_types[i];
            return true;
        }
    return error_add(r->err, ERROR_INPUT, at, "unknown type '%s'; expected string, integer, boolean or any%s", type,
                     did_you_mean(r->arena, str_from(type), input_types, input_type_count));
}

static bool input_read(struct reader *r, struct input *in)
{
    struct input_yaml w = {0};
    const struct node *n = in->value;
    in->value = NULL;
    if (node_text(n))
        return type_read(r, in, node_text(n), n->at);
    if (!fields_read(&input_fields, n, r->arena, &w, r->err))
        return false;
    in->value = w.value;
    return (!w.type || type_read(r, in, w.type, node_get(n, "type")->at)) && type_check(r, in, w.value);
}

static bool flow_inputs_read(struct reader *r, const struct node *map, struct flow *flow)
{
    struct input *inputs;
    bool ok = inputs_read(r, map, "'inputs' must be a map: NAME: TYPE", &inputs, &flow->input_count);
    for (size_t i = 0; inputs && i < flow->input_count; i++)
        ok &= input_read(r, &inputs[i]);
    flow->inputs = inputs;
    return ok;
}

static bool flow_outputs_read(struct reader *r, const struct node *map, struct flow *flow)
{
    struct input *outputs;
    bool ok = inputs_read(r, map, "'outputs' must be a map: NAME: REFERENCE", &outputs, &flow->output_count);
    flow->outputs = outputs;
    return ok;
}

static const struct input *find_input(const struct flow *flow, const char *name)
{
    for (size_t i = 0; i < flow->input_count; i++)
        if (strcmp(flow->inputs[i].name, name) == 0)
            return &flow->inputs[i];
    return NULL;
}

static bool with_value_check(struct reader *r, const struct flow *flow, const struct member *m)
{
    const struct input *in = find_input(flow, m->key);
    if (in)
        return type_check(r, in, m->value);
    const char **names = arena_array(r->arena, const char *, flow->input_count);
    for (size_t i = 0; i < flow->input_count; i++)
        names[i] = flow->inputs[i].name;
    return error_add(r->err, ERROR_INPUT, m->key_at, "flow '%s' has no input '%s'%s", flow->name, m->key,
                     did_you_mean(r->arena, str_from(m->key), names, flow->input_count));
}

bool with_check(struct reader *r, const struct node *with, const struct step *s)
{
    const struct flow *flow = s->flow;
    bool ok = !with || is_map(r, with, "'with' must be a map: INPUT: VALUE");
    for (size_t i = 0; ok && with && i < node_count(with); i++)
        ok &= with_value_check(r, flow, &with->map.members[i]);
    for (size_t i = 0; i < flow->input_count; i++)
        if (!flow->inputs[i].value && !node_get(with, flow->inputs[i].name))
            ok = error_add(r->err, ERROR_INPUT, key_place(s->source, "use"), "flow '%s' needs the input '%s'",
                           flow->name, flow->inputs[i].name);
    return ok;
}

/* --- a flow file -------------------------------------------------------------------------- */

static bool name_check(struct reader *r, const char *path, const char *name, const struct node *root)
{
    const char *stem = path_stem(r->arena, path);
    return strcmp(stem, name) == 0 ||
           error_add(r->err, ERROR_INPUT, node_get(root, "flow")->at,
                     "flow '%s' is in %s.yaml; a flow must have the name of its file", name, stem);
}

static const struct flow *file_read(struct reader *r, const char *path)
{
    struct flow_yaml w = {0};
    size_t before = r->err->count;
    const struct node *root = yaml_load(r->arena, path, r->err);
    if (!root || !fields_read(&flow_fields, root, r->arena, &w, r->err))
        return NULL;
    struct flow *flow = arena_new(r->arena, struct flow);
    flow->name = r->flow = w.flow;
    flow->file = path;
    flow->at = w.at;
    bool ok = name_check(r, path, w.flow, root);
    ok &= flow_inputs_read(r, w.inputs, flow);
    ok &= flow_outputs_read(r, w.outputs, flow);
    ok &= steps_read(r, w.steps, &flow->steps, &flow->step_count);
    ok &= flow_validate(r->arena, flow, root, r->catalogue, r->err);
    return ok && r->err->count == before ? flow : NULL;
}

static struct flow_cache_entry *find_entry(struct reader *r, const char *path)
{
    for (size_t i = 0; i < r->flow_cache->count; i++)
        if (path_same(r->flow_cache->items[i]->path, path))
            return r->flow_cache->items[i];
    return NULL;
}

const struct flow *flow_load(struct reader *user, const char *path)
{
    struct flow_cache_entry *e = find_entry(user, path);
    if (e)
        return e->flow;
    struct reader r = {user->arena, user->err,      user->flow_cache, path, path_stem(user->arena, path),
                       user,        user->catalogue};
    e = arena_new(user->arena, struct flow_cache_entry);
    e->path = path;
    *arena_push(user->arena, user->flow_cache, struct flow_cache_entry *) = e;
    e->flow = file_read(&r, path);
    return e->flow;
}

/* --- lookup ------------------------------------------------------------------------------- */

struct names {
    const char **items;
    size_t count, room;
};

static void add_stems(struct arena *a, const char *folder, struct names *out)
{
    size_t count;
    const char *const *names = folder_names(a, folder, &count);
    for (size_t i = 0; i < count; i++)
        if (path_is_yaml(names[i]))
            *arena_push(a, out, const char *) = path_stem(a, names[i]);
}

/* Returns the nearest flows/NAME.yaml, or NULL. Stops at the folder that has a claims.yaml. */
static const char *file_find(struct reader *r, const char *name, struct names *seen)
{
    const char *folder = path_parent(r->arena, r->file);
    for (int i = 0; folder && i < FOLDERS_ABOVE_MAX; i++) {
        const char *flows = path_join(r->arena, folder, "flows");
        const char *path = path_join(r->arena, flows, arena_printf(r->arena, "%s.yaml", name));
        if (path_is_file(path))
            return path;
        add_stems(r->arena, flows, seen);
        if (path_is_file(path_join(r->arena, folder, "claims.yaml")))
            return NULL;
        folder = path_parent(r->arena, folder);
    }
    return NULL;
}

static bool is_recursive(const struct reader *r, const char *path)
{
    for (; r && r->flow; r = r->up)
        if (path_same(r->file, path))
            return true;
    return false;
}

static size_t depth_of(const struct reader *r)
{
    size_t depth = 0;
    for (; r && r->flow; r = r->up)
        depth++;
    return depth;
}

static size_t flow_depth(const struct flow *f)
{
    size_t deepest = 0;
    for (size_t i = 0; i < f->step_count; i++) {
        size_t depth = f->steps[i].flow ? flow_depth(f->steps[i].flow) : 0;
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

static bool depth_check(struct reader *r, size_t depth, struct where at)
{
    return depth <= FLOWS_DEEP_MAX ||
           error_add(r->err, ERROR_INPUT, at, "flows are nested more than %d deep", FLOWS_DEEP_MAX);
}

const struct flow *flow_find(struct reader *r, const char *name, struct where at)
{
    struct names seen = {0};
    const char *path = is_slug(str_from(name)) ? file_find(r, name, &seen) : NULL;
    if (!path)
        error_add(r->err, ERROR_INPUT, at, "unknown flow '%s'%s", name,
                  did_you_mean(r->arena, str_from(name), seen.items, seen.count));
    else if (is_recursive(r, path))
        error_add(r->err, ERROR_INPUT, at, "flow '%s' uses itself", name);
    if (!path || is_recursive(r, path) || !depth_check(r, depth_of(r) + 1, at))
        return NULL;
    const struct flow *flow = flow_load(r, path);
    return flow && depth_check(r, depth_of(r) + flow_depth(flow), at) ? flow : NULL;
}
