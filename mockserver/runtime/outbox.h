/* outbox.h - turns the entries of a namespace's change log into webhook deliveries and attempts.
 *
 * Shapes:  world.webhook_cursor is the last change that was read; a fork continues from there, so
 *          that no event is delivered again. The faults of an event are computed once, with its
 *          first delivery, and shared by all of its deliveries.
 * Units:   -
 * Errors:  none.
 */
#pragma once
#include "mockserver/provider_api/webhooks.h"

struct outbox {
    const struct webhooks *(*of)(int provider); /* NULL: the provider has no webhooks */
    /* Adds the faults of the delivery's event; `faults` is all zero, which means no fault. Its texts
     * must live until outbox_read returns. */
    void (*add_faults)(void *ctx, uint32_t delivery, struct delivery_faults *faults);
    void (*start)(void *ctx, uint32_t delivery); /* sends an attempt that is due */
    void *ctx;
};

void outbox_read(struct world *w, const struct outbox *o);
/* Re-sends deliveries marked in flight that have no request (after a fork or an import). */
void outbox_resume(const struct world *w, const struct outbox *o);
