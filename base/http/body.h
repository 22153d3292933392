/* body.h - what a request's body and query say.
 *
 * Shapes:  a JSON body as a node tree; a form body or a query as decoded pairs.
 * Errors:  a place within the body (file "body"), for the dialect to render.
 * Source:  RFC 8259; application/x-www-form-urlencoded as in the URL standard.
 */
#pragma once
#include "base/http/message.h"
#include "base/node.h"
#include "base/url.h"

bool body_is_empty(const struct request *r); /* nothing but blanks */
const struct node *body_json(struct arena *a, const struct request *r, struct error *err);
bool body_form(struct arena *a, const struct request *r, struct url_pair **pairs, size_t *count);
