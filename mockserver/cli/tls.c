#include "mockserver/cli/tls.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/url.h"

#define PREFIX    "mockserver-"
#define PATTERN   "XXXXXX"
#define SUFFIX    ".pem"
#define MODE      0644 /* of a file that is complete, and was therefore locked by its mock */
#define FILE_MAX  65536
#define NAMES_MAX 5

struct names {
    const char *items[NAMES_MAX];
    size_t count;
};

static void add_name(struct names *n, const char *name)
{
    for (size_t i = 0; i < n->count; i++)
        if (!strcmp(n->items[i], name))
            return;
    n->items[n->count++] = name;
}

static const char *without_brackets(struct arena *a, const char *host)
{
    struct str h = str_from(host);
    return str_starts(h, STR("[")) ? str_dup(a, str_of(h.s + 1, h.n - 2)) : host;
}

static void generate(const struct options *o, struct certificate *out)
{
    struct names n = {0};
    add_name(&n, "localhost");
    add_name(&n, "127.0.0.1");
    add_name(&n, "::1");
    if (!options_any_address(o->listen))
        add_name(&n, o->listen);
    struct url url;
    if (o->public_url && url_parse(o->arena, o->public_url, &url, NULL))
        add_name(&n, without_brackets(o->arena, url.host));
    certificate_make(o->arena, n.items, n.count, out);
}

static const char *folder_of_files(void)
{
    const char *folder = getenv("TMPDIR");
    return folder && *folder ? folder : "/tmp";
}

/* --- files of mocks that were killed --- */

static bool has_form(struct str name)
{
    return name.n == strlen(PREFIX PATTERN SUFFIX) && str_starts(name, STR(PREFIX)) && str_ends(name, STR(SUFFIX));
}

static bool has_generated(int fd)
{
    char text[FILE_MAX];
    ssize_t n = read(fd, text, sizeof text);
    return n > 0 && certificate_is_made(str_of(text, (size_t)n));
}

/* True if this user's mock wrote the file, and no mock has it now. */
static bool is_left_over(int fd)
{
    struct stat is;
    return fstat(fd, &is) == 0 && S_ISREG(is.st_mode) && is.st_uid == geteuid() && (is.st_mode & 0777) == MODE &&
           flock(fd, LOCK_EX | LOCK_NB) == 0 && has_generated(fd);
}

static void remove_left_over(const char *folder)
{
    DIR *d = opendir(folder);
    for (const struct dirent *e; d && (e = readdir(d));) {
        int fd = has_form(str_from(e->d_name))
                     ? openat(dirfd(d), e->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
                     : -1;
        if (fd >= 0 && is_left_over(fd))
            (void)unlinkat(dirfd(d), e->d_name, 0);
        if (fd >= 0)
            (void)close(fd);
    }
    if (d)
        (void)closedir(d);
}

/* --- the file of this mock --- */

static bool write_all(int fd, const char *text)
{
    for (size_t left = strlen(text); left;) {
        ssize_t n = write(fd, text, left);
        if (n < 0 && errno != EINTR)
            return false;
        text += n > 0 ? n : 0;
        left -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

static bool write_file(const struct options *o, struct tls *t, struct error *err)
{
    const char *folder = folder_of_files();
    char *path = arena_printf(o->arena, "%s/" PREFIX PATTERN SUFFIX, folder);
    remove_left_over(folder);
    int fd = mkstemps(path, sizeof SUFFIX - 1);
    if (fd >= 0) {
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
        t->file = path;
        t->locked = fd;
    }
    return (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && write_all(fd, t->certificate.chain) &&
            fchmod(fd, MODE) == 0) ||
           error_add(err, ERROR_SYSTEM, (struct where){.file = path}, "cannot write the certificate: %s",
                     strerror(errno));
}

bool tls_begin(const struct options *o, struct tls *t, struct error *err)
{
    *t = (struct tls){.on = o->tls || o->tls_cert};
    if (o->tls_cert)
        return certificate_read(o->arena, o->tls_cert, o->tls_key, &t->certificate, err);
    if (!o->tls)
        return true;
    generate(o, &t->certificate);
    return write_file(o, t, err);
}

void tls_end(struct tls *t)
{
    if (t->file) {
        (void)unlink(t->file);
        (void)close(t->locked);
    }
    t->file = NULL;
}
