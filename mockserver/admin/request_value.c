/* The value of a journal entry that a selector is compared with. */
#include "mockserver/admin/request_match.h"

#include "base/http/body.h"

static const struct node *text_of(struct arena *a, const char *text)
{
    return text ? node_new_text(a, str_from(text)) : NULL;
}

static const struct node *operation_of(struct arena *a, const struct journal_entry *e)
{
    return e->operation ? text_of(a, arena_printf(a, "%s.%s", e->provider, e->operation)) : NULL;
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

/* Joins the values of a repeated header with commas, as HTTP allows. */
static const struct node *header_value(struct arena *a, const struct journal_entry *e, const char *name)
{
    struct buf value = {.arena = a};
    const struct headers *h = &e->request_headers;
    if (!headers_find(h, name))
        return NULL;
    for (size_t i = 0, met = 0; i < h->count; i++)
        if (str_eq_nocase(str_from(h->items[i].name), str_from(name)))
            buf_printf(&value, "%s" STR_FMT, met++ ? ", " : "", STR_ARG(h->items[i].value));
    return node_new_text(a, buf_str(&value));
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
        return text_of(a, e->provider);
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
