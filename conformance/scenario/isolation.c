#include "conformance/scenario/isolation.h"

#include <string.h>

#include "base/array.h"
#include "base/yaml.h"
#include "conformance/scenario/isolation_cell.h"
#include "conformance/scenario/reader.h"

/* --- the file ----------------------------------------------------------------------------- */

static const struct field stranger_rows[] = {
    FIELD("stranger", FIELD_TEXT, struct stranger, name, .required = true, .min = 1, .help = "Name of the column."),
    FIELD("means", FIELD_TEXT, struct stranger, means, .required = true, .min = 1, .help = "Who it is, as a phrase."),
    FIELD("as", FIELD_TEXT, struct stranger, as, .required = true, .help = "Actor of the target."),
    FIELD("requires", FIELD_TEXTS, struct stranger, needs, .help = "Capabilities that the target must have."),
    FIELD("expect", FIELD_NODE, struct stranger, expect, .required = true,
          .help = "How the call is refused: {status, headers, body}."),
    FIELD("claims", FIELD_NODE, struct stranger, claims, .help = "Step: CLAIMS, for all rows."),
};
static const struct fields stranger_fields =
    FIELD_TABLE("stranger", stranger_rows, struct stranger, offsetof(struct stranger, at));

static const struct field row_rows[] = {
    FIELD("operation", FIELD_TEXT, struct row, operation, .required = true, .help = "Name in operations.yaml."),
    FIELD("what", FIELD_TEXT, struct row, what, .min = 1, .help = "What of the owner the call is about, as a phrase."),
    FIELD("not_applicable", FIELD_TEXT, struct row, not_applicable,
          .help = "Instead of all other keys: one of the reasons, for the whole row."),
    FIELD("requires", FIELD_TEXTS, struct row, needs, .help = "Capabilities that the target must have."),
    FIELD("tags", FIELD_TEXTS, struct row, tags, .help = "Further words for --tag."),
    FIELD("exclusive", FIELD_TEXTS, struct row, exclusive, .help = "As in a scenario."),
    FIELD("vars", FIELD_NODE, struct row, vars, .help = "As in a scenario."),
    FIELD("setup", FIELD_NODE, struct row, setup, .help = "Steps before the others."),
    FIELD("owned", FIELD_NODE, struct row, owned,
          .help = "NAME: ID of what belongs to the owner, for the parameters of the path and as $NAME in the row."),
    FIELD("unknown", FIELD_NODE, struct row, unknown, .help = "NAME: an id of the same form that nothing has."),
    FIELD("query", FIELD_NODE, struct row, query, .help = "Query of the call."),
    FIELD("body", FIELD_NODE, struct row, body, .help = "Body of the call."),
    FIELD("works", FIELD_NODE, struct row, works, .help = "What the owner gets: {expect, capture, cleanup, as}."),
    FIELD("own", FIELD_NODE, struct row, own, .help = "What the stranger of an `own` cell gets: {expect, body}."),
    FIELD("unchanged", FIELD_NODE, struct row, unchanged,
          .help = "What the owner reads before and after: a list of {call, query, expect}."),
    FIELD("claims", FIELD_NODE, struct row, claims,
          .help = "STRANGER: {step: CLAIMS}, instead of those of the column."),
    FIELD("cells", FIELD_NODE, struct row, cells,
          .help = "STRANGER: refused, own, {with, expect, claims}, or a reason."),
};
static const struct fields row_fields = FIELD_TABLE("row", row_rows, struct row, offsetof(struct row, at));

static const struct field table_rows[] = {
    FIELD("owner", FIELD_TEXT, struct table, owner, .required = true, .help = "Actor to whom everything belongs."),
    FIELD("compare", FIELD_NODE, struct table, compare,
          .help = "What of two responses is compared: {headers, except}, as in `same_as` of a step."),
    FIELD("reasons", FIELD_NODE, struct table, reasons, .help = "NAME: why a cell does not apply."),
    FIELD("strangers", FIELD_LIST, struct table, strangers, .required = true, .min = 1, .max = 20,
          .sub = &stranger_fields, .help = "The columns."),
    FIELD("rows", FIELD_LIST, struct table, rows, .required = true, .min = 1, .max = 500, .sub = &row_fields,
          .help = "The rows, one for each operation."),
};
static const struct fields table_fields = FIELD_TABLE("isolation table", table_rows, struct table, FIELDS_NO_PLACE);

static const struct field cell_rows[] = {
    FIELD("case", FIELD_TEXT, struct cell, variant, .min = 1, .help = "Name of one of several scenarios of a cell."),
    FIELD("own", FIELD_BOOL, struct cell, own, .help = "true: the call succeeds, as the row's `own` says."),
    FIELD("setup", FIELD_NODE, struct cell, setup, .help = "Steps after those of the row's `setup`."),
    FIELD("with", FIELD_NODE, struct cell, with, .help = "NAME: ID in the stranger's calls, instead of the row's."),
    FIELD("unknown", FIELD_NODE, struct cell, unknown, .help = "NAME: ID in the call for an unknown id, likewise."),
    FIELD("expect", FIELD_NODE, struct cell, expect, .help = "Instead of that of the column."),
    FIELD("claims", FIELD_NODE, struct cell, claims, .help = "step: CLAIMS, instead of those of the row and column."),
};
static const struct fields cell_fields = FIELD_TABLE("cell", cell_rows, struct cell, FIELDS_NO_PLACE);

/* --- the table ------------------------------------------------------------------------------- */

struct reading_table {
    struct arena *arena;
    const struct table *table;
    const struct catalogue *catalogue;
    isolation_fn *fn;
    void *ctx;
    struct isolation *out;
    struct {
        const char **items;
        size_t count, room;
    } gaps;
    struct error *err;
};

static void add_gap(struct reading_table *r, const char *operation, const char *what)
{
    *arena_push(r->arena, &r->gaps, const char *) = arena_printf(r->arena, "%s: no %s", operation, what);
}

static const struct stranger *stranger_at(const struct table *t, size_t i)
{
    return &((const struct stranger *)t->strangers.items)[i];
}

static const struct row *row_at(const struct table *t, size_t i)
{
    return &((const struct row *)t->rows.items)[i];
}

static bool unknown_word(struct reading_table *r, const struct node *cell)
{
    const char *text = node_text(cell);
    return error_add(r->err, ERROR_INPUT, cell->at,
                     "invalid cell '%s'; expected refused, own, a map, or the name of one of the 'reasons'",
                     text ? text : node_kind_name(cell->kind));
}

/* The parameters of the path need ids, and `own` needs what the stranger gets. */
static bool row_check(struct reading_table *r, const struct row *row, const struct operation *op)
{
    struct str rest = str_from(op->path);
    bool ok = true;
    (void)str_cut(&rest, '{');
    while (rest.n) {
        struct str name = str_cut(&rest, '}');
        if (!node_get_str(row->owned, name))
            ok = error_add(r->err, ERROR_INPUT, row->at, "'owned' has no id for {" STR_FMT "} of %s %s", STR_ARG(name),
                           op->method, op->path);
        (void)str_cut(&rest, '{');
    }
    const struct member *m;
    for (size_t i = 0; (m = node_member(row->unknown, i)); i++)
        if (!node_get(row->owned, m->key)) /* a misspelt name would leave the owner's id in the call */
            ok = error_add(r->err, ERROR_INPUT, m->key_at, "'owned' has no '%s'", m->key);
    return ok;
}

static bool has_step(const struct node *steps, const char *id)
{
    bool found = false;
    for (size_t i = 0; i < node_count(steps) && !found; i++) {
        const char *text = steps->kind == NODE_LIST ? node_get_text(node_at(steps, i), "id") : NULL;
        found = text && strcmp(text, id) == 0;
    }
    return found;
}

/* A cell, or one of the scenarios of a cell. */
static bool variant_read(struct reading_table *r, const struct row *row, const struct operation *op,
                         const struct stranger *s, const struct node *cell)
{
    struct expansion x = {.arena = r->arena, .table = r->table, .operation = op, .stranger = s, .row = row};
    const char *text = node_text(cell);
    bool is_map = cell->kind == NODE_MAP;
    x.own = text && strcmp(text, "own") == 0;
    if (!is_map && !x.own && !(text && strcmp(text, "refused") == 0))
        return unknown_word(r, cell);
    if (is_map && !fields_read(&cell_fields, cell, r->arena, &x.cell, r->err))
        return false;
    x.own |= x.cell.own;
    if (x.own && !row->own && !x.cell.expect)
        return error_add(r->err, ERROR_INPUT, cell->at, "missing 'own' of the row: what this stranger gets");
    if (!row->works && !has_step(row->setup, "works"))
        return error_add(r->err, ERROR_INPUT, row->at,
                         "missing 'works' of the row: what the owner gets; or a step of 'setup' with this id");
    x.at = cell->at;
    x.owned = (struct names){{row->owned}};
    x.theirs = (struct names){
        {x.cell.with, row->owned}
    };
    x.unknown = (struct names){
        {x.cell.unknown, x.cell.with, row->unknown}
    };
    r->fn(r->ctx, isolation_scenario(&x));
    return true;
}

static bool cell_read(struct reading_table *r, const struct row *row, const struct operation *op,
                      const struct stranger *s, const struct node *cell)
{
    bool ok = true;
    if (node_text(cell) && node_get(r->table->reasons, node_text(cell))) {
        r->out->not_applicable++;
        return true;
    }
    r->out->checked++;
    if (cell->kind != NODE_LIST || !node_count(cell))
        return variant_read(r, row, op, s, cell);
    for (size_t i = 0; i < node_count(cell); i++)
        ok &= variant_read(r, row, op, s, node_at(cell, i));
    return ok;
}

/* No cell of the row applies. */
static bool empty_row_read(struct reading_table *r, const struct row *row)
{
    if (row->what || row->owned || row->works || row->cells)
        return error_add(r->err, ERROR_INPUT, row->at, "'not_applicable' cannot be combined with other keys of a row");
    r->out->not_applicable += r->table->strangers.count;
    return node_get(r->table->reasons, row->not_applicable) ||
           error_add(r->err, ERROR_INPUT, row->at, "'reasons' has no '%s'", row->not_applicable);
}

static bool row_read(struct reading_table *r, const struct row *row, const struct operation *op)
{
    if (row->not_applicable)
        return empty_row_read(r, row);
    if (!row->what)
        return error_add(r->err, ERROR_INPUT, row->at, "missing 'what' of the row");
    bool ok = row_check(r, row, op);
    const struct member *m;
    for (size_t i = 0; (m = node_member(row->cells, i)); i++) {
        bool known = false;
        for (size_t k = 0; k < r->table->strangers.count; k++)
            known |= strcmp(stranger_at(r->table, k)->name, m->key) == 0;
        if (!known)
            ok = error_add(r->err, ERROR_INPUT, m->key_at, "unknown stranger '%s'", m->key);
    }
    for (size_t i = 0; ok && i < r->table->strangers.count; i++) {
        const struct stranger *s = stranger_at(r->table, i);
        const struct node *cell = node_get(row->cells, s->name);
        if (cell)
            ok &= cell_read(r, row, op, s, cell);
        else
            add_gap(r, op->name, arena_printf(r->arena, "cell '%s'", s->name));
    }
    return ok;
}

static bool rows_read(struct reading_table *r)
{
    const struct operations *operations = r->catalogue->operations;
    bool ok = true;
    bool *seen = arena_array(r->arena, bool, operations->count);
    for (size_t i = 0; i < r->table->rows.count; i++) {
        const struct row *row = row_at(r->table, i);
        const struct operation *op = operations_named(operations, row->operation);
        if (!op || seen[op - operations->items])
            ok = error_add(r->err, ERROR_INPUT, row->at, op ? "operation '%s' has two rows" : "unknown operation '%s'",
                           row->operation);
        else
            ok &= row_read(r, row, op);
        if (op)
            seen[op - operations->items] = true;
    }
    for (size_t i = 0; i < operations->count; i++)
        if (!seen[i])
            add_gap(r, operations->items[i].name, "row");
    return ok;
}

/* A reason with the name of a check would make every cell with that check a cell that does not apply. */
static bool reasons_check(const struct node *reasons, struct error *err)
{
    bool ok = true;
    const struct member *m;
    if (reasons && reasons->kind != NODE_MAP)
        return error_add(err, ERROR_INPUT, reasons->at, "'reasons' must be a map: NAME: SENTENCE");
    for (size_t i = 0; (m = node_member(reasons, i)); i++) {
        if (strcmp(m->key, "refused") == 0 || strcmp(m->key, "own") == 0)
            ok = error_add(err, ERROR_INPUT, m->key_at, "a reason cannot be named '%s': a cell is checked by that word",
                           m->key);
        if (m->value->kind != NODE_TEXT || !m->value->text.n)
            ok = error_add(err, ERROR_INPUT, m->value->at, "the reason '%s' must be a sentence", m->key);
    }
    return ok;
}

bool isolation_expand(struct arena *a, const char *path, const struct catalogue *c, isolation_fn *fn, void *ctx,
                      struct isolation *out, struct error *err)
{
    struct table table = {0};
    struct reading_table r = {a, &table, c, fn, ctx, out, {0}, err};
    const struct node *root = yaml_load(a, path, err);
    *out = (struct isolation){.file = path};
    if (!root || !fields_read(&table_fields, root, a, &table, err))
        return false;
    if (!c || !c->operations)
        return error_add(err, ERROR_INPUT, root->at, "no operations.yaml beside this file");
    out->operations = c->operations->count;
    out->strangers = table.strangers.count;
    bool ok = reasons_check(table.reasons, err);
    ok &= rows_read(&r);
    out->gaps = r.gaps.items;
    out->gap_count = r.gaps.count;
    return ok;
}
