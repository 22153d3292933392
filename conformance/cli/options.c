#include "conformance/cli/options.h"

#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/file.h"
#include "base/time.h"
#include "base/url.h"
#include "conformance/prove/mutants.h"
#include "conformance/report/report.h"
#include "conformance/run/target.h"

#define TIMEOUT_MS 10000
#define JOBS_MAX   1000

/* --- kinds of values ---------------------------------------------------------------------- */

static bool read_texts(struct options *o, const struct given *g, struct texts_list *list)
{
    struct str rest = str_from(g->value);
    while (rest.n)
        *arena_push(o->arena, list, const char *) = str_dup(o->arena, str_trim(str_cut(&rest, ',')));
    return true;
}

/* Reads a list of pairs such as NAME=VAR. For the error message, `form` is that form, and `shown` the value. */
static bool read_pairs(struct options *o, const struct given *g, struct texts_list *list, const char *form,
                       const char *shown)
{
    struct given message = *g;
    message.value = shown;
    size_t first = list->count;
    read_texts(o, g, list);
    for (size_t i = first; i < list->count; i++) {
        const char *equals = strchr(list->items[i], '=');
        if (!equals || equals == list->items[i] || !equals[1])
            return flag_invalid(&message,
                                arena_printf(o->arena, "expected %s, or several of them separated by commas", form));
    }
    return true;
}

static bool expect_url(const struct options *o, const struct given *g)
{
    struct url url;
    struct given shown = *g;
    const char *why;
    shown.value = url_shown(o->arena, g->value);
    if (!url_parse(o->arena, g->value, &url, &why))
        return flag_invalid(&shown, arena_printf(o->arena, "expected an http or https URL (%s)", why));
    return (!*url.query && !*url.fragment) || flag_invalid(&shown, "expected a URL without query and fragment");
}

#define SET_TEXT(member)                                                                                               \
    static bool set_##member(struct options *o, const struct given *g)                                                 \
    {                                                                                                                  \
        o->member = g->value;                                                                                          \
        return true;                                                                                                   \
    }
#define SET_SWITCH(member)                                                                                             \
    static bool set_##member(struct options *o, const struct given *g)                                                 \
    {                                                                                                                  \
        return flag_switch(g, &o->member);                                                                             \
    }

SET_TEXT(mock_binary)
SET_TEXT(target)
SET_TEXT(tags)
SET_TEXT(failed)
SET_TEXT(ca_file)
SET_TEXT(show)
SET_SWITCH(read_only)
SET_SWITCH(allow_writes)
SET_SWITCH(allow_costly)
SET_SWITCH(insecure)
SET_SWITCH(no_preflight)
SET_SWITCH(no_color)
SET_SWITCH(quiet)
SET_SWITCH(json)
SET_SWITCH(complete)
SET_SWITCH(list_claims)

/* --- options ------------------------------------------------------------------------------ */

static bool set_mock(struct options *o, const struct given *g)
{
    o->mock = true;
    o->mock_fixture = g->value;
    return true;
}

static bool set_url(struct options *o, const struct given *g)
{
    o->url = g->value;
    return expect_url(o, g);
}

static bool set_admin_url(struct options *o, const struct given *g)
{
    o->admin_url = g->value;
    return expect_url(o, g);
}

static bool set_key(struct options *o, const struct given *g)
{
    return read_pairs(o, g, &o->keys, "NAME=VAR", "***"); /* it may be the key itself */
}

static bool set_claim(struct options *o, const struct given *g)
{
    bool given = str_trim(str_from(g->value)).n > 0;
    return given ? read_texts(o, g, &o->claims) : flag_invalid(g, "expected ids or globs, for example LA-18*");
}

static bool set_shard(struct options *o, const struct given *g)
{
    struct str rest = str_from(g->value);
    int64_t shard, shards;
    if (!str_to_int(str_cut(&rest, '/'), &shard) || !str_to_int(rest, &shards) || shard < 1 || shards < shard ||
        shards > JOBS_MAX)
        return flag_invalid(g, "expected I/N with I from 1 to N, for example 2/5");
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
    return flag_invalid(g, "expected must, should or may");
}

static bool set_mutant(struct options *o, const struct given *g)
{
    return read_texts(o, g, &o->mutants);
}

static bool set_only(struct options *o, const struct given *g)
{
    static const char *const kinds[] = {"mutants", "controls", "legal"};
    for (int i = 0; i < ENTRY_KIND_COUNT; i++)
        if (strcmp(g->value, kinds[i]) == 0) {
            o->only = i;
            return true;
        }
    return flag_invalid(g, "expected mutants, controls or legal");
}

static bool set_jobs(struct options *o, const struct given *g)
{
    int64_t jobs;
    if (!str_to_int(str_from(g->value), &jobs) || jobs < 1 || jobs > JOBS_MAX)
        return flag_invalid(g, "expected 1 to 1000");
    o->jobs = jobs;
    return true;
}

static bool set_report(struct options *o, const struct given *g)
{
    return read_pairs(o, g, &o->reports, "FORMAT=FILE", g->value);
}

static bool set_timeout(struct options *o, const struct given *g)
{
    int64_t ms;
    if (!duration_parse(str_from(g->value), &ms) || ms <= 0 || ms > INT32_MAX)
        return flag_invalid(g, "expected a duration above 0, for example 10s");
    o->timeout_ms = ms;
    return true;
}

/* clang-format off */
#define SELECTION_ROWS                                                                                                 \
    FLAG("tag", "EXPR", set_tags, .help = "only scenarios whose tags match, for example 'oauth and not slow'"),        \
    FLAG("claim", "GLOB,...", set_claim, .help = "only scenarios that cite a matching claim, for example LA-18*"),     \
    FLAG("failed", "REPORT", set_failed,                                                                               \
         .help = "only scenarios with failed or undecided checks in REPORT (a JSON report)")
#define DECLARING_TARGET_ROW                                                                                           \
    FLAG("target", "FILE", set_target, .help = "target file to check too: scenarios may use the names that it declares")
/* clang-format on */

static const struct flag run_rows[] = {
    SELECTION_ROWS,
    FLAG("mock", "FIXTURE", set_mock, .help = "start a mock server for this run (default fixture: the target file's)",
         .value_optional = true, .environment = ""),
    FLAG("mock-binary", "FILE", set_mock_binary,
         .help = "mock server to start (default: mockserver beside this program, then on PATH)",
         .environment = "UNDERSTUDY_TEST_MOCK"),
    FLAG("target", "FILE", set_target,
         .help = "target file (default with --mock: targets/mock.yaml beside the scenarios)"),
    FLAG("url", "URL", set_url,
         .help = "URL of the target, with or without its mount; replaces base_url and "
                 "admin_url of the target file. Without --admin-url it is a real target, also if the "
                 "file says 'mock: true'"),
    FLAG("admin-url", "URL", set_admin_url,
         .help = "admin API of a mock server that is already running; only admin requests go to it"),
    FLAG("key", "NAME=VAR,...", set_key,
         .help = "add actor NAME, whose credential is in the environment variable VAR (actor: the "
                 "identity a step calls as)",
         .environment = ""),
    FLAG("shard", "I/N", set_shard, .help = "only part I of N, for example 2/5"),
    FLAG("gate", "LEVEL", set_gate,
         .help = "fail the run on failed claims of this level or above: must, should or may (default must)"),
    FLAG("jobs", "N", set_jobs, .help = "number of scenarios to run at once (default 64 with an admin API, else 1)"),
    FLAG("report", "FORMAT=FILE,...", set_report, .help = "write reports to files (- is stdout); FORMAT is one of",
         .more_help = report_format_names),
    FLAG("read-only", NULL, set_read_only,
         .help = "run no scenario that writes, not even to a mock (default for a real target)"),
    FLAG("allow-writes", NULL, set_allow_writes, .help = "allow scenarios that write to a real target"),
    FLAG("allow-costly", NULL, set_allow_costly, .help = "allow scenarios that cost money on a real target"),
    FLAG("timeout", "DURATION", set_timeout, .help = "time limit of one request (default 10s)"),
    FLAG("no-preflight", NULL, set_no_preflight,
         .help = "do not check the target before the run (keys, resources, base URL, clock)"),
    FLAG("insecure", NULL, set_insecure, .help = "do not verify TLS certificates"),
    FLAG("cacert", "FILE", set_ca_file, .help = "CA certificates to verify the target with (default: the system's)"),
    FLAG("no-color", NULL, set_no_color, .help = "do not use colours"),
    FLAG("quiet", NULL, set_quiet, .help = "do not show progress"),
};

static const struct flag lint_rows[] = {
    DECLARING_TARGET_ROW,
    FLAG("complete", NULL, set_complete,
         .help =
             "exit with status 1 if an observable claim is not cited, a must claim has fewer than three mutants, or "
             "isolation.yaml lacks an operation or a cell"),
};

static const struct flag list_rows[] = {
    SELECTION_ROWS,
    DECLARING_TARGET_ROW,
    FLAG("json", NULL, set_json, .help = "print JSON"),
    FLAG("claims", NULL, set_list_claims,
         .help = "list the claims of the suite, and where the documentation states them"),
};

static const struct flag prove_rows[] = {
    FLAG("mock-binary", "FILE", set_mock_binary,
         .help = "mock server to start (default: mockserver beside this program, then on PATH)",
         .environment = "UNDERSTUDY_TEST_MOCK"),
    FLAG("claim", "GLOB,...", set_claim, .help = "only mutants that break a matching claim, for example LA-18*"),
    FLAG("mutant", "GLOB,...", set_mutant,
         .help = "only the mutants, controls and legal servers with a matching name, for example 'filter-*'"),
    FLAG("only", "KIND", set_only, .help = "only this kind: mutants, controls or legal (servers)"),
    FLAG("show", "NAME", set_show,
         .help = "run the whole suite on one of them, and print its failure cards, how it is judged, and its fixture"),
    FLAG("jobs", "N", set_jobs, .help = "number of processes, each with a mock (default: one per processor)"),
    FLAG("report", "json=FILE", set_report, .help = "write the result as JSON to a file (- is stdout)"),
    FLAG("no-color", NULL, set_no_color, .help = "do not use colours"),
    FLAG("quiet", NULL, set_quiet, .help = "do not show progress"),
};

#define EXIT_HELP                                                                                                      \
    "Exit status of run: the first of these that applies. The summary and the\n"                                       \
    "reports name all that apply.\n"                                                                                   \
    "  2    wrong usage or invalid input; a report that cannot be written, or a\n"                                     \
    "       mock server that does not start\n"                                                                         \
    "  130  interrupted\n"                                                                                             \
    "  4    nothing was judged: no scenario was selected, or none could run\n"                                         \
    "  1    a claim at or above --gate failed, or a check that cites no claim\n"                                       \
    "  3    the target or the network failed, or the preflight found a problem\n"                                      \
    "  5    something that the run created is still on the target, or a secret\n"                                      \
    "       could not be removed from a report\n"                                                                      \
    "  4    the run proves too little: no check passed, one had nothing to\n"                                          \
    "       compare, or a claim at or above --gate is undecided because an earlier\n"                                  \
    "       step failed or a wait ended too early\n"                                                                   \
    "  0    none of these; or there was nothing to do: the part of --shard is\n"                                       \
    "       empty, or nothing failed in the run of --failed"

#define RUN_HELP                                                                                                       \
    "Run scenarios against a target, and check the claims they cite.\v"                                                \
    "PATH is a scenario file or a folder of them. Give the target with --mock, --target or "                           \
    "--url. Scenarios that the target cannot run are reported as not applicable.\n\n" EXIT_HELP
#define LINT_HELP "Check scenario files without running them, and list the claims that none cites."
#define LIST_HELP                                                                                                      \
    "List scenarios, one NAME<tab>TITLE per line. With --claims list all claims instead: id, level, claim, document "  \
    "and heading, URL or path."

#define PROVE_HELP                                                                                                     \
    "Measure what a suite notices: play each server of mutants.yaml, and judge the suite by its verdicts.\v"           \
    "PATH is the folder of a provider's suite, or a folder of several. A mutant is a mock with one "                   \
    "mistake: a check of each claim that it breaks must fail. A control is no provider: no claim "                     \
    "may hold on it. A legal server differs as the documents allow: no check may fail.\n\n"                            \
    "Exit status of prove:\n"                                                                                          \
    "  0    every mutant of a must claim was killed by a check of that claim, no\n"                                    \
    "       claim holds on a control, and no legal server was called wrong\n"                                          \
    "  1    one of these is not so\n"                                                                                  \
    "  2    wrong usage or an invalid file; a mutant that the mock refuses\n"                                          \
    "  3    a mock or a process ended, or the suite is not green on the unchanged\n"                                   \
    "       mock\n"                                                                                                    \
    "  4    nothing was played: no entry matches all of the options\n"                                                 \
    "  130  interrupted"

static const struct command_row {
    const char *name;
    enum command command;
    const struct flag *rows;
    size_t count;
    const char *help;
} commands[] = {
    {"run",   COMMAND_RUN,   run_rows,   COUNT(run_rows),   RUN_HELP  },
    {"lint",  COMMAND_LINT,  lint_rows,  COUNT(lint_rows),  LINT_HELP },
    {"list",  COMMAND_LIST,  list_rows,  COUNT(list_rows),  LIST_HELP },
    {"prove", COMMAND_PROVE, prove_rows, COUNT(prove_rows), PROVE_HELP},
};

#define MAIN_HELP                                                                                                      \
    "A test suite that checks an API endpoint against its documentation.\v"                                            \
    "Commands (before any option; 'COMMAND --help' for details):\n"                                                    \
    "  run PATH...   Run scenarios against a target.\n"                                                                \
    "  lint PATH...  Check scenario files without running them.\n"                                                     \
    "  list PATH...  List scenarios.\n"                                                                                \
    "  prove PATH... Measure which mistakes of a provider the scenarios notice.\n\n"                                   \
    "An option can also be set in the environment, for example UNDERSTUDY_TEST_JOBS for "                              \
    "--jobs.\n\n"                                                                                                      \
    "lint and list exit with 0 if there is no error, with 2 if the input is\n"                                         \
    "invalid; lint --complete with 1 if a claim is not cited or has few mutants, or\n"                                 \
    "isolation.yaml has a gap.\n\n" EXIT_HELP

static const struct command_row *find_command(const char *name)
{
    for (size_t i = 0; name && i < COUNT(commands); i++)
        if (!strcmp(name, commands[i].name))
            return &commands[i];
    return NULL;
}

/* " (did you mean 'run'?)" if `name` resembles a command, else the list of commands. */
static const char *command_hint(struct arena *a, const char *name)
{
    const char *names[COUNT(commands)];
    for (size_t i = 0; i < COUNT(commands); i++)
        names[i] = commands[i].name;
    const char *near = str_nearest(str_from(name), names, COUNT(names));
    return near ? arena_printf(a, " (did you mean '%s'?)", near) : " (run, lint, list or prove)";
}

/* Returns the command that follows an option of its own, as in `--mock run PATH`; else NULL. */
static const char *misplaced_command(int argc, char **argv)
{
    const struct command_row *row = NULL;
    for (int i = 2; !row && i < argc; i++)
        row = find_command(argv[i]);
    if (!row || strncmp(argv[1], "--", 2) != 0)
        return NULL;
    const char *option = argv[1] + 2;
    for (size_t i = 0; i < row->count; i++)
        if (strlen(row->rows[i].name) == strcspn(option, "=") &&
            strncmp(option, row->rows[i].name, strcspn(option, "=")) == 0)
            return row->name;
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
        error_add(err, ERROR_USAGE, nowhere, "missing argument: '%s' needs scenario files or folders", row->name);
    if (o->read_only && o->allow_writes)
        error_add(err, ERROR_USAGE, nowhere, "--read-only cannot be combined with --allow-writes");
    if (o->mock && o->url)
        error_add(err, ERROR_USAGE, nowhere, "--mock cannot be combined with --url; it starts its own target");
    if (o->mock && o->admin_url)
        error_add(err, ERROR_USAGE, nowhere, "--mock cannot be combined with --admin-url; it starts its own target");
    if (o->mock && o->ca_file)
        error_add(err, ERROR_USAGE, nowhere, "--mock cannot be combined with --cacert; the mock it starts serves http");
    const char *why = o->ca_file ? file_why_unreadable(o->ca_file) : NULL;
    if (why)
        error_add(err, ERROR_USAGE, nowhere, "--cacert: cannot read '%s': %s", o->ca_file, why);
    if (o->command == COMMAND_RUN && !o->mock && !o->target && !o->url)
        error_add(err, ERROR_USAGE, nowhere, "missing target: 'run' needs --mock, --target FILE or --url URL");
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
        .command_doc = "COMMAND",
        .arguments = "PATH...",
        .help = row ? row->help : MAIN_HELP,
        .rows = row ? row->rows : NULL,
        .count = row ? row->count : 0,
        .argument = add_path,
    };
    *out = (struct options){.arena = a, .gate = LEVEL_MUST, .timeout_ms = TIMEOUT_MS, .only = -1};
    const char *misplaced = row ? NULL : misplaced_command(argc, argv);
    if (misplaced)
        return error_add(err, ERROR_USAGE, (struct where){0}, "command '%s' must come before all options", misplaced);
    flags_read(a, &flags, argc - (row != NULL), argv + (row != NULL), out, err);
    if (!row)
        return error_add(err, ERROR_USAGE, (struct where){0},
                         argc > 1 ? "unknown command '%s'%s" : "missing command%s%s", argc > 1 ? argv[1] : "",
                         command_hint(a, argc > 1 ? argv[1] : ""));
    out->command = row->command;
    return check_options(out, row, err);
}
