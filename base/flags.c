#include "base/flags.h"

#include <argp.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"

/* argp keys: those of the rows start above all characters */
enum { KEY_HELP = '?', KEY_VERSION = 'V', KEY_USAGE = 255, FIRST_KEY };

/* The options that argp would add. argp cannot print a usage line that begins with a command. */
static const struct argp_option common_options[] = {
    {"help",    KEY_HELP,    NULL, 0, "Give this help list",        -1},
    {"usage",   KEY_USAGE,   NULL, 0, "Give a short usage message", 0 },
    {"version", KEY_VERSION, NULL, 0, "Print program version",      -1},
};
enum { COMMON_COUNT = COUNT(common_options) };

struct reading {
    const struct flags *flags;
    struct arena *arena;
    struct options *into;
    bool *given; /* per row: set on the command line */
    struct error *err;
};

bool flag_invalid(const struct given *g, const char *what)
{
    return error_add(g->err, ERROR_USAGE, (struct where){0}, "invalid value '%s' for %s; %s", g->value, g->by, what);
}

bool flag_switch(const struct given *g, bool *on)
{
    if (!g->value || !strcmp(g->value, "1") || !strcmp(g->value, "true"))
        *on = true;
    else if (!strcmp(g->value, "0") || !strcmp(g->value, "false") || !*g->value)
        *on = false;
    else
        return flag_invalid(g, "expected true or false");
    return true;
}

_Noreturn static void print_usage(const struct reading *r, const struct argp_state *state, unsigned what)
{
    const struct flags *f = r->flags;
    bool names_command = !f->command && f->command_doc;
    argp_help(state->root_argp, stdout, what,
              names_command ? arena_printf(r->arena, "%s %s", f->program, f->command_doc) : state->name);
    exit(0);
}

static error_t parse_common(int key, const struct argp_state *state)
{
    const struct reading *r = state->input;
    switch (key) {
    case KEY_HELP:
        print_usage(r, state, ARGP_HELP_STD_HELP);
    case KEY_USAGE:
        print_usage(r, state, ARGP_HELP_USAGE);
    case KEY_VERSION:
        puts(argp_program_version);
        exit(0);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* NOLINTNEXTLINE(readability-non-const-parameter): type required by argp */
static error_t parse_one(int key, char *value, struct argp_state *state)
{
    struct reading *r = state->input;
    if (key == ARGP_KEY_ARG) {
        r->flags->argument(r->into, &(struct given){value, value, r->err});
        return 0;
    }
    if (key < FIRST_KEY || key >= FIRST_KEY + (int)r->flags->count)
        return parse_common(key, state);
    const struct flag *row = &r->flags->rows[key - FIRST_KEY];
    const char *by = arena_printf(r->arena, "--%s", row->name);
    r->given[key - FIRST_KEY] = true;
    row->set(r->into, &(struct given){value, by, r->err});
    return 0;
}

static const char *help_of(struct arena *a, const struct flag *row)
{
    return row->more_help ? arena_printf(a, "%s: %s", row->help, row->more_help(a)) : row->help;
}

static void read_arguments(struct reading *r, int argc, char **argv)
{
    const struct flags *f = r->flags;
    struct argp_option *rows = arena_array(r->arena, struct argp_option, f->count + COMMON_COUNT + 1);
    memcpy(&rows[f->count], common_options, sizeof common_options);
    for (size_t i = 0; i < f->count; i++)
        rows[i] = (struct argp_option){.name = f->rows[i].name,
                                       .key = FIRST_KEY + (int)i,
                                       .arg = f->rows[i].value,
                                       .flags = f->rows[i].value_optional ? OPTION_ARG_OPTIONAL : 0,
                                       .doc = help_of(r->arena, &f->rows[i])};
    struct argp argp = {.options = rows,
                        .parser = parse_one,
                        .args_doc = f->arguments && *f->arguments ? f->arguments : NULL,
                        .doc = f->help};
    argp_err_exit_status = 2;
    argp_program_version = arena_printf(r->arena, "%s %s", f->program, f->version);
    if (f->command)
        argv[0] = arena_printf(r->arena, "%s %s", f->program, f->command);
    argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, r);
}

static const char *environment_name(const struct reading *r, const struct flag *row)
{
    if (row->environment)
        return row->environment;
    char *text = arena_printf(r->arena, "%s_%s", r->flags->environment, row->name);
    for (char *c = text; *c; c++)
        *c = (char)(*c == '-' ? '_' : toupper((unsigned char)*c));
    return text;
}

static void read_environment(const struct reading *r)
{
    for (size_t i = 0; i < r->flags->count; i++) {
        const struct flag *row = &r->flags->rows[i];
        const char *name = environment_name(r, row);
        const char *value = *name ? getenv(name) : NULL;
        if (value && !r->given[i])
            row->set(r->into, &(struct given){value, name, r->err});
    }
}

bool flags_read(struct arena *a, const struct flags *f, int argc, char **argv, struct options *into, struct error *err)
{
    struct reading r = {f, a, into, arena_array(a, bool, f->count + 1), err};
    read_arguments(&r, argc, argv);
    read_environment(&r);
    return !error_any(err);
}
