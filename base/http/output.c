#include "base/http/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/time.h"

#define SLICES_A_SECOND 20 /* parts per second of a throttled body */

/* --- writing ------------------------------------------------------------------------------------ */

static void taken(struct output *o, size_t n)
{
    size_t of_head = n < o->head.n ? n : o->head.n;
    o->head = str_skip(o->head, of_head);
    n -= of_head;
    o->body_sent += (int64_t)n;
    if (o->file)
        o->file_at += (int64_t)n;
    else
        o->body = str_skip(o->body, n);
}

size_t output_left(const struct output *o)
{
    return o->head.n + (o->file ? (size_t)(o->file_size - o->file_at) : o->body.n);
}

/* The next bytes of the body: at most `max`. False: the file cannot be read. */
static bool next_bytes(const struct output *o, char *block, size_t max, struct str *out)
{
    if (!o->file) {
        *out = str_head(o->body, max);
        return true;
    }
    size_t left = (size_t)(o->file_size - o->file_at), want = max < OUTPUT_BLOCK ? max : OUTPUT_BLOCK;
    ssize_t n = pread(o->file, block, left < want ? left : want, o->file_at);
    *out = str_of(block, n > 0 ? (size_t)n : 0);
    return n > 0 || !left;
}

/* How many bytes of the body may be sent now; 0: none before *until_us. */
static size_t allowed(struct output *o, int64_t *until_us)
{
    if (!o->bytes_per_second)
        return SIZE_MAX;
    int64_t now = time_monotonic_us();
    if (!o->first_byte_us)
        o->first_byte_us = now;
    int64_t due = o->first_byte_us + (int64_t)((double)o->body_sent * 1e6 / (double)o->bytes_per_second);
    *until_us = due;
    return due > now ? 0 : (size_t)o->bytes_per_second / SLICES_A_SECOND + 1;
}

/* Over TLS a small head and body go into one record. */
static ssize_t write_both(const struct output *o, struct transport *to, struct str body, char *block)
{
    if (to->ssl && o->head.n && body.n && !o->file && o->head.n + body.n <= OUTPUT_BLOCK) {
        memcpy(block, o->head.s, o->head.n);
        memcpy(block + o->head.n, body.s, body.n);
        return transport_write(to, STR(""), str_of(block, o->head.n + body.n));
    }
    return transport_write(to, o->head, to->ssl && o->head.n ? STR("") : body);
}

enum output_result output_write(struct output *o, struct transport *to, char *block, int64_t *until_us, bool *progress)
{
    *progress = false;
    for (size_t turn = 0; output_left(o); turn++) {
        struct str body;
        size_t max = allowed(o, until_us);
        if (!max && !o->head.n)
            return OUTPUT_PAUSED;
        if (turn == OUTPUT_BLOCKS_A_TURN)
            return OUTPUT_MORE;
        if (!next_bytes(o, block, max, &body))
            return OUTPUT_FAILED;
        ssize_t n = write_both(o, to, body, block);
        if (n == TRANSPORT_WAIT)
            return OUTPUT_FULL;
        if (n <= 0)
            return OUTPUT_FAILED;
        *progress = true;
        taken(o, (size_t)n);
    }
    return OUTPUT_DONE;
}

/* --- keeping ------------------------------------------------------------------------------------ */

static int open_nameless(void)
{
    const char *folder = getenv("TMPDIR");
    struct arena a = {0};
    char *path = arena_printf(&a, "%s/mockserver-XXXXXX", folder && *folder ? folder : "/tmp");
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        (void)unlink(path);
    arena_end(&a);
    return fd;
}

static bool write_all(int fd, struct str bytes)
{
    while (bytes.n) {
        ssize_t n = write(fd, bytes.s, bytes.n);
        if (n < 0 && errno != EINTR)
            return false;
        bytes = str_skip(bytes, n > 0 ? (size_t)n : 0);
    }
    return true;
}

static bool keep_in_file(struct output *o, struct output_totals *all, const char **why)
{
    int64_t size = (int64_t)output_left(o);
    if (all->disk + size > all->disk_max) {
        *why = "too many bytes of responses wait in temporary files";
        return false;
    }
    int fd = open_nameless();
    if (fd < 0 || !write_all(fd, o->head) || !write_all(fd, o->body)) {
        *why = strerror(errno);
        if (fd >= 0)
            (void)close(fd);
        return false;
    }
    o->head = o->body = STR("");
    o->file = fd;
    o->file_size = size;
    all->disk += size;
    return true;
}

static void keep_on_heap(struct output *o, struct output_totals *all)
{
    o->kept_size = output_left(o);
    o->kept = heap_grow(NULL, o->kept_size);
    memcpy(o->kept, o->head.s, o->head.n);
    memcpy(o->kept + o->head.n, o->body.s, o->body.n);
    o->head = STR("");
    o->body = str_of(o->kept, o->kept_size);
    all->heap += o->kept_size;
}

bool output_keep(struct output *o, struct output_totals *all, const char **why)
{
    size_t left = output_left(o);
    if (left > OUTPUT_KEPT_MAX || all->heap + left > all->heap_max)
        return keep_in_file(o, all, why);
    keep_on_heap(o, all);
    return true;
}

void output_end(struct output *o, struct output_totals *all)
{
    if (o->kept)
        all->heap -= o->kept_size;
    heap_free(o->kept);
    if (o->file) {
        all->disk -= o->file_size;
        (void)close(o->file);
    }
    *o = (struct output){0};
}
