/* request_log.h - writes a line for each call, when its response has been sent or the client has gone.
 *
 * Shapes:  text for a terminal, in columns; plain text; or JSON with the members of the reference. Lines are collected
 *          and written before the loop waits. A terminal or pipe that does not take them never delays a call: lines
 *          that do not fit into the buffer are dropped, and their number is written later.
 * Units:   microseconds.
 * Errors:  none; a line that cannot be written is dropped.
 */
#pragma once
#include "base/loop.h"
#include "mockserver/pipeline/pipeline.h"

struct request_log;

struct request_log_options {
    int fd; /* of a terminal, pipe or file; stays open */
    bool json;
    bool terminal; /* short lines for a person */
    bool colour;
    bool debug; /* also the admin API's reads that succeed, such as health checks */
};

struct request_log *request_log_new(struct loop *l, const struct request_log_options *options);
void request_log_add(struct request_log *r, const struct call *c, bool sent);
void request_log_free(struct request_log *r); /* writes what is left; NULL: no-op */
