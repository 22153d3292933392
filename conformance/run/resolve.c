#include "conformance/run/resolve.h"

#include <stdlib.h>
#include <string.h>

#include "base/host.h"
#include "base/json.h"
#include "base/url.h"
#include "conformance/scenario/references.h"

#define USER_AGENT "understudy-conformance"

/* --- variables ---------------------------------------------------------------------------- */

void vars_set(struct vars *v, const char *name, const struct node *value)
{
    for (size_t i = 0; i < v->count; i++)
        if (strcmp(v->items[i].key, name) == 0) {
            v->items[i].value = value;
            return;
        }
    *arena_push(v->arena, v, struct member) = (struct member){.key = arena_text(v->arena, name), .value = value};
}

static const struct vars *outermost(const struct vars *v)
{
    while (v->outer)
        v = v->outer;
    return v;
}

static const struct node *environment(const struct vars *v, struct str name)
{
    const struct vars *root = outermost(v);
    const char *key = str_dup(v->arena, name), *value = getenv(key);
    if (!value)
        return NULL;
    if (root->env)
        root->env(root->env_ctx, key, value);
    return node_new_text(v->arena, str_from(value));
}

static const struct node *step_into(const struct node *n, struct str key)
{
    int64_t i;
    if (n->kind == NODE_LIST)
        return str_to_int(key, &i) && i >= 0 ? node_at(n, (size_t)i) : NULL;
    return node_get_str(n, key);
}

/* Returns the value of `name` if it is the member's key, or the key followed by ".more". */
static const struct node *value_within(struct str name, const struct member *m)
{
    struct str key = str_from(m->key), rest = str_skip(name, key.n);
    if (!str_starts(name, key) || (rest.n && rest.s[0] != '.'))
        return NULL;
    const struct node *n = m->value;
    rest = str_skip(rest, 1);
    while (n && rest.n)
        n = step_into(n, str_cut(&rest, '.'));
    return n;
}

#define NO_SUCH_BYTES 10         /* as many characters at the end of an id are changed */
#define NO_SUCH_ADDED 7000000000 /* is added to an id that is a number */

static const struct node *no_such_id(struct arena *a, const struct node *id)
{
    if (id && id->kind == NODE_INT)
        return node_new_int(a, id->integer + NO_SUCH_ADDED);
    if (!id || id->kind != NODE_TEXT)
        return NULL;
    size_t n = id->text.n;
    char *text = str_dup(a, id->text);
    for (size_t i = n > NO_SUCH_BYTES ? n - NO_SUCH_BYTES : 0; i < n; i++)
        text[i] = str_next_of_class(text[i]);
    return node_new_text(a, str_of(text, n));
}

const struct node *vars_get(const struct vars *v, struct str name)
{
    if (str_starts(name, STR("env.")))
        return environment(v, str_skip(name, 4));
    if (str_starts(name, STR(NO_SUCH_PREFIX)))
        return no_such_id(v->arena, vars_get(v, str_skip(name, strlen(NO_SUCH_PREFIX))));
    for (; v; v = v->outer)
        for (size_t i = v->count; i-- > 0;) {
            const struct node *found = value_within(name, &v->items[i]);
            if (found)
                return found;
        }
    return NULL;
}

const char *scalar_text(struct arena *a, const struct node *n)
{
    if (!n || n->kind == NODE_NULL || n->kind == NODE_LIST || n->kind == NODE_MAP)
        return NULL;
    return n->kind == NODE_TEXT ? n->text.s : json_print(a, n);
}

/* --- text --------------------------------------------------------------------------------- */

struct filling {
    const struct vars *vars;
    struct buf out;
    const char *rest; /* the text that is not copied yet */
    bool encode;
    const char **missing;
    const struct node *whole; /* the value, if the whole text is one reference */
};

/* Copies the text up to `end`; "$$" becomes "$". */
static void copy_literal(struct filling *f, const char *end)
{
    for (const char *c = f->rest; c < end; c++) {
        buf_byte(&f->out, *c);
        if (*c == '$' && c + 1 < end && c[1] == '$')
            c++;
    }
}

static bool fill_reference(void *ctx, struct str reference, struct where at)
{
    (void)at;
    struct filling *f = ctx;
    const struct node *value = vars_get(f->vars, reference);
    const char *text = scalar_text(f->vars->arena, value);
    bool braces = reference.s[-1] == '{';
    const char *begin = reference.s - (braces ? 2 : 1);
    const char *end = reference.s + reference.n + braces;
    bool whole = begin == f->rest && !f->out.n && !*end;
    if (!value || (!text && (f->encode || !whole))) {
        *f->missing = str_dup(f->vars->arena, reference);
        return false;
    }
    f->whole = whole && !braces ? value : NULL;
    copy_literal(f, begin);
    if (text && f->encode)
        url_encode(&f->out, str_from(text));
    else if (text)
        buf_text(&f->out, text);
    f->rest = end;
    return true;
}

static bool fill_text(struct filling *f, const char *text)
{
    f->out.arena = f->vars->arena;
    f->rest = text;
    if (!references_visit_text(text, (struct where){0}, fill_reference, f))
        return false;
    copy_literal(f, f->rest + strlen(f->rest));
    return true;
}

const char *vars_text(const struct vars *v, const char *text, const char **missing)
{
    struct filling f = {.vars = v, .missing = missing};
    return fill_text(&f, text) ? buf_c(&f.out) : NULL;
}

const char *vars_path(const struct vars *v, const char *path, const char **missing)
{
    struct filling f = {.vars = v, .missing = missing, .encode = true};
    return fill_text(&f, path) ? buf_c(&f.out) : NULL;
}

/* --- values ------------------------------------------------------------------------------- */

static const struct node *text_value(const struct vars *v, const struct node *value, const char **missing)
{
    struct filling f = {.vars = v, .missing = missing};
    if (!strchr(value->text.s, '$'))
        return value;
    if (!fill_text(&f, value->text.s))
        return NULL;
    struct node *n = arena_new(v->arena, struct node);
    if (f.whole)
        *n = *f.whole;
    else
        *n = (struct node){.kind = NODE_TEXT, .text = str_from(buf_c(&f.out))};
    n->at = value->at; /* a check is reported at the reference, not at its value */
    return n;
}

static const struct node *list_value(const struct vars *v, const struct node *value, const char **missing)
{
    size_t count = value->list.count;
    const struct node **items = arena_array(v->arena, const struct node *, count);
    for (size_t i = 0; i < count; i++)
        if (!(items[i] = vars_value(v, value->list.items[i], missing)))
            return NULL;
    struct node *n = arena_new(v->arena, struct node);
    *n = *value;
    n->list.items = items;
    return n;
}

static const struct node *map_value(const struct vars *v, const struct node *value, const char **missing)
{
    size_t count = value->map.count;
    struct member *members = arena_array(v->arena, struct member, count);
    for (size_t i = 0; i < count; i++) {
        members[i] = value->map.members[i];
        if (!(members[i].value = vars_value(v, members[i].value, missing)))
            return NULL;
    }
    struct node *n = arena_new(v->arena, struct node);
    *n = *value;
    n->map.members = members;
    return n;
}

const struct node *vars_value(const struct vars *v, const struct node *value, const char **missing)
{
    switch (value->kind) {
    case NODE_NULL:
    case NODE_BOOL:
    case NODE_INT:
    case NODE_REAL:
        return value;
    case NODE_TEXT:
        return text_value(v, value, missing);
    case NODE_LIST:
        return list_value(v, value, missing);
    case NODE_MAP:
        return map_value(v, value, missing);
    }
    return NULL;
}

/* --- expectations ------------------------------------------------------------------------- */

bool resolve_optional(const struct vars *v, const struct node *value, const struct node **out, const char **missing)
{
    *out = value ? vars_value(v, value, missing) : NULL;
    return !value || *out;
}

bool resolve_expectation(const struct vars *v, const struct expectation *x, struct expectation *out,
                         const char **missing)
{
    *out = *x;
    return resolve_optional(v, x->headers, &out->headers, missing) &&
           resolve_optional(v, x->body, &out->body, missing) &&
           resolve_optional(v, x->outputs, &out->outputs, missing) &&
           resolve_optional(v, x->redirect, &out->redirect, missing);
}

const struct reading *resolve_readings(const struct vars *v, const struct step *step, const char **missing)
{
    struct reading *out = arena_array(v->arena, struct reading, step->reading_count);
    for (size_t i = 0; i < step->reading_count; i++) {
        out[i].name = step->readings[i].name;
        if (!resolve_expectation(v, &step->readings[i].expect, &out[i].expect, missing))
            return NULL;
    }
    return out;
}

/* --- requests ----------------------------------------------------------------------------- */

static bool add_query_value(const struct vars *v, struct buf *url, const char *name, const struct node *value)
{
    const char *text = scalar_text(v->arena, value);
    if (!text)
        return value->kind == NODE_NULL; /* null: omit the parameter */
    buf_byte(url, strchr(url->data, '?') ? '&' : '?');
    url_encode(url, str_from(name));
    buf_byte(url, '=');
    url_encode(url, str_from(text));
    return true;
}

/* A list becomes one parameter per item, all with the same name. */
static bool add_query(const struct vars *v, struct buf *url, const struct node *query, const char **missing)
{
    const struct node *map = query ? vars_value(v, query, missing) : NULL;
    bool ok = map || !query;
    const struct member *m;
    for (size_t i = 0; ok && (m = node_member(map, i)); i++) {
        if (m->value->kind != NODE_LIST)
            ok = add_query_value(v, url, m->key, m->value);
        for (size_t k = 0; ok && m->value->kind == NODE_LIST && k < m->value->list.count; k++)
            ok = add_query_value(v, url, m->key, m->value->list.items[k]);
        if (!ok)
            *missing = m->key;
    }
    return ok;
}

static bool add_credential(const struct vars *v, const struct target *t, const char *as, struct exchange_record *x,
                           struct request_problem *problem)
{
    const char *name = as ? vars_text(v, as, &problem->missing) : NULL;
    if (as && !name)
        return false;
    const struct actor *actor = target_actor(t, name);
    if (!actor && name) {
        problem->no_actor = name;
        return false;
    }
    if (actor && actor->credential)
        headers_set(
            v->arena, &x->request_headers, t->header,
            str_from(arena_printf(v->arena, "%s%s", actor->no_prefix ? "" : t->header_prefix, actor->credential)));
    return true;
}

static void remove_header(struct headers *h, const char *name)
{
    size_t kept = 0;
    for (size_t i = 0; i < h->count; i++)
        if (!str_eq_nocase(str_from(h->items[i].name), str_from(name)))
            h->items[kept++] = h->items[i];
    h->count = kept;
}

/* The step's headers override the default ones; null removes a header. */
static bool add_headers(const struct vars *v, const struct node *headers, struct exchange_record *x,
                        struct request_problem *problem)
{
    const struct node *map = headers ? vars_value(v, headers, &problem->missing) : NULL;
    const struct member *m;
    for (size_t i = 0; (m = node_member(map, i)); i++) {
        const char *text = scalar_text(v->arena, m->value);
        if (text && !header_value_valid(str_from(text))) {
            problem->bad_header = m->key;
            return false;
        }
        if (text)
            headers_set(v->arena, &x->request_headers, m->key, str_from(text));
        else
            remove_header(&x->request_headers, m->key);
    }
    return map || !headers;
}

static bool add_body(const struct vars *v, const struct step *step, struct exchange_record *x, const char **missing)
{
    if (step->raw_body || step->body_file) {
        x->request_body = step->body_file ? step->file_body : str_from(step->raw_body);
        x->body_file = step->body_file;
        return true;
    }
    const struct node *body = step->body ? vars_value(v, step->body, missing) : NULL;
    if (body)
        x->request_body = str_from(json_print(v->arena, body));
    return body || !step->body;
}

static struct exchange_record *new_request(const struct vars *v, const char *method)
{
    struct exchange_record *x = arena_new(v->arena, struct exchange_record);
    x->method = method;
    headers_add(v->arena, &x->request_headers, "User-Agent", STR(USER_AGENT));
    headers_add(v->arena, &x->request_headers, "Accept", STR("application/json"));
    headers_add(v->arena, &x->request_headers, "Accept-Encoding", STR(HTTP_CODINGS));
    return x;
}

static const char *full_url(const struct vars *v, const char *base, const char *path, const struct node *query,
                            const char **missing)
{
    struct buf url = {.arena = v->arena};
    const char *filled = vars_path(v, path, missing);
    if (!filled)
        return NULL;
    buf_printf(&url, "%s%s%s", base, *filled == '/' ? "" : "/", filled);
    return add_query(v, &url, query, missing) ? buf_c(&url) : NULL;
}

/* --- calls to a URL that a response contained ---------------------------------------------- */

static bool same_host(const struct url *x, const struct url *y)
{
    return strcmp(x->host, y->host) == 0 && url_port(x) == url_port(y);
}

/* Returns true if a response may send the runner there: to the target itself, to this machine if the target is a mock,
 * and to the hosts that the target file lists. Without this a response could make the runner call anything. */
static bool may_call(struct arena *a, const struct target *t, const struct url *url, const struct url *own)
{
    bool ok = same_host(url, own) || (t->is_mock && host_is_loopback(str_from(url->host)));
    for (size_t i = 0; i < t->url_host_count && !ok; i++)
        ok = str_eq_nocase(str_from(t->url_hosts[i]), str_from(url->host)) ||
             str_eq_nocase(str_from(t->url_hosts[i]), str_from(arena_printf(a, "%s:%d", url->host, url_port(url))));
    return ok;
}

/* Returns why the URL is not called, as a sentence, or NULL. */
static const char *url_problem(const struct vars *v, const struct target *t, const struct namespace *ns,
                               const struct step *step, const char *text)
{
    struct arena *a = v->arena;
    struct url url, own;
    const char *why = NULL;
    if (!url_parse(a, text, &url, &why))
        return arena_printf(a, "not sent: '%s' is not a URL: %s", step->path, why);
    if (*url.user)
        return arena_printf(a, "not sent: the URL '%s' contains a user", step->path);
    bool known = url_parse(a, ns->base_url, &own, NULL);
    if (!known || !may_call(a, t, &url, &own))
        return arena_printf(a, "not sent: '%s' leads to the host '%s', which 'url_hosts' of the target does not list",
                            step->path, url.host);
    if (step->as && (!same_host(&url, &own) || strcmp(url.scheme, own.scheme) != 0))
        return arena_printf(a, "not sent: '%s' leads to the host '%s', and a key is only sent to that of base_url",
                            step->path, url.host);
    return NULL;
}

static const char *called_url(const struct vars *v, const struct target *t, const struct namespace *ns,
                              const struct step *step, struct request_problem *problem)
{
    struct buf url = {.arena = v->arena};
    const char *text = vars_text(v, step->path, &problem->missing);
    if (!text)
        return NULL;
    problem->bad_url = url_problem(v, t, ns, step, text);
    buf_printf(&url, "%.*s", (int)strcspn(text, "#"), text);
    return !problem->bad_url && add_query(v, &url, step->query, &problem->missing) ? buf_c(&url) : NULL;
}

static const char *content_type(const struct step *step)
{
    bool other = step->body_file && !str_ends(str_from(step->body_file), STR(".json"));
    return other ? "application/octet-stream" : "application/json";
}

struct exchange_record *resolve_request(const struct vars *v, const struct target *t, const struct namespace *ns,
                                        const struct step *step, struct request_problem *problem)
{
    bool inspects = step->kind == STEP_INSPECT;
    const char *base = inspects ? arena_printf(v->arena, "%s/state", ns->admin_url) : ns->base_url;
    struct exchange_record *x = new_request(v, inspects ? "GET" : step->method);
    if (step->body || step->raw_body || step->body_file)
        headers_add(v->arena, &x->request_headers, "Content-Type", str_from(content_type(step)));
    x->url = step->to_url ? called_url(v, t, ns, step, problem)
                          : full_url(v, base, step->path, step->query, &problem->missing);
    bool keyless = inspects || (step->to_url && !step->as);
    bool ok = x->url && (keyless || add_credential(v, t, step->as, x, problem)) &&
              add_headers(v, step->headers, x, problem) && add_body(v, step, x, &problem->missing);
    return ok ? x : NULL;
}

static struct exchange_record *add_same_actor(const struct vars *v, const struct target *t, const struct step *step,
                                              struct exchange_record *x, struct request_problem *problem)
{
    return x->url && add_credential(v, t, step->as, x, problem) ? x : NULL;
}

struct exchange_record *resolve_cleanup(const struct vars *v, const struct target *t, const struct namespace *ns,
                                        const struct step *step, const struct cleanup *c,
                                        struct request_problem *problem)
{
    struct exchange_record *x = new_request(v, c->method);
    x->url = full_url(v, ns->base_url, c->path, NULL, &problem->missing);
    return add_same_actor(v, t, step, x, problem);
}

struct exchange_record *resolve_lookup(const struct vars *v, const struct target *t, const struct namespace *ns,
                                       const struct step *step, const struct lookup *f, struct request_problem *problem)
{
    struct exchange_record *x = new_request(v, "GET");
    x->url = full_url(v, ns->base_url, f->path, f->query, &problem->missing);
    return add_same_actor(v, t, step, x, problem);
}
