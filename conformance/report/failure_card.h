/* failure_card.h - the parts of a failure card, for the texts that show several at once.
 *
 * Shapes:  the title: which claim, its words, where it is written; the fields: where the scenario
 *          asks for it, what was expected and what came; the exchange: the request as a curl line,
 *          then the response.
 * Errors:  none.
 */
#pragma once
#include "conformance/report/text_layout.h"

void failure_card_title(struct text_layout *t, const struct run *r,
                        const struct check *c); /* claims */
void failure_card_fields(struct text_layout *t, const struct run *r,
                         const struct check *c); /* one mismatch */
void failure_card_exchange(struct text_layout *t, const struct exchange_record *x);
const char *failure_card_line(struct text_layout *t,
                              const struct check *c); /* all of it in one short line */
