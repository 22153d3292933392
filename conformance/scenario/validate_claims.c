#include <string.h>

#include "conformance/scenario/reader.h"
#include "conformance/scenario/validate.h"

static bool unknown_claim(struct validation *c, const struct citation *cited)
{
    const struct catalogue *of = c->catalogue;
    if (catalogue_dispute(of, cited->claim))
        return validation_error(
            c, cited->at,
            arena_printf(c->arena, "'%s' is a dispute, not a claim; use 'dispute' and 'one_of'", cited->claim));
    const char **ids = arena_array(c->arena, const char *, of->claim_count);
    for (size_t i = 0; i < of->claim_count; i++)
        ids[i] = of->claims[i].id;
    return validation_error(c, cited->at,
                            arena_printf(c->arena, "unknown claim '%s'%s", cited->claim,
                                         did_you_mean(c->arena, str_from(cited->claim), ids, of->claim_count)));
}

static bool check_pointer(struct validation *c, const struct step *s, const struct citation *cited)
{
    const char *near = NULL;
    if (claim_pointer_fits(s, cited->pointer, &near))
        return true;
    if (!*cited->pointer)
        return validation_error(c, cited->at, "this step cites a claim but expects nothing");
    return validation_error(c, cited->at,
                            arena_printf(c->arena, "this step has no check at %s%s%s%s", cited->pointer,
                                         near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : ""));
}

static bool cited_before(const struct step *s, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(s->citations[k].claim, s->citations[i].claim) == 0)
            return true;
    return false;
}

static bool check_citation(struct validation *c, const struct step *s, size_t i)
{
    const struct citation *cited = &s->citations[i];
    bool ok = check_pointer(c, s, cited);
    if (cited_before(s, i))
        ok = validation_error(c, cited->at, arena_printf(c->arena, "claim '%s' is cited twice", cited->claim));
    if (!c->catalogue)
        return ok;
    const struct claim *claim = catalogue_claim(c->catalogue, cited->claim);
    if (!claim)
        return unknown_claim(c, cited);
    if (strcmp(claim->observe, "none") != 0)
        return ok;
    return validation_error(
        c, cited->at,
        arena_printf(c->arena, "claim '%s' cannot be observed: %s", claim->id, claim->why ? claim->why : claim->says));
}

static bool check_reading(struct validation *c, const struct dispute *d, const struct reading *r)
{
    for (size_t i = 0; i < d->reading_count; i++)
        if (strcmp(d->readings[i], r->name) == 0)
            return true;
    return validation_error(c, r->expect.at,
                            arena_printf(c->arena, "dispute '%s' has no reading '%s'%s", d->id, r->name,
                                         did_you_mean(c->arena, str_from(r->name), d->readings, d->reading_count)));
}

static bool check_known_dispute(struct validation *c, const struct step *s)
{
    const struct catalogue *of = c->catalogue;
    const struct dispute *d = catalogue_dispute(of, s->dispute);
    bool ok = true;
    for (size_t i = 0; d && i < s->reading_count; i++)
        ok &= check_reading(c, d, &s->readings[i]);
    if (d)
        return ok;
    const char **ids = arena_array(c->arena, const char *, of->dispute_count);
    for (size_t i = 0; i < of->dispute_count; i++)
        ids[i] = of->disputes[i].id;
    return validation_error(c, node_get(s->source, "dispute")->at,
                            arena_printf(c->arena, "unknown dispute '%s'%s", s->dispute,
                                         did_you_mean(c->arena, str_from(s->dispute), ids, of->dispute_count)));
}

static bool check_dispute(struct validation *c, const struct step *s)
{
    if (!s->dispute && !s->reading_count)
        return true;
    if (!s->dispute)
        return validation_error(c, key_place(s->source, "one_of"),
                                "missing 'dispute'; 'one_of' needs the dispute that it settles");
    if (!s->reading_count)
        return validation_error(c, key_place(s->source, "dispute"),
                                "missing 'one_of'; 'dispute' needs an expectation for each reading");
    return !c->catalogue || check_known_dispute(c, s);
}

bool validate_claims(struct validation *c, const struct step *s)
{
    bool ok = true;
    if (c->in_flow && (s->citation_count || s->dispute))
        return validation_error(c, key_place(s->source, s->dispute ? "dispute" : "claims"),
                                "a flow cannot cite claims or disputes; cite them in the scenario");
    if ((s->citation_count || s->dispute) && !s->id)
        ok = validation_error(c, s->at, "a step with 'claims' or 'dispute' needs an 'id'");
    for (size_t i = 0; i < s->citation_count; i++)
        ok &= check_citation(c, s, i);
    return check_dispute(c, s) && ok;
}
