#include "conformance/report/escapes.h"

#include <ctype.h>

#include "base/array.h"

enum { NESTING_MAX = 16 }; /* bytes of nested escapes of one character */

static const char letters[] = "bfnrt", controls[] = "\b\f\n\r\t";

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

bool escape_begins(char c)
{
    return c == '\\' || c == '%' || c == '&' || c == '+';
}

/* --- hexadecimal digits ------------------------------------------------------------------- */

/* Reads digits from position `from` on. Returns the position after them, 0 if there are fewer, or ESCAPE_SHORT. */
static size_t read_hex(struct str text, size_t from, size_t digits, unsigned *value)
{
    *value = 0;
    for (size_t i = from; i < from + digits; i++) {
        if (i >= text.n)
            return ESCAPE_SHORT;
        if (!isxdigit((unsigned char)text.s[i]))
            return 0;
        int digit = tolower((unsigned char)text.s[i]);
        *value = *value << 4 | (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
    }
    return from + digits;
}

static size_t match_hex(struct str text, size_t from, size_t digits, unsigned char c)
{
    unsigned value;
    size_t end = read_hex(text, from, digits, &value);
    return end == ESCAPE_SHORT || value == c ? end : 0;
}

/* --- percent signs ------------------------------------------------------------------------ */

/* Returns the position of the two digits: 1 for %2F, 3 for %252F, a URL within a URL. */
static size_t skip_percent(struct str text)
{
    size_t from = 1;
    while (from < NESTING_MAX && str_starts(str_skip(text, from), STR("25")))
        from += 2;
    return from;
}

static size_t match_percent(struct str text, unsigned char c)
{
    size_t from = skip_percent(text);
    return c == '%' && from > 1 ? from : match_hex(text, from, 2, c);
}

/* --- entities and backslashes ------------------------------------------------------------- */

static size_t match_entity(struct str text, unsigned char c)
{
    for (size_t i = 0; i < COUNT(entities); i++) {
        struct str entity = str_from(entities[i].text);
        if (entities[i].c != (char)c)
            continue;
        if (str_starts(text, entity))
            return entity.n;
        if (text.n < entity.n && str_starts(entity, text))
            return ESCAPE_SHORT;
    }
    return 0;
}

static size_t skip_backslashes(struct str text)
{
    size_t from = 0;
    while (from < text.n && from < NESTING_MAX && text.s[from] == '\\')
        from++;
    return from;
}

static size_t match_backslash(struct str text, unsigned char c)
{
    size_t from = skip_backslashes(text);
    size_t in_hex = from < text.n && text.s[from] == 'u' ? match_hex(text, from + 1, 4, c) : 0;
    if (in_hex)
        return in_hex;
    if (c == '\\')
        return from;
    if (from == text.n)
        return ESCAPE_SHORT;
    size_t entity = match_entity(str_skip(text, from), c);
    if (entity)
        return entity == ESCAPE_SHORT ? ESCAPE_SHORT : from + entity;
    const char *control = c ? strchr(controls, c) : NULL;
    unsigned char letter = control ? (unsigned char)letters[control - controls] : c;
    return (unsigned char)text.s[from] == letter && !isalnum(c) ? from + 1 : 0;
}

/* --- one character ------------------------------------------------------------------------ */

size_t escape_match(struct str text, unsigned char c)
{
    size_t n = 0;
    if (!text.n)
        return ESCAPE_SHORT;
    if (text.s[0] == '\\')
        n = match_backslash(text, c);
    else if (text.s[0] == '%')
        n = match_percent(text, c);
    else if (text.s[0] == '&')
        n = match_entity(text, c);
    bool plain = text.s[0] == (char)c || (c == ' ' && text.s[0] == '+');
    return n || !plain ? n : 1;
}

/* Adds the character of an entity, or of a letter after a backslash. */
static size_t add_character(struct str text, bool escaped, unsigned char *out)
{
    size_t n = 0;
    const char *letter = escaped && text.s[0] ? strchr(letters, text.s[0]) : NULL;
    if (letter)
        out[n++] = (unsigned char)controls[letter - letters];
    out[n++] = (unsigned char)text.s[0];
    for (size_t i = 0; text.s[0] == '&' && i < COUNT(entities); i++)
        if (str_starts(text, str_from(entities[i].text))) {
            out[n++] = (unsigned char)entities[i].c;
            break;
        }
    return n;
}

size_t escape_characters(struct str text, unsigned char out[ESCAPE_CHARACTERS_MAX])
{
    size_t n = 0, from = 0;
    unsigned value;
    if (text.n < ESCAPE_BYTES_MAX && text.n && escape_begins(text.s[0]))
        return ESCAPE_SHORT;
    if (!text.n)
        return ESCAPE_SHORT;
    if (text.s[0] == '+')
        out[n++] = ' ';
    if (text.s[0] == '%' && read_hex(text, skip_percent(text), 2, &value))
        out[n++] = (unsigned char)value;
    if (text.s[0] == '\\') {
        out[n++] = '\\';
        from = skip_backslashes(text);
        if (text.s[from] == 'u' && read_hex(text, from + 1, 4, &value) && value < 256)
            out[n++] = (unsigned char)value;
    }
    return n + add_character(str_skip(text, from), from > 0, out + n);
}

/* --- before a position -------------------------------------------------------------------- */

static bool are_hex(struct str text, size_t at, size_t digits)
{
    for (size_t i = 1; i <= digits; i++)
        if (at < i || !isxdigit((unsigned char)text.s[at - i]))
            return false;
    return true;
}

bool escape_ends_at(struct str text, size_t at)
{
    if (at >= 2 && text.s[at - 2] == '\\' && strchr(letters, text.s[at - 1]))
        return true;
    if (at >= 6 && are_hex(text, at, 4) && text.s[at - 5] == 'u' && text.s[at - 6] == '\\')
        return true;
    size_t from = at - 2;
    if (at < 3 || !are_hex(text, at, 2))
        return false;
    while (from >= 3 && text.s[from - 2] == '2' && text.s[from - 1] == '5')
        from -= 2;
    return text.s[from - 1] == '%';
}
