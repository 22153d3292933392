/* log.h - talk on stderr, a line an event.
 *
 * Shapes:  "level: text"; colour only on a terminal that wants it (log_colour_wanted, which reports
 *          use too).
 * Errors:  none. Secrets never come here: callers pass names and ids.
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

extern const char *const log_level_names[]; /* LOG_LEVEL_COUNT of them, in order */
#define LOG_LEVEL_COUNT 5

void log_set_level(enum log_level level); /* default LOG_INFO */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool log_colour_wanted(FILE *to); /* NO_COLOR > CLICOLOR_FORCE > a terminal that is not dumb */
