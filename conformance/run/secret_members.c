#include <ctype.h>
#include <string.h>

#include "base/array.h"
#include "base/json.h"
#include "base/time.h"
#include "base/url.h"
#include "conformance/run/task.h"
#include "conformance/scenario/catalogue.h"
#include "conformance/scenario/operations.h"

#define NAME_MAX_BYTES  64
#define MIXED_MIN_BYTES 32   /* of a value without digits */
#define VALUE_MAX_BYTES 8192 /* of a longer value, the beginning is a secret */

/* --- names -------------------------------------------------------------------------------- */

/* A member is a secret if its name, in lower case and without _ and -, ends with one of these words, even if the
 * provider does not document it: access_token, userPassword, X-Api-Key. A `key` may be an id or a name, so it must be
 * documented as a secret. */
static const char *const secret_endings[] = {
    "token",      "secret",    "password", "passwd",       "passphrase",    "apikey",     "secretkey",
    "privatekey", "accesskey", "jwt",      "refreshtoken", "authorization", "credential", "cookie",
};
/* The position in a list, which is no secret. */
static const char *const cursor_endings[] = {"pagetoken", "nexttoken", "continuationtoken", "synctoken", "cursortoken"};

static struct str plain_name(const char *name, char room[NAME_MAX_BYTES])
{
    size_t n = 0;
    for (; *name && n < NAME_MAX_BYTES; name++)
        if (*name != '_' && *name != '-')
            room[n++] = (char)tolower((unsigned char)*name);
    return str_of(room, n);
}

static bool ends_with_one(struct str name, const char *const *endings, size_t count)
{
    bool any = false;
    for (size_t i = 0; i < count; i++)
        any |= str_ends(name, str_from(endings[i]));
    return any;
}

static bool is_declared(const struct suite *suite, const char *name)
{
    bool any = false;
    for (size_t i = 0; suite && i < suite->catalogue_count; i++) {
        const struct operations *o = suite->catalogues[i]->operations;
        any |= o && operations_have_secret(o, name);
    }
    return any;
}

static bool names_secret(const struct suite *suite, const char *name)
{
    char room[NAME_MAX_BYTES];
    struct str plain = plain_name(name, room);
    return is_declared(suite, name) || (ends_with_one(plain, secret_endings, COUNT(secret_endings)) &&
                                        !ends_with_one(plain, cursor_endings, COUNT(cursor_endings)));
}

/* --- values ------------------------------------------------------------------------------- */

/* A generated value is long and has no blanks; it has digits, or many letters of both cases. A `state` "published" is a
 * word, and a time such as tokenExpiresAt is no secret. */
static bool looks_generated(struct str value)
{
    size_t digits = 0, upper = 0, lower = 0;
    int64_t ms;
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.s[i];
        if (isspace(c))
            return false;
        digits += isdigit(c) != 0;
        upper += isupper(c) != 0;
        lower += islower(c) != 0;
    }
    bool mixed = value.n >= MIXED_MIN_BYTES && upper && lower;
    return value.n >= GENERATED_MIN_BYTES && (digits || mixed) && !time_parse(value, &ms);
}

static void report(const struct runner *r, const char *name, struct str value)
{
    const struct run_options *o = r->options;
    struct arena a = {0};
    if (o->secret && looks_generated(value))
        o->secret(o->secret_ctx, name, NULL, str_dup(&a, str_head(value, VALUE_MAX_BYTES)));
    arena_end(&a);
}

/* --- texts -------------------------------------------------------------------------------- */

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* Skips the quote, backslashes and blanks around a separator: \"name\": "value */
static struct str skip_quotes(struct str text)
{
    while (text.n && strchr("\"'\\ \t", *text.s) && *text.s)
        text = str_skip(text, 1);
    return text;
}

static struct str take_word(struct str *rest)
{
    size_t n = 0;
    while (n < rest->n && !strchr("&#;,<>{}\"'\\ \t\r\n", rest->s[n]))
        n++;
    struct str word = str_head(*rest, n);
    *rest = str_skip(*rest, n);
    return word;
}

/* Reports the value after a separator, also that of "Authorization: Bearer abc" and of a URL. Returns the text after
 * it. */
static struct str report_value(const struct runner *r, const char *name, struct str rest)
{
    struct arena a = {0};
    rest = skip_quotes(rest);
    struct str word = take_word(&rest), decoded;
    if (str_eq_nocase(word, STR("Bearer")) || str_eq_nocase(word, STR("Basic"))) {
        rest = skip_quotes(rest);
        word = take_word(&rest);
    }
    report(r, name, url_decode(&a, word, false, &decoded) ? decoded : word);
    arena_end(&a);
    return rest;
}

/* Finds name=value and "name": "value" in a text that is not JSON: a URL, a form, an invalid body. */
static void report_pairs(const struct runner *r, struct str text)
{
    for (size_t at = 0; at < text.n; at++) {
        size_t end = at, begin;
        if (text.s[at] != '=' && text.s[at] != ':')
            continue;
        while (end && strchr("\"'\\ ", text.s[end - 1]))
            end--;
        for (begin = end; begin && is_name(text.s[begin - 1]);)
            begin--;
        struct arena a = {0};
        const char *name = str_dup(&a, str_of(text.s + begin, end - begin));
        if (*name && names_secret(r->plan->suite, name))
            at = text.n - report_value(r, name, str_skip(text, at + 1)).n - 1;
        arena_end(&a);
    }
}

/* --- responses ---------------------------------------------------------------------------- */

static void report_text(const struct runner *r, const char *name, struct str text)
{
    if (name && text.n >= GENERATED_MIN_BYTES && names_secret(r->plan->suite, name))
        report(r, name, text);
    if (text.n && (*text.s == '{' || *text.s == '['))
        secret_members_report(r, text); /* JSON within JSON */
    else
        report_pairs(r, text);
}

static void report_members(const struct runner *r, const char *name, const struct node *n)
{
    if (node_text(n))
        report_text(r, name, n->text);
    for (size_t i = 0; n->kind == NODE_LIST && i < n->list.count; i++)
        report_members(r, name, n->list.items[i]);
    for (size_t i = 0; n->kind == NODE_MAP && i < n->map.count; i++)
        report_members(r, n->map.members[i].key, n->map.members[i].value);
}

void secret_members_report(const struct runner *r, struct str body)
{
    struct arena a = {0};
    struct str text = str_trim(body);
    const struct node *response = r->options->secret && text.n ? json_parse(&a, text, "body", NULL) : NULL;
    if (response)
        report_members(r, NULL, response);
    else if (r->options->secret)
        report_pairs(r, text);
    arena_end(&a);
}

/* Set-Cookie: session=abc; Path=/ */
static void report_cookie(const struct runner *r, struct str cookie)
{
    struct str pair = str_cut(&cookie, ';');
    (void)str_cut(&pair, '=');
    report(r, "cookie", str_trim(pair));
}

void secret_headers_report(const struct runner *r, const struct headers *h)
{
    for (size_t i = 0; i < h->count; i++)
        if (str_eq_nocase(str_from(h->items[i].name), STR("Set-Cookie")))
            report_cookie(r, h->items[i].value);
        else
            report_text(r, h->items[i].name, h->items[i].value);
}
