/* A fixture file, and up to two files a.yaml and b.yaml that it may include. A rejected one has the place of each
 * mistake. The export of an accepted one is a fixture with the same state. */
#include "base/tests/fuzz.h"
#include "base/time.h"
#include "mockserver/fixture/fixture.h"
#include "mockserver/runtime/mock.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/mock_test.h"

#define NOW_MS 1777712400000

static const char *export(struct arena *a, const char *path)
{
    struct error err = {0};
    const struct mock_options options = {
        .fixtures = &path, .fixture_count = 1, .public_url = "http://mock.test", .admin = true};
    struct mock *m = mock_new(&options, &err);
    if (!m)
        error_print(&err, stderr);
    fuzz_assert(m);
    struct mock_response r = mock_call(m, "GET /__admin/state?format=fixture", NULL);
    fuzz_assert(r.status == 200 && r.body);
    const char *text = str_dup(a, r.text);
    mock_free(m);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct error err = {0};
    struct str rest = fuzz_text(data, size);
    (void)time_hold(NOW_MS, NOW_MS);
    const char *path = fuzz_file(&a, "fixture.yaml", fuzz_part(&rest));
    (void)fuzz_file(&a, "a.yaml", fuzz_part(&rest));
    (void)fuzz_file(&a, "b.yaml", rest);
    struct fixture *f = fixture_load(path, &err);
    fuzz_assert_errors(f != NULL, &err);
    if (f) {
        fixture_free(f);
        const char *first = export(&a, path);
        const char *again = export(&a, fuzz_file(&a, "again.yaml", str_from(first)));
        fuzz_assert(strcmp(first, again) == 0);
    }
    error_end(&err);
    arena_end(&a);
    return 0;
}
