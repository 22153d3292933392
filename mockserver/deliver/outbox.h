/* outbox.h - reads a world's change log: what webhooks are to be told becomes a delivery, and a
 * delivery whose attempt is due is handed on.
 *
 * Shapes:  the world remembers how far its log has been read (world.announced), so that a fork goes
 *          on from there and nothing is told twice.
 * Errors:  none.
 */
#pragma once
#include "mockserver/webhooks.h"

typedef const struct webhooks *webhooks_of_fn(int provider); /* NULL: it has none */
typedef void outbox_due_fn(void *ctx, uint32_t delivery);

void outbox_read(struct world *w, webhooks_of_fn *of, outbox_due_fn *due, void *ctx);
/* Those under way by the world's own account, where nobody carries them: after a fork. */
void outbox_resume(const struct world *w, outbox_due_fn *due, void *ctx);
