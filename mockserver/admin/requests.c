/* The journal: lists its entries and writes their parts, which explain.c and verify.c use too. */
#include "mockserver/admin/requests.h"

#include <inttypes.h>
#include <string.h>

#include "mockserver/admin/page.h"
#include "mockserver/provider_api/mask.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/provider_api/record_json.h"
#include "mockserver/runtime/mock.h"
#include "mockserver/runtime/violation.h"
#include "mockserver/state/record.h"
#include "mockserver/state/webhook.h"
#include "mockserver/state/world.h"

#define LIMIT_DEFAULT  100
#define LIMIT_MAX      1000
#define LIMIT_EXPECTED "1 to 1000"

/* the parts of an entry */

void request_mask(const struct call *c, size_t from)
{
    struct mask m = {0};
    mask_learn(&m, c->world, c->mock->options.admin_token);
    mask_json(&m, &c->res->body, from);
    mask_end(&m);
}

void request_put_name(struct json *w, uint64_t seq, const struct journal_entry *e)
{
    json_put_int(w, "seq", (int64_t)seq);
    if (!e)
        return;
    json_put_text(w, "request_id", e->request_id);
    json_put_text(w, "provider", e->provider ? e->provider->name : NULL);
    json_put_text(w, "operation", e->route ? e->route->operation : NULL);
    json_put_str(w, "method", e->method);
    json_put_str(w, "target", e->target);
    json_put_int(w, "status", e->status);
}

static bool first_of_name(const struct headers *h, size_t i)
{
    for (size_t before = 0; before < i; before++)
        if (str_eq_nocase(str_from(h->items[before].name), str_from(h->items[i].name)))
            return false;
    return true;
}

struct str request_header(struct arena *a, const struct headers *h, const char *name)
{
    struct buf value = {.arena = a};
    for (size_t i = 0, met = 0; i < h->count; i++)
        if (str_eq_nocase(str_from(h->items[i].name), str_from(name)))
            buf_printf(&value, "%s" STR_FMT, met++ ? ", " : "", STR_ARG(h->items[i].value));
    return buf_str(&value);
}

/* One member per name. */
static void put_headers(struct json *w, const struct headers *h, struct arena *a)
{
    json_key_map(w, "headers");
    for (size_t i = 0; i < h->count; i++)
        if (first_of_name(h, i))
            json_put_str(w, h->items[i].name, request_header(a, h, h->items[i].name));
    json_close_map(w);
}

/* Adds `json` for a JSON body, else `text`; neither for an empty one. */
static void put_body(struct json *w, struct str body, bool cut)
{
    size_t bad_offset;
    const char *why;
    if (body.n && !cut && json_check(body, &bad_offset, &why)) {
        json_key(w, "json");
        json_raw(w, body);
    } else if (body.n) {
        json_put_str(w, "text", body);
    }
    if (cut)
        json_put_bool(w, "cut", true);
}

/* Nothing for an empty list. */
static void put_texts(struct json *w, const char *key, const struct texts *list)
{
    if (!list->count)
        return;
    json_key_list(w, key);
    for (size_t i = 0; i < list->count; i++)
        json_text(w, list->items[i]);
    json_close_list(w);
}

void request_put_rules(struct json *w, const struct journal_entry *e)
{
    json_key_list(w, "rules");
    for (size_t i = 0; i < e->trace.decisions.count; i++)
        if (!e->trace.decisions.items[i].failed)
            json_text(w, e->trace.decisions.items[i].rule);
    json_close_list(w);
}

static void put_request(struct json *w, const struct journal_entry *e, struct arena *a)
{
    json_key_map(w, "request");
    json_put_str(w, "method", e->method);
    json_put_str(w, "target", e->target);
    put_headers(w, &e->request_headers, a);
    put_body(w, e->request_body, e->request_cut);
    json_close_map(w);
}

static void put_response(struct json *w, const struct journal_entry *e, struct arena *a)
{
    json_key_map(w, "response");
    json_put_int(w, "status", e->status);
    put_headers(w, &e->response_headers, a);
    put_body(w, e->response_body, e->response_cut);
    json_close_map(w);
}

void request_put_served(struct json *w, const struct journal_entry *e)
{
    if (!e->served.status)
        return;
    json_key_map(w, "served");
    json_put_int(w, "status", e->served.status);
    json_put_text(w, "fault", e->served.fault);
    json_put_bool(w, "replayed", e->replayed);
    put_body(w, e->served.body, e->served.cut);
    json_close_map(w);
}

void request_put_hostile(struct json *w, const struct journal_entry *e)
{
    put_texts(w, "hostile", &e->trace.hostile);
}

/* the effects of a call: changes, scheduled events, webhook deliveries and their faults */

static void put_event(struct json *w, const struct world *world, const struct world_event *event)
{
    enum record_kind kind = event_record(event->kind);
    json_open_map(w);
    admin_put_time(w, "at", event->at_ms);
    json_put_text(w, "what", event_kind_texts[event->kind]);
    json_put_text(w, "kind", record_kind_texts[kind]);
    json_put_text(w, "id", record_id(world, kind, event->row));
    json_put_bool(w, "done", event->done);
    if (event->done)
        admin_put_reason(w, world, kind, event->row);
    json_close_map(w);
}

/* An event that has run may outlive its record. */
static bool event_has_record(const struct world *world, uint32_t row)
{
    const struct world_event *event = event_read(world, row);
    return world_has(world, event_record(event->kind), event->row);
}

static void put_events(struct json *w, const struct world *world, const struct journal_entry *e)
{
    json_key_list(w, "events");
    for (uint32_t row = e->event_first; row <= e->event_last && row <= events_last(world); row++)
        if (event_exists(world, row) && event_has_record(world, row))
            put_event(w, world, event_read(world, row));
    json_close_list(w);
}

static void deliveries_from(const struct world *world, struct index_walk *walk, const struct journal_entry *e)
{
    index_from(&world->indexes[INDEX_DELIVERY_CHANGE], walk, (struct index_entry){.key = e->change_first});
}

static const struct delivery *deliveries_next(const struct world *world, struct index_walk *walk,
                                              const struct journal_entry *e)
{
    return index_next(walk) && walk->entry.key <= e->change_last ? delivery_read(world, walk->entry.row) : NULL;
}

static void put_deliveries(struct json *w, const struct world *world, const struct journal_entry *e)
{
    struct index_walk walk;
    const struct delivery *d;
    json_key_list(w, "deliveries");
    deliveries_from(world, &walk, e);
    while ((d = deliveries_next(world, &walk, e)))
        json_text(w, d->public_id);
    json_close_list(w);
}

/* Writes the fault_ fields of the delivery record, without that prefix. */
static void put_faults(struct json *w, const struct world *world, uint32_t row)
{
    const struct record_type *s = record_types[RECORD_DELIVERY];
    const struct delivery *d = delivery_read(world, row);
    json_open_map(w);
    json_put_text(w, "delivery", d->public_id);
    json_put_text(w, "event", d->type);
    json_put_text(w, "state", delivery_state_texts[d->state]);
    json_put_text(w, "varied", d->varied);
    for (size_t i = 0; i < s->field_count; i++) {
        struct record_value v;
        struct str name = str_from(s->fields[i].name);
        if (!str_starts(name, STR("fault_")))
            continue;
        record_get(world, RECORD_DELIVERY, row, &s->fields[i], &v);
        json_key(w, s->fields[i].name + strlen("fault_"));
        record_value_write(w, &s->fields[i], &v);
    }
    json_close_map(w);
}

void request_put_faults(struct json *w, const struct world *world, const struct journal_entry *e)
{
    struct index_walk walk;
    const struct delivery *d;
    json_key_list(w, "delivery_faults");
    deliveries_from(world, &walk, e);
    while ((d = deliveries_next(world, &walk, e)))
        if (d->faults.rules || d->varied)
            put_faults(w, world, walk.entry.row);
    json_close_list(w);
}

void request_put_effects(struct json *w, const struct world *world, const struct journal_entry *e)
{
    admin_put_changes(w, world, e->change_first, e->change_last);
    put_events(w, world, e);
    put_deliveries(w, world, e);
}

/* cursors */

const char *request_cursor(struct arena *a, const struct journal *j, uint64_t seq)
{
    return arena_printf(a, "%" PRIu64 "-%" PRIu64, journal_epoch(j), seq);
}

bool request_refuse_cursor(struct call *c, struct str text)
{
    c->fault_status = 410;
    c->fault_code = "outdated_cursor";
    return call_refuse(c, FAULT_CONFLICT,
                       "the cursor '" STR_FMT "' is not of this journal: the journal was cleared, the namespace was "
                       "reset, restored or created again, or the cursor is of another namespace; read the journal "
                       "without 'since' for a new one",
                       STR_ARG(text));
}

static bool refuse_since(struct call *c, const char *pointer, const char *why)
{
    return pointer ? call_issue(c, pointer, "%s", why) : call_refuse(c, FAULT_INVALID, "%s", why);
}

/* A number alone does not say of which journal it is, so it would select other requests after a reset. */
bool request_read_cursor(struct call *c, const char *pointer, struct str text, uint64_t *seq)
{
    const struct journal *j = c->ns->journal;
    struct str rest = text, first = str_cut(&rest, '-');
    int64_t epoch, entry;
    *seq = 0;
    if (str_is(text, "0"))
        return true;
    bool is_number = str_to_int(first, &epoch) && epoch >= 0;
    if (is_number && first.n == text.n)
        return refuse_since(c, pointer,
                            arena_printf(c->arena,
                                         "'since' is the number " STR_FMT "; expected a cursor, as `next` and `cursor` "
                                         "of a response are, or 0 for the beginning",
                                         STR_ARG(text)));
    if (!is_number || !str_to_int(rest, &entry) || entry < 0)
        return refuse_since(c, pointer,
                            arena_printf(c->arena,
                                         "invalid 'since': '" STR_FMT "'; expected a cursor, as `next` and `cursor` "
                                         "of a response are, or 0 for the beginning",
                                         STR_ARG(text)));
    if ((uint64_t)epoch != journal_epoch(j))
        return request_refuse_cursor(c, text);
    if ((uint64_t)entry > journal_last(j))
        return refuse_since(c, pointer,
                            arena_printf(c->arena,
                                         "'since' is '" STR_FMT "', after the newest journal entry; the newest cursor "
                                         "is '%s'",
                                         STR_ARG(text), request_cursor(c->arena, j, journal_last(j))));
    *seq = (uint64_t)entry;
    return true;
}

/* lists of entries */

typedef bool filter_fn(struct call *c, const struct journal_entry *e);
typedef void put_fn(struct call *c, struct json *w, const struct journal_entry *e);

static void put_violation(const struct call *c, struct json *w, const struct violation *v)
{
    if (!v->number)
        return;
    json_key_map(w, "violation");
    json_put_text(w, "reference", violation_reference(c->arena, v));
    json_put_text(w, "condition", v->condition);
    json_put_text(w, "function", v->function);
    json_close_map(w);
}

static void put_entry(struct call *c, struct json *w, const struct journal_entry *e, bool stable)
{
    json_open_map(w);
    json_put_int(w, "seq", (int64_t)e->seq);
    if (!stable)
        json_put_text(w, "cursor", request_cursor(c->arena, c->ns->journal, e->seq));
    admin_put_time(w, "at", e->at_ms);
    json_put_text(w, "request_id", e->request_id);
    json_put_text(w, "provider", e->provider ? e->provider->name : NULL);
    json_put_text(w, "operation", e->route ? e->route->operation : NULL);
    json_put_text(w, "key", e->key_name);
    json_put_text(w, "fault", e->fault);
    put_violation(c, w, &e->trace.violation);
    request_put_rules(w, e);
    request_put_hostile(w, e);
    put_texts(w, "nearest", &e->trace.nearest);
    put_request(w, e, c->arena);
    request_put_served(w, e);
    put_response(w, e, c->arena);
    request_put_effects(w, c->world, e);
    if (!stable) {
        json_key_map(w, "wall");
        admin_put_time(w, "at", e->wall_ms);
        json_put_int(w, "micros", e->wall_us);
        json_close_map(w);
    }
    json_close_map(w);
}

static bool matches_operation(struct call *c, const struct journal_entry *e)
{
    const struct operation *wanted = c->own;
    return !wanted ||
           (e->route && e->provider == wanted->provider && strcmp(e->route->operation, wanted->route->operation) == 0);
}

/* Reads "layers.oauth_status", or a bare name if only one provider has it. */
static bool read_operation(struct call *c)
{
    struct str operation = call_query(c, "operation");
    struct operation *wanted = arena_new(c->arena, struct operation);
    struct error err = {0};
    if (!operation.s)
        return true;
    c->own = wanted;
    if (!provider_operation(operation, STR(""), (struct where){0}, wanted, &err))
        call_issue(c, "query", "'operation': %s", err.first->text);
    error_end(&err);
    return !c->fault;
}

/* `next` is the `since` of the next page; `stable` leaves it out of the last one. `truncated`: entries after `since`
 * were evicted. */
static void put_page(struct call *c, filter_fn *wanted, put_fn *put)
{
    const struct journal *j = c->ns->journal;
    struct str cursor = call_query(c, "since");
    uint64_t since = 0;
    int64_t limit = LIMIT_DEFAULT;
    if (c->fault || (cursor.s && !request_read_cursor(c, "query", cursor, &since)) ||
        !admin_query_int(c, "limit", 1, LIMIT_MAX, LIMIT_EXPECTED, &limit))
        return;
    bool truncated = since < journal_lost(j);
    uint64_t seq = since + 1 < journal_first(j) ? journal_first(j) : since + 1;

    struct json *w = admin_object(c, 200);
    struct mask m = {0};
    mask_learn(&m, c->world, c->mock->options.admin_token);
    json_key_list(w, "items");
    for (; limit && w->out->n < PAGE_BYTES && seq <= journal_last(j); seq++) {
        const struct journal_entry *e = journal_read(j, seq);
        size_t from = w->out->n;
        if (wanted(c, e)) {
            put(c, w, e);
            mask_json(&m, w->out, from);
            limit--;
        }
    }
    mask_end(&m);
    json_close_list(w);
    if (seq <= journal_last(j) || !admin_query_flag(c, "stable"))
        json_put_text(w, "next", request_cursor(c->arena, j, seq - 1));
    json_put_bool(w, "more", seq <= journal_last(j));
    json_put_bool(w, "truncated", truncated);
    json_put_int(w, "lost", (int64_t)journal_lost(j));
    json_close_map(w);
}

static void put_full_entry(struct call *c, struct json *w, const struct journal_entry *e)
{
    put_entry(c, w, e, admin_query_flag(c, "stable"));
}

void admin_requests(struct call *c)
{
    if (read_operation(c))
        put_page(c, matches_operation, put_full_entry);
}

static bool is_unmatched(struct call *c, const struct journal_entry *e)
{
    (void)c;
    return !e->route;
}

void admin_unmatched(struct call *c)
{
    put_page(c, is_unmatched, put_full_entry);
}

static void put_near_misses(struct call *c, struct json *w, const struct journal_entry *e)
{
    json_open_map(w);
    request_put_name(w, e->seq, e);
    explain_put_routes(c, w, e);
    explain_put_rules(c, w, e);
    json_close_map(w);
}

void admin_near_misses(struct call *c)
{
    put_page(c, is_unmatched, put_near_misses);
}

void admin_requests_clear(struct call *c)
{
    const struct journal *j = c->ns->journal;
    uint64_t count = journal_last(j) ? journal_last(j) - journal_first(j) + 1 : 0;
    journal_clear(c->ns->journal);
    admin_removed_count(c, count);
}
