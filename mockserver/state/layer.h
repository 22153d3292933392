/* layer.h - what a provider sets up behind a new connection: scheduling layers of the account, the
 * space's one layer of content, and a tick on the organization's onboarding list.
 *
 * Shapes:  layer {space, account (none: it is the space's own), name}; onboarding {organization,
 *          account, name}. Steps run in order when a new account was connected with an
 *          after_connect; each is one transition, or, where a tester wished it to fail, one change
 *          "..._fail" of the account and nothing else: the connection stands all the same. A
 *          reconnection runs none.
 * Indexes: LAYER_ID, ONBOARDING_ID (provider, public id); LAYER_SPACE (space; order account: the
 *          space's own first).
 * Errors:  none.
 */
#pragma once
#include "mockserver/state/account.h"

#define CONNECT_STEPS(X)                                                                           \
    X(AVATAR, "avatar")                 /* the picture gets an address that lasts */               \
    X(ACCOUNT_LAYERS, "account_layers") /* the account's own layers */                             \
    X(CONTENT_LAYER, "content_layer")   /* the space's, if it has none yet */                      \
    X(ONBOARDING, "onboarding")
enum connect_step {
#define X(name, text) CONNECT_STEP_##name,
    CONNECT_STEPS(X)
#undef X
        CONNECT_STEP_COUNT
};
extern const char *const connect_step_texts[];

struct after_connect { /* a provider's names for it; they outlive the connecting */
    const char *const *account_layers;
    size_t account_layer_count;
    const char *content_layer;
    const char *onboarding;
};

struct layer {
    uint32_t space, account;
    int provider;
    const char *public_id, *name;
    int64_t created_at_ms;
};

struct onboarding {
    uint32_t organization, account;
    int provider;
    const char *public_id, *name;
    int64_t at_ms;
};

void connect_steps_run(struct world *w, uint32_t account, const struct account_spec *spec);
/* Whether that step fails the next time it runs, and only then. */
void connect_step_set_fails(struct world *w, enum connect_step step, bool fails);

uint32_t layer_find_content(const struct world *w, uint32_t space); /* the space's own, or none */
const struct layer *layer_read(const struct world *w, uint32_t row);
const struct onboarding *onboarding_read(const struct world *w, uint32_t row);
