/* variation.h - varies a JSON body within what the documentation leaves open: same content, other bytes.
 *
 * Shapes:  struct variation says what may vary and where the random numbers come from. Responses of hostile namespaces
 *          (hostile.h) and the bodies of webhook deliveries (runtime/rewrite.h) use it. The provider's struct
 *          variations says what is legal.
 * Units:   -
 * Errors:  a body that is not JSON stays unchanged.
 */
#pragma once
#include "base/buf.h"
#include "base/random.h"
#include "mockserver/state/world.h"

struct variations;

struct variation {
    const struct variations *allowed;
    unsigned what;         /* bits of enum hostile_switch: those of bodies */
    bool always;           /* the bytes always differ from what a serializer writes; else they do now and then */
    const char *operation; /* whose rows may be reordered; NULL: none */
    uint64_t seed, number; /* the same numbers give the same variations */
    struct texts *trace;   /* gets what was varied, in the arena of the body */
};

/* Purposes from VARIATION_PURPOSES to below 100 are free for callers. */
#define VARIATION_PURPOSES 10
struct random variation_random(uint64_t seed, uint64_t number, uint64_t purpose);

/* Replaces the body. */
void variation_of_body(const struct variation *v, struct buf *body);
