/* options.h - what the command line and the environment say.
 *
 * Shapes:  a command, then its options: a flag goes before UNDERSTUDY_MOCK_<FLAG>, that before the
 *          default. Options are the tables in options.c (base/flags.h).
 * Units:   ports are numbers; 0 lets the system pick one.
 * Errors:  ERROR_USAGE; what argp itself finds (an unknown flag) ends the program with status 2.
 */
#pragma once
#include "base/flags.h"
#include "base/log.h"
#include "mockserver/mock.h"

#define PORT_DEFAULT 8080

enum command {
    COMMAND_SERVE,
    COMMAND_RECORD,
    COMMAND_REPLAY,
    COMMAND_LINT,
    COMMAND_ROUTES,
    COMMAND_CAPABILITIES,
    COMMAND_HEALTHCHECK,
    COMMAND_SCHEMA,
    COMMAND_REFERENCE,
    COMMAND_EXPORT,
};

struct command_row {
    const char *name;
    enum command command;
    const struct flag *rows;
    size_t count;
    const char *arguments;
    size_t least, most; /* arguments */
    const char *help;
};
extern const struct command_row option_commands[];
extern const size_t option_command_count;

/* What the program's end says. */
struct exit_row {
    int status;
    const char *help;
};
extern const struct exit_row option_exits[];
extern const size_t option_exit_count;

struct options {
    struct arena *arena;
    enum command command;
    struct texts_list fixtures;  /* serve, export */
    struct texts_list arguments; /* what stands behind the options */
    const char *listen, *public_url, *admin_token, *client_report;
    int64_t port, admin_port;       /* -1: none */
    const char *record_to;          /* NULL: nobody writes the run down */
    struct texts_list cors;         /* origins */
    const char *tls_cert, *tls_key; /* files, or NULL */
    bool tls;                       /* with a certificate that is made */
    const char *from, *world;       /* export: of a running mock, and which of its worlds */
    const char *cacert;             /* export: NULL: the system's */
    bool no_admin, explicit_namespaces, fail_on_client_checks, local_consent, no_watch, json, all;
    int64_t namespaces, namespace_idle_ms, journal_bytes;
    int log; /* enum log_level */
};

bool options_read(struct arena *a, int argc, char **argv, struct options *out, struct error *err);
struct mock_options options_for_mock(const struct options *o);
bool options_any_address(const char *address); /* listening there is listening on all of them */
