/* example.h - the examples of the reference page. The page shows them, the tests run them.
 *
 * Shapes:  reference/examples.yaml, built into the program: a list of struct example. What one is
 *          about is `of`: "rule.nth", "simulate.plan". Its world is the sample, or its own `fixture`;
 *          then its rule is added, then its calls are made, in order, with time standing still.
 *          A text $name in a call is what an earlier one of the example has saved.
 * Units:   as in the tables that the texts are read by.
 * Errors:  none: a list that cannot be read is our own bug.
 */
#pragma once
#include "base/fields.h"

struct example_call {
    const char *call; /* "POST /v1/posts" */
    const char *key;  /* the caller's, in full; NULL: the sample's first of that provider */
    const struct node *headers, *body;
    int64_t status;
    const struct node *sees; /* an expectation of the body; NULL: nothing is said of it */
    const struct node *has;  /* the same of headers, a map */
    const struct node *save; /* {name: pointer into the response} */
    int64_t late_ms;         /* real time that rules add */
    const char *cut;
    int64_t speed; /* bytes a second */
};

struct example {
    const char *of, *says;
    const char *fixture, *rule;     /* YAML; NULL: none */
    int64_t hits;                   /* of that rule, in the end */
    const struct node *value;       /* for a matcher, instead of all that: what it holds of ... */
    const struct node *expectation; /* ... and how it is written */
    struct field_list calls;
};

struct field_list examples_read(struct arena *a);
