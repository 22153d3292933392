/* body.h - parses a request's body and query.
 *
 * Shapes:  a JSON body as a node tree; a form body or a query as decoded pairs.
 * Errors:  a location in the body (file "body"); the provider renders the response.
 * Source:  RFC 8259; application/x-www-form-urlencoded as in the URL standard.
 */
#pragma once
#include "base/http/message.h"
#include "base/node.h"
#include "base/url.h"

bool body_is_empty(const struct request *r); /* no bytes, or only white space */
const struct node *body_json(struct arena *a, const struct request *r, struct error *err);
bool body_form(struct arena *a, const struct request *r, struct url_pair **pairs, size_t *count);
