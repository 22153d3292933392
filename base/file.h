/* file.h - opens and reads regular files; writes a file atomically: it gets its new content or keeps the old one; and
 * prepares the standard streams.
 *
 * Shapes:  only a regular file is read: a directory, device, pipe or socket is refused at once, because reading it
 *          could wait or never end. Text is written to FILE.PID.partial, which is then renamed to FILE. A device or a
 *          pipe is written directly, because a file must not replace it; a pipe that no program reads is refused.
 * Errors:  ERROR_SYSTEM, with the file's name and the reason.
 */
#pragma once
#include "base/error.h"
#include "base/str.h"

/* Opens a regular file for reading. Returns the descriptor; or -1, with the reason in *why. */
int file_open(const char *path, const char **why);
const char *file_why_unreadable(const char *path); /* the reason why file_open fails; NULL: it does not fail */
/* Returns the content, to be freed with heap_free, and its length; or NULL, with the reason in *why. Stops reading when
 * it has more than max_bytes: the caller then rejects the file. */
char *file_read(const char *path, size_t max_bytes, size_t *n, const char **why);

/* Opens for writing with these flags besides O_WRONLY | O_CREAT, without waiting for the reader of a pipe. Returns -1
 * with errno set; file_why is the reason. */
int file_open_to_write(const char *path, int flags, unsigned mode);
const char *file_why(int why); /* the text of an errno of file_open_to_write */

bool file_can_write(const char *path, struct error *err); /* checks; leaves no file behind */
bool file_write(const char *path, struct str text, struct error *err);

/* Opens the closed standard streams on /dev/null, so that no socket or file gets the descriptor of a standard stream.
 * Without /dev/null the streams stay closed. Also lets a write beyond the limit of `ulimit -f` fail, instead of ending
 * the program, so that it is reported and no partial file stays. A program calls it first. */
void file_open_streams(void);
