#include "conformance/report/failure_card.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"

enum { INDENT = 4, BODY_LINES_MAX = 8, LINE_COLUMNS_MAX = 200, UTF8_BYTES_MAX = 4 };
enum { CURL_BODY_MAX_BYTES = 4000, OPTIONS_MAX = 64 };

struct line {
    struct text_layout *layout;
    const char *options[OPTIONS_MAX]; /* each with its argument */
    size_t count;
};

/* --- curl: quoting ------------------------------------------------------------------------ */

enum quotes {
    QUOTES_NONE,
    QUOTES_SINGLE,  /* '...'; with a secret: '...'"$NAME"'...' */
    QUOTES_DOUBLE,  /* "... $NAME" */
    QUOTES_ESCAPED, /* $'...' */
};

static bool is_bare(struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!isalnum((unsigned char)text.s[i]) && !strchr("/:.,-_=@%+", text.s[i]))
            return false;
    return text.n > 0;
}

static bool has_any(struct str text, const char *letters)
{
    for (size_t i = 0; i < text.n; i++)
        if (strchr(letters, text.s[i]))
            return true;
    return false;
}

/* Uses double quotes only if the text has no character that is special within them. */
static enum quotes quotes_for(const struct secrets *secrets, struct str text)
{
    bool secret = secrets_find(secrets, text, 0, true).name;
    if (!text_is_harmless(text))
        return QUOTES_ESCAPED;
    if (secret)
        return has_any(text, "\"\\$`!") ? QUOTES_SINGLE : QUOTES_DOUBLE;
    return is_bare(text) ? QUOTES_NONE : QUOTES_SINGLE;
}

static void add_single(struct buf *out, struct str text)
{
    buf_byte(out, '\'');
    for (size_t i = 0; i < text.n; i++)
        if (text.s[i] == '\'')
            buf_text(out, "'\\''");
        else
            buf_byte(out, text.s[i]);
    buf_byte(out, '\'');
}

/* Writes $'...' with three octal digits each: a digit that follows is not part of the escape. */
static void add_escaped(struct buf *out, struct str text)
{
    buf_text(out, "$'");
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.s[i];
        if (c == '\n')
            buf_text(out, "\\n");
        else if (c == '\\' || c == '\'')
            buf_printf(out, "\\%c", c);
        else if (iscntrl(c) || c >= 0x80)
            buf_printf(out, "\\%03o", (unsigned)c);
        else
            buf_byte(out, (char)c);
    }
    buf_byte(out, '\'');
}

static void add_literal(struct buf *out, enum quotes quotes, struct str text)
{
    switch (quotes) {
    case QUOTES_NONE:
    case QUOTES_DOUBLE:
        buf_add(out, text);
        break;
    case QUOTES_SINGLE:
        add_single(out, text);
        break;
    case QUOTES_ESCAPED:
        add_escaped(out, text);
        break;
    }
}

static void add_variable(struct buf *out, enum quotes quotes, const char *name, struct str after)
{
    bool double_quoted = quotes == QUOTES_DOUBLE;
    bool runs_on = after.n && (isalnum((unsigned char)after.s[0]) || after.s[0] == '_');
    const char *quote = double_quoted ? "" : "\"";
    buf_printf(out, double_quoted && runs_on ? "%s${%s}%s" : "%s$%s%s", quote, name, quote);
}

static const char *quote_argument(struct text_layout *t, struct str text)
{
    struct buf out = {.arena = t->arena};
    enum quotes quotes = quotes_for(t->secrets, text);
    const char *around = quotes == QUOTES_DOUBLE ? "\"" : "";
    if (!text.n)
        return "''";
    buf_text(&out, around);
    for (size_t from = 0; from < text.n;) {
        struct secret_hit hit = secrets_find(t->secrets, text, from, true);
        if (hit.at > from)
            add_literal(&out, quotes, str_of(text.s + from, hit.at - from));
        from = hit.at + hit.n;
        if (hit.name)
            add_variable(&out, quotes, hit.name, str_skip(text, from));
    }
    buf_text(&out, around);
    return buf_c(&out);
}

/* --- curl: options ------------------------------------------------------------------------ */

static void add_option(struct line *l, const char *option, struct str argument)
{
    if (l->count < OPTIONS_MAX)
        l->options[l->count++] = arena_printf(l->layout->arena, "%s %s", option, quote_argument(l->layout, argument));
}

static void add_flag(struct line *l, const char *flag)
{
    if (l->count < OPTIONS_MAX)
        l->options[l->count++] = flag;
}

static void add_method(struct line *l, const struct exchange_record *x)
{
    bool has_body = x->request_body.n;
    if (strcmp(x->method, "HEAD") == 0)
        add_flag(l, "--head");
    else if (strcmp(x->method, has_body ? "POST" : "GET") != 0)
        add_option(l, "-X", str_from(x->method));
    if (strpbrk(x->url, "[]{}"))
        add_flag(l, "--globoff");
}

/* Returns true if --json can replace both headers and the body option. A body that starts with @ cannot follow --json:
 * curl would read a file. */
static bool fits_json_option(const struct exchange_record *x)
{
    return x->request_body.n && !x->body_file && x->request_body.s[0] != '@' &&
           str_is(headers_get(&x->request_headers, "Content-Type"), "application/json") &&
           str_is(headers_get(&x->request_headers, "Accept"), "application/json");
}

/* Returns true for a header that curl adds itself. */
static bool is_implied(const char *name, bool json)
{
    static const char *const names[] = {"Host", "Content-Length", "User-Agent", "Connection", "Content-Type", "Accept"};
    size_t count = COUNT(names) - (json ? 0 : 2);
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    return false;
}

static void add_headers(struct line *l, const struct exchange_record *x)
{
    for (size_t i = 0; i < x->request_headers.count; i++) {
        const struct header *h = &x->request_headers.items[i];
        struct buf text = {.arena = l->layout->arena};
        if (is_implied(h->name, fits_json_option(x)))
            continue;
        if (strcasecmp(h->name, "Accept-Encoding") == 0 && h->value.n) {
            add_flag(l, "--compressed"); /* curl decodes the response, as the runner does */
            if (str_is(h->value, HTTP_CODINGS))
                continue;
        }
        /* curl omits a header without a value unless it is written with a semicolon */
        buf_printf(&text, h->value.n ? "%s: " : "%s;", h->name);
        buf_add(&text, h->value);
        add_option(l, "-H", buf_str(&text));
    }
}

static void add_body(struct line *l, const struct exchange_record *x)
{
    const char *option = fits_json_option(x) ? "--json" : "--data-raw";
    struct str body = x->request_body;
    if (!body.n)
        return;
    if (x->body_file) {
        add_option(l, "--data-binary", str_from(arena_printf(l->layout->arena, "@%s", x->body_file)));
        return;
    }
    if (body.n > CURL_BODY_MAX_BYTES)
        body = str_from(arena_printf(l->layout->arena, "@body-of-%zu-bytes", body.n));
    if (body.n != x->request_body.n && !fits_json_option(x))
        option = "--data-binary";
    add_option(l, option, body);
}

/* Writes a request as a curl command that can be pasted into a shell: one line if it fits, otherwise one line per
 * option. A secret becomes a shell variable, $NAME. Everything else is quoted; control characters are written as
 * $'\033'. A body that is too long to paste is replaced by a file name, @body-of-N-bytes. */
static void curl_write(struct text_layout *t, int indent, const struct exchange_record *x)
{
    struct line l = {.layout = t};
    add_method(&l, x);
    size_t before_url = l.count;
    add_headers(&l, x);
    add_body(&l, x);

    const char *url = quote_argument(t, str_from(x->url));
    size_t width = (size_t)indent + strlen("curl ") + strlen(url);
    for (size_t i = 0; i < l.count; i++)
        width += 1 + strlen(l.options[i]);
    bool fits = width <= (size_t)t->width;

    layout_indent(t, indent);
    layout_put(t, STYLE_PLAIN, "curl");
    for (size_t i = 0; i < before_url; i++)
        layout_put(t, STYLE_PLAIN, " %s", l.options[i]);
    layout_put(t, STYLE_PLAIN, " %s", url);
    for (size_t i = before_url; i < l.count; i++) {
        layout_put(t, STYLE_PLAIN, fits ? " " : " \\\n%*s", indent + 2, "");
        layout_put(t, STYLE_PLAIN, "%s", l.options[i]);
    }
    layout_put(t, STYLE_PLAIN, "\n");
}

/* --- head --------------------------------------------------------------------------------- */

static void put_dim_line(struct text_layout *t, const char *text)
{
    layout_indent(t, INDENT);
    layout_wrap(t, INDENT, STYLE_DIM, 2, layout_safe_text(t, text));
}

/* Writes where the documentation states the claim: the title and the heading, then the URL or the path. */
static void put_origin(struct text_layout *t, const struct claim *claim)
{
    const struct origin *c = &claim->origin;
    const char *link = c->url ? c->url : c->path;
    if (c->document)
        put_dim_line(t, c->heading ? arena_printf(t->arena, "%s: %s", c->document, c->heading) : c->document);
    else if (claim->source)
        put_dim_line(t, claim->source);
    if (link)
        put_dim_line(t, link);
}

static void put_claim(struct text_layout *t, const struct claim *claim, enum style style, const char *mark)
{
    const char *id = layout_safe_text(t, claim->id);
    const char *level = level_texts[claim->level];
    layout_put(t, style, "  %s ", mark);
    layout_put(t, STYLE_BOLD, "%s", id);
    layout_put(t, STYLE_DIM, "  %s  ", level);
    int column = 8 + (int)(text_width(str_from(id)) + strlen(level));
    layout_wrap(t, column, STYLE_PLAIN, 0, layout_safe_text(t, claim->says));
    put_origin(t, claim);
}

static enum style style_of(const struct run *r, const struct check *c)
{
    return check_fails_run(r, c) ? STYLE_BAD : STYLE_WARNING;
}

void failure_card_title(struct text_layout *t, const struct run *r, const struct check *c)
{
    enum style style = style_of(r, c);
    for (size_t i = 0; i < c->claim_count; i++)
        put_claim(t, c->claims[i], style, i ? " " : verdict_rows[c->verdict].mark);
    if (c->claim_count)
        return;
    layout_put(t, style, "  %s ", verdict_rows[c->verdict].mark);
    layout_put(t, STYLE_BOLD, "%s", layout_safe_text(t, c->step));
    layout_put(t, STYLE_DIM, "  cites no claim; the scenario depends on it\n");
}

static const char *place_text(struct text_layout *t, struct where at)
{
    if (!at.file)
        return "";
    const char *file = layout_safe_text(t, at.file);
    return at.line ? arena_printf(t->arena, "%s:%d:%d", file, at.line, at.column) : file;
}

static void put_value(struct text_layout *t, const char *label, enum style style, const char *text)
{
    layout_field(t, INDENT, label, style, layout_safe_text(t, text));
}

void failure_card_fields(struct text_layout *t, const struct run *r, const struct check *c)
{
    layout_put(t, STYLE_PLAIN, "\n");
    put_value(t, "check", STYLE_PLAIN, c->id);
    put_value(t, "scenario", STYLE_PLAIN, place_text(t, c->at));
    put_value(t, "field", STYLE_PLAIN, c->pointer && *c->pointer ? c->pointer : "the whole body");
    put_value(t, "expected", STYLE_GOOD, c->expected);
    put_value(t, "actual", style_of(r, c), c->actual);
    put_value(t, "why", STYLE_PLAIN, c->why);
}

/* --- exchange ----------------------------------------------------------------------------- */

static const char *duration_text(struct arena *a, int64_t us)
{
    if (us < 10000)
        return arena_printf(a, "%.1f ms", (double)us / 1e3);
    if (us < 1000000)
        return arena_printf(a, "%.0f ms", (double)us / 1e3);
    return arena_printf(a, "%.1f s", (double)us / 1e6);
}

static void put_attempt(struct buf *out, int status, size_t times)
{
    buf_text(out, out->n ? ", " : "");
    if (status)
        buf_printf(out, "%d", status);
    else
        buf_text(out, "no response");
    if (times > 1)
        buf_printf(out, " (%zu times)", times);
}

const char *attempts_text(struct arena *a, const struct exchange_record *x)
{
    const struct attempt *all = x->attempts.items;
    struct buf out = {.arena = a};
    int64_t waited_ms = 0;
    size_t count = x->attempts.count, first = 0;
    for (size_t i = 0; i < count; i++) {
        waited_ms += all[i].waited_ms;
        if (i + 1 < count && all[i + 1].status == all[first].status)
            continue;
        bool brief = i - first >= 2; /* three or more in a row */
        for (size_t k = first; k <= i; k += brief ? i - first + 1 : 1)
            put_attempt(&out, all[first].status, brief ? i - first + 1 : 1);
        first = i + 1;
    }
    if (waited_ms)
        buf_printf(&out, ", after waits of %s", duration_text(a, waited_ms * 1000));
    return count > 1 ? buf_c(&out) : NULL;
}

static void put_status(struct text_layout *t, const struct exchange_record *x)
{
    layout_indent(t, INDENT);
    if (x->status)
        layout_put(t, STYLE_BOLD, "%d %s", x->status, status_text(x->status));
    else
        layout_put(t, STYLE_BAD, "no response: %s", layout_safe_text(t, x->error));
    layout_put(t, STYLE_DIM, "  %s\n", duration_text(t->arena, x->duration_us));
    const char *attempts = attempts_text(t->arena, x);
    if (attempts)
        layout_field(t, INDENT, "attempts", STYLE_DIM, arena_printf(t->arena, "%s; the last one is shown", attempts));
}

/* Joins the lines of a pretty-printed body into one. */
static struct str join_lines(struct arena *a, struct str text)
{
    struct buf out = {.arena = a};
    for (bool line_began = false; text.n; text = str_skip(text, 1)) {
        bool is_end = *text.s == '\n' || *text.s == '\r';
        line_began = is_end || (line_began && (*text.s == ' ' || *text.s == '\t'));
        if (!line_began)
            buf_byte(&out, *text.s);
    }
    return buf_str(&out);
}

/* Scrubs before cutting: a cut inside a secret would hide it from the scrubber. */
static void put_body(struct text_layout *t, struct str body)
{
    if (!body.n)
        return;
    size_t columns = BODY_LINES_MAX * (size_t)(t->width - INDENT);
    struct str joined = join_lines(t->arena, body);
    struct str clean = str_from(layout_safe_start(t, joined, UTF8_BYTES_MAX * (columns + 1)));
    layout_indent(t, INDENT);
    layout_wrap(t, INDENT, STYLE_PLAIN, BODY_LINES_MAX, clean.s);
    if (text_width(clean) > columns) {
        layout_indent(t, INDENT);
        layout_put(t, STYLE_DIM, "%zu bytes in total; see the JSON report\n", body.n);
    }
}

void failure_card_exchange(struct text_layout *t, const struct exchange_record *x)
{
    if (!x)
        return;
    layout_put(t, STYLE_PLAIN, "\n");
    curl_write(t, INDENT, x);
    layout_put(t, STYLE_PLAIN, "\n");
    put_status(t, x);
    put_body(t, x->response_body);
}

/* --- whole -------------------------------------------------------------------------------- */

const char *undecided_cause(const struct check *c)
{
    if (c->why)
        return c->why;
    return c->exchange && c->exchange->error ? c->exchange->error : "unknown reason";
}

const char *failure_card_line(struct text_layout *t, const struct check *c)
{
    struct buf text = {.arena = t->arena};
    for (size_t i = 0; i < c->claim_count; i++)
        buf_printf(&text, "%s%s", i ? ", " : "", c->claims[i]->id);
    if (c->claim_count)
        buf_printf(&text, " (%s): ", level_texts[c->claims[0]->level]);
    if (c->verdict == VERDICT_ERROR) {
        if (c->exchange)
            buf_printf(&text, "%s %s: ", c->exchange->method, c->exchange->url);
        buf_text(&text, undecided_cause(c));
    } else if (c->expected || c->actual) {
        buf_printf(&text, "%s expected %s", *c->pointer ? c->pointer : "the body",
                   c->expected ? c->expected : "something else");
        buf_printf(&text, ", got %s", c->actual ? c->actual : "nothing");
    } else {
        buf_text(&text, c->why ? c->why : verdict_texts[c->verdict]);
    }
    struct str rest = str_from(layout_safe(t, buf_str(&text)));
    struct str line = text_line(&rest, LINE_COLUMNS_MAX);
    return arena_printf(t->arena, STR_FMT "%s", STR_ARG(line), rest.n ? " …" : "");
}
