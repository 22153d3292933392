/* Traffic that goes on for months does not make memory grow. Each shape of traffic is played until memory is flat; more
 * of it must then not take more memory. The test measures what the allocator has given out: a figure that does not
 * depend on the machine. soak_test covers the history of one namespace. */
#include "mockserver/tests/mock_test.h"

#include <inttypes.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/time.h"
#include "mockserver/runtime/deliver.h"
#include "mockserver/server/mock_server.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

#ifdef SANITIZED
size_t __sanitizer_get_current_allocated_bytes(void);
#endif

#define LAYERS_KEY "Authorization: Bearer lp_live_grow"
#define PROJECT    "/v1/projects/prj_grow"
#define SPARE      1024 /* bytes that a shape may take more the second time */

static const char fixture[] =
    "name: grow\n"
    "clock: { start: 2026-05-02T09:00:00Z, mode: frozen }\n"
    "layers:\n"
    "  organizations:\n"
    "    - name: Acme\n"
    "      keys: [ { name: grow, key: lp_live_grow, scopes: ['*'], return_domains: [app.test], tier: internal } ]\n"
    "      projects:\n"
    "        - id: prj_grow\n"
    "          name: Coffee\n"
    "          social_accounts: [ { id: sa_a, platform: tiktok, handle: first } ]\n"
    "          content: [ { id: cnt_a } ]\n";

struct growth {
    struct mock *m;
    struct arena arena, text; /* of one call; of one round */
};

static size_t allocated_bytes(void)
{
#ifdef SANITIZED
    return __sanitizer_get_current_allocated_bytes();
#else
    return mallinfo2().uordblks;
#endif
}

/* Makes a call whose status must be one of 100 * class. */
static void call(struct growth *g, int class, const char *line, const char *body, const char *header)
{
    struct exchange x = {.arena = g->arena, .arrived_us = time_monotonic_us()};
    struct request *r = &x.request;
    r->target = str_from(line);
    r->method = str_cut(&r->target, ' ');
    r->query = r->target;
    r->body = str_from(body);
    r->path = str_cut(&r->query, '?');
    r->peer = "127.0.0.1";
    headers_add(&x.arena, &r->headers, "Host", STR("mock.test"));
    headers_add(&x.arena, &r->headers, "Authorization", STR("Bearer lp_live_grow"));
    if (header) {
        struct str value = str_from(header), name = str_cut(&value, ':');
        headers_set(&x.arena, &r->headers, str_dup(&x.arena, name), str_trim(value));
    }
    mock_handle(g->m, &x);
    if (x.response.status / 100 != class)
        fail_msg("%s: %d " STR_FMT, line, x.response.status, STR_ARG(buf_str(&x.response.body)));
    mock_done(g->m, &x, true);
    g->arena = x.arena;
    arena_reset(&g->arena);
}

#define TEXT(...) arena_printf(&g->text, __VA_ARGS__)

static void create_and_delete_a_namespace(struct growth *g, unsigned i)
{
    call(g, 2, TEXT("GET /ns/n%u/v1/whoami", i), NULL, NULL);
    call(g, 2, TEXT("DELETE /ns/n%u/v1/social-accounts/sa_a", i), NULL, NULL);
    call(g, 2, TEXT("DELETE /__admin/namespaces/n%u", i), NULL, NULL);
}

static void copy_a_namespace(struct growth *g, unsigned i)
{
    call(g, 2, "POST /__admin/namespaces",
         TEXT("{\"name\":\"copy%u\",\"from\":\"default\",\"credentials\":[\"lp_live_%u\"]}", i, i), NULL);
    call(g, 2, TEXT("GET /ns/copy%u/v1/whoami", i), NULL, NULL);
    call(g, 2, TEXT("DELETE /__admin/namespaces/copy%u", i), NULL, NULL);
}

static void create_from_an_own_fixture(struct growth *g, unsigned i)
{
    call(g, 2, "POST /__admin/namespaces",
         TEXT("{\"name\":\"own%u\",\"fixture\":{\"layers\":{\"organizations\":[{\"name\":\"A%u\"}]}}}", i, i), NULL);
    call(g, 2, TEXT("DELETE /__admin/namespaces/own%u", i), NULL, NULL);
}

static void reset(struct growth *g, unsigned i)
{
    call(g, 2, "DELETE /v1/social-accounts/sa_a", NULL, NULL);
    call(g, 2, "POST " PROJECT "/social/oauth-url",
         TEXT("{\"platform\":\"tiktok\",\"returnUrl\":\"https://app.test/%u\"}", i), NULL);
    call(g, 2, "POST /__admin/reset", NULL, NULL);
}

static void save_and_drop_a_snapshot(struct growth *g, unsigned i)
{
    call(g, 2, "POST /__admin/snapshots", TEXT("{\"name\":\"s%u\"}", i), NULL);
    call(g, 2, TEXT("DELETE /__admin/snapshots/s%u", i), NULL, NULL);
}

static void save_change_and_restore(struct growth *g, unsigned i)
{
    call(g, 2, "POST /__admin/snapshots", "{\"name\":\"s\"}", NULL);
    call(g, 2, "POST /__admin/simulate/account_connected",
         TEXT("{\"space\":\"prj_grow\",\"platform\":\"tiktok\",\"handle\":\"user%u\"}", i), NULL);
    call(g, 2, "POST /__admin/snapshots/s/restore", NULL, NULL);
}

static void add_and_remove_rules(struct growth *g, unsigned i)
{
    call(g, 2, "POST /__admin/rules",
         TEXT("{\"name\":\"r%u\",\"on\":\"layers.whoami\",\"when\":{\"times\":1},"
              "\"then\":[{\"respond\":{\"status\":503}}]}",
              i),
         NULL);
    call(g, 5, "GET /v1/whoami", NULL, NULL);
    call(g, 2, "GET /v1/whoami", NULL, NULL);
    call(g, 2, "DELETE /__admin/rules", NULL, NULL);
}

static void make_mistakes(struct growth *g, unsigned i)
{
    call(g, 4, TEXT("GET /v1/none/%u", i), NULL, NULL);
    call(g, 4, "GET /v1/whoami", NULL, TEXT("Authorization: Bearer lp_live_%u", i));
    call(g, 4, "POST " PROJECT "/social/oauth-url", TEXT("{\"platform\":%u", i), NULL);
    call(g, 4, TEXT("GET /v1/social/oauth-status/%u?key=lp_live_grow", i), NULL, NULL);
    call(g, 4, TEXT("DELETE /v1/social-accounts/sa_%u", i), NULL, TEXT("Idempotency-Key: k%u", i));
}

static void ask_the_admin_api(struct growth *g, unsigned i)
{
    call(g, 2, "GET /__admin/requests?limit=5", NULL, NULL);
    call(g, 2, "POST /__admin/requests/verify", TEXT("{\"match\":{\"path\":\"/v1/%u\"},\"count\":0}", i), NULL);
    call(g, 2, "GET /__admin/state/accounts", NULL, NULL);
    call(g, 2, "GET /__admin/state?format=fixture", NULL, NULL);
    call(g, 2, "GET /__admin/client-checks", NULL, NULL);
}

static void repeat_idempotency_keys(struct growth *g, unsigned i)
{
    /* refused, so that no record remains; a refusal is stored, too */
    const char *token = TEXT("Idempotency-Key: key-%u", i);
    call(g, 4, "POST /v1/projects", "{\"name\":5}", token);
    call(g, 4, "POST /v1/projects", "{\"name\":5}", token);
}

static void play(struct growth *g, void (*shape)(struct growth *g, unsigned i), unsigned from, unsigned count)
{
    for (unsigned i = from; i < from + count; i++) {
        shape(g, i);
        arena_reset(&g->text);
    }
}

/* The registry of the client checks keeps the results of 1000 namespaces, so that these are flat only then. */
static void assert_flat(void (*shape)(struct growth *g, unsigned i), unsigned rounds)
{
    struct growth g = {.m = mock_test_new(fixture)};
    struct namespace *ns = namespaces_at(g.m->namespaces, 0);
    ns->world->checks = ns->start->checks = g.m->fixtures[0]->world->checks = false;
    play(&g, shape, 0, rounds);
    size_t before = allocated_bytes();
    unsigned more = rounds / 2;
    play(&g, shape, rounds, more);
    size_t after = allocated_bytes();
    if (after > before + SPARE)
        fail_msg("%zu bytes more after %u rounds: %.1f per round", after - before, more,
                 (double)(after - before) / more);
    mock_free(g.m);
    arena_end(&g.arena);
    arena_end(&g.text);
}

#define FLAT(shape, rounds)                                                                                            \
    static void shape##_leaves_nothing(void **state)                                                                   \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        assert_flat(shape, rounds);                                                                                    \
    }
FLAT(create_and_delete_a_namespace, 1100)
FLAT(copy_a_namespace, 1100)
FLAT(create_from_an_own_fixture, 300)
FLAT(reset, 1100)
FLAT(save_and_drop_a_snapshot, 1000)
FLAT(save_change_and_restore, 1100)
FLAT(add_and_remove_rules, 6000) /* until the journal is full */
FLAT(make_mistakes, 4000)
FLAT(ask_the_admin_api, 1000)
FLAT(repeat_idempotency_keys, 6000)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(create_and_delete_a_namespace_leaves_nothing),
        cmocka_unit_test(copy_a_namespace_leaves_nothing),
        cmocka_unit_test(create_from_an_own_fixture_leaves_nothing),
        cmocka_unit_test(reset_leaves_nothing),
        cmocka_unit_test(save_and_drop_a_snapshot_leaves_nothing),
        cmocka_unit_test(save_change_and_restore_leaves_nothing),
        cmocka_unit_test(add_and_remove_rules_leaves_nothing),
        cmocka_unit_test(make_mistakes_leaves_nothing),
        cmocka_unit_test(ask_the_admin_api_leaves_nothing),
        cmocka_unit_test(repeat_idempotency_keys_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
