/* reload.h - the fixtures read again, when their files change or somebody asks, while the mock goes
 * on.
 *
 * Shapes:  the files are checked in a child process (fixtures.h) and, if all are good, taken all at
 *          once: what becomes of the worlds is namespaces_refix's. Who asks while a check is under
 *          way is answered by the next one, since a file may have changed behind the first.
 * Units:   -
 * Errors:  what is wrong with the files, at its place: in the log and in the result. The fixtures
 *          then stay as they were.
 */
#pragma once
#include "mockserver/call.h"
#include "mockserver/fixture/fixtures.h"
#include "mockserver/namespaces/namespaces.h"

struct reload;

struct reload_result {
    struct arena arena; /* all of it lives here */
    size_t holders;
    struct error problems; /* none: it was done */
    struct {
        const char *path, *name;
        struct include_files files;
        bool changed;
    } * fixtures;
    size_t fixture_count;
    struct {
        const char **items; /* names */
        size_t count, room;
    } worlds[FATE_COUNT];
};

struct reload *reload_new(struct mock *m);
void reload_free(struct reload *r); /* NULL is fine; before namespaces and loop */
/* Watches the files from now on, where the mock's options say so. */
void reload_use_loop(struct reload *r, struct loop *l);

bool reload_watches(const struct reload *r);

/* What enters from outside: a file has changed, and what the child found out (fixtures_report; `why`
 * not NULL: it could not). Called by the loop or, in a replay, by who gives the run again. */
void reload_changed(struct reload *r);
void reload_checked(struct reload *r, struct str report, const char *why);

/* `reset`: worlds that are in use begin anew, too. `then` goes on with c->own, a
 * const struct reload_result *. */
void reload_ask(struct reload *r, struct call *c, bool reset, void (*then)(struct call *c));
