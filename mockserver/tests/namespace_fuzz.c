/* The fixture of POST /__admin/namespaces, as JSON: written by hand, or an exported state with its records. A rejected
 * one creates nothing. An accepted one can be used, and its export makes a namespace with the same state. */
#include "base/tests/fuzz.h"
#include "base/time.h"
#include "mockserver/tests/mock_test.h"

#define CALLS_A_MOCK 50 /* then a new mock, because responses use memory until theirs ends */
#define NOW_MS       1777712400000

static struct mock *fresh_mock(void)
{
    static struct mock *mock;
    static size_t inputs;
    if (!mock || ++inputs % CALLS_A_MOCK == 0) {
        if (mock)
            mock_test_teardown(&(void *){mock});
        (void)time_hold(NOW_MS, NOW_MS);
        mock = mock_test_new("clock: { start: 2026-05-02T09:00:00Z, mode: frozen }\n"
                             "layers: { organizations: [ { name: Host } ] }\n");
    }
    return mock;
}

/* Returns true if the fixture is accepted. */
static bool create(struct mock *m, const char *name, struct str fixture)
{
    struct mock_response a =
        mock_call(m, "POST /__admin/namespaces",
                  arena_printf(&m->arena, "{\"name\":\"%s\",\"fixture\":" STR_FMT "}", name, STR_ARG(fixture)));
    bool created = namespaces_find(m->namespaces, str_from(name));
    fuzz_assert(created == (a.status == 201));
    if (created)
        return true;
    if (!str_is(str_from(name), "x"))
        fprintf(stderr, "an export is rejected: " STR_FMT "\n", STR_ARG(a.text));
    const struct node *errors = node_get(a.body, "errors");
    fuzz_assert(a.status == 422 && str_starts(str_from(at(a, "/pointer")), STR("/fixture")));
    for (size_t i = 0; i < node_count(errors); i++)
        fuzz_assert(str_starts(str_from(node_get_text(node_at(errors, i), "pointer")), STR("/fixture")));
    return false;
}

/* The name of the fixture is left out: it differs. */
static const char *export(struct mock *m, const char *name)
{
    struct mock_response a =
        mock_call(m, arena_printf(&m->arena, "GET /ns/%s/__admin/state?format=fixture", name), NULL);
    fuzz_assert(a.status == 200 && a.body);
    return json_print(a.arena, node_without(a.arena, a.body, "name"));
}

/* A status of 5xx is what a rule asks for, or that of a key that is disabled. */
static void use(struct mock *m)
{
    static const char *const calls[][2] = {
        {"GET /ns/x/__admin/rules",               NULL              },
        {"GET /ns/x/layers/v1/whoami",            NULL              },
        {"GET /ns/x/posteverywhere/api/v1/posts", NULL              },
        {"GET /ns/x/postnitro/schedule",          NULL              },
        {"POST /ns/x/__admin/clock/advance",      "{\"by\":\"40d\"}"},
        {"GET /ns/x/__admin/state",               NULL              },
    };
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        struct mock_response a = mock_call(m, calls[i][0], calls[i][1]);
        fuzz_assert(a.status < 500 || a.status == 503 || header_of(a, "X-Mock-Error"));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mock *m = fresh_mock();
    struct str text = fuzz_text(data, size);
    if (!json_parse(&m->arena, text, "fixture", NULL))
        return 0;
    if (create(m, "x", text)) {
        const char *first = export(m, "x");
        fuzz_assert(create(m, "y", str_from(first)));
        fuzz_assert(strcmp(first, export(m, "y")) == 0);
        use(m);
        const char *later = export(m, "x");
        fuzz_assert(create(m, "z", str_from(later)));
        fuzz_assert(strcmp(later, export(m, "z")) == 0);
        (void)mock_call(m, "DELETE /__admin/namespaces/z", NULL);
        (void)mock_call(m, "DELETE /__admin/namespaces/y", NULL);
        fuzz_assert(mock_call(m, "DELETE /__admin/namespaces/x", NULL).status == 200);
    }
    return 0;
}
