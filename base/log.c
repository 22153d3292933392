#include "base/log.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/time.h"

const char *const log_level_names[] = {"quiet", "error", "warn", "info", "debug"};

static const char *const colours[LOG_LEVEL_COUNT] = {"", "\x1b[31m", "\x1b[33m", "\x1b[36m", "\x1b[2m"};

/* Global, because otherwise every function that logs would need it as a parameter. */
static enum log_level max_level = LOG_INFO;
static enum log_format line_format = LOG_TEXT;

void log_set_level(enum log_level level)
{
    max_level = level;
}

void log_set_format(enum log_format format)
{
    line_format = format;
}

/* An empty variable counts as not set. */
static const char *setting(const char *name)
{
    const char *value = getenv(name);
    return value ? value : "";
}

bool log_colour_wanted(FILE *to)
{
    const char *force = setting("CLICOLOR_FORCE"), *term = setting("TERM");
    if (*setting("NO_COLOR"))
        return false;
    if (*force)
        return strcmp(force, "0") != 0;
    return *term && strcmp(term, "dumb") != 0 && isatty(fileno(to));
}

/* Keeps an event on one line and removes terminal control characters. */
static void flatten(char *text)
{
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
}

static void print_json(struct arena *a, enum log_level level, const char *text)
{
    struct buf line = {.arena = a};
    struct json w = json_begin(&line, 0);
    char time[TIME_TEXT_MAX];
    json_open_map(&w);
    json_put_text(&w, "time", time_millis(time_wall_ms(), time));
    json_put_text(&w, "level", log_level_names[level]);
    json_put_text(&w, "event", "message");
    json_put_text(&w, "message", text);
    json_close_map(&w);
    fprintf(stderr, "%s\n", buf_c(&line));
}

static void print_text(enum log_level level, const char *text)
{
    bool colour = log_colour_wanted(stderr);
    fprintf(stderr, "%s%s:%s %s\n", colour ? colours[level] : "", log_level_names[level], colour ? "\x1b[0m" : "",
            text);
}

void log_line(enum log_level level, const char *format, ...)
{
    if (level == LOG_QUIET || level > max_level)
        return;
    struct arena a = {0};
    va_list args;
    va_start(args, format);
    char *text = arena_vprintf(&a, format, args);
    va_end(args);
    flatten(text);
    if (line_format == LOG_JSON)
        print_json(&a, level, text);
    else
        print_text(level, text);
    arena_end(&a);
}
