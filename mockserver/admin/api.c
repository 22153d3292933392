/* START HERE: the table of operations, their help texts, the operations about the mock, and who may call them. */
#include "mockserver/admin/api.h"

#include <assert.h>
#include <string.h>

#include "base/array.h"
#include "base/digest.h"
#include "base/host.h"
#include "base/time.h"
#include "base/url.h"
#include "mockserver/admin/common.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/rules/rule.h"
#include "mockserver/runtime/mock.h"

#define ADMIN_PROTOCOL 1

static void health(struct call *c);
static void version(struct call *c);
static void capabilities(struct call *c);
static void list_routes(struct call *c);

/* clang-format off */
#define ADMIN(method, path, operation, serve) \
    {method, "/__admin" path, operation, NULL, RATE_CLASS_NONE, ROUTE_OPEN, serve, "admin API"}

/* Creates its namespace, so that a test can arrange it before the first call of the client. */
#define ARRANGE(method, path, operation, serve) \
    {method, "/__admin" path, operation, NULL, RATE_CLASS_NONE, ROUTE_OPEN | ROUTE_ARRANGES, serve, "admin API"}

/* Is served at once although many events of the namespace are due. */
#define ANY_TIME(method, path, operation, serve) \
    {method, "/__admin" path, operation, NULL, RATE_CLASS_NONE, ROUTE_OPEN | ROUTE_ANY_TIME, serve, "admin API"}
#define ARRANGE_ANY_TIME(method, path, operation, serve) \
    {method, "/__admin" path, operation, NULL, RATE_CLASS_NONE, ROUTE_OPEN | ROUTE_ARRANGES | ROUTE_ANY_TIME, serve, \
     "admin API"}

static const struct route routes[] = {
    ANY_TIME("GET",    "/health",                          "health",            health),
    ANY_TIME("GET",    "/version",                         "version",           version),
    ANY_TIME("GET",    "/capabilities",                    "capabilities",      capabilities),
    ANY_TIME("GET",    "/routes",                          "list_routes",       list_routes),
    ARRANGE_ANY_TIME("POST",   "/reset",                           "reset",             admin_reset),
    ANY_TIME("GET",    "/namespaces",                      "list_namespaces",   admin_namespaces),
    ANY_TIME("POST",   "/namespaces",                      "create_namespace",  admin_namespace_create),
    ANY_TIME("GET",    "/namespaces/{}",                   "read_namespace",    admin_namespace),
    ANY_TIME("DELETE", "/namespaces/{}",                   "delete_namespace",  admin_namespace_delete),
    ANY_TIME("POST",   "/namespaces/{}/reset",             "reset_namespace",   admin_namespace_reset),
    ANY_TIME("GET",    "/snapshots",                       "list_snapshots",    admin_snapshots),
    ARRANGE("POST",   "/snapshots",                       "save_snapshot",     admin_snapshot_save),
    ANY_TIME("DELETE", "/snapshots/{}",                    "drop_snapshot",     admin_snapshot_drop),
    ARRANGE_ANY_TIME("POST",   "/snapshots/{}/restore",            "restore_snapshot",  admin_snapshot_restore),
    ADMIN("GET",    "/state",                           "read_state",        admin_state),
    ADMIN("GET",    "/state/{}",                        "list_records",      admin_state_kind),
    ADMIN("GET",    "/state/{}/{}",                     "read_record",       admin_state_record),
    ARRANGE("PATCH",  "/state/{}/{}",                     "patch_record",      admin_state_patch),
    ANY_TIME("GET",    "/clock",                           "read_clock",        admin_clock),
    ARRANGE_ANY_TIME("PUT",    "/clock",                           "set_clock",         admin_clock_set),
    ARRANGE_ANY_TIME("POST",   "/clock/advance",                   "advance_clock",     admin_clock_advance),
    ADMIN("GET",    "/rules",                           "list_rules",        admin_rules),
    ARRANGE("POST",   "/rules",                           "add_rule",          admin_rule_add),
    ADMIN("DELETE", "/rules",                           "clear_rules",       admin_rules_clear),
    ADMIN("GET",    "/rules/{}",                        "read_rule",         admin_rule),
    ADMIN("DELETE", "/rules/{}",                        "remove_rule",       admin_rule_remove),
    ADMIN("GET",    "/requests",                        "list_requests",     admin_requests),
    ADMIN("DELETE", "/requests",                        "clear_requests",    admin_requests_clear),
    ADMIN("POST",   "/requests/verify",                 "verify_requests",   admin_verify),
    ADMIN("POST",   "/requests/wait",                   "wait_for_requests", admin_wait),
    ADMIN("GET",    "/requests/unmatched",              "list_unmatched",    admin_unmatched),
    ADMIN("GET",    "/requests/unmatched/near-misses",  "near_misses",       admin_near_misses),
    ADMIN("GET",    "/explain/{}",                      "explain",           admin_explain),
    ANY_TIME("POST",   "/reload",                          "reload",            admin_reload),
    ADMIN("GET",    "/client-checks",                   "client_checks",     admin_client_checks),
    ADMIN("GET",    "/events",                          "events",            admin_events),
    ARRANGE("POST",   "/simulate/{}",                     "simulate",          admin_simulate),
};

#define PAGE   "since=CURSOR (only later entries), limit=N (default 100, at most 1000; a page also ends after 1 MiB)"
#define LIST   "since=CURSOR (only the items after it), limit=N (default and maximum 1000)"
#define MORE   " `more` says whether there is another page, `next` is its cursor, and `total` counts the whole list."
#define STABLE "stable=1 (leaves out wall-clock times and cursors; `next` stays if there are more entries)"

/* The help texts of the operations, found by name: operation, query, body, help. */
static const struct admin_guide guides[] = {
    {"health",            NULL, NULL,
     "Returns the status, the version, the uptime and the number of namespaces."},
    {"version",           NULL, NULL,
     "Returns the version of the mock and of the admin API protocol."},
    {"capabilities",      NULL, NULL,
     "Lists the providers, the simulations and the features of the admin API. A client can check here what this "
     "mock supports."},
    {"list_routes",       NULL, NULL,
     "Lists every operation of every provider and of the admin API. `implemented` is false for an operation that "
     "the mock does not serve yet."},
    {"reset",             NULL, NULL,
     "Resets the namespace of the request: its state, clock and rules are those of its fixture again, and its "
     "journal is empty."},
    {"list_namespaces",   LIST, NULL,
     "Lists the namespaces, in the order in which they were created." MORE},
    {"create_namespace",  NULL, &admin_create_fields,
     "Creates a namespace from a fixture, or as a copy of a namespace or snapshot. Fails with 409 if the name is "
     "taken."},
    {"read_namespace",    NULL, NULL,
     "Returns one namespace: its fixture, its clock, and how many requests and rules it has."},
    {"delete_namespace",  NULL, NULL,
     "Deletes a namespace and everything in it. The namespace `default` cannot be deleted (409)."},
    {"reset_namespace",   NULL, NULL,
     "Resets the named namespace, as `POST /__admin/reset` does."},
    {"list_snapshots",    LIST, NULL,
     "Lists the snapshots, each with the time of its clock." MORE},
    {"save_snapshot",     NULL, &admin_save_fields,
     "Saves the present state of the request's namespace under a name. Snapshots are shared by all namespaces."},
    {"drop_snapshot",     NULL, NULL,
     "Deletes a snapshot."},
    {"restore_snapshot",  NULL, NULL,
     "Replaces the state of the request's namespace with the state in the snapshot, and clears its journal. Its "
     "rules stay."},
    {"read_state",        "format=fixture (returns a fixture that recreates this state)", NULL,
     "Returns the whole state: the clock, and all records by kind. A fixture has the rules as well; their counts "
     "start at 0 again. A large response is made while it is sent, from one consistent copy of the state, and is sent "
     "in chunks."},
    {"list_records",      "FIELD=VALUE (repeatable; all must be equal), " LIST, NULL,
     "Lists the records of one kind, for example `accounts`." MORE " With a filter there is no `total`, and a page "
     "may have few items, or none, although there are more."},
    {"read_record",       NULL, NULL,
     "Returns one record, by its id."},
    {"patch_record",      "skip_invariants=1 (allows an inconsistent state)", NULL,
     "Sets fields of one record (JSON Merge Patch, RFC 7396). Fails with 409 if the state would become "
     "inconsistent. In a state of more than 20,000 records only the record itself is checked."},
    {"read_clock",        NULL, NULL,
     "Returns the namespace's time, and whether its clock runs or is frozen."},
    {"set_clock",         NULL, &admin_clock_fields,
     "Freezes the clock, lets it run, or sets its time. Events that are due until then run first."},
    {"advance_clock",     NULL, &admin_advance_fields,
     "Advances the clock, runs the events that are due on the way, and returns their number, the first 1000 changes "
     "they made (`more_changes` counts the others, `changes_lost` those that the history no longer has; "
     "[events](#get-__adminevents) sends them as they happen), and the webhook "
     "deliveries that are still `in_flight` (at most 100; `more_in_flight` counts the others). While many events run, "
     "calls of other namespaces are served. Calls of this one see the time that the clock has reached, after the "
     "events of that time. Fails with 409 while another call advances this clock. If the client disconnects, the "
     "advance continues; a reset ends it (503)."},
    {"list_rules",        LIST, NULL,
     "Lists the rules in the order in which they apply." MORE
     " `hits` counts the requests on which a rule acted, `seen` "
     "those that met all its conditions apart from `nth`, `times`, `every`, `after` and `probability`."},
    {"add_rule",          NULL, &rule_fields,
     "Adds a rule after the existing ones."},
    {"clear_rules",       NULL, NULL,
     "Removes all rules."},
    {"read_rule",         NULL, NULL,
     "Returns one rule, with its `hits`."},
    {"remove_rule",       NULL, NULL,
     "Removes one rule."},
    {"list_requests",     PAGE ", operation=ID, " STABLE, NULL,
     "Lists the journal: each request with its response, the rules that acted on it, the changes it made, the "
     "events it scheduled and the webhook deliveries it caused. `served` is the response that a rule with `after` "
     "replaced. `more` says whether there is another page; `next` is its `since`. With the `cursor` of a request as "
     "`since`, the page begins after that request. `lost` counts the oldest requests that the journal no longer has "
     "(--journal-bytes); `truncated` is true if some of them are after `since`. `changes_lost` of a request counts "
     "its changes that the history no longer has (--history). After a reset, restore or deletion of the namespace, "
     "or after the journal was cleared, an earlier cursor is refused (410). Here and in all other output about "
     "requests, secrets have short forms: `lp_live_...full` is the key named full, `lp_live_...(unknown key)` that of "
     "no key, and `whsec_...` with its id the secret of a webhook. Passwords are `...`. Expectations are compared "
     "with what was sent."},
    {"clear_requests",    NULL, NULL,
     "Clears the journal."},
    {"verify_requests",   NULL, &admin_verify_fields,
     "Checks how many matching requests were made. Fails with 409 and the nearest requests if the number is not "
     "the expected one. `next` is the cursor of the journal's end: with it as `since` and `count: 0`, a later call "
     "checks that no such request was made in between. With `at_least: 0` the call only returns that cursor."},
    {"wait_for_requests", NULL, &admin_wait_fields,
     "Waits until the expected number of matching requests was made. Fails with 409 at the timeout."},
    {"list_unmatched",    PAGE ", " STABLE, NULL,
     "Lists the requests that matched no route."},
    {"near_misses",       PAGE, NULL,
     "Lists the requests that matched no route, each with the nearest routes and what is different."},
    {"explain",           NULL, NULL,
     "Explains the response to one request, given by its seq, its cursor or its request id: which namespace, "
     "provider and route were chosen and why, which gates it passed, which rules acted or why not, which response a "
     "rule replaced (`served`), what it changed, and which faults its webhook deliveries have."},
    {"reload",            NULL, &admin_reload_fields,
     "Reads the fixture files again and uses them if all are valid. A namespace that is in use keeps its state "
     "until its next reset."},
    {"client_checks",     "format=json (default) or junit", NULL,
     "Returns a verdict for each [client check](#client-checks), with the requests that failed it and the reason."},
    {"events",
     "types=request,change (default: both), since=ID (or start: after the fixture was loaded; or 0: with the "
     "changes that loading it made; default: from now on)", NULL,
     "Streams requests and changes as server-sent events. A reconnecting client continues after `Last-Event-ID`. "
     "The other events are `begin` (always first), `lost` (how many requests and changes after `since` are no longer "
     "kept), `cleared` (the journal was cleared) and `reset` (the namespace was reset, restored or deleted)."},
    {"simulate",          NULL, NULL,
     "Simulates a provider-side or end-user action. See [Simulations](#simulations)."},
};
/* clang-format on */

const struct admin_guide *admin_guide(const char *operation)
{
    size_t i = 0;
    while (i < COUNT(guides) && strcmp(guides[i].operation, operation) != 0)
        i++;
    assert(i < COUNT(guides));
    return &guides[i];
}

/* The features that `capabilities` reports. */
static const char *const features[] = {
    "reset",  "clock", "namespaces", "snapshots",     "state",  "rules",  "requests",
    "verify", "wait",  "explain",    "client_checks", "events", "reload",
};

static void health(struct call *c)
{
    struct json *w = admin_object(c, 200);
    json_put_text(w, "status", "ok");
    json_put_bool(w, "ready", true);
    json_put_text(w, "version", UNDERSTUDY_VERSION);
    json_put_int(w, "uptime_seconds", (time_wall_ms() - c->mock->started_wall_ms) / 1000);
    json_put_int(w, "namespaces", (int64_t)namespaces_count(c->mock->namespaces));
    json_close_map(w);
}

static void version(struct call *c)
{
    struct json *w = admin_object(c, 200);
    json_put_text(w, "version", UNDERSTUDY_VERSION);
    json_put_int(w, "protocol", ADMIN_PROTOCOL);
    json_close_map(w);
}

static void capabilities(struct call *c)
{
    struct json *w = admin_object(c, 200);
    json_put_int(w, "protocol", ADMIN_PROTOCOL);
    json_key_list(w, "providers");
    for (size_t i = 0; i < provider_count; i++)
        json_text(w, providers[i]->name);
    json_close_list(w);
    json_put_bool(w, "mutating", true);
    json_key_list(w, "simulations");
    for (size_t i = 0; i < simulation_count; i++)
        json_text(w, simulations[i].name);
    json_close_list(w);
    for (size_t i = 0; i < COUNT(features); i++)
        json_put_bool(w, features[i], true);
    json_close_map(w);
}

static void put_route(struct json *w, const struct provider *d, const struct route *r)
{
    json_open_map(w);
    json_put_text(w, "provider", d->name);
    json_put_text(w, "method", r->method);
    json_put_text(w, "path", r->pattern);
    json_put_text(w, "id", r->operation);
    json_put_text(w, "scope", r->scope);
    json_put_text(w, "rate_class", rate_class_texts[r->rate_class]);
    json_put_text(w, "source", r->source);
    json_put_bool(w, "implemented", r->serve);
    if (d->role == PROVIDER_ADMIN)
        json_put_text(w, "help", admin_guide(r->operation)->help);
    json_close_map(w);
}

static void put_routes(struct json *w, const struct provider *d)
{
    for (size_t i = 0; i < d->route_count; i++)
        if (!(d->routes[i].flags & ROUTE_HIDDEN))
            put_route(w, d, &d->routes[i]);
}

static void list_routes(struct call *c)
{
    struct json *w = admin_object(c, 200);
    json_key_list(w, "items");
    for (size_t i = 0; i < provider_count; i++)
        put_routes(w, providers[i]);
    put_routes(w, &admin_provider);
    json_close_list(w);
    json_close_map(w);
}

static struct str without_port(struct str host)
{
    if (str_starts(host, STR("[")))
        return str_head(host, str_find(host, ']') + 1);
    return str_head(host, str_find(host, ':'));
}

static bool is_public(struct call *c, struct str host)
{
    struct url url;
    return c->mock->options.public_url && url_parse(c->arena, c->mock->options.public_url, &url, NULL) &&
           str_eq_nocase(host, str_from(url.host));
}

/* Protects against web pages of other sites that call the admin API through a user's browser: by a
 * host name that resolves to this machine (DNS rebinding; Host is checked), or directly (Origin is
 * checked). Browsers always send Host. A page does not know the admin token, so with a token every
 * host is allowed: a container is reached by names and ports that it does not know. */
static bool check_site(struct call *c)
{
    const struct headers *h = &c->req->headers;
    struct str authority = headers_get(h, "Host"), host = without_port(authority);
    bool any = c->mock->options.admin_token;
    if (authority.n && !any && !host_is_loopback(host) && !is_public(c, host))
        return call_refuse(c, FAULT_FORBIDDEN_SCOPE,
                           "Host '" STR_FMT "' is not allowed; expected a loopback host or that of --public-url "
                           "(or add --admin-token)",
                           STR_ARG(host));
    if (!headers_find(h, "Origin"))
        return true;
    struct str origin = headers_get(h, "Origin");
    size_t colon = str_find(origin, ':');
    if (!str_starts(str_skip(origin, colon), STR("://")) || !str_eq_nocase(str_skip(origin, colon + 3), authority))
        return call_refuse(c, FAULT_FORBIDDEN_SCOPE,
                           "Origin '" STR_FMT "' is not allowed; --cors does not apply to the admin API",
                           STR_ARG(origin));
    return true;
}

static bool check_token(struct call *c)
{
    const char *token = c->mock->options.admin_token;
    if (!token)
        return true;
    struct str given = headers_get(&c->req->headers, "Authorization");
    if (str_starts_nocase(given, STR("Bearer ")) && digest_equal(str_trim(str_skip(given, 7)), str_from(token)))
        return true;
    call_header(c, "WWW-Authenticate", "Bearer realm=\"admin\"");
    return call_refuse(c, FAULT_UNAUTHENTICATED, "the admin API requires its bearer token");
}

static bool admits(struct call *c)
{
    return check_site(c) && check_token(c);
}

/* The member `errors`: the issues from the given one on; absent if there are none. */
static void put_issues(struct json *w, const struct call *c, size_t from)
{
    if (from >= c->issues.count)
        return;
    json_key_list(w, "errors");
    for (size_t i = from; i < c->issues.count; i++) {
        json_open_map(w);
        json_put_text(w, "pointer", c->issues.items[i].path);
        json_put_text(w, "detail", c->issues.items[i].message);
        json_close_map(w);
    }
    json_close_list(w);
}

/* The first error is the problem itself. */
static void render_error(struct call *c)
{
    const struct fault_row *row = provider_fault(&admin_provider, c->fault);
    int status = c->fault_status ? c->fault_status : row->status;
    const char *code = c->fault_code ? c->fault_code : row->code;
    const struct issue *first = c->issues.count && !c->detail ? &c->issues.items[0] : NULL;
    struct json *w = problem_json(c, status, code, c->detail ? c->detail : first ? first->message : row->message);
    if (first)
        json_put_text(w, "pointer", first->path);
    put_issues(w, c, first ? 1 : 0);
    json_close_map(w);
}

static void add_common_headers(struct call *c)
{
    call_header(c, "Cache-Control", "no-store");
}

static const struct fault_row faults[] = {
    {FAULT_NO_ROUTE,        404, "no_route",        "The admin API has no such path."         },
    {FAULT_INVALID,         422, "invalid",         "The request is invalid."                 },
    {FAULT_UNAUTHENTICATED, 401, "unauthenticated", "The admin API requires its bearer token."},
    {FAULT_FORBIDDEN_SCOPE, 403, "forbidden",       "The admin API refuses this site."        },
};

/* True if the operation has a query parameter of that name. */
static bool has_parameter(const struct admin_guide *g, struct str name)
{
    struct str rest = str_from(g->query);
    while (rest.n) {
        struct str part = str_trim(str_cut(&rest, ',')), known = str_head(part, str_find(part, '='));
        if (known.n < part.n && (str_eq(known, name) || str_is(known, "FIELD")))
            return true;
    }
    return false;
}

/* Rejects unknown parameters, so that a misspelled one is not silently ignored. */
static bool check_query(struct call *c)
{
    const struct admin_guide *guide = admin_guide(c->route->operation);
    (void)call_query(c, ""); /* parses the query */
    for (size_t i = 0; i < c->query_count; i++)
        if (!has_parameter(guide, c->query[i].name))
            call_issue(c, "query", "unknown parameter '" STR_FMT "' (%s)", STR_ARG(c->query[i].name),
                       guide->query ? guide->query : "this operation has none");
    return c->fault == FAULT_NONE;
}

static const struct gate gates[] = {
    {"admin", admits,      false},
    {"query", check_query, false},
};

const struct provider *const own_providers[] = {&admin_provider, &consent_provider};
const size_t own_provider_count = COUNT(own_providers);

const struct provider admin_provider = {
    .role = PROVIDER_ADMIN,
    .name = "admin",
    .id = -1,
    .mount = "/__admin",
    .routes = routes,
    .route_count = COUNT(routes),
    .faults = faults,
    .fault_count = COUNT(faults),
    .gates = gates,
    .gate_count = COUNT(gates),
    .render_error = render_error,
    .add_common_headers = add_common_headers,
    .admits = admits,
};
