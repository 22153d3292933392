#include "conformance/scenario/files.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/str.h"

#define FOLDERS_ABOVE_MAX 64

const char *path_join(struct arena *a, const char *folder, const char *name)
{
    if (strcmp(folder, ".") == 0)
        return name;
    bool slash = str_ends(str_from(folder), STR("/"));
    return arena_printf(a, "%s%s%s", folder, slash ? "" : "/", name);
}

static struct str without_slashes(const char *path)
{
    struct str text = str_from(path);
    while (text.n > 1 && text.s[text.n - 1] == '/')
        text.n--;
    return text;
}

static struct str last_part(struct str path)
{
    size_t n = path.n;
    while (n && path.s[n - 1] != '/')
        n--;
    return str_skip(path, n);
}

static bool is_dot_dot(struct str part)
{
    return str_is(part, "..");
}

const char *path_parent(struct arena *a, const char *path)
{
    struct str text = without_slashes(path), last = last_part(text);
    if (str_is(text, "/"))
        return NULL;
    if (str_is(text, "."))
        return "..";
    if (is_dot_dot(last))
        return arena_printf(a, STR_FMT "/..", STR_ARG(text));
    if (last.n == text.n)
        return ".";
    return str_dup(a, without_slashes(str_dup(a, str_head(text, text.n - last.n))));
}

const char *path_stem(struct arena *a, const char *path)
{
    struct str last = last_part(str_from(path));
    return str_dup(a, str_ends(last, STR(".yaml")) ? str_head(last, last.n - 5) : last);
}

static bool has_mode(const char *path, mode_t mode)
{
    struct stat s;
    return stat(path, &s) == 0 && (s.st_mode & S_IFMT) == mode;
}

bool path_is_file(const char *path)
{
    return has_mode(path, S_IFREG);
}

bool path_is_folder(const char *path)
{
    return has_mode(path, S_IFDIR);
}

bool path_is_yaml(const char *path)
{
    return str_ends(str_from(path), STR(".yaml"));
}

bool path_same(const char *x, const char *y)
{
    struct stat s, t;
    return strcmp(x, y) == 0 || (stat(x, &s) == 0 && stat(y, &t) == 0 && s.st_dev == t.st_dev && s.st_ino == t.st_ino);
}

static int compare_names(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

const char *const *folder_names(struct arena *a, const char *folder, size_t *count)
{
    struct {
        const char **items;
        size_t count, room;
    } names = {0};
    DIR *dir = opendir(folder);
    const struct dirent *e;
    while (dir && (e = readdir(dir)))
        if (e->d_name[0] != '.')
            *arena_push(a, &names, const char *) = arena_text(a, e->d_name);
    if (dir)
        (void)closedir(dir);
    if (names.count)
        qsort(names.items, names.count, sizeof *names.items, compare_names);
    *count = names.count;
    return names.items;
}

const char *folder_of_claims(struct arena *a, const char *file)
{
    const char *folder = path_parent(a, file);
    for (int i = 0; folder && i < FOLDERS_ABOVE_MAX; i++) {
        if (path_is_file(path_join(a, folder, "claims.yaml")))
            return folder;
        folder = path_parent(a, folder);
    }
    return NULL;
}
