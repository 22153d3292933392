/* documents.h - the documents that claims cite, with their headings.
 *
 * Shapes:  claims.yaml has one row {document, title, url or path, headings, parts} for each document. A claim cites
 *          DOCUMENT#NAME: the name of a heading, which is its anchor on the page, or of a part of the page without an
 *          anchor; or DOCUMENT if the row lists neither. Without such rows a source is free text.
 * Errors:  unknown documents, headings and parts ("did you mean"), duplicate names; with file:line:col.
 */
#pragma once
#include "base/error.h"
#include "base/node.h"
#include "conformance/result/result.h"

struct document;

struct documents {
    const struct document *items;
    size_t count;
};

bool document_is(const struct node *row); /* the row has the key `document` */
/* Reads the rows of `list` for which document_is returns true. */
bool documents_read(struct arena *a, const struct node *list, struct documents *out, struct error *err);
/* Finds the document and the heading of a claim's source. Without documents, both are NULL. */
bool documents_cite(struct arena *a, const struct documents *d, const struct node *source, struct origin *out,
                    struct error *err);
/* Checks a source of a dispute. It may also name another page of the provider, which is not in the list. */
bool documents_know(struct arena *a, const struct documents *d, const struct node *source, struct error *err);
