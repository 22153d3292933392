#include "mockserver/admin/common.h"

#include <string.h>

#include "base/time.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/state/lease.h"
#include "mockserver/state/oauth_attempt.h"
#include "mockserver/state/post.h"
#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"
#include "mockserver/state/world.h"

#define CHANGES_MAX 1000 /* in one response; the others are counted */
#define NAMED_MAX   8    /* matches listed in an error; the others are only counted */

/* reading bodies and queries */

static bool same_place(struct where x, struct where y)
{
    return x.line == y.line && x.column == y.column;
}

static bool is_after(struct where x, struct where y)
{
    return x.line != y.line ? x.line > y.line : x.column > y.column;
}

static struct where start_of(const struct node *n, size_t child)
{
    return n->kind == NODE_MAP ? n->map.members[child].key_at : n->list.items[child]->at;
}

/* Returns the number of children that start at or before `at`. Children are in the order of the
 * text, so the node at `at` is in the last of these. */
static size_t children_until(const struct node *n, struct where at)
{
    size_t low = 0, high = n->kind == NODE_MAP ? n->map.count : n->kind == NODE_LIST ? n->list.count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (is_after(start_of(n, middle), at))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Returns the JSON pointer of the node at this line and column. NULL: no node starts there. */
static const char *pointer_of(struct arena *a, const struct node *n, struct where at)
{
    const char *pointer = "";
    while (!same_place(n->at, at)) {
        size_t until = children_until(n, at);
        if (!until)
            return NULL;
        if (n->kind == NODE_LIST) {
            pointer = arena_printf(a, "%s/%zu", pointer, until - 1);
            n = n->list.items[until - 1];
        } else {
            const struct member *m = &n->map.members[until - 1];
            pointer = node_pointer_add(a, pointer, str_from(m->key));
            if (same_place(m->key_at, at))
                return pointer;
            n = m->value;
        }
    }
    return pointer;
}

bool admin_issues(struct call *c, const struct node *body, struct error *err)
{
    for (const struct problem *p = err->first; p; p = p->next) {
        bool in_body = !p->at.file || !body->at.file || strcmp(p->at.file, body->at.file) == 0;
        const char *pointer = p->at.line && in_body ? pointer_of(c->arena, body, p->at) : NULL;
        if (in_body)
            call_issue(c, pointer ? pointer : "", "%s", p->text);
        else /* a fixture that the body includes */
            call_issue(c, "", "%s:%d:%d: %s", p->at.file, p->at.line, p->at.column, p->text);
    }
    error_end(err);
    return false;
}

bool admin_body(struct call *c, const struct fields *table, void *into)
{
    const struct node *body = call_body(c);
    struct error err = {0};
    if (!body)
        return false;
    return fields_read(table, body, c->arena, into, &err) || admin_issues(c, body, &err);
}

bool admin_query_int(struct call *c, const char *name, int64_t least, int64_t most, const char *expected,
                     int64_t *value)
{
    struct str text = call_query(c, name);
    if (!text.s)
        return c->fault == FAULT_NONE;
    int64_t number;
    if (!str_to_int(text, &number) || number < least || number > most)
        return call_issue(c, "query", "invalid '%s': '" STR_FMT "'; expected %s", name, STR_ARG(text), expected);
    *value = number;
    return true;
}

bool admin_query_flag(struct call *c, const char *name)
{
    struct str text = call_query(c, name);
    return text.s && (!text.n || str_is(text, "1") || str_is(text, "true"));
}

int64_t admin_instant(const struct world *world, const struct field_time *t)
{
    int64_t sum;
    if (!t->relative)
        return t->ms;
    return __builtin_add_overflow(world_now(world), t->ms, &sum) ? INT64_MAX : sum;
}

/* refusals */

bool admin_unknown(struct call *c, const char *what)
{
    return call_refuse(c, FAULT_NOT_FOUND, "%s '" STR_FMT "' does not exist", what, STR_ARG(c->params[0]));
}

const char *admin_hint(struct call *c, struct str word, const char *const *words, size_t count)
{
    const char *near = str_nearest(word, words, count);
    return near ? arena_printf(c->arena, " (did you mean '%s'?)", near) : "";
}

const char *admin_duration_text(struct call *c, int64_t ms)
{
    char text[TIME_TEXT_MAX];
    return str_dup(c->arena, str_from(duration_text(ms, text)));
}

/* selecting records */

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

/* An account that was removed from its post is selected only by the id of the destination. */
static const char *destination_name(const struct world *w, uint32_t row)
{
    const struct destination *d = destination_read(w, row);
    bool left = d->removed_at_ms && !post_read(w, d->post)->removed_at_ms;
    return left ? NULL : record_id(w, RECORD_POST, d->post);
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
    for (uint32_t row = 0; world_next(c->world, s->kind, &row);) {
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
    call_issue(c, pointer, "no %s has the %s '%s'%s", s->one, s->known_by, who,
               admin_hint(c, str_from(who), met.words.items, met.words.count));
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
    for (uint32_t row = 0; world_next(c->world, RECORD_LEASE_REQUEST, &row);) {
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
        call_issue(c, pointer, "%u lease requests have the id '%s', in the projects %s%s; select one with 'project'",
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

/* writing responses */

struct json *admin_object(struct call *c, int status)
{
    struct json *w = call_json(c, status);
    json_open_map(w);
    return w;
}

struct json *problem_json(struct call *c, int status, const char *code, const char *detail)
{
    struct json *w = admin_object(c, status);
    call_header(c, "Content-Type", "application/problem+json");
    json_put_text(w, "type", "about:blank");
    json_put_text(w, "title", status_text(status));
    json_put_int(w, "status", status);
    json_put_text(w, "code", code);
    json_put_text(w, "detail", detail);
    return w;
}

void admin_removed(struct call *c, struct str name)
{
    struct json *w = admin_object(c, 200);
    json_put_str(w, "removed", name);
    json_close_map(w);
}

void admin_removed_count(struct call *c, uint64_t count)
{
    struct json *w = admin_object(c, 200);
    json_put_int(w, "removed", (int64_t)count);
    json_close_map(w);
}

void admin_put_time(struct json *w, const char *key, int64_t ms)
{
    char text[TIME_TEXT_MAX];
    json_put_text(w, key, time_millis(ms, text));
}

void admin_put_clock(struct json *w, const struct world *world)
{
    admin_put_time(w, "now", world_now(world));
    json_put_text(w, "mode", clock_mode_texts[world->clock.mode]);
}

void admin_put_reason(struct json *w, const struct world *world, enum record_kind kind, uint32_t row)
{
    const struct destination *d = kind == RECORD_DESTINATION ? destination_read(world, row) : NULL;
    if (d && d->failure != FAILURE_NONE)
        json_put_text(w, "reason", failure_texts[d->failure]);
}

void admin_put_change(struct json *w, const struct world *world, uint32_t seq)
{
    const struct change *change = changes_read(world, seq);
    json_open_map(w);
    json_put_int(w, "seq", seq);
    admin_put_time(w, "at", change->at_ms);
    json_put_text(w, "kind", record_kind_texts[change->kind]);
    json_put_text(w, "id", record_id(world, change->kind, change->row));
    json_put_text(w, "what", transition_kind_texts[change->what]);
    json_put_text(w, "from", record_state_text(change->kind, change->from));
    json_put_text(w, "to", record_state_text(change->kind, change->to));
    json_put_text(w, "cause", cause_texts[change->cause]);
    if (change->kind == RECORD_DESTINATION && change->to == DESTINATION_FAILED)
        admin_put_reason(w, world, change->kind, change->row);
    json_close_map(w);
}

void admin_put_changes(struct json *w, const struct world *world, uint32_t first, uint32_t last)
{
    uint32_t from = changes_after(world, first - 1);
    uint32_t end = last < changes_last(world) ? last : changes_last(world);
    uint32_t listed = end >= from && end - from >= CHANGES_MAX ? from + CHANGES_MAX - 1 : end;
    if (from > first && first <= last)
        json_put_int(w, "changes_lost", (from <= last ? from : last + 1) - first);
    json_key_list(w, "changes");
    for (uint32_t seq = from; seq <= listed; seq++)
        admin_put_change(w, world, seq);
    json_close_list(w);
    if (listed < end)
        json_put_int(w, "more_changes", end - listed);
}

void admin_put_new_changes(struct call *c)
{
    admin_put_changes(&c->out, c->world, c->changes_before + 1, changes_last(c->world));
}
