#include "mockserver/state/webhook.h"

#include <assert.h>

#include "base/enum.h"
#include "mockserver/state/changes.h"
#include "mockserver/state/delivery.h"
#include "mockserver/state/index_entries.h"
#include "mockserver/state/tenant.h"

const char *const webhook_state_texts[] = {WEBHOOK_STATES(ENUM_TEXT)};

uint32_t webhook_create(struct world *w, uint32_t organization, const struct webhook_spec *spec)
{
    uint32_t row;
    struct webhook *h = table_add(&w->records[RECORD_WEBHOOK], &row);
    *h = (struct webhook){
        .organization = organization,
        .space = spec->space,
        .provider = organization_read(w, organization)->provider,
        .public_id = world_text(w, spec->public_id),
        .url = world_text(w, spec->url),
        .description = world_text(w, spec->description),
        .events = world_text(w, spec->events),
        .metadata = world_text(w, spec->metadata),
        .secret = world_text(w, spec->secret),
        .created_at_ms = world_now(w),
        .updated_at_ms = world_now(w),
    };
    index_entries_add(w, RECORD_WEBHOOK, row);
    changes_add(w, RECORD_WEBHOOK, row, "webhook_create", NULL, webhook_state_texts[h->state]);
    world_transition_done(w);
    return row;
}

/* The webhook must not be deleted. `touch` sets updated_at: the partner makes the edit. */
static struct webhook *edit_begin(struct world *w, uint32_t row, bool touch)
{
    assert(webhook_read(w, row)->state != WEBHOOK_DELETED);
    struct webhook *h = world_edit(w, RECORD_WEBHOOK, row);
    if (touch)
        h->updated_at_ms = world_now(w);
    return h;
}

static void edit_end(struct world *w, uint32_t row, const char *what, enum webhook_state from)
{
    changes_add(w, RECORD_WEBHOOK, row, what, webhook_state_texts[from],
                webhook_state_texts[webhook_read(w, row)->state]);
    world_transition_done(w);
}

void webhook_update(struct world *w, uint32_t webhook, const struct webhook_spec *spec)
{
    struct webhook *h = edit_begin(w, webhook, true);
    h->url = spec->url ? world_text(w, spec->url) : h->url;
    h->description = spec->description ? world_text(w, spec->description) : h->description;
    h->events = spec->events ? world_text(w, spec->events) : h->events;
    h->metadata = spec->metadata ? world_text(w, spec->metadata) : h->metadata;
    edit_end(w, webhook, "webhook_update", h->state);
}

void webhook_set_state(struct world *w, uint32_t webhook, enum webhook_state state)
{
    assert(state != WEBHOOK_DELETED);
    enum webhook_state from = webhook_read(w, webhook)->state;
    struct webhook *h = edit_begin(w, webhook, state != WEBHOOK_AUTO_PAUSED);
    h->state = state;
    if (state == WEBHOOK_ACTIVE)
        h->failures = 0;
    edit_end(w, webhook, state == WEBHOOK_ACTIVE ? "webhook_resume" : "webhook_pause", from);
    if (state == WEBHOOK_ACTIVE)
        delivery_resume_all(w, webhook);
}

void webhook_rotate(struct world *w, uint32_t webhook, const char *secret, int64_t previous_until_ms)
{
    struct webhook *h = edit_begin(w, webhook, true);
    h->previous_secret = h->secret;
    h->previous_until_ms = previous_until_ms;
    h->secret = world_text(w, secret);
    edit_end(w, webhook, "webhook_rotate", h->state);
}

void webhook_delete(struct world *w, uint32_t webhook)
{
    enum webhook_state from = webhook_read(w, webhook)->state;
    struct index_entries before;
    delivery_abandon_all(w, webhook);
    index_entries_of(w, RECORD_WEBHOOK, webhook, &before);
    edit_begin(w, webhook, true)->state = WEBHOOK_DELETED;
    index_entries_move(w, RECORD_WEBHOOK, webhook, &before);
    edit_end(w, webhook, "webhook_delete", from);
}

void webhook_count_result(struct world *w, uint32_t webhook, bool delivered, int64_t pause_after)
{
    struct webhook *h = world_edit(w, RECORD_WEBHOOK, webhook);
    *(delivered ? &h->last_success_at_ms : &h->last_failure_at_ms) = world_now(w);
    h->failures = delivered ? 0 : h->failures + 1;
    if (h->state == WEBHOOK_ACTIVE && h->failures >= pause_after)
        webhook_set_state(w, webhook, WEBHOOK_AUTO_PAUSED);
}

uint32_t webhook_find(const struct world *w, int provider, struct str public_id)
{
    return index_entries_find(w, RECORD_WEBHOOK, provider, public_id);
}

const struct webhook *webhook_read(const struct world *w, uint32_t row)
{
    return world_read(w, RECORD_WEBHOOK, row);
}

bool webhook_subscribes(const struct webhook *h, uint32_t space, const char *event)
{
    if (h->state != WEBHOOK_ACTIVE || (h->space && h->space != space))
        return false;
    struct str rest = str_from(h->events);
    while (rest.n)
        if (str_is(str_cut(&rest, ' '), event))
            return true;
    return false;
}

const char *webhook_previous_secret(const struct world *w, const struct webhook *h)
{
    return h->previous_until_ms > world_now(w) ? h->previous_secret : NULL;
}
