#include <stdio.h>

#include "base/file.h"
#include "mockserver/cli/commands.h"
#include "mockserver/cli/options.h"

static int run(const struct options *o, struct error *err)
{
    switch (o->command) {
    case COMMAND_SERVE:
    case COMMAND_RECORD:
        return command_serve(o, err);
    case COMMAND_LINT:
        return command_lint(o, err);
    case COMMAND_ROUTES:
        return command_routes(o, err);
    case COMMAND_CAPABILITIES:
        return command_capabilities(o, err);
    case COMMAND_HEALTHCHECK:
        return command_healthcheck(o, err);
    case COMMAND_SCHEMA:
        return command_schema(o, err);
    case COMMAND_REFERENCE:
        return command_reference(o);
    case COMMAND_REPLAY:
        return command_replay(o, err);
    case COMMAND_EXPORT:
        return command_export(o, err);
    case COMMAND_COUNT:
        break;
    }
    return 2;
}

int main(int argc, char **argv)
{
    struct arena a = {0};
    struct options options;
    struct error err = {0};
    int status = 2;
    file_open_streams();
    if (options_read(&a, argc, argv, &options, &err)) {
        log_set_level((enum log_level)options.log);
        log_set_format(options.log_json ? LOG_JSON : LOG_TEXT);
        status = run(&options, &err);
    }
    error_print(&err, stderr);
    error_end(&err);
    arena_end(&a);
    return status;
}
