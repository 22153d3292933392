/* A command, and lines NAME or NAME=VALUE: options on the command line and, the same, in the environment. */
#include "base/tests/fuzz.h"
#include "mockserver/cli/options.h"

#define ARGUMENTS_MAX 20
#define PREFIX        "UNDERSTUDY_MOCK_"

static const struct flag *flag_named(const struct command_row *row, struct str name)
{
    for (size_t i = 0; i < row->count; i++)
        if (str_is(name, row->rows[i].name))
            return &row->rows[i];
    return NULL;
}

static const char *variable_of(struct arena *a, const struct flag *flag)
{
    if (flag->environment)
        return flag->environment;
    char *name = arena_printf(a, PREFIX "%s", str_in_case(a, flag->name, true));
    for (char *c = name; *c; c++)
        if (*c == '-')
            *c = '_';
    return name;
}

/* Each error says something, and there is one exactly if the options are not read. flags_read changes its arguments. */
static bool read_all(struct arena *a, int argc, char *const *given)
{
    char *argv[ARGUMENTS_MAX + 3];
    memcpy(argv, given, sizeof argv);
    struct error err = {0};
    struct options out = {0};
    bool good = options_read(a, argc, argv, &out, &err);
    fuzz_assert(good == !error_any(&err));
    for (const struct problem *p = err.first; p; p = p->next)
        fuzz_assert(*p->text);
    error_end(&err);
    return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct str rest = fuzz_text(data, size);
    char program[] = "mockserver", *argv[ARGUMENTS_MAX + 3] = {program}, *short_argv[ARGUMENTS_MAX + 3] = {program};
    const char *set[ARGUMENTS_MAX];
    size_t set_count = 0;
    if (memchr(rest.s, 0, rest.n))
        return 0;
    const struct command_row *row = &option_commands[0];
    struct str command = str_cut(&rest, '\n');
    for (size_t i = 0; i < option_command_count; i++)
        if (str_is(command, command_texts[option_commands[i].command]))
            row = &option_commands[i];
    int argc = 1, short_argc = 1;
    argv[argc++] = short_argv[short_argc++] = arena_text(&a, command_texts[row->command]);
    while (rest.n && argc < ARGUMENTS_MAX) {
        struct str line = str_cut(&rest, '\n'), value = line, name = str_cut(&value, '=');
        const struct flag *flag = flag_named(row, name);
        if (flag && (value.n || flag->value)) {
            argv[argc++] = arena_printf(&a, "--%s=" STR_FMT, flag->name, STR_ARG(value));
            if (!flag->value)
                argv[argc - 1] = arena_printf(&a, "--%s", flag->name);
            const char *variable = variable_of(&a, flag);
            if (*variable) {
                fuzz_assert(setenv(variable, str_dup(&a, value), 1) == 0);
                set[set_count++] = variable;
            }
        } else if (!str_starts(line, STR("-")) && line.n) {
            argv[argc++] = short_argv[short_argc++] = str_dup(&a, line);
        }
    }
    (void)read_all(&a, short_argc, short_argv);
    (void)read_all(&a, argc, argv);
    for (size_t i = 0; i < set_count; i++)
        fuzz_assert(unsetenv(set[i]) == 0);
    bool good = read_all(&a, argc, argv);
    fuzz_assert(good == read_all(&a, argc, argv));
    arena_end(&a);
    return 0;
}
