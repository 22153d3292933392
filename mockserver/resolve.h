/* resolve.h - which world and which provider a request is for.
 *
 * Shapes:  the world: /ns/<name>, else X-Mock-Namespace, else the one the credential is bound to,
 *          else "default"; it comes into being when a provider's call first names it. The provider:
 *          mount, else Host, else whose route it is, else by prefix (for the error's shape). The
 *          mock's own endpoints (/__admin, /__consent) stand beside the providers.
 * Errors:  FAULT_NAMESPACE; FAULT_NO_ROUTE and FAULT_METHOD, with the nearest routes.
 */
#pragma once
#include "mockserver/call.h"

bool resolve_namespace(
    struct call *c); /* path, ns, world, base_url; the provider if it is the mock's own */
bool resolve_route(struct call *c); /* provider, route, params */
bool resolve_is_internal(const struct call *c);
bool resolve_names_internal(const struct call *c); /* by its path alone: is it for the admin API? */

/* A refusal's place, for what never became a proper call: nothing is created, nothing refused. */
void resolve_refusal(struct call *c);
