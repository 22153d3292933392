#include "mockserver/tests/replay_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/time.h"
#include "base/units.h"
#include "mockserver/server/mock_server.h"

#define START_MS 1795766400000 /* any date */
#define START_US 1000000
#define GAP_MAX  100

struct run *run_new(const char *fixture)
{
    return run_new_at(fixture, "http://mock.test");
}

struct run *run_new_at(const char *fixture, const char *public_url)
{
    return run_new_with(fixture, public_url, 0);
}

struct run *run_new_with(const char *fixture, const char *public_url, int64_t history)
{
    struct run *r = calloc(1, sizeof *r);
    r->wall_ms = START_MS;
    r->monotonic_us = START_US;
    r->before = time_hold(r->wall_ms, r->monotonic_us);
    strcpy(r->path, "/tmp/run-XXXXXX");
    int fd = mkstemp(r->path);
    assert_true(fd >= 0);
    close(fd);

    const char *const shipped = arena_printf(&r->arena, SOURCE_DIR "/fixtures/%s", fixture ? fixture : "");
    const char **fixtures = arena_array(&r->arena, const char *, 1);
    fixtures[0] = fixture && fixture[0] == '/' ? fixture : shipped;
    struct error err = {0};
    r->recorder = recorder_new(r->path);
    r->mock = mock_new(
        &(struct mock_options){
            .fixtures = fixtures,
            .fixture_count = fixture != NULL,
            .public_url = public_url,
            .trust_forwarded = !public_url,
            .local_consent = !public_url,
            .history = history,
            .history_age_ms = history ? DAY_MS : 0,
            .admin = true,
        },
        &err);
    error_print(&err, stderr);
    assert_non_null(r->mock);
    if (!public_url)
        r->mock->url = "http://127.0.0.1:8080";
    r->loop = loop_new();
    deliver_hold(r->mock->deliver);
    recorder_use_loop(r->recorder, r->mock, r->loop);
    assert_true(recorder_open(r->recorder, &err));
    return r;
}

void run_end(struct run *r)
{
    while (r->calls)
        run_close_call(r->calls);
    assert_true(recorder_close(r->recorder, NULL));
    mock_free(r->mock);
    r->mock = NULL;
    time_release(r->before);
}

void run_free(struct run *r)
{
    if (r->mock)
        run_end(r);
    recorder_free(r->recorder);
    loop_free(r->loop);
    unlink(r->path);
    arena_end(&r->arena);
    free(r);
}

static void unlink_call(struct rig_call *a)
{
    struct rig_call **at = &a->run->calls;
    while (*at && *at != a)
        at = &(*at)->next;
    if (*at)
        *at = a->next;
}

static void take_response(struct exchange *x)
{
    struct rig_call *a = (struct rig_call *)x;
    a->responded = true;
    a->status = x->response.status;
    a->body = buf_str(&x->response.body);
    if (!x->response.stream.next)
        unlink_call(a);
}

static void release(void *exchange)
{
    arena_end(&((struct exchange *)exchange)->arena);
}

static void add_header(struct exchange *x, const char *line)
{
    struct str rest = str_from(line), name = str_cut(&rest, ':');
    if (str_is(name, "Host"))
        headers_remove(&x->request.headers, "Host");
    headers_add(&x->arena, &x->request.headers, str_dup(&x->arena, name), str_trim(rest));
}

struct rig_call *run_call_list(struct run *r, const char *const *parts)
{
    struct rig_call *a = arena_new(&r->arena, struct rig_call);
    struct request *q = &a->x.request;
    struct str rest = str_from(parts[0]);
    *a = (struct rig_call){.run = r, .next = r->calls};
    r->calls = a;
    arena_own(&r->arena, &a->x, release);
    q->method = str_cut(&rest, ' ');
    q->target = q->query = rest;
    q->path = str_cut(&q->query, '?');
    q->body = str_from(parts[1]);
    q->peer = "127.0.0.1";
    add_header(&a->x, "Host: mock.test");
    for (size_t i = 2; parts[i]; i++)
        add_header(&a->x, parts[i]);
    a->x.reply = take_response;
    a->x.arrived_us = time_monotonic_us() - 50;
    recorder_handle(r->recorder, &a->x);
    if (a->responded && !a->x.response.stream.next)
        recorder_done(r->recorder, &a->x, !r->unsent);
    return a;
}

void run_close_call(struct rig_call *a)
{
    unlink_call(a);
    recorder_done(a->run->recorder, &a->x, false);
    arena_end(&a->x.arena);
}

void run_pass(struct run *r, int64_t ms)
{
    r->wall_ms += ms;
    r->monotonic_us += ms * 1000;
    time_hold(r->wall_ms, r->monotonic_us);
    while (loop_step(r->loop, 0))
        ;
}

/* The numbers have gaps, because the attempts of a deleted namespace are gone. */
bool run_complete_delivery(struct run *r, int status)
{
    const char *error = status ? NULL : "no response";
    for (uint64_t next = r->last_delivery + 1; next < r->last_delivery + GAP_MAX; next++)
        if (deliver_complete(r->mock->deliver, next, status, error)) {
            r->last_delivery = next;
            return true;
        }
    return false;
}

static void print_differences(const struct replay *out)
{
    for (size_t i = 0; i < out->differences.count; i++) {
        const struct replay_difference *d = &out->differences.items[i];
        fprintf(stderr, "line %d: %s %llu %s %s\n", d->line, d->kind, (unsigned long long)d->number,
                d->about ? d->about : "", d->text ? d->text : "");
        for (size_t j = 0; j < d->findings.count; j++)
            fprintf(stderr, "  %s: recorded %s, replayed %s\n", d->findings.items[j].place,
                    d->findings.items[j].recorded, d->findings.items[j].replayed);
    }
}

bool run_replays_equally(struct run *r, struct replay *out)
{
    struct error err = {0};
    bool read = replay_run(&r->arena, r->path, false, out, &err);
    error_print(&err, stderr);
    assert_true(read);
    print_differences(out);
    return !out->differences.count;
}

/* the recording */

static struct str read_all(struct run *r)
{
    FILE *file = fopen(r->path, "r");
    assert_non_null(file);
    struct buf text = {.arena = &r->arena};
    size_t n;
    while ((n = fread(buf_reserve(&text, 65536), 1, 65536, file)))
        text.n += n;
    fclose(file);
    return buf_str(&text);
}

static struct str line_at(struct str text, int line)
{
    struct str found = {0};
    while (line-- && text.n)
        found = str_cut(&text, '\n');
    return line < 0 ? found : (struct str){0};
}

const char *run_line(struct run *r, int line)
{
    struct str found = line_at(read_all(r), line);
    return found.s ? str_dup(&r->arena, found) : NULL;
}

void run_tamper(struct run *r, int line, const char *from, const char *to)
{
    struct str text = read_all(r), found = line_at(text, line);
    assert_non_null(found.s);
    const char *at = strstr(found.s, from);
    assert_non_null(at);
    FILE *file = fopen(r->path, "w");
    assert_non_null(file);
    fwrite(text.s, 1, (size_t)(at - text.s), file);
    fputs(to, file);
    at += strlen(from);
    fwrite(at, 1, text.n - (size_t)(at - text.s), file);
    fclose(file);
}
