#include "mockserver/client_checks/client_checks.h"

#include <assert.h>
#include <inttypes.h>

#include "base/arena.h"
#include "base/array.h"
#include "mockserver/client_checks/observer.h"
#include "mockserver/runtime/journal.h"
#include "mockserver/runtime/namespaces.h"

const char *const client_check_verdict_texts[] = {CLIENT_CHECK_VERDICTS(ENUM_TEXT)};

/* --- the checks ------------------------------------------------------------------------------- */

static const struct client_check_text retry_after_text = {
    "Waits as long as Retry-After says",
    "Fails when a key repeats a refused call before the Retry-After of its 429 or 503 has passed. After an exhausted "
    "rate limit every call that counts against it is a repetition; after any other refusal, a call of the same "
    "operation. A tolerance of 50 ms allows for inexact timers. Evidence is the first "
    "repetition: early, it fails; after the wait, it passes. Until then the check is not tested. A call that may have "
    "been in flight when the refusal left counts for neither: the server had received it, or it came within 100 ms of "
    "the first refusal on another connection. Two calls always count: the refused write with the same "
    "Idempotency-Key; and, from a client that never had two calls in flight, the refused request itself on a "
    "connection that was opened after the refusal.",
};
static const struct client_check_text idempotency_kept_text = {
    "Repeats a write with the same Idempotency-Key",
    "Fails when a write that got 429, 5xx, a truncated response or none is repeated with another Idempotency-Key or "
    "without one. Only operations that accept an Idempotency-Key are checked. A repetition has the same API key, "
    "path and body. If the first try had no Idempotency-Key, its repetition fails too, except after 429, because a "
    "refused call had no effect. A call that may have been in flight when the 429 left (see `retry_after`) is not a "
    "repetition. Evidence is a repetition.",
};
static const struct client_check_text idempotency_unique_text = {
    "Uses an Idempotency-Key for one write only",
    "Fails when one Idempotency-Key is sent with two different paths or bodies. Checked per API key and operation, "
    "for as long as the provider remembers the Idempotency-Key. Evidence is an Idempotency-Key that is sent again.",
};
static const struct client_check_text poll_pace_text = {
    "Polls no faster than allowed",
    "Fails when two polls of the same resource are closer together than the minimum interval. Minimum intervals: "
    "layers.oauth_status 1 s (the provider's guide); posteverywhere.poll_social_connect and poll_device_token 2 s "
    "(the interval in their responses); layers.read_lease_request and read_job, posteverywhere.read_media 1 s (our "
    "choice; no documented value). A tolerance of 10% allows for inexact timers. A poll whose response was truncated "
    "does not count. Evidence is a second poll. A query does not make it another resource.",
};
static const struct client_check_text poll_end_text = {
    "Stops polling at a final state",
    "Fails when a resource is polled again within a minute of a response with a final state. A later call counts as "
    "a lookup, not as a poll. posteverywhere.read_media is not checked, because it has other uses than polling. "
    "Evidence "
    "that a client stopped is another call with the same key, 2 s or more after the final state.",
};
static const struct client_check_text reauth_once_text = {
    "Requests one reconnect URL at a time",
    "Fails when a URL to reconnect an account is requested while an earlier one for the same account is still open. "
    "A URL is open until it is used or expires. One whose response did not reach the client does not count. Evidence "
    "is a second URL for the same account.",
};
static const struct client_check_text refused_key_text = {
    "Stops using a refused key",
    "Fails when a credential that was refused (401, or a disabled key) is used a third time. One repetition is "
    "allowed. Calls that may have been in flight at the first refusal do not count. Evidence that a client stopped is "
    "a "
    "later call with another credential.",
};
static const struct client_check_text secrets_in_urls_text = {
    "Keeps secrets out of URLs",
    "Fails when a path or query contains an API key, a webhook secret or the credential of the request's own header. "
    "All keys and webhook secrets of the namespace are checked by value, from 8 characters on. The state token of an "
    "OAuth attempt is not a secret here. Evidence is a call with a credential in its header.",
};
static const struct client_check_text dead_accounts_text = {
    "Stops writing for an account that is disconnected or must be reconnected",
    "Fails at the second write for an account that is disconnected or has lost its token. A write names an account "
    "by an id in its path, or in a body member whose name contains 'account'. Calls that reconnect or delete the "
    "account are allowed. After a reconnection the count starts again. Evidence that a client stopped is a later write "
    "with the same key for other accounts, or a call that reconnects one.",
};
static const struct client_check_text backoff_text = {
    "Waits longer after each failure",
    "Fails when a call that keeps failing (429, 5xx, truncated) is repeated after too short a pause. Advice: no "
    "provider documents it. From the fifth try in a row, a pause is too short if it is below 5 s, below twice the "
    "first pause, and below the requested Retry-After. Evidence is a fifth try.",
};

/* clang-format off */
const struct client_check client_checks_table[] = { /* id, check, unsent, advice, text */
    {"retry_after",        check_retry_after,        NULL,        false, &retry_after_text},
    {"idempotency_kept",   check_idempotency_kept,   note_unsent, false, &idempotency_kept_text},
    {"idempotency_unique", check_idempotency_unique, NULL,        false, &idempotency_unique_text},
    {"poll_pace",          check_poll_pace,          NULL,        false, &poll_pace_text},
    {"poll_end",           check_poll_end,           NULL,        false, &poll_end_text},
    {"reauth_once",        check_reauth_once,        NULL,        false, &reauth_once_text},
    {"refused_key",        check_refused_key,        NULL,        false, &refused_key_text},
    {"secrets_in_urls",    check_secrets_in_urls,    NULL,        false, &secrets_in_urls_text},
    {"dead_accounts",      check_dead_accounts,      NULL,        false, &dead_accounts_text},
    {"backoff",            check_backoff,            NULL,        true,  &backoff_text},
};
/* clang-format on */
const size_t client_check_count = COUNT(client_checks_table);
static_assert(COUNT(client_checks_table) <= CLIENT_CHECKS_MAX, "CLIENT_CHECKS_MAX");

void client_checks_observe(struct client_checks *k, const struct call *c)
{
    if (!k || c->ns->generation != c->generation) /* the namespace was reset while the call waited */
        return;
    const struct journal *j = c->ns->journal;
    k->calls++;
    struct observer w = observer_of(k, c, journal_last(j), journal_epoch(j));
    if (k->left_port != w.now.port && observer_overlaps(k->left_us, &w.now))
        k->concurrent = true;
    for (size_t i = 0; i < COUNT(client_checks_table); i++) {
        w.result = &k->results[i];
        client_checks_table[i].check(&w, c);
    }
    k->left_us = observer_response_at(&w, c).machine_us;
    k->left_port = w.now.port;
}

void client_checks_unsent(struct client_checks *k, const struct call *c)
{
    struct observer w = observer_of(k, c, 0, 0);
    for (size_t i = 0; i < COUNT(client_checks_table); i++) {
        w.result = &k->results[i];
        if (client_checks_table[i].unsent)
            client_checks_table[i].unsent(&w, c);
    }
}

enum client_check_verdict client_check_verdict(const struct client_checks *k, size_t check)
{
    const struct client_check_result *r = &k->results[check];
    if (r->failures)
        return CLIENT_CHECK_FAILED;
    return r->tested ? CLIENT_CHECK_PASSED : CLIENT_CHECK_NOT_TESTED;
}

bool client_checks_failed(const struct client_checks *k)
{
    for (size_t i = 0; i < COUNT(client_checks_table); i++)
        if (!client_checks_table[i].advice && client_check_verdict(k, i) == CLIENT_CHECK_FAILED)
            return true;
    return false;
}

/* --- the checks of all namespaces: current ones, ended ones, and a sum of those beyond the limit -- */

struct list {
    struct client_checks **items;
    size_t count, room;
};

struct client_registry {
    struct arena arena; /* of the lists */
    struct list current, ended;
    struct client_checks rest; /* sum of the other ended ones, without details */
    uint64_t rest_namespaces;
};

struct client_registry *client_registry_new(void)
{
    return heap_new(sizeof(struct client_registry));
}

static void free_checks(struct client_checks *k)
{
    arena_end(&k->history);
    arena_end(&k->arena);
    heap_free(k);
}

void client_registry_free(struct client_registry *all)
{
    if (!all)
        return;
    while (all->current.count)
        free_checks(all->current.items[--all->current.count]);
    while (all->ended.count)
        free_checks(all->ended.items[--all->ended.count]);
    arena_end(&all->arena);
    heap_free(all);
}

struct client_checks *client_checks_begin(struct client_registry *all, const char *name, uint64_t generation)
{
    struct client_checks *k = heap_new(sizeof *k);
    k->all = all;
    k->name = name;
    k->generation = generation;
    *arena_push(&all->arena, &all->current, struct client_checks *) = k;
    return k;
}

static void add_counts(struct client_checks *sum, const struct client_checks *k)
{
    sum->calls += k->calls;
    for (size_t i = 0; i < client_check_count; i++) {
        sum->results[i].tested += k->results[i].tested;
        sum->results[i].failures += k->results[i].failures;
        sum->results[i].forgotten += k->results[i].forgotten;
    }
}

static void remove_current(struct list *l, const struct client_checks *k)
{
    size_t i = 0;
    while (l->items[i] != k)
        i++;
    for (l->count--; i < l->count; i++)
        l->items[i] = l->items[i + 1];
}

void client_checks_end(struct client_checks *k)
{
    if (!k)
        return;
    struct client_registry *all = k->all;
    remove_current(&all->current, k);
    if (k->calls && all->ended.count < CLIENT_CHECKS_NAMESPACES_MAX) {
        k->name = arena_text(&k->arena, k->name); /* it belongs to the namespace */
        k->ended = true;
        arena_end(&k->history);
        *arena_push(&all->arena, &all->ended, struct client_checks *) = k;
        return;
    }
    if (k->calls) {
        add_counts(&all->rest, k);
        all->rest_namespaces++;
    }
    free_checks(k);
}

static bool any_failed(const struct list *l)
{
    bool failed = false;
    for (size_t i = 0; i < l->count && !failed; i++)
        failed = client_checks_failed(l->items[i]);
    return failed;
}

bool client_registry_failed(const struct client_registry *all)
{
    return client_checks_failed(&all->rest) || any_failed(&all->ended) || any_failed(&all->current);
}

static const char *name_of(struct arena *a, const struct client_checks *k)
{
    return k->ended ? arena_printf(a, "%s (ended, generation %" PRIu64 ")", k->name, k->generation) : k->name;
}

void client_registry_each(const struct client_registry *all, client_registry_visit *visit, void *ctx)
{
    const struct list lists[] = {all->ended, all->current};
    struct client_checks rest = all->rest;
    uint64_t visited = 0, rest_namespaces = all->rest_namespaces;
    struct arena a = {0};
    for (size_t i = 0; i < COUNT(lists); i++)
        for (size_t n = 0; n < lists[i].count; n++) {
            const struct client_checks *k = lists[i].items[n];
            if (k->calls && visited < CLIENT_CHECKS_NAMESPACES_MAX) {
                visit(ctx, name_of(&a, k), k);
                visited++;
            } else if (k->calls) {
                add_counts(&rest, k);
                rest_namespaces++;
            }
        }
    if (rest_namespaces)
        visit(ctx, arena_printf(&a, "%" PRIu64 " more namespaces", rest_namespaces), &rest);
    else if (!visited && all->current.count)
        visit(ctx, all->current.items[0]->name, all->current.items[0]);
    arena_end(&a);
}
