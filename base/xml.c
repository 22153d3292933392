#include "base/xml.h"
#include "base/array.h"

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

static void add_character(struct buf *out, unsigned char c, bool in_attribute)
{
    static const char *const entities[] = {['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;"};
    bool blank = c == '\n' || c == '\t' || c == '\r';
    if (c < COUNT(entities) && entities[c])
        buf_text(out, entities[c]);
    else if (blank && (in_attribute || c == '\r'))
        buf_byte(out, ' ');
    else if ((c < ' ' && !blank) || c == 0x7F)
        buf_text(out, REPLACEMENT);
    else
        buf_byte(out, (char)c);
}

/* Returns the size of a character to replace at the start of the text (C1, U+FFFE, U+FFFF), or 0. */
static size_t forbidden_size(struct str text)
{
    if (str_starts(text, STR("\xC2")) && text.n > 1 && (unsigned char)text.s[1] < 0xA0)
        return 2;
    bool none = str_starts(text, STR("\xEF\xBF\xBE")) || str_starts(text, STR("\xEF\xBF\xBF"));
    return none ? 3 : 0;
}

static void add_valid(struct buf *out, struct str text, bool in_attribute)
{
    while (text.n) {
        size_t skip = forbidden_size(text);
        if (skip)
            buf_text(out, REPLACEMENT);
        else
            add_character(out, (unsigned char)text.s[0], in_attribute);
        text = str_skip(text, skip ? skip : 1);
    }
}

static void add_text(struct buf *out, struct str text, bool in_attribute)
{
    size_t bad;
    while (!str_utf8_valid(text, &bad)) {
        add_valid(out, str_head(text, bad), in_attribute);
        buf_text(out, REPLACEMENT);
        text = str_skip(text, bad + 1);
    }
    add_valid(out, text, in_attribute);
}

void xml_text(struct buf *out, struct str text)
{
    add_text(out, text, false);
}

void xml_attribute(struct buf *out, const char *name, const char *value)
{
    if (!value)
        return;
    buf_printf(out, " %s=\"", name);
    add_text(out, str_from(value), true);
    buf_byte(out, '"');
}
