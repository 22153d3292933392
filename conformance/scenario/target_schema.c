#include "conformance/scenario/target_schema.h"

#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/match.h"
#include "base/yaml.h"
#include "conformance/scenario/reader.h"
#include "conformance/scenario/references.h"

/* A target has these without declaring them: see target_has_capability. */
static const char *const builtin_capabilities[] = {"consent", "admin",   "clock",   "inspect",
                                                   "advance", "webhook", "simulate"};

/* The simulations of the mock, as GET /__admin/capabilities lists them; end_to_end.sh compares them. */
static const char *const simulations[] = {
    "consent", "token_lost",  "account_connected", "account_removed", "publish_outcome",
    "fail",    "side_effect", "lease_decide",      "ad_account",      "health",
    "plan",    "rate_limit",  "webhook",
};

/* The runner sets these members of $target. */
static const char *const builtin_resources[] = {"name", "base_url"};

#define SIMULATE_PREFIX "simulate."

/* --- the file ----------------------------------------------------------------------------- */

struct schema_yaml {
    const char *api;
    const struct node *capabilities, *actors, *resources;
};

static const struct field schema_rows[] = {
    FIELD("api", FIELD_TEXT, struct schema_yaml, api, .required = true, .min = 1, .max = 40,
          .help = "Name of the API in messages."),
    FIELD("capabilities", FIELD_NODE, struct schema_yaml, capabilities,
          .help = "NAME: MEANING of each capability that a scenario may require, besides the built-in ones."),
    FIELD("actors", FIELD_NODE, struct schema_yaml, actors,
          .help = "NAME: {means, check} of each actor that a step may call as."),
    FIELD("resources", FIELD_NODE, struct schema_yaml, resources,
          .help = "NAME: {means, check, as} of each resource that a scenario may use as $target.NAME."),
};
static const struct fields schema_fields =
    FIELD_TABLE("target schema", schema_rows, struct schema_yaml, FIELDS_NO_PLACE);

struct name_yaml {
    struct where at;
    const char *means, *check, *unchecked, *as, *cursor, *same_host;
    int64_t status;
    const struct node *has;
    bool https, consumed;
    const char *wrong_key, *derived_from, *secret_after;
    int64_t secret_last;
    int scheme; /* index into scheme_texts */
};

static const char *const scheme_texts[] = {"kept", "none"};

static const struct field name_rows[] = {
    FIELD("means", FIELD_TEXT, struct name_yaml, means, .required = true, .min = 1, .max = 300,
          .help = "What it is, as a phrase."),
    FIELD("check", FIELD_TEXT, struct name_yaml, check,
          .help = "The GET request that checks it before a run, with $value (a resource's value) and $target.NAME."),
    FIELD("unchecked", FIELD_TEXT, struct name_yaml, unchecked, .min = 1, .max = 300,
          .help = "Instead of check: why no request can check it."),
    FIELD("as", FIELD_TEXT, struct name_yaml, as, .help = "The actor that sends the check of a resource."),
    FIELD("status", FIELD_INT, struct name_yaml, status, .min = 100, .max = 599,
          .help = "Expected status of the check (default: any 2xx)."),
    FIELD("has", FIELD_NODE, struct name_yaml, has, .help = "Expectation of the body of the check's response."),
    FIELD("cursor", FIELD_TEXT, struct name_yaml, cursor,
          .help = "Pointer to the value that continues the list; it is sent as the query parameter `cursor`."),
    FIELD("https", FIELD_BOOL, struct name_yaml, https, .help = "The value must be an https URL."),
    FIELD("consumed", FIELD_BOOL, struct name_yaml, consumed,
          .help = "A scenario uses the resource up, so no other resource may have its value."),
    FIELD("same_host", FIELD_TEXT, struct name_yaml, same_host,
          .help = "The resource whose value must be the host of this URL."),
    FIELD("wrong_key", FIELD_TEXT, struct name_yaml, wrong_key, .min = 1, .max = 200,
          .help = "Of an actor: its key, a text of the form that another API's keys have, which must be refused."),
    FIELD("derived_from", FIELD_TEXT, struct name_yaml, derived_from, .min = 1,
          .help = "Of an actor: the actor from whose key the runner makes this one, which must be refused."),
    FIELD("scheme", FIELD_ENUM, struct name_yaml, scheme, .texts = scheme_texts, .text_count = COUNT(scheme_texts),
          .help = "none: the derived key is sent without the text before it, for example without Bearer."),
    FIELD("secret_after", FIELD_TEXT, struct name_yaml, secret_after, .min = 1, .max = 10,
          .help = "The derived key has another secret: what follows the last such text in the key."),
    FIELD("secret_last", FIELD_INT, struct name_yaml, secret_last, .min = 1, .max = 200,
          .help = "The derived key has another secret: so many characters at its end."),
};
static const struct fields name_fields =
    FIELD_TABLE("name", name_rows, struct name_yaml, offsetof(struct name_yaml, at));

static struct target_name *add_name(struct arena *a, struct target_names *to, const char *name, struct where at)
{
    struct target_name *n = arena_push(a, to, struct target_name);
    *n = (struct target_name){.name = name, .at = at};
    return n;
}

const struct target_name *target_name_find(const struct target_names *names, struct str name)
{
    for (size_t i = 0; i < names->count; i++)
        if (str_is(name, names->items[i].name))
            return &names->items[i];
    return NULL;
}

static bool expect_map(const struct node *n, const char *what, struct error *err)
{
    return n->kind == NODE_MAP || error_add(err, ERROR_INPUT, n->at, "'%s' must be a map", what);
}

static bool capabilities_read(struct arena *a, const struct node *map, struct target_names *out, struct error *err)
{
    if (!map)
        return true;
    bool ok = expect_map(map, "capabilities", err);
    const struct member *m;
    for (size_t i = 0; ok && (m = node_member(map, i)); i++) {
        add_name(a, out, m->key, m->key_at)->means = node_text(m->value);
        if (!node_text(m->value))
            ok = error_add(err, ERROR_INPUT, m->value->at, "the meaning of '%s' must be text", m->key);
    }
    return ok;
}

/* How a derived actor differs from the one that it is derived from. */
static bool derived_read(const struct name_yaml *w, struct target_name *out, struct error *err)
{
    int changes = (w->scheme != 0) + (w->secret_after != NULL) + (w->secret_last != 0);
    out->wrong_key = w->wrong_key;
    out->derived_from = w->derived_from;
    out->no_scheme = w->scheme != 0;
    out->secret_after = w->secret_after;
    out->secret_last = w->secret_last;
    if (w->derived_from && w->wrong_key)
        return error_add(err, ERROR_INPUT, w->at, "'wrong_key' cannot be combined with 'derived_from'");
    if ((w->derived_from || w->wrong_key) && w->check)
        return error_add(err, ERROR_INPUT, w->at, "the scenarios check the key of '%s'; remove 'check'", out->name);
    return changes == (w->derived_from ? 1 : 0) ||
           error_add(err, ERROR_INPUT, w->at,
                     "'derived_from' needs exactly one of 'scheme: none', 'secret_after' and 'secret_last'");
}

static bool check_read(struct arena *a, const struct name_yaml *w, struct target_name *out, struct error *err)
{
    if ((w->derived_from || w->wrong_key) && !w->unchecked) {
        out->unchecked = "it is wrong on purpose; the scenarios check that it is refused";
        return true;
    }
    if (!w->check == !w->unchecked)
        return error_add(err, ERROR_INPUT, w->at, "'%s' needs either 'check' or 'unchecked'", out->name);
    if (!w->check && (w->as || w->status || w->has || w->cursor))
        return error_add(err, ERROR_INPUT, w->at, "'as', 'status', 'has' and 'cursor' need a 'check'");
    if (w->check && strncmp(w->check, "GET /", 5) != 0)
        return error_add(err, ERROR_INPUT, w->at, "invalid check '%s'; expected GET /PATH: a check only reads",
                         w->check);
    out->path = w->check ? arena_text(a, w->check + strlen("GET ")) : NULL;
    return !w->has || match_check(w->has, err);
}

static bool names_read(struct arena *a, const struct node *map, const char *what, struct target_names *out,
                       struct error *err)
{
    if (!map)
        return true;
    bool ok = expect_map(map, what, err);
    const struct member *m;
    for (size_t i = 0; map->kind == NODE_MAP && (m = node_member(map, i)); i++) {
        struct name_yaml w = {0};
        if (!fields_read(&name_fields, m->value, a, &w, err)) {
            ok = false;
            continue;
        }
        struct target_name *n = add_name(a, out, m->key, m->key_at);
        n->means = w.means;
        n->unchecked = w.unchecked;
        n->as = w.as;
        n->status = w.status;
        n->has = w.has;
        n->cursor = w.cursor;
        n->https = w.https;
        n->consumed = w.consumed;
        n->same_host = w.same_host;
        ok &= derived_read(&w, n, err);
        ok &= check_read(a, &w, n, err);
    }
    return ok;
}

/* --- references in the file --------------------------------------------------------------- */

struct schema_check {
    struct arena *arena;
    const struct target_schema *schema;
    const struct target_name *of;
    bool is_resource, ok;
    struct error *err;
};

static bool check_schema_reference(void *ctx, struct str reference, struct where at)
{
    struct schema_check *c = ctx;
    struct str name = reference, family = str_cut(&name, '.');
    if (c->is_resource && str_is(reference, "value"))
        return true;
    if (str_is(family, "target"))
        c->ok &= check_resource_name(c->arena, c->schema, name, at, c->err);
    else
        c->ok = error_add(c->err, ERROR_INPUT, at, "unknown reference '" STR_FMT "'; a check may use %s$target.NAME",
                          STR_ARG(reference), c->is_resource ? "$value and " : "");
    return true;
}

static bool schema_validate(struct arena *a, const struct target_schema *s, const struct target_names *names,
                            struct error *err)
{
    struct schema_check c = {a, s, NULL, names == &s->resources, true, err};
    for (size_t i = 0; i < names->count; i++) {
        const struct target_name *n = &names->items[i];
        if (n->path)
            references_visit_text(n->path, n->at, check_schema_reference, &c);
        if (n->has)
            references_visit(n->has, check_schema_reference, &c);
        if (n->path && c.is_resource != (n->as != NULL))
            c.ok = error_add(err, ERROR_INPUT, n->at,
                             c.is_resource ? "missing 'as': the check of '%s' needs an actor"
                                           : "the check of actor '%s' uses its own key; remove 'as'",
                             n->name);
        else if (n->as)
            c.ok &= check_actor_name(a, s, n->as, n->at, err);
        if (n->derived_from)
            c.ok &= check_actor_name(a, s, n->derived_from, n->at, err);
        if ((n->derived_from || n->wrong_key) && c.is_resource)
            c.ok = error_add(err, ERROR_INPUT, n->at, "only an actor has 'derived_from' or 'wrong_key'");
        if (n->same_host)
            c.ok &= check_resource_name(a, s, str_from(n->same_host), n->at, err);
    }
    return c.ok;
}

const struct target_schema *target_schema_load(struct arena *a, const char *folder, struct error *err)
{
    const char *path = path_join(a, folder, "target-schema.yaml");
    struct schema_yaml w = {0};
    if (access(path, F_OK) != 0)
        return NULL;
    const struct node *root = yaml_load(a, path, err);
    if (!root || !fields_read(&schema_fields, root, a, &w, err))
        return NULL;
    struct target_schema *s = arena_new(a, struct target_schema);
    s->file = path;
    s->api = w.api;
    bool ok = capabilities_read(a, w.capabilities, &s->capabilities, err);
    ok &= names_read(a, w.actors, "actors", &s->actors, err);
    ok &= names_read(a, w.resources, "resources", &s->resources, err);
    ok = ok && schema_validate(a, s, &s->actors, err);
    ok = ok && schema_validate(a, s, &s->resources, err);
    return ok ? s : NULL;
}

/* --- names that target files declare ------------------------------------------------------ */

static void add_members(struct arena *a, struct target_names *to, const struct node *map)
{
    const struct member *m;
    for (size_t i = 0; map && map->kind == NODE_MAP && (m = node_member(map, i)); i++)
        add_name(a, to, m->key, m->key_at);
}

void target_schema_add_file(struct arena *a, struct target_schema *to, const char *path)
{
    const struct node *root = yaml_load(a, path, NULL);
    const struct node *capabilities = node_get(root, "capabilities");
    for (size_t i = 0; capabilities && capabilities->kind == NODE_LIST && i < node_count(capabilities); i++)
        if (node_text(node_at(capabilities, i)))
            add_name(a, &to->capabilities, node_text(node_at(capabilities, i)), node_at(capabilities, i)->at);
    add_members(a, &to->actors, node_get(root, "actors"));
    add_members(a, &to->resources, node_get(root, "resources"));
}

static void add_all(struct arena *a, struct target_names *to, const struct target_names *from)
{
    for (size_t i = 0; i < from->count; i++)
        *arena_push(a, to, struct target_name) = from->items[i];
}

void target_names_add(struct arena *a, struct target_schema *to, const struct target_schema *from)
{
    add_all(a, &to->capabilities, &from->capabilities);
    add_all(a, &to->actors, &from->actors);
    add_all(a, &to->resources, &from->resources);
}

void target_schema_add_actor(struct arena *a, struct target_schema *to, const char *name)
{
    add_name(a, &to->actors, name, (struct where){0});
}

/* --- checks of names ---------------------------------------------------------------------- */

struct candidates {
    const char **items;
    size_t count, room;
};

static void add_candidates(struct arena *a, struct candidates *c, const struct target_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        *arena_push(a, c, const char *) = names->items[i].name;
}

/* Says where the names are listed, or how to declare one. */
static bool unknown_name(struct arena *a, const struct target_schema *s, const char *what, const char *key,
                         struct str name, const struct candidates *c, struct where at, struct error *err)
{
    const char *near = did_you_mean(a, name, c->items, c->count);
    if (s->file)
        return error_add(err, ERROR_INPUT, at, "unknown %s '" STR_FMT "'%s; %s lists them", what, STR_ARG(name), near,
                         s->file);
    return error_add(err, ERROR_INPUT, at,
                     "unknown %s '" STR_FMT "'%s; declare it under '%s' in a target file (--target, or targets/*.yaml "
                     "beside the scenario or above it), or in target-schema.yaml beside claims.yaml",
                     what, STR_ARG(name), near, key);
}

bool check_simulation(struct arena *a, const struct target_schema *s, const char *name, struct where at,
                      struct error *err)
{
    const char *capability = arena_printf(a, SIMULATE_PREFIX "%s", name);
    if (has_text(simulations, COUNT(simulations), name) || target_name_find(&s->capabilities, str_from(capability)))
        return true;
    return error_add(err, ERROR_INPUT, at, "unknown simulation '%s'%s; GET /__admin/capabilities of a mock lists them",
                     name, did_you_mean(a, str_from(name), simulations, COUNT(simulations)));
}

bool check_capability(struct arena *a, const struct target_schema *s, const char *name, struct where at,
                      struct error *err)
{
    struct candidates c = {0};
    if (has_text(builtin_capabilities, COUNT(builtin_capabilities), name) ||
        target_name_find(&s->capabilities, str_from(name)))
        return true;
    if (str_starts(str_from(name), STR(SIMULATE_PREFIX)))
        return check_simulation(a, s, name + strlen(SIMULATE_PREFIX), at, err);
    for (size_t i = 0; i < COUNT(builtin_capabilities); i++)
        *arena_push(a, &c, const char *) = builtin_capabilities[i];
    add_candidates(a, &c, &s->capabilities);
    return unknown_name(a, s, "capability", "capabilities", str_from(name), &c, at, err);
}

bool check_actor_name(struct arena *a, const struct target_schema *s, const char *name, struct where at,
                      struct error *err)
{
    struct candidates c = {0};
    if (target_name_find(&s->actors, str_from(name)))
        return true;
    add_candidates(a, &c, &s->actors);
    return unknown_name(a, s, "actor", "actors", str_from(name), &c, at, err);
}

/* `name` is the part of a reference after "target.": "project_a", or "list.0" for a member of a resource. */
bool check_resource_name(struct arena *a, const struct target_schema *s, struct str name, struct where at,
                         struct error *err)
{
    struct candidates c = {0};
    struct str rest = name, first = str_cut(&rest, '.');
    if (target_name_find(&s->resources, first))
        return true;
    for (size_t i = 0; i < COUNT(builtin_resources); i++)
        if (str_is(first, builtin_resources[i]))
            return true;
    add_candidates(a, &c, &s->resources);
    return unknown_name(a, s, "resource", "resources", first, &c, at, err);
}

bool check_target_file(struct arena *a, const struct target_schema *s, const char *path, struct error *err)
{
    struct target_schema declared = {0};
    bool ok = true;
    target_schema_add_file(a, &declared, path);
    for (size_t i = 0; i < declared.capabilities.count; i++)
        ok &= check_capability(a, s, declared.capabilities.items[i].name, declared.capabilities.items[i].at, err);
    for (size_t i = 0; i < declared.actors.count; i++)
        ok &= check_actor_name(a, s, declared.actors.items[i].name, declared.actors.items[i].at, err);
    for (size_t i = 0; i < declared.resources.count; i++)
        ok &=
            check_resource_name(a, s, str_from(declared.resources.items[i].name), declared.resources.items[i].at, err);
    return ok;
}
