/* options.h - what the command line and the environment say.
 *
 * Shapes:  a command, then its options: a flag goes before UNDERSTUDY_TEST_<FLAG>, that before the
 *          default. Options are the tables in options.c (base/flags.h). Lists take several words,
 *          and commas.
 * Units:   milliseconds.
 * Errors:  ERROR_USAGE; what argp itself finds (an unknown flag) ends the program with status 2.
 */
#pragma once
#include "base/flags.h"
#include "conformance/result.h"

enum command {
    COMMAND_RUN,
    COMMAND_LINT,
    COMMAND_LIST,
};

struct options {
    struct arena *arena;
    enum command command;
    struct texts_list paths;
    struct texts_list claims;
    struct texts_list reports; /* name=FILE */
    struct texts_list keys;    /* name=VARIABLE */
    bool mock;
    const char *mock_fixture, *mock_binary;
    const char *target, *url, *admin_url;
    const char *tags, *failed; /* --failed: a JSON report */
    int shard, shards;
    enum level gate;
    int64_t jobs, timeout_ms;
    bool allow_writes, allow_costly, read_only;
    bool insecure, no_color, quiet, json, complete;
    const char *ca_file;
};

bool options_read(struct arena *a, int argc, char **argv, struct options *out, struct error *err);
