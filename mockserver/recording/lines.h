/* lines.h - writes and reads the lines of a recording: one line of JSON per input of the mock, followed by one line per
 * output that it caused.
 *
 * Shapes:  inputs:  "call" (a request), "client_closed" (the client closed the connection before it had the whole
 *          response, or a stream ended), "timer" (a timer fired), "delivery_result" (a webhook attempt has ended),
 *          "changed" (a fixture file has changed), "checked" (the report on the fixture files), "end" (of the
 *          recording). Each has the time at which the clocks are held while the input is handled. outputs: "response"
 *          (to a call), "delivery" (a webhook attempt is sent).
 *          Each kind is numbered from 1. Bytes are a string, or {"base64url"} if they are not text.
 * Units:   wall_ms since the epoch; monotonic_us, arrived_us and delay_us in microseconds.
 * Errors:  an unknown kind of line, or one with wrong members: ERROR_INPUT at its place.
 */
#pragma once
#include "base/enum.h"
#include "base/http/server.h"
#include "base/json.h"
#include "mockserver/runtime/deliver.h"
#include "mockserver/runtime/mock.h"

/* The latest times in a recording: the year 9999, and 30 years of uptime. */
#define LINE_WALL_MAX_MS      INT64_C(253402300799999)
#define LINE_MONOTONIC_MAX_US INT64_C(1000000000000000)

struct timestamp {
    int64_t wall_ms, monotonic_us;
};

#define INPUTS(X)                                                                                                      \
    X(INPUT_CALL, "call")                                                                                              \
    X(INPUT_CLIENT_CLOSED, "client_closed")                                                                            \
    X(INPUT_TIMER, "timer")                                                                                            \
    X(INPUT_DELIVERY_RESULT, "delivery_result")                                                                        \
    X(INPUT_CHANGED, "changed")                                                                                        \
    X(INPUT_CHECKED, "checked")                                                                                        \
    X(INPUT_END, "end")
enum input_kind { INPUTS(ENUM_NAME) INPUT_COUNT };

struct input {
    enum input_kind kind;
    int64_t number; /* of the call, timer or attempt; "end": the number of calls */
    struct timestamp at;
    bool admin;             /* call: it came through the separate admin port */
    int64_t status;         /* call: rejected with it as invalid HTTP (0: valid);
                               delivery_result: the receiver's status */
    const char *why;        /* why the call was rejected, the attempt failed or the check failed */
    struct str report;      /* checked */
    struct where report_at; /* place of the report, or of the line */
    int64_t arrived_us;
    struct request request;
};

/* Each appends one line to `b`. line_brief writes a line that has only a number and a time. */
void line_call(struct buf *b, const struct input *in);
void line_brief(struct buf *b, enum input_kind kind, uint64_t number, struct timestamp at);
void line_delivery_result(struct buf *b, uint64_t number, struct timestamp at, int status, const char *error);
/* Writes "changed", with an empty report, or "checked". */
void line_reload(struct buf *b, enum input_kind kind, uint64_t number, struct timestamp at, struct str report,
                 const char *why);
void line_response(struct buf *b, uint64_t number, const struct response *r);
void line_delivery(struct buf *b, uint64_t number, const struct deliver_request *r);

bool line_is_output(struct str line);
/* Returns false, with `err` filled, if an output line has wrong members. */
bool line_check_output(struct arena *a, const struct node *line, struct error *err);
/* Reads an input line. Its contents live as long as `line`, or in `a`. */
bool line_read(struct arena *a, const struct node *line, struct input *in, struct error *err);

/* The first line has everything that is needed to create the same mock again: the format, the version of the program,
 * the time at which the namespaces were created, the options that affect responses, each fixture with its includes. */
#define RECORDING_FORMAT 1

struct recording_header {
    struct timestamp started;
    const char *version; /* of the program that wrote it */
    const char *url;     /* of the mock */
    struct mock_options options;
    struct fixture **fixtures;
    size_t fixture_count;
};

void recording_header_write(struct buf *b, const struct mock *m, struct timestamp started);
/* Reads the fixtures with the clocks held at `started`; the caller frees them. The rest lives as long as `line`, or in
 * `a`. */
bool recording_header_read(struct arena *a, const struct node *line, struct recording_header *p, struct error *err);
