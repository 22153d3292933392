/* guide.h - help texts for the operations of the admin API, for its list of routes and the
 * reference.
 *
 * Shapes:  one row per operation of the table in api.c.
 * Errors:  none: an operation without a row is a bug.
 */
#pragma once
#include "base/fields.h"

struct admin_guide {
    const char *operation;
    const char *help;
    const char *query;         /* "since=N, stable=1"; "FIELD=..." allows any name; NULL: none */
    const struct fields *body; /* NULL: no body, or one without a table of its own */
};

const struct admin_guide *admin_guide(const char *operation);
/* True if the operation has a query parameter of that name. */
bool admin_guide_has_parameter(const struct admin_guide *g, struct str name);
