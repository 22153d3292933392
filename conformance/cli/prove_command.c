#include "conformance/cli/prove_command.h"

#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/time.h"
#include "conformance/prove/prove.h"
#include "conformance/report/text_layout.h"
#include "conformance/run/mock.h"

static void show_progress(void *ctx, size_t done, size_t count, size_t bad)
{
    const char *folder = ctx;
    (void)fprintf(stderr, "\r\x1b[K%s: %zu of %zu played", folder, done, count);
    if (bad)
        (void)fprintf(stderr, ", %zu not as they should be", bad);
    if (done == count)
        (void)fprintf(stderr, "\r\x1b[K");
    (void)fflush(stderr);
}

static struct prove_options options_of(const struct options *o, struct error *err)
{
    struct prove_options out = {
        .mock_binary = mock_find(o->arena, o->mock_binary, err),
        .claims = o->claims,
        .names = o->mutants,
        .only = o->only,
        .workers = (int)o->jobs,
        .version = UNDERSTUDY_VERSION,
    };
    if (!o->quiet && isatty(STDERR_FILENO))
        out.progress = show_progress;
    return out;
}

/* Returns the path of the JSON report; NULL if there is none. */
static const char *report_path(const struct options *o, struct error *err)
{
    const char *path = NULL;
    for (size_t i = 0; i < o->reports.count; i++) {
        struct str rest = str_from(o->reports.items[i]), name = str_cut(&rest, '=');
        if (!str_is(name, "json"))
            error_add(err, ERROR_USAGE, (struct where){0}, "unknown report format '" STR_FMT "'; 'prove' writes json",
                      STR_ARG(name));
        path = rest.s;
    }
    return path;
}

/* The program's own texts have no secrets. */
static struct text_layout begin_layout(const struct options *o, struct arena *a, const struct secrets *none, FILE *to)
{
    return layout_begin(a, none, !o->no_color && log_colour_wanted(to), layout_terminal_width());
}

static void write_layout(const struct text_layout *t, const struct secrets *none, FILE *to, struct error *err)
{
    struct writer *w = writer_to(none, to);
    write_str(w, buf_str(&t->out));
    (void)writer_close(w, err);
}

static void write_table(const struct options *o, const struct proof *proofs, size_t count, int64_t us, FILE *to,
                        struct error *err)
{
    struct arena a = {0};
    struct secrets none = {.arena = &a};
    struct text_layout t = begin_layout(o, &a, &none, to);
    proofs_put(&t, proofs, count, us);
    write_layout(&t, &none, to, err);
    arena_end(&a);
}

static void print_judgement(const struct options *o, const struct entry *e, const struct judgement *j)
{
    struct arena a = {0};
    struct secrets none = {.arena = &a};
    struct buf fixture = {.arena = &a};
    struct json w = json_begin(&fixture, 2);
    struct text_layout t = begin_layout(o, &a, &none, stdout);
    json_node(&w, e->fixture);
    layout_put(&t, STYLE_BOLD, "\nHow the suite judges this %s\n",
               e->kind == ENTRY_LEGAL ? "legal server" : entry_kind_texts[e->kind]);
    judgement_put(&t, e, j);
    write_layout(&t, &none, stdout, NULL);
    printf("\nMerged over the target's fixture:\n%s\n", buf_c(&fixture));
    arena_end(&a);
}

static int show(const struct options *o, const struct proof *proofs, size_t count, const struct prove_options *options,
                struct error *err)
{
    struct secrets none = {.arena = o->arena};
    struct run run = {0};
    struct judgement judgement = {0};
    struct writer *out = writer_to(&none, stdout);
    bool colour = !o->no_color && log_colour_wanted(stdout);
    struct console *console = console_new(o->arena, out, colour, PROGRESS_NONE, layout_terminal_width());
    const struct entry *e = proof_show(o->arena, proofs, count, o->show, options, console, &run, &judgement, err);
    writer_close(out, err);
    if (e)
        print_judgement(o, e, &judgement);
    return run_exit_status(&run, err);
}

int command_prove(const struct options *o, struct error *err)
{
    size_t count = 0;
    int64_t began_us = time_monotonic_us();
    struct prove_options options = options_of(o, err);
    const char *path = report_path(o, err);
    struct proof *proofs = proofs_load(o->arena, &o->paths, &count, err);
    if (!proofs || error_any(err))
        return error_exit_code(err);
    if (o->show)
        return show(o, proofs, count, &options, err);
    if (!proofs_check_options(proofs, count, &options, err))
        return error_exit_code(err);
    struct secrets none = {.arena = o->arena};
    struct writer *report = path ? writer_open(&none, path, err) : NULL;
    bool ok = !error_any(err), interrupted = false;
    for (size_t i = 0; ok && i < count; i++) {
        options.progress_ctx = arena_text(o->arena, proofs[i].catalogue->folder);
        ok = proof_run(o->arena, &proofs[i], &options, err);
        interrupted |= proofs[i].interrupted;
    }
    int64_t us = time_monotonic_us() - began_us;
    if (interrupted)
        return 130;
    if (!ok)
        return error_exit_code(err);
    write_table(o, proofs, count, us, path && strcmp(path, "-") == 0 ? stderr : stdout, err);
    if (report) {
        proofs_write_json(report, proofs, count, us, UNDERSTUDY_VERSION);
        (void)writer_close(report, err);
    }
    return error_any(err) ? error_exit_code(err) : proofs_exit_status(proofs, count);
}
