/* list_claims.h - prints the claims of a suite, with their places in the documentation.
 *
 * Shapes:  as text, one claim per line: ID, level, claim, document and heading, URL or path; separated by tabs. As
 *          JSON, a list of maps with the keys of claims.yaml and of `origin` (result.h).
 * Errors:  none.
 */
#pragma once
#include "conformance/plan/plan.h"

void list_claims(struct arena *a, const struct suite *suite, bool as_json);
