/* random_calls.h - generates random calls to a mock, for property-based tests.
 *
 * Shapes:  struct random_calls: a generator of steps. Its seed and the states of the mock determine
 *          the steps. A step is one HTTP call, so the same step can be sent to several mocks.
 *          Provider calls are generated from the route tables, simulations from their body tables,
 *          patches from the record tables; so new rows of those tables are tested without a change
 *          here. Ids are taken from the mock's state.
 *          struct network replaces the network that webhooks are delivered to.
 * Units:   RANDOM_CALLS_SEED in the environment: run only this seed and print its steps.
 * Errors:  an unexpected 5xx response fails the test and prints the seed and the step.
 */
#pragma once
#include "mockserver/tests/mock_test.h"

/* Kinds of steps; a bit mask. */
enum {
    RANDOM_PROVIDER_CALLS = 1, /* calls of a provider's API */
    RANDOM_SIMULATIONS = 2,    /* except those that add rules */
    RANDOM_TIME = 4,
    RANDOM_PATCHES = 8,
    RANDOM_RULES = 16,
    RANDOM_NAMESPACES = 32, /* snapshots, restores, resets, copies of a namespace */
    RANDOM_BREAKS = 64,     /* patches that skip the invariants; a call may then meet a violated condition */
    RANDOM_LOADS = 128,     /* exports of the state, loaded into a namespace */
    RANDOM_ALL = 255,
    RANDOM_BASIC = RANDOM_PROVIDER_CALLS | RANDOM_SIMULATIONS | RANDOM_TIME | RANDOM_PATCHES,
};

struct random_calls {
    uint64_t seed, random;
    const unsigned char *bytes; /* the choices, one or two bytes each; NULL: they come from the seed */
    size_t byte_count;
    unsigned kinds;
    size_t steps;
};

#define STEP_HEADERS 3

struct step {
    const char *line, *body;           /* "METHOD /path?query"; NULL: none */
    const char *headers[STEP_HEADERS]; /* "Name: value" */
};

struct random_calls random_calls_new(uint64_t seed, unsigned kinds);
/* The steps come from these bytes, which must stay valid. They end when byte_count is 0. */
struct random_calls random_calls_of_bytes(const void *bytes, size_t count, unsigned kinds);
/* Generates the next step from the state of the default namespace. */
struct step random_calls_next(struct arena *a, struct random_calls *w, struct mock *m);
/* Sends the step. Returns the response (status, headers, body) as text. */
const char *random_calls_run(struct arena *a, struct random_calls *w, struct mock *m, const struct step *step);
const char *step_text(struct arena *a, const struct step *step);

struct network { /* records the delivered requests as text; answers some of them with an error */
    struct arena arena;
    struct buf sent;
    uint64_t count;
};
void network_join(struct network *n, struct mock *m);
void network_end(struct network *n);

/* A mock with a frozen clock and all three providers, with webhooks, intermediate states and a
 * lease pool. Hostile mode is on for every fourth seed. */
struct mock *random_calls_mock(struct network *n, uint64_t seed);
/* Calls `run` for the seeds first..first+count-1, or only for RANDOM_CALLS_SEED. */
void random_calls_for_seeds(uint64_t first, uint64_t count, void (*run)(uint64_t seed));
/* The default namespace as a fixture. Re-adds its rules, so that their counters start at 0, as in a
 * mock that loads the fixture. */
const char *random_calls_export(struct arena *a, struct mock *m);
