/* text_layout.h - text for terminals: escaped, wrapped, coloured.
 *
 * Shapes:  struct text_layout collects the text. Text from outside must pass layout_safe first. It scrubs secrets,
 *          because a wrap or a cut could split them, and escapes control characters (\n, \x1b), because a server could
 *          otherwise control the terminal.
 * Units:   columns; every character counts as one.
 * Errors:  none.
 */
#pragma once
#include "base/buf.h"
#include "conformance/report/report.h"

enum style { STYLE_PLAIN, STYLE_BOLD, STYLE_DIM, STYLE_GOOD, STYLE_BAD, STYLE_WARNING, STYLE_COUNT };

#define LAYOUT_WIDTH_MIN 60
#define LAYOUT_WIDTH_MAX 100
#define LAYOUT_LABEL     10 /* columns of the label of a field */

struct text_layout {
    struct arena *arena;
    const struct secrets *secrets;
    struct buf out;
    bool colour;
    int width;
};

/* `width` is clamped to LAYOUT_WIDTH_MIN and LAYOUT_WIDTH_MAX; 0: LAYOUT_WIDTH_MAX. */
struct text_layout layout_begin(struct arena *a, const struct secrets *secrets, bool colour, int width);

int layout_terminal_width(void); /* of the terminal on stdout; LAYOUT_WIDTH_MAX if it has no width or a larger one */

const char *layout_safe(struct text_layout *t, struct str text);
/* Like layout_safe, but may end the result when it has at least `size` bytes. */
const char *layout_safe_start(struct text_layout *t, struct str text, size_t size);
const char *layout_safe_text(struct text_layout *t, const char *text); /* NULL returns "" */

void layout_put(struct text_layout *t, enum style style, const char *format, ...) __attribute__((format(printf, 3, 4)));
void layout_indent(struct text_layout *t, int columns);
/* Adds wrapped text and a line end. The caller has written up to column `indent`; further lines are indented to it.
 * Text longer than `lines_max` lines is cut with …; 0: never. */
void layout_wrap(struct text_layout *t, int indent, enum style style, int lines_max, const char *text);
/* Adds a dim label, the wrapped value and a line end. Adds nothing if the value is NULL or empty. */
void layout_field(struct text_layout *t, int indent, const char *label, enum style style, const char *value);
void layout_rule(struct text_layout *t); /* adds a horizontal line: ──────── */

bool text_is_harmless(struct str text); /* valid UTF-8 without characters that need an escape */
size_t text_width(struct str text);
/* Returns the first line, of at most `columns`, and removes it from `rest`. Breaks at a space if one is in the last
 * third of the line. */
struct str text_line(struct str *rest, size_t columns);
