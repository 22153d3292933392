/* hooks.h - PostEverywhere's webhooks: their endpoints, events and delivery requests.
 *
 * Shapes:  hooks.c serves the endpoints; hooks_events.c maps changes to events and writes the
 *          delivery requests. A webhook's name is stored in the metadata of its record.
 * Units:   X-PostEverywhere-Timestamp is in seconds.
 * Source:  the provider's clients, which know twelve events; its pages are silent on retries.
 */
#pragma once
#include "mockserver/providers/posteverywhere/posteverywhere.h"
#include "mockserver/providers/shared/hooks.h"

#define PE_TEST_EVENT "webhook.test"

extern const struct webhooks pe_webhooks;

extern const struct hook_catalogue pe_catalogue;
const char *pe_mint_secret(struct world *w);                     /* generates a signing secret: whsec_... */
const char *pe_hook_metadata(struct arena *a, const char *name); /* JSON: {"name": name} */

void pe_create_webhook(struct call *c);
void pe_list_webhooks(struct call *c);
void pe_read_webhook(struct call *c);
void pe_update_webhook(struct call *c);
void pe_delete_webhook(struct call *c);
void pe_test_webhook(struct call *c);
