#include "mockserver/server/mock_server.h"

#include "base/arena.h"
#include "base/time.h"
#include "mockserver/client_checks/client_checks.h"
#include "mockserver/fixture/fixtures.h"
#include "mockserver/pipeline/pipeline.h"
#include "mockserver/pipeline/resolve.h"
#include "mockserver/runtime/deliver.h"
#include "mockserver/runtime/discard.h"
#include "mockserver/runtime/one_at_a_time.h"
#include "mockserver/runtime/reload.h"
#include "mockserver/runtime/scheduler.h"
#include "mockserver/runtime/send_queue.h"
#include "mockserver/runtime/suspend.h"
#include "mockserver/runtime/turns.h"
#include "mockserver/server/request_log.h"

static bool load_fixtures(struct mock *m, struct error *err)
{
    size_t count = m->options.fixture_count;
    m->fixtures = arena_array(&m->arena, struct fixture *, count ? count : 1);
    if (!fixtures_load(m->options.fixtures, count, m->fixtures, err))
        return false;
    if (!count)
        m->fixtures[count++] = fixture_sample();
    m->fixture_count = count;
    return true;
}

static void start_namespace(void *mock, struct namespace *ns)
{
    struct mock *m = mock;
    ns->scheduler = scheduler_new(m, ns);
    ns->client_checks = client_checks_begin(m->client_registry, ns->name, ns->generation);
    if (m->loop)
        scheduler_tick(ns->scheduler);
}

/* The scheduler and the client checks use the state, so they end before it. */
static void end_namespace(void *mock, struct namespace *ns)
{
    (void)mock;
    scheduler_free(ns->scheduler);
    ns->scheduler = NULL;
    client_checks_end(ns->client_checks);
    ns->client_checks = NULL;
}

static void discard(void *mock, struct world *w)
{
    mock_discard(mock, w);
}

static struct mock *allocate(const struct mock_options *options)
{
    struct mock *m = heap_new(sizeof *m);
    m->options = *options;
    m->url = options->public_url;
    m->started_wall_ms = time_wall_ms();
    return m;
}

static struct mock *create_namespaces(struct mock *m)
{
    const struct mock_options *options = &m->options;
    for (size_t i = 0; i < m->fixture_count; i++)
        mock_take_fixture(m, m->fixtures[i]);
    m->namespaces = namespaces_new(m->fixtures[0], &options->limits);
    if (options->fixture_count)
        m->reload = reload_new(m);
    m->deliver = deliver_new();
    m->send_queue = send_queue_new();
    m->turns = turns_new(m);
    m->discarded = discarded_new(m);
    m->call_queue = call_queue_new(m);
    m->client_registry = client_registry_new();
    namespaces_watch(m->namespaces, &(struct namespaces_watcher){start_namespace, end_namespace, discard, m});
    return m;
}

struct mock *mock_new(const struct mock_options *options, struct error *err)
{
    struct mock *m = allocate(options);
    if (load_fixtures(m, err))
        return create_namespaces(m);
    mock_free(m);
    return NULL;
}

struct mock *mock_of(const struct mock_options *options, struct fixture *const *fixtures, size_t count)
{
    struct mock *m = allocate(options);
    m->fixtures = arena_array(&m->arena, struct fixture *, count);
    while (m->fixture_count < count) {
        m->fixtures[m->fixture_count] = fixtures[m->fixture_count];
        m->fixture_count++;
    }
    return create_namespaces(m);
}

void mock_use_loop(struct mock *m, struct loop *l)
{
    m->loop = l;
    deliver_use_loop(m->deliver, l);
    mock_idle_begin(m);
    if (m->reload)
        reload_use_loop(m->reload, l);
    for (size_t i = 0; i < namespaces_count(m->namespaces); i++)
        scheduler_tick(namespaces_at(m->namespaces, i)->scheduler);
}

void mock_free(struct mock *m)
{
    if (!m)
        return;
    if (m->send_queue)
        send_queue_stop(m->send_queue);
    reload_free(m->reload);
    namespaces_free(m->namespaces);
    mock_idle_end(m);
    discarded_free(m->discarded);
    call_queue_free(m->call_queue);
    turns_free(m->turns);
    send_queue_free(m->send_queue);
    deliver_free(m->deliver);
    client_registry_free(m->client_registry);
    for (size_t i = 0; i < m->fixture_count; i++)
        fixture_free(m->fixtures[i]);
    arena_end(&m->arena);
    heap_free(m);
}

static struct call *new_call(struct mock *m, struct exchange *x)
{
    struct call *c = arena_new(&x->arena, struct call);
    *c = (struct call){
        .arena = &x->arena,
        .mock = m,
        .req = &x->request,
        .res = &x->response,
        .exchange = x,
    };
    x->response.body.arena = &x->arena;
    x->user = c;
    return c;
}

void mock_handle(void *mock, struct exchange *x)
{
    pipeline_run(new_call(mock, x));
}

void mock_handle_admin(void *mock, struct exchange *x)
{
    struct call *c = new_call(mock, x);
    c->admin_port = true;
    pipeline_run(c);
}

void mock_refuse(void *mock, struct exchange *x, int status, const char *why)
{
    struct call *c = new_call(mock, x);
    resolve_refusal(c);
    c->fault_status = status;
    call_refuse(c, status == 413 ? FAULT_TOO_LARGE : FAULT_BAD_HTTP, "%s", why);
    pipeline_render_error(c);
}

/* The namespace may have been reset or deleted since the call was handled. */
static void report_unsent(const struct mock *m, const struct call *c)
{
    const struct namespace *ns = c->generation ? namespaces_find(m->namespaces, c->ns_name) : NULL;
    if (ns && ns->generation == c->generation && c->provider && !call_is_internal(c))
        client_checks_unsent(ns->client_checks, c);
}

void mock_done(void *mock, struct exchange *x, bool sent)
{
    struct call *c = x->user;
    if (!c)
        return;
    call_forget(c);
    if (c->mock->log)
        request_log_add(c->mock->log, c, sent);
    if (!sent)
        report_unsent(mock, c);
}

/* Asks `question` about a call that has only a head. */
static bool ask_about(struct mock *m, const struct request *r, bool admin_port, bool (*question)(struct call *c))
{
    struct exchange x = {.request = *r};
    struct call *c = new_call(m, &x);
    c->admin_port = admin_port;
    bool answer = question(c);
    arena_end(&x.arena);
    return answer;
}

bool mock_admit(void *mock, const struct request *r)
{
    return ask_about(mock, r, false, pipeline_admits);
}

bool mock_admit_admin(void *mock, const struct request *r)
{
    return ask_about(mock, r, true, pipeline_admits);
}

static bool names_admin(struct call *c)
{
    return resolve_names_admin(c);
}

bool mock_urgent(void *mock, const struct request *r)
{
    return ask_about(mock, r, false, names_admin);
}
