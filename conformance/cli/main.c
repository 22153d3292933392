#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/time.h"
#include "base/yaml.h"
#include "conformance/cli/list_claims.h"
#include "conformance/cli/options.h"
#include "conformance/cli/prove_command.h"
#include "conformance/plan/plan.h"
#include "conformance/prove/mutants.h"
#include "conformance/report/report.h"
#include "conformance/report/text_layout.h"
#include "conformance/run/mock.h"
#include "conformance/run/run.h"

/* Reads the selection options. Returns false if the report of --failed cannot be used. */
static bool selection_of(const struct options *o, struct selection *out, struct error *err)
{
    *out = (struct selection){
        .tags = o->tags,
        .claims = o->claims.items,
        .claim_count = o->claims.count,
        .shard = o->shard,
        .shards = o->shards,
    };
    return !o->failed || failed_select(o->arena, o->failed, out, err);
}

#define MUTANTS_MIN 3 /* for each observable must claim */

/* --- which target ------------------------------------------------------------------------- */

/* Returns the first targets/mock.yaml in the scenarios' folder or in a folder above it. Adds no error if the path does
 * not exist; suite_load reports it. */
static const char *default_target(struct arena *a, const struct options *o, struct error *err)
{
    for (struct str at = str_from(realpath(o->paths.items[0], arena_alloc(a, 4096))); at.n;) {
        const char *path = arena_printf(a, STR_FMT "/targets/mock.yaml", STR_ARG(at));
        if (access(path, R_OK) == 0)
            return path;
        while (at.n && at.s[--at.n] != '/')
            ;
    }
    if (access(o->paths.items[0], F_OK) == 0)
        error_add(err, ERROR_USAGE, (struct where){0},
                  "no targets/mock.yaml in or above '%s'; give the target file with --target", o->paths.items[0]);
    return NULL;
}

/* An actor of --key replaces that of the file; the first actor of the file stays the first. */
static bool add_keys(struct arena *a, const struct options *o, struct target *t, struct error *err)
{
    bool ok = true;
    struct actor *actors = arena_array(a, struct actor, t->actor_count + o->keys.count);
    for (size_t i = 0; i < t->actor_count; i++)
        actors[i] = t->actors[i];
    t->actors = actors;
    for (size_t i = 0; i < o->keys.count; i++) {
        struct str rest = str_from(o->keys.items[i]), name = str_cut(&rest, '=');
        const char *what = arena_printf(a, "--key: the environment variable '" STR_FMT "'", STR_ARG(rest));
        const char *value = getenv(rest.s);
        if (!variable_valid(rest.s)) {
            ok = error_add(err, ERROR_USAGE, (struct where){0},
                           "--key: actor '" STR_FMT "' needs the name of an environment variable, not the key itself",
                           STR_ARG(name));
            continue;
        }
        const struct actor *old = target_actor(t, str_dup(a, name));
        struct actor *to = &actors[old ? (size_t)(old - t->actors) : t->actor_count++];
        *to = (struct actor){.name = str_dup(a, name), .origin = rest.s};
        ok &= value ? value_read(a, value, what, (struct where){0}, &to->credential, err)
                    : error_add(err, ERROR_USAGE, (struct where){0}, "%s is not set", what);
    }
    return ok;
}

/* --url replaces the whole endpoint. What the file says about its own server proves nothing about the new one. */
static void replace_server(struct target *t, bool admin_given)
{
    t->admin_url = NULL;
    if (admin_given)
        return;
    if (t->is_mock)
        log_line(LOG_WARN,
                 "%s: 'mock: true' does not apply to the server of --url, which is treated as a real one; if it is a "
                 "mock, add --admin-url",
                 t->file);
    t->is_mock = false;
    t->now_ms = 0;
    if (t->consent == CONSENT_ADMIN)
        t->consent = CONSENT_NONE;
}

static struct target *target_for(struct arena *a, const struct options *o, struct error *err)
{
    const char *file = o->target;
    if (!file && o->mock && !(file = default_target(a, o, err)))
        return NULL;
    struct target *t = file ? target_load(a, file, err) : target_of_url(a, o->url, err);
    if (t && o->url)
        replace_server(t, o->admin_url != NULL);
    bool ok = t && (!file || !o->url || target_set_base_url(a, t, o->url, err)) &&
              (!o->admin_url || target_set_admin_url(a, t, o->admin_url, err)) && add_keys(a, o, t, err) &&
              (o->mock || target_check_login(t, err));
    if (ok && !t->actor_count)
        log_line(LOG_INFO, "target '%s' has no actor: a call of a scenario that has no 'as' is sent without a key",
                 t->name);
    if (ok && o->mock)
        t->is_mock = t->is_own_mock = true;
    if (ok && !o->mock && !t->base_url && !t->admin_url)
        ok = error_add(err, ERROR_USAGE, (struct where){0},
                       "target '%s' has no base_url; use --mock to start a mock server, or --url", t->name);
    return ok ? t : NULL;
}

/* The names that the target declares. Of a target that cannot be read, the file still has them. */
static struct given_target given_target(struct arena *a, const struct options *o, const struct target *t)
{
    const char **actors = arena_array(a, const char *, o->keys.count);
    for (size_t i = 0; i < o->keys.count; i++) {
        struct str rest = str_from(o->keys.items[i]);
        actors[i] = str_dup(a, str_cut(&rest, '='));
    }
    return (struct given_target){t && t->file ? t->file : o->target, actors, o->keys.count};
}

static bool has_capability(const void *target, const char *capability)
{
    return target_has_capability(target, capability);
}

/* --- run ---------------------------------------------------------------------------------- */

static void add_secret(void *ctx, const char *name, const char *before, const char *value)
{
    if (before)
        secrets_add_after(ctx, name, before, value);
    else
        secrets_add(ctx, name, value);
}

struct output { /* one report of --report */
    const struct report_format *format;
    const char *path;
    struct writer *writer;
    struct run_events events; /* callbacks of a streaming format */
};

struct outputs {
    struct output *items;
    size_t count;
    struct run_events console;
};

/* Opens the reports before anything else, so that an unwritable path fails early. */
static bool open_outputs(const struct options *o, const struct secrets *secrets, struct outputs *out, struct error *err)
{
    out->items = arena_array(o->arena, struct output, o->reports.count);
    out->count = o->reports.count;
    for (size_t i = 0; i < out->count; i++) {
        struct output *output = &out->items[i];
        struct str rest = str_from(o->reports.items[i]), name = str_cut(&rest, '=');
        output->path = rest.s;
        output->format = report_format_named(str_dup(o->arena, name));
        if (!output->format)
            error_add(err, ERROR_USAGE, (struct where){0}, "unknown report format '" STR_FMT "' (%s)", STR_ARG(name),
                      report_format_names(o->arena));
        else if ((output->writer = writer_open(secrets, output->path, err)) && output->format->stream &&
                 writer_is_live(output->writer))
            output->events = output->format->stream(o->arena, output->writer);
    }
    return !error_any(err);
}

/* A run that did not take place must not replace the list of what it should have run again. */
static void keep_failed_report(const struct options *o, const struct outputs *outputs)
{
    for (size_t i = 0; o->failed && i < outputs->count; i++)
        if (strcmp(outputs->items[i].path, o->failed) == 0)
            outputs->items[i].writer = NULL; /* what it has written so far has a temporary name, and is removed */
}

static void close_outputs(const struct outputs *outputs, const struct run *run, struct error *err)
{
    for (size_t i = 0; i < outputs->count; i++) {
        const struct output *o = &outputs->items[i];
        if (!o->writer)
            continue;
        if (o->events.ctx)
            o->format->end(o->events.ctx, run);
        else
            o->format->write(run, o->writer);
        writer_close(o->writer, err);
    }
}

static void notify_started(void *ctx, const struct run *r, const struct scenario_result *s)
{
    const struct outputs *all = ctx;
    all->console.scenario_started(all->console.ctx, r, s);
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].events.scenario_started)
            all->items[i].events.scenario_started(all->items[i].events.ctx, r, s);
}

static void notify_ended(void *ctx, const struct run *r, const struct scenario_result *s)
{
    const struct outputs *all = ctx;
    all->console.scenario_ended(all->console.ctx, r, s);
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].events.scenario_ended)
            all->items[i].events.scenario_ended(all->items[i].events.ctx, r, s);
}

static void notify_waiting(void *ctx, const struct run *r, const char *text)
{
    const struct outputs *all = ctx;
    all->console.waiting(all->console.ctx, r, text);
}

/* Returns stderr if a report is written to stdout. */
static FILE *console_stream(const struct outputs *outputs)
{
    for (size_t i = 0; i < outputs->count; i++)
        if (strcmp(outputs->items[i].path, "-") == 0)
            return stderr;
    return stdout;
}

/* Returns true if the mock starts with the fixture for which the target file was written. */
static bool has_own_fixture(const struct options *o, const struct target *t)
{
    char given[PATH_MAX], own[PATH_MAX];
    return !o->mock_fixture ||
           (t->fixture && realpath(o->mock_fixture, given) && realpath(t->fixture, own) && strcmp(given, own) == 0);
}

static bool run_scenarios(const struct options *o, const struct plan *plan, const struct target *target,
                          struct secrets *secrets, const struct run_events *events, struct run *run, struct error *err)
{
    struct run_options options = {
        .jobs = (int)o->jobs,
        .timeout_ms = o->timeout_ms,
        .ca_file = o->ca_file,
        .insecure = o->insecure,
        .read_only = o->read_only,
        .allow_writes = o->allow_writes,
        .allow_costly = o->allow_costly,
        .skip_preflight = o->no_preflight,
        .is_own_fixture = has_own_fixture(o, target),
        .mock_fixture = o->mock_fixture ? o->mock_fixture : target->fixture,
        .suite_version = UNDERSTUDY_VERSION,
        .gate = o->gate,
        .secret = add_secret,
        .secret_ctx = secrets,
        .events = events,
    };
    if (o->mock)
        options.mock_binary = mock_find(o->arena, o->mock_binary, err);
    return !error_any(err) && run_plan(o->arena, plan, target, &options, run, err);
}

/* Returns true if the file has a key that only fixtures have. */
static bool is_fixture(const struct node *root)
{
    static const char *const keys[] = {"layers", "posteverywhere", "postnitro", "records", "include"};
    for (size_t i = 0; i < COUNT(keys); i++)
        if (node_get(root, keys[i]))
            return true;
    return false;
}

/* The value of --mock is optional, so in `--mock FIXTURE` the fixture becomes a scenario path. Reports that mistake. */
static bool check_paths(struct arena *a, const struct options *o, struct error *err)
{
    bool ok = true;
    for (size_t i = 0; o->mock && i < o->paths.count; i++) {
        const char *path = o->paths.items[i];
        bool file = str_ends(str_from(path), STR(".yaml")) && access(path, R_OK) == 0;
        const struct node *root = file ? yaml_load(a, path, NULL) : NULL;
        if (is_fixture(root))
            ok = error_add(err, ERROR_USAGE, (struct where){0}, "'%s' is a fixture, not a scenario; write --mock=%s",
                           path, path);
    }
    return ok;
}

/* Loads the scenarios and runs them. Returns false if the run did not take place. */
static bool load_and_run(const struct options *o, struct secrets *secrets, const struct run_events *events,
                         struct run *run, struct error *err)
{
    struct arena *a = o->arena;
    struct suite suite;
    struct plan plan;
    struct selection selection;
    if (!selection_of(o, &selection, err) || !check_paths(a, o, err))
        return false;
    struct target *target = target_for(a, o, err);
    const struct given_target given = given_target(a, o, target);
    bool loaded = suite_load_for(a, o->paths.items, o->paths.count, &given, &suite, err);
    for (size_t i = 0; loaded && target && i < suite.catalogue_count; i++)
        target_derive_actors(a, target, suite.catalogues[i]->targets);
    if (o->insecure)
        log_line(LOG_WARN, "--insecure: TLS certificates are not verified");
    return loaded && !error_any(err) && plan_make(a, &suite, &selection, has_capability, target, &plan, err) &&
           plan_check_provider(&plan, err) && run_scenarios(o, &plan, target, secrets, events, run, err);
}

/* A message may repeat a response. */
static void scrub_messages(struct error *err, const struct secrets *secrets)
{
    for (struct problem *p = err->first; p; p = p->next)
        p->text = scrub(&err->arena, secrets, str_from(p->text));
}

/* Writes the reports also if the run did not take place: they replace those of an earlier run. */
static int command_run(const struct options *o, struct error *err)
{
    struct arena *a = o->arena;
    struct secrets secrets = {.arena = a};
    struct outputs outputs = {0};
    struct run run = {.arena = a,
                      .target = o->target ? o->target
                                : o->mock ? "mock"
                                          : url_shown(a, o->url),
                      .base_url = o->url ? url_shown(a, o->url) : "",
                      .suite_version = UNDERSTUDY_VERSION,
                      .started_ms = time_wall_ms(),
                      .gate = o->gate};
    bool opened = open_outputs(o, &secrets, &outputs, err);
    FILE *to = console_stream(&outputs);
    bool colour = !o->no_color && log_colour_wanted(to);
    enum progress progress = o->quiet ? PROGRESS_NONE : isatty(STDERR_FILENO) ? PROGRESS_SCREEN : PROGRESS_LINES;
    struct writer *out = writer_to(&secrets, to);
    struct console *console = console_new(a, out, colour, progress, layout_terminal_width());
    outputs.console = console_events(console);
    struct run_events events = {notify_started, notify_ended, notify_waiting, &outputs};
    if (opened && load_and_run(o, &secrets, &events, &run, err))
        console_summary(console, &run);
    else {
        run_fail(&run, err);
        keep_failed_report(o, &outputs);
    }
    close_outputs(&outputs, &run, err);
    writer_close(out, err);
    scrub_messages(err, &secrets);
    return run_exit_status(&run, err);
}

/* --- lint --------------------------------------------------------------------------------- */

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

/* Prints the uncited claims by name, but only the number of disputes: most disputes without a scenario cannot be
 * settled by one. */
static void print_coverage(const struct catalogue *c, const struct coverage *k)
{
    printf("%s: %zu of %zu observable claims are cited, %zu of %zu disputes are settled\n", c->folder, k->cited,
           c->claim_count - k->unobservable, c->dispute_count - k->unsettled_count, c->dispute_count);
    for (size_t i = 0; i < k->uncited_count; i++)
        printf("  uncited %-8s %-6s %s\n", k->uncited[i]->id, level_texts[k->uncited[i]->level], k->uncited[i]->says);
}

/* Prints how many mutants there are, and which must claims have fewer than MUTANTS_MIN. */
static bool print_mutants(const struct catalogue *c, const struct entries *all, bool list)
{
    size_t few = 0, claims = 0, mutants = 0;
    for (size_t i = 0; i < all->count; i++)
        mutants += all->items[i].kind == ENTRY_MUTANT;
    for (size_t i = 0; i < c->claim_count; i++) {
        const struct claim *claim = &c->claims[i];
        if (claim->level != LEVEL_MUST || strcmp(claim->observe, "none") == 0)
            continue;
        size_t own = entries_breaking(all, claim);
        claims++;
        few += own < MUTANTS_MIN;
        if (list && own < MUTANTS_MIN)
            printf("  %zu mutant%s %-8s %-6s %s\n", own, own == 1 ? " " : "s", claim->id, level_texts[claim->level],
                   claim->says);
    }
    printf("%s: %zu mutants; %zu of %zu observable must claims have at least %d\n", c->folder, mutants, claims - few,
           claims, MUTANTS_MIN);
    return !few;
}

/* Prints the size of each table, and its gaps. Returns true if there is no gap. */
static bool print_isolations(const struct suite *suite, bool complete)
{
    bool all = true;
    for (size_t i = 0; i < suite->isolation_count; i++) {
        const struct isolation *t = &suite->isolations[i];
        printf("%s: isolation: %zu operations x %zu = %zu cells, %zu checked, %zu not applicable\n", t->file,
               t->operations, t->strangers, t->operations * t->strangers, t->checked, t->not_applicable);
        for (size_t k = 0; k < t->gap_count && complete; k++)
            printf("  gap %s\n", t->gaps[k]);
        all &= !t->gap_count;
    }
    return all;
}

static int command_lint(const struct options *o, struct error *err)
{
    struct suite suite;
    bool complete = true;
    const struct given_target given = {.file = o->target};
    if ((o->target && !yaml_load(o->arena, o->target, err)) ||
        !suite_load_for(o->arena, o->paths.items, o->paths.count, &given, &suite, err))
        return error_exit_code(err);
    struct entries *mutants = arena_array(o->arena, struct entries, suite.catalogue_count);
    for (size_t i = 0; i < suite.catalogue_count; i++)
        (void)entries_load(o->arena, suite.catalogues[i], &mutants[i], err);
    if (error_any(err))
        return error_exit_code(err);
    printf("%zu scenario%s, no errors\n", suite.scenario_count, suite.scenario_count == 1 ? "" : "s");
    for (size_t i = 0; i < suite.catalogue_count; i++) {
        const struct catalogue *c = suite.catalogues[i];
        struct coverage k = coverage_of(o->arena, &suite, c);
        complete &= !k.uncited_count;
        if (o->complete || is_whole(o, c))
            print_coverage(c, &k);
        if (mutants[i].count && (o->complete || is_whole(o, c)))
            complete &= print_mutants(c, &mutants[i], o->complete);
    }
    complete &= print_isolations(&suite, o->complete);
    return o->complete && !complete ? 1 : 0;
}

/* --- list --------------------------------------------------------------------------------- */

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

static int command_list(const struct options *o, struct error *err)
{
    struct suite suite;
    struct plan plan;
    struct selection selection;
    const struct given_target given = {.file = o->target};
    if (!selection_of(o, &selection, err) ||
        !suite_load_for(o->arena, o->paths.items, o->paths.count, &given, &suite, err) ||
        !plan_make(o->arena, &suite, &selection, has_every_capability, NULL, &plan, err))
        return error_exit_code(err);
    if (o->list_claims) {
        list_claims(o->arena, &suite, o->json);
        return 0;
    }
    if (plan.excluded_by)
        log_line(LOG_WARN, "no scenario matches %s", plan.excluded_by);
    if (o->json)
        list_json(o->arena, &plan);
    for (size_t i = 0; !o->json && i < plan.count; i++)
        printf("%s\t%s\n", plan.items[i].scenario->name, plan.items[i].scenario->title);
    return 0;
}

/* --- main --------------------------------------------------------------------------------- */

static int (*const commands[])(const struct options *o, struct error *err) = {
    [COMMAND_RUN] = command_run,
    [COMMAND_LINT] = command_lint,
    [COMMAND_LIST] = command_list,
    [COMMAND_PROVE] = command_prove,
};

int main(int argc, char **argv)
{
    struct arena a = {0};
    struct options options;
    struct error err = {0};
    int status = 2;
    file_open_streams();
    if (options_read(&a, argc, argv, &options, &err))
        status = commands[options.command](&options, &err);
    error_print(&err, stderr);
    error_end(&err);
    arena_end(&a);
    return status;
}
