#include "conformance/run/secret.h"

#include <ctype.h>

#include "base/array.h"
#include "base/time.h"

#define GENERATED_MIN_BYTES 16

static bool has_nocase(struct str text, struct str part)
{
    for (; text.n >= part.n; text = str_skip(text, 1))
        if (str_starts_nocase(text, part))
            return true;
    return false;
}

static bool looks_generated(struct str value)
{
    size_t digits = 0;
    for (size_t i = 0; i < value.n; i++)
        digits += isdigit((unsigned char)value.s[i]) != 0;
    return digits && value.n >= GENERATED_MIN_BYTES && str_find(value, ' ') == value.n;
}

static bool is_secret(const char *name, struct str value)
{
    static const char *const parts[] = {"token", "secret", "password", "apikey", "api_key"};
    int64_t ms;
    if (!looks_generated(value) || time_parse(value, &ms)) /* a time such as tokenExpiresAt */
        return false;
    for (size_t i = 0; i < COUNT(parts); i++)
        if (has_nocase(str_from(name), str_from(parts[i])))
            return true;
    return str_eq_nocase(str_from(name), STR("state")) || str_eq_nocase(str_from(name), STR("key"));
}

void secrets_visit(const struct node *response, secret_fn *fn, void *ctx)
{
    if (!response)
        return;
    for (size_t i = 0; response->kind == NODE_LIST && i < response->list.count; i++)
        secrets_visit(response->list.items[i], fn, ctx);
    for (size_t i = 0; response->kind == NODE_MAP && i < response->map.count; i++) {
        const struct member *m = &response->map.members[i];
        if (node_text(m->value) && is_secret(m->key, m->value->text))
            fn(ctx, m->key, node_text(m->value));
        secrets_visit(m->value, fn, ctx);
    }
}
