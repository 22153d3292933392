#include "conformance/report/report.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/file.h"

/* --- formats ------------------------------------------------------------------------------ */

const struct report_format report_formats[] = {
    {"console", console_write, NULL,          NULL             }, /* the summary as plain text */
    {"json",    json_write,    NULL,          NULL             }, /* one document with all exchanges */
    {"junit",   junit_write,   NULL,          NULL             }, /* JUnit XML, a test case per check */
    {"ndjson",  ndjson_write,  ndjson_stream, ndjson_stream_end}, /* events, a JSON object per line */
};
const size_t report_format_count = COUNT(report_formats);

const struct report_format *report_format_named(const char *name)
{
    for (size_t i = 0; i < report_format_count; i++)
        if (strcmp(report_formats[i].name, name) == 0)
            return &report_formats[i];
    return NULL;
}

const char *report_format_names(struct arena *a)
{
    struct buf names = {.arena = a};
    for (size_t i = 0; i < report_format_count; i++)
        buf_printf(&names, "%s%s", i ? ", " : "", report_formats[i].name);
    return buf_c(&names);
}

/* --- the writer --------------------------------------------------------------------------- */

struct writer {
    const struct secrets *secrets;
    struct arena arena;
    struct buf pending; /* not yet written, because a secret may begin in it; after `written` bytes that are */
    size_t written;     /* they decide whether a word begins after them */
    FILE *to;
    bool owned;          /* closed with the writer */
    const char *path;    /* NULL: not opened by path */
    const char *partial; /* temporary name until it is complete; NULL: written in place */
    int failed;          /* errno of the first write that failed */
};

/* --- opening ------------------------------------------------------------------------------ */

/* Removes the temporary file of a report that was never closed. */
static void release_writer(void *writer)
{
    struct writer *w = writer;
    if (w->owned && w->to)
        (void)fclose(w->to);
    if (w->partial)
        (void)unlink(w->partial);
    w->to = NULL;
    w->partial = NULL;
    arena_end(&w->arena);
}

static struct writer *new_writer(const struct secrets *secrets)
{
    struct writer *w = arena_new(secrets->arena, struct writer);
    w->secrets = secrets;
    w->pending.arena = &w->arena;
    return arena_own(secrets->arena, w, release_writer);
}

struct writer *writer_to(const struct secrets *secrets, FILE *to)
{
    struct writer *w = new_writer(secrets);
    w->to = to;
    return w;
}

/* Returns false for a device or a pipe, which must not be replaced by a file. */
static bool is_replaceable(const char *path)
{
    struct stat info;
    return stat(path, &info) != 0 || S_ISREG(info.st_mode);
}

struct writer *writer_open(const struct secrets *secrets, const char *path, struct error *err)
{
    if (strcmp(path, "-") == 0)
        return writer_to(secrets, stdout);

    struct writer *w = new_writer(secrets);
    w->path = arena_text(&w->arena, path);
    if (is_replaceable(path))
        w->partial = arena_printf(&w->arena, "%s.%ld.partial", path, (long)getpid());
    int fd = file_open_to_write(w->partial ? w->partial : path, w->partial ? O_EXCL : 0, 0666);
    if (fd >= 0)
        w->to = fdopen(fd, "w");
    if (!w->to) {
        error_add(err, ERROR_SYSTEM, (struct where){0}, "cannot write %s: %s", path, file_why(errno));
        w->partial = NULL; /* this writer did not create it */
        return NULL;
    }
    w->owned = true;
    return w;
}

bool writer_is_live(const struct writer *w)
{
    return !w->partial;
}

const struct secrets *writer_secrets(const struct writer *w)
{
    return w->secrets;
}

/* --- writing ------------------------------------------------------------------------------ */

static void write_out(struct writer *w, struct str text)
{
    if (w->failed || !text.n)
        return;
    errno = 0;
    if (fwrite(text.s, 1, text.n, w->to) != text.n)
        w->failed = errno ? errno : EIO;
}

static void write_pending(struct writer *w, bool complete)
{
    struct str text = buf_str(&w->pending);
    struct secret_hit hit = {.name = ""};
    size_t from = w->written;
    while (from < text.n && hit.name) {
        hit = secrets_find(w->secrets, text, from, complete);
        write_out(w, str_of(text.s + from, hit.at - from));
        if (hit.name) {
            write_out(w, STR("$"));
            write_out(w, str_from(hit.name));
        }
        from = hit.at + hit.n;
    }
    w->written = from < SECRET_CONTEXT_BYTES ? from : SECRET_CONTEXT_BYTES;
    struct str kept = str_skip(text, from - w->written);
    if (kept.n)
        memmove(w->pending.data, kept.s, kept.n);
    w->pending.n = kept.n;
}

void write_str(struct writer *w, struct str text)
{
    buf_add(&w->pending, text);
    write_pending(w, false);
}

void write_text(struct writer *w, const char *text)
{
    write_str(w, str_from(text));
}

void writer_flush(struct writer *w)
{
    errno = 0;
    if (!w->failed && fflush(w->to) != 0)
        w->failed = errno ? errno : EIO;
}

/* --- closing ------------------------------------------------------------------------------ */

static void read_all(struct buf *text, FILE *from)
{
    size_t n;
    do {
        n = fread(buf_reserve(text, 65536), 1, 65536, from);
        text->n += n;
    } while (n);
}

static bool read_back(struct writer *w, struct buf *text, struct error *err)
{
    FILE *from = fopen(w->partial, "re");
    if (from)
        read_all(text, from);
    bool whole = from && !ferror(from);
    if (from)
        (void)fclose(from);
    return whole || error_add(err, ERROR_SYSTEM, (struct where){0}, "cannot read %s back", w->path);
}

static bool write_again(struct writer *w, struct str text, struct error *err)
{
    errno = 0;
    FILE *to = fopen(w->partial, "we");
    bool whole = to && fwrite(text.s, 1, text.n, to) == text.n;
    whole = to && fclose(to) == 0 && whole;
    return whole || error_add(err, ERROR_SYSTEM, (struct where){0}, "cannot write %s: %s", w->path,
                              strerror(errno ? errno : EIO));
}

/* A value may have become a secret after it was written: writes the file once more. */
static bool remove_late_secrets(struct writer *w, struct error *err)
{
    struct buf text = {.arena = &w->arena};
    if (!read_back(w, &text, err))
        return false;
    if (!secrets_find(w->secrets, buf_str(&text), 0, true).name)
        return true;
    struct str clean = str_from(scrub(&w->arena, w->secrets, buf_str(&text)));
    struct secret_hit left = secrets_find(w->secrets, clean, 0, true);
    if (left.name) /* impossible, unless the name of a secret contains a secret */
        return error_add(err, ERROR_LEAK, (struct where){0}, "%s was not written: it contains the secret $%s", w->path,
                         left.name);
    return write_again(w, clean, err);
}

static bool rename_into_place(struct writer *w, struct error *err)
{
    if (!remove_late_secrets(w, err))
        return false;
    if (rename(w->partial, w->path) != 0)
        return error_add(err, ERROR_SYSTEM, (struct where){0}, "cannot write %s: %s", w->path, strerror(errno));
    w->partial = NULL;
    return true;
}

bool writer_close(struct writer *w, struct error *err)
{
    write_pending(w, true);
    writer_flush(w);
    errno = 0;
    if (w->owned && fclose(w->to) != 0 && !w->failed)
        w->failed = errno ? errno : EIO;
    w->to = NULL;

    bool ok = !w->failed;
    if (!ok)
        error_add(err, ERROR_SYSTEM, (struct where){0}, "cannot write %s: %s", w->path ? w->path : "the report",
                  strerror(w->failed));
    else if (w->partial)
        ok = rename_into_place(w, err);
    release_writer(w);
    return ok;
}
