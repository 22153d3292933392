#include "mockserver/admin/common.h"

#include <inttypes.h>
#include <stdio.h>

#include "mockserver/admin/page.h"
#include "mockserver/provider_api/record_json.h"
#include "mockserver/runtime/discard.h"
#include "mockserver/runtime/export.h"
#include "mockserver/runtime/pieces.h"
#include "mockserver/state/record.h"

#define FAULTS_MAX       20 /* listed in an error */
#define DUMP_PIECE_BYTES 65536

static const struct record_type *kind_of(struct call *c)
{
    struct error err = {0};
    const char *name = str_dup(c->arena, c->params[0]);
    const struct record_type *s = record_type_read(name, (struct where){0}, &err);
    if (!s)
        call_refuse(c, FAULT_NOT_FOUND, "%s", err.first->text);
    error_end(&err);
    return s;
}

/* "~2" is the second record of its kind: the name that an export gives a record without an id. */
static uint32_t row_numbered(const struct call *c, const struct record_type *s)
{
    int64_t number;
    if (!str_starts(c->params[1], STR("~")) || !str_to_int(str_skip(c->params[1], 1), &number) || number < 1)
        return ROW_NONE;
    return number <= UINT32_MAX && world_has(c->world, s->kind, (uint32_t)number) ? (uint32_t)number : ROW_NONE;
}

static uint32_t row_of(struct call *c, const struct record_type *s)
{
    uint32_t row = row_numbered(c, s);
    if (row)
        return row;
    row = record_find(c->world, s->kind, c->params[1]);
    if (!row)
        call_refuse(c, FAULT_NOT_FOUND, "no record of %s has the id '" STR_FMT "'", record_kind_texts[s->kind],
                    STR_ARG(c->params[1]));
    else if (!record_id_is_unique(c->world, s->kind, c->params[1]))
        call_refuse(c, FAULT_CONFLICT,
                    "several records of %s have the id '" STR_FMT
                    "'; select one by its number in the list, for example ~%u",
                    record_kind_texts[s->kind], STR_ARG(c->params[1]), row);
    return c->fault ? ROW_NONE : row;
}

struct filter { /* ?account=sa_1: the expected text of a field; empty for a field without value */
    const struct record_field *field;
    struct str value;
};

struct filters {
    struct filter *items;
    size_t count;
};

/* All parameters of the query but those of the page. */
static bool read_filters(struct call *c, const struct record_type *s, struct filters *to)
{
    struct error err = {0};
    to->items = arena_array(c->arena, struct filter, c->query_count);
    for (size_t i = 0; i < c->query_count && !error_any(&err); i++) {
        struct member m = {.key = str_dup(c->arena, c->query[i].name)};
        if (str_is(c->query[i].name, "since") || str_is(c->query[i].name, "limit"))
            continue;
        to->items[to->count++] = (struct filter){record_field_read(s, &m, &err), c->query[i].value};
    }
    if (err.first)
        call_issue(c, "", "%s", err.first->text);
    error_end(&err);
    return !c->fault;
}

static bool list_has(const struct record_value *v, struct str text)
{
    for (size_t i = 0; i < v->count && v->texts; i++)
        if (str_is(text, v->texts[i]))
            return true;
    return !v->count && !text.n;
}

static bool field_equals(const struct world *w, enum record_kind kind, uint32_t row, const struct filter *f)
{
    struct record_value v;
    char number[24];
    record_get(w, kind, row, f->field, &v);
    if (v.none)
        return !f->value.n;
    switch (f->field->type) {
    case RECORD_BOOL:
        return str_is(f->value, v.truth ? "true" : "false");
    case RECORD_INT:
    case RECORD_CHANGE:
        snprintf(number, sizeof number, "%" PRId64, v.number);
        return str_is(f->value, number);
    case RECORD_TEXTS:
    case RECORD_INTS:
        return list_has(&v, f->value);
    case RECORD_TEXT:
    case RECORD_TIME:
    case RECORD_ENUM:
    case RECORD_REF:
        break;
    }
    return str_is(f->value, v.text);
}

static bool matches(const struct world *w, enum record_kind kind, uint32_t row, const struct filters *filters)
{
    for (size_t i = 0; i < filters->count; i++)
        if (!field_equals(w, kind, row, &filters->items[i]))
            return false;
    return true;
}

/* The whole state, in pieces. */
struct dump {
    const struct world *world; /* a copy */
    struct json out;
    bool begun, kind_is_open;
    enum record_kind kind;
    uint32_t row;
};

static void begin_dump(struct dump *d)
{
    json_open_map(&d->out);
    json_key_map(&d->out, "clock");
    admin_put_clock(&d->out, d->world);
    json_close_map(&d->out);
    d->begun = true;
}

/* Writes the next record, or the end of the list of a kind. */
static void dump_next(struct dump *d)
{
    if (!d->kind_is_open)
        json_key_list(&d->out, record_kind_texts[d->kind]);
    d->kind_is_open = world_next(d->world, d->kind, &d->row);
    if (d->kind_is_open) {
        record_print(&d->out, d->world, d->kind, d->row);
        return;
    }
    json_close_list(&d->out);
    d->kind++;
    d->row = 0;
}

static bool dump_piece(void *dump, struct buf *out)
{
    struct dump *d = dump;
    size_t end = out->n + DUMP_PIECE_BYTES;
    d->out.out = out;
    if (!d->begun)
        begin_dump(d);
    while (d->kind < RECORD_KIND_COUNT && out->n < end)
        dump_next(d);
    if (d->kind < RECORD_KIND_COUNT)
        return true;
    json_close_map(&d->out);
    return false;
}

static void respond_dump(struct call *c)
{
    struct dump *d = arena_new(c->arena, struct dump);
    struct world *copy = world_fork(c->world);
    mock_discard_with(c->arena, c->mock, copy);
    d->world = copy;
    d->out = json_begin(NULL, 0);
    call_json(c, 200);
    pieces_respond(c, dump_piece, d);
}

static bool export_piece(void *export, struct buf *out)
{
    return export_next(export, out);
}

void admin_state(struct call *c)
{
    struct str format = call_query(c, "format");
    if (!format.s && !c->fault) {
        respond_dump(c);
    } else if (str_is(format, "fixture")) {
        call_json(c, 200);
        pieces_respond(c, export_piece, export_begin(c->arena, c->mock, c->ns));
    } else {
        call_issue(c, "", "unknown format '" STR_FMT "'; expected one of: fixture", STR_ARG(format));
    }
}

void admin_state_kind(struct call *c)
{
    struct admin_page page;
    struct filters filters = {0};
    const struct record_type *s = kind_of(c);
    if (!s || !admin_page_read(c, c->ns->generation, &page) || !read_filters(c, s, &filters))
        return;
    struct json *w = admin_page_begin(c);
    uint32_t row = page.last < UINT32_MAX ? (uint32_t)page.last : UINT32_MAX;
    bool more = false;
    while (!more && world_next(c->world, s->kind, &row)) {
        more = !admin_page_looks(&page, w, row);
        if (more || !matches(c->world, s->kind, row, &filters))
            continue;
        record_print(w, c->world, s->kind, row);
        page.items++;
    }
    admin_page_end(c, &page, more, filters.count ? -1 : (int64_t)world_count(c->world, s->kind));
}

void admin_state_record(struct call *c)
{
    const struct record_type *s = kind_of(c);
    uint32_t row = s ? row_of(c, s) : ROW_NONE;
    if (row)
        record_print(call_json(c, 200), c->world, s->kind, row);
}

/* Reads a merge patch of a flat record: each member sets a field, null clears it. */
static struct record_edit *read_patch(struct call *c, const struct record_type *s, const struct node *body)
{
    struct error err = {0};
    struct record_edit *edits = arena_array(c->arena, struct record_edit, body->map.count + 1);
    for (size_t i = 0; i < body->map.count; i++) {
        const struct member *m = &body->map.members[i];
        edits[i].field = record_field_read(s, m, &err);
        if (edits[i].field && edits[i].field->fixed)
            error_add(&err, ERROR_INPUT, m->key_at, "'%s' cannot be changed", m->key);
        else if (edits[i].field)
            record_value_read(c->arena, edits[i].field, m->value, &edits[i].value, &err);
    }
    if (error_any(&err)) {
        admin_issues(c, body, &err);
        return NULL;
    }
    return edits;
}

struct faults {
    struct arena *arena;
    size_t count;
    const char *texts[FAULTS_MAX];
};

static void add_fault(void *ctx, enum record_kind kind, uint32_t row, const char *why)
{
    struct faults *f = ctx;
    if (f->count < FAULTS_MAX)
        f->texts[f->count] = arena_printf(f->arena, "%s %u: %s", record_kind_texts[kind], row, why);
    f->count++;
}

/* Of a large state only the patched record is checked. */
static struct faults faults_of(struct call *c, const struct world *w, enum record_kind kind, uint32_t row)
{
    struct faults faults = {.arena = c->arena};
    if (world_record_count(w) > WORLD_CHECKED_MAX)
        world_check_record(w, kind, row, add_fault, &faults);
    else
        world_check_each(w, add_fault, &faults);
    return faults;
}

/* True if the patch adds a fault. Existing faults are allowed. */
static bool breaks(struct call *c, const struct world *patched, enum record_kind kind, uint32_t row)
{
    struct faults after = faults_of(c, patched, kind, row);
    if (!after.count || after.count <= faults_of(c, c->world, kind, row).count)
        return false;
    for (size_t i = 1; i < after.count && i < FAULTS_MAX; i++)
        call_issue(c, "", "%s", after.texts[i]);
    return !call_refuse(c, FAULT_CONFLICT, "the state would be inconsistent (allow it with ?skip_invariants=1): %s",
                        after.texts[0]);
}

/* Tries the patch on a copy. Returns false if the call was refused. */
static bool check_patch(struct call *c, enum record_kind kind, uint32_t row, const struct record_edit *edits,
                        const struct node *body)
{
    struct error err = {0};
    struct world *copy = world_fork(c->world);
    copy->checks = false;
    bool ok = record_update(copy, kind, row, edits, body->map.count, &err)
                  ? admin_query_flag(c, "skip_invariants") || !breaks(c, copy, kind, row)
                  : admin_issues(c, body, &err);
    world_free(copy);
    error_end(&err);
    return ok;
}

void admin_state_patch(struct call *c)
{
    const struct record_type *s = kind_of(c);
    uint32_t row = s ? row_of(c, s) : ROW_NONE;
    const struct node *body = row ? call_body(c) : NULL;
    const struct record_edit *edits = body ? read_patch(c, s, body) : NULL;
    if (!edits || !check_patch(c, s->kind, row, edits, body))
        return;
    c->world->cause = CAUSE_SIMULATION;
    record_update(c->world, s->kind, row, edits, body->map.count, NULL);
    struct json *w = admin_object(c, 200);
    json_key(w, "record");
    record_print(w, c->world, s->kind, row);
    admin_put_new_changes(c);
    json_close_map(w);
}
