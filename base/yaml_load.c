#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/yaml.h"

/* Reads the file, or slightly more than YAML_MAX_BYTES, which yaml_parse then rejects. */
static bool read_all(int fd, char **text, size_t *n)
{
    size_t room = 0;
    ssize_t got;
    do {
        if (*n == room)
            *text = heap_grow(*text, room = room ? 2 * room : 64u << 10);
        got = read(fd, *text + *n, room - *n);
        if (got > 0)
            *n += (size_t)got;
    } while ((got > 0 && *n <= YAML_MAX_BYTES) || (got < 0 && errno == EINTR));
    return got >= 0;
}

const struct node *yaml_load_hashed(struct arena *a, const char *path, uint64_t *hash, struct error *err)
{
    const struct node *root = NULL;
    char *text = NULL;
    size_t n = 0;
    *hash = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && read_all(fd, &text, &n)) {
        *hash = str_hash(str_of(text, n));
        root = yaml_parse(a, str_of(text, n), path, err);
    } else {
        error_add(err, ERROR_SYSTEM, (struct where){.file = path}, "%s", strerror(errno));
    }
    if (fd >= 0)
        (void)close(fd);
    heap_free(text);
    return root;
}

const struct node *yaml_load(struct arena *a, const char *path, struct error *err)
{
    uint64_t hash;
    return yaml_load_hashed(a, path, &hash, err);
}
