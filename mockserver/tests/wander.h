/* wander.h - random histories of a mock, for tests of what holds of every one of them.
 *
 * Shapes:  struct wander: a sequence of steps that follows from its seed and from the worlds it is
 *          shown. A step is one call, written out, so that it can be played to several mocks. Calls
 *          are made from the route tables, simulations from their bodies' tables, patches from the record
 *          tables; ids come from the world. What is new there joins by itself.
 *          struct network stands in for all that webhooks are delivered to.
 * Units:   WANDER_SEED in the environment plays that one seed alone, and prints its steps.
 * Errors:  a response that no mock may give fails the test, with the seed and the step.
 */
#pragma once
#include "mockserver/tests/mock_test.h"

/* Kinds of steps, to be or-ed. */
enum {
    WANDER_CALLS = 1,       /* as a provider's client */
    WANDER_SIMULATIONS = 2, /* but for those that make rules */
    WANDER_TIME = 4,
    WANDER_PATCHES = 8,
    WANDER_RULES = 16,
    WANDER_WORLDS = 32, /* snapshots and their restoring, resets, worlds made of others */
    WANDER_HISTORY = WANDER_CALLS | WANDER_SIMULATIONS | WANDER_TIME | WANDER_PATCHES,
};

struct wander {
    uint64_t seed, random;
    unsigned kinds;
    size_t steps;
};

#define STEP_HEADERS 3

struct step {
    const char *line, *body;           /* "METHOD /path?query"; NULL: none */
    const char *headers[STEP_HEADERS]; /* "Name: value" */
};

struct wander wander_new(uint64_t seed, unsigned kinds);
/* The next step in the world of the default namespace. */
struct step wander_next(struct arena *a, struct wander *w, struct mock *m);
/* Status, headers and body as text. Checks what holds of any answer. */
const char *wander_play(struct arena *a, struct wander *w, struct mock *m, const struct step *step);
const char *step_text(struct arena *a, const struct step *step);

struct network { /* what was delivered: requests as text, a few of which are refused */
    struct arena arena;
    struct buf sent;
    uint64_t count;
};
void network_join(struct network *n, struct mock *m);
void network_end(struct network *n);

/* A frozen world of all three providers, with webhooks, in-between states and a lease pool; of every
 * fourth seed a hostile one. */
struct mock *wander_mock(struct network *n, uint64_t seed);
/* Seeds first..first+count-1, or the one in the environment. */
void wander_seeds(uint64_t first, uint64_t count, void (*play)(uint64_t seed));
/* The default world as a fixture, its rules counting anew from now on. */
const char *wander_export(struct arena *a, struct mock *m);
