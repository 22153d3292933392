/* claims.yaml, disputes.yaml, operations.yaml and target-schema.yaml. A rejected file has the place of each mistake.
 * What is accepted is accepted in JSON as well. */
#include "base/array.h"
#include "base/tests/fuzz.h"
#include "conformance/scenario/catalogue.h"
#include "conformance/scenario/operations.h"
#include "conformance/scenario/target_schema.h"

static const char *const files[] = {"claims.yaml", "disputes.yaml", "operations.yaml", "target-schema.yaml"};

static const struct catalogue *load(struct arena *a)
{
    struct error err = {0};
    const struct catalogue *c = catalogue_load(a, fuzz_folder(), &err);
    fuzz_assert_errors(c != NULL, &err);
    error_end(&err);
    return c;
}

static bool has_target_schema(struct arena *a, size_t *names)
{
    struct error err = {0};
    const struct target_schema *s = target_schema_load(a, fuzz_folder(), &err);
    fuzz_assert_errors(!error_any(&err), &err);
    fuzz_assert(!s || !error_any(&err));
    error_end(&err);
    *names = s ? s->capabilities.count + s->actors.count + s->resources.count : 0;
    return s;
}

/* Each claim, dispute and operation is found by its name. */
static void check_names(struct arena *a, const struct catalogue *c)
{
    for (size_t i = 0; i < c->claim_count; i++)
        fuzz_assert(catalogue_claim(c, c->claims[i].id) == &c->claims[i]);
    for (size_t i = 0; i < c->dispute_count; i++)
        fuzz_assert(catalogue_dispute(c, c->disputes[i].id) == &c->disputes[i]);
    for (size_t i = 0; c->operations && i < c->operations->count; i++) {
        const struct operation *o = &c->operations->items[i];
        fuzz_assert(operations_named(c->operations, o->name) == o);
        fuzz_assert(operations_find(c->operations, o->method, o->path));
        (void)operations_suggest(a, c->operations, o->path, o->name);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    size_t names, names_again;
    fuzz_files(&a, fuzz_text(data, size), files, COUNT(files));
    const struct catalogue *c = load(&a), *again;
    bool has_schema = has_target_schema(&a, &names);
    if (c)
        check_names(&a, c);
    for (size_t i = 0; i < COUNT(files); i++)
        (void)fuzz_write_as_json(&a, files[i]);
    if (c) {
        fuzz_assert((again = load(&a)) != NULL);
        fuzz_assert(c->claim_count == again->claim_count && c->dispute_count == again->dispute_count);
        fuzz_assert(!c->operations == !again->operations);
    }
    if (has_schema)
        fuzz_assert(has_target_schema(&a, &names_again) && names == names_again);
    arena_end(&a);
    return 0;
}
