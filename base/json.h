/* json.h - strict JSON in, fast JSON out. The only room that knows cJSON.
 *
 * Reading: our gate checks RFC 8259 grammar, UTF-8, depth and size and knows the offset of every
 *          value; cJSON then makes the values; both together give a node tree with places. Refused
 *          as well: duplicate keys, numbers beyond a double, lone surrogates, \u0000. Integers
 *          within int64 are exact.
 * Writing: a streaming writer into a buf; the caller opens and closes, commas are the writer's.
 *          Asserts on misuse.
 * Units:   bytes; depth counts nested lists and maps.
 * Errors:  file:line:col (file = what the caller names the text, such as "body"); offset through
 *          the place.
 * Source:  RFC 8259.
 */
#pragma once
#include "base/buf.h"
#include "base/node.h"

#define JSON_MAX_DEPTH 64
#define JSON_MAX_BYTES (64u << 20)

const struct node *json_parse(struct arena *a, struct str text, const char *file,
                              struct error *err);
bool json_check(struct str text, size_t *bad_offset, const char **why); /* the gate alone */

struct json {
    struct buf *out;
    int indent; /* blanks per level; 0 = on one line */
    int depth;
    uint64_t is_list; /* a bit per level */
    bool first;       /* nothing yet at this level */
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
void json_real(struct json *w,
               double value); /* shortest text that reads back the same; must be finite */
void json_text(struct json *w, const char *value); /* NULL writes null */
void json_str(struct json *w, struct str value);   /* bytes that are not UTF-8 become U+FFFD */
void json_node(struct json *w, const struct node *value);
void json_raw(struct json *w, struct str value); /* text that already is one JSON value */

/* key and value in one */
void json_put_text(struct json *w, const char *key, const char *value);
void json_put_int(struct json *w, const char *key, int64_t value);
void json_put_bool(struct json *w, const char *key, bool value);
void json_put_null(struct json *w, const char *key);
void json_put_node(struct json *w, const char *key, const struct node *value);

const char *json_print(struct arena *a, const struct node *value); /* on one line */
const char *json_print_short(struct arena *a, const struct node *value,
                             size_t max_bytes); /* cut with … */
