/* text_layout.h - text for people: made harmless, measured, wrapped, coloured.
 *
 * Shapes:  struct text_layout: what was put so far. What comes from outside passes layout_safe
 *          first: its secrets are scrubbed there, before a wrap or a cut could part them, and its
 *          control characters are spelled out (\n, \x1b), so that no server drives the reader's
 *          terminal.
 * Units:   columns; every character counts as one.
 * Errors:  none.
 */
#pragma once
#include "base/buf.h"
#include "conformance/report/report.h"

enum style {
    STYLE_PLAIN,
    STYLE_BOLD,
    STYLE_DIM,
    STYLE_GOOD,
    STYLE_BAD,
    STYLE_WARNING,
    STYLE_COUNT
};

#define LAYOUT_WIDTH_MIN 60
#define LAYOUT_WIDTH_MAX 100
#define LAYOUT_LABEL     10 /* columns of a field's label */

struct text_layout {
    struct arena *arena;
    const struct secrets *secrets;
    struct buf out;
    bool colour;
    int width;
};

struct text_layout layout_begin(struct arena *a, const struct secrets *secrets, bool colour,
                                int width);

const char *layout_safe(struct text_layout *t, struct str text);
const char *layout_safe_text(struct text_layout *t, const char *text); /* NULL gives "" */

void layout_put(struct text_layout *t, enum style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void layout_indent(struct text_layout *t, int columns);
/* From column `indent` on, further lines below it; ends the line. After `lines_max` lines it is cut
 * with …; 0 = never. */
void layout_wrap(struct text_layout *t, int indent, enum style style, int lines_max,
                 const char *text);
/* A dim label, then the value, wrapped; ends the line. Nothing for an empty value. */
void layout_field(struct text_layout *t, int indent, const char *label, enum style style,
                  const char *value);
void layout_rule(struct text_layout *t); /* ──────── */

bool text_is_harmless(struct str text); /* UTF-8, and nothing in it to spell out */
size_t text_width(struct str text);
/* Takes one line of at most `columns` off `rest`, at a blank where one is near. */
struct str text_line(struct str *rest, size_t columns);
