/* markdown.h - the pieces that the reference page is made of: tables of fields, and examples.
 *
 * Shapes:  each adds to `out` and leaves a blank line behind itself.
 * Errors:  none.
 */
#pragma once
#include "base/buf.h"
#include "base/fields.h"

void md_heading(struct buf *out, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void md_text(struct buf *out, const char *text);
void md_table(struct buf *out, const char *const *heads, size_t columns);
/* A row of that table; `code` texts of the first column stand as such. */
void md_row(struct buf *out, const char *const *cells, size_t columns);
/* `deep`: with the rows of the maps in it. */
void md_fields(struct buf *out, const struct fields *table, bool deep);
/* Those of `examples` that are about it. */
void md_examples(struct buf *out, const struct field_list *examples, const char *of);
