/* micro.c - in-process benchmarks, without a network: creating a namespace; forking, resetting,
 * saving and restoring one with 10 and with 100,000 accounts; the call that creates its namespace;
 * a page of a project with 10 and with 1,000,000 accounts; the cost of rate limits; advancing the
 * clock over 10,000 events.
 *
 * Prints one line `name value unit` per result. Values are medians unless noted.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/time.h"
#include "base/units.h"
#include "mockserver/providers/layers/layers.h"
#include "mockserver/runtime/mock.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/state/account.h"
#include "mockserver/state/tenant.h"

#define ROUNDS 501
#define CALLS  100 /* per round, since the clock has a resolution of 1 us */
#define START  INT64_C(1777712400000)
#define STEP   INT64_C(1000) /* between the connected_at of two accounts */

static int compare(const void *x, const void *y)
{
    const double *a = x, *b = y;
    return (*a > *b) - (*a < *b);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

static double since_us(int64_t before_us, int times)
{
    return (double)(time_monotonic_us() - before_us) / times;
}

static struct mock *mock(void)
{
    struct error err = {0};
    struct mock *m = mock_new(&(struct mock_options){.admin = true}, &err);
    if (!m) {
        error_print(&err, stderr);
        exit(2);
    }
    return m;
}

static void namespaces(void)
{
    struct mock *m = mock();
    double took[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        char name[32];
        int64_t before_us = time_monotonic_us();
        for (int i = 0; i < 10; i++) {
            int n = snprintf(name, sizeof name, "n%d-%d", round, i);
            if (!namespaces_create(m->namespaces, str_of(name, (size_t)n), NULL, NULL, NULL, NULL))
                exit(2);
        }
        took[round] = since_us(before_us, 10);
    }
    printf("namespace %.2f us\n", median(took, ROUNDS));
    mock_free(m);
}

static void add_key(struct world *w, uint32_t organization, const char *value, int64_t limit)
{
    static const char *const scopes[] = {"*"};
    struct key spec = {
        .name = value, .value = value, .public_id = value, .tier = "internal", .scopes = scopes, .scope_count = 1};
    for (size_t i = 0; i < QUOTA_WINDOWS; i++)
        spec.limits[i] = limit;
    key_create(w, organization, &spec);
}

static struct world *world_of(uint32_t accounts)
{
    struct world *w = world_new(1, START, CLOCK_RUNS);
    uint32_t organization = organization_create(w, LAYERS, "org_bench", "Bench");
    uint32_t space = space_create(w, organization, "prj_bench", "Bench");
    add_key(w, organization, "free", 0);
    add_key(w, organization, "limited", INT32_MAX);
    for (uint32_t i = 0; i < accounts; i++) {
        char id[32], handle[32];
        snprintf(id, sizeof id, "sa_%026u", i);
        snprintf(handle, sizeof handle, "handle%u", i);
        account_connect(w, space,
                        &(struct account){.public_id = id,
                                          .handle = handle,
                                          .platform = i % 2 ? PLATFORM_TIKTOK : PLATFORM_INSTAGRAM,
                                          .connected_at_ms = START - i * STEP,
                                          .token_expires_at_ms = START + DAY_MS});
    }
    return w;
}

/* `line` is "METHOD target"; `body` may be NULL. Exits if the status is not 200. */
static void call(struct mock *m, struct arena *a, const char *line, const char *authorization, const char *body)
{
    struct exchange x = {.arena = *a, .arrived_us = time_monotonic_us()};
    struct request *r = &x.request;
    r->target = str_from(line);
    r->method = str_cut(&r->target, ' ');
    r->query = r->target;
    r->body = str_from(body);
    r->path = str_cut(&r->query, '?');
    headers_add(&x.arena, &r->headers, "Authorization", str_from(authorization));
    mock_handle(m, &x);
    if (x.response.status != 200) {
        fprintf(stderr, "micro: %s: %d\n", line, x.response.status);
        exit(2);
    }
    mock_done(m, &x, true);
    *a = x.arena;
    arena_reset(a);
}

static double call_us(struct mock *m, const char *line, const char *authorization)
{
    struct arena a = {0};
    double took[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        int64_t before_us = time_monotonic_us();
        for (int i = 0; i < CALLS; i++)
            call(m, &a, line, authorization, NULL);
        took[round] = since_us(before_us, CALLS);
    }
    arena_end(&a);
    return median(took, ROUNDS);
}

#define FREE "Bearer free"
#define LIST "/v1/projects/prj_bench/social-accounts?limit=10"

static struct mock *mock_with(uint32_t accounts)
{
    struct mock *m = mock();
    struct world *w = world_of(accounts);
    if (!namespaces_create(m->namespaces, STR("bench"), NULL, w, NULL, NULL))
        exit(2);
    world_free(w);
    return m;
}

/* The first page, a page from the middle, and a filtered page. */
static void pages(uint32_t accounts)
{
    struct mock *m = mock_with(accounts);
    struct arena a = {0};
    uint32_t half = accounts / 2;
    struct index_entry middle = {.order = -(START - (half - 1) * STEP), .row = half};
    const char *cursor = page_cursor(&a, "list_social_accounts prj_bench", &middle);
    const char *after = arena_printf(&a, "GET /ns/bench" LIST "&cursor=%s", cursor);
    printf("page_%u %.2f us\n", accounts, call_us(m, "GET /ns/bench" LIST, FREE));
    printf("page_%u_middle %.2f us\n", accounts, call_us(m, after, FREE));
    printf("page_%u_filtered %.2f us\n", accounts,
           call_us(m, "GET /ns/bench" LIST "&platform=tiktok&status=connected&leased=false", FREE));
    arena_end(&a);
    mock_free(m);
}

/* The shortest call with and without rate limits. The difference is smaller than the noise of the
 * machine, so the two alternate and the best turn of each counts. */
static void limits(void)
{
    struct mock *m = mock_with(0);
    static const char *const keys[] = {FREE, "Bearer limited"};
    double best[] = {HUGE_VAL, HUGE_VAL};
    for (int turn = 0; turn < 10; turn++)
        for (size_t i = 0; i < 2; i++)
            best[i] = fmin(best[i], call_us(m, "GET /ns/bench/v1/whoami", keys[i]));
    printf("call %.2f us\nrate_limit %.2f us\n", best[0], best[1] - best[0]);
    mock_free(m);
}

/* One call of clock/advance over `posts` posts, each due at a different time. */
static void advance(uint32_t posts)
{
    enum { STEPS = 21 };
    struct mock *m = mock();
    struct world *w = world_of(1);
    struct arena a = {0};
    double took[STEPS];
    clock_set_mode(&w->clock, CLOCK_FROZEN);
    for (uint32_t i = 0; i < posts; i++) {
        char id[32];
        snprintf(id, sizeof id, "sp_%026u", i);
        struct post post = {.public_id = id, .due_at_ms = world_now(w) + 1 + i};
        destination_schedule(w, post_schedule(w, 1, &post), &(struct destination){.account = 1, .public_id = id});
    }
    for (int i = 0; i < STEPS; i++) {
        const char *name = arena_printf(&a, "advance%d", i);
        const char *line = arena_printf(&a, "POST /ns/%s/__admin/clock/advance", name);
        if (!namespaces_create(m->namespaces, str_from(name), NULL, w, NULL, NULL))
            exit(2);
        struct arena call_arena = {0};
        int64_t before_us = time_monotonic_us();
        call(m, &call_arena, line, "", "{\"by\":\"12h\"}");
        took[i] = since_us(before_us, 1) / 1000;
        arena_end(&call_arena);
    }
    printf("advance_%u %.2f ms\n", posts, median(took, STEPS));
    arena_end(&a);
    world_free(w);
    mock_free(m);
}

static void forks(uint32_t accounts)
{
    struct world *w = world_of(accounts);
    double took[ROUNDS], changed[ROUNDS];
    size_t idle_bytes = 0, changed_bytes = 0;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t before_us = time_monotonic_us();
        struct world *fork = world_fork(w);
        took[round] = since_us(before_us, 1);
        idle_bytes = world_own_bytes(fork);
        before_us = time_monotonic_us();
        account_lose_token(fork, accounts / 2, TOKEN_EXPIRED);
        changed[round] = since_us(before_us, 1);
        changed_bytes = world_own_bytes(fork);
        world_free(fork);
    }
    printf("fork_%u %.2f us\n", accounts, median(took, ROUNDS));
    printf("fork_%u_bytes %zu B\n", accounts, idle_bytes);
    printf("fork_%u_first_change %.2f us\n", accounts, median(changed, ROUNDS));
    printf("fork_%u_changed_bytes %zu B\n", accounts, changed_bytes);
    world_free(w);
}

/* Changes the world before each restore and reset, so that there is something to undo. */
static void snapshots(uint32_t accounts)
{
    struct mock *m = mock_with(accounts);
    struct namespace *ns = namespaces_find(m->namespaces, STR("bench"));
    double saved[ROUNDS], restored[ROUNDS], reset[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        account_lose_token(ns->world, accounts / 2, TOKEN_EXPIRED);
        int64_t before_us = time_monotonic_us();
        snapshots_save(m->namespaces, "saved", ns);
        saved[round] = since_us(before_us, 1);
        account_lose_token(ns->world, accounts / 3, TOKEN_EXPIRED);
        before_us = time_monotonic_us();
        namespace_restore(ns, snapshots_find(m->namespaces, STR("saved")));
        restored[round] = since_us(before_us, 1);
        before_us = time_monotonic_us();
        namespace_reset(ns);
        reset[round] = since_us(before_us, 1);
    }
    printf("snapshot_%u %.2f us\n", accounts, median(saved, ROUNDS));
    printf("restore_%u %.2f us\n", accounts, median(restored, ROUNDS));
    printf("reset_%u %.2f us\n", accounts, median(reset, ROUNDS));
    mock_free(m);
}

/* The first call in a namespace, which creates it, and the second. */
static void first_calls(void)
{
    struct mock *m = mock();
    struct world *w = m->fixtures[0]->world;
    struct arena a = {0};
    double first[ROUNDS], second[ROUNDS];
    add_key(w, organization_create(w, LAYERS, "org_bench", "Bench"), "free", 0);
    for (int round = 0; round < ROUNDS; round++) {
        char line[64];
        (void)snprintf(line, sizeof line, "GET /ns/w%d/v1/whoami", round);
        int64_t before_us = time_monotonic_us();
        call(m, &a, line, FREE, NULL);
        first[round] = since_us(before_us, 1);
        before_us = time_monotonic_us();
        call(m, &a, line, FREE, NULL);
        second[round] = since_us(before_us, 1);
    }
    printf("first_call %.2f us\n", median(first, ROUNDS));
    printf("second_call %.2f us\n", median(second, ROUNDS));
    arena_end(&a);
    mock_free(m);
}

int main(void)
{
    namespaces();
    first_calls();
    forks(10);
    snapshots(10);
    forks(100000);
    snapshots(100000);
    limits();
    advance(10000);
    pages(10);
    pages(1000000);
    return 0;
}
