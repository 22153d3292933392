/* file.h - writing a whole file: it is there as it should be, or as it was before.
 *
 * Shapes:  the text goes into FILE.PID.partial, which then takes FILE's place. A device or a pipe
 *          is written as it is: it must not be replaced by a file.
 * Errors:  ERROR_SYSTEM, with the file's name and why.
 */
#pragma once
#include "base/error.h"
#include "base/str.h"

bool file_can_write(const char *path, struct error *err); /* now; leaves nothing behind */
bool file_write(const char *path, struct str text, struct error *err);
