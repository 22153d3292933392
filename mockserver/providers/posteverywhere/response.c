/* The common parts of every response: the envelope, the headers and the format of times. */
#include "base/array.h"
#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include <stdarg.h>

#include "mockserver/gates/gate.h"
#include "mockserver/state/record.h"

enum pe_api_version pe_api_version(const struct call *c)
{
    int64_t api_version = c->key ? key_read(c->world, c->key)->api_version : PE_API_VERSION_UNSET;
    if (api_version == PE_API_VERSION_UNSET)
        api_version = c->world->api_versions[POSTEVERYWHERE];
    return api_version == PE_API_VERSION_UNSET ? PE_API_VERSION_CURRENT : (enum pe_api_version)api_version;
}

static const char *request_id(struct call *c)
{
    if (!c->request_id) {
        char *id = arena_alloc(c->arena, 64);
        ids_write(c->world, pe_api_version(c) == PE_API_VERSION_OLDER ? "req_" : "", ID_HEX8, id);
        c->request_id = id;
    }
    return c->request_id;
}

void pe_put_time(struct call *c, const char *key, int64_t ms)
{
    if (pe_api_version(c) == PE_API_VERSION_OLDER)
        put_seconds(&c->out, key, ms);
    else
        put_millis(&c->out, key, ms);
}

void pe_put_number(struct json *out, const char *key, const char *digits)
{
    json_key(out, key);
    json_raw(out, str_from(digits));
}

static void print_meta(struct call *c)
{
    json_key(&c->out, "meta");
    json_open_map(&c->out);
    json_put_text(&c->out, "request_id", request_id(c));
    pe_put_time(c, "timestamp", c->now_ms);
    json_close_map(&c->out);
}

struct json *pe_begin(struct call *c, int status)
{
    struct json *out = call_json(c, status);
    json_open_map(out);
    json_key(out, "data");
    return out;
}

void pe_end(struct call *c)
{
    if (pe_api_version(c) != PE_API_VERSION_OLDER)
        json_put_null(&c->out, "error");
    print_meta(c);
    json_close_map(&c->out);
}

bool pe_refuse(struct call *c, enum fault fault, int status, const char *code, const char *detail, ...)
{
    va_list args;
    va_start(args, detail);
    call_refuse(c, fault, "%s", arena_vprintf(c->arena, detail, args));
    va_end(args);
    c->fault_status = status;
    c->fault_code = code;
    return false;
}

/* The error codes that differ in the older API version; NULL: the same code. */
static const char *older_code(enum fault fault)
{
    static const struct {
        enum fault fault;
        const char *code;
    } rows[] = {
        {FAULT_UNAUTHENTICATED, "invalid_api_key"},
        {FAULT_RATE_LIMITED,    "rate_limited"   },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].fault == fault)
            return rows[i].code;
    return NULL;
}

static const char *code_of(const struct call *c, const struct fault_row *row)
{
    const char *older = pe_api_version(c) == PE_API_VERSION_OLDER ? older_code(c->fault) : NULL;
    return older ? older : c->fault_code ? c->fault_code : row->code;
}

static void print_details(const struct call *c, struct json *out)
{
    if (!has_details(c))
        return;
    json_key(out, "details");
    json_open_map(out);
    put_details(c, out, "validation_errors", "field");
    json_close_map(out);
}

static const char *message_of(struct call *c, const struct fault_row *row)
{
    if (c->detail)
        return c->detail;
    if (c->fault != FAULT_INVALID || !c->issues.count)
        return row->message;
    const struct issue *first = &c->issues.items[0];
    return arena_printf(c->arena, "%s%s%s", first->path, *first->path ? ": " : "", first->message);
}

static int status_of(const struct call *c, const struct fault_row *row)
{
    return c->fault_status ? c->fault_status : row->status;
}

/* The error object of the call's fault. */
static void print_error(struct call *c, const struct fault_row *row, bool with_status)
{
    struct json *out = &c->out;
    int status = status_of(c, row);
    json_open_map(out);
    json_put_text(out, "message", message_of(c, row));
    json_put_text(out, "code", code_of(c, row));
    if (with_status)
        json_put_int(out, "status", status);
    json_put_bool(out, "retryable", status == 429 || (status >= 500 && status != 501));
    print_details(c, out);
    json_close_map(out);
}

void pe_render_error(struct call *c)
{
    const struct fault_row *row = provider_fault(c->provider, c->fault);
    struct json *out = pe_begin(c, status_of(c, row));
    json_null(out);
    json_key(out, "error");
    print_error(c, row, false);
    print_meta(c);
    json_close_map(out);
}

/* Exchanges the call's fault, with all that describes it, for `r`. */
static void swap_fault(struct call *c, struct pe_refusal *r)
{
    const struct pe_refusal was = {
        .fault = c->fault,
        .status = c->fault_status,
        .code = c->fault_code,
        .detail = c->detail,
        .data = c->fault_data,
        .issues = {c->issues.items, c->issues.count, c->issues.room},
    };
    c->fault = r->fault;
    c->fault_status = r->status;
    c->fault_code = r->code;
    c->detail = r->detail;
    c->fault_data = r->data;
    c->issues.items = r->issues.items;
    c->issues.count = r->issues.count;
    c->issues.room = r->issues.room;
    *r = was;
}

struct pe_refusal pe_take_refusal(struct call *c)
{
    struct pe_refusal r = {.fault = FAULT_NONE};
    swap_fault(c, &r);
    return r;
}

void pe_print_refusal(struct call *c, const struct pe_refusal *refusal)
{
    struct pe_refusal r = *refusal;
    swap_fault(c, &r);
    print_error(c, provider_fault(c->provider, c->fault), true);
    swap_fault(c, &r);
}

const char *pe_refusal_message(struct call *c, const struct pe_refusal *refusal)
{
    struct pe_refusal r = *refusal;
    swap_fault(c, &r);
    const char *message = message_of(c, provider_fault(c->provider, c->fault));
    swap_fault(c, &r);
    return message;
}

void pe_add_common_headers(struct call *c)
{
    gate_rate_limit_headers(c);
}

uint32_t pe_space(const struct call *c)
{
    uint32_t organization = caller_organization(c);
    struct index_walk walk;
    index_from(&c->world->indexes[INDEX_SPACE_ORGANIZATION], &walk, (struct index_entry){organization, INT64_MIN, 0});
    return index_next_of(&walk, organization) ? walk.entry.row : ROW_NONE;
}
