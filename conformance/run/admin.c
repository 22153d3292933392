#include "conformance/run/admin.h"

#include "base/json.h"

#define SHORT_MAX_BYTES 200

static const char *root_of(struct arena *a, const struct target *t)
{
    struct str url = str_from(t->admin_url);
    if (str_ends(url, STR("/__admin")))
        url.n -= STR("/__admin").n;
    return str_dup(a, url);
}

struct namespace namespace_of(struct arena *a, const struct target *t, const char *name)
{
    if (!name)
        return (struct namespace){NULL, t->base_url, t->admin_url, false};
    const char *root = root_of(a, t);
    return (struct namespace){
        .name = name,
        .base_url = arena_printf(a, "%s/ns/%s%s", root, name, t->mount),
        .admin_url = arena_printf(a, "%s/ns/%s/__admin", root, name),
        .has_clock = true,
    };
}

struct exchange_record *admin_request(struct arena *a, const char *admin_url, const char *method, const char *path,
                                      const struct node *body)
{
    struct exchange_record *x = arena_new(a, struct exchange_record);
    x->method = method;
    x->url = arena_printf(a, "%s%s", admin_url, path);
    headers_add(a, &x->request_headers, "Accept", STR("application/json"));
    if (body) {
        x->request_body = str_from(json_print(a, body));
        headers_add(a, &x->request_headers, "Content-Type", STR("application/json"));
    }
    return x;
}

static const struct node *text_map(struct arena *a, const char *key, const char *value)
{
    return node_with(a, NULL, key, node_new_text(a, str_from(value)));
}

struct exchange_record *admin_create_namespace(struct arena *a, const struct target *t, const char *name)
{
    const struct node *body = text_map(a, "name", name);
    body = node_with(a, body, "clock", text_map(a, "mode", "frozen"));
    return admin_request(a, t->admin_url, "POST", "/namespaces", body);
}

struct exchange_record *admin_delete_namespace(struct arena *a, const struct target *t, const char *name)
{
    return admin_request(a, t->admin_url, "DELETE", arena_printf(a, "/namespaces/%s", name), NULL);
}

struct exchange_record *admin_advance_clock(struct arena *a, const struct namespace *ns, int64_t ms)
{
    const char *by = arena_printf(a, "%lldms", (long long)ms);
    return admin_request(a, ns->admin_url, "POST", "/clock/advance", text_map(a, "by", by));
}

bool exchange_succeeded(const struct exchange_record *x)
{
    return x->status >= 200 && x->status < 300;
}

const char *admin_error(struct arena *a, const struct exchange_record *x)
{
    if (!x->status)
        return arena_printf(a, "the admin API did not respond: %s", x->error);
    struct str body = str_head(str_trim(x->response_body), SHORT_MAX_BYTES);
    return arena_printf(a, "the admin API returned %d for %s %s: " STR_FMT, x->status, x->method, x->url,
                        STR_ARG(body));
}
