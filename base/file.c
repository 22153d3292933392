#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

static const char *why_not_read(mode_t mode)
{
    if (S_ISDIR(mode))
        return "Is a directory";
    if (S_ISFIFO(mode))
        return "Is a pipe; expected a regular file";
    return S_ISSOCK(mode) ? "Is a socket; expected a regular file" : "Is a device; expected a regular file";
}

static const char *why_not_opened(const char *path, int why)
{
    struct stat is;
    if (why == ENXIO && stat(path, &is) == 0)
        return why_not_read(is.st_mode);
    if (why == ENOENT && strcmp(path, "-") == 0)
        return "No such file; standard input is not read";
    return strerror(why);
}

/* O_NONBLOCK: opening a pipe would wait for its writer. A socket cannot be opened at all. */
int file_open(const char *path, const char **why)
{
    struct stat is;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        *why = why_not_opened(path, errno);
    else if (fstat(fd, &is) != 0)
        *why = strerror(errno);
    else
        *why = S_ISREG(is.st_mode) ? NULL : why_not_read(is.st_mode);
    if (*why && fd >= 0)
        (void)close(fd);
    return *why ? -1 : fd;
}

const char *file_why_unreadable(const char *path)
{
    const char *why;
    int fd = file_open(path, &why);
    if (fd >= 0)
        (void)close(fd);
    return why;
}

/* Returns false with errno set. The content may be longer than max_bytes. */
static bool read_all(int fd, size_t max_bytes, char **text, size_t *n)
{
    size_t room = 0;
    ssize_t got;
    do {
        if (*n == room)
            *text = heap_grow(*text, room = room ? 2 * room : 64u << 10);
        got = read(fd, *text + *n, room - *n);
        if (got > 0)
            *n += (size_t)got;
    } while ((got > 0 && *n <= max_bytes) || (got < 0 && errno == EINTR));
    return got >= 0;
}

char *file_read(const char *path, size_t max_bytes, size_t *n, const char **why)
{
    char *text = NULL;
    *n = 0;
    int fd = file_open(path, why);
    if (fd < 0)
        return NULL;
    if (!read_all(fd, max_bytes, &text, n)) {
        *why = strerror(errno);
        heap_free(text);
        text = NULL;
    }
    (void)close(fd);
    return text;
}

const char *file_why(int why)
{
    return why == ENXIO ? "no program reads this pipe" : strerror(why);
}

/* O_NONBLOCK is for the opening only: writes wait for the reader. */
int file_open_to_write(const char *path, int flags, unsigned mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags, mode);
    int status = fd < 0 ? -1 : fcntl(fd, F_GETFL);
    if (status >= 0)
        (void)fcntl(fd, F_SETFL, status & ~O_NONBLOCK);
    return fd;
}

static bool fail(const char *path, int why, struct error *err)
{
    return error_add(err, ERROR_SYSTEM, (struct where){0}, "cannot write %s: %s", path, file_why(why));
}

/* Returns the name of the temporary file, or NULL if `path` is written directly. */
static const char *partial_of(struct arena *a, const char *path)
{
    struct stat there;
    bool in_place = stat(path, &there) == 0 && !S_ISREG(there.st_mode);
    return in_place ? NULL : arena_printf(a, "%s.%ld.partial", path, (long)getpid());
}

static int open_to_write(const char *path, const char *partial)
{
    return partial ? file_open_to_write(partial, O_EXCL, 0666) : file_open_to_write(path, 0, 0666);
}

bool file_can_write(const char *path, struct error *err)
{
    struct arena a = {0};
    const char *partial = partial_of(&a, path);
    int fd = open_to_write(path, partial);
    int why = errno;
    if (fd >= 0 && partial)
        (void)unlink(partial);
    if (fd >= 0)
        (void)close(fd);
    arena_end(&a);
    return fd >= 0 || fail(path, why, err);
}

/* Returns 0 or errno. */
static int write_all(int fd, struct str text)
{
    while (text.n) {
        ssize_t n = write(fd, text.s, text.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : EIO;
        text = str_skip(text, (size_t)n);
    }
    return 0;
}

/* A full disk may be reported only by close. */
static int write_and_close(int fd, struct str text)
{
    int why = write_all(fd, text);
    if (close(fd) != 0 && !why)
        why = errno;
    return why;
}

bool file_write(const char *path, struct str text, struct error *err)
{
    struct arena a = {0};
    const char *partial = partial_of(&a, path);
    int fd = open_to_write(path, partial);
    int why = fd < 0 ? errno : write_and_close(fd, text);
    if (!why && partial && rename(partial, path) != 0)
        why = errno;
    if (why && fd >= 0 && partial)
        (void)unlink(partial);
    arena_end(&a);
    return !why || fail(path, why, err);
}

/* open returns the lowest free descriptor, so this fills the closed ones. */
void file_open_streams(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
    (void)signal(SIGXFSZ, SIG_IGN);
}
