/* reference.h - prints the reference page from the tables with which the program reads its input.
 *
 * Shapes:  Markdown. The page is stored in REFERENCE.md; a test checks that the file is current, and runs the examples
 *          of the page.
 * Errors:  none.
 */
#pragma once
#include "base/buf.h"
#include "base/fields.h"

void reference_print(struct buf *out);

/* The mock's own HTTP headers, on requests and on responses. */
struct mock_header {
    const char *name, *help;
};
extern const struct mock_header mock_headers[];
extern const size_t mock_header_count;

/* The examples of the page (examples.yaml, built into the program). The page shows them, and the tests run them. `of`
 * names the entry of the page: "rule.nth", "simulate.plan". An example starts from its `fixture`, by default the
 * sample; then its rule is added, then its calls are made in order, with a frozen clock. `$name` in a call is a value
 * that an earlier call has saved. An unreadable list is a bug and aborts. */
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
