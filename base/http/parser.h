/* parser.h - reads the head and the chunked body of an HTTP/1.1 request, strictly.
 *
 * Shapes:  pure functions on bytes that have arrived so far. struct chunks: the state of a chunked body between them.
 * Units:   bytes; HTTP status codes.
 * Errors:  struct refusal: the status of the error response and a reason. Bytes that can never become a valid request
 *          are refused at once, without waiting for the rest: a control character, a line that ends with a bare line
 *          feed or carriage return, a line or head that is too long. What a valid head may contain is in gate.h.
 * Source:  RFC 9112 2.2, 3, 5, 7.1; RFC 9110 2.5, 5.5.
 */
#pragma once
#include "base/http/message.h"

enum {
    HEAD_MAX = 16384,
    HEADERS_MAX = 128,
    CHUNK_LINE_MAX = 256, /* size and extensions */
    TRAILERS_MAX = 32,
    TRAILER_BYTES_MAX = 8192,
};

struct refusal {
    int status; /* 0: not refused */
    const char *why;
};

/* Returns the length of the head that `in` begins with, including its empty line, or 0. If 0, it is refused, or more
 * bytes are needed; *scanned is then where the next call continues. It is 0 at first. */
size_t head_find(struct str in, size_t *scanned, struct refusal *no);
/* Splits a head that head_find found. The request borrows from a copy in the arena, where its
 * method, target and values end with a NUL. Sets the method and the target also
 * if the head is refused later. *version is "HTTP/1.0" or "HTTP/1.1", also for a later minor version. */
void head_parse(struct arena *a, struct str head, struct request *r, struct str *version, struct refusal *no);
/* In the absolute form the host of the target counts, and the Host header is ignored (RFC 9112 3.2.2). */
void head_use_origin_form(struct arena *a, struct request *r);
/* For logs: the method and the target of a head that head_find refused, as far as they are readable; else "". */
void head_sketch(struct arena *a, struct str in, struct request *r);

enum chunks_result {
    CHUNKS_MORE, /* all of `in` is used */
    CHUNKS_DATA,
    CHUNKS_END,
    CHUNKS_REFUSED,
};

struct chunks {
    int state; /* 0 at first; private */
    uint64_t left;
    size_t line, digits, trailers, trailer_bytes;
    struct refusal no;
};

/* Takes bytes from `in`. For CHUNKS_DATA, *data is the next part of the body, a view of `in`. */
enum chunks_result chunks_next(struct chunks *d, struct str *in, struct str *data);
