/* hooks.h - what the webhooks of several providers do alike: endpoints, events, secrets.
 *
 * Shapes:  an endpoint's record stores the names of its events separated by spaces (put_names prints them).
 * Units:   -
 * Errors:  hooks_own and hooks_check_body return ROW_NONE or false after they have refused the call.
 */
#pragma once
#include "mockserver/provider_api/webhooks.h"
#include "mockserver/providers/shared/handler.h"
#include "mockserver/state/record.h"
#include "mockserver/state/webhook.h"

struct hook_catalogue { /* the events that a webhook may subscribe to */
    const char *const *names;
    size_t count;
};

#define HOOKS_NOT_AN_EVENT "is not in the event catalogue"
bool hooks_event_known(const struct hook_catalogue *known, const char *name);

/* The caller's webhook whose id is the first path parameter. Else refuses the call (FAULT_NOT_FOUND). */
uint32_t hooks_own(struct call *c, const char *refusal);
/* Checks `url` (NULL: not checked) and the event names of a request body, its members "url" and "events". */
bool hooks_check_body(struct call *c, const char *url, const struct field_list *events,
                      const struct hook_catalogue *known, enum path_notation notation);
/* Generates a signing secret: whsec_ and two random parts in these forms. */
const char *hooks_mint_secret(struct world *w, enum id_form first, enum id_form second);
/* Returns the HMAC-SHA256 of the text in hexadecimal. */
const char *hooks_hmac(struct arena *a, const char *secret, struct str text);

/* Writes the members of an event's payload about a record. */
typedef void hooks_put_fn(struct json *out, const struct world *w, uint32_t row);
/* Fills in an event about the change's record, with an object that `put` writes as payload (in the arena). */
void hooks_fill_event(struct arena *a, const struct world *w, const struct change *change, const char *type,
                      hooks_put_fn *put, struct webhook_event *event);
