#include "mockserver/tests/mock_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/time.h"
#include "mockserver/server/mock_server.h"

static void print_and_abort(const struct error *err)
{
    error_print(err, stderr);
    abort();
}

/* The loader reads files, so `yaml` is written to an unnamed temporary file. */
static FILE *write_fixture(const char *yaml, char path[static 32])
{
    FILE *file = tmpfile();
    if (!file || fputs(yaml, file) == EOF || fflush(file) == EOF)
        abort();
    (void)snprintf(path, 32, "/proc/self/fd/%d", fileno(file));
    return file;
}

static void prepare_world(struct world *w)
{
    clock_start(&w->clock, w->clock.base_ms, CLOCK_FROZEN); /* exactly at the fixture's start */
    w->checks = true;
}

struct mock *mock_test_file(const char *path)
{
    const char *const fixtures[] = {path};
    struct error err = {0};
    struct mock *m = mock_new(
        &(struct mock_options){
            .fixtures = fixtures,
            .fixture_count = path ? 1 : 0,
            .public_url = "http://mock.test",
            .admin = true,
        },
        &err);
    if (!m)
        print_and_abort(&err);
    struct namespace *ns = namespaces_at(m->namespaces, 0);
    prepare_world(m->fixtures[0]->world);
    prepare_world(ns->start);
    prepare_world(ns->world);
    return m;
}

struct mock *mock_test_new(const char *yaml)
{
    char path[32] = "";
    FILE *file = yaml ? write_fixture(yaml, path) : NULL;
    struct mock *m = mock_test_file(yaml ? path : NULL);
    if (file)
        (void)fclose(file);
    return m;
}

int mock_test_setup(void **state)
{
    *state = mock_test_new(NULL);
    return 0;
}

int mock_test_teardown(void **state)
{
    mock_free(*state);
    return 0;
}

struct world *mock_test_world(struct mock *m)
{
    return namespaces_at(m->namespaces, 0)->world;
}

static void add_header(struct exchange *x, const char *line)
{
    struct str rest = str_from(line), name = str_cut(&rest, ':');
    if (str_is(name, "Host"))
        headers_remove(&x->request.headers, "Host");
    headers_add(&x->arena, &x->request.headers, str_dup(&x->arena, name), str_trim(rest));
}

/* The exchange lives as long as the mock, so that responses can be compared. */
static void release(void *exchange)
{
    struct exchange *x = exchange;
    arena_end(&x->arena);
}

struct mock_response mock_call_list(struct mock *m, const char *const *parts)
{
    struct exchange *x = arena_new(&m->arena, struct exchange);
    arena_own(&m->arena, x, release);
    struct request *r = &x->request;
    struct str rest = str_from(parts[0]);
    x->arrived_us = time_monotonic_us();
    r->method = str_cut(&rest, ' ');
    r->target = r->query = rest;
    r->path = str_cut(&r->query, '?');
    r->body = str_from(parts[1]);
    r->peer = "127.0.0.1";
    headers_add(&x->arena, &r->headers, "Host", STR("mock.test"));
    for (size_t i = 2; parts[i]; i++)
        add_header(x, parts[i]);

    mock_handle(m, x);
    struct str text = buf_str(&x->response.body);
    return (struct mock_response){
        .status = x->response.status,
        .headers = x->response.headers,
        .text = text,
        .body = json_parse(&x->arena, text, "response", NULL),
        .call = x->user,
        .arena = &x->arena,
    };
}

const char *at(struct mock_response a, const char *pointer)
{
    const struct node *n = a.body ? node_pointer(a.body, pointer) : NULL;
    if (!n)
        return NULL;
    return n->kind == NODE_TEXT ? node_text(n) : json_print(a.arena, n);
}

const char *header_of(struct mock_response a, const char *name)
{
    const struct header *h = headers_find(&a.headers, name);
    return h ? str_dup(a.arena, h->value) : NULL;
}
