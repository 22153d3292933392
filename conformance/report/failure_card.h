/* failure_card.h - the parts of a failure card, for the pages that show several at once.
 *
 * Shapes:  the title: which claim, its words, where it is written; the fields: where the scenario
 *          asks for it, what was expected and what came; the exchange: the request as a curl line,
 *          then the answer.
 * Errors:  none.
 */
#pragma once
#include "conformance/report/page.h"

void failure_card_title(struct page *p, const struct run *r, const struct check *c); /* claims */
void failure_card_fields(struct page *p, const struct run *r,
                         const struct check *c); /* one mismatch */
void failure_card_exchange(struct page *p, const struct exchange_record *x);
const char *failure_card_line(struct page *p,
                              const struct check *c); /* all of it in one short line */
