/* outbox.h - reads a world's change log: what webhooks are to be told becomes a delivery, and a
 * delivery whose attempt is due is handed on.
 *
 * Shapes:  the world remembers how far its log has been read (world.webhook_cursor), so that a fork goes
 *          on from there and nothing is told twice. What befalls a delivery is asked once for an
 *          event, as its first delivery is met.
 * Errors:  none.
 */
#pragma once
#include "mockserver/webhooks.h"

struct outbox {
    const struct webhooks *(*of)(int provider); /* NULL: it has none */
    /* What befalls the event of this delivery: `faults` is all zero, and stays so for nothing. What it
     * fills lives until the log has been read. */
    void (*wish)(void *ctx, uint32_t delivery, struct delivery_faults *faults);
    void (*due)(void *ctx, uint32_t delivery);
    void *ctx;
};

void outbox_read(struct world *w, const struct outbox *o);
/* Those under way by the world's own account, where nobody carries them: after a fork. */
void outbox_resume(const struct world *w, const struct outbox *o);
