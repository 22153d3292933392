#include "mockserver/client_checks/observer.h"

#include <string.h>

#include "base/time.h"
#include "mockserver/runtime/journal.h"
#include "mockserver/runtime/namespaces.h"

#define TOGETHER_US 100000 /* within this time after a response, a call may have been sent before it */

/* --- the history: a hash table that replaces old entries -------------------------------------- */

uint64_t history_id(uint64_t x, uint64_t y)
{
    uint64_t id = (x ^ (y + 0x9E3779B97F4A7C15u + (x << 6) + (x >> 2))) * 0xFF51AFD7ED558CCDu;
    id = (id ^ (id >> 33)) * 0xC4CEB9FE1A85EC53u;
    id ^= id >> 33;
    return id ? id : 1;
}

struct history_entry *observer_find(const struct observer *w, uint64_t id)
{
    struct history_entry *bucket = w->result->entries ? w->result->buckets[id % HISTORY_BUCKETS] : NULL;
    for (size_t i = 0; bucket && i < HISTORY_BUCKET_SIZE; i++)
        if (bucket[i].id == id)
            return &bucket[i];
    return NULL;
}

static struct history_entry *bucket_for(struct client_check_result *r, struct arena *a, uint64_t id)
{
    if (!r->buckets)
        r->buckets = arena_array(a, struct history_entry *, HISTORY_BUCKETS);
    struct history_entry **bucket = &r->buckets[id % HISTORY_BUCKETS];
    if (!*bucket) {
        *bucket = arena_array(a, struct history_entry, HISTORY_BUCKET_SIZE);
        r->bucket_count++;
    }
    return *bucket;
}

struct history_entry *observer_entry(const struct observer *w, uint64_t id)
{
    struct client_check_result *r = w->result;
    struct history_entry *entry = observer_find(w, id);
    if (entry)
        return entry;
    struct history_entry *bucket = bucket_for(r, &w->checks->history, id);
    entry = bucket;
    for (size_t i = 1; i < HISTORY_BUCKET_SIZE; i++)
        if (bucket[i].written < entry->written) /* 0: it is free */
            entry = &bucket[i];
    r->open -= entry->open;
    if (entry->id)
        r->forgotten++;
    else
        r->entries++;
    *entry = (struct history_entry){.id = id, .written = w->checks->calls};
    return entry;
}

void observer_mark(const struct observer *w, struct history_entry *entry, struct timestamp at)
{
    entry->at = at;
    entry->call = w->seq;
    entry->epoch = w->epoch;
    entry->written = w->checks->calls;
}

void observer_forget(const struct observer *w, struct history_entry *entry)
{
    w->result->open -= entry->open;
    *entry = (struct history_entry){0};
    w->result->entries--;
}

void observer_open(const struct observer *w, struct history_entry *entry, uint64_t owner)
{
    w->result->open += !entry->open;
    entry->open = true;
    entry->owner = owner;
}

void observer_show(const struct observer *w, struct history_entry *entry)
{
    w->result->open -= entry->open;
    w->result->tested += entry->open;
    entry->open = false;
}

void observer_settle(const struct observer *w, uint64_t owner, uint64_t except, int64_t after_ms)
{
    struct client_check_result *r = w->result;
    for (size_t b = 0; r->open && b < HISTORY_BUCKETS; b++)
        for (size_t i = 0; r->buckets[b] && i < HISTORY_BUCKET_SIZE; i++) {
            struct history_entry *entry = &r->buckets[b][i];
            if (entry->open && entry->owner == owner && entry->id != except &&
                observer_elapsed_ms(&entry->at, &w->now) >= after_ms && !observer_together(&entry->at, &w->now))
                observer_show(w, entry);
        }
}

/* --- the call --------------------------------------------------------------------------------- */

static uint64_t caller_id(const struct call *c)
{
    if (c->key)
        return c->key;
    struct str credential = observer_credential(c);
    return credential.n ? history_id(str_hash(credential), 1) : 0;
}

struct observer observer_of(struct client_checks *k, const struct call *c, uint64_t seq, uint64_t epoch)
{
    uint64_t provider = c->route ? (uint64_t)(unsigned)c->provider->id + 1 : 0;
    return (struct observer){
        .checks = k,
        .now = {c->now_ms, c->exchange->arrived_us, c->req->sent_after_us, c->req->peer_port},
        .seq = seq,
        .epoch = epoch,
        .caller = caller_id(c),
        .operation = c->route ? provider << 32 | (uint64_t)(c->route - c->provider->routes) : 0,
    };
}

uint64_t observer_path(struct observer *w, const struct call *c)
{
    if (!w->path)
        w->path = history_id(str_hash(c->path), str_hash(c->req->query));
    return w->path;
}

struct str observer_credential(const struct call *c)
{
    const struct headers *h = &c->req->headers;
    struct str value = {0};
    if (c->provider && c->provider->key_header)
        value = str_trim(headers_get(h, c->provider->key_header));
    if (!value.n)
        value = str_trim(headers_get(h, "Authorization"));
    return str_starts_nocase(value, STR("Bearer ")) ? str_trim(str_skip(value, 7)) : value;
}

struct str observer_token(const struct call *c)
{
    return headers_get(&c->req->headers, "Idempotency-Key");
}

bool observer_is_write(const struct call *c)
{
    return c->route && strcmp(c->route->method, "GET") != 0;
}

bool observer_is_delivered(const struct call *c)
{
    return c->res->cut == CUT_NONE;
}

struct timestamp observer_response_at(const struct observer *w, const struct call *c)
{
    const struct response *res = c->res;
    int64_t on_the_wire_us = res->delay_us;
    if (res->bytes_per_second)
        on_the_wire_us += (int64_t)res->body.n * 1000000 / res->bytes_per_second;
    return (struct timestamp){c->now_ms, time_monotonic_us() + on_the_wire_us, 0, w->now.port};
}

int64_t observer_elapsed_ms(const struct timestamp *from, const struct timestamp *to)
{
    int64_t world_ms = to->world_ms - from->world_ms;
    int64_t machine_ms = (to->machine_us - from->machine_us) / 1000;
    int64_t most = world_ms > machine_ms ? world_ms : machine_ms;
    return most > 0 ? most : 0;
}

bool observer_overlaps(int64_t responded_us, const struct timestamp *came)
{
    return (came->sent_after_us ? came->sent_after_us : came->machine_us) < responded_us;
}

bool observer_together(const struct timestamp *responded, const struct timestamp *came)
{
    bool elsewhere = responded->port && came->port && responded->port != came->port;
    bool received = observer_overlaps(responded->machine_us, came);
    return (received || elsewhere) && came->machine_us - responded->machine_us < TOGETHER_US;
}

/* --- the result ------------------------------------------------------------------------------- */

const char *observer_duration(struct arena *a, int64_t ms)
{
    return duration_text(ms, arena_alloc(a, TIME_TEXT_MAX));
}

static const char *keep_text(const struct observer *w, const char *text)
{
    return text ? arena_text(&w->checks->arena, text) : NULL;
}

void report_violation(const struct observer *w, const struct call *c, const struct history_entry *earlier,
                      const char *why, ...)
{
    struct client_check_result *r = w->result;
    r->failures++;
    if (r->count == CLIENT_CHECK_OCCURRENCES_MAX)
        return;
    if (!r->occurrences)
        r->occurrences = arena_array(&w->checks->arena, struct occurrence, CLIENT_CHECK_OCCURRENCES_MAX);
    bool is_kept = earlier && earlier->epoch == w->epoch;
    const struct journal_entry *before = is_kept ? journal_read(c->ns->journal, earlier->call) : NULL;
    va_list args;
    va_start(args, why);
    r->occurrences[r->count++] = (struct occurrence){
        .seq = w->seq,
        .earlier = is_kept ? earlier->call : 0,
        .at_ms = c->now_ms,
        .request_id = keep_text(w, c->request_id),
        .earlier_id = before ? keep_text(w, before->request_id) : NULL,
        .provider = c->provider ? c->provider->name : NULL,
        .operation = c->route ? c->route->operation : NULL,
        .why = arena_vprintf(&w->checks->arena, why, args),
    };
    va_end(args);
}
