/* json.h - strict JSON reader and streaming writer. Only json*.c uses cJSON.
 *
 * Reading: json_gate checks the RFC 8259 grammar, UTF-8, depth and size, and finds the offset of every value; cJSON
 *          then parses the values. The result is a node tree with locations. Also rejected: duplicate keys, numbers too
 *          large for a double, lone surrogates and \u0000. Integers that fit int64 are exact.
 * Writing: a streaming writer appends to a buf. The caller opens and closes lists and maps; the writer adds the commas.
 *          Misuse fails an assertion.
 * Units:   bytes; depth counts nested lists and maps.
 * Errors:  file:line:col, where file is the caller's name for the text, such as "body".
 * Source:  RFC 8259.
 */
#pragma once
#include "base/buf.h"
#include "base/node.h"

const struct node *json_parse(struct arena *a, struct str text, const char *file, struct error *err);
/* Likewise, but 1.0 and 1e3 are integers, as in JavaScript and in JSON Schema: a client may write them so. */
const struct node *json_parse_request(struct arena *a, struct str text, const char *file, struct error *err);
bool json_check(struct str text, size_t *bad_offset, const char **why); /* checks without parsing */
/* Returns true if the grammar of RFC 8259 allows the text, although json_parse may reject it. The check ends at the
 * limit of the depth: what follows is taken to be JSON. */
bool json_is_legal(struct str text);

struct json {
    struct buf *out;
    int indent; /* spaces per level; 0 = everything on one line */
    int depth;
    uint64_t is_list; /* one bit per level */
    bool first;       /* nothing is written at this level yet */
    bool after_key;
};

struct json json_begin(struct buf *out, int indent);
void json_open_map(struct json *w);
void json_close_map(struct json *w);
void json_open_list(struct json *w);
void json_close_list(struct json *w);
void json_key(struct json *w, const char *key);
void json_null(struct json *w);
void json_bool(struct json *w, bool value);
void json_int(struct json *w, int64_t value);
void json_text(struct json *w, const char *value); /* NULL writes null */
void json_str(struct json *w, struct str value);   /* invalid UTF-8 becomes U+FFFD */
void json_node(struct json *w, const struct node *value);
void json_raw(struct json *w, struct str value); /* `value` is one JSON value as text */

/* Key and value in one call. */
void json_put_text(struct json *w, const char *key, const char *value);
void json_put_str(struct json *w, const char *key, struct str value);
void json_put_int(struct json *w, const char *key, int64_t value);
void json_put_bool(struct json *w, const char *key, bool value);
void json_put_null(struct json *w, const char *key);
void json_put_node(struct json *w, const char *key, const struct node *value);
void json_key_map(struct json *w, const char *key); /* opens it */
void json_key_list(struct json *w, const char *key);

const char *json_print(struct arena *a, const struct node *value); /* on one line */
/* On one line of at most max_bytes; a longer text is cut and ends with "…". */
const char *json_print_short(struct arena *a, const struct node *value, size_t max_bytes);
