#include "mockserver/client_checks/observer.h"

#include <assert.h>

#include "base/heap.h"
#include "base/time.h"
#include "mockserver/journal.h"
#include "mockserver/namespaces/namespaces.h"
#include "mockserver/state/tenant.h"

#define COUNT(a)    (sizeof(a) / sizeof *(a))
#define TOGETHER_US 100000 /* a client may have sent so long before it read another answer */

const char *const client_check_verdict_texts[] = {
#define X(name, text) text,
    CLIENT_CHECK_VERDICTS(X)
#undef X
};

/* clang-format off */
const struct client_check client_checks_table[] = {
    {"retry_after", "It waits as long as Retry-After says",
     .help = "After a 429 or 503 with Retry-After, did the same key leave alone what was refused until that time had passed?",
     .judged = "What is refused is the rate limit that was spent, else the one operation. Up to 50 ms early are a timer's. A call that was on its way already is not meant: one that came before the response, or within 100 ms of it on another connection, unless it is the refused write itself, by its Idempotency-Key.",
     .check = check_retry_after},
    {"idempotency_kept", "A write that is tried again has the Idempotency-Key it had",
     .help = "Was a write whose operation takes an Idempotency-Key, and which got 429, 5xx, half a response or none, repeated with the same key?",
     .judged = "Repeated is: the same key, path and body. A write without an Idempotency-Key is held against its repetition, except after 429, which had no effect; nor does a call repeat one that got 429 while it was on its way already.",
     .check = check_kept_key},
    {"idempotency_unique", "An Idempotency-Key stands for one write",
     .help = "Was one Idempotency-Key sent with two different paths or bodies?",
     .judged = "For each key and operation, and as long as the provider remembers it.",
     .check = check_used_key},
    {"poll_pace", "It polls no faster than it may",
     .help = "Did two polls of the same thing follow each other faster than the documents or the provider's clients have it?",
     .judged = "layers.oauth_status: a second, as the provider's guide has it. posteverywhere.poll_social_connect and poll_device_token: two, the interval they are told. layers.read_lease_request and read_job, posteverywhere.read_media: a second, our reading, for nothing is said. A tenth less is a timer's. One whose answer was cut does not count.",
     .check = check_poll_pace},
    {"poll_end", "It stops polling when it was told the end",
     .help = "Was something polled again after its response told a state that is final?",
     .judged = "Within a minute: who asks later looks something up. Reading media is no poll once it has ended.",
     .check = check_poll_end},
    {"reauth_once", "It asks for one way to reconnect at a time",
     .help = "Was another URL to reconnect an account asked for while one for the same account was still open?",
     .judged = "Open is: neither used nor expired. One whose answer never came to the client does not count.",
     .check = check_reauth},
    {"refused_key", "It stops using a key that was refused",
     .help = "Was a credential that was refused (401, or a key that is switched off) used again and again?",
     .judged = "The second try is pardoned, and so are calls that were on their way with the first.",
     .check = check_refused_key},
    {"secrets_in_urls", "It keeps secrets out of URLs",
     .help = "Did a key, a webhook's secret or the credential of its own header stand in a path or query?",
     .judged = "Every key and webhook secret of the world, of 8 characters at least, by its value. The state of an OAuth attempt is no secret here.",
     .check = check_urls},
    {"dead_accounts", "It stops writing for an account that is gone or must be reconnected",
     .help = "Were there writes for an account that was disconnected, or whose token is dead, other than to reconnect or end it?",
     .judged = "A write names an account by an id in its path, or in a member of its body that is called something with account. From one write it learns; the next is held against it, until the account has a new token.",
     .check = check_dead_account},
    {"backoff", "It tries a failing call ever more slowly",
     .help = "Were the tries of a call that kept failing (429, 5xx, cut off) set apart?",
     .judged = "Advice: no document asks for it. From the fifth try in a row on, a pause is too short if it is below 5 s, less than twice the first one, and less than Retry-After asked for.",
     .advice = true, .check = check_backoff},
};
/* clang-format on */
const size_t client_check_count = COUNT(client_checks_table);
static_assert(COUNT(client_checks_table) <= CLIENT_CHECKS_MAX, "CLIENT_CHECKS_MAX");

/* --- what questions share -------------------------------------------------------------------- */

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
    return c->key ? arena_printf(c->arena, "the key '%s'", key_label(key_read(c->world, c->key)))
                  : "a key that is unknown here";
}

bool observer_is_write(const struct call *c)
{
    return c->route && strcmp(c->route->method, "GET") != 0;
}

bool observer_is_delivered(const struct call *c)
{
    return c->res->cut == CUT_NONE;
}

struct moment observer_response_at(const struct observer *w, const struct call *c)
{
    const struct response *res = c->res;
    int64_t on_the_wire_us = res->delay_us;
    if (res->bytes_per_second)
        on_the_wire_us += (int64_t)res->body.n * 1000000 / res->bytes_per_second;
    return (struct moment){c->now_ms, time_monotonic_us() + on_the_wire_us, w->now.port};
}

int64_t observer_elapsed_ms(const struct moment *from, const struct moment *to)
{
    int64_t world_ms = to->world_ms - from->world_ms;
    int64_t machine_ms = (to->machine_us - from->machine_us) / 1000;
    int64_t most = world_ms > machine_ms ? world_ms : machine_ms;
    return most > 0 ? most : 0;
}

bool observer_together(const struct moment *responded, const struct moment *came)
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

void observer_mark(struct observer *w, struct history_entry *entry, struct moment at)
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

static const char *keep(struct observer *w, const char *text)
{
    return text ? arena_text(&w->client_checks->arena, text) : NULL;
}

void report_violation(struct observer *w, const struct call *c, const struct history_entry *earlier,
                      const char *why, ...)
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
        .request_id = keep(w, c->request_id),
        .earlier_id = before ? keep(w, before->request_id) : NULL,
        .provider = c->provider ? c->provider->name : NULL,
        .operation = c->route ? c->route->operation : NULL,
        .why = arena_vprintf(arena, why, args),
    };
    va_end(args);
}

/* --- a call ----------------------------------------------------------------------------------- */

static uint64_t who_calls(const struct call *c)
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
        .who = who_calls(c),
        .operation = c->route ? ((uint64_t)(unsigned)c->provider->id + 1) << 32 |
                                    (uint64_t)(c->route - c->provider->routes)
                              : 0,
    };
}

void client_checks_observe(struct client_checks *k, const struct call *c)
{
    if (!k || c->ns->generation != c->generation) /* what it came to is gone */
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

enum client_check_verdict client_check_verdict(const struct client_checks *k, size_t question)
{
    const struct client_check_result *a = &k->results[question];
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

uint64_t client_checks_forgotten(const struct client_checks *k, size_t question)
{
    return k->results[question].forgotten + k->history[question].forgotten;
}

size_t client_checks_bytes(const struct client_checks *k)
{
    size_t bytes = sizeof *k;
    for (size_t i = 0; i < COUNT(client_checks_table); i++)
        bytes += k->history[i].sets * HISTORY_WAYS * sizeof(struct history_entry);
    return bytes;
}
