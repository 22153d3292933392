#include <ctype.h>
#include <string.h>

#include "base/array.h"
#include "base/json.h"
#include "base/time.h"
#include "conformance/run/step.h"
#include "conformance/scenario/operations.h"

#define LABEL_MAX       40
#define SHORT_MAX_BYTES 200

/* --- names of steps ----------------------------------------------------------------------- */

static const struct node *first_parameter(const struct step *step, size_t case_index)
{
    return node_count(step->cases) ? node_at(step->cases->map.members[0].value, case_index) : NULL;
}

/* The label is the case's first parameter if that is short, plain and unique; else its number. */
static const char *case_label(struct arena *a, const struct step *step, size_t case_index)
{
    const struct node *value = first_parameter(step, case_index);
    const char *text = scalar_text(a, value);
    bool plain = text && *text && strlen(text) <= LABEL_MAX;
    for (const char *c = text; plain && *c; c++)
        plain = isalnum((unsigned char)*c) || strchr("._-:@+", *c);
    for (size_t i = 0; plain && i < step->case_count; i++)
        plain = i == case_index || !node_equal(first_parameter(step, i), value);
    return plain ? text : arena_printf(a, "%zu", case_index + 1);
}

const char *step_name(struct arena *a, const char *prefix, const struct step *step, size_t case_index)
{
    const char *id = step->id ? step->id : arena_printf(a, "%zu", step->number);
    if (!step->cases)
        return arena_printf(a, "%s%s", prefix, id);
    return arena_printf(a, "%s%s[%s]", prefix, id, case_label(a, step, case_index));
}

/* --- checks of steps that do not run ------------------------------------------------------ */

static const struct claim *no_claim(const void *ctx, const char *id)
{
    (void)ctx;
    (void)id;
    return NULL;
}

static const struct claim *find_claim(const void *ctx, const char *id)
{
    const struct suite *suite = ctx;
    const struct claim *found = NULL;
    for (size_t i = 0; i < suite->catalogue_count && !found; i++)
        found = catalogue_claim(suite->catalogues[i], id);
    return found;
}

/* Where a step is: the scenario's step that cites claims, and the path from it to the step, "steps/url", if that is a
 * step of a flow; else NULL. */
struct scope {
    const struct step *citing;
    const char *flow_path;
};

static const char *path_below(struct arena *a, const char *path, const struct step *step)
{
    const char *id = step->id ? step->id : arena_printf(a, "%zu", step->number);
    return arena_printf(a, "%s%ssteps/%s", path ? path : "", path ? "/" : "", id);
}

/* `step` is a step of the top frame. */
static struct scope scope_of(const struct task *t, const struct step *step)
{
    struct arena *a = t->runner->arena;
    if (t->depth == 1)
        return (struct scope){step, NULL};
    struct scope scope = {t->frames[1].user.step, NULL};
    for (size_t i = 2; i < t->depth; i++)
        scope.flow_path = path_below(a, scope.flow_path, t->frames[i].user.step);
    scope.flow_path = path_below(a, scope.flow_path, step);
    return scope;
}

/* Without a response. */
static struct check_input step_input(struct task *t, struct arena *a, const struct step *step, const char *name,
                                     struct scope scope)
{
    const struct suite *suite = t->runner->plan->suite;
    return (struct check_input){
        .arena = a,
        .scenario = t->scenario->name,
        .step = name,
        .expect = &step->expect,
        .citations = scope.citing->citations,
        .citation_count = scope.citing->citation_count,
        .flow_path = scope.flow_path,
        .claim_of = suite ? find_claim : no_claim,
        .ctx = suite,
    };
}

enum { HOOK_CHECKS_MAX = 3 };

static size_t matchers_of(const struct hook *hook, const char *matchers[HOOK_CHECKS_MAX])
{
    size_t n = 0;
    matchers[n++] = hook->none ? "none" : "arrives";
    if (hook->count)
        matchers[n++] = "count";
    if (hook->signature_header)
        matchers[n++] = "signed";
    return n;
}

/* The checks that webhook_record adds. */
static void webhook_undecided(const struct check_input *in, const struct step *step, enum verdict verdict,
                              const char *why, struct check_list *out)
{
    const char *matchers[HOOK_CHECKS_MAX];
    size_t count = step->hook ? matchers_of(step->hook, matchers) : 0;
    for (size_t i = 0; i < count; i++)
        check_add(in, out, "delivery", matchers[i], verdict)->why = why;
}

static void skip_step(struct task *t, const struct step *step, const char *name, struct scope scope,
                      enum verdict verdict, const char *why)
{
    struct check_input in = step_input(t, t->runner->arena, step, name, scope);
    webhook_undecided(&in, step, verdict, why, &t->checks);
    check_undecided(&in, verdict, why, &t->checks);
    if (step->dispute) {
        struct check *c = check_add(&in, &t->checks, "one_of", step->dispute, verdict);
        c->why = why;
        c->at = step->at;
    }
    if (step->same_as)
        same_as_add(&in, step->same_as, verdict, &t->checks)->why = why;
    for (size_t i = 0; i < step->capture_count; i++) {
        const struct capture *capture = &step->captures[i];
        in.citation_count = 0;
        struct check *c = check_add(&in, &t->checks, capture->pointer, "capture", verdict);
        c->why = why;
        c->at = capture->at;
    }
}

static void skip_case(struct task *t, const struct step *step, const char *name, struct scope scope,
                      enum verdict verdict, const char *why)
{
    struct arena *a = t->runner->arena;
    const char *below = arena_printf(a, "%s.", name);
    for (size_t i = 0; step->flow && i < step->flow->step_count; i++) {
        const struct step *inner = &step->flow->steps[i];
        struct scope inside = {scope.citing, path_below(a, scope.flow_path, inner)};
        for (size_t k = 0; k < inner->case_count; k++)
            skip_case(t, inner, step_name(a, below, inner, k), inside, verdict, why);
    }
    skip_step(t, step, name, scope, verdict, why);
}

void skipped_checks_of_step(struct task *t, const struct step *step, const char *name, enum verdict verdict,
                            const char *why)
{
    skip_step(t, step, name, scope_of(t, step), verdict, why);
}

void skipped_checks_of_case(struct task *t, const struct step *step, const char *prefix, size_t case_index,
                            enum verdict verdict, const char *why)
{
    skip_case(t, step, step_name(t->runner->arena, prefix, step, case_index), scope_of(t, step), verdict, why);
}

/* --- the response ------------------------------------------------------------------------- */

/* Steps read one page of a list. No document says how many rows it has. */
static bool list_continues(const struct task *t)
{
    const struct suite *suite = t->runner->plan->suite;
    const struct step *step = t->current.step;
    for (size_t i = 0; suite && step->kind == STEP_CALL && i < suite->catalogue_count; i++) {
        const struct operations *o = suite->catalogues[i]->operations;
        bool continues = o && o->next_page && node_get_text(t->current.body, o->next_page);
        const struct operation *op = continues ? operations_find(o, step->method, step->path) : NULL;
        if (op && operation_has_response_member(op, o->next_page))
            return true;
    }
    return false;
}

struct check_input judge_input(struct task *t, struct arena *a)
{
    struct current *c = &t->current;
    struct check_input in = step_input(t, a, c->step, c->name, scope_of(t, c->step));
    in.expect = &c->expect;
    in.exchange = c->exchange;
    in.body = c->body;
    in.body_error = c->body_error;
    in.body_unread = c->body_unread;
    in.continues = list_continues(t);
    in.redirect = c->redirect;
    in.outputs = c->outputs;
    in.headers = c->headers;
    in.failure = c->server_failure;
    in.now_ms = t->now_ms;
    in.has_now = t->has_now;
    return in;
}

void judge_read_date(struct task *t)
{
    t->has_now = exchange_date_ms(t->current.exchange, &t->now_ms);
}

static bool names_status(const struct expectation *x, int status)
{
    for (size_t i = 0; i < x->status_count; i++)
        if (x->statuses[i] == status)
            return true;
    return false;
}

bool judge_expects_status(const struct step *step, int status)
{
    bool expected = names_status(&step->expect, status) || names_status(&step->stop, status);
    for (size_t i = 0; i < step->reading_count; i++)
        expected |= names_status(&step->readings[i].expect, status);
    return expected;
}

/* A 5xx does not mean "not yet": it fails a repeated step unless the step expects it. */
static const char *server_failure(const struct current *c, struct arena *a)
{
    int status = c->exchange->status;
    bool repeats = c->step->eventually || c->step->consistently;
    return repeats && status >= 500 && !judge_expects_status(c->step, status)
               ? arena_printf(a, "the server failed: status %d", status)
               : NULL;
}

void judge_read_body(struct task *t, struct arena *a)
{
    struct current *c = &t->current;
    struct str body = str_trim(c->exchange->response_body);
    struct error err = {0};
    judge_read_date(t);
    c->headers = &c->exchange->response_headers;
    c->server_failure = server_failure(c, a);
    c->body_error = c->body_unread = NULL;
    c->body = body.n ? json_parse(a, body, "body", &err) : NULL;
    struct str coding = headers_get(c->headers, "Content-Encoding");
    if (body.n && !c->body && json_is_legal(body))
        c->body_unread = arena_printf(a, "the runner cannot read this JSON: %s", error_text(a, &err));
    else if (body.n && !c->body && coding.n) /* the body may also have ended early: libcurl does not notice that */
        c->body_error =
            arena_printf(a, "not JSON after decoding " STR_FMT ": %s", STR_ARG(coding), error_text(a, &err));
    else if (body.n && !c->body)
        c->body_error = arena_printf(a, "not JSON: %s", error_text(a, &err));
    error_end(&err);
}

bool judge_holds(struct task *t, struct arena *a, const char **undecided)
{
    struct current *c = &t->current;
    struct check_input in = judge_input(t, a);
    bool holds = check_holds(&in, undecided), any = !c->step->reading_count;
    for (size_t i = 0; holds && i < c->step->reading_count && !any; i++) {
        const char *why;
        in.expect = &c->readings[i].expect;
        any = check_holds(&in, &why);
        *undecided = why ? why : *undecided;
    }
    return holds && any;
}

/* --- record ------------------------------------------------------------------------------- */

/* Copies the response from the attempt's arena to the run's. */
static void keep_exchange(struct task *t)
{
    struct current *c = &t->current;
    c->arena = t->runner->arena;
    if (!c->exchange)
        return; /* a consent driver that sends no request */
    c->exchange = exchange_copy(c->arena, c->exchange);
    task_record(t, c->exchange);
    if (c->exchange->status)
        judge_read_body(t, c->arena);
}

enum next judge_record(struct task *t)
{
    keep_exchange(t);
    return NEXT_PHASE;
}

/* --- steps that cannot be judged ---------------------------------------------------------- */

/* A step without expectations has no checks, so this adds one that carries the verdict. */
static void add_step_check(struct task *t, enum verdict verdict, const char *why)
{
    const struct step *step = t->current.step;
    struct check_input in = step_input(t, t->runner->arena, step, t->current.name, scope_of(t, step));
    in.citation_count = 0;
    struct check *c = check_add(&in, &t->checks, "", step_kind_texts[step->kind], verdict);
    c->why = why;
    c->at = step->at;
}

static void add_undecided_checks(struct task *t, enum verdict verdict, const char *why)
{
    size_t first = t->checks.count;
    skipped_checks_of_step(t, t->current.step, t->current.name, verdict, why);
    if (t->checks.count == first)
        add_step_check(t, verdict, why);
    for (size_t i = first; i < t->checks.count; i++)
        t->checks.items[i].exchange = t->current.exchange;
}

static void block_rest(struct task *t)
{
    task_block(t, VERDICT_BLOCKED, arena_printf(t->runner->arena, "step '%s' failed", t->current.name));
}

static enum next end_undecided(struct task *t, const char *why)
{
    add_undecided_checks(t, VERDICT_ERROR, why);
    block_rest(t);
    return NEXT_CASE;
}

/* --- check -------------------------------------------------------------------------------- */

static void record_reading(struct run *run, const char *dispute, const char *reading)
{
    for (size_t i = 0; i < run->dispute_count; i++)
        if (strcmp(run->disputes[i].id, dispute) == 0)
            run->disputes[i].observed = reading;
}

/* The documents disagree, so a matching reading is no pass. If no reading matches, this fails. */
static bool judge_readings(struct task *t)
{
    struct current *c = &t->current;
    struct arena *a = t->runner->arena;
    struct check_input in = judge_input(t, a);
    struct buf names = {.arena = a};
    const char *reading = NULL, *undecided = NULL;
    for (size_t i = 0; i < c->step->reading_count; i++) {
        const char *why = NULL;
        in.expect = &c->readings[i].expect;
        buf_printf(&names, "%s%s", i ? " or " : "", c->readings[i].name);
        if (!reading && check_holds(&in, &why))
            reading = c->readings[i].name;
        undecided = why ? why : undecided;
    }
    in.expect = &c->expect;
    enum verdict unmatched = undecided ? VERDICT_ERROR : VERDICT_FAIL;
    struct check *check =
        check_add(&in, &t->checks, "one_of", c->step->dispute, reading ? VERDICT_DISPUTED : unmatched);
    check->why = undecided;
    check->at = c->step->at;
    check->expected = buf_c(&names);
    check->actual = reading        ? reading
                    : !c->exchange ? "no response"
                                   : arena_printf(a, "%d %s", c->exchange->status, exchange_short_body(a, c->exchange));
    if (!reading)
        return unmatched == VERDICT_ERROR;
    check->why = arena_printf(a, "observed: %s = %s", c->step->dispute, reading);
    record_reading(t->runner->run, c->step->dispute, reading);
    return true;
}

/* The admin API is not what the claims describe. If it refuses to show the state, that is an error. */
static bool is_inspection_refused(const struct task *t, const struct check_input *in)
{
    return t->current.step->kind == STEP_INSPECT && !check_status_holds(in);
}

enum next judge_check(struct task *t)
{
    struct current *c = &t->current;
    struct check_input in = judge_input(t, c->arena);
    if (is_inspection_refused(t, &in))
        return end_undecided(t, admin_error(c->arena, c->exchange));
    c->held &= check_expectation(&in, &t->checks);
    if (c->step->same_as)
        c->held &= same_as_check(t, &in);
    if (c->step->dispute)
        c->held &= judge_readings(t);
    same_as_keep(t);
    return NEXT_PHASE;
}

/* --- capture ------------------------------------------------------------------------------ */

static const struct node *find_captured(const struct current *c, struct arena *a, const struct capture *k)
{
    const char *name = capture_header(k);
    const struct header *h = name && c->headers ? headers_find(c->headers, name) : NULL;
    if (name)
        return h ? node_new_text(a, h->value) : NULL;
    return c->body ? node_pointer(c->body, k->pointer) : NULL;
}

static void set_result(struct task *t, const char *name, const struct node *value)
{
    const char *id = t->current.step->id;
    if (id)
        vars_set(&task_frame(t)->vars, arena_printf(t->runner->arena, "%s.%s", id, name), value);
}

/* Captures also after a failed check: the cleanup of a created resource may need the values. */
enum next judge_capture(struct task *t)
{
    struct current *c = &t->current;
    struct check_input in = judge_input(t, t->runner->arena);
    in.citation_count = 0;
    c->complete = true;
    for (size_t i = 0; i < c->step->capture_count; i++) {
        const struct capture *k = &c->step->captures[i];
        const struct node *value = find_captured(c, in.arena, k);
        enum verdict missed = c->held ? VERDICT_FAIL : VERDICT_BLOCKED;
        struct check *check = check_add(&in, &t->checks, k->pointer, "capture", value ? VERDICT_PASS : missed);
        check->at = k->at;
        check->expected = "present, because later steps use it";
        check->actual = value ? json_print_short(in.arena, value, SHORT_MAX_BYTES) : "absent";
        if (!value && !c->held)
            check->why = arena_printf(in.arena, "step '%s' failed", c->name);
        if (!value && c->body_unread && !capture_header(k)) {
            check->verdict = VERDICT_ERROR;
            check->why = c->body_unread;
        }
        c->complete &= value != NULL;
        if (value)
            set_result(t, k->name, value);
    }
    for (size_t i = 0; i < node_count(c->outputs); i++)
        set_result(t, c->outputs->map.members[i].key, c->outputs->map.members[i].value);
    if (c->redirect)
        set_result(t, "redirect", c->redirect);
    return NEXT_PHASE;
}

/* --- block -------------------------------------------------------------------------------- */

static bool expects_success(const struct expectation *x)
{
    for (size_t i = 0; i < x->status_count; i++)
        if (x->statuses[i] >= 200 && x->statuses[i] < 300)
            return true;
    return false;
}

/* A write that should have succeeded: the steps that follow look for its effect. */
static bool is_failed_write(const struct current *c)
{
    bool writes =
        c->step->kind == STEP_CALL && strcmp(c->step->method, "GET") != 0 && strcmp(c->step->method, "HEAD") != 0;
    bool succeeded = c->exchange && c->exchange->status >= 200 && c->exchange->status < 300;
    return writes && !c->held && !succeeded && expects_success(&c->expect);
}

enum next judge_block(struct task *t)
{
    const struct current *c = &t->current;
    if (!c->complete || is_failed_write(c) || (!c->held && !c->step->citation_count))
        block_rest(t);
    return NEXT_CASE;
}

/* --- steps that are not judged ------------------------------------------------------------ */

enum next judge_error(struct task *t, const char *why)
{
    why = arena_text(t->runner->arena, why); /* the text may be on the attempt's arena */
    keep_exchange(t);
    if (t->current.exchange && !t->current.exchange->status)
        cleanup_lost(t);
    return end_undecided(t, why);
}

enum next judge_undecided(struct task *t, const char *why)
{
    return end_undecided(t, why);
}

enum next judge_pending(struct task *t)
{
    struct arena *a = t->runner->arena;
    const struct current *c = &t->current;
    const char *why = arena_printf(a,
                                   "the wait of step '%s' ended after %lld s in a documented intermediate state; no "
                                   "document says how long it may last",
                                   c->name, (long long)(c->retry.elapsed_ms / 1000));
    keep_exchange(t);
    add_undecided_checks(t, VERDICT_BLOCKED, why);
    task_block(t, VERDICT_BLOCKED, why);
    return NEXT_CASE;
}

/* The checks of the step stay as they are: the provider did what the person asked for. */
enum next judge_other_user(struct task *t, const char *asked, const char *connected)
{
    const char *why = arena_printf(t->runner->arena,
                                   "the consent was given as '%s', but the scenario asked for '%s': log in as '%s', or "
                                   "correct the handle in the target file",
                                   connected, asked, asked);
    struct check_input in = judge_input(t, t->runner->arena);
    in.citation_count = 0;
    struct check *c = check_add(&in, &t->checks, "connected_as", "handle", VERDICT_ERROR);
    c->why = why;
    c->at = t->current.step->at;
    c->expected = asked;
    c->actual = connected;
    task_block(t, VERDICT_ERROR, why);
    return NEXT_CASE;
}

enum next judge_skipped(struct task *t, enum verdict verdict, const char *why)
{
    struct frame *f = task_frame(t);
    skipped_checks_of_case(t, t->current.step, f->prefix, f->case_index, verdict, why);
    task_block(t, verdict, why);
    return NEXT_CASE;
}

/* A value that the target file or the environment does not have makes the step not applicable. */
enum next judge_blocked(struct task *t, const char *missing)
{
    struct str name = str_from(missing);
    bool outside = str_starts(name, STR("target.")) || str_starts(name, STR("env."));
    return judge_skipped(t, outside ? VERDICT_NOT_APPLICABLE : VERDICT_BLOCKED,
                         arena_printf(t->runner->arena, "no value for '%s'", missing ? missing : "?"));
}

enum next judge_unsendable(struct task *t, const struct request_problem *problem)
{
    if (problem->no_actor)
        return judge_skipped(t, VERDICT_NOT_APPLICABLE,
                             arena_printf(t->runner->arena, "the target has no actor '%s'", problem->no_actor));
    if (problem->bad_header)
        return judge_skipped(t, VERDICT_BLOCKED,
                             arena_printf(t->runner->arena, "the value of the header '%s' has a control character",
                                          problem->bad_header));
    if (problem->bad_url)
        return judge_skipped(t, VERDICT_BLOCKED, problem->bad_url);
    return judge_blocked(t, problem->missing);
}
