#include "conformance/prove/prove.h"

#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "conformance/prove/play.h"
#include "conformance/run/mock.h"

/* --- loading ------------------------------------------------------------------------------ */

/* Returns true if one of the paths contains the catalogue's whole folder. */
static bool is_whole(const struct texts_list *paths, const struct catalogue *c)
{
    char folder[PATH_MAX], path[PATH_MAX];
    bool whole = false;
    for (size_t i = 0; realpath(c->folder, folder) && i < paths->count; i++) {
        struct str from = str_from(realpath(paths->items[i], path) ? path : "?");
        struct str rest = str_skip(str_from(folder), from.n);
        whole |= str_starts(str_from(folder), from) && (!rest.n || *rest.s == '/');
    }
    return whole;
}

static bool has_capability(const void *target, const char *capability)
{
    return target_has_capability(target, capability);
}

/* The plan of a proof: all scenarios of its provider. */
static bool make_plan(struct arena *a, const struct suite *suite, struct proof *p, struct error *err)
{
    struct suite *own = arena_new(a, struct suite);
    const struct catalogue **catalogues = arena_array(a, const struct catalogue *, 1);
    const struct selection all = {0};
    struct target as_mock = *p->target;
    catalogues[0] = p->catalogue;
    *own = (struct suite){.arena = suite->arena,
                          .scenarios = arena_array(a, const struct scenario *, suite->scenario_count),
                          .catalogues = catalogues,
                          .catalogue_count = 1};
    for (size_t i = 0; i < suite->scenario_count; i++)
        if (suite->scenarios[i]->catalogue == p->catalogue)
            own->scenarios[own->scenario_count++] = suite->scenarios[i];
    as_mock.is_mock = as_mock.is_own_mock = true;
    return plan_make(a, own, &all, has_capability, &as_mock, &p->plan, err);
}

static bool load_proof(struct arena *a, const struct texts_list *paths, const struct suite *suite, struct proof *p,
                       struct error *err)
{
    const struct where at = {.file = p->catalogue->folder};
    const char *target = arena_printf(a, "%s/targets/mock.yaml", p->catalogue->folder);
    if (!is_whole(paths, p->catalogue))
        return error_add(err, ERROR_USAGE, at, "'prove' needs the whole folder: a part of the suite proves too little");
    bool ok = entries_load(a, p->catalogue, &p->entries, err);
    if (ok && !p->entries.count)
        ok = error_add(err, ERROR_USAGE, at, "no mutants.yaml, or it has no entry");
    p->judgements = arena_array(a, struct judgement, p->entries.count);
    struct target *t = target_load(a, target, err);
    if (!t)
        return false;
    target_derive_actors(a, t, p->catalogue->targets);
    p->target = t;
    if (!p->target->fixture)
        ok = error_add(err, ERROR_INPUT, (struct where){.file = target}, "missing 'fixture': that of the mock");
    return ok && make_plan(a, suite, p, err);
}

struct proof *proofs_load(struct arena *a, const struct texts_list *paths, size_t *count, struct error *err)
{
    struct suite suite;
    size_t before = err->count;
    if (!suite_load(a, paths->items, paths->count, &suite, err))
        return NULL;
    struct proof *proofs = arena_array(a, struct proof, suite.catalogue_count);
    for (size_t i = 0; i < suite.catalogue_count; i++) {
        proofs[i].catalogue = suite.catalogues[i];
        (void)load_proof(a, paths, &suite, &proofs[i], err);
    }
    *count = suite.catalogue_count;
    return err->count == before ? proofs : NULL;
}

/* --- choosing ----------------------------------------------------------------------------- */

static bool matches_any(const struct texts_list *globs, const char *text)
{
    for (size_t i = 0; i < globs->count; i++)
        if (fnmatch(globs->items[i], text, 0) == 0)
            return true;
    return false;
}

bool entry_chosen(const struct entry *e, const struct prove_options *options)
{
    bool chosen = (options->only < 0 || options->only == (int)e->kind) &&
                  (!options->names.count || matches_any(&options->names, e->name));
    bool breaks = !options->claims.count;
    for (size_t i = 0; e->kind == ENTRY_MUTANT && i < e->claim_count; i++)
        breaks |= matches_any(&options->claims, e->claims[i]->id);
    return chosen && breaks;
}

static bool any_matches(const struct proof *proofs, size_t count, const char *glob, bool names)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < proofs[i].entries.count; k++) {
            const struct entry *e = &proofs[i].entries.items[k];
            if (names && fnmatch(glob, e->name, 0) == 0)
                return true;
            for (size_t c = 0; !names && e->kind == ENTRY_MUTANT && c < e->claim_count; c++)
                if (fnmatch(glob, e->claims[c]->id, 0) == 0)
                    return true;
        }
    return false;
}

bool proofs_check_options(const struct proof *proofs, size_t count, const struct prove_options *options,
                          struct error *err)
{
    bool ok = true;
    for (size_t i = 0; i < options->names.count; i++)
        if (!any_matches(proofs, count, options->names.items[i], true))
            ok = error_add(err, ERROR_USAGE, (struct where){.file = "--mutant"},
                           "no entry of mutants.yaml is named '%s'", options->names.items[i]);
    for (size_t i = 0; i < options->claims.count; i++)
        if (!any_matches(proofs, count, options->claims.items[i], false))
            ok = error_add(err, ERROR_USAGE, (struct where){.file = "--claim"}, "no mutant breaks a claim '%s'",
                           options->claims.items[i]);
    return ok;
}

/* Equivalent mutants are judged without being played. */
static void judge_equivalent(struct arena *a, const struct entry *e, struct judgement *out)
{
    *out = (struct judgement){.played = true, .good = true, .kills = arena_array(a, enum kill, e->claim_count)};
    for (size_t i = 0; i < e->claim_count; i++)
        out->kills[i] = KILL_EQUIVALENT;
}

bool proof_run(struct arena *a, struct proof *p, const struct prove_options *options, struct error *err)
{
    size_t *chosen = arena_array(a, size_t, p->entries.count), count = 0;
    for (size_t i = 0; i < p->entries.count; i++) {
        const struct entry *e = &p->entries.items[i];
        if (entry_chosen(e, options) && e->equivalent)
            judge_equivalent(a, e, &p->judgements[i]);
        else if (entry_chosen(e, options))
            chosen[count++] = i;
    }
    return !count || workers_run(a, p, chosen, count, options, err);
}

/* --- showing one -------------------------------------------------------------------------- */

static const struct entry *entry_named(struct arena *a, const struct proof *proofs, size_t count, const char *name,
                                       const struct proof **of, struct error *err)
{
    struct texts names = {0};
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < proofs[i].entries.count; k++) {
            const struct entry *e = &proofs[i].entries.items[k];
            *of = &proofs[i];
            if (strcmp(e->name, name) == 0)
                return e;
            *arena_push(a, &names, const char *) = e->name;
        }
    const char *near = str_nearest(str_from(name), names.items, names.count);
    error_add(err, ERROR_USAGE, (struct where){.file = "--show"}, "unknown mutant '%s'%s", name,
              near ? arena_printf(a, " (did you mean '%s'?)", near) : "");
    return NULL;
}

const struct entry *proof_show(struct arena *a, const struct proof *proofs, size_t count, const char *name,
                               const struct prove_options *options, struct console *console, struct run *run,
                               struct judgement *out, struct error *err)
{
    const struct proof *p;
    const struct entry *e = entry_named(a, proofs, count, name, &p, err);
    if (e && e->equivalent) {
        error_add(err, ERROR_USAGE, e->at, "'%s' is equivalent, so it is not played: %s", e->name, e->equivalent);
        return NULL;
    }
    struct mock *mock = e ? mock_start(a, options->mock_binary, p->target->fixture, err) : NULL;
    struct player *player = mock ? player_new(a, p, mock_url(mock), err) : NULL;
    bool ok =
        player && player_check_unchanged(player, a, out, err) && player_show(player, a, e, console, run, out, err);
    mock_stop(mock);
    return ok ? e : NULL;
}
