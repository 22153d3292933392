#include "conformance/options.h"

#include <argp.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "conformance/report/report.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

enum { FIRST_KEY = 256 }; /* argp's keys of our rows: beyond any letter */

#define TIMEOUT_MS 10000
#define JOBS_MAX   1000

/* One option's value, and who said it ("--jobs", "CONFORMANCE_JOBS"). */
struct given {
    const char *value, *by;
    struct error *err;
};

static bool wrong(const struct given *g, const char *what)
{
    return error_add(g->err, ERROR_USAGE, (struct where){0}, "%s: '%s' is %s", g->by, g->value,
                     what);
}

/* --- kinds of values ------------------------------------------------------------------------ */

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

static bool read_texts(struct options *o, const struct given *g, struct texts_list *list)
{
    struct str rest = str_from(g->value);
    while (rest.n)
        *arena_push(o->arena, list, const char *) =
            str_dup(o->arena, str_trim(str_cut(&rest, ',')));
    return true;
}

/* name=value, each */
static bool read_pairs(struct options *o, const struct given *g, struct texts_list *list)
{
    size_t first = list->count;
    read_texts(o, g, list);
    for (size_t i = first; i < list->count; i++) {
        const char *equals = strchr(list->items[i], '=');
        if (!equals || equals == list->items[i] || !equals[1])
            return wrong(g, "no list of NAME=VALUE");
    }
    return true;
}

/* --- options -------------------------------------------------------------------------------- */

static bool set_mock(struct options *o, const struct given *g)
{
    o->mock = true;
    o->mock_fixture = g->value;
    return true;
}

static bool set_mock_binary(struct options *o, const struct given *g)
{
    o->mock_binary = g->value;
    return true;
}

static bool set_target(struct options *o, const struct given *g)
{
    o->target = g->value;
    return true;
}

static bool set_url(struct options *o, const struct given *g)
{
    o->url = g->value;
    return true;
}

static bool set_control(struct options *o, const struct given *g)
{
    o->control = g->value;
    return true;
}

static bool set_key(struct options *o, const struct given *g)
{
    return read_pairs(o, g, &o->keys);
}

static bool set_tag(struct options *o, const struct given *g)
{
    o->tags = g->value;
    return true;
}

static bool set_claim(struct options *o, const struct given *g)
{
    return read_texts(o, g, &o->claims);
}

static bool set_failed(struct options *o, const struct given *g)
{
    o->failed = g->value;
    return true;
}

static bool set_shard(struct options *o, const struct given *g)
{
    struct str rest = str_from(g->value);
    int64_t shard, shards;
    if (!str_to_int(str_cut(&rest, '/'), &shard) || !str_to_int(rest, &shards) || shard < 1 ||
        shards < shard || shards > JOBS_MAX)
        return wrong(g, "no shard such as 2/5");
    o->shard = (int)shard;
    o->shards = (int)shards;
    return true;
}

static bool set_gate(struct options *o, const struct given *g)
{
    for (int i = 0; i < LEVEL_COUNT; i++)
        if (!strcmp(g->value, level_texts[i])) {
            o->gate = (enum level)i;
            return true;
        }
    return wrong(g, "none of must, should, may");
}

static bool set_jobs(struct options *o, const struct given *g)
{
    int64_t jobs;
    if (!str_to_int(str_from(g->value), &jobs) || jobs < 1 || jobs > JOBS_MAX)
        return wrong(g, "no number of jobs (1 to 1000)");
    o->jobs = jobs;
    return true;
}

static bool set_report(struct options *o, const struct given *g)
{
    return read_pairs(o, g, &o->reports);
}

static bool set_read_only(struct options *o, const struct given *g)
{
    return read_switch(g, &o->read_only);
}

static bool set_allow_writes(struct options *o, const struct given *g)
{
    return read_switch(g, &o->allow_writes);
}

static bool set_allow_costly(struct options *o, const struct given *g)
{
    return read_switch(g, &o->allow_costly);
}

static bool set_timeout(struct options *o, const struct given *g)
{
    int64_t ms;
    if (!duration_parse(str_from(g->value), &ms) || ms <= 0 || ms > INT32_MAX)
        return wrong(g, "no time-out such as 10s");
    o->timeout_ms = ms;
    return true;
}

static bool set_insecure(struct options *o, const struct given *g)
{
    return read_switch(g, &o->insecure);
}

static bool set_cacert(struct options *o, const struct given *g)
{
    o->ca_file = g->value;
    return true;
}

static bool set_no_color(struct options *o, const struct given *g)
{
    return read_switch(g, &o->no_color);
}

static bool set_quiet(struct options *o, const struct given *g)
{
    return read_switch(g, &o->quiet);
}

static bool set_json(struct options *o, const struct given *g)
{
    return read_switch(g, &o->json);
}

static bool set_complete(struct options *o, const struct given *g)
{
    return read_switch(g, &o->complete);
}

struct option_row {
    const char *name, *value, *help; /* value NULL: a switch */
    bool (*set)(struct options *o, const struct given *g);
    bool value_optional;
    const char *environment; /* a name of its own; "": none */
};

#define SELECTION_ROWS                                                                             \
    {"tag", "EXPR", "only scenarios with these tags: 'oauth and not slow'", set_tag, 0, 0},        \
        {"claim", "GLOB", "only scenarios that cite such a claim: LA-18*", set_claim, 0, 0},       \
    {                                                                                              \
        "failed", "REPORT", "only what did not come good in a JSON report", set_failed, 0, 0       \
    }

static const struct option_row run_rows[] = {
    SELECTION_ROWS,
    {"mock",         "FIXTURE",       "start a mock for this run",                           set_mock,         true,  ""                },
    {"mock-binary",  "FILE",          "the mock to start",                                   set_mock_binary,  false, "CONFORMANCE_MOCK"},
    {"target",       "FILE",          "the target file",                                     set_target,       false, NULL              },
    {"url",          "URL",           "the target's base URL",                               set_url,          false, NULL              },
    {"control",      "URL",           "the control door of a mock that runs already",        set_control,      false, NULL              },
    {"key",          "NAME=VARIABLE", "with --url: an actor, its key from the environment",  set_key,          false,
      ""                                                                                                                                 },
    {"shard",        "I/N",           "only the Ith of N parts",                             set_shard,        false, NULL              },
    {"gate",         "LEVEL",         "red on failures of must (default) or also of should", set_gate,         false, NULL              },
    {"jobs",         "N",             "scenarios at once",                                   set_jobs,         false, NULL              },
    {"report",       "NAME=FILE,...", "reports to write (- is stdout)",                      set_report,       false, NULL              },
    {"read-only",    NULL,            "never write to a real target (default)",              set_read_only,    false, NULL              },
    {"allow-writes", NULL,            "scenarios may write to a real target",                set_allow_writes, false, NULL              },
    {"allow-costly", NULL,            "and do there what costs money",                       set_allow_costly, false, NULL              },
    {"timeout",      "DURATION",      "of one request (10s)",                                set_timeout,      false, NULL              },
    {"insecure",     NULL,            "do not verify certificates",                          set_insecure,     false, NULL              },
    {"cacert",       "FILE",          "verify certificates by these",                        set_cacert,       false, NULL              },
    {"no-color",     NULL,            "no colour",                                           set_no_color,     false, NULL              },
    {"quiet",        NULL,            "no progress",                                         set_quiet,        false, NULL              },
};

static const struct option_row lint_rows[] = {
    {"complete", NULL, "status 1 while nobody cites a claim that can be observed", set_complete,
     false, NULL},
};

static const struct option_row list_rows[] = {
    SELECTION_ROWS,
    {"json", NULL, "print JSON", set_json, false, NULL},
};

static const struct command_row {
    const char *name;
    enum command command;
    const struct option_row *rows;
    size_t count;
    const char *help;
} commands[] = {
    {"run",  COMMAND_RUN,  run_rows,  COUNT(run_rows),  "Play scenarios against a target."  },
    {"lint", COMMAND_LINT, lint_rows, COUNT(lint_rows), "Check scenarios without playing."  },
    {"list", COMMAND_LIST, list_rows, COUNT(list_rows), "List scenarios and what they cite."},
};

#define MAIN_HELP                                                                                  \
    "Plays scenarios against an API and judges the claims they cite.\v"                            \
    "Commands, before any option ('COMMAND --help' tells more):\n"                                 \
    "  run PATH...   play scenarios against a target\n"                                            \
    "  lint PATH...  check scenarios without playing\n"                                            \
    "  list PATH...  list scenarios\n\n"                                                           \
    "Each option may also stand in the environment: CONFORMANCE_JOBS for --jobs. Status: 0 all "   \
    "holds, 1 something does not, 2 unusable input, 3 the target or network, 4 nothing was "       \
    "checked, 5 something was left behind or would have leaked, 130 interrupted."

static const struct command_row *find_command(const char *name)
{
    for (size_t i = 0; name && i < COUNT(commands); i++)
        if (!strcmp(name, commands[i].name))
            return &commands[i];
    return NULL;
}

/* --- reading -------------------------------------------------------------------------------- */

struct parse {
    struct options *options;
    const struct command_row *command; /* NULL: none was named */
    bool *given;                       /* which rows the command line has set */
    struct error *err;
};

/* NOLINTNEXTLINE(readability-non-const-parameter): argp's own type */
static error_t parse_one(int key, char *value, struct argp_state *state)
{
    struct parse *p = state->input;
    size_t count = p->command ? p->command->count : 0;
    if (key == ARGP_KEY_ARG) {
        *arena_push(p->options->arena, &p->options->paths, const char *) = value;
        return 0;
    }
    if (key < FIRST_KEY || key >= FIRST_KEY + (int)count)
        return ARGP_ERR_UNKNOWN;
    const struct option_row *row = &p->command->rows[key - FIRST_KEY];
    const char *by = arena_printf(p->options->arena, "--%s", row->name);
    p->given[key - FIRST_KEY] = true;
    row->set(p->options, &(struct given){value, by, p->err});
    return 0;
}

static const char *environment_name(struct arena *a, const struct option_row *row)
{
    if (row->environment)
        return row->environment;
    char *text = arena_printf(a, "CONFORMANCE_%s", row->name);
    for (char *c = text; *c; c++)
        if (*c == '-')
            *c = '_';
        else
            *c = (char)toupper((unsigned char)*c);
    return text;
}

static void read_environment(struct parse *p)
{
    for (size_t i = 0; i < p->command->count; i++) {
        const struct option_row *row = &p->command->rows[i];
        const char *name = environment_name(p->options->arena, row);
        const char *value = *name ? getenv(name) : NULL;
        if (value && !p->given[i])
            row->set(p->options, &(struct given){value, name, p->err});
    }
}

static const char *help_of(struct arena *a, const struct option_row *row)
{
    if (row->set != set_report)
        return row->help;
    return arena_printf(a, "%s: %s", row->help, report_format_names(a));
}

static void read_arguments(struct parse *p, int argc, char **argv)
{
    struct arena *a = p->options->arena;
    size_t count = p->command ? p->command->count : 0;
    struct argp_option *rows = arena_array(a, struct argp_option, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct option_row *row = &p->command->rows[i];
        rows[i] = (struct argp_option){.name = row->name,
                                       .key = FIRST_KEY + (int)i,
                                       .arg = row->value,
                                       .flags = row->value_optional ? OPTION_ARG_OPTIONAL : 0,
                                       .doc = help_of(a, row)};
    }
    struct argp argp = {.options = count ? rows : NULL, /* glibc loses an empty list's memory */
                        .parser = parse_one,
                        .args_doc = p->command ? "PATH..." : "COMMAND PATH...",
                        .doc = p->command ? p->command->help : MAIN_HELP};
    if (p->command)
        argv[0] = arena_printf(a, "conformance %s", p->command->name);
    argp_parse(&argp, argc, argv, 0, NULL, p);
}

static void check(const struct parse *p)
{
    const struct options *o = p->options;
    struct where nowhere = {0};
    if (!o->paths.count)
        error_add(p->err, ERROR_USAGE, nowhere, "%s needs scenarios: files or folders",
                  p->command->name);
    if (o->read_only && o->allow_writes)
        error_add(p->err, ERROR_USAGE, nowhere,
                  "--read-only and --allow-writes exclude each other");
    if (o->mock && o->url)
        error_add(p->err, ERROR_USAGE, nowhere,
                  "--mock starts a target of its own: not with --url");
    if (o->command == COMMAND_RUN && !o->mock && !o->target && !o->url)
        error_add(p->err, ERROR_USAGE, nowhere, "run needs --mock, --target FILE or --url URL");
}

bool options_read(struct arena *a, int argc, char **argv, struct options *out, struct error *err)
{
    *out = (struct options){.arena = a, .gate = LEVEL_MUST, .timeout_ms = TIMEOUT_MS};
    struct parse p = {
        .options = out, .command = argc > 1 ? find_command(argv[1]) : NULL, .err = err};
    argp_err_exit_status = 2;
    argp_program_version = "conformance " UNDERSTUDY_VERSION;
    if (!p.command) {
        read_arguments(&p, argc, argv);
        return error_add(err, ERROR_USAGE, (struct where){0},
                         argc > 1 ? "'%s' is no command: run, lint, list"
                                  : "which command%s? run, lint, list",
                         argc > 1 ? argv[1] : "");
    }
    out->command = p.command->command;
    p.given = arena_array(a, bool, p.command->count + 1);
    read_arguments(&p, argc - 1, argv + 1);
    read_environment(&p);
    check(&p);
    return !error_any(err);
}
