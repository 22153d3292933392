/* A list of rules, as JSON. A rejected rule has a pointer to its mistake. Accepted ones are shown as they were given,
 * act on calls and events, and are in the export. */
#include "base/tests/fuzz.h"
#include "base/time.h"
#include "mockserver/tests/mock_test.h"

#define CALLS_A_MOCK 50 /* then a new mock, because responses use memory until theirs ends */
#define NOW_MS       1777712400000
#define KEY          "Authorization: Bearer lp_live_full"

static const char fixture[] =
    "clock: { start: 2026-05-02T09:00:00Z, mode: frozen }\n"
    "layers:\n"
    "  organizations:\n"
    "    - name: Acme\n"
    "      keys: [ { name: full, key: lp_live_full, scopes: ['*'] } ]\n"
    "      webhooks: [ { url: 'http://127.0.0.1:9/hook', events: ['social_account.needs_reauth'] } ]\n"
    "      projects:\n"
    "        - id: p\n"
    "          social_accounts: [ { id: sa, platform: tiktok, handle: a } ]\n";

static struct mock *fresh_mock(void)
{
    static struct mock *mock;
    static size_t inputs;
    if (!mock || ++inputs % CALLS_A_MOCK == 0) {
        if (mock)
            mock_test_teardown(&(void *){mock});
        (void)time_hold(NOW_MS, NOW_MS);
        mock = mock_test_new(fixture);
    }
    (void)mock_call(mock, "POST /__admin/reset", NULL);
    return mock;
}

static size_t add(struct mock *m, const struct node *list)
{
    size_t added = 0;
    for (size_t i = 0; i < node_count(list); i++) {
        struct mock_response a = mock_call(m, "POST /__admin/rules", json_print(&m->arena, node_at(list, i)));
        added += a.status == 201;
        fuzz_assert(a.status == 201 || (a.status == 422 && at(a, "/pointer")) || a.status == 409);
    }
    return added;
}

static void use(struct mock *m)
{
    static const char *const calls[][2] = {
        {"GET /layers/v1/whoami",                             NULL                                      },
        {"GET /layers/v1/projects/p/social-accounts?limit=5", NULL                                      },
        {"POST /layers/v1/projects/p/social/oauth-url",
         "{\"platform\":\"tiktok\",\"returnUrl\":\"https://app.your-product.com/back\"}"                },
        {"POST /__admin/simulate/token_lost",                 "{\"account\":\"sa\",\"why\":\"expired\"}"},
        {"GET /layers/v1/projects/p/social-accounts",         NULL                                      },
        {"POST /__admin/clock/advance",                       "{\"by\":\"1h\"}"                         },
    };
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        struct mock_response a = mock_call(m, calls[i][0], calls[i][1], KEY, "X-Test: 1");
        fuzz_assert(a.status < 500 || a.status == 503 || header_of(a, "X-Mock-Error"));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mock *m = fresh_mock();
    const struct node *list = json_parse(&m->arena, fuzz_text(data, size), "rules", NULL);
    if (!list || list->kind != NODE_LIST || node_count(list) > 20)
        return 0;
    size_t added = add(m, list);
    const struct node *shown = node_get(mock_call(m, "GET /__admin/rules", NULL).body, "items");
    fuzz_assert(node_count(shown) == added);
    use(m);
    struct mock_response a = mock_call(m, "GET /__admin/state?format=fixture", NULL);
    fuzz_assert(a.status == 200 && node_count(node_get(a.body, "rules")) == added);
    const char *body = arena_printf(&m->arena, "{\"name\":\"x\",\"fixture\":" STR_FMT "}", STR_ARG(a.text));
    fuzz_assert(mock_call(m, "POST /__admin/namespaces", body).status == 201);
    struct mock_response b = mock_call(m, "GET /ns/x/__admin/state?format=fixture", NULL);
    fuzz_assert(node_equal(node_get(a.body, "rules"), node_get(b.body, "rules")));
    fuzz_assert(node_equal(node_get(a.body, "records"), node_get(b.body, "records")));
    fuzz_assert(mock_call(m, "DELETE /__admin/namespaces/x", NULL).status == 200);
    return 0;
}
