/* report_rig.h - hand-made runs for the tests of the reports.
 *
 * Shapes:  a run that passes, and a run that fails and has one of each case: failures that share a
 *          response, a hostile response, secrets, blocked and undecided checks, a resource that
 *          could not be cleaned up. Reports are written to memory.
 * Errors:  none.
 */
#pragma once
#include "conformance/report/report.h"

#define RIG_KEY   "lp_live_4Jq8Zr2Xw7"
#define RIG_STATE "st_9vB3kLm5Tq"

struct run *rig_green(struct arena *a);
struct run *rig_red(struct arena *a);
struct run *rig_empty(struct arena *a); /* no scenario was selected */

struct rig { /* state of one test */
    struct arena arena;
    struct secrets secrets;
};

int rig_begin(void **state);
int rig_end(void **state);

/* A writer to memory, and the text that it wrote. */
struct memory {
    FILE *file;
    char *text;
    size_t n;
};

struct writer *memory_open(struct memory *m, const struct secrets *secrets);
struct str memory_end(struct memory *m, struct writer *w, struct arena *a);

struct str rig_report(struct rig *g, const char *format, const struct run *r);
struct str rig_summary(struct rig *g, const struct run *r, bool colour, int width);
