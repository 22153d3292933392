#include "mockserver/state/connection.h"

#include <string.h>

#include "mockserver/state/lease.h"
#include "mockserver/state/post.h"
#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"

const char *const connect_step_texts[] = {CONNECT_STEPS(ENUM_TEXT)};

/* clang-format off */
static const struct record_field layer_fields[] = {
    MEMBER_ID(layer, public_id),
    MEMBER_REF(layer, space, FIXED_NEEDED, RECORD_SPACE),
    MEMBER_OWNER(layer, account, FIXED, RECORD_ACCOUNT),
    MEMBER_TEXT(layer, name, FREE),
    MEMBER_TIME(layer, created_at),
};
/* clang-format on */

static void add_layer_entries(const struct world *w, const void *record, uint32_t row, struct index_entries *to)
{
    (void)w;
    const struct layer *l = record;
    index_entries_put(to, INDEX_LAYER_SPACE, l->space, l->account, row);
}

static const char *check_layer(const struct world *w, const struct index *waiting, uint32_t row)
{
    (void)waiting;
    const struct layer *l = layer_read(w, row);
    if (!l->space || !l->name)
        return "a layer must have a space and a name";
    if (l->account && account_read(w, l->account)->space != l->space)
        return "a layer must have the same space as its account";
    if (!l->account && layer_find_content(w, l->space) != row)
        return "a space must have at most one content layer";
    return NULL;
}

const struct record_type layer_record_type = {
    RECORD_TYPE(RECORD_LAYER, layer, public_id),
    .help = "a layer that Layers sets up for a new account, or for the space",
    RECORD_PROVIDER(layer),
    .add_entries = add_layer_entries,
    .check = check_layer,
};

static const struct record_field onboarding_fields[] = {
    MEMBER_ID(onboarding, public_id),
    MEMBER_REF(onboarding, organization, FIXED_NEEDED, RECORD_ORGANIZATION),
    MEMBER_OWNER(onboarding, account, FIXED_NEEDED, RECORD_ACCOUNT),
    MEMBER_TEXT(onboarding, name, FREE),
    MEMBER_TIME(onboarding, at),
};

static const char *check_onboarding(const struct world *w, const struct index *waiting, uint32_t row)
{
    (void)waiting;
    const struct onboarding *o = onboarding_read(w, row);
    return o->organization && o->account && o->name
               ? NULL
               : "an onboarding item must have an organization, an account and a name";
}

const struct record_type onboarding_record_type = {
    RECORD_TYPE(RECORD_ONBOARDING, onboarding, public_id),
    .help = "a completed item of an organization's onboarding list",
    RECORD_PROVIDER(onboarding),
    .check = check_onboarding,
};

static bool is_text(const char *text, const char *other)
{
    return text && other ? strcmp(text, other) == 0 : text == other;
}

static void create_layer(struct world *w, uint32_t account, bool for_space, const char *name)
{
    const struct account *a = account_read(w, account);
    const struct layer l = {
        .space = a->space,
        .account = for_space ? ROW_NONE : account,
        .provider = a->provider,
        .public_id = ids_mint(w, "layer_", ID_ULID),
        .name = name,
        .created_at_ms = a->connected_at_ms,
    };
    record_create(w, RECORD_LAYER, &l, TRANSITION_LAYER_CREATE);
}

/* Only the platform's own URL expires. */
static void keep_avatar(struct world *w, uint32_t account, const struct connection *c)
{
    if (!c->kept_avatar_url || !is_text(account_read(w, account)->avatar_url, c->account.avatar_url))
        return;
    struct transition t;
    struct account *a = transition_begin(&t, w, RECORD_ACCOUNT, account);
    a->avatar_url = world_text(w, c->kept_avatar_url);
    transition_end(&t, TRANSITION_ACCOUNT_KEEP_AVATAR);
}

static bool has_layer(const struct world *w, uint32_t account, const char *name)
{
    uint32_t space = account_read(w, account)->space;
    struct index_walk walk;
    index_from(&w->indexes[INDEX_LAYER_SPACE], &walk, (struct index_entry){space, account, 0});
    while (index_next_of(&walk, space) && walk.entry.order == account)
        if (is_text(layer_read(w, walk.entry.row)->name, name))
            return true;
    return false;
}

static bool has_account_layers(const struct world *w, uint32_t account)
{
    struct index_walk walk;
    index_from(&w->indexes[INDEX_LAYER_SPACE], &walk,
               (struct index_entry){account_read(w, account)->space, account, 0});
    return index_next_of(&walk, account_read(w, account)->space) && walk.entry.order == account;
}

static void create_account_layers(struct world *w, uint32_t account, const struct connection *c)
{
    if (account_read(w, account)->unprepared)
        ((struct account *)world_edit(w, RECORD_ACCOUNT, account))->unprepared = false;
    for (size_t i = 0; i < c->steps->account_layer_count; i++)
        if (!has_layer(w, account, c->steps->account_layers[i]))
            create_layer(w, account, false, c->steps->account_layers[i]);
}

static void ensure_content_layer(struct world *w, uint32_t account, const struct connection *c)
{
    if (!layer_find_content(w, account_read(w, account)->space))
        create_layer(w, account, true, c->steps->content_layer);
}

/* A new account has none; so a fixture with many accounts is built without this search. */
static bool has_onboarding(const struct world *w, uint32_t account, const char *name)
{
    bool is_new = account_read(w, account)->token_generation == 1;
    for (uint32_t row = 0; !is_new && world_next(w, RECORD_ONBOARDING, &row);)
        if (onboarding_read(w, row)->account == account && is_text(onboarding_read(w, row)->name, name))
            return true;
    return false;
}

static void add_onboarding(struct world *w, uint32_t account, const struct connection *c)
{
    if (has_onboarding(w, account, c->steps->onboarding))
        return;
    const struct account *a = account_read(w, account);
    const struct onboarding o = {
        .organization = space_read(w, a->space)->organization,
        .account = account,
        .provider = a->provider,
        .public_id = ids_mint(w, "task_", ID_ULID),
        .name = c->steps->onboarding,
        .at_ms = a->connected_at_ms,
    };
    record_create(w, RECORD_ONBOARDING, &o, TRANSITION_ONBOARDING_TICK);
}

/* clang-format off */
static const struct {
    void (*run)(struct world *w, uint32_t account, const struct connection *c);
    enum transition_kind failed;
} steps[CONNECT_STEP_COUNT] = {
    [CONNECT_STEP_AVATAR]         = {keep_avatar,           TRANSITION_ACCOUNT_KEEP_AVATAR_FAIL},
    [CONNECT_STEP_ACCOUNT_LAYERS] = {create_account_layers, TRANSITION_LAYER_CREATE_FAIL},
    [CONNECT_STEP_CONTENT_LAYER]  = {ensure_content_layer,  TRANSITION_CONTENT_LAYER_FAIL},
    [CONNECT_STEP_ONBOARDING]     = {add_onboarding,        TRANSITION_ONBOARDING_TICK_FAIL},
};
/* clang-format on */

/* Without its layers, an account cannot publish. The other steps are of no consequence. */
static void fail_step(struct world *w, uint32_t account, enum connect_step step)
{
    struct transition t;
    struct account *a = transition_begin(&t, w, RECORD_ACCOUNT, account);
    a->unprepared |= step == CONNECT_STEP_ACCOUNT_LAYERS && !has_account_layers(w, account);
    transition_end(&t, steps[step].failed);
}

static void run_steps(struct world *w, uint32_t account, const struct connection *c)
{
    for (enum connect_step step = 0; c->steps && step < CONNECT_STEP_COUNT; step++) {
        if (!(w->connect_steps_fail & 1u << step)) {
            steps[step].run(w, account, c);
            continue;
        }
        connect_step_set_fails(w, step, false);
        fail_step(w, account, step);
    }
}

uint32_t connection_add(struct world *w, uint32_t space, const struct connection *c)
{
    uint32_t account = account_connect(w, space, &c->account);
    run_steps(w, account, c);
    return account;
}

uint32_t connection_open(struct world *w, uint32_t space, const struct connection *c)
{
    uint32_t account = account_find_user(w, space, c->account.platform, c->account.handle);
    if (!account)
        return connection_add(w, space, c);
    account_reconnect(w, account, c->account.token_expires_at_ms);
    if (c->account.limited)
        account_limit(w, account);
    if (!account_read(w, account)->leased) /* a leased account has no steps */
        run_steps(w, account, c);
    return account;
}

void connect_step_set_fails(struct world *w, enum connect_step step, bool fails)
{
    w->connect_steps_fail &= ~(1u << step);
    w->connect_steps_fail |= (uint32_t)fails << step;
}

static uint32_t cancel_all(struct world *w, uint32_t account, enum destination_state state)
{
    const struct index *queue = &w->indexes[INDEX_DESTINATION_ACCOUNT];
    int64_t key = index_pair_key(account, state);
    uint32_t count = 0;
    for (;; count++) { /* start over: each cancellation changes the index */
        struct index_walk walk;
        index_from(queue, &walk, (struct index_entry){key, INT64_MIN, 0});
        if (!index_next_of(&walk, key) ||
            !world_require(w, destination_read(w, walk.entry.row)->state == state)) /* else it would never end */
            return count;
        destination_cancel(w, walk.entry.row);
    }
}

uint32_t account_disconnect(struct world *w, uint32_t account, enum disconnect why)
{
    if (!world_require(w, why != DISCONNECT_NONE && account_is_listed(account_read(w, account))))
        return 0;
    uint32_t canceled = cancel_all(w, account, DESTINATION_QUEUED);
    cancel_all(w, account, DESTINATION_HELD);
    pool_account_free(w, account);
    struct transition t;
    struct account *a = transition_begin(&t, w, RECORD_ACCOUNT, account);
    a->disconnect = why;
    if (a->token == TOKEN_LIVE && !a->leased)
        a->token = TOKEN_WITHDRAWN; /* the provider keeps the token of a leased account */
    a->updated_at_ms = a->disconnected_at_ms = world_now(w);
    a->renews_at_ms = 0;
    transition_end(&t, TRANSITION_ACCOUNT_DISCONNECT);
    return canceled;
}

uint32_t layer_find_content(const struct world *w, uint32_t space)
{
    struct index_walk walk;
    index_from(&w->indexes[INDEX_LAYER_SPACE], &walk, (struct index_entry){space, ROW_NONE, 0});
    return index_next_of(&walk, space) && walk.entry.order == ROW_NONE ? walk.entry.row : ROW_NONE;
}

const struct layer *layer_read(const struct world *w, uint32_t row)
{
    return world_read(w, RECORD_LAYER, row);
}

const struct onboarding *onboarding_read(const struct world *w, uint32_t row)
{
    return world_read(w, RECORD_ONBOARDING, row);
}
