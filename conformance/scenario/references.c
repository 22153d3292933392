#include <ctype.h>

#include "conformance/scenario/load.h"

static bool starts_name(char c)
{
    return isalpha((unsigned char)c) || c == '_';
}

static bool is_in_name(char c)
{
    return starts_name(c) || isdigit((unsigned char)c) || c == '.';
}

/* Returns "a.b" of "a.b/c". A dot at the end is not part of the name. */
static struct str name_at(const char *text)
{
    size_t n = 0;
    while (is_in_name(text[n]))
        n++;
    while (n && text[n - 1] == '.')
        n--;
    return str_of(text, n);
}

/* Returns the text up to the brace, valid or not: callers reject unknown names. */
static struct str braced_at(const char *text)
{
    struct str rest = str_from(text);
    size_t n = str_find(rest, '}');
    return n < rest.n ? str_head(rest, n) : str_of(text, 0);
}

/* Without braces a reference starts the text or a segment: /v1/items/$id?after=$last. */
static bool may_start(const char *text, const char *dollar)
{
    return dollar == text || dollar[-1] == '/' || dollar[-1] == '=';
}

/* Returns the next dollar sign that is not part of "$$", or NULL. */
static const char *dollar_find(const char *text)
{
    for (; *text; text++)
        if (*text == '$' && *++text != '$')
            return text - 1;
    return NULL;
}

static struct str reference_at(const char *text, const char *dollar)
{
    if (dollar[1] == '{')
        return braced_at(dollar + 2);
    if (may_start(text, dollar) && starts_name(dollar[1]))
        return name_at(dollar + 1);
    return (struct str){0};
}

bool references_visit_text(const char *text, struct where at, reference_fn *fn, void *ctx)
{
    for (const char *c = text; (c = dollar_find(c)); c++) {
        struct str name = reference_at(text, c);
        if (name.n && !fn(ctx, name, at))
            return false;
    }
    return true;
}

struct str references_stray(const char *text)
{
    for (const char *c = text; (c = dollar_find(c)); c++) {
        if (reference_at(text, c).n || (c[1] != '{' && !starts_name(c[1])))
            continue;
        return str_of(c, c[1] == '{' ? 2 : 1 + name_at(c + 1).n);
    }
    return (struct str){0};
}

bool references_visit(const struct node *value, reference_fn *fn, void *ctx)
{
    bool go_on = true;
    switch (value->kind) {
    case NODE_NULL:
    case NODE_BOOL:
    case NODE_INT:
    case NODE_REAL:
        return true;
    case NODE_TEXT:
        return references_visit_text(value->text.s, value->at, fn, ctx);
    case NODE_LIST:
        for (size_t i = 0; go_on && i < value->list.count; i++)
            go_on = references_visit(value->list.items[i], fn, ctx);
        return go_on;
    case NODE_MAP:
        for (size_t i = 0; go_on && i < value->map.count; i++)
            go_on = references_visit(value->map.members[i].value, fn, ctx);
        return go_on;
    }
    return go_on;
}
