/* escapes.h - matches one character of a secret with a text in which it may be escaped.
 *
 * Shapes:  a character is recognised as it is, percent-encoded (%2F, %252F), as a blank written +, with a backslash
 *          (\n, \/, \u002f; with more backslashes for JSON within JSON), and as an XML entity.
 * Errors:  none. ESCAPE_SHORT: the text ends too early to decide.
 */
#pragma once
#include "base/str.h"

#define ESCAPE_SHORT     SIZE_MAX
#define ESCAPE_BYTES_MAX 24 /* of one character, in nested encodings */

/* Returns true for the first byte of an escape. */
bool escape_begins(char c);
/* Returns how many bytes at the start of the text encode the character, 0 if the text starts with something else. A run
 * of backslashes encodes a run of any length, so it is matched at once. */
size_t escape_match(struct str text, unsigned char c);

/* Lists the characters for which escape_match may not return 0. Returns their number, or ESCAPE_SHORT. */
#define ESCAPE_CHARACTERS_MAX 8
size_t escape_characters(struct str text, unsigned char out[ESCAPE_CHARACTERS_MAX]);

/* Returns true if an escape ends directly before the position. */
bool escape_ends_at(struct str text, size_t at);
