/* soak_load.h - a mixed load for one namespace of a mock in this process: what a team does with it for months.
 *
 * Shapes:  struct soak: a mock with all three providers and a frozen clock, and what its clients know: the ids of
 *          responses. About 70 % of the calls read; the others connect accounts (with consent, or abandoned), revoke
 *          them, lose tokens, schedule, cancel and delete posts, upload, generate, lease, repeat idempotency keys, make
 *          mistakes, and step the clock. The clients keep the number of live accounts, endpoints and uploads about
 *          constant, so whatever else remains is history. The seed decides the calls.
 * Units:   calls; bytes by the mock's own account; microseconds of processor time.
 * Errors:  a 5xx response, or a shape of call that never succeeds, ends the process.
 */
#pragma once
#include "mockserver/runtime/mock.h"
#include "mockserver/state/world.h"
#include <stdio.h>

struct soak;

struct soak *soak_new(uint64_t seed, const struct mock_options *options);
void soak_free(struct soak *s);

/* Makes at least this many calls. */
void soak_run(struct soak *s, uint64_t calls);

struct soak_figures {
    uint64_t calls, reads, deliveries;
    double us_per_call;       /* in the mock; since the figures before */
    double worst_us;          /* the slowest call since then */
    struct world_bytes state; /* largest since then, by part */
    size_t state_bytes;       /* largest sum since then */
    size_t accounts, posts;   /* records now, of all providers */
};
struct soak_figures soak_figures(struct soak *s); /* starts the next period */
struct world *soak_world(struct soak *s);
struct mock *soak_mock(struct soak *s);
size_t soak_resident_bytes(void); /* of this process */
/* Prints for each shape of call: the time of a call, the slowest one, and how often each status came. */
void soak_print_shapes(const struct soak *s, FILE *to);
