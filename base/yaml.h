/* yaml.h - YAML 1.2 (core schema) text to a node tree. The only room that knows libfyaml.
 *
 * Shapes:  one document a file. Plain scalars are typed by the core schema (null ~ true false 0x1f
 *          0o17, 017 is seventeen); quoted and !!str ones are strings. Aliases share nodes.
 * Units:   limits below; bytes. Aliases count as often as they are used, so that every walker over
 *          the tree is bounded too.
 * Errors:  file:line:col for everything: syntax (reading stops there), bad UTF-8 or control
 *          characters, a duplicate or non-scalar key, a merge key, an alias to an open or unknown
 *          anchor, any tag but !!str, .inf, .nan, an integer beyond int64, a second document, an
 *          empty file, a limit.
 * Source:  YAML 1.2.2, chapter 10.3.
 *
 * YAML is operator input. Never parse YAML from a request: each document with a syntax error leaks
 * its parser on purpose (libfyaml 0.7.12 frees some things twice when a parser that failed is
 * destroyed).
 */
#pragma once
#include "base/node.h"

#define YAML_MAX_BYTES   (64u << 20)
#define YAML_MAX_DEPTH   64
#define YAML_MAX_ANCHORS 256
#define YAML_MAX_NODES   4000000

const struct node *yaml_load(struct arena *a, const char *path, struct error *err);
/* The same; *hash tells this text from another (str_hash); 0: the file cannot be read. */
const struct node *yaml_load_hashed(struct arena *a, const char *path, uint64_t *hash,
                                    struct error *err);
const struct node *yaml_parse(struct arena *a, struct str text, const char *file,
                              struct error *err);
