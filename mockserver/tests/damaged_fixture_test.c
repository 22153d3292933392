/* Damages every member of every shipped fixture in the ways of mutate_plays. lint and the start of a mock must
 * accept the result, or reject it with a place. */
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/damaged.h"

#include "mockserver/runtime/mock.h"

static void assert_placed(const struct damage *d, const struct error *err)
{
    assert_true(error_any(err));
    for (const struct problem *p = err->first; p; p = p->next)
        if (!p->at.file || !p->at.line || !p->at.column)
            damaged_complain("%s: message without a place: %s", d->name, p->text);
}

static void lint_and_start(const struct damage *d, void *ctx)
{
    const char *path = folder_file(d->folder, DAMAGED_FILE);
    struct error err = {0};
    struct fixture *f = fixture_load(path, &err);
    (void)ctx;
    if (!f) {
        assert_placed(d, &err);
        error_end(&err);
        return;
    }
    fixture_free(f);
    struct mock *m = mock_new(&(struct mock_options){.fixtures = &path, .fixture_count = 1, .admin = true}, &err);
    if (!m)
        damaged_complain("%s: lint accepts it, the start rejects it", d->name);
    mock_free(m);
}

static void a_damaged_fixture_is_loaded_or_rejected_with_a_place(void **state)
{
    (void)state;
    damaged_fixtures(lint_and_start, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_damaged_fixture_is_loaded_or_rejected_with_a_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
