/* record.h - records a run of a mock: writes its inputs and outputs to a file.
 *
 * Shapes:  call recorder_new, mock_new, recorder_use_loop and recorder_open, then recorder_handle and the other
 *          handlers instead of those of mock_server.h, with the recorder as ctx. While an input is handled, the
 *          machine's clocks are held at one instant. A replay holds them at the same instant, so it reads the same
 *          times. Each kind of input needs its own line (lines.h).
 * Errors:  recorder_open: the file cannot be opened. If writing fails later, the recorder logs it and stops recording,
 *          the mock continues to serve, and recorder_close returns false.
 */
#pragma once
#include "mockserver/server/mock_server.h"

struct recorder;

struct recorder *recorder_new(const char *path); /* holds the clocks until recorder_use_loop */
/* Call it instead of mock_use_loop. */
void recorder_use_loop(struct recorder *r, struct mock *m, struct loop *l);
/* Opens the file, which only its owner can read. The mock must have its URL, and no input yet. */
bool recorder_open(struct recorder *r, struct error *err);
/* Writes the last line and closes the file. There must be no further input. */
bool recorder_close(struct recorder *r, struct error *err);
void recorder_free(struct recorder *r); /* call it after mock_free; r may be NULL */

void recorder_handle(void *recorder, struct exchange *x);
void recorder_handle_admin(void *recorder, struct exchange *x);
void recorder_refuse(void *recorder, struct exchange *x, int status, const char *why);
void recorder_done(void *recorder, struct exchange *x, bool sent);
bool recorder_admit(void *recorder, const struct request *r); /* these have no effects, so they are not recorded */
bool recorder_admit_admin(void *recorder, const struct request *r);
bool recorder_urgent(void *recorder, const struct request *r);
