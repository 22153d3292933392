#include "mockserver/pipeline/logged.h"

#include <string.h>

#include "base/array.h"
#include "base/http/message.h"
#include "mockserver/provider_api/mask.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/runtime/mock.h"
#include "mockserver/state/oauth_attempt.h"
#include "mockserver/state/tenant.h"
#include "mockserver/state/webhook.h"
#include "mockserver/state/world.h"

#define PATH_MAX_BYTES 400
#define QUERIES_MAX    20 /* parameters of a query */
#define NAME_MAX_BYTES 32 /* of a query parameter */
#define SECRET_MIN     8  /* bytes; hashing a shorter one is a waste */
#define LEFT_OUT       "***"

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* The words with which keys, tokens and secrets begin, of the mock's providers and of the platforms. */
static bool begins_as_secret(struct str text)
{
    return mask_beginning(text) || str_starts_nocase(text, STR("st_")) || str_starts_nocase(text, STR("Bearer "));
}

/* Text may stand before it, as in key:lp_live_... */
static bool has_secret_beginning(struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        if ((!i || !is_alphanumeric(text.s[i - 1])) && begins_as_secret(str_skip(text, i)))
            return true;
    return false;
}

static bool has_value(struct str text, struct str secret)
{
    return secret.n >= SECRET_MIN && str_has(text, secret);
}

/* What the client sent as its credential, also if it is of no key. */
static struct str sent_credential(const struct call *c)
{
    const struct headers *h = &c->req->headers;
    struct str value = {0};
    if (c->provider && c->provider->key_header)
        value = str_trim(headers_get(h, c->provider->key_header));
    if (!value.n)
        value = str_trim(headers_get(h, "Authorization"));
    return str_starts_nocase(value, STR("Bearer ")) ? str_trim(str_skip(value, 7)) : value;
}

static bool has_signing_secret(const struct world *w, struct str text)
{
    for (uint32_t row = 0; world_next(w, RECORD_WEBHOOK, &row);) {
        const struct webhook *h = webhook_read(w, row);
        if (has_value(text, str_from(h->secret)) || has_value(text, str_from(h->previous_secret)))
            return true;
    }
    return false;
}

static bool is_of_world(const struct world *w, struct str word)
{
    for (size_t i = 0; i < provider_count; i++)
        if (key_find(w, providers[i]->id, word))
            return true;
    return oauth_attempt_find(w, word);
}

static bool has_word_of_world(const struct world *w, struct str text)
{
    while (text.n) {
        size_t n = 0;
        while (n < text.n && (is_alphanumeric(text.s[n]) || strchr("_-.", text.s[n])))
            n++;
        if (n >= SECRET_MIN && is_of_world(w, str_head(text, n)))
            return true;
        text = str_skip(text, n + 1);
    }
    return false;
}

static bool is_secret(const struct call *c, struct str text)
{
    struct str decoded;
    if (!text.n)
        return false;
    if (!url_decode(c->arena, text, false, &decoded))
        decoded = text;
    if (has_secret_beginning(decoded) || str_has(decoded, STR("@")) || str_has(decoded, STR("=")))
        return true;
    if (decoded.n < SECRET_MIN)
        return false;
    if (has_value(decoded, str_from(c->mock->options.admin_token)) || has_value(decoded, sent_credential(c)))
        return true;
    return c->world && (is_of_world(c->world, decoded) || has_word_of_world(c->world, decoded) ||
                        has_signing_secret(c->world, decoded));
}

/* Without a key the URL itself is the permission: a link to a consent page, or to upload a file. An id in the URL of a
 * login may be its secret. */
static bool has_secret_ids(const struct route *r)
{
    struct str pattern = str_from(r->pattern);
    return (r->flags & ROUTE_OPEN) || str_has(pattern, STR("oauth")) || str_has(pattern, STR("auth/")) ||
           str_has(pattern, STR("connect"));
}

/* Without a route, for example because the namespace does not exist, everything after such a segment may be one. */
static bool begins_secret_ids(const struct call *c, struct str segment)
{
    return !c->route &&
           (str_has(segment, STR("oauth")) || str_has(segment, STR("auth")) || str_has(segment, STR("consent")) ||
            str_has(segment, STR("connect")) || str_has(segment, STR("uploads")));
}

static void put_text(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.n && out->n < PATH_MAX_BYTES; i++) {
        unsigned char byte = (unsigned char)text.s[i];
        if (byte > ' ' && byte < 0x7f)
            buf_byte(out, (char)byte);
        else
            buf_printf(out, "%%%02X", byte);
    }
}

static bool is_parameter(const struct call *c, struct str segment)
{
    struct str decoded;
    bool admin = c->provider && c->provider->role == PROVIDER_ADMIN;
    if (!c->route || admin || !has_secret_ids(c->route) || !url_decode(c->arena, segment, false, &decoded))
        return false;
    for (size_t i = 0; i < ROUTE_PARAMS_MAX; i++)
        if (c->params[i].n && (str_eq(c->params[i], segment) || str_eq(c->params[i], decoded)) &&
            !provider_named(decoded))
            return true;
    return false;
}

static const char *shown_path(const struct call *c, struct str path)
{
    struct buf out = {.arena = c->arena};
    bool after = false;
    while (path.n && out.n < PATH_MAX_BYTES) {
        struct str segment = str_head(path, str_find(path, '/'));
        path = str_skip(path, segment.n);
        if (is_secret(c, segment) || is_parameter(c, segment) || (after && segment.n && !provider_named(segment)))
            buf_text(&out, LEFT_OUT);
        else
            put_text(&out, segment);
        after = after || begins_secret_ids(c, segment);
        if (path.n)
            buf_byte(&out, '/');
        path = str_skip(path, 1);
    }
    if (path.n)
        buf_text(&out, "...");
    return buf_c(&out);
}

/* The name itself may be a secret, for example if the client forgot the "name=" before it. */
static bool is_plain_name(struct str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.s[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !strchr("_-.[]", c))
            return false;
    }
    return name.n && name.n <= NAME_MAX_BYTES;
}

static void note_queries(struct call *c, struct str query)
{
    while (query.n && c->logged.queries.count < QUERIES_MAX) {
        struct str pair = str_cut(&query, '&'), name = str_head(pair, str_find(pair, '='));
        if (!pair.n)
            continue;
        bool plain = name.n < pair.n && is_plain_name(name) && !is_secret(c, name);
        *arena_push(c->arena, &c->logged.queries, const char *) = plain ? str_dup(c->arena, name) : LEFT_OUT;
    }
    if (query.n)
        *arena_push(c->arena, &c->logged.queries, const char *) = "...";
}

static void note_rules(struct call *c)
{
    for (size_t i = 0; i < c->trace.decisions.count; i++) {
        const struct rule_decision *d = &c->trace.decisions.items[i];
        if (!d->failed)
            *arena_push(c->arena, &c->logged.rules, const char *) = arena_text(c->arena, d->rule ? d->rule : "");
    }
}

void logged_note(struct call *c)
{
    struct str path = c->req->path, prefix = STR("/ns/");
    if (c->trace.namespace_by && strcmp(c->trace.namespace_by, "path") == 0 && str_starts(path, prefix)) {
        path = str_skip(path, prefix.n);
        path = str_skip(path, str_find(path, '/'));
    }
    c->logged.path = path.n ? shown_path(c, path) : "/";
    c->logged.in = c->ns_name.n ? shown_path(c, c->ns_name) : "";
    note_queries(c, c->req->query);
    note_rules(c);
}
