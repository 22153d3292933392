#include "mockserver/namespaces/reload.h"

#include <string.h>

#include "base/child.h"
#include "base/heap.h"
#include "base/log.h"
#include "base/watch.h"
#include "mockserver/mock.h"

#define CHECK_LIMIT_US INT64_C(30000000)

struct asker {
    struct call *call; /* NULL: it is gone */
    struct asker *next;
};

struct round {
    struct asker *askers;
    bool wanted, reset;
};

struct reload {
    struct mock *mock;
    struct loop *loop;
    struct watch *watch; /* NULL: nobody watches, or a replay says what is seen */
    bool watches;
    struct child *child; /* NULL: nothing is being checked, or a replay says how that ends */
    bool checks;
    struct round now, next;
    struct include_files watched;
    struct arena arena; /* of what is watched */
};

struct reload *reload_new(struct mock *m)
{
    struct reload *r = heap_new(sizeof *r);
    r->mock = m;
    return r;
}

static void drop_askers(struct round *round)
{
    for (struct asker *next; round->askers; round->askers = next) {
        next = round->askers->next;
        heap_free(round->askers);
    }
}

void reload_free(struct reload *r)
{
    if (!r)
        return;
    child_free(r->child);
    watch_free(r->watch);
    drop_askers(&r->now);
    drop_askers(&r->next);
    arena_end(&r->arena);
    heap_free(r);
}

/* results */

static struct reload_result *result_new(const struct mock *m)
{
    struct reload_result *result = heap_new(sizeof *result);
    result->fixture_count = m->options.fixture_count;
    result->fixtures =
        arena_alloc(&result->arena, result->fixture_count * sizeof *result->fixtures);
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

static void hand_to(struct reload_result *result, struct call *c)
{
    result->holders++;
    c->own = arena_own(c->arena, result, result_release);
}

static void told(void *ctx, const struct namespace *ns, enum namespace_fate faults)
{
    struct reload_result *result = ctx;
    *arena_push(&result->arena, &result->worlds[faults], const char *) =
        arena_text(&result->arena, ns->name);
}

/* taking */

static void copy_files(struct arena *a, const struct include_files *from, struct include_files *to)
{
    for (size_t i = 0; i < from->count; i++)
        *arena_push(a, to, struct include_file) =
            (struct include_file){arena_text(a, from->items[i].path), from->items[i].hash};
}

/* A mistake here is one of time alone: the child found none a moment ago. */
static struct fixture *make(const struct fixture_report *report, const char *path,
                            struct error *err)
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

/* In the place of each fixture the one that its files now say; the same where they say the same. */
static bool make_all(const struct reload *r, const struct fixture_report *reports,
                     struct fixture **made, struct error *err)
{
    const struct mock *m = r->mock;
    bool ok = true;
    for (size_t i = 0; i < m->fixture_count; i++) {
        made[i] = include_same(&m->fixtures[i]->files, &reports[i].files)
                      ? fixture_hold(m->fixtures[i])
                      : make(&reports[i], m->options.fixtures[i], err);
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

static void log_change(const struct fixture *old, const struct fixture *f,
                       const struct reload_result *result)
{
    struct arena a = {0};
    struct buf paths = {.arena = &a};
    for (size_t i = 0; i < f->files.count; i++)
        if (!was_read(&old->files, &f->files.items[i]))
            buf_printf(&paths, "%s%s", paths.n ? ", " : "", f->files.items[i].path);
    log_line(LOG_INFO, "%s changed; worlds: %zu swapped, %zu keep their state, %zu reset",
             paths.n ? buf_c(&paths) : f->files.items[0].path, result->worlds[FATE_SWAPPED].count,
             result->worlds[FATE_KEPT].count, result->worlds[FATE_RESET].count);
    arena_end(&a);
}

static void take(struct reload *r, size_t i, struct fixture *f, struct reload_result *result)
{
    struct mock *m = r->mock;
    struct fixture *old = m->fixtures[i];
    bool changed = f != old;
    m->fixtures[i] = f;
    if (changed)
        mock_take_fixture(m, f);
    if (changed || r->now.reset)
        namespaces_refix(m->namespaces, old, f, r->now.reset, told, result);
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
    log_line(LOG_ERROR, "the fixtures stay as they were");
    arena_end(&a);
}

static bool knows(const struct include_files *files, const char *path)
{
    for (size_t i = 0; i < files->count; i++)
        if (strcmp(files->items[i].path, path) == 0)
            return true;
    return false;
}

/* What was not watched when it was read is read once more. */
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
        more = more || !knows(&r->watched, paths[i]);
    }
    if (r->watch && !watch_files(r->watch, paths, all.count, &err))
        log_line(LOG_WARN, "%s; POST /__admin/reload looks at the fixtures", err.first->text);
    r->next.wanted = r->next.wanted || more;
    error_end(&err);
    arena_end(&r->arena);
    r->watched = all;
    r->arena = a;
}

static void look_through(struct reload *r, struct str out, const char *why,
                         struct reload_result *result)
{
    const struct mock *m = r->mock;
    size_t count = m->options.fixture_count;
    struct fixture_report *reports = arena_array(&result->arena, struct fixture_report, count);
    struct fixture **made = arena_array(&result->arena, struct fixture *, count);
    struct include_files *files = arena_array(&result->arena, struct include_files, count);
    if (why)
        error_add(&result->problems, ERROR_SYSTEM, (struct where){0},
                  "the fixtures could not be checked: %s", why);
    bool ok = !why &&
              fixtures_read_report(&result->arena, out, count, reports, &result->problems,
                                   &result->problems) &&
              !error_any(&result->problems) && make_all(r, reports, made, &result->problems);
    for (size_t i = 0; i < count; i++) {
        result->fixtures[i].path = m->options.fixtures[i];
        result->fixtures[i].files = files[i] = reports[i].files;
        if (ok)
            take(r, i, made[i], result);
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

/* The call is about no single world: that its own began anew does not end it. */
static void respond(const struct reload *r, struct call *c, struct reload_result *result)
{
    const struct namespace *ns = namespaces_find(r->mock->namespaces, c->ns_name);
    if (ns)
        c->generation = ns->generation;
    hand_to(result, c);
    call_wake_now(c);
}

static void begin_round(struct reload *r);

void reload_checked(struct reload *r, struct str report, const char *why)
{
    struct reload_result *result = result_new(r->mock);
    r->checks = false;
    look_through(r, report, why, result);
    for (const struct asker *a = r->now.askers; a; a = a->next)
        if (a->call)
            respond(r, a->call, result);
    drop_askers(&r->now);
    result_release(result);
    if (r->next.wanted)
        begin_round(r);
}

static void end_check(void *ctx, struct str out, const char *why)
{
    struct reload *r = ctx;
    r->child = NULL;
    mock_enters(r->mock, MOCK_FILES_CHECKED, out, why);
    reload_checked(r, out, why);
    mock_entered(r->mock);
}

static void begin_round(struct reload *r)
{
    const struct child_work work = {
        .run = check, .ended = end_check, .ctx = r, .limit_us = CHECK_LIMIT_US};
    r->now = r->next;
    r->next = (struct round){0};
    r->checks = true;
    if (!r->mock->replays)
        r->child = child_new(r->loop, &work);
}

static void want_round(struct reload *r)
{
    r->next.wanted = true;
    if (!r->checks)
        begin_round(r);
}

void reload_changed(struct reload *r)
{
    want_round(r);
}

static void changed(void *ctx)
{
    struct reload *r = ctx;
    mock_enters(r->mock, MOCK_FILES_CHANGED, STR(""), NULL);
    reload_changed(r);
    mock_entered(r->mock);
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
        r->watch = watch_new(l, changed, r, &err);
    r->watches = r->watch || m->replays;
    if (r->watches)
        watch_all(r, files, m->fixture_count);
    else
        log_line(LOG_WARN, "%s; POST /__admin/reload looks at the fixtures", err.first->text);
    r->next.wanted = false; /* they were read just now */
    error_end(&err);
    arena_end(&a);
}

/* In-process nobody waits, and nobody minds what leaks. */
static void look_at_once(struct reload *r, struct call *c, bool reset)
{
    struct reload_result *result = result_new(r->mock);
    struct arena a = {0};
    struct buf out = {.arena = &a};
    r->now.reset = reset;
    check(r, &out);
    look_through(r, buf_str(&out), NULL, result);
    hand_to(result, c);
    result_release(result);
    arena_end(&a);
}

void reload_ask(struct reload *r, struct call *c, bool reset, void (*then)(struct call *c))
{
    if (!r->loop || !c->exchange->reply) {
        look_at_once(r, c, reset);
        then(c);
        return;
    }
    struct asker *a = heap_new(sizeof *a);
    a->next = r->next.askers;
    r->next.askers = a;
    r->next.reset = r->next.reset || reset;
    call_suspend(c, &a->call, then);
    want_round(r);
}
