/* connection.h - connects and disconnects an account, with everything that follows.
 *
 * Shapes:  struct connection: an account, and the setup steps that the provider runs after it is connected: they
 *          create the account's scheduling layers, the space's content layer, and a completed item of the
 *          organization's onboarding list. The steps run in order; account_reconnect runs none. A step creates only
 *          what is missing, in one transition per record. A step that a test makes fail only logs one change
 *          "..._fail" of the account; the account stays connected. Without its layers it cannot publish.
 *          layer {space, account (ROW_NONE: the space's content layer), name}; onboarding {organization, account,
 *          name}.
 * Indexes: LAYER_SPACE (space; order = account, so the content layer comes first).
 * Errors:  none.
 */
#pragma once
#include "base/enum.h"
#include "mockserver/state/account.h"

#define CONNECT_STEPS(X)                                                                                               \
    X(CONNECT_STEP_AVATAR, "avatar")                 /* set avatar_url to a permanent URL */                           \
    X(CONNECT_STEP_ACCOUNT_LAYERS, "account_layers") /* add the account's layers */                                    \
    X(CONNECT_STEP_CONTENT_LAYER, "content_layer")   /* add the space's layer, if it has none */                       \
    X(CONNECT_STEP_ONBOARDING, "onboarding")
enum connect_step { CONNECT_STEPS(ENUM_NAME) CONNECT_STEP_COUNT };
extern const char *const connect_step_texts[];

struct connect_steps { /* the provider's names of what the steps create */
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

struct connection {
    struct account account;            /* see account_connect */
    const struct connect_steps *steps; /* NULL: none */
    const char *kept_avatar_url;       /* avatar_url after the AVATAR step; NULL: unchanged */
};

/* Adds an account, also if the space already has one with that platform and handle. Returns it. */
uint32_t connection_add(struct world *w, uint32_t space, const struct connection *c);
/* Connects a platform's user to the space. If the space already has the account, the account gets a new token, keeps
 * its id and connected_at, and the rest of c->account is not used; else adds it. Returns the account. */
uint32_t connection_open(struct world *w, uint32_t space, const struct connection *c);
/* Disconnects the account permanently and cancels its queued and held destinations. Returns how many queued ones were
 * canceled. A leased account goes back to the pool. */
uint32_t account_disconnect(struct world *w, uint32_t account, enum disconnect why);
/* Sets whether the step fails the next time it runs; that run clears the setting. */
void connect_step_set_fails(struct world *w, enum connect_step step, bool fails);

uint32_t layer_find_content(const struct world *w, uint32_t space); /* or ROW_NONE */
const struct layer *layer_read(const struct world *w, uint32_t row);
const struct onboarding *onboarding_read(const struct world *w, uint32_t row);
