/* isolation_cell.h - the parts of isolation.yaml, and the scenario of one cell: for isolation*.c only.
 *
 * Shapes:  filled by the field tables of isolation.c. The scenario is a tree of nodes, as a scenario file would have
 *          it; values of the column have the place of the cell, so that reports show the row.
 * Errors:  none; the loader validates the scenario like any other.
 */
#pragma once
#include "base/fields.h"
#include "conformance/scenario/isolation.h"
#include "conformance/scenario/operations.h"

struct stranger {
    struct where at;
    const char *name, *means, *as;
    struct field_list needs;
    const struct node *expect, *claims;
};

struct row {
    struct where at;
    const char *operation, *what, *not_applicable;
    struct field_list needs, tags, exclusive;
    const struct node *vars, *setup, *owned, *unknown, *query, *body, *works, *own, *unchanged, *claims, *cells;
};

struct table {
    const char *owner;
    const struct node *compare, *reasons;
    struct field_list strangers, rows;
};

struct cell { /* one that says more than `refused` */
    const char *variant;
    const struct node *setup, *with, *unknown, *expect, *claims;
    bool own;
};

/* The maps NAME: ID of a cell and of its row. If several have a name, the first map counts. */
struct names {
    const struct node *maps[3];
};

struct expansion { /* of one cell */
    struct arena *arena;
    const struct table *table;
    const struct operation *operation;
    const struct stranger *stranger;
    const struct row *row;
    struct cell cell;
    bool own;
    struct where at; /* of the cell */
    struct names owned, theirs, unknown;
};

/* Returns the map that a scenario file would contain. */
const struct node *isolation_scenario(const struct expansion *x);
