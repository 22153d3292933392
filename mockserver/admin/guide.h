/* guide.h - what each call of the admin API is for, told to people: for the listing of routes and
 * the reference page.
 *
 * Shapes:  a row for each operation of control.c's table.
 * Errors:  none: an operation without a row is our own bug.
 */
#pragma once
#include "base/fields.h"

struct admin_guide {
    const char *operation;
    const char *help;
    const char *query;         /* "since=N, stable=1", with "FIELD=..." for any; NULL: none */
    const struct fields *body; /* NULL: none, or none of the admin API's own */
};

const struct admin_guide *admin_guide(const char *operation);
/* Whether a parameter of that name is asked for. */
bool admin_guide_asks(const struct admin_guide *g, struct str name);
