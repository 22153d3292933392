#include "mockserver/admin/select.h"

#include <string.h>

#include "mockserver/provider_api/provider.h"
#include "mockserver/state/lease.h"
#include "mockserver/state/oauth_attempt.h"
#include "mockserver/state/post.h"
#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"

#define NAMED_MAX 8 /* matches listed in an error; the others are only counted */

struct selection {
    enum record_kind kind;
    const char *one, *several, *known_by;
    /* A second name by which it can be selected; NULL: none. */
    const char *(*name)(const struct world *w, uint32_t row);
};

static struct str bare(const char *handle)
{
    struct str text = str_from(handle);
    return str_starts(text, STR("@")) ? str_skip(text, 1) : text;
}

/* A disconnected account is selected only by its id, since its handle may be connected again. */
static const char *account_name(const struct world *w, uint32_t row)
{
    const struct account *a = account_read(w, row);
    return account_is_listed(a) ? a->handle : NULL;
}

static const char *space_name(const struct world *w, uint32_t row)
{
    return space_read(w, row)->name;
}

static const char *destination_name(const struct world *w, uint32_t row)
{
    return record_id(w, RECORD_POST, destination_read(w, row)->post);
}

static const char *key_name(const struct world *w, uint32_t row)
{
    return key_read(w, row)->name;
}

static const struct selection accounts = {RECORD_ACCOUNT, "account", "accounts", "id or handle", account_name};
static const struct selection spaces = {RECORD_SPACE, "space", "spaces", "id or name", space_name};
static const struct selection destinations = {RECORD_DESTINATION, "post", "posts", "id or post id", destination_name};
static const struct selection keys = {RECORD_KEY, "key", "keys", "id, name or value", key_name};
static const struct selection webhooks = {RECORD_WEBHOOK, "webhook", "webhooks", "id", NULL};
static const struct selection attempts = {RECORD_OAUTH_ATTEMPT, "attempt", "attempts", "state", NULL};

struct matches {
    uint32_t row, count;
    struct buf ids;
    struct {
        const char **items;
        size_t count, room;
    } words; /* all ids and names, for "did you mean" */
};

static void find_matches(struct call *c, const struct selection *s, struct str who, struct matches *met)
{
    for (uint32_t row = 1; row <= world_count(c->world, s->kind); row++) {
        const char *id = record_id(c->world, s->kind, row);
        const char *name = s->name(c->world, row);
        if (id)
            *arena_push(c->arena, &met->words, const char *) = id;
        if (!name)
            continue;
        *arena_push(c->arena, &met->words, const char *) = name;
        if (!str_eq(bare(name), who))
            continue;
        met->row = row;
        if (++met->count <= NAMED_MAX)
            buf_printf(&met->ids, "%s%s", met->count > 1 ? ", " : "", id ? id : "(no id)");
    }
}

static uint32_t select_one(struct call *c, const char *pointer, const char *who, const struct selection *s)
{
    uint32_t row = record_find(c->world, s->kind, str_from(who));
    if (row)
        return row;
    struct matches met = {.ids = {.arena = c->arena}};
    if (s->name)
        find_matches(c, s, bare(who), &met);
    if (met.count == 1)
        return met.row;
    if (met.count) {
        call_issue(c, pointer, "%u %s match the %s '%s': %s%s", met.count, s->several, s->known_by, who,
                   buf_c(&met.ids), met.count > NAMED_MAX ? ", ..." : "");
        return ROW_NONE;
    }
    const char *near = str_nearest(str_from(who), met.words.items, met.words.count);
    call_issue(c, pointer, "no %s has the %s '%s'%s%s%s", s->one, s->known_by, who, near ? " (did you mean '" : "",
               near ? near : "", near ? "'?)" : "");
    return ROW_NONE;
}

uint32_t select_account(struct call *c, const char *pointer, const char *who)
{
    return select_one(c, pointer, who, &accounts);
}

uint32_t select_space(struct call *c, const char *pointer, const char *which)
{
    return select_one(c, pointer, which, &spaces);
}

uint32_t select_destination(struct call *c, const char *pointer, const char *which)
{
    return select_one(c, pointer, which, &destinations);
}

uint32_t select_attempt(struct call *c, const char *pointer, const char *token)
{
    return select_one(c, pointer, token, &attempts);
}

uint32_t select_webhook(struct call *c, const char *pointer, const char *id)
{
    return select_one(c, pointer, id, &webhooks);
}

/* Clients choose these ids, so two organizations may use the same one. */
uint32_t select_lease_request(struct call *c, const char *pointer, const char *id, uint32_t space)
{
    struct matches met = {.ids = {.arena = c->arena}};
    for (uint32_t row = 1; row <= world_count(c->world, RECORD_LEASE_REQUEST); row++) {
        const struct lease_request *r = lease_request_read(c->world, row);
        if (strcmp(r->public_id, id) != 0 || (space && r->space != space))
            continue;
        met.row = row;
        if (++met.count <= NAMED_MAX)
            buf_printf(&met.ids, "%s%s", met.count > 1 ? ", " : "", record_id(c->world, RECORD_SPACE, r->space));
    }
    if (met.count == 1)
        return met.row;
    if (met.count)
        call_issue(c, pointer,
                   "%u lease requests have the id '%s', in the projects %s%s; select one with "
                   "'project'",
                   met.count, id, buf_c(&met.ids), met.count > NAMED_MAX ? ", ..." : "");
    else
        call_issue(c, pointer, "no lease request%s has the id '%s'", space ? " of that project" : "", id);
    return ROW_NONE;
}

uint32_t select_key(struct call *c, const char *pointer, const char *who)
{
    for (size_t i = 0; i < provider_count; i++) {
        uint32_t row = key_find(c->world, providers[i]->id, str_from(who));
        if (row)
            return row;
    }
    return select_one(c, pointer, who, &keys);
}
