#include "conformance/run/task.h"

#include <string.h>

#include "base/json.h"
#include "conformance/run/secret.h"

#define SHORT_MAX_BYTES 200

struct check_input judge_input(struct task *t, struct arena *a)
{
    struct current *c = &t->current;
    struct check_input in = step_input(t, a, c->step, c->name);
    in.expect = &c->expect;
    in.exchange = c->exchange;
    in.body = c->body;
    in.body_error = c->body_error;
    in.redirect = c->redirect;
    in.headers = c->headers;
    in.now_ms = c->now_ms;
    return in;
}

void judge_read_body(struct task *t, struct arena *a)
{
    struct current *c = &t->current;
    struct str body = str_trim(c->exchange->response_body);
    struct error err = {0};
    c->now_ms = exchange_now_ms(c->exchange);
    c->headers = &c->exchange->response_headers;
    c->body_error = NULL;
    c->body = body.n ? json_parse(a, body, "body", &err) : NULL;
    if (body.n && !c->body)
        c->body_error = arena_printf(a, "not JSON: %s", error_text(a, &err));
    error_end(&err);
}

bool judge_holds(struct task *t, struct arena *a)
{
    struct current *c = &t->current;
    struct check_input in = judge_input(t, a);
    bool holds = check_holds(&in), any = !c->step->reading_count;
    for (size_t i = 0; holds && i < c->step->reading_count && !any; i++) {
        in.expect = &c->readings[i].expect;
        any = check_holds(&in);
    }
    return holds && any;
}

/* --- disputes ------------------------------------------------------------------------------- */

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
    const char *reading = NULL;
    for (size_t i = 0; i < c->step->reading_count; i++) {
        in.expect = &c->readings[i].expect;
        buf_printf(&names, "%s%s", i ? " or " : "", c->readings[i].name);
        if (!reading && check_holds(&in))
            reading = c->readings[i].name;
    }
    in.expect = &c->expect;
    struct check *check =
        check_add(&in, &t->checks, "one_of", c->step->dispute, reading ? VERDICT_DISPUTED : VERDICT_FAIL);
    check->at = c->step->at;
    check->expected = buf_c(&names);
    check->actual = reading        ? reading
                    : !c->exchange ? "no response"
                                   : arena_printf(a, "%d " STR_FMT, c->exchange->status,
                                                  STR_ARG(str_head(c->exchange->response_body, SHORT_MAX_BYTES)));
    if (!reading)
        return false;
    check->why = arena_printf(a, "observed: %s = %s", c->step->dispute, reading);
    record_reading(t->runner->run, c->step->dispute, reading);
    return true;
}

/* --- captures ------------------------------------------------------------------------------- */

static const struct node *find_captured(const struct current *c, struct arena *a, const char *pointer)
{
    const struct header *h = NULL;
    if (c->headers && str_starts(str_from(pointer), STR("headers/")))
        h = headers_find(c->headers, pointer + strlen("headers/"));
    if (h)
        return node_new_text(a, h->value);
    return c->body ? node_pointer(c->body, pointer) : NULL;
}

static void set_result(struct task *t, const char *name, const struct node *value)
{
    const char *id = t->current.step->id;
    if (id)
        vars_set(&task_frame(t)->vars, arena_printf(t->runner->arena, "%s.%s", id, name), value);
}

/* Captures also after a failed check: the cleanup of a created resource may need the values. */
static bool capture_values(struct task *t, bool held)
{
    struct current *c = &t->current;
    struct check_input in = judge_input(t, t->runner->arena);
    bool all = true;
    in.citation_count = 0;
    for (size_t i = 0; i < c->step->capture_count; i++) {
        const struct capture *k = &c->step->captures[i];
        const struct node *value = find_captured(c, in.arena, k->pointer);
        enum verdict missed = held ? VERDICT_FAIL : VERDICT_BLOCKED;
        struct check *check = check_add(&in, &t->checks, k->pointer, "capture", value ? VERDICT_PASS : missed);
        check->at = k->at;
        check->expected = "present, because later steps use it";
        check->actual = value ? json_print_short(in.arena, value, SHORT_MAX_BYTES) : "absent";
        if (!value && !held)
            check->why = arena_printf(in.arena, "step '%s' failed", c->name);
        all &= value != NULL;
        if (!value)
            continue;
        set_result(t, k->name, value);
    }
    return all;
}

/* --- the end of a step ---------------------------------------------------------------------- */

static void block_rest(struct task *t)
{
    task_block(t, VERDICT_BLOCKED, arena_printf(t->runner->arena, "step '%s' failed", t->current.name));
}

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
    if (t->runner->options->secret)
        secrets_visit(c->body, t->runner->options->secret, t->runner->options->secret_ctx);
}

void judge_recorded(struct task *t, bool held)
{
    struct current *c = &t->current;
    const struct step *step = c->step;
    struct check_input in = judge_input(t, c->arena);
    held &= check_expectation(&in, &t->checks);
    if (step->dispute)
        held &= judge_readings(t);
    bool all = capture_values(t, held);
    if (c->redirect)
        set_result(t, "redirect", c->redirect);
    if (c->exchange && exchange_succeeded(c->exchange)) {
        cleanup_already_sent(t);
        cleanup_register(t);
    }
    if (!all || (!held && !step->citation_count))
        block_rest(t);
    task_step_done(t);
}

void judge_response(struct task *t)
{
    keep_exchange(t);
    judge_recorded(t, true);
}

void judge_outputs(struct task *t, const struct node *outputs)
{
    struct current *c = &t->current;
    struct check_input in = judge_input(t, t->runner->arena);
    in.outputs = outputs;
    bool held = check_expectation(&in, &t->checks);
    for (size_t i = 0; i < outputs->map.count; i++)
        set_result(t, outputs->map.members[i].key, outputs->map.members[i].value);
    if (!held && !c->step->citation_count)
        block_rest(t);
    task_step_done(t);
}

/* --- steps that cannot be judged -------------------------------------------------------------- */

/* A step without expectations has no checks, so this adds one that carries the verdict. */
static void add_step_check(struct task *t, enum verdict verdict, const char *why)
{
    const struct step *step = t->current.step;
    struct check_input in = step_input(t, t->runner->arena, step, t->current.name);
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

void judge_error(struct task *t, const char *why)
{
    why = arena_text(t->runner->arena, why); /* the text may be on the attempt's arena */
    keep_exchange(t);
    cleanup_lost(t);
    add_undecided_checks(t, VERDICT_ERROR, why);
    block_rest(t);
    task_step_done(t);
}

void judge_skipped(struct task *t, enum verdict verdict, const char *why)
{
    struct frame *f = task_frame(t);
    skipped_checks_of_case(t, t->current.step, f->prefix, f->case_index, verdict, why);
    task_block(t, verdict, why);
    task_step_done(t);
}

/* A value that the target file or the environment does not have makes the step not applicable. */
void judge_blocked(struct task *t, const char *missing)
{
    struct str name = str_from(missing);
    bool outside = str_starts(name, STR("target.")) || str_starts(name, STR("env."));
    judge_skipped(t, outside ? VERDICT_NOT_APPLICABLE : VERDICT_BLOCKED,
                  arena_printf(t->runner->arena, "no value for '%s'", missing ? missing : "?"));
}

void judge_unsendable(struct task *t, const struct request_problem *problem)
{
    if (problem->no_actor)
        judge_skipped(t, VERDICT_NOT_APPLICABLE,
                      arena_printf(t->runner->arena, "the target has no actor '%s'", problem->no_actor));
    else
        judge_blocked(t, problem->missing);
}

void judge_not_applicable(struct task *t, const char *why)
{
    judge_skipped(t, VERDICT_NOT_APPLICABLE, why);
}
