/* guide.h - what each call of the control door is for, told to people: for the listing of routes and
 * the reference page.
 *
 * Shapes:  a row for each operation of control.c's table.
 * Errors:  none: an operation without a row is our own bug.
 */
#pragma once
#include "base/fields.h"

struct control_guide {
    const char *operation;
    const char *help;
    const char *query;         /* "since=N, stable=1", with "FIELD=..." for any; NULL: none */
    const struct fields *body; /* NULL: none, or none of the door's own */
};

const struct control_guide *control_guide(const char *operation);
/* Whether a parameter of that name is asked for. */
bool control_guide_asks(const struct control_guide *g, struct str name);
