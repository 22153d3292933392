#include "mockserver/provider_api/mask.h"

#include <string.h>

#include "base/array.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/state/tenant.h"
#include "mockserver/state/webhook.h"
#include "mockserver/state/world.h"

#define WORD_MAX        512 /* bytes; a longer word is read in parts */
#define UNKNOWN_MIN     16  /* bytes of a word that is masked although no key has it */
#define DISTINCTIVE_MIN 6   /* bytes of a beginning that is no part of another word by chance */
#define UNKNOWN_KEY     "(unknown key)"
#define NOT_SECRET      ""

struct mask_entry {
    struct str value;
    const char *label; /* shown after the beginning; NOT_SECRET: the public part of a key */
};

size_t mask_beginning(struct str text)
{
    static const char *const words[] = {"lp_live_", "lp_test_", "pe_live_", "pe_test_", "pn-",
                                        "whsec_",   "sk_",      "pk_",      "ghp_",     "eyJ"};
    if (text.n < 3 || !strchr("lpwsge", text.s[0] | 32)) /* the first letters, for speed */
        return 0;
    for (size_t i = 0; i < COUNT(words); i++)
        if (str_starts_nocase(text, str_from(words[i])))
            return strlen(words[i]);
    return 0;
}

/* Headers, members and parameters whose whole value is a secret. */
static bool is_secret_name(struct str name)
{
    static const char *const secret_names[] = {"authorization",  "proxy-authorization",
                                               "cookie",         "password",
                                               "app_password",   "bot_token",
                                               "webhook_url",    "api_key",
                                               "api-key",        "apikey",
                                               "client_secret",  "secret",
                                               "signing_secret", "signingSecret",
                                               "access_token",   "refresh_token"};
    if (name.n < 6 || !strchr("nedlytNEDLYT", name.s[name.n - 1])) /* the last letters, for speed */
        return false;
    for (size_t i = 0; i < COUNT(secret_names); i++)
        if (str_eq_nocase(name, str_from(secret_names[i])))
            return true;
    for (size_t i = 0; i < provider_count; i++)
        if (providers[i]->key_header && str_eq_nocase(name, str_from(providers[i]->key_header)))
            return true;
    return false;
}

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_in_word(char c)
{
    return is_alphanumeric(c) || c == '_' || c == '-' || c == '.';
}

/* --- what is secret --- */

static struct mask_entry *slot_of(const struct mask *m, struct str value)
{
    size_t at = str_hash(value) & (m->size - 1);
    while (m->table[at].label && !str_eq(m->table[at].value, value))
        at = (at + 1) & (m->size - 1);
    return &m->table[at];
}

/* Returns NULL for a text that is no secret. */
static const char *label_of(const struct mask *m, struct str value)
{
    return m->size && value.n && value.n <= m->longest ? slot_of(m, value)->label : NULL;
}

static void grow(struct mask *m)
{
    const struct mask_entry *old = m->table;
    size_t size = m->size;
    m->size = size ? 2 * size : 64;
    m->table = arena_array(&m->arena, struct mask_entry, m->size);
    memset(m->table, 0, m->size * sizeof *m->table);
    for (size_t i = 0; i < size; i++)
        if (old[i].label)
            *slot_of(m, old[i].value) = old[i];
}

/* Labels are written into JSON, and into URLs. */
static const char *plain_label(struct arena *a, const char *label)
{
    char *copy = arena_text(a, label && *label ? label : "(unnamed)");
    for (char *c = copy; *c; c++)
        if (!is_in_word(*c) && !strchr("()", *c))
            *c = '_';
    return copy;
}

static bool is_word(struct str value)
{
    size_t n = 0;
    while (n < value.n && is_in_word(value.s[n]))
        n++;
    return n == value.n;
}

static void add(struct mask *m, struct str value, const char *label)
{
    if (!value.n || label_of(m, value))
        return;
    if (2 * (m->used + 1) > m->size)
        grow(m);
    struct mask_entry *entry = arena_new(&m->arena, struct mask_entry);
    *entry = (struct mask_entry){str_of(str_dup(&m->arena, value), value.n), label};
    *slot_of(m, value) = *entry;
    m->used++;
    m->longest = value.n > m->longest ? value.n : m->longest;
    if (value.n >= MASK_MIN_BYTES && !is_word(value))
        *arena_push(&m->arena, m, const struct mask_entry *) = entry;
}

/* lp_live_<id> of lp_live_<id>_<secret> is shown by the provider too. */
static void add_key(struct mask *m, const struct key *k)
{
    struct str value = str_from(k->value), public = value;
    if (!value.n)
        return;
    add(m, value, plain_label(&m->arena, key_label(k)));
    for (size_t parts = 0, i = 0; i < value.n; i++)
        if (value.s[i] == '_' && ++parts == 3) {
            public = str_head(value, i);
            break;
        }
    if (public.n < value.n)
        add(m, public, NOT_SECRET);
}

void mask_learn(struct mask *m, const struct world *w, const char *admin_token)
{
    mask_end(m);
    for (uint32_t row = 0; world_next(w, RECORD_KEY, &row);)
        add_key(m, key_read(w, row));
    for (uint32_t row = 0; world_next(w, RECORD_WEBHOOK, &row);) {
        const struct webhook *h = webhook_read(w, row);
        const char *label = plain_label(&m->arena, h->public_id);
        add(m, str_from(h->secret), label);
        add(m, str_from(h->previous_secret), label);
    }
    add(m, str_from(admin_token), "(admin_token)");
}

void mask_end(struct mask *m)
{
    arena_end(&m->arena);
    *m = (struct mask){0};
}

/* --- reading a JSON text --- */

struct reader {
    const struct mask *mask;
    struct str text;
    size_t at;      /* the next byte to read */
    size_t written; /* those before are written; most texts have no secret, and are never copied */
    struct buf *out;
    bool in_string;
};

static void keep(struct reader *r, size_t n)
{
    r->at += n;
}

static void write_kept(struct reader *r)
{
    buf_add(r->out, str_of(r->text.s + r->written, r->at - r->written));
    r->written = r->at;
}

/* Writes the short form of the value instead of the text up to `end`. */
static void put_masked(struct reader *r, struct str value, const char *label, size_t end)
{
    write_kept(r);
    r->at = r->written = end;
    buf_printf(r->out, STR_FMT "...%s", STR_ARG(str_head(value, mask_beginning(value))), label);
}

static int hex_of(struct str digits)
{
    int value = 0;
    for (size_t i = 0; i < digits.n; i++) {
        char c = digits.s[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
        if (digit < 0)
            return -1;
        value = 16 * value + digit;
    }
    return value;
}

/* Reads one character, which may be escaped; returns the number of its bytes. *c is 0 for one that is in no secret. */
static size_t read_character(struct str text, char *c)
{
    bool percent = text.s[0] == '%' && text.n >= 3, escape = text.s[0] == '\\' && text.n >= 2;
    bool unicode = escape && text.s[1] == 'u' && text.n >= 6;
    int code = percent ? hex_of(str_of(text.s + 1, 2)) : unicode ? hex_of(str_of(text.s + 2, 4)) : -1;
    *c = text.s[0];
    if (code > 0 && code < 128)
        *c = (char)code;
    else if (escape)
        *c = text.s[1] == '/' ? '/' : 0;
    if (code > 0)
        return percent ? 3 : 6;
    return escape ? 2 : 1;
}

/* --- the value of a name --- */

/* The quote that ends the value: \" if the text is JSON in a JSON string. */
static size_t value_end(struct str text, size_t from, bool escaped, const char *ends)
{
    while (from < text.n && text.s[from] != '"') {
        if (text.s[from] == '\\' && from + 1 < text.n) {
            if (escaped && text.s[from + 1] == '"')
                break;
            from++;
        } else if (strchr(ends, text.s[from])) {
            break;
        }
        from++;
    }
    return from < text.n ? from : text.n;
}

static struct str scheme_of(struct str value)
{
    static const char *const schemes[] = {"Bearer ", "Basic ", "Digest "};
    for (size_t i = 0; i < COUNT(schemes); i++)
        if (str_starts_nocase(value, str_from(schemes[i])))
            return str_head(value, strlen(schemes[i]));
    return STR("");
}

/* A value without a label is that of no key. */
static void put_value(struct reader *r, struct str value, bool is_key)
{
    struct str scheme = scheme_of(value), rest = str_trim(str_skip(value, scheme.n));
    const char *label = label_of(r->mask, rest);
    bool basic = str_starts_nocase(scheme, STR("Basic"));
    if (!label || !*label)
        label = rest.n && !basic && (is_key || mask_beginning(rest)) ? UNKNOWN_KEY : "";
    size_t end = r->at + value.n;
    keep(r, scheme.n);
    if (rest.n)
        put_masked(r, basic ? STR("") : rest, label, end);
    else
        keep(r, end - r->at);
}

static bool is_key_name(struct str name)
{
    if (str_eq_nocase(name, STR("authorization")))
        return true;
    for (size_t i = 0; i < provider_count; i++)
        if (providers[i]->key_header && str_eq_nocase(name, str_from(providers[i]->key_header)))
            return true;
    return false;
}

/* After a name: `":"`, `\":\"` or `=`, and then the value. Returns false if no text follows as the value. */
static bool mask_value_of(struct reader *r, struct str name)
{
    struct str text = r->text;
    size_t at = r->at;
    bool escaped = at + 1 < text.n && text.s[at] == '\\' && text.s[at + 1] == '"';
    if (at < text.n && text.s[at] == '=') {
        keep(r, 1);
        put_value(r, str_of(text.s + r->at, value_end(text, r->at, true, "&; ") - r->at), is_key_name(name));
        return true;
    }
    at += escaped ? 2 : 1;
    if (at >= text.n || text.s[at - 1] != '"')
        return false;
    while (at < text.n && strchr(" :", text.s[at]))
        at++;
    bool quoted =
        escaped ? at + 1 < text.n && text.s[at] == '\\' && text.s[at + 1] == '"' : at < text.n && text.s[at] == '"';
    if (!quoted)
        return false;
    keep(r, at + (escaped ? 2 : 1) - r->at);
    put_value(r, str_of(text.s + r->at, value_end(text, r->at, escaped, "") - r->at), is_key_name(name));
    return true;
}

/* --- words --- */

struct word {
    char bytes[WORD_MAX];        /* as they are meant, without escapes */
    size_t places[WORD_MAX + 1]; /* where each of them begins in the text */
    size_t n;
};

static void read_word(const struct reader *r, struct word *w)
{
    size_t at = r->at;
    char c = 'x';
    w->n = 0;
    while (w->n < WORD_MAX && at < r->text.n) {
        size_t size = 1;
        c = r->text.s[at];
        if (!is_in_word(c))
            size = read_character(str_skip(r->text, at), &c);
        if (!is_in_word(c))
            break;
        w->places[w->n] = at;
        w->bytes[w->n++] = c;
        at += size;
    }
    w->places[w->n] = at;
}

/* A secret begins after a character that is no letter or digit, unless its beginning is distinctive. It may be followed
 * by dots. */
static const char *find_in_word(const struct mask *m, const struct word *w, size_t *from, size_t *to)
{
    *to = w->n;
    while (*to && w->bytes[*to - 1] == '.')
        --*to;
    for (*from = 0; *from + MASK_MIN_BYTES <= *to; ++*from) {
        struct str rest = str_of(w->bytes + *from, *to - *from);
        if (*from && is_alphanumeric(w->bytes[*from - 1]) &&
            (w->bytes[*from] < 'l' || mask_beginning(rest) < DISTINCTIVE_MIN))
            continue;
        const char *label = label_of(m, rest);
        if (label)
            return label;
        if (rest.n >= UNKNOWN_MIN && mask_beginning(rest))
            return UNKNOWN_KEY;
    }
    return NULL;
}

/* Writes the next word, and the value after it if the word is the name of a secret. */
static void mask_word(struct reader *r)
{
    struct word w;
    size_t from = 0, to = 0;
    read_word(r, &w);
    if (!w.n) {
        char c;
        keep(r, read_character(str_skip(r->text, r->at), &c));
        return;
    }
    struct str word = str_of(w.bytes, w.n);
    const char *label = w.n >= MASK_MIN_BYTES ? find_in_word(r->mask, &w, &from, &to) : NULL;
    if (label && *label) {
        keep(r, w.places[from] - r->at);
        put_masked(r, str_of(w.bytes + from, to - from), label, w.places[to]);
        return;
    }
    keep(r, w.places[w.n] - r->at);
    if (is_secret_name(word)) {
        (void)mask_value_of(r, word);
    } else if (r->at < r->text.n && r->text.s[r->at] == ' ' &&
               (str_eq_nocase(word, STR("Bearer")) || str_eq_nocase(word, STR("Basic")))) {
        keep(r, 1);
        put_value(r, str_of(r->text.s + r->at, value_end(r->text, r->at, true, " ") - r->at), word.n == 6);
    }
}

/* A key of a fixture may be any text. */
static bool mask_odd(struct reader *r)
{
    struct str rest = str_skip(r->text, r->at);
    for (size_t i = 0; i < r->mask->count; i++) {
        const struct mask_entry *e = r->mask->items[i];
        if (*e->label && str_starts(rest, e->value)) {
            put_masked(r, e->value, e->label, r->at + e->value.n);
            return true;
        }
    }
    return false;
}

/* Numbers and literals stay. */
void mask_json(const struct mask *m, struct buf *out, size_t from)
{
    struct arena a = {0};
    struct buf masked = {.arena = &a};
    struct reader r = {.mask = m, .text = str_of(out->data + from, out->n - from), .out = &masked};
    while (r.at < r.text.n) {
        if (!r.in_string) {
            keep(&r, str_find(str_skip(r.text, r.at), '"'));
            r.in_string = true;
            keep(&r, r.at < r.text.n);
        } else if (r.text.s[r.at] == '"') {
            r.in_string = false;
            keep(&r, 1);
        } else if (!mask_odd(&r)) {
            mask_word(&r);
        }
    }
    if (r.written) {
        write_kept(&r);
        out->n = from;
        buf_add(out, buf_str(&masked));
    }
    arena_end(&a);
}
