/* usage.h - the actors and resources that a scenario uses, with those of its flows.
 *
 * Shapes:  an actor may be given by a case of a step, a variable, or an input of a flow. Each value that is known
 *          before the run is visited; a value that a response gives is not known. A callback may be called several
 *          times for one name.
 * Errors:  none. The scenario or flow must be valid.
 */
#pragma once
#include "conformance/scenario/scenario.h"

struct usage {
    void (*actor)(void *ctx, const char *name, struct where at);      /* name: NULL: see struct step */
    void (*resource)(void *ctx, struct str name, struct where at);    /* the part after "target." */
    void (*simulation)(void *ctx, const char *name, struct where at); /* each may be NULL */
    void *ctx;
};

void usage_of_scenario(const struct scenario *s, const struct usage *u);
void usage_of_flow(const struct flow *flow, const struct usage *u); /* its inputs have their defaults */
