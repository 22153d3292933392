#include "conformance/prove/mutants.h"

#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/fields.h"
#include "base/yaml.h"

#define FILE_NAME     "mutants.yaml"
#define INCLUDE_DEPTH 8

const char *const entry_kind_texts[] = {ENTRY_KINDS(ENUM_TEXT)};

/* --- the keys ----------------------------------------------------------------------------- */

struct entry_yaml {
    struct where at;
    const char *mutant, *control, *legal, *mistake, *differs, *equivalent, *written;
    struct field_list breaks, undecided;
    const struct node *fixture[16];
};

/* clang-format off */
#define FIXTURE_KEY(name_, index_)                                                                                     \
    FIELD(name_, FIELD_NODE, struct entry_yaml, fixture[index_], .help = "As in a fixture.")
/* clang-format on */

static const struct field rows[] = {
    FIELD("mutant", FIELD_TEXT, struct entry_yaml, mutant, .min = 1, .max = 80, .help = "Name of a mutant."),
    FIELD("control", FIELD_TEXT, struct entry_yaml, control, .min = 1, .max = 80, .help = "Name of a control."),
    FIELD("legal", FIELD_TEXT, struct entry_yaml, legal, .min = 1, .max = 80, .help = "Name of a legal server."),
    FIELD("mistake", FIELD_TEXT, struct entry_yaml, mistake, .min = 1, .max = 400,
          .help = "The mistake of the mutant, as one sentence."),
    FIELD("differs", FIELD_TEXT, struct entry_yaml, differs, .min = 1, .max = 400,
          .help = "How the control or the legal server differs, as one sentence."),
    FIELD("breaks", FIELD_TEXTS, struct entry_yaml, breaks, .min = 1, .max = 40,
          .help = "The claims that the mutant breaks: each must fail."),
    FIELD("undecided", FIELD_TEXTS, struct entry_yaml, undecided, .max = 200,
          .help = "The claims that a legal server leaves undecided."),
    FIELD("equivalent", FIELD_TEXT, struct entry_yaml, equivalent, .min = 1, .max = 400,
          .help = "Why no documented observation can tell the mutant from the real API; it is listed, not played."),
    FIELD("written", FIELD_TEXT, struct entry_yaml, written, .min = 1, .max = 40,
          .help = "The round of mistakes that were written from the documents alone, without the scenarios."),
    FIXTURE_KEY("rules", 0),
    FIXTURE_KEY("timings", 1),
    FIXTURE_KEY("hostile", 2),
    FIXTURE_KEY("seed", 3),
    FIXTURE_KEY("clock", 4),
    FIXTURE_KEY("consent", 5),
    FIXTURE_KEY("webhooks", 6),
    FIXTURE_KEY("layers", 7),
    FIXTURE_KEY("posteverywhere", 8),
    FIXTURE_KEY("postnitro", 9),
};
static const struct fields entry_fields =
    FIELD_TABLE("entry", rows, struct entry_yaml, offsetof(struct entry_yaml, at));

struct include_yaml {
    const char *include;
};
static const struct field include_rows[] = {
    FIELD("include", FIELD_TEXT, struct include_yaml, include, .required = true, .min = 1,
          .help = "Path of another list, relative to this file."),
};
static const struct fields include_fields = FIELD_TABLE("include", include_rows, struct include_yaml, FIELDS_NO_PLACE);

/* --- one entry ---------------------------------------------------------------------------- */

struct loading {
    struct arena *arena;
    const struct catalogue *catalogue;
    struct entries *out;
    const char *open[INCLUDE_DEPTH]; /* the files that are being read */
    size_t depth;
    struct error *err;
};

static const struct claim *claim_named(struct loading *l, const char *id, struct where at)
{
    const struct catalogue *c = l->catalogue;
    const struct claim *found = catalogue_claim(c, id);
    const char **ids = arena_array(l->arena, const char *, c->claim_count);
    if (found && strcmp(found->observe, "none") != 0)
        return found;
    for (size_t i = 0; i < c->claim_count; i++)
        ids[i] = c->claims[i].id;
    const char *near = found ? NULL : str_nearest(str_from(id), ids, c->claim_count);
    if (found)
        error_add(l->err, ERROR_INPUT, at, "claim '%s' cannot be observed (%s), so no check can fail because of it", id,
                  found->why);
    else
        error_add(l->err, ERROR_INPUT, at, "unknown claim '%s'%s", id,
                  near ? arena_printf(l->arena, " (did you mean '%s'?)", near) : "");
    return NULL;
}

static bool read_claims(struct loading *l, const struct node *map, const char *key, const struct field_list *ids,
                        struct entry *e)
{
    const struct claim **claims = arena_array(l->arena, const struct claim *, ids->count);
    bool ok = true;
    for (size_t i = 0; i < ids->count; i++) {
        const char *id = ((const char *const *)ids->items)[i];
        struct where at = node_at(node_get(map, key), i)->at;
        const struct claim *c = claims[e->claim_count] = claim_named(l, id, at);
        for (size_t k = 0; c && k < e->claim_count; k++)
            if (claims[k] == c)
                ok = error_add(l->err, ERROR_INPUT, at, "claim '%s' is listed twice", id);
        ok &= c != NULL;
        e->claim_count += c != NULL;
    }
    e->claims = claims;
    return ok;
}

static bool check_key(struct loading *l, const struct node *map, const char *key, const char *only)
{
    const struct node *n = node_get(map, key);
    return !n || error_add(l->err, ERROR_INPUT, n->at, "'%s' is for a %s only", key, only);
}

static bool check_kind(struct loading *l, const struct entry_yaml *w)
{
    int given = (w->mutant != NULL) + (w->control != NULL) + (w->legal != NULL);
    return given == 1 || error_add(l->err, ERROR_INPUT, w->at,
                                   given ? "an entry is one of: mutant, control, legal; this one has several"
                                         : "missing 'mutant', 'control' or 'legal': the name of the entry");
}

/* An empty list of rules is no change. */
static bool changes_something(const struct entry *e)
{
    const struct node *rules = node_get(e->fixture, "rules");
    bool idle = rules && rules->kind == NODE_LIST && !rules->list.count;
    return node_count(e->fixture) > (idle ? 1 : 0);
}

static bool check_mutant(struct loading *l, const struct node *map, const struct entry_yaml *w, const struct entry *e)
{
    bool ok = check_key(l, map, "undecided", "legal server");
    ok &= check_key(l, map, "differs", "control or legal server");
    if (!w->mistake)
        ok = error_add(l->err, ERROR_INPUT, w->at, "missing 'mistake': one sentence");
    if (!node_get(map, "breaks"))
        ok = error_add(l->err, ERROR_INPUT, w->at, "missing 'breaks': the claims that must fail");
    if (w->equivalent && node_count(e->fixture))
        ok = error_add(l->err, ERROR_INPUT, w->at, "'equivalent' excludes '%s': an equivalent mutant is not played",
                       e->fixture->map.members[0].key);
    if (!w->equivalent && !changes_something(e))
        ok = error_add(l->err, ERROR_INPUT, w->at,
                       "the mutant changes nothing: give 'rules', another key of a fixture, or 'equivalent'");
    return ok;
}

static bool check_other(struct loading *l, const struct node *map, const struct entry_yaml *w, const struct entry *e)
{
    static const char *const of_mutants[] = {"mistake", "breaks", "equivalent", "written"};
    bool ok = true;
    for (size_t i = 0; i < COUNT(of_mutants); i++)
        ok &= check_key(l, map, of_mutants[i], "mutant");
    if (e->kind == ENTRY_CONTROL)
        ok &= check_key(l, map, "undecided", "legal server");
    if (!w->differs)
        ok = error_add(l->err, ERROR_INPUT, w->at, "missing 'differs': one sentence");
    if (!changes_something(e))
        ok = error_add(l->err, ERROR_INPUT, w->at,
                       "the server does not differ: give 'rules' or another key of a fixture");
    return ok;
}

/* The keys of the entry that a fixture has. */
static const struct node *fixture_part(struct loading *l, const struct node *map)
{
    const struct node *out = node_new_map(l->arena, NULL, 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct node *value = node_get(map, rows[i].key);
        if (value && rows[i].type == FIELD_NODE)
            out = node_with(l->arena, out, rows[i].key, value);
    }
    return out;
}

static const char *name_in(const struct entry_yaml *w, enum entry_kind *kind)
{
    *kind = w->mutant ? ENTRY_MUTANT : w->control ? ENTRY_CONTROL : ENTRY_LEGAL;
    return w->mutant ? w->mutant : w->control ? w->control : w->legal;
}

static bool check_name(struct loading *l, const struct entry *e)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-/";
    bool ok = true;
    size_t own = strcspn(e->name, "/");
    if (!own || strspn(e->name, allowed) < own)
        ok = error_add(l->err, ERROR_INPUT, e->at, "invalid name '%s'; expected lowercase letters, digits and -",
                       e->name);
    for (size_t i = 0; i < l->out->count; i++)
        if (strcmp(l->out->items[i].name, e->name) == 0)
            ok = error_add(l->err, ERROR_INPUT, e->at, "duplicate name '%s'; it is also in %s:%d", e->name,
                           l->out->items[i].at.file, l->out->items[i].at.line);
    return ok;
}

static void read_entry(struct loading *l, const struct node *map, const char *label)
{
    struct entry_yaml w = {0};
    struct entry e = {0};
    bool ok = fields_read(&entry_fields, map, l->arena, &w, l->err);
    if (map->kind != NODE_MAP || !check_kind(l, &w))
        return;
    e.name = name_in(&w, &e.kind);
    e.at = node_get(map, entry_kind_texts[e.kind])->at;
    e.says = w.mistake ? w.mistake : w.differs;
    e.equivalent = w.equivalent;
    e.written = w.written;
    e.fixture = fixture_part(l, map);
    if (label)
        e.name = arena_printf(l->arena, "%s/%s", e.name, label);
    ok &= check_name(l, &e);
    ok &= e.kind == ENTRY_MUTANT ? check_mutant(l, map, &w, &e) : check_other(l, map, &w, &e);
    ok &= e.kind == ENTRY_MUTANT ? read_claims(l, map, "breaks", &w.breaks, &e)
                                 : read_claims(l, map, "undecided", &w.undecided, &e);
    if (ok)
        *arena_push(l->arena, l->out, struct entry) = e;
}

/* --- files -------------------------------------------------------------------------------- */

static void read_file(struct loading *l, const char *path);

static const char *beside(struct arena *a, const char *file, const char *path)
{
    const char *slash = strrchr(file, '/');
    return *path == '/' || !slash ? path : arena_printf(a, "%.*s%s", (int)(slash - file + 1), file, path);
}

static void read_include(struct loading *l, const char *file, const struct node *item)
{
    struct include_yaml w = {0};
    if (!fields_read(&include_fields, item, l->arena, &w, l->err))
        return;
    const char *path = beside(l->arena, file, w.include);
    struct where at = node_get(item, "include")->at;
    for (size_t i = 0; i < l->depth; i++)
        if (strcmp(l->open[i], path) == 0) {
            error_add(l->err, ERROR_INPUT, at, "'%s' includes itself", path);
            return;
        }
    if (l->depth == INCLUDE_DEPTH)
        error_add(l->err, ERROR_INPUT, at, "more than %d files include each other", INCLUDE_DEPTH);
    else if (access(path, R_OK) != 0)
        error_add(l->err, ERROR_INPUT, at, "no such file: '%s'", path);
    else
        read_file(l, path);
}

static void read_item(struct loading *l, const struct node *map)
{
    const char *const *labels;
    size_t count;
    const struct node *const *copies = cases_expand(l->arena, map, &labels, &count, l->err);
    for (size_t i = 0; copies && i < count; i++)
        read_entry(l, copies[i], labels ? labels[i] : NULL);
}

static void read_file(struct loading *l, const char *path)
{
    const struct node *root = yaml_load(l->arena, path, l->err);
    if (root && root->kind != NODE_LIST)
        error_add(l->err, ERROR_INPUT, root->at, "the file must be a list of mutants, controls and legal servers");
    if (!root || root->kind != NODE_LIST)
        return;
    l->open[l->depth++] = path;
    for (size_t i = 0; i < root->list.count; i++) {
        const struct node *item = root->list.items[i];
        if (node_get(item, "include"))
            read_include(l, path, item);
        else
            read_item(l, item);
    }
    l->depth--;
}

bool entries_load(struct arena *a, const struct catalogue *c, struct entries *out, struct error *err)
{
    size_t before = err->count;
    const char *path = arena_printf(a, "%s/" FILE_NAME, c->folder);
    struct loading l = {.arena = a, .catalogue = c, .out = out, .err = err};
    *out = (struct entries){0};
    if (access(path, F_OK) == 0)
        read_file(&l, path);
    return err->count == before;
}

size_t entries_breaking(const struct entries *all, const struct claim *c)
{
    size_t count = 0;
    for (size_t i = 0; i < all->count; i++)
        for (size_t k = 0; all->items[i].kind == ENTRY_MUTANT && k < all->items[i].claim_count; k++)
            count += all->items[i].claims[k] == c;
    return count;
}
