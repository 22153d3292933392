/* yaml.h - reads YAML 1.2 (core schema) into a node tree. Only yaml*.c uses libfyaml.
 *
 * Shapes:  one document per file. Plain scalars get their type from the core schema (null ~ true false 0x1f 0o17; 017
 *          is seventeen); quoted and !!str scalars are text. Aliases share nodes.
 *          A merge key (`<<: *name` or a list of maps) adds the members that the map does not have itself.
 *          Top-level keys that begin with x- are dropped: a place for anchors.
 * Units:   bytes; the limits are YAML_MAX_BYTES and those of base/yaml_tree.h. Each use of an alias counts, so that
 *          every walk over the tree is bounded by the size of the file.
 * Errors:  file:line:col for each. Rejected are: a syntax error (reading stops there), invalid UTF-8, control
 *          characters, a duplicate or non-scalar key, a %YAML other than 1.2, an alias to an open or unknown
 *          anchor, any tag except !!str, .inf, .nan, an integer beyond int64, a second document, an empty file, an
 *          exceeded limit.
 * Source:  YAML 1.2.2, chapter 10.3.
 *
 * Never parse YAML from a request: after a syntax error the parser is leaked on purpose, because libfyaml 0.7.12 frees
 * some memory twice when it destroys a failed parser.
 */
#pragma once
#include "base/node.h"

#define YAML_MAX_BYTES (1u << 30)

const struct node *yaml_load(struct arena *a, const char *path, struct error *err);
/* Like yaml_load; *hash is the str_hash of the text, or 0 if the file cannot be read. */
const struct node *yaml_load_hashed(struct arena *a, const char *path, uint64_t *hash, struct error *err);
const struct node *yaml_parse(struct arena *a, struct str text, const char *file, struct error *err);
