/* options.h - the program's options, read from the command line and the environment.
 *
 * Shapes:  a command comes first, then its options. An option on the command line overrides its environment variable
 *          (UNDERSTUDY_TEST_JOBS for --jobs), which overrides the default. The options are the tables in options.c
 *          (base/flags.h). A list option may be given several times, and its values may be separated by commas.
 * Units:   milliseconds.
 * Errors:  ERROR_USAGE. An unknown option ends the program with status 2 (argp).
 */
#pragma once
#include "base/flags.h"
#include "conformance/result/result.h"

enum command {
    COMMAND_RUN,
    COMMAND_LINT,
    COMMAND_LIST,
    COMMAND_PROVE,
};

struct options {
    struct arena *arena;
    enum command command;
    struct texts_list paths;
    struct texts_list claims;
    struct texts_list reports; /* FORMAT=FILE */
    struct texts_list keys;    /* NAME=VAR */
    struct texts_list mutants; /* globs */
    const char *show;          /* name of a mutant */
    int only;                  /* enum entry_kind; -1: all */
    bool mock;
    const char *mock_fixture, *mock_binary;
    const char *target, *url, *admin_url;
    const char *tags, *failed; /* --failed: path of a JSON report */
    int shard, shards;
    enum level gate;
    int64_t jobs, timeout_ms;
    bool allow_writes, allow_costly, read_only;
    bool insecure, no_preflight, no_color, quiet, json, complete, list_claims;
    const char *ca_file;
};

bool options_read(struct arena *a, int argc, char **argv, struct options *out, struct error *err);
