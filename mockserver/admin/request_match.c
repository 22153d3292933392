#include "mockserver/admin/requests.h"

#include <string.h>

#include "base/array.h"
#include "base/http/message.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/rules/rules.h"
#include "mockserver/runtime/namespaces.h"
#include "mockserver/state/tenant.h"

#define PLACE "/match"

static const char *const selector_texts[] = {SELECTORS(ENUM_TEXT)};

#define SELECT(name, text, shape_, help_)                                                                              \
    FIELD(text, FIELD_NODE, struct request_match, of[SELECTOR_##name], .shape = (shape_), .help = (help_))

#define VALUE "expectation"
#define NAMED "named_texts"

static const struct field rows[] = {
    SELECT(OPERATION, "operation", VALUE, "Operation, with its provider if several have one of that name."),
    SELECT(PROVIDER, "provider", VALUE, "Provider of the call."),
    SELECT(METHOD, "method", VALUE, "HTTP method."),
    SELECT(PATH, "path", VALUE, "Path, without the namespace and provider prefixes."),
    SELECT(STATUS, "status", VALUE, "Status of the response."),
    SELECT(KEY, "key", VALUE, "API key of the call, by name or value."),
    SELECT(QUERY, "query", NAMED, "Expected values of query parameters, by name."),
    SELECT(HEADERS, "headers", NAMED, "Expected values of request headers, by name."),
    SELECT(BODY, "body", VALUE, "JSON body of the request."),
    SELECT(FAULT, "fault", VALUE, "Refusal reason, by its provider-neutral name, for example rate_limited."),
    SELECT(RULE, "rule", VALUE, "Name of a rule that acted on the call."),
};

const struct fields request_match_fields = FIELD_TABLE("match", rows, struct request_match, FIELDS_NO_PLACE);

static const struct node *same_place_text(struct arena *a, const struct node *at, const char *text)
{
    struct node *n = arena_copy(a, node_new_text(a, str_from(text)), sizeof *n);
    n->at = at->at;
    return n;
}

static bool check_operation(struct call *c, struct request_match *m, struct error *err)
{
    const struct node *n = m->of[SELECTOR_OPERATION];
    const struct node *provider = m->of[SELECTOR_PROVIDER];
    struct operation found;
    struct str of = str_from(provider ? node_text(provider) : NULL);
    if (!provider_operation(n->text, of, n->at, &found, err))
        return false;
    m->of[SELECTOR_OPERATION] =
        same_place_text(c->arena, n, arena_printf(c->arena, "%s.%s", found.provider->name, found.route->operation));
    return true;
}

static bool unknown(struct call *c, struct error *err, const char *what, const struct node *n, const char *const *words,
                    size_t count)
{
    return error_add(err, ERROR_INPUT, n->at, "unknown %s '" STR_FMT "'%s", what, STR_ARG(n->text),
                     admin_hint(c, n->text, words, count));
}

static bool check_provider(struct call *c, struct request_match *m, struct error *err)
{
    const struct node *n = m->of[SELECTOR_PROVIDER];
    const char **names = arena_array(c->arena, const char *, provider_count);
    for (size_t i = 0; i < provider_count; i++)
        names[i] = providers[i]->name;
    return provider_named(n->text) || unknown(c, err, "provider", n, names, provider_count);
}

static bool check_method(struct call *c, struct request_match *m, struct error *err)
{
    static const char *const methods[] = {"GET",  "POST",    "PUT",   "PATCH",  "DELETE",
                                          "HEAD", "OPTIONS", "TRACE", "CONNECT"};
    const struct node *n = m->of[SELECTOR_METHOD];
    for (size_t i = 0; i < COUNT(methods); i++)
        if (str_is(n->text, methods[i]))
            return true;
    return unknown(c, err, "method", n, methods, COUNT(methods));
}

static bool check_key(struct call *c, struct request_match *m, struct error *err)
{
    const struct node *n = m->of[SELECTOR_KEY];
    (void)err; /* select_key adds the issue */
    uint32_t row = select_key(c, PLACE "/key", node_text(n));
    if (row != ROW_NONE)
        m->of[SELECTOR_KEY] = same_place_text(c->arena, n, key_label(key_read(c->world, row)));
    return row != ROW_NONE;
}

static bool check_fault(struct call *c, struct request_match *m, struct error *err)
{
    const struct node *n = m->of[SELECTOR_FAULT];
    for (size_t i = FAULT_NONE + 1; i < FAULT_COUNT; i++)
        if (str_is(n->text, fault_texts[i]))
            return true;
    if (str_nearest(n->text, fault_texts + FAULT_NONE + 1, FAULT_COUNT - 1))
        return unknown(c, err, "fault", n, fault_texts + FAULT_NONE + 1, FAULT_COUNT - 1);
    struct buf names = {.arena = c->arena};
    for (size_t i = FAULT_NONE + 1; i < FAULT_COUNT; i++)
        buf_printf(&names, "%s%s", names.n ? ", " : "", fault_texts[i]);
    return error_add(err, ERROR_INPUT, n->at, "unknown fault '" STR_FMT "'; expected one of: %s", STR_ARG(n->text),
                     buf_c(&names));
}

static bool has_acted(const struct journal *j, struct str rule)
{
    for (uint64_t seq = journal_first(j); seq && seq <= journal_last(j); seq++) {
        const struct call_trace *t = &journal_read(j, seq)->trace;
        for (size_t i = 0; i < t->decisions.count; i++)
            if (!t->decisions.items[i].failed && str_is(rule, t->decisions.items[i].rule))
                return true;
    }
    return false;
}

/* A removed rule is still accepted if it acted on a call in the journal. */
static bool check_rule(struct call *c, struct request_match *m, struct error *err)
{
    const struct node *n = m->of[SELECTOR_RULE];
    if (!rules_written(c->ns->rules, n->text) && !has_acted(c->ns->journal, n->text))
        return error_add(err, ERROR_INPUT, n->at, "unknown rule '" STR_FMT "'", STR_ARG(n->text));
    const struct member some = {.key = "$some", .key_at = n->at, .value = n};
    m->of[SELECTOR_RULE] = node_new_map(c->arena, arena_copy(c->arena, &some, sizeof some), 1);
    return true;
}

/* How each selector checks and resolves a plain text, and the weight of a miss in "nearest". */
static const struct {
    bool (*check)(struct call *c, struct request_match *m, struct error *err);
    unsigned weight;
} parts[] = {
  /* clang-format off */
    [SELECTOR_OPERATION] = {check_operation, 4},
    [SELECTOR_PROVIDER]  = {check_provider,  4},
    [SELECTOR_METHOD]    = {check_method,    2},
    [SELECTOR_PATH]      = {NULL,            4},
    [SELECTOR_STATUS]    = {NULL,            1},
    [SELECTOR_KEY]       = {check_key,       1},
    [SELECTOR_QUERY]     = {NULL,            1},
    [SELECTOR_HEADERS]   = {NULL,            1},
    [SELECTOR_BODY]      = {NULL,            1},
    [SELECTOR_FAULT]     = {check_fault,     1},
    [SELECTOR_RULE]      = {check_rule,      1},
  /* clang-format on */
};

static bool check_part(struct call *c, struct request_match *m, enum selector i, struct error *err)
{
    const struct node *n = m->of[i];
    if (i == SELECTOR_QUERY || i == SELECTOR_HEADERS)
        return rules_check_named(n, i == SELECTOR_QUERY ? "query" : "header", err);
    if (n->kind != NODE_TEXT && n->kind != NODE_MAP && i != SELECTOR_BODY && i != SELECTOR_STATUS)
        return error_add(err, ERROR_INPUT, n->at, "'%s' is %s; expected %s or matchers", selector_texts[i],
                         node_kind_name(n->kind), node_kind_words(n, NODE_TEXT));
    if (i == SELECTOR_STATUS && n->kind != NODE_INT && n->kind != NODE_MAP)
        return error_add(err, ERROR_INPUT, n->at, "'status' is %s; expected a number or matchers",
                         node_kind_name(n->kind));
    if (!match_check(n, err))
        return false;
    return n->kind != NODE_TEXT || !parts[i].check || parts[i].check(c, m, err);
}

bool request_match_check(struct call *c, struct request_match *m)
{
    struct error err = {0};
    for (enum selector i = 0; i < SELECTOR_COUNT; i++)
        if (m->of[i])
            check_part(c, m, i, &err);
    admin_issues(c, call_body(c), &err);
    return !c->fault;
}

/* the value of an entry that a selector is compared with */

static const struct node *text_of(struct arena *a, const char *text)
{
    return text ? node_new_text(a, str_from(text)) : NULL;
}

static const struct node *operation_of(struct arena *a, const struct journal_entry *e)
{
    return e->route ? text_of(a, arena_printf(a, "%s.%s", e->provider->name, e->route->operation)) : NULL;
}

static const struct node *query_value(struct arena *a, const struct journal_entry *e, const char *name)
{
    struct url_pair *pairs;
    size_t count;
    struct str query = str_skip(e->target, str_find(e->target, '?') + 1);
    if (!url_query(a, query, &pairs, &count))
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (str_is(pairs[i].name, name))
            return node_new_text(a, pairs[i].value);
    return NULL;
}

static const struct node *header_value(struct arena *a, const struct journal_entry *e, const char *name)
{
    const struct headers *h = &e->request_headers;
    return headers_find(h, name) ? node_new_text(a, request_header(a, h, name)) : NULL;
}

static const struct node *named(struct arena *a, const struct journal_entry *e, const struct node *wanted,
                                const struct node *(*value)(struct arena *a, const struct journal_entry *e,
                                                            const char *name))
{
    struct member *members = arena_array(a, struct member, node_count(wanted) + 1);
    size_t count = 0;
    for (size_t i = 0; i < node_count(wanted); i++) {
        const char *name = wanted->map.members[i].key;
        const struct node *found = value(a, e, name);
        if (found)
            members[count++] = (struct member){.key = name, .value = found};
    }
    return node_new_map(a, members, count);
}

/* A body that is not JSON is compared as text. */
static const struct node *body_of(struct arena *a, const struct journal_entry *e)
{
    const struct request r = {.body = e->request_body};
    if (body_is_empty(&r))
        return NULL;
    const struct node *json = e->request_cut ? NULL : body_json(a, &r, NULL);
    return json ? json : node_new_text(a, e->request_body);
}

static const struct node *rules_of(struct arena *a, const struct journal_entry *e)
{
    struct {
        const struct node **items;
        size_t count, room;
    } names = {0};
    for (size_t i = 0; i < e->trace.decisions.count; i++)
        if (!e->trace.decisions.items[i].failed)
            *arena_push(a, &names, const struct node *) = node_new_text(a, str_from(e->trace.decisions.items[i].rule));
    return node_new_list(a, names.items, names.count);
}

const struct node *request_value(struct arena *a, const struct journal_entry *e, enum selector selector,
                                 const struct node *wanted)
{
    switch (selector) {
    case SELECTOR_OPERATION:
        return operation_of(a, e);
    case SELECTOR_PROVIDER:
        return text_of(a, e->provider ? e->provider->name : NULL);
    case SELECTOR_METHOD:
        return node_new_text(a, e->method);
    case SELECTOR_PATH:
        return node_new_text(a, e->path);
    case SELECTOR_STATUS:
        return node_new_int(a, e->status);
    case SELECTOR_KEY:
        return text_of(a, e->key_name);
    case SELECTOR_QUERY:
        return named(a, e, wanted, query_value);
    case SELECTOR_HEADERS:
        return named(a, e, wanted, header_value);
    case SELECTOR_BODY:
        return body_of(a, e);
    case SELECTOR_FAULT:
        return text_of(a, e->fault);
    case SELECTOR_RULE:
        return rules_of(a, e);
    case SELECTOR_COUNT:
        break;
    }
    return NULL;
}

struct request_judgement request_match_judge(struct arena *a, const struct request_match *m,
                                             const struct journal_entry *e, struct match_results *results)
{
    struct match_context context = {.arena = a, .now_ms = e->at_ms};
    struct request_judgement judgement = {0};
    struct match_results own = {0}, *all = results ? results : &own;
    bool cut = m->of[SELECTOR_BODY] && e->request_cut;
    for (enum selector i = 0; i < SELECTOR_COUNT; i++) {
        if (!m->of[i] || (i == SELECTOR_BODY && cut))
            continue;
        size_t before = all->count;
        match_run(&context, m->of[i], request_value(a, e, i, m->of[i]), arena_printf(a, "/%s", selector_texts[i]), all);
        for (; before < all->count; before++)
            if (all->items[before].verdict == MATCH_FAILS)
                judgement.misses += parts[i].weight;
    }
    judgement.undecided = cut && !judgement.misses;
    return judgement;
}

void request_put_misses(struct json *w, const struct match_results *results)
{
    json_key_list(w, "misses");
    for (size_t i = 0; i < results->count; i++) {
        const struct match_result *r = &results->items[i];
        if (r->verdict != MATCH_FAILS)
            continue;
        json_open_map(w);
        json_put_text(w, "pointer", r->pointer);
        json_put_text(w, "matcher", r->matcher);
        json_put_text(w, "expected", r->expected);
        json_put_text(w, "actual", r->actual);
        json_close_map(w);
    }
    json_close_list(w);
}
