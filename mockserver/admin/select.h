/* select.h - finds the record that a request to the admin API names.
 *
 * Shapes:  account: id, or handle (with or without @) if that is unique. Space: id or name.
 *          Destination: id, or the id of its post if that has only one. OAuth attempt: state token.
 *          Key: id, name or value. Lease request: id, with its space if two organizations use the
 *          same id. Webhook: id.
 * Errors:  no match, or several: adds an issue at `pointer` with the candidates and returns
 *          ROW_NONE.
 */
#pragma once
#include "mockserver/provider_api/call.h"

uint32_t select_account(struct call *c, const char *pointer, const char *who);
uint32_t select_space(struct call *c, const char *pointer, const char *which);
uint32_t select_destination(struct call *c, const char *pointer, const char *which);
uint32_t select_attempt(struct call *c, const char *pointer, const char *token);
/* `space` ROW_NONE: in any space. */
uint32_t select_lease_request(struct call *c, const char *pointer, const char *id, uint32_t space);
uint32_t select_webhook(struct call *c, const char *pointer, const char *id);
uint32_t select_key(struct call *c, const char *pointer, const char *who);
