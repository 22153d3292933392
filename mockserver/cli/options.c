#include "mockserver/cli/options.h"

#include <string.h>

#include "base/buf.h"
#include "base/host.h"
#include "base/time.h"
#include "base/url.h"
#include "mockserver/cors.h"
#include "mockserver/journal.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static bool read_port(const struct given *g, int64_t *port)
{
    int64_t value;
    if (!str_to_int(str_from(g->value), &value) || value < 0 || value > 65535)
        return flag_wrong(g, "no port (0 to 65535)");
    *port = value;
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
        return flag_wrong(g, "no base URL: it has a query or a fragment");
    o->public_url = kept;
    return true;
}

static bool set_consent(struct options *o, const struct given *g)
{
    o->local_consent = !strcmp(g->value, "local");
    return o->local_consent || !strcmp(g->value, "provider") ||
           flag_wrong(g, "neither 'provider' nor 'local'");
}

static bool set_admin_port(struct options *o, const struct given *g)
{
    return read_port(g, &o->admin_port);
}

static bool set_no_admin(struct options *o, const struct given *g)
{
    return flag_switch(g, &o->no_admin);
}

static bool set_admin_token(struct options *o, const struct given *g)
{
    o->admin_token = g->value;
    return *g->value || flag_wrong(g, "empty");
}

static bool set_tls(struct options *o, const struct given *g)
{
    return flag_switch(g, &o->tls);
}

static bool set_tls_cert(struct options *o, const struct given *g)
{
    o->tls_cert = g->value;
    return *g->value || flag_wrong(g, "empty");
}

static bool set_tls_key(struct options *o, const struct given *g)
{
    o->tls_key = g->value;
    return *g->value || flag_wrong(g, "empty");
}

static bool set_cors(struct options *o, const struct given *g)
{
    struct str rest = str_from(g->value);
    do {
        const char *origin = cors_origin(o->arena, str_trim(str_cut(&rest, ',')));
        if (!origin)
            return flag_wrong(g, "no origin (scheme://host[:port] without a path), nor * nor null");
        *arena_push(o->arena, &o->cors, const char *) = origin;
    } while (rest.n);
    return true;
}

static bool set_from(struct options *o, const struct given *g)
{
    struct url url;
    const char *why;
    struct str text = str_from(g->value);
    while (str_ends(text, STR("/")))
        text.n--;
    o->from = str_dup(o->arena, text);
    return url_parse(o->arena, o->from, &url, &why) ||
           error_add(g->err, ERROR_USAGE, (struct where){0}, "%s: '%s' is no http(s) URL: %s",
                     g->by, g->value, why);
}

static bool set_cacert(struct options *o, const struct given *g)
{
    o->cacert = g->value;
    return *g->value || flag_wrong(g, "empty");
}

static bool set_namespace(struct options *o, const struct given *g)
{
    o->world = g->value;
    return namespaces_name_valid(str_from(g->value)) || flag_wrong(g, "no world's name");
}

static bool set_explicit_namespaces(struct options *o, const struct given *g)
{
    return flag_switch(g, &o->explicit_namespaces);
}

static bool set_fail_on_client_checks(struct options *o, const struct given *g)
{
    return flag_switch(g, &o->fail_on_client_checks);
}

#define IDLE_DEFAULT_MS (INT64_C(24) * 60 * 60 * 1000)
#define IDLE_MAX_MS     (INT64_C(3660) * 24 * 60 * 60 * 1000)

static bool set_namespaces(struct options *o, const struct given *g)
{
    int64_t value;
    if (!str_to_int(str_from(g->value), &value) || value < 1 || value > 1000000)
        return flag_wrong(g, "no number of worlds (1 to 1000000)");
    o->namespaces = value;
    return true;
}

static bool set_namespace_idle(struct options *o, const struct given *g)
{
    int64_t value;
    if (!duration_parse(str_from(g->value), &value) || value < 0 || value > IDLE_MAX_MS)
        return flag_wrong(g, "no duration such as 90s, 10m or 24h (0s: for ever)");
    o->namespace_idle_ms = value;
    return true;
}

static bool set_journal_bytes(struct options *o, const struct given *g)
{
    int64_t value;
    if (!str_to_size(str_from(g->value), &value) || value < 1 << 10)
        return flag_wrong(g, "no size such as 512KiB or 8MiB (1KiB at least)");
    o->journal_bytes = value;
    return true;
}

static bool set_no_watch(struct options *o, const struct given *g)
{
    return flag_switch(g, &o->no_watch);
}

static bool set_client_report(struct options *o, const struct given *g)
{
    o->client_report = g->value;
    return *g->value || flag_wrong(g, "empty");
}

static bool set_log(struct options *o, const struct given *g)
{
    for (int i = 0; i < LOG_LEVEL_COUNT; i++)
        if (!strcmp(g->value, log_level_names[i])) {
            o->log = i;
            return true;
        }
    return flag_wrong(g, "none of quiet, error, warn, info, debug");
}

static bool set_json(struct options *o, const struct given *g)
{
    return flag_switch(g, &o->json);
}

static bool set_record_to(struct options *o, const struct given *g)
{
    o->record_to = g->value;
    return *g->value || flag_wrong(g, "empty");
}

static bool set_all(struct options *o, const struct given *g)
{
    return flag_switch(g, &o->all);
}

static const struct flag serve_rows[] = {
    FLAG("fixture", "FILE", set_fixture,
         .help = "a world to start from, the first by default (else a sample)"),
    FLAG("port", "N", set_port, .help = "listen on this port (8080); 0 picks one"),
    FLAG("listen", "ADDRESS", set_listen, .help = "listen on this address (127.0.0.1)"),
    FLAG("public-url", "URL", set_public_url, .help = "minted URLs begin so (http://ADDRESS:PORT)"),
    FLAG("tls", NULL, set_tls,
         .help = "serve HTTPS with a certificate that is made; the ready line tells its file"),
    FLAG("tls-cert", "FILE", set_tls_cert, .help = "serve HTTPS with this certificate (PEM)"),
    FLAG("tls-key", "FILE", set_tls_key, .help = "the key of --tls-cert (PEM, not encrypted)"),
    FLAG("cors", "ORIGIN", set_cors,
         .help =
             "pages of this origin may call the providers and read the responses (repeatable, or "
             "with commas; * for any); the admin API stays closed to them"),
    FLAG("consent", "WHERE", set_consent,
         .help = "consent is the 'provider's (default) or a 'local' page"),
    FLAG("admin-port", "N", set_admin_port,
         .help = "give the admin API a port of its own; 0 picks one"),
    FLAG("no-admin", NULL, set_no_admin, .help = "have no admin API"),
    FLAG("admin-token", "TOKEN", set_admin_token,
         .help = "the admin API asks for this bearer token"),
    FLAG("explicit-namespaces", NULL, set_explicit_namespaces,
         .help = "create a namespace only by POST /__admin/namespaces; without this option the "
                 "first call that names a namespace creates it"),
    FLAG("fail-on-client-checks", NULL, set_fail_on_client_checks,
         .help = "exit with status 1 if a client check failed"),
    FLAG("client-report", "FILE", set_client_report,
         .help = "at the end, write how the clients behaved, as JUnit XML"),
    FLAG("namespaces", "N", set_namespaces, .help = "have so many worlds at most (10000)"),
    FLAG("namespace-idle", "DURATION", set_namespace_idle,
         .help =
             "drop a world that nobody made but by using it after so long without a call (24h); "
             "0s: never"),
    FLAG("journal-bytes", "SIZE", set_journal_bytes,
         .help = "each world's journal keeps so much at most (8MiB)"),
    FLAG("no-watch", NULL, set_no_watch,
         .help = "do not look at the fixtures again when their files change"),
    FLAG("log", "LEVEL", set_log, .help = "quiet, error, warn, info (default) or debug"),
};

static const struct flag record_rows[] = {
    FLAG("to", "FILE", set_record_to,
         .help = "write down what enters and leaves the mock, and when; only you can read the "
                 "file: keys stand in it"),
};

static const struct flag replay_rows[] = {
    FLAG("all", NULL, set_all, .help = "tell every difference, not the first alone"),
    FLAG("json", NULL, set_json, .help = "print JSON"),
};

static const struct flag listing_rows[] = {
    FLAG("json", NULL, set_json, .help = "print JSON"),
};

static const struct flag health_rows[] = {
    FLAG("port", "N", set_port, .help = "ask at this port of this machine (8080)"),
    FLAG("tls", NULL, set_tls, .help = "ask there over HTTPS"),
};

static const struct flag export_rows[] = {
    FLAG("fixture", "FILE", set_fixture,
         .help = "the world that this file makes (else the sample)"),
    FLAG("from", "URL", set_from, .help = "instead: the world of a running mock, as it is now"),
    FLAG("namespace", "NAME", set_namespace, .help = "which of its worlds (default)"),
    FLAG("admin-token", "TOKEN", set_admin_token, .help = "what its admin API asks for"),
    FLAG("cacert", "FILE", set_cacert,
         .help = "verify it by this certificate, such as the one that --tls made"),
};

const struct command_row option_commands[] = {
    {"serve",        COMMAND_SERVE,        serve_rows,   COUNT(serve_rows),   "",             0, 0,
     "Serve the providers' APIs from a world in memory."                                                                                           },
    {"record",       COMMAND_RECORD,       record_rows,  COUNT(record_rows),  "",             0, 0,
     "Serve, with all its options, and write the run down."                                                                                        },
    {"replay",       COMMAND_REPLAY,       replay_rows,  COUNT(replay_rows),  "FILE",         1, 1,
     "Give a recorded run again: where does it first differ?"                                                                                      },
    {"lint",         COMMAND_LINT,         NULL,         0,                   "FILE...",      1, SIZE_MAX,
     "Check fixtures: every mistake, at its place."                                                                                                },
    {"routes",       COMMAND_ROUTES,       listing_rows, COUNT(listing_rows), "",             0, 0,
     "List every operation, and where it is documented."                                                                                           },
    {"capabilities", COMMAND_CAPABILITIES, NULL,         0,                   "",             0, 0,
     "Print what the admin API can do, as JSON."                                                                                                   },
    {"healthcheck",  COMMAND_HEALTHCHECK,  health_rows,  COUNT(health_rows),  "[URL]",        0, 1,
     "Does a running mock answer? Status 0, else 1."                                                                                               },
    {"schema",       COMMAND_SCHEMA,       NULL,         0,                   "fixture|rule", 1, 1,
     "Print a file's JSON Schema, for editors."                                                                                                    },
    {"reference",    COMMAND_REFERENCE,    NULL,         0,                   "",             0, 0,        "Print the reference page, as Markdown."},
    {"export",       COMMAND_EXPORT,       export_rows,  COUNT(export_rows),  "",             0, 0,
     "Print a world as a fixture, with all its secrets."                                                                                           },
};
const size_t option_command_count = COUNT(option_commands);

/* clang-format off */
const struct exit_row option_exits[] = {
    {0, "good; of serving: it was ended by SIGINT or SIGTERM"},
    {1, "healthcheck: no mock answers; replay: the run is not the same; of serving with --fail-on-client-checks: a client check failed"},
    {2, "usage, an input that cannot be used (file:line:col says where), a port that cannot be had, or a recording or report that could not be written"},
    {3, "export: the running mock does not answer, or refuses"},
    {4, "replay: the recording has no response to compare"},
};
/* clang-format on */
const size_t option_exit_count = COUNT(option_exits);

#define HELP_BEFORE                                                                                \
    "An offline, stateful double of social-account APIs.\v"                                        \
    "Commands, before any option (serve is the default; 'COMMAND --help' tells more):\n"
#define HELP_BEHIND                                                                                \
    "\nEach option may also stand in the environment: UNDERSTUDY_MOCK_PORT for --port. When the "  \
    "mock "                                                                                        \
    "is ready, one line of JSON on stdout tells where it listens."

/* argp keeps lines that begin with blanks as they are, and fills the others. */
static const char *main_help(struct arena *a)
{
    struct buf text = {.arena = a};
    buf_text(&text, HELP_BEFORE);
    for (size_t i = 0; i < COUNT(option_commands); i++) {
        const char *usage =
            arena_printf(a, "%s %s", option_commands[i].name, option_commands[i].arguments);
        buf_printf(&text, "  %-20s %s\n", usage, option_commands[i].help);
    }
    buf_text(&text, HELP_BEHIND);
    return buf_c(&text);
}

static const struct command_row *find_command(const char *name)
{
    for (size_t i = 0; name && i < COUNT(option_commands); i++)
        if (!strcmp(name, option_commands[i].name))
            return &option_commands[i];
    return NULL;
}

static bool add_argument(struct options *o, const struct given *g)
{
    *arena_push(o->arena, &o->arguments, const char *) = g->value;
    return true;
}

bool options_any_address(const char *address)
{
    return !strcmp(address, "0.0.0.0") || !strcmp(address, "::");
}

static void refuse_argument(const struct command_row *row, const char *text, struct error *err)
{
    const char *names[COUNT(option_commands)];
    for (size_t i = 0; i < COUNT(option_commands); i++)
        names[i] = option_commands[i].name;
    const char *near = str_nearest(str_from(text), names, COUNT(option_commands));
    struct where nowhere = {0};
    if (find_command(text))
        error_add(err, ERROR_USAGE, nowhere, "'%s' must stand before the options", text);
    else if (near)
        error_add(err, ERROR_USAGE, nowhere, "'%s' is no command; did you mean '%s'?", text, near);
    else
        error_add(err, ERROR_USAGE, nowhere, "%s takes no argument like '%s'", row->name, text);
}

static bool check(const struct options *o, const struct command_row *row, struct error *err)
{
    struct where nowhere = {0};
    if (o->arguments.count < row->least)
        error_add(err, ERROR_USAGE, nowhere, "%s needs %s", row->name, row->arguments);
    if (o->arguments.count > row->most)
        refuse_argument(row, o->arguments.items[row->most], err);
    if (o->command == COMMAND_RECORD && !o->record_to)
        error_add(err, ERROR_USAGE, nowhere, "record needs --to FILE");
    if (o->no_admin && o->admin_port >= 0)
        error_add(err, ERROR_USAGE, nowhere, "--no-admin and --admin-port exclude each other");
    if (!o->tls_cert != !o->tls_key)
        error_add(err, ERROR_USAGE, nowhere, "--tls-cert and --tls-key go together");
    if (o->tls && o->tls_cert)
        error_add(err, ERROR_USAGE, nowhere,
                  "--tls makes a certificate: it and --tls-cert exclude each other");
    if (o->from && o->fixtures.count)
        error_add(err, ERROR_USAGE, nowhere, "--from and --fixture exclude each other");
    if (o->world && !o->from)
        error_add(err, ERROR_USAGE, nowhere, "--namespace goes with --from");
    if (o->cacert && !o->from)
        error_add(err, ERROR_USAGE, nowhere, "--cacert goes with --from");
    if (o->command == COMMAND_EXPORT && o->fixtures.count > 1)
        error_add(err, ERROR_USAGE, nowhere, "export takes one --fixture");
    if (!host_is_loopback(str_from(o->listen)) && !o->no_admin && !o->admin_token)
        error_add(err, ERROR_USAGE, nowhere,
                  "listening on %s needs --admin-token or --no-admin: others could reach the admin "
                  "API",
                  o->listen);
    return !error_any(err);
}

/* Who records serves as well. */
static const struct flag *flags_of(struct arena *a, const struct command_row *row, size_t *count)
{
    size_t more = row->command == COMMAND_RECORD ? COUNT(serve_rows) : 0;
    struct flag *all = arena_array(a, struct flag, row->count + more + 1);
    *count = row->count + more;
    for (size_t i = 0; i < *count; i++)
        all[i] = i < row->count ? row->rows[i] : serve_rows[i - row->count];
    return all;
}

bool options_read(struct arena *a, int argc, char **argv, struct options *out, struct error *err)
{
    const struct command_row *named = argc > 1 ? find_command(argv[1]) : NULL;
    const struct command_row *row = named ? named : &option_commands[0];
    size_t count;
    const struct flag *rows = flags_of(a, row, &count);
    const struct flags flags = {
        .program = "mockserver",
        .environment = "UNDERSTUDY_MOCK",
        .version = UNDERSTUDY_VERSION,
        .command = named ? named->name : NULL,
        .arguments = named ? named->arguments : "[COMMAND]",
        .help = named ? named->help : main_help(a),
        .rows = rows,
        .count = count,
        .argument = add_argument,
    };
    *out = (struct options){
        .arena = a,
        .command = row->command,
        .listen = "127.0.0.1",
        .port = PORT_DEFAULT,
        .admin_port = -1,
        .namespaces = NAMESPACES_DEFAULT,
        .namespace_idle_ms = IDLE_DEFAULT_MS,
        .journal_bytes = JOURNAL_DEFAULT_BYTES,
        .log = LOG_INFO,
    };
    flags_read(a, &flags, argc - (named != NULL), argv + (named != NULL), out, err);
    return check(out, row, err);
}

struct mock_options options_for_mock(const struct options *o)
{
    return (struct mock_options){
        .fixtures = o->fixtures.items,
        .fixture_count = o->fixtures.count,
        .public_url = o->public_url,
        .admin_token = o->admin_token,
        .cors = o->cors.items,
        .cors_count = o->cors.count,
        .admin = !o->no_admin && o->admin_port < 0,
        .explicit_namespaces = o->explicit_namespaces,
        .local_consent = o->local_consent,
        .limits = {(size_t)o->namespaces, (size_t)o->journal_bytes},
        .namespace_idle_ms = o->namespace_idle_ms,
        .watch = !o->no_watch,
    };
}
