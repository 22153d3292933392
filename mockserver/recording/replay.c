#include "mockserver/recording/replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/diff.h"
#include "base/file.h"
#include "base/json.h"
#include "base/time.h"
#include "mockserver/provider_api/call.h"
#include "mockserver/recording/lines.h"
#include "mockserver/recording/timers.h"
#include "mockserver/runtime/reload.h"
#include "mockserver/server/mock_server.h"

#define EXCERPT_MAX_BYTES 200
#define CONTEXT_BYTES     20 /* before the first byte that differs */

static void add_finding(struct arena *a, struct findings *out, const char *place, const char *recorded,
                        const char *replayed)
{
    *arena_push(a, out, struct finding) = (struct finding){place, recorded, replayed};
}

/* Makes a map of the headers. The values of a repeated header are joined with \n. */
static const struct node *headers_by_name(struct arena *a, const struct node *list)
{
    const struct node *map = node_new_map(a, NULL, 0);
    for (size_t i = 0; i < node_count(list); i++) {
        const char *name = node_text(node_at(node_at(list, i), 0));
        const struct node *value = node_at(node_at(list, i), 1);
        const struct node *before = name ? node_get(map, name) : NULL;
        if (!name || !value)
            continue;
        if (node_text(before) && node_text(value))
            value = node_new_text(a, str_from(arena_printf(a, "%s\n%s", node_text(before), node_text(value))));
        map = node_with(a, map, name, value);
    }
    return map;
}

/* Makes the line comparable: headers as a map, a JSON body as JSON. */
static const struct node *view(struct arena *a, const struct node *line)
{
    const struct node *headers = node_get(line, "headers"), *body = node_get(line, "body");
    const struct node *json = body && body->kind == NODE_TEXT ? json_parse(a, body->text, "body", NULL) : NULL;
    if (headers)
        line = node_with(a, line, "headers", headers_by_name(a, headers));
    return json ? node_with(a, line, "body", json) : line;
}

static const char *print_value(struct arena *a, const struct node *n)
{
    return n ? json_print_short(a, n, EXCERPT_MAX_BYTES) : NULL;
}

static const char *excerpt(struct arena *a, struct str text, size_t from)
{
    struct str part = str_head(str_skip(text, from), EXCERPT_MAX_BYTES);
    struct buf b = {.arena = a};
    struct json w = json_begin(&b, 0);
    json_str(&w, part);
    return buf_c(&b);
}

/* Finds the first byte that differs between bodies that are equal as JSON. */
static void find_byte(struct arena *a, struct str x, struct str y, struct findings *out)
{
    size_t at = 0;
    while (at < x.n && at < y.n && x.s[at] == y.s[at])
        at++;
    size_t from = at > CONTEXT_BYTES ? at - CONTEXT_BYTES : 0;
    add_finding(a, out, arena_printf(a, "/body, byte %zu", at), excerpt(a, x, from), excerpt(a, y, from));
}

/* Finds a difference in header order or in bytes, for lines that are otherwise equal. */
static void find_bytes(struct arena *a, const struct node *x, const struct node *y, struct findings *out)
{
    const struct node *one = node_get(x, "headers"), *other = node_get(y, "headers");
    if (one && other && !node_equal(one, other))
        add_finding(a, out, "/headers", print_value(a, one), print_value(a, other));
    one = node_get(x, "body");
    other = node_get(y, "body");
    if (node_text(one) && node_text(other) && !str_eq(one->text, other->text))
        find_byte(a, one->text, other->text, out);
}

/* Compares two lines of a recording. Adds no finding if they are equal. Lines that are not JSON are compared as a
 * whole. */
static void diff_find(struct arena *a, struct str recorded, struct str replayed, struct findings *out)
{
    if (str_eq(recorded, replayed))
        return;
    const struct node *x = json_parse(a, recorded, "recorded", NULL);
    const struct node *y = json_parse(a, replayed, "replayed", NULL);
    if (!x || !y) {
        add_finding(a, out, "", excerpt(a, recorded, 0), excerpt(a, replayed, 0));
        return;
    }
    struct diff d = {0};
    diff_nodes(a, view(a, x), view(a, y), &d);
    for (size_t i = 0; i < d.count; i++)
        add_finding(a, out, d.items[i].pointer, print_value(a, d.items[i].expected), print_value(a, d.items[i].actual));
    out->more = d.more;
    if (!d.count)
        find_bytes(a, x, y, out);
}

#define CLIENT_CLOSED "{\"client_closed\":" /* the start of such a line */

struct replayed_call {
    struct exchange x; /* must be first: the mock's pointer to it is cast to this struct */
    struct player *player;
    uint64_t number;
    const char *about;
    bool responded;
    bool closed_by_client; /* a later line ends it; it must not end before */
    struct replayed_call *next, *previous;
};

struct output { /* an output that is not compared yet */
    const char *kind, *about;
    uint64_t number;
    struct str line;
    struct output *next;
};

struct player {
    const char *path;
    FILE *file;
    struct {
        uint64_t *items;
        size_t count, room;
    } closed;   /* the calls that a client_closed line ends; ascending */
    char *text; /* the current line */
    size_t text_room;
    struct arena arena; /* of the header */
    struct arena input; /* of the outputs that the last input caused */
    struct output *first, *last;
    struct loop *loop; /* never run, so that nothing but the recorded inputs happens */
    struct timers *timers;
    struct mock *mock;
    struct replayed_call *calls; /* that have not ended */
    bool all, over;
    struct arena *to; /* of the result */
    struct replay *out;
};

/* differences */

static struct replay_difference *add_difference(struct player *p, const char *kind, uint64_t number, const char *about)
{
    struct replay_difference *d = arena_push(p->to, &p->out->differences, struct replay_difference);
    *d = (struct replay_difference){
        .line = p->out->lines,
        .kind = kind,
        .number = number,
        .about = about ? arena_text(p->to, about) : NULL,
    };
    p->over = !p->all;
    return d;
}

/* Adds the difference of a recorded output that the replay does not have. */
static void add_missing(struct player *p, struct str line)
{
    bool response = str_starts(line, STR("{\"response\":"));
    int64_t number = 0;
    struct str rest = str_skip(line, str_find(line, ':') + 1);
    str_to_int(str_head(rest, str_find(rest, ',')), &number);
    add_difference(p, response ? "call" : "delivery", (uint64_t)number, NULL)->text =
        response ? "has a response here in the recording, not in the replay"
                 : "is sent here in the recording, not in the replay";
}

static bool compare(struct player *p, struct str line, struct error *err)
{
    struct arena a = {0};
    const struct node *n = json_parse(&a, line, p->path, err);
    bool ok = n && line_check_output(&a, n, err);
    arena_end(&a);
    const struct output *o = p->first;
    if (!ok || !o) {
        if (ok)
            add_missing(p, line);
        return ok;
    }
    p->first = o->next;
    p->out->responses += str_starts(line, STR("{\"response\":"));
    struct findings findings = {0};
    diff_find(p->to, line, o->line, &findings);
    if (findings.count)
        add_difference(p, o->kind, o->number, o->about)->findings = findings;
    return true;
}

/* Reports the outputs that the recording does not have. Called before the next input, and at the end. */
static void report_extra_outputs(struct player *p)
{
    for (const struct output *o = p->first; o && !p->over; o = o->next)
        add_difference(p, o->kind, o->number, o->about)->text =
            strcmp(o->kind, "call") ? "is sent here in the replay, not in the recording"
                                    : "has a response here in the replay, not in the recording";
    p->first = p->last = NULL;
    arena_reset(&p->input);
}

/* outputs */

static void add_output(struct player *p, struct output output, const struct buf *line)
{
    struct output *o = arena_copy(&p->input, &output, sizeof output);
    o->about = arena_text(&p->input, output.about);
    o->line = str_head(buf_str(line), line->n - 1);
    *(p->first ? &p->last->next : &p->first) = o;
    p->last = o;
}

static void add_response(struct replayed_call *c)
{
    struct buf line = {.arena = &c->player->input};
    line_response(&line, c->number, &c->x.response);
    add_output(c->player, (struct output){.kind = "call", .about = c->about, .number = c->number}, &line);
    c->responded = true;
}

static void reply(struct exchange *x)
{
    add_response((struct replayed_call *)x);
}

static void add_delivery(void *player, uint64_t number, const struct deliver_request *r)
{
    struct player *p = player;
    struct buf line = {.arena = &p->input};
    line_delivery(&line, number, r);
    p->out->deliveries++;
    add_output(p, (struct output){.kind = "delivery", .about = r->url, .number = number}, &line);
}

/* inputs */

static void end_call(struct replayed_call *c, bool sent)
{
    mock_done(c->player->mock, &c->x, sent);
    *(c->previous ? &c->previous->next : &c->player->calls) = c->next;
    if (c->next)
        c->next->previous = c->previous;
    arena_end(&c->x.arena);
    heap_free(c);
}

static void end_responded(struct player *p)
{
    for (struct replayed_call *c = p->calls, *next; c; c = next) {
        next = c->next;
        if (c->responded && !c->closed_by_client && !c->x.response.stream.next)
            end_call(c, true);
    }
}

static int by_number(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* Takes ownership of the arena `a`, which has the request. */
static struct replayed_call *begin_call(struct player *p, const struct input *in, struct arena *a)
{
    struct replayed_call *c = heap_new(sizeof *c);
    c->player = p;
    c->number = (uint64_t)in->number;
    c->closed_by_client =
        p->closed.count && bsearch(&c->number, p->closed.items, p->closed.count, sizeof *p->closed.items, by_number);
    c->about = arena_printf(a, STR_FMT " " STR_FMT, STR_ARG(in->request.method), STR_ARG(in->request.target));
    c->x = (struct exchange){
        .arena = *a,
        .request = in->request,
        .reply = reply,
        .arrived_us = in->arrived_us,
    };
    *a = (struct arena){0};
    c->next = p->calls;
    if (p->calls)
        p->calls->previous = c;
    p->calls = c;
    p->out->calls++;
    return c;
}

static void on_call(struct player *p, const struct input *in, struct arena *a)
{
    const char *why = in->why ? in->why : "";
    struct replayed_call *c = begin_call(p, in, a);
    if (in->status) {
        c->x.response.status = (int)in->status;
        mock_refuse(p->mock, &c->x, (int)in->status, why);
        add_response(c);
    } else if (in->admin) {
        mock_handle_admin(p->mock, &c->x);
    } else {
        mock_handle(p->mock, &c->x);
    }
}

static void on_client_closed(struct player *p, const struct input *in, struct arena *a)
{
    (void)a;
    struct replayed_call *c = p->calls;
    while (c && c->number != (uint64_t)in->number)
        c = c->next;
    if (c)
        end_call(c, false);
    else
        add_difference(p, "call", (uint64_t)in->number, NULL)->text =
            "is closed here by its client in the recording, has already ended in the replay";
}

static void on_timer(struct player *p, const struct input *in, struct arena *a)
{
    (void)a;
    p->out->timers++;
    if (!timers_fire(p->timers, (uint64_t)in->number))
        add_difference(p, "timer", (uint64_t)in->number, NULL)->text =
            "fires here in the recording, is not set in the replay";
}

static void on_delivery_result(struct player *p, const struct input *in, struct arena *a)
{
    (void)a;
    if (!deliver_complete(p->mock->deliver, (uint64_t)in->number, (int)in->status, in->why))
        add_difference(p, "delivery", (uint64_t)in->number, NULL)->text =
            "ends here in the recording, is not in flight in the replay";
}

/* The built-in sample has no files and is never reloaded, so mock->reload may be NULL. */
static void on_changed(struct player *p, const struct input *in, struct arena *a)
{
    (void)in;
    (void)a;
    if (p->mock->reload)
        reload_changed(p->mock->reload);
}

static void on_checked(struct player *p, const struct input *in, struct arena *a)
{
    (void)a;
    if (p->mock->reload)
        reload_checked(p->mock->reload, in->report, in->why);
}

static void on_end(struct player *p, const struct input *in, struct arena *a)
{
    (void)in;
    (void)a;
    p->out->whole = true;
}

static void (*const handlers[])(struct player *p, const struct input *in, struct arena *a) = {
    [INPUT_CALL] = on_call,       [INPUT_CLIENT_CLOSED] = on_client_closed,
    [INPUT_TIMER] = on_timer,     [INPUT_DELIVERY_RESULT] = on_delivery_result,
    [INPUT_CHANGED] = on_changed, [INPUT_CHECKED] = on_checked,
    [INPUT_END] = on_end,
};

/* The report of a "checked" line is a JSON document in a string; its mistakes are reported at the place of the
 * string. */
static bool check_report(const struct player *p, struct arena *a, const struct input *in, struct error *err)
{
    size_t count = p->mock->options.fixture_count;
    struct fixture_report *reports = arena_array(a, struct fixture_report, count);
    struct error problems = {0}, damage = {0};
    if (in->kind != INPUT_CHECKED || in->why)
        return true;
    bool ok = fixtures_read_report(a, in->report, count, reports, &problems, &damage);
    for (const struct problem *at = damage.first; at; at = at->next)
        error_add(err, ERROR_INPUT, in->report_at, "'report': %s", at->text);
    error_end(&problems);
    error_end(&damage);
    return ok;
}

static bool handle_input(struct player *p, struct str line, struct error *err)
{
    struct arena a = {0};
    struct input in;
    const struct node *n = json_parse(&a, line, p->path, err);
    bool ok = n && line_read(&a, n, &in, err) && check_report(p, &a, &in, err);
    if (ok) {
        struct time_held before = time_hold(in.at.wall_ms, in.at.monotonic_us);
        handlers[in.kind](p, &in, &a);
        end_responded(p);
        time_release(before);
    }
    arena_end(&a);
    return ok;
}

/* the file */

/* Returns false if there is no further complete line. */
static bool next_line(struct player *p, struct str *line)
{
    ssize_t n = getline(&p->text, &p->text_room, p->file);
    if (n < 1 || p->text[n - 1] != '\n')
        return false;
    *line = str_of(p->text, (size_t)n - 1);
    p->out->lines++;
    return true;
}

/* A client may close its connection long after the response, and the call must not end before. So the numbers of these
 * calls are read before the first call is replayed. */
static bool find_closed_calls(struct player *p, struct error *err)
{
    struct str line;
    while (next_line(p, &line)) {
        int64_t number;
        if (!str_starts(line, STR(CLIENT_CLOSED)))
            continue;
        line = str_skip(line, sizeof CLIENT_CLOSED - 1);
        if (str_to_int(str_head(line, str_find(line, ',')), &number))
            *arena_push(&p->arena, &p->closed, uint64_t) = (uint64_t)number;
    }
    if (p->closed.count)
        qsort(p->closed.items, p->closed.count, sizeof *p->closed.items, by_number);
    p->out->lines = 0;
    return fseek(p->file, 0, SEEK_SET) == 0 ||
           error_add(err, ERROR_SYSTEM, (struct where){.file = p->path}, "cannot read the recording a second time");
}

/* Each line is parsed as a document of its own, whose problems are at line 1. Sets their line to that of the recording.
 * Returns false. */
static bool fix_places(const struct player *p, struct error *err)
{
    for (struct problem *at = err ? err->first : NULL; at; at = at->next)
        at->at.line = p->out->lines;
    return false;
}

static bool report_not_a_recording(const struct player *p, int line, const char *why, struct error *err)
{
    return error_add(err, ERROR_INPUT, (struct where){.file = p->path, .line = line, .column = line},
                     "not a recording: %s; expected a file that 'mockserver record' wrote", why);
}

static bool build(struct player *p, struct str line, struct error *err)
{
    struct recording_header h;
    if (!str_starts(line, STR("{")))
        return report_not_a_recording(p, 1, "the first line is not a JSON object", err);
    const struct node *n = json_parse(&p->arena, line, p->path, err);
    if (!n || !recording_header_read(&p->arena, n, &h, err))
        return false;
    p->out->version = arena_text(p->to, h.version);
    struct time_held before = time_hold(h.started.wall_ms, h.started.monotonic_us);
    p->loop = loop_new();
    p->timers = timers_new(NULL, NULL);
    p->mock = mock_of(&h.options, h.fixtures, h.fixture_count);
    p->mock->timers = timers_for_mock(p->timers);
    p->mock->replays = true;
    deliver_hold(p->mock->deliver);
    deliver_watch(p->mock->deliver, &(struct deliver_watcher){.on_send = add_delivery, .ctx = p});
    mock_use_loop(p->mock, p->loop);
    p->mock->url = h.url;
    time_release(before);
    return true;
}

static bool play_lines(struct player *p, struct error *err)
{
    struct str line;
    while (!p->over && next_line(p, &line)) {
        bool is_output = line_is_output(line);
        if (!is_output)
            report_extra_outputs(p);
        if (!p->over && !(is_output ? compare(p, line, err) : handle_input(p, line, err)))
            return fix_places(p, err);
    }
    if (p->out->whole)
        report_extra_outputs(p);
    return true;
}

static const char *why_no_line(const struct player *p)
{
    return ftell(p->file) == 0 ? "the file is empty" : "the file has no complete line";
}

static bool play(struct player *p, struct error *err)
{
    struct str line;
    if (!find_closed_calls(p, err))
        return false;
    if (!next_line(p, &line))
        return report_not_a_recording(p, 0, why_no_line(p), err);
    return build(p, line, err) && play_lines(p, err);
}

static void clean_up(struct player *p)
{
    while (p->calls)
        end_call(p->calls, false);
    mock_free(p->mock);
    timers_free(p->timers);
    if (p->loop)
        loop_free(p->loop);
    arena_end(&p->input);
    arena_end(&p->arena);
    free(p->text); /* getline's */
    (void)fclose(p->file);
}

bool replay_run(struct arena *a, const char *path, bool all, struct replay *out, struct error *err)
{
    const char *why;
    int fd = file_open(path, &why);
    struct player p = {.path = path, .file = fd < 0 ? NULL : fdopen(fd, "r"), .all = all, .to = a, .out = out};
    *out = (struct replay){0};
    if (!p.file)
        return error_add(err, ERROR_SYSTEM, (struct where){.file = path}, "%s", fd < 0 ? why : strerror(errno));
    bool ok = play(&p, err);
    clean_up(&p);
    return ok;
}
