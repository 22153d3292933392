/* markdown.h - writes parts of the reference page: headings, tables of fields, examples.
 *
 * Shapes:  each function appends to `out`, and a blank line after its part.
 * Errors:  none.
 */
#pragma once
#include "base/buf.h"
#include "base/fields.h"

void md_heading(struct buf *out, int level, const char *format, ...) __attribute__((format(printf, 3, 4)));
void md_text(struct buf *out, const char *text);
/* Starts a table; no blank line follows. */
void md_table(struct buf *out, const char *const *heads, size_t columns);
/* Adds a row to that table. */
void md_row(struct buf *out, const char *const *cells, size_t columns);
/* A table with one row per field; `deep`: with the fields of nested objects too. */
void md_fields(struct buf *out, const struct fields *table, bool deep);
/* The examples whose `of` is `of`. */
void md_examples(struct buf *out, const struct field_list *examples, const char *of);
