#include <limits.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/log.h"
#include "conformance/cli/commands.h"
#include "conformance/plan/plan.h"

/* --- lint ----------------------------------------------------------------------------------- */

/* Returns true if a path on the command line contains the catalogue's whole folder. */
static bool is_whole(const struct options *o, const struct catalogue *c)
{
    char folder[PATH_MAX], path[PATH_MAX];
    bool whole = false;
    for (size_t i = 0; realpath(c->folder, folder) && i < o->paths.count; i++) {
        struct str from = str_from(realpath(o->paths.items[i], path) ? path : "?");
        struct str rest = str_skip(str_from(folder), from.n);
        whole |= str_starts(str_from(folder), from) && (!rest.n || *rest.s == '/');
    }
    return whole;
}

/* Prints the uncited claims by name, but only the number of disputes: most disputes without a
 * scenario cannot be settled by one. */
static void print_coverage(const struct catalogue *c, const struct coverage *k)
{
    printf("%s: %zu of %zu observable claims are cited, %zu of %zu disputes are settled\n", c->folder, k->cited,
           c->claim_count - k->unobservable, c->dispute_count - k->unsettled_count, c->dispute_count);
    for (size_t i = 0; i < k->uncited_count; i++)
        printf("  uncited %-8s %-6s %s\n", k->uncited[i]->id, level_texts[k->uncited[i]->level], k->uncited[i]->says);
}

int command_lint(const struct options *o, struct error *err)
{
    struct suite suite;
    bool complete = true;
    if (!suite_load(o->arena, o->paths.items, o->paths.count, &suite, err))
        return error_exit_code(err);
    printf("%zu scenario%s, no errors\n", suite.scenario_count, suite.scenario_count == 1 ? "" : "s");
    for (size_t i = 0; i < suite.catalogue_count; i++) {
        const struct catalogue *c = suite.catalogues[i];
        struct coverage k = coverage_of(o->arena, &suite, c);
        complete &= !k.uncited_count;
        if (o->complete || is_whole(o, c))
            print_coverage(c, &k);
    }
    return o->complete && !complete ? 1 : 0;
}

/* --- list ----------------------------------------------------------------------------------- */

static bool has_every_capability(const void *ctx, const char *capability)
{
    (void)ctx;
    (void)capability;
    return true;
}

static void list_json(struct arena *a, const struct plan *plan)
{
    struct buf out = {.arena = a};
    struct json w = json_begin(&out, 2);
    json_open_list(&w);
    for (size_t i = 0; i < plan->count; i++) {
        const struct scenario *s = plan->items[i].scenario;
        json_open_map(&w);
        json_put_text(&w, "name", s->name);
        json_put_text(&w, "title", s->title);
        json_put_text(&w, "file", s->file);
        json_key(&w, "tags");
        json_open_list(&w);
        for (size_t k = 0; k < s->tag_count; k++)
            json_text(&w, s->tags[k]);
        json_close_list(&w);
        json_close_map(&w);
    }
    json_close_list(&w);
    printf("%s\n", buf_c(&out));
}

int command_list(const struct options *o, struct error *err)
{
    struct suite suite;
    struct plan plan;
    struct selection selection;
    if (!selection_of(o, &selection, err) || !suite_load(o->arena, o->paths.items, o->paths.count, &suite, err) ||
        !plan_make(o->arena, &suite, &selection, has_every_capability, NULL, &plan, err))
        return error_exit_code(err);
    if (plan.excluded_by)
        log_line(LOG_WARN, "no scenario matches %s", plan.excluded_by);
    if (o->json)
        list_json(o->arena, &plan);
    for (size_t i = 0; !o->json && i < plan.count; i++)
        printf("%s\t%s\n", plan.items[i].scenario->name, plan.items[i].scenario->title);
    return 0;
}
