#include "conformance/run/preflight.h"

#include <string.h>

#include "base/host.h"
#include "base/json.h"
#include "base/log.h"
#include "base/time.h"
#include "base/url.h"
#include "conformance/run/step.h"

#define CONNECT_MS     5000
#define RESPONSE_MS    10000
#define CONNECTIONS    4
#define PROGRESS_US    ((int64_t)5 * 1000 * 1000)
#define RETRY_AFTER_MS 1000
#define WAIT_MAX_MS    ((int64_t)5 * 60 * 1000)
#define PAGES_MAX      20
#define ADMIN_PROTOCOL 1
#define NO_SCHEMA      "keys and resources not checked: no target-schema.yaml"

struct preflight {
    struct runner *runner;
    struct client_options options;
    struct client *client;
    struct namespace namespace;
    struct items all;
    struct error *err;
    size_t requests, responses, pending; /* pending: probes that have not ended */
    const char *waits_for;               /* the last request sent, for progress */
    uint64_t progress;
    const struct exchange_record *first_call; /* through base_url; NULL: not sent */
    bool stopped;                             /* the target does not serve requests: nothing else is asked */
};

struct probe { /* one request, for the items that it decides */
    struct preflight *preflight;
    struct exchange_record *request, *exchange;
    struct {
        struct item **items;
        size_t count, room;
    } decides;
    int pages;
    bool waited; /* for Retry-After */
};

/* --- results ------------------------------------------------------------------------------ */

/* Keeps a sentence, which may quote a response, on one line and without terminal control characters. */
static const char *one_line(struct arena *a, const char *text)
{
    char *out = arena_text(a, text);
    for (char *c = out; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    return out;
}

static void add_result(struct preflight *p, const char *check, enum preflight_outcome outcome, const char *text)
{
    struct runner *r = p->runner;
    const char *detail = one_line(r->arena, text);
    *arena_push(r->arena, &r->run->preflight, struct preflight_result) =
        (struct preflight_result){check, detail, outcome};
    if (outcome == PREFLIGHT_WRONG)
        error_add(p->err, ERROR_TARGET, (struct where){0}, "%s", detail);
}

static void report_items(struct preflight *p)
{
    for (size_t i = 0; i < p->all.count; i++) {
        const struct item *item = &p->all.items[i];
        const char *kind = item->is_actor ? "actor" : "resource";
        const char *detail = item->detail ? item->detail : "not asked: another check failed before";
        if (item->is_actor && item->outcome == PREFLIGHT_OK)
            key_accepted(p->runner, item->actor);
        add_result(p, arena_printf(p->runner->arena, "%s %s", kind, item->name->name), item->outcome, detail);
        if (item->is_warning)
            log_line(LOG_WARN, "preflight: %s", detail);
    }
}

static size_t count_items(const struct items *all, bool actors, enum preflight_outcome outcome)
{
    size_t count = 0;
    for (size_t i = 0; i < all->count; i++)
        count += all->items[i].is_actor == actors && all->items[i].outcome == outcome;
    return count;
}

/* The clock of a mock, or one for which the target file gives `now`, is meant to differ. */
static bool is_virtual_clock(const struct target *t)
{
    return t->admin_url || t->is_mock || t->now_ms;
}

/* Without it, no call is known that checks the keys and resources of these scenarios. Returns false if all have it. */
static bool lacks_schema(const struct preflight *p)
{
    const struct plan *plan = p->runner->plan;
    for (size_t i = 0; i < plan->count; i++) {
        const struct catalogue *c = plan->items[i].scenario->catalogue;
        if (!c || !c->targets || !c->targets->file)
            return true;
    }
    return false;
}

static void log_summary(const struct preflight *p)
{
    size_t keys = count_items(&p->all, true, PREFLIGHT_OK), resources = count_items(&p->all, false, PREFLIGHT_OK);
    size_t unchecked = count_items(&p->all, false, PREFLIGHT_UNCHECKED);
    const char *more = unchecked ? arena_printf(p->runner->arena, " (%zu more cannot be checked)", unchecked) : "";
    char clock[64] = "clock not compared";
    if (!p->all.count) {
        log_line(LOG_INFO, "preflight: %s responds%s", p->runner->target->base_url,
                 lacks_schema(p) ? "; " NO_SCHEMA : "");
        return;
    }
    if (p->runner->has_skew && !is_virtual_clock(p->runner->target))
        (void)snprintf(clock, sizeof clock, "clock %+.1f s", (double)p->runner->skew_ms / 1000);
    log_line(LOG_INFO, "preflight: %zu key%s, %zu resource%s%s, %s%s", keys, keys == 1 ? "" : "s", resources,
             resources == 1 ? "" : "s", more, clock, lacks_schema(p) ? "; others: " NO_SCHEMA : "");
}

/* --- requests ----------------------------------------------------------------------------- */

static void show_progress(void *ctx)
{
    struct preflight *p = ctx;
    const struct run_events *e = p->runner->options->events;
    if (e && e->waiting)
        e->waiting(e->ctx, p->runner->run,
                   arena_printf(p->runner->arena, "preflight: %zu of %zu responses received, waiting for %s",
                                p->responses, p->requests, p->waits_for));
    p->progress = loop_timer(p->runner->loop, time_monotonic_us() + PROGRESS_US, show_progress, p);
}

/* Runs the loop until every probe has ended. Returns false if the run was interrupted. */
static bool wait_for_probes(struct preflight *p)
{
    p->progress = loop_timer(p->runner->loop, time_monotonic_us() + PROGRESS_US, show_progress, p);
    while (p->pending && !p->runner->interrupted)
        loop_run(p->runner->loop);
    loop_timer_cancel(p->runner->loop, p->progress);
    return !p->runner->interrupted;
}

static void probe_send(struct probe *b);

static void probe_send_again(void *ctx)
{
    const struct probe *b = ctx;
    if (!b->preflight->runner->interrupted)
        probe_send(ctx);
}

static void probe_end(struct probe *b)
{
    struct preflight *p = b->preflight;
    if (!--p->pending)
        loop_stop(p->runner->loop);
}

/* Waits once for a rate limit. Returns false if it does not wait. */
static bool probe_wait(struct probe *b, const struct exchange_record *x)
{
    struct preflight *p = b->preflight;
    int64_t ms = exchange_retry_after_ms(x);
    ms = ms >= 0 ? ms : RETRY_AFTER_MS;
    if (x->status != 429 || b->waited || ms > WAIT_MAX_MS)
        return false;
    b->waited = true;
    p->requests++;
    log_line(LOG_INFO, "preflight: %s %s returned 429, waiting %.1f s", x->method, x->url, (double)ms / 1000);
    loop_timer(p->runner->loop, time_monotonic_us() + ms * 1000, probe_send_again, b);
    return true;
}

/* Returns the URL of the list's next page, or NULL. */
static const char *next_page(const struct probe *b, const struct exchange_record *x)
{
    struct arena *a = b->preflight->runner->arena;
    const char *pointer = NULL;
    for (size_t i = 0; !pointer && i < b->decides.count; i++)
        pointer = b->decides.items[i]->name->cursor;
    if (!pointer || !exchange_succeeded(x) || b->pages >= PAGES_MAX)
        return NULL;
    const char *cursor = node_text(node_pointer(json_parse(a, x->response_body, "body", NULL), pointer));
    return cursor && *cursor ? url_with_query(a, b->request->url, "cursor", cursor) : NULL;
}

static bool is_on_this_machine(const char *text)
{
    struct arena a = {0};
    struct url url;
    bool local = url_parse(&a, text, &url, NULL) && host_is_loopback(str_from(url.host));
    arena_end(&a);
    return local;
}

static void compare_clocks(struct preflight *p, const struct exchange_record *x)
{
    struct runner *r = p->runner;
    bool is_error = false;
    int64_t date_ms;
    if (r->has_skew || !exchange_date_ms(x, &date_ms))
        return;
    const char *why = preflight_clock(r->arena, x, &r->skew_ms, &is_error);
    r->has_skew = true;
    if (is_virtual_clock(r->target))
        return;
    is_error = is_error && !is_on_this_machine(x->url);
    if (why)
        why = arena_printf(r->arena, "%s; if it is a virtual clock, give its start as 'now' in the target file%s", why,
                           is_error ? ", else correct the clock that is wrong" : "");
    add_result(p, "clock", is_error ? PREFLIGHT_WRONG : PREFLIGHT_OK,
               why ? why : arena_printf(r->arena, "%+.1f s", (double)r->skew_ms / 1000));
    if (why && !is_error)
        log_line(LOG_WARN, "preflight: %s", why);
}

static void report_clock(struct preflight *p)
{
    bool is_virtual = is_virtual_clock(p->runner->target);
    if (is_virtual || !p->runner->has_skew)
        add_result(p, "clock", PREFLIGHT_UNCHECKED,
                   is_virtual ? "the clock of the target is virtual" : "no response has a Date header");
}

static bool is_open(const struct item *item)
{
    return item->outcome == PREFLIGHT_UNCHECKED && !item->detail;
}

static void on_probe(void *ctx, struct exchange_record *x)
{
    struct probe *b = ctx;
    struct preflight *p = b->preflight;
    p->responses++;
    if (probe_wait(b, x))
        return;
    compare_clocks(p, x);
    const char *next = next_page(b, x);
    bool open = false;
    for (size_t i = 0; i < b->decides.count; i++) {
        struct item *item = b->decides.items[i];
        if (is_open(item))
            preflight_judge(p->runner, item, x, next != NULL);
        open |= is_open(item);
        p->stopped |= item->is_unavailable;
    }
    if (!open || !next) {
        probe_end(b);
        return;
    }
    b->pages++;
    p->requests++;
    b->exchange->url = next;
    probe_send(b);
}

static void probe_send(struct probe *b)
{
    struct preflight *p = b->preflight;
    struct arena *a = p->runner->arena;
    struct exchange_record *x = arena_new(a, struct exchange_record);
    *x = *b->request;
    x->url = b->exchange ? b->exchange->url : b->request->url;
    b->exchange = x;
    p->waits_for = arena_printf(a, "%s %s", x->method, x->url);
    client_send(p->client, a, x, on_probe, b);
}

/* --- probes of items ---------------------------------------------------------------------- */

struct probes {
    struct probe **items;
    size_t count, room;
};

/* Returns NULL, and decides the item, if its request cannot be built. */
static struct exchange_record *item_request(struct preflight *p, struct item *item)
{
    struct runner *r = p->runner;
    struct request_problem problem = {0};
    struct exchange_record *x = preflight_request(r, &item->vars, &p->namespace, item->name, item->actor, &problem);
    if (!x)
        item->detail = arena_printf(r->arena, "not asked: the check uses '%s', which the target does not have",
                                    problem.missing ? problem.missing : problem.no_actor);
    return x;
}

static bool same_request(const struct probe *b, const struct exchange_record *x, const struct item *item)
{
    return b->decides.items[0]->actor == item->actor && strcmp(b->request->url, x->url) == 0;
}

static void add_probe(struct preflight *p, struct probes *wave, struct item *item)
{
    struct arena *a = p->runner->arena;
    struct exchange_record *x = item_request(p, item);
    if (!x)
        return;
    for (size_t i = 0; i < wave->count; i++)
        if (same_request(wave->items[i], x, item)) {
            *arena_push(a, &wave->items[i]->decides, struct item *) = item;
            return;
        }
    struct probe *b = arena_new(a, struct probe);
    b->preflight = p;
    b->request = x;
    *arena_push(a, &b->decides, struct item *) = item;
    *arena_push(a, wave, struct probe *) = b;
}

static bool send_wave(struct preflight *p, const struct probes *wave)
{
    p->pending = wave->count;
    p->requests += wave->count;
    for (size_t i = 0; i < wave->count; i++)
        probe_send(wave->items[i]);
    return !wave->count || wait_for_probes(p);
}

/* --- the stages --------------------------------------------------------------------------- */

/* The first request shows whether the API lives at base_url: its actor should be accepted. */
static struct item *first_item(struct preflight *p)
{
    struct item *first = NULL;
    for (size_t i = 0; i < p->all.count; i++) {
        struct item *item = &p->all.items[i];
        bool better = !first || (first->actor->expect_refused && !item->actor->expect_refused);
        if (item->is_actor && is_open(item) && better)
            first = item;
    }
    return first;
}

static bool check_first(struct preflight *p, struct item *first)
{
    struct probes wave = {0};
    add_probe(p, &wave, first);
    if (!send_wave(p, &wave))
        return false;
    const struct exchange_record *x = wave.count ? wave.items[0]->exchange : NULL;
    p->first_call = x;
    if (x && !x->status)
        first->detail = preflight_no_response(p->runner->arena, p->runner->target->base_url, x);
    return true;
}

static bool check_actors(struct preflight *p)
{
    struct probes wave = {0};
    for (size_t i = 0; i < p->all.count; i++)
        if (p->all.items[i].is_actor && is_open(&p->all.items[i]))
            add_probe(p, &wave, &p->all.items[i]);
    return send_wave(p, &wave);
}

/* Returns why the check would only repeat another problem, or NULL. */
static const char *known_problem(const struct preflight *p, const struct item *item)
{
    const struct item *actor = preflight_find_actor(&p->all, item->actor->name);
    const struct item *other = preflight_wrong_reference(&p->all, item);
    if (actor && actor->outcome == PREFLIGHT_WRONG)
        return arena_printf(p->runner->arena, "not asked: the key of actor '%s' does not work", item->actor->name);
    return other ? arena_printf(p->runner->arena, "not asked: resource '%s' is wrong", other->name->name) : NULL;
}

/* Resources that the checks of others refer to come first. */
static bool check_resources(struct preflight *p, bool with_references)
{
    struct probes wave = {0};
    for (size_t i = 0; i < p->all.count; i++) {
        struct item *item = &p->all.items[i];
        if (item->is_actor || !is_open(item) || preflight_has_reference(item) != with_references)
            continue;
        item->detail = known_problem(p, item);
        if (!item->detail)
            add_probe(p, &wave, item);
    }
    return send_wave(p, &wave);
}

/* --- requests without an item ------------------------------------------------------------- */

static void on_single(void *ctx, struct exchange_record *x)
{
    (void)x;
    struct preflight *p = ctx;
    p->responses++;
    p->pending = 0;
    loop_stop(p->runner->loop);
}

static bool send_single(struct preflight *p, struct exchange_record *x)
{
    p->pending = 1;
    p->requests++;
    p->waits_for = arena_printf(p->runner->arena, "%s %s", x->method, x->url);
    client_send(p->client, p->runner->arena, x, on_single, p);
    return wait_for_probes(p);
}

/* Returns why the response is not the manifest of a mock that this runner can use, or NULL. */
static const char *manifest_problem(struct arena *a, const char *admin_url, const struct exchange_record *x,
                                    const struct node *manifest)
{
    const struct node *list = node_get(manifest, ADMIN_SIMULATIONS), *protocol = node_get(manifest, "protocol");
    if (!manifest)
        return admin_error(a, x);
    if (!list || list->kind != NODE_LIST || !protocol || !node_is_number(protocol))
        return arena_printf(a,
                            "the admin API at %s is not that of an Understudy mock: GET %s returned %d without "
                            "'protocol' and '" ADMIN_SIMULATIONS "'",
                            admin_url, x->url, x->status);
    if (node_number(protocol) != ADMIN_PROTOCOL)
        return arena_printf(a, "the admin API at %s has version %.0f; this program needs version %d", admin_url,
                            node_number(protocol), ADMIN_PROTOCOL);
    return NULL;
}

static bool check_admin_api(struct preflight *p, const struct node **simulations)
{
    struct runner *r = p->runner;
    const char *admin = r->target->admin_url;
    struct exchange_record *x = admin_request(r->arena, admin, "GET", "/capabilities", NULL);
    if (!send_single(p, x))
        return false;
    const struct node *manifest =
        exchange_succeeded(x) ? json_parse(r->arena, x->response_body, "capabilities", NULL) : NULL;
    const char *why = manifest_problem(r->arena, admin, x, manifest);
    if (!why)
        *simulations = node_get(manifest, ADMIN_SIMULATIONS);
    add_result(p, "admin API", why ? PREFLIGHT_WRONG : PREFLIGHT_OK,
               why ? why : arena_printf(r->arena, "GET %s returned 200", x->url));
    return !why;
}

/* The checks go to a namespace of their own, so that they leave no trace in the target's state. */
static bool create_namespace(struct preflight *p)
{
    struct runner *r = p->runner;
    const char *name = r->target->admin_url ? arena_printf(r->arena, "%s-preflight", r->id) : NULL;
    p->namespace = namespace_of(r->arena, r->target, name);
    if (!name)
        return true;
    struct exchange_record *x = admin_create_namespace(r->arena, r->target, name, NULL);
    bool sent = send_single(p, x);
    if (sent && !exchange_succeeded(x))
        add_result(p, "namespace", PREFLIGHT_WRONG, admin_error(r->arena, x));
    if (!exchange_succeeded(x))
        p->namespace.name = NULL;
    return p->namespace.name;
}

static void delete_namespace(struct preflight *p)
{
    struct runner *r = p->runner;
    if (!p->namespace.name)
        return;
    if (r->interrupted) { /* drops the requests in flight */
        client_free(p->client);
        p->client = client_new(r->loop, &p->options);
    }
    p->pending = 1;
    client_send(p->client, r->arena, admin_delete_namespace(r->arena, r->target, p->namespace.name), on_single, p);
    loop_run(r->loop);
}

/* Returns why the namespace, which the admin API has created, has not received a call through base_url; NULL: it has. A
 * mock creates a namespace on first use, so the response to the call does not show this. */
static const char *other_server(struct arena *a, const struct target *t, const struct exchange_record *call,
                                const struct exchange_record *journal)
{
    const struct node *root =
        exchange_succeeded(journal) ? json_parse(a, journal->response_body, "journal", NULL) : NULL;
    const struct node *lost = node_get(root, "lost"); /* entries that the size limit has removed */
    if (node_count(node_get(root, "items")) || (lost && node_is_number(lost) && node_number(lost) > 0))
        return NULL;
    if (strstr(t->admin_url, "/ns/"))
        return arena_printf(a,
                            "admin_url %s names a namespace, but each scenario gets one of its own: GET %s returned "
                            "%d; remove /ns/<namespace> from admin_url",
                            t->admin_url, journal->url, journal->status);
    if (!root)
        return admin_error(a, journal);
    return arena_printf(a,
                        "admin_url %s and base_url %s lead to different servers: %s %s returned %d, but GET %s does "
                        "not show this call",
                        t->admin_url, t->base_url, call->method, call->url, call->status, journal->url);
}

/* After the first call. Returns false if nothing else must be asked. */
static bool check_one_server(struct preflight *p, struct item *first)
{
    struct runner *r = p->runner;
    if (!p->namespace.name || !p->first_call->status)
        return true;
    struct exchange_record *x = admin_request(r->arena, p->namespace.admin_url, "GET", "/requests?limit=1", NULL);
    if (!send_single(p, x))
        return false;
    const char *why = other_server(r->arena, r->target, p->first_call, x);
    add_result(p, "one server", why ? PREFLIGHT_WRONG : PREFLIGHT_OK,
               why ? why : "the admin API shows the call that was sent to base_url");
    if (why && first) { /* the response says nothing about the key */
        first->outcome = PREFLIGHT_UNCHECKED;
        first->is_warning = false;
        first->detail = "not known: another server has responded";
    }
    return !why;
}

/* Without any check in a schema: any response shows that an endpoint is reachable. */
static bool check_reachable(struct preflight *p)
{
    struct runner *r = p->runner;
    struct exchange_record *x = admin_request(r->arena, p->namespace.base_url, "HEAD", "/", NULL);
    if (!send_single(p, x))
        return false;
    add_result(p, "base_url", x->status ? PREFLIGHT_OK : PREFLIGHT_WRONG,
               x->status ? arena_printf(r->arena, "HEAD %s returned %d", x->url, x->status)
                         : preflight_no_response(r->arena, r->target->base_url, x));
    compare_clocks(p, x);
    p->first_call = x;
    return x->status;
}

static void check_target(struct preflight *p)
{
    if (!create_namespace(p))
        return;
    struct item *first = first_item(p);
    bool go_on = !first || check_first(p, first);
    if (go_on && !p->first_call) /* no actor has a check that can be sent */
        go_on = check_reachable(p);
    go_on = go_on && !p->stopped && check_one_server(p, first);
    go_on = go_on && !p->stopped && check_actors(p);
    go_on = go_on && !p->stopped && check_resources(p, false);
    if (go_on && !p->stopped)
        check_resources(p, true);
    delete_namespace(p);
}

bool preflight_run(struct runner *r, const struct client_options *options, const struct node **simulations,
                   struct error *err)
{
    size_t before = err->count;
    bool is_known = r->options->mock_binary && r->options->is_own_fixture;
    bool whole = !is_known && !r->options->skip_preflight;
    struct preflight p = {.runner = r, .err = err, .options = *options};
    p.options.timeout_ms = options->timeout_ms < RESPONSE_MS ? options->timeout_ms : RESPONSE_MS;
    p.options.connect_timeout_ms = CONNECT_MS;
    p.options.connections_max = CONNECTIONS;
    if (!r->plan->count)
        return true;
    p.client = client_new(r->loop, &p.options);
    if ((!r->target->admin_url || check_admin_api(&p, simulations)) && whole) {
        p.all = preflight_items(r, *simulations);
        preflight_check_values(r, &p.all);
        check_target(&p);
        report_items(&p);
        if (lacks_schema(&p))
            add_result(&p, "keys", PREFLIGHT_UNCHECKED, NO_SCHEMA);
        report_clock(&p);
        if (err->count == before && !r->interrupted)
            log_summary(&p);
    }
    client_free(p.client);
    return err->count == before && !r->interrupted;
}
