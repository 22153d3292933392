#include <ctype.h>
#include <string.h>

#include "base/array.h"
#include "conformance/scenario/reader.h"
#include "conformance/scenario/validate.h"

struct secret_shape {
    const char *prefix, *what;
    size_t tail; /* minimum number of characters after the prefix */
};

static const struct secret_shape shapes[] = {
    {"lp_live_", "a Layers key",         4 },
    {"pe_live_", "a PostEverywhere key", 4 },
    {"pn-",      "a PostNitro key",      12},
    {"whsec_",   "a webhook secret",     8 },
    {"Bearer ",  "a bearer token",       16},
};

static bool is_key_character(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("-_.~+/=", c));
}

static bool looks_like(const struct secret_shape *shape, const char *text)
{
    size_t prefix = strlen(shape->prefix);
    for (const char *at = text; (at = strstr(at, shape->prefix)); at++) {
        if (at > text && is_key_character(at[-1]))
            continue;
        size_t n = prefix;
        while (is_key_character(at[n]))
            n++;
        if (n - prefix >= shape->tail)
            return true;
    }
    return false;
}

/* The error does not show the text, because it may be a secret. */
static bool check_text(const char *text, struct where at, struct error *err)
{
    for (size_t i = 0; i < COUNT(shapes); i++)
        if (looks_like(&shapes[i], text))
            return error_add(err, ERROR_INPUT, at, "this looks like %s; use an actor, or read it from $env",
                             shapes[i].what);
    return true;
}

bool secrets_validate(const struct node *root, struct error *err)
{
    bool ok = true;
    if (node_text(root))
        return check_text(root->text.s, root->at, err);
    for (size_t i = 0; i < node_count(root); i++) {
        if (root->kind == NODE_MAP)
            ok &= check_text(root->map.members[i].key, root->map.members[i].key_at, err);
        ok &= secrets_validate(child_at(root, i), err);
    }
    return ok;
}
