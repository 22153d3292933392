#include "conformance/scenario/documented.h"

#include <string.h>

#include "base/array.h"
#include "conformance/scenario/operations.h"
#include "conformance/scenario/reader.h"

struct subject { /* a call or delivery, compared with the documents */
    struct validation *c;
    const struct step *step;
    const struct operations *documents;
    const struct operation *op; /* NULL: an undocumented one, on purpose */
    size_t index;               /* of the case */
    bool *used;                 /* one per entry of `undocumented` */
    bool ok;
};

static void reject(struct subject *d, struct where at, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void reject(struct subject *d, struct where at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    d->ok = error_add(d->c->err, ERROR_INPUT, at, "%s", arena_vprintf(d->c->arena, format, args));
    va_end(args);
}

/* --- `undocumented` ------------------------------------------------------------------------ */

/* Returns true if the step says that it uses this name on purpose, and notes that. `below` a listed member counts. */
static bool is_on_purpose(struct subject *d, const char *kind, const char *name)
{
    bool found = false;
    const char *entry = *name ? arena_printf(d->c->arena, "%s/%s", kind, *name == '/' ? name + 1 : name) : kind;
    for (size_t i = 0; i < d->step->undocumented_count; i++)
        if (strcmp(d->step->undocumented[i], entry) == 0)
            found = d->used[i] = true;
    return found;
}

static void check_entries_used(struct subject *d)
{
    const struct node *list = node_get(d->step->source, "undocumented");
    for (size_t i = 0; i < d->step->undocumented_count; i++)
        if (!d->used[i])
            reject(d, node_at(list, i)->at,
                   "'%s' is documented, or this step does not use it; remove it from 'undocumented'",
                   d->step->undocumented[i]);
}

/* --- headers ------------------------------------------------------------------------------- */

static bool is_standard_header(const char *name)
{
    static const char *const names[] = {
        "Allow", "Cache-Control", "Content-Encoding", "Content-Length", "Content-Type",     "Date",
        "ETag",  "Location",      "Last-Modified",    "Vary",           "WWW-Authenticate", "Connection"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (str_eq_nocase(str_from(names[i]), str_from(name)))
            return true;
    return false;
}

static bool is_standard_request_header(const char *name)
{
    static const char *const names[] = {"Accept",
                                        "Accept-Charset",
                                        "Accept-Encoding",
                                        "Accept-Language",
                                        "Authorization",
                                        "Cache-Control",
                                        "Connection",
                                        "Content-Type",
                                        "Content-Encoding",
                                        "Content-Length",
                                        "Cookie",
                                        "Expect",
                                        "Host",
                                        "If-Modified-Since",
                                        "If-Match",
                                        "If-None-Match",
                                        "If-Range",
                                        "Origin",
                                        "Pragma",
                                        "Range",
                                        "Referer",
                                        "Proxy-Authorization",
                                        "TE",
                                        "Transfer-Encoding",
                                        "Upgrade",
                                        "User-Agent",
                                        "If-Unmodified-Since"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (str_eq_nocase(str_from(names[i]), str_from(name)))
            return true;
    return false;
}

static void check_request_headers(struct subject *d)
{
    const struct text_list *documented = &d->documents->request_headers;
    for (size_t i = 0; i < node_count(d->step->headers); i++) {
        const struct member *m = node_member(d->step->headers, i);
        bool known = is_standard_request_header(m->key);
        for (size_t k = 0; k < documented->count; k++)
            known |= str_eq_nocase(str_from(documented->items[k]), str_from(m->key));
        if (!known && !is_on_purpose(d, "headers", m->key))
            reject(d, m->key_at,
                   "the documents have no request header '%s'%s; correct it, or list 'headers/%s' in 'undocumented'",
                   m->key, did_you_mean(d->c->arena, str_from(m->key), documented->items, documented->count), m->key);
    }
}

static void check_header(struct subject *d, const char *name, struct where at, const struct text_list *documented)
{
    bool known = is_standard_header(name);
    for (size_t i = 0; i < documented->count; i++)
        known |= str_eq_nocase(str_from(documented->items[i]), str_from(name));
    if (!known && !is_on_purpose(d, "headers", name))
        reject(d, at, "the documents have no header '%s'%s; correct it, or list 'headers/%s' in 'undocumented'", name,
               did_you_mean(d->c->arena, str_from(name), documented->items, documented->count), name);
}

static void check_headers(struct subject *d, const struct node *headers, const struct text_list *documented)
{
    for (size_t i = 0; i < node_count(headers); i++)
        check_header(d, node_member(headers, i)->key, node_member(headers, i)->key_at, documented);
}

/* --- members ------------------------------------------------------------------------------- */

static bool on_response_member(void *ctx, const char *pointer, struct where at)
{
    struct subject *d = ctx;
    if (!d->op || operation_has_response_member(d->op, pointer) || operations_have_error_member(d->documents, pointer))
        return true;
    if (is_on_purpose(d, "response", pointer))
        return false;
    const char *near = members_suggest(d->c->arena, &d->op->response, pointer);
    if (!*near)
        near = members_suggest(d->c->arena, &d->documents->errors, pointer);
    reject(d, at,
           "the documents of %s %s have no response member '%s'%s; correct it, or list 'response%s' in 'undocumented'",
           d->op->method, d->op->path, pointer + 1, near, pointer);
    return false;
}

static bool on_request_member(void *ctx, const char *pointer, struct where at)
{
    struct subject *d = ctx;
    if (!d->op || operation_has_request_member(d->op, pointer))
        return true;
    if (is_on_purpose(d, "request", pointer))
        return false;
    reject(d, at,
           "the documents of %s %s have no request member '%s'%s; correct it, or list 'request%s' in 'undocumented'",
           d->op->method, d->op->path, pointer + 1, members_suggest(d->c->arena, &d->op->request, pointer), pointer);
    return false;
}

static bool on_event_member(void *ctx, const char *pointer, struct where at)
{
    struct subject *d = ctx;
    if (operations_have_event_member(d->documents, pointer))
        return true;
    if (is_on_purpose(d, "response", pointer))
        return false;
    reject(d, at,
           "the documents have no member '%s' of a delivery%s; correct it, or list 'response%s' in 'undocumented'",
           pointer + 1, members_suggest(d->c->arena, &d->documents->event_members, pointer), pointer);
    return false;
}

static void check_captures(struct subject *d, const struct capture *captures, size_t count, const char *base,
                           member_fn *fn)
{
    for (size_t i = 0; i < count; i++)
        if (capture_header(&captures[i]))
            check_header(d, capture_header(&captures[i]), captures[i].at,
                         fn == on_event_member ? &d->documents->event_headers : &d->documents->headers);
        else if (captures[i].pointer && *captures[i].pointer)
            (void)fn(d, arena_printf(d->c->arena, "%s%s", base, captures[i].pointer), captures[i].at);
}

/* --- calls --------------------------------------------------------------------------------- */

static const struct operation *find_operation(const struct subject *d, const char *method, const char *path)
{
    const char *of_case = text_of_case(d->c->arena, d->step, d->index, path);
    return operations_find(d->documents, strcmp(method, "HEAD") == 0 ? "GET" : method, of_case);
}

static void check_operation(struct subject *d)
{
    const struct step *s = d->step;
    const char *path = text_of_case(d->c->arena, s, d->index, s->path);
    d->op = s->to_url ? NULL : find_operation(d, s->method, s->path);
    if (!d->op && !s->to_url && !is_on_purpose(d, "operation", ""))
        reject(d, node_get(s->source, "call")->at,
               "the documents have no operation %s %s%s; correct it, or list 'operation' in 'undocumented'", s->method,
               path, operations_suggest(d->c->arena, d->documents, s->method, path));
}

static void check_parameter(struct subject *d, const char *name, struct where at)
{
    if (!d->op || operation_has_query(d->op, name) || is_on_purpose(d, "query", name))
        return;
    reject(d, at, "the documents of %s %s have no parameter '%s'%s; correct it, or list 'query/%s' in 'undocumented'",
           d->op->method, d->op->path, name,
           did_you_mean(d->c->arena, str_from(name), d->op->query.items, d->op->query.count), name);
}

/* The parameters in the path and in `query`. */
static void check_query(struct subject *d)
{
    const struct step *s = d->step;
    struct str rest = str_from(s->path);
    rest = str_skip(rest, str_find(rest, '?'));
    rest = str_skip(rest, 1);
    while (rest.n) { /* the runner encodes '=' and '&' of a case, so they are parts of the name */
        struct str pair = str_cut(&rest, '&');
        const char *name = str_dup(d->c->arena, str_head(pair, str_find(pair, '=')));
        name = text_of_case(d->c->arena, s, d->index, name);
        if (!strchr(name, '$'))
            check_parameter(d, name, node_get(s->source, "call")->at);
    }
    for (size_t i = 0; i < node_count(s->query); i++)
        check_parameter(d, node_member(s->query, i)->key, node_member(s->query, i)->key_at);
}

static void check_expectation(struct subject *d, const struct expectation *x)
{
    check_headers(d, x->headers, &d->documents->headers);
    members_of_expectation(d->c->arena, x->body, "", on_response_member, d);
}

/* A misspelt member would be compared although it may differ; a header that no response has is always the same. */
static void check_same_as(struct subject *d, const struct same_as *how)
{
    for (size_t i = 0; how && i < how->except_count; i++)
        (void)on_response_member(d, how->except[i], how->at);
    for (size_t i = 0; how && i < how->header_count; i++)
        check_header(d, how->headers[i], how->at, &d->documents->headers);
}

static bool accepts_only_errors(const struct expectation *x)
{
    bool only = x->status_count;
    for (size_t i = 0; i < x->status_count; i++)
        only &= x->statuses[i] >= 400;
    return only;
}

static void check_refused(struct subject *d, const struct expectation *x)
{
    if (!d->op && !d->step->to_url && x->given && !accepts_only_errors(x))
        reject(d, x->at, "an undocumented operation can only be refused; expect a status of 400 or more");
}

static void check_lookup(struct subject *d, const struct lookup *lookup)
{
    struct subject of = *d;
    of.op = lookup ? find_operation(d, "GET", lookup->path) : NULL;
    if (!of.op)
        return;
    const char *base = lookup->in ? arena_printf(d->c->arena, "%s/*", lookup->in) : "";
    for (size_t i = 0; i < node_count(lookup->query); i++)
        check_parameter(&of, node_member(lookup->query, i)->key, node_member(lookup->query, i)->key_at);
    members_of_expectation(d->c->arena, lookup->where, base, on_response_member, &of);
    check_captures(&of, lookup->captures, lookup->capture_count, base, on_response_member);
    d->ok &= of.ok;
}

static void check_cleanup(struct subject *d, const struct cleanup *cleanup, struct where at)
{
    if (!find_operation(d, cleanup->method, cleanup->path))
        reject(d, at, "the documents have no operation %s %s%s", cleanup->method, cleanup->path,
               operations_suggest(d->c->arena, d->documents, cleanup->method, cleanup->path));
    check_lookup(d, cleanup->lookup);
}

static void check_call(struct subject *d)
{
    const struct step *s = d->step;
    check_operation(d);
    if (!d->ok)
        return;
    check_query(d);
    check_request_headers(d);
    members_of_value(d->c->arena, s->body, "", on_request_member, d);
    check_expectation(d, &s->expect);
    check_expectation(d, &s->stop);
    check_expectation(d, &s->pending);
    check_same_as(d, s->same_as);
    check_refused(d, &s->expect);
    for (size_t i = 0; i < s->reading_count; i++) {
        check_expectation(d, &s->readings[i].expect);
        check_refused(d, &s->readings[i].expect);
    }
    check_captures(d, s->captures, s->capture_count, "", on_response_member);
    for (size_t i = 0; i < s->cleanup_count; i++)
        check_cleanup(d, &s->cleanups[i], key_place(s->source, "cleanup"));
    if (s->connected_as)
        check_lookup(d, s->connected_as->lookup);
}

/* --- deliveries ---------------------------------------------------------------------------- */

static void check_delivery(struct subject *d)
{
    const struct step *s = d->step;
    const struct text_list *events = &d->documents->events;
    if (s->hook->event[0] != '$' && !operations_have_event(d->documents, s->hook->event))
        reject(d, key_place(s->source, "expect_webhook"), "the documents have no event '%s'%s", s->hook->event,
               did_you_mean(d->c->arena, str_from(s->hook->event), events->items, events->count));
    check_headers(d, s->expect.headers, &d->documents->event_headers);
    members_of_expectation(d->c->arena, s->expect.body, "", on_event_member, d);
    check_captures(d, s->captures, s->capture_count, "", on_event_member);
}

/* --- a step -------------------------------------------------------------------------------- */

static const struct operations *documents_of(const struct validation *c)
{
    return c->catalogue ? c->catalogue->operations : NULL;
}

bool validate_documented(struct validation *c, const struct step *s)
{
    struct subject d = {.c = c, .step = s, .documents = documents_of(c), .ok = true};
    if (!d.documents || (s->kind != STEP_CALL && s->kind != STEP_WEBHOOK))
        return true;
    d.used = arena_array(c->arena, bool, s->undocumented_count);
    for (; d.index < s->case_count && d.ok; d.index++) /* one case with mistakes is enough */
        (s->kind == STEP_CALL ? check_call : check_delivery)(&d);
    if (d.ok)
        check_entries_used(&d);
    return d.ok;
}

/* --- claims that only undocumented operations decide ---------------------------------------- */

static bool is_undocumented(const struct step *s)
{
    return has_text(s->undocumented, s->undocumented_count, "operation");
}

static bool cites_elsewhere(const struct scenario *sc, const char *claim)
{
    for (size_t i = 0; i < sc->step_count; i++)
        for (size_t k = 0; !is_undocumented(&sc->steps[i]) && k < sc->steps[i].citation_count; k++)
            if (strcmp(sc->steps[i].citations[k].claim, claim) == 0)
                return true;
    return false;
}

bool validate_documented_claims(struct validation *c, const struct scenario *sc)
{
    bool ok = true;
    for (size_t i = 0; i < sc->step_count; i++)
        for (size_t k = 0; is_undocumented(&sc->steps[i]) && k < sc->steps[i].citation_count; k++)
            if (!cites_elsewhere(sc, sc->steps[i].citations[k].claim))
                ok = error_add(c->err, ERROR_INPUT, sc->steps[i].citations[k].at,
                               "every server refuses an operation that does not exist, so this alone proves "
                               "nothing; also cite '%s' at a documented operation of this scenario",
                               sc->steps[i].citations[k].claim);
    return ok;
}
