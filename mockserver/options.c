#include "mockserver/options.h"

#include <argp.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/url.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

enum { FIRST_KEY = 256 }; /* argp's keys of our rows: beyond any letter */

/* One option's value, and who said it ("--port", "MOCKSERVER_PORT"). */
struct given {
    const char *value, *by;
    struct error *err;
};

static bool wrong(const struct given *g, const char *what)
{
    return error_add(g->err, ERROR_USAGE, (struct where){0}, "%s: '%s' is %s", g->by, g->value,
                     what);
}

static bool read_port(const struct given *g, int64_t *port)
{
    int64_t value;
    if (!str_to_int(str_from(g->value), &value) || value < 0 || value > 65535)
        return wrong(g, "no port (0 to 65535)");
    *port = value;
    return true;
}

static bool read_switch(const struct given *g, bool *on)
{
    if (!g->value || !strcmp(g->value, "1") || !strcmp(g->value, "true"))
        *on = true;
    else if (!strcmp(g->value, "0") || !strcmp(g->value, "false") || !*g->value)
        *on = false;
    else
        return wrong(g, "neither true nor false");
    return true;
}

/* The environment names several, separated by colons. */
static bool set_fixture(struct options *o, const struct given *g)
{
    struct str rest = str_from(g->value);
    if (g->by[0] == '-')
        *arena_push(o->arena, &o->fixtures, const char *) = g->value;
    else
        while (rest.n)
            *arena_push(o->arena, &o->fixtures, const char *) =
                str_dup(o->arena, str_cut(&rest, ':'));
    return true;
}

static bool set_port(struct options *o, const struct given *g)
{
    return read_port(g, &o->port);
}

static bool set_listen(struct options *o, const struct given *g)
{
    o->listen = strcmp(g->value, "localhost") ? g->value : "127.0.0.1";
    return true;
}

static bool set_public_url(struct options *o, const struct given *g)
{
    struct url url;
    const char *why;
    struct str text = str_from(g->value);
    while (str_ends(text, STR("/")))
        text.n--;
    const char *kept = str_dup(o->arena, text);
    if (!url_parse(o->arena, kept, &url, &why))
        return error_add(g->err, ERROR_USAGE, (struct where){0}, "%s: '%s' is no http(s) URL: %s",
                         g->by, g->value, why);
    if (*url.query || *url.fragment)
        return wrong(g, "no base URL: it has a query or a fragment");
    o->public_url = kept;
    return true;
}

static bool set_consent(struct options *o, const struct given *g)
{
    o->local_consent = !strcmp(g->value, "local");
    return o->local_consent || !strcmp(g->value, "provider") ||
           wrong(g, "neither 'provider' nor 'local'");
}

static bool set_admin_port(struct options *o, const struct given *g)
{
    return read_port(g, &o->admin_port);
}

static bool set_no_admin(struct options *o, const struct given *g)
{
    return read_switch(g, &o->no_admin);
}

static bool set_admin_token(struct options *o, const struct given *g)
{
    o->admin_token = g->value;
    return *g->value || wrong(g, "empty");
}

static bool set_strict(struct options *o, const struct given *g)
{
    return read_switch(g, &o->strict);
}

static bool set_log(struct options *o, const struct given *g)
{
    for (int i = 0; i < LOG_LEVEL_COUNT; i++)
        if (!strcmp(g->value, log_level_names[i])) {
            o->log = i;
            return true;
        }
    return wrong(g, "none of quiet, error, warn, info, debug");
}

static bool set_json(struct options *o, const struct given *g)
{
    return read_switch(g, &o->json);
}

struct option_row {
    const char *name, *value, *help; /* value NULL: a switch */
    bool (*set)(struct options *o, const struct given *g);
};

static const struct option_row serve_rows[] = {
    {"fixture",     "FILE",    "a world to start from, the first by default (else a sample)", set_fixture    },
    {"port",        "N",       "listen on this port (8080); 0 picks one",                     set_port       },
    {"listen",      "ADDRESS", "listen on this address (127.0.0.1)",                          set_listen     },
    {"public-url",  "URL",     "minted URLs begin so (http://ADDRESS:PORT)",                  set_public_url },
    {"consent",     "WHERE",   "consent is the 'provider's (default) or a 'local' page",      set_consent    },
    {"admin-port",  "N",       "give the control door a port of its own; 0 picks one",        set_admin_port },
    {"no-admin",    NULL,      "have no control door",                                        set_no_admin   },
    {"admin-token", "TOKEN",   "the control door asks for this bearer token",                 set_admin_token},
    {"strict",      NULL,      "no world comes into being by being named in a call",          set_strict     },
    {"log",         "LEVEL",   "quiet, error, warn, info (default) or debug",                 set_log        },
};

static const struct option_row listing_rows[] = {
    {"json", NULL, "print JSON", set_json},
};

static const struct option_row health_rows[] = {
    {"port", "N", "ask at this port of this machine (8080)", set_port},
};

static const struct command_row {
    const char *name;
    enum command command;
    const struct option_row *rows;
    size_t count;
    const char *arguments;
    size_t least, most; /* arguments */
    const char *help;
} commands[] = {
    {"serve",        COMMAND_SERVE,        serve_rows,   COUNT(serve_rows), "",        0, 0,        "Serve the providers' APIs."        },
    {"lint",         COMMAND_LINT,         NULL,         0,                 "FILE...", 1, SIZE_MAX, "Check fixtures."                   },
    {"routes",       COMMAND_ROUTES,       listing_rows, 1,                 "",        0, 0,        "List every operation."             },
    {"capabilities", COMMAND_CAPABILITIES, NULL,         0,                 "",        0, 0,        "Print what can be forced, as JSON."},
    {"healthcheck",  COMMAND_HEALTHCHECK,  health_rows,  1,                 "[URL]",   0, 1,
     "Does a running mock answer?"                                                                                                      },
};

#define MAIN_HELP                                                                                  \
    "An offline, stateful double of social-account APIs.\v"                                        \
    "Commands, before any option (serve is the default; 'COMMAND --help' tells more):\n"           \
    "  serve              serve the providers' APIs from a world in memory\n"                      \
    "  lint FILE...       check fixtures\n"                                                        \
    "  routes [--json]    list every operation\n"                                                  \
    "  capabilities       what the control door can do, as JSON\n"                                 \
    "  healthcheck [URL]  does a running mock answer? status 0, else 1\n\n"                        \
    "Each option may also stand in the environment: MOCKSERVER_PORT for --port. When the mock is " \
    "ready, one line of JSON on stdout tells where it listens."

static const struct command_row *find_command(const char *name)
{
    for (size_t i = 0; name && i < COUNT(commands); i++)
        if (!strcmp(name, commands[i].name))
            return &commands[i];
    return NULL;
}

struct parse {
    struct options *options;
    const struct command_row *command;
    bool *given; /* which rows the command line has set */
    struct error *err;
};

/* NOLINTNEXTLINE(readability-non-const-parameter): argp's type */
static error_t parse_one(int key, char *value, struct argp_state *state)
{
    struct parse *p = state->input;
    if (key == ARGP_KEY_ARG) {
        *arena_push(p->options->arena, &p->options->arguments, const char *) = value;
        return 0;
    }
    if (key < FIRST_KEY || key >= FIRST_KEY + (int)p->command->count)
        return ARGP_ERR_UNKNOWN;
    const struct option_row *row = &p->command->rows[key - FIRST_KEY];
    const char *by = arena_printf(p->options->arena, "--%s", row->name);
    p->given[key - FIRST_KEY] = true;
    row->set(p->options, &(struct given){value, by, p->err});
    return 0;
}

static const char *environment_name(struct arena *a, const char *name)
{
    char *text = arena_printf(a, "MOCKSERVER_%s", name);
    for (char *c = text; *c; c++)
        *c = (char)(*c == '-' ? '_' : toupper((unsigned char)*c));
    return text;
}

static void read_environment(struct parse *p)
{
    for (size_t i = 0; i < p->command->count; i++) {
        const struct option_row *row = &p->command->rows[i];
        const char *name = environment_name(p->options->arena, row->name);
        const char *value = getenv(name);
        if (value && !p->given[i])
            row->set(p->options, &(struct given){value, name, p->err});
    }
}

static void read_arguments(struct parse *p, int argc, char **argv)
{
    struct arena *a = p->options->arena;
    struct argp_option *rows = arena_array(a, struct argp_option, p->command->count + 1);
    for (size_t i = 0; i < p->command->count; i++)
        rows[i] = (struct argp_option){.name = p->command->rows[i].name,
                                       .key = FIRST_KEY + (int)i,
                                       .arg = p->command->rows[i].value,
                                       .doc = p->command->rows[i].help};
    struct argp argp = {.options = p->command->count ? rows : NULL, /* glibc leaks an empty list */
                        .parser = parse_one,
                        .args_doc = p->command->arguments,
                        .doc = argc && find_command(argv[0]) ? p->command->help : MAIN_HELP};
    if (p->command->command == COMMAND_SERVE && argp.doc != p->command->help)
        argp.args_doc = "[COMMAND]";
    else
        argv[0] = arena_printf(a, "mockserver %s", p->command->name);
    argp_parse(&argp, argc, argv, 0, NULL, p);
}

bool options_loopback(const char *address)
{
    return str_starts(str_from(address), STR("127.")) || !strcmp(address, "::1");
}

static void refuse_argument(const struct parse *p, const char *text)
{
    const char *names[COUNT(commands)];
    for (size_t i = 0; i < COUNT(commands); i++)
        names[i] = commands[i].name;
    const char *near = str_nearest(str_from(text), names, COUNT(commands));
    if (find_command(text))
        error_add(p->err, ERROR_USAGE, (struct where){0}, "'%s' must stand before the options",
                  text);
    else if (near)
        error_add(p->err, ERROR_USAGE, (struct where){0}, "'%s' is no command; did you mean '%s'?",
                  text, near);
    else
        error_add(p->err, ERROR_USAGE, (struct where){0}, "%s takes no argument like '%s'",
                  p->command->name, text);
}

static void check(struct parse *p)
{
    const struct options *o = p->options;
    struct where nowhere = {0};
    const struct command_row *c = p->command;
    if (o->arguments.count < c->least)
        error_add(p->err, ERROR_USAGE, nowhere, "%s needs %s", c->name, c->arguments);
    if (o->arguments.count > c->most)
        refuse_argument(p, o->arguments.items[c->most]);
    if (o->no_admin && o->admin_port >= 0)
        error_add(p->err, ERROR_USAGE, nowhere, "--no-admin and --admin-port exclude each other");
    if (!options_loopback(o->listen) && !o->no_admin && !o->admin_token)
        error_add(
            p->err, ERROR_USAGE, nowhere,
            "listening on %s needs --admin-token or --no-admin: others could reach the control "
            "door",
            o->listen);
}

bool options_read(struct arena *a, int argc, char **argv, struct options *out, struct error *err)
{
    const struct command_row *named = argc > 1 ? find_command(argv[1]) : NULL;
    *out = (struct options){
        .arena = a,
        .listen = "127.0.0.1",
        .port = PORT_DEFAULT,
        .admin_port = -1,
        .log = LOG_INFO,
    };
    struct parse p = {.options = out, .command = named ? named : &commands[0], .err = err};
    p.given = arena_array(a, bool, p.command->count + 1);
    out->command = p.command->command;
    argp_err_exit_status = 2;
    argp_program_version = "mockserver " UNDERSTUDY_VERSION;
    read_arguments(&p, argc - (named != NULL), argv + (named != NULL));
    read_environment(&p);
    check(&p);
    return !error_any(err);
}

struct mock_options options_for_mock(const struct options *o)
{
    return (struct mock_options){
        .fixtures = o->fixtures.items,
        .fixture_count = o->fixtures.count,
        .public_url = o->public_url,
        .admin_token = o->admin_token,
        .admin = !o->no_admin && o->admin_port < 0,
        .strict = o->strict,
        .local_consent = o->local_consent,
    };
}
