#include "base/match.h"

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Two lines: an expectation and the actual value. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct str rest = str_of((const char *)data, size), line = str_cut(&rest, '\n');
    const struct node *expectation = json_parse(&a, line, "expectation", NULL);
    const struct node *actual = json_parse(&a, rest, "actual", NULL);
    struct match_context c = {.arena = &a, .now_ms = 1777712400000};
    struct match_results results = {0};
    if (expectation) {
        match_check(expectation, NULL);
        match_run(&c, expectation, actual, "", &results);
        bool fails = false;
        for (size_t i = 0; i < results.count; i++)
            fails |= results.items[i].verdict == MATCH_FAILS;
        if (fails == match_holds(&c, expectation, actual))
            __builtin_trap();
    }
    arena_end(&a);
    return 0;
}
