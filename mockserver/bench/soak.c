/* soak.c - checks under a mixed load on one namespace, in this process, that memory and the time of a call stay flat.
 *
 *   bench_soak CALLS [BLOCK [HISTORY]]
 *       prints one line after each BLOCK calls (default: a tenth): the calls, the resident memory of this
 *       process, the largest size of the state in the block, by part, the time of a call and the slowest call;
 *       then the time and the statuses of each shape of call. The status is 1 if a
 *       later block has more than 5 % above the fourth one, or a call takes more than 20 ms. HISTORY is the
 *       option --history; -1: no limit.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "mockserver/bench/soak_load.h"

#define WARM_BLOCKS 4
#define WORST_US    20000

static double mb(size_t bytes)
{
    return (double)bytes / 1e6;
}

/* Memory and the time of a call are within 5 % of those after the warm-up, and no call took too long. */
static bool is_within(const struct soak_figures *f, const struct soak_figures *warm)
{
    return (double)f->state_bytes <= 1.05 * (double)warm->state_bytes && f->us_per_call <= 1.05 * warm->us_per_call &&
           f->worst_us <= WORST_US;
}

int main(int argc, char **argv)
{
    uint64_t calls = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    uint64_t block = argc > 2 ? strtoull(argv[2], NULL, 10) : calls / 10;
    if (!calls || !block) {
        fprintf(stderr, "usage: bench_soak CALLS [BLOCK [HISTORY]]\n");
        return 2;
    }
    struct mock_options options = {.history = argc > 3 ? strtoll(argv[3], NULL, 10) : 0};
    struct soak *s = soak_new(1, &options);
    printf("%10s %8s %8s |%8s %8s %8s %8s %8s %8s | %7s %8s\n", "calls", "RSS MB", "state MB", "records", "events",
           "changes", "indexes", "strings", "other", "us/call", "worst us");
    struct soak_figures warm = {0};
    bool within = true;
    int blocks = 0;
    for (uint64_t made = 0; made < calls; made += block) {
        soak_run(s, block);
        struct soak_figures f = soak_figures(s);
        if (++blocks == WARM_BLOCKS)
            warm = f;
        within = within && (blocks <= WARM_BLOCKS || is_within(&f, &warm));
        const struct world_bytes *b = &f.state;
        printf("%10llu %8.1f %8.1f |%8.2f %8.2f %8.2f %8.2f %8.2f %8.2f | %7.1f %8.0f\n", (unsigned long long)f.calls,
               mb(soak_resident_bytes()), mb(f.state_bytes), mb(b->records), mb(b->events), mb(b->changes),
               mb(b->indexes), mb(b->strings), mb(b->other), f.us_per_call, f.worst_us);
        (void)fflush(stdout);
    }
    struct soak_figures f = soak_figures(s);
    printf("%.1f %% reads, %llu webhook requests, %zu accounts, %zu posts\n", 100 * (double)f.reads / (double)f.calls,
           (unsigned long long)f.deliveries, f.accounts, f.posts);
    soak_print_shapes(s, stdout);
    soak_free(s);
    printf("%s\n", within ? "ok: flat after the warm-up" : "OVER: not flat after the warm-up");
    return within ? 0 : 1;
}
