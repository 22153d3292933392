#include "mockserver/runtime/export.h"

#include "base/array.h"
#include "base/digest.h"
#include "base/time.h"
#include "mockserver/fixture/fixture.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/provider_api/record_json.h"
#include "mockserver/provider_api/webhooks.h"
#include "mockserver/rules/rules.h"
#include "mockserver/runtime/discard.h"
#include "mockserver/state/connection.h"
#include "mockserver/state/history.h"
#include "mockserver/state/record.h"
#include "mockserver/state/replies.h"
#include "mockserver/state/tenant.h"
#include "mockserver/state/world.h"

#define INDENT      2
#define PIECE_BYTES 65536

/* Where an export has arrived. */
struct export
{
    struct mock *mock;
    struct world *w; /* a copy of the state */
    const char *name;
    const struct rules *rules; /* only during the first piece */
    struct arena scratch;
    struct json out;
    size_t part;  /* of the table below */
    bool is_open; /* the list or map of the part */
    enum record_kind kind;
    bool kind_is_open;
    uint32_t row; /* the last one that was written */
    size_t reply; /* the next one */
    struct index_walk events;
};

/* Writes each item of a list on one line. */
static void open_item(struct json *out)
{
    json_open_map(out);
    out->indent = 0;
}

static void close_item(struct json *out)
{
    json_close_map(out);
    out->indent = INDENT;
}

static void put_time(struct json *out, const char *key, int64_t ms)
{
    char text[TIME_TEXT_MAX];
    int64_t read;
    if (time_parse(str_from(time_millis(ms, text)), &read) && read == ms)
        json_put_text(out, key, text);
    else
        json_put_int(out, key, ms);
}

static void put_duration(struct json *out, const char *key, int64_t ms)
{
    char text[TIME_TEXT_MAX];
    json_put_text(out, key, duration_text(ms, text));
}

static void put_record(struct json *out, const struct world *w, const char *key, enum record_kind kind, uint32_t row)
{
    const char *id = record_id(w, kind, row);
    if (id && record_id_is_unique(w, kind, str_from(id)))
        json_put_text(out, key, id);
    else
        json_put_int(out, key, row);
}

static bool is_default(const struct record_field *f, const struct record_value *v)
{
    switch (f->type) {
    case RECORD_BOOL:
        return !v->truth;
    case RECORD_INT:
        return v->number == 0;
    case RECORD_TEXTS:
    case RECORD_INTS:
        return v->count == 0;
    case RECORD_TEXT:
    case RECORD_TIME:
    case RECORD_ENUM:
    case RECORD_REF:
    case RECORD_CHANGE:
        break;
    }
    return v->none;
}

static void put_field(struct json *out, const struct world *w, const struct record_field *f,
                      const struct record_value *v)
{
    if (f->type == RECORD_REF) {
        put_record(out, w, f->name, f->refers, (uint32_t)v->number);
    } else if (f->type == RECORD_TIME) {
        put_time(out, f->name, v->number);
    } else {
        json_key(out, f->name);
        record_value_write(out, f, v);
    }
}

/* `expected` is the number it gets without the member `row`. */
static void write_record(struct json *out, const struct world *w, const struct record_type *s, uint32_t row,
                         uint32_t expected)
{
    const struct record_tail *tail = record_tail_read(w, s->kind, row);
    open_item(out);
    if (row != expected)
        json_put_int(out, "row", row);
    if (tail->last_change < changes_first(w) && tail->last_ms)
        put_time(out, "changed_at", tail->last_ms);
    if (s->provider_offset != SIZE_MAX)
        json_put_text(out, "provider", provider_with_id(record_provider(w, s->kind, row))->name);
    for (size_t i = 0; i < s->field_count; i++) {
        struct record_value v;
        record_get(w, s->kind, row, &s->fields[i], &v);
        if (!is_default(&s->fields[i], &v))
            put_field(out, w, &s->fields[i], &v);
    }
    close_item(out);
}

/* Each of the parts writes its next item. It returns false if it has written its end. */

/* Opens the list of a part at its first call. */
static bool open_list(struct export *e, const char *key)
{
    if (e->is_open)
        return false;
    json_key_list(&e->out, key);
    return e->is_open = true;
}

static bool close_list(struct export *e)
{
    json_close_list(&e->out);
    return false;
}

static bool write_records(struct export *e)
{
    if (!e->is_open) {
        json_key_map(&e->out, "records");
        return e->is_open = true;
    }
    if (e->kind == RECORD_KIND_COUNT) {
        json_close_map(&e->out);
        return false;
    }
    const uint32_t before = e->row;
    if (world_next(e->w, e->kind, &e->row)) {
        if (!e->kind_is_open)
            json_key_list(&e->out, record_kind_texts[e->kind]);
        e->kind_is_open = true;
        write_record(&e->out, e->w, record_types[e->kind], e->row, before + 1);
        return true;
    }
    if (e->kind_is_open)
        json_close_list(&e->out);
    e->kind_is_open = false;
    e->kind++;
    e->row = 0;
    return true;
}

static void write_change(struct json *out, const struct world *w, const struct change *c)
{
    open_item(out);
    put_time(out, "at", c->at_ms);
    json_put_text(out, "kind", record_kind_texts[c->kind]);
    put_record(out, w, "record", c->kind, c->row);
    json_put_text(out, "what", transition_kind_texts[c->what]);
    if (c->from != STATE_NONE)
        json_put_text(out, "from", record_state_text(c->kind, c->from));
    json_put_text(out, "to", record_state_text(c->kind, c->to));
    json_put_text(out, "cause", cause_texts[c->cause]);
    if (c->key)
        put_record(out, w, "key", RECORD_KEY, c->key);
    close_item(out);
}

static bool write_changes(struct export *e)
{
    if (open_list(e, "changes"))
        return true;
    if (!table_next(&e->w->changes, &e->row))
        return close_list(e);
    write_change(&e->out, e->w, changes_read(e->w, e->row));
    return true;
}

static bool write_events(struct export *e)
{
    if (open_list(e, "events")) {
        events_walk(e->w, &e->events);
        return true;
    }
    const struct world_event *event = events_next(e->w, &e->events);
    if (!event)
        return close_list(e);
    if (!world_has(e->w, event_record(event->kind), event->row)) /* forgotten: the event does nothing */
        return true;
    open_item(&e->out);
    put_time(&e->out, "at", event->at_ms);
    json_put_text(&e->out, "what", event_kind_texts[event->kind]);
    put_record(&e->out, e->w, "record", event_record(event->kind), event->row);
    close_item(&e->out);
    return true;
}

/* The number of windows up to the last one in use. */
static size_t windows_used(const struct quota *q)
{
    size_t count = QUOTA_WINDOWS;
    while (count && !q->windows[count - 1].since_ms && !q->windows[count - 1].used)
        count--;
    return count;
}

static bool has_spurious_429(const struct quota *q)
{
    for (size_t i = 0; i < QUOTA_OPERATIONS / 64; i++)
        if (q->spurious_429[i])
            return true;
    return false;
}

static void write_quota(struct json *out, const struct world *w, uint32_t key)
{
    const struct quota *q = table_read(&w->quotas, key);
    size_t count = windows_used(q);
    if (!count && !has_spurious_429(q))
        return;
    open_item(out);
    put_record(out, w, "key", RECORD_KEY, key);
    json_key(out, "windows");
    json_open_list(out);
    for (size_t i = 0; i < count; i++) {
        json_open_map(out);
        put_time(out, "since", q->windows[i].since_ms);
        json_put_int(out, "used", q->windows[i].used);
        json_close_map(out);
    }
    json_close_list(out);
    json_key(out, "spurious_429");
    json_open_list(out);
    for (size_t i = 0; i < QUOTA_OPERATIONS; i++)
        if (quota_had_spurious_429(w, key, i))
            json_int(out, (int64_t)i);
    json_close_list(out);
    close_item(out);
}

static bool write_quotas(struct export *e)
{
    if (open_list(e, "quotas"))
        return true;
    if (!table_next(&e->w->quotas, &e->row))
        return close_list(e);
    write_quota(&e->out, e->w, e->row);
    return true;
}

/* A token is the value of a request header, so it may be any bytes. */
static void write_reply(struct json *out, struct arena *a, const struct world *w, const struct reply *r)
{
    open_item(out);
    if (r->key)
        put_record(out, w, "key", RECORD_KEY, r->key);
    json_put_text(out, "what", r->what);
    if (str_utf8_valid(r->token, NULL)) {
        json_key(out, "token");
        json_str(out, r->token);
    } else {
        json_put_text(out, "token_base64url", digest_base64url(a, r->token));
    }
    json_put_text(out, "asked", digest_base64url(a, str_of((const char *)r->asked, sizeof r->asked)));
    put_time(out, "at", r->at_ms);
    json_put_int(out, "status", r->status);
    json_key(out, "body");
    json_str(out, r->body);
    close_item(out);
}

static bool write_replies(struct export *e)
{
    if (open_list(e, "replies"))
        return true;
    if (e->reply >= replies_count(e->w->replies))
        return close_list(e);
    write_reply(&e->out, &e->scratch, e->w, replies_at(e->w->replies, e->reply++));
    return true;
}

static void write_rows(struct json *out, const struct world *w)
{
    json_key(out, "rows");
    json_open_map(out);
    for (enum record_kind kind = 0; kind < RECORD_KIND_COUNT; kind++) {
        uint32_t last = world_last(w, kind);
        if (w->initial[kind] == last && table_has(&w->records[kind], last))
            continue;
        json_key(out, record_kind_texts[kind]);
        open_item(out);
        json_put_int(out, "last", last);
        json_put_int(out, "initial", w->initial[kind]);
        close_item(out);
    }
    json_close_map(out);
}

static void write_api_versions(struct json *out, const struct world *w)
{
    json_key(out, "api_versions");
    json_open_map(out);
    for (size_t i = 0; i < provider_count; i++)
        if (w->api_versions[providers[i]->id])
            json_put_int(out, providers[i]->name, w->api_versions[providers[i]->id]);
    json_close_map(out);
}

static void write_steps(struct json *out, const struct world *w)
{
    json_key(out, "failing_steps");
    json_open_list(out);
    for (size_t i = 0; i < CONNECT_STEP_COUNT; i++)
        if (w->connect_steps_fail & 1u << i)
            json_text(out, connect_step_texts[i]);
    json_close_list(out);
}

/* Whether the loader must not check the invariants. A PATCH of /__admin/state with ?skip_invariants=1 may violate them.
 * Of a large state this is not checked again. */
static bool is_broken(struct arena *a, const struct world *w)
{
    struct buf why = {.arena = a};
    return w->unchecked && (world_record_count(w) > WORLD_CHECKED_MAX || world_check(w, &why));
}

static bool open_runtime_state(struct export *e)
{
    struct json *out = &e->out;
    const struct world *w = e->w;
    json_key_map(out, "runtime_state");
    if (is_broken(&e->scratch, w))
        json_put_bool(out, "skip_invariants", true);
    json_put_int(out, "ids", (int64_t)w->minted);
    json_put_int(out, "calls", (int64_t)w->calls);
    if (w->webhook_cursor != changes_last(w))
        json_put_int(out, "webhook_cursor", w->webhook_cursor);
    write_api_versions(out, w);
    write_steps(out, w);
    write_rows(out, w);
    if (w->changes_gone)
        json_put_int(out, "changes_gone", w->changes_gone);
    return false;
}

static bool close_fixture(struct export *e)
{
    json_close_map(&e->out); /* runtime_state */
    json_close_map(&e->out);
    return false;
}

static void write_clock(struct json *out, const struct world *w)
{
    json_key(out, "clock");
    json_open_map(out);
    put_time(out, "start", world_now(w));
    json_put_text(out, "mode", clock_mode_texts[w->clock.mode]);
    json_close_map(out);
}

static void write_hostile(struct json *out, unsigned hostile)
{
    if (!hostile || hostile == HOSTILE_ALL) {
        json_put_bool(out, "hostile", hostile);
        return;
    }
    json_key_map(out, "hostile");
    for (size_t i = 0; i < HOSTILE_SWITCH_COUNT; i++)
        json_put_bool(out, hostile_switch_texts[i], hostile & 1u << i);
    json_close_map(out);
}

static void write_timings(struct json *out, const struct world_timings *t)
{
    json_key(out, "timings");
    json_open_map(out);
    put_duration(out, "publish", t->publish_ms);
    put_duration(out, "ad_validation", t->ad_validation_ms);
    put_duration(out, "media_import", t->media_import_ms);
    put_duration(out, "generation", t->generation_ms);
    json_close_map(out);
}

static void write_webhooks(struct json *out, const struct world_webhooks *h)
{
    struct str hosts = str_from(h->allowed);
    json_key(out, "webhooks");
    json_open_map(out);
    json_put_text(out, "retries", webhook_policy_texts[h->policy]);
    json_put_text(out, "signature_time", h->virtual_time ? "virtual" : "wall");
    json_key(out, "allow");
    json_open_list(out);
    while (hosts.n)
        json_str(out, str_cut(&hosts, ' '));
    json_close_list(out);
    json_close_map(out);
}

static void write_history(struct json *out, const struct history *h)
{
    json_key(out, "history");
    json_open_map(out);
    if (h->count_given)
        json_put_int(out, "count", h->count == HISTORY_UNLIMITED ? 0 : h->count);
    if (h->age_given)
        put_duration(out, "age", h->age_ms == HISTORY_UNLIMITED_MS ? 0 : h->age_ms);
    json_close_map(out);
}

static bool open_fixture(struct export *e)
{
    struct json *out = &e->out;
    const struct world *w = e->w;
    json_open_map(out);
    json_put_text(out, "name", e->name);
    json_put_int(out, "seed", (int64_t)w->seed);
    write_clock(out, w);
    write_timings(out, &w->timings);
    json_put_text(out, "consent", w->local_consent ? "local" : "provider");
    write_hostile(out, w->hostile);
    if (w->history.count_given || w->history.age_given)
        write_history(out, &w->history);
    write_webhooks(out, &w->webhooks);
    if (rules_count(e->rules)) {
        json_key(out, "rules");
        rules_write(e->rules, out);
    }
    return false;
}

typedef bool part_fn(struct export *e);
static part_fn *const parts[] = {open_fixture,  write_records, open_runtime_state, write_quotas,
                                 write_replies, write_events,  write_changes,      close_fixture};

/* Returns the code point at the start of `text` if JSON allows it unescaped but YAML requires an escape or folds it:
 * DEL, U+0080 to U+009F, U+2028, U+2029, U+FEFF, U+FFFE, U+FFFF. Otherwise returns 0. Such characters occur only inside
 * strings. */
static unsigned yaml_special(struct str text, size_t *size)
{
    const unsigned char *s = (const unsigned char *)text.s;
    *size = s[0] == 0x7F ? 1 : s[0] == 0xC2 ? 2 : 3;
    if (s[0] == 0x7F)
        return s[0];
    if (s[0] == 0xC2 && s[1] < 0xA0)
        return s[1];
    if (s[0] == 0xE2 && s[1] == 0x80 && (s[2] == 0xA8 || s[2] == 0xA9))
        return 0x2000u | (s[2] & 0x3Fu);
    if (s[0] == 0xEF && s[1] == 0xBB && s[2] == 0xBF)
        return 0xFEFF;
    if (s[0] == 0xEF && s[1] == 0xBF && s[2] >= 0xBE)
        return 0xFF00u | (s[2] | 0xC0u);
    return 0;
}

static void add_for_yaml(struct buf *out, struct str json)
{
    size_t done = 0, size = 1;
    for (size_t i = 0; i < json.n; i += size) {
        unsigned c = (unsigned char)json.s[i] < 0x7F ? 0 : yaml_special(str_skip(json, i), &size);
        if (!c) {
            size = 1;
            continue;
        }
        buf_add(out, str_of(json.s + done, i - done));
        buf_printf(out, "\\u%04x", c);
        done = i + size;
    }
    buf_add(out, str_skip(json, done));
}

static void release(void *export)
{
    struct export *e = export;
    if (e->mock)
        mock_discard(e->mock, e->w);
    else
        world_free(e->w);
    arena_end(&e->scratch);
}

struct export *export_begin(struct arena *a, struct mock *m, const struct namespace *ns)
{
    struct export *e = arena_new(a, struct export);
    e->mock = m;
    e->w = world_fork(ns->world);
    e->rules = ns->rules;
    e->name = arena_text(a, ns->fixture->name);
    e->out = json_begin(NULL, INDENT);
    return arena_own(a, e, release);
}

bool export_next(struct export *e, struct buf *out)
{
    struct buf plain = {.arena = &e->scratch};
    e->out.out = &plain;
    while (e->part < COUNT(parts) && plain.n < PIECE_BYTES) {
        if (parts[e->part](e))
            continue;
        e->part++;
        e->is_open = false;
        e->row = 0;
    }
    add_for_yaml(out, buf_str(&plain));
    arena_reset(&e->scratch);
    return e->part < COUNT(parts);
}

void export_namespace(struct arena *a, const struct namespace *ns, struct buf *out)
{
    struct export *e = export_begin(a, NULL, ns);
    while (export_next(e, out))
        continue;
}
