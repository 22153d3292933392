#include "base/array.h"
#include "base/enum.h"
#include "mockserver/client_checks/observer.h"

#include <assert.h>

#include "base/arena.h"
#include "base/time.h"
#include "mockserver/runtime/journal.h"
#include "mockserver/runtime/namespaces.h"
#include "mockserver/state/tenant.h"

#define TOGETHER_US 100000 /* calls this close to a response may have been sent before it was read */

const char *const client_check_verdict_texts[] = {CLIENT_CHECK_VERDICTS(ENUM_TEXT)};

/* clang-format off */
const struct client_check client_checks_table[] = {
    {"retry_after", "Waits as long as Retry-After says",
     .help = "Fails when a key repeats a refused call before the Retry-After of its 429 or 503 has passed.",
     .judged = "After an exhausted rate limit every call that counts against it is a repetition; after any other refusal, a call of the same operation. A tolerance of 50 ms allows for inexact timers. Calls that were already on their way do not count: those that arrived before the response, or within 100 ms of it on another connection, unless it is the refused write itself, with the same Idempotency-Key.",
     .check = check_retry_after},
    {"idempotency_kept", "Repeats a write with the same Idempotency-Key",
     .help = "Fails when a write that got 429, 5xx, a truncated response or none is repeated with another Idempotency-Key or without one.",
     .judged = "Only operations that accept an Idempotency-Key are checked. A repetition has the same API key, path and body. If the first try had no Idempotency-Key, its repetition fails too, except after 429, because a refused call had no effect. A call that was already on its way when the 429 arrived is not a repetition.",
     .check = check_kept_key},
    {"idempotency_unique", "Uses an Idempotency-Key for one write only",
     .help = "Fails when one Idempotency-Key is sent with two different paths or bodies.",
     .judged = "Checked per API key and operation, for as long as the provider remembers the Idempotency-Key.",
     .check = check_used_key},
    {"poll_pace", "Polls no faster than allowed",
     .help = "Fails when two polls of the same resource are closer together than the minimum interval.",
     .judged = "Minimum intervals: layers.oauth_status 1 s (the provider's guide); posteverywhere.poll_social_connect and poll_device_token 2 s (the interval in their responses); layers.read_lease_request and read_job, posteverywhere.read_media 1 s (our choice; no documented value). A tolerance of 10% allows for inexact timers. A poll whose response was truncated does not count.",
     .check = check_poll_pace},
    {"poll_end", "Stops polling at a final state",
     .help = "Fails when a resource is polled again within a minute of a response with a final state.",
     .judged = "A later call counts as a lookup, not as a poll. posteverywhere.read_media is not checked, because it has other uses than polling.",
     .check = check_poll_end},
    {"reauth_once", "Requests one reconnect URL at a time",
     .help = "Fails when a URL to reconnect an account is requested while an earlier one for the same account is still open.",
     .judged = "A URL is open until it is used or expires. One whose response did not reach the client does not count.",
     .check = check_reauth},
    {"refused_key", "Stops using a refused key",
     .help = "Fails when a credential that was refused (401, or a disabled key) is used a third time.",
     .judged = "One repetition is allowed. Calls that were already on their way at the first refusal do not count.",
     .check = check_refused_key},
    {"secrets_in_urls", "Keeps secrets out of URLs",
     .help = "Fails when a path or query contains an API key, a webhook secret or the credential of the request's own header.",
     .judged = "All keys and webhook secrets of the namespace are checked by value, from 8 characters on. The state token of an OAuth attempt is not a secret here.",
     .check = check_urls},
    {"dead_accounts", "Stops writing for an account that is disconnected or must be reconnected",
     .help = "Fails at the second write for an account that is disconnected or has lost its token.",
     .judged = "A write names an account by an id in its path, or in a body member whose name contains 'account'. Calls that reconnect or delete the account are allowed. After a reconnection the count starts again.",
     .check = check_dead_account},
    {"backoff", "Waits longer after each failure",
     .help = "Fails when a call that keeps failing (429, 5xx, truncated) is repeated after too short a pause.",
     .judged = "Advice: no provider documents it. From the fifth try in a row, a pause is too short if it is below 5 s, below twice the first pause, and below the requested Retry-After.",
     .advice = true, .check = check_backoff},
};
/* clang-format on */
const size_t client_check_count = COUNT(client_checks_table);
static_assert(COUNT(client_checks_table) <= CLIENT_CHECKS_MAX, "CLIENT_CHECKS_MAX");

/* --- shared by the checks --------------------------------------------------------------------- */

uint64_t history_id(uint64_t x, uint64_t y)
{
    uint64_t id = (x ^ (y + 0x9E3779B97F4A7C15u + (x << 6) + (x >> 2))) * 0xFF51AFD7ED558CCDu;
    id = (id ^ (id >> 33)) * 0xC4CEB9FE1A85EC53u;
    id ^= id >> 33;
    return id ? id : 1;
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

const char *observer_key_name(const struct call *c)
{
    return c->key ? arena_printf(c->arena, "the key '%s'", key_label(key_read(c->world, c->key))) : "an unknown key";
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
    return (struct timestamp){c->now_ms, time_monotonic_us() + on_the_wire_us, w->now.port};
}

int64_t observer_elapsed_ms(const struct timestamp *from, const struct timestamp *to)
{
    int64_t world_ms = to->world_ms - from->world_ms;
    int64_t machine_ms = (to->machine_us - from->machine_us) / 1000;
    int64_t most = world_ms > machine_ms ? world_ms : machine_ms;
    return most > 0 ? most : 0;
}

bool observer_together(const struct timestamp *responded, const struct timestamp *came)
{
    int64_t after_us = came->machine_us - responded->machine_us;
    bool elsewhere = responded->port && came->port && responded->port != came->port;
    return after_us < 0 || (elsewhere && after_us < TOGETHER_US);
}

struct history_entry *observer_entry(struct observer *w, uint64_t id)
{
    struct history_entry *entry = client_history_find(w->history, id);
    return entry ? entry : client_history_make(w->history, id, w->client_checks->calls);
}

void observer_mark(struct observer *w, struct history_entry *entry, struct timestamp at)
{
    entry->at = at;
    entry->call = w->seq;
    entry->epoch = w->epoch;
    entry->written = w->client_checks->calls;
}

void observer_tested(struct observer *w)
{
    w->result->tested++;
}

const char *observer_duration(struct arena *a, int64_t ms)
{
    return duration_text(ms, arena_alloc(a, TIME_TEXT_MAX));
}

static const char *copy_text(struct observer *w, const char *text)
{
    return text ? arena_text(&w->client_checks->arena, text) : NULL;
}

void report_violation(struct observer *w, const struct call *c, const struct history_entry *earlier, const char *why,
                      ...)
{
    struct client_check_result *a = w->result;
    struct arena *arena = &w->client_checks->arena;
    a->failures++;
    if (a->count == CLIENT_CHECK_OCCURRENCES_MAX)
        return;
    if (!a->occurrences)
        a->occurrences = arena_array(arena, struct occurrence, CLIENT_CHECK_OCCURRENCES_MAX);
    struct occurrence *o = &a->occurrences[a->count++];
    const struct journal *j = c->ns->journal;
    bool is_kept = earlier && earlier->epoch == w->epoch;
    const struct journal_entry *before = is_kept ? journal_read(j, earlier->call) : NULL;
    va_list args;
    va_start(args, why);
    *o = (struct occurrence){
        .seq = w->seq,
        .earlier = is_kept ? earlier->call : 0,
        .at_ms = c->now_ms,
        .request_id = copy_text(w, c->request_id),
        .earlier_id = before ? copy_text(w, before->request_id) : NULL,
        .provider = c->provider ? c->provider->name : NULL,
        .operation = c->route ? c->route->operation : NULL,
        .why = arena_vprintf(arena, why, args),
    };
    va_end(args);
}

/* --- observing a call ------------------------------------------------------------------------- */

static uint64_t caller_id(const struct call *c)
{
    if (c->key)
        return c->key;
    struct str credential = observer_credential(c);
    return credential.n ? history_id(str_hash(credential), 1) : 0;
}

static struct observer observer_of(struct client_checks *k, const struct call *c)
{
    return (struct observer){
        .client_checks = k,
        .now = {c->now_ms, c->exchange->arrived_us, c->req->peer_port},
        .caller = caller_id(c),
        .operation =
            c->route ? ((uint64_t)(unsigned)c->provider->id + 1) << 32 | (uint64_t)(c->route - c->provider->routes) : 0,
    };
}

void client_checks_observe(struct client_checks *k, const struct call *c)
{
    if (!k || c->ns->generation != c->generation) /* the namespace was reset while the call waited */
        return;
    struct observer w = observer_of(k, c);
    w.seq = journal_last(c->ns->journal);
    w.epoch = journal_epoch(c->ns->journal);
    k->calls++;
    for (size_t i = 0; i < COUNT(client_checks_table); i++) {
        w.result = &k->results[i];
        w.history = &k->history[i];
        client_checks_table[i].check(&w, c);
    }
}

void client_checks_unsent(struct client_checks *k, const struct call *c)
{
    struct observer w = observer_of(k, c);
    for (size_t i = 0; i < COUNT(client_checks_table); i++)
        if (client_checks_table[i].check == check_kept_key) {
            w.history = &k->history[i];
            check_unsent(&w, c);
        }
}

enum client_check_verdict client_check_verdict(const struct client_checks *k, size_t check)
{
    const struct client_check_result *a = &k->results[check];
    if (a->failures)
        return CLIENT_CHECK_FAILED;
    return a->tested ? CLIENT_CHECK_PASSED : CLIENT_CHECK_NOT_TESTED;
}

bool client_checks_failed(const struct client_checks *k)
{
    for (size_t i = 0; i < COUNT(client_checks_table); i++)
        if (!client_checks_table[i].advice && client_check_verdict(k, i) == CLIENT_CHECK_FAILED)
            return true;
    return false;
}

uint64_t client_checks_forgotten(const struct client_checks *k, size_t check)
{
    return k->results[check].forgotten + k->history[check].forgotten;
}

size_t client_checks_bytes(const struct client_checks *k)
{
    size_t bytes = sizeof *k;
    for (size_t i = 0; i < COUNT(client_checks_table); i++)
        bytes += k->history[i].sets * HISTORY_WAYS * sizeof(struct history_entry);
    return bytes;
}
