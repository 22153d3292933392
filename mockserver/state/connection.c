#include "mockserver/state/connection.h"

#include "base/enum.h"
#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"
#include "mockserver/state/world.h"

const char *const connect_step_texts[] = {CONNECT_STEPS(ENUM_TEXT)};

static void finish_create(struct world *w, enum record_kind kind, uint32_t row, const char *what)
{
    index_entries_add(w, kind, row);
    changes_add(w, kind, row, what, NULL, "present");
    world_transition_done(w);
}

static void create_layer(struct world *w, uint32_t account, bool for_space, const char *name)
{
    uint32_t row;
    const struct account *a = account_read(w, account);
    struct layer *l = table_add(&w->records[RECORD_LAYER], &row);
    *l = (struct layer){
        .space = a->space,
        .account = for_space ? ROW_NONE : account,
        .provider = a->provider,
        .public_id = ids_mint(w, "layer_", ID_ULID),
        .name = world_text(w, name),
        .created_at_ms = a->connected_at_ms,
    };
    finish_create(w, RECORD_LAYER, row, "layer_create");
}

static void keep_avatar(struct world *w, uint32_t account, const struct account_spec *spec)
{
    if (!spec->kept_avatar_url)
        return;
    struct account *a = world_edit(w, RECORD_ACCOUNT, account);
    a->avatar_url = world_text(w, spec->kept_avatar_url);
    changes_add(w, RECORD_ACCOUNT, account, "account_keep_avatar", account_state_text(a), account_state_text(a));
    world_transition_done(w);
}

static void create_account_layers(struct world *w, uint32_t account, const struct account_spec *spec)
{
    for (size_t i = 0; i < spec->after->account_layer_count; i++)
        create_layer(w, account, false, spec->after->account_layers[i]);
}

static void ensure_content_layer(struct world *w, uint32_t account, const struct account_spec *spec)
{
    if (!layer_find_content(w, account_read(w, account)->space))
        create_layer(w, account, true, spec->after->content_layer);
}

static void add_onboarding(struct world *w, uint32_t account, const struct account_spec *spec)
{
    uint32_t row;
    const struct account *a = account_read(w, account);
    struct onboarding *o = table_add(&w->records[RECORD_ONBOARDING], &row);
    *o = (struct onboarding){
        .organization = space_read(w, a->space)->organization,
        .account = account,
        .provider = a->provider,
        .public_id = ids_mint(w, "task_", ID_ULID),
        .name = world_text(w, spec->after->onboarding),
        .at_ms = a->connected_at_ms,
    };
    finish_create(w, RECORD_ONBOARDING, row, "onboarding_tick");
}

static const struct {
    void (*run)(struct world *w, uint32_t account, const struct account_spec *spec);
    const char *failed;
} steps[CONNECT_STEP_COUNT] = {
    [CONNECT_STEP_AVATAR] = {keep_avatar,           "account_keep_avatar_fail"},
    [CONNECT_STEP_ACCOUNT_LAYERS] = {create_account_layers, "layer_create_fail"       },
    [CONNECT_STEP_CONTENT_LAYER] = {ensure_content_layer,  "content_layer_fail"      },
    [CONNECT_STEP_ONBOARDING] = {add_onboarding,        "onboarding_tick_fail"    },
};

void connect_steps_run(struct world *w, uint32_t account, const struct account_spec *spec)
{
    for (enum connect_step step = 0; step < CONNECT_STEP_COUNT; step++) {
        if (!(w->connect_steps_fail & 1u << step)) {
            steps[step].run(w, account, spec);
            continue;
        }
        const char *state = account_state_text(account_read(w, account));
        connect_step_set_fails(w, step, false);
        changes_add(w, RECORD_ACCOUNT, account, steps[step].failed, state, state);
        world_transition_done(w);
    }
}

void connect_step_set_fails(struct world *w, enum connect_step step, bool fails)
{
    w->connect_steps_fail &= ~(1u << step);
    w->connect_steps_fail |= (uint32_t)fails << step;
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
