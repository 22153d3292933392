/* message.h - an HTTP request and its response as plain data.
 *
 * Shapes:  request: views into memory that lives as long as the call; path and query raw, as they
 *          stood on the wire. response: a status, header lines, a body or what makes it; plus what
 *          a scripted fault does to its bytes on the wire.
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
    int peer_port;       /* a connection each; 0: not known */
};

enum wire_cut {
    CUT_NONE,
    CUT_BEFORE_HEADERS, /* the connection closes without a response */
    CUT_AFTER_HEADERS,
    CUT_MID_BODY,
    CUT_RESET, /* closes with a TCP reset */
};

/* A body that is made while it is sent, by whoever knows what comes next. */
struct body_stream {
    /* Adds the next bytes, or none while there are none; false: these are the last. It is asked
     * again when the connection has taken them all, so a stream holds no more than it adds at once.
     */
    bool (*next)(void *ctx, struct buf *out);
    void *ctx;
    const char *idle; /* what breaks a silence of idle_us; NULL: nothing does */
    int64_t idle_us;
};

struct response {
    int status;
    struct headers headers; /* Content-Length and Date are the server's unless given */
    struct buf body;
    struct body_stream stream; /* instead of body, where it has a `next` */
    enum wire_cut cut;
    int64_t delay_us;         /* real time between handing it over and its first byte */
    int64_t bytes_per_second; /* 0: as fast as the connection takes it */
};

const char *status_text(int status); /* "Not Found"; "" if unknown */
