/* report.h - the reports of a run: a table of formats, and the one place where bytes leave.
 *
 * Shapes:  struct writer: where text goes, with every secret scrubbed by value (and in its base64,
 *          base64url, percent- and JSON-escaped forms) on the way out. A format is {name, write}.
 * Errors:  a file that cannot be written; a secret found in what was written (a last check reads it
 *          again).
 */
#pragma once
#include "base/error.h"
#include "conformance/result.h"

struct secret {
    const char *name, *value; /* shown as $NAME */
    size_t next;              /* of those that begin with the same byte: its index + 1 */
};

struct secrets {
    struct arena *arena;
    struct secret *items; /* every value in its forms */
    size_t count, room;
    size_t first[256]; /* by the byte they begin with: the newest's index + 1; 0: none */
};

void secrets_add(struct secrets *s, const char *name,
                 const char *value); /* also its encoded forms; short values are left */

struct writer;

struct writer *writer_open(const struct secrets *secrets, const char *path,
                           struct error *err);                     /* "-": stdout */
struct writer *writer_to(const struct secrets *secrets, FILE *to); /* not closed with it */
void write_text(struct writer *w, const char *text);
void write_str(struct writer *w, struct str text);
void write_line(struct writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void writer_flush(struct writer *w); /* what is safe to show goes out now: for progress, events */
/* false: a write failed (ERROR_SYSTEM), or a secret would have leaked (ERROR_LEAK). A file appears
 * under its name only now, and only if all is well. */
bool writer_close(struct writer *w, struct error *err);
const struct secrets *writer_secrets(const struct writer *w);
const char *scrub(struct arena *a, const struct secrets *secrets, struct str text);

struct report_format {
    const char *name, *help;
    void (*write)(const struct run *r, struct writer *w); /* when the run is over */
    /* Both NULL, or told as it happens: then instead of `write`. The events' ctx goes to `end`. */
    struct run_events (*stream)(struct arena *a, struct writer *w);
    void (*end)(void *ctx, const struct run *r);
};
extern const struct report_format report_formats[];
extern const size_t report_format_count;

const struct report_format *report_format_named(const char *name);
const char *report_format_names(struct arena *a); /* "console, json, ..." */

/* The console: progress while it runs, then the verdict. */
struct console;
struct console *console_new(struct arena *a, struct writer *out, bool colour, bool progress,
                            int width);
struct run_events console_events(struct console *c);
void console_summary(struct console *c, const struct run *r);

/* One event a line, as it happens; what comes of the run is told by ndjson_end. */
struct ndjson;
struct ndjson *ndjson_new(struct arena *a, struct writer *out);
struct run_events ndjson_events(struct ndjson *n);
void ndjson_end(struct ndjson *n, const struct run *r);

/* A failed check as a failure card: claim, place, expected, actual, the request as a curl line.
 * Shared by console and others. */
void failure_card_write(struct writer *w, const struct run *r, const struct scenario_result *s,
                        const struct check *c, bool colour);
