/* files.h - file paths: finds and names the files of scenarios, flows and catalogues.
 *
 * Shapes:  paths stay relative if the user's path was relative, because error messages show them.
 * Errors:  none; a file or folder that does not exist gives NULL, false or an empty list.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct arena;

const char *path_join(struct arena *a, const char *folder, const char *name);
const char *path_parent(struct arena *a, const char *path); /* of ".": ".."; NULL: path is "/" */
const char *path_stem(struct arena *a, const char *path);   /* last part, without .yaml */
bool path_is_file(const char *path);
bool path_is_folder(const char *path);
bool path_is_yaml(const char *path);          /* tests the name only */
bool path_same(const char *x, const char *y); /* true if both name the same file */

/* Returns the names in a folder in byte order, without those that start with a dot. */
const char *const *folder_names(struct arena *a, const char *folder, size_t *count);

/* Returns the nearest folder, from that of the file upwards, that has a claims.yaml; or NULL. */
const char *folder_of_claims(struct arena *a, const char *file);
