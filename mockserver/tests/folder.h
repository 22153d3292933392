/* folder.h - a temporary folder of fixtures that a test writes and changes.
 *
 * Errors:  none; a failed write fails the test.
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"

struct folder {
    struct arena arena;
    char path[32];
};

static inline void folder_begin(struct folder *f)
{
    *f = (struct folder){.path = "/tmp/fixtures.XXXXXX"};
    assert_non_null(mkdtemp(f->path));
}

static inline void folder_end(struct folder *f)
{
    assert_int_equal(system(arena_printf(&f->arena, "rm -r %s", f->path)), 0);
    arena_end(&f->arena);
}

static inline const char *folder_file(struct folder *f, const char *name)
{
    return arena_printf(&f->arena, "%s/%s", f->path, name);
}

/* Writes a new file and renames it over the old one, as editors do. */
static inline void folder_put(struct folder *f, const char *name, const char *text)
{
    const char *path = folder_file(f, name), *fresh = folder_file(f, ".fresh");
    FILE *file = fopen(fresh, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename(fresh, path), 0);
}
