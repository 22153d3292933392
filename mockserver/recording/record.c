#include "mockserver/recording/record.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/log.h"
#include "base/time.h"
#include "mockserver/provider_api/call.h"
#include "mockserver/recording/lines.h"
#include "mockserver/recording/timers.h"
#include "mockserver/runtime/suspend.h"

struct recorder {
    const char *path;
    FILE *file;       /* NULL: not open yet, or writing has failed */
    bool runs;        /* log write errors, because no caller gets them */
    const char *why;  /* why writing failed; NULL: no failure */
    struct buf early; /* outputs from before the file is open */
    struct arena arena, line;
    struct mock *mock;
    struct timers *timers;
    struct time_held before; /* state of the clocks before hold_clocks */
    struct timestamp started;
    uint64_t calls, changes, checks;
};

struct tap { /* the recorder's data of an exchange */
    struct recorder *recorder;
    uint64_t number;
    void (*reply)(struct exchange *x);
};

/* Stops recording after a write error, because a recording with a gap cannot be replayed. */
static void stop_recording(struct recorder *r)
{
    r->why = arena_text(&r->arena, strerror(errno));
    if (r->runs)
        log_line(LOG_ERROR, "%s: %s; recording stopped, the mock continues", r->path, r->why);
    if (r->file)
        (void)fclose(r->file);
    r->file = NULL;
}

static void put(struct recorder *r, const struct buf *line)
{
    if (r->file && line->n) {
        if (fwrite(line->data, 1, line->n, r->file) != line->n)
            stop_recording(r);
    } else if (!r->file && !r->why) {
        buf_add(&r->early, buf_str(line));
    }
    arena_reset(&r->line);
}

static struct timestamp hold_clocks(struct recorder *r)
{
    const struct timestamp at = {time_wall_ms(), time_monotonic_us()};
    r->before = time_hold(at.wall_ms, at.monotonic_us);
    return at;
}

/* Called after each input, so that the file has all complete inputs even if the mock is killed. */
static void flush(struct recorder *r)
{
    if (r->file && fflush(r->file) == EOF)
        stop_recording(r);
}

static void release_clocks(void *recorder)
{
    struct recorder *r = recorder;
    time_release(r->before);
    flush(r);
}

/* inputs */

static void record_timer(void *recorder, uint64_t number)
{
    struct recorder *r = recorder;
    struct buf line = {.arena = &r->line};
    line_brief(&line, INPUT_TIMER, number, hold_clocks(r));
    put(r, &line);
}

static void record_delivery_result(void *recorder, uint64_t number, int status, const char *error)
{
    struct recorder *r = recorder;
    struct buf line = {.arena = &r->line};
    line_delivery_result(&line, number, hold_clocks(r), status, error);
    put(r, &line);
}

static void record_entry(void *recorder, enum mock_input what, struct str text, const char *why)
{
    struct recorder *r = recorder;
    struct buf line = {.arena = &r->line};
    switch (what) {
    case MOCK_FILES_CHANGED:
        line_reload(&line, INPUT_CHANGED, ++r->changes, hold_clocks(r), text, why);
        break;
    case MOCK_FILES_CHECKED:
        line_reload(&line, INPUT_CHECKED, ++r->checks, hold_clocks(r), text, why);
        break;
    }
    put(r, &line);
}

static void record_response(struct exchange *x)
{
    const struct tap *s = x->reply_own;
    struct buf line = {.arena = &s->recorder->line};
    line_response(&line, s->number, &x->response);
    put(s->recorder, &line);
    s->reply(x);
}

static void record_call(struct recorder *r, struct exchange *x, struct input *in)
{
    struct tap *s = arena_new(&x->arena, struct tap);
    *s = (struct tap){r, ++r->calls, x->reply};
    x->reply = record_response;
    x->reply_own = s;
    in->number = (int64_t)s->number;
    in->at = hold_clocks(r);
    in->arrived_us = x->arrived_us;
    in->request = x->request;
    struct buf line = {.arena = &r->line};
    line_call(&line, in);
    put(r, &line);
}

void recorder_handle(void *recorder, struct exchange *x)
{
    struct recorder *r = recorder;
    record_call(r, x, &(struct input){0});
    mock_handle(r->mock, x);
    release_clocks(r);
}

void recorder_handle_admin(void *recorder, struct exchange *x)
{
    struct recorder *r = recorder;
    record_call(r, x, &(struct input){.admin = true});
    mock_handle_admin(r->mock, x);
    release_clocks(r);
}

/* The server sends the response of a rejected request without calling reply. */
void recorder_refuse(void *recorder, struct exchange *x, int status, const char *why)
{
    struct recorder *r = recorder;
    record_call(r, x, &(struct input){.status = status, .why = why});
    mock_refuse(r->mock, x, status, why);
    struct buf line = {.arena = &r->line};
    line_response(&line, r->calls, &x->response);
    put(r, &line);
    release_clocks(r);
}

/* A response that was sent completely does not affect the mock, so it needs no line. */
void recorder_done(void *recorder, struct exchange *x, bool sent)
{
    struct recorder *r = recorder;
    const struct tap *s = x->reply_own;
    bool is_input = !sent || call_is_suspended(x->user) || x->response.stream.next;
    struct buf line = {.arena = &r->line};
    if (is_input) {
        line_brief(&line, INPUT_CLIENT_CLOSED, s->number, hold_clocks(r));
        put(r, &line);
    }
    mock_done(r->mock, x, sent);
    if (is_input)
        release_clocks(r);
}

bool recorder_admit(void *recorder, const struct request *r)
{
    return mock_admit(((struct recorder *)recorder)->mock, r);
}

bool recorder_admit_admin(void *recorder, const struct request *r)
{
    return mock_admit_admin(((struct recorder *)recorder)->mock, r);
}

bool recorder_urgent(void *recorder, const struct request *r)
{
    return mock_urgent(((struct recorder *)recorder)->mock, r);
}

/* outputs other than responses */

static void record_delivery(void *recorder, uint64_t number, const struct deliver_request *request)
{
    struct recorder *r = recorder;
    struct buf line = {.arena = &r->line};
    line_delivery(&line, number, request);
    put(r, &line);
}

/* start and end */

struct recorder *recorder_new(const char *path)
{
    struct recorder *r = heap_new(sizeof *r);
    r->path = path;
    r->early.arena = &r->arena;
    r->started = hold_clocks(r);
    return r;
}

void recorder_use_loop(struct recorder *r, struct mock *m, struct loop *l)
{
    r->mock = m;
    r->timers = timers_new(l, &(struct timers_watcher){record_timer, release_clocks, r});
    m->timers = timers_for_mock(r->timers);
    m->observer = (struct mock_observer){record_entry, release_clocks, r};
    deliver_watch(m->deliver, &(struct deliver_watcher){record_delivery, record_delivery_result, release_clocks, r});
    mock_use_loop(m, l);
    time_release(r->before);
}

/* Only the owner can read the file, because it contains API keys and tokens. */
static FILE *open_private(const char *path)
{
    struct stat is;
    int fd = file_open_to_write(path, O_TRUNC, S_IRUSR | S_IWUSR);
    if (fd < 0)
        return NULL;
    if (fstat(fd, &is) == 0 && S_ISREG(is.st_mode))
        (void)fchmod(fd, S_IRUSR | S_IWUSR);
    FILE *file = fdopen(fd, "w");
    if (!file)
        close(fd);
    return file;
}

static bool write_header(struct recorder *r, struct error *err)
{
    struct buf line = {.arena = &r->line};
    size_t bad;
    const char *why;
    recording_header_write(&line, r->mock, r->started);
    if (!json_check(str_head(buf_str(&line), line.n - 1), &bad, &why))
        return error_add(err, ERROR_INPUT, (struct where){.file = r->path},
                         "cannot record these fixtures, a replay could not read them: %s", why);
    put(r, &line);
    put(r, &r->early);
    flush(r);
    r->runs = !r->why;
    return r->runs || error_add(err, ERROR_SYSTEM, (struct where){.file = r->path}, "%s", r->why);
}

bool recorder_open(struct recorder *r, struct error *err)
{
    r->file = open_private(r->path);
    if (!r->file)
        return error_add(err, ERROR_SYSTEM, (struct where){.file = r->path}, "%s", file_why(errno));
    return write_header(r, err);
}

bool recorder_close(struct recorder *r, struct error *err)
{
    r->runs = false;
    if (r->file) {
        struct buf line = {.arena = &r->line};
        line_brief(&line, INPUT_END, r->calls, hold_clocks(r));
        put(r, &line);
        release_clocks(r);
    }
    if (r->file && fclose(r->file) == EOF) {
        r->file = NULL;
        stop_recording(r);
    }
    r->file = NULL;
    return !r->why ||
           error_add(err, ERROR_SYSTEM, (struct where){.file = r->path}, "the recording is incomplete: %s", r->why);
}

void recorder_free(struct recorder *r)
{
    if (!r)
        return;
    if (r->file)
        (void)fclose(r->file);
    timers_free(r->timers);
    arena_end(&r->line);
    arena_end(&r->arena);
    heap_free(r);
}
