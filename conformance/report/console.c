#include <string.h>

#include "conformance/report/formats.h"
#include "conformance/report/summary.h"

enum { NAME_COLUMNS = 48 };

struct console {
    struct arena *arena;
    struct writer *out;
    bool colour, progress;
    int width;
    uint32_t started, ended, failed;
};

struct console *console_new(struct arena *a, struct writer *out, bool colour, bool progress, int width)
{
    struct console *c = arena_new(a, struct console);
    *c = (struct console){
        .arena = a, .out = out, .colour = colour, .progress = progress, .width = width ? width : LAYOUT_WIDTH_MAX};
    return c;
}

/* --- progress, on stderr --------------------------------------------------------------------- */

static void show_progress(const struct console *c, const char *name)
{
    if (!c->progress)
        return;
    struct arena a = {0};
    struct secrets none = {.arena = &a};
    struct text_layout t = layout_begin(&a, writer_secrets(c->out), c->colour, c->width);
    struct str rest = str_from(layout_safe_text(&t, name));
    struct str line = text_line(&rest, NAME_COLUMNS);
    layout_put(&t, STYLE_PLAIN, "\r\x1b[K");
    layout_put(&t, STYLE_DIM, "%u scenarios done, %u running", c->ended,
               c->started > c->ended ? c->started - c->ended : 0);
    if (c->failed)
        layout_put(&t, STYLE_BAD, "  %u failed", c->failed);
    layout_put(&t, STYLE_PLAIN, "  " STR_FMT, STR_ARG(line));

    struct writer *progress = writer_to(&none, stderr);
    write_str(progress, buf_str(&t.out));
    (void)writer_close(progress, NULL); /* a failed write of progress is ignored */
    arena_end(&a);
}

static void on_started(void *ctx, const struct run *r, const struct scenario_result *s)
{
    (void)r;
    struct console *c = ctx;
    c->started++;
    show_progress(c, s->name);
}

static void on_ended(void *ctx, const struct run *r, const struct scenario_result *s)
{
    (void)r;
    struct console *c = ctx;
    c->ended++;
    c->failed += scenario_verdict(s) == VERDICT_FAIL;
    show_progress(c, s->name);
}

struct run_events console_events(struct console *c)
{
    return (struct run_events){.scenario_started = on_started, .scenario_ended = on_ended, .ctx = c};
}

/* --- summary --------------------------------------------------------------------------------- */

void console_summary(struct console *c, const struct run *r)
{
    struct arena a = {0};
    if (c->progress)
        (void)fputs("\r\x1b[K", stderr);
    struct text_layout t = layout_begin(&a, writer_secrets(c->out), c->colour, c->width);
    summary_put(&t, r);
    write_str(c->out, buf_str(&t.out));
    arena_end(&a);
}

void console_write(const struct run *r, struct writer *w)
{
    struct arena a = {0};
    console_summary(console_new(&a, w, false, false, LAYOUT_WIDTH_MAX), r);
    arena_end(&a);
}
