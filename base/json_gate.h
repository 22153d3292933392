/* json_gate.h - checks that a text is strict JSON and finds where each value starts.
 *
 * Shapes:  `starts` receives the offset of every value and member name in document order, which is the order of a walk
 *          over the parsed tree. It must have room for JSON_GATE_STARTS(text.n).
 * Units:   bytes; the text is at most JSON_MAX_BYTES long.
 * Errors:  json_gate returns false and sets bad_offset, the offset of the first invalid byte, and `why`.
 * Source:  RFC 8259.
 */
#pragma once
#include "base/str.h"

#define JSON_MAX_DEPTH 64
#define JSON_MAX_BYTES (64u << 20)

/* Upper limit of the offsets: each scalar takes a separator and each container two brackets, except for the containers
 * that are open when an error stops the check. */
#define JSON_GATE_STARTS(bytes) ((bytes) / 2 + (size_t)2 * JSON_MAX_DEPTH + 2)

struct json_gate {
    uint32_t *starts; /* NULL: check only */
    size_t count;
    size_t bad_offset;
    const char *why;
    bool grammar_only; /* accepts every string of the grammar; `starts` must be NULL */
    bool is_too_big;   /* it failed because of its depth or size, which the grammar does not limit */
};

bool json_gate(struct json_gate *g, struct str text);
