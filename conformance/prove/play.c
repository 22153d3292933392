#include "conformance/prove/play.h"

#include <string.h>

#include "base/json.h"
#include "base/loop.h"
#include "base/time.h"
#include "base/yaml.h"
#include "conformance/prove/reach.h"
#include "conformance/run/client.h"

#define NAMESPACE     "mutant"
#define TIMEOUT_MS    10000
#define CONNECTION_MS 5000
#define SCENARIOS_MAX 64 /* at once */
#define SCENARIOS_FEW 4  /* if the run may end early: then little has been started */

struct player {
    const struct proof *proof;
    struct target target;
    struct plan unchanged_plan;
    const struct node *include;  /* list with the name of the target's fixture */
    const struct run *unchanged; /* NULL: not played */
    struct reach reach;
};

/* --- the namespace of an entry ------------------------------------------------------------- */

struct single { /* one call to the admin API */
    struct loop *loop;
    bool done;
};

static void on_done(void *ctx, struct exchange_record *x)
{
    (void)x;
    struct single *s = ctx;
    s->done = true;
    loop_stop(s->loop);
}

static void send(const struct player *p, struct arena *a, struct exchange_record *x)
{
    struct single s = {.loop = loop_new()};
    struct client_options options = {
        .timeout_ms = TIMEOUT_MS,
        .connect_timeout_ms = CONNECTION_MS,
        .connections_max = 1,
        .server_url = p->target.server_url,
        .admin_root = admin_root(a, &p->target),
        .arena = a,
    };
    struct client *client = client_new(s.loop, &options);
    client_send(client, a, x, on_done, &s);
    while (!s.done)
        loop_run(s.loop);
    client_free(client);
    loop_free(s.loop);
}

/* Each error of a refused body has a pointer, for example /fixture/rules/0/when. It leads to the value in mutants.yaml
 * if the entry has it. */
static struct where place_of(const struct entry *e, const struct node *sent, const char *pointer)
{
    struct where at = e->at;
    for (size_t i = 0; pointer[i]; i++) {
        if (pointer[i + 1] && pointer[i + 1] != '/')
            continue;
        struct arena a = {0};
        const struct node *n = node_pointer(sent, str_dup(&a, str_of(pointer, i + 1)));
        if (n && n->at.file && strcmp(n->at.file, e->at.file) == 0)
            at = n->at;
        arena_end(&a);
    }
    return at;
}

/* Reports one error of the response. */
static bool report_error(const struct entry *e, const struct node *sent, const struct node *problem,
                         enum error_kind kind, struct error *err)
{
    const char *pointer = node_get_text(problem, "pointer"), *detail = node_get_text(problem, "detail");
    return error_add(err, kind, place_of(e, sent, pointer ? pointer : ""), "'%s': the mock refuses this entry: %s",
                     e->name, detail ? detail : "no reason");
}

/* The first error is the problem itself; `errors` has the others. */
static bool report_refusal(struct arena *a, const struct entry *e, const struct node *sent,
                           const struct exchange_record *x, struct error *err)
{
    const struct node *body = json_parse(a, x->response_body, "response", NULL), *errors = node_get(body, "errors");
    enum error_kind kind = x->status && x->status < 500 ? ERROR_INPUT : ERROR_TARGET;
    if (!node_get(body, "pointer"))
        return error_add(err, kind, e->at, "'%s': %s", e->name, admin_error(a, x));
    report_error(e, sent, body, kind, err);
    for (size_t i = 0; i < node_count(errors); i++)
        report_error(e, sent, node_at(errors, i), kind, err);
    return false;
}

static bool create_namespace(const struct player *p, struct arena *a, const struct entry *e, struct error *err)
{
    const struct node *body = node_with(a, NULL, "name", node_new_text(a, STR(NAMESPACE)));
    body = node_with(a, body, "fixture", node_with(a, e->fixture, "include", p->include));
    body = node_with(a, body, "clock", node_with(a, NULL, "mode", node_new_text(a, STR("frozen"))));
    struct exchange_record *x = admin_request(a, p->target.admin_url, "POST", "/namespaces", body);
    send(p, a, x);
    return exchange_succeeded(x) || report_refusal(a, e, body, x, err);
}

static void delete_namespace(const struct player *p, struct arena *a)
{
    send(p, a, admin_delete_namespace(a, &p->target, NAMESPACE));
}

/* --- plans -------------------------------------------------------------------------------- */

static bool cites(const struct scenario *s, const struct claim *claim)
{
    for (size_t i = 0; i < s->step_count; i++)
        for (size_t k = 0; k < s->steps[i].citation_count; k++)
            if (strcmp(s->steps[i].citations[k].claim, claim->id) == 0)
                return true;
    return false;
}

static size_t length_of(const struct scenario *s)
{
    size_t calls = 0;
    for (size_t i = 0; i < s->step_count; i++)
        calls += s->steps[i].case_count * (1 + (s->steps[i].flow ? s->steps[i].flow->step_count : 0));
    return calls;
}

static struct plan empty_plan(struct arena *a, const struct plan *whole)
{
    return (struct plan){.suite = whole->suite, .items = arena_array(a, struct planned, whole->count)};
}

/* The scenarios that the entry can change. */
static struct plan reached(const struct player *p, struct arena *a, const struct entry *e)
{
    const struct plan *whole = &p->proof->plan;
    struct plan out = empty_plan(a, whole);
    const bool *reaches = reach_entry(a, &p->reach, e);
    for (size_t i = 0; i < whole->count; i++)
        if (reaches[i])
            out.items[out.count++] = whole->items[i];
    return out;
}

/* Those that cite a claim of the entry, the shortest first: one that fails may be enough. */
static struct plan citing(struct arena *a, const struct plan *whole, const struct entry *e)
{
    struct plan out = empty_plan(a, whole);
    for (size_t i = 0; i < whole->count; i++) {
        bool any = false;
        size_t at = out.count, length = length_of(whole->items[i].scenario);
        for (size_t k = 0; k < e->claim_count; k++)
            any |= cites(whole->items[i].scenario, e->claims[k]);
        if (!any)
            continue;
        for (; at && length_of(out.items[at - 1].scenario) > length; at--)
            out.items[at] = out.items[at - 1];
        out.items[at] = whole->items[i];
        out.count++;
    }
    return out;
}

/* --- runs --------------------------------------------------------------------------------- */

static bool run_on(const struct player *p, struct arena *a, const struct plan *plan, const char *from,
                   const struct run_events *events, const bool *enough, struct run *out, struct error *err)
{
    struct run_options options = {
        .jobs = enough ? SCENARIOS_FEW : SCENARIOS_MAX,
        .timeout_ms = TIMEOUT_MS,
        .skip_preflight = true,
        .from = from,
        .gate = LEVEL_MAY,
        .events = events,
        .enough = enough,
    };
    return run_plan(a, plan, &p->target, &options, out, err);
}

/* A fixture without a name has that of its file, without .yaml. */
static const char *fixture_name(struct arena *a, const char *path, const struct node *fixture)
{
    const char *name = node_get_text(fixture, "name"), *slash = strrchr(path, '/');
    struct str file = str_from(slash ? slash + 1 : path);
    if (str_ends(file, STR(".yaml")))
        file.n -= STR(".yaml").n;
    return name ? name : str_dup(a, file);
}

struct player *player_new(struct arena *a, const struct proof *proof, const char *mock_url, struct error *err)
{
    struct player *p = arena_new(a, struct player);
    *p = (struct player){.proof = proof, .target = *proof->target};
    p->target.is_mock = p->target.is_own_mock = true;
    p->target.admin_url = arena_printf(a, "%s/__admin", mock_url);
    p->target.base_login = p->target.admin_login = (struct login){0};
    target_set_server(a, &p->target, mock_url);
    const struct node *fixture = yaml_load(a, proof->target->fixture, err);
    const struct node **names = arena_array(a, const struct node *, 1);
    names[0] = node_new_text(a, str_from(fixture_name(a, proof->target->fixture, fixture)));
    p->include = node_new_list(a, names, 1);
    p->reach = reach_of(a, &proof->plan, proof->catalogue->operations);
    return fixture ? p : NULL;
}

static const char *failed_claims(struct arena *a, const struct run *r)
{
    struct buf out = {.arena = a};
    for (size_t i = 0; i < r->claim_count; i++)
        if (r->claims[i].outcome == CLAIM_FAILS)
            buf_printf(&out, "%s%s", out.n ? ", " : ": ", r->claims[i].claim->id);
    return buf_c(&out);
}

bool player_check_unchanged(struct player *p, struct arena *a, struct judgement *out, struct error *err)
{
    struct run *run = arena_new(a, struct run);
    if (!run_on(p, a, &p->proof->plan, NULL, NULL, NULL, run, err))
        return false;
    p->unchanged = run;
    *out = (struct judgement){.played = true,
                              .good = run->exit_code == 0,
                              .exit_code = run->exit_code,
                              .calls = run->calls,
                              .duration_us = run->duration_us};
    return out->good || error_add(err, ERROR_TARGET, (struct where){.file = p->proof->catalogue->folder},
                                  "nothing can be proved: the suite is not green on the unchanged mock: %s%s; run it "
                                  "with 'conformance run %s --mock --gate may'",
                                  run->verdict_why, failed_claims(a, run), p->proof->catalogue->folder);
}

static void judge(const struct player *p, struct arena *a, const struct entry *e, const struct run *whole,
                  struct judgement *out)
{
    if (e->kind == ENTRY_MUTANT)
        judge_mutant(a, e, whole, out);
    else if (e->kind == ENTRY_CONTROL)
        judge_control(a, whole, out);
    else
        judge_legal(a, e, whole, p->unchanged, out);
}

static bool play_all(const struct player *p, struct arena *a, const struct entry *e, const struct plan *plan,
                     struct judgement *out, struct error *err)
{
    struct run run;
    if (!run_on(p, a, plan, NAMESPACE, NULL, NULL, &run, err))
        return false;
    judge(p, a, e, &run, out);
    return true;
}

struct watch { /* ends a run when every claim of the mutant has failed */
    const struct entry *entry;
    bool *failed; /* by claim */
    size_t open;
    bool enough;
};

static void on_scenario(void *ctx, const struct run *r, const struct scenario_result *s)
{
    (void)r;
    struct watch *w = ctx;
    for (size_t i = 0; i < w->entry->claim_count; i++)
        if (!w->failed[i] && judge_refutes(s, w->entry->claims[i])) {
            w->failed[i] = true;
            w->enough = !--w->open;
        }
}

static bool play_citing(const struct player *p, struct arena *a, const struct entry *e, const struct plan *all,
                        struct judgement *out, struct error *err)
{
    struct plan plan = citing(a, all, e);
    struct watch w = {.entry = e, .failed = arena_array(a, bool, e->claim_count), .open = e->claim_count};
    const struct run_events events = {.scenario_ended = on_scenario, .ctx = &w};
    struct run run;
    if (!plan.count)
        return play_all(p, a, e, all, out, err);
    if (!run_on(p, a, &plan, NAMESPACE, &events, &w.enough, &run, err))
        return false;
    return judge_killed(a, e, &run, out) || play_all(p, a, e, all, out, err);
}

bool player_play(struct player *p, struct arena *a, const struct entry *e, struct judgement *out, struct error *err)
{
    *out = (struct judgement){0};
    if (!create_namespace(p, a, e, err))
        return false;
    struct plan plan = reached(p, a, e);
    if (!plan.count)
        plan = p->proof->plan;
    bool ok = e->kind == ENTRY_MUTANT ? play_citing(p, a, e, &plan, out, err) : play_all(p, a, e, &plan, out, err);
    delete_namespace(p, a);
    return ok;
}

bool player_show(struct player *p, struct arena *a, const struct entry *e, struct console *console, struct run *run,
                 struct judgement *out, struct error *err)
{
    struct run_events events = console_events(console);
    if (!create_namespace(p, a, e, err))
        return false;
    bool ok = run_on(p, a, &p->proof->plan, NAMESPACE, &events, NULL, run, err);
    if (ok) {
        console_summary(console, run);
        judge(p, a, e, run, out);
    }
    delete_namespace(p, a);
    return ok;
}
