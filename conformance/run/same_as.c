#include <string.h>

#include "base/array.h"
#include "base/json.h"
#include "base/time.h"
#include "conformance/run/step.h"
#include "conformance/scenario/catalogue.h"
#include "conformance/scenario/operations.h"

#define SHOWN_MAX_BYTES 80

/* --- responses that are kept ---------------------------------------------------------------- */

void same_as_keep(struct task *t)
{
    const struct current *c = &t->current;
    if (t->depth == 1 && c->step->id && c->step->kind == STEP_CALL)
        *arena_push(t->runner->arena, &t->kept, struct kept_response) =
            (struct kept_response){c->step, c->exchange, c->body, c->held};
}

/* Returns the first step from `there` on whose checks did not all hold; NULL: all held. What happened between two
 * responses is then not what the scenario wanted, so a comparison of them decides nothing. */
static const char *failed_since(const struct task *t, const struct kept_response *there)
{
    for (const struct kept_response *k = there; k < t->kept.items + t->kept.count; k++)
        if (!k->held)
            return k->step->id;
    return NULL;
}

static const struct kept_response *find_kept(const struct task *t, const char *id)
{
    for (size_t i = t->kept.count; i > 0; i--)
        if (strcmp(t->kept.items[i - 1].step->id, id) == 0)
            return &t->kept.items[i - 1];
    return NULL;
}

/* --- comparison ----------------------------------------------------------------------------- */

struct comparison {
    struct arena *arena;
    const struct same_as *how;
    const struct node *ids;          /* resolved */
    const struct text_list *members; /* the documented ones; NULL: not known */
    const char *difference;          /* the first one, as a sentence; NULL: none */
};

/* Both pointers are split at each slash; `*` in the pattern is any one segment. */
static bool fits(struct str pattern, struct str pointer)
{
    while (pattern.n && pointer.n) {
        struct str expected = str_cut(&pattern, '/'), segment = str_cut(&pointer, '/');
        if (!str_is(expected, "*") && !str_eq(expected, segment))
            return false;
    }
    return pattern.n == pointer.n;
}

static bool may_differ(const struct comparison *k, const char *pointer)
{
    for (size_t i = 0; i < k->how->except_count; i++)
        if (fits(str_from(k->how->except[i]), str_from(pointer)))
            return true;
    return false;
}

/* The provider may add members that no document has, and change them from call to call. */
static bool is_undocumented(const struct comparison *k, const char *pointer)
{
    return k->members && *pointer == '/' && !members_have(k->members, pointer);
}

static struct str replace(struct arena *a, struct str text, struct str from, struct str to)
{
    struct buf out = {.arena = a};
    for (size_t i = 0; i < text.n;) {
        bool here = from.n && str_starts(str_skip(text, i), from);
        buf_add(&out, here ? to : str_of(text.s + i, 1));
        i += here ? from.n : 1;
    }
    return buf_str(&out);
}

/* Returns the text of this response with the ids of the other call. */
static struct str with_other_ids(const struct comparison *k, struct str text)
{
    for (size_t i = 0; i < node_count(k->ids); i++) {
        const struct node *pair = node_at(k->ids, i);
        const char *there = scalar_text(k->arena, node_at(pair, 0)), *here = scalar_text(k->arena, node_at(pair, 1));
        if (there && here)
            text = replace(k->arena, text, str_from(here), str_from(there));
    }
    return text;
}

static const char *shown(struct arena *a, const struct node *n)
{
    return n ? json_print_short(a, n, SHOWN_MAX_BYTES) : "absent";
}

static void report_difference(struct comparison *k, const char *pointer, const struct node *there,
                              const struct node *here)
{
    if (!k->difference)
        k->difference = arena_printf(k->arena, "%s: %s, but %s in step '%s'", *pointer ? pointer : "body",
                                     shown(k->arena, here), shown(k->arena, there), k->how->step);
}

static void compare(struct comparison *k, const char *pointer, const struct node *there, const struct node *here);

static void compare_maps(struct comparison *k, const char *pointer, const struct node *there, const struct node *here)
{
    const struct member *m;
    for (size_t i = 0; (m = node_member(there, i)); i++)
        compare(k, node_pointer_add(k->arena, pointer, str_from(m->key)), m->value, node_get(here, m->key));
    for (size_t i = 0; (m = node_member(here, i)); i++)
        if (!node_get(there, m->key))
            compare(k, node_pointer_add(k->arena, pointer, str_from(m->key)), NULL, m->value);
}

static bool is_same(const struct comparison *k, const char *pointer, const struct node *there, const struct node *here)
{
    struct comparison one = *k;
    one.difference = NULL;
    compare(&one, pointer, there, here);
    return !one.difference;
}

/* In any order: most documents do not say in which order a list is. */
static bool has_same_items(const struct comparison *k, const char *pointer, const struct node *there,
                           const struct node *here)
{
    size_t count = node_count(there);
    bool *used = arena_array(k->arena, bool, count + 1);
    for (size_t i = 0; i < count; i++) {
        const char *at = arena_printf(k->arena, "%s/%zu", pointer, i);
        size_t other = 0;
        while (other < count && (used[other] || !is_same(k, at, node_at(there, i), node_at(here, other))))
            other++;
        if (other == count)
            return false;
        used[other] = true;
    }
    return true;
}

static void compare_lists(struct comparison *k, const char *pointer, const struct node *there, const struct node *here)
{
    if (node_count(there) == node_count(here) && has_same_items(k, pointer, there, here))
        return;
    size_t count = node_count(there) > node_count(here) ? node_count(there) : node_count(here);
    for (size_t i = 0; i < count; i++)
        compare(k, arena_printf(k->arena, "%s/%zu", pointer, i), node_at(there, i), node_at(here, i));
}

/* The same instant may have another format. */
static bool same_text(const struct comparison *k, struct str there, struct str here)
{
    int64_t there_ms, here_ms;
    return str_eq(there, with_other_ids(k, here)) ||
           (time_parse(there, &there_ms) && time_parse(here, &here_ms) && there_ms == here_ms);
}

/* A tree of JSON is limited in depth. */
static void compare(struct comparison *k, const char *pointer, const struct node *there, const struct node *here)
{
    if (may_differ(k, pointer) || is_undocumented(k, pointer))
        return;
    bool same_kind = there && here && there->kind == here->kind;
    if (same_kind && there->kind == NODE_MAP)
        compare_maps(k, pointer, there, here);
    else if (same_kind && there->kind == NODE_LIST)
        compare_lists(k, pointer, there, here);
    else if (same_kind && there->kind == NODE_TEXT ? !same_text(k, there->text, here->text)
                                                   : (there || here) && !(there && here && node_equal(there, here)))
        report_difference(k, pointer, there, here);
}

/* Of Content-Type only the media type counts. */
static const struct node *header_of(struct arena *a, const struct exchange_record *x, const char *name)
{
    const struct header *h = headers_find(&x->response_headers, name);
    struct str value = h ? h->value : STR("");
    if (str_eq_nocase(str_from(name), STR("Content-Type")))
        value = str_trim(str_head(value, str_find(value, ';')));
    return h ? node_new_text(a, value) : NULL;
}

static void compare_responses(struct comparison *k, const struct kept_response *there, const struct current *here)
{
    struct arena *a = k->arena;
    if (there->exchange->status != here->exchange->status)
        k->difference = arena_printf(a, "status %d, but %d in step '%s'", here->exchange->status,
                                     there->exchange->status, k->how->step);
    for (size_t i = 0; i < k->how->header_count; i++) {
        const char *name = k->how->headers[i];
        compare(k, arena_printf(a, "headers/%s", name), header_of(a, there->exchange, name),
                header_of(a, here->exchange, name));
    }
    if (there->body || here->body)
        compare(k, "", there->body, here->body);
    else if (!str_eq(there->exchange->response_body, here->exchange->response_body) && !k->difference)
        k->difference = arena_printf(a, "another body than in step '%s'", k->how->step);
}

/* --- the check ------------------------------------------------------------------------------ */

struct check *same_as_add(const struct check_input *in, const struct same_as *how, enum verdict verdict,
                          struct check_list *out)
{
    struct check *c = check_add(in, out, "same_as", how->step, verdict);
    c->at = how->at;
    c->expected = arena_printf(in->arena, "the response of step '%s'", how->step);
    return c;
}

static const struct text_list *documented_members(const struct task *t)
{
    const struct suite *suite = t->runner->plan->suite;
    const struct step *step = t->current.step;
    for (size_t i = 0; suite && i < suite->catalogue_count; i++) {
        const struct operations *o = suite->catalogues[i]->operations;
        const struct operation *op = o ? operations_find(o, step->method, step->path) : NULL;
        if (!op)
            continue;
        const struct text_list *members = t->current.exchange->status >= 400 ? &o->errors : &op->response;
        return members->count ? members : NULL;
    }
    return NULL;
}

bool same_as_check(struct task *t, const struct check_input *in)
{
    const struct current *c = &t->current;
    const struct same_as *how = c->step->same_as;
    const struct kept_response *there = find_kept(t, how->step);
    const char *missing = NULL, *undecided = NULL;
    struct comparison k = {.arena = in->arena, .how = how, .members = documented_members(t)};
    const char *failed = there ? failed_since(t, there) : how->step;
    if (failed || !c->held)
        undecided = failed ? arena_printf(in->arena, "step '%s' failed", failed)
                           : "this step has another response than expected";
    if (!undecided && !resolve_optional(&c->vars, how->ids, &k.ids, &missing))
        undecided = arena_printf(in->arena, "no value for '%s'", missing ? missing : "?");
    if (undecided) {
        same_as_add(in, how, VERDICT_BLOCKED, &t->checks)->why = undecided;
        return true;
    }
    compare_responses(&k, there, c);
    struct check *check = same_as_add(in, how, k.difference ? VERDICT_FAIL : VERDICT_PASS, &t->checks);
    check->actual = k.difference ? k.difference : "the same";
    return !k.difference;
}
