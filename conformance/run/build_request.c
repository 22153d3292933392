#include "conformance/run/resolve.h"

#include <string.h>

#include "base/json.h"
#include "base/url.h"

#define USER_AGENT "understudy-conformance"

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
        headers_set(v->arena, &x->request_headers, t->header,
                    str_from(arena_printf(v->arena, "%s%s", t->header_prefix, actor->credential)));
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
                        const char **missing)
{
    const struct node *map = headers ? vars_value(v, headers, missing) : NULL;
    const struct member *m;
    for (size_t i = 0; (m = node_member(map, i)); i++) {
        const char *text = scalar_text(v->arena, m->value);
        if (text)
            headers_set(v->arena, &x->request_headers, m->key, str_from(text));
        else
            remove_header(&x->request_headers, m->key);
    }
    return map || !headers;
}

static bool add_body(const struct vars *v, const struct step *step, struct exchange_record *x, const char **missing)
{
    if (step->raw_body) {
        x->request_body = str_from(step->raw_body);
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

struct exchange_record *resolve_request(const struct vars *v, const struct target *t, const struct namespace *ns,
                                        const struct step *step, struct request_problem *problem)
{
    bool inspects = step->kind == STEP_INSPECT;
    const char *base = inspects ? arena_printf(v->arena, "%s/state", ns->admin_url) : ns->base_url;
    struct exchange_record *x = new_request(v, inspects ? "GET" : step->method);
    if (step->body || step->raw_body)
        headers_add(v->arena, &x->request_headers, "Content-Type", STR("application/json"));
    x->url = full_url(v, base, step->path, step->query, &problem->missing);
    bool ok = x->url && (inspects || add_credential(v, t, step->as, x, problem)) &&
              add_headers(v, step->headers, x, &problem->missing) && add_body(v, step, x, &problem->missing);
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
