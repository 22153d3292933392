#include "mockserver/conduct/watch.h"

#include <assert.h>

#include "base/heap.h"
#include "base/time.h"
#include "mockserver/journal.h"
#include "mockserver/state/tenant.h"
#include "mockserver/worlds/namespaces.h"

#define COUNT(a)    (sizeof(a) / sizeof *(a))
#define TOGETHER_US 100000 /* a client may have sent so long before it read another answer */

const char *const conduct_verdict_texts[] = {
#define X(name, text) text,
    CONDUCT_VERDICTS(X)
#undef X
};

/* clang-format off */
const struct conduct_question conduct_questions[] = {
    {"retry_after", "It waits as long as Retry-After says",
     .help = "After a 429 or 503 with Retry-After, did the same key leave alone what was refused until that time had passed?",
     .judged = "What is refused is the budget that was spent, else the one operation. Up to 50 ms early are a timer's. A call that was on its way already is not meant: one that came before the answer, or within 100 ms of it on another connection, unless it is the refused write itself, by its Idempotency-Key.",
     .see = see_retry_after},
    {"idempotency_kept", "A write that is tried again has the Idempotency-Key it had",
     .help = "Was a write whose operation takes an Idempotency-Key, and which got 429, 5xx, half an answer or none, repeated with the same key?",
     .judged = "Repeated is: the same key, path and body. A write without an Idempotency-Key is held against its repetition, except after 429, which had no effect; nor does a call repeat one that got 429 while it was on its way already.",
     .see = see_kept_key},
    {"idempotency_unique", "An Idempotency-Key stands for one write",
     .help = "Was one Idempotency-Key sent with two different paths or bodies?",
     .judged = "For each key and operation, and as long as the provider remembers it.",
     .see = see_used_key},
    {"poll_pace", "It polls no faster than it may",
     .help = "Did two polls of the same thing follow each other faster than the documents or the provider's clients have it?",
     .judged = "layers.oauth_status: a second, as the provider's guide has it. posteverywhere.poll_social_connect and poll_device_token: two, the interval they are told. layers.read_lease_request and read_job, posteverywhere.read_media: a second, our reading, for nothing is said. A tenth less is a timer's. One whose answer was cut does not count.",
     .see = see_poll_pace},
    {"poll_end", "It stops polling when it was told the end",
     .help = "Was something polled again after its answer told a state that is final?",
     .judged = "Within a minute: who asks later looks something up. Reading media is no poll once it has ended.",
     .see = see_poll_end},
    {"reauth_once", "It asks for one way to reconnect at a time",
     .help = "Was another URL to reconnect an account asked for while one for the same account was still open?",
     .judged = "Open is: neither used nor expired. One whose answer never came to the client does not count.",
     .see = see_reauth},
    {"refused_key", "It stops using a key that was refused",
     .help = "Was a credential that was refused (401, or a key that is switched off) used again and again?",
     .judged = "The second try is pardoned, and so are calls that were on their way with the first.",
     .see = see_refused_key},
    {"secrets_in_urls", "It keeps secrets out of URLs",
     .help = "Did a key, a webhook's secret or the credential of its own header stand in a path or query?",
     .judged = "Every key and webhook secret of the world, of 8 characters at least, by its value. The state of an OAuth attempt is no secret here.",
     .see = see_urls},
    {"dead_accounts", "It stops writing for an account that is gone or must be reconnected",
     .help = "Were there writes for an account that was disconnected, or whose token is dead, other than to reconnect or end it?",
     .judged = "A write names an account by an id in its path, or in a member of its body that is called something with account. From one write it learns; the next is held against it, until the account has a new token.",
     .see = see_dead_account},
    {"backoff", "It tries a failing call ever more slowly",
     .help = "Were the tries of a call that kept failing (429, 5xx, cut off) set apart?",
     .judged = "Advice: no document asks for it. From the fifth try in a row on, a pause is too short if it is below 5 s, less than twice the first one, and less than Retry-After asked for.",
     .advice = true, .see = see_backoff},
};
/* clang-format on */
const size_t conduct_question_count = COUNT(conduct_questions);
static_assert(COUNT(conduct_questions) <= QUESTIONS_MAX, "QUESTIONS_MAX");

/* --- what questions share -------------------------------------------------------------------- */

uint64_t watch_id(uint64_t x, uint64_t y)
{
    uint64_t id = (x ^ (y + 0x9E3779B97F4A7C15u + (x << 6) + (x >> 2))) * 0xFF51AFD7ED558CCDu;
    id = (id ^ (id >> 33)) * 0xC4CEB9FE1A85EC53u;
    id ^= id >> 33;
    return id ? id : 1;
}

uint64_t watch_path(struct watch *w, const struct call *c)
{
    if (!w->path)
        w->path = watch_id(str_hash(c->path), str_hash(c->req->query));
    return w->path;
}

struct str watch_credential(const struct call *c)
{
    const struct headers *h = &c->req->headers;
    struct str value = {0};
    if (c->provider && c->provider->key_header)
        value = str_trim(headers_get(h, c->provider->key_header));
    if (!value.n)
        value = str_trim(headers_get(h, "Authorization"));
    return str_starts_nocase(value, STR("Bearer ")) ? str_trim(str_skip(value, 7)) : value;
}

const char *watch_key_name(const struct call *c)
{
    return c->key ? arena_printf(c->arena, "the key '%s'", key_label(key_read(c->world, c->key)))
                  : "a key that is unknown here";
}

bool watch_is_write(const struct call *c)
{
    return c->route && strcmp(c->route->method, "GET") != 0;
}

bool watch_is_told(const struct call *c)
{
    return c->res->cut == CUT_NONE;
}

struct moment watch_answered(const struct watch *w, const struct call *c)
{
    const struct response *res = c->res;
    int64_t on_the_wire_us = res->delay_us;
    if (res->bytes_per_second)
        on_the_wire_us += (int64_t)res->body.n * 1000000 / res->bytes_per_second;
    return (struct moment){c->now_ms, time_monotonic_us() + on_the_wire_us, w->now.port};
}

int64_t watch_elapsed_ms(const struct moment *from, const struct moment *to)
{
    int64_t world_ms = to->world_ms - from->world_ms;
    int64_t machine_ms = (to->machine_us - from->machine_us) / 1000;
    int64_t most = world_ms > machine_ms ? world_ms : machine_ms;
    return most > 0 ? most : 0;
}

bool watch_together(const struct moment *answered, const struct moment *came)
{
    int64_t after_us = came->machine_us - answered->machine_us;
    bool elsewhere = answered->port && came->port && answered->port != came->port;
    return after_us < 0 || (elsewhere && after_us < TOGETHER_US);
}

struct note *watch_note(struct watch *w, uint64_t id)
{
    struct note *note = notes_find(w->notes, id);
    return note ? note : notes_make(w->notes, id, w->conduct->calls);
}

void watch_mark(struct watch *w, struct note *note, struct moment at)
{
    note->at = at;
    note->call = w->seq;
    note->epoch = w->epoch;
    note->written = w->conduct->calls;
}

void watch_exercised(struct watch *w)
{
    w->answer->exercised++;
}

const char *watch_duration(struct arena *a, int64_t ms)
{
    return duration_text(ms, arena_alloc(a, TIME_TEXT_MAX));
}

static const char *keep(struct watch *w, const char *text)
{
    return text ? arena_text(&w->conduct->arena, text) : NULL;
}

void watch_blame(struct watch *w, const struct call *c, const struct note *earlier, const char *why,
                 ...)
{
    struct conduct_answer *a = w->answer;
    struct arena *arena = &w->conduct->arena;
    a->broken++;
    if (a->count == CONDUCT_OCCURRENCES_MAX)
        return;
    if (!a->occurrences)
        a->occurrences = arena_array(arena, struct occurrence, CONDUCT_OCCURRENCES_MAX);
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
    struct str credential = watch_credential(c);
    return credential.n ? watch_id(str_hash(credential), 1) : 0;
}

static struct watch watch_of(struct conduct *k, const struct call *c)
{
    return (struct watch){
        .conduct = k,
        .now = {c->now_ms, c->exchange->arrived_us, c->req->peer_port},
        .who = who_calls(c),
        .operation = c->route ? ((uint64_t)(unsigned)c->provider->id + 1) << 32 |
                                    (uint64_t)(c->route - c->provider->routes)
                              : 0,
    };
}

void conduct_see(struct conduct *k, const struct call *c)
{
    if (!k || c->ns->generation != c->generation) /* what it came to is gone */
        return;
    struct watch w = watch_of(k, c);
    w.seq = journal_last(c->ns->journal);
    w.epoch = journal_epoch(c->ns->journal);
    k->calls++;
    for (size_t i = 0; i < COUNT(conduct_questions); i++) {
        w.answer = &k->answers[i];
        w.notes = &k->notes[i];
        conduct_questions[i].see(&w, c);
    }
}

void conduct_unsent(struct conduct *k, const struct call *c)
{
    struct watch w = watch_of(k, c);
    for (size_t i = 0; i < COUNT(conduct_questions); i++)
        if (conduct_questions[i].see == see_kept_key) {
            w.notes = &k->notes[i];
            see_unsent(&w, c);
        }
}

enum conduct_verdict conduct_verdict(const struct conduct *k, size_t question)
{
    const struct conduct_answer *a = &k->answers[question];
    if (a->broken)
        return CONDUCT_BROKEN;
    return a->exercised ? CONDUCT_KEPT : CONDUCT_NOT_EXERCISED;
}

bool conduct_misbehaved(const struct conduct *k)
{
    for (size_t i = 0; i < COUNT(conduct_questions); i++)
        if (!conduct_questions[i].advice && conduct_verdict(k, i) == CONDUCT_BROKEN)
            return true;
    return false;
}

uint64_t conduct_forgotten(const struct conduct *k, size_t question)
{
    return k->answers[question].forgotten + k->notes[question].forgotten;
}

size_t conduct_bytes(const struct conduct *k)
{
    size_t bytes = sizeof *k;
    for (size_t i = 0; i < COUNT(conduct_questions); i++)
        bytes += k->notes[i].sets * NOTES_WAYS * sizeof(struct note);
    return bytes;
}
