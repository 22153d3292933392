/* Checks of what a client sends: Idempotency-Keys, accounts that cannot publish, keys and secrets. */
#include "mockserver/client_checks/observer.h"

#include <inttypes.h>
#include <string.h>

#include "base/url.h"
#include "mockserver/state/oauth_attempt.h"
#include "mockserver/state/tenant.h"
#include "mockserver/state/webhook.h"

#define ACCOUNTS_MAX   64 /* found in one call */
#define DEAD_WRITES_OK 1  /* for a dead account: the client learns from it */
#define REFUSALS_OK    2  /* of a key: the first and one repetition */
#define SECRET_MIN     8  /* characters; a shorter text may be an ordinary word */

/* --- Idempotency-Keys ------------------------------------------------------------------------- */

static bool takes_token(const struct call *c)
{
    return c->route && (c->route->flags & ROUTE_IDEMPOTENT);
}

static uint64_t write_id(struct observer *w, const struct call *c)
{
    return history_id(history_id(w->caller, observer_path(w, c)), history_id(w->operation, str_hash(c->req->body)));
}

static enum write_outcome outcome_of(const struct call *c)
{
    int status = c->res->status;
    if (!observer_is_delivered(c))
        return WRITE_TRUNCATED;
    bool ours = !c->scripted && c->fault == FAULT_UNIMPLEMENTED;
    return status == 429 || (status >= 500 && !ours) ? WRITE_FAILED : WRITE_DONE;
}

static const char *outcome_text(struct arena *a, enum write_outcome outcome, int status)
{
    if (outcome == WRITE_LEFT)
        return "a response that the client did not wait for";
    return outcome == WRITE_TRUNCATED ? "a truncated response" : arena_printf(a, "status %d", status);
}

/* A 429 had no effect, so a missing Idempotency-Key does no harm; and a call that was already on its way is not a
 * repetition. */
static bool is_harmless(const struct observer *w, const struct history_entry *first)
{
    return first->write.outcome == WRITE_FAILED && first->write.status == 429 &&
           (!first->write.token || observer_together(&first->at, &w->now));
}

static void check_repetition(const struct observer *w, const struct call *c, const struct history_entry *first,
                             uint64_t token)
{
    enum write_outcome outcome = first->write.outcome;
    if (outcome == WRITE_DONE && w->now.machine_us < first->at.machine_us)
        outcome = WRITE_LEFT;
    if (outcome == WRITE_DONE || is_harmless(w, first))
        return;
    const char *after = outcome_text(c->arena, outcome, first->write.status);
    w->result->tested++;
    if (!first->write.token && !token)
        report_violation(w, c, first, "a write was repeated without any Idempotency-Key after %s", after);
    else if (!first->write.token)
        report_violation(w, c, first, "a write whose first try had no Idempotency-Key was repeated after %s", after);
    else if (first->write.token != token)
        report_violation(w, c, first, "a write was repeated with%s after %s",
                         token ? " another Idempotency-Key" : "out its Idempotency-Key", after);
}

void check_idempotency_kept(struct observer *w, const struct call *c)
{
    if (!takes_token(c))
        return;
    struct str text = observer_token(c);
    uint64_t id = write_id(w, c), token = text.n ? str_hash(text) : 0;
    struct history_entry *entry = observer_find(w, id);
    if (entry)
        check_repetition(w, c, entry, token);
    entry = observer_entry(w, id);
    entry->write.token = token;
    entry->write.outcome = outcome_of(c);
    entry->write.status = c->res->status;
    observer_mark(w, entry, observer_response_at(w, c));
}

void note_unsent(struct observer *w, const struct call *c)
{
    struct history_entry *entry = takes_token(c) ? observer_find(w, write_id(w, c)) : NULL;
    if (entry && entry->write.outcome == WRITE_DONE)
        entry->write.outcome = WRITE_LEFT;
}

void check_idempotency_unique(struct observer *w, const struct call *c)
{
    struct str token = takes_token(c) ? observer_token(c) : STR("");
    if (!token.n)
        return;
    uint64_t id = history_id(history_id(w->caller, w->operation), str_hash(token));
    uint64_t request = history_id(observer_path(w, c), str_hash(c->req->body));
    struct history_entry *entry = observer_find(w, id);
    if (entry && c->now_ms - entry->at.world_ms < c->provider->idempotency_ms) { /* the provider remembers it */
        w->result->tested++;
        if (entry->request != request)
            report_violation(w, c, entry, "an Idempotency-Key was reused with another path or body");
        return;
    }
    entry = observer_entry(w, id);
    entry->request = request;
    observer_mark(w, entry, observer_response_at(w, c));
}

/* --- accounts --------------------------------------------------------------------------------- */

/* Returns the record of the newest such change that this call made, or ROW_NONE. */
static uint32_t changed_row(const struct call *c, enum record_kind kind, enum transition_kind what)
{
    for (uint32_t seq = changes_last(c->world); seq >= changes_after(c->world, c->changes_before); seq--) {
        const struct change *change = changes_read(c->world, seq);
        if (change->kind == kind && change->key == c->key && change->what == what)
            return change->row;
    }
    return ROW_NONE;
}

/* An attempt that is forgotten has ended. */
static bool is_open(const struct call *c, uint32_t attempt)
{
    if (!world_has(c->world, RECORD_OAUTH_ATTEMPT, attempt))
        return false;
    const struct oauth_attempt *a = oauth_attempt_read(c->world, attempt);
    return a->state == OAUTH_ATTEMPT_PENDING && (!a->expires_at_ms || a->expires_at_ms > c->now_ms);
}

void check_reauth_once(struct observer *w, const struct call *c)
{
    if (!c->key || !observer_is_write(c) || !observer_is_delivered(c) || c->res->status >= 300)
        return;
    uint32_t row = changed_row(c, RECORD_OAUTH_ATTEMPT, TRANSITION_OAUTH_ATTEMPT_BEGIN);
    const struct oauth_attempt *a = row ? oauth_attempt_read(c->world, row) : NULL;
    if (!a || !a->reconnects)
        return;
    struct history_entry *entry = observer_entry(w, history_id(RECORD_ACCOUNT, a->account));
    w->result->tested += entry->attempt != ROW_NONE; /* one URL alone shows nothing */
    if (entry->attempt && is_open(c, entry->attempt))
        report_violation(w, c, entry, "requested another reconnect URL for %s while one was open",
                         account_read(c->world, a->account)->public_id);
    entry->attempt = row;
    observer_mark(w, entry, observer_response_at(w, c));
}

struct accounts {
    uint32_t rows[ACCOUNTS_MAX];
    size_t count;
};

static void add_account(const struct call *c, struct str id, struct accounts *out)
{
    uint32_t row = id.n ? account_find(c->world, c->provider->id, id) : ROW_NONE;
    if (row && out->count < ACCOUNTS_MAX && call_owns(c, account_read(c->world, row)->space))
        out->rows[out->count++] = row;
}

/* Adds the accounts that values below a member whose name contains "account" name, for example socialAccountId,
 * account_ids or selectedAccounts. `below`: `n` is such a value. */
static void find_accounts(const struct call *c, const struct node *n, bool below, struct accounts *out)
{
    char digits[STR_INT_MAX];
    if (below && n->kind == NODE_TEXT)
        add_account(c, n->text, out);
    if (below && n->kind == NODE_INT)
        add_account(c, str_of_int(n->integer, digits), out);
    for (size_t i = 0; n->kind == NODE_LIST && i < n->list.count; i++)
        find_accounts(c, n->list.items[i], below, out);
    for (size_t i = 0; n->kind == NODE_MAP && i < n->map.count; i++) {
        struct str name = str_from(n->map.members[i].key);
        if (below)
            add_account(c, name, out);
        find_accounts(c, n->map.members[i].value, below || str_has(name, STR("ccount")), out);
    }
}

/* A reconnected account has a new id. */
static uint64_t account_id(const struct call *c, uint32_t row)
{
    return history_id(history_id(RECORD_ACCOUNT, row), (uint64_t)account_read(c->world, row)->token_generation);
}

/* Returns true if the account can publish. */
static bool check_write(const struct observer *w, const struct call *c, uint32_t row)
{
    const struct account *a = account_read(c->world, row);
    if (account_can_publish(a))
        return true;
    struct history_entry *entry = observer_find(w, account_id(c, row));
    bool is_first = !entry;
    if (entry && observer_together(&entry->dead.first, &w->now))
        return false;
    if (entry && entry->dead.writes >= DEAD_WRITES_OK) {
        observer_show(w, entry);
        report_violation(w, c, entry, "wrote again for %s, which %s", a->public_id,
                         account_is_listed(a) ? "must be reconnected first" : "was disconnected");
    }
    entry = observer_entry(w, account_id(c, row));
    observer_mark(w, entry, observer_response_at(w, c));
    entry->dead.writes++;
    if (is_first) {
        entry->dead.first = entry->at;
        observer_open(w, entry, c->key);
    }
    return false;
}

/* A disconnection is no write for a dead account, but later ones are. */
static void note_disconnection(const struct observer *w, const struct call *c, uint32_t row)
{
    struct history_entry *entry = observer_entry(w, account_id(c, row));
    observer_mark(w, entry, observer_response_at(w, c));
    entry->dead.first = entry->at;
    observer_open(w, entry, c->key);
}

void check_dead_accounts(struct observer *w, const struct call *c)
{
    if (!c->key || !observer_is_write(c))
        return;
    uint32_t gone = changed_row(c, RECORD_ACCOUNT, TRANSITION_ACCOUNT_DISCONNECT);
    if (gone)
        note_disconnection(w, c, gone);
    if (!gone && (c->route->flags & ROUTE_REPAIRS))
        observer_settle(w, c->key, 0, 0);
    if (gone || (c->route->flags & ROUTE_REPAIRS) || str_is(c->req->method, "DELETE"))
        return;
    struct accounts named = {.count = 0};
    for (size_t i = 0; i < ROUTE_PARAMS_MAX && c->params[i].n; i++)
        add_account(c, c->params[i], &named);
    const struct node *body = json_parse(c->arena, c->req->body, "body", NULL);
    if (body)
        find_accounts(c, body, false, &named);
    bool alive = named.count > 0;
    for (size_t i = 0; i < named.count; i++)
        alive = check_write(w, c, named.rows[i]) && alive;
    if (alive)
        observer_settle(w, c->key, 0, 0);
}

/* --- keys and secrets ------------------------------------------------------------------------- */

static bool is_refused(const struct call *c)
{
    return c->fault == FAULT_UNAUTHENTICATED || c->fault == FAULT_UNKNOWN_KEY || c->fault == FAULT_KILLED ||
           c->res->status == 401;
}

static const char *key_name(const struct call *c)
{
    return c->key ? arena_printf(c->arena, "the key '%s'", key_label(key_read(c->world, c->key))) : "an unknown key";
}

void check_refused_key(struct observer *w, const struct call *c)
{
    bool refused = is_refused(c);
    struct str credential = refused || w->result->entries ? observer_credential(c) : STR("");
    if (!credential.n)
        return;
    uint64_t id = history_id(str_hash(credential), 0);
    observer_settle(w, 0, id, 0);
    struct history_entry *entry = observer_find(w, id);
    if (!refused) {
        if (entry && c->key)
            observer_forget(w, entry); /* the key works again */
        return;
    }
    if (!entry) {
        entry = observer_entry(w, id);
        observer_mark(w, entry, observer_response_at(w, c));
        observer_open(w, entry, 0);
    } else if (observer_together(&entry->at, &w->now)) {
        return;
    } else if (entry->refused >= REFUSALS_OK) {
        observer_show(w, entry);
        report_violation(w, c, entry, "%s was used again after it was refused %" PRIu32 " times", key_name(c),
                         entry->refused);
    }
    entry->refused++;
}

/* Describes the secret that the text is; NULL: it is not a secret. */
static const char *secret_of(const struct call *c, struct str text)
{
    const struct world *w = c->world;
    for (uint32_t row = 0; world_next(w, RECORD_KEY, &row);)
        if (str_is(text, key_read(w, row)->value))
            return arena_printf(c->arena, "the key '%s'", key_label(key_read(w, row)));
    for (uint32_t row = 0; world_next(w, RECORD_WEBHOOK, &row);) {
        const struct webhook *h = webhook_read(w, row);
        if ((h->secret && str_is(text, h->secret)) || (h->previous_secret && str_is(text, h->previous_secret)))
            return arena_printf(c->arena, "the secret of the webhook %s", h->public_id);
    }
    return NULL;
}

static bool is_in_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
}

static bool is_word(struct str text)
{
    size_t n = 0;
    while (n < text.n && is_in_word(text.s[n]))
        n++;
    return n == text.n;
}

/* Describes the first key in a text that is not one word, as a key of a fixture may be; NULL: none. */
static const char *find_odd_key(const struct call *c, struct str text)
{
    for (uint32_t row = 0; world_next(c->world, RECORD_KEY, &row);) {
        struct str value = str_from(key_read(c->world, row)->value);
        if (value.n >= SECRET_MIN && value.n <= text.n && !is_word(value) && str_has(text, value))
            return arena_printf(c->arena, "the key '%s'", key_label(key_read(c->world, row)));
    }
    return NULL;
}

/* Describes the first secret among the words of a text; NULL: none. */
static const char *find_secret(const struct call *c, struct str text)
{
    const char *whose = find_odd_key(c, text);
    while (text.n && !whose) {
        size_t n = 0;
        while (n < text.n && is_in_word(text.s[n]))
            n++;
        whose = n >= SECRET_MIN ? secret_of(c, str_head(text, n)) : NULL;
        text = str_skip(text, n + 1);
    }
    return whose;
}

static const char *find_raw(const struct call *c, struct str raw)
{
    struct str text = raw;
    if (raw.n && memchr(raw.s, '%', raw.n))
        (void)url_decode(c->arena, raw, true, &text);
    return find_secret(c, text);
}

/* An unknown credential in the URL is a violation too. */
static const char *find_own(const struct call *c)
{
    struct str own = c->key ? STR("") : observer_credential(c);
    return own.n >= SECRET_MIN && str_has(c->req->target, own) ? "the credential of the request's header" : NULL;
}

void check_secrets_in_urls(struct observer *w, const struct call *c)
{
    const char *in_path = c->route ? NULL : find_raw(c, c->req->path);
    for (size_t i = 0; c->route && i < ROUTE_PARAMS_MAX && c->params[i].n && !in_path; i++)
        in_path = find_secret(c, c->params[i]); /* the rest of the path is fixed by the route */
    const char *in_query = in_path ? NULL : find_raw(c, c->req->query);
    const char *own = in_path || in_query ? NULL : find_own(c);
    if (in_path || in_query)
        report_violation(w, c, NULL, "%s appears in the %s", in_path ? in_path : in_query, in_path ? "path" : "query");
    else if (own)
        report_violation(w, c, NULL, "%s appears in the URL", own);
    w->result->tested +=
        in_path || in_query || own || observer_credential(c).n; /* a call without a secret shows nothing */
}
