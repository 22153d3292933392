/* pieces.h - a response body that is made in pieces while it is sent, so that a large one takes neither long at once
 * nor memory for all of it.
 *
 * Shapes:  a producer appends the next piece of the body. If the whole body is small it is sent as usual, with its
 *          Content-Length. A larger one is sent in chunks: the event loop asks for the next piece when the connection
 *          has sent the ones before, and serves other calls in between. The producer must not depend on what these
 *          calls change: it reads a copy of the state (world_fork), or finds its place again by a number.
 *          In-process, without an event loop, the body is made at once.
 * Units:   bytes. The size alone decides how a body is sent, so that a replay does the same as the recorded run.
 * Errors:  none.
 */
#pragma once
#include "mockserver/provider_api/call.h"

#define PIECES_WHOLE_MAX (256u << 10) /* a larger body is sent in chunks */

/* Appends the next piece, which should take at most some milliseconds. Returns false if it was the last one. */
typedef bool pieces_next_fn(void *producer, struct buf *out);

/* Sets the body of the response, whose status and Content-Type are set already. The producer must live as long as the
 * arena of the call. */
void pieces_respond(struct call *c, pieces_next_fn *next, void *producer);
