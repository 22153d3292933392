/* select.h - the one record that a tester means.
 *
 * Shapes:  an account by id or, where unique, by handle (with or without @); a space by id or name;
 *          a destination by its id or, where it has but one, its post's; an attempt by its state
 *          token; a key by id, name or value; a lease request by its id, and
 *          its space where two organizations have that id.
 * Errors:  nothing or several: an issue at `pointer` that names what was met. ROW_NONE.
 */
#pragma once
#include "mockserver/call.h"

uint32_t select_account(struct call *c, const char *pointer, const char *who);
uint32_t select_space(struct call *c, const char *pointer, const char *which);
uint32_t select_destination(struct call *c, const char *pointer, const char *which);
uint32_t select_attempt(struct call *c, const char *pointer, const char *token);
/* `space` ROW_NONE: whichever. */
uint32_t select_lease_request(struct call *c, const char *pointer, const char *id, uint32_t space);
uint32_t select_webhook(struct call *c, const char *pointer, const char *id);
uint32_t select_key(struct call *c, const char *pointer, const char *who);
