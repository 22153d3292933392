/* fixture_build.h - creates a fixture's lease pool, lease requests, ad accounts and webhooks.
 *
 * Errors:  each function returns false if it added a problem to the load's error. The world is then
 *          discarded, with all records created in it.
 */
#pragma once
#include "mockserver/providers/layers/fixture_fields.h"

bool fixture_build_pool(struct fixture_load *load, const struct fixture_layers *all);
/* Copies price and followers from the pool account of that handle if a leased account has none. */
void fixture_lease_terms(const struct fixture_load *load, struct fixture_account *a);
/* Marks the pool account of that handle, if there is one, as leased. Call it after the account is
 * created. Reports a problem if the pool account is already leased. */
bool fixture_lease_from_pool(struct fixture_load *load, const struct fixture_account *a);
bool fixture_build_lease_requests(struct fixture_load *load, uint32_t project, const struct fixture_project *p);
/* Must be called after all projects of the organization are created. */
bool fixture_build_webhooks(struct fixture_load *load, uint32_t organization, const struct fixture_organization *o);
bool fixture_build_ad_accounts(struct fixture_load *load, uint32_t project, const struct fixture_project *p);
