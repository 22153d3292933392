#include "base/process.h"
#include "conformance/cli/commands.h"

static int run_command(const struct options *o, struct error *err)
{
    switch (o->command) {
    case COMMAND_RUN:
        return command_run(o, err);
    case COMMAND_LINT:
        return command_lint(o, err);
    case COMMAND_LIST:
        return command_list(o, err);
    }
    return 2;
}

int main(int argc, char **argv)
{
    struct arena a = {0};
    struct options options;
    struct error err = {0};
    int status = 2;
    process_open_streams();
    if (options_read(&a, argc, argv, &options, &err))
        status = run_command(&options, &err);
    error_print(&err, stderr);
    error_end(&err);
    arena_end(&a);
    return status;
}
