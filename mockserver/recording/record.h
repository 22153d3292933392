/* record.h - writes a run down while it happens: stands between a mock and all that enters and leaves
 * it.
 *
 * Shapes:  recorder_new, mock_new, recorder_use_loop, recorder_open, then recorder_handle and its
 *          like in the place of mock.h's, with the recorder as ctx. Whatever enters is dealt with at
 *          one instant: the machine's clocks are held meanwhile, so that a replay, which holds them
 *          at the same instant, sees what this run saw. What comes neither as a call, a timer nor a
 *          webhook's answer needs a line of its own (lines.h).
 * Errors:  recorder_open: the file cannot be had. One that cannot be written any more is told in the
 *          log when that happens; the mock goes on serving, and recorder_close answers false.
 */
#pragma once
#include "mockserver/mock.h"

struct recorder;

struct recorder *recorder_new(const char *path); /* holds the clocks until the loop is used */
/* In the place of mock_use_loop. */
void recorder_use_loop(struct recorder *r, struct mock *m, struct loop *l);
/* The mock knows its url, and nothing has entered yet. Only its owner can read the file. */
bool recorder_open(struct recorder *r, struct error *err);
bool recorder_close(struct recorder *r, struct error *err); /* nothing enters any more */
void recorder_free(struct recorder *r);                     /* after its mock; NULL is fine */

void recorder_handle(void *recorder, struct exchange *x);
void recorder_handle_admin(void *recorder, struct exchange *x);
void recorder_refuse(void *recorder, struct exchange *x, int status, const char *why);
void recorder_done(void *recorder, struct exchange *x, bool sent);
