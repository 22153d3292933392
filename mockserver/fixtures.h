/* fixtures.h - the fixtures that a mock is started with, and a report on their files.
 *
 * Shapes:  as many as there are paths, in their order. The report is for another process to read:
 *          YAML that is none leaks its parser, so whoever looks at a file a second time does so in
 *          a child. It has all that a fixture is made from, so that what was checked is what is
 *          taken.
 * Errors:  what is wrong with any of them, all at once, and two that make worlds of one name.
 */
#pragma once
#include "base/buf.h"
#include "mockserver/fixture.h"

/* Fills `into`, or nothing of it: false. */
bool fixtures_load(const char *const *paths, size_t count, struct fixture **into,
                   struct error *err);

struct fixture_report {
    struct include_files files;
    const char *name;
    const struct node *source; /* with what it includes */
};

void fixtures_report(const char *const *paths, size_t count, struct buf *out);
/* What is wrong with the files goes into `err`: false. The files are known all the same. */
bool fixtures_read_report(struct arena *a, struct str report, size_t count,
                          struct fixture_report *into, struct error *err);
