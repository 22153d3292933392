/* api.h - the admin API under /__admin, implemented as a provider with its own routes and faults.
 *
 * Shapes:  the provider tables of the admin API and of the consent page; the help of each operation; the list of
 *          simulations.
 * Errors:  faults, as in any provider, rendered as problem JSON (RFC 9457). A selector that matches
 *          nothing, or several records, is refused with the candidates.
 */
#pragma once
#include "mockserver/provider_api/call.h"

extern const struct provider admin_provider;

/* The help of an operation, for the list of routes and the reference. */
struct admin_guide {
    const char *operation;
    const char *query;         /* "since=N, stable=1"; "FIELD=..." allows any name; NULL: none */
    const struct fields *body; /* NULL: no body, or one without a table of its own */
    const char *help;
};
const struct admin_guide *admin_guide(const char *operation); /* never NULL: every operation has one */

/* The local consent page, /__consent/<provider>/<state>: plain HTML without scripts. */
extern const struct provider consent_provider;

struct simulation {
    const char *name;
    const struct fields *body;
    void (*apply)(struct call *c, const void *fields); /* writes the response, or refuses the call */
    const char *providers; /* names of those that support it, for the reference; NULL: all */
    const char *help;
};
extern const struct simulation simulations[];
extern const size_t simulation_count;
