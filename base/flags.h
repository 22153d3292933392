/* flags.h - a program's options by a table: what the command line and the environment say.
 *
 * Shapes:  struct flag: a row {name, a word for its value, a setter, help}. --admin-port goes
 *          before <PREFIX>_ADMIN_PORT in the environment, and who says neither has the default.
 *          `struct options` is the program's own: each defines it, here it is only passed on.
 * Errors:  ERROR_USAGE, all at once; what argp itself finds (an unknown flag) ends the program with
 *          status 2.
 */
#pragma once
#include "base/error.h"

struct options;

/* One option's value, and who said it ("--port", "UNDERSTUDY_MOCK_PORT"). */
struct given {
    const char *value, *by;
    struct error *err;
};

typedef bool flag_set(struct options *o, const struct given *g);

struct flag {
    const char *name, *value; /* value NULL: a switch */
    flag_set *set;
    const char *help;
    const char *(*more_help)(struct arena *a); /* what is not known before it runs */
    bool value_optional;
    const char *environment; /* a variable of its own name; "": none */
};

/* FLAG("port", "N", set_port, .help = "listen on this port") */
#define FLAG(name_, value_, set_, ...)                                                             \
    {                                                                                              \
        .name = (name_), .value = (value_), .set = (set_), __VA_ARGS__                             \
    }

struct flags {
    const char *program, *version;
    const char *environment;      /* prefix of its variables: UNDERSTUDY_TEST */
    const char *command;          /* the one named on the command line, or NULL */
    const char *arguments, *help; /* as argp wants them */
    const struct flag *rows;
    size_t count;
    flag_set *argument; /* gets what is no option */
};

struct texts_list {
    const char **items;
    size_t count, room;
};

bool flags_read(struct arena *a, const struct flags *f, int argc, char **argv, struct options *into,
                struct error *err);

/* For setters: adds "invalid value 'x' for --name (what)". Always false. */
bool flag_wrong(const struct given *g, const char *what);
bool flag_switch(const struct given *g, bool *on);
