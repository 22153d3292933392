#include "base/json.h"
#include "base/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A parsed YAML document can be written as JSON. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    const struct node *n = yaml_parse(&a, str_of((const char *)data, size), "file", NULL);
    if (n && !node_equal(n, json_parse(&a, str_from(json_print(&a, n)), "again", NULL)))
        __builtin_trap();
    arena_end(&a);
    return 0;
}
