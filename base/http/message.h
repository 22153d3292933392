/* message.h - an HTTP request and its response as plain data.
 *
 * Shapes:  request: views into memory that is valid during the call; path and query are raw, as received. response: a
 *          status, headers, and a body or a stream that produces it; also the transport faults to apply when it is
 *          sent.
 * Units:   bytes; delays in microseconds.
 * Errors:  body_json: a location in the body (file "body").
 * Source:  RFC 8259; application/x-www-form-urlencoded as in the URL standard.
 */
#pragma once
#include "base/buf.h"
#include "base/node.h"
#include "base/url.h"

#define HTTP_CODINGS "gzip, deflate, br" /* what base/http/client.h can decode, as a value of Accept-Encoding */

#define HTTP_BODY_MAX (16u << 20) /* bytes of a request body that our server accepts, and of a decoded one */

struct header {
    const char *name;
    struct str value;
};

struct headers {
    struct header *items;
    size_t count, room;
};

/* Names are compared case-insensitively. headers_find returns NULL if the header is absent. */
const struct header *headers_find(const struct headers *h, const char *name);
struct str headers_get(const struct headers *h, const char *name); /* "" if absent */
void headers_add(struct arena *a, struct headers *h, const char *name, struct str value);
void headers_remove(struct headers *h, const char *name);
/* Replaces all headers of that name. */
void headers_set(struct arena *a, struct headers *h, const char *name, struct str value);

struct request {
    struct str method;
    struct str target; /* path?query, raw; the server converts the absolute form */
    struct str path;   /* raw; decode each segment (base/url.h) */
    struct str query;  /* without the ? */
    struct headers headers;
    struct str body;
    bool body_too_large; /* the body exceeded the server's limit and was dropped */
    bool body_dropped;   /* the server's `admit` said that it is not needed, because the head is refused */
    const char *peer;    /* address as text, for logs */
    int peer_port;       /* identifies the connection; 0: unknown */
    /* Monotonic: the earliest time at which the client may have sent it, which is when its connection became free. For
     * a pipelined request: when the server looked for the bytes that it then read. 0: unknown. */
    int64_t sent_after_us;
};

bool body_is_empty(const struct request *r); /* no bytes, or only white space */
const struct node *body_json(struct arena *a, const struct request *r, struct error *err);
bool body_form(struct arena *a, const struct request *r, struct url_pair **pairs, size_t *count); /* decoded */

enum wire_cut {
    CUT_NONE,
    CUT_BEFORE_HEADERS, /* the connection closes without a response */
    CUT_AFTER_HEADERS,
    CUT_MID_BODY,
    CUT_RESET, /* closes with a TCP reset */
};

/* A body that is produced while it is sent. */
struct body_stream {
    /* Appends the next bytes to `out`, if there are any. Returns false if they are the last. Is called again when the
     * connection has sent all of them. */
    bool (*next)(void *ctx, struct buf *out);
    void *ctx;
    const char *idle; /* sent after idle_us without data; NULL: nothing */
    int64_t idle_us;
};

struct response {
    int status;
    struct headers headers; /* the server adds Content-Length and Date if absent */
    struct buf body;
    struct body_stream stream; /* used instead of `body` if `next` is set */
    enum wire_cut cut;
    int64_t delay_us;         /* real time from server_reply to the first byte */
    int64_t bytes_per_second; /* 0: not limited */
    bool chunked;             /* without Content-Length, in several chunks; not if `cut` is set */
};

const char *status_text(int status); /* "Not Found"; "" if unknown */
