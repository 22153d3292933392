#include "mockserver/admin/guide.h"

#include <assert.h>
#include <string.h>

#include "base/array.h"
#include "mockserver/admin/common.h"
#include "mockserver/rules/rule.h"

#define PAGE   "since=SEQ (only later entries), limit=N (default 100, at most 1000)"
#define STABLE "stable=1 (leaves out wall-clock times)"

#define CALL(operation, help)                                                                                          \
    {                                                                                                                  \
        operation, help, NULL, NULL                                                                                    \
    }
#define ASKS(operation, query, help)                                                                                   \
    {                                                                                                                  \
        operation, help, query, NULL                                                                                   \
    }
#define TAKES(operation, body, help)                                                                                   \
    {                                                                                                                  \
        operation, help, NULL, &(body)                                                                                 \
    }

static const struct admin_guide rows[] = {
    CALL("health", "Returns the status, the version, the uptime and the number of namespaces."),
    CALL("version", "Returns the version of the mock and of the admin API protocol."),
    CALL("capabilities", "Lists the providers, the simulations and the features of the admin API. A client can "
                         "check here what this mock supports."),
    CALL("list_routes", "Lists every operation of every provider and of the admin API. `implemented` is false for "
                        "an operation that the mock does not serve yet."),
    CALL("reset", "Resets the namespace of the request: its state, clock and rules are those of "
                  "its fixture again, and its journal is empty."),
    CALL("list_namespaces", "Lists all namespaces."),
    TAKES("create_namespace", admin_create_fields,
          "Creates a namespace from a fixture, or as a copy of a namespace or snapshot. Fails with "
          "409 if the name is taken."),
    CALL("read_namespace", "Returns one namespace: its fixture, its clock, and how many requests and rules it has."),
    CALL("delete_namespace", "Deletes a namespace and everything in it. The namespace `default` "
                             "cannot be deleted (409)."),
    CALL("reset_namespace", "Resets the named namespace, as `POST /__admin/reset` does."),
    CALL("list_snapshots", "Lists all snapshots, each with the time of its clock."),
    TAKES("save_snapshot", admin_save_fields,
          "Saves the present state of the request's namespace under a name. Snapshots are shared "
          "by all namespaces."),
    CALL("drop_snapshot", "Deletes a snapshot."),
    CALL("restore_snapshot", "Replaces the state of the request's namespace with the state in the snapshot, and clears "
                             "its journal. Its rules stay."),
    ASKS("read_state", "format=fixture (returns a fixture that recreates this state)",
         "Returns the whole state: the clock, and all records by kind. A fixture has the rules as "
         "well; their counts start at 0 again."),
    ASKS("list_records", "FIELD=VALUE (repeatable; all must be equal)",
         "Lists the records of one kind, for example `accounts`."),
    CALL("read_record", "Returns one record, by its id."),
    ASKS("patch_record", "skip_invariants=1 (allows an inconsistent state)",
         "Sets fields of one record (JSON Merge Patch, RFC 7396). Fails with 409 if the state would "
         "become inconsistent."),
    CALL("read_clock", "Returns the namespace's time, and whether its clock runs or is frozen."),
    TAKES("set_clock", admin_clock_fields,
          "Freezes the clock, lets it run, or sets its time. Events that are due until then run "
          "first."),
    TAKES("advance_clock", admin_advance_fields,
          "Advances the clock, runs the events that are due on the way, and returns their number "
          "and the changes they made."),
    CALL("list_rules", "Lists the rules in the order in which they apply. `hits` counts the requests on which a "
                       "rule acted, `seen` those that met all its conditions apart from `nth`, `times`, `every`, "
                       "`after` and `probability`."),
    TAKES("add_rule", rule_fields, "Adds a rule after the existing ones."),
    CALL("clear_rules", "Removes all rules."),
    CALL("read_rule", "Returns one rule, with its `hits`."),
    CALL("remove_rule", "Removes one rule."),
    ASKS("list_requests", PAGE ", operation=ID, " STABLE,
         "Lists the journal: each request with its response, the rules that acted on it, the "
         "changes it made, the events it scheduled and the webhook deliveries it caused. `next` is "
         "the `since` of the next page."),
    CALL("clear_requests", "Clears the journal."),
    TAKES("verify_requests", admin_verify_fields,
          "Checks how many matching requests were made. Fails with 409 and the nearest requests if "
          "the number is not the expected one."),
    TAKES("wait_for_requests", admin_wait_fields,
          "Waits until the expected number of matching requests was made. Fails with 409 at the "
          "timeout."),
    ASKS("list_unmatched", PAGE ", " STABLE, "Lists the requests that matched no route."),
    ASKS("near_misses", PAGE,
         "Lists the requests that matched no route, each with the nearest routes and what is "
         "different."),
    CALL("explain", "Explains the response to one request, given by its seq or its request id: which "
                    "namespace, provider and route were chosen and why, which gates it passed, which rules "
                    "acted or why not, what it changed, and which faults its webhook deliveries have."),
    TAKES("reload", admin_reload_fields,
          "Reads the fixture files again and uses them if all are valid. A namespace that is in "
          "use keeps its state until its next reset."),
    ASKS("client_checks", "format=json (default) or junit",
         "Returns a verdict for each [client check](#client-checks), with the requests that failed "
         "it and the reason."),
    ASKS("events",
         "types=request,change (default: both), since=ID (or start: after the fixture was loaded; "
         "or 0: with the changes that loading it made; default: from now on)",
         "Streams requests and changes as server-sent events. A reconnecting client continues "
         "after `Last-Event-ID`. The other events are `begin` (always first), `lost` (how much the "
         "journal no longer has), `cleared` (the journal was cleared) and `reset` (the namespace "
         "was reset, restored or deleted)."),
    CALL("simulate", "Simulates a provider-side or end-user action. See "
                     "[Simulations](#simulations)."),
};

const struct admin_guide *admin_guide(const char *operation)
{
    size_t i = 0;
    while (i < COUNT(rows) && strcmp(rows[i].operation, operation) != 0)
        i++;
    assert(i < COUNT(rows));
    return &rows[i];
}

bool admin_guide_has_parameter(const struct admin_guide *g, struct str name)
{
    struct str rest = str_from(g->query);
    while (rest.n) {
        struct str part = str_trim(str_cut(&rest, ',')), known = str_head(part, str_find(part, '='));
        if (known.n < part.n && (str_eq(known, name) || str_is(known, "FIELD")))
            return true;
    }
    return false;
}
