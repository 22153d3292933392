/* log.h - log lines on stderr, one per event.
 *
 * Shapes:  "level: text"; colour only if log_colour_wanted says so (reports use it too). As JSON: the members time
 *          (UTC), level, event ("message") and message.
 * Errors:  none. Callers log names and ids, never secrets.
 */
#pragma once
#include <stdbool.h>
#include <stdio.h>

enum log_level {
    LOG_QUIET,
    LOG_ERROR,
    LOG_WARN,
    LOG_INFO,
    LOG_DEBUG,
};

extern const char *const log_level_names[]; /* LOG_LEVEL_COUNT names, in order */
#define LOG_LEVEL_COUNT 5

enum log_format {
    LOG_TEXT,
    LOG_JSON, /* an object per line */
};

void log_set_level(enum log_level level);    /* default LOG_INFO */
void log_set_format(enum log_format format); /* default LOG_TEXT */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* NO_COLOR decides first, then CLICOLOR_FORCE; otherwise true for a terminal that is not dumb. */
bool log_colour_wanted(FILE *to);
