#include "mockserver/runtime/reload.h"

#include <string.h>

#include "base/arena.h"
#include "base/child.h"
#include "base/log.h"
#include "base/watch.h"
#include "mockserver/runtime/mock.h"
#include "mockserver/runtime/suspend.h"

#define CHECK_LIMIT_US INT64_C(30000000)

struct waiter {
    struct call_slot slot;
    struct waiter *next;
};

struct round { /* a check of the files, and the calls that wait for it */
    struct waiter *waiters;
    bool requested, reset;
};

struct reload {
    struct mock *mock;
    struct loop *loop;
    struct watch *watch; /* NULL: not watching, or this is a replay */
    bool watches;        /* also true if a replay provides the events */
    struct child *child; /* NULL: no check is running, or this is a replay */
    bool checks;         /* a check is running */
    struct round now, next;
    struct include_files watched;
    struct arena arena; /* of `watched` */
};

struct reload *reload_new(struct mock *m)
{
    struct reload *r = heap_new(sizeof *r);
    r->mock = m;
    return r;
}

static void free_waiters(struct round *round)
{
    for (struct waiter *next; round->waiters; round->waiters = next) {
        next = round->waiters->next;
        heap_free(round->waiters);
    }
}

void reload_free(struct reload *r)
{
    if (!r)
        return;
    child_free(r->child);
    watch_free(r->watch);
    free_waiters(&r->now);
    free_waiters(&r->next);
    arena_end(&r->arena);
    heap_free(r);
}

/* results */

static struct reload_result *result_new(const struct mock *m)
{
    struct reload_result *result = heap_new(sizeof *result);
    result->fixture_count = m->options.fixture_count;
    result->fixtures = arena_alloc(&result->arena, result->fixture_count * sizeof *result->fixtures);
    return result;
}

static void result_release(void *held)
{
    struct reload_result *result = held;
    if (result->holders--)
        return;
    error_end(&result->problems);
    arena_end(&result->arena);
    heap_free(result);
}

static void give_to_call(struct reload_result *result, struct call *c)
{
    result->holders++;
    c->own = arena_own(c->arena, result, result_release);
}

static void add_namespace(void *ctx, const struct namespace *ns, enum reload_outcome outcome)
{
    struct reload_result *result = ctx;
    *arena_push(&result->arena, &result->namespaces[outcome], const char *) = arena_text(&result->arena, ns->name);
}

/* replacing the fixtures */

static void copy_files(struct arena *a, const struct include_files *from, struct include_files *to)
{
    for (size_t i = 0; i < from->count; i++)
        *arena_push(a, to, struct include_file) =
            (struct include_file){arena_text(a, from->items[i].path), from->items[i].hash};
}

/* Builds a fixture from a report. The child has checked it, so a mistake is only possible if it depends on the current
 * time. */
static struct fixture *build(const struct fixture_report *report, const char *path, struct error *err)
{
    struct error now = {0};
    struct fixture *f = fixture_of_node(report->source, report->name, &now);
    if (f)
        copy_files(&f->arena, &report->files, &f->files);
    else
        error_add(err, ERROR_INPUT, (struct where){.file = path}, "%s", now.first->text);
    error_end(&now);
    return f;
}

/* Fills `made` with the new fixtures, or with the current one where its files are unchanged. */
static bool build_all(const struct reload *r, const struct fixture_report *reports, struct fixture **made,
                      struct error *err)
{
    const struct mock *m = r->mock;
    bool ok = true;
    for (size_t i = 0; i < m->fixture_count; i++) {
        made[i] = include_same(&m->fixtures[i]->files, &reports[i].files)
                      ? fixture_hold(m->fixtures[i])
                      : build(&reports[i], m->options.fixtures[i], err);
        ok = ok && made[i];
    }
    for (size_t i = 0; i < m->fixture_count && !ok; i++)
        fixture_free(made[i]);
    return ok;
}

static bool was_read(const struct include_files *files, const struct include_file *file)
{
    for (size_t i = 0; i < files->count; i++)
        if (strcmp(files->items[i].path, file->path) == 0 && files->items[i].hash == file->hash)
            return true;
    return false;
}

static void log_change(const struct fixture *old, const struct fixture *f, const struct reload_result *result)
{
    struct arena a = {0};
    struct buf paths = {.arena = &a};
    for (size_t i = 0; i < f->files.count; i++)
        if (!was_read(&old->files, &f->files.items[i]))
            buf_printf(&paths, "%s%s", paths.n ? ", " : "", f->files.items[i].path);
    log_line(LOG_INFO, "%s changed; namespaces: %zu restarted, %zu kept (in use), %zu reset",
             paths.n ? buf_c(&paths) : f->files.items[0].path, result->namespaces[RELOAD_RESTARTED].count,
             result->namespaces[RELOAD_KEPT].count, result->namespaces[RELOAD_RESET].count);
    arena_end(&a);
}

static void replace_fixture(struct reload *r, size_t i, struct fixture *f, struct reload_result *result)
{
    struct mock *m = r->mock;
    struct fixture *old = m->fixtures[i];
    bool changed = f != old;
    m->fixtures[i] = f;
    if (changed)
        mock_take_fixture(m, f);
    if (changed || r->now.reset)
        namespaces_refix(m->namespaces, old, f, r->now.reset, add_namespace, result);
    if (changed && !m->replays)
        log_change(old, f, result);
    result->fixtures[i].name = arena_text(&result->arena, f->name);
    result->fixtures[i].changed = changed;
    fixture_free(old);
}

static void log_problems(const struct error *problems)
{
    struct arena a = {0};
    struct str rest = str_from(error_text(&a, problems));
    while (rest.n) {
        struct str line = str_cut(&rest, '\n');
        log_line(LOG_ERROR, STR_FMT, STR_ARG(line));
    }
    log_line(LOG_ERROR, "fixtures not reloaded; the previous ones stay in use");
    arena_end(&a);
}

static void log_cannot_watch(const struct error *err)
{
    log_line(LOG_WARN, "%s; use POST /__admin/reload to reload the fixtures", err->first->text);
}

static bool has_path(const struct include_files *files, const char *path)
{
    for (size_t i = 0; i < files->count; i++)
        if (strcmp(files->items[i].path, path) == 0)
            return true;
    return false;
}

/* Watches all `files`. A file that is new in the list was not watched when it was read, so another check is
 * requested. */
static void watch_all(struct reload *r, const struct include_files *files, size_t count)
{
    struct arena a = {0};
    struct include_files all = {0};
    struct error err = {0};
    bool more = false;
    for (size_t i = 0; i < count; i++)
        copy_files(&a, &files[i], &all);
    const char **paths = arena_array(&a, const char *, all.count + 1);
    for (size_t i = 0; i < all.count; i++) {
        paths[i] = all.items[i].path;
        more = more || !has_path(&r->watched, paths[i]);
    }
    if (r->watch && !watch_files(r->watch, paths, all.count, &err))
        log_cannot_watch(&err);
    r->next.requested = r->next.requested || more;
    error_end(&err);
    arena_end(&r->arena);
    r->watched = all;
    r->arena = a;
}

static void apply_report(struct reload *r, struct str out, const char *why, struct reload_result *result)
{
    const struct mock *m = r->mock;
    size_t count = m->options.fixture_count;
    struct fixture_report *reports = arena_array(&result->arena, struct fixture_report, count);
    struct fixture **made = arena_array(&result->arena, struct fixture *, count);
    struct include_files *files = arena_array(&result->arena, struct include_files, count);
    if (why)
        error_add(&result->problems, ERROR_SYSTEM, (struct where){0}, "cannot check the fixtures: %s", why);
    bool ok = !why && fixtures_read_report(&result->arena, out, count, reports, &result->problems, &result->problems) &&
              !error_any(&result->problems) && build_all(r, reports, made, &result->problems);
    for (size_t i = 0; i < count; i++) {
        result->fixtures[i].path = m->options.fixtures[i];
        result->fixtures[i].files = files[i] = reports[i].files;
        if (ok)
            replace_fixture(r, i, made[i], result);
    }
    if (!ok && !m->replays)
        log_problems(&result->problems);
    if (r->watches && !why)
        watch_all(r, files, count);
}

/* rounds */

static void check(void *ctx, struct buf *out)
{
    const struct reload *r = ctx;
    fixtures_report(r->mock->options.fixtures, r->mock->options.fixture_count, out);
}

/* The reload may have reset the call's own namespace. The call takes the new generation, so that this does not end
 * it. */
static void respond(const struct reload *r, struct call *c, struct reload_result *result)
{
    const struct namespace *ns = namespaces_find(r->mock->namespaces, c->ns_name);
    if (ns)
        c->generation = ns->generation;
    give_to_call(result, c);
    call_wake_now(c);
}

static void begin_round(struct reload *r);

void reload_checked(struct reload *r, struct str report, const char *why)
{
    struct reload_result *result = result_new(r->mock);
    r->checks = false;
    apply_report(r, report, why, result);
    for (const struct waiter *w = r->now.waiters; w; w = w->next)
        if (w->slot.call)
            respond(r, w->slot.call, result);
    free_waiters(&r->now);
    result_release(result);
    if (r->next.requested)
        begin_round(r);
}

static void on_checked(void *ctx, struct str out, const char *why)
{
    struct reload *r = ctx;
    r->child = NULL;
    mock_input_begin(r->mock, MOCK_FILES_CHECKED, out, why);
    reload_checked(r, out, why);
    mock_input_end(r->mock);
}

static void begin_round(struct reload *r)
{
    const struct child_work work = {.run = check, .ended = on_checked, .ctx = r, .limit_us = CHECK_LIMIT_US};
    r->now = r->next;
    r->next = (struct round){0};
    r->checks = true;
    if (!r->mock->replays)
        r->child = child_new(r->loop, &work);
}

static void request_round(struct reload *r)
{
    r->next.requested = true;
    if (!r->checks)
        begin_round(r);
}

void reload_changed(struct reload *r)
{
    request_round(r);
}

static void on_changed(void *ctx)
{
    struct reload *r = ctx;
    mock_input_begin(r->mock, MOCK_FILES_CHANGED, STR(""), NULL);
    reload_changed(r);
    mock_input_end(r->mock);
}

bool reload_watches(const struct reload *r)
{
    return r->watches;
}

void reload_use_loop(struct reload *r, struct loop *l)
{
    const struct mock *m = r->mock;
    struct error err = {0};
    r->loop = l;
    if (!m->options.watch)
        return;
    struct arena a = {0};
    struct include_files *files = arena_array(&a, struct include_files, m->fixture_count);
    for (size_t i = 0; i < m->fixture_count; i++)
        files[i] = m->fixtures[i]->files;
    if (!m->replays)
        r->watch = watch_new(l, on_changed, r, &err);
    r->watches = r->watch || m->replays;
    if (r->watches)
        watch_all(r, files, m->fixture_count);
    else
        log_cannot_watch(&err);
    r->next.requested = false; /* the fixtures have just been read */
    error_end(&err);
    arena_end(&a);
}

/* Without a loop the check runs in this process; it may leak memory if a file is invalid YAML. */
static void reload_in_process(struct reload *r, struct call *c, bool reset)
{
    struct reload_result *result = result_new(r->mock);
    struct arena a = {0};
    struct buf out = {.arena = &a};
    r->now.reset = reset;
    check(r, &out);
    apply_report(r, buf_str(&out), NULL, result);
    give_to_call(result, c);
    result_release(result);
    arena_end(&a);
}

void reload_ask(struct reload *r, struct call *c, bool reset, void (*then)(struct call *c))
{
    if (!r->loop || !c->exchange->reply) {
        reload_in_process(r, c, reset);
        then(c);
        return;
    }
    struct waiter *w = heap_new(sizeof *w);
    w->next = r->next.waiters;
    r->next.waiters = w;
    r->next.reset = r->next.reset || reset;
    call_suspend(c, &w->slot, then);
    request_round(r);
}
