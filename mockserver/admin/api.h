/* api.h - the admin API, /__admin: itself a provider, with routes and faults of its own
 * (problem JSON, RFC 9457).
 *
 * Errors:  as any provider: faults. A selector that meets nothing, or several things, names what it
 *          met.
 */
#pragma once
#include "mockserver/call.h"

extern const struct provider admin_provider;

/* The admin API's own rules: open at all, token, Host and Origin. False: refused. */
bool admin_admits(struct call *c);

/* The local consent page, /__consent/<provider>/<state>: plain HTML that works without script. */
extern const struct provider consent_provider;

struct simulation {
    const char *name;
    const struct fields *body;
    void (*apply)(struct call *c, const void *fields); /* writes the response, or refuses */
    const char *help;
    const char *providers; /* that it is about; NULL: all */
};
extern const struct simulation simulations[];
extern const size_t simulation_count;
