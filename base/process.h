/* process.h - what a program does before anything else.
 *
 * Shapes:  the standard streams are open after process_open_streams, on /dev/null where nobody gave
 *          one: a socket or a file must never take the place of a stream that was closed for us.
 * Errors:  none: without /dev/null the streams stay as they are.
 */
#pragma once

void process_open_streams(void);
