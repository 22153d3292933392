#include "base/http/parser.h"

#include <string.h>

#include "base/arena.h"
#include "base/http/gate.h"

enum { HEADERS_USUAL = 16, CHUNK_DIGITS_MAX = 16 };

static bool is_control(unsigned char c)
{
    return (c < 0x20 && c != '\t') || c == 0x7f;
}

static void refuse(struct refusal *no, int status, const char *why)
{
    *no = (struct refusal){status, why};
}

/* --- the head ----------------------------------------------------------------------------------- */

/* Checks the control character at `at`. Returns the position after it, or 0: refused, or the next byte is missing. */
static size_t line_end(struct str in, size_t at, struct refusal *no)
{
    if (in.s[at] == '\n')
        refuse(no, 400, "a line ends with a bare line feed");
    else if (in.s[at] != '\r')
        refuse(no, 400, "control character in the request head");
    else if (at + 1 < in.n && in.s[at + 1] != '\n')
        refuse(no, 400, "carriage return without a line feed");
    else if (at + 1 < in.n)
        return at + 2;
    return 0;
}

size_t head_find(struct str in, size_t *scanned, struct refusal *no)
{
    size_t limit = in.n < HEAD_MAX ? in.n : HEAD_MAX, at = *scanned;
    *no = (struct refusal){0};
    while (at < limit) {
        if (!is_control((unsigned char)in.s[at])) {
            at++;
            continue;
        }
        size_t after = line_end(in, at, no);
        if (!after)
            break;
        if (at >= 2 && in.s[at - 1] == '\n' && after <= HEAD_MAX)
            return after;
        at = after;
    }
    *scanned = at;
    if (!no->status && in.n >= HEAD_MAX) {
        bool first = !memchr(in.s, '\n', HEAD_MAX);
        refuse(no, first ? 414 : 431, first ? "the request target is too long" : "the request head is too long");
    }
    return 0;
}

static struct str take_line(struct str *rest)
{
    struct str line = str_head(*rest, str_find(*rest, '\r'));
    *rest = str_skip(*rest, line.n + 2);
    return line;
}

/* Blanks are spaces and tabs only. */
static struct str without_blanks(struct str x)
{
    while (x.n && (x.s[0] == ' ' || x.s[0] == '\t'))
        x = str_skip(x, 1);
    while (x.n && (x.s[x.n - 1] == ' ' || x.s[x.n - 1] == '\t'))
        x.n--;
    return x;
}

static void set_target(struct request *r, struct str target)
{
    r->target = target;
    r->query = target;
    r->path = str_cut(&r->query, '?');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void read_version(struct str text, struct str *version, struct refusal *no)
{
    bool shaped =
        text.n == 8 && str_starts(text, STR("HTTP/")) && is_digit(text.s[5]) && text.s[6] == '.' && is_digit(text.s[7]);
    if (!shaped)
        refuse(no, 400, "invalid request line; expected METHOD TARGET HTTP/1.1");
    else if (text.s[5] != '1')
        refuse(no, 505, "unsupported HTTP version; expected HTTP/1.1");
    else
        *version = text.s[7] == '0' ? STR("HTTP/1.0") : STR("HTTP/1.1");
}

/* `line` is in the copy, so that the blanks around the target can become ends of texts. */
static void read_request_line(char *copy, struct str line, struct request *r, struct str *version, struct refusal *no)
{
    size_t first = str_find(line, ' ');
    struct str rest = str_skip(line, first + 1);
    size_t second = str_find(rest, ' ');
    r->method = str_head(line, first);
    set_target(r, str_head(rest, second));
    read_version(str_skip(rest, second + 1), version, no);
    if (second < rest.n)
        copy[first] = copy[first + 1 + second] = '\0';
}

/* `line` is in the copy, so its colon can become the end of the name. */
static void read_header(struct arena *a, char *line, size_t n, struct request *r, struct refusal *no)
{
    char *colon = memchr(line, ':', n);
    if (*line == ' ' || *line == '\t') {
        refuse(no, 400, "folded header line");
    } else if (!colon) {
        refuse(no, 400, "header line without a colon");
    } else if (r->headers.count == HEADERS_MAX) {
        refuse(no, 431, "too many headers");
    } else {
        struct str value = without_blanks(str_of(colon + 1, n - (size_t)(colon + 1 - line)));
        *colon = '\0';
        line[value.s + value.n - line] = '\0';
        headers_add(a, &r->headers, line, value);
    }
}

void head_parse(struct arena *a, struct str head, struct request *r, struct str *version, struct refusal *no)
{
    char *copy = arena_copy(a, head.s, head.n);
    struct str rest = str_of(copy, head.n);
    *no = (struct refusal){0};
    r->headers.items = arena_array(a, struct header, HEADERS_USUAL);
    r->headers.room = HEADERS_USUAL;
    read_request_line(copy, take_line(&rest), r, version, no);
    while (!no->status && rest.n > 2) {
        size_t at = head.n - rest.n;
        struct str line = take_line(&rest);
        read_header(a, copy + at, line.n, r, no);
    }
}

void head_use_origin_form(struct arena *a, struct request *r)
{
    struct str authority, rest;
    if (str_starts(r->target, STR("/")) || !gate_absolute_form(r->target, &authority, &rest))
        return;
    bool has_path = str_starts(rest, STR("/"));
    set_target(r, has_path ? rest : str_from(arena_printf(a, "/" STR_FMT, STR_ARG(rest))));
    headers_set(a, &r->headers, "Host", authority);
}

void head_sketch(struct arena *a, struct str in, struct request *r)
{
    size_t n = 0, limit = in.n < HEAD_MAX ? in.n : HEAD_MAX;
    while (n < limit && !is_control((unsigned char)in.s[n]) && (unsigned char)in.s[n] < 0x80)
        n++;
    struct str line = str_from(str_dup(a, str_head(in, n)));
    struct str method = str_head(line, str_find(line, ' ')), rest = str_skip(line, method.n + 1);
    bool token = method.n > 0;
    for (size_t i = 0; i < method.n; i++)
        token &= gate_token_byte((unsigned char)method.s[i]);
    r->method = token && method.n < line.n ? method : STR("");
    set_target(r, token ? str_head(rest, str_find(rest, ' ')) : STR(""));
}

/* --- the body ----------------------------------------------------------------------------------- */

enum {
    CHUNK_SIZE,
    CHUNK_EXTENSION,
    CHUNK_SIZE_END,
    CHUNK_DATA,
    CHUNK_DATA_END,
    CHUNK_DATA_LF,
    TRAILER_BEGIN,
    TRAILER_NAME,
    TRAILER_VALUE,
    TRAILER_LF,
    BODY_LF,
    BODY_END,
};

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void size_byte(struct chunks *d, char c)
{
    int digit = hex_digit(c);
    d->line++;
    if (digit >= 0 && d->left >> 59)
        refuse(&d->no, 413, "the chunk is larger than this server accepts");
    else if (digit >= 0 && d->digits++ < CHUNK_DIGITS_MAX)
        d->left = d->left << 4 | (unsigned)digit;
    else if (digit < 0 && d->digits && c == ';')
        d->state = CHUNK_EXTENSION;
    else if (digit < 0 && d->digits && c == '\r')
        d->state = CHUNK_SIZE_END;
    else
        refuse(&d->no, 400, "invalid chunk size");
}

static void extension_byte(struct chunks *d, char c)
{
    if (c == '\r')
        d->state = CHUNK_SIZE_END;
    else if (is_control((unsigned char)c))
        refuse(&d->no, 400, "control character in a chunk extension");
    else if (++d->line > CHUNK_LINE_MAX)
        refuse(&d->no, 400, "the chunk extension is too long");
}

static void trailer_byte(struct chunks *d, char c)
{
    bool name = d->state != TRAILER_VALUE;
    if (++d->trailer_bytes > TRAILER_BYTES_MAX)
        refuse(&d->no, 431, "the trailers are too long");
    else if (d->state == TRAILER_BEGIN && c == '\r')
        d->state = BODY_LF;
    else if (d->state == TRAILER_BEGIN && ++d->trailers > TRAILERS_MAX)
        refuse(&d->no, 431, "too many trailers");
    else if (name && gate_token_byte((unsigned char)c))
        d->state = TRAILER_NAME;
    else if (d->state == TRAILER_NAME && c == ':')
        d->state = TRAILER_VALUE;
    else if (name)
        refuse(&d->no, 400, "invalid trailer");
    else if (c == '\r')
        d->state = TRAILER_LF;
    else if (is_control((unsigned char)c))
        refuse(&d->no, 400, "control character in a trailer");
}

static void expect(struct chunks *d, char c, char wanted, int then)
{
    if (c != wanted)
        refuse(&d->no, 400, "invalid line end in a chunked body");
    d->state = then;
}

static void size_is_known(struct chunks *d, char c)
{
    expect(d, c, '\n', d->left ? CHUNK_DATA : TRAILER_BEGIN);
    d->line = d->digits = 0;
}

static void take_byte(struct chunks *d, char c)
{
    switch (d->state) {
    case CHUNK_SIZE:
        size_byte(d, c);
        break;
    case CHUNK_EXTENSION:
        extension_byte(d, c);
        break;
    case CHUNK_SIZE_END:
        size_is_known(d, c);
        break;
    case CHUNK_DATA_END:
        expect(d, c, '\r', CHUNK_DATA_LF);
        break;
    case CHUNK_DATA_LF:
        expect(d, c, '\n', CHUNK_SIZE);
        break;
    case TRAILER_LF:
        expect(d, c, '\n', TRAILER_BEGIN);
        break;
    case BODY_LF:
        expect(d, c, '\n', BODY_END);
        break;
    default:
        trailer_byte(d, c);
        break;
    }
}

enum chunks_result chunks_next(struct chunks *d, struct str *in, struct str *data)
{
    while (in->n) {
        if (d->state == CHUNK_DATA) {
            *data = str_head(*in, d->left < in->n ? (size_t)d->left : in->n);
            *in = str_skip(*in, data->n);
            d->left -= data->n;
            d->state = d->left ? CHUNK_DATA : CHUNK_DATA_END;
            return CHUNKS_DATA;
        }
        take_byte(d, in->s[0]);
        if (d->no.status)
            return CHUNKS_REFUSED;
        *in = str_skip(*in, 1);
        if (d->state == BODY_END)
            return CHUNKS_END;
    }
    return CHUNKS_MORE;
}
