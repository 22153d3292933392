/* Checks for secrets: none in URLs, and a refused key is not used again. */
#include "base/array.h"
#include "mockserver/client_checks/observer.h"

#include <inttypes.h>
#include <string.h>

#include "base/url.h"
#include "mockserver/state/world.h"
#include "mockserver/state/tenant.h"
#include "mockserver/state/webhook.h"

#define SECRET_MIN 8 /* characters; a shorter text may be an ordinary word */
#define ALLOWED    2 /* refusals that are allowed: the first and one repetition */

/* --- a filter of all secrets, so that checking a URL without secrets is cheap ---------------- */

/* A hash of the length and some characters. Only texts whose bit is set are compared in full. */
static size_t bit_of(struct str text)
{
    const char places[] = {text.s[1], text.s[2], text.s[text.n / 2], text.s[text.n - 2], text.s[text.n - 1]};
    size_t mix = text.n;
    for (size_t i = 0; i < sizeof places; i++)
        mix = mix * 31 + (unsigned char)places[i];
    return mix % 1024;
}

static void add_secret(struct secrets *k, const char *secret)
{
    struct str text = str_from(secret);
    if (text.n < SECRET_MIN)
        return;
    size_t bit = bit_of(text);
    k->bits[bit / 64] |= UINT64_C(1) << (bit % 64);
    if (!k->shortest || text.n < k->shortest)
        k->shortest = text.n;
}

static void add_row(struct secrets *k, const struct world *w, enum record_kind kind, uint32_t row)
{
    if (kind == RECORD_KEY)
        add_secret(k, key_read(w, row)->value);
    if (kind == RECORD_WEBHOOK) {
        add_secret(k, webhook_read(w, row)->secret);
        add_secret(k, webhook_read(w, row)->previous_secret);
    }
}

static void read_secrets(struct secrets *k, const struct world *w)
{
    static const enum record_kind kinds[] = {RECORD_KEY, RECORD_WEBHOOK};
    for (size_t i = 0; !k->begun && i < COUNT(kinds); i++)
        for (uint32_t row = 1; row <= world_count(w, kinds[i]); row++)
            add_row(k, w, kinds[i], row);
    for (; k->begun && k->seen < changes_last(w); k->seen++) {
        const struct change *change = changes_read(w, k->seen + 1);
        add_row(k, w, change->kind, change->row);
    }
    k->begun = true;
    k->seen = changes_last(w);
}

/* --- secrets in URLs ------------------------------------------------------------------------ */

/* Describes the secret that the text is; NULL: it is not a secret. */
static const char *secret_of(const struct call *c, struct str text)
{
    const struct world *w = c->world;
    for (uint32_t row = 1; row <= world_count(w, RECORD_KEY); row++)
        if (str_is(text, key_read(w, row)->value))
            return arena_printf(c->arena, "the key '%s'", key_label(key_read(w, row)));
    for (uint32_t row = 1; row <= world_count(w, RECORD_WEBHOOK); row++) {
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

/* Describes the first secret among the words of a text; NULL: none. Only words of at least the
 * shortest secret's length matter, so the search looks at the last character of that length first
 * and skips past any separator it meets. */
static const char *find_secret(const struct observer *w, const struct call *c, struct str text)
{
    const struct secrets *k = &w->client_checks->secrets;
    while (k->shortest && text.n >= k->shortest) {
        size_t n = k->shortest;
        while (n && is_in_word(text.s[n - 1]))
            n--;
        if (n) {
            text = str_skip(text, n);
            continue;
        }
        for (n = k->shortest; n < text.n && is_in_word(text.s[n]);)
            n++;
        size_t bit = bit_of(str_head(text, n));
        const char *whose = k->bits[bit / 64] >> (bit % 64) & 1 ? secret_of(c, str_head(text, n)) : NULL;
        if (whose)
            return whose;
        text = str_skip(text, n);
    }
    return NULL;
}

static const char *find_raw(const struct observer *w, const struct call *c, struct str raw)
{
    struct str text = raw;
    if (raw.n && memchr(raw.s, '%', raw.n))
        (void)url_decode(c->arena, raw, true, &text);
    return find_secret(w, c, text);
}

/* An unknown credential in the URL is a violation too. */
static const char *find_own(const struct call *c)
{
    struct str own = c->key ? STR("") : observer_credential(c);
    return own.n >= SECRET_MIN && str_has(c->req->target, own) ? "the credential of the request's header" : NULL;
}

void check_urls(struct observer *w, const struct call *c)
{
    read_secrets(&w->client_checks->secrets, c->world);
    observer_tested(w);
    const char *in_path = c->route ? NULL : find_raw(w, c, c->req->path);
    for (size_t i = 0; c->route && i < ROUTE_PARAMS_MAX && c->params[i].n && !in_path; i++)
        in_path = find_secret(w, c, c->params[i]); /* the rest of the path is fixed by the route */
    const char *in_query = in_path ? NULL : find_raw(w, c, c->req->query);
    const char *own = in_path || in_query ? NULL : find_own(c);
    if (in_path || in_query)
        report_violation(w, c, NULL, "%s appears in the %s", in_path ? in_path : in_query, in_path ? "path" : "query");
    else if (own)
        report_violation(w, c, NULL, "%s appears in the URL", own);
}

/* --- refused keys ---------------------------------------------------------------------------- */

static bool is_refused(const struct call *c)
{
    return c->fault == FAULT_UNAUTHENTICATED || c->fault == FAULT_UNKNOWN_KEY || c->fault == FAULT_KILLED ||
           c->res->status == 401;
}

/* entry: count is the number of refusals, at the first one. */
void check_refused_key(struct observer *w, const struct call *c)
{
    bool refused = is_refused(c);
    struct str credential = refused || w->history->count ? observer_credential(c) : STR("");
    if (!credential.n)
        return;
    uint64_t id = history_id(str_hash(credential), 0);
    struct history_entry *entry = client_history_find(w->history, id);
    if (!refused) {
        if (entry && c->key)
            client_history_drop(w->history, entry); /* the key works again */
        return;
    }
    if (!entry) {
        observer_tested(w);
        entry = observer_entry(w, id);
        observer_mark(w, entry, observer_response_at(w, c));
    } else if (entry->count >= ALLOWED && !observer_together(&entry->at, &w->now)) {
        report_violation(w, c, entry, "%s was used again after it was refused %" PRIu32 " times", observer_key_name(c),
                         entry->count);
    }
    entry->count++;
}
