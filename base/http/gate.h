/* gate.h - rejects request heads that two HTTP parsers may interpret differently.
 *
 * Shapes:  a pure check of a request's head, called before its body is read.
 * Units:   HTTP status codes.
 * Errors:  none: the result is a status and a reason.
 * Source:  RFC 9110 5 and 9, RFC 9112 3, 5.1 and 6.1-6.3.
 */
#pragma once
#include "base/http/message.h"

bool gate_token_byte(unsigned char c); /* of a method or the name of a header */

/* Splits a target such as http://host:port/path?query. Returns false if it has another form, or no valid host. */
bool gate_absolute_form(struct str target, struct str *authority, struct str *rest);

/* Returns 0 if the head is valid, otherwise the status of the error response. `version` is for example "HTTP/1.1". */
int gate_refuses(const struct request *r, struct str version, size_t body_max, const char **why);
