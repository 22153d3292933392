/* hostile.h - answers that break no documented claim and are unkind all the same: what a correct
 * client must survive.
 *
 * Shapes:  in a hostile world (fixture: hostile: true) a provider's responses have members nobody
 *          knows, their members and rows stand in another order, instants have another precision,
 *          blanks stand between tokens, headers another case and order; ids that are minted have
 *          another form (ids.h); and now and then a call is refused with 429 before it costs or
 *          does anything. How far it goes is the provider's (variations.h).
 *          All of it follows from the world's seed and the call's number in that world: the same
 *          calls meet the same. What was done is in c->trace.hostile, a line each, for the journal.
 *          The admin API, a rule's response and one that is given again are left alone.
 * Units:   -
 * Errors:  none.
 */
#pragma once
#include "mockserver/call.h"

void hostile_enter(struct call *c); /* the call's number */
/* Before this gate is asked: true if the call is refused (FAULT_RATE_LIMITED). Never twice in a
 * row for the same key and operation. */
bool hostile_refuses(struct call *c, const struct gate *g);
void hostile_body(struct call *c);    /* of a response that is ready */
void hostile_headers(struct call *c); /* the last thing before it is sent */
