/* fixture.h - a starting world, read from YAML (or, at run time, from JSON of the same shape).
 *
 * Shapes:  struct fixture: name, the world as it starts, the rules it brings. Each provider's
 *          section is read by its dialect (fixture_reader); or the world stands there record by
 *          record (fixture_records.h), as an export has it. `include:` merges the sections of other
 *          files first (paths relative to the file); cycles are refused.
 * Units:   times are ISO 8601, or relative to the clock's start (-30d, +10m).
 * Errors:  every mistake at file:line:col, all at once (a syntax error alone); nothing half-loaded
 *          is kept.
 */
#pragma once
#include "base/fields.h"
#include "mockserver/include.h"
#include "mockserver/state/world.h"

struct mock;

struct fixture {
    struct arena arena;
    const char *name;
    struct world *world;
    const struct node *rules;   /* the rules section, checked; NULL: none */
    const struct node *source;  /* all of it, as it was read; NULL: that is gone */
    struct include_files files; /* that it was read from; none: no file */
    size_t holders;             /* besides the first */
};

struct fixture_load {    /* handed to each dialect's reader */
    struct arena *arena; /* for the reading only */
    struct world *world;
    int64_t start_ms;
    struct error *err;
};

struct fixture_reader {
    const char *section; /* "layers" */
    /* Reads, checks and builds. False when it added problems; the world is then thrown away. */
    bool (*read)(const struct node *section, struct fixture_load *load);
    const struct fields *fields; /* of the section */
};

/* All keys of a fixture, the providers' sections among them: to tell of, not to read by. */
struct fields fixture_fields(struct arena *a);

/* The instant a fixture's time means. */
int64_t fixture_time(const struct fixture_load *load, const struct field_time *t);
/* When a post that does not say so was made: before it was due, and before the clock's start. */
int64_t fixture_post_created(const struct fixture_load *load, int64_t due_ms);

struct fixture *fixture_load(const char *path, struct error *err);
/* The same; `files` lives as long as the fixture or, without one, the error. */
struct fixture *fixture_read(const char *path, struct include_files *files, struct error *err);
struct fixture *fixture_of_node(const struct node *node, const char *name, struct error *err);
struct fixture *fixture_sample(void);            /* the built-in sample world */
struct fixture *fixture_hold(struct fixture *f); /* NULL is fine */
void fixture_free(struct fixture *f);            /* the last holder's is the end of it */
