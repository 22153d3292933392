/* state_test.h - a small world for the tests of state/, and a dump of a world as text.
 *
 * Shapes:  struct scene: a world with a frozen clock and checks on. It has one organization of
 *          provider 0, with a key and two spaces.
 * Units:   SCENE_START in milliseconds.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/units.h"
#include "mockserver/state/account.h"
#include "mockserver/state/oauth_attempt.h"
#include "mockserver/state/post.h"
#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"
#include "mockserver/state/world.h"

#include <inttypes.h>

#define SCENE_START INT64_C(1777712400000) /* 2026-05-02T09:00:00Z */

struct scene {
    struct world *w;
    uint32_t organization, key, space, other_space;
};

static inline struct scene scene_new(void)
{
    static const char *const scopes[] = {"posts:read", "posts:write"};
    static const char *const domains[] = {"app.example.com"};
    const struct key key = {
        .name = "full",
        .value = "secret-1",
        .public_id = "key_1",
        .scopes = scopes,
        .scope_count = 2,
        .return_domains = domains,
        .return_domain_count = 1,
    };
    struct scene s = {.w = world_new(42, SCENE_START, CLOCK_FROZEN)};
    s.w->checks = true;
    s.organization = organization_create(s.w, 0, "org_1", "Acme");
    s.key = key_create(s.w, s.organization, &key);
    s.space = space_create(s.w, s.organization, "sp_1", "Coffee");
    s.other_space = space_create(s.w, s.organization, "sp_2", "Fitness");
    return s;
}

/* Connects a TikTok account whose token expires in 30 days. */
static inline uint32_t scene_account(struct scene *s, const char *handle)
{
    const struct account spec = {
        .public_id = ids_mint(s->w, "acc_", ID_ULID),
        .handle = handle,
        .platform = PLATFORM_TIKTOK,
        .token_expires_at_ms = world_now(s->w) + 30 * DAY_MS,
    };
    return account_connect(s->w, s->space, &spec);
}

/* Schedules a post with one destination, due in `in_ms`. */
static inline uint32_t scene_destination(struct scene *s, uint32_t account, int64_t in_ms, enum publish_mode mode)
{
    const struct post post = {
        .public_id = ids_mint(s->w, "post_", ID_ULID),
        .text = "hello",
        .due_at_ms = world_now(s->w) + in_ms,
    };
    uint32_t row = post_schedule(s->w, account_read(s->w, account)->space, &post);
    const struct destination spec = {
        .account = account,
        .public_id = ids_mint(s->w, "dst_", ID_UUID),
        .mode = mode,
    };
    return destination_schedule(s->w, row, &spec);
}

static inline void dump_record(const struct world *w, enum record_kind kind, uint32_t row, struct buf *out)
{
    const struct record_type *type = record_types[kind];
    buf_printf(out, "%s %" PRIu32 ":", record_kind_texts[type->kind], row);
    for (size_t i = 0; i < type->field_count; i++) {
        struct record_value v;
        record_get(w, kind, row, &type->fields[i], &v);
        buf_printf(out, " %s=%s,%" PRId64 ",%d,%d", type->fields[i].name, v.text ? v.text : "-", v.number, v.truth,
                   v.none);
    }
    buf_byte(out, '\n');
}

/* All records, changes and queued events: equal texts mean equal worlds. */
static inline const char *dump_world(struct arena *a, const struct world *w)
{
    struct buf out = {.arena = a};
    for (enum record_kind kind = 0; kind < RECORD_KIND_COUNT; kind++)
        for (uint32_t row = 0; world_next(w, kind, &row);)
            dump_record(w, kind, row, &out);
    for (uint32_t seq = changes_first(w); seq <= changes_last(w); seq++) {
        const struct change *c = changes_read(w, seq);
        const char *from = record_state_text(c->kind, c->from), *to = record_state_text(c->kind, c->to);
        buf_printf(&out, "%" PRIu32 ". %" PRId64 " %s %" PRIu32 " %s: %s -> %s by %s\n", seq, c->at_ms,
                   record_kind_texts[c->kind], c->row, transition_kind_texts[c->what], from ? from : "-", to,
                   cause_texts[c->cause]);
    }
    struct index_walk walk;
    index_from(&w->indexes[INDEX_DUE], &walk, (struct index_entry){0, 0, 0});
    while (index_next(&walk))
        buf_printf(&out, "at %" PRId64 ": event %" PRIu32 "\n", walk.entry.key, walk.entry.row);
    return buf_c(&out);
}
