#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Text that is parsed and printed must parse to the same value. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    const struct node *n = json_parse(&a, str_of((const char *)data, size), "body", NULL);
    if (n && !node_equal(n, json_parse(&a, str_from(json_print(&a, n)), "again", NULL)))
        __builtin_trap();
    arena_end(&a);
    return 0;
}
