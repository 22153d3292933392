/* json_respell.h - writes JSON text with other bytes but the same value.
 *
 * Shapes:  the input is JSON as json.h writes it on one line. `what` is a set of enum respell. The result always
 *          differs from what a program gets that parses it and writes it again, as JavaScript's JSON.stringify and
 *          Python's json.dumps do with their defaults:
 *          RESPELL_SPACE    white space between the tokens, in a style that no common serializer has
 *          RESPELL_ESCAPES  characters of text values as \/ or \u00e9; if the text has no such character, a letter
 *          Numbers with a fraction get another form too (RESPELL_NUMBERS); it differs only if there is such a number.
 *          Whole numbers and keys stay unchanged. The seed selects the style.
 * Units:   -
 * Errors:  none.
 * Source:  RFC 8259.
 */
#pragma once
#include "base/buf.h"
#include <stdint.h>

enum respell { RESPELL_SPACE = 1, RESPELL_ESCAPES = 2, RESPELL_NUMBERS = 4 };

/* Returns the kinds that made a difference. */
unsigned json_respell(struct buf *out, struct str json, unsigned what, uint64_t seed);
