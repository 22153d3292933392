#include "conformance/report/report.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/digest.h"

#define ELLIPSIS "\xE2\x80\xA6"

enum { ESCAPES_MAX = 16 }; /* of one character, in nested encodings */

/* --- adding ------------------------------------------------------------------------------- */

static void add_form(struct secrets *s, const char *name, const char *value)
{
    size_t *first = &s->first[(unsigned char)value[0]];
    if (strlen(value) < SECRET_MIN_BYTES)
        return;
    for (size_t i = *first; i; i = s->items[i - 1].next)
        if (strcmp(s->items[i - 1].value, value) == 0)
            return;
    *arena_push(s->arena, s, struct secret) = (struct secret){name, value, *first};
    *first = s->count;
}

/* If a longer text with the secret was encoded, the first and last base64 characters of the secret depend on the bytes
 * around it. Adds the characters between them, for a secret that starts `before` bytes after a multiple of three. */
static void add_inner_base64(struct secrets *s, const char *name, struct str value, size_t before)
{
    static const size_t letters_before[] = {0, 2, 3}, letters_after[] = {0, 1, 1};
    struct buf padded = {.arena = s->arena};
    memset(buf_reserve(&padded, before), 0, before);
    padded.n = before;
    buf_add(&padded, value);
    const char *forms[] = {digest_base64(s->arena, buf_str(&padded)), digest_base64url(s->arena, buf_str(&padded))};
    size_t n = strlen(forms[1]) - letters_after[padded.n % 3];
    for (size_t i = 0; i < 2; i++) {
        struct str inner = str_skip(str_head(str_from(forms[i]), n), letters_before[before]);
        add_form(s, name, str_dup(s->arena, inner));
    }
}

/* Returns the name with every character replaced that a shell variable cannot have. */
static const char *variable_name(struct arena *a, const char *name)
{
    char *variable = arena_printf(a, "%s%s", isdigit((unsigned char)*name) ? "_" : "", name);
    for (char *c = variable; *c; c++)
        if (!isalnum((unsigned char)*c))
            *c = '_';
    return variable;
}

void secrets_add(struct secrets *s, const char *name, const char *value)
{
    if (!value || strlen(value) < SECRET_MIN_BYTES)
        return;
    name = variable_name(s->arena, name);
    add_form(s, name, arena_text(s->arena, value));
    add_form(s, name, digest_base64(s->arena, str_from(value)));
    add_form(s, name, digest_base64url(s->arena, str_from(value)));
    for (size_t before = 0; before < 3; before++)
        add_inner_base64(s, name, str_from(value), before);
}

/* --- one character, plain or escaped ------------------------------------------------------ */

/* The functions below return how many bytes of the text encode the character c, 0 if the text starts with something
 * else, or SHORT if the text ends too early to decide. */
#define SHORT SIZE_MAX

static size_t match_hex(struct str text, size_t from, size_t digits, unsigned char c)
{
    unsigned value = 0;
    for (size_t i = from; i < from + digits; i++) {
        if (i >= text.n)
            return SHORT;
        if (!isxdigit((unsigned char)text.s[i]))
            return 0;
        int digit = tolower((unsigned char)text.s[i]);
        value = value << 4 | (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
    }
    return value == c ? from + digits : 0;
}

/* %2F, or %252F for a URL within a URL */
static size_t match_percent(struct str text, unsigned char c)
{
    size_t from = 1;
    while (from < ESCAPES_MAX && str_starts(str_skip(text, from), STR("25")))
        from += 2;
    if (c == '%' && from > 1)
        return from;
    return match_hex(text, from, 2, c);
}

static size_t match_entity(struct str text, unsigned char c)
{
    static const struct {
        char c;
        const char *text;
    } entities[] = {
        {'&',  "&amp;" },
        {'<',  "&lt;"  },
        {'>',  "&gt;"  },
        {'"',  "&quot;"},
        {'\'', "&apos;"},
        {'\'', "&#39;" },
    };
    for (size_t i = 0; i < COUNT(entities); i++) {
        struct str entity = str_from(entities[i].text);
        if (entities[i].c != (char)c)
            continue;
        if (str_starts(text, entity))
            return entity.n;
        if (text.n < entity.n && str_starts(entity, text))
            return SHORT;
    }
    return 0;
}

/* \n \/ \" \u002f, with more backslashes for JSON within JSON */
static size_t match_backslash(struct str text, unsigned char c)
{
    static const char letters[] = "bfnrt", controls[] = "\b\f\n\r\t";
    size_t from = 0;
    while (from < text.n && from < ESCAPES_MAX && text.s[from] == '\\')
        from++;
    size_t in_hex = from < text.n && text.s[from] == 'u' ? match_hex(text, from + 1, 4, c) : 0;
    if (in_hex)
        return in_hex;
    if (c == '\\')
        return from;
    if (from == text.n)
        return SHORT;
    size_t entity = from ? match_entity(str_skip(text, from), c) : 0;
    if (entity)
        return entity == SHORT ? SHORT : from + entity;
    const char *control = c ? strchr(controls, c) : NULL;
    unsigned char letter = control ? (unsigned char)letters[control - controls] : c;
    return (unsigned char)text.s[from] == letter && !isalnum(c) ? from + 1 : 0;
}

static size_t match_character(struct str text, unsigned char c)
{
    size_t n = 0;
    if (!text.n)
        return SHORT;
    if (text.s[0] == '\\')
        n = match_backslash(text, c);
    else if (text.s[0] == '%')
        n = match_percent(text, c);
    else if (text.s[0] == '&')
        n = match_entity(text, c);
    bool plain = text.s[0] == (char)c || (c == ' ' && text.s[0] == '+');
    return n || !plain ? n : 1;
}

/* --- a whole secret ----------------------------------------------------------------------- */

static bool cut_short(struct str rest, size_t known)
{
    return known >= SECRET_MIN_BYTES && str_starts(rest, STR(ELLIPSIS));
}

static bool may_become(struct str rest, struct str whole)
{
    return rest.n < whole.n && str_starts(whole, rest);
}

static size_t match_plain(struct str text, struct str value)
{
    if (str_starts(text, value))
        return value.n;
    return may_become(text, value) ? SHORT : 0;
}

static size_t match_escaped(struct str text, struct str value)
{
    size_t at = 0;
    for (size_t i = 0; i < value.n; i++) {
        struct str rest = str_skip(text, at);
        if (cut_short(rest, i))
            return at;
        size_t n = match_character(rest, (unsigned char)value.s[i]);
        if (n == SHORT || (!n && i >= SECRET_MIN_BYTES && may_become(rest, STR(ELLIPSIS))))
            return SHORT;
        if (!n)
            return 0;
        at += n;
        while (value.s[i] == '\\' && i + 1 < value.n && value.s[i + 1] == '\\')
            i++; /* the whole run of backslashes is matched at once */
    }
    return at;
}

static size_t match_secret(struct str text, const struct secret *secret, bool complete)
{
    struct str value = str_from(secret->value);
    size_t plain = match_plain(text, value), escaped = match_escaped(text, value);
    if (complete) {
        plain = plain == SHORT ? 0 : plain;
        escaped = escaped == SHORT ? 0 : escaped;
    }
    return plain > escaped ? plain : escaped;
}

/* Keeps the longest match among the secrets that start with c. */
static void try_bucket(const struct secrets *s, unsigned char c, struct str rest, bool complete, struct secret_hit *hit)
{
    for (size_t i = s->first[c]; i; i = s->items[i - 1].next) {
        size_t n = match_secret(rest, &s->items[i - 1], complete);
        if (n <= hit->n)
            continue;
        hit->n = n;
        hit->name = s->items[i - 1].name;
    }
}

static void try_here(const struct secrets *s, struct str rest, bool complete, struct secret_hit *hit)
{
    bool escape = strchr("\\%&", rest.s[0]) && rest.s[0];
    if (!escape) {
        try_bucket(s, (unsigned char)rest.s[0], rest, complete, hit);
        return;
    }
    for (size_t c = 0; c < 256; c++)
        if (s->first[c] && match_character(rest, (unsigned char)c))
            try_bucket(s, (unsigned char)c, rest, complete, hit);
}

struct secret_hit secrets_find(const struct secrets *s, struct str text, bool complete)
{
    for (size_t at = 0; at < text.n; at++) {
        struct secret_hit hit = {.at = at};
        try_here(s, str_skip(text, at), complete, &hit);
        if (hit.n == SHORT)
            return (struct secret_hit){.at = at};
        if (hit.n)
            return hit;
    }
    return (struct secret_hit){.at = text.n};
}

const char *scrub(struct arena *a, const struct secrets *secrets, struct str text)
{
    struct buf out = {.arena = a};
    while (text.n) {
        struct secret_hit hit = secrets_find(secrets, text, true);
        buf_add(&out, str_head(text, hit.at));
        if (hit.name)
            buf_printf(&out, "$%s", hit.name);
        text = str_skip(text, hit.at + hit.n);
    }
    return buf_c(&out);
}
