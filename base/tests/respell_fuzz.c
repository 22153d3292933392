/* One byte that selects what is respelled, then JSON. The text is different, and its value is the same. */
#include "base/json_respell.h"
#include "base/tests/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct str text = str_skip(fuzz_text(data, size), 1);
    const struct node *value = size ? json_parse(&a, text, "body", NULL) : NULL;
    if (value) {
        const char *line = json_print(&a, value);
        unsigned what = data[0] & 7u;
        struct buf out = {.arena = &a}, again = {.arena = &a};
        unsigned made = json_respell(&out, str_from(line), what, data[0] >> 3);
        fuzz_assert((made & ~(what | RESPELL_NUMBERS)) == 0);
        fuzz_assert((made != 0) == !str_is(buf_str(&out), line));
        fuzz_assert(node_equal(value, json_parse(&a, buf_str(&out), "respelled", NULL)));
        fuzz_assert(json_respell(&again, str_from(line), what, data[0] >> 3) == made);
        fuzz_assert(str_eq(buf_str(&again), buf_str(&out)));
    }
    arena_end(&a);
    return 0;
}
