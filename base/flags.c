#include "base/flags.h"

#include <argp.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { FIRST_KEY = 256 }; /* argp keys of the rows start above all characters */

struct reading {
    const struct flags *flags;
    struct arena *arena;
    struct options *into;
    bool *given; /* per row: set on the command line */
    struct error *err;
};

bool flag_invalid(const struct given *g, const char *what)
{
    return error_add(g->err, ERROR_USAGE, (struct where){0}, "invalid value '%s' for %s; %s",
                     g->value, g->by, what);
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

/* NOLINTNEXTLINE(readability-non-const-parameter): type required by argp */
static error_t parse_one(int key, char *value, struct argp_state *state)
{
    struct reading *r = state->input;
    if (key == ARGP_KEY_ARG) {
        r->flags->argument(r->into, &(struct given){value, value, r->err});
        return 0;
    }
    if (key < FIRST_KEY || key >= FIRST_KEY + (int)r->flags->count)
        return ARGP_ERR_UNKNOWN;
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
    struct argp_option *rows = arena_array(r->arena, struct argp_option, f->count + 1);
    for (size_t i = 0; i < f->count; i++)
        rows[i] = (struct argp_option){.name = f->rows[i].name,
                                       .key = FIRST_KEY + (int)i,
                                       .arg = f->rows[i].value,
                                       .flags = f->rows[i].value_optional ? OPTION_ARG_OPTIONAL : 0,
                                       .doc = help_of(r->arena, &f->rows[i])};
    struct argp argp = {.options = f->count ? rows : NULL, /* glibc leaks an empty list */
                        .parser = parse_one,
                        .args_doc = f->arguments,
                        .doc = f->help};
    argp_err_exit_status = 2;
    argp_program_version = arena_printf(r->arena, "%s %s", f->program, f->version);
    if (f->command)
        argv[0] = arena_printf(r->arena, "%s %s", f->program, f->command);
    argp_parse(&argp, argc, argv, 0, NULL, r);
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

bool flags_read(struct arena *a, const struct flags *f, int argc, char **argv, struct options *into,
                struct error *err)
{
    struct reading r = {f, a, into, arena_array(a, bool, f->count + 1), err};
    read_arguments(&r, argc, argv);
    read_environment(&r);
    return !error_any(err);
}
