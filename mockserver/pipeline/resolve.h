/* resolve.h - finds the namespace and the provider of a request.
 *
 * Shapes:  namespace: from /ns/<name>, else from X-Mock-Namespace, else from a credential bound to one, else "default".
 *          A call to a provider creates it on first use, unless the mock has --explicit-namespaces.
 *          provider: from the mount, else from the Host header, else from the route that matches, else from the path
 *          prefix (only for the format of the error response). The mock's own endpoints, /__admin and /__consent, are
 *          providers too (own_providers).
 * Errors:  FAULT_NAMESPACE; FAULT_NO_ROUTE and FAULT_METHOD, with the nearest routes.
 */
#pragma once
#include "mockserver/provider_api/call.h"

/* Sets path, ns, world and base_url, and the provider if it is one of the mock's own endpoints. Returns false, with a
 * fault, if there is no such namespace. */
bool resolve_namespace(struct call *c);
/* Sets provider, route and params. Returns false, with a fault, if no route matches. */
bool resolve_route(struct call *c);
/* Finds the route again, after a rule changed c->path. */
void resolve_path(struct call *c);
/* True if the path is below /__admin; may be called before resolve_namespace. */
bool resolve_names_admin(const struct call *c);

/* Sets path, ns, world, provider and route as far as they exist. Creates no namespace, sets no fault and has no
 * effects. */
void resolve_peek(struct call *c);
/* Sets path, world and provider for an error response. Creates no namespace and sets no fault. */
void resolve_refusal(struct call *c);
