#include "conformance/scenario/operations.h"

#include <ctype.h>
#include <string.h>

#include "base/array.h"
#include "base/fields.h"
#include "base/yaml.h"

const char *const owner_texts[] = {OWNERS(ENUM_TEXT)};

/* --- the keys ----------------------------------------------------------------------------- */

struct operation_yaml {
    struct where at;
    const char *name, *source;
    const struct node *call;
    int owner;
    struct field_list also, keys, scopes, query, request, response;
};

static const struct field operation_rows[] = {
    FIELD("operation", FIELD_TEXT, struct operation_yaml, name, .required = true, .min = 1, .max = 60,
          .help = "Name of the operation, as `mockserver routes` prints it after the provider's name."),
    FIELD("call", FIELD_NODE, struct operation_yaml, call, .required = true,
          .help = "Method and path below the base URL: GET /v1/projects/{project}/social-accounts."),
    FIELD("also", FIELD_TEXTS, struct operation_yaml, also,
          .help = "Further documented forms of the call, for example without its id."),
    FIELD("source", FIELD_TEXT, struct operation_yaml, source, .required = true, .min = 1, .max = 200,
          .help = "Document and heading."),
    FIELD("owner", FIELD_ENUM, struct operation_yaml, owner, .required = true, .texts = owner_texts,
          .text_count = OWNER_COUNT, .help = "Who owns what the operation touches."),
    FIELD("keys", FIELD_TEXTS, struct operation_yaml, keys, .required = true,
          .help = "Kinds of keys that it accepts; [] = it needs no key."),
    FIELD("scopes", FIELD_TEXTS, struct operation_yaml, scopes, .help = "Scopes that the key needs."),
    FIELD("query", FIELD_TEXTS, struct operation_yaml, query, .help = "Query parameters."),
    FIELD("request", FIELD_TEXTS, struct operation_yaml, request, .help = "Members of the request body."),
    FIELD("response", FIELD_TEXTS, struct operation_yaml, response,
          .help = "Members of the body of a successful response."),
};
static const struct fields operation_fields =
    FIELD_TABLE("operation", operation_rows, struct operation_yaml, offsetof(struct operation_yaml, at));

struct operations_yaml {
    struct field_list secrets, headers, request_headers, event_headers, events, event_members, errors, operations;
    const char *next_page;
};

static const struct field operations_rows[] = {
    FIELD("secrets", FIELD_TEXTS, struct operations_yaml, secrets,
          .help = "Names of response members whose value is a secret."),
    FIELD("headers", FIELD_TEXTS, struct operations_yaml, headers, .help = "Headers of responses."),
    FIELD("request_headers", FIELD_TEXTS, struct operations_yaml, request_headers, .help = "Headers of requests."),
    FIELD("event_headers", FIELD_TEXTS, struct operations_yaml, event_headers, .help = "Headers of deliveries."),
    FIELD("events", FIELD_TEXTS, struct operations_yaml, events, .help = "Webhook events; [] = there are none."),
    FIELD("event_members", FIELD_TEXTS, struct operations_yaml, event_members,
          .help = "Members of the body of a delivery."),
    FIELD("errors", FIELD_TEXTS, struct operations_yaml, errors, .help = "Members of the body of an error response."),
    FIELD("next_page", FIELD_TEXT, struct operations_yaml, next_page,
          .help = "Response member that is a text if a list continues on another page."),
    FIELD("operations", FIELD_LIST, struct operations_yaml, operations, .required = true, .min = 1, .max = -1,
          .sub = &operation_fields, .help = "The operations."),
};
static const struct fields operations_fields =
    FIELD_TABLE("operations.yaml", operations_rows, struct operations_yaml, FIELDS_NO_PLACE);

struct reading {
    struct arena *arena;
    struct error *err;
};

/* --- the form of an entry ----------------------------------------------------------------- */

static bool has_only(struct str text, const char *more)
{
    for (size_t i = 0; i < text.n; i++)
        if (!isalnum((unsigned char)text.s[i]) && !strchr(more, text.s[i]))
            return false;
    return text.n;
}

static bool is_word(struct str text)
{
    return has_only(text, "_-.:*");
}

static bool is_header(struct str text)
{
    return has_only(text, "-");
}

static bool is_member_name(struct str text)
{
    return has_only(text, "_-");
}

/* items/ * /id, metadata/ ** (without the blanks) */
static bool is_pointer(struct str text)
{
    if (!text.n || text.s[text.n - 1] == '/' || text.s[0] == '*')
        return false;
    while (text.n) {
        struct str segment = str_cut(&text, '/');
        bool open = str_is(segment, "**") && !text.n;
        if (!open && !str_is(segment, "*") && !is_member_name(segment))
            return false;
    }
    return true;
}

enum entry_form {
    FORM_POINTER,
    FORM_NAME,
    FORM_HEADER,
    FORM_WORD,
};

static const struct {
    bool (*fits)(struct str text);
    const char *expected;
} forms[] = {
    [FORM_POINTER] = {is_pointer,     "a pointer without a leading slash, for example items/*/id"},
    [FORM_NAME] = {is_member_name, "a name of letters, digits, _ and -"                       },
    [FORM_HEADER] = {is_header,      "a header name of letters, digits and -"                   },
    [FORM_WORD] = {is_word,        "a word of letters, digits and _ - . : *"                  },
};

/* --- lists -------------------------------------------------------------------------------- */

/* The member above: "items" of "items/ * /id"; empty: no member above. */
static struct str member_above(struct str pointer)
{
    do {
        size_t n = pointer.n;
        while (n && pointer.s[n - 1] != '/')
            n--;
        pointer = str_head(pointer, n ? n - 1 : 0);
    } while (str_ends(pointer, STR("/*")));
    return pointer;
}

static bool list_has(const struct field_list *list, size_t count, struct str text)
{
    const char *const *items = list->items;
    for (size_t i = 0; i < count; i++)
        if (str_is(text, items[i]))
            return true;
    return false;
}

static bool check_entry(struct reading *r, const char *key, const struct field_list *list, size_t i,
                        enum entry_form form, struct where at)
{
    const char *const *items = list->items;
    struct str text = str_from(items[i]), above = form == FORM_POINTER ? member_above(text) : STR("");
    if (!forms[form].fits(text))
        return error_add(r->err, ERROR_INPUT, at, "invalid entry '%s' in '%s'; expected %s", items[i], key,
                         forms[form].expected);
    if (list_has(list, i, text))
        return error_add(r->err, ERROR_INPUT, at, "duplicate entry '%s' in '%s'", items[i], key);
    if (above.n && !list_has(list, list->count, above))
        return error_add(r->err, ERROR_INPUT, at, "'%s' in '%s' needs an entry '" STR_FMT "'", items[i], key,
                         STR_ARG(above));
    return true;
}

/* `map` has the list at `key`: its entries have the places. */
static bool list_read(struct reading *r, const struct node *map, const char *key, const struct field_list *list,
                      enum entry_form form, struct text_list *out)
{
    bool ok = true;
    for (size_t i = 0; i < list->count; i++)
        ok &= check_entry(r, key, list, i, form, node_at(node_get(map, key), i)->at);
    *out = (struct text_list){list->items, list->count};
    return ok;
}

/* --- calls -------------------------------------------------------------------------------- */

/* A segment is fixed text, or one parameter: {project}. */
static bool is_segment(struct str text)
{
    bool braces = str_starts(text, STR("{")) && str_ends(text, STR("}"));
    return braces ? has_only(str_skip(str_head(text, text.n - 1), 1), "_") : !text.n || has_only(text, "_-.");
}

static bool is_method(struct str text)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    for (size_t i = 0; i < COUNT(methods); i++)
        if (str_is(text, methods[i]))
            return true;
    return false;
}

static bool is_path(struct str path)
{
    bool ok = str_starts(path, STR("/"));
    while (path.n && ok)
        ok = is_segment(str_cut(&path, '/'));
    return ok;
}

static bool operation_call_read(struct reading *r, const struct node *call, struct operation *out)
{
    struct str path = str_from(node_text(call)), method = str_cut(&path, ' ');
    if (!is_method(method) || !is_path(path))
        return error_add(r->err, ERROR_INPUT, call->at,
                         "invalid call '%s'; expected METHOD /path, for example GET /v1/items/{item}",
                         node_text(call) ? node_text(call) : node_kind_name(call->kind));
    out->method = str_dup(r->arena, method);
    out->path = str_dup(r->arena, path);
    return true;
}

static bool also_read(struct reading *r, const struct node *map, const struct field_list *list, struct operation *out)
{
    bool ok = true;
    for (size_t i = 0; i < list->count; i++) {
        const struct node *call = node_at(node_get(map, "also"), i);
        struct operation form = {0};
        ok &= operation_call_read(r, call, &form);
    }
    out->also = (struct text_list){list->items, list->count};
    return ok;
}

/* --- operations --------------------------------------------------------------------------- */

static bool operation_read(struct reading *r, const struct node *map, const struct operation_yaml *w,
                           struct operation *out)
{
    bool ok = true;
    *out = (struct operation){.name = w->name, .source = w->source, .owner = (enum owner)w->owner, .at = w->at};
    if (w->name && !has_only(str_from(w->name), "_"))
        ok = error_add(r->err, ERROR_INPUT, node_get(map, "operation")->at,
                       "invalid operation name '%s'; expected letters, digits and _", w->name);
    if (w->call)
        ok &= operation_call_read(r, w->call, out);
    ok &= also_read(r, map, &w->also, out);
    ok &= list_read(r, map, "keys", &w->keys, FORM_WORD, &out->keys);
    ok &= list_read(r, map, "scopes", &w->scopes, FORM_WORD, &out->scopes);
    ok &= list_read(r, map, "query", &w->query, FORM_NAME, &out->query);
    ok &= list_read(r, map, "request", &w->request, FORM_POINTER, &out->request);
    return list_read(r, map, "response", &w->response, FORM_POINTER, &out->response) && ok;
}

/* Two calls are the same if their paths differ only in the names of parameters. */
static bool calls_clash(const struct operation *x, const struct operation *y)
{
    struct str p = str_from(x->path), q = str_from(y->path);
    if (!x->path || !y->path || strcmp(x->method, y->method) != 0)
        return false;
    while (p.n && q.n) {
        struct str s = str_cut(&p, '/'), t = str_cut(&q, '/');
        bool both = str_starts(s, STR("{")) && str_starts(t, STR("{"));
        if (!both && !str_eq(s, t))
            return false;
    }
    return !p.n && !q.n;
}

static bool check_duplicates(struct reading *r, const struct operation *items, size_t i)
{
    bool ok = true;
    for (size_t k = 0; k < i; k++) {
        if (items[i].name && items[k].name && strcmp(items[i].name, items[k].name) == 0)
            ok = error_add(r->err, ERROR_INPUT, items[i].at, "duplicate operation '%s'; it is also in line %d",
                           items[i].name, items[k].at.line);
        if (calls_clash(&items[i], &items[k]))
            ok = error_add(r->err, ERROR_INPUT, items[i].at, "duplicate call '%s %s'; it is also in line %d",
                           items[i].method, items[i].path, items[k].at.line);
    }
    return ok;
}

static bool operations_read(struct reading *r, const struct node *root, const struct field_list *list,
                            struct operations *out)
{
    bool ok = true;
    const struct operation_yaml *rows = list->items;
    struct operation *items = arena_array(r->arena, struct operation, list->count);
    for (size_t i = 0; i < list->count; i++) {
        ok &= operation_read(r, node_at(node_get(root, "operations"), i), &rows[i], &items[i]);
        ok &= check_duplicates(r, items, i);
    }
    out->items = items;
    out->count = list->count;
    return ok;
}

/* --- the file ----------------------------------------------------------------------------- */

static bool has_member_named(const struct text_list *members, const char *name)
{
    for (size_t i = 0; i < members->count; i++) {
        struct str member = str_from(members->items[i]), last = member;
        while (str_find(last, '/') < last.n)
            (void)str_cut(&last, '/');
        if (str_is(last, name))
            return true;
    }
    return false;
}

static bool secret_is_shown(const struct operations *o, const char *name)
{
    bool shown = has_member_named(&o->event_members, name) || has_member_named(&o->errors, name);
    for (size_t i = 0; i < o->count && !shown; i++)
        shown = has_member_named(&o->items[i].response, name);
    return shown;
}

static bool check_secrets(struct reading *r, const struct node *root, const struct operations *o)
{
    bool ok = true;
    for (size_t i = 0; i < o->secrets.count; i++)
        if (!secret_is_shown(o, o->secrets.items[i]))
            ok = error_add(r->err, ERROR_INPUT, node_at(node_get(root, "secrets"), i)->at,
                           "no response has a member '%s'", o->secrets.items[i]);
    return ok;
}

static bool check_next_page(struct reading *r, const struct node *root, const struct operations *o)
{
    bool shown = !o->next_page;
    for (size_t i = 0; i < o->count && !shown; i++)
        shown = operation_has_response_member(&o->items[i], o->next_page);
    return shown || error_add(r->err, ERROR_INPUT, node_get(root, "next_page")->at, "no response has a member '%s'",
                              o->next_page);
}

const struct operations *operations_load(struct arena *a, const char *path, struct error *err)
{
    struct reading r = {a, err};
    struct operations_yaml w = {0};
    struct operations *o = arena_new(a, struct operations);
    const struct node *root = yaml_load(a, path, err);
    if (!root)
        return NULL;
    bool ok = fields_read(&operations_fields, root, a, &w, err);
    o->file = path;
    ok &= list_read(&r, root, "secrets", &w.secrets, FORM_NAME, &o->secrets);
    ok &= list_read(&r, root, "headers", &w.headers, FORM_HEADER, &o->headers);
    ok &= list_read(&r, root, "request_headers", &w.request_headers, FORM_HEADER, &o->request_headers);
    ok &= list_read(&r, root, "event_headers", &w.event_headers, FORM_HEADER, &o->event_headers);
    ok &= list_read(&r, root, "events", &w.events, FORM_WORD, &o->events);
    ok &= list_read(&r, root, "event_members", &w.event_members, FORM_POINTER, &o->event_members);
    ok &= list_read(&r, root, "errors", &w.errors, FORM_POINTER, &o->errors);
    ok &= operations_read(&r, root, &w.operations, o);
    o->next_page = w.next_page;
    ok = ok && check_secrets(&r, root, o) && check_next_page(&r, root, o);
    return ok ? o : NULL;
}
