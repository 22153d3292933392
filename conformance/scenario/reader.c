#include "conformance/scenario/reader.h"

#include <string.h>

bool is_map(struct reader *r, const struct node *n, const char *what)
{
    return n->kind == NODE_MAP || error_add(r->err, ERROR_INPUT, n->at, "%s", what);
}

struct where key_place(const struct node *map, const char *key)
{
    for (size_t i = 0; i < node_count(map); i++)
        if (strcmp(map->map.members[i].key, key) == 0)
            return map->map.members[i].key_at;
    return map->at;
}

const struct node *child_at(const struct node *n, size_t i)
{
    return n->kind == NODE_LIST ? n->list.items[i] : n->map.members[i].value;
}
