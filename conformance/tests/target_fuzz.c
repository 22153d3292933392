/* A target file. A rejected one has the place of each mistake. An accepted one is accepted in JSON as well, with the same
 * actors, and no message or URL of it shows a password. */
#include "base/array.h"
#include "base/log.h"
#include "base/tests/fuzz.h"
#include "conformance/run/target.h"

static const char *const files[] = {"targets/mock.yaml"};

static struct target *load(struct arena *a)
{
    const char *path = arena_printf(a, "%s/%s", fuzz_folder(), files[0]);
    struct error err = {0};
    struct target *t = target_load(a, path, &err);
    fuzz_assert_errors(t != NULL, &err);
    error_end(&err);
    return t;
}

static void check(struct arena *a, const struct target *t)
{
    for (size_t i = 0; i < t->actor_count; i++) {
        const struct actor *actor = &t->actors[i];
        fuzz_assert(target_actor(t, actor->name) == actor);
        fuzz_assert(!actor->credential || header_value_valid(str_from(actor->credential)));
    }
    fuzz_assert(!t->base_url || !strchr(t->base_url, '@') || strchr(t->base_url, '/') < strchr(t->base_url, '@'));
    (void)url_shown(a, t->webhook_url ? t->webhook_url : "");
    (void)target_live_actor(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    fuzz_folder_of(SOURCE_DIR "/conformance/tests/suite");
    log_set_level(LOG_ERROR); /* each unset variable logs a warning */
    fuzz_files(&a, fuzz_text(data, size), files, COUNT(files));
    struct target *t = load(&a), *again;
    const struct target_schema *schema = target_schema_load(&a, fuzz_folder(), NULL);
    struct error err = {0};
    const char *path = arena_printf(&a, "%s/%s", fuzz_folder(), files[0]);
    bool fits = check_target_file(&a, schema, path, &err);
    fuzz_assert_errors(fits, &err);
    error_end(&err);
    if (t) {
        check(&a, t);
        fuzz_assert(fuzz_write_as_json(&a, files[0]));
        fuzz_assert((again = load(&a)) != NULL && t->actor_count == again->actor_count);
        fuzz_assert(node_equal(t->resources, again->resources) || !t->resources);
        target_derive_actors(&a, t, schema);
        check(&a, t);
    }
    arena_end(&a);
    return 0;
}
