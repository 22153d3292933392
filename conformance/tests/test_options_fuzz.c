/* A command, and lines: NAME=VALUE is an option, given in the environment; any other line is an argument. */
#include "base/tests/fuzz.h"
#include "conformance/cli/options.h"

#define ARGUMENTS_MAX 20
#define PREFIX        "UNDERSTUDY_TEST_"

/* Each error says something, and there is one exactly if the options are not read. flags_read changes its arguments. */
static bool read_all(struct arena *a, int argc, char *const *given)
{
    char *argv[ARGUMENTS_MAX + 2];
    memcpy(argv, given, sizeof argv);
    struct error err = {0};
    struct options out = {0};
    bool good = options_read(a, argc, argv, &out, &err);
    fuzz_assert(good == !error_any(&err));
    for (const struct problem *p = err.first; p; p = p->next)
        fuzz_assert(*p->text);
    if (good)
        fuzz_assert(out.jobs >= 0 && out.timeout_ms > 0 && (!out.shards || (out.shard > 0 && out.shard <= out.shards)));
    error_end(&err);
    return good;
}

static const char *variable_of(struct arena *a, struct str name)
{
    char *variable = arena_printf(a, PREFIX "%s", str_in_case(a, str_dup(a, name), true));
    for (char *c = variable; *c; c++)
        if (*c == '-')
            *c = '_';
    return variable;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct str rest = fuzz_text(data, size);
    char program[] = "conformance", *argv[ARGUMENTS_MAX + 2] = {program};
    const char *set[ARGUMENTS_MAX];
    int argc = 1;
    size_t set_count = 0;
    if (memchr(rest.s, 0, rest.n))
        return 0;
    while (rest.n && argc < ARGUMENTS_MAX && set_count < ARGUMENTS_MAX) {
        struct str line = str_cut(&rest, '\n'), value = line, name = str_cut(&value, '=');
        if (argc > 1 && name.n && name.n < line.n) {
            set[set_count] = variable_of(&a, name);
            fuzz_assert(setenv(set[set_count++], str_dup(&a, value), 1) == 0);
        } else if (line.n && line.s[0] != '-') {
            argv[argc++] = str_dup(&a, line);
        }
    }
    bool good = read_all(&a, argc, argv);
    fuzz_assert(good == read_all(&a, argc, argv));
    for (size_t i = 0; i < set_count; i++)
        (void)unsetenv(set[i]);
    arena_end(&a);
    return 0;
}
