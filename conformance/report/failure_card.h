/* failure_card.h - the parts of a failure card, for reports that show several cards.
 *
 * Shapes:  the title: each cited claim with its text and source. The fields of one failed check: its id, its place in
 *          the scenario, and the expected and actual values. The exchange: the request as a curl line, then the
 *          response.
 * Errors:  none.
 */
#pragma once
#include "conformance/report/text_layout.h"

void failure_card_title(struct text_layout *t, const struct run *r, const struct check *c);
void failure_card_fields(struct text_layout *t, const struct run *r, const struct check *c);
/* Adds nothing if x is NULL. */
void failure_card_exchange(struct text_layout *t, const struct exchange_record *x);
/* Returns the statuses of all attempts, for example "429, 200, after waits of 4.0 s"; NULL if there was only one. */
const char *attempts_text(struct arena *a, const struct exchange_record *x);
/* Returns the reason of a check without a result. */
const char *undecided_cause(const struct check *c);
/* Returns the whole failure as one short line, for example for JUnit's message attribute. */
const char *failure_card_line(struct text_layout *t, const struct check *c);
