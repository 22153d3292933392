#include "mockserver/mock.h"

#include <string.h>

#include "base/heap.h"
#include "base/time.h"
#include "mockserver/deliver/deliver.h"
#include "mockserver/journal.h"
#include "mockserver/place.h"
#include "mockserver/pulse.h"

/* Debug builds check every transition; a world's forks are checked if it is. */
#ifdef NDEBUG
#define CHECKS false
#else
#define CHECKS true
#endif

/* A world can be made from a fixture by its name. */
static bool name_free(const struct mock *m, size_t at, struct error *err)
{
    const char *name = m->fixtures[at]->name;
    for (size_t i = 0; i < at; i++)
        if (strcmp(m->fixtures[i]->name, name) == 0)
            return error_add(err, ERROR_INPUT, (struct where){.file = m->options.fixtures[at]},
                             "%s makes a world named '%s' too: give one another name, world: ...",
                             m->options.fixtures[i], name);
    return true;
}

/* All fixtures are read before any mistake is told. */
static bool load_fixtures(struct mock *m, struct error *err)
{
    bool fine = true;
    size_t count = m->options.fixture_count;
    m->fixtures = arena_array(&m->arena, struct fixture *, count ? count : 1);
    for (size_t i = 0; i < count; i++) {
        struct fixture *f = fixture_load(m->options.fixtures[i], err);
        if (f)
            m->fixtures[m->fixture_count++] = f;
        fine = fine && f;
    }
    for (size_t i = 0; i < count && fine; i++)
        fine = name_free(m, i, err);
    if (!count)
        m->fixtures[m->fixture_count++] = fixture_sample();
    return fine;
}

static void begin_pulse(void *mock, struct namespace *ns)
{
    struct mock *m = mock;
    ns->pulse = pulse_new(m, ns);
    if (m->loop)
        pulse_beat(ns->pulse);
}

struct mock *mock_new(const struct mock_options *options, struct error *err)
{
    struct mock *m = heap_new(sizeof *m);
    m->options = *options;
    m->url = options->public_url;
    m->started_wall_ms = time_wall_ms();
    if (!load_fixtures(m, err)) {
        mock_free(m);
        return NULL;
    }
    for (size_t i = 0; i < m->fixture_count; i++) {
        struct world *w = m->fixtures[i]->world;
        w->local_consent = w->local_consent || options->local_consent;
        w->checks = CHECKS;
    }
    m->namespaces = namespaces_new(m->fixtures[0], options->journal_bytes ? options->journal_bytes
                                                                          : JOURNAL_DEFAULT_BYTES);
    m->deliver = deliver_new();
    namespaces_on_begin(m->namespaces, begin_pulse, m);
    return m;
}

void mock_use_loop(struct mock *m, struct loop *l)
{
    m->loop = l;
    deliver_use_loop(m->deliver, l);
    for (size_t i = 0; i < namespaces_count(m->namespaces); i++)
        pulse_beat(namespaces_at(m->namespaces, i)->pulse);
}

void mock_free(struct mock *m)
{
    if (!m)
        return;
    namespaces_free(m->namespaces);
    deliver_free(m->deliver);
    for (size_t i = 0; i < m->fixture_count; i++)
        fixture_free(m->fixtures[i]);
    arena_end(&m->arena);
    heap_free(m);
}

static struct call *call_of(struct mock *m, struct exchange *x)
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
    call_answer(call_of(mock, x));
}

void mock_handle_admin(void *mock, struct exchange *x)
{
    struct call *c = call_of(mock, x);
    c->admin_port = true;
    call_answer(c);
}

void mock_refuse(void *mock, struct exchange *x, int status, const char *why)
{
    struct call *c = call_of(mock, x);
    place_refusal(c);
    c->fault_status = status;
    call_refuse(c, status == 413 ? FAULT_TOO_LARGE : FAULT_BAD_HTTP, "%s", why);
    call_dress(c);
}

void mock_done(void *mock, struct exchange *x, bool sent)
{
    (void)mock;
    (void)sent;
    if (x->user)
        call_forget(x->user);
}
