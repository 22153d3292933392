/* Checks for accounts that cannot publish: one reconnect URL at a time, no further writes. */
#include "mockserver/client_checks/observer.h"

#include <string.h>

#include "mockserver/state/oauth_attempt.h"
#include "mockserver/state/world.h"

#define NAMED_MAX 64 /* accounts found in one call */
#define ALLOWED   1  /* writes that are allowed, since the client learns from them */

/* Returns the record of the newest such change that this call made, or ROW_NONE. */
static uint32_t changed_row(const struct call *c, enum record_kind kind, const char *what)
{
    for (uint32_t seq = changes_last(c->world); seq > c->changes_before; seq--) {
        const struct change *change = changes_read(c->world, seq);
        if (change->kind == kind && change->key == c->key && strcmp(change->what, what) == 0)
            return change->row;
    }
    return ROW_NONE;
}

/* --- one reconnect URL per account ------------------------------------------------------------ */

static bool is_open(const struct call *c, uint32_t attempt)
{
    const struct oauth_attempt *a = oauth_attempt_read(c->world, attempt);
    return a->state == OAUTH_ATTEMPT_PENDING && (!a->expires_at_ms || a->expires_at_ms > c->now_ms);
}

/* entry: row is the OAuth attempt of the account's last reconnect URL. */
void check_reauth(struct observer *w, const struct call *c)
{
    uint32_t row = c->key && observer_is_write(c) && observer_is_delivered(c) && c->res->status < 300
                       ? changed_row(c, RECORD_OAUTH_ATTEMPT, "oauth_attempt_begin")
                       : ROW_NONE;
    const struct oauth_attempt *a = row ? oauth_attempt_read(c->world, row) : NULL;
    if (!a || !a->reconnects)
        return;
    const struct account *account = account_read(c->world, a->account);
    struct history_entry *entry = observer_entry(w, history_id(RECORD_ACCOUNT, a->account));
    observer_tested(w);
    if (entry->row && is_open(c, entry->row))
        report_violation(w, c, entry, "requested another reconnect URL for %s while one was open", account->public_id);
    entry->row = row;
    observer_mark(w, entry, observer_response_at(w, c));
}

/* --- writes for dead accounts ----------------------------------------------------------------- */

struct named {
    uint32_t rows[NAMED_MAX];
    size_t count;
};

static void add_named(const struct call *c, struct str id, struct named *out)
{
    uint32_t row = id.n ? account_find(c->world, c->provider->id, id) : ROW_NONE;
    if (row && out->count < NAMED_MAX && call_owns(c, account_read(c->world, row)->space))
        out->rows[out->count++] = row;
}

/* Cuts a JSON string from *rest, which starts after the opening quote and is moved past the closing
 * one. */
static struct str cut_text(struct str *rest)
{
    struct str text = *rest;
    size_t n = 0;
    while (n < text.n && text.s[n] != '"')
        n += text.s[n] == '\\' ? 2 : 1;
    *rest = str_skip(text, n + 1);
    return str_head(text, n);
}

static size_t digits_in(struct str text)
{
    size_t n = 0;
    while (n < text.n && text.s[n] >= '0' && text.s[n] <= '9')
        n++;
    return n;
}

static struct str after_blanks(struct str text)
{
    size_t n = 0;
    while (n < text.n && strchr(" \t\r\n", text.s[n]))
        n++;
    return str_skip(text, n);
}

/* Reads the value after a member's colon: a text, a number, or a list of these. Moves *rest past
 * it, so that each byte of the body is read once. */
static void read_values(const struct call *c, struct str *rest, struct named *out)
{
    *rest = after_blanks(*rest);
    char end = str_starts(*rest, STR("[")) ? ']' : ',';
    while (rest->n && *rest->s != '}' && *rest->s != end) {
        bool quoted = *rest->s == '"';
        size_t digits = digits_in(*rest);
        struct str id = str_head(*rest, digits);
        *rest = str_skip(*rest, digits ? digits : 1);
        if (quoted)
            id = cut_text(rest);
        add_named(c, id, out);
    }
}

/* Finds the accounts that a call names: by ids in its path, and by body members whose name contains
 * "account", for example socialAccountId, account_ids or selectedAccounts. */
static void find_named(const struct call *c, struct named *out)
{
    for (size_t i = 0; i < ROUTE_PARAMS_MAX && c->params[i].n; i++)
        add_named(c, c->params[i], out);
    struct str rest = c->req->body;
    while ((rest = str_skip(rest, str_find(rest, '"') + 1)).n) {
        struct str name = cut_text(&rest);
        rest = after_blanks(rest);
        if (str_starts(rest, STR(":")) && str_has(name, STR("ccount"))) {
            rest = str_skip(rest, 1);
            read_values(c, &rest, out);
        }
    }
}

/* True for calls that are allowed on a dead account: to reconnect it, or to delete something. */
static bool is_repair(const struct call *c)
{
    return (c->route->flags & ROUTE_REPAIRS) || str_is(c->req->method, "DELETE");
}

static uint64_t account_id(const struct call *c, uint32_t row)
{
    return history_id(history_id(RECORD_ACCOUNT, row), (uint64_t)account_read(c->world, row)->token_generation);
}

/* entry: count of writes for the dead account; first and at are the first and the last one. A
 * reconnected account has a new id. */
static void check_write(struct observer *w, const struct call *c, uint32_t row)
{
    const struct account *a = account_read(c->world, row);
    uint64_t id = account_id(c, row);
    struct history_entry *entry = client_history_find(w->history, id);
    if (account_can_publish(a))
        return;
    if (!entry)
        observer_tested(w);
    struct history_entry before = entry ? *entry : (struct history_entry){0};
    if (before.count >= ALLOWED && !observer_together(&before.first, &w->now))
        report_violation(w, c, &before, "wrote again for %s, which %s", a->public_id,
                         account_is_listed(a) ? "must be reconnected first" : "was disconnected");
    entry = observer_entry(w, id);
    entry->count = before.count + 1;
    observer_mark(w, entry, observer_response_at(w, c));
    if (!before.id)
        entry->first = entry->at;
}

void check_dead_account(struct observer *w, const struct call *c)
{
    if (!c->key || !observer_is_write(c))
        return;
    uint32_t gone = changed_row(c, RECORD_ACCOUNT, "account_disconnect");
    if (gone) {
        observer_tested(w);
        struct history_entry *entry = observer_entry(w, account_id(c, gone));
        observer_mark(w, entry, observer_response_at(w, c));
        entry->first = entry->at;
        return;
    }
    if (is_repair(c))
        return;
    struct named named = {.count = 0};
    find_named(c, &named);
    for (size_t i = 0; i < named.count; i++)
        check_write(w, c, named.rows[i]);
}
