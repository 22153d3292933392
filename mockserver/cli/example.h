/* example.h - the examples of the reference page. The page shows them, and the tests run them.
 *
 * Shapes:  reference/examples.yaml, built into the program: a list of struct example. `of` names
 *          the entry of the page: "rule.nth", "simulate.plan". An example starts from its
 *          `fixture`, by default the sample; then its rule is added, then its calls are made in
 *          order, with a frozen clock. `$name` in a call stands for a value that an earlier call
 *          has saved.
 * Units:   as in the tables that read the values.
 * Errors:  none: an unreadable list is a bug and aborts.
 */
#pragma once
#include "base/fields.h"

struct example_call {
    const char *call; /* "POST /v1/posts" */
    const char *key;  /* API key of the call; NULL: the sample's first key of that provider */
    const struct node *headers, *body;
    int64_t status;
    const struct node *sees; /* expectation of the body; NULL: not checked */
    const struct node *has;  /* expectations of headers, a map */
    const struct node *save; /* {name: JSON pointer into the response} */
    int64_t late_ms;         /* delay that rules add, in real time */
    const char *cut;         /* where rules close the connection; NULL: they do not */
    int64_t speed;           /* bytes per second; 0: not limited */
};

struct example {
    const char *of, *says;
    const char *fixture, *rule;     /* YAML; NULL: none */
    int64_t hits;                   /* of that rule, after the calls; default 1 */
    const struct node *value;       /* only for a matcher: a value ... */
    const struct node *expectation; /* ... and an expectation that it meets */
    struct field_list calls;
};

struct field_list examples_read(struct arena *a);
