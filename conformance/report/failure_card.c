#include "conformance/report/failure_card.h"

#include <string.h>

#include "conformance/report/curl.h"

enum { INDENT = 4, BODY_LINES_MAX = 8, BODY_BYTES_MAX = 4096, LINE_COLUMNS_MAX = 200 };

/* --- head ------------------------------------------------------------------------------------ */

static const char *symbol(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_PASS:
    case VERDICT_FIXED:
        return "✓";
    case VERDICT_FAIL:
        return "✗";
    case VERDICT_WARN:
    case VERDICT_KNOWN:
        return "!";
    case VERDICT_VACUOUS:
    case VERDICT_BLOCKED:
    case VERDICT_NOT_APPLICABLE:
    case VERDICT_DISPUTED:
    case VERDICT_ERROR:
    case VERDICT_COUNT:
        return "·";
    }
    return "·";
}

static void put_claim(struct page *p, const struct claim *claim, enum ink ink, const char *mark)
{
    const char *id = page_safe_text(p, claim->id);
    const char *level = level_texts[claim->level];
    page_put(p, ink, "  %s ", mark);
    page_put(p, INK_BOLD, "%s", id);
    page_put(p, INK_DIM, "  %s  ", level);
    int column = 8 + (int)(text_width(str_from(id)) + strlen(level));
    page_wrap(p, column, INK_PLAIN, 0, page_safe_text(p, claim->says));
    if (claim->source) {
        page_indent(p, INDENT);
        page_wrap(p, INDENT, INK_DIM, 2, page_safe_text(p, claim->source));
    }
}

static enum ink ink_of(const struct run *r, const struct check *c)
{
    return check_is_red(r, c) ? INK_BAD : INK_CARE;
}

void failure_card_title(struct page *p, const struct run *r, const struct check *c)
{
    enum ink ink = ink_of(r, c);
    for (size_t i = 0; i < c->claim_count; i++)
        put_claim(p, c->claims[i], ink, i ? " " : symbol(c->verdict));
    if (c->claim_count)
        return;
    page_put(p, ink, "  %s ", symbol(c->verdict));
    page_put(p, INK_BOLD, "%s", page_safe_text(p, c->step));
    page_put(p, INK_DIM, "  cites no claim: it holds the scenario itself up\n");
}

static const char *place(struct page *p, struct where at)
{
    if (!at.file)
        return "";
    const char *file = page_safe_text(p, at.file);
    return at.line ? arena_printf(p->arena, "%s:%d:%d", file, at.line, at.column) : file;
}

static void put_value(struct page *p, const char *label, enum ink ink, const char *text)
{
    page_field(p, INDENT, label, ink, page_safe_text(p, text));
}

void failure_card_fields(struct page *p, const struct run *r, const struct check *c)
{
    page_put(p, INK_PLAIN, "\n");
    put_value(p, "check", INK_PLAIN, c->id);
    put_value(p, "scenario", INK_PLAIN, place(p, c->at));
    put_value(p, "value", INK_PLAIN, c->pointer && *c->pointer ? c->pointer : "the whole body");
    put_value(p, "expected", INK_GOOD, c->expected);
    put_value(p, "actual", ink_of(r, c), c->actual);
    put_value(p, "why", INK_PLAIN, c->why);
}

/* --- exchange -------------------------------------------------------------------------------- */

static const char *took(struct arena *a, int64_t us)
{
    if (us < 10000)
        return arena_printf(a, "%.1f ms", (double)us / 1e3);
    if (us < 1000000)
        return arena_printf(a, "%.0f ms", (double)us / 1e3);
    return arena_printf(a, "%.1f s", (double)us / 1e6);
}

static void put_status(struct page *p, const struct exchange_record *x)
{
    page_indent(p, INDENT);
    if (x->status)
        page_put(p, INK_BOLD, "%d %s", x->status, status_text(x->status));
    else
        page_put(p, INK_BAD, "no answer: %s", page_safe_text(p, x->error));
    if (x->attempts > 1)
        page_put(p, INK_DIM, "  the last of %d attempts", x->attempts);
    page_put(p, INK_DIM, "  %s\n", took(p->arena, x->duration_us));
}

/* A body that was printed over many lines, on one. */
static struct str flat(struct arena *a, struct str text)
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

/* Scrubbed before it is cut: a cut could part a secret. */
static void put_body(struct page *p, struct str body)
{
    if (!body.n)
        return;
    struct str clean = str_from(page_safe(p, flat(p->arena, body)));
    page_indent(p, INDENT);
    page_wrap(p, INDENT, INK_PLAIN, BODY_LINES_MAX, clean.s);
    if (text_width(clean) > BODY_LINES_MAX * (size_t)(p->width - INDENT)) {
        page_indent(p, INDENT);
        page_put(p, INK_DIM, "%zu bytes in all: see the JSON report\n", body.n);
    }
}

void failure_card_exchange(struct page *p, const struct exchange_record *x)
{
    if (!x)
        return;
    page_put(p, INK_PLAIN, "\n");
    curl_write(p, INDENT, x);
    page_put(p, INK_PLAIN, "\n");
    put_status(p, x);
    put_body(p, x->response_body);
}

/* --- whole ----------------------------------------------------------------------------------- */

const char *failure_card_line(struct page *p, const struct check *c)
{
    struct buf text = {.arena = p->arena};
    for (size_t i = 0; i < c->claim_count; i++)
        buf_printf(&text, "%s%s", i ? ", " : "", c->claims[i]->id);
    if (c->claim_count)
        buf_printf(&text, " (%s): ", level_texts[c->claims[0]->level]);
    if (c->expected || c->actual) {
        buf_printf(&text, "%s expected %s", *c->pointer ? c->pointer : "the body",
                   c->expected ? c->expected : "something else");
        buf_printf(&text, ", got %s", c->actual ? c->actual : "nothing");
    } else {
        buf_text(&text, c->why ? c->why : verdict_texts[c->verdict]);
    }
    struct str rest = str_from(page_safe(p, buf_str(&text)));
    struct str line = text_line(&rest, LINE_COLUMNS_MAX);
    return arena_printf(p->arena, STR_FMT "%s", STR_ARG(line), rest.n ? " …" : "");
}

void failure_card_write(struct writer *w, const struct run *r, const struct scenario_result *s,
                        const struct check *c, bool colour)
{
    struct arena a = {0};
    struct page p = page_begin(&a, writer_secrets(w), colour, 0);
    page_put(&p, INK_BOLD, "%s\n", page_safe_text(&p, s->title ? s->title : s->name));
    failure_card_title(&p, r, c);
    failure_card_fields(&p, r, c);
    failure_card_exchange(&p, c->exchange);
    write_str(w, buf_str(&p.out));
    arena_end(&a);
}
