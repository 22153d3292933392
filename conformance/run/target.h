/* target.h - the endpoint under test: base URL, actors, named resources, capabilities.
 *
 * Shapes:  read from a target file (its keys: the table in target.c). An actor's key is a literal
 *          in a mock's file only; `env: VARIABLE` takes it from the environment; an actor with
 *          neither sends no credential. Named resources are values, or {env: VARIABLE}. An admin
 *          URL gives every scenario a namespace of its own, so that all of them may run at once.
 *
 *   name: layers-mock             name: layers-live
 *   mock: true                    base_url: https://api.layers.com
 *   mount: /layers                rps: 2
 *   fixture: fixtures/acme.yaml   consent: human
 *   consent: admin              actors:
 *   actors:                         full: { env: LAYERS_API_KEY }
 *     full: { key: lp_live_x }      anonymous: {}
 *     anonymous: {}               resources:
 *   resources:                      project_a: { env: LAYERS_PROJECT }
 *     project_a: prj_01HX           return_url: https://app.example.com/callback
 *   capabilities: [second_org]    capabilities: [consent]
 *
 * Webhooks: `webhook: {url, port}` says that a real endpoint reaches the runner's listener, on that
 *               port of this machine, by that URL. A mock on this machine needs nothing said.
 * Capabilities: those declared; a consent driver is `consent`; an admin API is `admin`,
 *          `clock`, `inspect` and, until its manifest was read, every `simulate.x`; who reaches the
 *          listener has `webhook`.
 * Units:   rps = requests a second at most; 0 = as fast as it answers.
 * Errors:  the file's mistakes at file:line:col. What an unset environment variable was to give is
 *          not there, with a warning that names the variable; the first actor's is an error.
 */
#pragma once
#include "conformance/result.h"

struct actor {
    const char *name, *credential; /* the value; never printed. NULL: it sends none */
    struct where at;
};

enum consent_driver { CONSENT_NONE, CONSENT_ADMIN, CONSENT_BROWSER, CONSENT_HUMAN };

struct target {
    const char *name, *file;
    const char *base_url;  /* without a slash at its end; scenario paths follow it */
    const char *admin_url; /* NULL: no admin API. Its URL: http://host:port/__admin */
    const char *mount;   /* of a mock: what stands between the namespace and the path: "/layers" */
    int64_t now_ms;      /* the instant its clock starts at; 0: it runs with ours */
    const char *fixture; /* the fixture for a mock started for it; NULL: the mock's own */
    const char
        *header; /* how credentials travel: "Authorization" with "Bearer ", or a name of its own */
    const char *header_prefix;
    const struct actor *actors;
    size_t actor_count;
    const struct node *resources;    /* named resources: project_a, return_url, ... */
    const char *const *capabilities; /* declared; those of the admin API are added */
    size_t capability_count;
    enum consent_driver consent;
    const char *consent_command; /* of the browser driver */
    double rps;
    bool is_mock;
    const char *webhook_url; /* where it finds the runner's listener; NULL: on this machine */
    int webhook_port;        /* that the listener has there; 0: any */
};

struct target *target_load(struct arena *a, const char *path, struct error *err);
/* Just a base URL: no actor, no capability. */
struct target *target_of_url(struct arena *a, const char *base_url, struct error *err);
bool target_set_base_url(struct arena *a, struct target *t, const char *url, struct error *err);
bool target_set_admin_url(struct arena *a, struct target *t, const char *url, struct error *err);

bool target_can(const struct target *t, const char *capability);
const struct actor *target_actor(const struct target *t,
                                 const char *name); /* NULL name: the first */
/* The first actor whose key looks like one of a real account, or NULL. */
const struct actor *target_live_actor(const struct target *t);
