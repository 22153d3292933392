#include "base/json_gate.h"

#include <assert.h>
#include <string.h>

struct reader {
    struct json_gate *gate;
    const char *begin, *at, *end;
    int depth;
};

static bool value(struct reader *r);

static bool refuse(struct reader *r, const char *at, const char *why)
{
    r->gate->bad_offset = (size_t)(at - r->begin);
    r->gate->why = why;
    return false;
}

static void record(struct reader *r)
{
    struct json_gate *g = r->gate;
    if (!g->starts)
        return;
    assert(g->count < JSON_GATE_STARTS((size_t)(r->end - r->begin)));
    g->starts[g->count++] = (uint32_t)(r->at - r->begin);
}

static bool next_is(const struct reader *r, char c)
{
    return r->at < r->end && *r->at == c;
}

static bool skip_if(struct reader *r, char c)
{
    if (!next_is(r, c))
        return false;
    r->at++;
    return true;
}

static void skip_blanks(struct reader *r)
{
    while (next_is(r, ' ') || next_is(r, '\n') || next_is(r, '\r') || next_is(r, '\t'))
        r->at++;
}

/* Returns the value of the 4 hex digits after \u, or -1. */
static int hex4(const struct reader *r, const char *digits)
{
    int code = 0;
    if (r->end - digits < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = digits[i];
        if (c >= '0' && c <= '9')
            code = code * 16 + (c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            code = code * 16 + ((c | 0x20) - 'a') + 10;
        else
            return -1;
    }
    return code;
}

static bool unicode_escape(struct reader *r)
{
    const char *escape = r->at - 1;
    int code = hex4(r, r->at + 1);
    if (code < 0)
        return refuse(r, escape, "\\u must be followed by four hex digits");
    if (r->gate->grammar_only) {
        r->at += 5;
        return true;
    }
    if (code == 0)
        return refuse(r, escape, "\\u0000 is not allowed in a string");
    if (code >= 0xDC00 && code <= 0xDFFF)
        return refuse(r, escape, "low surrogate without a high surrogate before it");
    r->at += 5;
    if (code < 0xD800 || code > 0xDBFF)
        return true;
    bool escaped = r->end - r->at >= 6 && r->at[0] == '\\' && r->at[1] == 'u';
    int low = escaped ? hex4(r, r->at + 2) : -1;
    if (low < 0xDC00 || low > 0xDFFF)
        return refuse(r, escape, "high surrogate without a low surrogate after it");
    r->at += 6;
    return true;
}

static bool escape(struct reader *r)
{
    r->at++;
    if (next_is(r, 'u'))
        return unicode_escape(r);
    if (r->at == r->end || *r->at == '\0' || !strchr("\"\\/bfnrt", *r->at))
        return refuse(r, r->at - 1, "unknown escape in a string");
    r->at++;
    return true;
}

static bool string(struct reader *r)
{
    const char *open = r->at++;
    bool ascii = true;
    while (r->at < r->end && *r->at != '"') {
        unsigned char c = (unsigned char)*r->at;
        if (c < 0x20)
            return refuse(r, r->at, "control character in a string; write it as an escape");
        if (c == '\\') {
            if (!escape(r))
                return false;
            continue;
        }
        ascii &= c < 0x80;
        r->at++;
    }
    if (r->at == r->end)
        return refuse(r, open, "unterminated string");
    size_t bad;
    if (!ascii && !str_utf8_valid(str_of(open, (size_t)(r->at - open)), &bad))
        return refuse(r, open + bad, "invalid UTF-8 in a string");
    r->at++;
    return true;
}

static bool digits(struct reader *r)
{
    const char *first = r->at;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
        r->at++;
    return r->at > first || refuse(r, r->at, "expected a digit");
}

static bool number(struct reader *r)
{
    (void)skip_if(r, '-');
    const char *first = r->at;
    if (!digits(r))
        return false;
    if (*first == '0' && r->at - first > 1)
        return refuse(r, first, "a number must not start with 0");
    if (skip_if(r, '.') && !digits(r))
        return false;
    if (skip_if(r, 'e') || skip_if(r, 'E')) {
        if (!skip_if(r, '+'))
            (void)skip_if(r, '-');
        return digits(r);
    }
    return true;
}

static bool word(struct reader *r, struct str expected)
{
    if (!str_starts(str_of(r->at, (size_t)(r->end - r->at)), expected))
        return refuse(r, r->at, "invalid JSON; expected a value");
    r->at += expected.n;
    return true;
}

static bool items(struct reader *r)
{
    do {
        skip_blanks(r);
        if (!value(r))
            return false;
        skip_blanks(r);
    } while (skip_if(r, ','));
    return skip_if(r, ']') || refuse(r, r->at, "expected ',' or ']'");
}

static bool members(struct reader *r)
{
    do {
        skip_blanks(r);
        if (!next_is(r, '"'))
            return refuse(r, r->at, "expected a member name in double quotes");
        record(r);
        if (!string(r))
            return false;
        skip_blanks(r);
        if (!skip_if(r, ':'))
            return refuse(r, r->at, "expected ':'");
        skip_blanks(r);
        if (!value(r))
            return false;
        skip_blanks(r);
    } while (skip_if(r, ','));
    return skip_if(r, '}') || refuse(r, r->at, "expected ',' or '}'");
}

static bool container(struct reader *r, char close, bool (*inside)(struct reader *))
{
    if (r->depth == JSON_MAX_DEPTH) {
        r->gate->is_too_big = true;
        return refuse(r, r->at, "lists and maps are nested more than 64 levels deep");
    }
    r->at++;
    skip_blanks(r);
    if (skip_if(r, close))
        return true;
    r->depth++;
    bool ok = inside(r);
    r->depth--;
    return ok;
}

static bool value(struct reader *r)
{
    record(r);
    switch (r->at < r->end ? *r->at : '\0') {
    case '{':
        return container(r, '}', members);
    case '[':
        return container(r, ']', items);
    case '"':
        return string(r);
    case 't':
        return word(r, STR("true"));
    case 'f':
        return word(r, STR("false"));
    case 'n':
        return word(r, STR("null"));
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        return number(r);
    default:
        return refuse(r, r->at, r->at < r->end ? "invalid JSON; expected a value" : "missing value");
    }
}

bool json_gate(struct json_gate *g, struct str text)
{
    if (!text.n)
        text = STR(""); /* an empty view may have a NULL pointer */
    struct reader r = {.gate = g, .begin = text.s, .at = text.s, .end = text.s + text.n};
    if (text.n > JSON_MAX_BYTES) {
        g->is_too_big = true;
        return refuse(&r, r.at, "larger than 64 MiB");
    }
    if (str_starts(text, STR("\xEF\xBB\xBF")))
        return refuse(&r, r.at, "byte order mark before the value; remove it");
    skip_blanks(&r);
    if (!value(&r))
        return false;
    skip_blanks(&r);
    return r.at == r.end || refuse(&r, r.at, "unexpected text after the value");
}
