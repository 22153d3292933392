/* A pattern and, after the first line, a text. A match ends soon, whatever the pattern is. */
#include <time.h>

#include "base/match.h"
#include "base/tests/fuzz.h"

#define CPU_MAX_S 2 /* with sanitizers; the limits of the matcher end it after milliseconds */

static bool holds(struct arena *a, const struct node *expectation, struct str text)
{
    const struct match_context c = {.arena = a};
    return match_holds(&c, expectation, node_new_text(a, text));
}

static void check_valid(struct arena *a, const char *pattern, struct str text)
{
    const struct node *expectation = node_with(a, NULL, "$matches", node_new_text(a, str_from(pattern)));
    struct error err = {0};
    clock_t began = clock();
    bool matches = match_pattern(pattern, text);
    fuzz_assert(clock() - began < (clock_t)CPU_MAX_S * CLOCKS_PER_SEC);
    fuzz_assert(matches == match_pattern(pattern, text));
    if (match_check(expectation, &err) && !memchr(text.s, 0, text.n))
        fuzz_assert(matches == holds(a, expectation, text));
    error_end(&err);
}

/* A quoted text matches itself, and only as a whole. */
static void check_quoted(struct arena *a, struct str text)
{
    const char *quoted = arena_printf(a, "^\\Q" STR_FMT "\\E\\z", STR_ARG(text));
    if (!str_has(text, STR("\\E")) && !memchr(text.s, 0, text.n) && str_utf8_valid(text, NULL)) {
        fuzz_assert(match_pattern(quoted, text));
        fuzz_assert(!match_pattern(quoted, str_from(arena_printf(a, STR_FMT "x", STR_ARG(text)))));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct str text = fuzz_text(data, size), line = str_cut(&text, '\n');
    const char *pattern = str_dup(&a, line), *why = NULL;
    size_t offset = 0;
    if (match_pattern_check(&a, pattern, &why, &offset))
        check_valid(&a, pattern, text);
    else
        fuzz_assert(why && *why && offset <= strlen(pattern));
    check_quoted(&a, str_head(text, 200));
    arena_end(&a);
    return 0;
}
