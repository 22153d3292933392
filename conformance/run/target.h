/* target.h - the endpoint under test: base URL, actors, named things, capabilities.
 *
 * Shapes:  read from a target file; `name: {env: VARIABLE}` takes a credential from the
 * environment. A mock target's control URL gives every scenario a world of its own (a namespace),
 * so that all of them may run at once. Units:   rps = requests a second at most; 0 = as fast as it
 * answers. Errors:  the file's mistakes at file:line:col; a missing environment variable names
 * itself, never a value.
 */
#pragma once
#include "conformance/result.h"

struct actor {
    const char *name, *credential; /* the value; never printed */
    struct where at;
};

struct target {
    const char *name, *file;
    const char *base_url;    /* without a slash at its end; scenario paths follow it */
    const char *control_url; /* NULL: no control door */
    const char *mount;   /* of a mock: what stands between the namespace and the path: "/layers" */
    const char *fixture; /* the world it expects of a mock started for it; NULL: the mock's own */
    const char
        *header; /* how credentials travel: "Authorization" with "Bearer ", or a name of its own */
    const char *header_prefix;
    const struct actor *actors;
    size_t actor_count;
    const struct node *things;       /* named things: project_a, return_url, ... */
    const char *const *capabilities; /* declared; those of the control door are added */
    size_t capability_count;
    const char *consent; /* control, browser, human; NULL: none */
    const char *consent_command;
    double rps;
    bool is_mock;
    bool allow_writes;
};

const struct target *target_load(struct arena *a, const char *path, struct error *err);
bool target_can(const struct target *t, const char *capability);
const struct actor *target_actor(const struct target *t,
                                 const char *name); /* NULL name: the first */
/* What must never be printed: every credential, and what captures add. */
