/* What all responses of this provider share: the error envelope, headers, times, pages of lists. */
#include "mockserver/providers/layers/layers.h"

#include <inttypes.h>

#include "base/digest.h"
#include "mockserver/gates/gate.h"
#include "mockserver/state/record.h"

static const char *request_id(struct call *c)
{
    if (!c->request_id) {
        char *id = arena_alloc(c->arena, 64);
        ids_write(c->world, "req_", ID_ULID, id);
        c->request_id = id;
    }
    return c->request_id;
}

static void print_details(const struct call *c, struct json *out)
{
    if (!has_details(c) && c->fault != FAULT_KILLED)
        return;
    json_key(out, "details");
    json_open_map(out);
    if (c->fault == FAULT_KILLED)
        json_put_text(out, "scope", "key");
    put_details(c, out, "issues", "path");
    json_close_map(out);
}

void layers_render_error(struct call *c)
{
    const struct fault_row *row = provider_fault(c->provider, c->fault);
    struct json *out = call_json(c, c->fault_status ? c->fault_status : row->status);
    json_open_map(out);
    json_key(out, "error");
    json_open_map(out);
    json_put_text(out, "code", c->fault_code ? c->fault_code : row->code);
    json_put_text(out, "message", c->detail ? c->detail : row->message);
    json_put_text(out, "requestId", request_id(c));
    print_details(c, out);
    json_close_map(out);
    json_close_map(out);
}

static const char *const class_texts[] = {
    [RATE_CLASS_NONE] = NULL,
    [RATE_CLASS_READ] = "read-light",
    [RATE_CLASS_WRITE] = "write-light",
    [RATE_CLASS_LONG] = "long-running",
};

static const char *endpoint_class(const struct call *c)
{
    const char *text = class_texts[c->route ? c->route->rate_class : RATE_CLASS_NONE];
    if (text)
        return text;
    return class_texts[str_is(c->req->method, "GET") ? RATE_CLASS_READ : RATE_CLASS_WRITE];
}

/* The documentation says that headers report the bucket, but names only the class header and Retry-After. The names of
 * the headers for limit, remaining and reset are ours. */
void layers_add_common_headers(struct call *c)
{
    call_header(c, "X-Request-Id", request_id(c));
    call_header(c, "X-RateLimit-Endpoint-Class", endpoint_class(c));
    gate_rate_limit_headers(c);
}

const char *page_list_name(const struct call *c)
{
    return arena_printf(c->arena, "%s " STR_FMT, c->route->operation, STR_ARG(c->params[0]));
}

int64_t page_list_number(const char *list_name)
{
    unsigned char digest[DIGEST_SIZE];
    digest_sha256(str_from(list_name), digest);
    return (int64_t)digest[0] << 16 | digest[1] << 8 | digest[2];
}

const char *page_cursor(struct arena *a, const char *list_name, const struct index_entry *last)
{
    const char *text =
        arena_printf(a, "%" PRId64 " %" PRIu32 " %" PRId64, last->order, last->row, page_list_number(list_name));
    return digest_base64url(a, str_from(text));
}

void page_print(struct call *c, const struct page *page, const struct page_list *list)
{
    struct index_walk walk;
    struct index_entry last = {0};
    const char *next = NULL;
    int64_t count = 0;

    struct json *out = call_json(c, 200);
    json_open_map(out);
    json_key(out, "items");
    json_open_list(out);
    index_from(list->index, &walk, (struct index_entry){list->key, page->order, page->row});
    while (index_next_of(&walk, list->key) && walk.entry.order <= list->last_order) {
        if (list->matches && !list->matches(c, walk.entry.row, list->filter))
            continue;
        if (count++ == page->limit) {
            next = page_cursor(c->arena, page_list_name(c), &last);
            break;
        }
        list->print(c, walk.entry.row);
        last = walk.entry;
    }
    json_close_list(out);
    json_put_text(out, "nextCursor", next);
    json_close_map(out);
}
