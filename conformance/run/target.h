/* target.h - the endpoint under test: its base URL, actors, named resources and capabilities.
 *
 * Shapes:  a target is read from a target file; the table in target.c lists its keys. An actor is a named credential:
 *          `env: VARIABLE` reads it from the environment, `key: TEXT` is allowed for a mock only, and {} sends none.
 *          `expect: refused` declares a key that is wrong on purpose.
 *          Named resources are values, or {env: VARIABLE}. With an admin URL each scenario gets its own namespace, so
 *          all scenarios may run at once.
 *
 *   name: layers-mock             name: layers-live
 *   mock: true                    base_url: https://api.layers.com
 *   mount: /layers                rps: 2
 *   fixture: fixtures/acme.yaml   consent: human
 *   consent: admin                actors:
 *   actors:                         full: { env: LAYERS_API_KEY }
 *     full: { key: lp_live_x }      anonymous: {}
 *     anonymous: {}               resources:
 *   resources:                      project_a: { env: LAYERS_PROJECT }
 *     project_a: prj_01HX           return_url: https://app.example.com/callback
 *   capabilities: [second_org]    capabilities: [lease]
 *
 * URLs:    requests of scenarios go to base_url + mount + path, admin requests to admin_url and nowhere else. In a
 *          namespace they go to base_url + /ns/<namespace> + mount + path. Without `mount`, the path of base_url is the
 *          mount. If base_url ends with the mount, it is not appended again. Without base_url, the server is that of
 *          admin_url. --url replaces base_url and removes admin_url, --admin-url replaces admin_url, --mock replaces
 *          both; the mount stays. URLs in responses are used as they are.
 * Mocks:   --url without --admin-url removes `mock`, `now` and `consent: admin` too: they describe the server of the
 *          file. The other server is a real target, to which only --allow-writes allows writes.
 * Webhooks: `webhook: {url, port}` is the URL at which a real endpoint reaches the runner's listener, and the local
 *          port that the URL leads to. A mock on this machine needs neither.
 * Capabilities: the declared ones, and these, which a file must not declare. A consent driver adds `consent`. An admin
 *          API adds `admin`, `clock`, `inspect`, `advance`, `simulate` and every `simulate.x` (skip_reason.c checks
 *          those against its manifest). A target that reaches the listener has `webhook`.
 * Actors:  a step without `as` is sent by the first actor of target-schema.yaml, which the target must then have. In
 *          suites without that file it is sent by the target's first actor; a target without actors sends no key.
 *          The schema may derive further actors from those of the file.
 * Secrets: a credential has no control character; a line break at its end is removed with a warning. A user and a
 *          password in a URL are sent as HTTP Basic authentication, so the keys of the actors then need another header
 *          than Authorization.
 * Units:   rps = requests per second at most; 0 = no limit.
 * Errors:  mistakes in the file, with file:line:col. An unset environment variable removes its actor or resource with a
 *          warning; for the first actor it is an error.
 */
#pragma once
#include "conformance/result/result.h"
#include "conformance/scenario/target_schema.h"

struct actor {
    const char *name, *credential; /* credential: never printed; NULL: sends none */
    const char *origin;            /* of the credential: the environment variable, or file:line; NULL: none */
    bool expect_refused;           /* the credential is wrong on purpose */
    bool no_prefix;                /* it is sent without the target's header_prefix */
    struct where at;
};

struct unset_name { /* an actor or resource without a value, because its environment variable is not set */
    const char *name, *variable;
    bool is_actor;
};

/* A user and a password from a URL. They are removed from the URL, and sent in the header Authorization of requests
 * that have none. */
struct login {
    const char *user, *password; /* decoded */
    const char *header;          /* "Basic ..."; NULL: the URL had no user */
};
#define LOGIN_SCHEME "Basic "

enum consent_driver { CONSENT_NONE, CONSENT_ADMIN, CONSENT_BROWSER, CONSENT_HUMAN };

struct target {
    const char *name, *file;
    const char *base_url;      /* server_url and path; the paths of scenarios are appended. NULL: see admin_url */
    const char *admin_url;     /* http://host:port/__admin; NULL: no admin API */
    const char *server_url;    /* without a trailing slash; /ns/<namespace> and path are appended */
    const char *path;          /* the mount, or else the path of the file's base_url */
    const char *mount;         /* of the file; "": none */
    int64_t now_ms;            /* time at which its virtual clock starts; 0: it has none */
    const char *fixture;       /* for a mock server started by the runner; NULL: the mock's default */
    const char *header;        /* header that carries the credential; default "Authorization" */
    const char *header_prefix; /* text before the credential; default "Bearer " */
    const struct actor *actors;
    size_t actor_count;
    struct {
        struct unset_name *items;
        size_t count, room;
    } unset;
    const struct node *resources;    /* map of named resources: project_a, return_url, ... */
    const char *const *capabilities; /* as declared; target_has_capability adds the implied ones */
    size_t capability_count;
    enum consent_driver consent;
    const char *consent_command; /* of the browser driver */
    double rps;
    const char *const *url_hosts; /* HOST or HOST:PORT that a call to a URL of a response may reach */
    size_t url_host_count;
    bool is_mock;
    bool is_own_mock;        /* the runner starts it; it has an admin API, and only this run uses its namespaces */
    const char *webhook_url; /* URL of the runner's listener, for the target; NULL: a local URL */
    struct login base_login, admin_login, webhook_login; /* of the three URLs; webhook_url contains its login too */
    int webhook_port;                                    /* local port of the listener; 0: any free port */
};

/* Reads a target file. */
struct target *target_load(struct arena *a, const char *path, struct error *err);
/* Returns a target with only a base URL: no actors and no capabilities. */
struct target *target_of_url(struct arena *a, const char *base_url, struct error *err);
/* Replaces the file's base_url; the mount stays. */
bool target_set_base_url(struct arena *a, struct target *t, const char *url, struct error *err);
/* Sets the server that the provider's requests go to. `url` is valid and has no trailing slash. */
void target_set_server(struct arena *a, struct target *t, const char *url);
bool target_set_admin_url(struct arena *a, struct target *t, const char *url, struct error *err);

/* Returns true if the target has the capability, declared or implied. */
bool target_has_capability(const struct target *t, const char *capability);
/* Returns what gives a target this capability, as a sentence; NULL: it is declared in the target file. */
const char *target_capability_source(const char *capability);
/* Returns the actor of that name, or the first one if `name` is NULL; NULL: no such actor. */
const struct actor *target_actor(const struct target *t, const char *name);
/* Returns the environment variable that an actor or resource lacks; NULL: the target file does not declare the name. */
const char *target_unset_variable(const struct target *t, bool is_actor, struct str name);
/* Adds the actors of the schema whose key is wrong on purpose (target_schema.h). An actor that the target has stays as
 * it is; one that is derived from an actor without a credential is left out. */
void target_derive_actors(struct arena *a, struct target *t, const struct target_schema *schema);
/* Returns the first actor whose credential looks like a live key ("_live_"), or NULL. */
const struct actor *target_live_actor(const struct target *t);

/* --- credential.c ------------------------------------------------------------------------- */

/* Reads a credential or a resource from the environment. Removes a line break at its end, with a warning. Returns
 * false, and an error, if it is blank or has a control character. `what` names it: "the environment variable 'KEY'". */
bool value_read(struct arena *a, const char *text, const char *what, struct where at, const char **out,
                struct error *err);
/* Returns "is empty" or "is not set", for a variable without a value. */
const char *variable_problem(const char *name);
/* Returns false for a name that no variable has, and for one that is not set and looks like a key: a message must not
 * show it. */
bool variable_valid(const char *name);
bool header_value_valid(struct str value); /* no control character except tabs */

const char *url_shown(struct arena *a, const char *url); /* with *** for the password, also if the URL is invalid */
/* Removes the user and the password from *url. Returns false, and a static text, if they are not percent-encoded
 * correctly. */
bool url_take_login(struct arena *a, const char **url, struct login *out, const char **why);
/* Returns false, and an error, if the URL has a user although the keys of the actors use the header Authorization. */
bool target_check_login(const struct target *t, struct error *err);
