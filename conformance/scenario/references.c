#include <ctype.h>

#include "conformance/scenario/load.h"

static bool begins_name(char c)
{
    return isalpha((unsigned char)c) || c == '_';
}

static bool is_in_name(char c)
{
    return begins_name(c) || isdigit((unsigned char)c) || c == '.';
}

/* "a.b" of "a.b/c"; a dot at the end ends a sentence. */
static struct str name_at(const char *text)
{
    size_t n = 0;
    while (is_in_name(text[n]))
        n++;
    while (n && text[n - 1] == '.')
        n--;
    return str_of(text, n);
}

/* What stands in braces, whatever it is: the callers know no such name. */
static struct str braced_at(const char *text)
{
    struct str rest = str_from(text);
    size_t n = str_find(rest, '}');
    return n < rest.n ? str_head(rest, n) : str_of(text, 0);
}

/* Outside braces a reference is a whole text or begins a segment: /v1/things/$id?after=$last. */
static bool may_begin(const char *text, const char *dollar)
{
    return dollar == text || dollar[-1] == '/' || dollar[-1] == '=';
}

/* The next dollar that is not one of "$$", or NULL. */
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
    if (may_begin(text, dollar) && begins_name(dollar[1]))
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
        if (reference_at(text, c).n || (c[1] != '{' && !begins_name(c[1])))
            continue;
        return str_of(c, c[1] == '{' ? 2 : 1 + name_at(c + 1).n);
    }
    return (struct str){0};
}

bool references_visit(const struct node *value, reference_fn *fn, void *ctx)
{
    bool on = true;
    switch (value->kind) {
    case NODE_NULL:
    case NODE_BOOL:
    case NODE_INT:
    case NODE_REAL:
        return true;
    case NODE_TEXT:
        return references_visit_text(value->text.s, value->at, fn, ctx);
    case NODE_LIST:
        for (size_t i = 0; on && i < value->list.count; i++)
            on = references_visit(value->list.items[i], fn, ctx);
        return on;
    case NODE_MAP:
        for (size_t i = 0; on && i < value->map.count; i++)
            on = references_visit(value->map.members[i].value, fn, ctx);
        return on;
    }
    return on;
}
