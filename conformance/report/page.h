/* page.h - text for people: made harmless, measured, wrapped, coloured.
 *
 * Shapes:  struct page: what was put so far. What comes from outside passes page_safe first: its
 *          secrets are scrubbed there, before a wrap or a cut could part them, and its control
 *          characters are spelled out (\n, \x1b), so that no server drives the reader's terminal.
 * Units:   columns; every character counts as one.
 * Errors:  none.
 */
#pragma once
#include "base/buf.h"
#include "conformance/report/report.h"

enum ink { INK_PLAIN, INK_BOLD, INK_DIM, INK_GOOD, INK_BAD, INK_CARE, INK_COUNT };

#define PAGE_WIDTH_MIN 60
#define PAGE_WIDTH_MAX 100
#define PAGE_LABEL     10 /* columns of a field's label */

struct page {
    struct arena *arena;
    const struct secrets *secrets;
    struct buf out;
    bool colour;
    int width;
};

struct page page_begin(struct arena *a, const struct secrets *secrets, bool colour, int width);

const char *page_safe(struct page *p, struct str text);
const char *page_safe_text(struct page *p, const char *text); /* NULL gives "" */

void page_put(struct page *p, enum ink ink, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void page_indent(struct page *p, int columns);
/* From column `indent` on, further lines below it; ends the line. After `lines_max` lines it is cut
 * with …; 0 = never. */
void page_wrap(struct page *p, int indent, enum ink ink, int lines_max, const char *text);
/* A dim label, then the value, wrapped; ends the line. Nothing for an empty value. */
void page_field(struct page *p, int indent, const char *label, enum ink ink, const char *value);
void page_rule(struct page *p); /* ──────── */

bool text_is_harmless(struct str text); /* UTF-8, and nothing in it to spell out */
size_t text_width(struct str text);
/* Takes one line of at most `columns` off `rest`, at a blank where one is near. */
struct str text_line(struct str *rest, size_t columns);
