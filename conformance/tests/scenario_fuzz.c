/* A scenario, and two flows that it may use. A rejected one has the place of each mistake. An accepted one is accepted
 * in JSON as well, with the same steps. */
#include "base/array.h"
#include "base/tests/fuzz.h"
#include "conformance/plan/plan.h"
#include "conformance/scenario/scenario.h"

static const char *const files[] = {"everything.yaml", "flows/create.yaml", "flows/connect.yaml"};

static bool load(struct arena *a, struct suite *out)
{
    const char *path = arena_printf(a, "%s/%s", fuzz_folder(), files[0]);
    struct error err = {0};
    bool good = suite_load(a, &path, 1, out, &err);
    fuzz_assert_errors(good, &err);
    error_end(&err);
    return good;
}

static void check_same(const struct suite *x, const struct suite *y)
{
    fuzz_assert(x->scenario_count == y->scenario_count);
    for (size_t i = 0; i < x->scenario_count; i++) {
        const struct scenario *s = x->scenarios[i], *t = y->scenarios[i];
        fuzz_assert(strcmp(s->name, t->name) == 0 && s->step_count == t->step_count && s->step_count);
        for (size_t k = 0; k < s->step_count; k++)
            fuzz_assert(s->steps[k].kind == t->steps[k].kind && node_equal(s->steps[k].source, t->steps[k].source));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct suite suite = {0}, again = {0};
    fuzz_folder_of(SOURCE_DIR "/conformance/tests/suite");
    fuzz_files(&a, fuzz_text(data, size), files, COUNT(files));
    if (load(&a, &suite)) {
        size_t needs;
        for (size_t i = 0; i < suite.scenario_count; i++)
            (void)scenario_needs(&a, suite.scenarios[i], &needs);
        fuzz_assert(fuzz_write_as_json(&a, files[0]));
        fuzz_assert(load(&a, &again));
        check_same(&suite, &again);
    }
    arena_end(&a);
    return 0;
}
