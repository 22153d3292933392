/* report.h - START HERE: the reports of a run. A table of formats, and the writer that all text goes through.
 *
 *   result -> json, junit, ndjson, console -> writer (replaces secrets) -> file
 *
 * Shapes:  a format writes a finished run to a writer; ndjson can also write events during the run. A writer replaces
 *          every secret by $NAME. A secret is found as it is, in base64 and base64url (also inside a longer encoded
 *          text), and with any character percent-, JSON- or XML-escaped, also more than once. A secret that was
 *          truncated before a … is found too. If several match, the longest counts.
 * Errors:  a file that cannot be written; a secret in the finished file. writer_close reads the file back to check
 *          this.
 */
#pragma once
#include "base/error.h"
#include "conformance/result/result.h"

/* --- formats: one file each --------------------------------------------------------------- */

struct writer;

struct report_format {
    const char *name;
    void (*write)(const struct run *r, struct writer *w); /* called after the run */
    /* Both NULL, or used during a run instead of `write`. `end` gets the ctx of the events. */
    struct run_events (*stream)(struct arena *a, struct writer *w);
    void (*end)(void *ctx, const struct run *r);
};
extern const struct report_format report_formats[];
extern const size_t report_format_count;

const struct report_format *report_format_named(const char *name);
const char *report_format_names(struct arena *a); /* "console, json, ..." */

/* The console: progress on stderr during the run, then the summary. */
struct console;
struct console *console_new(struct arena *a, struct writer *out, bool colour, bool progress, int width);
struct run_events console_events(struct console *c);
void console_summary(struct console *c, const struct run *r);

void console_write(const struct run *r, struct writer *w);
void json_write(const struct run *r, struct writer *w);
void junit_write(const struct run *r, struct writer *w);
void ndjson_write(const struct run *r, struct writer *w);

struct run_events ndjson_stream(struct arena *a, struct writer *w);
void ndjson_stream_end(void *ndjson, const struct run *r);

/* --- writer ------------------------------------------------------------------------------- */

struct secrets;

/* The path "-" is stdout. Returns NULL, and an error, if the file cannot be created. */
struct writer *writer_open(const struct secrets *secrets, const char *path, struct error *err);
struct writer *writer_to(const struct secrets *secrets, FILE *to); /* writer_close leaves it open */
void write_text(struct writer *w, const char *text);
void write_str(struct writer *w, struct str text);
/* Writes all pending text that cannot be the start of a secret. */
void writer_flush(struct writer *w);
/* Ends the report; the writer must not be used afterwards. Until then a regular file has a temporary name; it gets its
 * own name only if this succeeds. Returns false if a write failed (ERROR_SYSTEM) or the file contains a secret
 * (ERROR_LEAK). err may be NULL. */
bool writer_close(struct writer *w, struct error *err);
const struct secrets *writer_secrets(const struct writer *w);

/* --- secrets ------------------------------------------------------------------------------ */

struct secret {
    const char *name, *value; /* shown as $NAME */
    size_t next;              /* index + 1 of the next secret that starts with the same byte; 0: none */
};

struct secrets {
    struct arena *arena;
    struct secret *items; /* every value, as it is and in base64 */
    size_t count, room;
    size_t first[256]; /* by first byte: index + 1 of the newest secret; 0: none */
};

/* Adds a value and its encoded forms. Ignores NULL and values shorter than SECRET_MIN_BYTES. */
void secrets_add(struct secrets *s, const char *name, const char *value);
/* Returns the text with every secret replaced by $NAME. */
const char *scrub(struct arena *a, const struct secrets *secrets, struct str text);

#define SECRET_MIN_BYTES 8 /* shorter values are ignored: they may be common words */

struct secret_hit {
    size_t at;        /* the text before this position has no secret */
    size_t n;         /* length of the match in the text; 0: no match */
    const char *name; /* name of the secret; NULL: no match */
};

/* Returns the first match. Without a match `at` is the end of the text; or, if more text may follow (complete is
 * false), the position where a secret may have started. */
struct secret_hit secrets_find(const struct secrets *s, struct str text, bool complete);
