#include "conformance/run/task.h"

#include <ctype.h>
#include <string.h>

#define LABEL_MAX 40

/* --- names ---------------------------------------------------------------------------------- */

static const struct node *first_parameter(const struct step *step, size_t case_index)
{
    return node_count(step->cases) ? node_at(step->cases->map.members[0].value, case_index) : NULL;
}

/* The label is the case's first parameter if that is short, plain and unique; else its number. */
static const char *case_label(struct arena *a, const struct step *step, size_t case_index)
{
    const struct node *value = first_parameter(step, case_index);
    const char *text = scalar_text(a, value);
    bool plain = text && *text && strlen(text) <= LABEL_MAX;
    for (const char *c = text; plain && *c; c++)
        plain = isalnum((unsigned char)*c) || strchr("._-:@+", *c);
    for (size_t i = 0; plain && i < step->case_count; i++)
        plain = i == case_index || !node_equal(first_parameter(step, i), value);
    return plain ? text : arena_printf(a, "%zu", case_index + 1);
}

const char *step_name(struct arena *a, const char *prefix, const struct step *step, size_t case_index)
{
    const char *id = step->id ? step->id : arena_printf(a, "%zu", step->number);
    if (!step->cases)
        return arena_printf(a, "%s%s", prefix, id);
    return arena_printf(a, "%s%s[%s]", prefix, id, case_label(a, step, case_index));
}

/* --- checks --------------------------------------------------------------------------------- */

static const struct claim *no_claim(const void *ctx, const char *id)
{
    (void)ctx;
    (void)id;
    return NULL;
}

static const struct claim *find_claim(const void *ctx, const char *id)
{
    const struct suite *suite = ctx;
    const struct claim *found = NULL;
    for (size_t i = 0; i < suite->catalogue_count && !found; i++)
        found = catalogue_claim(suite->catalogues[i], id);
    return found;
}

struct check_input step_input(struct task *t, struct arena *a, const struct step *step, const char *name)
{
    const struct suite *suite = t->runner->plan->suite;
    return (struct check_input){
        .arena = a,
        .scenario = t->scenario->name,
        .step = name,
        .expect = &step->expect,
        .citations = step->citations,
        .citation_count = step->citation_count,
        .claim_of = suite ? find_claim : no_claim,
        .ctx = suite,
    };
}

void skipped_checks_of_step(struct task *t, const struct step *step, const char *name, enum verdict verdict,
                            const char *why)
{
    struct check_input in = step_input(t, t->runner->arena, step, name);
    webhook_undecided(&in, step, verdict, why, &t->checks);
    check_undecided(&in, verdict, why, &t->checks);
    if (step->dispute) {
        struct check *c = check_add(&in, &t->checks, "one_of", step->dispute, verdict);
        c->why = why;
        c->at = step->at;
    }
    for (size_t i = 0; i < step->capture_count; i++) {
        const struct capture *capture = &step->captures[i];
        in.citation_count = 0;
        struct check *c = check_add(&in, &t->checks, capture->pointer, "capture", verdict);
        c->why = why;
        c->at = capture->at;
    }
}

void skipped_checks_of_case(struct task *t, const struct step *step, const char *prefix, size_t case_index,
                            enum verdict verdict, const char *why)
{
    struct arena *a = t->runner->arena;
    const char *name = step_name(a, prefix, step, case_index);
    const char *below = arena_printf(a, "%s.", name);
    for (size_t i = 0; step->flow && i < step->flow->step_count; i++) {
        const struct step *inner = &step->flow->steps[i];
        for (size_t k = 0; k < inner->case_count; k++)
            skipped_checks_of_case(t, inner, below, k, verdict, why);
    }
    skipped_checks_of_step(t, step, name, verdict, why);
}
