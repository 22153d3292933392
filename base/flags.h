/* flags.h - reads a program's options from the command line and the environment, driven by a table.
 *
 * Shapes:  struct flag: a row {name, value name, setter, help}. The command line (--admin-port) overrides the
 *          environment (<PREFIX>_ADMIN_PORT), which overrides the default. Each program defines its own `struct
 *          options`; flags_read only passes it to the setters.
 * Errors:  ERROR_USAGE, all at once. An unknown option is reported by argp, which exits with status 2.
 */
#pragma once
#include "base/error.h"

struct options;

/* One option's value, and where it comes from ("--port", "UNDERSTUDY_MOCK_PORT"). */
struct given {
    const char *value, *by;
    struct error *err;
};

typedef bool flag_set(struct options *o, const struct given *g);

struct flag {
    const char *name, *value; /* value NULL: a switch */
    flag_set *set;
    const char *help;
    const char *(*more_help)(struct arena *a); /* appended to help; for text computed at run time */
    bool value_optional;
    const char *environment; /* variable name if not <PREFIX>_<NAME>; "": no variable */
};

/* FLAG("port", "N", set_port, .help = "listen on this port") */
#define FLAG(name_, value_, set_, ...)                                                                                 \
    {                                                                                                                  \
        .name = (name_), .value = (value_), .set = (set_), __VA_ARGS__                                                 \
    }

struct flags {
    const char *program, *version;
    const char *environment;      /* prefix of the variables: UNDERSTUDY_TEST */
    const char *command;          /* the command on the command line, or NULL */
    const char *command_doc;      /* shown after the program in the usage line if command is NULL */
    const char *arguments, *help; /* in the format of argp */
    const struct flag *rows;
    size_t count;
    flag_set *argument; /* called for each argument that is not an option */
};

struct texts_list {
    const char **items;
    size_t count, room;
};

/* Calls the setters for all given options. Returns false if a value is invalid. */
bool flags_read(struct arena *a, const struct flags *f, int argc, char **argv, struct options *into, struct error *err);

/* For setters: adds "invalid value 'x' for --name (what)". Always false. */
bool flag_invalid(const struct given *g, const char *what);
/* For options without a value: accepts no value, true, false, 1, 0 and the empty text. */
bool flag_switch(const struct given *g, bool *on);
