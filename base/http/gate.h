/* gate.h - what libmicrohttpd 0.9.75 lets through and we refuse: heads that two readers of the same
 * bytes could understand differently.
 *
 * Shapes:  a pure look at a request's head, before its body is read.
 * Units:   HTTP status codes.
 * Errors:  none: the response is a status and a sentence.
 *          A NUL byte is seen by neither: the library ends the method, target or value at it.
 * Source:  RFC 9110 5 and 9, RFC 9112 3, 5.1 and 6.1-6.3.
 */
#pragma once
#include "base/http/message.h"

/* 0 when the head is fine, else the status to refuse it with. `version` is "HTTP/1.1" and such. */
int gate_refuses(const struct request *r, struct str version, size_t body_max, const char **why);
