#include "conformance/scenario/references.h"

#include <ctype.h>
#include <string.h>

#include "base/array.h"
#include "conformance/scenario/reader.h"

/* --- syntax ------------------------------------------------------------------------------- */

static bool starts_name(char c)
{
    return isalpha((unsigned char)c) || c == '_';
}

static bool is_in_name(char c)
{
    return starts_name(c) || isdigit((unsigned char)c) || c == '.';
}

/* Returns "a.b" of "a.b/c". A dot at the end is not part of the name. */
static struct str name_at(const char *text)
{
    size_t n = 0;
    while (is_in_name(text[n]))
        n++;
    while (n && text[n - 1] == '.')
        n--;
    return str_of(text, n);
}

/* Returns the text up to the brace, valid or not: callers reject unknown names. */
static struct str braced_at(const char *text)
{
    struct str rest = str_from(text);
    size_t n = str_find(rest, '}');
    return n < rest.n ? str_head(rest, n) : str_of(text, 0);
}

static bool follows_method(const char *text, const char *dollar)
{
    size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return n && text[n] == ' ' && text + n + 1 == dollar;
}

/* Without braces a reference starts the text or a segment, or it is the URL of a call: /v1/items/$id?after=$last,
 * PUT $upload.url. */
static bool may_start(const char *text, const char *dollar)
{
    return dollar == text || dollar[-1] == '/' || dollar[-1] == '=' || follows_method(text, dollar);
}

/* Returns the next dollar sign that is not part of "$$", or NULL. */
static const char *dollar_find(const char *text)
{
    for (; *text; text++)
        if (*text == '$' && *++text != '$')
            return text - 1;
    return NULL;
}

static struct str reference_at(const char *text, const char *dollar)
{
    if (dollar[1] == '{')
        return braced_at(dollar + 2);
    if (may_start(text, dollar) && starts_name(dollar[1]))
        return name_at(dollar + 1);
    return (struct str){0};
}

bool references_visit_text(const char *text, struct where at, reference_fn *fn, void *ctx)
{
    for (const char *c = text; (c = dollar_find(c)); c++) {
        struct str name = reference_at(text, c);
        if (name.n && !fn(ctx, name, at))
            return false;
    }
    return true;
}

struct str references_stray(const char *text)
{
    for (const char *c = text; (c = dollar_find(c)); c++) {
        if (reference_at(text, c).n || (c[1] != '{' && !starts_name(c[1])))
            continue;
        return str_of(c, c[1] == '{' ? 2 : 1 + name_at(c + 1).n);
    }
    return (struct str){0};
}

bool references_visit(const struct node *value, reference_fn *fn, void *ctx)
{
    bool go_on = true;
    switch (value->kind) {
    case NODE_NULL:
    case NODE_BOOL:
    case NODE_INT:
    case NODE_REAL:
        return true;
    case NODE_TEXT:
        return references_visit_text(value->text.s, value->at, fn, ctx);
    case NODE_LIST:
        for (size_t i = 0; go_on && i < value->list.count; i++)
            go_on = references_visit(value->list.items[i], fn, ctx);
        return go_on;
    case NODE_MAP:
        for (size_t i = 0; go_on && i < value->map.count; i++)
            go_on = references_visit(value->map.members[i].value, fn, ctx);
        return go_on;
    }
    return go_on;
}

/* --- names and where they are defined ----------------------------------------------------- */

/* Time is counted in phases. A step has three: its cases are built, it runs, its cleanup is registered. */
#define PHASES           3
#define CASES_OF(step)   ((step)->number * PHASES)
#define RUN_OF(step)     (CASES_OF(step) + 1)
#define CLEANUP_OF(step) (CASES_OF(step) + 2)
#define BEFORE_ALL_STEPS 0
#define FIRST_STEP       PHASES

struct name {
    const char *name; /* first.id */
    const char *what; /* "capture", for example; NULL: the name may stay unused */
    const char *step; /* the step that sets it; NULL: not set by a step */
    struct where at;
    size_t from, to; /* first and last phase in which it is defined */
    bool used;
};

struct scope {
    struct arena *arena;
    struct error *err;
    struct {
        struct name *items;
        size_t count, room;
    } names;
    size_t now;
    bool ok;
};

static const char *const predefined[] = {"run.id", "run.tomorrow", "run.next_week", "scenario.name",
                                         "scenario.webhook_url"};
static const char *const families[] = {"target.", "env."};
static const char *const reserved[] = {"target", "env", "run", "scenario", "no_such"};

static void add_name(struct scope *s, struct name name)
{
    *arena_push(s->arena, &s->names, struct name) = name;
}

/* --- a reference -------------------------------------------------------------------------- */

static bool is_predefined(struct str reference)
{
    for (size_t i = 0; i < COUNT(predefined); i++)
        if (str_is(reference, predefined[i]))
            return true;
    for (size_t i = 0; i < COUNT(families); i++)
        if (str_starts(reference, str_from(families[i])))
            return reference.n > strlen(families[i]);
    return false;
}

/* Returns true if the reference is the name or starts with the name and a dot. */
static bool is_prefix_of(const struct name *n, struct str reference)
{
    size_t length = strlen(n->name);
    return str_starts(reference, str_from(n->name)) && (reference.n == length || reference.s[length] == '.');
}

/* Returns the most similar name that is known here, or all of them if none is similar. */
static const char *known_names(struct scope *s, struct str reference)
{
    const char **names = arena_array(s->arena, const char *, s->names.count + COUNT(predefined));
    size_t count = 0;
    struct buf known = {.arena = s->arena};
    for (size_t i = 0; i < s->names.count; i++) {
        const struct name *n = &s->names.items[i];
        if (s->now < n->from || n->to < s->now)
            continue;
        names[count++] = n->name;
        if (!n->step || strchr(n->name, '.')) /* else it is the id of a step, whose values have longer names */
            buf_printf(&known, "$%s, ", n->name);
    }
    for (size_t i = 0; i < COUNT(predefined); i++) {
        names[count++] = predefined[i];
        buf_printf(&known, "$%s, ", predefined[i]);
    }
    const char *near = did_you_mean(s->arena, reference, names, count);
    return *near ? near : arena_printf(s->arena, "; known are %s$target.NAME and $env.NAME", buf_c(&known));
}

static void reference_error(struct scope *s, struct str reference, struct where at, const struct name *later)
{
    if (s->now == BEFORE_ALL_STEPS)
        s->ok = error_add(s->err, ERROR_INPUT, at,
                          "'" STR_FMT "' cannot be used here; before the first step only "
                          "$target, $env, $run and $scenario exist",
                          STR_ARG(reference));
    else if (later)
        s->ok = error_add(s->err, ERROR_INPUT, at, "'" STR_FMT "' is used before step '%s' sets it", STR_ARG(reference),
                          later->step);
    else
        s->ok = error_add(s->err, ERROR_INPUT, at, "unknown reference '" STR_FMT "'%s", STR_ARG(reference),
                          known_names(s, reference));
}

static bool check_reference(void *ctx, struct str reference, struct where at)
{
    struct scope *s = ctx;
    const struct name *later = NULL;
    if (str_starts(reference, STR(NO_SUCH_PREFIX)))
        reference = str_skip(reference, strlen(NO_SUCH_PREFIX));
    if (is_predefined(reference))
        return true;
    for (size_t i = 0; i < s->names.count; i++) {
        struct name *n = &s->names.items[i];
        if (!is_prefix_of(n, reference))
            continue;
        if (n->from <= s->now && s->now <= n->to) {
            n->used = true;
            return true;
        }
        if (n->step && n->from > s->now)
            later = n;
    }
    reference_error(s, reference, at, later);
    return true;
}

static void check_stray(struct scope *s, const struct node *value)
{
    if (node_text(value)) {
        struct str stray = references_stray(value->text.s);
        if (stray.n)
            s->ok = error_add(s->err, ERROR_INPUT, value->at,
                              "invalid reference '" STR_FMT "'; within text use ${name}, or $$ for a dollar sign",
                              STR_ARG(stray));
        return;
    }
    for (size_t i = 0; i < node_count(value); i++)
        check_stray(s, child_at(value, i));
}

static void check_value(struct scope *s, const struct node *value, size_t now)
{
    s->now = now;
    references_visit(value, check_reference, s);
    check_stray(s, value);
}

/* --- a step ------------------------------------------------------------------------------- */

static const char *id_of(const struct step *step)
{
    return node_get_text(step->source, "id");
}

static const char *dotted(struct scope *s, const char *id, const char *name)
{
    return arena_printf(s->arena, "%s.%s", id, name);
}

static void add_result(struct scope *s, const struct step *step, const char *id, const char *name)
{
    add_name(s, (struct name){.name = name, .step = id, .from = CLEANUP_OF(step), .to = SIZE_MAX});
}

static void add_capture(struct scope *s, const struct step *step, const char *id, const struct member *m)
{
    add_name(s, (struct name){.name = dotted(s, id, m->key),
                              .what = step->kind == STEP_KIND_COUNT ? NULL : "capture",
                              .step = id,
                              .at = m->key_at,
                              .from = CLEANUP_OF(step),
                              .to = SIZE_MAX});
}

static void add_parameter(struct scope *s, const struct step *step, const struct member *m)
{
    add_name(s, (struct name){.name = m->key,
                              .what = step->kind == STEP_KIND_COUNT ? NULL : "parameter",
                              .at = m->key_at,
                              .from = RUN_OF(step),
                              .to = CLEANUP_OF(step)});
}

/* Reads the source map, so that another mistake in the step does not cause errors here. */
static void add_step(struct scope *s, const struct step *step)
{
    const struct node *capture = node_get(step->source, "capture");
    const struct node *cases = node_get(step->source, "cases");
    const char *id = id_of(step);
    for (size_t i = 0; cases && cases->kind == NODE_MAP && i < cases->map.count; i++)
        add_parameter(s, step, &cases->map.members[i]);
    for (size_t i = 0; id && capture && capture->kind == NODE_MAP && i < capture->map.count; i++)
        add_capture(s, step, id, &capture->map.members[i]);
    if (!id)
        return;
    if (step->kind == STEP_KIND_COUNT)
        add_result(s, step, id, id);
    if (step->kind == STEP_CONSENT)
        add_result(s, step, id, dotted(s, id, "redirect"));
    for (size_t i = 0; step->flow && i < step->flow->output_count; i++)
        add_result(s, step, id, dotted(s, id, step->flow->outputs[i].name));
}

static bool has_references(const char *key)
{
    static const char *const none[] = {"id", "note", "claims", "capture", "dispute", "undocumented"};
    return !has_text(none, COUNT(none), key);
}

static size_t phase_of(const struct step *step, const char *key)
{
    if (strcmp(key, "cases") == 0)
        return CASES_OF(step);
    bool last = strcmp(key, "cleanup") == 0 || strcmp(key, "connected_as") == 0;
    return last ? CLEANUP_OF(step) : RUN_OF(step);
}

static void check_step(struct scope *s, const struct step *step)
{
    const struct node *source = step->source;
    for (size_t i = 0; source->kind == NODE_MAP && i < source->map.count; i++) {
        const struct member *m = &source->map.members[i];
        if (has_references(m->key))
            check_value(s, m->value, phase_of(step, m->key));
    }
}

/* --- names -------------------------------------------------------------------------------- */

static void check_ids(struct scope *s, const struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i && id_of(&steps[i]); k++)
            if (id_of(&steps[k]) && strcmp(id_of(&steps[i]), id_of(&steps[k])) == 0) {
                s->ok = error_add(s->err, ERROR_INPUT, node_get(steps[i].source, "id")->at,
                                  "duplicate id '%s'; it is also in line %d", id_of(&steps[i]), steps[k].at.line);
                break;
            }
}

static bool is_reserved(const char *name)
{
    return has_text(reserved, COUNT(reserved), name);
}

static bool overlap(const struct name *n, const struct name *other)
{
    return (is_prefix_of(n, str_from(other->name)) || is_prefix_of(other, str_from(n->name))) && other->from <= n->to &&
           n->from <= other->to;
}

/* Returns true if a reference could mean this name or another one. */
static bool is_taken(const struct scope *s, const struct name *n)
{
    for (size_t i = 0; i < s->names.count; i++) {
        const struct name *other = &s->names.items[i];
        if (other != n && overlap(n, other) && (other->step || other < n))
            return true;
    }
    return is_reserved(n->name);
}

static void check_names(struct scope *s, const struct step *steps, size_t count)
{
    for (size_t i = 0; i < s->names.count; i++) {
        const struct name *n = &s->names.items[i];
        if (n->what && !n->step && is_taken(s, n))
            s->ok = error_add(s->err, ERROR_INPUT, n->at, "the name '%s' is already taken", n->name);
    }
    for (size_t i = 0; i < count; i++)
        if (id_of(&steps[i]) && is_reserved(id_of(&steps[i])))
            s->ok = error_add(s->err, ERROR_INPUT, node_get(steps[i].source, "id")->at,
                              "the name '%s' is already taken", id_of(&steps[i]));
}

static void check_used(struct scope *s)
{
    for (size_t i = 0; i < s->names.count; i++)
        if (s->names.items[i].what && !s->names.items[i].used)
            s->ok = error_add(s->err, ERROR_INPUT, s->names.items[i].at, "%s '%s' is never used",
                              s->names.items[i].what, s->names.items[i].name);
}

/* --- a scenario, a flow ------------------------------------------------------------------- */

static void add_inputs(struct scope *s, const struct input *inputs, size_t count, const char *what)
{
    for (size_t i = 0; i < count; i++) {
        add_name(s, (struct name){.name = inputs[i].name,
                                  .what = is_name(str_from(inputs[i].name)) ? what : NULL,
                                  .at = inputs[i].at,
                                  .from = FIRST_STEP,
                                  .to = SIZE_MAX});
        if (inputs[i].value)
            check_value(s, inputs[i].value, BEFORE_ALL_STEPS);
    }
}

static void check_steps(struct scope *s, const struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_step(s, &steps[i]);
    check_ids(s, steps, count);
    check_names(s, steps, count);
    for (size_t i = 0; i < count; i++)
        check_step(s, &steps[i]);
}

bool scenario_scope_validate(struct arena *a, const struct scenario *sc, struct error *err)
{
    struct scope s = {.arena = a, .err = err, .ok = true};
    add_inputs(&s, sc->vars, sc->var_count, "variable");
    check_steps(&s, sc->steps, sc->step_count);
    check_used(&s);
    return s.ok;
}

bool flow_scope_validate(struct arena *a, const struct flow *f, struct error *err)
{
    struct scope s = {.arena = a, .err = err, .ok = true};
    add_inputs(&s, f->inputs, f->input_count, "input");
    check_steps(&s, f->steps, f->step_count);
    for (size_t i = 0; i < f->output_count; i++)
        check_value(&s, f->outputs[i].value, (f->step_count + 1) * PHASES);
    check_used(&s);
    return s.ok;
}
