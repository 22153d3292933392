#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "base/loop.h"
#include "base/time.h"
#include "conformance/prove/play.h"
#include "conformance/run/mock.h"

/* The parent sends numbers of entries, one per line; a worker responds to each with one line of JSON: a judgement, or
 * the problems of the entry. The number UNCHANGED is the unchanged mock; every worker plays it first. */
#define UNCHANGED  (-1)
#define READ_BYTES 65536

struct worker {
    struct workers *all;
    struct mock *mock;
    pid_t pid;
    int to, from; /* pipes; from -1: it has ended */
    int64_t playing;
    struct buf line;
};

struct workers {
    struct arena *arena;
    struct proof *proof;
    const size_t *chosen;
    size_t count, next, done, bad;
    const struct prove_options *options;
    struct loop *loop;
    struct worker *items;
    size_t worker_count;
    struct error *err;
};

/* --- a worker ----------------------------------------------------------------------------- */

static void put_problems(struct json *w, const struct error *err)
{
    json_key_list(w, "problems");
    for (const struct problem *p = err->first; p; p = p->next) {
        json_open_map(w);
        json_put_int(w, "kind", p->kind);
        json_put_text(w, "file", p->at.file);
        json_put_int(w, "line", p->at.line);
        json_put_int(w, "column", p->at.column);
        json_put_text(w, "text", p->text);
        json_close_map(w);
    }
    json_close_list(w);
}

static bool write_all(int fd, struct str text)
{
    while (text.n) {
        ssize_t n = write(fd, text.s, text.n);
        if (n < 0 && errno != EINTR)
            return false;
        text = str_skip(text, n > 0 ? (size_t)n : 0);
    }
    return true;
}

static bool reply(int fd, int64_t number, const struct entry *e, const struct judgement *j, const struct error *err)
{
    struct arena a = {0};
    struct buf out = {.arena = &a};
    struct json w = json_begin(&out, 0);
    json_open_map(&w);
    json_put_int(&w, "number", number);
    if (error_any(err))
        put_problems(&w, err);
    else
        judgement_write(&w, e, j);
    json_close_map(&w);
    buf_byte(&out, '\n');
    bool sent = write_all(fd, buf_str(&out));
    arena_end(&a);
    return sent;
}

static _Noreturn void worker_main(const struct worker *w, int in, int out)
{
    const struct proof *proof = w->all->proof;
    struct arena a = {0};
    struct error problems = {0};
    struct player *p = player_new(&a, proof, mock_url(w->mock), &problems);
    FILE *numbers = fdopen(in, "r");
    char text[32];
    bool ok = p && numbers;
    while (ok && fgets(text, sizeof text, numbers)) {
        int64_t number = UNCHANGED;
        struct arena of_entry = {0};
        struct judgement j;
        struct error err = {0};
        (void)str_to_int(str_trim(str_from(text)), &number);
        const struct entry *e = number == UNCHANGED ? NULL : &proof->entries.items[number];
        if (e)
            (void)player_play(p, &of_entry, e, &j, &err);
        else
            (void)player_check_unchanged(p, &a, &j, &err);
        ok = reply(out, number, e, &j, &err);
        error_end(&err);
        arena_end(&of_entry);
    }
    _exit(ok ? 0 : 1);
}

/* --- starting and ending ------------------------------------------------------------------- */

/* Closes the other workers' pipes: a worker ends when its own is closed, and the parent must see it end. */
static void close_others(const struct workers *all)
{
    for (size_t i = 0; i < all->worker_count; i++)
        if (all->items[i].pid) {
            close(all->items[i].to);
            close(all->items[i].from);
        }
}

static bool start_worker(struct workers *all, struct worker *w)
{
    int in[2], out[2];
    pid_t parent = getpid();
    if (pipe(in) != 0)
        return false;
    if (pipe(out) != 0) {
        close(in[0]);
        close(in[1]);
        return false;
    }
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
        close_others(all);
        close(in[1]);
        close(out[0]);
        worker_main(w, in[0], out[1]);
    }
    close(in[0]);
    close(out[1]);
    w->pid = pid > 0 ? pid : 0;
    w->to = in[1];
    w->from = out[0];
    if (pid < 0) {
        close(w->to);
        close(w->from);
    }
    return pid > 0;
}

static bool start_workers(struct workers *all)
{
    for (size_t i = 0; i < all->worker_count; i++) {
        all->items[i] = (struct worker){.all = all, .from = -1, .line = {.arena = all->arena}};
        all->items[i].mock = mock_start(all->arena, all->options->mock_binary, all->proof->target->fixture, all->err);
        if (!all->items[i].mock)
            return false;
    }
    for (size_t i = 0; i < all->worker_count; i++)
        if (!start_worker(all, &all->items[i]))
            return error_add(all->err, ERROR_TARGET, (struct where){0}, "a worker cannot be started: %s",
                             strerror(errno));
    return true;
}

static void end_worker(struct worker *w)
{
    if (!w->pid)
        return;
    kill(w->pid, SIGKILL);
    close(w->to);
    close(w->from);
    while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    w->pid = 0;
}

static void end_workers(struct workers *all)
{
    for (size_t i = 0; i < all->worker_count; i++)
        end_worker(&all->items[i]);
    for (size_t i = 0; i < all->worker_count; i++)
        mock_stop(all->items[i].mock);
}

/* --- the parent --------------------------------------------------------------------------- */

static void send_number(struct worker *w, int64_t number)
{
    struct arena a = {0};
    w->playing = number;
    (void)write_all(w->to, str_from(arena_printf(&a, "%lld\n", (long long)number))); /* its end is seen when reading */
    arena_end(&a);
}

static void show_progress(const struct workers *all)
{
    if (all->options->progress)
        all->options->progress(all->options->progress_ctx, all->done, all->count, all->bad);
}

static void send_next(struct worker *w)
{
    struct workers *all = w->all;
    w->playing = UNCHANGED;
    if (all->next < all->count)
        send_number(w, (int64_t)all->chosen[all->next++]);
    else if (all->done == all->count)
        loop_stop(all->loop);
}

static int64_t integer_of(const struct node *map, const char *key)
{
    const struct node *n = node_get(map, key);
    return n && n->kind == NODE_INT ? n->integer : 0;
}

/* A problem of a run has no place: it gets that of the entry; `e` is NULL for the unchanged mock. */
static void take_problems(struct workers *all, const struct entry *e, const struct node *problems)
{
    for (size_t i = 0; i < node_count(problems); i++) {
        const struct node *p = node_at(problems, i);
        struct where at = {node_get_text(p, "file"), (int)integer_of(p, "line"), (int)integer_of(p, "column")};
        const char *text = node_get_text(p, "text");
        enum error_kind kind = (enum error_kind)integer_of(p, "kind");
        if (at.file || !e)
            error_add(all->err, kind, at, "%s", text ? text : "");
        else
            error_add(all->err, kind, e->at, "'%s': %s", e->name, text ? text : "");
    }
}

/* A refused entry does not stop the others, so that all mistakes are reported; any other problem does. */
static void take_line(struct worker *w, struct str line)
{
    struct workers *all = w->all;
    const struct node *map = json_parse(all->arena, line, "worker", NULL);
    const struct node *problems = node_get(map, "problems");
    int64_t number = map ? integer_of(map, "number") : w->playing;
    const struct entry *e = number == UNCHANGED ? NULL : &all->proof->entries.items[number];
    take_problems(all, e, problems);
    if (!e) {
        if (problems)
            loop_stop(all->loop);
        else
            send_next(w);
        return;
    }
    struct judgement *j = &all->proof->judgements[number];
    if (!problems && !judgement_read(all->arena, e, map, j)) {
        error_add(all->err, ERROR_TARGET, e->at, "'%s': a worker's result cannot be read", e->name);
        loop_stop(all->loop);
        return;
    }
    all->done++;
    all->bad += problems || !j->good;
    all->proof->played += !problems;
    show_progress(all);
    if (problems && integer_of(node_at(problems, 0), "kind") != ERROR_INPUT)
        loop_stop(all->loop);
    else
        send_next(w);
}

static const char *end_text(struct arena *a, int status)
{
    return WIFSIGNALED(status) ? arena_printf(a, "signal %d", WTERMSIG(status))
                               : arena_printf(a, "status %d", WEXITSTATUS(status));
}

static void on_end(struct worker *w)
{
    struct workers *all = w->all;
    const struct entry *e = w->playing == UNCHANGED ? NULL : &all->proof->entries.items[w->playing];
    int status = 0;
    loop_unwatch(all->loop, w->from);
    while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
        ;
    close(w->to);
    close(w->from);
    w->pid = 0;
    error_add(all->err, ERROR_TARGET, e ? e->at : (struct where){0}, "a worker ended with %s while it played %s%s%s",
              end_text(all->arena, status), e ? "'" : "the unchanged mock", e ? e->name : "", e ? "'" : "");
    loop_stop(all->loop);
}

static void on_output(void *ctx, int fd, int events)
{
    (void)events;
    struct worker *w = ctx;
    char bytes[READ_BYTES];
    ssize_t n = read(fd, bytes, sizeof bytes);
    if (n < 0 && errno == EINTR)
        return;
    if (n <= 0) {
        on_end(w);
        return;
    }
    buf_add(&w->line, str_of(bytes, (size_t)n));
    struct str rest = buf_str(&w->line);
    while (str_find(rest, '\n') < rest.n)
        take_line(w, str_cut(&rest, '\n'));
    w->line = (struct buf){.arena = w->all->arena};
    buf_add(&w->line, rest);
}

static void on_signal(void *ctx, int signal)
{
    (void)signal;
    struct workers *all = ctx;
    all->proof->interrupted = true;
    loop_stop(all->loop);
}

static size_t processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (size_t)n : 1;
}

bool workers_run(struct arena *a, struct proof *p, const size_t *chosen, size_t count,
                 const struct prove_options *options, struct error *err)
{
    size_t before = err->count;
    size_t wanted = options->workers > 0 ? (size_t)options->workers : processors();
    struct workers all = {.arena = a,
                          .proof = p,
                          .chosen = chosen,
                          .count = count,
                          .options = options,
                          .worker_count = wanted < count ? wanted : count,
                          .err = err};
    int64_t began_us = time_monotonic_us();
    all.items = arena_array(a, struct worker, all.worker_count);
    if (start_workers(&all)) {
        all.loop = loop_new();
        loop_signal(all.loop, SIGINT, on_signal, &all);
        loop_signal(all.loop, SIGTERM, on_signal, &all);
        for (size_t i = 0; i < all.worker_count; i++) {
            loop_watch(all.loop, all.items[i].from, LOOP_READ, on_output, &all.items[i]);
            send_number(&all.items[i], UNCHANGED);
        }
        loop_run(all.loop);
        loop_free(all.loop);
    }
    end_workers(&all);
    p->duration_us = time_monotonic_us() - began_us;
    return err->count == before && !p->interrupted;
}
