#include "conformance/options.h"

#include <string.h>

#include "base/time.h"
#include "conformance/report/report.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

#define TIMEOUT_MS 10000
#define JOBS_MAX   1000

/* --- kinds of values ------------------------------------------------------------------------ */

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
            return flag_wrong(g, "no list of NAME=VALUE");
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

static bool set_admin_url(struct options *o, const struct given *g)
{
    o->admin_url = g->value;
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
        return flag_wrong(g, "no shard such as 2/5");
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
    return flag_wrong(g, "none of must, should, may");
}

static bool set_jobs(struct options *o, const struct given *g)
{
    int64_t jobs;
    if (!str_to_int(str_from(g->value), &jobs) || jobs < 1 || jobs > JOBS_MAX)
        return flag_wrong(g, "no number of jobs (1 to 1000)");
    o->jobs = jobs;
    return true;
}

static bool set_report(struct options *o, const struct given *g)
{
    return read_pairs(o, g, &o->reports);
}

static bool set_read_only(struct options *o, const struct given *g)
{
    return flag_switch(g, &o->read_only);
}

static bool set_allow_writes(struct options *o, const struct given *g)
{
    return flag_switch(g, &o->allow_writes);
}

static bool set_allow_costly(struct options *o, const struct given *g)
{
    return flag_switch(g, &o->allow_costly);
}

static bool set_timeout(struct options *o, const struct given *g)
{
    int64_t ms;
    if (!duration_parse(str_from(g->value), &ms) || ms <= 0 || ms > INT32_MAX)
        return flag_wrong(g, "no time-out such as 10s");
    o->timeout_ms = ms;
    return true;
}

static bool set_insecure(struct options *o, const struct given *g)
{
    return flag_switch(g, &o->insecure);
}

static bool set_cacert(struct options *o, const struct given *g)
{
    o->ca_file = g->value;
    return true;
}

static bool set_no_color(struct options *o, const struct given *g)
{
    return flag_switch(g, &o->no_color);
}

static bool set_quiet(struct options *o, const struct given *g)
{
    return flag_switch(g, &o->quiet);
}

static bool set_json(struct options *o, const struct given *g)
{
    return flag_switch(g, &o->json);
}

static bool set_complete(struct options *o, const struct given *g)
{
    return flag_switch(g, &o->complete);
}

#define SELECTION_ROWS                                                                             \
    FLAG("tag", "EXPR", set_tag, .help = "only scenarios with these tags: 'oauth and not slow'"),  \
        FLAG("claim", "GLOB", set_claim, .help = "only scenarios that cite such a claim: LA-18*"), \
        FLAG("failed", "REPORT", set_failed,                                                       \
             .help = "re-runs the failed and undecided checks of a JSON report")

static const struct flag run_rows[] = {
    SELECTION_ROWS,
    FLAG("mock", "FIXTURE", set_mock, .help = "start a mock for this run", .value_optional = true,
         .environment = ""),
    FLAG("mock-binary", "FILE", set_mock_binary, .help = "the mock to start",
         .environment = "UNDERSTUDY_TEST_MOCK"),
    FLAG("target", "FILE", set_target, .help = "the target file"),
    FLAG("url", "URL", set_url, .help = "the target's base URL"),
    FLAG("admin-url", "URL", set_admin_url, .help = "the admin API of a mock that runs already"),
    FLAG("key", "NAME=VARIABLE", set_key,
         .help = "with --url: an actor, its key from the environment", .environment = ""),
    FLAG("shard", "I/N", set_shard, .help = "only the Ith of N parts"),
    FLAG("gate", "LEVEL", set_gate, .help = "red on failures of must (default) or also of should"),
    FLAG("jobs", "N", set_jobs, .help = "scenarios at once"),
    FLAG("report", "NAME=FILE,...", set_report, .help = "reports to write (- is stdout)",
         .more_help = report_format_names),
    FLAG("read-only", NULL, set_read_only, .help = "never write to a real target (default)"),
    FLAG("allow-writes", NULL, set_allow_writes, .help = "scenarios may write to a real target"),
    FLAG("allow-costly", NULL, set_allow_costly, .help = "and do there what costs money"),
    FLAG("timeout", "DURATION", set_timeout, .help = "of one request (10s)"),
    FLAG("insecure", NULL, set_insecure, .help = "do not verify certificates"),
    FLAG("cacert", "FILE", set_cacert, .help = "verify certificates by these"),
    FLAG("no-color", NULL, set_no_color, .help = "no colour"),
    FLAG("quiet", NULL, set_quiet, .help = "no progress"),
};

static const struct flag lint_rows[] = {
    FLAG("complete", NULL, set_complete, .help = "status 1 if an observable claim is uncited"),
};

static const struct flag list_rows[] = {
    SELECTION_ROWS,
    FLAG("json", NULL, set_json, .help = "print JSON"),
};

static const struct command_row {
    const char *name;
    enum command command;
    const struct flag *rows;
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
    "Each option may also stand in the environment: UNDERSTUDY_TEST_JOBS for --jobs. Status: 0 "   \
    "all "                                                                                         \
    "holds, 1 something does not, 2 unusable input, 3 the target or network, 4 nothing was "       \
    "checked, 5 something was left behind or would have leaked, 130 interrupted."

static const struct command_row *find_command(const char *name)
{
    for (size_t i = 0; name && i < COUNT(commands); i++)
        if (!strcmp(name, commands[i].name))
            return &commands[i];
    return NULL;
}

static bool add_path(struct options *o, const struct given *g)
{
    *arena_push(o->arena, &o->paths, const char *) = g->value;
    return true;
}

static bool check_options(const struct options *o, const struct command_row *row, struct error *err)
{
    struct where nowhere = {0};
    if (!o->paths.count)
        error_add(err, ERROR_USAGE, nowhere, "%s needs scenarios: files or folders", row->name);
    if (o->read_only && o->allow_writes)
        error_add(err, ERROR_USAGE, nowhere, "--read-only and --allow-writes exclude each other");
    if (o->mock && o->url)
        error_add(err, ERROR_USAGE, nowhere, "--mock starts a target of its own: not with --url");
    if (o->command == COMMAND_RUN && !o->mock && !o->target && !o->url)
        error_add(err, ERROR_USAGE, nowhere, "run needs --mock, --target FILE or --url URL");
    return !error_any(err);
}

bool options_read(struct arena *a, int argc, char **argv, struct options *out, struct error *err)
{
    const struct command_row *row = argc > 1 ? find_command(argv[1]) : NULL;
    const struct flags flags = {
        .program = "conformance",
        .environment = "UNDERSTUDY_TEST",
        .version = UNDERSTUDY_VERSION,
        .command = row ? row->name : NULL,
        .arguments = row ? "PATH..." : "COMMAND PATH...",
        .help = row ? row->help : MAIN_HELP,
        .rows = row ? row->rows : NULL,
        .count = row ? row->count : 0,
        .argument = add_path,
    };
    *out = (struct options){.arena = a, .gate = LEVEL_MUST, .timeout_ms = TIMEOUT_MS};
    flags_read(a, &flags, argc - (row != NULL), argv + (row != NULL), out, err);
    if (!row)
        return error_add(err, ERROR_USAGE, (struct where){0},
                         argc > 1 ? "'%s' is no command: run, lint, list"
                                  : "which command%s? run, lint, list",
                         argc > 1 ? argv[1] : "");
    out->command = row->command;
    return check_options(out, row, err);
}
