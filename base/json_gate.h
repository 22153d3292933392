/* json_gate.h - is this text strict JSON, and where does each of its values begin?
 *
 * Shapes:  `starts` receives the offset of every value and member name in document order, so that a
 *          walk over the parsed tree meets them one by one. It needs room for
 *          JSON_GATE_STARTS(text.n).
 * Units:   bytes; the text is at most JSON_MAX_BYTES long.
 * Errors:  false, with the offset of the first wrong byte and what is wrong there.
 * Source:  RFC 8259.
 */
#pragma once
#include "base/json.h"

/* A scalar needs a separator, a container its two brackets; only what an error leaves open lacks
 * them. */
#define JSON_GATE_STARTS(bytes) ((bytes) / 2 + (size_t)2 * JSON_MAX_DEPTH + 2)

struct json_gate {
    uint32_t *starts; /* NULL: only check */
    size_t count;
    size_t bad_offset;
    const char *why;
};

bool json_gate(struct json_gate *g, struct str text);
