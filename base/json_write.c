#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

struct json json_begin(struct buf *out, int indent)
{
    return (struct json){.out = out, .indent = indent, .first = true};
}

static void new_line(struct json *w)
{
    size_t blanks = (size_t)w->indent * (size_t)w->depth;
    char *to = buf_reserve(w->out, 1 + blanks);
    *to = '\n';
    memset(to + 1, ' ', blanks);
    w->out->n += 1 + blanks;
}

/* The kind is stored only for the outer 64 levels; it is used only by assertions. */
static inline bool in_list(const struct json *w, bool otherwise)
{
    return w->depth > 64 ? otherwise : w->depth && w->is_list >> (w->depth - 1) & 1;
}

static void separate(struct json *w)
{
    if (!w->first)
        buf_byte(w->out, ',');
    if (w->indent && w->depth)
        new_line(w);
    w->first = false;
}

static void before_value(struct json *w)
{
    assert(w->depth ? w->after_key != in_list(w, !w->after_key) : w->first);
    if (!w->after_key)
        separate(w);
    w->after_key = false;
}

static void open_level(struct json *w, char bracket, bool is_list)
{
    before_value(w);
    buf_byte(w->out, bracket);
    if (w->depth < 64)
        w->is_list = (w->is_list & ~(UINT64_C(1) << w->depth)) | (uint64_t)is_list << w->depth;
    w->depth++;
    w->first = true;
}

static void close_level(struct json *w, char bracket, bool is_list)
{
    assert(w->depth && !w->after_key && in_list(w, is_list) == is_list);
    (void)is_list;
    w->depth--;
    if (w->indent && !w->first)
        new_line(w);
    buf_byte(w->out, bracket);
    w->first = false;
}

void json_open_map(struct json *w)
{
    open_level(w, '{', false);
}

void json_close_map(struct json *w)
{
    close_level(w, '}', false);
}

void json_open_list(struct json *w)
{
    open_level(w, '[', true);
}

void json_close_list(struct json *w)
{
    close_level(w, ']', true);
}

/* How a byte is written in a string: 0 = as it is, 'u' = \u00XX, otherwise the letter of its escape. */
static const unsigned char escapes[256] = {
    [0] = 'u',  [1] = 'u',    [2] = 'u',    [3] = 'u',    [4] = 'u',   [5] = 'u',     [6] = 'u',
    [7] = 'u',  ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', [11] = 'u',  ['\f'] = 'f',  ['\r'] = 'r',
    [14] = 'u', [15] = 'u',   [16] = 'u',   [17] = 'u',   [18] = 'u',  [19] = 'u',    [20] = 'u',
    [21] = 'u', [22] = 'u',   [23] = 'u',   [24] = 'u',   [25] = 'u',  [26] = 'u',    [27] = 'u',
    [28] = 'u', [29] = 'u',   [30] = 'u',   [31] = 'u',   ['"'] = '"', ['\\'] = '\\',
};

/* The text must be valid UTF-8; only ASCII characters need escapes. */
static void add_escaped(struct buf *out, struct str text)
{
    static const char hex[] = "0123456789abcdef";
    size_t done = 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.s[i], escape = escapes[c];
        if (!escape)
            continue;
        buf_add(out, str_of(text.s + done, i - done));
        done = i + 1;
        if (escape == 'u')
            buf_add(out, str_of((char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6));
        else
            buf_add(out, str_of((char[]){'\\', (char)escape}, 2));
    }
    buf_add(out, str_skip(text, done));
}

#define EACH_BYTE(c) (UINT64_C(0x0101010101010101) * (c))

/* Checks eight bytes at once for a control character, a quote, a backslash or a non-ASCII byte. */
static bool is_odd(uint64_t w)
{
    uint64_t quote = w ^ EACH_BYTE('"'), backslash = w ^ EACH_BYTE('\\');
    uint64_t odd =
        w | ((w - EACH_BYTE(' ')) & ~w) | ((quote - EACH_BYTE(1)) & ~quote) | ((backslash - EACH_BYTE(1)) & ~backslash);
    return odd & EACH_BYTE(0x80);
}

/* Copies the text and returns true if no byte needs an escape or a UTF-8 check. */
static bool copy_plain(char *to, struct str text)
{
    uint64_t w = EACH_BYTE(' ');
    if (text.n < sizeof w) {
        for (size_t i = 0; i < text.n; i++) {
            to[i] = text.s[i];
            w = w << 8 | (unsigned char)text.s[i];
        }
        return !is_odd(w);
    }
    bool odd = false;
    size_t last = text.n - sizeof w; /* the last eight bytes may overlap the ones before */
    for (size_t i = 0;; i = i + sizeof w < last ? i + sizeof w : last) {
        memcpy(&w, text.s + i, sizeof w);
        memcpy(to + i, &w, sizeof w);
        odd |= is_odd(w);
        if (i == last)
            return !odd;
    }
}

static void add_string(struct buf *out, struct str text)
{
    size_t bad;
    char *to = buf_reserve(out, text.n + 2);
    if (copy_plain(to + 1, text)) {
        to[0] = to[text.n + 1] = '"';
        out->n += text.n + 2;
        out->data[out->n] = '\0';
        return;
    }
    buf_byte(out, '"');
    while (!str_utf8_valid(text, &bad)) {
        add_escaped(out, str_head(text, bad));
        buf_text(out, REPLACEMENT);
        text = str_skip(text, bad + 1);
    }
    add_escaped(out, text);
    buf_byte(out, '"');
}

void json_key(struct json *w, const char *key)
{
    assert(w->depth && !w->after_key && !in_list(w, false));
    separate(w);
    add_string(w->out, str_from(key));
    buf_byte(w->out, ':');
    if (w->indent)
        buf_byte(w->out, ' ');
    w->after_key = true;
}

void json_raw(struct json *w, struct str value)
{
    before_value(w);
    buf_add(w->out, value);
}

void json_null(struct json *w)
{
    json_raw(w, STR("null"));
}

void json_bool(struct json *w, bool value)
{
    json_raw(w, value ? STR("true") : STR("false"));
}

void json_int(struct json *w, int64_t value)
{
    char digits[STR_INT_MAX];
    json_raw(w, str_of_int(value, digits));
}

static void json_real(struct json *w, double value)
{
    char text[32];
    assert(isfinite(value));
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    json_raw(w, str_from(text));
}

void json_text(struct json *w, const char *value)
{
    if (value)
        json_str(w, str_from(value));
    else
        json_null(w);
}

void json_str(struct json *w, struct str value)
{
    before_value(w);
    add_string(w->out, value);
}

/* Stops after `limit` bytes, but still closes the open lists and maps. */
static void write_node(struct json *w, const struct node *n, size_t limit)
{
    switch (n->kind) {
    case NODE_NULL:
        json_null(w);
        return;
    case NODE_BOOL:
        json_bool(w, n->truth);
        return;
    case NODE_INT:
        json_int(w, n->integer);
        return;
    case NODE_REAL:
        json_real(w, n->real);
        return;
    case NODE_TEXT:
        json_str(w, limit < n->text.n ? str_head(n->text, limit) : n->text);
        return;
    case NODE_LIST:
        json_open_list(w);
        for (size_t i = 0; i < n->list.count && w->out->n <= limit; i++)
            write_node(w, n->list.items[i], limit);
        json_close_list(w);
        return;
    case NODE_MAP:
        json_open_map(w);
        for (size_t i = 0; i < n->map.count && w->out->n <= limit; i++) {
            json_key(w, n->map.members[i].key);
            write_node(w, n->map.members[i].value, limit);
        }
        json_close_map(w);
        return;
    }
}

void json_node(struct json *w, const struct node *value)
{
    write_node(w, value, SIZE_MAX);
}

void json_put_text(struct json *w, const char *key, const char *value)
{
    json_key(w, key);
    json_text(w, value);
}

void json_put_str(struct json *w, const char *key, struct str value)
{
    json_key(w, key);
    json_str(w, value);
}

void json_put_int(struct json *w, const char *key, int64_t value)
{
    json_key(w, key);
    json_int(w, value);
}

void json_put_bool(struct json *w, const char *key, bool value)
{
    json_key(w, key);
    json_bool(w, value);
}

void json_put_null(struct json *w, const char *key)
{
    json_key(w, key);
    json_null(w);
}

void json_put_node(struct json *w, const char *key, const struct node *value)
{
    json_key(w, key);
    json_node(w, value);
}

void json_key_map(struct json *w, const char *key)
{
    json_key(w, key);
    json_open_map(w);
}

void json_key_list(struct json *w, const char *key)
{
    json_key(w, key);
    json_open_list(w);
}

const char *json_print(struct arena *a, const struct node *value)
{
    struct buf out = {.arena = a};
    struct json w = json_begin(&out, 0);
    json_node(&w, value);
    return buf_c(&out);
}

const char *json_print_short(struct arena *a, const struct node *value, size_t max_bytes)
{
    struct buf out = {.arena = a};
    struct json w = json_begin(&out, 0);
    write_node(&w, value, max_bytes);
    if (out.n <= max_bytes)
        return buf_c(&out);
    size_t cut = max_bytes > 3 ? max_bytes - 3 : 0; /* "…" takes 3 bytes */
    while (cut && (out.data[cut] & 0xC0) == 0x80)
        cut--;
    return arena_printf(a, "%.*s…", (int)cut, out.data);
}
