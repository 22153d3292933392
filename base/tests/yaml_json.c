/* yaml_json FILE...: the files as JSON, a line each; null where one cannot be read. For tests in
 * other languages, which must see a file as the programs do. */
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
