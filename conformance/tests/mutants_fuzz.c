/* mutants.yaml, and a file mutants/part.yaml that it may include. A rejected file has the place of each mistake. What is
 * accepted is accepted in JSON as well, with the same entries. */
#include "base/array.h"
#include "base/tests/fuzz.h"
#include "conformance/prove/mutants.h"
#include "conformance/scenario/catalogue.h"

static const char *const files[] = {"mutants.yaml", "mutants/part.yaml"};

static bool load(struct arena *a, struct entries *out)
{
    struct error err = {0};
    const struct catalogue *c = catalogue_load(a, fuzz_folder(), NULL);
    fuzz_assert(c);
    bool good = entries_load(a, c, out, &err);
    fuzz_assert_errors(good, &err);
    error_end(&err);
    return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct entries entries = {0}, again = {0};
    fuzz_folder_of(SOURCE_DIR "/conformance/tests/mutants");
    fuzz_files(&a, fuzz_text(data, size), files, COUNT(files));
    if (load(&a, &entries)) {
        for (size_t i = 0; i < COUNT(files); i++)
            (void)fuzz_write_as_json(&a, files[i]);
        fuzz_assert(load(&a, &again) && entries.count == again.count);
        for (size_t i = 0; i < entries.count; i++) {
            const struct entry *e = &entries.items[i], *f = &again.items[i];
            fuzz_assert(e->kind == f->kind && strcmp(e->name, f->name) == 0 && node_equal(e->fixture, f->fixture));
        }
    }
    arena_end(&a);
    return 0;
}
