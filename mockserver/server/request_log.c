#include "mockserver/server/request_log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/time.h"
#include "mockserver/provider_api/provider.h"

#define PENDING_MAX 65536
#define RETRY_US    INT64_C(20000)
#define LAST_MS     200 /* to write what is left at the end */
#define PATH_COLUMN 52

struct request_log {
    struct request_log_options options;
    struct loop *loop;
    int fd;   /* does not block, unless it is a file */
    bool own; /* close it */
    size_t n, dropped;
    bool torn;          /* a line was written in part, for example to a full disk */
    struct arena arena; /* of a line */
    char pending[PENDING_MAX];
};

/* A second description of the terminal or pipe, because O_NONBLOCK would also apply to the other programs that have the
 * first one. A file never blocks. */
static int open_without_blocking(int fd)
{
    struct stat is;
    char path[32];
    if (fstat(fd, &is) != 0 || !(S_ISFIFO(is.st_mode) || S_ISCHR(is.st_mode)))
        return -1;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* Ends the torn line, so that the next one is complete. Returns false if that is not possible yet. */
static bool end_torn(struct request_log *r)
{
    if (r->torn && write(r->fd, "\n", 1) == 1)
        r->torn = false;
    return !r->torn;
}

/* Returns false if the rest must be written later. */
static bool write_some(struct request_log *r)
{
    size_t done = 0;
    bool blocked = false;
    if (r->n && !end_torn(r))
        r->n = 0; /* nothing can be written */
    while (done < r->n && !blocked) {
        ssize_t n = write(r->fd, r->pending + done, r->n - done);
        if (n > 0)
            done += (size_t)n;
        else if (n < 0 && errno == EAGAIN)
            blocked = true;
        else if (n < 0 && errno != EINTR) {
            r->torn = done && r->pending[done - 1] != '\n';
            done = r->n; /* nobody reads it */
        }
    }
    memmove(r->pending, r->pending + done, r->n - done);
    r->n -= done;
    return !r->n;
}

static void append(struct request_log *r, struct str text)
{
    memcpy(r->pending + r->n, text.s, text.n);
    r->n += text.n;
}

static int64_t before_wait(void *ctx)
{
    struct request_log *r = ctx;
    char note[160], at[TIME_TEXT_MAX];
    if (r->n && !write_some(r))
        return RETRY_US;
    if (!r->dropped)
        return -1;
    size_t dropped = r->dropped;
    r->dropped = 0;
    if (r->options.json)
        (void)snprintf(note, sizeof note, "{\"time\":\"%s\",\"level\":\"warn\",\"event\":\"dropped\",\"calls\":%zu}\n",
                       time_millis(time_wall_ms(), at), dropped);
    else
        (void)snprintf(note, sizeof note, "warn: %zu calls are not shown, because the output is slow\n", dropped);
    append(r, str_from(note));
    return write_some(r) ? -1 : RETRY_US;
}

struct request_log *request_log_new(struct loop *l, const struct request_log_options *options)
{
    struct request_log *r = heap_new(sizeof *r);
    r->options = *options;
    r->loop = l;
    r->fd = open_without_blocking(options->fd);
    r->own = r->fd >= 0;
    if (!r->own)
        r->fd = options->fd;
    loop_before_wait(l, before_wait, r);
    return r;
}

void request_log_free(struct request_log *r)
{
    if (!r)
        return;
    loop_before_wait_end(r->loop, before_wait, r);
    struct pollfd ready = {.fd = r->fd, .events = POLLOUT};
    while (before_wait(r) >= 0 && poll(&ready, 1, LAST_MS) == 1)
        ;
    if (r->own)
        (void)close(r->fd);
    arena_end(&r->arena);
    heap_free(r);
}

/* --- a line --------------------------------------------------------------------------------- */

enum paint { PAINT_NONE, PAINT_DIM, PAINT_BOLD, PAINT_GOOD, PAINT_MOVED, PAINT_WARN, PAINT_BAD, PAINT_RULE };

static const char *const paints[] = {
    [PAINT_NONE] = "",          [PAINT_DIM] = "\x1b[2m",   [PAINT_BOLD] = "\x1b[1m", [PAINT_GOOD] = "\x1b[32m",
    [PAINT_MOVED] = "\x1b[36m", [PAINT_WARN] = "\x1b[33m", [PAINT_BAD] = "\x1b[31m", [PAINT_RULE] = "\x1b[35m",
};

static void put(const struct request_log *r, struct buf *b, enum paint paint, const char *text)
{
    bool painted = r->options.colour && paint != PAINT_NONE && *text;
    buf_text(b, painted ? paints[paint] : "");
    buf_text(b, text);
    buf_text(b, painted ? "\x1b[0m" : "");
}

static enum paint paint_of(int status)
{
    static const enum paint paints_of[] = {PAINT_BAD, PAINT_DIM, PAINT_GOOD, PAINT_MOVED, PAINT_WARN, PAINT_BAD};
    return status >= 100 && status < 600 ? paints_of[status / 100] : PAINT_BAD;
}

static const char *path_of(const struct call *c)
{
    if (c->logged.path)
        return c->logged.path;
    return c->route ? c->route->pattern : "(unknown)"; /* the client went while the call waited */
}

static const char *target_of(struct arena *a, const struct call *c)
{
    struct buf b = {.arena = a};
    buf_text(&b, path_of(c));
    for (size_t i = 0; i < c->logged.queries.count; i++)
        buf_printf(&b, "%s%s", i ? "&" : "?", c->logged.queries.items[i]);
    return buf_c(&b);
}

/* Of a rejected request: any bytes. */
static const char *method_of(struct arena *a, const struct call *c)
{
    struct buf b = {.arena = a};
    for (size_t i = 0; i < c->req->method.n && i < 16; i++) {
        char byte = c->req->method.s[i];
        if (byte <= ' ' || byte == 0x7f) /* a byte above 0x7f is negative */
            byte = '?';
        buf_byte(&b, byte);
    }
    return buf_c(&b);
}

static const char *duration_of(struct arena *a, int64_t us)
{
    if (us >= 1000000)
        return arena_printf(a, "%.2f s", (double)us / 1e6);
    return arena_printf(a, us >= 100000 ? "%.0f ms" : "%.1f ms", (double)us / 1e3);
}

static const char *list_of(struct arena *a, const struct texts *list)
{
    struct buf b = {.arena = a};
    for (size_t i = 0; i < list->count; i++)
        buf_printf(&b, "%s%s", i ? ", " : "", list->items[i]);
    return buf_c(&b);
}

/* Names of rules are the tester's text. */
static const char *printable(struct arena *a, const char *text)
{
    char *copy = arena_text(a, text);
    for (char *c = copy; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    return copy;
}

/* What a person should know besides the status; "": nothing. */
static const char *note_of(struct arena *a, const struct call *c, bool sent)
{
    if (!sent && c->res->cut != CUT_NONE)
        return "connection closed by a rule";
    if (!sent)
        return c->res->status ? "the client closed the connection" : "the client closed the connection first";
    if (c->fault == FAULT_UNIMPLEMENTED)
        return "not implemented in the mock";
    if (c->fault == FAULT_NO_ROUTE || c->fault == FAULT_METHOD)
        return arena_printf(a, "%s%s%s", c->fault == FAULT_METHOD ? "no such method" : "no such route",
                            c->trace.nearest.count ? "; nearest: " : "",
                            c->trace.nearest.count ? c->trace.nearest.items[0] : "");
    return c->fault && !c->scripted ? fault_texts[c->fault] : "";
}

static const char *local_time(struct arena *a)
{
    int64_t ms = time_wall_ms();
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts;
    char text[16] = "";
    if (localtime_r(&seconds, &parts))
        (void)strftime(text, sizeof text, "%H:%M:%S", &parts);
    return arena_printf(a, "%s.%03d", text, (int)(ms % 1000));
}

static void put_terminal(const struct request_log *r, struct arena *a, struct buf *b, const struct call *c, bool sent,
                         int64_t took_us)
{
    const char *rules = printable(a, list_of(a, &c->logged.rules)), *note = note_of(a, c, sent);
    bool usual = str_is(c->ns_name, "default");
    put(r, b, PAINT_DIM, local_time(a));
    put(r, b, paint_of(c->res->status), c->res->status ? arena_printf(a, "  %d  ", c->res->status) : "   -   ");
    put(r, b, PAINT_BOLD, arena_printf(a, "%-6s ", method_of(a, c)));
    put(r, b, PAINT_NONE, arena_printf(a, "%-*s ", PATH_COLUMN, target_of(a, c)));
    put(r, b, PAINT_DIM, arena_printf(a, "%8s", duration_of(a, took_us)));
    if (c->logged.in && *c->logged.in)
        put(r, b, usual ? PAINT_DIM : PAINT_MOVED, arena_printf(a, "  %s", c->logged.in));
    if (*rules)
        put(r, b, PAINT_RULE, arena_printf(a, "  rule %s", rules));
    if (*note)
        put(r, b, paint_of(c->res->status), arena_printf(a, "  %s", note));
}

static void put_plain(struct arena *a, struct buf *b, const struct call *c, bool sent, int64_t took_us, bool quiet)
{
    char at[TIME_TEXT_MAX];
    const char *rules = printable(a, list_of(a, &c->logged.rules)), *note = note_of(a, c, sent);
    buf_printf(b, "%s: %s %d %s %s %s namespace=%s", quiet ? "debug" : "info", time_millis(time_wall_ms(), at),
               c->res->status, method_of(a, c), target_of(a, c), duration_of(a, took_us),
               c->logged.in ? c->logged.in : "");
    if (*rules)
        buf_printf(b, " rules=\"%s\"", rules);
    if (*note)
        buf_printf(b, " note=\"%s\"", note);
}

static void put_list(struct json *w, const char *key, const struct texts *list)
{
    json_key_list(w, key);
    for (size_t i = 0; i < list->count; i++)
        json_text(w, list->items[i]);
    json_close_list(w);
}

static void put_json(struct arena *a, struct buf *b, const struct call *c, bool sent, int64_t took_us, bool quiet)
{
    char at[TIME_TEXT_MAX];
    struct json w = json_begin(b, 0);
    json_open_map(&w);
    json_put_text(&w, "time", time_millis(time_wall_ms(), at));
    json_put_text(&w, "level", quiet ? "debug" : "info");
    json_put_text(&w, "event", "call");
    json_put_text(&w, "method", method_of(a, c));
    json_put_text(&w, "path", path_of(c));
    put_list(&w, "query", &c->logged.queries);
    json_put_int(&w, "status", c->res->status);
    json_put_int(&w, "duration_us", took_us);
    json_put_text(&w, "namespace", c->logged.in);
    json_put_text(&w, "provider", c->provider ? c->provider->name : NULL);
    json_put_text(&w, "operation", c->route ? c->route->operation : NULL);
    json_put_text(&w, "request_id", c->request_id);
    json_put_text(&w, "fault", c->fault ? fault_texts[c->fault] : NULL);
    put_list(&w, "rules", &c->logged.rules);
    put_list(&w, "nearest", &c->trace.nearest);
    json_put_bool(&w, "sent", sent);
    json_close_map(&w);
}

/* A test that polls the admin API should not fill the log. */
static bool is_quiet(const struct call *c)
{
    bool reads = str_is(c->req->method, "GET") || str_is(c->req->method, "HEAD");
    return reads && c->provider && c->provider->role == PROVIDER_ADMIN && c->res->status < 400;
}

void request_log_add(struct request_log *r, const struct call *c, bool sent)
{
    bool quiet = is_quiet(c);
    if (quiet && !r->options.debug)
        return;
    int64_t took_us = time_monotonic_us() - c->exchange->arrived_us;
    struct arena *a = &r->arena;
    struct buf b = {.arena = a};
    if (r->options.json)
        put_json(a, &b, c, sent, took_us, quiet);
    else if (r->options.terminal)
        put_terminal(r, a, &b, c, sent, took_us);
    else
        put_plain(a, &b, c, sent, took_us, quiet);
    buf_byte(&b, '\n');
    if (r->n + b.n > PENDING_MAX - 200) /* room for the note about dropped lines */
        (void)write_some(r);
    if (r->n + b.n > PENDING_MAX - 200)
        r->dropped++;
    else
        append(r, buf_str(&b));
    arena_reset(a);
}
