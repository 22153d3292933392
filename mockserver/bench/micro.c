/* micro.c - what worlds cost, without a network: making a namespace, and forking at 10 and at
 * 100,000 accounts.
 *
 * Prints one `name value unit` line a figure: medians of many rounds.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/heap.h"
#include "base/time.h"
#include "mockserver/mock.h"
#include "mockserver/state/account.h"
#include "mockserver/state/tenant.h"

#define ROUNDS 501

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

static void namespaces(void)
{
    struct error err = {0};
    struct mock *m = mock_new(&(struct mock_options){.admin = true}, &err);
    if (!m) {
        error_print(&err, stderr);
        exit(2);
    }
    double took[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        char name[32];
        int64_t before_us = time_monotonic_us();
        for (int i = 0; i < 10; i++) {
            int n = snprintf(name, sizeof name, "n%d-%d", round, i);
            if (!namespaces_create(m->namespaces, str_of(name, (size_t)n), NULL, NULL, &err))
                exit(2);
        }
        took[round] = since_us(before_us, 10);
    }
    printf("namespace %.2f us\n", median(took, ROUNDS));
    mock_free(m);
}

static struct world *world_of(uint32_t accounts)
{
    struct world *w = world_new(1, 1777712400000, CLOCK_FROZEN);
    uint32_t organization = organization_create(w, 0, "org_bench", "Bench");
    uint32_t space = space_create(w, organization, "prj_bench", "Bench");
    for (uint32_t i = 0; i < accounts; i++) {
        char id[32], handle[32];
        snprintf(id, sizeof id, "sa_%026u", i);
        snprintf(handle, sizeof handle, "handle%u", i);
        account_connect(
            w, space,
            &(struct account_spec){.public_id = world_text(w, id),
                                   .handle = world_text(w, handle),
                                   .platform = i % 2 ? PLATFORM_TIKTOK : PLATFORM_INSTAGRAM,
                                   .connected_at_ms = 1777712400000 - i * 1000ll,
                                   .token_expires_at_ms = 1777712400000 + 86400000ll});
    }
    return w;
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

int main(void)
{
    namespaces();
    forks(10);
    forks(100000);
    return 0;
}
