/* rewrite.h - sends a webhook event with other bytes: the same JSON value for a receiver that parses it, but not what a
 * receiver gets that writes the parsed JSON again.
 *
 * Shapes:  The body is rewritten for the delivery fault `rewrite`, and in a namespace with the hostile switch
 *          `webhooks`: members in another order, unknown members, white space, escaped characters. The bytes always
 *          differ from what JavaScript and Python write. The seed and the row of the delivery decide, so all attempts
 *          of a delivery have the same body. Only a hostile namespace changes the headers: their order, the case of
 *          their names, the Content-Type, more headers, and the order of two signatures; each attempt differently.
 *          The provider signs the rewritten body. `made` gets what was changed.
 * Units:   -
 * Errors:  none.
 */
#pragma once
#include "base/http/message.h"
#include "mockserver/state/world.h"

void rewrite_body(const struct world *w, uint32_t delivery, struct buf *body, struct texts *made);
void rewrite_headers(struct arena *a, const struct world *w, uint32_t delivery, struct headers *headers,
                     struct texts *made);
