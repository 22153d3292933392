/* yaml_json FILE...: prints each file as one line of JSON, or null if it is invalid. For tests in
 * other languages, which must read a file in the same way as the programs. */
#include <stdio.h>

#include "base/json.h"
#include "base/yaml.h"

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct arena a = {0};
        struct error err = {0};
        const struct node *n = yaml_load(&a, argv[i], &err);
        puts(n ? json_print(&a, n) : "null");
        error_end(&err);
        arena_end(&a);
    }
    return 0;
}
