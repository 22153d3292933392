/* fuzz.h - what the fuzz targets share.
 *
 * Shapes:  an input of several parts has a line ==== between two of them. A target that reads files has a folder of its
 *          own, which is removed when the program ends.
 * Errors:  fuzz_assert prints the condition and aborts, also in a release build.
 */
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/node.h"
#include "base/str.h"
#include "base/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define fuzz_assert(condition) ((condition) ? (void)0 : fuzz_failed(__FILE__, __LINE__, #condition))

static inline void fuzz_failed(const char *file, int line, const char *condition)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
    abort();
}

static inline struct str fuzz_text(const uint8_t *data, size_t size)
{
    return size ? str_of((const char *)data, size) : STR("");
}

/* Returns the text before the next line ====, and moves *rest after it. */
static inline struct str fuzz_part(struct str *rest)
{
    struct str all = *rest;
    while (rest->n) {
        size_t at = all.n - rest->n;
        if (str_is(str_cut(rest, '\n'), "===="))
            return str_head(all, at);
    }
    return all;
}

/* An error was added exactly if the call failed, and each has its place: the file, and in an input the line and the
 * column. */
static inline void fuzz_assert_errors(bool good, struct error *err)
{
    fuzz_assert(good == !error_any(err));
    for (const struct problem *p = err->first; p; p = p->next) {
        bool placed = p->at.file && (p->kind != ERROR_INPUT || (p->at.line > 0 && p->at.column > 0));
        if (!placed)
            fprintf(stderr, "an error without a place: %s\n", p->text);
        fuzz_assert(placed);
        fuzz_assert(p->text && *p->text);
    }
}

/* --- folder ------------------------------------------------------------------------------- */

static char fuzz_folder_path[] = "/tmp/fuzz.XXXXXX";

static inline void fuzz_folder_end(void)
{
    char command[64];
    (void)snprintf(command, sizeof command, "rm -r %s", fuzz_folder_path);
    fuzz_assert(system(command) == 0);
}

/* Returns the path of the folder; creates it first. */
static inline const char *fuzz_folder(void)
{
    static bool is_made;
    if (!is_made) {
        fuzz_assert(mkdtemp(fuzz_folder_path) != NULL);
        fuzz_assert(atexit(fuzz_folder_end) == 0);
        is_made = true;
    }
    return fuzz_folder_path;
}

/* Writes a file of the folder and returns its path. */
static inline const char *fuzz_file(struct arena *a, const char *name, struct str text)
{
    const char *path = arena_printf(a, "%s/%s", fuzz_folder(), name);
    FILE *file = fopen(path, "w");
    fuzz_assert(file);
    fuzz_assert(fwrite(text.n ? text.s : "", 1, text.n, file) == text.n && fclose(file) == 0);
    return path;
}

/* Copies a folder of the project into the folder, once. */
static inline void fuzz_folder_of(const char *source)
{
    static bool is_copied;
    char command[512];
    (void)snprintf(command, sizeof command, "cp -r '%s/.' %s", source, fuzz_folder());
    fuzz_assert(is_copied || system(command) == 0);
    is_copied = true;
}

/* Writes the parts of an input to these files of the folder. A file without a part does not exist. */
static inline void fuzz_files(struct arena *a, struct str input, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool given = input.n;
        struct str text = fuzz_part(&input);
        if (given)
            (void)fuzz_file(a, names[i], text);
        else
            (void)remove(arena_printf(a, "%s/%s", fuzz_folder(), names[i]));
    }
}

/* Writes a YAML file again, as JSON on many lines. Returns false if it is not YAML. */
static inline bool fuzz_write_as_json(struct arena *a, const char *name)
{
    const struct node *root = yaml_load(a, arena_printf(a, "%s/%s", fuzz_folder(), name), NULL);
    struct buf text = {.arena = a};
    struct json w = json_begin(&text, 1);
    if (!root)
        return false;
    json_node(&w, root);
    (void)fuzz_file(a, name, buf_str(&text));
    return true;
}
