/* message.h - an HTTP request and its answer as plain data.
 *
 * Shapes:  request: views into memory that lives as long as the call; path and query raw, as they
 *          stood on the wire. response: a status, header lines, a body; plus what a scripted fault
 *          does to its bytes on the wire.
 * Units:   bytes; delays in microseconds.
 * Errors:  none.
 */
#pragma once
#include "base/buf.h"

struct header {
    const char *name;
    struct str value;
};

struct headers {
    struct header *items;
    size_t count, room;
};

const struct header *headers_find(const struct headers *h,
                                  const char *name);               /* case-insensitive; NULL */
struct str headers_get(const struct headers *h, const char *name); /* "" if absent */
void headers_add(struct arena *a, struct headers *h, const char *name, struct str value);
void headers_set(struct arena *a, struct headers *h, const char *name,
                 struct str value); /* replaces all of that name */

struct request {
    struct str method;
    struct str target; /* path?query, raw */
    struct str path;   /* raw: decode segment by segment (base/url.h) */
    struct str query;  /* without the ? */
    struct headers headers;
    struct str body;
    bool body_too_large; /* the body went over the server's limit and was dropped */
    const char *peer;    /* address text, for logs */
};

enum wire_cut {
    CUT_NONE,
    CUT_BEFORE_HEADERS, /* the connection closes without an answer */
    CUT_AFTER_HEADERS,
    CUT_MID_BODY,
    CUT_RESET, /* closes with a TCP reset */
};

struct response {
    int status;
    struct headers headers; /* Content-Length and Date are the server's unless given */
    struct buf body;
    enum wire_cut cut;
    int64_t delay_us;         /* real time between handing it over and its first byte */
    int64_t bytes_per_second; /* 0: as fast as the connection takes it */
};

const char *status_text(int status); /* "Not Found"; "" if unknown */
