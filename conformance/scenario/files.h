/* files.h - where scenarios, flows and catalogues lie.
 *
 * Shapes:  paths as the user wrote them, so that messages name them the same way; going up from a
 *          relative path goes on with "..".
 * Errors:  none; what is not there is NULL, false or empty.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct arena;

const char *path_join(struct arena *a, const char *folder, const char *name);
const char *path_parent(struct arena *a, const char *path); /* NULL: there is nothing above */
const char *path_stem(struct arena *a, const char *path);   /* its last part without .yaml */
bool path_is_file(const char *path);
bool path_is_folder(const char *path);
bool path_is_yaml(const char *path);
bool path_same(const char *x, const char *y); /* two names of one file */

/* Names in a folder, in byte order, without those that begin with a dot. */
const char *const *folder_names(struct arena *a, const char *folder, size_t *count);

/* The nearest folder at or above a file's that has a claims.yaml, or NULL. */
const char *folder_of_claims(struct arena *a, const char *file);
