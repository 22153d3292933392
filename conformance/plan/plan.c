#include "conformance/plan/plan.h"

#include <fnmatch.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "conformance/scenario/target_schema.h"

/* --- required capabilities ---------------------------------------------------------------- */

struct needs {
    const char **items;
    size_t count, room;
};

static void add_capability(struct arena *a, struct needs *n, const char *capability)
{
    if (!has_text(n->items, n->count, capability))
        *arena_push(a, n, const char *) = capability;
}

static const char *const step_capabilities[STEP_KIND_COUNT] = {
    /* `simulate` has one for each simulation */
    [STEP_CONSENT] = "consent",
    [STEP_ADVANCE] = "clock",
    [STEP_INSPECT] = "inspect",
    [STEP_WEBHOOK] = "webhook",
};

static void add_step_capabilities(struct arena *a, struct needs *n, const struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct step *step = &steps[i];
        if (step->flow)
            add_step_capabilities(a, n, step->flow->steps, step->flow->step_count);
        if (step->simulate)
            add_capability(a, n, arena_printf(a, "simulate.%s", step->simulate));
        if (step_capabilities[step->kind])
            add_capability(a, n, step_capabilities[step->kind]);
    }
}

const char *const *scenario_needs(struct arena *a, const struct scenario *s, size_t *count)
{
    struct needs n = {0};
    for (size_t i = 0; i < s->require_count; i++)
        add_capability(a, &n, s->requires[i]);
    add_step_capabilities(a, &n, s->steps, s->step_count);
    *count = n.count;
    return n.items;
}

/* --- selection ---------------------------------------------------------------------------- */

static bool cites(const struct scenario *s, const char *glob)
{
    for (size_t i = 0; i < s->step_count; i++) {
        const struct step *step = &s->steps[i];
        if (step->dispute && fnmatch(glob, step->dispute, 0) == 0)
            return true;
        for (size_t k = 0; k < step->citation_count; k++)
            if (fnmatch(glob, step->citations[k].claim, 0) == 0)
                return true;
    }
    return false;
}

static bool cites_any(const struct scenario *s, const struct selection *selection)
{
    for (size_t i = 0; i < selection->claim_count; i++)
        if (cites(s, selection->claims[i]))
            return true;
    return !selection->claim_count;
}

static bool is_claim_glob(const char *text)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_*?[]!";
    return *text && !text[strspn(text, allowed)];
}

static bool check_selection(const struct selection *s, struct error *err)
{
    bool ok = true;
    for (size_t i = 0; i < s->claim_count; i++)
        if (!is_claim_glob(s->claims[i]))
            ok = error_add(err, ERROR_USAGE, (struct where){.file = "--claim"},
                           "invalid claim pattern '%s'; expected an id or a glob, for example LA-18*", s->claims[i]);
    if (s->shards && (s->shard < 1 || s->shard > s->shards))
        ok = error_add(err, ERROR_USAGE, (struct where){.file = "--shard"},
                       "invalid shard '%d/%d'; expected I/N with I from 1 to N", s->shard, s->shards);
    return ok;
}

/* --- names that the suite does not have --------------------------------------------------- */

static bool any_cites(const struct suite *suite, const char *glob)
{
    for (size_t i = 0; i < suite->scenario_count; i++)
        if (cites(suite->scenarios[i], glob))
            return true;
    return false;
}

/* The ids of all claims and disputes. */
static const char *const *all_ids(const struct suite *suite, size_t *count)
{
    size_t room = 0;
    for (size_t i = 0; i < suite->catalogue_count; i++)
        room += suite->catalogues[i]->claim_count + suite->catalogues[i]->dispute_count;
    const char **ids = arena_array(suite->arena, const char *, room);
    *count = 0;
    for (size_t i = 0; i < suite->catalogue_count; i++) {
        const struct catalogue *c = suite->catalogues[i];
        for (size_t k = 0; k < c->claim_count; k++)
            ids[(*count)++] = c->claims[k].id;
        for (size_t k = 0; k < c->dispute_count; k++)
            ids[(*count)++] = c->disputes[k].id;
    }
    return ids;
}

static bool matches_any(const char *glob, const char *const *ids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (fnmatch(glob, ids[i], 0) == 0)
            return true;
    return false;
}

static bool check_claims(const struct suite *suite, const struct selection *s, struct error *err)
{
    bool ok = true;
    size_t count;
    const char *const *ids = all_ids(suite, &count);
    for (size_t i = 0; i < s->claim_count; i++) {
        const char *glob = s->claims[i], *near = str_nearest(str_from(glob), ids, count);
        if (!matches_any(glob, ids, count))
            ok = error_add(err, ERROR_USAGE, (struct where){.file = "--claim"}, "no claim matches '%s'%s", glob,
                           near ? arena_printf(suite->arena, " (did you mean '%s'?)", near) : "");
        else if (!any_cites(suite, glob))
            log_line(LOG_WARN, "--claim: no scenario cites a claim that matches '%s'", glob);
    }
    return ok;
}

static const char *missing_capability(struct arena *a, const struct scenario *s, capability_fn *can, const void *ctx)
{
    size_t count;
    const char *const *needs = scenario_needs(a, s, &count);
    for (size_t i = 0; i < count; i++)
        if (!can(ctx, needs[i]))
            return needs[i];
    return NULL;
}

struct matches { /* how many scenarios match each option, and all options but --shard */
    size_t tags, claims, names, all;
    size_t unnamed; /* all options but --shard and --failed */
};

static bool is_selected(const struct scenario *s, const struct tags *tags, const struct selection *selection,
                        struct matches *m)
{
    bool tagged = !tags || tags_hold(tags, s->tags, s->tag_count);
    bool citing = cites_any(s, selection);
    bool named = !selection->name_count || has_text(selection->names, selection->name_count, s->name);
    m->tags += tagged;
    m->claims += citing;
    m->names += named;
    m->all += tagged && citing && named;
    m->unnamed += tagged && citing;
    return tagged && citing && named;
}

static const char *join_claims(struct arena *a, const struct selection *s)
{
    struct buf out = {.arena = a};
    for (size_t i = 0; i < s->claim_count; i++)
        buf_printf(&out, "%s%s", i ? "," : "", s->claims[i]);
    return buf_c(&out);
}

/* Returns the options that match no scenario, or, if each one matches some, all given options. */
static const char *excluding_options(struct arena *a, const struct selection *s, const struct matches *m)
{
    struct buf out = {.arena = a};
    bool together = m->tags && m->claims && m->names;
    if (m->all)
        return arena_printf(a, "--shard %d/%d", s->shard, s->shards);
    if (s->tags && (together || !m->tags))
        buf_printf(&out, "--tag '%s'", s->tags);
    if (s->claim_count && (together || !m->claims))
        buf_printf(&out, "%s--claim '%s'", out.n ? " and " : "", join_claims(a, s));
    if (s->name_count && (together || !m->names))
        buf_printf(&out, "%s--failed '%s'", out.n ? " and " : "", s->failed);
    return buf_c(&out);
}

/* Returns why it is right that no scenario was selected, or NULL. */
static const char *nothing_to_do(struct arena *a, const struct selection *s, const struct matches *m)
{
    if (s->shards && m->all)
        return arena_printf(a, "nothing to do: part %d of %d has no scenario; the other parts have %zu", s->shard,
                            s->shards, m->all);
    if (s->failed_green && m->unnamed)
        return arena_printf(a, "nothing to do: nothing failed in the run of %s", s->failed);
    return NULL;
}

bool plan_make(struct arena *a, const struct suite *suite, const struct selection *selection, capability_fn *can,
               const void *ctx, struct plan *out, struct error *err)
{
    const struct tags *tags = selection->tags ? tags_parse(a, selection->tags, err) : NULL;
    if (!check_selection(selection, err) || (selection->tags && !tags))
        return false;
    bool known = check_claims(suite, selection, err);
    known &= failed_known(suite, selection, err);
    known &= !tags || tags_known(tags, suite, err);
    if (!known)
        return false;
    struct planned *items = arena_array(a, struct planned, suite->scenario_count);
    struct matches matches = {0};
    size_t count = 0;
    for (size_t i = 0; i < suite->scenario_count; i++) {
        const struct scenario *s = suite->scenarios[i];
        size_t index = matches.all;
        if (!is_selected(s, tags, selection, &matches))
            continue;
        if (selection->shards && index % (size_t)selection->shards != (size_t)selection->shard - 1)
            continue;
        items[count++] = (struct planned){s, missing_capability(a, s, can, ctx)};
    }
    const char *by = count ? NULL : excluding_options(a, selection, &matches);
    *out = (struct plan){suite, items, count, by, count ? NULL : nothing_to_do(a, selection, &matches)};
    return true;
}

/* Two folders may test the same API: their schemas have its name. */
static const char *api_of(const struct scenario *s)
{
    const struct target_schema *schema = s->catalogue ? s->catalogue->targets : NULL;
    return schema && schema->file ? schema->api : NULL;
}

bool plan_check_provider(const struct plan *p, struct error *err)
{
    const char *first = NULL;
    for (size_t i = 0; i < p->count; i++) {
        const char *api = api_of(p->items[i].scenario);
        if (api && first && strcmp(api, first) != 0)
            return error_add(err, ERROR_USAGE, (struct where){0},
                             "one run tests one target, but the scenarios belong to two providers: %s and %s", first,
                             api);
        first = api ? api : first;
    }
    return true;
}

/* --- coverage ----------------------------------------------------------------------------- */

typedef bool step_fn(const struct step *step, const char *id);

static bool cites_claim(const struct step *step, const char *id)
{
    for (size_t i = 0; i < step->citation_count; i++)
        if (strcmp(step->citations[i].claim, id) == 0)
            return true;
    return false;
}

static bool settles_dispute(const struct step *step, const char *id)
{
    return step->dispute && strcmp(step->dispute, id) == 0;
}

static bool any_step(const struct suite *suite, step_fn *fn, const char *id)
{
    for (size_t i = 0; i < suite->scenario_count; i++)
        for (size_t k = 0; k < suite->scenarios[i]->step_count; k++)
            if (fn(&suite->scenarios[i]->steps[k], id))
                return true;
    return false;
}

struct coverage coverage_of(struct arena *a, const struct suite *suite, const struct catalogue *c)
{
    const struct claim **uncited = arena_array(a, const struct claim *, c->claim_count);
    const struct dispute **unsettled = arena_array(a, const struct dispute *, c->dispute_count);
    struct coverage out = {.uncited = uncited, .unsettled = unsettled};
    for (size_t i = 0; i < c->claim_count; i++) {
        const struct claim *claim = &c->claims[i];
        if (strcmp(claim->observe, "none") == 0)
            out.unobservable++;
        else if (any_step(suite, cites_claim, claim->id))
            out.cited++;
        else
            uncited[out.uncited_count++] = claim;
    }
    for (size_t i = 0; i < c->dispute_count; i++)
        if (!any_step(suite, settles_dispute, c->disputes[i].id))
            unsettled[out.unsettled_count++] = &c->disputes[i];
    return out;
}
