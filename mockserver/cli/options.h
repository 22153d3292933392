/* options.h - mockserver's command line and environment variables.
 *
 * Shapes:  a command, then its options. An option on the command line overrides the variable UNDERSTUDY_MOCK_<OPTION>,
 *          which overrides the default. Options are rows of the tables in options.c (base/flags.h).
 * Units:   ports are numbers; 0 means any free port.
 * Errors:  ERROR_USAGE. An error that argp reports (an unknown option) exits with status 2.
 */
#pragma once
#include "base/enum.h"
#include "base/flags.h"
#include "base/log.h"
#include "mockserver/runtime/mock.h"

#define PORT_DEFAULT      8080
#define CONNECTIONS_LIMIT 1000000

#define COMMANDS(X)                                                                                                    \
    X(COMMAND_SERVE, "serve")                                                                                          \
    X(COMMAND_RECORD, "record")                                                                                        \
    X(COMMAND_REPLAY, "replay")                                                                                        \
    X(COMMAND_LINT, "lint")                                                                                            \
    X(COMMAND_ROUTES, "routes")                                                                                        \
    X(COMMAND_CAPABILITIES, "capabilities")                                                                            \
    X(COMMAND_HEALTHCHECK, "healthcheck")                                                                              \
    X(COMMAND_SCHEMA, "schema")                                                                                        \
    X(COMMAND_REFERENCE, "reference")                                                                                  \
    X(COMMAND_EXPORT, "export")
enum command { COMMANDS(ENUM_NAME) COMMAND_COUNT };
extern const char *const command_texts[];

struct command_row {
    enum command command;
    const struct flag *rows;
    size_t count;
    const char *arguments;
    size_t least, most; /* number of arguments */
    const char *help;
};
extern const struct command_row option_commands[];
extern const size_t option_command_count;

struct exit_row { /* an exit status and what it means */
    int status;
    const char *help;
};
extern const struct exit_row option_exits[];
extern const size_t option_exit_count;

struct options {
    struct arena *arena;
    enum command command;
    struct texts_list fixtures;  /* serve, export */
    struct texts_list arguments; /* the arguments that are not options */
    const char *listen, *public_url, *admin_token, *client_report;
    int64_t port, admin_port;          /* admin_port -1: no separate port */
    bool port_given;                   /* healthcheck: on the command line */
    const char *record_to;             /* recording file; NULL: do not record */
    struct texts_list cors;            /* origins */
    const char *tls_cert, *tls_key;    /* files, or NULL */
    bool tls;                          /* with a generated certificate */
    const char *from, *from_namespace; /* export: URL of a running mock, and its namespace */
    const char *cacert;                /* export: NULL: the system's certificates */
    bool no_admin, explicit_namespaces, fail_on_client_checks, local_consent, trust_forwarded, no_watch, json, all;
    int64_t namespaces, namespace_idle_ms, journal_bytes, history, history_age_ms;
    int64_t connections; /* 0: as many as the system allows */
    int log;             /* enum log_level */
    bool log_json;
};

/* Fills `out`, including the defaults; its strings live in `a` or in argv. Returns false if `err` has at least one
 * problem. */
bool options_read(struct arena *a, int argc, char **argv, struct options *out, struct error *err);
struct mock_options options_for_mock(const struct options *o);
bool options_any_address(const char *address); /* true for 0.0.0.0 and :: */
