/* random.h - small random numbers from a seed (splitmix64): the same seed gives the same numbers.
 *
 * Shapes:  struct random; a value, initialised with {seed}.
 * Units:   -
 * Errors:  none.
 */
#pragma once
#include <stdint.h>

struct random {
    uint64_t state;
};

/* Returns a number from 0 to below `count`, which must not be 0. */
static inline uint64_t random_below(struct random *r, uint64_t count)
{
    uint64_t x = r->state += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (x ^ (x >> 31)) % count;
}
