/* lines.h - how a run stands in a file: a line of JSON for each thing that enters the mock, behind it
 * one for each that leaves the mock on account of it.
 *
 * Shapes:  in:  "call" (arrives), "client_closed" (its client left before it had the whole response, or the
 *          stream ended; how much was read is nobody's business here), "timer" (fires),
 *          "delivery_result" (a webhook attempt has ended), "changed" (a fixture's file has), "checked"
 *          (what their files say now), "end" (nothing more comes); each with the
 *          machine's time, at which the clocks stand still for as long as it is dealt with.
 *          out: "response" (to a call), "delivery" (a webhook attempt sets out). Numbers count from 1,
 *          each kind by itself. Bytes are text, or {"base64url"} where they are none.
 * Units:   wall_ms since the epoch; monotonic_us, arrived_us and delay_us in microseconds.
 * Errors:  an unknown line, or one whose members are not those of its kind: ERROR_INPUT at its
 *          place.
 */
#pragma once
#include "base/http/server.h"
#include "base/json.h"
#include "mockserver/deliver/deliver.h"

/* What a recording can say: up to the year 9999, and thirty years of running. */
#define LINE_WALL_MAX_MS      INT64_C(253402300799999)
#define LINE_MONOTONIC_MAX_US INT64_C(1000000000000000)

struct moment {
    int64_t wall_ms, monotonic_us;
};

#define INPUTS(X)                                                                                  \
    X(CALL, "call")                                                                                \
    X(CLIENT_CLOSED, "client_closed")                                                              \
    X(TIMER, "timer")                                                                              \
    X(DELIVERY_RESULT, "delivery_result")                                                          \
    X(CHANGED, "changed")                                                                          \
    X(CHECKED, "checked")                                                                          \
    X(END, "end")
enum input_kind {
#define X(name, text) INPUT_##name,
    INPUTS(X)
#undef X
        INPUT_COUNT
};

struct input {
    enum input_kind kind;
    int64_t number; /* of the call, timer or attempt; "end": how many calls there were */
    struct moment at;
    bool admin; /* a call: it came by the admin API's own port */
    int64_t
        status; /* a call: refused with it as no proper HTTP (0: it was not); landed: the response's */
    const char *why;
    struct str report;      /* checked */
    struct where report_at; /* its place, or the line's */
    int64_t arrived_us;
    struct request request;
};

void line_call(struct buf *b, const struct input *in);
void line_brief(struct buf *b, enum input_kind kind, uint64_t number, struct moment at);
void line_delivery_result(struct buf *b, uint64_t number, struct moment at, int status,
                          const char *error);
/* "changed", whose report is empty, or "checked" */
void line_reload(struct buf *b, enum input_kind kind, uint64_t number, struct moment at,
                 struct str report, const char *why);
void line_response(struct buf *b, uint64_t number, const struct response *r);
void line_delivery(struct buf *b, uint64_t number, const struct deliver_request *r);

bool line_is_output(struct str line);
bool line_check_output(struct arena *a, const struct node *line, struct error *err);
/* What it holds lives as long as `line`, or in `a`. */
bool line_read(struct arena *a, const struct node *line, struct input *in, struct error *err);

/* For who compares: what bytes stand for, and what a line's "headers" are. */
bool line_bytes(struct arena *a, const struct node *n, struct str *bytes, struct error *err);
bool line_headers(struct arena *a, const struct node *n, struct headers *headers,
                  struct error *err);
