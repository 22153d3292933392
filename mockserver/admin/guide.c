#include "mockserver/admin/guide.h"

#include <assert.h>
#include <string.h>

#include "mockserver/admin/handlers.h"
#include "mockserver/rules/rule.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define PAGE     "since=SEQ, limit=N (100; 1000 at most)"
#define STABLE   "stable=1 (without the machine's own times)"

#define CALL(operation, help)                                                                      \
    {                                                                                              \
        operation, help, NULL, NULL                                                                \
    }
#define ASKS(operation, query, help)                                                               \
    {                                                                                              \
        operation, help, query, NULL                                                               \
    }
#define TAKES(operation, body, help)                                                               \
    {                                                                                              \
        operation, help, NULL, &(body)                                                             \
    }

static const struct admin_guide rows[] = {
    CALL("health",
         "Whether the mock answers, its version, how long it is up, how many worlds it has."),
    CALL("version", "The version, and that of the admin API's protocol."),
    CALL("capabilities",
         "What can be simulated and what the admin API can do: a runner asks before it begins."),
    CALL("list_routes",
         "Every operation of every provider and of the admin API itself, built or not."),
    CALL("reset", "The call's world goes back to its fixture, as if it had just started, its rules "
                  "and its journal too."),
    CALL("list_namespaces", "The worlds there are."),
    TAKES("create_namespace", admin_create_fields, "A new world, of a fixture or as a copy."),
    CALL("read_namespace", "One world: its fixture, its clock, how many calls and rules it has."),
    CALL("delete_namespace", "A world goes, with all that is in it. The first one stays."),
    CALL("reset_namespace", "The named world goes back to its beginning."),
    CALL("list_snapshots", "The snapshots there are, and the time in each."),
    TAKES("save_snapshot", admin_save_fields,
          "Keeps the call's world, as it is now, under a name."),
    CALL("drop_snapshot", "Forgets a snapshot."),
    CALL("restore_snapshot", "The call's world becomes what the snapshot has kept."),
    ASKS("read_state", "format=fixture (one that makes this world)",
         "The whole world: its clock, and every record by kind; as a fixture with its rules, which "
         "count anew there."),
    ASKS("list_records", "FIELD=VALUE, as many as wanted",
         "The records of one kind, such as accounts; only those whose fields read so."),
    CALL("read_record", "One record, by its id."),
    ASKS("patch_record", "skip_invariants=1: even then",
         "Sets fields of one record (JSON merge patch), unless that would break the world."),
    CALL("read_clock", "The world's time, and whether it passes by itself."),
    TAKES("set_clock", admin_clock_fields,
          "Freezes time or lets it pass, or goes to an instant; what is due on the way happens."),
    TAKES("advance_clock", admin_advance_fields,
          "Moves time on, and answers what happened on the way."),
    CALL("list_rules", "The rules in their order, each with its hits, and with seen: the calls "
                       "that met all but its counts."),
    TAKES("add_rule", rule_fields, "Adds a rule behind the others."),
    CALL("clear_rules", "Removes all rules."),
    CALL("read_rule", "One rule, with its hits."),
    CALL("remove_rule", "Removes one rule."),
    ASKS("list_requests", PAGE ", operation=ID, " STABLE,
         "The journal: what was asked and answered, what that changed and scheduled, which rules "
         "acted, which webhook deliveries tell of it."),
    CALL("clear_requests", "Empties the journal."),
    TAKES("verify_requests", admin_verify_fields,
          "Were such calls made, so many of them? 409 with the closest misses if not."),
    TAKES("wait_for_requests", admin_wait_fields, "The same, but waits until it holds."),
    ASKS("list_unmatched", PAGE ", " STABLE, "The calls that fit no route."),
    ASKS("near_misses", PAGE,
         "For each of those the nearest routes, and what they have in its place."),
    CALL("explain",
         "Why one call was answered as it was: world, provider, route, gates, rules. And "
         "what it caused, with the faults of its webhook deliveries. By its seq "
         "or request id."),
    TAKES(
        "reload", admin_reload_fields,
        "Reads the fixtures' files again, and takes them if all are good: a world in use keeps its "
        "state until its reset."),
    ASKS("client_checks", "format=json (default) or junit",
         "How the client of the call's world behaved: a verdict for each question, and what was "
         "wrong, with who, when and why."),
    ASKS("events",
         "types=request,change, since=ID, start (where the world began) or 0 (with what its "
         "fixture made)",
         "What happens, as it happens: server-sent events, each with an id; Last-Event-ID goes on "
         "from there. 'begin' comes first; 'lost' tells how much the journal dropped, 'cleared' "
         "that it was emptied, 'reset' that the world is gone."),
    CALL("simulate",
         "Something that only the provider or the end-customer can cause, by its name."),
};

const struct admin_guide *admin_guide(const char *operation)
{
    size_t i = 0;
    while (i < COUNT(rows) && strcmp(rows[i].operation, operation) != 0)
        i++;
    assert(i < COUNT(rows));
    return &rows[i];
}

bool admin_guide_asks(const struct admin_guide *g, struct str name)
{
    struct str rest = str_from(g->query);
    while (rest.n) {
        struct str one = str_trim(str_cut(&rest, ',')), asked = str_head(one, str_find(one, '='));
        if (asked.n < one.n && (str_eq(asked, name) || str_is(asked, "FIELD")))
            return true;
    }
    return false;
}
