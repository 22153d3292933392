#include "base/watch.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/time.h"

#define LINKS_MAX 40
#define MASK                                                                                                           \
    (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

/* A name in a watched directory; events of other names are ignored. */
struct place {
    int directory; /* inotify watch descriptor */
    const char *name;
};

struct places {
    struct arena arena;
    struct place *items;
    size_t count, room;
};

struct watch {
    struct loop *loop;
    int fd;
    uint64_t timer; /* 0: no change is pending */
    void (*changed)(void *ctx);
    void *ctx;
    struct arena arena; /* the paths */
    const char **paths;
    size_t path_count;
    struct places places;
};

static bool fail(struct error *err, const char *what)
{
    return error_add(err, ERROR_SYSTEM, (struct where){0}, "cannot watch %s: %s", what, strerror(errno));
}

/* A directory that no longer exists is not an error: its parent is watched for its name. */
static bool watch_name(struct watch *w, const char *directory, struct str name, struct error *err)
{
    int number = inotify_add_watch(w->fd, directory, MASK);
    if (number < 0)
        return errno == ENOENT || errno == ENOTDIR || fail(err, directory);
    *arena_push(&w->places.arena, &w->places, struct place) = (struct place){number, str_dup(&w->places.arena, name)};
    return true;
}

/* Watches the names whose change may change what the path refers to: the file, each symbolic link on the path, and the
 * first missing component. */
static bool watch_path(struct watch *w, const char *path, struct error *err)
{
    struct arena a = {0};
    struct str rest = str_from(path);
    const char *at = str_starts(rest, STR("/")) ? "/" : ".";
    bool ok = true;
    for (int links = 0; rest.n && ok;) {
        struct str name = str_cut(&rest, '/');
        char target[PATH_MAX];
        if (!name.n)
            continue;
        const char *below = arena_printf(&a, "%s/" STR_FMT, at, STR_ARG(name));
        ssize_t n = readlink(below, target, sizeof target);
        bool missing = n < 0 && errno == ENOENT;
        if (n >= 0 || missing || !rest.n)
            ok = watch_name(w, at, name, err);
        if (missing || ++links > LINKS_MAX)
            break;
        at = n < 0 ? below : target[0] == '/' ? "/" : at;
        if (n >= 0)
            rest = str_from(arena_printf(&a, "%.*s/" STR_FMT, (int)n, target, STR_ARG(rest)));
    }
    arena_end(&a);
    return ok;
}

static bool has_directory(const struct places *p, int directory)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->items[i].directory == directory)
            return true;
    return false;
}

/* Replaces the watches without a gap for directories that stay watched. */
static bool update_watches(struct watch *w, struct error *err)
{
    struct places old = w->places;
    bool ok = true;
    w->places = (struct places){0};
    for (size_t i = 0; i < w->path_count; i++)
        ok = watch_path(w, w->paths[i], err) && ok;
    for (size_t i = 0; i < old.count; i++)
        if (!has_directory(&w->places, old.items[i].directory))
            inotify_rm_watch(w->fd, old.items[i].directory);
    arena_end(&old.arena);
    return ok;
}

static void notify(void *ctx)
{
    struct watch *w = ctx;
    w->timer = 0;
    update_watches(w, NULL); /* a link or a directory may have changed */
    w->changed(w->ctx);
}

static bool is_relevant(const struct watch *w, const struct inotify_event *e)
{
    if (e->mask & (IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF))
        return true;
    for (size_t i = 0; i < w->places.count && e->len; i++)
        if (w->places.items[i].directory == e->wd && !strcmp(w->places.items[i].name, e->name))
            return true;
    return false;
}

static void read_events(void *ctx, int fd, int events)
{
    struct watch *w = ctx;
    _Alignas(struct inotify_event) char bytes[4096];
    bool any = false;
    (void)events;
    for (ssize_t n; (n = read(fd, bytes, sizeof bytes)) > 0;)
        for (const char *at = bytes; at < bytes + n;) {
            const struct inotify_event *e = (const void *)at;
            any = any || is_relevant(w, e);
            at += sizeof *e + e->len;
        }
    if (!any)
        return;
    loop_timer_cancel(w->loop, w->timer);
    w->timer = loop_timer(w->loop, time_monotonic_us() + WATCH_QUIET_US, notify, w);
}

struct watch *watch_new(struct loop *l, void (*changed)(void *ctx), void *ctx, struct error *err)
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0) {
        fail(err, "files");
        return NULL;
    }
    struct watch *w = heap_new(sizeof *w);
    *w = (struct watch){.loop = l, .fd = fd, .changed = changed, .ctx = ctx};
    loop_watch(l, fd, LOOP_READ, read_events, w);
    return w;
}

bool watch_files(struct watch *w, const char *const *paths, size_t count, struct error *err)
{
    arena_end(&w->arena);
    w->paths = arena_array(&w->arena, const char *, count ? count : 1);
    for (size_t i = 0; i < count; i++)
        w->paths[i] = arena_text(&w->arena, paths[i]);
    w->path_count = count;
    return update_watches(w, err);
}

void watch_free(struct watch *w)
{
    if (!w)
        return;
    loop_timer_cancel(w->loop, w->timer);
    loop_unwatch(w->loop, w->fd);
    close(w->fd);
    arena_end(&w->places.arena);
    arena_end(&w->arena);
    heap_free(w);
}
