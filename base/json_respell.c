#include "base/json_respell.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/random.h"

enum gap { GAP_OPEN, GAP_CLOSE, GAP_COMMA, GAP_BEFORE_COLON, GAP_AFTER_COLON, GAP_END };

/* Styles of white space. Each one differs from the defaults of the common serializers: no white space at all, ", " and
 * ": ", or an indented text without a line end after it. */
enum space { SPACE_TABS, SPACE_PADDED, SPACE_LOOSE, SPACE_LINES, SPACE_COUNT };
/* Which characters are escaped: as PHP does, as .NET does, or some letters. */
enum escapes { ESCAPES_SLASH, ESCAPES_MARKUP, ESCAPES_LETTERS, ESCAPES_COUNT };

struct writer {
    struct buf *out;
    struct str in;
    size_t at; /* in `in` */
    unsigned what, made;
    enum space space;
    enum escapes escapes;
    bool forced;        /* escape the first character of a value: no other is escaped */
    bool ascii_escaped; /* a serializer that writes ASCII does not escape such a character */
    size_t depth;
    struct random random;
};

static void add_line(struct writer *w, size_t tabs)
{
    buf_byte(w->out, '\n');
    while (tabs--)
        buf_byte(w->out, '\t');
}

static void add_loose(struct writer *w, enum gap gap)
{
    static const char *const blanks[] = {"", "", "", " ", "  ", "\n", "\t", "\r\n"};
    buf_text(w->out, gap == GAP_END ? "\r\n" : blanks[random_below(&w->random, sizeof blanks / sizeof *blanks)]);
}

static void add_gap(struct writer *w, enum gap gap)
{
    bool in_colon = gap == GAP_BEFORE_COLON || gap == GAP_AFTER_COLON;
    if (!(w->what & RESPELL_SPACE))
        return;
    w->made |= RESPELL_SPACE;
    switch (w->space) {
    case SPACE_TABS:
        if (!in_colon)
            add_line(w, w->depth);
        else if (gap == GAP_AFTER_COLON)
            buf_byte(w->out, ' ');
        return;
    case SPACE_PADDED:
        if (gap != GAP_END)
            buf_byte(w->out, ' ');
        return;
    case SPACE_LOOSE:
        add_loose(w, gap);
        return;
    case SPACE_LINES:
        if (gap == GAP_END || (gap == GAP_COMMA && w->depth == 1))
            add_line(w, 0);
        return;
    case SPACE_COUNT:
        return;
    }
}

static void add_code_unit(struct writer *w, unsigned unit)
{
    buf_printf(w->out, w->escapes == ESCAPES_MARKUP ? "\\u%04X" : "\\u%04x", unit);
    w->made |= RESPELL_ESCAPES;
}

/* Escapes the character at w->at, which is not ASCII, and skips it. */
static void add_wide(struct writer *w)
{
    const unsigned char *s = (const unsigned char *)w->in.s + w->at;
    size_t n = *s >= 0xF0 ? 4 : *s >= 0xE0 ? 3 : 2;
    unsigned code = n == 4 ? *s & 7u : n == 3 ? *s & 15u : *s & 31u;
    for (size_t i = 1; i < n; i++)
        code = code << 6 | (s[i] & 63u);
    if (code >= 0x10000) {
        add_code_unit(w, 0xD800 + ((code - 0x10000) >> 10));
        code = 0xDC00 + (code & 0x3FF);
    }
    add_code_unit(w, code);
    w->at += n;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Whether this ASCII character of a value is escaped. */
static bool is_escaped(struct writer *w, char c)
{
    if (w->forced)
        return true;
    switch (w->escapes) {
    case ESCAPES_SLASH:
        return c == '/';
    case ESCAPES_MARKUP:
        return c == '<' || c == '>' || c == '&' || c == '\'' || c == '+';
    case ESCAPES_LETTERS:
        return is_letter(c) && !random_below(&w->random, 16);
    case ESCAPES_COUNT:
        return false;
    }
    return false;
}

/* Copies the text that starts at w->at. */
static void add_text(struct writer *w, bool is_value)
{
    bool escapes = is_value && w->what & RESPELL_ESCAPES;
    buf_byte(w->out, w->in.s[w->at++]);
    while (w->in.s[w->at] != '"') {
        char c = w->in.s[w->at];
        if (c == '\\') { /* an escape stays as it is */
            size_t n = w->in.s[w->at + 1] == 'u' ? 6 : 2;
            buf_add(w->out, str_of(w->in.s + w->at, n));
            w->at += n;
        } else if (escapes && (unsigned char)c >= 0x80) {
            add_wide(w);
        } else if (escapes && is_escaped(w, c)) {
            if (c == '/')
                buf_text(w->out, "\\/");
            else
                add_code_unit(w, (unsigned char)c);
            w->made |= RESPELL_ESCAPES;
            w->forced = false;
            w->ascii_escaped = true;
            w->at++;
        } else {
            buf_byte(w->out, c);
            w->at++;
        }
    }
    buf_byte(w->out, w->in.s[w->at++]);
}

/* Copies a number or a literal. "1.5" becomes "1.50" or "1.5e0", "1e+30" becomes "1E+30". */
static void add_other(struct writer *w)
{
    struct str rest = str_skip(w->in, w->at);
    size_t n = 0;
    while (n < rest.n && !strchr(",:]}", rest.s[n]))
        n++;
    struct str token = str_head(rest, n);
    size_t e = str_find(token, 'e');
    bool is_number = n && (token.s[0] == '-' || (token.s[0] >= '0' && token.s[0] <= '9'));
    w->at += n;
    if (!is_number || !(w->what & RESPELL_NUMBERS) || (e == n && str_find(token, '.') == n)) {
        buf_add(w->out, token);
        return;
    }
    w->made |= RESPELL_NUMBERS;
    buf_add(w->out, str_head(token, e));
    if (e < n) {
        buf_byte(w->out, 'E');
        buf_add(w->out, str_skip(token, e + 1));
    } else {
        buf_text(w->out, random_below(&w->random, 2) ? "0" : "e0");
    }
}

/* Copies the token at w->at, with the white space around it. */
static void add_token(struct writer *w)
{
    char c = w->in.s[w->at];
    struct str rest = str_skip(w->in, w->at + 1);
    bool is_empty = str_starts(rest, STR("}")) || str_starts(rest, STR("]")); /* of a list or map that begins here */
    bool was_empty = w->at && (w->in.s[w->at - 1] == '{' || w->in.s[w->at - 1] == '[');
    switch (c) {
    case '{':
    case '[':
        w->depth++;
        buf_byte(w->out, c);
        w->at++;
        if (!is_empty)
            add_gap(w, GAP_OPEN);
        return;
    case '}':
    case ']':
        w->depth--;
        if (!was_empty)
            add_gap(w, GAP_CLOSE);
        buf_byte(w->out, c);
        w->at++;
        return;
    case ':':
        add_gap(w, GAP_BEFORE_COLON);
        buf_byte(w->out, c);
        add_gap(w, GAP_AFTER_COLON);
        w->at++;
        return;
    case ',':
        buf_byte(w->out, c);
        add_gap(w, GAP_COMMA);
        w->at++;
        return;
    default:
        add_other(w);
        return;
    case '"':
        break;
    }
    size_t end = w->at + 1;
    while (w->in.s[end] != '"')
        end += w->in.s[end] == '\\' ? 2 : 1;
    add_text(w, !(end + 1 < w->in.n && w->in.s[end + 1] == ':'));
}

/* Returns false if the result may still be what a serializer writes: no ASCII character is escaped. */
static bool respell(struct writer *w)
{
    while (w->at < w->in.n)
        add_token(w);
    add_gap(w, GAP_END);
    return w->ascii_escaped || !(w->what & RESPELL_ESCAPES);
}

unsigned json_respell(struct buf *out, struct str json, unsigned what, uint64_t seed)
{
    size_t start = out->n;
    struct writer w = {.out = out, .in = json, .what = what, .random = {seed}};
    w.space = (enum space)random_below(&w.random, SPACE_COUNT);
    w.escapes = (enum escapes)random_below(&w.random, ESCAPES_COUNT);
    struct writer again = w;
    if (!respell(&w)) {
        out->n = start;
        again.forced = true;
        w = again;
        respell(&w);
    }
    bool same = str_eq(str_skip(buf_str(out), start), json);
    if (same && what & RESPELL_SPACE) /* one token */
        buf_byte(out, '\n');
    return same && !(what & RESPELL_SPACE) ? 0 : w.made;
}
