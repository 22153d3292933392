/* fixture_build.h - what a project starts with besides its accounts and posts: leases and ad
 * accounts.
 *
 * Errors:  as fixture.c: false when a mistake was added to the load's error; what was built is
 *          thrown away with the world.
 */
#pragma once
#include "mockserver/providers/layers/fixture_fields.h"

bool fixture_build_pool(struct fixture_load *load, const struct fixture_layers *all);
/* Price and followers that a leased account does not say are those of the pool's account. */
void fixture_lease_terms(const struct fixture_load *load, struct fixture_account *a);
/* The pool's account of that handle, if there is one, is leased as this one, once built. */
bool fixture_lease_from_pool(struct fixture_load *load, const struct fixture_account *a);
bool fixture_build_lease_requests(struct fixture_load *load, uint32_t project,
                                  const struct fixture_project *p);
/* Once all projects of the organization are there. */
bool fixture_build_webhooks(struct fixture_load *load, uint32_t organization,
                            const struct fixture_organization *o);
bool fixture_build_ad_accounts(struct fixture_load *load, uint32_t project,
                               const struct fixture_project *p);
