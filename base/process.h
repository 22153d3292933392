/* process.h - set-up that a program does first.
 *
 * Shapes:  process_open_streams opens the closed standard streams on /dev/null, so that no socket
 *          or file gets the descriptor of a standard stream.
 * Errors:  none. Without /dev/null the streams stay closed.
 */
#pragma once

void process_open_streams(void);
