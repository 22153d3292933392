#include "conformance/scenario/catalogue.h"

#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/fields.h"
#include "base/yaml.h"
#include "conformance/scenario/operations.h"

static const char *const observe_texts[] = {"api", "simulated", "none"};

struct claim_yaml {
    struct where at;
    const char *id, *says, *source, *why;
    int level, observe;
};

static const struct field claim_rows[] = {
    FIELD("claim", FIELD_TEXT, struct claim_yaml, id, .required = true, .min = 1, .max = 40,
          .help = "Id of the claim. An id is never reused."),
    FIELD("says", FIELD_TEXT, struct claim_yaml, says, .required = true, .min = 1, .max = 400,
          .help = "The claim as one sentence."),
    FIELD("source", FIELD_TEXT, struct claim_yaml, source, .required = true, .min = 1, .max = 200,
          .help = "DOCUMENT#NAME: the document and its heading or part."),
    FIELD("level", FIELD_ENUM, struct claim_yaml, level, .required = true, .texts = level_texts,
          .text_count = LEVEL_COUNT,
          .help = "must: a sentence or table states it; should: only a sample shows it, or it is implied; "
                  "may: informative."),
    FIELD("observe", FIELD_ENUM, struct claim_yaml, observe, .required = true, .texts = observe_texts,
          .text_count = COUNT(observe_texts),
          .help = "api: API calls show it; simulated: needs a simulated provider-side event; "
                  "none: it cannot be observed (see why)."),
    FIELD("why", FIELD_TEXT, struct claim_yaml, why, .help = "Why it cannot be observed; required with observe: none."),
};
static const struct fields claim_fields =
    FIELD_TABLE("claim", claim_rows, struct claim_yaml, offsetof(struct claim_yaml, at));

struct dispute_yaml {
    struct where at;
    const char *id, *about;
    struct field_list sources;
    const struct node *readings;
};

static const struct field dispute_rows[] = {
    FIELD("dispute", FIELD_TEXT, struct dispute_yaml, id, .required = true, .min = 1, .max = 40,
          .help = "Id of the dispute."),
    FIELD("about", FIELD_TEXT, struct dispute_yaml, about, .required = true, .min = 1, .max = 400,
          .help = "What the documents disagree about."),
    FIELD("sources", FIELD_TEXTS, struct dispute_yaml, sources, .required = true, .min = 1, .max = 20,
          .help = "Sections of the documentation that disagree."),
    FIELD("readings", FIELD_NODE, struct dispute_yaml, readings, .required = true,
          .help = "NAME: MEANING of each possible answer."),
};
static const struct fields dispute_fields =
    FIELD_TABLE("dispute", dispute_rows, struct dispute_yaml, offsetof(struct dispute_yaml, at));

/* --- rows --------------------------------------------------------------------------------- */

static bool claim_read(struct arena *a, const struct documents *documents, const struct node *map, struct claim *out,
                       struct error *err)
{
    struct claim_yaml w = {0};
    if (!fields_read(&claim_fields, map, a, &w, err))
        return false;
    *out = (struct claim){.id = w.id,
                          .says = w.says,
                          .source = w.source,
                          .observe = observe_texts[w.observe],
                          .why = w.why,
                          .level = (enum level)w.level,
                          .at = node_get(map, "claim")->at};
    bool hidden = strcmp(out->observe, "none") == 0;
    bool ok = documents_cite(a, documents, node_get(map, "source"), &out->origin, err);
    if (hidden && !w.why)
        return error_add(err, ERROR_INPUT, node_get(map, "observe")->at,
                         "missing 'why'; '%s' has 'observe: none', which needs a reason", w.id);
    if (!hidden && w.why)
        return error_add(err, ERROR_INPUT, node_get(map, "why")->at,
                         "'why' is only allowed with 'observe: none'; '%s' has 'observe: %s'", w.id, out->observe);
    return ok;
}

static bool readings_read(struct arena *a, const struct node *map, struct dispute *out, struct error *err)
{
    size_t count = node_count(map);
    if (map->kind != NODE_MAP || count < 2)
        return error_add(err, ERROR_INPUT, map->at, "'readings' must be a map of at least two: NAME: MEANING");
    bool ok = true;
    const char **names = arena_array(a, const char *, count);
    const char **meanings = arena_array(a, const char *, count);
    for (size_t i = 0; i < count; i++) {
        names[i] = map->map.members[i].key;
        meanings[i] = node_text(map->map.members[i].value);
        if (!meanings[i])
            ok = error_add(err, ERROR_INPUT, map->map.members[i].value->at, "the meaning of '%s' must be text",
                           names[i]);
    }
    out->readings = names;
    out->meanings = meanings;
    out->reading_count = count;
    return ok;
}

static bool sources_know(struct arena *a, const struct documents *documents, const struct node *sources,
                         struct error *err)
{
    bool ok = true;
    for (size_t i = 0; i < node_count(sources); i++)
        ok &= documents_know(a, documents, sources->list.items[i], err);
    return ok;
}

static bool dispute_read(struct arena *a, const struct documents *documents, const struct node *map,
                         struct dispute *out, struct error *err)
{
    struct dispute_yaml w = {0};
    if (!fields_read(&dispute_fields, map, a, &w, err))
        return false;
    out->id = w.id;
    out->about = w.about;
    out->sources = w.sources.items;
    out->source_count = w.sources.count;
    out->at = node_get(map, "dispute")->at;
    bool ok = sources_know(a, documents, node_get(map, "sources"), err);
    return readings_read(a, w.readings, out, err) && ok;
}

/* --- ids ---------------------------------------------------------------------------------- */

struct id {
    const char *id;
    struct where at;
};

static bool check_ids(const struct id *ids, size_t count, struct error *err)
{
    bool ok = true;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            if (ids[i].id && ids[k].id && strcmp(ids[i].id, ids[k].id) == 0)
                ok = error_add(err, ERROR_INPUT, ids[i].at, "duplicate id '%s'; it is also in line %d", ids[i].id,
                               ids[k].at.line);
    return ok;
}

/* --- files -------------------------------------------------------------------------------- */

static const struct node *list_load(struct arena *a, const char *folder, const char *name, struct error *err)
{
    const struct node *root = yaml_load(a, arena_printf(a, "%s/%s", folder, name), err);
    if (root && root->kind != NODE_LIST) {
        error_add(err, ERROR_INPUT, root->at, "%s must be a list", name);
        return NULL;
    }
    return root;
}

static bool claims_load(struct arena *a, struct catalogue *c, const struct node *list, struct error *err)
{
    bool ok = documents_read(a, list, &c->documents, err);
    if (!ok) /* every source would be an error */
        return false;
    size_t count = 0;
    struct claim *claims = arena_array(a, struct claim, node_count(list));
    struct id *ids = arena_array(a, struct id, node_count(list));
    for (size_t i = 0; i < node_count(list); i++) {
        if (document_is(list->list.items[i]))
            continue;
        ok &= claim_read(a, &c->documents, list->list.items[i], &claims[count], err);
        ids[count] = (struct id){claims[count].id, claims[count].at};
        count++;
    }
    c->claims = claims;
    c->claim_count = count;
    return check_ids(ids, count, err) && ok;
}

static bool disputes_load(struct arena *a, struct catalogue *c, const struct node *list, struct error *err)
{
    bool ok = true;
    size_t count = node_count(list);
    struct dispute *disputes = arena_array(a, struct dispute, count);
    struct id *ids = arena_array(a, struct id, count);
    for (size_t i = 0; i < count; i++) {
        ok &= dispute_read(a, &c->documents, list->list.items[i], &disputes[i], err);
        ids[i] = (struct id){disputes[i].id, disputes[i].at};
    }
    c->disputes = disputes;
    c->dispute_count = count;
    return check_ids(ids, count, err) && ok;
}

static bool has_file(const char *path)
{
    return access(path, F_OK) == 0;
}

/* disputes.yaml is optional: a provider's documents may agree. operations.yaml is optional: without it the names
 * in scenarios are not checked. */
const struct catalogue *catalogue_load(struct arena *a, const char *folder, struct error *err)
{
    struct catalogue *c = arena_new(a, struct catalogue);
    c->folder = folder;
    const struct node *claims = list_load(a, folder, "claims.yaml", err);
    bool ok = claims && claims_load(a, c, claims, err);
    if (has_file(arena_printf(a, "%s/disputes.yaml", folder))) {
        const struct node *disputes = list_load(a, folder, "disputes.yaml", err);
        ok &= disputes && disputes_load(a, c, disputes, err);
    }
    const char *operations = arena_printf(a, "%s/operations.yaml", folder);
    if (has_file(operations))
        ok &= (c->operations = operations_load(a, operations, err)) != NULL;
    return ok ? c : NULL;
}

const struct claim *catalogue_claim(const struct catalogue *c, const char *id)
{
    for (size_t i = 0; i < c->claim_count; i++)
        if (strcmp(c->claims[i].id, id) == 0)
            return &c->claims[i];
    return NULL;
}

const struct dispute *catalogue_dispute(const struct catalogue *c, const char *id)
{
    for (size_t i = 0; i < c->dispute_count; i++)
        if (strcmp(c->disputes[i].id, id) == 0)
            return &c->disputes[i];
    return NULL;
}
