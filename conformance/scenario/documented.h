/* documented.h - rejects names of scenarios that the provider does not document: a misspelt one proves nothing.
 *
 * Shapes:  compares calls, query parameters, members, headers and events with operations.yaml of the provider. A step
 *          lists what it uses on purpose although it is not documented in `undocumented`: `operation`, `query/NAME`,
 *          `request/POINTER`, `response/POINTER`, `headers/NAME`. A call with cases is compared for each case.
 * Errors:  each undocumented name at its place, with a similar one; an entry of `undocumented` that is documented or
 *          not used; a claim that only undocumented operations decide. Without operations.yaml: none.
 */
#pragma once
#include "conformance/scenario/validate.h"

bool validate_documented(struct validation *c, const struct step *s);
bool validate_documented_claims(struct validation *c, const struct scenario *sc);

/* members.c: calls fn for each pointer that the value names, below `base`; "*" is each item of a list. fn returns false
 * to leave out what is below. */
typedef bool member_fn(void *ctx, const char *pointer, struct where at);
void members_of_expectation(struct arena *a, const struct node *x, const char *base, member_fn *fn, void *ctx);
void members_of_value(struct arena *a, const struct node *value, const char *base, member_fn *fn, void *ctx);

/* cases.c: a text in which the variables of a case have their values. References to anything else stay. */
const char *text_of_case(struct arena *a, const struct step *s, size_t index, const char *text);
