/* A JSON report of an earlier run, for --failed, and a tag expression. What is selected is in the report. */
#include "base/tests/fuzz.h"
#include "conformance/plan/plan.h"
#include "conformance/scenario/scenario.h"

static bool is_reported(const struct selection *s, const char *name)
{
    for (size_t i = 0; i < s->reported_count; i++)
        if (strcmp(s->reported[i], name) == 0)
            return true;
    return false;
}

static bool has_all(const void *ctx, const char *capability)
{
    (void)ctx;
    return *capability;
}

static void select_failed(struct arena *a, const struct suite *suite, const char *path)
{
    struct selection selection = {0};
    struct error err = {0};
    struct plan plan = {0};
    bool good = failed_select(a, path, &selection, &err);
    fuzz_assert(good == !error_any(&err));
    for (size_t i = 0; good && i < selection.name_count; i++)
        fuzz_assert(is_reported(&selection, selection.names[i]) || (selection.name_count == 1 && !*selection.names[0]));
    if (good && failed_known(suite, &selection, &err))
        (void)plan_make(a, suite, &selection, has_all, NULL, &plan, &err);
    error_end(&err);
}

static void read_tags(struct arena *a, const char *text)
{
    static const char *const tags[] = {"all", "words"};
    struct error err = {0};
    const struct tags *t = tags_parse(a, text, &err);
    fuzz_assert_errors(t != NULL, &err);
    error_end(&err);
    if (!t)
        return;
    const struct tags *not = tags_parse(a, arena_printf(a, "not (%s)", text), NULL);
    if (not ) /* the brackets may be too deep */
        fuzz_assert(tags_hold(t, tags, 2) != tags_hold(not, tags, 2));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena forever;
    static struct suite suite;
    struct arena a = {0};
    struct str rest = fuzz_text(data, size), report = fuzz_part(&rest);
    const char *path = SOURCE_DIR "/conformance/tests/suite/everything.yaml";
    fuzz_assert(suite.scenario_count || suite_load(&forever, &path, 1, &suite, &(struct error){0}));
    select_failed(&a, &suite, fuzz_file(&a, "report.json", report));
    read_tags(&a, str_dup(&a, rest));
    arena_end(&a);
    return 0;
}
