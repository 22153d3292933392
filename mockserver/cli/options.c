#include "mockserver/cli/options.h"

#include <netdb.h>
#include <string.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/host.h"
#include "base/time.h"
#include "base/units.h"
#include "base/url.h"
#include "mockserver/cli/port.h"
#include "mockserver/pipeline/cors.h"
#include "mockserver/runtime/journal.h"

static bool read_port(const struct given *g, int64_t *port)
{
    int64_t value;
    if (!str_to_int(str_from(g->value), &value) || value < 0 || value > 65535)
        return flag_invalid(g, "expected 0 to 65535");
    *port = value;
    return true;
}

/* UNDERSTUDY_MOCK_FIXTURE is a list of paths separated by colons. */
static bool set_fixture(struct options *o, const struct given *g)
{
    struct str rest = str_from(g->value);
    if (g->by[0] == '-')
        *arena_push(o->arena, &o->fixtures, const char *) = g->value;
    else
        while (rest.n)
            *arena_push(o->arena, &o->fixtures, const char *) = str_dup(o->arena, str_cut(&rest, ':'));
    return true;
}

static bool expect_file(const struct given *g)
{
    return *g->value || flag_invalid(g, "expected a file name");
}

static bool set_port(struct options *o, const struct given *g)
{
    return read_port(g, &o->port);
}

/* Accepts what the listener accepts: also the short forms of IPv4, and IPv6 zones. */
static bool is_ip_address(const char *address)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST};
    struct addrinfo *found;
    if (getaddrinfo(address, NULL, &hints, &found) != 0)
        return false;
    freeaddrinfo(found);
    return true;
}

/* A port from the environment does not exclude a URL. */
static bool set_health_port(struct options *o, const struct given *g)
{
    o->port_given = g->by[0] == '-';
    return read_port(g, &o->port);
}

static bool set_listen(struct options *o, const struct given *g)
{
    struct str text = str_from(g->value);
    bool brackets = str_starts(text, STR("[")) && str_ends(text, STR("]"));
    const char *address = brackets ? str_dup(o->arena, str_of(text.s + 1, text.n - 2)) : g->value;
    bool is_name = str_eq_nocase(text, STR(LISTEN_LOCALHOST));
    if (!is_name && (!is_ip_address(address) || (brackets && !strchr(address, ':'))))
        return flag_invalid(g, "expected an IP address or localhost");
    o->listen = is_name ? LISTEN_LOCALHOST : address;
    return true;
}

static bool reject_url(const struct options *o, const struct given *g, const char *why)
{
    return flag_invalid(g, arena_printf(o->arena, "expected an http or https URL (%s)", why));
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
        return reject_url(o, g, why);
    if (*url.query || *url.fragment)
        return flag_invalid(g, "expected a URL without query and fragment");
    o->public_url = kept;
    return true;
}

static bool set_trust_forwarded(struct options *o, const struct given *g)
{
    return flag_switch(g, &o->trust_forwarded);
}

static bool set_consent(struct options *o, const struct given *g)
{
    o->local_consent = !strcmp(g->value, "local");
    return o->local_consent || !strcmp(g->value, "provider") || flag_invalid(g, "expected 'provider' or 'local'");
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
    return *g->value || flag_invalid(g, "expected a token of at least 1 character");
}

static bool set_tls(struct options *o, const struct given *g)
{
    return flag_switch(g, &o->tls);
}

static bool set_tls_cert(struct options *o, const struct given *g)
{
    o->tls_cert = g->value;
    return expect_file(g);
}

static bool set_tls_key(struct options *o, const struct given *g)
{
    o->tls_key = g->value;
    return expect_file(g);
}

static bool set_cors(struct options *o, const struct given *g)
{
    struct str rest = str_from(g->value);
    do {
        const char *origin = cors_origin(o->arena, str_trim(str_cut(&rest, ',')));
        if (!origin)
            return flag_invalid(g, "expected scheme://host[:port] without a path, * or null");
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
    return url_parse(o->arena, o->from, &url, &why) || reject_url(o, g, why);
}

static bool set_cacert(struct options *o, const struct given *g)
{
    o->cacert = g->value;
    return expect_file(g);
}

static bool set_namespace(struct options *o, const struct given *g)
{
    o->from_namespace = g->value;
    return namespaces_name_valid(str_from(g->value)) ||
           flag_invalid(g, "expected 1 to 64 of A-Z a-z 0-9 . _ - and no leading dot");
}

static bool set_explicit_namespaces(struct options *o, const struct given *g)
{
    return flag_switch(g, &o->explicit_namespaces);
}

static bool set_fail_on_client_checks(struct options *o, const struct given *g)
{
    return flag_switch(g, &o->fail_on_client_checks);
}

#define IDLE_DEFAULT_MS DAY_MS
#define IDLE_MAX_MS     (3660 * DAY_MS)

static bool set_namespaces(struct options *o, const struct given *g)
{
    int64_t value;
    if (!str_to_int(str_from(g->value), &value) || value < 1 || value > 1000000)
        return flag_invalid(g, "expected 1 to 1000000");
    o->namespaces = value;
    return true;
}

static bool set_connections(struct options *o, const struct given *g)
{
    int64_t value;
    if (!str_to_int(str_from(g->value), &value) || value < 1 || value > CONNECTIONS_LIMIT)
        return flag_invalid(g, "expected 1 to 1000000");
    o->connections = value;
    return true;
}

static bool set_namespace_idle(struct options *o, const struct given *g)
{
    int64_t value;
    if (!duration_parse(str_from(g->value), &value) || value < 0 || value > IDLE_MAX_MS)
        return flag_invalid(g, "expected a duration such as 90s, 10m or 24h (0s: never)");
    o->namespace_idle_ms = value;
    return true;
}

static bool set_history(struct options *o, const struct given *g)
{
    int64_t value;
    if (!str_to_int(str_from(g->value), &value) || value < 0 || value > ROW_MAX)
        return flag_invalid(g, "expected 0 (all) to 2147483647");
    o->history = value ? value : -1;
    return true;
}

static bool set_history_age(struct options *o, const struct given *g)
{
    int64_t value;
    if (!duration_parse(str_from(g->value), &value) || value < 0)
        return flag_invalid(g, "expected a duration such as 12h or 90d (0s: for ever)");
    o->history_age_ms = value ? value : -1;
    return true;
}

static bool set_journal_bytes(struct options *o, const struct given *g)
{
    int64_t value;
    if (!str_to_size(str_from(g->value), &value) || value < 1 << 10)
        return flag_invalid(g, "expected a size such as 512KiB or 8MiB, at least 1KiB");
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
    return expect_file(g);
}

static bool set_log(struct options *o, const struct given *g)
{
    for (int i = 0; i < LOG_LEVEL_COUNT; i++)
        if (!strcmp(g->value, log_level_names[i])) {
            o->log = i;
            return true;
        }
    return flag_invalid(g, "expected quiet, error, warn, info or debug");
}

static bool set_log_format(struct options *o, const struct given *g)
{
    o->log_json = !strcmp(g->value, "json");
    return o->log_json || !strcmp(g->value, "text") || flag_invalid(g, "expected text or json");
}

static bool set_json(struct options *o, const struct given *g)
{
    return flag_switch(g, &o->json);
}

static bool set_record_to(struct options *o, const struct given *g)
{
    o->record_to = g->value;
    return expect_file(g);
}

static bool set_all(struct options *o, const struct given *g)
{
    return flag_switch(g, &o->all);
}

static const struct flag serve_rows[] = {
    FLAG("fixture", "FILE", set_fixture,
         .help = "load this fixture (repeatable; default: a built-in sample); a namespace starts "
                 "from the first one unless it is created from another"),
    FLAG("port", "N", set_port, .help = "listen on this port (default 8080; 0: any free port)"),
    FLAG("listen", "ADDRESS", set_listen,
         .help = "listen on this IP address (default 127.0.0.1); localhost: on 127.0.0.1 and ::1"),
    FLAG("public-url", "URL", set_public_url,
         .help = "base of the URLs in responses (default: the host and port of the request)"),
    FLAG("trust-forwarded", NULL, set_trust_forwarded,
         .help = "take the base of the URLs in responses from X-Forwarded-Proto and "
                 "X-Forwarded-Host, if a request has them: the mock is behind a proxy"),
    FLAG("tls", NULL, set_tls,
         .help = "serve HTTPS with a generated self-signed certificate; the ready line names its "
                 "file"),
    FLAG("tls-cert", "FILE", set_tls_cert, .help = "serve HTTPS with this certificate (PEM; needs --tls-key)"),
    FLAG("tls-key", "FILE", set_tls_key, .help = "private key of --tls-cert (PEM, not encrypted)"),
    FLAG("cors", "ORIGIN", set_cors,
         .help = "allow web pages of this origin to call the providers (repeatable, or separated "
                 "by commas; *: any origin); the admin API stays closed to them"),
    FLAG("consent", "WHERE", set_consent,
         .help = "where authorize URLs lead: 'provider' (default) is the platform's own address, "
                 "'local' is a page of the mock"),
    FLAG("admin-port", "N", set_admin_port,
         .help = "serve the admin API on a separate port (default: the providers' port; 0: any "
                 "free port)"),
    FLAG("no-admin", NULL, set_no_admin, .help = "disable the admin API"),
    FLAG("admin-token", "TOKEN", set_admin_token, .help = "require this bearer token for the admin API"),
    FLAG("explicit-namespaces", NULL, set_explicit_namespaces,
         .help = "create namespaces only with POST /__admin/namespaces (default: the first call "
                 "to a namespace creates it)"),
    FLAG("fail-on-client-checks", NULL, set_fail_on_client_checks,
         .help = "exit with status 1 if a client check failed"),
    FLAG("client-report", "FILE", set_client_report,
         .help = "write the client checks as JUnit XML when the mock stops"),
    FLAG("namespaces", "N", set_namespaces,
         .help = "maximum number of namespaces (default 10000); at the limit, the implicitly created one that has "
                 "been unused for the longest time, and for at least 10 minutes, is deleted"),
    FLAG("namespace-idle", "DURATION", set_namespace_idle,
         .help = "delete implicitly created namespaces after this idle time (default 24h; 0s: "
                 "never)"),
    FLAG("connections", "N", set_connections,
         .help =
             "maximum number of connections (default: what the system allows a process, 'ulimit -Hn', less 144); at "
             "the limit, the one that is idle for the longest time is closed"),
    FLAG("history", "COUNT", set_history,
         .help = "how many changes, and how many ended records of each kind, a namespace keeps (default 100000; 0: "
                 "all); a fixture's key `history` takes precedence"),
    FLAG("history-age", "DURATION", set_history_age,
         .help = "how long a namespace keeps changes and ended records, by its own clock (default 90d; 0s: for ever)"),
    FLAG("journal-bytes", "SIZE", set_journal_bytes, .help = "journal size limit per namespace (default 8MiB)"),
    FLAG("no-watch", NULL, set_no_watch, .help = "do not reload fixtures when their files change"),
    FLAG("log", "LEVEL", set_log,
         .help = "log level: quiet, error, warn, info (default: a line for each call) or debug (also "
                 "for each read of the admin API)"),
    FLAG("log-format", "FORMAT", set_log_format,
         .help = "'text' (default; in colour on a terminal) or 'json': an object per line"),
};

static const struct flag record_rows[] = {
    FLAG("to", "FILE", set_record_to,
         .help = "write the recording to this file (required); it contains API keys, so only its "
                 "owner can read it"),
};

static const struct flag replay_rows[] = {
    FLAG("all", NULL, set_all, .help = "print every difference (default: only the first)"),
    FLAG("json", NULL, set_json, .help = "print JSON"),
};

static const struct flag list_rows[] = {
    FLAG("json", NULL, set_json, .help = "print JSON"),
};

static const struct flag health_rows[] = {
    FLAG("port", "N", set_health_port, .help = "check this port of 127.0.0.1 (default 8080)"),
    FLAG("tls", NULL, set_tls, .help = "use HTTPS, and accept any certificate"),
};

static const struct flag export_rows[] = {
    FLAG("fixture", "FILE", set_fixture, .help = "fixture to export (default: a built-in sample)"),
    FLAG("from", "URL", set_from, .help = "export the current state of the mock that runs at this URL"),
    FLAG("namespace", "NAME", set_namespace, .help = "with --from: export this namespace (default: 'default')"),
    FLAG("admin-token", "TOKEN", set_admin_token, .help = "with --from: bearer token of that mock's admin API"),
    FLAG("cacert", "FILE", set_cacert,
         .help = "with --from: trust this certificate, for example the one that --tls generated"),
};

const char *const command_texts[] = {COMMANDS(ENUM_TEXT)};

/* clang-format off */
#define ROWS(command) command##_rows, COUNT(command##_rows)
#define NO_ROWS       NULL, 0
#define NONE           "", 0, 0 /* the arguments, how many at least and at most */
#define ONE(what)      what, 1, 1
#define MAYBE(what)    what, 0, 1
#define SOME(what)     what, 1, SIZE_MAX
const struct command_row option_commands[] = {
    {COMMAND_SERVE,        ROWS(serve),  NONE,                "Serve the providers' APIs from state in memory."},
    {COMMAND_RECORD,       ROWS(record), NONE,                "Serve, and record the run to a file."},
    {COMMAND_REPLAY,       ROWS(replay), ONE("FILE"),         "Replay a recorded run and compare the responses."},
    {COMMAND_LINT,         NO_ROWS,      SOME("FILE..."),     "Check fixtures and print every mistake with its place."},
    {COMMAND_ROUTES,       ROWS(list),   NONE,                "List all operations and where they are documented."},
    {COMMAND_CAPABILITIES, NO_ROWS,      NONE,                "Print what the admin API can do, as JSON."},
    {COMMAND_HEALTHCHECK,  ROWS(health), MAYBE("[URL]"),      "Check that a mock is running (exit status 0, else 1)."},
    {COMMAND_SCHEMA,       NO_ROWS,      ONE("fixture|rule"), "Print the JSON Schema of fixtures or rules."},
    {COMMAND_REFERENCE,    NO_ROWS,      NONE,                "Print the reference page as Markdown."},
    {COMMAND_EXPORT,       ROWS(export), NONE,                "Print a namespace as a fixture, secrets included."},
};
/* clang-format on */
const size_t option_command_count = COUNT(option_commands);

/* clang-format off */
const struct exit_row option_exits[] = {
    {0, "success; serve and record: stopped by SIGINT, SIGTERM or SIGHUP"},
    {1, "healthcheck: no mock responds; replay: the run differs from the recording; serve and record with "
        "--fail-on-client-checks: a client check failed"},
    {2, "usage error, invalid input (the message starts with file:line:col), a port that cannot be opened, or a "
        "recording or report that cannot be written"},
    {3, "export: the running mock does not respond, or rejects the request"},
    {4, "replay: the recording has no response to compare"},
};
/* clang-format on */
const size_t option_exit_count = COUNT(option_exits);

#define HELP_BEFORE                                                                                                    \
    "A stateful mock server for social-account APIs. It works offline.\v"                                              \
    "Commands (before any option; default: serve; 'COMMAND --help' for details):\n"
#define HELP_BEHIND                                                                                                    \
    "\nAn option can also be set in the environment: UNDERSTUDY_MOCK_PORT=9000 is --port=9000. "                       \
    "When the mock is ready, it prints one line of JSON with its URLs to stdout."

/* argp leaves lines that begin with a blank unchanged and wraps all others. */
static const char *main_help(struct arena *a)
{
    struct buf text = {.arena = a};
    buf_text(&text, HELP_BEFORE);
    for (size_t i = 0; i < COUNT(option_commands); i++) {
        const char *usage =
            arena_printf(a, "%s %s", command_texts[option_commands[i].command], option_commands[i].arguments);
        buf_printf(&text, "  %-20s %s\n", usage, option_commands[i].help);
    }
    buf_text(&text, HELP_BEHIND);
    return buf_c(&text);
}

static const struct command_row *find_command(const char *name)
{
    for (size_t i = 0; name && i < COUNT(option_commands); i++)
        if (!strcmp(name, command_texts[option_commands[i].command]))
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

static void reject_argument(const struct command_row *row, const char *text, struct error *err)
{
    const char *names[COUNT(option_commands)];
    for (size_t i = 0; i < COUNT(option_commands); i++)
        names[i] = command_texts[option_commands[i].command];
    const char *near = str_nearest(str_from(text), names, COUNT(option_commands));
    struct where nowhere = {0};
    if (find_command(text))
        error_add(err, ERROR_USAGE, nowhere, "command '%s' must come before all options", text);
    else if (near)
        error_add(err, ERROR_USAGE, nowhere, "unknown command '%s' (did you mean '%s'?)", text, near);
    else if (row->most)
        error_add(err, ERROR_USAGE, nowhere, "unexpected argument '%s'; %s takes one: %s", text,
                  command_texts[row->command], row->arguments);
    else if (row->command == COMMAND_SERVE)
        error_add(err, ERROR_USAGE, nowhere, "unknown command '%s'; 'mockserver --help' lists the commands", text);
    else
        error_add(err, ERROR_USAGE, nowhere, "unexpected argument '%s'; %s takes none", text,
                  command_texts[row->command]);
}

static bool check(const struct options *o, const struct command_row *row, struct error *err)
{
    struct where nowhere = {0};
    if (o->arguments.count < row->least)
        error_add(err, ERROR_USAGE, nowhere, "missing argument: %s needs %s", command_texts[row->command],
                  row->arguments);
    if (o->arguments.count > row->most)
        reject_argument(row, o->arguments.items[row->most], err);
    if (o->command == COMMAND_RECORD && !o->record_to)
        error_add(err, ERROR_USAGE, nowhere, "missing option: record needs --to FILE");
    if (o->no_admin && o->admin_port >= 0)
        error_add(err, ERROR_USAGE, nowhere, "--no-admin and --admin-port exclude each other");
    if (o->no_admin && o->admin_token)
        error_add(err, ERROR_USAGE, nowhere, "--no-admin and --admin-token exclude each other");
    if (o->public_url && o->trust_forwarded)
        error_add(err, ERROR_USAGE, nowhere, "--public-url and --trust-forwarded exclude each other");
    if (o->port_given && o->arguments.count)
        error_add(err, ERROR_USAGE, nowhere, "URL and --port exclude each other");
    if (!o->tls_cert != !o->tls_key)
        error_add(err, ERROR_USAGE, nowhere, "--tls-cert and --tls-key need each other");
    if (o->tls && o->tls_cert)
        error_add(err, ERROR_USAGE, nowhere, "--tls and --tls-cert exclude each other; --tls generates a certificate");
    if (o->from && o->fixtures.count)
        error_add(err, ERROR_USAGE, nowhere, "--from and --fixture exclude each other");
    if (o->from_namespace && !o->from)
        error_add(err, ERROR_USAGE, nowhere, "--namespace needs --from");
    const char *why = o->cacert && o->from ? file_why_unreadable(o->cacert) : NULL;
    if (why)
        error_add(err, ERROR_USAGE, nowhere, "--cacert: cannot read '%s': %s", o->cacert, why);
    if (o->cacert && !o->from)
        error_add(err, ERROR_USAGE, nowhere, "--cacert needs --from");
    if (o->command == COMMAND_EXPORT && o->fixtures.count > 1)
        error_add(err, ERROR_USAGE, nowhere, "--fixture is given %zu times; export takes one", o->fixtures.count);
    if (!host_is_loopback(str_from(o->listen)) && !o->no_admin && !o->admin_token)
        error_add(err, ERROR_USAGE, nowhere,
                  "--listen %s makes the admin API reachable from other machines; add "
                  "--admin-token or --no-admin",
                  o->listen);
    return !error_any(err);
}

/* record also takes the options of serve. */
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
        .command = named ? command_texts[named->command] : NULL,
        .command_doc = "[COMMAND]",
        .arguments = named ? named->arguments : "",
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
        .trust_forwarded = o->trust_forwarded,
        .limits = {(size_t)o->namespaces, (size_t)o->journal_bytes},
        .history = o->history,
        .history_age_ms = o->history_age_ms,
        .namespace_idle_ms = o->namespace_idle_ms,
        .watch = !o->no_watch,
    };
}
