/* file.h - reads a whole file; writes one atomically: it gets its new content or keeps the old one; and opens the
 * standard streams.
 *
 * Shapes:  the text is written to FILE.PID.partial, which is then renamed to FILE. A device or a pipe is written
 *          directly, because a file must not replace it.
 * Errors:  ERROR_SYSTEM, with the file's name and the reason.
 */
#pragma once
#include "base/error.h"
#include "base/str.h"

/* Returns the content, to be freed with heap_free, and its length; or NULL, with errno set. Stops reading when it has
 * more than max_bytes: the caller then rejects the file. */
char *file_read(const char *path, size_t max_bytes, size_t *n);

bool file_can_write(const char *path, struct error *err); /* checks; leaves no file behind */
bool file_write(const char *path, struct str text, struct error *err);

/* Opens the closed standard streams on /dev/null, so that no socket or file gets the descriptor of a standard stream. A
 * program calls it first. Without /dev/null the streams stay closed. */
void file_open_streams(void);
