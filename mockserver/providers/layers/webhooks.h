/* webhooks.h - Layers' webhooks: endpoints, the event catalogue, and deliveries.
 *
 * Shapes:  webhooks.c and webhook_deliveries.c hold the handlers; webhook_events.c maps changes to
 *          events.
 * Units:   times are printed with milliseconds, as in the documentation's samples.
 * Source:  the API reference, Webhooks.
 */
#pragma once
#include "mockserver/provider_api/call.h"
#include "mockserver/provider_api/webhooks.h"

#define LAYERS_EVENT_COUNT 16
#define LAYERS_TEST_EVENT  "test.ping"

extern const struct webhooks layers_webhooks;
extern const char *const layers_events[LAYERS_EVENT_COUNT];

/* Finds the endpoint whose id is the first path parameter. Refuses the call (NOT_FOUND) and returns
 * ROW_NONE if it does not exist, is deleted, or belongs to another organization. */
uint32_t layers_webhook(struct call *c);
/* Refuses the call (CONFLICT) and returns false if the endpoint is not active. */
bool layers_webhook_active(struct call *c, uint32_t webhook);
void layers_put_millis(struct call *c, const char *key, int64_t ms); /* 0: prints null */
bool layers_event_known(const char *name);
const char *layers_mint_secret(struct world *w); /* whsec_... */

void layers_create_webhook_endpoint(struct call *c);
void layers_list_webhook_endpoints(struct call *c);
void layers_read_webhook_endpoint(struct call *c);
void layers_update_webhook_endpoint(struct call *c);
void layers_delete_webhook_endpoint(struct call *c);
void layers_rotate_webhook_secret(struct call *c);
void layers_test_webhook_endpoint(struct call *c);
void layers_list_webhook_deliveries(struct call *c);
void layers_replay_webhook_delivery(struct call *c);
