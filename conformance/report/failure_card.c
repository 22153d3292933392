#include "conformance/report/failure_card.h"

#include <string.h>

#include "conformance/report/curl.h"

enum { INDENT = 4, BODY_LINES_MAX = 8, BODY_BYTES_MAX = 4096, LINE_COLUMNS_MAX = 200 };

/* --- head ------------------------------------------------------------------------------------ */

static void put_claim(struct text_layout *t, const struct claim *claim, enum style style, const char *mark)
{
    const char *id = layout_safe_text(t, claim->id);
    const char *level = level_texts[claim->level];
    layout_put(t, style, "  %s ", mark);
    layout_put(t, STYLE_BOLD, "%s", id);
    layout_put(t, STYLE_DIM, "  %s  ", level);
    int column = 8 + (int)(text_width(str_from(id)) + strlen(level));
    layout_wrap(t, column, STYLE_PLAIN, 0, layout_safe_text(t, claim->says));
    if (claim->source) {
        layout_indent(t, INDENT);
        layout_wrap(t, INDENT, STYLE_DIM, 2, layout_safe_text(t, claim->source));
    }
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

/* --- exchange -------------------------------------------------------------------------------- */

static const char *duration_text(struct arena *a, int64_t us)
{
    if (us < 10000)
        return arena_printf(a, "%.1f ms", (double)us / 1e3);
    if (us < 1000000)
        return arena_printf(a, "%.0f ms", (double)us / 1e3);
    return arena_printf(a, "%.1f s", (double)us / 1e6);
}

static void put_status(struct text_layout *t, const struct exchange_record *x)
{
    layout_indent(t, INDENT);
    if (x->status)
        layout_put(t, STYLE_BOLD, "%d %s", x->status, status_text(x->status));
    else
        layout_put(t, STYLE_BAD, "no response: %s", layout_safe_text(t, x->error));
    if (x->attempts > 1)
        layout_put(t, STYLE_DIM, "  the last of %d attempts", x->attempts);
    layout_put(t, STYLE_DIM, "  %s\n", duration_text(t->arena, x->duration_us));
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
    struct str clean = str_from(layout_safe(t, join_lines(t->arena, body)));
    layout_indent(t, INDENT);
    layout_wrap(t, INDENT, STYLE_PLAIN, BODY_LINES_MAX, clean.s);
    if (text_width(clean) > BODY_LINES_MAX * (size_t)(t->width - INDENT)) {
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

/* --- whole ----------------------------------------------------------------------------------- */

const char *failure_card_line(struct text_layout *t, const struct check *c)
{
    struct buf text = {.arena = t->arena};
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
    struct str rest = str_from(layout_safe(t, buf_str(&text)));
    struct str line = text_line(&rest, LINE_COLUMNS_MAX);
    return arena_printf(t->arena, STR_FMT "%s", STR_ARG(line), rest.n ? " …" : "");
}

void failure_card_write(struct writer *w, const struct run *r, const struct scenario_result *s, const struct check *c,
                        bool colour)
{
    struct arena a = {0};
    struct text_layout t = layout_begin(&a, writer_secrets(w), colour, 0);
    layout_put(&t, STYLE_BOLD, "%s\n", layout_safe_text(&t, s->title ? s->title : s->name));
    failure_card_title(&t, r, c);
    failure_card_fields(&t, r, c);
    failure_card_exchange(&t, c->exchange);
    write_str(w, buf_str(&t.out));
    arena_end(&a);
}
