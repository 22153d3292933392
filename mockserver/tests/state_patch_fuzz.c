/* The path of a record below /__admin/state, for example accounts/~1?skip_invariants=1, and after the first line the
 * body of its PATCH. A rejected one changes nothing. After an accepted one the mock can be used, and exported. */
#include "base/tests/fuzz.h"
#include "base/time.h"
#include "mockserver/tests/mock_test.h"

#define CALLS_A_MOCK 20 /* then a new mock, because responses use memory until theirs ends */
#define NOW_MS       1777712400000

static const char *const keys[] = {
    "Authorization: Bearer lp_live_01HX9Y6K7EJ4T2_full",
    "Authorization: Bearer pe_live_0c5e8d9a0c5e8d9a0c5e8d9a0c5e8d9a",
    "embed-api-key: pn-acme00000000000000000001",
};
static const char *const fixtures[] = {"layers", "posteverywhere", "postnitro"};

/* A mock for one of the providers, in its first state. */
static struct mock *fresh_mock(size_t provider)
{
    static struct mock *mocks[3];
    static size_t inputs[3];
    struct mock **mock = &mocks[provider];
    if (!*mock || ++inputs[provider] % CALLS_A_MOCK == 0) {
        char path[256];
        if (*mock)
            mock_test_teardown(&(void *){*mock});
        (void)time_hold(NOW_MS, NOW_MS);
        (void)snprintf(path, sizeof path, SOURCE_DIR "/fixtures/%s-acme.yaml", fixtures[provider]);
        *mock = mock_test_file(path);
    }
    (void)mock_call(*mock, "POST /__admin/reset", NULL);
    return *mock;
}

static struct str export(struct mock *m, const char *namespace)
{
    const char *call = arena_printf(&m->arena, "GET %s/__admin/state?format=fixture", namespace);
    struct mock_response a = mock_call(m, call, NULL);
    fuzz_assert(a.status == 200 && a.body);
    return a.text;
}

static void use(struct mock *m, const char *key)
{
    static const char *const calls[][2] = {
        {"GET /__admin/state",                  NULL              },
        {"GET /layers/v1/projects",             NULL              },
        {"GET /posteverywhere/api/v1/posts",    NULL              },
        {"GET /posteverywhere/api/v1/accounts", NULL              },
        {"GET /postnitro/schedule",             NULL              },
        {"POST /__admin/clock/advance",         "{\"by\":\"40d\"}"},
    };
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        struct mock_response a = mock_call(m, calls[i][0], calls[i][1], key);
        fuzz_assert(a.status < 500 || a.status == 503);
    }
}

/* The export is accepted, and is exported as the same state. */
static void load_again(struct mock *m, struct str text)
{
    const char *body = arena_printf(&m->arena, "{\"name\":\"x\",\"fixture\":" STR_FMT "}", STR_ARG(text));
    struct mock_response a = mock_call(m, "POST /__admin/namespaces", body);
    if (a.status != 201)
        fprintf(stderr, STR_FMT "\n", STR_ARG(a.text));
    fuzz_assert(a.status == 201);
    const struct node *given = json_parse(&m->arena, text, "given", NULL);
    const struct node *again = json_parse(&m->arena, export(m, "/ns/x"), "again", NULL);
    fuzz_assert(node_equal(node_get(given, "records"), node_get(again, "records")));
    fuzz_assert(node_equal(node_get(given, "runtime_state"), node_get(again, "runtime_state")));
    fuzz_assert(mock_call(m, "DELETE /__admin/namespaces/x", NULL).status == 200);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    size_t provider = data[0] % 3u;
    struct mock *m = fresh_mock(provider);
    struct str body = fuzz_text(data + 1, size - 1), path = str_cut(&body, '\n');
    if (memchr(body.s, 0, body.n) || path.n > 200 || memchr(path.s, 0, path.n))
        return 0;
    struct str before = export(m, "");
    const char *call = arena_printf(&m->arena, "PATCH /__admin/state/" STR_FMT, STR_ARG(path));
    struct mock_response a = mock_call(m, call, str_dup(&m->arena, body));
    fuzz_assert(a.status < 500);
    struct str after = export(m, "");
    if (a.status != 200) {
        fuzz_assert(str_eq(before, after));
        return 0;
    }
    load_again(m, after);
    use(m, keys[provider]);
    load_again(m, export(m, ""));
    return 0;
}
