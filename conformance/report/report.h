/* report.h - START HERE: the reports of a run. A table of formats, and the writer that all text goes through.
 *
 *   result -> json, junit, ndjson, console -> writer (replaces secrets) -> file
 *
 * Shapes:  a format writes a finished run to a writer; ndjson can also write events during the run. A writer replaces
 *          every secret by $NAME. A secret is found as it is, in hex, in base64 and base64url (also inside a longer
 *          encoded text), and with any character percent-, JSON- or XML-escaped, also more than once. A long random
 *          value is found within a longer word too; any other value only as a whole word: no letter, digit, _ or -
 *          is before or after it. A secret that was truncated before a … is found too. If several match, the longest
 *          counts. A value that is reversed, split, hashed or encrypted is not found.
 * Late secrets: a response may show that an earlier value is a secret. A regular file is read again when it is
 *          complete, and such values are replaced before it gets its name. What has left through a pipe cannot be
 *          changed, so ndjson keeps back every text that a response can still make a secret, until the run has ended.
 * Errors:  a file that cannot be written; a file from which a secret cannot be removed.
 */
#pragma once
#include "base/error.h"
#include "conformance/result/result.h"

/* --- formats: one file each --------------------------------------------------------------- */

struct writer;

struct report_format {
    const char *name;
    void (*write)(const struct run *r, struct writer *w); /* called after the run */
    /* Both NULL, or used during a run instead of `write` if the writer is live. `end` gets the ctx of the events. */
    struct run_events (*stream)(struct arena *a, struct writer *w);
    void (*end)(void *ctx, const struct run *r);
};
extern const struct report_format report_formats[];
extern const size_t report_format_count;

const struct report_format *report_format_named(const char *name);
const char *report_format_names(struct arena *a); /* "console, json, ..." */

/* The console: progress on stderr during the run, then the summary. */
struct console;
enum progress {
    PROGRESS_NONE,
    PROGRESS_LINES,  /* a line for each notice of what the run waits for */
    PROGRESS_SCREEN, /* a terminal: one line that changes */
};
struct console *console_new(struct arena *a, struct writer *out, bool colour, enum progress progress, int width);
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
 * own name only if this succeeds. Returns false if a write failed (ERROR_SYSTEM) or a secret cannot be removed from the
 * file (ERROR_LEAK). err may be NULL. */
bool writer_close(struct writer *w, struct error *err);
bool writer_is_live(const struct writer *w); /* what it writes is read at once: no regular file */
const struct secrets *writer_secrets(const struct writer *w);

/* --- secrets ------------------------------------------------------------------------------ */

struct secret {               /* one form of a value: as it is, in base64, in hex */
    const char *name, *value; /* shown as $NAME */
    size_t lead;              /* bytes at the start of the value that are shown as they are */
    bool anywhere;            /* found within a word too; false: only as a whole word */
};

struct secret_node;

struct secrets {
    struct arena *arena;
    struct secret *items;
    size_t count, room;
    struct {
        struct secret_node *items;
        size_t count, room;
    } tree;
    size_t first[256]; /* by first byte: the node of the tree; 0: none */
};

/* Adds a value and its encoded forms. Ignores NULL and values shorter than SECRET_MIN_BYTES. */
void secrets_add(struct secrets *s, const char *name, const char *value);
/* Adds a value of any length that is a secret only directly after the text `before`, which is shown. */
void secrets_add_after(struct secrets *s, const char *name, const char *before, const char *value);
/* Returns the text with every secret replaced by $NAME. */
const char *scrub(struct arena *a, const struct secrets *secrets, struct str text);
/* Like scrub, but may end the result when it has at least `size` bytes: for a text of which only the start is shown. */
const char *scrub_start(struct arena *a, const struct secrets *secrets, struct str text, size_t size);

#define SECRET_MIN_BYTES 8 /* shorter values are ignored: they may be common words */

struct secret_hit {
    size_t at;        /* the text before this position has no secret */
    size_t n;         /* length of the match in the text; 0: no match */
    const char *name; /* name of the secret; NULL: no match */
};

/* Returns the first match from position `from` on; the text before it decides whether a word begins there. Without a
 * match `at` is the end of the text; or, if more text may follow (complete is false), the position where a secret may
 * have started. */
struct secret_hit secrets_find(const struct secrets *s, struct str text, size_t from, bool complete);
#define SECRET_CONTEXT_BYTES 24 /* of the text before a position that decide whether a word begins there */
