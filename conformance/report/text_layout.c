#include "conformance/report/text_layout.h"

#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char *const style_codes[STYLE_COUNT] = {
    [STYLE_PLAIN] = "",        [STYLE_BOLD] = "\x1b[1m", [STYLE_DIM] = "\x1b[2m",
    [STYLE_GOOD] = "\x1b[32m", [STYLE_BAD] = "\x1b[31m", [STYLE_WARNING] = "\x1b[33m",
};

enum { FIELD_LINES_MAX = 8 };

struct text_layout layout_begin(struct arena *a, const struct secrets *secrets, bool colour, int width)
{
    if (width < LAYOUT_WIDTH_MIN)
        width = width ? LAYOUT_WIDTH_MIN : LAYOUT_WIDTH_MAX;
    if (width > LAYOUT_WIDTH_MAX)
        width = LAYOUT_WIDTH_MAX;
    return (struct text_layout){.arena = a, .secrets = secrets, .out = {.arena = a}, .colour = colour, .width = width};
}

int layout_terminal_width(void)
{
    struct winsize size;
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known && size.ws_col < LAYOUT_WIDTH_MAX ? size.ws_col : LAYOUT_WIDTH_MAX;
}

/* --- escaping ----------------------------------------------------------------------------- */

static size_t character_bytes(unsigned char first)
{
    if (first < 0x80)
        return 1;
    return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

static unsigned code_point(struct str c)
{
    static const unsigned char masks[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    unsigned code = (unsigned char)c.s[0] & masks[c.n];
    for (size_t i = 1; i < c.n; i++)
        code = code << 6 | ((unsigned char)c.s[i] & 0x3F);
    return code;
}

/* Returns true for C0 and C1 controls, bidirectional controls and invisible characters. */
static bool is_unsafe(unsigned code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x200B && code <= 0x200F) ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF;
}

static void escape_code(struct buf *out, unsigned code)
{
    if (code == '\n' || code == '\r' || code == '\t')
        buf_printf(out, "\\%c", code == '\n' ? 'n' : code == '\r' ? 'r' : 't');
    else
        buf_printf(out, code < 0x80 ? "\\x%02x" : "\\u%04x", code);
}

static void add_valid(struct buf *out, struct str text)
{
    while (text.n) {
        struct str c = str_head(text, character_bytes((unsigned char)text.s[0]));
        unsigned code = code_point(c);
        if (is_unsafe(code))
            escape_code(out, code);
        else
            buf_add(out, c);
        text = str_skip(text, c.n);
    }
}

bool text_is_harmless(struct str text)
{
    bool harmless = str_utf8_valid(text, NULL);
    while (harmless && text.n) {
        struct str c = str_head(text, character_bytes((unsigned char)text.s[0]));
        harmless = !is_unsafe(code_point(c));
        text = str_skip(text, c.n);
    }
    return harmless;
}

const char *layout_safe_start(struct text_layout *t, struct str text, size_t size)
{
    struct buf out = {.arena = t->arena};
    size_t bad;
    text = str_from(scrub_start(t->arena, t->secrets, text, size));
    while (!str_utf8_valid(text, &bad)) {
        add_valid(&out, str_head(text, bad));
        buf_printf(&out, "\\x%02x", (unsigned)(unsigned char)text.s[bad]);
        text = str_skip(text, bad + 1);
    }
    add_valid(&out, text);
    return buf_c(&out);
}

const char *layout_safe(struct text_layout *t, struct str text)
{
    return layout_safe_start(t, text, SIZE_MAX);
}

const char *layout_safe_text(struct text_layout *t, const char *text)
{
    return layout_safe(t, str_from(text));
}

/* --- width -------------------------------------------------------------------------------- */

size_t text_width(struct str text)
{
    size_t width = 0;
    for (size_t i = 0; i < text.n; i++)
        width += ((unsigned char)text.s[i] & 0xC0) != 0x80;
    return width;
}

static size_t bytes_of(struct str text, size_t columns)
{
    size_t at = 0;
    for (; columns && at < text.n; columns--)
        at += character_bytes((unsigned char)text.s[at]);
    return at < text.n ? at : text.n;
}

struct str text_line(struct str *rest, size_t columns)
{
    struct str whole = *rest;
    size_t n = bytes_of(whole, columns), cut = n;
    if (n == whole.n) {
        *rest = (struct str){0};
        return whole;
    }
    while (cut > n * 2 / 3 && whole.s[cut] != ' ')
        cut--;
    bool at_blank = whole.s[cut] == ' ';
    if (!at_blank)
        cut = n;
    *rest = str_skip(whole, cut + at_blank);
    return str_head(whole, cut);
}

/* --- output ------------------------------------------------------------------------------- */

/* The style ends before the line end: some terminals carry a style into the next line. */
void layout_put(struct text_layout *t, enum style style, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct str text = str_from(arena_vprintf(t->arena, format, args));
    va_end(args);
    bool ends_line = str_ends(text, STR("\n"));
    text.n -= ends_line;
    bool styled = t->colour && style != STYLE_PLAIN && text.n;
    if (styled)
        buf_text(&t->out, style_codes[style]);
    buf_add(&t->out, text);
    if (styled)
        buf_text(&t->out, "\x1b[0m");
    if (ends_line)
        buf_byte(&t->out, '\n');
}

void layout_indent(struct text_layout *t, int columns)
{
    layout_put(t, STYLE_PLAIN, "%*s", columns, "");
}

void layout_wrap(struct text_layout *t, int indent, enum style style, int lines_max, const char *text)
{
    struct str rest = str_from(text);
    for (int line = 1;; line++) {
        struct str part = text_line(&rest, (size_t)(t->width - indent));
        bool cut = rest.n && line == lines_max;
        if (cut)
            part = str_head(part, bytes_of(part, text_width(part) - 2));
        layout_put(t, style, STR_FMT, STR_ARG(part));
        layout_put(t, STYLE_DIM, "%s", cut ? " …" : "");
        layout_put(t, STYLE_PLAIN, "\n");
        if (!rest.n || cut)
            return;
        layout_indent(t, indent);
    }
}

void layout_field(struct text_layout *t, int indent, const char *label, enum style style, const char *value)
{
    if (!value || !*value)
        return;
    layout_indent(t, indent);
    layout_put(t, STYLE_DIM, "%-*s", LAYOUT_LABEL, label);
    layout_wrap(t, indent + LAYOUT_LABEL, style, FIELD_LINES_MAX, value);
}

void layout_rule(struct text_layout *t)
{
    struct buf rule = {.arena = t->arena};
    for (int i = 0; i < t->width; i++)
        buf_text(&rule, "─");
    layout_put(t, STYLE_DIM, "%s\n", buf_c(&rule));
}
