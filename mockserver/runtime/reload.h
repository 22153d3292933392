/* reload.h - reloads the fixtures while the mock runs: when their files change, or on request.
 *
 * Shapes:  a child process checks the files (fixtures.h). If all are valid, all fixtures are replaced together
 *          (namespaces_refix). A request that arrives during a check waits for the next check, because a file may have
 *          changed after the current one read it.
 * Units:   -
 * Errors:  mistakes in the files, each at its place, in the log and in the result. The fixtures then stay unchanged.
 */
#pragma once
#include "mockserver/fixture/fixtures.h"
#include "mockserver/provider_api/call.h"
#include "mockserver/runtime/namespaces.h"

struct reload;

struct reload_result {
    struct arena arena; /* owns everything below */
    size_t holders;
    struct error problems; /* empty if the fixtures were reloaded */
    struct {
        const char *path, *name;
        struct include_files files;
        bool changed;
    } * fixtures;
    size_t fixture_count;
    struct {
        const char **items; /* names */
        size_t count, room;
    } namespaces[RELOAD_OUTCOME_COUNT];
};

struct reload *reload_new(struct mock *m);
void reload_free(struct reload *r); /* r may be NULL; call it before freeing namespaces and loop */
/* Starts to watch the files if the mock's options say so. */
void reload_use_loop(struct reload *r, struct loop *l);

bool reload_watches(const struct reload *r); /* true if the files are watched */

/* The events from outside: a file has changed; a check has ended, with its report (fixtures_report) or with `why` it
 * failed. The loop calls them, or the replay. */
void reload_changed(struct reload *r);
void reload_checked(struct reload *r, struct str report, const char *why);

/* Requests a reload and suspends the call until it is done. `reset`: also reset namespaces that are in use. `then` is
 * called with the result in c->own, a const struct reload_result *. */
void reload_ask(struct reload *r, struct call *c, bool reset, void (*then)(struct call *c));
