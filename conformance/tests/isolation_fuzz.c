/* isolation.yaml and operations.yaml. A rejected file has the place of each mistake; an accepted one gives the same
 * scenarios each time. */
#include "base/array.h"
#include "base/tests/fuzz.h"
#include "conformance/scenario/scenario.h"

static const char *const files[] = {"isolation.yaml", "operations.yaml"};

static bool load(struct arena *a, struct suite *out)
{
    const char *path = arena_printf(a, "%s/%s", fuzz_folder(), files[0]);
    struct error err = {0};
    bool good = suite_load(a, &path, 1, out, &err);
    fuzz_assert_errors(good, &err);
    error_end(&err);
    return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct suite suite = {0}, again = {0};
    fuzz_folder_of(SOURCE_DIR "/conformance/tests/isolation");
    fuzz_files(&a, fuzz_text(data, size), files, COUNT(files));
    if (load(&a, &suite)) {
        fuzz_assert(fuzz_write_as_json(&a, files[0]));
        fuzz_assert(load(&a, &again) && suite.scenario_count == again.scenario_count);
        for (size_t i = 0; i < suite.scenario_count; i++)
            fuzz_assert(strcmp(suite.scenarios[i]->name, again.scenarios[i]->name) == 0);
        for (size_t i = 0; i < suite.isolation_count; i++) {
            const struct isolation *t = &suite.isolations[i];
            fuzz_assert(t->checked == suite.scenario_count);
            fuzz_assert(t->checked + t->not_applicable <= t->operations * t->strangers);
        }
    }
    arena_end(&a);
    return 0;
}
