/* Calls a fuzz target once with each file of the folder that its argument names, without libFuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/file.h"

#define INPUT_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes are copied to a block of exactly their size, so that a sanitizer sees a read beyond them. */
static bool play(const char *path)
{
    size_t n;
    const char *why;
    char *text = file_read(path, INPUT_MAX, &n, &why);
    if (!text) {
        fprintf(stderr, "%s: %s\n", path, why);
        return false;
    }
    uint8_t *bytes = heap_new(n ? n : 1);
    if (n)
        memcpy(bytes, text, n);
    heap_free(text);
    fprintf(stderr, "%s\n", path); /* the last line names the input that ends the program */
    (void)LLVMFuzzerTestOneInput(bytes, n);
    heap_free(bytes);
    return true;
}

int main(int argc, char **argv)
{
    struct arena a = {0};
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    size_t played = 0;
    bool good = true;
    if (folder) {
        for (const struct dirent *e; (e = readdir(folder));)
            if (e->d_name[0] != '.') {
                good &= play(arena_printf(&a, "%s/%s", argv[1], e->d_name));
                played++;
            }
        closedir(folder);
    }
    arena_end(&a);
    if (!played)
        fprintf(stderr, "expected a folder with at least one file\n");
    return good && played ? 0 : 1;
}
